// The checks of training lines: any JSON gives a bounded number of problems in words, the same every time, and a format
// is guessed or is not.
#include "dataset/format/check.h"
#include "dataset/validate.h"
#include "target.h"

using gleaner::fuzz::require;
namespace dataset = gleaner::dataset;
namespace json = gleaner::json;

namespace {

void check_line(const json::Value& line) {
  for (const dataset::Format& format : dataset::formats()) {
    dataset::Problems problems;
    format.check(line, problems);
    require(problems.size() <= dataset::check::kMaxProblems, "what is said of a line is bounded");
    for (const std::string& problem : problems) require(!problem.empty(), "a problem has words");
    dataset::Problems again;
    format.check(line, again);
    require(again == problems, "checking again says the same");
  }
  const dataset::Format* const guessed = dataset::guess_format({line});
  if (guessed == nullptr || !line.is_object()) return;
  bool known = false;
  for (const auto& [name, value] : line.members())
    for (const std::string_view member : guessed->members) known |= name == member;
  require(known, "a guess has a member in common with the line");
}

// The input as the messages of an example: what a format makes of them passes its own check.
void write_lines(std::string_view messages) {
  dataset::Example example;
  example.prompt = messages;
  example.answer = R"([{"role":"assistant","content":"x"}])";
  example.plain = false;
  for (const dataset::Format& format : dataset::formats()) {
    example.task = format.task;
    example.rejected = format.task == dataset::Task::kPreference ? R"([{"role":"assistant","content":"y"}])" : "";
    std::string line;
    std::string reason;
    const auto written = format.append(example, line, reason);
    if (!written) {
      require(written.error().code == gleaner::Code::kDataLoss, "messages that are none are lost data");
      continue;
    }
    require(*written ? line.ends_with("}\n") : line.empty() && !reason.empty(),
            "a line is whole, or there is a reason");
    if (!*written) continue;
    const auto parsed = json::parse(line);
    if (!parsed) continue;  // arguments that were text are too deep to read inside a line
    dataset::Problems problems;
    format.check(*parsed, problems);
    require(problems.empty(), "a line passes its own check");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = json::parse(gleaner::fuzz::text_of(data, size));
  if (!value) return 0;
  check_line(*value);
  if (value->is_array()) write_lines(value->dump());
  const json::Value* const messages = value->find("messages");
  if (messages != nullptr && messages->is_array()) write_lines(messages->dump());
  return 0;
}

// json::parse, json::compact and json::Walker::copy. The tree and the walker are two ways through the same text and
// must agree on what is JSON; what they write must read back as the same.
#include "base/json.h"
#include "base/json_walk.h"
#include "target.h"

namespace {

using gleaner::Result;
using gleaner::fuzz::require;
namespace json = gleaner::json;

int depth_of(const json::Value& value) {
  int deepest = 0;
  for (const json::Value& item : value.items()) deepest = std::max(deepest, depth_of(item));
  for (const auto& [key, member] : value.members()) deepest = std::max(deepest, depth_of(member));
  return value.is_array() || value.is_object() ? deepest + 1 : 0;
}

// Asks a value everything that can be asked.
void ask(const json::Value& value) {
  require(!value.kind_name().empty(), "every kind has a name");
  if (value.as_integer()) require(value.is_number(), "only numbers are integers");
  (void)value.as_double();
  (void)value.find_string("content");
  for (const json::Value& item : value.items()) ask(item);
  for (const auto& [key, member] : value.members()) {
    require(value.find(key) != nullptr, "members are found");
    ask(member);
  }
}

// The walker takes documents that are an object or an array.
Result<std::string> walk(std::string_view text) {
  json::Walker walker;
  TRY_ASSIGN(auto document, walker.begin(text));
  json::ondemand::value root;
  if (const auto error = document.get_value().get(root)) return json::syntax_error(error);
  std::string copy;
  TRY(walker.copy(root, copy, 1));
  if (!json::at_end(document)) return json::syntax_error(simdjson::TRAILING_CONTENT);
  return copy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  const Result<json::Value> value = json::parse(text);
  const Result<std::string> compact = json::compact(text);
  const Result<std::string> walked = walk(text);
  require(value.has_value() == compact.has_value(), "parse and compact agree on what is JSON");
  if (!value) {
    require(!walked, "the walker takes nothing that parse refuses");
    require(value.error().code == gleaner::Code::kInvalidArgument && !value.error().message.empty(),
            "the error says why");
    return 0;
  }
  ask(*value);
  require(depth_of(*value) <= json::kMaxDepth, "nesting is bounded");

  const std::string dumped = value->dump();
  require(dumped == *compact, "compact writes what dump writes");
  const Result<json::Value> again = json::parse(dumped);
  require(again && again->dump() == dumped, "what was written reads back as the same");

  if (value->is_array() || value->is_object()) {
    require(walked.has_value(), "the walker takes what parse takes");
    const Result<json::Value> from_walk = json::parse(*walked);
    require(from_walk && from_walk->dump() == dumped, "the walker copies the same value");
  }
  return 0;
}

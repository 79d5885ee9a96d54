#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/line_reader.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "privacy/redactor.h"

namespace gleaner::cli {
namespace {

constexpr size_t kMaxLine = size_t{64} << 20;
// A private key that does not end is looked at in pieces of this size.
constexpr size_t kMaxBlock = size_t{64} << 10;

struct Options {
  std::string kinds;
  bool keyed = false;
};

void append_counts(json::Writer& w, const privacy::KindCounts& counts) {
  w.begin_object();
  for (const privacy::KindInfo& kind : privacy::kinds()) {
    const uint32_t count = counts[static_cast<size_t>(kind.kind)];
    if (count > 0) w.field(kind.name, count);
  }
  w.end_object();
}

class Filter {
 public:
  Filter(privacy::RedactionPolicy policy, bool json)
      : policy_(policy), secret_(random_bytes(32)), total_(policy, secret_), json_(json) {}

  // One line; the lines of a private key are taken together.
  void add(std::string_view line) {
    const std::string_view start = trim(line);
    if (block_.empty() && (start.starts_with('{') || start.starts_with('['))) {
      if (auto value = json::compact(line)) return print_json(line, *std::move(value));
    }
    if (block_.empty() && line.find("-----BEGIN") == std::string_view::npos) return print(line);
    if (!block_.empty()) block_ += '\n';
    block_ += line;
    if (line.find("-----END") != std::string_view::npos || block_.size() >= kMaxBlock) finish();
  }

  void finish() {
    if (!block_.empty()) print(block_);
    block_.clear();
  }

  const privacy::KindCounts& counts() const { return total_.counts(); }

 private:
  void print(std::string_view line) {
    std::string text(line);
    const std::vector<privacy::Finding> findings = json_ ? total_.find(line, {}) : std::vector<privacy::Finding>();
    total_.text(text);
    if (!json_) return static_cast<void>(fmt::print("{}\n", text));
    std::string out;
    json::Writer w(out);
    w.begin_object().field("text", text).key("findings").begin_array();
    for (const privacy::Finding& one : findings) {
      w.begin_object().field("kind", privacy::info(one.kind).name).field("detail", one.detail);
      w.field("begin", one.begin).field("end", one.end).end_object();
    }
    w.end_array().end_object();
    fmt::print("{}\n", out);
  }

  void print_json(std::string_view line, std::string value) {
    privacy::Redactor redactor(policy_, secret_);
    const auto changed = redactor.json(value);
    total_.add(redactor.counts());
    if (!json_) return static_cast<void>(fmt::print("{}\n", changed && *changed ? value : line));
    std::string out;
    json::Writer w(out);
    w.begin_object().key("json").raw(value).key("counts");
    append_counts(w, redactor.counts());
    w.end_object();
    fmt::print("{}\n", out);
  }

  privacy::RedactionPolicy policy_;
  Secret secret_;
  privacy::Redactor total_;
  bool json_;
  std::string block_;
};

Result<int> redact(const Context& context, const Options& options) {
  const config::Config config = context.config.for_project(context.project);
  privacy::RedactionPolicy policy;
  auto kinds = privacy::parse_kinds(options.kinds.empty() ? config.redaction_kinds : options.kinds);
  if (!kinds) return fail_in(options.kinds.empty() ? "redaction_kinds" : "--kinds", std::move(kinds).error());
  policy.kinds = *kinds;
  policy.keyed = options.keyed || config.redaction_style == "keyed";
  Filter filter(policy, context.json);
  TRY_ASSIGN(const std::unique_ptr<LineReader> input, LineReader::open("-", kMaxLine));
  LineReader::Line line;
  while (true) {
    TRY_ASSIGN(const bool more, input->next(line));
    if (!more) break;
    if (line.too_long) return fail(Code::kTooLarge, fmt::format("a line has more than {} bytes", kMaxLine));
    filter.add(line.text);
  }
  filter.finish();
  if (std::fflush(stdout) != 0) return fail(Code::kUnavailable, "standard output could not be written");
  if (isatty(STDERR_FILENO) != 0) {
    for (const privacy::KindInfo& kind : privacy::kinds()) {
      const uint32_t count = filter.counts()[static_cast<size_t>(kind.kind)];
      if (count > 0) fmt::print(stderr, "{:>8}  {}\n", display_count(count), kind.what);
    }
  }
  return kDone;
}

std::string kind_table() {
  std::string out = "Kinds:\n";
  for (const privacy::KindInfo& kind : privacy::kinds()) out += fmt::format("  {:<16} {}\n", kind.name, kind.what);
  return out;
}

}  // namespace

void add_redact(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(
      app, context, "redact", "Show what redaction takes out: standard input to standard output, line by line",
      "  echo 'mail ann@example.com, card 4111 1111 1111 1111' | gleaner redact\n"
      "  gleaner redact --json < chats.jsonl\n  gleaner redact --kinds default,name,address --keyed < notes.txt\n\n" +
          kind_table(),
      [&context, options] { return redact(context, *options); });
  command->add_option("--kinds", options->kinds,
                      "what to take out, instead of the configured redaction_kinds: kinds, all, default or none, "
                      "separated by commas; - takes away");
  command->add_flag("--keyed", options->keyed, "placeholders with digits that stay the same for the same value");
}

}  // namespace gleaner::cli

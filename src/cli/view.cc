#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "record/codec.h"

namespace gleaner::cli {
namespace {

// The text of a message or a list of messages, enough of it to recognise it.
std::string excerpt(const record::RawJson& message) {
  constexpr size_t kShownBytes = 56;
  const auto value = json::parse(message.text);
  if (!value) return "";
  const json::Value& last = value->is_array() && !value->items().empty() ? value->items().back() : *value;
  const json::Value* const content = last.find("content");
  if (content == nullptr) return "";
  return one_line(truncate_utf8(content->is_string() ? content->text() : content->dump(), kShownBytes));
}

Result<int> view_interactions(const Context& context, store::Scan& scan, size_t limit) {
  Table table;
  for (const char* const title : {"created_at", "id", "platform", "kind", "ok", "feedback", "input", "output"})
    table.column(title);
  std::string json = "[";
  store::Stored stored;
  for (size_t i = 0; i < limit; ++i) {
    TRY_ASSIGN(const bool more, scan.next(stored));
    if (!more) break;
    const record::Interaction& one = stored.interaction;
    if (context.json) {
      if (i > 0) json += ',';
      record::encode(one, json);
      continue;
    }
    table.row({format_time(one.created_at.value_or(Time{})), one.id, one.platform, one.kind,
               one.succeeded() ? "yes" : "no", fmt::format("{}", stored.verdict.signals), excerpt(one.messages),
               excerpt(one.output)});
  }
  if (context.json) {
    fmt::print("{}]\n", json);
  } else {
    table.print();
  }
  return kDone;
}

Result<int> view_feedback(const Context& context, store::Scan& scan, size_t limit) {
  Table table;
  for (const char* const title : {"created_at", "interaction", "kind", "value", "by", "text"}) table.column(title);
  std::string json = "[";
  store::Stored stored;
  for (size_t shown = 0; shown < limit;) {
    TRY_ASSIGN(const bool more, scan.next(stored));
    if (!more) break;
    for (const record::Signal& signal : stored.signals) {
      if (shown++ == limit) break;
      if (context.json) {
        if (json.size() > 1) json += ',';
        record::encode(signal, json);
        continue;
      }
      table.row({format_time(signal.created_at.value_or(Time{})), signal.interaction_id,
                 std::string(record::signal_kind_name(signal.kind)), signal.value.text, signal.author,
                 one_line(truncate_utf8(signal.text.empty() ? signal.reason : signal.text, 60))});
    }
  }
  if (context.json) {
    fmt::print("{}]\n", json);
  } else {
    table.print();
  }
  return kDone;
}

}  // namespace

void add_view(CLI::App& app, Context& context) {
  auto what = std::make_shared<std::string>("interactions");
  auto limit = std::make_shared<size_t>(20);
  auto platform = std::make_shared<std::string>();
  CLI::App* const command =
      add_command(app, context, "view", "Show the newest interactions or feedback",
                  "  gleaner view\n  gleaner view feedback --limit 50\n  gleaner view extraction --json",
                  [&context, what, limit, platform]() -> Result<int> {
                    TRY_ASSIGN(const OpenStore open, context.open_store());
                    store::ScanOptions options;
                    options.project = context.project;
                    options.order = store::Order::kNewestFirst;
                    options.filter.platform = *platform;
                    options.with_signals = *what == "feedback";
                    if (*what != "interactions" && *what != "feedback") options.filter.kind = *what;
                    TRY_ASSIGN(const std::unique_ptr<store::Scan> scan, open.store->scan(std::move(options)));
                    if (*what == "feedback") return view_feedback(context, *scan, *limit);
                    return view_interactions(context, *scan, *limit);
                  });
  command->add_option("what", *what, "interactions (default), feedback, or a kind such as extraction or query");
  command->add_option("--limit", *limit, "how many (default: 20)")->check(CLI::Range(1, 100000));
  command->add_option("--platform", *platform, "only this platform");
}

}  // namespace gleaner::cli

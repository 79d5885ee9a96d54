#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"

namespace gleaner::cli {

void add_rejects(CLI::App& app, Context& context) {
  auto limit = std::make_shared<size_t>(50);
  auto after = std::make_shared<int64_t>(0);
  CLI::App* const command = add_command(
      app, context, "rejects", "Show records that were not stored, and why",
      "  gleaner rejects\n  gleaner rejects --limit 1000 --json", [&context, limit, after]() -> Result<int> {
        TRY_ASSIGN(const OpenStore open, context.open_store());
        TRY_ASSIGN(const std::vector<store::Reject> rejects, open.store->rejects(context.project, *after, *limit));
        if (context.json) {
          std::string out;
          json::Writer w(out);
          w.begin_array();
          for (const store::Reject& reject : rejects) store::write_json(reject, w);
          w.end_array();
          fmt::print("{}\n", out);
          return kDone;
        }
        constexpr size_t kShownBytes = 60;
        Table table;
        table.column("seq", Table::Align::kRight);
        for (const char* const title : {"at", "reason", "text"}) table.column(title);
        for (const store::Reject& reject : rejects) {
          table.row({fmt::format("{}", reject.seq), format_time(reject.at), printable(reject.reason),
                     one_line(truncate_utf8(printable(reject.text), kShownBytes))});
        }
        if (table.empty()) {
          fmt::print("nothing was rejected\n");
        } else {
          table.print();
        }
        return kDone;
      });
  command->add_option("--limit", *limit, "at most so many (default: 50)")->check(CLI::Range(1, 10000));
  command->add_option("--after", *after, "only those with a greater seq");
}

}  // namespace gleaner::cli

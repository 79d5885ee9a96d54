// The schema in PostgreSQL: brings it up to date, or prints it.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/cli.h"

namespace gleaner::cli {
namespace {

Result<int> migrate(const Context& context, bool print) {
  if (print) {
    fmt::print("{}", context.services.schema_sql());
    return kDone;
  }
  if (context.config.database_url.empty()) {
    return fail(Code::kInvalidArgument,
                "database_url: expected the URL of a PostgreSQL database (DATABASE_URL); the embedded store needs no "
                "migration");
  }
  TRY_ASSIGN(const Migrated done, context.services.migrate(context.config));
  if (context.json) {
    std::string out;
    json::Writer(out).begin_object().field("from", done.from).field("to", done.to).end_object();
    fmt::print("{}\n", out);
  } else if (done.from == done.to) {
    fmt::print("The schema is up to date: version {}.\n", done.to);
  } else {
    fmt::print("The schema was brought from version {} to {}.\n", done.from, done.to);
  }
  return kDone;
}

}  // namespace

void add_migrate(CLI::App& app, Context& context) {
  auto print = std::make_shared<bool>(false);
  CLI::App* const command =
      add_command(app, context, "migrate", "Bring the schema in PostgreSQL up to date",
                  "  DATABASE_URL=postgresql://owner@db/gleaner gleaner migrate\n"
                  "  gleaner migrate --print | psql -v ON_ERROR_STOP=1 postgresql://owner@db/gleaner",
                  [&context, print] { return migrate(context, *print); });
  command->add_flag("--print", *print, "print the whole schema as SQL for an empty database, and change nothing");
}

}  // namespace gleaner::cli

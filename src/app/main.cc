// The composition root: which implementation stands behind which port.
#include "app/open_store.h"
#include "app/serve.h"
#include "cli/cli.h"
#include "store/postgres/schema.h"

int main(int argc, char** argv) {
  const gleaner::SystemClock clock;
  gleaner::UuidV7Source ids;
  const gleaner::cli::Services services{
      .open_store = [&](const gleaner::config::Config& config) { return gleaner::app::open_store(config, clock); },
      .open_store_of =
          [&](gleaner::cli::StoreKind kind, gleaner::cli::Opening opening, const gleaner::config::Config& config) {
            return gleaner::app::open_store_of(kind, opening, config, clock);
          },
      .upload_options = gleaner::app::upload_options,
      .migrate = gleaner::app::migrate,
      .schema_sql = gleaner::store::schema_sql,
      .serve =
          [&](const gleaner::config::Config& config, const gleaner::cli::ServeOptions& options) {
            return gleaner::app::serve(config, options, clock, ids);
          },
      .clock = clock,
      .ids = ids,
  };
  return gleaner::cli::run(argc, argv, services);
}

// The composition root: which implementation stands behind which port.
#include "app/serve.h"
#include "cli/cli.h"
#include "store/postgres/schema.h"

int main(int argc, char** argv) {
  const gleaner::SystemClock clock;
  gleaner::UuidV7Source ids;
  const gleaner::cli::Services services{
      .open_store = gleaner::app::open_store,
      .open_store_of = gleaner::app::open_store_of,
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

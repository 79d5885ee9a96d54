#include <CLI/CLI.hpp>

#include "cli/cli.h"

namespace gleaner::cli {

void add_serve(CLI::App& app, Context& context) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* const command = add_command(
      app, context, "serve", "Run the server",
      "  gleaner serve --first-key\n  gleaner serve --host 0.0.0.0 --port 9000 --data-dir /var/lib/gleaner\n"
      "  ENABLE_DATA_COLLECTION=false gleaner serve",
      [&context, options] { return context.services.serve(context.config, *options); });
  command->add_flag("--first-key", options->first_key, "make and print an admin key if the store has no key yet");
  for (const config::Setting& setting : config::settings()) {
    if (setting.key == "data_dir" || setting.key == "database_url") continue;
    command->add_option_function<std::string>(
        config::flag_of(setting),
        [&context, key = std::string(setting.key)](const std::string& value) { context.sources.flags[key] = value; },
        std::string(setting.help));
  }
}

}  // namespace gleaner::cli

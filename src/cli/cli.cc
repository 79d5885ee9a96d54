#include "cli/cli.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace gleaner::cli {
namespace {

int report(const Error& error) {
  fmt::print(stderr, "gleaner: {}\n", error.message);
  return error.code == Code::kInvalidArgument ? kUsage : kFailed;
}

}  // namespace

CLI::App* add_command(CLI::App& parent, Context& context, const std::string& name, const std::string& help,
                      const std::string& examples, std::function<Result<int>()> run) {
  CLI::App* const command = parent.add_subcommand(name, help);
  command->footer("Examples:\n" + examples);
  command->add_option_function<std::string>(
      "--data-dir", [&context](const std::string& value) { context.sources.flags["data_dir"] = value; },
      "folder of the embedded store");
  command->add_option_function<std::string>(
      "--database-url", [&context](const std::string& value) { context.sources.flags["database_url"] = value; },
      "PostgreSQL instead of the embedded store (better in DATABASE_URL: others see a command's arguments)");
  command->add_option("--config", context.sources.toml_path, "settings file (default: ./gleaner.toml if there is one)");
  command->add_option("--project", context.project, "project (default: default)");
  command->add_flag("--json", context.json, "print JSON instead of tables");
  command->callback([&context, command, run = std::move(run)] {
    // The command behind it has done the work.
    if (!command->get_subcommands().empty()) return;
    auto config = config::load(context.sources);
    if (!config) {
      context.exit_code = report(config.error());
      if (context.exit_code == kFailed) context.exit_code = kUsage;
      return;
    }
    context.config = *std::move(config);
    const Result<int> code = run();
    context.exit_code = code ? *code : report(code.error());
  });
  return command;
}

Result<std::vector<std::string>> chosen_projects(const Context& context, store::Registry& registry) {
  TRY_ASSIGN(std::vector<std::string> names, registry.projects());
  if (context.project == kEveryProject) return names;
  if (std::ranges::find(names, context.project) == names.end() && context.project != "default") {
    return fail(Code::kNotFound,
                fmt::format("there is no project \"{}\"; gleaner project list shows them", context.project));
  }
  return std::vector{context.project};
}

int run(int argc, char** argv, const Services& services) {
  CLI::App app("Gleaner turns what an AI application does in production into training data.", "gleaner");
  app.set_version_flag("--version", GLEANER_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n  gleaner demo\n  gleaner serve --first-key\n  gleaner import chats.jsonl.gz --platform web\n"
      "  gleaner export --platform web --output train.jsonl\n\nEvery command has its own --help.");
  Context context{services, {}, {}};
  context.sources.environment = config::process_environment;
  add_serve(app, context);
  add_import(app, context);
  add_export(app, context);
  add_validate(app, context);
  add_stats(app, context);
  add_readiness(app, context);
  add_view(app, context);
  add_query(app, context);
  add_keys(app, context);
  add_project(app, context);
  add_profile(app, context);
  add_redact(app, context);
  add_rejects(app, context);
  add_archive(app, context);
  add_verify(app, context);
  add_restore(app, context);
  add_erase(app, context);
  add_migrate(app, context);
  add_migrate_store(app, context);
  add_doctor(app, context);
  add_dataset(app, context);
  add_demo(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return context.exit_code;
}

}  // namespace gleaner::cli

#include <algorithm>
#include <chrono>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "intake/rules.h"

namespace gleaner::cli {
namespace {

// Time for every server to learn of a new secret before the first record needs it.
constexpr auto kNotice = std::chrono::seconds(2);

// "2026-11-21 to 2027-01-05": the days of each secret, the first from the beginning.
std::vector<std::string> periods(const store::Project& project) {
  std::vector<std::string> out;
  std::string from = "the beginning";
  for (const store::Rotation& rotation : project.rotations) {
    out.push_back(fmt::format("{} to {}", from, format_time(rotation.from)));
    from = format_time(rotation.from);
  }
  out.push_back(fmt::format("{} on", from));
  return out;
}

Result<int> list(const Context& context) {
  TRY(intake::Rulebook::make(context.config));
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const std::vector<std::string> names, open.registry->projects());
  Table table;
  for (const char* const title : {"project", "redaction", "style", "sessions", "places", "profile", "secrets"})
    table.column(title);
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const std::string& name : names) {
    TRY_ASSIGN(const store::Project project, open.registry->project(name));
    const config::Config config = context.config.for_project(name);
    table.row({name, config.redaction_kinds, config.redaction_style,
               config.pseudonymise_sessions ? "pseudonyms" : "as given", config.generalise_places ? "city" : "as given",
               config.profile, std::to_string(project.rotations.size() + 1)});
    w.begin_object().field("project", name).field("redaction_kinds", config.redaction_kinds);
    w.field("redaction_style", config.redaction_style).field("pseudonymise_sessions", config.pseudonymise_sessions);
    w.field("generalise_places", config.generalise_places)
        .field("profile", config.profile)
        .key("rotations")
        .begin_array();
    for (const store::Rotation& rotation : project.rotations) w.string(format_time(rotation.from));
    w.end_array().end_object();
  }
  w.end_array();
  if (context.json) {
    fmt::print("{}\n", out);
  } else {
    table.print();
  }
  return kDone;
}

Result<int> rotate(const Context& context) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const std::vector<std::string> names, open.registry->projects());
  if (std::ranges::find(names, context.project) == names.end()) {
    return fail(Code::kNotFound,
                fmt::format("there is no project \"{}\"; gleaner project list shows them", context.project));
  }
  const Time from = context.services.clock.now() + kNotice;
  TRY(open.registry->rotate_secret(context.project, from));
  TRY_ASSIGN(const store::Project project, open.registry->project(context.project));
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object().field("project", context.project).field("from", format_time(from));
    w.field("secrets", project.rotations.size() + 1).end_object();
    fmt::print("{}\n", out);
    return kDone;
  }
  fmt::print("People in \"{}\" have new pseudonyms in what is created from {} on.\n\n", context.project,
             format_time(from));
  Table table;
  table.column("secret", Table::Align::kRight);
  table.column("in force");
  const std::vector<std::string> all = periods(project);
  for (size_t i = 0; i < all.size(); ++i) table.row({std::to_string(i + 1), all[i]});
  table.print();
  return kDone;
}

}  // namespace

void add_project(CLI::App& app, Context& context) {
  CLI::App* const project = app.add_subcommand("project", "Projects: their rules, and the secrets of their pseudonyms");
  project->require_subcommand(1);
  project->footer("Examples:\n  gleaner project list\n  gleaner project rotate --project shop");
  add_command(*project, context, "list", "List the projects and what is done with their records on the way in",
              "  gleaner project list --json", [&context] { return list(context); });
  add_command(*project, context, "rotate",
              "Give a project a new secret for pseudonyms; the old ones are kept, so that people can still be found",
              "  gleaner project rotate --project shop", [&context] { return rotate(context); });
}

}  // namespace gleaner::cli

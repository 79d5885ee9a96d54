// Looks at what the server would work with, step by step, and says what is wrong with it.
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"

namespace gleaner::cli {
namespace {

struct Check {
  std::string name;
  bool ok;
  std::string detail;
};

constexpr uintmax_t kLowSpace = uintmax_t{1} << 30;
constexpr rlim_t kFewFiles = 1024;

// Where data_dir is, or will be: beside PostgreSQL it is made for the spool, by the server.
Check check_space(const std::string& directory) {
  std::error_code error;
  std::filesystem::path there = std::filesystem::absolute(directory, error);
  while (!there.empty() && !std::filesystem::exists(there, error) && there != there.root_path())
    there = there.parent_path();
  const std::filesystem::space_info space = std::filesystem::space(there, error);
  if (error) return {"disk space", false, error.message()};
  return {"disk space", space.available >= kLowSpace, display_bytes(space.available) + " free"};
}

Check check_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return {"open files", limit.rlim_max >= kFewFiles, fmt::format("limit {}", limit.rlim_max)};
}

// Everything that archiving asks of the place where objects lie, tried once and step by step.
void add_archive(const OpenStore& open, std::vector<Check>& checks) {
  checks.push_back({"archive", true, open.objects->describe()});
  for (object::ProbeStep& step : open.objects->probe())
    checks.push_back({"archive: " + step.name, step.ok, std::move(step.message)});
}

std::vector<Check> check_store(const Context& context) {
  std::vector<Check> checks;
  auto open = context.open_store();
  const std::string place =
      context.config.database_url.empty() ? context.config.data_dir : "PostgreSQL, at database_url";
  checks.push_back({"store opens", open.has_value(), open ? place : open.error().message});
  if (!open) return checks;
  const Status writable = open->store->check_writable();
  checks.push_back({"store takes writes", writable.has_value(), writable ? "yes" : writable.error().message});
  const auto days = open->store->days();
  checks.push_back({"days", days.has_value(), days ? fmt::format("{}", days->size()) : days.error().message});
  const auto totals = open->store->totals(context.project);
  checks.push_back(
      {"interactions", totals.has_value(),
       totals ? display_count(static_cast<uint64_t>(totals->all().interactions)) : totals.error().message});
  const auto keys = open->registry->keys();
  checks.push_back({"API keys", keys.has_value() && !keys->empty(),
                    !keys           ? keys.error().message
                    : keys->empty() ? "none; make one with `gleaner keys create`"
                                    : fmt::format("{}", keys->size())});
  checks.push_back(check_space(context.config.data_dir));
  add_archive(*open, checks);
  return checks;
}

Result<int> doctor(const Context& context) {
  std::vector<Check> checks = check_store(context);
  checks.push_back(check_files());
  checks.push_back({"collection", context.config.collection_enabled,
                    context.config.collection_enabled ? "on" : "switched off (ENABLE_DATA_COLLECTION)"});
  bool well = true;
  for (const Check& check : checks) well &= check.ok;
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object().field("ok", well).key("checks").begin_array();
    for (const Check& check : checks)
      w.begin_object().field("name", check.name).field("ok", check.ok).field("detail", check.detail).end_object();
    w.end_array().key("settings").begin_object();
    for (const config::Setting& setting : config::settings())
      w.field(setting.key, config::value_of(context.config, setting));
    w.end_object().end_object();
    fmt::print("{}\n", out);
    return well ? kDone : kFailed;
  }
  Table table;
  for (const char* const title : {"check", "", "detail"}) table.column(title);
  for (const Check& check : checks) table.row({check.name, check.ok ? "ok" : "PROBLEM", check.detail});
  table.print();
  print_heading("Settings");
  Table settings;
  for (const char* const title : {"key", "value", "from"}) settings.column(title);
  for (const config::Setting& setting : config::settings()) {
    const auto origin = context.config.origins.find(setting.key);
    settings.row({std::string(setting.key), config::value_of(context.config, setting),
                  origin == context.config.origins.end() ? "default" : origin->second});
  }
  settings.print();
  return well ? kDone : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  add_command(app, context, "doctor", "Check the store, the archive and the settings",
              "  gleaner doctor\n  gleaner doctor --json", [&context] { return doctor(context); });
}

}  // namespace gleaner::cli

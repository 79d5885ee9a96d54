#include "cli/dataset.h"

#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/output.h"

namespace gleaner::cli {
namespace {

using dataset::VersionInfo;
using dataset::Versions;
using json::Value;

uint64_t count_in(const Value& json, std::string_view object, std::string_view member) {
  const Value* const at = json.find(object);
  const Value* const value = at == nullptr ? nullptr : at->find(member);
  return value == nullptr ? 0 : static_cast<uint64_t>(value->as_integer().value_or(0));
}

std::string formats_of(const VersionInfo& version) {
  const Value* const recipe = version.manifest.find("recipe");
  const Value* const formats = recipe == nullptr ? nullptr : recipe->find("formats");
  std::string out;
  if (formats == nullptr) return out;
  for (const Value& format : formats->items()) out += (out.empty() ? "" : " ") + format.text();
  return out;
}

Result<int> list(const Context& context) {
  TRY_ASSIGN(const std::vector<VersionInfo> all, versions_of(context).list());
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_array();
    for (const VersionInfo& version : all) write_json(version, w);
    w.end_array();
    fmt::print("{}\n", out);
    return kDone;
  }
  if (all.empty()) {
    fmt::print("no datasets yet; make one with: gleaner dataset build NAME\n");
    return kDone;
  }
  Table table;
  for (const char* const title : {"dataset", "built", "task", "formats"}) table.column(title);
  table.column("examples", Table::Align::kRight);
  table.column("state");
  for (const VersionInfo& version : all) {
    table.row({fmt::format("{}@{}", version.name, version.number), format_time(version.built_at),
               std::string(version.manifest.find_string("task").value_or("")), formats_of(version),
               display_count(count_in(version.manifest, "counts", "examples")),
               version.invalid.empty() ? "valid" : version.invalid});
  }
  table.print();
  return kDone;
}

Result<int> verify(const Context& context, const std::string& which) {
  const Versions versions = versions_of(context);
  TRY_ASSIGN(const VersionInfo version, versions.find(which));
  TRY_ASSIGN(const std::vector<dataset::VersionProblem> problems, versions.verify(version));
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object().field("name", version.name).field("version", version.number).key("problems").begin_array();
    for (const auto& problem : problems)
      w.begin_object().field("path", problem.path).field("problem", problem.what).end_object();
    w.end_array().end_object();
    fmt::print("{}\n", out);
  } else {
    for (const auto& problem : problems) fmt::print("{}: {}\n", problem.path, problem.what);
    fmt::print("{}@{}: {}\n", version.name, version.number,
               problems.empty() ? "every file is as it was built" : fmt::format("{} files differ", problems.size()));
  }
  return problems.empty() ? kDone : kSomeRejected;
}

Result<int> diff(const Context& context, const std::string& first, const std::string& second) {
  const Versions versions = versions_of(context);
  TRY_ASSIGN(const VersionInfo a, versions.find(first));
  TRY_ASSIGN(const VersionInfo b, versions.find(second));
  TRY_ASSIGN(const dataset::VersionDiff found, versions.diff(a, b));
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object().field("only_in_first", found.only_in_first).field("only_in_second", found.only_in_second);
    w.field("in_both", found.in_both).field("moved", found.moved).key("recipe").begin_array();
    for (const std::string& name : found.recipe_members) w.string(name);
    w.end_array().end_object();
    fmt::print("{}\n", out);
    return kDone;
  }
  Table table;
  table.column("examples");
  table.column("", Table::Align::kRight);
  table.row({fmt::format("only in {}@{}", a.name, a.number), display_count(found.only_in_first)});
  table.row({fmt::format("only in {}@{}", b.name, b.number), display_count(found.only_in_second)});
  table.row({"in both", display_count(found.in_both)});
  table.row({"  of these in another split", display_count(found.moved)});
  table.print();
  if (!found.recipe_members.empty()) fmt::print("\nThe recipes differ in: {}\n", fmt::join(found.recipe_members, ", "));
  return kDone;
}

// Whole or not at all: a copy that breaks off is removed.
Result<int> export_to(const Context& context, const std::string& which, const std::string& output) {
  const Versions versions = versions_of(context);
  TRY_ASSIGN(const VersionInfo version, versions.find(which));
  if (!version.invalid.empty())
    return fail(Code::kConflict,
                fmt::format("{}@{}: {}; see gleaner dataset rebuild", version.name, version.number, version.invalid));
  TRY_ASSIGN(const auto problems, versions.verify(version));
  if (!problems.empty())
    return fail(Code::kDataLoss, fmt::format("{}: {}", problems.front().path, problems.front().what));
  std::error_code error;
  if (std::filesystem::exists(output, error))
    return fail(Code::kConflict, output + ": is there already; give a folder that is not");
  std::filesystem::copy(version.folder, output, std::filesystem::copy_options::recursive, error);
  if (error) {
    std::error_code ignored;
    std::filesystem::remove_all(output, ignored);
    return fail(Code::kUnavailable, output + ": " + error.message());
  }
  fmt::print("{}\n", context.json ? [&] {
    std::string out;
    json::Writer(out)
        .begin_object()
        .field("name", version.name)
        .field("version", version.number)
        .field("output", output)
        .end_object();
    return out;
  }()
                                  : fmt::format("{}@{} copied to {}", version.name, version.number, output));
  return kDone;
}

}  // namespace

Versions versions_of(const Context& context) {
  return {context.config.data_dir + "/datasets", context.project};
}

void print_version(const Context& context, const VersionInfo& version) {
  if (context.json) {
    std::string out;
    json::Writer w(out);
    write_json(version, w);
    fmt::print("{}\n", out);
    return;
  }
  const Value& manifest = version.manifest;
  fmt::print("{}  {} examples ({}) from {} interactions\n", strong(fmt::format("{}@{}", version.name, version.number)),
             display_count(count_in(manifest, "counts", "examples")), manifest.find_string("task").value_or(""),
             display_count(count_in(manifest, "counts", "interactions")));
  if (!version.invalid.empty())
    fmt::print("INVALID: {}; gleaner dataset rebuild makes it anew without\n", version.invalid);
  Table table;
  table.column("split");
  table.column("examples", Table::Align::kRight);
  table.column("tokens (estimated)", Table::Align::kRight);
  if (const Value* const splits = manifest.find("splits")) {
    for (const auto& [name, split] : splits->members()) {
      table.row(
          {name, display_count(count_in(*splits, name, "examples")), display_count(count_in(*splits, name, "tokens"))});
    }
  }
  table.print();
  if (const Value* const costs = manifest.find("cost_usd")) {
    for (const auto& [trainer, cost] : costs->members()) fmt::print("  {} takes ${:.2f}\n", trainer, cost.as_double());
  }
  const Value* const counts = manifest.find("counts");
  const Value* const left_out = counts == nullptr ? nullptr : counts->find("left_out");
  if (left_out != nullptr) {
    for (const auto& [reason, count] : left_out->members())
      fmt::print("  left out: {} ({})\n", display_count(static_cast<uint64_t>(count.as_integer().value_or(0))), reason);
  }
  fmt::print("  in more than one split: {} sessions, {} users, {} prompts, {} clusters of duplicates\n",
             count_in(manifest, "leakage", "sessions"), count_in(manifest, "leakage", "users"),
             count_in(manifest, "leakage", "prompts"), count_in(manifest, "leakage", "duplicates"));
  fmt::print("  {}\n", version.folder);
}

void add_dataset(CLI::App& app, Context& context) {
  CLI::App* const dataset = app.add_subcommand("dataset", "Build, list, check and hand out datasets");
  dataset->require_subcommand(1);
  dataset->footer(
      "Examples:\n  gleaner dataset build support --positive-only\n  gleaner dataset list\n"
      "  gleaner dataset export support --output support-v1");
  add_dataset_build(*dataset, context);
  add_command(*dataset, context, "list", "List the versions of all datasets", "  gleaner dataset list --json",
              [&context] { return list(context); });
  auto which = std::make_shared<std::string>();
  auto second = std::make_shared<std::string>();
  auto output = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* help, const char* example, std::function<Result<int>()> run) {
    CLI::App* const command = add_command(*dataset, context, name, help, example, std::move(run));
    command->add_option("version", *which, "NAME, for its newest version, or NAME@NUMBER")->required();
    return command;
  };
  add("show", "Show what a version holds", "  gleaner dataset show support@2", [&context, which]() -> Result<int> {
    TRY_ASSIGN(const VersionInfo version, versions_of(context).find(*which));
    print_version(context, version);
    return kDone;
  });
  add("verify", "Compare every file of a version with its manifest", "  gleaner dataset verify support",
      [&context, which] { return verify(context, *which); });
  add("diff", "Compare two versions", "  gleaner dataset diff support@1 support@2",
      [&context, which, second] { return diff(context, *which, *second); })
      ->add_option("second", *second, "the other one")
      ->required();
  add("export", "Copy a version to a folder", "  gleaner dataset export support@2 --output out",
      [&context, which, output] { return export_to(context, *which, *output); })
      ->add_option("--output,-o", *output, "folder to make")
      ->required();
  add("remove", "Remove a version", "  gleaner dataset remove support@1", [&context, which]() -> Result<int> {
    const Versions versions = versions_of(context);
    TRY_ASSIGN(const VersionInfo version, versions.find(*which));
    TRY(versions.remove(version));
    fmt::print("{}\n",
               context.json ? R"({"removed":true})" : fmt::format("removed {}@{}", version.name, version.number));
    return kDone;
  });
}

}  // namespace gleaner::cli

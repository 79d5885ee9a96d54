// From the embedded store into PostgreSQL or back: carries everything over, then reads both sides and compares.
#include <filesystem>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "store/transfer_check.h"

namespace gleaner::cli {
namespace {

using store::CountCheck;
using store::Findings;
using store::ProjectCheck;
using store::TransferCheck;
using store::TransferCounts;

struct Options {
  std::string from;
  std::string to;
  bool dry_run = false;
  bool verify_only = false;
};

constexpr const char* kHelp =
    "  gleaner migrate-store --from sqlite --to postgres --dry-run\n"
    "  DATABASE_URL=postgresql://gleaner@db/gleaner gleaner migrate-store --from sqlite --to postgres\n"
    "  gleaner migrate-store --from sqlite --to postgres --verify-only --json\n"
    "  gleaner migrate-store --from postgres --to sqlite --data-dir back\n\n"
    "The embedded store is the folder data_dir, the other one the database database_url. All projects are moved, with\n"
    "their secrets, API keys, interactions, signals (also those that wait) and rejects. The source stays as it is, "
    "and\n"
    "so does what else is in the target.\n\n"
    "Killed, it goes on where it was when it is run again: it keeps its place in data_dir/migrate-store.json until it "
    "is\n"
    "through. Run it again, too, if the source was written to meanwhile.\n\n"
    "In the end both stores are read and compared: everything of the source must be in the target just so. Per "
    "project\n"
    "and day these are the numbers of interactions and signals and a digest of 128 bits over the id, record and "
    "content\n"
    "hash of each; besides, secrets, keys, waiting signals and rejects. \"contained\" means that the target holds "
    "more.\n"
    "What is missing or differs is named, and the exit code is 1.";

std::optional<StoreKind> kind_of(const std::string& name) {
  if (name == "sqlite") return StoreKind::kSqlite;
  if (name == "postgres") return StoreKind::kPostgres;
  return std::nullopt;
}

Status check_options(const Context& context, const Options& options) {
  if (!kind_of(options.from) || !kind_of(options.to))
    return fail(Code::kInvalidArgument, "--from and --to: expected sqlite or postgres");
  if (options.from == options.to) {
    return fail(Code::kInvalidArgument,
                fmt::format("--from and --to: expected sqlite and postgres, or the other way round; both are {}",
                            options.from));
  }
  if (options.dry_run && options.verify_only)
    return fail(Code::kInvalidArgument, "--dry-run and --verify-only exclude each other");
  if (context.config.database_url.empty() && !(options.dry_run && options.from == "sqlite"))
    return fail(Code::kInvalidArgument, "database_url: expected the URL of a PostgreSQL database (DATABASE_URL)");
  return {};
}

Result<OpenStore> open_side(const Context& context, const std::string& name, Opening opening) {
  auto open = context.services.open_store_of(*kind_of(name), opening, context.config);
  if (!open) return fail_in(name, std::move(open).error());
  return open;
}

store::OnStep shown_by(Progress& progress) {
  return [&progress](const store::TransferStep& step) { progress.update(step.bytes, step.total_bytes, step.records); };
}

// ------------------------------------------------------------------------------------------------------- tables

std::string verdict(const Findings& findings, bool same) {
  if (findings.none()) return same ? "same" : "contained";
  std::string text;
  if (findings.missing > 0) text = display_count(static_cast<uint64_t>(findings.missing)) + " missing";
  if (findings.different > 0) {
    text += text.empty() ? "" : ", ";
    text += display_count(static_cast<uint64_t>(findings.different)) + " different";
  }
  return text;
}

std::string count(int64_t number) {
  return display_count(static_cast<uint64_t>(number));
}

void print_days(const TransferCheck& check, bool compared) {
  Table table;
  table.column("project");
  table.column("day");
  table.column("interactions", Table::Align::kRight);
  if (compared) table.column("in target", Table::Align::kRight);
  table.column("signals", Table::Align::kRight);
  if (compared) table.column("in target", Table::Align::kRight);
  if (compared) table.column("check");
  for (const ProjectCheck& project : check.projects) {
    for (const store::DayCheck& day : project.days) {
      std::vector<std::string> row{project.project, format_day(day.day), count(day.source.interactions)};
      if (compared) row.push_back(count(day.target.interactions));
      row.push_back(count(day.source.signals));
      if (compared) row.push_back(count(day.target.signals));
      if (compared) row.push_back(verdict(day.findings, day.source == day.target));
      table.row(std::move(row));
    }
  }
  table.print();
  fmt::print("\n");
}

void print_counts(const TransferCheck& check, bool compared) {
  Table table;
  table.column("project");
  table.column("besides");
  table.column("source", Table::Align::kRight);
  if (compared) table.column("target", Table::Align::kRight);
  if (compared) table.column("check");
  const auto row = [&](const std::string& project, const char* what, const CountCheck& one) {
    std::vector<std::string> cells{project, what, count(one.source)};
    if (compared) cells.push_back(count(one.target));
    if (compared) cells.push_back(verdict(one.findings, one.source == one.target));
    table.row(std::move(cells));
  };
  for (const ProjectCheck& project : check.projects) {
    row(project.project, "secrets", project.secrets);
    row(project.project, "waiting signals", project.waiting);
    row(project.project, "rejects", project.rejects);
  }
  row("(all)", "keys", check.keys);
  table.print();
}

// Every finding, with the project and day in front.
std::vector<std::string> differences(const TransferCheck& check) {
  std::vector<std::string> out;
  const auto add = [&out](const std::string& where, const Findings& findings) {
    for (const std::string& example : findings.examples) out.push_back(fmt::format("{}: {}", where, example));
    const int64_t more = findings.missing + findings.different - std::ssize(findings.examples);
    if (more > 0) out.push_back(fmt::format("{}: and {} more", where, display_count(static_cast<uint64_t>(more))));
  };
  for (const ProjectCheck& project : check.projects) {
    add(project.project, project.secrets.findings);
    for (const store::DayCheck& day : project.days)
      add(fmt::format("{} {}", project.project, format_day(day.day)), day.findings);
    add(project.project + ", waiting", project.waiting.findings);
    add(project.project, project.rejects.findings);
  }
  add("keys", check.keys.findings);
  return out;
}

void print_moved(const Options& options, const TransferCounts& counts) {
  fmt::print(
      "From {} to {}: {} interactions, {} signals, {} waiting signals and {} rejects moved; {} were there already",
      options.from, options.to, count(counts.interactions), count(counts.signals), count(counts.waiting),
      count(counts.rejects), count(counts.there_already));
  if (counts.conflicts > 0) fmt::print("; {} are in conflict with other content", count(counts.conflicts));
  if (counts.rejects_left_out > 0)
    fmt::print("; {} rejects found no place in the target's list", count(counts.rejects_left_out));
  fmt::print("\n\n");
}

// --------------------------------------------------------------------------------------------------------- JSON

void write_findings(json::Writer& w, const Findings& findings) {
  w.field("missing", findings.missing).field("different", findings.different);
}

void write_days(json::Writer& w, const ProjectCheck& project, bool compared) {
  const auto pair = [&](const char* name, int64_t source, int64_t target) {
    w.key(name).begin_object().field("source", source);
    if (compared) w.field("target", target);
    w.end_object();
  };
  w.key("days").begin_array();
  for (const store::DayCheck& day : project.days) {
    w.begin_object().field("day", format_day(day.day));
    pair("interactions", day.source.interactions, day.target.interactions);
    pair("signals", day.source.signals, day.target.signals);
    if (compared) {
      const auto hex = [](const Hash128& digest) { return fmt::format("{:016x}{:016x}", digest.high, digest.low); };
      w.key("digest").begin_object().field("source", hex(day.source.digest));
      w.field("target", hex(day.target.digest)).end_object();
      write_findings(w, day.findings);
    }
    w.end_object();
  }
  w.end_array();
}

void write_check(json::Writer& w, const TransferCheck& check, bool compared) {
  const auto counts = [&](const char* name, const CountCheck& one) {
    w.key(name).begin_object().field("source", one.source);
    if (compared) w.field("target", one.target);
    if (compared) write_findings(w, one.findings);
    w.end_object();
  };
  w.key("projects").begin_array();
  for (const ProjectCheck& project : check.projects) {
    w.begin_object().field("project", project.project);
    counts("secrets", project.secrets);
    write_days(w, project, compared);
    counts("waiting", project.waiting);
    counts("rejects", project.rejects);
    w.end_object();
  }
  w.end_array();
  counts("keys", check.keys);
}

void print_json(const Options& options, const TransferCounts* moved, const TransferCheck& check) {
  std::string out;
  json::Writer w(out);
  w.begin_object().field("from", options.from).field("to", options.to).field("dry_run", options.dry_run);
  if (moved != nullptr) {
    w.key("moved").begin_object().field("interactions", moved->interactions).field("signals", moved->signals);
    w.field("waiting", moved->waiting).field("rejects", moved->rejects).field("there_already", moved->there_already);
    w.field("conflicts", moved->conflicts).field("rejects_left_out", moved->rejects_left_out).end_object();
  }
  if (!options.dry_run) {
    w.field("verified", check.all_there()).field("source_changed", check.source_changed());
    w.key("differences").begin_array();
    for (const std::string& one : differences(check)) w.string(one);
    w.end_array();
  }
  write_check(w, check, !options.dry_run);
  w.end_object();
  fmt::print("{}\n", out);
}

// ------------------------------------------------------------------------------------------------------ the work

Result<int> plan(const Context& context, const Options& options) {
  TRY_ASSIGN(const OpenStore source, open_side(context, options.from, Opening::kAsItIs));
  std::optional<Progress> progress(std::in_place, "reading");
  TRY_ASSIGN(const TransferCheck plan, plan_transfer({*source.store, *source.registry}, shown_by(*progress)));
  progress.reset();
  if (context.json) {
    print_json(options, nullptr, plan);
    return kDone;
  }
  fmt::print("Would be moved from {} to {}:\n\n", options.from, options.to);
  print_days(plan, false);
  print_counts(plan, false);
  return kDone;
}

int report(const Context& context, const Options& options, const TransferCounts* moved, const TransferCheck& check) {
  const bool all_there = check.all_there();
  const char* const hint = check.source_changed()
                               ? "The source was written to meanwhile: what came later is moved by running this again."
                               : "";
  if (context.json) {
    print_json(options, moved, check);
  } else {
    if (moved != nullptr) print_moved(options, *moved);
    print_days(check, true);
    print_counts(check, true);
    if (all_there) fmt::print("\nEverything of the source is in the target just so.\n");
  }
  if (*hint != '\0') fmt::print(stderr, "{}\n", hint);
  if (all_there) return kDone;
  fmt::print(stderr, "gleaner: not everything of the source is in the target just so:\n");
  for (const std::string& one : differences(check)) fmt::print(stderr, "  {}\n", one);
  return kFailed;
}

Result<TransferCheck> verify(store::Side source, store::Side target, const store::TransferProgress* carried) {
  Progress progress("comparing");
  return check_transfer(source, target, {.carried = carried, .on_step = shown_by(progress)});
}

Result<int> move(const Context& context, const Options& options, store::Side source, store::Side target) {
  const store::ProgressFile file(context.config.data_dir, fmt::format("{} to {}", options.from, options.to));
  store::TransferProgress at = file.load();
  if (!at.projects.empty()) fmt::print(stderr, "going on where an earlier run was stopped\n");
  std::optional<Progress> progress(std::in_place, "moving");
  store::TransferOptions how;
  how.save = [&file](const store::TransferProgress& now) { return file.save(now); };
  how.on_step = shown_by(*progress);
  store::Transfer transfer(source, target, at, std::move(how));
  const Status done = transfer.run();
  progress.reset();
  if (!done) {
    if (is_retryable(done.error().code))
      fmt::print(stderr, "stopped; the same command goes on where it was, once the cause is gone\n");
    return std::unexpected(done.error());
  }
  TRY_ASSIGN(const TransferCheck check, verify(source, target, &at));
  // The next run looks at everything again: what came later, or was lost.
  file.remove();
  return report(context, options, &transfer.counts(), check);
}

Result<int> migrate_store(const Context& context, const Options& options) {
  TRY(check_options(context, options));
  if (options.dry_run) return plan(context, options);
  TRY_ASSIGN(const OpenStore from, open_side(context, options.from, Opening::kAsItIs));
  TRY_ASSIGN(const OpenStore to,
             open_side(context, options.to, options.verify_only ? Opening::kAsItIs : Opening::kPrepared));
  const store::Side source{*from.store, *from.registry};
  const store::Side target{*to.store, *to.registry};
  if (!options.verify_only) {
    std::error_code error;
    std::filesystem::create_directories(context.config.data_dir, error);
    if (error) return fail(Code::kUnavailable, fmt::format("{}: {}", context.config.data_dir, error.message()));
    return move(context, options, source, target);
  }
  TRY_ASSIGN(const TransferCheck check, verify(source, target, nullptr));
  return report(context, options, nullptr, check);
}

}  // namespace

void add_migrate_store(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      add_command(app, context, "migrate-store", "Move everything from one store to another, and compare them", kHelp,
                  [&context, options] { return migrate_store(context, *options); });
  command->add_option("--from", options->from, "the store to read: sqlite or postgres")->required();
  command->add_option("--to", options->to, "the store to fill: postgres or sqlite")->required();
  command->add_flag("--dry-run", options->dry_run, "show what would be moved, and change nothing");
  command->add_flag("--verify-only", options->verify_only, "compare the stores, and change nothing");
}

}  // namespace gleaner::cli

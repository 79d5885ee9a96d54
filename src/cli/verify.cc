// Proves the archive whole, or says what of it is missing, damaged or different; makes again what can be made again.
#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "archive/verifier.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"

namespace gleaner::cli {
namespace {

using archive::Flaw;
using archive::VerifyReport;

struct Options {
  bool quick = false;
  bool repair = false;
};

constexpr const char* kHelp =
    "  gleaner verify\n  gleaner verify --quick --project all\n  gleaner verify --json | jq '.flaws[]'\n"
    "  gleaner verify --repair\n\n"
    "Every object is read in full and compared with its manifest, and every manifest with the store. --quick compares\n"
    "sizes, indexes and manifests only. Kinds of flaws:\n\n"
    "  missing    an object or manifest that ought to be there\n"
    "  damaged    it does not read back as it was written\n"
    "  different  manifest and store disagree\n"
    "  index      what finds records in the object, in the store, is lost or damaged\n"
    "  unknown    an object that the store does not know: left by a run that was interrupted, or of one that is under\n"
    "             way; no record is lost, and what was left may be deleted\n\n"
    "Nothing is changed, but with --repair: indexes and manifests are made again from their objects, if these are bit\n"
    "by bit what the store says of them. A lost or damaged object is not to be had again like that.\n\n"
    "The exit code is 0 if every archived record is there and found, 1 if not.";

// So many flaws are shown to people; --json has all.
constexpr size_t kShown = 100;

constexpr Flaw::Kind kKinds[] = {Flaw::Kind::kMissing, Flaw::Kind::kDamaged, Flaw::Kind::kOther, Flaw::Kind::kIndex,
                                 Flaw::Kind::kUnknown};

Result<VerifyReport> verify(const Context& context, const OpenStore& open, const std::string& project,
                            const Options& wanted) {
  TRY_ASSIGN(const std::vector<store::Part> parts, open.catalog->parts(project, std::nullopt, std::nullopt));
  Progress progress("verifying");
  uint64_t records = 0;
  size_t counted = 0;
  archive::VerifierOptions options;
  options.threads = static_cast<int>(context.config.archive_threads);
  options.quick = wanted.quick;
  options.repair = wanted.repair;
  options.on_progress = [&](const archive::VerifyProgress& now) {
    for (; counted < parts.size() && std::cmp_less(counted, now.parts); ++counted)
      records += static_cast<uint64_t>(parts[counted].records);
    progress.update(static_cast<uint64_t>(now.bytes), static_cast<uint64_t>(now.total_bytes), records);
  };
  return archive::Verifier(open.tiers(), std::move(options)).run(project);
}

void add(VerifyReport&& one, VerifyReport& all) {
  all.parts += one.parts;
  all.records += one.records;
  all.bytes += one.bytes;
  for (Flaw& flaw : one.flaws) {
    if (all.flaws.size() < VerifyReport::kMaxFlaws) all.flaws.push_back(std::move(flaw));
  }
}

void print_json(const VerifyReport& report, bool quick) {
  std::string out;
  json::Writer w(out);
  w.begin_object().field("whole", report.whole()).field("quick", quick).field("objects", report.parts);
  w.field("records", report.records).field("bytes", report.bytes).key("flaws").begin_array();
  for (const Flaw& flaw : report.flaws) {
    w.begin_object().field("kind", kind_name(flaw.kind)).field("key", flaw.key).field("what", flaw.what);
    w.field("repaired", flaw.repaired).end_object();
  }
  w.end_array().end_object();
  fmt::print("{}\n", out);
}

void print_flaws(const VerifyReport& report) {
  print_heading("Flaws");
  Table counts;
  counts.column("kind");
  counts.column("objects", Table::Align::kRight);
  for (const Flaw::Kind kind : kKinds) {
    const auto number = std::ranges::count(report.flaws, kind, &Flaw::kind);
    if (number > 0) counts.row({std::string(kind_name(kind)), display_count(static_cast<uint64_t>(number))});
  }
  counts.print();
  fmt::print("\n");
  Table table;
  for (const char* const title : {"kind", "object", "what"}) table.column(title);
  for (size_t i = 0; i < std::min(kShown, report.flaws.size()); ++i) {
    const Flaw& flaw = report.flaws[i];
    table.row({std::string(kind_name(flaw.kind)), one_line(printable(flaw.key)),
               one_line(printable(flaw.what)) + (flaw.repaired ? "; made again" : "")});
  }
  table.print();
  if (report.flaws.size() > kShown)
    fmt::print("  and {} more; --json has all\n", display_count(report.flaws.size() - kShown));
  fmt::print("\n");
}

Result<int> verify_all(const Context& context, const Options& options) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const std::vector<std::string> projects, chosen_projects(context, *open.registry));
  VerifyReport report;
  for (const std::string& project : projects) {
    TRY_ASSIGN(VerifyReport one, verify(context, open, project, options));
    add(std::move(one), report);
  }
  if (context.json) {
    print_json(report, options.quick);
  } else {
    fmt::print("{} records in {} objects, {}, in {}{}\n", display_count(static_cast<uint64_t>(report.records)),
               display_count(static_cast<uint64_t>(report.parts)), display_bytes(static_cast<uint64_t>(report.bytes)),
               open.objects->describe(), options.quick ? "; sizes, indexes and manifests only" : "");
    if (!report.flaws.empty()) print_flaws(report);
    fmt::print("{}\n", strong(report.whole() ? "The archive is whole." : "The archive is NOT whole."));
  }
  if (report.whole()) return kDone;
  fmt::print(stderr, "gleaner: the archive is not whole; docs/archive.md says what can be done\n");
  return kFailed;
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      add_command(app, context, "verify", "Prove the archive whole: every object, manifest and count", kHelp,
                  [&context, options] { return verify_all(context, *options); });
  command->add_flag("--quick", options->quick,
                    "compare sizes, indexes and manifests only, without reading the objects");
  command->add_flag("--repair", options->repair, "make lost or damaged indexes and manifests again from their objects");
}

}  // namespace gleaner::cli

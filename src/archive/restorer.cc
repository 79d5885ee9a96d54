#include "archive/restorer.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "archive/day_source.h"
#include "archive/layout.h"

namespace gleaner::archive {
namespace {

// How often a day is begun anew because its parts changed meanwhile.
constexpr int kTries = 3;

// The records of a day's parts in the order in which they came.
class DayMerge {
 public:
  static Result<DayMerge> open(const Tiers& tiers, const std::vector<store::Part>& parts) {
    DayMerge merge;
    store::ScanOptions options;
    options.with_signals = true;
    for (const store::Part& part : parts) {
      TRY_ASSIGN(std::unique_ptr<DaySource> source, PartSource::open(tiers, part, options, 0, 1, {}));
      merge.sources_.push_back(std::move(source));
    }
    return merge;
  }

  Result<std::optional<store::Stored>> next() {
    DaySource* first = nullptr;
    for (const auto& source : sources_) {
      if (source->state() == DaySource::State::kPaused) TRY(source->advance(0));
      if (source->state() != DaySource::State::kHead) continue;
      if (first == nullptr || source->head().position < first->head().position) first = source.get();
    }
    if (first == nullptr) return std::nullopt;
    store::Stored stored = std::move(first->head());
    first->take_head();
    return stored;
  }

 private:
  std::vector<std::unique_ptr<DaySource>> sources_;
};

}  // namespace

void Restorer::step(std::string_view name) {
  if (options_.on_step) options_.on_step(name);
}

Result<RestoreReport> Restorer::run(std::string_view project, Day from, Day to) {
  RestoreReport report;
  TRY(late_.settle(project));
  TRY_ASSIGN(const std::vector<store::Part> parts, tiers_.catalog.parts(project, from, to));
  std::set<Day> days;
  progress_ = {};
  for (const store::Part& part : parts) {
    days.insert(part.day);
    progress_.total_records += part.records;
  }
  step("planned");
  for (const Day day : days) {
    bool done = false;
    for (int attempt = 0; attempt < kTries && !done; ++attempt) {
      TRY_ASSIGN(done, restore_day(project, day, report));
    }
    if (!done) return fail(Code::kUnavailable, fmt::format("{} changes all the time; try again", format_day(day)));
  }
  return report;
}

Result<bool> Restorer::restore_day(std::string_view project, Day day, RestoreReport& report) {
  TRY_ASSIGN(const store::DayParts now, tiers_.catalog.parts_of(project, day));
  if (now.parts.empty()) return true;
  TRY_ASSIGN(DayMerge merge, DayMerge::open(tiers_, now.parts));
  int64_t expected = 0;
  for (const store::Part& part : now.parts) expected += part.records;
  int64_t given = 0;
  TRY_ASSIGN(const bool restored,
             tiers_.catalog.restore(now.parts, now.generation, [&]() -> Result<std::optional<store::Stored>> {
               TRY_ASSIGN(std::optional<store::Stored> stored, merge.next());
               if (given == 0) step("reading");
               if (!stored && given != expected)
                 return fail(Code::kDataLoss, fmt::format("{}: {} records are archived, {} were read", format_day(day),
                                                          expected, given));
               given += stored ? 1 : 0;
               progress_.records += stored ? 1 : 0;
               if (options_.on_progress) options_.on_progress(progress_);
               return stored;
             }));
  if (!restored) return false;
  step("restored");
  ++report.days;
  report.records += given;
  for (const store::Part& part : now.parts) {
    TRY(tiers_.objects.remove(part.key));
    TRY(tiers_.objects.remove(manifest_key(part.key)));
    ++report.objects;
  }
  step("removed");
  return true;
}

}  // namespace gleaner::archive

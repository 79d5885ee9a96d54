#include "archive/archive_job.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace gleaner::archive {
namespace {

constexpr int64_t kMostDays = 36500;

void add(ArchiveReport&& done, ArchiveReport& report) {
  report.records += done.records;
  std::ranges::move(done.parts, std::back_inserter(report.parts));
  std::ranges::move(done.left, std::back_inserter(report.left));
  report.stopped = done.stopped;
}

}  // namespace

Day first_kept(Time now, int64_t days_old) {
  return day_of(now) - std::chrono::days(days_old);
}

double saved_percentage(int64_t before, int64_t after) {
  return before > 0 ? 100 * (1 - static_cast<double>(after) / static_cast<double>(before)) : 0;
}

Result<std::vector<store::HotSlice>> ArchiveJob::plan(int64_t days_old, std::string_view project) {
  if (days_old < 1 || days_old > kMostDays) {
    return fail(Code::kInvalidArgument, fmt::format("days old: expected 1 to {}, got {}", kMostDays, days_old));
  }
  Archiver archiver(tiers_, clock_, {});
  return archiver.plan(first_kept(clock_.now(), days_old), project);
}

Status ArchiveJob::run(const std::vector<store::HotSlice>& plan, ArchiveReport& report) {
  using Key = std::pair<Day, std::string>;
  std::map<Key, std::vector<store::HotSlice>> days;
  ArchiveProgress before;
  for (const store::HotSlice& slice : plan) {
    days[{slice.day, slice.project}].push_back(slice);
    before.total_records += slice.records;
    before.total_bytes += slice.bytes;
  }
  const Key* under_way = nullptr;
  ArchiverOptions options;
  options.stop = options_.stop;
  options.upload = options_.upload;
  options.upload.on_step = [&](std::string_view step) {
    if (options_.on_step) options_.on_step(under_way->second, under_way->first, step);
  };
  options.on_progress = [&](const ArchiveProgress& now) {
    if (!options_.on_progress) return;
    ArchiveProgress all = before;
    all.records += now.records;
    all.bytes += now.bytes;
    options_.on_progress(all);
  };
  Archiver archiver(tiers_, clock_, std::move(options));
  for (const auto& [key, slices] : days) {
    under_way = &key;
    auto done = archiver.run(slices);
    if (!done) return fail_in(fmt::format("{} of {}", format_day(key.first), key.second), std::move(done).error());
    for (const store::HotSlice& slice : slices) {
      before.records += slice.records;
      before.bytes += slice.bytes;
    }
    if (options_.on_part) std::ranges::for_each(done->parts, options_.on_part);
    add(*std::move(done), report);
    if (report.stopped) break;
  }
  return {};
}

}  // namespace gleaner::archive

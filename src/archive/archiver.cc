#include "archive/archiver.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace gleaner::archive {
namespace {

// How often a day is begun anew because records came meanwhile.
constexpr int kTries = 3;

}  // namespace

Archiver::Archiver(const Tiers& tiers, const Clock& clock, ArchiverOptions options)
    : tiers_(tiers),
      options_(std::move(options)),
      objects_(tiers.objects, options_.stop),
      upload_({tiers.hot, tiers.catalog, objects_}, clock, options_.upload) {}

void Archiver::step(std::string_view name) {
  if (options_.upload.on_step) options_.upload.on_step(name);
}

void Archiver::progress(int64_t records, int64_t bytes) {
  progress_.records += records;
  progress_.bytes += bytes;
  if (options_.on_progress) options_.on_progress(progress_);
}

Result<std::vector<store::HotSlice>> Archiver::plan(Day before, std::string_view project) {
  TRY_ASSIGN(std::vector<store::HotSlice> slices, tiers_.catalog.hot_slices(before));
  if (!project.empty()) std::erase_if(slices, [&](const store::HotSlice& slice) { return slice.project != project; });
  return slices;
}

Result<Archiver::Slices> Archiver::plan_day(const std::string& project, Day day) {
  TRY_ASSIGN(Slices slices, plan(day + std::chrono::days(1), project));
  std::erase_if(slices, [day](const store::HotSlice& slice) { return slice.day != day; });
  return slices;
}

Result<ArchiveReport> Archiver::run(const std::vector<store::HotSlice>& plan) {
  ArchiveReport report;
  std::map<std::pair<Day, std::string>, Slices> days;
  progress_ = {};
  for (const store::HotSlice& slice : plan) {
    days[{slice.day, slice.project}].push_back(slice);
    progress_.total_records += slice.records;
    progress_.total_bytes += slice.bytes;
  }
  for (auto& [day, slices] : days) {
    Outcome outcome = Outcome::kChanged;
    for (int attempt = 0; attempt < kTries && outcome == Outcome::kChanged && !slices.empty(); ++attempt) {
      if (attempt > 0) {
        TRY_ASSIGN(slices, plan_day(day.second, day.first));
      }
      if (slices.empty()) break;  // another archiver was faster
      TRY_ASSIGN(outcome, archive_day(slices, report));
    }
    report.stopped = outcome == Outcome::kStopped;
    if (report.stopped) break;
    if (outcome == Outcome::kChanged && !slices.empty())
      report.left.push_back(fmt::format("{} of {}: records came while it was read", format_day(day.first), day.second));
  }
  return report;
}

Result<Archiver::Outcome> Archiver::archive_day(const Slices& slices, ArchiveReport& report) {
  if (!objects_.go_on()) return Outcome::kStopped;
  TRY_ASSIGN(const store::DayParts known, tiers_.catalog.parts_of(slices.front().project, slices.front().day));
  step("planned");
  std::vector<Manifest> written;
  store::DayContent content;
  const auto write_all = [&]() -> Status {
    for (const store::HotSlice& slice : slices) {
      TRY_ASSIGN(Manifest one, write(slice, known, content));
      if (one.part.records > 0) written.push_back(std::move(one));
    }
    for (const Manifest& one : written) TRY(upload_.put_manifest(one));
    return {};
  };
  if (Status done = write_all(); !done) {
    for (const Manifest& one : written) upload_.take_back(one);
    if (!objects_.go_on()) return Outcome::kStopped;
    if (done.error().code == Code::kConflict) return Outcome::kChanged;
    return std::unexpected(std::move(done).error());
  }
  step("manifested");
  return seal(slices, known.generation, content, written, report);
}

Result<Archiver::Outcome> Archiver::seal(const Slices& slices, int64_t generation, const store::DayContent& content,
                                         std::vector<Manifest>& written, ArchiveReport& report) {
  std::vector<store::Part> parts;
  for (Manifest& one : written) {
    parts.push_back(one.part);
    one.part.index.clear();
  }
  // After an error nobody knows whether it was sealed: what was written stays.
  TRY_ASSIGN(const bool sealed,
             tiers_.catalog.seal(slices.front().project, slices.front().day, generation, content, parts));
  if (!sealed) {
    for (const Manifest& one : written) upload_.take_back(one);
    return Outcome::kChanged;
  }
  step("sealed");
  for (store::Part& part : parts) {
    part.index.clear();
    report.records += part.records;
    report.parts.push_back(std::move(part));
  }
  return Outcome::kSealed;
}

Result<Manifest> Archiver::write(const store::HotSlice& slice, const store::DayParts& known,
                                 store::DayContent& content) {
  PartUpload::Place place{slice.project, slice.platform, slice.day, 1};
  for (const store::Part& part : known.parts) {
    if (part.platform == slice.platform) place.first_number = std::max(place.first_number, part.number + 1);
  }
  return upload_.write(place, [&](PartWriter& writer) { return read(slice, known.generation, writer, content); });
}

Status Archiver::read(const store::HotSlice& slice, int64_t generation, PartWriter& writer,
                      store::DayContent& content) {
  store::ScanOptions scan_options;
  scan_options.project = slice.project;
  scan_options.filter.platform = slice.platform;
  scan_options.filter.from = Time(slice.day);
  scan_options.filter.to = Time(slice.day + std::chrono::days(1));
  scan_options.with_signals = true;
  scan_options.generation = generation;
  TRY_ASSIGN(const std::unique_ptr<store::Scan> scan, tiers_.hot.scan(std::move(scan_options)));
  store::Stored stored;
  uint64_t seen = 0;
  while (true) {
    TRY(objects_.go_on());
    TRY_ASSIGN(const bool more, scan->next(stored));
    if (!more) return {};
    // To a filter an empty platform is any.
    if (stored.interaction.platform != slice.platform) continue;
    TRY(writer.add(stored));
    ++content.interactions;
    content.interactions_xor ^= stored.content_hash;
    content.signals += std::ssize(stored.signals);
    for (const uint64_t hash : stored.signal_hashes) content.signals_xor ^= hash;
    content.last_position = std::max(content.last_position, stored.position);
    progress(1, static_cast<int64_t>(scan->bytes_seen() - seen));
    seen = scan->bytes_seen();
  }
}

}  // namespace gleaner::archive

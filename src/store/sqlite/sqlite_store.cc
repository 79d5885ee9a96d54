#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/uuid.h"
#include "store/sqlite/batch.h"
#include "store/sqlite/scan.h"
#include "store/sqlite/sqlite_archive.h"

namespace gleaner::store {
namespace {

namespace fs = std::filesystem;

// All page caches together; a cache that would go past it reuses its own pages instead.
constexpr size_t kWarmDays = 8;
constexpr int64_t kPageCacheBytes = int64_t{96} << 20;

}  // namespace

SqliteStore::SqliteStore(SqliteOptions options) : options_(std::move(options)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(SqliteOptions options) {
  std::error_code error;
  const fs::path root(options.directory);
  if (!fs::exists(root, error)) {
    fs::create_directories(root, error);
    if (!error) fs::permissions(root, fs::perms::owner_all, error);
  }
  if (!error) fs::create_directories(root / "days", error);
  if (error) return fail(Code::kUnavailable, fmt::format("{}: {}", options.directory, error.message()));
  sqlite3_soft_heap_limit64(kPageCacheBytes);
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(options)));
  TRY(store->lock_.open(root / "write.lock"));
  TRY_ASSIGN(const WriteLock::Held held, store->lock_.acquire());
  TRY_ASSIGN(store->catalog_, Catalog::open(root / "gleaner.db"));
  store->checkpointer_ = std::make_unique<Checkpointer>();
  store->archive_ = std::make_unique<SqliteArchive>(*store);
  TRY(store->list_days());
  TRY(store->settle_waiting());
  return store;
}

ArchiveCatalog& SqliteStore::archive() {
  return *archive_;
}

bool SqliteStore::exists(const std::string& directory) {
  std::error_code error;
  return fs::exists(fs::path(directory) / "gleaner.db", error);
}

std::string SqliteStore::day_path(Day day) const {
  return fs::path(options_.directory) / "days" / (format_day(day) + ".db");
}

Hash128 SqliteStore::key(KeyOf of, std::string_view project, std::string_view id) const {
  std::string text;
  text.reserve(project.size() + id.size() + 2);
  text.append(project).append(1, '\0').append(1, of == KeyOf::kItem ? 'i' : '.').append(id);
  return keyed_hash128(catalog_->hash_seed(), text);
}

// Takes the listing of the folder for the truth: days that appeared are known, those that are gone are let go.
Status SqliteStore::list_days() {
  std::map<Day, std::shared_ptr<DayFile>> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(options_.directory) / "days", error)) {
    if (entry.path().extension() != ".db") continue;
    if (const auto day = parse_day(entry.path().stem().string())) found[*day] = nullptr;
  }
  if (error) return fail(Code::kUnavailable, fmt::format("{}: {}", options_.directory, error.message()));
  const std::unique_lock lock(days_mutex_);
  for (auto& [day, file] : found) {
    const auto known = days_.find(day);
    if (known != days_.end()) file = known->second;
  }
  days_ = std::move(found);
  return {};
}

Result<std::shared_ptr<DayFile>> SqliteStore::open_day(Day day) {
  {
    const std::shared_lock lock(days_mutex_);
    const auto known = days_.find(day);
    if (known == days_.end() || known->second != nullptr) return known == days_.end() ? nullptr : known->second;
  }
  const std::unique_lock lock(days_mutex_);
  const auto known = days_.find(day);
  if (known == days_.end() || known->second != nullptr) return known == days_.end() ? nullptr : known->second;
  TRY_ASSIGN(known->second, DayFile::open(day_path(day), day, {options_.zstd_level, options_.compression_threshold}));
  return known->second;
}

Result<std::shared_ptr<DayFile>> SqliteStore::open_or_create_day(Day day) {
  {
    const std::unique_lock lock(days_mutex_);
    days_.try_emplace(day, nullptr);
  }
  return open_day(day);
}

Status SqliteStore::catch_up() {
  TRY(list_days());
  const std::shared_lock lock(days_mutex_);
  for (const auto& [day, file] : days_) {
    if (file != nullptr) TRY(file->refresh());
  }
  TRY(catalog_->refresh_waiting());
  ++archive_changes_;
  lock_.mark_seen();
  return {};
}

Status SqliteStore::catch_up_if_changed() {
  if (!lock_.changed_elsewhere()) return {};
  const std::lock_guard guard(write_mutex_);
  TRY_ASSIGN(const WriteLock::Held held, lock_.acquire());
  return catch_up();
}

Result<std::optional<SqliteStore::Place>> SqliteStore::find_place(const Hash128& key, std::string_view id, Look look,
                                                                  const Locate& locate) {
  std::vector<Day> order;
  {
    const std::shared_lock lock(days_mutex_);
    for (const auto& [day, file] : days_) order.push_back(day);
  }
  std::ranges::reverse(order);
  if (const auto minted = uuid_v7_time(id)) {
    const auto likely = std::ranges::find(order, day_of(*minted));
    if (likely != order.end()) std::rotate(order.begin(), likely, likely + 1);
  }
  for (const Day day : order) {
    TRY_ASSIGN(const std::shared_ptr<DayFile> file, open_day(day));
    if (file == nullptr) continue;
    TRY_ASSIGN(const bool maybe, file->maybe_contains(key.high));
    if (!maybe && (look == Look::kCommitted || !file->in_batch())) continue;
    TRY_ASSIGN(const std::optional<Located> located, locate(*file));
    if (located) return Place{file, *located};
  }
  return std::nullopt;
}

Result<std::vector<Outcome>> SqliteStore::append(std::vector<Write>&& writes) {
  const std::lock_guard guard(write_mutex_);
  TRY_ASSIGN(const WriteLock::Held held, lock_.acquire());
  if (lock_.changed_elsewhere()) TRY(catch_up());
  Batch batch(*this, writes);
  return batch.run();
}

void SqliteStore::keep_warm(const std::vector<std::shared_ptr<DayFile>>& written) {
  for (const std::shared_ptr<DayFile>& day : written) {
    std::erase(warm_, day);
    warm_.push_front(day);
  }
  for (; warm_.size() > std::max(kWarmDays, written.size()); warm_.pop_back()) warm_.back()->release_memory();
}

// A crash between a day's commit and the catalog's leaves a signal in both. And another process may have added an
// interaction while we had a signal for it in our hands.
Status SqliteStore::settle_waiting() {
  if (!catalog_->any_waiting()) return {};
  std::vector<Write> none;
  Batch batch(*this, none);
  return batch.settle_waiting();
}

Result<Stored> SqliteStore::find(std::string_view project, std::string_view id) {
  TRY(catch_up_if_changed());
  const Hash128 wanted = key(KeyOf::kInteraction, project, id);
  TRY_ASSIGN(const std::optional<Place> place,
             find_place(wanted, id, Look::kCommitted, [&](DayFile& day) -> Result<std::optional<Located>> {
               TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(day.shared_from_this()));
               return reader->locate(wanted);
             }));
  if (place) {
    TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(place->day));
    // The record and its signals as they are at one instant: the day may be archived meanwhile.
    TRY_ASSIGN(const Database::Snapshot snapshot, Database::Snapshot::begin(reader->database()));
    Frame frame;
    TRY_ASSIGN(const bool found, (*reader)->load(place->located.frame, FrameReader::Part::kAll, frame));
    for (size_t row = 0; found && row < frame.toc.entries.size(); ++row) {
      const FrameEntry& entry = frame.toc.entries[row];
      if (entry.key != wanted) continue;
      Stored stored;
      record::Decoder decoder;
      TRY_ASSIGN(stored.interaction, decoder.encoded_interaction(frame.record(entry)));
      TRY_ASSIGN(stored.verdict, (*reader)->verdict(wanted));
      TRY((*reader)->signals(wanted, stored));
      stored.content_hash = entry.content_hash;
      stored.position = position_of(frame.seq, row);
      return stored;
    }
  }
  return fail(Code::kNotFound, fmt::format("no interaction \"{}\"", id));
}

Result<std::unique_ptr<Scan>> SqliteStore::scan(ScanOptions options) {
  TRY(catch_up_if_changed());
  return SqliteScan::open(*this, std::move(options));
}

Result<std::vector<Day>> SqliteStore::days() {
  TRY(catch_up_if_changed());
  const std::shared_lock lock(days_mutex_);
  std::vector<Day> out;
  out.reserve(days_.size());
  for (const auto& [day, file] : days_) out.push_back(day);
  return out;
}

Result<Totals> SqliteStore::totals(std::string_view project) {
  TRY_ASSIGN(const std::vector<Day> all, days());
  Totals totals;
  for (const Day day : all) {
    TRY_ASSIGN(const std::shared_ptr<DayFile> file, open_day(day));
    if (file == nullptr) continue;
    TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
    TRY((*reader)->add_totals(project, totals));
  }
  std::erase_if(totals.by_platform, [](const auto& platform) { return platform.second.interactions == 0; });
  return totals;
}

Result<std::vector<Write>> SqliteStore::waiting(std::string_view project) {
  TRY_ASSIGN(std::vector<WaitingSignal> all, catalog_->all_waiting());
  std::vector<Write> writes;
  for (WaitingSignal& one : all) {
    if (one.project == project) writes.push_back({one.project, std::move(one.signal), one.content_hash, false});
  }
  return writes;
}

Result<Erased> SqliteStore::erase(std::string_view project, std::string_view id) {
  const std::lock_guard guard(write_mutex_);
  TRY_ASSIGN(const WriteLock::Held held, lock_.acquire());
  if (lock_.changed_elsewhere()) TRY(catch_up());
  const Hash128 wanted = key(KeyOf::kInteraction, project, id);
  TRY_ASSIGN(const std::optional<Place> place,
             find_place(wanted, id, Look::kCommitted, [&](DayFile& day) { return day.locate_for_write(wanted); }));
  Erased erased;
  if (place) {
    TRY_ASSIGN(erased, place->day->erase(place->located));
    lock_.announce();
  }
  for (const Hash128& waiting_for : {wanted, key(KeyOf::kItem, project, id)}) {
    TRY_ASSIGN(const int64_t waiting, catalog_->erase_waiting(waiting_for));
    erased.signals += waiting;
  }
  return erased;
}

Status SqliteStore::drop_day(Day day) {
  const std::lock_guard guard(write_mutex_);
  TRY_ASSIGN(const WriteLock::Held held, lock_.acquire());
  if (lock_.changed_elsewhere()) TRY(catch_up());
  TRY_ASSIGN(const std::shared_ptr<DayFile> file, open_day(day));
  if (file != nullptr) {
    TRY_ASSIGN(const int64_t generations, file->generations());
    if (generations > 0) TRY(catalog_->add_dropped_generations(generations + 1));
    ++archive_changes_;
  }
  std::erase(warm_, file);
  {
    const std::unique_lock lock(days_mutex_);
    if (days_.erase(day) == 0) return fail(Code::kNotFound, fmt::format("no data of {}", format_day(day)));
  }
  std::error_code error;
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    fs::remove(day_path(day) + suffix, error);
    if (error) return fail(Code::kUnavailable, fmt::format("{}: {}", day_path(day), error.message()));
  }
  lock_.announce();
  return {};
}

Status SqliteStore::check_writable() {
  return catalog_->check_writable();
}

}  // namespace gleaner::store

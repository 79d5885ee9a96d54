#include "store/sqlite/sqlite_archive.h"

#include <algorithm>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "record/codec.h"
#include "store/stored_counts.h"

namespace gleaner::store {
namespace {

// The kernel lets go of it when the process dies.
class FileLease final : public ArchiveLease {
 public:
  explicit FileLease(int fd) : fd_(fd) {}
  ~FileLease() override { ::close(fd_); }

 private:
  const int fd_;
};

}  // namespace

Result<std::unique_ptr<ArchiveLease>> SqliteArchive::lease() {
  const std::string path = store_.options_.directory + "/archive.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::kUnavailable, path + ": " + std::generic_category().message(errno));
  auto lease = std::make_unique<FileLease>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lease;
  if (errno == EWOULDBLOCK) return nullptr;
  return fail(Code::kUnavailable, path + ": " + std::generic_category().message(errno));
}

template <typename T>
Result<T> SqliteArchive::locked(const std::function<Result<T>()>& body) {
  const std::lock_guard guard(store_.write_mutex_);
  TRY_ASSIGN(const WriteLock::Held held, store_.lock_.acquire());
  if (store_.lock_.changed_elsewhere()) TRY(store_.catch_up());
  Result<T> done = body();
  ++store_.archive_changes_;
  if (done) store_.lock_.announce();
  return done;
}

DayArchive::Keys SqliteArchive::keys(std::string_view project) const {
  return {[this, name = std::string(project)](std::string_view id) {
            return store_.key(SqliteStore::KeyOf::kInteraction, name, id);
          },
          [this, name = std::string(project)](const record::Interaction& interaction) {
            std::vector<Hash128> keys;
            for (const std::string& id : item_ids(interaction))
              keys.push_back(store_.key(SqliteStore::KeyOf::kItem, name, id));
            return keys;
          }};
}

Result<bool> SqliteArchive::on_day(std::string_view project, Day day,
                                   const std::function<Result<bool>(DayArchive&)>& body) {
  return locked<bool>([&]() -> Result<bool> {
    TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
    if (file == nullptr) return false;
    DayArchive archive(*file, project, keys(project));
    return body(archive);
  });
}

Result<std::vector<HotSlice>> SqliteArchive::hot_slices(Day before) {
  TRY_ASSIGN(const std::vector<Day> days, store_.days());
  std::vector<HotSlice> out;
  for (const Day day : days) {
    if (day >= before) continue;
    TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
    if (file == nullptr) continue;
    TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
    TRY(DayArchive::hot_slices(reader->database(), day, out));
  }
  std::ranges::sort(out, {}, [](const HotSlice& one) { return std::tie(one.day, one.project, one.platform); });
  return out;
}

Result<DayParts> SqliteArchive::parts_of(std::string_view project, Day day) {
  TRY(store_.catch_up_if_changed());
  TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
  DayParts out;
  if (file == nullptr) return out;
  TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
  // Again if a seal came between the two questions.
  int64_t before = -1;
  while (before != out.generation || before < 0) {
    TRY_ASSIGN(before, (*reader)->generation(project));
    TRY_ASSIGN(out.parts, DayArchive::parts(reader->database(), project, day));
    TRY_ASSIGN(out.generation, (*reader)->generation(project));
  }
  return out;
}

Result<std::vector<Part>> SqliteArchive::parts(std::string_view project, std::optional<Day> from,
                                               std::optional<Day> to) {
  TRY_ASSIGN(const std::vector<Day> days, store_.days());
  std::vector<Part> out;
  for (const Day day : days) {
    if ((from && day < *from) || (to && day >= *to)) continue;
    TRY_ASSIGN(DayParts parts, parts_of(project, day));
    std::ranges::move(parts.parts, std::back_inserter(out));
  }
  return out;
}

Result<int64_t> SqliteArchive::version(std::string_view project) {
  TRY(store_.catch_up_if_changed());
  const uint64_t changes = store_.archive_changes_;
  {
    const std::lock_guard lock(versions_mutex_);
    const auto known = versions_.find(project);
    if (known != versions_.end() && known->second.changes == changes) return known->second.version;
  }
  TRY_ASSIGN(const int64_t version, read_version(project));
  const std::lock_guard lock(versions_mutex_);
  versions_.insert_or_assign(std::string(project), Version{changes, version});
  return version;
}

Result<int64_t> SqliteArchive::read_version(std::string_view project) {
  TRY_ASSIGN(const std::vector<Day> days, store_.days());
  TRY_ASSIGN(int64_t sum, store_.catalog_->dropped_generations());
  for (const Day day : days) {
    TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
    if (file == nullptr) continue;
    TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
    TRY_ASSIGN(const int64_t generation, (*reader)->generation(project));
    sum += generation;
  }
  return sum;
}

Result<std::string> SqliteArchive::index_of(const Part& part) {
  TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(part.day));
  if (file == nullptr) return fail(Code::kNotFound, "the archived part is not known any longer");
  TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
  return DayArchive::index_of(reader->database(), part);
}

Status SqliteArchive::put_index(const Part& part, std::string_view index) {
  TRY_ASSIGN(const bool known,
             on_day(part.project, part.day, [&](DayArchive& archive) { return archive.put_index(part, index); }));
  return known ? Status() : fail(Code::kNotFound, "the archived part is not known any longer");
}

Result<bool> SqliteArchive::seal(std::string_view project, Day day, int64_t generation, const DayContent& expected,
                                 std::vector<Part>& parts) {
  return locked<bool>([&]() -> Result<bool> {
    TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
    if (file == nullptr) return false;
    DayArchive archive(*file, project, keys(project));
    TRY_ASSIGN(const bool sealed, archive.seal(generation, expected, parts));
    // The place it took is given back at once; where a reader stands in the way, the next scrub does it.
    if (sealed) static_cast<void>(file->scrub());
    return sealed;
  });
}

Result<bool> SqliteArchive::replace(const Part& old, int64_t generation, std::optional<Part> with,
                                    const Recount& recount, std::span<const std::string> forgotten) {
  return on_day(old.project, old.day,
                [&](DayArchive& archive) { return archive.replace(old, generation, with, recount, forgotten); });
}

Result<bool> SqliteArchive::restore(std::span<const Part> parts, int64_t generation, const NextStored& next) {
  if (parts.empty()) return true;
  return on_day(parts.front().project, parts.front().day,
                [&](DayArchive& archive) { return archive.restore(parts, generation, next); });
}

Result<bool> SqliteArchive::any_late(std::string_view project, Day day) {
  TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
  if (file == nullptr) return false;
  TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
  Statement any(reader->database(), "SELECT 1 FROM generations WHERE project = ? AND late > 0");
  return any.bind(1, project).step();
}

Result<std::vector<Write>> SqliteArchive::late_signals(std::string_view project, Day day,
                                                       std::span<const std::string> interaction_ids) {
  std::vector<Write> out;
  TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
  if (file == nullptr) return out;
  TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
  for (const std::string& id : interaction_ids) {
    Stored stored;
    TRY((*reader)->signals(store_.key(SqliteStore::KeyOf::kInteraction, project, id), stored));
    for (size_t i = 0; i < stored.signals.size(); ++i)
      out.push_back({std::string(project), std::move(stored.signals[i]), stored.signal_hashes[i], false});
  }
  return out;
}

// The day first, then the catalog: a crash between the two leaves a signal that settles once more, to no effect.
Result<bool> SqliteArchive::settle_one(const LateSignal& late) {
  const Day day = day_of(late.created_at);
  TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
  if (file == nullptr) return false;
  DayArchive archive(*file, late.waiting.project, keys(late.waiting.project));
  TRY_ASSIGN(const bool settled, archive.settle(late));
  if (!settled) return false;
  const auto& signal = std::get<record::Signal>(late.waiting.record);
  const bool is_item = signal.interaction_id.empty();
  const Hash128 key = store_.key(is_item ? SqliteStore::KeyOf::kItem : SqliteStore::KeyOf::kInteraction,
                                 late.waiting.project, is_item ? signal.item_id : signal.interaction_id);
  TRY_ASSIGN(const std::vector<WaitingSignal> waiting, store_.catalog_->waiting_for(key));
  std::vector<int64_t> seqs;
  for (const WaitingSignal& one : waiting) {
    if (one.signal.id == signal.id) seqs.push_back(one.seq);
  }
  TRY(store_.catalog_->remove_waiting(seqs));
  return true;
}

Result<std::vector<bool>> SqliteArchive::settle(std::span<const LateSignal> signals) {
  return locked<std::vector<bool>>([&]() -> Result<std::vector<bool>> {
    std::vector<bool> out;
    for (const LateSignal& late : signals) {
      TRY_ASSIGN(const bool settled, settle_one(late));
      out.push_back(settled);
    }
    return out;
  });
}

Result<std::vector<PlacedSignal>> SqliteArchive::signals_of(std::string_view project,
                                                            std::span<const std::string> user_ids) {
  TRY_ASSIGN(const std::vector<Day> days, store_.days());
  std::vector<PlacedSignal> out;
  record::Decoder decoder;
  for (const Day day : days) {
    TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
    if (file == nullptr) continue;
    TRY_ASSIGN(const std::unique_ptr<DayFile::Reader> reader, DayFile::Reader::open(file));
    Statement rows(reader->database(),
                   "SELECT interaction, json, content_hash FROM signals WHERE user = ? ORDER BY seq");
    for (const std::string& user : user_ids) {
      rows.bind(1, std::string_view(user));
      while (true) {
        TRY_ASSIGN(const bool row, rows.step());
        if (!row) break;
        TRY_ASSIGN(record::Signal signal, decoder.signal(rows.text(1)));
        // Another project's person may have the same pseudonym only by chance, but a day is everybody's.
        const Hash128 key = store_.key(SqliteStore::KeyOf::kInteraction, project, signal.interaction_id);
        if (key_bytes(key) != rows.blob(0)) continue;
        out.push_back({std::move(signal), static_cast<uint64_t>(rows.integer(2)), false, Time(day)});
      }
    }
  }
  TRY_ASSIGN(std::vector<Write> waiting, store_.waiting(project));
  for (Write& write : waiting) {
    auto& signal = std::get<record::Signal>(write.record);
    if (std::ranges::find(user_ids, signal.user_id) != user_ids.end())
      out.push_back({std::move(signal), write.content_hash, true, {}});
  }
  return out;
}

Status SqliteArchive::drop_signals(std::string_view project, std::string_view interaction_id, Time created_at,
                                   std::span<const std::string> signal_ids, const record::Verdict& after,
                                   std::string_view platform, const Recount& recount) {
  TRY_ASSIGN(const bool done, on_day(project, day_of(created_at), [&](DayArchive& archive) -> Result<bool> {
               TRY(archive.drop_signals(interaction_id, signal_ids, after, platform, recount));
               return true;
             }));
  return done ? Status() : fail(Code::kNotFound, fmt::format("no data of {}", format_day(day_of(created_at))));
}

Result<int64_t> SqliteArchive::drop_waiting(std::string_view project, std::span<const std::string> user_ids) {
  return locked<int64_t>([&]() -> Result<int64_t> {
    TRY_ASSIGN(const std::vector<WaitingSignal> all, store_.catalog_->all_waiting());
    std::vector<int64_t> seqs;
    for (const WaitingSignal& one : all) {
      if (one.project == project && std::ranges::find(user_ids, one.signal.user_id) != user_ids.end())
        seqs.push_back(one.seq);
    }
    TRY(store_.catalog_->remove_waiting(seqs));
    return std::ssize(seqs);
  });
}

Result<int64_t> SqliteArchive::drop_rejects(std::string_view project, std::span<const std::string> mentions) {
  return locked<int64_t>([&] { return store_.catalog_->drop_rejects(project, mentions); });
}

// VACUUM writes each file anew without its free pages; the log is cut behind it.
Result<std::string> SqliteArchive::scrub() {
  return locked<std::string>([&]() -> Result<std::string> {
    TRY(store_.catalog_->scrub());
    std::vector<Day> days;
    {
      const std::shared_lock lock(store_.days_mutex_);
      for (const auto& [day, file] : store_.days_) days.push_back(day);
    }
    for (const Day day : days) {
      TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(day));
      if (file != nullptr) TRY(file->scrub());
    }
    return std::string();
  });
}

}  // namespace gleaner::store

#include "store/sqlite/day_archive.h"

#include <algorithm>
#include <cstring>

#include "record/codec.h"
#include "store/sqlite/frame_reader.h"

namespace gleaner::store {
namespace {

Hash128 read_key(std::string_view bytes) {
  Hash128 key;
  if (bytes.size() == sizeof key) std::memcpy(&key, bytes.data(), sizeof key);
  return key;
}

constexpr const char* kPartColumns =
    "id, platform, number, object, format, records, signals, raw_bytes, packed_bytes, sha256, lines_sha256, first_ms, "
    "last_ms, archived_ms, schema_version";

Part read_part(const Statement& row, std::string_view project, Day day) {
  Part part;
  part.id = row.integer(0);
  part.project = project;
  part.platform = row.text(1);
  part.day = day;
  part.number = static_cast<int>(row.integer(2));
  part.key = row.text(3);
  part.format = row.text(4);
  part.records = row.integer(5);
  part.signals = row.integer(6);
  part.raw_bytes = row.integer(7);
  part.packed_bytes = row.integer(8);
  part.sha256 = row.text(9);
  part.lines_sha256 = row.text(10);
  part.first = from_ms(row.integer(11));
  part.last = from_ms(row.integer(12));
  part.archived_at = from_ms(row.integer(13));
  part.schema_version = static_cast<int>(row.integer(14));
  return part;
}

}  // namespace

Result<bool> DayArchive::batch(const std::function<Result<bool>()>& body) {
  TRY(day_.begin());
  Result<bool> done = body();
  if (!done || !*done) {
    day_.rollback();
    return done;
  }
  TRY(day_.commit());
  return true;
}

Result<bool> DayArchive::is_still(int64_t generation) {
  TRY_ASSIGN(const int64_t now, day_.writer_frames_->generation(project_));
  return now == generation;
}

Status DayArchive::next_generation() {
  Statement next(*day_.writer_,
                 "INSERT INTO generations (project, generation) VALUES (?, 1) ON CONFLICT DO UPDATE SET generation = "
                 "generation + 1");
  return next.bind(1, project_).run();
}

Status DayArchive::count_late(int64_t more) {
  Statement count(*day_.writer_, "UPDATE generations SET late = late + ? WHERE project = ?");
  return count.bind(1, more).bind(2, project_).run();
}

Result<int64_t> DayArchive::signals_of(const Hash128& key) {
  Statement count(*day_.writer_, "SELECT count(*) FROM signals WHERE interaction = ?");
  TRY_ASSIGN(const bool row, count.bind_blob(1, key_bytes(key)).step());
  const int64_t signals = row ? count.integer(0) : 0;
  count.reset();
  return signals;
}

// Tables of contents only: the payload is neither read nor unpacked.
Result<DayArchive::Content> DayArchive::read_content() {
  Content content;
  Statement frames(*day_.writer_,
                   "SELECT seq, toc, length(payload), raw_bytes FROM frames WHERE project = ? ORDER BY seq");
  frames.bind(1, project_);
  while (true) {
    TRY_ASSIGN(const bool row, frames.step());
    if (!row) break;
    content.last_frame = frames.integer(0);
    TRY_ASSIGN(const FrameToc toc, FrameToc::decode(frames.blob(1)));
    for (size_t i = 0; i < toc.entries.size(); ++i) {
      const FrameEntry& entry = toc.entries[i];
      if (entry.erased()) continue;
      ++content.sums.interactions;
      content.sums.interactions_xor ^= entry.content_hash;
      content.sums.last_position = position_of(content.last_frame, i);
      content.scopes.emplace_back(entry.key.high, entry.scope);
      Counters& place = content.place[entry.scope];
      place.compressed -= (entry.flags & FrameEntry::kCompressed) != 0 ? 1 : 0;
      place.stored_bytes -= stored_share(frames.integer(2), entry.length, frames.integer(3));
    }
  }
  std::ranges::sort(content.scopes);
  TRY(read_signals(content));
  return content;
}

// Signals of other projects, and late ones of records archived before, are in the table as well.
Status DayArchive::read_signals(Content& content) {
  Statement signals(*day_.writer_,
                    "SELECT interaction, content_hash, length(CAST(json AS BLOB)) FROM signals ORDER BY interaction");
  Hash128 last;
  while (true) {
    TRY_ASSIGN(const bool row, signals.step());
    if (!row) return {};
    const Hash128 key = read_key(signals.blob(0));
    const auto found = std::ranges::lower_bound(content.scopes, std::pair<uint64_t, uint32_t>(key.high, 0));
    if (found == content.scopes.end() || found->first != key.high) continue;
    ++content.sums.signals;
    content.sums.signals_xor ^= static_cast<uint64_t>(signals.integer(1));
    content.place[found->second].stored_bytes -= signals.integer(2);
    if (content.rated.empty() || key != last) content.rated.push_back(key);
    last = key;
  }
}

// The file's last frame stays, empty: its number must not be given out again.
Status DayArchive::remove_frames(int64_t last_frame) {
  TRY_ASSIGN(const int64_t last_of_all, day_.writer_frames_->last_frame());
  if (last_frame == last_of_all) {
    std::string toc;
    FrameToc().encode(toc);
    Statement empty(*day_.writer_, "UPDATE frames SET raw_bytes = 0, codec = 0, toc = ?, payload = x'' WHERE seq = ?");
    TRY(empty.bind_blob(1, toc).bind(2, last_frame).run());
  }
  Statement remove(*day_.writer_, "DELETE FROM frames WHERE project = ? AND seq <> ?");
  TRY(remove.bind(1, project_).bind(2, last_of_all).run());
  return forget_ids();
}

// Where no record is left, nothing is left to find: one empty run says so, to other processes as well.
Status DayArchive::forget_ids() {
  Statement left(*day_.writer_, "SELECT count(*) FROM frames WHERE raw_bytes > 0");
  TRY_ASSIGN(const bool row, left.step());
  const bool any = row && left.integer(0) > 0;
  left.reset();
  if (any) return {};
  TRY(day_.writer_->execute("DELETE FROM id_slots; DELETE FROM id_runs"));
  Statement run(*day_.writer_, "INSERT INTO id_runs (run, last_frame, entries) SELECT 1, max(seq), 0 FROM frames");
  return run.run();
}

Status DayArchive::insert_part(Part& part) {
  Statement insert(*day_.writer_,
                   "INSERT INTO parts (platform, number, object, format, records, signals, raw_bytes, packed_bytes, "
                   "sha256, lines_sha256, first_ms, last_ms, archived_ms, schema_version, project, find_index) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, part.platform).bind(2, int64_t{part.number}).bind(3, part.key).bind(4, part.format);
  insert.bind(5, part.records).bind(6, part.signals).bind(7, part.raw_bytes).bind(8, part.packed_bytes);
  insert.bind(9, part.sha256).bind(10, part.lines_sha256).bind(11, to_ms(part.first)).bind(12, to_ms(part.last));
  insert.bind(13, to_ms(part.archived_at)).bind(14, int64_t{part.schema_version}).bind(15, project_);
  TRY(insert.bind_blob(16, part.index).run());
  part.id = day_.writer_->last_insert_id();
  return {};
}

Result<bool> DayArchive::seal(int64_t generation, const DayContent& expected, std::vector<Part>& parts) {
  // What moves away needs no overwriting: afterwards the file is made anew without it.
  TRY(day_.writer_->execute("PRAGMA secure_delete=OFF"));
  Result<bool> done = batch([&]() -> Result<bool> {
    TRY_ASSIGN(const bool same, is_still(generation));
    if (!same) return false;
    TRY_ASSIGN(const Content content, read_content());
    if (content.sums != expected) return false;
    for (const Hash128& key : content.rated) TRY(day_.forget_signals(key));
    TRY(remove_frames(content.last_frame));
    for (const auto& [scope, place] : content.place) day_.counter_changes_[scope] += place;
    for (Part& part : parts) TRY(insert_part(part));
    TRY(next_generation());
    return true;
  });
  TRY(day_.writer_->execute("PRAGMA secure_delete=ON"));
  if (done && *done) TRY(day_.refresh());
  return done;
}

Status DayArchive::count(std::string_view platform, const Recount& recount) {
  TRY_ASSIGN(const int64_t scope, day_.scope(project_, platform));
  day_.counter_changes_[scope] += recount.change;
  for (const auto& [name, change] : recount.facets) day_.facet_changes_[{scope, name.first, name.second}] += change;
  return {};
}

Result<bool> DayArchive::replace(const Part& old, int64_t generation, const std::optional<Part>& with,
                                 const Recount& recount, std::span<const std::string> forgotten) {
  return batch([&]() -> Result<bool> {
    TRY_ASSIGN(const bool same, is_still(generation));
    if (!same) return false;
    Statement remove(*day_.writer_, "DELETE FROM parts WHERE id = ? AND project = ?");
    TRY(remove.bind(1, old.id).bind(2, project_).run());
    if (day_.writer_->changes() == 0) return false;
    if (with) {
      Part part = *with;
      TRY(insert_part(part));
    }
    for (const std::string& id : forgotten) {
      const Hash128 key = keys_.interaction(id);
      TRY_ASSIGN(const int64_t late, signals_of(key));
      TRY(count_late(-late));
      TRY(day_.forget_signals(key));
    }
    TRY(count(old.platform, recount));
    TRY(next_generation());
    return true;
  });
}

Result<bool> DayArchive::put_index(const Part& part, std::string_view index) {
  return batch([&]() -> Result<bool> {
    Statement put(*day_.writer_, "UPDATE parts SET find_index = ? WHERE id = ? AND project = ?");
    TRY(put.bind_blob(1, index).bind(2, part.id).bind(3, project_).run());
    return day_.writer_->changes() > 0;
  });
}

// Archived signals came before the late ones, which are in the file already: they take their turn behind them.
Status DayArchive::put_signals(const Hash128& key, int64_t scope, const Stored& stored) {
  Stored all = stored;
  TRY(day_.writer_frames_->signals(key, all));
  if (all.signals.empty()) return {};
  TRY(count_late(std::ssize(stored.signals) - std::ssize(all.signals)));
  TRY(day_.forget_signals(key));
  record::Verdict verdict;
  for (size_t i = 0; i < all.signals.size(); ++i) {
    const record::Signal& signal = all.signals[i];
    bool first_view = true;
    if (signal.kind == record::SignalKind::kView) {
      TRY_ASSIGN(const bool viewed, day_.writer_frames_->has_viewed(key, signal.user_id));
      first_view = !viewed;
    }
    std::string json;
    record::encode(signal, json);
    if (i < stored.signals.size()) day_.counter_changes_[scope].stored_bytes += static_cast<int64_t>(json.size());
    TRY(day_.insert_signal(key, signal, all.signal_hashes[i], json));
    verdict.fold(signal, first_view);
  }
  return day_.store_verdict(key, verdict);
}

Status DayArchive::restore_one(const Stored& stored) {
  const Hash128 key = keys_.interaction(stored.interaction.id);
  TRY(day_.add_interaction(project_, stored.interaction, key, keys_.items(stored.interaction), stored.content_hash));
  TRY_ASSIGN(const int64_t scope, day_.scope(project_, stored.interaction.platform));
  return put_signals(key, scope, stored);
}

Result<bool> DayArchive::restore(std::span<const Part> parts, int64_t generation,
                                 const ArchiveCatalog::NextStored& next) {
  return batch([&]() -> Result<bool> {
    TRY_ASSIGN(const bool same, is_still(generation));
    if (!same) return false;
    day_.restoring_ = true;
    while (true) {
      TRY_ASSIGN(const std::optional<Stored> stored, next());
      if (!stored) break;
      TRY(restore_one(*stored));
    }
    Statement remove(*day_.writer_, "DELETE FROM parts WHERE id = ? AND project = ?");
    for (const Part& part : parts) {
      TRY(remove.bind(1, part.id).bind(2, project_).run());
      if (day_.writer_->changes() == 0) return false;
    }
    TRY(next_generation());
    return true;
  });
}

// True also for what it has already: a crash may have come before the signal stopped waiting.
Result<bool> DayArchive::settle(const LateSignal& late) {
  const Hash128 key = keys_.interaction(late.interaction_id);
  auto signal = std::get<record::Signal>(late.waiting.record);
  signal.interaction_id = late.interaction_id;
  return batch([&]() -> Result<bool> {
    TRY_ASSIGN(const std::optional<KnownSignal> known, day_.writer_frames_->find_signal(key, signal.id));
    if (known || !late.change) return true;
    TRY_ASSIGN(const int64_t there, signals_of(key));
    if (there != late.known) return false;
    std::string json;
    record::encode(signal, json);
    TRY(day_.insert_signal(key, signal, late.waiting.content_hash, json));
    TRY(count_late(1));
    Recount recount{*late.change, {}};
    recount.change.raw_bytes += static_cast<int64_t>(json.size());
    recount.change.stored_bytes += static_cast<int64_t>(json.size());
    TRY(count(late.platform, recount));
    return true;
  });
}

Status DayArchive::drop_signals(std::string_view interaction_id, std::span<const std::string> signal_ids,
                                const record::Verdict& after, std::string_view platform, const Recount& recount) {
  const Hash128 key = keys_.interaction(interaction_id);
  TRY_ASSIGN(const bool done, batch([&]() -> Result<bool> {
               Statement remove(*day_.writer_, "DELETE FROM signals WHERE interaction = ? AND id = ?");
               for (const std::string& id : signal_ids)
                 TRY(remove.bind_blob(1, key_bytes(key)).bind(2, std::string_view(id)).run());
               // Only what lies in the store has a verdict here.
               TRY_ASSIGN(const std::optional<Located> located, day_.locate_for_write(key));
               if (located) {
                 TRY(day_.store_verdict(key, after));
               } else {
                 TRY(count_late(-std::ssize(signal_ids)));
               }
               TRY(count(platform, recount));
               return true;
             }));
  return done ? Status() : fail(Code::kInternal, "signals could not be dropped");
}

Result<std::vector<Part>> DayArchive::parts(Database& db, std::string_view project, Day day) {
  Statement rows(db, std::string("SELECT ") + kPartColumns + " FROM parts WHERE project = ? ORDER BY platform, number");
  rows.bind(1, project);
  std::vector<Part> out;
  while (true) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) return out;
    out.push_back(read_part(rows, project, day));
  }
}

Result<std::string> DayArchive::index_of(Database& db, const Part& part) {
  Statement rows(db, "SELECT find_index FROM parts WHERE id = ? AND project = ?");
  TRY_ASSIGN(const bool row, rows.bind(1, part.id).bind(2, part.project).step());
  if (!row) return fail(Code::kNotFound, "the archived part is not known any longer");
  std::string index(rows.blob(0));
  rows.reset();
  return index;
}

Status DayArchive::hot_slices(Database& db, Day day, std::vector<HotSlice>& out) {
  Statement scopes(db, "SELECT id, project, platform FROM scopes");
  std::map<int64_t, HotSlice> slices;
  while (true) {
    TRY_ASSIGN(const bool row, scopes.step());
    if (!row) break;
    slices[scopes.integer(0)] = {std::string(scopes.text(1)), std::string(scopes.text(2)), day, 0, 0};
  }
  Statement frames(db, "SELECT toc FROM frames WHERE raw_bytes > 0");
  while (true) {
    TRY_ASSIGN(const bool row, frames.step());
    if (!row) break;
    TRY_ASSIGN(const FrameToc toc, FrameToc::decode(frames.blob(0)));
    for (const FrameEntry& entry : toc.entries) {
      if (entry.erased()) continue;
      HotSlice& slice = slices[entry.scope];
      ++slice.records;
      slice.bytes += entry.length;
    }
  }
  for (auto& [scope, slice] : slices) {
    if (slice.records > 0) out.push_back(std::move(slice));
  }
  return {};
}

}  // namespace gleaner::store

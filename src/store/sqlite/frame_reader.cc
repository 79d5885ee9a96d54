#include "store/sqlite/frame_reader.h"

#include <cstring>

#include "base/compress.h"
#include "store/sqlite/id_index.h"
#include "store/stored_counts.h"

namespace gleaner::store {

std::string_view key_bytes(const Hash128& key) {
  return {reinterpret_cast<const char*>(&key), sizeof key};
}

void encode_verdict_row(const record::Verdict& verdict, std::string& out) {
  out.assign(reinterpret_cast<const char*>(&verdict.rating_sum), sizeof verdict.rating_sum);
  for (const auto number : kVerdictMembers)
    out.append(reinterpret_cast<const char*>(&(verdict.*number)), sizeof(int64_t));
}

record::Verdict decode_verdict_row(std::string_view bytes) {
  record::Verdict verdict;
  size_t pos = 0;
  const auto take = [&](void* target) {
    if (pos + 8 <= bytes.size()) std::memcpy(target, bytes.data() + pos, 8);
    pos += 8;
  };
  take(&verdict.rating_sum);
  for (const auto number : kVerdictMembers) take(&(verdict.*number));
  return verdict;
}

FrameReader::FrameReader(Database& db)
    : slots_(db, "SELECT entries FROM id_slots WHERE slot BETWEEN ? AND ?"),
      last_indexed_(db, "SELECT last_frame FROM id_runs ORDER BY run DESC LIMIT 1"),
      last_frame_(db, "SELECT max(seq) FROM frames"),
      // Naming the payload would read all of it, even where nobody looks at it.
      toc_(db, "SELECT seq, project, raw_bytes, codec, toc, NULL FROM frames WHERE seq = ?"),
      frame_(db, "SELECT seq, project, raw_bytes, codec, toc, payload FROM frames WHERE seq = ?"),
      after_(db,
             "SELECT seq, project, raw_bytes, codec, toc, payload FROM frames WHERE seq > ? AND project = ? "
             "ORDER BY seq LIMIT 1"),
      before_(db,
              "SELECT seq, project, raw_bytes, codec, toc, payload FROM frames WHERE seq < ? AND project = ? "
              "ORDER BY seq DESC LIMIT 1"),
      any_verdict_(db, "SELECT 1 FROM verdicts LIMIT 1"),
      verdict_(db, "SELECT counts FROM verdicts WHERE interaction = ?"),
      signals_(db, "SELECT json, content_hash FROM signals WHERE interaction = ? ORDER BY seq"),
      signal_(db, "SELECT content_hash FROM signals WHERE interaction = ? AND id = ?"),
      viewed_(db, "SELECT 1 FROM signals WHERE interaction = ? AND kind = ? AND user = ? LIMIT 1"),
      counters_(db,
                "SELECT platform, interactions, succeeded, compressed, raw_bytes, stored_bytes, signals, thumbs_up, "
                "thumbs_down, edits, with_feedback, positive, negative, quality FROM scopes WHERE project = ?"),
      facets_(db,
              "SELECT facet, value, sum(n) FROM facets JOIN scopes ON scopes.id = facets.scope "
              "WHERE project = ? GROUP BY facet, value"),
      platforms_(db, "SELECT id, platform FROM scopes"),
      generation_(db, "SELECT generation FROM generations WHERE project = ?"),
      archived_(
          db,
          "SELECT platform, sum(records), sum(raw_bytes), sum(packed_bytes), count(*) FROM parts WHERE project = ? "
          "GROUP BY platform") {}

Status FrameReader::indexed_frames(uint64_t key, std::vector<int64_t>& out) {
  const auto first = static_cast<int64_t>(IdIndex::slot_of(key)) << 32;
  slots_.bind(1, first).bind(2, first | 0xffffffffLL);
  while (true) {
    TRY_ASSIGN(const bool row, slots_.step());
    if (!row) return {};
    IdIndex::find_in_slot(slots_.blob(0), key, out);
  }
}

Result<int64_t> FrameReader::last_indexed_frame() {
  TRY_ASSIGN(const bool row, last_indexed_.step());
  const int64_t frame = row ? last_indexed_.integer(0) : 0;
  last_indexed_.reset();
  return frame;
}

Result<int64_t> FrameReader::last_frame() {
  TRY_ASSIGN(const bool row, last_frame_.step());
  const int64_t frame = row ? last_frame_.integer(0) : 0;
  last_frame_.reset();
  return frame;
}

Result<bool> FrameReader::read(Statement& statement, Part part, Frame& out) {
  TRY_ASSIGN(const bool row, statement.step());
  if (!row) return false;
  out.seq = statement.integer(0);
  out.project = statement.text(1);
  out.raw_bytes = statement.integer(2);
  out.compressed = statement.integer(3) != 0;
  auto toc = FrameToc::decode(statement.blob(4));
  Status done;
  out.payload.clear();
  if (part == Part::kAll) {
    const std::string_view stored = statement.blob(5);
    out.stored_bytes = static_cast<int64_t>(stored.size());
    if (out.compressed) {
      done = zstd_decompress_exact(stored, static_cast<size_t>(out.raw_bytes), out.payload);
    } else {
      out.payload = stored;
    }
  }
  statement.reset();
  TRY(done);
  TRY_ASSIGN(out.toc, std::move(toc));
  for (const FrameEntry& entry : out.toc.entries) {
    if (static_cast<int64_t>(entry.offset) + entry.length > out.raw_bytes) {
      return fail(Code::kDataLoss, "a frame's record lies outside its payload");
    }
  }
  return true;
}

Result<bool> FrameReader::load(int64_t seq, Part part, Frame& out) {
  Statement& statement = part == Part::kAll ? frame_ : toc_;
  statement.bind(1, seq);
  return read(statement, part, out);
}

Result<bool> FrameReader::load_next(std::string_view project, int64_t seq, Order order, Frame& out) {
  Statement& statement = order == Order::kOldestFirst ? after_ : before_;
  statement.bind(1, seq).bind(2, project);
  return read(statement, Part::kAll, out);
}

Result<bool> FrameReader::has_verdicts() {
  TRY_ASSIGN(const bool row, any_verdict_.step());
  any_verdict_.reset();
  return row;
}

Result<record::Verdict> FrameReader::verdict(const Hash128& key) {
  TRY_ASSIGN(const bool row, verdict_.bind_blob(1, key_bytes(key)).step());
  record::Verdict verdict;
  if (row) verdict = decode_verdict_row(verdict_.blob(0));
  verdict_.reset();
  return verdict;
}

Status FrameReader::signals(const Hash128& key, Stored& out) {
  signals_.bind_blob(1, key_bytes(key));
  while (true) {
    TRY_ASSIGN(const bool row, signals_.step());
    if (!row) return {};
    auto signal = decoder_.signal(signals_.text(0));
    if (!signal) {
      signals_.reset();
      return fail(Code::kDataLoss, "a stored signal does not read back: " + signal.error().message);
    }
    out.signals.push_back(*std::move(signal));
    out.signal_hashes.push_back(static_cast<uint64_t>(signals_.integer(1)));
  }
}

Result<std::optional<KnownSignal>> FrameReader::find_signal(const Hash128& key, std::string_view signal_id) {
  TRY_ASSIGN(const bool row, signal_.bind_blob(1, key_bytes(key)).bind(2, signal_id).step());
  std::optional<KnownSignal> known;
  if (row) known = KnownSignal{static_cast<uint64_t>(signal_.integer(0))};
  signal_.reset();
  return known;
}

Result<bool> FrameReader::has_viewed(const Hash128& key, std::string_view user) {
  if (user.empty()) return false;
  viewed_.bind_blob(1, key_bytes(key)).bind(2, static_cast<int64_t>(record::SignalKind::kView)).bind(3, user);
  TRY_ASSIGN(const bool row, viewed_.step());
  viewed_.reset();
  return row;
}

Result<int64_t> FrameReader::generation(std::string_view project) {
  TRY_ASSIGN(const bool row, generation_.bind(1, project).step());
  const int64_t generation = row ? generation_.integer(0) : 0;
  generation_.reset();
  return generation;
}

Result<std::vector<std::string>> FrameReader::platforms() {
  std::vector<std::string> out;
  while (true) {
    TRY_ASSIGN(const bool row, platforms_.step());
    if (!row) return out;
    const auto id = static_cast<size_t>(platforms_.integer(0));
    if (id >= out.size()) out.resize(id + 1);
    out[id] = platforms_.text(1);
  }
}

Status FrameReader::add_totals(std::string_view project, Totals& totals) {
  counters_.bind(1, project);
  while (true) {
    TRY_ASSIGN(const bool row, counters_.step());
    if (!row) break;
    Counters counters;
    for (size_t i = 0; i < Counters::kCount; ++i) counters.at(i) = counters_.integer(static_cast<int>(i) + 1);
    totals.by_platform[std::string(counters_.text(0))] += counters;
  }
  archived_.bind(1, project);
  while (true) {
    TRY_ASSIGN(const bool row, archived_.step());
    if (!row) break;
    Archived& archived = totals.archived[std::string(archived_.text(0))];
    archived.records += archived_.integer(1);
    archived.raw_bytes += archived_.integer(2);
    archived.stored_bytes += archived_.integer(3);
    archived.objects += archived_.integer(4);
  }
  facets_.bind(1, project);
  while (true) {
    TRY_ASSIGN(const bool row, facets_.step());
    if (!row) return {};
    totals.facets[std::string(facets_.text(0))][std::string(facets_.text(1))] += facets_.integer(2);
  }
}

}  // namespace gleaner::store

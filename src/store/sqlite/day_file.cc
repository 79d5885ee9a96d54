#include "store/sqlite/day_file.h"

#include <fmt/format.h>

#include "record/codec.h"
#include "store/sqlite/day_schema.h"
#include "store/stored_counts.h"

namespace gleaner::store {
namespace {

// Pages of 8 KiB in the write-ahead log from which a checkpoint is worth its two fsyncs.
constexpr int kCheckpointPages = 1024;

constexpr size_t kPooledReaders = 2;

}  // namespace

struct DayFile::Statements {
  explicit Statements(Database& db)
      : add_scope(db, "INSERT INTO scopes (project, platform) VALUES (?, ?) ON CONFLICT DO NOTHING"),
        find_scope(db, "SELECT id FROM scopes WHERE project = ? AND platform = ?"),
        count(db,
              "UPDATE scopes SET interactions = interactions + ?, succeeded = succeeded + ?, compressed = compressed + "
              "?, "
              "raw_bytes = raw_bytes + ?, stored_bytes = stored_bytes + ?, signals = signals + ?, thumbs_up = "
              "thumbs_up + ?, "
              "thumbs_down = thumbs_down + ?, edits = edits + ?, with_feedback = with_feedback + ?, positive = "
              "positive + ?, "
              "negative = negative + ?, quality = quality + ? WHERE id = ?"),
        change_facet(db, "UPDATE facets SET n = n + ? WHERE scope = ? AND facet = ? AND value = ?"),
        count_facet_values(db, "SELECT count(*) FROM facets WHERE scope = ? AND facet = ?"),
        add_facet(db,
                  "INSERT INTO facets (scope, facet, value, n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + "
                  "excluded.n"),
        drop_empty_facet(db, "DELETE FROM facets WHERE scope = ? AND facet = ? AND value = ? AND n <= 0"),
        add_frame(db, "INSERT INTO frames (seq, project, raw_bytes, codec, toc, payload) VALUES (?, ?, ?, ?, ?, ?)"),
        replace_frame(db, "UPDATE frames SET raw_bytes = ?, codec = ?, toc = ?, payload = ? WHERE seq = ?"),
        add_signal(db,
                   "INSERT INTO signals (interaction, id, kind, user, content_hash, json) VALUES (?, ?, ?, ?, ?, ?)"),
        drop_signals(db, "DELETE FROM signals WHERE interaction = ?"),
        signal_bytes(db, "SELECT count(*), total(length(json)) FROM signals WHERE interaction = ?"),
        set_verdict(db,
                    "INSERT INTO verdicts (interaction, counts) VALUES (?, ?) ON CONFLICT DO UPDATE SET counts = "
                    "excluded.counts"),
        drop_verdict(db, "DELETE FROM verdicts WHERE interaction = ?") {}

  Statement add_scope;
  Statement find_scope;
  Statement count;
  Statement change_facet;
  Statement count_facet_values;
  Statement add_facet;
  Statement drop_empty_facet;
  Statement add_frame;
  Statement replace_frame;
  Statement add_signal;
  Statement drop_signals;
  Statement signal_bytes;
  Statement set_verdict;
  Statement drop_verdict;
};

DayFile::DayFile(std::string path, Day day, Options options)
    : path_(std::move(path)), day_(day), options_(options), zstd_(options.zstd_level) {}
DayFile::~DayFile() = default;

Result<std::shared_ptr<DayFile>> DayFile::open(const std::string& path, Day day, Options options) {
  std::shared_ptr<DayFile> file(new DayFile(path, day, options));
  TRY_ASSIGN(file->writer_, Database::open(path, Database::Mode::kCreate));
  TRY(file->prepare());
  return file;
}

Status DayFile::prepare() {
  TRY_ASSIGN(int64_t version, writer_->user_version());
  if (version == 0) {
    TRY(writer_->transaction([this]() -> Status {
      TRY_ASSIGN(const int64_t now, writer_->user_version());
      return now == 0 ? writer_->execute(kDaySchema) : Status();
    }));
    TRY_ASSIGN(version, writer_->user_version());
  }
  if (version == 1) {
    TRY(writer_->transaction([this]() -> Status {
      TRY_ASSIGN(const int64_t now, writer_->user_version());
      return now == 1 ? writer_->execute(kDayArchive) : Status();
    }));
    TRY_ASSIGN(version, writer_->user_version());
  }
  if (version != kDayFormat) {
    return fail(Code::kDataLoss,
                fmt::format("{}: format {}, this program reads format {}", path_, version, kDayFormat));
  }
  writer_frames_ = std::make_unique<FrameReader>(*writer_);
  sql_ = std::make_unique<Statements>(*writer_);
  return refresh();
}

Status DayFile::refresh() {
  TRY_ASSIGN(const int64_t indexed, writer_frames_->last_indexed_frame());
  TRY_ASSIGN(const int64_t last, writer_frames_->last_frame());
  if (indexed > last_indexed_) {
    // Another process has written a run; it covers what was remembered here.
    ids_.reset();
    last_indexed_ = indexed;
    last_frame_ = indexed;
  }
  Frame frame;
  for (int64_t seq = std::max(last_frame_, last_indexed_) + 1; seq <= last; ++seq) {
    TRY_ASSIGN(const bool found, writer_frames_->load(seq, FrameReader::Part::kToc, frame));
    if (!found) continue;
    ids_.stage(frame.toc, seq);
  }
  ids_.publish();
  last_frame_ = std::max(last_frame_, last);
  scopes_.clear();
  return {};
}

Status DayFile::begin() {
  TRY(writer_->begin());
  in_batch_ = true;
  batch_last_frame_ = last_frame_;
  return {};
}

Result<int64_t> DayFile::generations() {
  Statement sum(*writer_, "SELECT total(generation) FROM generations");
  TRY_ASSIGN(const bool row, sum.step());
  const auto generations = row ? static_cast<int64_t>(sum.real(0)) : 0;
  sum.reset();
  return generations;
}

Status DayFile::expect_generation(std::string_view project, int64_t generation) {
  TRY_ASSIGN(const int64_t now, writer_frames_->generation(project));
  if (now == generation) return {};
  return fail(Code::kConflict, fmt::format("{} was archived meanwhile", format_day(day_)));
}

Result<int64_t> DayFile::scope(std::string_view project, std::string_view platform) {
  const auto found = scopes_.find({std::string(project), std::string(platform)});
  if (found != scopes_.end()) return found->second;
  TRY(sql_->add_scope.bind(1, project).bind(2, platform).run());
  TRY_ASSIGN(const bool row, sql_->find_scope.bind(1, project).bind(2, platform).step());
  if (!row) return fail(Code::kInternal, "a scope vanished");
  const int64_t id = sql_->find_scope.integer(0);
  sql_->find_scope.reset();
  scopes_[{std::string(project), std::string(platform)}] = id;
  return id;
}

Status DayFile::add_interaction(std::string_view project, const record::Interaction& interaction, const Hash128& key,
                                std::span<const Hash128> item_keys, uint64_t content_hash) {
  auto found = builders_.find(project);
  if (found == builders_.end()) found = builders_.try_emplace(std::string(project)).first;
  FrameBuilder& builder = found->second;
  TRY_ASSIGN(const int64_t scope_id, scope(project, interaction.platform));
  FrameEntry entry;
  entry.key = key;
  entry.content_hash = content_hash;
  entry.created_ms = to_ms(interaction.created_at.value_or(Time{}));
  entry.offset = static_cast<uint32_t>(builder.payload_.size());
  record::encode(interaction, builder.payload_);
  entry.length = static_cast<uint32_t>(builder.payload_.size()) - entry.offset;
  builder.payload_ += '\n';
  entry.scope = static_cast<uint32_t>(scope_id);
  entry.flags = interaction.succeeded() ? FrameEntry::kSucceeded : 0;
  for (const Hash128& item : item_keys) builder.toc_.items.push_back({item, builder.toc_.entries.size()});
  builder.toc_.entries.push_back(entry);
  if (!restoring_) count_facets(scope_id, interaction, 1);
  return builder.full() ? write_frame(project, builder) : Status();
}

void DayFile::count_facets(int64_t scope_id, const record::Interaction& i, int64_t change) {
  for_each_facet(
      i, [&](const char* facet, const std::string& value) { facet_changes_[{scope_id, facet, value}] += change; });
}

Status DayFile::write_frame(std::string_view project, FrameBuilder& builder) {
  if (builder.empty()) return {};
  const size_t raw = builder.payload_.size();
  std::string compressed;
  bool use = raw >= options_.compression_threshold;
  if (use) {
    TRY(zstd_.compress(builder.payload_, compressed));
    use = compressed.size() < raw;
  }
  const std::string_view payload = use ? std::string_view(compressed) : std::string_view(builder.payload_);
  for (FrameEntry& entry : builder.toc_.entries) {
    if (use) entry.flags |= FrameEntry::kCompressed;
    Counters& counters = counter_changes_[entry.scope];
    if (!restoring_) {
      counters.interactions += 1;
      counters.succeeded += (entry.flags & FrameEntry::kSucceeded) != 0 ? 1 : 0;
      counters.raw_bytes += entry.length;
    }
    counters.compressed += use ? 1 : 0;
    counters.stored_bytes +=
        stored_share(static_cast<int64_t>(payload.size()), entry.length, static_cast<int64_t>(raw));
  }
  const int64_t seq = ++batch_last_frame_;
  std::string toc;
  builder.toc_.encode(toc);
  sql_->add_frame.bind(1, seq).bind(2, project).bind(3, static_cast<int64_t>(raw)).bind(4, int64_t{use});
  TRY(sql_->add_frame.bind_blob(5, toc).bind_blob(6, payload).run());
  ids_.stage(builder.toc_, seq);
  builder.toc_.entries.clear();
  builder.toc_.items.clear();
  builder.payload_.clear();
  return {};
}

Status DayFile::finish_frames() {
  for (auto& [project, builder] : builders_) TRY(write_frame(project, builder));
  return {};
}

Result<std::optional<Located>> DayFile::check_candidates(FrameReader& frames, const Hash128& key,
                                                         std::span<const int64_t> candidates) {
  Frame frame;
  for (const int64_t seq : candidates) {
    TRY_ASSIGN(const bool found, frames.load(seq, FrameReader::Part::kToc, frame));
    if (!found) continue;
    const std::vector<FrameEntry>& entries = frame.toc.entries;
    for (size_t row = 0; row < entries.size(); ++row) {
      if (entries[row].key == key) return Located{seq, row, entries[row]};
    }
    for (const ItemEntry& item : frame.toc.items) {
      if (item.key == key) return Located{seq, item.row, entries[item.row]};
    }
  }
  return std::nullopt;
}

Result<std::optional<Located>> DayFile::locate_for_write(const Hash128& key) {
  std::vector<int64_t> candidates;
  ids_.staged(key.high, candidates);
  ids_.recent(key.high, candidates);
  TRY(writer_frames_->indexed_frames(key.high, candidates));
  return check_candidates(*writer_frames_, key, candidates);
}

Result<Outcome> DayFile::add_signal(const Located& of, const record::Signal& signal, uint64_t content_hash) {
  const Hash128& key = of.entry.key;
  TRY_ASSIGN(const std::optional<KnownSignal> known, writer_frames_->find_signal(key, signal.id));
  if (known) return known->content_hash == content_hash ? Outcome::kDuplicate : Outcome::kConflict;
  TRY_ASSIGN(const record::Verdict before, writer_frames_->verdict(key));
  bool first_view = true;
  if (signal.kind == record::SignalKind::kView) {
    TRY_ASSIGN(const bool viewed, writer_frames_->has_viewed(key, signal.user_id));
    first_view = !viewed;
  }
  std::string json;
  record::encode(signal, json);
  TRY(insert_signal(key, signal, content_hash, json));
  record::Verdict after = before;
  after.fold(signal, first_view);
  TRY(store_verdict(key, after));
  Counters change = Counters::change(before, after);
  change.raw_bytes = static_cast<int64_t>(json.size());
  change.stored_bytes = static_cast<int64_t>(json.size());
  counter_changes_[of.entry.scope] += change;
  return Outcome::kStored;
}

Status DayFile::insert_signal(const Hash128& key, const record::Signal& signal, uint64_t content_hash,
                              std::string_view json) {
  sql_->add_signal.bind_blob(1, key_bytes(key)).bind(2, signal.id).bind(3, static_cast<int64_t>(signal.kind));
  return sql_->add_signal.bind(4, signal.user_id).bind(5, static_cast<int64_t>(content_hash)).bind(6, json).run();
}

Status DayFile::store_verdict(const Hash128& key, const record::Verdict& verdict) {
  std::string row;
  encode_verdict_row(verdict, row);
  return sql_->set_verdict.bind_blob(1, key_bytes(key)).bind_blob(2, row).run();
}

Status DayFile::forget_signals(const Hash128& key) {
  TRY(sql_->drop_signals.bind_blob(1, key_bytes(key)).run());
  return sql_->drop_verdict.bind_blob(1, key_bytes(key)).run();
}

Status DayFile::write_counters() {
  for (auto& [scope_id, change] : counter_changes_) {
    for (size_t i = 0; i < Counters::kCount; ++i) sql_->count.bind(static_cast<int>(i) + 1, change.at(i));
    TRY(sql_->count.bind(static_cast<int>(Counters::kCount) + 1, scope_id).run());
  }
  for (const auto& [facet, change] : facet_changes_) {
    TRY(write_facet(std::get<0>(facet), std::get<1>(facet), std::get<2>(facet), change));
  }
  counter_changes_.clear();
  facet_changes_.clear();
  return {};
}

Status DayFile::write_facet(int64_t scope_id, std::string_view facet, std::string_view value, int64_t change) {
  TRY(sql_->change_facet.bind(1, change).bind(2, scope_id).bind(3, facet).bind(4, value).run());
  if (writer_->changes() == 0) {
    TRY_ASSIGN(const bool row, sql_->count_facet_values.bind(1, scope_id).bind(2, facet).step());
    const bool full = row && sql_->count_facet_values.integer(0) >= kMaxFacetValues;
    sql_->count_facet_values.reset();
    TRY(sql_->add_facet.bind(1, scope_id).bind(2, facet).bind(3, full ? "(other)" : value).bind(4, change).run());
  }
  if (change >= 0) return {};
  return sql_->drop_empty_facet.bind(1, scope_id).bind(2, facet).bind(3, value).run();
}

Status DayFile::write_run_if_due() {
  if (ids_.recent_count() < IdIndex::kRunEntries) return {};
  TRY(ids_.write_run(*writer_, last_frame_));
  run_written_ = true;
  return {};
}

Status DayFile::commit() {
  Status done = finish_frames();
  if (done) done = write_run_if_due();
  if (done) done = write_counters();
  if (done) done = writer_->commit();
  if (!done) {
    rollback();
    return done;
  }
  in_batch_ = false;
  restoring_ = false;
  if (std::exchange(run_written_, false)) {
    last_indexed_ = last_frame_;
    ids_.forget_recent();
  }
  last_frame_ = batch_last_frame_;
  ids_.publish();
  return {};
}

void DayFile::rollback() {
  writer_->rollback();
  in_batch_ = false;
  run_written_ = false;
  restoring_ = false;
  builders_.clear();
  scopes_.clear();
  counter_changes_.clear();
  facet_changes_.clear();
  ids_.discard();
}

Status DayFile::replace_frame(Frame& frame, size_t row) {
  FrameToc& toc = frame.toc;
  std::string payload;
  toc.entries[row] = {};
  toc.entries[row].flags = FrameEntry::kErased;
  for (FrameEntry& entry : toc.entries) {
    if (entry.erased()) continue;
    const std::string_view text = frame.record(entry);
    entry.offset = static_cast<uint32_t>(payload.size());
    payload.append(text).append("\n");
  }
  // An empty frame stays as well: its number must not be given out again.
  if (payload.empty()) frame.compressed = false;
  std::erase_if(toc.items, [row](const ItemEntry& item) { return item.row == row; });
  std::string stored = payload;
  if (frame.compressed) TRY(zstd_.compress(payload, stored));
  std::string toc_bytes;
  toc.encode(toc_bytes);
  sql_->replace_frame.bind(1, static_cast<int64_t>(payload.size())).bind(2, int64_t{frame.compressed});
  return sql_->replace_frame.bind_blob(3, toc_bytes).bind_blob(4, stored).bind(5, frame.seq).run();
}

Result<Erased> DayFile::erase(const Located& located) {
  Erased erased;
  const Hash128 key = located.entry.key;
  TRY(begin());
  const auto body = [&]() -> Status {
    Frame frame;
    TRY_ASSIGN(const bool found, writer_frames_->load(located.frame, FrameReader::Part::kAll, frame));
    size_t row = 0;
    while (found && row < frame.toc.entries.size() && frame.toc.entries[row].key != key) ++row;
    if (!found || row == frame.toc.entries.size()) return {};
    erased.found = true;
    const FrameEntry entry = frame.toc.entries[row];
    record::Decoder decoder;
    TRY_ASSIGN(const record::Interaction interaction, decoder.encoded_interaction(frame.record(entry)));
    TRY_ASSIGN(const record::Verdict verdict, writer_frames_->verdict(key));
    TRY_ASSIGN(const bool counted, sql_->signal_bytes.bind_blob(1, key_bytes(key)).step());
    erased.signals = counted ? sql_->signal_bytes.integer(0) : 0;
    const auto signal_bytes = static_cast<int64_t>(sql_->signal_bytes.real(1));
    sql_->signal_bytes.reset();
    Counters change = Counters::change(verdict, {});
    change.interactions = -1;
    change.succeeded = interaction.succeeded() ? -1 : 0;
    change.compressed = frame.compressed ? -1 : 0;
    change.raw_bytes = -static_cast<int64_t>(entry.length) - signal_bytes;
    change.stored_bytes = -signal_bytes - stored_share(frame.stored_bytes, entry.length, frame.raw_bytes);
    counter_changes_[entry.scope] += change;
    count_facets(entry.scope, interaction, -1);
    TRY(forget_signals(key));
    return replace_frame(frame, row);
  };
  if (Status done = body(); !done) {
    rollback();
    return std::unexpected(std::move(done).error());
  }
  TRY(commit());
  // What was erased must not stay in the write-ahead log either.
  if (erased.found) TRY(checkpoint(Database::Checkpoint::kTruncate));
  return erased;
}

Result<bool> DayFile::maybe_contains(uint64_t key) {
  if (const auto answer = ids_.maybe_contains(key)) return *answer;
  TRY_ASSIGN(const std::unique_ptr<Reader> reader, Reader::open(shared_from_this()));
  TRY(ids_.build_filter(reader->database()));
  return ids_.maybe_contains(key).value_or(true);
}

Result<std::string> DayFile::interaction_id(const Located& located) {
  Frame frame;
  TRY_ASSIGN(const bool found, writer_frames_->load(located.frame, FrameReader::Part::kAll, frame));
  if (!found || located.row >= frame.toc.entries.size()) return fail(Code::kInternal, "a located record vanished");
  TRY_ASSIGN(record::Interaction interaction,
             record::Decoder().encoded_interaction(frame.record(frame.toc.entries[located.row])));
  return std::move(interaction.id);
}

Status DayFile::scrub() {
  TRY(writer_->execute("VACUUM"));
  return checkpoint(Database::Checkpoint::kTruncate);
}

bool DayFile::wants_checkpoint() const {
  return writer_->wal_pages() >= kCheckpointPages;
}

DayFile::Reader::Reader(std::shared_ptr<DayFile> day, Connection connection)
    : day_(std::move(day)), connection_(std::move(connection)) {}

DayFile::Reader::~Reader() {
  connection_.db->release_memory();
  const std::lock_guard lock(day_->pool_mutex_);
  if (day_->pool_.size() < kPooledReaders) day_->pool_.push_back(std::move(connection_));
}

Result<std::unique_ptr<DayFile::Reader>> DayFile::Reader::open(std::shared_ptr<DayFile> day) {
  Connection connection;
  {
    const std::lock_guard lock(day->pool_mutex_);
    if (!day->pool_.empty()) {
      connection = std::move(day->pool_.back());
      day->pool_.pop_back();
    }
  }
  if (connection.db == nullptr) {
    TRY_ASSIGN(connection.db, Database::open(day->path_, Database::Mode::kReadOnly));
    connection.frames = std::make_unique<FrameReader>(*connection.db);
  }
  return std::unique_ptr<Reader>(new Reader(std::move(day), std::move(connection)));
}

Result<std::optional<Located>> DayFile::Reader::locate(const Hash128& key) {
  // Memory first: a run written between the two questions is then found by the second.
  std::vector<int64_t> candidates;
  day_->ids_.recent(key.high, candidates);
  TRY(connection_.frames->indexed_frames(key.high, candidates));
  return check_candidates(*connection_.frames, key, candidates);
}

}  // namespace gleaner::store

#include "store/sqlite/catalog.h"

#include <cstring>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "store/sqlite/frame_reader.h"

namespace gleaner::store {
namespace {

constexpr int kCatalogFormat = 2;

constexpr const char* kSchema = R"sql(
CREATE TABLE settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE projects (name TEXT PRIMARY KEY, secret BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL,
  revoked_ms INTEGER
);
CREATE TABLE rejects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  text BLOB NOT NULL
);
CREATE INDEX rejects_by_project ON rejects (project, seq);
CREATE TABLE waiting_signals (
  seq INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  key BLOB NOT NULL,
  id TEXT NOT NULL,
  content_hash INTEGER NOT NULL,
  json TEXT NOT NULL
);
CREATE UNIQUE INDEX waiting_by_key ON waiting_signals (key, id);
PRAGMA user_version = 1;
)sql";

// Format 2: secrets may rotate.
constexpr const char* kRotations = R"sql(
CREATE TABLE secret_rotations (
  project TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  secret BLOB NOT NULL,
  PRIMARY KEY (project, from_ms)
) WITHOUT ROWID;
PRAGMA user_version = 2;
)sql";

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    out.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return out;
}

Hash128 read_key(std::string_view bytes) {
  Hash128 key;
  if (bytes.size() == sizeof key) std::memcpy(&key, bytes.data(), sizeof key);
  return key;
}

}  // namespace

struct Catalog::Statements {
  explicit Statements(Database& db)
      : project(db, "SELECT secret FROM projects WHERE name = ?"),
        add_project(db, "INSERT INTO projects (name, secret) VALUES (?, ?) ON CONFLICT DO NOTHING"),
        projects(db, "SELECT name FROM projects ORDER BY name"),
        rotations(db, "SELECT from_ms, secret FROM secret_rotations WHERE project = ? ORDER BY from_ms"),
        add_rotation(db, "INSERT INTO secret_rotations (project, from_ms, secret) VALUES (?, ?, ?)"),
        add_key(
            db,
            "INSERT INTO keys (id, project, name, scopes, hash, created_ms, revoked_ms) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET revoked_ms = coalesce(revoked_ms, excluded.revoked_ms) WHERE "
            "(project, name, scopes, hash, created_ms) = (excluded.project, excluded.name, excluded.scopes, "
            "excluded.hash, excluded.created_ms)"),
        keys(db, "SELECT id, project, name, scopes, hash, created_ms, revoked_ms FROM keys ORDER BY created_ms, id"),
        revoke(db, "UPDATE keys SET revoked_ms = coalesce(revoked_ms, ?) WHERE project = ? AND id = ?"),
        add_reject(db, "INSERT INTO rejects (project, at_ms, reason, text) VALUES (?, ?, ?, ?)"),
        trim_rejects(db,
                     "DELETE FROM rejects WHERE project = ?1 AND seq <= (SELECT seq FROM rejects WHERE project = ?1 "
                     "ORDER BY seq DESC LIMIT 1 OFFSET ?2)"),
        rejects(
            db,
            "SELECT seq, project, at_ms, reason, text FROM rejects WHERE project = ? AND seq > ? ORDER BY seq LIMIT ?"),
        waiting_keys(db, "SELECT key FROM waiting_signals"),
        waiting_for(db, "SELECT seq, project, key, content_hash, json FROM waiting_signals WHERE key = ? ORDER BY seq"),
        all_waiting(db, "SELECT seq, project, key, content_hash, json FROM waiting_signals ORDER BY seq"),
        known_waiting(db, "SELECT content_hash FROM waiting_signals WHERE key = ? AND id = ?"),
        add_waiting(db, "INSERT INTO waiting_signals (project, key, id, content_hash, json) VALUES (?, ?, ?, ?, ?)"),
        remove_waiting(db, "DELETE FROM waiting_signals WHERE seq = ?"),
        erase_waiting(db, "DELETE FROM waiting_signals WHERE key = ?") {}

  Statement project;
  Statement add_project;
  Statement projects;
  Statement rotations;
  Statement add_rotation;
  Statement add_key;
  Statement keys;
  Statement revoke;
  Statement add_reject;
  Statement trim_rejects;
  Statement rejects;
  Statement waiting_keys;
  Statement waiting_for;
  Statement all_waiting;
  Statement known_waiting;
  Statement add_waiting;
  Statement remove_waiting;
  Statement erase_waiting;
};

Catalog::Catalog() = default;
Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& path) {
  std::unique_ptr<Catalog> catalog(new Catalog);
  TRY_ASSIGN(catalog->db_, Database::open(path, Database::Mode::kCreate));
  TRY(catalog->db_->execute("PRAGMA wal_autocheckpoint=1000"));
  TRY(catalog->prepare());
  return catalog;
}

Status Catalog::prepare() {
  TRY(db_->transaction([this]() -> Status {
    TRY_ASSIGN(const int64_t version, db_->user_version());
    if (version == kCatalogFormat) return {};
    if (version == 1) return db_->execute(kRotations);
    if (version != 0) {
      return fail(Code::kDataLoss,
                  fmt::format("gleaner.db: format {}, this program reads format {}", version, kCatalogFormat));
    }
    TRY(db_->execute(kSchema));
    TRY(db_->execute(kRotations));
    const std::string seed = random_bytes(sizeof(int64_t));
    int64_t value = 0;
    std::memcpy(&value, seed.data(), sizeof value);
    return Statement(*db_, "INSERT INTO settings (name, value) VALUES ('hash_seed', ?)").bind(1, value).run();
  }));
  sql_ = std::make_unique<Statements>(*db_);
  Statement seed(*db_, "SELECT value FROM settings WHERE name = 'hash_seed'");
  TRY_ASSIGN(const bool row, seed.step());
  if (!row) return fail(Code::kDataLoss, "gleaner.db: the hash seed is missing");
  hash_seed_ = static_cast<uint64_t>(seed.integer(0));
  return refresh_waiting();
}

Result<Project> Catalog::project(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return read_project(name);
}

Result<Project> Catalog::read_project(std::string_view name) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    TRY_ASSIGN(const bool row, sql_->project.bind(1, name).step());
    if (row) {
      Project project{std::string(name), Secret(std::string(sql_->project.blob(0))), {}};
      sql_->project.reset();
      sql_->rotations.bind(1, name);
      while (true) {
        TRY_ASSIGN(const bool rotated, sql_->rotations.step());
        if (!rotated) return project;
        project.rotations.push_back(
            {from_ms(sql_->rotations.integer(0)), Secret(std::string(sql_->rotations.blob(1)))});
      }
    }
    const std::string secret = random_bytes(32);
    TRY(sql_->add_project.bind(1, name).bind_blob(2, secret).run());
  }
  return fail(Code::kInternal, "a project vanished");
}

Result<std::vector<std::string>> Catalog::projects() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  while (true) {
    TRY_ASSIGN(const bool row, sql_->projects.step());
    if (!row) return names;
    names.emplace_back(sql_->projects.text(0));
  }
}

Status Catalog::restore_project(const Project& project) {
  const std::lock_guard lock(mutex_);
  return db_->transaction([&]() -> Status {
    TRY(sql_->add_project.bind(1, project.name).bind_blob(2, project.secret.reveal()).run());
    TRY_ASSIGN(const Project here, read_project(project.name));
    if (here.continues(project)) return {};
    if (!project.continues(here))
      return fail(Code::kConflict, fmt::format("project \"{}\" is here already, with other secrets", project.name));
    for (const Rotation& rotation : project.rotations | std::views::drop(here.rotations.size())) {
      const std::string& secret = rotation.secret.reveal();
      TRY(sql_->add_rotation.bind(1, project.name).bind(2, to_ms(rotation.from)).bind_blob(3, secret).run());
    }
    return {};
  });
}

Status Catalog::rotate_secret(std::string_view name, Time from) {
  const std::lock_guard lock(mutex_);
  return db_->transaction([&]() -> Status {
    TRY_ASSIGN(const Project project, read_project(name));
    if (!project.rotations.empty() && project.rotations.back().from >= from) {
      return fail(Code::kConflict,
                  fmt::format("the secret of \"{}\" was rotated from {} on; a new one must begin later", name,
                              format_time(project.rotations.back().from)));
    }
    const std::string secret = random_bytes(32);
    return sql_->add_rotation.bind(1, name).bind(2, to_ms(from)).bind_blob(3, secret).run();
  });
}

Status Catalog::add_key(const ApiKey& key) {
  const std::lock_guard lock(mutex_);
  std::string scopes;
  for (const std::string& scope : key.scopes) scopes += scopes.empty() ? scope : " " + scope;
  sql_->add_key.bind(1, key.id).bind(2, key.project).bind(3, key.name).bind(4, scopes).bind(5, key.hash);
  sql_->add_key.bind(6, to_ms(key.created_at));
  key.revoked_at ? sql_->add_key.bind(7, to_ms(*key.revoked_at)) : sql_->add_key.bind_null(7);
  TRY(sql_->add_key.run());
  if (db_->changes() > 0) return {};
  return fail(Code::kConflict, fmt::format("there is another key with the id \"{}\"", key.id));
}

Result<std::vector<ApiKey>> Catalog::keys() {
  const std::lock_guard lock(mutex_);
  std::vector<ApiKey> out;
  while (true) {
    TRY_ASSIGN(const bool row, sql_->keys.step());
    if (!row) return out;
    const Statement& s = sql_->keys;
    ApiKey key{std::string(s.text(0)),
               std::string(s.text(1)),
               std::string(s.text(2)),
               split_scopes(s.text(3)),
               std::string(s.text(4)),
               from_ms(s.integer(5)),
               {}};
    if (!s.is_null(6)) key.revoked_at = from_ms(s.integer(6));
    out.push_back(std::move(key));
  }
}

Result<bool> Catalog::revoke_key(std::string_view project, std::string_view id, Time at) {
  const std::lock_guard lock(mutex_);
  TRY(sql_->revoke.bind(1, to_ms(at)).bind(2, project).bind(3, id).run());
  return db_->changes() > 0;
}

Status Catalog::add_rejects(std::vector<Reject> rejects) {
  const std::lock_guard lock(mutex_);
  return db_->transaction([&]() -> Status {
    for (const Reject& reject : rejects) {
      const std::string_view text = truncate_utf8(reject.text, kMaxRejectBytes);
      sql_->add_reject.bind(1, reject.project).bind(2, to_ms(reject.at)).bind(3, reject.reason);
      TRY(sql_->add_reject.bind_blob(4, text).run());
    }
    std::set<std::string_view> projects;
    for (const Reject& reject : rejects) projects.insert(reject.project);
    for (const std::string_view project : projects) TRY(sql_->trim_rejects.bind(1, project).bind(2, kMaxRejects).run());
    return {};
  });
}

Result<std::vector<Reject>> Catalog::rejects(std::string_view project, int64_t after, size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<Reject> out;
  Statement& s = sql_->rejects;
  s.bind(1, project).bind(2, after).bind(3, static_cast<int64_t>(limit));
  while (true) {
    TRY_ASSIGN(const bool row, s.step());
    if (!row) return out;
    out.push_back(
        {s.integer(0), std::string(s.text(1)), from_ms(s.integer(2)), std::string(s.text(3)), std::string(s.blob(4))});
  }
}

bool Catalog::any_waiting() {
  const std::lock_guard lock(mutex_);
  return any_waiting_;
}

bool Catalog::maybe_waiting(const Hash128& key) {
  const std::lock_guard lock(mutex_);
  return waiting_filter_.maybe_contains(key.high);
}

Status Catalog::refresh_waiting() {
  const std::lock_guard lock(mutex_);
  IdFilter filter;
  bool any = false;
  while (true) {
    TRY_ASSIGN(const bool row, sql_->waiting_keys.step());
    if (!row) break;
    any = true;
    filter.add(read_key(sql_->waiting_keys.blob(0)).high);
  }
  waiting_filter_ = std::move(filter);
  any_waiting_ = any;
  return {};
}

Result<std::vector<WaitingSignal>> Catalog::read_waiting(Statement& s) {
  std::vector<WaitingSignal> out;
  while (true) {
    TRY_ASSIGN(const bool row, s.step());
    if (!row) return out;
    WaitingSignal waiting{s.integer(0), std::string(s.text(1)), {}, static_cast<uint64_t>(s.integer(3)), {}};
    waiting.key = read_key(s.blob(2));
    auto signal = decoder_.signal(s.text(4));
    // One that does not read back stays where it is, and in nobody's way.
    if (!signal) continue;
    waiting.signal = *std::move(signal);
    out.push_back(std::move(waiting));
  }
}

Result<std::vector<WaitingSignal>> Catalog::waiting_for(const Hash128& key) {
  const std::lock_guard lock(mutex_);
  sql_->waiting_for.bind_blob(1, key_bytes(key));
  return read_waiting(sql_->waiting_for);
}

Result<std::vector<WaitingSignal>> Catalog::all_waiting() {
  const std::lock_guard lock(mutex_);
  return read_waiting(sql_->all_waiting);
}

Result<std::vector<Outcome>> Catalog::add_waiting(const std::vector<WaitingSignal>& signals) {
  const std::lock_guard lock(mutex_);
  std::vector<Outcome> outcomes;
  TRY(db_->transaction([&]() -> Status {
    for (const WaitingSignal& waiting : signals) {
      TRY_ASSIGN(const bool row,
                 sql_->known_waiting.bind_blob(1, key_bytes(waiting.key)).bind(2, waiting.signal.id).step());
      const bool same = row && static_cast<uint64_t>(sql_->known_waiting.integer(0)) == waiting.content_hash;
      sql_->known_waiting.reset();
      outcomes.push_back(!row ? Outcome::kStored : same ? Outcome::kDuplicate : Outcome::kConflict);
      if (row) continue;
      std::string json;
      record::encode(waiting.signal, json);
      sql_->add_waiting.bind(1, waiting.project).bind_blob(2, key_bytes(waiting.key)).bind(3, waiting.signal.id);
      TRY(sql_->add_waiting.bind(4, static_cast<int64_t>(waiting.content_hash)).bind(5, json).run());
    }
    return {};
  }));
  for (const WaitingSignal& waiting : signals) waiting_filter_.add(waiting.key.high);
  any_waiting_ |= !signals.empty();
  return outcomes;
}

Status Catalog::remove_waiting(const std::vector<int64_t>& seqs) {
  if (seqs.empty()) return {};
  const std::lock_guard lock(mutex_);
  return db_->transaction([&]() -> Status {
    for (const int64_t seq : seqs) TRY(sql_->remove_waiting.bind(1, seq).run());
    return {};
  });
}

Result<int64_t> Catalog::erase_waiting(const Hash128& key) {
  const std::lock_guard lock(mutex_);
  TRY(sql_->erase_waiting.bind_blob(1, key_bytes(key)).run());
  const int64_t erased = db_->changes();
  if (erased > 0) TRY(db_->checkpoint(Database::Checkpoint::kTruncate));
  return erased;
}

Result<int64_t> Catalog::drop_rejects(std::string_view project, std::span<const std::string> mentions) {
  const std::lock_guard lock(mutex_);
  int64_t dropped = 0;
  TRY(db_->transaction([&]() -> Status {
    Statement drop(*db_, "DELETE FROM rejects WHERE project = ? AND instr(text, CAST(? AS BLOB)) > 0");
    for (const std::string& mention : mentions) {
      TRY(drop.bind(1, project).bind(2, std::string_view(mention)).run());
      dropped += db_->changes();
    }
    return {};
  }));
  return dropped;
}

Result<int64_t> Catalog::dropped_generations() {
  const std::lock_guard lock(mutex_);
  Statement read(*db_, "SELECT value FROM settings WHERE name = 'dropped_generations'");
  TRY_ASSIGN(const bool row, read.step());
  const int64_t sum = row ? read.integer(0) : 0;
  read.reset();
  return sum;
}

Status Catalog::add_dropped_generations(int64_t generations) {
  const std::lock_guard lock(mutex_);
  Statement add(
      *db_,
      "INSERT INTO settings (name, value) VALUES ('dropped_generations', ?) ON CONFLICT DO UPDATE SET value = "
      "value + excluded.value");
  return add.bind(1, generations).run();
}

Status Catalog::scrub() {
  const std::lock_guard lock(mutex_);
  TRY(db_->execute("VACUUM"));
  return db_->checkpoint(Database::Checkpoint::kTruncate);
}

Status Catalog::check_writable() {
  const std::lock_guard lock(mutex_);
  return db_->transaction([this]() -> Status {
    return db_->execute(
        "INSERT INTO settings (name, value) VALUES ('probe', 1) ON CONFLICT DO UPDATE SET value = 1 - value");
  });
}

}  // namespace gleaner::store

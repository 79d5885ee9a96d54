// The tables of one day's file. docs/sqlite-format.md explains them with an example.
#pragma once

namespace gleaner::store {

inline constexpr int kDayFormat = 2;

inline constexpr const char* kDaySchema = R"sql(
CREATE TABLE scopes (
  id INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  platform TEXT NOT NULL,
  interactions INTEGER NOT NULL DEFAULT 0,
  succeeded INTEGER NOT NULL DEFAULT 0,
  compressed INTEGER NOT NULL DEFAULT 0,
  raw_bytes INTEGER NOT NULL DEFAULT 0,
  stored_bytes INTEGER NOT NULL DEFAULT 0,
  signals INTEGER NOT NULL DEFAULT 0,
  thumbs_up INTEGER NOT NULL DEFAULT 0,
  thumbs_down INTEGER NOT NULL DEFAULT 0,
  edits INTEGER NOT NULL DEFAULT 0,
  with_feedback INTEGER NOT NULL DEFAULT 0,
  positive INTEGER NOT NULL DEFAULT 0,
  negative INTEGER NOT NULL DEFAULT 0,
  quality INTEGER NOT NULL DEFAULT 0,
  UNIQUE (project, platform)
);
CREATE TABLE facets (
  scope INTEGER NOT NULL,
  facet TEXT NOT NULL,
  value TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (scope, facet, value)
) WITHOUT ROWID;
CREATE TABLE frames (
  seq INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  raw_bytes INTEGER NOT NULL,
  codec INTEGER NOT NULL,
  toc BLOB NOT NULL,
  payload BLOB NOT NULL
);
CREATE TABLE id_runs (
  run INTEGER PRIMARY KEY,
  last_frame INTEGER NOT NULL,
  entries INTEGER NOT NULL
);
CREATE TABLE id_slots (
  slot INTEGER PRIMARY KEY,
  entries BLOB NOT NULL
);
CREATE TABLE signals (
  seq INTEGER PRIMARY KEY,
  interaction BLOB NOT NULL,
  id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  user TEXT NOT NULL,
  content_hash INTEGER NOT NULL,
  json TEXT NOT NULL
);
CREATE UNIQUE INDEX signals_by_id ON signals (interaction, id);
CREATE INDEX signals_by_user ON signals (interaction, kind, user);
CREATE TABLE verdicts (
  interaction BLOB PRIMARY KEY,
  counts BLOB NOT NULL
) WITHOUT ROWID;
PRAGMA user_version = 1;
)sql";

// Format 2: records move to archived objects.
inline constexpr const char* kDayArchive = R"sql(
CREATE TABLE generations (
  project TEXT PRIMARY KEY,
  generation INTEGER NOT NULL,
  late INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE parts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  platform TEXT NOT NULL,
  number INTEGER NOT NULL,
  object TEXT NOT NULL,
  format TEXT NOT NULL,
  records INTEGER NOT NULL,
  signals INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  packed_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  lines_sha256 TEXT NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  archived_ms INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  find_index BLOB NOT NULL,
  UNIQUE (project, platform, number)
);
PRAGMA user_version = 2;
)sql";

}  // namespace gleaner::store

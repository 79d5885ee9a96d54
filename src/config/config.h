// What can be set, with its type, and where each value came from. Flags win over the environment, the environment over
// .env, that over gleaner.toml, that over the default.
//
// A Config is a plain value, read-only after it was loaded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace gleaner::config {

struct Config {
  std::string data_dir = "data";
  std::string database_url;  // empty: the embedded store
  int64_t database_connections = 8;
  bool migrate_on_start = true;
  int64_t spool_max_mb = 1024;
  std::string host = "127.0.0.1";
  int64_t port = 8080;
  int64_t io_threads = 1;
  int64_t worker_threads = 2;
  bool collection_enabled = true;
  int64_t compression_threshold_kb = 1;
  int64_t zstd_level = 1;
  int64_t max_body_bytes = int64_t{64} << 20;
  int64_t max_record_bytes = int64_t{16} << 20;
  int64_t max_queued_bytes = int64_t{48} << 20;
  int64_t max_connections = 4096;
  int64_t header_timeout_seconds = 10;
  int64_t body_timeout_seconds = 30;
  int64_t idle_timeout_seconds = 60;
  int64_t drain_timeout_seconds = 10;
  double hot_price_per_gb = 0.125;
  double cold_price_per_gb = 0.015;
  std::string log_level = "info";

  // The logging proxy.
  std::string upstreams;
  std::string proxy_keyless = "loopback";
  std::string proxy_policy = "fail_open";
  bool proxy_ask_usage = true;
  bool proxy_record_embeddings = false;
  std::string routes_file;
  std::string prices_file;
  int64_t feedback_token_days = 7;

  // DuckDB, behind `gleaner query` and Parquet files of datasets.
  std::string duckdb_library;  // empty: beside the program, or of the system
  int64_t query_memory_mb = 1024;
  int64_t query_threads = 0;

  // The archive of old data: a bucket if s3_bucket is set, else a folder.
  bool archiving_enabled = false;
  int64_t retention_days = 30;
  std::string archive_at = "02:00";
  std::string archive_dir;  // empty: "archive" in data_dir
  std::string archive_format = "jsonl.gz";
  int64_t archive_level = 0;
  int64_t archive_threads = 2;
  std::string s3_endpoint;
  std::string s3_bucket;
  std::string s3_region;
  std::string s3_access_key;
  std::string s3_secret_key;
  std::string s3_session_token;
  std::string s3_style = "auto";

  // Sign-in of people by JSON Web Tokens; off while there is neither a secret nor a key set.
  std::string jwt_secret;
  std::string jwt_jwks_url;
  std::string jwt_issuer;
  std::string jwt_audience = "authenticated";

  // What may differ from project to project.
  std::string redaction_kinds = "default";
  std::string redaction_style = "typed";
  bool pseudonymise_sessions = false;
  bool generalise_places = true;
  std::string profile = "default";
  std::string profile_dir;
  // [projects.NAME] of gleaner.toml: the values given there, by key. They were checked when the file was read.
  std::map<std::string, std::map<std::string, std::string>, std::less<>> projects;

  // This configuration as it is for one project.
  Config for_project(std::string_view name) const;

  // "port" -> "environment GLEANER_PORT"; what is not in here is at its default.
  std::map<std::string, std::string, std::less<>> origins;
};

struct Setting {
  std::string_view key;          // in gleaner.toml, and with dashes the flag of `gleaner serve`
  std::string_view environment;  // besides GLEANER_ and the key in capitals; empty for none
  std::variant<std::string Config::*, int64_t Config::*, double Config::*, bool Config::*> member;
  double minimum = 0;
  double maximum = 0;
  std::string_view choices;  // for text: what it may be, separated by "|"; empty for anything
  std::string_view help;
  bool per_project = false;  // may stand in [projects.NAME]
  bool secret = false;       // shown as ***
};

std::span<const Setting> settings();
// "--max-body-bytes"
std::string flag_of(const Setting& setting);
// "GLEANER_MAX_BODY_BYTES"
std::string environment_of(const Setting& setting);
// The value as text, for tables and documentation.
std::string value_of(const Config& config, const Setting& setting);

struct Sources {
  std::map<std::string, std::string> flags;  // by key
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::string toml_path;  // empty: ./gleaner.toml if there is one
  std::string dotenv_path = ".env";
};

// Errors: kInvalidArgument, naming the key, where its value came from and what would be right.
Result<Config> load(const Sources& sources);

// The process's environment.
std::optional<std::string> process_environment(const std::string& name);

// NAME=value lines, with # comments, `export`, and single or double quotes.
Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text);

}  // namespace gleaner::config

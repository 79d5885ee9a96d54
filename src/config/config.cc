#include "config/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/text.h"

namespace gleaner::config {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

constexpr std::array kSettings = {
    Setting{"data_dir", "", &Config::data_dir, 0, 0, "", "folder of the embedded store"},
    Setting{"database_url", "DATABASE_URL", &Config::database_url, 0, 0, "",
            "PostgreSQL 15 or later instead of the embedded store: postgresql://user:password@host/database", false,
            true},
    Setting{"database_connections", "", &Config::database_connections, 2, 100, "", "connections to PostgreSQL at most"},
    Setting{"migrate_on_start", "", &Config::migrate_on_start, 0, 0, "",
            "whether the schema in PostgreSQL is brought up to date by whoever opens it; else by `gleaner migrate`"},
    Setting{"spool_max_mb", "", &Config::spool_max_mb, 1, 1048576, "",
            "records kept on disk in data_dir while PostgreSQL is away, in MB; beyond it writes answer 503"},
    Setting{"host", "", &Config::host, 0, 0, "", "address to listen on; 0.0.0.0 for every interface"},
    Setting{"port", "", &Config::port, 0, 65535, "", "port to listen on; 0 for any free one"},
    Setting{"io_threads", "", &Config::io_threads, 1, 64, "", "threads that serve connections"},
    Setting{"worker_threads", "", &Config::worker_threads, 1, 64, "", "threads for reads and large bodies"},
    Setting{"collection_enabled", "ENABLE_DATA_COLLECTION", &Config::collection_enabled, 0, 0, "",
            "whether interactions and signals are taken; when false every write answers 403"},
    Setting{"compression_threshold_kb", "COMPRESSION_THRESHOLD_KB", &Config::compression_threshold_kb, 0, 1024, "",
            "what is committed together is compressed from this many KB on"},
    Setting{"zstd_level", "", &Config::zstd_level, 1, 19, "", "how hard to compress"},
    Setting{"max_body_bytes", "", &Config::max_body_bytes, 1024, 4 * kGiB, "",
            "largest request body, before and after decompression"},
    Setting{"max_record_bytes", "", &Config::max_record_bytes, 1024, kGiB, "", "largest single interaction or signal"},
    Setting{"max_queued_bytes", "", &Config::max_queued_bytes, 1024, 16 * kGiB, "",
            "records waiting for their commit; beyond it writes answer 429"},
    Setting{"max_connections", "", &Config::max_connections, 1, 1000000, "", "open connections"},
    Setting{"header_timeout_seconds", "", &Config::header_timeout_seconds, 1, 3600, "",
            "time for a request's header to arrive"},
    Setting{"body_timeout_seconds", "", &Config::body_timeout_seconds, 1, 3600, "",
            "time without progress in a body or answer"},
    Setting{"idle_timeout_seconds", "", &Config::idle_timeout_seconds, 1, 86400, "",
            "time a connection may wait for its next request"},
    Setting{"drain_timeout_seconds", "", &Config::drain_timeout_seconds, 0, 3600, "",
            "time for requests under way when stopping"},
    Setting{"hot_price_per_gb", "", &Config::hot_price_per_gb, 0, 1000, "",
            "dollars per GB and month of recent data, for cost figures", true},
    Setting{"cold_price_per_gb", "", &Config::cold_price_per_gb, 0, 1000, "",
            "dollars per GB and month of archived data, for cost figures", true},
    Setting{
        "upstreams", "", &Config::upstreams, 0, 0, "",
        "where the proxy passes on to, besides openai and anthropic: NAME=URL or NAME:API=URL, separated by commas"},
    Setting{"proxy_keyless", "", &Config::proxy_keyless, 0, 0, "loopback|always|never",
            "whether calls without a key of Gleaner's pass and are recorded for the project default: while it listens "
            "on a loopback address"},
    Setting{"proxy_policy", "", &Config::proxy_policy, 0, 0, "fail_open|fail_closed",
            "what becomes of calls while records cannot be taken: they pass unrecorded, or are refused"},
    Setting{"proxy_ask_usage", "", &Config::proxy_ask_usage, 0, 0, "",
            "whether the proxy asks for the usage of streams whose clients do not, and keeps it from them"},
    Setting{"proxy_record_embeddings", "", &Config::proxy_record_embeddings, 0, 0, "",
            "whether calls for embeddings are recorded, too, without the vectors"},
    Setting{"routes_file", "", &Config::routes_file, 0, 0, "",
            "which calls of the proxy go elsewhere, and which are made twice (docs/proxy.md)"},
    Setting{"prices_file", "", &Config::prices_file, 0, 0, "", "what models cost (docs/proxy.md)"},
    Setting{"feedback_token_days", "", &Config::feedback_token_days, 1, 3650, "",
            "days that a feedback token is good for"},
    Setting{"archiving_enabled", "ENABLE_DATA_ARCHIVING", &Config::archiving_enabled, 0, 0, "",
            "whether the server archives old days by itself, daily"},
    Setting{"retention_days", "DATA_RETENTION_DAYS", &Config::retention_days, 1, 36500, "",
            "days that stay in the store before they are archived"},
    Setting{"archive_at", "", &Config::archive_at, 0, 0, "", "when the server archives, by UTC: 02:00, or 02:00:30"},
    Setting{"archive_dir", "", &Config::archive_dir, 0, 0, "",
            "folder of archived objects where no bucket is set; archive in data_dir if not set"},
    Setting{"archive_format", "", &Config::archive_format, 0, 0, "jsonl.gz|jsonl.zst|parquet",
            "format of archived objects: JSON lines or Parquet, jsonl.gz, jsonl.zst or parquet"},
    Setting{"archive_level", "", &Config::archive_level, 0, 19, "",
            "how hard archived objects are compressed, gzip 1 to 12, zstd and Parquet 1 to 19; 0: gzip 9, zstd 3"},
    Setting{"archive_threads", "", &Config::archive_threads, 1, 64, "", "threads that compress for the archive"},
    Setting{"s3_endpoint", "S3_ENDPOINT", &Config::s3_endpoint, 0, 0, "",
            "S3-compatible store of archived objects: https://ACCOUNT.r2.cloudflarestorage.com; Amazon's if not set"},
    Setting{"s3_bucket", "S3_BUCKET_NAME", &Config::s3_bucket, 0, 0, "",
            "bucket of archived objects; a folder is used if not set"},
    Setting{"s3_region", "S3_REGION", &Config::s3_region, 0, 0, "", "region of the bucket; auto for R2"},
    Setting{"s3_access_key", "S3_ACCESS_KEY", &Config::s3_access_key, 0, 0, "", "access key id of the bucket"},
    Setting{"s3_secret_key", "S3_SECRET_KEY", &Config::s3_secret_key, 0, 0, "", "its secret", false, true},
    Setting{"s3_session_token", "", &Config::s3_session_token, 0, 0, "", "session token of temporary credentials",
            false, true},
    Setting{"s3_style", "", &Config::s3_style, 0, 0, "auto|path|virtual",
            "whether the bucket stands in the path or in the host name"},
    Setting{"log_level", "", &Config::log_level, 0, 0, "debug|info|warn|error", "what is logged"},
    Setting{"duckdb_library", "", &Config::duckdb_library, 0, 0, "",
            "file of DuckDB's shared library; libduckdb.so beside the program, or of the system, if not set"},
    Setting{"query_memory_mb", "", &Config::query_memory_mb, 64, 1 << 20, "",
            "memory of a query, and of a dataset's Parquet files, in MB; what does not fit goes to data_dir"},
    Setting{"query_threads", "", &Config::query_threads, 0, 1024, "", "threads of a query; 0: one for each core"},
    Setting{"jwt_secret", "SUPABASE_JWT_SECRET", &Config::jwt_secret, 0, 0, "",
            "shared secret of HS256 tokens by which people sign in", false, true},
    Setting{"jwt_jwks_url", "", &Config::jwt_jwks_url, 0, 0, "",
            "where the public keys of RS256 and ES256 tokens are: https://.../.well-known/jwks.json"},
    Setting{"jwt_issuer", "", &Config::jwt_issuer, 0, 0, "", "what `iss` of a token must be; anything if not set"},
    Setting{"jwt_audience", "", &Config::jwt_audience, 0, 0, "",
            "what `aud` of a token must be or contain; any: not looked at"},
    Setting{"redaction_kinds", "", &Config::redaction_kinds, 0, 0, "",
            "what is redacted: kinds, all, default or none, separated by commas; - takes away: default,name,-ip", true},
    Setting{"redaction_style", "", &Config::redaction_style, 0, 0, "typed|keyed",
            "placeholders: [EMAIL], or [EMAIL_3f2a] with the same digits for the same value", true},
    Setting{"pseudonymise_sessions", "", &Config::pseudonymise_sessions, 0, 0, "",
            "whether session ids are replaced by pseudonyms as user ids are", true},
    Setting{"generalise_places", "", &Config::generalise_places, 0, 0, "",
            "whether places in metadata are kept to city level: coordinates rounded, streets dropped", true},
    Setting{"profile", "", &Config::profile, 0, 0, "",
            "domain profile that tags and scores: default, roofing or your own", true},
    Setting{"profile_dir", "", &Config::profile_dir, 0, 0, "", "folder of your own profiles, one .toml each"},
};

std::unexpected<Error> wrong(const Setting& setting, const std::string& origin, std::string_view expected,
                             std::string_view got) {
  return fail(Code::kInvalidArgument, fmt::format("{}: expected {}, got \"{}\" (from {})", setting.key, expected,
                                                  setting.secret ? "***" : got, origin));
}

template <typename Number>
Status set_number(Number& target, const Setting& setting, std::string_view text, const std::string& origin) {
  Number value{};
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto parsed = std::from_chars(begin, end, value);
  const bool whole = std::is_integral_v<Number>;
  if (parsed.ec != std::errc() || parsed.ptr != end || static_cast<double>(value) < setting.minimum ||
      static_cast<double>(value) > setting.maximum) {
    return wrong(setting, origin,
                 fmt::format("{} from {:.0f} to {:.0f}", whole ? "a whole number" : "a number", setting.minimum,
                             setting.maximum),
                 text);
  }
  target = value;
  return {};
}

Status set_flag(bool& target, const Setting& setting, std::string_view text, const std::string& origin) {
  const std::string lower = ascii_lower(text);
  if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") {
    target = true;
  } else if (lower == "false" || lower == "0" || lower == "no" || lower == "off") {
    target = false;
  } else {
    return wrong(setting, origin, "true or false", text);
  }
  return {};
}

Status set_text(std::string& target, const Setting& setting, std::string_view text, const std::string& origin) {
  if (text.empty()) return wrong(setting, origin, "a value that is not empty", text);
  if (!setting.choices.empty()) {
    const std::string padded = fmt::format("|{}|", setting.choices);
    if (padded.find(fmt::format("|{}|", text)) == std::string::npos) {
      return wrong(setting, origin, fmt::format("one of {}", setting.choices), text);
    }
  }
  target = text;
  return {};
}

Status set(Config& config, const Setting& setting, std::string_view text, const std::string& origin) {
  text = trim(text);
  Status done = std::visit(
      [&](auto member) -> Status {
        auto& target = config.*member;
        using Type = std::remove_reference_t<decltype(target)>;
        if constexpr (std::is_same_v<Type, std::string>) {
          return set_text(target, setting, text, origin);
        } else if constexpr (std::is_same_v<Type, bool>) {
          return set_flag(target, setting, text, origin);
        } else {
          return set_number(target, setting, text, origin);
        }
      },
      setting.member);
  if (done) config.origins[std::string(setting.key)] = origin;
  return done;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::kNotFound, fmt::format("{}: cannot be read", path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using Values = std::map<std::string, std::string>;

struct Toml {
  Values values;
  std::map<std::string, Values, std::less<>> projects;
};

Result<Values> read_table(const toml::table& table, const std::string& where) {
  Values values;
  for (const auto& [key, node] : table) {
    std::ostringstream text;
    if (const auto* const string = node.as_string()) {
      text << string->get();
    } else if (node.is_value()) {
      text << toml::node_view(node);
    } else {
      return fail(Code::kInvalidArgument, fmt::format("{}{}: expected a single value", where, std::string_view(key)));
    }
    values[std::string(key.str())] = text.str();
  }
  return values;
}

Result<Toml> read_toml(const std::string& path) {
  Toml out;
  try {
    toml::table table = toml::parse_file(path);
    if (const auto* const projects = table["projects"].as_table()) {
      for (const auto& [name, node] : *projects) {
        const std::string where = fmt::format("{}: projects.{}.", path, std::string_view(name));
        if (!node.is_table()) return fail(Code::kInvalidArgument, where + " expected a table");
        TRY_ASSIGN(out.projects[std::string(name.str())], read_table(*node.as_table(), where));
      }
      table.erase("projects");
    }
    TRY_ASSIGN(out.values, read_table(table, fmt::format("{}: ", path)));
  } catch (const toml::parse_error& error) {
    return fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
  return out;
}

const Setting* find_setting(std::string_view key) {
  const auto* const setting = std::ranges::find(kSettings, key, &Setting::key);
  return setting == kSettings.end() ? nullptr : setting;
}

std::unexpected<Error> no_setting(const std::string& where, std::string_view key) {
  return fail(Code::kInvalidArgument,
              fmt::format("{}: there is no setting \"{}\"; docs/configuration.md lists them", where, key));
}

Status check_project(const std::string& where, const Values& values) {
  Config scratch;
  for (const auto& [key, text] : values) {
    const Setting* const setting = find_setting(key);
    if (setting == nullptr) return no_setting(where, key);
    if (!setting->per_project) {
      return fail(Code::kInvalidArgument, fmt::format("{}: \"{}\" is the same for all projects", where, key));
    }
    TRY(set(scratch, *setting, text, where));
  }
  return {};
}

Status apply_toml(Config& config, const std::string& path) {
  TRY_ASSIGN(Toml toml, read_toml(path));
  for (const auto& [key, text] : toml.values) {
    const Setting* const setting = find_setting(key);
    if (setting == nullptr) return no_setting(path, key);
    TRY(set(config, *setting, text, path));
  }
  for (const auto& [name, values] : toml.projects)
    TRY(check_project(fmt::format("{} [projects.{}]", path, name), values));
  config.projects = std::move(toml.projects);
  return {};
}

using Lookup = std::function<std::optional<std::string>(const std::string&)>;

Status apply_environment(Config& config, const Lookup& lookup, std::string_view where) {
  for (const Setting& setting : kSettings) {
    for (const std::string& name : {std::string(setting.environment), environment_of(setting)}) {
      if (name.empty()) continue;
      if (const auto text = lookup(name)) TRY(set(config, setting, *text, fmt::format("{} {}", where, name)));
    }
  }
  return {};
}

std::string unquote(std::string_view value) {
  value = trim(value);
  if (value.starts_with('"') || value.starts_with('\'')) {
    const size_t end = value.find(value.front(), 1);
    if (end != std::string_view::npos) return std::string(value.substr(1, end - 1));
  }
  const size_t comment = value.find(" #");
  return std::string(trim(value.substr(0, comment)));
}

}  // namespace

Config Config::for_project(std::string_view name) const {
  Config config = *this;
  const auto found = projects.find(name);
  if (found == projects.end()) return config;
  const std::string origin = fmt::format("[projects.{}]", name);
  for (const auto& [key, text] : found->second) {
    // Checked when it was read.
    if (const Setting* const setting = find_setting(key)) static_cast<void>(set(config, *setting, text, origin));
  }
  return config;
}

std::span<const Setting> settings() {
  return kSettings;
}

std::string flag_of(const Setting& setting) {
  std::string flag = fmt::format("--{}", setting.key);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string environment_of(const Setting& setting) {
  std::string name = fmt::format("GLEANER_{}", setting.key);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name;
}

std::string value_of(const Config& config, const Setting& setting) {
  std::string value = std::visit([&config](auto member) { return fmt::format("{}", config.*member); }, setting.member);
  return setting.secret && !value.empty() ? "***" : value;
}

Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text) {
  std::map<std::string, std::string> values;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const size_t end = text.find('\n');
    std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return fail(Code::kInvalidArgument, fmt::format(".env line {}: expected NAME=value", line_number));
    }
    values[std::string(trim(line.substr(0, equals)))] = unquote(line.substr(equals + 1));
  }
  return values;
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return {};
  return value;
}

Result<Config> load(const Sources& sources) {
  Config config;
  if (!sources.toml_path.empty()) {
    if (!std::filesystem::exists(sources.toml_path))
      return fail(Code::kNotFound, fmt::format("{}: no such file", sources.toml_path));
    TRY(apply_toml(config, sources.toml_path));
  } else if (std::filesystem::exists("gleaner.toml")) {
    TRY(apply_toml(config, "gleaner.toml"));
  }
  if (std::filesystem::exists(sources.dotenv_path)) {
    TRY_ASSIGN(const std::string text, read_file(sources.dotenv_path));
    TRY_ASSIGN(const auto values, parse_dotenv(text));
    const auto lookup = [&values](const std::string& name) -> std::optional<std::string> {
      const auto found = values.find(name);
      return found == values.end() ? std::nullopt : std::optional(found->second);
    };
    TRY(apply_environment(config, lookup, sources.dotenv_path));
  }
  if (sources.environment) TRY(apply_environment(config, sources.environment, "environment"));
  for (const auto& [key, text] : sources.flags) {
    const Setting* const setting = find_setting(key);
    if (setting == nullptr) return fail(Code::kInternal, fmt::format("there is no setting \"{}\"", key));
    TRY(set(config, *setting, text, flag_of(*setting)));
  }
  return config;
}

}  // namespace gleaner::config

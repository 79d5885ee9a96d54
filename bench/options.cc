#include "options.h"

#include <charconv>

#include <fmt/format.h>

namespace gleaner::bench {
namespace {

constexpr std::string_view kUsage = R"(load: sends generated interactions to an HTTP server and measures the answers.

  --port N            where the server listens (required)
  --host HOST         default 127.0.0.1
  --key KEY           API key, sent as a bearer token
  --path PATH         default /v1/interactions, with --mode chat /v1/chat/completions
  --connections N     keep-alive connections, one request at a time on each; default 64
  --seconds S         default 8; 0 with --records: until they are sent
  --records N         stop after N records
  --mode MODE         single: one record a request; ndjson: --batch records a request; default single;
                      chat: requests to a chat model of OpenAI's API, each of which counts as a record
  --batch N           default 200
  --rate R            open loop: R records per second, latency from when a request was due; default 0, closed loop
  --ids IDS           none: the server chooses; uuid: a new random id on every record; default none;
                      with --mode chat uuid is a new user in every request
  --model NAME        of --mode chat, default gpt-4.1-mini
  --stream            of --mode chat: ask for streams and read them to their ends
  --bytes N           mean size of a record's JSON, default 2700
  --platform NAME     default zapier
  --json              one JSON object instead of the table
  --dump              print the pool of records as NDJSON, send nothing
)";

template <typename Number>
bool read_number(std::string_view text, Number least, Number most, Number& out) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (!(value >= least && value <= most)) return false;
  out = value;
  return true;
}

// Whether text becomes a header field or a JSON string as it is.
bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\') return false;
  }
  return true;
}

bool read_text(std::string_view text, std::string& out) {
  out = text;
  return !text.empty() && is_plain(text);
}

bool set_option(Options& options, std::string_view name, std::string_view value) {
  if (name == "--host") return read_text(value, options.host);
  if (name == "--key") return read_text(value, options.key);
  if (name == "--path") return value.starts_with('/') && read_text(value, options.path);
  if (name == "--platform") return read_text(value, options.platform);
  if (name == "--model") return read_text(value, options.model);
  if (name == "--port") return read_number<uint16_t>(value, 1, 65535, options.port);
  if (name == "--connections") return read_number<size_t>(value, 1, 10'000, options.connections);
  if (name == "--seconds") return read_number<double>(value, 0, 86'400, options.seconds);
  if (name == "--records") return read_number<uint64_t>(value, 1, 1'000'000'000'000, options.records);
  if (name == "--rate") return read_number<double>(value, 0, 10'000'000, options.rate);
  if (name == "--batch") return read_number<size_t>(value, 1, 100'000, options.batch);
  if (name == "--bytes") return read_number<size_t>(value, 500, 1'000'000, options.bytes);
  if (name == "--mode") {
    options.mode = value == "ndjson" ? Mode::kNdjson : value == "chat" ? Mode::kChat : Mode::kSingle;
    return value == "ndjson" || value == "chat" || value == "single";
  }
  if (name == "--ids") {
    options.ids = value == "uuid" ? Ids::kUuid : Ids::kNone;
    return value == "uuid" || value == "none";
  }
  return false;
}

bool* find_flag(Options& options, std::string_view name) {
  if (name == "--json") return &options.json;
  if (name == "--dump") return &options.dump;
  if (name == "--stream") return &options.stream;
  return name == "--help" ? &options.help : nullptr;
}

}  // namespace

std::string_view usage() {
  return kUsage;
}

std::expected<Options, std::string> parse_options(std::span<const char* const> arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (bool* const flag = find_flag(options, name)) {
      *flag = true;
      continue;
    }
    const std::string_view value = i + 1 < arguments.size() ? arguments[++i] : "";
    if (kUsage.find(fmt::format("  {} ", name)) == std::string_view::npos) {
      return std::unexpected(fmt::format("{}: there is no such option; see --help", name));
    }
    if (!set_option(options, name, value)) {
      return std::unexpected(fmt::format("{} {}: not a value this option takes; see --help", name, value));
    }
  }
  if (options.help || options.dump) return options;
  if (options.port == 0) return std::unexpected("--port is missing; see --help");
  if (options.seconds == 0 && options.records == 0) return std::unexpected("--seconds 0 needs --records");
  if (options.mode != Mode::kNdjson) options.batch = 1;
  if (options.path.empty()) options.path = options.mode == Mode::kChat ? "/v1/chat/completions" : "/v1/interactions";
  return options;
}

}  // namespace gleaner::bench

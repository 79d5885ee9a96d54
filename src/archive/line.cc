#include "archive/line.h"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"

namespace gleaner::archive {
namespace {

constexpr std::string_view kSignals = R"(,"signals":)";
constexpr std::string_view kContentHash = R"(,"content_hash":")";
constexpr std::string_view kSignalHashes = R"(","signal_hashes":[)";
constexpr std::string_view kPosition = R"(],"position":)";
constexpr std::string_view kLength = R"(,"interaction_bytes":)";
constexpr size_t kHashDigits = 16;

void append_hash(std::string& out, uint64_t hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, kHashDigits> text{};
  for (size_t i = kHashDigits; i-- > 0; hash >>= 4) text[i] = kDigits[hash & 15];
  out.append(text.data(), text.size());
}

// Lower case only: a hash has one way to be written.
std::optional<uint64_t> parse_hash(std::string_view text) {
  uint64_t hash = 0;
  for (const char c : text) {
    uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint64_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    hash = hash << 4 | digit;
  }
  return hash;
}

std::unexpected<Error> not_ours(std::string_view why) {
  return fail(Code::kDataLoss, fmt::format("not a line of an archive: {}", why));
}

void append_number(std::string& out, uint64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

// The number that `text` ends with, taken off; as encode_line writes it, or nothing.
std::optional<uint64_t> take_number(std::string_view& text) {
  constexpr size_t kMaxDigits = 19;
  size_t digits = 0;
  while (digits < kMaxDigits && digits < text.size() && text[text.size() - 1 - digits] >= '0' &&
         text[text.size() - 1 - digits] <= '9') {
    ++digits;
  }
  const std::string_view number = text.substr(text.size() - digits);
  if (digits == 0 || (digits > 1 && number.front() == '0')) return std::nullopt;
  uint64_t value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);
  text.remove_suffix(digits);
  return value <= INT64_MAX ? std::optional(value) : std::nullopt;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// Takes `"<16 hex>",...` off the end, as far as it goes.
std::string_view take_hashes(std::string_view& text) {
  const char* const end = text.data() + text.size();
  bool comma = false;
  while (text.size() > LineParts::kHashStride && text.back() == '"') {
    const std::string_view quoted = text.substr(text.size() - kHashDigits - 2);
    if (quoted.front() != '"' || !parse_hash(quoted.substr(1, kHashDigits))) break;
    text.remove_suffix(quoted.size());
    comma = text.back() == ',';
    if (!comma) break;
    text.remove_suffix(1);
  }
  if (comma) text = {text.data(), text.size() + 1};
  return {text.data() + text.size(), static_cast<size_t>(end - text.data()) - text.size()};
}

// The string that `text` begins with, as it was written and without its quotes, taken off with them.
std::optional<std::string_view> take_string(std::string_view& text) {
  if (!text.starts_with('"')) return std::nullopt;
  size_t end = 1;
  while (true) {
    end = text.find_first_of("\"\\", end);
    if (end == std::string_view::npos) return std::nullopt;
    if (text[end] == '"') break;
    end += 2;
  }
  const std::string_view string = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return string;
}

Result<std::string> unescaped(std::string_view written) {
  if (written.find('\\') == std::string_view::npos) return std::string(written);
  auto value = json::parse(fmt::format("\"{}\"", written));
  if (!value) return not_ours(value.error().message);
  return value->text();
}

Error damaged(std::string_view what, Error error) {
  return {Code::kDataLoss, fmt::format("{} does not read back: {}", what, error.message)};
}

}  // namespace

void encode_line(const store::Stored& stored, std::string& out) {
  const size_t start = out.size();
  record::encode(stored.interaction, out);
  out.pop_back();
  const size_t length = out.size() - start;
  out += kSignals;
  out += '[';
  for (size_t i = 0; i < stored.signals.size(); ++i) {
    if (i > 0) out += ',';
    record::encode(stored.signals[i], out);
  }
  out += ']';
  out += kContentHash;
  append_hash(out, stored.content_hash);
  out += kSignalHashes;
  for (size_t i = 0; i < stored.signal_hashes.size(); ++i) {
    out += i > 0 ? ",\"" : "\"";
    append_hash(out, stored.signal_hashes[i]);
    out += '"';
  }
  out += kPosition;
  append_number(out, static_cast<uint64_t>(stored.position));
  out += kLength;
  append_number(out, length);
  out += '}';
}

uint64_t LineParts::signal_hash(size_t index) const {
  return parse_hash(signal_hashes.substr(index * kHashStride + 1, kHashDigits)).value_or(0);
}

Result<LineParts> split_line(std::string_view line) {
  std::string_view rest = line;
  if (!take_suffix(rest, "}")) return not_ours("it does not end in a brace");
  const auto length = take_number(rest);
  if (!length || *length == 0 || !take_suffix(rest, kLength)) return not_ours("it does not end in interaction_bytes");
  const auto position = take_number(rest);
  if (!position || !take_suffix(rest, kPosition)) return not_ours("position");
  LineParts parts;
  parts.position = static_cast<int64_t>(*position);
  parts.signal_hashes = take_hashes(rest);
  if (!take_suffix(rest, kSignalHashes) || rest.size() < kHashDigits) return not_ours("signal_hashes");
  const auto hash = parse_hash(rest.substr(rest.size() - kHashDigits));
  rest.remove_suffix(kHashDigits);
  if (!hash || !take_suffix(rest, kContentHash)) return not_ours("content_hash");
  parts.content_hash = *hash;
  if (*length > rest.size() || !rest.substr(*length).starts_with(kSignals)) return not_ours("interaction_bytes");
  parts.interaction = rest.substr(0, *length);
  parts.signals = rest.substr(*length + kSignals.size());
  if (!parts.signals.starts_with('[') || !parts.signals.ends_with(']') || parts.signals.size() < 2) {
    return not_ours("signals");
  }
  return parts;
}

Result<LineHead> peek_line(std::string_view line) {
  LineHead head;
  bool has_time = false;
  // The fields of record/fields.h up to created_at are strings. Records are written in its order.
  for (std::string_view rest = line; rest.starts_with('{') || rest.starts_with(',');) {
    rest.remove_prefix(1);
    const auto key = take_string(rest);
    if (!key || !rest.starts_with(':')) return not_ours("its first fields");
    rest.remove_prefix(1);
    const auto value = take_string(rest);
    if (!value) break;
    if (*key == "id") {
      TRY_ASSIGN(head.id, unescaped(*value));
    } else if (*key == "user_id") {
      TRY_ASSIGN(head.user_id, unescaped(*value));
    } else if (*key == "created_at") {
      auto time = parse_time(*value);
      if (!time) return not_ours(time.error().message);
      head.created_at = *time;
      has_time = true;
      break;
    }
  }
  if (head.id.empty() || !has_time) return not_ours("it has no id or created_at in front");
  return head;
}

Status LineDecoder::decode(std::span<char> line, store::Stored& out) {
  TRY_ASSIGN(const LineParts parts, split_line({line.data(), line.size()}));
  char& behind = line[parts.interaction.size()];
  const char was = std::exchange(behind, '}');
  auto interaction = decoder_.encoded_interaction_padded({line.data(), parts.interaction.size() + 1});
  behind = was;
  if (!interaction) return std::unexpected(damaged("the interaction", std::move(interaction).error()));
  if (interaction->id.empty() || !interaction->created_at) return not_ours("it has no id or created_at");
  out.interaction = *std::move(interaction);
  out.content_hash = parts.content_hash;
  out.position = parts.position;
  return decode_signals(parts, out);
}

Status LineDecoder::decode_signals(const LineParts& parts, store::Stored& out) {
  out.signals.clear();
  out.signal_hashes.clear();
  out.verdict = {};
  if (parts.signals == "[]" && parts.signal_hashes.empty()) return {};
  auto texts = json::split_array(parts.signals);
  if (!texts) return std::unexpected(damaged("signals", std::move(texts).error()));
  if (texts->size() != parts.signal_count()) return not_ours("signals and signal_hashes are not as many");
  for (size_t i = 0; i < texts->size(); ++i) {
    auto signal = decoder_.signal_padded((*texts)[i]);
    if (!signal) return std::unexpected(damaged("a signal", std::move(signal).error()));
    out.signals.push_back(*std::move(signal));
    out.signal_hashes.push_back(parts.signal_hash(i));
  }
  out.verdict = record::verdict_of(out.signals);
  return {};
}

}  // namespace gleaner::archive

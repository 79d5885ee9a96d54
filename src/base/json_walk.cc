#include "base/json_walk.h"

#include <array>

#include <fmt/format.h>

#include "base/json.h"

namespace gleaner::json {
namespace {

std::string_view trim_right(std::string_view token) {
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

// What a thread keeps: so many, of texts up to so many bytes.
constexpr size_t kKeptParsers = 4;
constexpr size_t kKeptCapacity = size_t{64} << 10;

// Set when the thread's parsers are gone, for Walkers that go even later.
thread_local bool thread_ends = false;

struct KeptParsers {
  ~KeptParsers() { thread_ends = true; }
  std::array<std::unique_ptr<ondemand::parser>, kKeptParsers> parsers;
  size_t count = 0;
};

KeptParsers& kept_parsers() {
  thread_local KeptParsers kept;
  return kept;
}

}  // namespace

Walker::Walker() {
  if (!thread_ends && kept_parsers().count > 0) {
    KeptParsers& kept = kept_parsers();
    parser_ = std::move(kept.parsers.at(--kept.count));
  } else {
    parser_ = std::make_unique<ondemand::parser>();
  }
}

Walker::~Walker() {
  if (parser_ == nullptr || parser_->capacity() > kKeptCapacity || thread_ends) return;
  KeptParsers& kept = kept_parsers();
  if (kept.count < kKeptParsers) kept.parsers.at(kept.count++) = std::move(parser_);
}

std::string_view written_key(ondemand::field& field) {
  const char* const start = field.key().raw() - 1;
  const std::string_view until_value(start, static_cast<size_t>(field.value().raw_json_token().data() - start));
  return until_value.substr(0, until_value.find_last_of('"') + 1);
}

std::unexpected<Error> syntax_error(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return fail(Code::kInvalidArgument, "not valid JSON: the bytes are not UTF-8");
    case simdjson::DEPTH_ERROR:
      return fail(Code::kInvalidArgument,
                  fmt::format("not valid JSON: nested deeper than {} levels, or brackets do not match", kMaxDepth));
    case simdjson::EMPTY:
      return fail(Code::kInvalidArgument, "not valid JSON: empty");
    case simdjson::CAPACITY:
      return fail(Code::kTooLarge, "too large to parse");
    case simdjson::STRING_ERROR:
      return fail(Code::kInvalidArgument, "not valid JSON: a bad escape or lone surrogate in a string");
    case simdjson::UNCLOSED_STRING:
      return fail(Code::kInvalidArgument, "not valid JSON: a string is not closed");
    case simdjson::UNESCAPED_CHARS:
      return fail(Code::kInvalidArgument, "not valid JSON: a control character in a string must be escaped");
    case simdjson::NUMBER_ERROR:
      return fail(Code::kInvalidArgument, "not valid JSON: a malformed or too large number");
    case simdjson::TRAILING_CONTENT:
      return fail(Code::kInvalidArgument, "not valid JSON: text behind the value");
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return fail(Code::kInvalidArgument, "not valid JSON: an array or object is not closed");
    default:
      return fail(Code::kInvalidArgument, fmt::format("not valid JSON: {}", simdjson::error_message(code)));
  }
}

Result<ondemand::document> Walker::begin(const char* data, size_t size, size_t capacity) {
  ondemand::document document;
  if (const auto error = parser_->iterate(data, size, capacity).get(document)) return syntax_error(error);
  return document;
}

Result<ondemand::document> Walker::begin(std::string_view text) {
  padded_.reserve(text.size() + kPadding);
  padded_.assign(text);
  return begin(padded_.data(), padded_.size(), padded_.capacity());
}

Result<std::string_view> Walker::text(ondemand::value value) {
  std::string_view unescaped;
  if (const auto error = value.get_string().get(unescaped)) return syntax_error(error);
  return unescaped;
}

Result<std::string_view> Walker::copy_string(ondemand::value value, std::string& out) {
  const std::string_view token = trim_right(value.raw_json_token());
  std::string_view unescaped;
  if (const auto error = value.get_string().get(unescaped)) return syntax_error(error);
  out += token;
  return unescaped;
}

Result<std::string_view> Walker::pass_over(ondemand::value value) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return syntax_error(error);
  std::string_view text = value.raw_json_token();
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return syntax_error(error);
    if (const auto error = object.raw_json().get(text)) return syntax_error(error);
  } else if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return syntax_error(error);
    if (const auto error = array.raw_json().get(text)) return syntax_error(error);
  }
  return trim_right(text);
}

Status Walker::copy_array(ondemand::value value, std::string& out, int depth) {
  ondemand::array array;
  if (const auto error = value.get_array().get(array)) return syntax_error(error);
  out += '[';
  bool first = true;
  for (auto item : array) {
    ondemand::value element;
    if (const auto error = item.get(element)) return syntax_error(error);
    if (!first) out += ',';
    first = false;
    TRY(copy(element, out, depth + 1));
  }
  out += ']';
  return {};
}

Status Walker::copy_object(ondemand::value value, std::string& out, int depth) {
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return syntax_error(error);
  out += '{';
  bool first = true;
  for (auto member : object) {
    ondemand::field field;
    if (const auto error = std::move(member).get(field)) return syntax_error(error);
    const std::string_view written = written_key(field);
    std::string_view unescaped;
    if (const auto error = field.unescaped_key().get(unescaped)) return syntax_error(error);
    if (!first) out += ',';
    first = false;
    out += written;
    out += ':';
    TRY(copy(field.value(), out, depth + 1));
  }
  out += '}';
  return {};
}

Status Walker::copy(ondemand::value value, std::string& out, int depth) {
  if (depth > kMaxDepth) return syntax_error(simdjson::DEPTH_ERROR);
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return syntax_error(error);
  switch (type) {
    case ondemand::json_type::array:
      return copy_array(value, out, depth);
    case ondemand::json_type::object:
      return copy_object(value, out, depth);
    case ondemand::json_type::string: {
      TRY(copy_string(value, out));
      return {};
    }
    case ondemand::json_type::number: {
      const std::string_view token = trim_right(value.raw_json_token());
      double ignored = 0;
      if (const auto error = value.get_double().get(ignored)) return syntax_error(error);
      out += token;
      return {};
    }
    case ondemand::json_type::boolean: {
      bool flag = false;
      if (const auto error = value.get_bool().get(flag)) return syntax_error(error);
      out += flag ? "true" : "false";
      return {};
    }
    case ondemand::json_type::null: {
      bool is_null = false;
      if (value.is_null().get(is_null) || !is_null) return syntax_error(simdjson::N_ATOM_ERROR);
      out += "null";
      return {};
    }
  }
  return syntax_error(simdjson::TAPE_ERROR);
}

}  // namespace gleaner::json

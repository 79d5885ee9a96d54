#include "privacy/record_redaction.h"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <variant>

#include "base/json.h"
#include "base/text.h"
#include "privacy/place.h"
#include "privacy/pseudonym.h"
#include "record/fields.h"

namespace gleaner::privacy {
namespace {

using record::RawJson;
using record::Shape;

constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxNameBytes = 128;

// How long the placeholder is that begins where `text` does, or 0.
size_t placeholder_size(std::string_view text) {
  if (!text.starts_with('[')) return 0;
  const size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789abcdef", 1);
  return end == std::string_view::npos || end < 3 || text[end] != ']' ? 0 : end + 1;
}

// Cuts what placeholders have made too long, never through one of them.
void fit(std::string& text, size_t limit) {
  if (text.size() <= limit) return;
  size_t end = truncate_utf8(text, limit).size();
  const size_t open = text.rfind('[', end - 1);
  if (open != std::string::npos && open > 0 && open + placeholder_size(std::string_view(text).substr(open)) > end) {
    end = open;
  }
  text.resize(end);
}

bool needs_number(record::SignalKind kind) {
  return kind == record::SignalKind::kRating || kind == record::SignalKind::kScore;
}

bool is_number(const RawJson& json) {
  return !json.empty() && (json.text.front() == '-' || is_digit(json.text.front()));
}

class FieldRedactor {
 public:
  FieldRedactor(const RedactionPolicy& policy, const Secret& secret) : redactor_(policy, secret), secret_(secret) {}

  template <typename Record>
  Status visit(Record& record, const record::Field<Record>& field) {
    if (field.name == "user_id" || field.name == "redactions") return {};
    if constexpr (std::is_same_v<Record, record::Signal>) {
      if (field.name == "value" && needs_number(record.kind) && is_number(record.value)) return {};
    }
    return std::visit([&](auto member) { return redact(record.*member, field.name, field.shape); }, field.member);
  }

  // What was found, also as JSON: {"email":2}.
  KindCounts count(RawJson& redactions) const {
    redactions.text.clear();
    if (redactor_.total() == 0) return redactor_.counts();
    json::Value counts = json::Value::object();
    for (const KindInfo& kind : kinds()) {
      const uint32_t found = redactor_.counts()[static_cast<size_t>(kind.kind)];
      if (found > 0) counts.set(std::string(kind.name), json::Value::number(std::to_string(found)));
    }
    redactions.text = counts.dump();
    return redactor_.counts();
  }

 private:
  Status redact(std::string& text, std::string_view name, Shape shape) {
    if (shape == Shape::kId) {
      text = safe_id(secret_, std::move(text));
      fit(text, kMaxIdBytes);
    } else if (!text.empty() && redactor_.text(text, name) && shape == Shape::kName) {
      fit(text, kMaxNameBytes);
    }
    return {};
  }

  Status redact(RawJson& json, std::string_view name, Shape shape) {
    if (json.empty()) return {};
    if (shape == Shape::kItems) TRY(keep_item_ids_safe(json.text));
    TRY(redactor_.json(json.text, name));
    return {};
  }

  Status redact(std::vector<std::string>& names, std::string_view name, Shape) {
    for (std::string& one : names) {
      if (redactor_.text(one, name)) fit(one, kMaxNameBytes);
    }
    return {};
  }

  // Numbers, times and kinds say nothing about anybody.
  template <typename Other>
  Status redact(Other&, std::string_view, Shape) {
    return {};
  }

  // The same stands in for an item's id here as in the signals that name it.
  Status keep_item_ids_safe(std::string& text) const {
    TRY_ASSIGN(json::Value items, json::parse(text));
    bool changed = false;
    for (json::Value& item : items.items()) {
      const auto id = item.find_string("id");
      if (!id) continue;
      std::string safe = safe_id(secret_, std::string(*id));
      if (safe == *id) continue;
      item.set("id", json::Value::string(std::move(safe)));
      changed = true;
    }
    if (changed) text = items.dump();
    return {};
  }

  Redactor redactor_;
  const Secret& secret_;
};

template <typename Record>
Result<KindCounts> redact_fields(const RedactionPolicy& policy, const Secret& secret, Record& record,
                                 std::span<const record::Field<Record>> fields) {
  FieldRedactor redactor(policy, secret);
  for (const record::Field<Record>& field : fields) TRY(redactor.visit(record, field));
  return redactor.count(record.redactions);
}

// Undoes the escapes of ASCII letters, digits, "_" and "-", at any depth of quoting, so that names can be read.
std::string with_plain_letters(std::string_view text) {
  constexpr std::string_view kEscape = "\\u00";
  std::string out;
  while (true) {
    const size_t at = text.find(kEscape);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at);
    char c = '\0';
    if (text.size() >= 6 && text[4] >= '2' && text[4] <= '7' && is_hex(text[5])) {
      const int low = is_digit(text[5]) ? text[5] - '0' : (text[5] | 0x20) - 'a' + 10;
      c = static_cast<char>((text[4] - '0') << 4 | low);
    }
    if (is_alnum(c) || c == '_' || c == '-') {
      while (out.ends_with('\\')) out.pop_back();
      out += c;
      text.remove_prefix(6);
    } else {
      out.append(kEscape);
      text.remove_prefix(kEscape.size());
    }
  }
}

// Finds in broken JSON, or what else was sent in its stead, what stands behind a name such as user_id.
class BrokenText {
 public:
  BrokenText(std::string_view text, std::string_view word) : text_(text), lower_(ascii_lower(text)), word_(word) {}

  // With `placeholder` where the values stood; their quotes stay.
  std::string without_values(std::string_view placeholder) const {
    std::string out;
    size_t done = 0;
    for (size_t at = lower_.find(word_); at != std::string::npos; at = lower_.find(word_, at + 1)) {
      if (at < done) continue;
      const auto value = value_behind(at);
      if (!value || value->begin >= value->end) continue;
      out.append(text_.substr(done, value->begin - done)).append(placeholder);
      done = value->end;
    }
    return out.append(text_.substr(done));
  }

 private:
  struct Range {
    size_t begin;
    size_t end;
  };

  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  size_t skip(size_t i, std::string_view set) const { return std::min(text_.find_first_not_of(set, i), text_.size()); }

  std::optional<Range> value_behind(size_t name) const {
    size_t i = name + word_.size();
    const bool quoted = name > 0 && (text_[name - 1] == '"' || text_[name - 1] == '\'');
    const size_t id = i + (std::string_view("_-. ").contains(at(i)) ? 1 : 0);
    const bool is_id = lower_.compare(id, 2, "id") == 0;
    if (is_id) i = id + 2;
    if (is_id && (at(i) | 0x20) == 's') ++i;
    if (is_alnum(at(i)) || at(i) == '_') return {};
    i = skip(i, "\\");
    if (at(i) == '"' || at(i) == '\'') ++i;
    const size_t sign = skip(i, " \t\r\n");
    const bool assigned = at(sign) == ':' || at(sign) == '=';
    // "user" alone says little: only as a member's name, and not as a session.
    if (!is_id && !(assigned && quoted && word_ == "user")) return {};
    i = assigned ? skip(skip(sign + 1, ">"), " \t\r\n") : skip(i, " \t");
    return value_at(i);
  }

  Range value_at(size_t begin) const {
    const size_t open = skip(begin, "\\");
    if (at(open) == '"' || at(open) == '\'') return {open + 1, end_of_string(open + 1, at(open), open - begin)};
    if (at(begin) == '[' || at(begin) == '{') return {begin, end_of_structure(begin)};
    size_t end = begin;
    while (end < text_.size() && !std::string_view("\",}]&\r\n").contains(text_[end])) ++end;
    while (end > begin && end < text_.size() && text_[end] == '"' && text_[end - 1] == '\\') --end;
    return {begin, end};
  }

  // `escapes` backslashes stand before the opening quote: as many before the one that closes, not counting pairs.
  size_t end_of_string(size_t i, char quote, size_t escapes) const {
    for (size_t run = 0; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++run;
        continue;
      }
      const bool closes = run <= escapes || run % (2 * escapes + 2) == escapes;
      if (text_[i] == quote && closes && (quote == '"' || ends_value(i + 1))) return i - std::min(run, escapes);
      run = 0;
    }
    return text_.size();
  }

  // An apostrophe inside a name is followed by more of it.
  bool ends_value(size_t i) const {
    const size_t next = skip(i, " \t\r\n");
    return next == text_.size() || std::string_view(",}])\"").contains(text_[next]);
  }

  size_t end_of_structure(size_t i) const {
    size_t depth = 0;
    for (; i < text_.size(); ++i) {
      if (text_[i] == '[' || text_[i] == '{') ++depth;
      if ((text_[i] == ']' || text_[i] == '}') && --depth == 0) return i + 1;
      if (text_[i] != '"') continue;
      size_t escapes = 0;
      while (escapes < i && text_[i - escapes - 1] == '\\') ++escapes;
      i = end_of_string(i + 1, '"', escapes) + escapes;
    }
    return text_.size();
  }

  std::string_view text_;
  std::string lower_;
  std::string_view word_;
};

// Errors: a step that failed; nothing of the JSON is fit to be kept then.
Status apply_steps(Redactor& redactor, const Secret& secret, const UnreadSteps& steps, std::string& json) {
  TRY(pseudonymise_members(secret, json));
  TRY(hide_session_items(secret, json));
  if (steps.sessions) TRY(pseudonymise_session_members(secret, json));
  if (steps.places) TRY(generalise_places(json));
  TRY(redactor.json(json));
  return {};
}

}  // namespace

Result<KindCounts> redact(const RedactionPolicy& policy, const Secret& secret, record::Interaction& interaction) {
  return redact_fields(policy, secret, interaction, record::interaction_fields());
}

Result<KindCounts> redact(const RedactionPolicy& policy, const Secret& secret, record::Signal& signal) {
  return redact_fields(policy, secret, signal, record::signal_fields());
}

std::string redact_unread(const RedactionPolicy& policy, const Secret& secret, std::string_view text,
                          const UnreadSteps& steps) {
  Redactor redactor(policy, secret);
  if (auto json = json::compact(text)) {
    *json = with_safe_import_ids(secret, *json);
    // Better no text than one in the clear.
    return apply_steps(redactor, secret, steps, *json) ? *json : std::string();
  }
  std::string plain = with_safe_session_items(secret, with_safe_import_ids(secret, with_plain_letters(text)));
  plain = BrokenText(plain, "user").without_values("[USER]");
  if (steps.sessions) plain = BrokenText(plain, "session").without_values("[SESSION]");
  redactor.text(plain);
  return plain;
}

std::string redact_message(const RedactionPolicy& policy, const Secret& secret, std::string_view text) {
  std::string message = with_safe_import_ids(secret, text);
  Redactor(policy, secret).text(message);
  return message;
}

}  // namespace gleaner::privacy

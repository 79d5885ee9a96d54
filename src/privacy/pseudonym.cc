#include "privacy/pseudonym.h"

#include <algorithm>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "privacy/redactor.h"
#include "privacy/scanner.h"
#include "record/session_item.h"

namespace gleaner::privacy {
namespace {

std::string stand_in(const Secret& secret, std::string_view prefix, std::string_view salt, std::string_view id) {
  if (id.empty()) return {};
  const Sha256 digest = hmac_sha256(secret.reveal(), std::string(salt).append(id));
  return std::string(prefix) + to_hex({reinterpret_cast<const char*>(digest.data()), 16});
}

// Only hexadecimal digits and dashes, of the length that UUIDs and digests have.
bool is_random_id(std::string_view id) {
  return id.size() >= 32 && std::ranges::all_of(id, [](char c) { return is_hex(c) || c == '-'; });
}

// An id the importer made: see gateway/import/importer.h.
constexpr std::string_view kImport = "import_";
constexpr size_t kDigits = 32;

bool all_hex(std::string_view digits) {
  return digits.size() == kDigits && std::ranges::all_of(digits, is_hex);
}

bool is_import_id(std::string_view id) {
  return id.starts_with(kImport) && all_hex(id.substr(kImport.size()));
}

bool is_personal(std::string_view id) {
  if (is_import_id(id)) return true;
  if (is_random_id(id)) return false;
  std::vector<Finding> findings;
  scan(id, {}, default_kinds(), findings);
  return !findings.empty();
}

// What a member's name says, however it is spelled.
std::string plain(std::string_view name) {
  std::string out = ascii_lower(name);
  std::erase_if(out, [](char c) { return c == '_' || c == '-' || c == '.' || c == ' '; });
  return out;
}

// Whether `word` (lower case) may stand in a name of that JSON: in any case, or hidden by escapes of letters.
bool mentions(std::string_view json, std::string_view word) {
  const auto same = [](char c, char lower) { return (c | 0x20) == lower; };
  if (!std::ranges::search(json, word, same).empty()) return true;
  constexpr std::string_view kEscape = "\\u00";
  for (size_t at = json.find(kEscape); at != std::string_view::npos; at = json.find(kEscape, at + 1)) {
    const size_t digit = at + kEscape.size();
    if (digit < json.size() && json[digit] >= '4' && json[digit] <= '7') return true;
  }
  return false;
}

using Replace = std::string (*)(const Secret&, std::string_view);

class Members {
 public:
  // `word` stands in every name in question; what `prefix` begins is done already.
  Members(const Secret& secret, std::string_view word, std::string_view prefix, Replace replacement)
      : secret_(secret), word_(word), prefix_(prefix), replacement_(replacement) {}

  Status apply(std::string& json) {
    if (!mentions(json, word_)) return {};
    auto value = json::parse(json);
    if (!value) return fail(Code::kInternal, "pseudonyms were to be put into JSON that is not valid");
    if (visit(*value, true)) json = value->dump();
    return {};
  }

 private:
  bool visit(json::Value& value, bool look_into_strings) {
    if (value.is_string()) return look_into_strings && visit_string(value);
    bool changed = false;
    for (json::Value& item : value.items()) changed |= visit(item, look_into_strings);
    for (auto& [name, member] : value.members()) {
      const std::string key = plain(name);
      const bool is_id =
          key.starts_with(word_) && (key.substr(word_.size()) == "id" || key.substr(word_.size()) == "ids");
      if (is_id) {
        changed |= replace_all(member);
      } else if (key == "user" && word_ == key && !is_turn(value, member)) {
        changed |= replace_short(member, look_into_strings);
      } else {
        changed |= visit(member, look_into_strings);
      }
    }
    return changed;
  }

  // Whether that member of `object` is what somebody said: an answer stands beside it, or a prompt that it belongs to.
  static bool is_turn(const json::Value& object, const json::Value& member) {
    if (object.find("assistant") != nullptr || object.find("bot") != nullptr) return true;
    return object.find("system") != nullptr && member.text().contains(' ');
  }

  bool visit_string(json::Value& value) {
    const std::string_view text = trim(value.text());
    if (!text.starts_with('{') && !text.starts_with('[')) return false;
    if (!mentions(text, word_)) return false;
    auto inner = json::parse(text);
    if (!inner || !visit(*inner, false)) return false;
    value = json::Value::string(inner->dump());
    return true;
  }

  // Whatever is no structure; of an object such as {"$oid":"..."} what it holds.
  bool replace_all(json::Value& value) {
    if (value.is_string() || value.is_number()) return replace(value);
    bool changed = false;
    for (json::Value& item : value.items()) changed |= replace_all(item);
    for (auto& [name, member] : value.members()) changed |= replace_all(member);
    return changed;
  }

  // "user" may be an object with members of its own, or what a user said.
  bool replace_short(json::Value& value, bool look_into_strings) {
    constexpr size_t kLongestId = 64;  // the limit of OpenAI's `user`
    if (value.is_number()) return replace(value);
    if (value.is_string() && value.text().size() <= kLongestId && !holds_object(value)) return replace(value);
    bool changed = false;
    if (value.is_array()) {
      for (json::Value& item : value.items()) changed |= replace_short(item, look_into_strings);
      return changed;
    }
    return visit(value, look_into_strings);
  }

  static bool holds_object(const json::Value& value) {
    const std::string_view text = trim(value.text());
    return text.starts_with('{') && json::parse(text).has_value();
  }

  bool replace(json::Value& value) {
    const std::string& id = value.text();
    if (id.empty()) return false;
    if (id.starts_with(prefix_) && all_hex(std::string_view(id).substr(prefix_.size()))) return false;
    value = json::Value::string(replacement_(secret_, id));
    return true;
  }

  const Secret& secret_;
  std::string_view word_;
  std::string_view prefix_;
  Replace replacement_;
};

bool hide_sessions(const Secret& secret, json::Value& value) {
  bool changed = false;
  for (json::Value& item : value.items()) changed |= hide_sessions(secret, item);
  for (auto& [name, member] : value.members()) {
    const std::string key = plain(name);
    if (member.is_string() && member.text().starts_with(record::kSessionItem) && (key == "id" || key == "itemid")) {
      member = json::Value::string(safe_id(secret, member.text()));
      changed = true;
    } else {
      changed |= hide_sessions(secret, member);
    }
  }
  return changed;
}

}  // namespace

std::string pseudonym(const Secret& secret, std::string_view user_id) {
  return stand_in(secret, "u_", "", user_id);
}

std::string session_pseudonym(const Secret& secret, std::string_view session) {
  return stand_in(secret, "s_", "session:", session);
}

Status pseudonymise_members(const Secret& secret, std::string& json) {
  return Members(secret, "user", "u_", &pseudonym).apply(json);
}

Status pseudonymise_session_members(const Secret& secret, std::string& json) {
  return Members(secret, "session", "s_", &session_pseudonym).apply(json);
}

std::string safe_id(const Secret& secret, std::string id) {
  if (!id.starts_with(record::kSessionItem) && !is_personal(id)) return id;
  return stand_in(secret, "i_", "id:", id);
}

Status hide_session_items(const Secret& secret, std::string& json) {
  if (!mentions(json, "session")) return {};
  auto value = json::parse(json);
  if (!value) return fail(Code::kInternal, "items of sessions were to be replaced in JSON that is not valid");
  if (hide_sessions(secret, *value)) json = value->dump();
  return {};
}

std::string with_safe_session_items(const Secret& secret, std::string_view text) {
  const std::string begin = '"' + std::string(record::kSessionItem);
  std::string out;
  while (true) {
    const size_t at = text.find(begin);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
    const size_t end = std::min(text.find_first_of("\"\\"), text.size());
    out.append(1, '"').append(safe_id(secret, std::string(text.substr(0, end))));
    text.remove_prefix(end);
  }
}

std::string with_safe_import_ids(const Secret& secret, std::string_view text) {
  std::string out;
  while (true) {
    const size_t at = text.find(kImport);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    const std::string_view id = text.substr(at, kImport.size() + kDigits);
    if (is_import_id(id)) {
      out.append(safe_id(secret, std::string(id)));
      text.remove_prefix(at + id.size());
    } else {
      out.append(kImport);
      text.remove_prefix(at + kImport.size());
    }
  }
}

}  // namespace gleaner::privacy

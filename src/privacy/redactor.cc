#include "privacy/redactor.h"

#include <numeric>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "privacy/json_pass.h"
#include "privacy/scanner.h"

namespace gleaner::privacy {
namespace {

// Taking one finding away may bring another to light; this many times is looked again.
constexpr int kMaxPasses = 4;

bool is_number_kind(Kind kind) {
  switch (kind) {
    case Kind::kPhone:
    case Kind::kCard:
    case Kind::kIban:
    case Kind::kBankAccount:
    case Kind::kNationalId:
    case Kind::kTaxId:
    case Kind::kHealthId:
      return true;
    default:
      return false;
  }
}

// The same number however it was written, the same address in either case.
std::string normal_form(Kind kind, std::string_view value) {
  if (kind == Kind::kEmail) return ascii_lower(value);
  if (!is_number_kind(kind)) return std::string(value);
  std::string out;
  for (const char c : value) {
    if (is_alnum(c)) out += c;
  }
  return out;
}

// Whether "\u0040" and the like stand in a text, as in JSON that is quoted in it or was cut off.
bool has_escapes(std::string_view text) {
  return text.find('\\') != std::string_view::npos && text.find("\\u00") != std::string_view::npos;
}

// A text with those of letters, digits and the signs that addresses and tokens are made of undone, and where each of
// its bytes, and its end, came from.
struct Unescaped {
  explicit Unescaped(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      const char c = escaped_at(text.substr(at));
      from.push_back(at);
      plain += c == '\0' ? text[at] : c;
      at += c == '\0' ? 1 : kEscape;
    }
    from.push_back(text.size());
  }

  // What "\u0040" stands for, or 0.
  static char escaped_at(std::string_view text) {
    if (text.size() < kEscape || !text.starts_with("\\u00") || text[4] < '2' || text[4] > '7' || !is_hex(text[5]))
      return '\0';
    const int low = is_digit(text[5]) ? text[5] - '0' : (text[5] | 0x20) - 'a' + 10;
    const char c = static_cast<char>((text[4] - '0') << 4 | low);
    return is_alnum(c) || std::string_view("@.:/+-_=% ").contains(c) ? c : '\0';
  }

  static constexpr size_t kEscape = 6;
  std::string plain;
  std::vector<size_t> from;
};

}  // namespace

KindSet default_kinds() {
  KindSet set;
  for (const KindInfo& one : kinds()) {
    if (one.kind != Kind::kName && one.kind != Kind::kAddress) set.add(one.kind);
  }
  return set;
}

Result<KindSet> parse_kinds(std::string_view list) {
  // What only takes away takes away from what there is.
  KindSet set = trim(list).starts_with('-') ? default_kinds() : KindSet();
  bool empty = true;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view name = trim(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (name.empty()) continue;
    empty = false;
    const bool take_away = name.starts_with('-');
    if (take_away) name.remove_prefix(1);
    KindSet named;
    if (name == "all") {
      for (const KindInfo& one : kinds()) named.add(one.kind);
    } else if (name == "default") {
      named = default_kinds();
    } else if (const auto kind = parse_kind(name)) {
      named.add(*kind);
    } else if (name != "none") {
      std::string known = "all, default, none";
      for (const KindInfo& one : kinds()) known += fmt::format(", {}", one.name);
      return fail(Code::kInvalidArgument,
                  fmt::format("there is no kind \"{}\"; there are {}", truncate_utf8(name, 40), known));
    }
    for (const KindInfo& one : kinds()) {
      if (!named.has(one.kind)) continue;
      take_away ? set.remove(one.kind) : set.add(one.kind);
    }
  }
  if (empty) return fail(Code::kInvalidArgument, "expected a list of kinds; \"none\" for nothing");
  return set;
}

Redactor::Redactor(RedactionPolicy policy, const Secret& secret) : policy_(policy), secret_(secret) {}

uint32_t Redactor::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), uint32_t{0});
}

void Redactor::add(const KindCounts& counts) {
  for (size_t i = 0; i < counts.size(); ++i) counts_[i] += counts[i];
}

void Redactor::look(std::string_view text, std::string_view key, std::vector<Finding>& findings) const {
  findings.clear();
  if (!has_escapes(text)) return scan(text, key, policy_.kinds, findings);
  const Unescaped unescaped(text);
  scan(unescaped.plain, key, policy_.kinds, findings);
  for (Finding& one : findings) {
    one.begin = unescaped.from[one.begin];
    one.end = unescaped.from[one.end];
  }
}

std::vector<Finding> Redactor::find(std::string_view text, std::string_view key) const {
  std::vector<Finding> findings;
  look(text, key, findings);
  return findings;
}

void Redactor::append_placeholder(Kind kind, std::string_view value, Style style, std::string& out) const {
  const std::string_view label = info(kind).label;
  out.append("[").append(label);
  if (style != Style::kTyped) {
    const size_t bytes = style == Style::kKeyed ? 2 : 4;
    const Sha256 digest = hmac_sha256(secret_.reveal(), fmt::format("{}:{}", label, normal_form(kind, value)));
    out.append("_").append(to_hex({reinterpret_cast<const char*>(digest.data()), bytes}));
  }
  out.append("]");
}

bool Redactor::replace(std::string_view text, std::string_view key, Style style, std::string& out) {
  look(text, key, findings_);
  if (findings_.empty()) return false;
  std::string current;
  for (int pass = 0; pass < kMaxPasses && !findings_.empty(); ++pass) {
    out.clear();
    size_t done = 0;
    for (const Finding& finding : findings_) {
      out.append(text.substr(done, finding.begin - done));
      append_placeholder(finding.kind, text.substr(finding.begin, finding.end - finding.begin), style, out);
      done = finding.end;
      ++counts_[static_cast<size_t>(finding.kind)];
    }
    out.append(text.substr(done));
    current.swap(out);
    text = current;
    look(text, key, findings_);
  }
  out.swap(current);
  return true;
}

bool Redactor::text(std::string& text, std::string_view key) {
  std::string out;
  if (!replace(text, key, policy_.keyed ? Style::kKeyed : Style::kTyped, out)) return false;
  text.swap(out);
  return true;
}

Result<bool> Redactor::json(std::string& json, std::string_view key) {
  const auto rewrite = [this](std::string_view text, std::string_view member, bool is_name, std::string& out) {
    // A key that says nothing, but is not that of a text either: an id used as a name is no lonely number.
    if (is_name) return replace(text, "field", Style::kLongKeyed, out);
    return replace(text, member, policy_.keyed ? Style::kKeyed : Style::kTyped, out);
  };
  return rewrite_strings(json, key, rewrite);
}

}  // namespace gleaner::privacy

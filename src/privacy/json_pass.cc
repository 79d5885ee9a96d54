#include "privacy/json_pass.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#if defined(__SSE4_2__)
#include <immintrin.h>
#endif

#include "base/json.h"

namespace gleaner::privacy {
namespace {

// How many strings deep JSON in JSON is read; what is deeper is read as text.
constexpr int kMaxNesting = 8;
constexpr size_t kShortNumber = 7;
constexpr size_t kLongName = 24;

// A word or a few joined by "_", as nearly all names of members are.
bool is_plain_name(std::string_view name) {
  return name.size() <= kLongName &&
         std::ranges::all_of(name, [](char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_'; });
}

bool is_number_byte(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// The first quote or backslash from `at` on. A third of the pass is spent here, hence not find_first_of (0.4 GB/s).
size_t quote_or_backslash(std::string_view text, size_t at) {
#if defined(__SSE4_2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const int hits = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)));
    if (hits != 0) return at + static_cast<size_t>(std::countr_zero(static_cast<unsigned>(hits)));
  }
#endif
  for (; at < text.size(); ++at) {
    if (text[at] == '"' || text[at] == '\\') return at;
  }
  return std::string_view::npos;
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

uint32_t hex4(std::string_view digits) {
  uint32_t code = 0;
  for (const char c : digits) {
    const int value = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    code = code << 4 | static_cast<uint32_t>(value & 15);
  }
  return code;
}

// The text of a checked string token without its quotes.
void unescape(std::string_view token, std::string& out) {
  out.clear();
  size_t at = 0;
  while (true) {
    const size_t slash = token.find('\\', at);
    out.append(token.substr(at, slash - at));
    if (slash == std::string_view::npos || slash + 1 >= token.size()) return;
    const char c = token[slash + 1];
    at = slash + 2;
    switch (c) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        uint32_t code = hex4(token.substr(at, 4));
        at = std::min(at + 4, token.size());
        if (code >= 0xd800 && code < 0xdc00 && token.substr(at).starts_with("\\u")) {
          code = 0x10000 + ((code - 0xd800) << 10) + (hex4(token.substr(std::min(at + 2, token.size()), 4)) - 0xdc00);
          at = std::min(at + 6, token.size());
        }
        append_utf8(out, code);
        break;
      }
      default:
        out += c;
    }
  }
}

bool holds_json(std::string_view text) {
  const size_t start = text.find_first_not_of(" \n\t\r");
  return start != std::string_view::npos && (text[start] == '{' || text[start] == '[' || text[start] == '"');
}

// {"name": "password", "value": "hunter2"}, as forms, environments and headers are written.
bool names_a_value(std::string_view name) {
  return name == "name" || name == "key" || name == "field" || name == "label";
}

// The digits of a number that stands for a whole one ("4111111111111111.0", "-4.2e15"), as columns with gaps are
// written.
std::string whole_digits(std::string_view number) {
  double value = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
  constexpr double kMost = 1e19;
  if (parsed.ec != std::errc() || std::abs(value) >= kMost || value != std::floor(value)) return {};
  return fmt::format("{:.0f}", std::abs(value));
}

class Pass {
 public:
  Pass(std::string_view json, std::string_view key, const Rewrite& rewrite, int nesting)
      : json_(json), rewrite_(rewrite), nesting_(nesting) {
    names_[0] = key;
  }

  Status run() {
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        TRY(visit_string());
      } else if ((c >= '0' && c <= '9') || c == '-') {
        visit_number();
      } else {
        TRY(visit_mark(c));
        ++at_;
      }
    }
    if (changed_) out_.append(json_.substr(copied_));
    return {};
  }

  bool changed() const { return changed_; }
  std::string take() { return std::move(out_); }

 private:
  std::unexpected<Error> unchecked() const {
    return fail(Code::kInternal, "redaction was given JSON that is not valid");
  }

  Status visit_mark(char c) {
    if (c == '{' || c == '[') {
      if (++depth_ >= names_.size()) return unchecked();
      names_[depth_] = names_[depth_ - 1];
      if (!pair_names_.empty()) pair_names_[depth_].clear();
    } else if (c == '}' || c == ']') {
      if (depth_ == 0) return unchecked();
      --depth_;
    }
    return {};
  }

  // Where the quote stands that ends the string which begins at at_.
  size_t string_end(bool& escaped) const {
    size_t end = at_ + 1;
    while (true) {
      end = quote_or_backslash(json_, end);
      if (end == std::string_view::npos || json_[end] == '"') return end;
      escaped = true;
      end += 2;
    }
  }

  Status visit_string() {
    bool escaped = false;
    const size_t end = string_end(escaped);
    if (end == std::string_view::npos) return unchecked();
    std::string_view text = json_.substr(at_ + 1, end - at_ - 1);
    const bool is_name = end + 1 < json_.size() && json_[end + 1] == ':';
    if (is_name) {
      set_name(text, escaped);
    } else if (names_a_value(names_[depth_])) {
      // Before redaction: what is named is what counts.
      keep(pair_names_, text, escaped);
    }
    if (is_name ? !is_plain_name(text) : !text.empty()) {
      if (escaped) {
        unescape(text, unescaped_);
        text = unescaped_;
      }
      TRY_ASSIGN(const bool replaced, replace(text, is_name));
      if (replaced) {
        out_.append(json_.substr(copied_, at_ - copied_));
        json::append_string(out_, replacement_);
        copied_ = end + 1;
        changed_ = true;
      }
    }
    at_ = end + 1;
    return {};
  }

  // Puts a text into the string of this depth; most texts never need one.
  std::string_view keep(std::vector<std::string>& strings, std::string_view text, bool escaped) {
    if (strings.empty()) strings.resize(names_.size());
    std::string& own = strings[depth_];
    if (escaped) {
      unescape(text, own);
    } else {
      own = text;
    }
    return own;
  }

  void set_name(std::string_view text, bool escaped) {
    if (escaped) text = keep(own_names_, text, true);
    if (text == "value") {
      // What it is the value of says more.
      if (!pair_names_.empty() && !pair_names_[depth_].empty()) {
        text = pair_names_[depth_];
      } else if (depth_ > 0 && !names_[depth_ - 1].empty()) {
        text = names_[depth_ - 1];
      }
    }
    names_[depth_] = text;
  }

  Result<bool> replace(std::string_view text, bool is_name) {
    if (is_name) return rewrite_(text, {}, true, replacement_);
    const std::string_view key = names_[depth_];
    if (nesting_ < kMaxNesting && holds_json(text)) {
      if (const auto inner = json::compact(text)) {
        Pass pass(*inner, key, rewrite_, nesting_ + 1);
        TRY(pass.run());
        if (pass.changed()) replacement_ = pass.take();
        return pass.changed();
      }
    }
    return rewrite_(text, key, false, replacement_);
  }

  void visit_number() {
    size_t end = at_;
    bool whole = true;
    for (; end < json_.size() && is_number_byte(json_[end]); ++end) whole &= json_[end] >= '0' && json_[end] <= '9';
    std::string_view text = json_.substr(at_, end - at_);
    std::string digits;
    if (!whole && text.size() >= kShortNumber) text = digits = whole_digits(text);
    if (text.size() >= kShortNumber && rewrite_(text, names_[depth_], false, replacement_)) {
      out_.append(json_.substr(copied_, at_ - copied_));
      json::append_string(out_, replacement_);
      copied_ = end;
      changed_ = true;
    }
    at_ = end;
  }

  std::string_view json_;
  const Rewrite& rewrite_;
  const int nesting_;
  size_t at_ = 0;
  size_t copied_ = 0;  // how much of json_ stands in out_ already
  bool changed_ = false;
  std::string out_;
  std::string unescaped_;
  std::string replacement_;
  // The member that each open object or array, and what is read in it now, belongs to.
  std::array<std::string_view, json::kMaxDepth + 2> names_;
  size_t depth_ = 0;
  std::vector<std::string> own_names_;   // by depth: names that were written with escapes
  std::vector<std::string> pair_names_;  // by depth: the name that a "value" beside it has
};

}  // namespace

Result<bool> rewrite_strings(std::string& json, std::string_view key, const Rewrite& rewrite) {
  Pass pass(json, key, rewrite, 0);
  TRY(pass.run());
  if (pass.changed()) json = pass.take();
  return pass.changed();
}

}  // namespace gleaner::privacy

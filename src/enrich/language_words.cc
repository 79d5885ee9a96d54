// A text is taken line by line, a line in chunks (what stands between spaces), a chunk in words. What is no prose is
// told as early as possible: a fence takes lines, the look of a line takes the line, the look of a chunk the chunk.
// These are guesses, and each is made so that being wrong costs prose a word, not a paragraph.
#include "enrich/language_words.h"

#include <algorithm>

namespace gleaner::enrich {
namespace {

constexpr size_t kTagBytes = 200;
constexpr size_t kPlaceholderBytes = 40;
constexpr size_t kInlineCodeBytes = 200;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) {
  return is_capital(c) || is_small(c);
}
bool opens_markup(char c) {
  return c == '<' || c == '[' || c == '{' || c == '`';
}
bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// Writings that put no spaces between words begin with such bytes; their chunks may hold both an address and prose.
bool may_lack_spaces(char c) {
  return static_cast<unsigned char>(c) >= 0xe2;
}

// How much further "&eacute;" and "&#233;" go than their first character.
size_t entity(std::string_view text) {
  const size_t end = text.substr(0, 10).find_first_of("; ");
  return end == std::string_view::npos || text[end] == ' ' ? 0 : end;
}

constexpr auto kSigns = [] {
  std::array<bool, 256> signs{};
  for (const char c : std::string_view("(){}[]=<>;*&|+\\$#")) signs[static_cast<unsigned char>(c)] = true;
  return signs;
}();

// A line of a program rather than of a letter: many signs for few letters, or the end of a statement.
bool looks_like_code(std::string_view line) {
  size_t signs = 0;
  size_t letters = 0;
  size_t foreign = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '&') i += entity(line.substr(i));
    if (is_letter(c)) {
      ++letters;
    } else if (!is_ascii(c)) {
      ++foreign;
    } else if (kSigns[static_cast<unsigned char>(c)]) {
      ++signs;
    }
  }
  if (foreign * 4 > letters || signs < 2) return false;
  const size_t last = line.find_last_not_of(" \t\r");
  const char end = last == std::string_view::npos ? ' ' : line[last];
  const bool ends_statement = end == '{' || end == '}' || end == ';';
  return signs * (ends_statement ? 8 : 3) > letters;
}

std::string_view without_punctuation(std::string_view chunk) {
  constexpr std::string_view kAround = "\"'()[]{}<>.,;:!?*_~`-";
  const size_t first = chunk.find_first_not_of(kAround);
  if (first == std::string_view::npos) return {};
  return chunk.substr(first, chunk.find_last_not_of(kAround) - first + 1);
}

// "example.com", "main.cc"; not "e.g." nor "end.Beginning".
bool has_inner_dot(std::string_view chunk) {
  for (size_t dot = chunk.find('.', 2); dot != std::string_view::npos; dot = chunk.find('.', dot + 1)) {
    if (dot + 2 < chunk.size() && is_letter(chunk[dot - 1]) && is_letter(chunk[dot - 2]) && is_small(chunk[dot + 1]) &&
        is_small(chunk[dot + 2])) {
      return true;
    }
  }
  return false;
}

// One look at each byte finds most chunks of plain letters, which are nearly all there are.
bool is_noise(std::string_view whole) {
  bool odd = false;
  char before = ' ';
  for (const char c : whole) {
    if (is_small(before) && is_capital(c)) return true;
    if (is_ascii(c) && !is_letter(c)) odd = true;
    before = c;
  }
  if (!odd) return false;
  if (whole.find_first_of("/~") == 0 && whole.size() > 1) return true;
  const std::string_view chunk = without_punctuation(whole);
  if (chunk.starts_with("www.") || whole.contains("://") || whole.contains("()") || whole.contains("::")) return true;
  if (chunk.find_first_of("0123456789@_=\\{}<>|^$%") != std::string_view::npos) return true;
  return std::ranges::count(chunk, '/') > 1 || has_inner_dot(chunk);
}

// The length of "[EMAIL]", "[CARD_3f2a]", "{NAME}", "<PHONE 2>" at the beginning of `text`, or 0.
size_t placeholder(std::string_view text) {
  constexpr std::string_view kOpen = "[{<";
  constexpr std::string_view kClose = "]}>";
  const size_t kind = text.empty() ? std::string_view::npos : kOpen.find(text[0]);
  if (kind == std::string_view::npos || text.size() < 3 || !is_capital(text[1])) return 0;
  bool suffix = false;
  for (size_t i = 1; i < std::min(text.size(), kPlaceholderBytes); ++i) {
    const char c = text[i];
    if (c == kClose[kind]) return i + 1;
    suffix = suffix || c == '_' || c == ':' || c == '-' || is_digit(c);
    if (!is_capital(c) && !is_digit(c) && !std::string_view("_:- ").contains(c) && !(suffix && is_letter(c))) return 0;
  }
  return 0;
}

// The length of "<p>", "</div>", "<a href=...>" at the beginning of `text`, or 0.
size_t tag(std::string_view text) {
  const bool opens = text.size() > 2 && text[0] == '<' && (is_letter(text[1]) || text[1] == '/' || text[1] == '!');
  if (!opens) return 0;
  const size_t end = text.substr(0, kTagBytes).find_first_of("<>", 1);
  return end == std::string_view::npos || text[end] != '>' ? 0 : end + 1;
}

// The length of the code that a backtick opens, or 0.
size_t quoted_code(std::string_view text) {
  if (text.starts_with("```")) {
    const size_t end = text.find("```", 3);
    return end == std::string_view::npos ? text.size() : end + 3;
  }
  if (!text.starts_with('`')) return 0;
  const size_t end = text.substr(0, kInlineCodeBytes).find_first_of("`\n", 1);
  return end == std::string_view::npos || text[end] != '`' ? 0 : end + 1;
}

}  // namespace

bool LanguageWords::skip_markup() {
  if (!opens_markup(text_[pos_])) return false;
  const std::string_view rest = text_.substr(pos_);
  const size_t length = std::max({quoted_code(rest), placeholder(rest), tag(rest)});
  pos_ += length;
  return length > 0;
}

void LanguageWords::skip_code_lines() {
  while (pos_ >= line_end_ && pos_ < text_.size()) {
    line_end_ = std::min(text_.find('\n', pos_), text_.size() - 1) + 1;
    const std::string_view line = text_.substr(pos_, line_end_ - pos_);
    const bool fence = line.contains("```");
    if (!fence && looks_like_code(line.substr(0, line.size() - 1))) pos_ = line_end_;
  }
}

// Moves to the next chunk that is prose; false at the end of the text.
bool LanguageWords::next_chunk() {
  while (pos_ < text_.size()) {
    if (pos_ >= line_end_) {
      skip_code_lines();
      continue;
    }
    if (is_space(text_[pos_])) {
      ++pos_;
      continue;
    }
    if (skip_markup()) continue;
    size_t end = pos_;
    const bool dense = may_lack_spaces(text_[pos_]);
    while (end < text_.size() && !is_space(text_[end]) && (end == pos_ || !opens_markup(text_[end])) &&
           (dense ? !is_ascii(text_[end]) : !may_lack_spaces(text_[end]))) {
      ++end;
    }
    chunk_end_ = end;
    if (dense || !is_noise(text_.substr(pos_, end - pos_))) return true;
    pos_ = end;
  }
  return false;
}

bool LanguageWords::next(Word& word) {
  size_t count = 0;
  word.writing = Writing::kNone;
  while (true) {
    if (pos_ >= chunk_end_) {
      if (count > 0) break;
      if (!next_chunk()) return false;
    }
    const size_t before = pos_;
    const char32_t character = next_character(text_, pos_);
    const Writing writing = writing_of(character);
    if (writing == Writing::kMark) {
      const char32_t whole = count > 0 && character < 0x370 ? composed(letters_[count - 1], character) : 0;
      if (whole != 0) letters_[count - 1] = whole;
      continue;
    }
    if (writing == Writing::kNone && count == 0) continue;
    if (writing == Writing::kNone) break;
    if ((word.writing != writing && count > 0) || count == kLongest) {
      pos_ = before;
      break;
    }
    word.writing = writing;
    letters_[count++] = small_letter(character);
  }
  word.letters = std::span(letters_).first(count);
  return true;
}

}  // namespace gleaner::enrich

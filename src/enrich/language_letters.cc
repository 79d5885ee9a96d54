#include "enrich/language_letters.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gleaner::enrich {
namespace {

struct Block {
  char32_t first;
  char32_t last;
  Writing writing;
};

// Unicode's blocks begin and end at multiples of 16.
constexpr std::array kBlocks = std::to_array<Block>({
    {0x00c0, 0x02af, Writing::kLatin},     {0x0300, 0x036f, Writing::kMark},       {0x0370, 0x03ff, Writing::kGreek},
    {0x0400, 0x052f, Writing::kCyrillic},  {0x0530, 0x058f, Writing::kArmenian},   {0x0590, 0x05ff, Writing::kHebrew},
    {0x0600, 0x06ff, Writing::kArabic},    {0x0750, 0x077f, Writing::kArabic},     {0x0780, 0x07bf, Writing::kThaana},
    {0x08a0, 0x08ff, Writing::kArabic},    {0x0900, 0x097f, Writing::kDevanagari}, {0x0980, 0x09ff, Writing::kBengali},
    {0x0a00, 0x0a7f, Writing::kGurmukhi},  {0x0a80, 0x0aff, Writing::kGujarati},   {0x0b00, 0x0b7f, Writing::kOdia},
    {0x0b80, 0x0bff, Writing::kTamil},     {0x0c00, 0x0c7f, Writing::kTelugu},     {0x0c80, 0x0cff, Writing::kKannada},
    {0x0d00, 0x0d7f, Writing::kMalayalam}, {0x0d80, 0x0dff, Writing::kSinhala},    {0x0e00, 0x0e7f, Writing::kThai},
    {0x0e80, 0x0eff, Writing::kLao},       {0x0f00, 0x0fff, Writing::kTibetan},    {0x1000, 0x109f, Writing::kMyanmar},
    {0x10a0, 0x10ff, Writing::kGeorgian},  {0x1100, 0x11ff, Writing::kHangul},     {0x1200, 0x139f, Writing::kEthiopic},
    {0x1780, 0x17ff, Writing::kKhmer},     {0x1c80, 0x1c8f, Writing::kCyrillic},   {0x1c90, 0x1cbf, Writing::kGeorgian},
    {0x1e00, 0x1eff, Writing::kLatin},     {0x1f00, 0x1fff, Writing::kGreek},      {0x3040, 0x30ff, Writing::kKana},
    {0x3130, 0x318f, Writing::kHangul},    {0x31f0, 0x31ff, Writing::kKana},
});

constexpr char32_t kSmallEnd = 0x3200;

constexpr auto kWritingOfSixteen = [] {
  std::array<Writing, kSmallEnd / 16> out{};
  for (const Block& block : kBlocks) {
    for (char32_t c = block.first; c <= block.last; c += 16) out[c / 16] = block.writing;
  }
  return out;
}();

// Blocks hold digits, punctuation and signs too. Only those that stand between words of running text are told apart.
Writing exception(char32_t c, Writing writing) {
  switch (writing) {
    case Writing::kLatin:
      return c == 0xd7 || c == 0xf7 ? Writing::kNone : writing;
    case Writing::kGreek:
      return c == 0x37e || c == 0x387 ? Writing::kNone : writing;
    case Writing::kArmenian:
      return c >= 0x589 || (c >= 0x55a && c <= 0x55f) ? Writing::kNone : writing;
    case Writing::kHebrew:
      if (c == 0x5be || c == 0x5c0 || c == 0x5c3) return Writing::kNone;
      return c < 0x5d0 ? Writing::kMark : writing;
    case Writing::kArabic:
      if (c < 0x620 || (c >= 0x660 && c <= 0x66d) || c == 0x6d4 || (c >= 0x6f0 && c <= 0x6f9)) return Writing::kNone;
      return c == 0x640 || (c >= 0x64b && c <= 0x65f) || c == 0x670 || (c >= 0x6d6 && c <= 0x6ed && c != 0x6e5)
                 ? Writing::kMark
                 : writing;
    case Writing::kDevanagari:
      // Vowel signs part words here, because they did where the table's n-grams were counted.
      return c < 0x904 || (c >= 0x93a && c <= 0x957 && c != 0x93d) || (c >= 0x962 && c <= 0x970) ? Writing::kNone
                                                                                                 : writing;
    case Writing::kKana:
      return c == 0x30a0 || c == 0x30fb ? Writing::kNone : writing;
    default:
      return writing;
  }
}

Writing writing_of_large(char32_t c) {
  if ((c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0xf900 && c <= 0xfaff))
    return Writing::kHan;
  if (c >= 0xac00 && c <= 0xd7af) return Writing::kHangul;
  if ((c >= 0xff21 && c <= 0xff3a) || (c >= 0xff41 && c <= 0xff5a)) return Writing::kLatin;
  if (c >= 0xff66 && c <= 0xff9f) return Writing::kKana;
  if ((c >= 0xfb50 && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfefc)) return Writing::kArabic;
  return c >= 0x20000 && c <= 0x3ffff ? Writing::kHan : Writing::kNone;
}

constexpr bool pairs_from_even(char32_t c) {
  return (c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x1de && c <= 0x1ef) ||
         (c >= 0x1f8 && c <= 0x21f) || (c >= 0x222 && c <= 0x233) || (c >= 0x460 && c <= 0x481) ||
         (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1e95) ||
         (c >= 0x1ea0 && c <= 0x1eff);
}

constexpr bool pairs_from_odd(char32_t c) {
  return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e) || (c >= 0x1cd && c <= 0x1dc) ||
         (c >= 0x4c1 && c <= 0x4ce);
}

struct Composition {
  char32_t accent;
  std::u32string_view from;
  std::u32string_view to;
};

constexpr std::array kCompositions = std::to_array<Composition>({
    {0x300, U"aeiounâêôăơư", U"àèìòùǹầềồằờừ"},
    {0x301, U"aeiouycnszlrâêôăơưг", U"áéíóúýćńśźĺŕấếốắớứѓ"},
    {0x302, U"aeioucghjswyạẹọ", U"âêîôûĉĝĥĵŝŵŷậệộ"},
    {0x303, U"aeiounyâêôăơư", U"ãẽĩõũñỹẫễỗẵỡữ"},
    {0x304, U"aeiouи", U"āēīōūӣ"},
    {0x306, U"aegiouиуạ", U"ăĕğĭŏŭйўặ"},
    {0x307, U"cegz", U"ċėġż"},
    {0x308, U"aeiouyеіи", U"äëïöüÿёїӥ"},
    {0x309, U"aeiouyâêôăơư", U"ảẻỉỏủỷẩểổẳởử"},
    {0x30a, U"au", U"åů"},
    {0x30b, U"ou", U"őű"},
    {0x30c, U"cdenrstz", U"čďěňřšťž"},
    {0x31b, U"ou", U"ơư"},
    {0x323, U"aeiouysâêôăơư", U"ạẹịọụỵṣậệộặợự"},
    {0x326, U"st", U"șț"},
    {0x327, U"cstgknlr", U"çşţģķņļŗ"},
    {0x328, U"aeiu", U"ąęįų"},
});

}  // namespace

Writing writing_of(char32_t c) {
  if (c < 0x80) return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? Writing::kLatin : Writing::kNone;
  if (c >= kSmallEnd) return writing_of_large(c);
  return exception(c, kWritingOfSixteen[c / 16]);
}

char32_t small_letter(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c < 0x100) return c >= 0xc0 && c <= 0xde ? c + 32 : c;
  if (c == 0x130) return 'i';
  if (c == 0x178) return 0xff;
  if (c == 0x1e9e) return 0xdf;
  if (c == 0x18f) return 0x259;
  if (pairs_from_even(c)) return c | 1;
  if (pairs_from_odd(c)) return (c & 1) != 0 ? c + 1 : c;
  if (c >= 0x391 && c <= 0x3ab) return c + 32;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  if (c >= 0xff21 && c <= 0xff3a) return c - 0xff21 + 'a';
  if (c >= 0xff41 && c <= 0xff5a) return c - 0xff41 + 'a';
  return c;
}

char32_t composed(char32_t letter, char32_t accent) {
  const auto* const row = std::ranges::find(kCompositions, accent, &Composition::accent);
  if (row == kCompositions.end()) return 0;
  const size_t at = row->from.find(letter);
  return at == std::u32string_view::npos ? 0 : row->to[at];
}

char32_t next_character(std::string_view text, size_t& pos) {
  const auto lead = static_cast<unsigned char>(text[pos++]);
  if (lead < 0x80) return lead;
  const size_t more = lead >= 0xf0 && lead < 0xf5   ? 3
                      : lead >= 0xe0 && lead < 0xf0 ? 2
                      : lead >= 0xc2 && lead < 0xe0 ? 1
                                                    : 0;
  if (more == 0 || text.size() - pos < more) return 0;
  char32_t character = lead & (0x3fU >> more);
  for (size_t i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[pos + i]);
    if ((byte & 0xc0) != 0x80) return 0;
    character = (character << 6) | (byte & 0x3fU);
  }
  pos += more;
  return character;
}

}  // namespace gleaner::enrich

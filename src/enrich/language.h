// Which natural language a text is written in. Made for what people type to an assistant: short, with code, addresses
// and placeholders in between, sometimes without the accents, sometimes a single word.
//
// Method: what is not prose is passed over (language_words.h); the writing with the most letters is chosen; if several
// languages share it, each run of 1 to 5 letters inside the words adds what the table says about them
// (language_table.h), which is multinomial logistic regression over character n-grams. In texts of three words or
// fewer, greetings and answers count besides, which the table's sources hardly have (language_chat_words.h). How the
// table is made, and from what: scripts/language/make_table.py.
//
// What it cannot do: Bosnian and Serbian in Latin letters are called Croatian, Nynorsk is called Bokmål, Malay is
// called Indonesian. A language that is not in detectable_languages() is called the nearest one that is.
//
// Safe from any thread. The first call reads the table (30 ms, 10 MB); all others take time in proportion to the text,
// of which no more than the first kLanguageBytes count.
#pragma once

#include <span>
#include <string_view>

namespace gleaner::enrich {

inline constexpr size_t kLanguageBytes = 4096;

struct Language {
  std::string_view code;  // ISO 639-1; empty when the text gives nothing to go by
  double confidence = 0;  // 0 to 1: about how often such an answer is right, among the languages it knows
};

// `text` should be UTF-8; bytes that are not count as spaces.
Language detect_language(std::string_view text);

// Every code that detect_language can return, sorted.
std::span<const std::string_view> detectable_languages();

}  // namespace gleaner::enrich

// Greetings, thanks and answers: the words that chats consist of and that news, from which the table comes, hardly
// have. Kept by hand. Safe from any thread.
#pragma once

#include <span>
#include <string_view>

namespace gleaner::enrich {

struct ChatWord {
  std::u32string_view word;
  std::string_view code;  // empty: not a chat word
  bool alone = false;     // a word of several languages: counts only where nothing stands beside it
};

ChatWord chat_word(std::span<const char32_t> small_letters);

}  // namespace gleaner::enrich

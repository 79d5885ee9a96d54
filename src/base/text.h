// Small functions on UTF-8 text. Safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gleaner {

// Unicode code points in valid UTF-8.
size_t count_characters(std::string_view utf8);

std::string_view trim(std::string_view text);
std::string ascii_lower(std::string_view text);

// The first `bytes` bytes at most, cut before a character rather than inside it.
std::string_view truncate_utf8(std::string_view text, size_t bytes);

// The first `count` code points of valid UTF-8, or all there are.
std::string_view first_characters(std::string_view utf8, size_t count);

// The same text if it is valid UTF-8, else with "?" for every byte that is not ASCII.
std::string printable(std::string_view bytes);

// `text` if it is short, else how long it is, for messages. Never a part of it: half of a secret is not
// recognised as one when the message is redacted.
std::string excerpt(std::string_view text);

// The same text with every control character replaced by a space, for a cell of a table.
std::string one_line(std::string_view text);

// "50.00 MB": 1024-based, two decimals, from bytes to TB.
std::string display_bytes(uint64_t bytes);

// "1,234,567"
std::string display_count(uint64_t count);

}  // namespace gleaner

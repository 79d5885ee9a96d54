// For tests of detectors: what one of them finds in a text when it is woken at each of its anchors, as the scanner
// would.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "privacy/detect/detector.h"

namespace gleaner::privacy::testing {

using Anchor = bool (*)(std::string_view text, size_t at);

inline bool at_number(std::string_view text, size_t at) {
  return is_digit(text[at]) && (at == 0 || !is_digit(text[at - 1]));
}

template <char kSign>
bool at_sign(std::string_view text, size_t at) {
  return text[at] == kSign;
}

inline std::vector<std::string> found(Detector detector, Anchor anchor, std::string_view text,
                                      std::string_view key = {}) {
  Passage passage{text, key, 0};
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (at < passage.from || !anchor(text, at)) continue;
    const auto finding = detector(passage, at);
    if (!finding) continue;
    if (finding->begin < passage.from || finding->end <= at || finding->end > text.size()) return {"out of bounds"};
    out.emplace_back(text.substr(finding->begin, finding->end - finding->begin));
    passage.from = finding->end;
  }
  return out;
}

// The same text in the surroundings that any finding must bear: alone, at the end and the beginning of a text, between
// letters of UTF-8, in quotes and in parentheses.
inline std::vector<std::string> surroundings(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& [before, behind] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"", ""},
                                                                            {"x ", ""},
                                                                            {"", " x"},
                                                                            {"é ", " ü."},
                                                                            {"\"", "\","},
                                                                            {"\n", "\n"},
                                                                            {"\xe2\x80\x9c", "\xe2\x80\x9d"},
                                                                            {"(", ")"},
                                                                            {"\\n", "\\n"},
                                                                            {"<", ">"},
                                                                            {"a, ", ", b"},
                                                                            {"... ", "!"},
                                                                            {"**", "**"}}) {
    out.push_back(std::string(before) + std::string(text) + std::string(behind));
  }
  return out;
}

}  // namespace gleaner::privacy::testing

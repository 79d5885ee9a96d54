#include "privacy/detect/street.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gleaner::privacy {
namespace {

// As the scanner does it: at the first digit of every run.
std::string first_in(std::string_view text) {
  const Passage passage{text, "", 0};
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && is_digit(text[at - 1]))) continue;
    if (const auto found = find_street(passage, at))
      return std::string(text.substr(found->begin, found->end - found->begin));
  }
  return "";
}

struct Case {
  std::string_view text;
  std::string_view street;
};

TEST(StreetTest, FindsNumberAndName) {
  const std::vector<Case> cases = {
      {"at 221B Baker Street, London NW1 6XE.", "221B Baker Street, London NW1 6XE"},
      {"350 5th Avenue, New York, NY 10118 and", "350 5th Avenue, New York, NY 10118"},
      {"10 N Main St., then", "10 N Main St."},
      {"742 Evergreen Terrace, Springfield", "742 Evergreen Terrace"},
      {"456 Oak Lane, Apt 4B, Portland, OR 97201", "456 Oak Lane, Apt 4B, Portland, OR 97201"},
      {"8026 S Cottage Grove Ave", "8026 S Cottage Grove Ave"},
      {"P.O. Box 123, Springfield, IL 62701", "P.O. Box 123, Springfield, IL 62701"},
      {"wohne Hauptstra\u00dfe 5, 10115 Berlin", "Hauptstra\u00dfe 5, 10115 Berlin"},
      {"am Musterweg 12a", "Musterweg 12a"},
      {"12 rue de la Paix, 75002 Paris", "12 rue de la Paix, 75002 Paris"},
      {"3 bis, avenue Foch", "3 bis, avenue Foch"},
      {"Atat\u00fcrk Mah. Cumhuriyet Cad. No: 5 D:3", "Atat\u00fcrk Mah. Cumhuriyet Cad. No: 5 D:3"},
      {"Calle Mayor 5, 28013 Madrid", "Calle Mayor 5, 28013 Madrid"},
      {"Via Roma 10", "Via Roma 10"},
      {"\u0443\u043b. \u041b\u0435\u043d\u0438\u043d\u0430, \u0434. 5, \u043a\u0432. 12",
       "\u0443\u043b. \u041b\u0435\u043d\u0438\u043d\u0430, \u0434. 5, \u043a\u0432. 12"},
      {"Kerkstraat 7", "Kerkstraat 7"},
  };
  for (const auto& [text, street] : cases) EXPECT_EQ(first_in(text), street);
}

TEST(StreetTest, LeavesOtherNumbers) {
  for (const std::string_view text :
       {"In 2019 Supreme Court ruled", "10 Best Ways to win", "Chapter 5 The Road", "Spring 2024", "Engineering 101",
        "version 2.5.1 Drive", "5 apples on the street", "Top 10 Places", "3 Doors Down", "Arbeitsplatz 2",
        "[ADDRESS] 5", "12:30 Main Street", "Table 3 Road Accidents", "via email 3 times"}) {
    EXPECT_EQ(first_in(text), "") << text;
  }
}

TEST(StreetTest, HostileTextsTakeLinearTime) {
  const auto start = std::chrono::steady_clock::now();
  std::string words;
  while (words.size() < 1000000) words += "1 A ";
  for (const std::string& text : {std::string(1000000, '1'), std::string(1000000, ' '), words}) first_in(text);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace gleaner::privacy

#include "privacy/detect/person.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gleaner::privacy {
namespace {

// As the scanner does it: at the first byte of every word that may have a capital.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  Passage passage{text, "", 0};
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (!is_upper(text[at]) && byte < 0xc3) continue;
    if (at > 0 && (is_alnum(text[at - 1]) || static_cast<unsigned char>(text[at - 1]) >= 0x80)) continue;
    if (at < passage.from) continue;
    const std::optional<Finding> found = find_person(passage, at);
    if (!found) continue;
    names.emplace_back(text.substr(found->begin, found->end - found->begin));
    passage.from = found->end;
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(PersonTest, FindsNamesByListTitleAndIntroduction) {
  EXPECT_EQ(names_in("It was used by Michael Tran to pay."), (Names{"Michael Tran"}));
  EXPECT_EQ(names_in("Jane Doe's number and John F. Kennedy's."), (Names{"Jane Doe", "John F. Kennedy"}));
  EXPECT_EQ(names_in("Dr. Helena Shaw met Mr. Singh and Officer Barnes."), (Names{"Helena Shaw", "Singh", "Barnes"}));
  EXPECT_EQ(names_in("Ludwig van Beethoven"), (Names{"Ludwig van Beethoven"}));
  EXPECT_EQ(names_in("my name is Zorblax"), (Names{"Zorblax"}));
  EXPECT_EQ(names_in("Hi, I'm Oliver and you?"), (Names{"Oliver"}));
  EXPECT_EQ(names_in("Best regards,\nSophie"), (Names{"Sophie"}));
  EXPECT_EQ(names_in("JOHN SMITH signed"), (Names{"JOHN SMITH"}));
  EXPECT_EQ(names_in("Will Smith, Mark Taylor"), (Names{"Will Smith", "Mark Taylor"}));
  EXPECT_EQ(names_in("Hikaru Nakamura"), (Names{"Hikaru Nakamura"}));
}

TEST(PersonTest, SpeaksOtherLanguages) {
  EXPECT_EQ(names_in("Ay\u015fe Han\u0131m ve Mehmet Bey"), (Names{"Ay\u015fe", "Mehmet"}));
  EXPECT_EQ(names_in("Benim ad\u0131m \u015eule"), (Names{"\u015eule"}));
  EXPECT_EQ(names_in("Ich hei\u00dfe Wolfgang M\u00fcller"), (Names{"Wolfgang M\u00fcller"}));
  EXPECT_EQ(names_in("Sehr geehrte Frau Kowalczuk,"), (Names{"Kowalczuk"}));
  EXPECT_EQ(names_in("Je m'appelle Aur\u00e9lie Dupont"), (Names{"Aur\u00e9lie Dupont"}));
  EXPECT_EQ(names_in("\u041c\u0435\u043d\u044f \u0437\u043e\u0432\u0443\u0442 \u0410\u043d\u043d\u0430"),
            (Names{"\u0410\u043d\u043d\u0430"}));
  EXPECT_EQ(names_in("\u0418\u0432\u0430\u043d\u043e\u0432 \u0418\u0432\u0430\u043d"),
            (Names{"\u0418\u0432\u0430\u043d\u043e\u0432 \u0418\u0432\u0430\u043d"}));
  EXPECT_EQ(names_in("\u0627\u0633\u0645\u064a \u0645\u062d\u0645\u062f"), (Names{"\u0645\u062d\u0645\u062f"}));
}

TEST(PersonTest, LeavesPlacesThingsAndSentences) {
  for (const std::string_view text :
       {"The Paris Agreement and the Jordan River", "the Apple Store in Austin Texas", "Stanford University",
        "New York City", "Dear Sir or Madam", "Dear Customer", "Mark Complete and Grant Access",
        "Will The Machine work? May You", "Visual Studio Code", "Google Cloud Platform", "Monday, June 5",
        "Charlotte is a city", "I am American", "the Bay Area", "St. Louis Cardinals", "John F. Kennedy Airport",
        "[NAME] [EMAIL] [NAME_3f2a]", "jane.doe@example.com"}) {
    EXPECT_EQ(names_in(text), Names{}) << text;
  }
}

TEST(PersonTest, HostileTextsTakeLinearTime) {
  const auto start = std::chrono::steady_clock::now();
  std::string words;
  while (words.size() < 1000000) words += "John van ";
  for (const std::string& text : {std::string(1000000, 'A'), std::string(1000000, '\xd0'), words}) names_in(text);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace gleaner::privacy

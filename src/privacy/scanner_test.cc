#include "privacy/scanner.h"

#include <random>

#include <gtest/gtest.h>

#include "privacy/anchors.h"
#include "privacy/redactor.h"

namespace gleaner::privacy {
namespace {

// The anchors of a text, told byte by byte from their definitions.
struct PlainAnchors {
  explicit PlainAnchors(std::string_view t) : text(t) {}
  bool word(size_t i) const { return i < text.size() && (is_alnum(text[i]) || text[i] == '_' || text[i] == '-'); }
  bool run(size_t at, int length, bool (*is)(char)) const {
    if (at > 0 && is(text[at - 1])) return false;
    for (int i = 0; i < length; ++i) {
      if (at + i >= text.size() || !is(text[at + i])) return false;
    }
    return true;
  }
  bool long_run(size_t at) const {
    return run(at, kLongRun, [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
  }
  bool dashes(size_t at) const {
    return run(at, kDashRun, [](char c) { return c == '-'; });
  }
  bool number(size_t at) const { return run(at, 1, &is_digit); }
  bool capital(size_t at) const {
    const auto c = static_cast<unsigned char>(text[at]);
    return (is_upper(text[at]) || (c >= 0xc3 && c <= 0xd9)) && (at == 0 || !word(at - 1));
  }
  std::string_view text;
};

void expect_plain_anchors(std::string_view text) {
  const PlainAnchors plain(text);
  for (AnchorWalk walk(text, true); !walk.done(); walk.advance()) {
    const Anchors anchors = walk.look();
    for (size_t i = 0; i < kBlock; ++i) {
      const size_t at = walk.position() + i;
      const auto bit = [i](uint64_t mask) { return (mask >> i & 1) != 0; };
      if (at >= text.size()) {
        ASSERT_FALSE(bit(anchors.long_run | anchors.dashes | anchors.number | anchors.mark | anchors.capital));
        continue;
      }
      ASSERT_EQ(bit(anchors.long_run), plain.long_run(at)) << at << " in " << text;
      ASSERT_EQ(bit(anchors.dashes), plain.dashes(at)) << at << " in " << text;
      ASSERT_EQ(bit(anchors.number), plain.number(at)) << at << " in " << text;
      const auto is_s = [text](size_t place) { return (text[place] | 0x20) == 's'; };
      const bool ssw = at >= 2 && (text[at] | 0x20) == 'w' && is_s(at - 1) && is_s(at - 2);
      ASSERT_EQ(bit(anchors.mark), ssw || std::string_view("@:=%/\xef").contains(text[at])) << at << " in " << text;
      ASSERT_EQ(bit(anchors.capital), plain.capital(at)) << at << " in " << text;
    }
  }
}

TEST(Anchors, AreWhatTheirDefinitionsSay) {
  std::mt19937 random(7);
  // Few different bytes, so that runs of every length cross the borders of blocks.
  constexpr std::string_view kBytes = "aaaaaasssS-----1118_wW@:=%/ Z \xc3\x9c\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 200, ' ');
    const size_t some = 1 + random() % kBytes.size();
    for (char& c : text) c = kBytes[random() % some];
    expect_plain_anchors(text);
  }
  expect_plain_anchors(std::string(200, '-'));
  expect_plain_anchors(std::string(63, ' ') + std::string(16, 'x'));
}

std::string redacted(std::string text, std::string_view key = {}) {
  const Secret secret("0123456789abcdef");
  Redactor({default_kinds(), false}, secret).text(text, key);
  return text;
}

TEST(Scanner, FindsEachKindInItsPlace) {
  EXPECT_EQ(redacted("mail ann.lee@example.com, card 4111 1111 1111 1111."), "mail [EMAIL], card [CARD].");
  EXPECT_EQ(redacted("IBAN GB29 NWBK 6016 1331 9268 19 please"), "IBAN [IBAN] please");
  EXPECT_EQ(redacted("from 203.0.113.9 via 2001:db8:85a3::8a2e:370:7334"), "from [IP] via [IP]");
  EXPECT_EQ(redacted("call +90 532 123 45 67 now"), "call [PHONE] now");
  EXPECT_EQ(redacted("his SSN is 521-44-9382"), "his SSN is [NATIONAL_ID]");
  EXPECT_EQ(redacted("postgres://app:s3cr3tPw@db.example.org/x"), "postgres://[CREDENTIALS]@db.example.org/x");
  EXPECT_EQ(redacted("hunter2", "password"), "[PASSWORD]");
}

TEST(Scanner, LeavesWhatOnlyLooksLikeIt) {
  for (const std::string_view text :
       {"https://example.org/risk-of-something-in-a-long-path", "order 20241120-118842, version 10.2.3",
        "2024-11-20T10:30:00Z and 1700000000000", "train_20241120_103000_ab12cd34",
        "0192f0c1-7e64-7000-8000-2f6a52c1a111", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "std::vector<int> v = {1, 2, 3};", "@types/node and git@github.com:a/b.git", "section 07 52 16, 2.5 inches",
        "[EMAIL] [CARD_3f2a] [PASSWORD]", "password reset and token count: 1500"}) {
    EXPECT_EQ(redacted(std::string(text)), text);
  }
}

// What stands on the border between two blocks is found as anywhere else.
TEST(Scanner, FindsAtEveryOffset) {
  for (size_t offset = 0; offset < 3 * kBlock; ++offset) {
    const std::string before = std::string(offset, 'x') + " ";
    EXPECT_EQ(redacted(before + "ann@example.com"), before + "[EMAIL]");
    EXPECT_EQ(redacted(before + "4111111111111111"), before + "[CARD]");
  }
}

TEST(Scanner, RedactingAgainChangesNothing) {
  std::mt19937 random(11);
  const std::vector<std::string> pieces = {"ann@example.com",
                                           "4111 1111 1111 1111",
                                           "+90 532 123 45 67",
                                           "GB29 NWBK 6016 1331 9268 19",
                                           "203.0.113.9",
                                           "password: hunter2!",
                                           "521-44-9382",
                                           " ",
                                           "-",
                                           "@",
                                           ":",
                                           "=",
                                           "1",
                                           "42",
                                           "a",
                                           "[",
                                           "]",
                                           "_",
                                           ".",
                                           "/",
                                           "\\n",
                                           "token",
                                           "https://",
                                           "eyJhbGciOiJIUzI1NiJ9",
                                           "00:1B:44:11:3A:B7"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t i = random() % 8; i > 0; --i) text += pieces[random() % pieces.size()];
    const std::string once = redacted(text);
    EXPECT_EQ(redacted(once), once) << text;
  }
}

TEST(Scanner, TakesLinearTime) {
  for (const char c : {'1', '@', ':', '-', 'a', '=', '%', '.', ' ', 'w', '['}) redacted(std::string(1 << 20, c));
  std::string mixed;
  while (mixed.size() < 1 << 20) mixed += "1:@a-=";
  redacted(mixed);
}

}  // namespace
}  // namespace gleaner::privacy

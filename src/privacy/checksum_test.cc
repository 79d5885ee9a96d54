#include "privacy/checksum.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace gleaner::privacy {
namespace {

// How many of the ten last digits make the number valid.
template <class Valid>
int valid_last_digits(std::string number, Valid valid) {
  int count = 0;
  for (char c = '0'; c <= '9'; ++c) {
    number.back() = c;
    if (valid(number)) ++count;
  }
  return count;
}

TEST(ChecksumTest, PublishedExamples) {
  EXPECT_TRUE(luhn_valid("79927398713"));
  EXPECT_TRUE(luhn_valid("4111111111111111"));
  EXPECT_TRUE(verhoeff_valid("2363"));
  EXPECT_EQ(mod97("3214282912345698765432161182"), 1);  // IBAN registry: GB82 WEST 1234 5698 7654 32, moved
  EXPECT_EQ(mod97("WEST12345698765432GB82"), 1);
  EXPECT_EQ(mod97("west12345698765432gb82"), 1);
  EXPECT_TRUE(mod11_10_valid("86095742719"));
  EXPECT_TRUE(mod11_2_valid("11010519491231002X"));
  EXPECT_TRUE(luhn36_valid("27AAPFU0939F1ZV"));
  EXPECT_TRUE(icao_valid("L898902C36"));  // Doc 9303 part 4, appendix A
  EXPECT_TRUE(weighted_valid("0428759497", {1, 1}, 2));
  EXPECT_EQ(mod23_letter(12345678), 'Z');
}

TEST(ChecksumTest, OneLastDigitInTenIsRight) {
  EXPECT_EQ(valid_last_digits("79927398710", luhn_valid), 1);
  EXPECT_EQ(valid_last_digits("2360", verhoeff_valid), 1);
  EXPECT_EQ(valid_last_digits("86095742710", mod11_10_valid), 1);
  EXPECT_EQ(valid_last_digits("L898902C30", icao_valid), 1);
}

TEST(ChecksumTest, OtherBytesAreNotValid) {
  for (const std::string_view text : {"", "1", " ", "7992739871 ", "79-92", "\xff\xff", "0x"}) {
    EXPECT_FALSE(luhn_valid(text)) << text;
    EXPECT_FALSE(verhoeff_valid(text)) << text;
    EXPECT_FALSE(mod11_10_valid(text)) << text;
    EXPECT_FALSE(mod11_2_valid(text)) << text;
    EXPECT_FALSE(icao_valid(text)) << text;
  }
  EXPECT_EQ(mod97(""), -1);
  EXPECT_EQ(mod97("12 34"), -1);
  EXPECT_FALSE(luhn36_valid("27AAPFU0939F1Z-"));
  EXPECT_EQ(weighted_sum("12", {1, 1, 1}), -1);
  EXPECT_EQ(weighted_sum("1-", {1, 1}), -1);
  EXPECT_FALSE(weighted_valid("1-", {1, 1}, 1));
  EXPECT_EQ(weighted_sum("A1", {2, 1}), 21);
}

}  // namespace
}  // namespace gleaner::privacy

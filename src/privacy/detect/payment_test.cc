#include "privacy/detect/payment.h"

#include <gtest/gtest.h>

#include "privacy/detect/testing.h"

namespace gleaner::privacy {
namespace {

using Strings = std::vector<std::string>;
using testing::at_number;

Strings cards(std::string_view text, std::string_view key = {}) {
  return testing::found(&find_card, &at_number, text, key);
}
Strings ibans(std::string_view text) {
  return testing::found(&find_iban, &at_number, text);
}

// The test numbers that the schemes and payment providers publish.
TEST(PaymentTest, FindsCards) {
  for (const char* const card :
       {"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "2223003122003222",
        "378282246310005", "3782 822463 10005", "3714-496353-98431", "6011111111111117", "30569309025904",
        "3056 930902 5904", "3530111333300000", "6200000000000005", "2200 0000 0000 0053", "9792030394440796"}) {
    for (const std::string& text : testing::surroundings(card)) EXPECT_EQ(cards(text), Strings{card}) << text;
  }
  EXPECT_EQ(cards("4111 1111 1111 1111 12/27 123"), Strings{"4111 1111 1111 1111"});
  EXPECT_EQ(cards("4111111111111111,5555555555554444"), (Strings{"4111111111111111", "5555555555554444"}));
  EXPECT_EQ(cards("2 x 4111 1111 1111 1111"), Strings{"4111 1111 1111 1111"});
  EXPECT_EQ(cards("4222222222222", "card_number"), Strings{"4222222222222"});
  EXPECT_EQ(cards("my credit card: 122000000000003"), Strings{"122000000000003"});
  EXPECT_EQ(cards("Maestro 6759649826438453"), Strings{"6759649826438453"});
}

TEST(PaymentTest, LeavesCardsThatAreNone) {
  for (const char* const text : {"4111111111111112",
                                 "4012-8888-8888-1882",
                                 "36168002586008",
                                 "1748503543012",
                                 "1700000000000000",
                                 "0.4111111111111111",
                                 "4222222222222",
                                 "6759649826438453",
                                 "41111111111111111111",
                                 "x4111111111111111",
                                 "4111111111111111a",
                                 "4111 1111 1111 1111 1111",
                                 "0000 4111 1111 1111 1111",
                                 "order 4111111111111111",
                                 "\"id 4111111111111111",
                                 "https://x.com/v/4111111111111111",
                                 "4111.1111.1111.1111",
                                 "4111 1111-1111 1111",
                                 "550e8400-4111-1111-1111-111111111111",
                                 "1111 2222 3333 4444",
                                 "[CARD_4111]",
                                 "+4111111111111111",
                                 "0000000000000000",
                                 "4111 1111 1111",
                                 "2024 2025 2026 2027",
                                 "353011133330000",
                                 "8.4111111111111111"}) {
    EXPECT_EQ(cards(text), Strings{}) << text;
  }
  for (const char* const key : {"seed", "ts", "timestamp", "created_at", "duration", "totalBytes", "offset", "hash",
                                "amount", "nonce", "sequence", "cursor", "count", "total", "size", "version"}) {
    EXPECT_EQ(cards("4111111111111111", key), Strings{}) << key;
    EXPECT_EQ(cards("{\"" + std::string(key) + "\": 4111111111111111}"), Strings{}) << key;
    EXPECT_EQ(cards("4111 1111 1111 1111", key), Strings{"4111 1111 1111 1111"}) << key;
  }
  EXPECT_EQ(cards("4111111111111111", "number"), Strings{"4111111111111111"});
  EXPECT_EQ(cards("4111111111111111", "order_id"), Strings{});
}

// The examples of the SWIFT IBAN registry.
TEST(PaymentTest, FindsIbans) {
  for (const char* const iban :
       {"GB29NWBK60161331926819", "GB29 NWBK 6016 1331 9268 19", "DE89 3704 0044 0532 0130 00",
        "TR330006100519786457841326", "TR33 0006 1005 1978 6457 8413 26", "FR14 2004 1010 0505 0001 3M02 606",
        "NO93 8601 1117 947", "MT84MALT011000012345MTLCAST001S", "LC55HEMM000100010012001200023015",
        "SA0380000000608010167519", "NL91-ABNA-0417-1643-00", "gb29nwbk60161331926819", "NL91 ABNA0417164300",
        "EG380019000500000000263180002", "RU0304452522540817810538091310419"}) {
    for (const std::string& text : testing::surroundings(iban)) {
      EXPECT_EQ(ibans(text), Strings{iban}) << text;
    }
  }
  EXPECT_EQ(ibans("IBAN:GB29NWBK60161331926819"), Strings{"GB29NWBK60161331926819"});
  EXPECT_EQ(ibans("AL47212110090000000235698741 ALL CAPS"), Strings{"AL47212110090000000235698741"});
}

TEST(PaymentTest, LeavesIbansThatAreNone) {
  for (const char* const text :
       {"GB28NWBK60161331926819", "GB29NWBK6016133192681", "GB29NWBK601613319268190", "XGB29NWBK60161331926819",
        "GB29 1WBK 6016 1331 9268 19", "Gb29NWBK60161331926819", "GB29 nwbk 6016 1331 9268 19",
        "AB150120690000003111141", "AL47/2121/1009/0000/0002/3569/8741", "GB29  NWBK60161331926819", "DE89", "ID12",
        "NWBKGB2L", "[IBAN_GB29]", "G B29NWBK60161331926819", "GB29NWBK60161331926819X"}) {
    EXPECT_EQ(ibans(text), Strings{}) << text;
  }
}

TEST(PaymentTest, BearsHostileTexts) {
  for (const std::string unit : {"4", "4111 ", "4111-", "4 ", "GB29 ", "GB29", "TR33000", "1234567890123456 "}) {
    std::string text;
    while (text.size() < 1 << 20) text += unit;
    EXPECT_EQ(cards(text), Strings{}) << unit;
    EXPECT_EQ(ibans(text), Strings{}) << unit;
  }
}

}  // namespace
}  // namespace gleaner::privacy

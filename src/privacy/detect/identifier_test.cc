#include "privacy/detect/identifier.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace gleaner::privacy {
namespace {

// What the scanner does: every run of digits in turn, going on behind what was found.
std::vector<Finding> find_all(std::string_view text, std::string_view key = {}) {
  std::vector<Finding> all;
  Passage passage{.text = text, .key = key};
  for (size_t at = 0; at < text.size(); ++at) {
    if (at < passage.from || !is_digit(text[at]) || (at > 0 && is_digit(text[at - 1]))) continue;
    if (const auto found = find_identifier(passage, at)) {
      EXPECT_LE(passage.from, found->begin);
      EXPECT_LT(at, found->end);
      all.push_back(*found);
      passage.from = found->end;
    }
  }
  return all;
}

std::string found_text(std::string_view text, std::string_view key = {}) {
  std::string joined;
  for (const Finding& one : find_all(text, key)) {
    if (!joined.empty()) joined += '|';
    joined += text.substr(one.begin, one.end - one.begin);
  }
  return joined;
}

TEST(IdentifierTest, NumbersWithProofAreFoundAnywhere) {
  EXPECT_EQ(found_text("Call about 332-84-0697, please."), "332-84-0697");
  EXPECT_EQ(found_text("ids 10000000146 and 76543210794."), "10000000146|76543210794");
  EXPECT_EQ(found_text("CSV: Jane,332-84-0697,94103"), "332-84-0697");
  EXPECT_EQ(found_text("mein Name, DE 136 695 976, und mehr"), "DE 136 695 976");
  EXPECT_EQ(found_text("the MBI of hers is 1EG4-TE5-MK73"), "1EG4-TE5-MK73");
  EXPECT_EQ(found_text("a GSTIN like 27-AAPFU-0939-F1-ZV"), "27-AAPFU-0939-F1-ZV");
  EXPECT_EQ(found_text("soy GODE 561231 GR8 de"), "GODE 561231 GR8");
  EXPECT_EQ(found_text("signed AB 12 34 56 C."), "AB 12 34 56 C");
  EXPECT_EQ(found_text("\u8eab\u4efd\u8bc111010519491231002X\u3002"), "11010519491231002X");
}

TEST(IdentifierTest, TellingWordsNearOrInTheMembersName) {
  EXPECT_EQ(found_text("his SSN is 332840697"), "332840697");
  EXPECT_EQ(found_text("332840697", "ssn"), "332840697");
  EXPECT_EQ(found_text("332840697 is my social security number"), "332840697");
  EXPECT_EQ(found_text("the sum is 332840697"), "");
  EXPECT_EQ(found_text("332840697", "orderId"), "");
  EXPECT_EQ(found_text("numer PESEL 44051401458"), "44051401458");
  EXPECT_EQ(found_text("\u043f\u0430\u0441\u043f\u043e\u0440\u0442 4509 123456"), "4509 123456");
}

TEST(IdentifierTest, ANumberAloneNeedsLess) {
  EXPECT_EQ(found_text("XYZ987654"), "XYZ987654");
  EXPECT_EQ(found_text(" XYZ987654. "), "XYZ987654");
  EXPECT_EQ(found_text("XYZ987654", "content"), "XYZ987654");
  EXPECT_EQ(found_text("XYZ987654", "sku"), "");
  EXPECT_EQ(found_text("part XYZ987654 fits"), "");
  EXPECT_EQ(found_text("130692544"), "");
}

TEST(IdentifierTest, AnyTokenBesideALabel) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"passport number XG9382049 was lost", "XG9382049"},
      {"Patient ID AHC-0933289 and insurance policy #88291-LK", "AHC-0933289|88291-LK"},
      {"Officer recorded license number D245-938-19-203.", "D245-938-19-203"},
      {"driver\u2019s license Y820-9283-4432", "Y820-9283-4432"},
      {"driver's license (DL: TX_DL_012345)", "TX_DL_012345"},
      {"account number: 3847283911", "3847283911"},
      {"account ending in 7854", "7854"},
      {"Account No. 76983425K", "76983425K"},
      {"medical record number MRN_987654321", "MRN_987654321"},
      {"Voter ID 'VOTER1985746321'", "VOTER1985746321"},
      {"employee ID 127854", "127854"},
      {"account number 1234 5678 9012", "1234 5678 9012"},
      {"IBAN aside, Kontonummer 532013000", "532013000"},
      {"Member ID: W123456789", "W123456789"},
      {"\u062c\u0648\u0627\u0632 \u0627\u0644\u0633\u0641\u0631 \u0631\u0642\u0645 A12345678", "A12345678"},
      {"mi pasaporte es el ZAB000254", "ZAB000254"},
      {"\u62a4\u7167\u53f7\u7801: E12345678", "E12345678"},
  };
  for (const auto& [text, wanted] : kCases) EXPECT_EQ(found_text(text), wanted) << text;
  EXPECT_EQ(found_text("AHC-0933289", "patient_id"), "AHC-0933289");
  EXPECT_EQ(found_text("00125648", "accountNumber"), "00125648");
}

TEST(IdentifierTest, TheKindIsThatOfTheLabel) {
  const auto found = find_all("passport number XG9382049, policy number 77422-AZC, routing number 061000104");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].kind, Kind::kPassport);
  EXPECT_EQ(found[1].kind, Kind::kHealthId);
  EXPECT_EQ(found[2].kind, Kind::kBankAccount);
  EXPECT_EQ(found[2].detail, "US_ROUTING_NUMBER");
}

TEST(IdentifierTest, OrdinaryNumbersSurvive) {
  constexpr std::string_view kOrdinary[] = {
      "order number 123456789",
      "ticket 4839-2211",
      "version 10.2.3",
      "GPT-4 and GPT-3.5-turbo-0613",
      "ISO 27001, RFC 2616, IEEE 802.11",
      "2024-11-21T10:00:00Z",
      "2024-11-21",
      "1700000000000",
      "at 1700000000 and 1700000000123",
      "20241121100000",
      "$1,234,567.89 or 1.234.567,89 \u20ac",
      "3.14159265358979",
      "12345678901 + 1 = 12345678902",
      "550e8400-e29b-41d4-a716-446655440000",
      "d41d8cd98f00b204e9800998ecf8427e",
      "Section 07 52 16",
      "page 12 of 340",
      "+1 415-555-2671 or (415) 555-2671",
      "192.168.100.200",
      "account for 30000 users",
      "We have 30000 accounts and 12000 patients.",
      "Apache License 2.0",
      "license 2.0, policy 2024",
      "52.520008, 13.404954",
      "https://example.com/watch?v=12345678901&t=376543210794",
      "0x7ffee4b2c1a8 and #FF00AA11",
      "978-3-16-148410-0",
      "1 000 000 000",
      "4111 1111 1111 1111",
      "tax of 25 percent on 48000 dollars",
      "passport control took 45 minutes in 2019",
      "the 2021-2022 season, 10-12 games",
      "24 and 36",
      "employees: 51-200",
      "user10000000146",
      "10000000146px",
      "chatcmpl-ASYMaNc8XmbGRUNREnmvhyyIS",
      "12:30:45.123456",
      "[PHONE_3f2a1234] and [NATIONAL_ID_12345678]",
      "order no. 10000000146",
      "Policy 2021/12345 of the EU",
      "savings of 12345678, tax revenue was 123456789",
      "Patients: 12345, employees: 12345",
      "my driver 12345678",
      "The serial number is XG9382049",
      R"(4500 employees in 2020-2021)",
      R"(https://example.com/s?k=book&qid=1700471234)",
      R"(s?k=book&qid=17004712345)",
      R"(bede9803198e90fe)",
      R"({"account":"act_1234567890"})",
      "license key ABCD-1234-EFGH-5678",
  };
  for (const std::string_view text : kOrdinary) EXPECT_EQ(found_text(text), "") << text;
}

TEST(IdentifierTest, BoundariesAreKept) {
  EXPECT_EQ(found_text("it is 1332-84-0697 now"), "");
  EXPECT_EQ(found_text("it is 332-84-06975 now"), "");
  EXPECT_EQ(found_text("it is 332-84-0697-12 now"), "");
  EXPECT_EQ(found_text("it is 12-332-84-0697 now"), "");
  EXPECT_EQ(found_text("it is 332-84-0697@x now"), "");
  EXPECT_EQ(found_text("it is $10000000146 now"), "");
  EXPECT_EQ(found_text("it is 10000000146.5 now"), "");
  EXPECT_EQ(found_text("it is x_10000000146 now"), "");
}

TEST(IdentifierTest, WhatIsTakenIsLeftAlone) {
  const std::string_view text = "passport number XG9382049";
  EXPECT_FALSE(find_identifier({.text = text, .key = {}, .from = 18}, 18));
  EXPECT_TRUE(find_identifier({.text = text, .key = {}, .from = 16}, 18));
}

TEST(IdentifierTest, AnyBytesWillDo) {
  std::string text;
  uint32_t state = 1;
  constexpr std::string_view kBytes = "0123456789012345 -./_AZaz[]\n\xe2\x82\xac,:#@'passport ";
  for (int i = 0; i < 20'000; ++i) {
    state = state * 1664525 + 1013904223;
    text += kBytes[(state >> 16) % kBytes.size()];
  }
  find_all(text, "passport");
  for (size_t size = 0; size < 200; ++size) find_all(text.substr(size * 7, size), "account_number");
}

}  // namespace
}  // namespace gleaner::privacy

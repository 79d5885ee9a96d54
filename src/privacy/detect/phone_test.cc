#include "privacy/detect/phone.h"

#include <array>

#include <gtest/gtest.h>

#include "privacy/detect/phone_plan.h"
#include "privacy/detect/phone_shapes.h"
#include "privacy/detect/testing.h"

namespace gleaner::privacy {
namespace {

using Strings = std::vector<std::string>;
using testing::at_number;

Strings phones(std::string_view text, std::string_view key = {}) {
  return testing::found(&find_phone, &at_number, text, key);
}

TEST(PhoneTest, FindsInternationalNumbers) {
  for (const char* const number : {"+90 532 123 45 67",
                                   "+905321234567",
                                   "+90 (212) 123 45 67",
                                   "+1 415 555 0132",
                                   "+1-415-555-0132",
                                   "+1 (415) 555-0132",
                                   "+49 30 1234567",
                                   "+49 (0) 30 1234567",
                                   "+49170/1234567",
                                   "+44 20 7946 0958",
                                   "+44 (0)7700 900123",
                                   "+33 6 12 34 56 78",
                                   "+39 06 1234567",
                                   "+7 (916) 123-45-67",
                                   "+966 55 123 4567",
                                   "+20 100 123 4567",
                                   "+971501234567",
                                   "+212 6 12 34 56 78",
                                   "+965 5123 4567",
                                   "+91 98765 43210",
                                   "+86 138 1234 5678",
                                   "+55 11 98456-5666",
                                   "+63 (917) 123 4567",
                                   "+81 90-1234-5678",
                                   "+82 10-1234-5678",
                                   "00 49 30 1234567",
                                   "00905321234567",
                                   "(+90) 532 123 45 67",
                                   "+31\xc2\xa0"
                                   "6\xc2\xa0"
                                   "12345678"}) {
    for (const std::string& text : testing::surroundings(number)) EXPECT_EQ(phones(text), Strings{number}) << text;
  }
}

TEST(PhoneTest, FindsNationalShapes) {
  for (const char* const number :
       {"0532 123 45 67", "0 532 123 45 67",   "0(532) 123 45 67", "05321234567",   "532 123 45 67",
        "0212 123 45 67", "(415) 555-0132",    "(415)555-0132",    "415-555-0132",  "415.555.0132",
        "415 555 0132",   "1-800-555-0199",    "(555) 123-4567",   "555-123-4567",  "030/1234567",
        "030-1234567",    "0711/123456",       "0170 1234567",     "0151 12345678", "06 12 34 56 78",
        "01.23.45.67.89", "07700 900123",      "07700900123",      "020 7946 0958", "(020) 7946 0958",
        "01632 960123",   "8 (916) 123-45-67", "8-916-123-45-67",  "055 123 4567",  "0100 123 4567",
        "0917 123 4567",  "0 (917) 123 4567",  "090-1234-5678",    "03-1234-5678",  "010-1234-5678",
        "138 1234 5678",  "(11) 98456-5666",   "11 98456-5666",    "06-12345678",   "0412 345 678",
        "612 34 56 78",   "339 1234567",       "0812-3456-7890",   "1300 123 456",  "0301-2345678"}) {
    for (const std::string& text : testing::surroundings(number)) EXPECT_EQ(phones(text), Strings{number}) << text;
  }
}

TEST(PhoneTest, FindsBesideAWord) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"Phone: 5321234567", "5321234567"},
      {"telefonum 444 1 234", "444 1 234"},
      {"call 555-0123", "555-0123"},
      {"Tel.: 12345678", "12345678"},
      {"my number is 4155550132.", "4155550132"},
      {"text me at 123-456-7890", "123-456-7890"},
      {"WhatsApp 9876543210", "9876543210"},
      {"телефон 89161234567", "89161234567"},
      {"мой номер 89161234567", "89161234567"},
      {"هاتف: 55123456", "55123456"},
      {"جوالي 0551234567", "0551234567"},
      {"我的手机是13812345678。", "13812345678"},
      {"móvil: 612 345 678", "612 345 678"},
      {"Handy 0170 12 34 567", "0170 12 34 567"},
      {"Mobil: 0664 1234567", "0664 1234567"},
      {"fax 061234567", "061234567"},
      {"phone: 01234 56789", "01234 56789"},
      {"mob 98765 43210", "98765 43210"},
      {"Rufen Sie an: 0221 / 123456", "0221 / 123456"},
      {"Mon portable est le 06.12.34.56.78", "06.12.34.56.78"},
      {"携帯は090-1234-5678です", "090-1234-5678"},
      {"phone number 867-5309", "867-5309"},
      {"telefon numarası 5321234567", "5321234567"},
      {"telefon numaram 5321234567", "5321234567"},
      {"numaram 0532 123 45 67", "0532 123 45 67"},
      {"numéro de téléphone 0612345678", "0612345678"},
      {"número de teléfono 612345678", "612345678"},
      {"номер телефона 89161234567", "89161234567"},
      {"رقم الهاتف 55123456", "55123456"},
      {"my cell is 4155550132", "4155550132"},
      {"sipariş için ara 5321234567", "5321234567"},
      {"{\"phone_number\": \"2025550143\"}", "2025550143"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(phones(text), Strings{wanted}) << text;
  EXPECT_EQ(phones("4155550132", "phoneNumber"), Strings{"4155550132"});
  EXPECT_EQ(phones("4155550132", "contact_phone"), Strings{"4155550132"});
  EXPECT_EQ(phones("4155550132", "total"), Strings{});
}

TEST(PhoneTest, TakesExtensionsAndLeavesTheRest) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"(415) 555-0132 ext. 12", "(415) 555-0132 ext. 12"},
      {"415-555-0132x123", "415-555-0132x123"},
      {"030/1234567 Durchwahl 21", "030/1234567 Durchwahl 21"},
      {"0532 123 45 67 2 adet", "0532 123 45 67"},
      {"+1 415 555 0132 24 hours", "+1 415 555 0132"},
      {"(call 415-555-0132)", "415-555-0132"},
      {"(415-555-0132)", "415-555-0132"},
      {"tel:+14155550132", "+14155550132"},
      {"https://wa.me/905321234567", "905321234567"},
      {"https://api.whatsapp.com/send?phone=905321234567", "905321234567"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(phones(text), Strings{wanted}) << text;
  EXPECT_EQ(phones("0532 123 45 67, 0533 765 43 21"), (Strings{"0532 123 45 67", "0533 765 43 21"}));
  EXPECT_EQ(phones("+1 (415) 555-2671/72"), Strings{"+1 (415) 555-2671"});
  EXPECT_EQ(phones("+4915112345678,+4915112345679"), (Strings{"+4915112345678", "+4915112345679"}));
  EXPECT_EQ(phones("(212) 555-0132/(212) 555-0133").size(), 2U);
}

constexpr auto kOtherNumbers =
    std::to_array<std::string_view>({"order 1234567890",
                                     "2024-11-21",
                                     "21.11.2024",
                                     "12-05-2024 10:30",
                                     "2024.11.21",
                                     "20241121",
                                     "2024-11-21T10:00:00+0300",
                                     "2024-11-21 14:28:17",
                                     "1700000000",
                                     "1700000000000",
                                     "10:30:00",
                                     "192.168.1.10",
                                     "3.14159265",
                                     "1,234,567.89",
                                     "100 000 000",
                                     "1 299 000",
                                     "612 345 678",
                                     "978-3-16-148410-0",
                                     "9783161484100",
                                     "0306406152",
                                     "deadbeef1234567",
                                     "550e8400-e29b-41d4-a716-446655440000",
                                     "12345678-1234-1234-1234-123456789012",
                                     "100-200",
                                     "07 50",
                                     "07 52 16",
                                     "RTX 4090",
                                     "41.0082, 28.9784",
                                     "4111 1111 1111 1111",
                                     "01 02 03 04 05",
                                     "05 12 23 34 45",
                                     "2 4 6 8 10 12 14",
                                     "https://x.com/12345678901",
                                     "https://x.com/p/415-555-0132",
                                     "?id=4155550132",
                                     "123-45-6789",
                                     "123-456-7890",
                                     "917 123 4567",
                                     "4155550132",
                                     "5321234567",
                                     "4321234567",
                                     "53212345678",
                                     "15053212345678",
                                     "[PHONE_3f2a]",
                                     "[PHONE_12345678]",
                                     "ABC-415-555-0132",
                                     "415-555-01329",
                                     "415-555-0132-99",
                                     "0.415.555.0132",
                                     "c = 299792458 m/s",
                                     "+100",
                                     "+10 000 000",
                                     "+45000000",
                                     "1 + 12345678",
                                     "200 300 4000",
                                     "555-0123",
                                     "0445",
                                     "version 10.20.30.4000",
                                     "$415 555 0132",
                                     "#4155550132",
                                     "00000000000",
                                     "1234567",
                                     "12345678",
                                     "0013321234567",
                                     "001332-1234567",
                                     "5 000 000",
                                     "page 100-2000",
                                     "2023-2024",
                                     "1990 1991 1992",
                                     "30569309025904",
                                     "1e10",
                                     "0x1234567890",
                                     "90210-1234",
                                     "12 34 56 78",
                                     "-5551234567",
                                     "call foo(1234567890)",
                                     "cell 12345678 of the table",
                                     "the call took 1234567 ns",
                                     "964.87 73.94",
                                     "iPhone 15 Pro 2023 12345678",
                                     "02 06 30 39 12",
                                     "Fatura numarası 1234567890",
                                     "Ürün numarası 4455667788",
                                     "Sipariş numaranız 123456789, kargo takip no 734512345678",
                                     "Número de pedido 123456789",
                                     "Numéro de commande 1234567890",
                                     "номер заказа 1234567890",
                                     "رقم الطلب 123456789",
                                     "رقم 1234567890",
                                     "Bestellnummer 0301 234567",
                                     "ordine numero 3312345678",
                                     "fatura 1234567890",
                                     "Cell B2 contains 1234567890",
                                     "cell A1: 2024112012",
                                     "text 4294967296 bytes",
                                     "Whatsapp has 2000000000 users",
                                     "SMS limit 160 characters, 1234567890",
                                     "0800 1200 1600 2000 schedule",
                                     "part no 919-850-9027",
                                     "telegramChatId 123456789"});

TEST(PhoneTest, LeavesOtherNumbers) {
  for (const std::string_view text : kOtherNumbers) {
    EXPECT_EQ(phones(text), Strings{}) << text;
  }
}

TEST(PhoneTest, PlansAreSorted) {
  for (unsigned code = 1; code < 1000; ++code) {
    const std::string digits = std::to_string(code);
    const PhonePlan* const plan = phone_plan(digits + "0000");
    if (plan == nullptr) continue;
    EXPECT_TRUE(digits.starts_with(std::to_string(plan->code)) || std::to_string(plan->code).starts_with(digits))
        << code;
    EXPECT_LE(plan->shortest, plan->longest);
  }
  ASSERT_NE(phone_plan("90532"), nullptr);
  EXPECT_EQ(phone_plan("90532")->code, 90);
  EXPECT_EQ(phone_plan("99912345"), nullptr);
  EXPECT_EQ(phone_plan(""), nullptr);
  EXPECT_TRUE(nanp_valid("4155550132"));
  EXPECT_FALSE(nanp_valid("4151550132"));
  EXPECT_FALSE(nanp_valid("9115550132"));
}

TEST(PhoneTest, BearsHostileTexts) {
  for (const std::string unit : {"1", "1 ", "0532 ", "(", "(1", "1)", "+", "+1", "1-", "12 (3) ",
                                 "\xc2\xa0"
                                 "1",
                                 "(0) "}) {
    std::string text;
    while (text.size() < 1 << 20) text += unit;
    phones(text);
  }
  EXPECT_EQ(phones(std::string(1 << 20, '5')), Strings{});
}

}  // namespace
}  // namespace gleaner::privacy

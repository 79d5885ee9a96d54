#include <algorithm>
#include <array>

#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kTaxIdWords[] = {"steuer-id", "steuerid", "steueridentifikation",  "steuerliche",           "idnr",
                              "tin",       "tax id",   "steuer-identifikation", "identifikationsnummer", "de_tax"};
constexpr sv kTaxNumberWords[] = {"steuernummer", "steuer-nr", "steuernr", "st.-nr", "stnr", "finanzamt", "tax number"};
constexpr sv kVatWords[] = {"ust", "umsatzsteuer", "vat", "mwst", "uid"};
constexpr sv kPensionWords[] = {"rvnr", "rentenversicherung", "sozialversicherung", "versicherungsnummer",
                                "svnr", "sv-nummer",          "social security"};
constexpr sv kIdCardWords[] = {"personalausweis", "ausweis", "perso", "id card", "identity card", "id_card"};
constexpr sv kPassportWords[] = {"reisepass", "passport", "pass-nr", "passnummer", "passnr", "pass"};
constexpr sv kHealthWords[] = {
    "kvnr", "krankenversicher", "krankenkasse", "versichertennummer", "gesundheitskarte", "health insurance", "egk"};
constexpr sv kLanrWords[] = {"lanr", "arztnummer", "arzt-nr"};
constexpr sv kBsnrWords[] = {"bsnr", "betriebsst\u00e4tte", "betriebsstaette"};
constexpr sv kRegisterWords[] = {"handelsregister", "amtsgericht", "registergericht", "hrb", "hra"};
constexpr sv kLicenceWords[] = {"f\u00fchrerschein", "fuehrerschein", "fahrerlaubnis", "driving licence",
                                "driver license"};
constexpr sv kPlateWords[] = {"kennzeichen", "kfz",           "nummernschild", "fahrzeug",
                              "auto",        "license plate", "licence plate", "number plate"};
constexpr sv kAustrianWords[] = {"svnr", "sozialversicherung", "sv-nummer", "versicherungsnummer", "ecard", "e-card"};
constexpr sv kAhvWords[] = {"ahv", "avs", "navs", "sozialversicherung", "assurance vieillesse"};
constexpr sv kUidWords[] = {"uid", "mwst", "tva", "iva", "handelsregister"};

// BZSt: ISO 7064 MOD 11,10; of the first ten digits one occurs twice or thrice. That none does is against the rule, but
// is how examples are made.
bool tax_id(sv n) {
  if (n[0] == '0' || !mod11_10_valid(n)) return false;
  std::array<int, 10> times{};
  for (const char c : n.substr(0, 10)) ++times[static_cast<size_t>(c - '0')];
  const auto repeated = std::ranges::count_if(times, [](int count) { return count > 1; });
  return repeated <= 1 && std::ranges::max(times) <= 3;
}

// ELSTER, Pruefung der Steuernummer: the federal form begins with the state's office number, its fifth digit is 0; the
// older one names the state by 01 to 16.
bool tax_number(sv n) {
  const int state = part(n, 0, 2);
  return n[4] == '0' || (state >= 1 && state <= 16);
}

// BZSt, USt-IdNr.: ISO 7064 MOD 11,10.
bool vat(sv n) {
  return n[2] != '0' && mod11_10_valid(n.substr(2));
}
bool vat_form(sv n) {
  return n[2] != '0';
}

// DRV, VKVV annex: area, date of birth, letter as two digits, serial; weights 2,1,2,5,7,1,2,1,2,1,2,1, sums of digits.
bool pension(sv n) {
  const int area = part(n, 0, 2);
  const bool known = (area >= 2 && area <= 29) || (area >= 38 && area <= 89);
  if (!known || (area >= 61 && area <= 77) || !is_ddmmyy(n.substr(2))) return false;
  constexpr int kWeights[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
  std::array<int, 12> digits{};
  for (size_t at = 0; at < 8; ++at) digits[at] = n[at] - '0';
  const int letter = n[8] - 'A' + 1;
  digits[8] = letter / 10;
  digits[9] = letter % 10;
  digits[10] = n[9] - '0';
  digits[11] = n[10] - '0';
  int sum = 0;
  for (size_t at = 0; at < digits.size(); ++at) {
    const int product = digits[at] * kWeights[at];
    sum += product / 10 + product % 10;
  }
  return sum % 10 == n[11] - '0';
}

constexpr sv kDocumentLetters = "0123456789CFGHJKLMNPRTVWXYZ";

// BSI TR-03127: letters that cannot be mistaken; passports begin with C, F, G, H, J, K, identity cards with L to Z.
bool document(sv n, sv first) {
  return one_of(n[0], first) && std::ranges::all_of(n, [](char c) { return one_of(c, kDocumentLetters); });
}
bool id_card(sv n) {
  return document(n, "CFGHJKLMNPRTVWXYZ") && std::ranges::count_if(n, is_digit) >= 4;
}
bool id_card_checked(sv n) {
  return document(n, "LMNPRTVWXYZ") && std::ranges::count_if(n, is_digit) >= 4 && icao_valid(n);
}
bool passport(sv n) {
  return document(n, "CFGHJK") && std::ranges::count_if(n, is_digit) >= 4;
}
bool passport_checked(sv n) {
  return passport(n) && icao_valid(n);
}

// GKV-Spitzenverband, Paragraph 290 SGB V: the letter as two digits, then weights 1, 2, sums of digits.
bool health(sv n) {
  const int letter = n[0] - 'A' + 1;
  int sum = letter / 10;
  const auto twice = [](int digit) { return digit > 4 ? 2 * digit - 9 : 2 * digit; };
  sum += twice(letter % 10);
  for (size_t at = 1; at < 9; ++at) {
    const int digit = n[at] - '0';
    sum += at % 2 == 1 ? digit : twice(digit);
  }
  return sum % 10 == n[9] - '0';
}

// KBV, Richtlinie nach Paragraph 75 Abs. 7 SGB V: weights 4, 9; the last two are the speciality.
bool lanr(sv n) {
  return (10 - weighted_sum(n, {4, 9, 4, 9, 4, 9}) % 10) % 10 == n[6] - '0' && part(n, 7, 2) != 0;
}

// KBV: begins with the number of a regional association.
bool bsnr(sv n) {
  constexpr int kRegions[] = {1,  2,  3,  17, 20, 31, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
                              50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70,
                              71, 72, 73, 74, 78, 79, 80, 81, 83, 85, 86, 87, 88, 93, 94, 95, 96, 98, 99};
  return std::ranges::find(kRegions, part(n, 0, 2)) != std::end(kRegions);
}

bool trade_register(sv n) {
  return n.starts_with("HR") && (n[2] == 'A' || n[2] == 'B');
}

bool plate(sv n) {
  return n.find_first_of("123456789") == n.find_first_of("0123456789");
}

// Dachverband der Sozialversicherungstraeger: weights 3, 7, 9, 0, 5, 8, 4, 2, 1, 6 modulo 11; ends in a date (months
// above 12 where a day has run out of numbers).
bool austrian(sv n) {
  const int month = part(n, 6, 2);
  return n[0] != '0' && part(n, 4, 2) >= 1 && part(n, 4, 2) <= 31 && month >= 1 && month <= 15 &&
         weighted_sum(n, {3, 7, 9, 0, 5, 8, 4, 2, 1, 6}) % 11 == n[3] - '0';
}

// GS1 check digit, as the Swiss ZAS uses it: weights 1, 3.
bool ahv(sv n) {
  return n.starts_with("756") && weighted_valid(n, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1}, 10);
}

// BFS, UID: weights 5, 4, 3, 2, 7, 6, 5, 4 modulo 11.
bool swiss_uid(sv n) {
  return n.starts_with("CHE") && weighted_valid(n.substr(3), {5, 4, 3, 2, 7, 6, 5, 4, 1}, 11);
}

// BMF, UID-Nummer: Luhn-like with 96.
bool austrian_vat(sv n) {
  if (!n.starts_with("ATU")) return false;
  int sum = 4;
  for (size_t at = 3; at < 10; ++at) {
    const int digit = n[at] - '0';
    sum += at % 2 == 1 ? digit : (2 * digit) / 10 + (2 * digit) % 10;
  }
  return (10 - sum % 10) % 10 == n[10] - '0';
}

constexpr sv kVatShapes = "DE999999999|DE 999 999 999|DE 999999999|DE.999.999.999|DE-999-999-999|DE999 999 999";
constexpr sv kPlateShapes =
    "A-AA-9|A-AA-99|A-AA-999|A-AA-9999|AA-AA-9|AA-AA-99|AA-AA-999|AA-AA-9999|AAA-AA-9|AAA-AA-99|AAA-AA-999|A-A-9|A-A-"
    "99|"
    "A-A-999|A-A-9999|AA-A-9|AA-A-99|AA-A-999|AA-A-9999|AAA-A-9|AAA-A-99|AAA-A-999|AAA-A-9999|A AA 99|A AA 999|A AA "
    "9999|AA AA 99|AA AA 999|AA AA 9999|AAA AA 99|AAA AA 999|A A 99|A A 999|A A 9999|AA A 99|AA A 999|AA A 9999|AAA A "
    "99|"
    "AAA A 999|AAA A 9999|A AA 99A|A AA 999A|AA AA 99A|AA AA 999A|AAA AA 99A|A-AA-99A|A-AA-999A|AA-AA-99A|AA-AA-999A|"
    "A-AA 99|A-AA 999|A-AA 9999|AA-AA 99|AA-AA 999|AA-AA 9999|AAA-AA 99|AAA-AA 999|A-A 999|A-A 9999|AA-A 999|AA-A 9999|"
    "AAA-A 999|AAA-A 9999";

constexpr IdentifierRow kRows[] = {
    {Kind::kTaxId, "DE_TAX_ID", "99999999999|99 999 999 999", tax_id, Needs::kAlone, kTaxIdWords},
    {Kind::kTaxId, "DE_TAX_NUMBER", "9999999999999", tax_number, Needs::kWords, kTaxNumberWords},
    {Kind::kTaxId, "DE_TAX_NUMBER",
     "99/999/99999|999/999/99999|999/9999/9999|99/9999/9999|999/999/9999|999 999 99999|99 999 99999", nullptr,
     Needs::kAlone, kTaxNumberWords},
    {Kind::kTaxId, "DE_VAT_ID", kVatShapes, vat, Needs::kNothing, kVatWords},
    {Kind::kTaxId, "DE_VAT_ID", kVatShapes, vat_form, Needs::kAlone, kVatWords},
    {Kind::kNationalId, "DE_SOCIAL_SECURITY", "99999999A999|99 999999 A 999", pension, Needs::kNothing, kPensionWords},
    {Kind::kPassport, "DE_PASSPORT", "AXXXXXXX9", passport_checked, Needs::kAlone, kPassportWords},
    {Kind::kPassport, "DE_PASSPORT", "AXXXXXXXX", passport, Needs::kWords, kPassportWords},
    {Kind::kNationalId, "DE_ID_CARD", "AXXXXXXX9|AXXXXXXXX9", id_card_checked, Needs::kAlone, kIdCardWords},
    {Kind::kNationalId, "DE_ID_CARD", "AXXXXXXXX|AXXXXXXXX9", id_card, Needs::kWords, kIdCardWords},
    {Kind::kHealthId, "DE_HEALTH_INSURANCE", "A999999999", health, Needs::kAlone, kHealthWords},
    {Kind::kHealthId, "DE_LANR", "999999999", lanr, Needs::kWords, kLanrWords},
    {Kind::kHealthId, "DE_BSNR", "999999999", bsnr, Needs::kWords, kBsnrWords},
    {Kind::kTaxId, "DE_HANDELSREGISTER",
     "HRA 9999|HRA 99999|HRA 999999|HRA9999|HRA99999|HRA999999|HRB 9999|HRB 99999|HRB "
     "999999|HRB9999|HRB99999|HRB999999",
     trade_register, Needs::kNothing, kRegisterWords},
    {Kind::kTaxId, "DE_HANDELSREGISTER", "HRA 9|HRA 99|HRA 999|HRB 9|HRB 99|HRB 999", trade_register, Needs::kWords,
     kRegisterWords},
    {Kind::kDriverLicense, "DE_FUEHRERSCHEIN", "AA99999999X", nullptr, Needs::kAlone, kLicenceWords},
    {Kind::kDriverLicense, "DE_FUEHRERSCHEIN", "AXXXXXXXXXX", nullptr, Needs::kWords, kLicenceWords},
    {Kind::kVehiclePlate, "DE_KFZ", kPlateShapes, plate, Needs::kAlone, kPlateWords},
    {Kind::kNationalId, "AT_SVNR", "9999999999|9999 999999", austrian, Needs::kWords, kAustrianWords},
    {Kind::kTaxId, "AT_VAT", "ATU99999999|AT U99999999", austrian_vat, Needs::kNothing, kVatWords},
    {Kind::kNationalId, "CH_AHV", "999.9999.9999.99|9999999999999", ahv, Needs::kNothing, kAhvWords},
    {Kind::kTaxId, "CH_UID", "CHE-999.999.999|CHE999999999|CHE 999 999 999", swiss_uid, Needs::kNothing, kUidWords},
};

}  // namespace

std::span<const IdentifierRow> german_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

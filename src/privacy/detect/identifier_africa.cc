// Turkey, the Middle East and Africa.

#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kKimlikWords[] = {"kimlik", "tckn", "tc no", "t.c.", "tc"};
constexpr sv kTurkishPlateWords[] = {"plaka", "plakal\u0131", "plate", "vehicle", "ara\u00e7"};
constexpr sv kVknWords[] = {"vkn", "vergi"};
constexpr sv kSouthAfricanWords[] = {"rsa id", "sa id", "id number", "south african", "identity number"};
constexpr sv kNinWords[] = {"nin", "nimc", "national identification"};
constexpr sv kBvnWords[] = {"bvn", "bank verification"};
constexpr sv kNigerianPlateWords[] = {"plate", "plates", "vehicle", "registration", "number plate", "frsc"};
constexpr sv kKenyanWords[] = {"kra", "pin", "kenya"};
constexpr sv kGhanaWords[] = {"ghana card", "ghana"};
constexpr sv kEgyptWords[] = {"national id", "egypt",
                              "\u0627\u0644\u0631\u0642\u0645 \u0627\u0644\u0642\u0648\u0645\u064a",
                              "\u0642\u0648\u0645\u064a", "\u0628\u0637\u0627\u0642\u0629"};
constexpr sv kSaudiWords[] = {"iqama",
                              "saudi",
                              "national id",
                              "\u0647\u0648\u064a\u0629",
                              "\u0627\u0644\u0647\u0648\u064a\u0629",
                              "\u0625\u0642\u0627\u0645\u0629",
                              "\u0627\u0644\u0625\u0642\u0627\u0645\u0629",
                              "\u0627\u0642\u0627\u0645\u0629",
                              "\u0627\u0644\u0633\u062c\u0644 \u0627\u0644\u0645\u062f\u0646\u064a"};
constexpr sv kEmiratesWords[] = {"emirates id", "eid", "\u0627\u0644\u0647\u0648\u064a\u0629",
                                 "\u0647\u0648\u064a\u0629"};
constexpr sv kArabicIdWords[] = {"civil id",
                                 "qid",
                                 "national id",
                                 "national number",
                                 "\u0627\u0644\u0631\u0642\u0645 \u0627\u0644\u0648\u0637\u0646\u064a",
                                 "\u0627\u0644\u0631\u0642\u0645 \u0627\u0644\u0645\u062f\u0646\u064a",
                                 "\u0627\u0644\u0628\u0637\u0627\u0642\u0629",
                                 "\u0631\u0642\u0645 \u0627\u0644\u0647\u0648\u064a\u0629"};
constexpr sv kMoroccanWords[] = {"cin", "cnie", "carte nationale", "\u0627\u0644\u0628\u0637\u0627\u0642\u0629"};
constexpr sv kIsraelWords[] = {
    "teudat zehut",  "israeli id",         "tz",           "\u05ea\u05e2\u05d5\u05d3\u05ea \u05d6\u05d4\u05d5\u05ea",
    "\u05ea.\u05d6", "\u05ea\u05f4\u05d6", "\u05ea\u05d6", "id number"};
constexpr sv kIranWords[] = {"\u06a9\u062f \u0645\u0644\u06cc", "\u06a9\u062f\u0645\u0644\u06cc",
                             "\u0634\u0645\u0627\u0631\u0647 \u0645\u0644\u06cc", "melli", "national code"};

// NVI: the tenth digit from the odd and even places, the eleventh the sum of all before.
bool tr_kimlik(sv n) {
  const int odd = weighted_sum(n, {1, 0, 1, 0, 1, 0, 1, 0, 1});
  const int even = weighted_sum(n, {0, 1, 0, 1, 0, 1, 0, 1});
  return n[0] != '0' && ((odd * 7 - even) % 10 + 10) % 10 == n[9] - '0' &&
         weighted_sum(n, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}) % 10 == n[10] - '0';
}

// Gelir Idaresi: (digit + 10 - place) modulo 10, times a power of two, modulo 9.
bool tr_vkn(sv n) {
  int sum = 0;
  for (int at = 0; at < 9; ++at) {
    const int shifted = (n[static_cast<size_t>(at)] - '0' + 9 - at) % 10;
    const int product = shifted * (1 << (9 - at)) % 9;
    sum += shifted != 0 && product == 0 ? 9 : product;
  }
  return (10 - sum % 10) % 10 == n[9] - '0';
}

bool tr_plate(sv n) {
  const int province = part(n, 0, 2);
  return province >= 1 && province <= 81 && is_letter(n[2]);
}

// Department of Home Affairs: date, citizenship, 8 or 9 (once race), Luhn.
bool za_id(sv n) {
  return is_yymmdd(n) && n[10] <= '2' && n[11] >= '8' && luhn_valid(n);
}
bool za_id_old(sv n) {
  return is_yymmdd(n) && n[10] <= '2' && luhn_valid(n);
}

// Law 143/1994: century, date, governorate; how the last digit is made is not published.
bool eg_national(sv n) {
  const int governorate = part(n, 7, 2);
  const bool known =
      (governorate >= 1 && governorate <= 4) || (governorate >= 11 && governorate <= 35) || governorate == 88;
  return (n[0] == '2' || n[0] == '3') && known && is_yymmdd(n.substr(1));
}

// Absher: 1 for citizens, 2 for residents, Luhn.
bool sa_national(sv n) {
  return (n[0] == '1' || n[0] == '2') && luhn_valid(n);
}
bool sa_national_form(sv n) {
  return n[0] == '1' || n[0] == '2';
}

// ICP: 784, year of birth, Luhn.
bool ae_emirates(sv n) {
  return n.starts_with("784") && part(n, 3, 4) > 1900 && part(n, 3, 4) < 2100 && luhn_valid(n);
}
bool ae_emirates_form(sv n) {
  return n.starts_with("784") && part(n, 3, 4) > 1900 && part(n, 3, 4) < 2100;
}

// Population and Immigration Authority: Luhn.
bool il_id(sv n) {
  return !all_same(n) && luhn_valid(n);
}

// Sabt-e Ahval: weights 10 down to 2 modulo 11.
bool ir_national(sv n) {
  const int rest = weighted_sum(n, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return !all_same(n) && (rest < 2 ? rest : 11 - rest) == n[9] - '0';
}

// PACI: century, date, weights 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 modulo 11.
bool kw_civil(sv n) {
  return (n[0] == '2' || n[0] == '3') && is_yymmdd(n.substr(1)) &&
         11 - weighted_sum(n, {2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}) % 11 == n[11] - '0';
}

// NIA: only the prefix can be checked.
bool gh_card(sv n) {
  return n.starts_with("GHA");
}

constexpr sv kTurkishPlates =
    "99 A 99|99 A 999|99 A 9999|99 A 99999|99 AA 99|99 AA 999|99 AA 9999|99 AAA 9|99 AAA 99|99 AAA 999|99 AAA 9999";

constexpr IdentifierRow kRows[] = {
    {Kind::kNationalId, "TR_NATIONAL_ID", "99999999999", tr_kimlik, Needs::kNothing, kKimlikWords},
    {Kind::kTaxId, "TR_TAX_ID", "9999999999", tr_vkn, Needs::kWords, kVknWords},
    {Kind::kVehiclePlate, "TR_LICENSE_PLATE", kTurkishPlates, tr_plate, Needs::kAlone, kTurkishPlateWords},
    {Kind::kVehiclePlate, "TR_LICENSE_PLATE", "99A9999|99AA999|99AA9999|99AAA99|99AAA999|99A99999", tr_plate,
     Needs::kWords, kTurkishPlateWords},
    {Kind::kNationalId, "ZA_ID_NUMBER", "9999999999999|999999 9999999|999999 9999 999|999999 9999 99 9", za_id,
     Needs::kNothing, kSouthAfricanWords},
    {Kind::kNationalId, "ZA_ID_NUMBER", "9999999999999", za_id_old, Needs::kWords, kSouthAfricanWords},
    {Kind::kNationalId, "NG_NIN", "99999999999|9999-999-9999", nullptr, Needs::kWords, kNinWords},
    {Kind::kBankAccount, "NG_BVN", "99999999999", nullptr, Needs::kWords, kBvnWords},
    {Kind::kVehiclePlate, "NG_VEHICLE_REGISTRATION", "AAA-999AA|AAA-999-AA|AAA 999 AA|AAA 999AA|AAA999AA", nullptr,
     Needs::kAlone, kNigerianPlateWords},
    {Kind::kTaxId, "KE_PIN", "A999999999A", nullptr, Needs::kAlone, kKenyanWords},
    {Kind::kNationalId, "GH_CARD", "GHA-999999999-9", gh_card, Needs::kNothing, kGhanaWords},
    {Kind::kNationalId, "EG_NATIONAL_ID", "99999999999999", eg_national, Needs::kAlone, kEgyptWords},
    {Kind::kNationalId, "SA_NATIONAL_ID", "9999999999", sa_national, Needs::kWords, kSaudiWords},
    {Kind::kNationalId, "SA_NATIONAL_ID", "9999999999", sa_national_form, Needs::kWords, kSaudiWords},
    {Kind::kNationalId, "AE_EMIRATES_ID", "999-9999-9999999-9|999999999999999|999 9999 9999999 9", ae_emirates,
     Needs::kNothing, kEmiratesWords},
    {Kind::kNationalId, "AE_EMIRATES_ID", "999-9999-9999999-9", ae_emirates_form, Needs::kNothing, kEmiratesWords},
    {Kind::kNationalId, "KW_CIVIL_ID", "999999999999", kw_civil, Needs::kWords, kArabicIdWords},
    {Kind::kNationalId, "ARABIC_NATIONAL_ID", "9999999999|99999999999|999999999|999999999999", nullptr, Needs::kWords,
     kArabicIdWords},
    {Kind::kNationalId, "MA_CIN", "AA999999|A999999|AA99999", nullptr, Needs::kWords, kMoroccanWords},
    {Kind::kNationalId, "IL_ID", "999999999|99999999-9|99999999|9999999-9", il_id, Needs::kWords, kIsraelWords},
    {Kind::kNationalId, "IR_NATIONAL_CODE", "9999999999|999-999999-9", ir_national, Needs::kWords, kIranWords},
};

}  // namespace

std::span<const IdentifierRow> african_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

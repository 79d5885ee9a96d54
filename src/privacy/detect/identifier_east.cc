// Central and eastern Europe, with Russia and Kazakhstan.

#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kPeselWords[] = {"pesel", "ewidencyjny"};
constexpr sv kNipWords[] = {"nip", "vat", "podatkow"};
constexpr sv kRegonWords[] = {"regon"};
constexpr sv kDowodWords[] = {"dow\u00f3d", "dowod", "dowodu", "identity card", "id card"};
constexpr sv kPolishPassportWords[] = {"paszport", "passport"};
constexpr sv kRodneWords[] = {"rodn\u00e9", "rodne", "r\u010d", "rodn\u00e9ho", "birth number"};
constexpr sv kIcoWords[] = {"i\u010do", "ico", "i\u010d"};
constexpr sv kVatWords[] = {"vat", "dph", "di\u010d", "dic", "\u00e1fa", "tva"};
constexpr sv kTajWords[] = {"taj", "t\u00e1rsadalombiztos\u00edt"};
constexpr sv kAdoWords[] = {"ad\u00f3azonos\u00edt\u00f3", "adoazonosito", "ad\u00f3sz\u00e1m", "adoszam", "tax"};
constexpr sv kHungarianWords[] = {"szem\u00e9lyi", "szemelyi", "szem\u00e9lyazonos\u00edt", "personal id"};
constexpr sv kCnpWords[] = {"cnp", "cod numeric"};
constexpr sv kCuiWords[] = {"cui", "cif", "fiscal"};
constexpr sv kEgnWords[] = {"egn", "\u0435\u0433\u043d", "\u0415\u0413\u041d",
                            "\u0433\u0440\u0430\u0436\u0434\u0430\u043d"};
constexpr sv kOibWords[] = {"oib", "osobni identifikacijski"};
constexpr sv kJmbgWords[] = {"jmbg",        "emso", "em\u0161o", "\u0458\u043c\u0431\u0433", "\u0408\u041c\u0411\u0413",
                             "mati\u010dni"};
constexpr sv kSnilsWords[] = {"snils", "\u0441\u043d\u0438\u043b\u0441", "\u0421\u041d\u0418\u041b\u0421"};
constexpr sv kInnWords[] = {"inn", "\u0438\u043d\u043d", "\u0418\u041d\u041d"};
constexpr sv kRussianPassportWords[] = {"\u043f\u0430\u0441\u043f\u043e\u0440\u0442",
                                        "\u041f\u0430\u0441\u043f\u043e\u0440\u0442", "\u0441\u0435\u0440\u0438\u044f",
                                        "passport"};
constexpr sv kUkrainianWords[] = {"\u0440\u043d\u043e\u043a\u043f\u043f",
                                  "\u0420\u041d\u041e\u041a\u041f\u041f",
                                  "\u0456\u043f\u043d",
                                  "\u0406\u041f\u041d",
                                  "rnokpp",
                                  "ipn",
                                  "\u043f\u043e\u0434\u0430\u0442\u043a\u043e\u0432"};
constexpr sv kIinWords[] = {"iin", "\u0438\u0438\u043d", "\u0418\u0418\u041d", "\u0436\u0441\u043d",
                            "\u0416\u0421\u041d"};

// Ustawa o ewidencji ludnosci: weights 1, 3, 7, 9; the century is in the month.
bool pl_pesel(sv n) {
  const int month = part(n, 2, 2) % 20;
  return is_day(month, part(n, 4, 2)) && weighted_valid(n, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}, 10);
}

// Ministerstwo Finansow: weights 6, 5, 7, 2, 3, 4, 5, 6, 7 modulo 11.
bool pl_nip(sv n) {
  return !all_same(n) && weighted_sum(n, {6, 5, 7, 2, 3, 4, 5, 6, 7}) % 11 == n[9] - '0';
}
bool pl_nip_prefixed(sv n) {
  return pl_nip(n.substr(2));
}

// GUS: weights 8, 9, 2, 3, 4, 5, 6, 7 modulo 11.
bool pl_regon(sv n) {
  return weighted_sum(n, {8, 9, 2, 3, 4, 5, 6, 7}) % 11 % 10 == n[8] - '0';
}

// MSWiA: weights 7, 3, 1, 9, 7, 3, 1, 7, 3 with the check digit fourth.
bool pl_card(sv n) {
  return weighted_valid(n, {7, 3, 1, 9, 7, 3, 1, 7, 3}, 10);
}

// Zakon 133/2000 Sb.: date (50 added to the month of women, 20 or 70 where numbers ran out), divisible by 11, or with
// the rest 10 and a last 0.
bool cz_birth_number(sv n) {
  int month = part(n, 2, 2) % 50;
  if (month > 20) month -= 20;
  if (!is_day(month, part(n, 4, 2))) return false;
  const int nine = part(n, 0, 9);
  return (nine % 11) % 10 == n[9] - '0';
}
bool cz_birth_number_old(sv n) {
  return part(n, 0, 2) < 54 && is_day(part(n, 2, 2) % 50, part(n, 4, 2));
}

// Cesky statisticky urad: weights 8 down to 2 modulo 11.
bool cz_ico(sv n) {
  const int check = (11 - weighted_sum(n, {8, 7, 6, 5, 4, 3, 2}) % 11) % 10;
  return check == n[7] - '0';
}

// 1996. evi XX. torveny: TAJ weights 3, 7; tax number of people begins with 8, weights 1..9 modulo 11; the personal
// number ends in weights 1..10 or 10..1 modulo 11.
bool hu_taj(sv n) {
  return weighted_sum(n, {3, 7, 3, 7, 3, 7, 3, 7}) % 10 == n[8] - '0';
}
bool hu_tax(sv n) {
  return n[0] == '8' && weighted_sum(n, {1, 2, 3, 4, 5, 6, 7, 8, 9}) % 11 == n[9] - '0';
}
bool hu_company(sv n) {
  const int county = part(n, 9, 2);
  return weighted_valid(n, {9, 7, 3, 1, 9, 7, 3, 1}, 10) && n[8] >= '1' && n[8] <= '5' && county >= 2 && county <= 51;
}
bool hu_personal(sv n) {
  if (n[0] < '1' || n[0] > '8' || !is_yymmdd(n.substr(1))) return false;
  return weighted_sum(n, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}) % 11 == n[10] - '0' ||
         weighted_sum(n, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) % 11 == n[10] - '0';
}

// Legea 105/1996: sex and century, date, county, weights 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9 modulo 11.
bool ro_cnp(sv n) {
  const int county = part(n, 7, 2);
  const bool known = (county >= 1 && county <= 48) || county == 51 || county == 52 || county == 70;
  return n[0] >= '1' && n[0] <= '8' && known && is_yymmdd(n.substr(1)) &&
         weighted_sum(n, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11 % 10 == (n[12] - '0') % 10;
}

// GRAO: weights 2, 4, 8, 5, 10, 9, 7, 3, 6 modulo 11; the century is in the month.
bool bg_egn(sv n) {
  const int month = part(n, 2, 2) % 20;
  return is_day(month, part(n, 4, 2)) && weighted_sum(n, {2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == n[9] - '0';
}

// JMBG and EMSO: date with three digits of the year, weights 7, 6, 5, 4, 3, 2 twice modulo 11.
bool jmbg(sv n) {
  return is_ddmmyy(n) && (n[4] == '9' || n[4] == '0') && weighted_valid(n, {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}, 11);
}

// Pension Fund of Russia, 192p: weights 9 down to 1 modulo 101.
bool ru_snils(sv n) {
  return !all_same(n.substr(0, 9)) && weighted_sum(n, {9, 8, 7, 6, 5, 4, 3, 2, 1}) % 101 % 100 == part(n, 9, 2);
}

// FNS, MMV-7-6/435: ten digits with one check digit for companies, twelve with two for people.
bool ru_inn(sv n) {
  if (all_same(n)) return false;
  if (n.size() == 10) return weighted_sum(n, {2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == n[9] - '0';
  return weighted_sum(n, {7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == n[10] - '0' &&
         weighted_sum(n, {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == n[11] - '0';
}

// DPS of Ukraine: weights -1, 5, 7, 9, 4, 6, 10, 5, 7 modulo 11.
bool ua_rnokpp(sv n) {
  const int sum = weighted_sum(n, {21, 5, 7, 9, 4, 6, 10, 5, 7});
  return sum % 11 % 10 == n[9] - '0';
}

// Kazakhstan: date, century and sex, weights 1..11, and 3..11, 1, 2 if the rest is 10.
bool kz_iin(sv n) {
  if (!is_yymmdd(n) || n[6] > '6') return false;
  int rest = weighted_sum(n, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) % 11;
  if (rest == 10) rest = weighted_sum(n, {3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2}) % 11;
  return rest == n[11] - '0';
}

bool oib(sv n) {
  return mod11_10_valid(n);
}

constexpr IdentifierRow kRows[] = {
    {Kind::kNationalId, "PL_PESEL", "99999999999", pl_pesel, Needs::kAlone, kPeselWords},
    {Kind::kTaxId, "PL_NIP", "999-999-99-99|999-99-99-999", pl_nip, Needs::kNothing, kNipWords},
    {Kind::kTaxId, "PL_NIP", "9999999999", pl_nip, Needs::kWords, kNipWords},
    {Kind::kTaxId, "PL_NIP", "PL9999999999", pl_nip_prefixed, Needs::kNothing, kNipWords},
    {Kind::kTaxId, "PL_REGON", "999999999", pl_regon, Needs::kWords, kRegonWords},
    {Kind::kNationalId, "PL_ID_CARD", "AAA999999|AAA 999999", pl_card, Needs::kWords, kDowodWords},
    {Kind::kPassport, "PL_PASSPORT", "AA9999999|AA 9999999", nullptr, Needs::kWords, kPolishPassportWords},
    {Kind::kNationalId, "CZ_SK_BIRTH_NUMBER", "999999/9999", cz_birth_number, Needs::kNothing, kRodneWords},
    {Kind::kNationalId, "CZ_SK_BIRTH_NUMBER", "9999999999", cz_birth_number, Needs::kWords, kRodneWords},
    {Kind::kNationalId, "CZ_SK_BIRTH_NUMBER", "999999/999", cz_birth_number_old, Needs::kAlone, kRodneWords},
    {Kind::kTaxId, "CZ_SK_ICO", "99999999|999 99 999", cz_ico, Needs::kWords, kIcoWords},
    {Kind::kTaxId, "CZ_VAT", "CZ99999999|CZ999999999|CZ9999999999", nullptr, Needs::kWords, kVatWords},
    {Kind::kHealthId, "HU_TAJ", "999999999|999 999 999|999-999-999", hu_taj, Needs::kWords, kTajWords},
    {Kind::kTaxId, "HU_TAX_ID", "9999999999", hu_tax, Needs::kWords, kAdoWords},
    {Kind::kTaxId, "HU_TAX_NUMBER", "99999999-9-99", hu_company, Needs::kNothing, kAdoWords},
    {Kind::kNationalId, "HU_PERSONAL_ID", "99999999999|9-999999-9999|9 999999 9999", hu_personal, Needs::kAlone,
     kHungarianWords},
    {Kind::kNationalId, "RO_CNP", "9999999999999", ro_cnp, Needs::kNothing, kCnpWords},
    {Kind::kTaxId, "RO_CUI", "RO99999999|RO9999999|RO999999", nullptr, Needs::kWords, kCuiWords},
    {Kind::kNationalId, "BG_EGN", "9999999999", bg_egn, Needs::kWords, kEgnWords},
    {Kind::kTaxId, "HR_OIB", "99999999999", oib, Needs::kWords, kOibWords},
    {Kind::kTaxId, "HR_OIB", "HR99999999999", nullptr, Needs::kWords, kOibWords},
    {Kind::kNationalId, "JMBG", "9999999999999", jmbg, Needs::kAlone, kJmbgWords},
    {Kind::kNationalId, "RU_SNILS", "999-999-999 99|999-999-999-99", ru_snils, Needs::kNothing, kSnilsWords},
    {Kind::kNationalId, "RU_SNILS", "99999999999", ru_snils, Needs::kWords, kSnilsWords},
    {Kind::kTaxId, "RU_INN", "999999999999", ru_inn, Needs::kAlone, kInnWords},
    {Kind::kTaxId, "RU_INN", "9999999999", ru_inn, Needs::kWords, kInnWords},
    {Kind::kPassport, "RU_PASSPORT", "99 99 999999|9999 999999|9999999999", nullptr, Needs::kWords,
     kRussianPassportWords},
    {Kind::kTaxId, "UA_RNOKPP", "9999999999", ua_rnokpp, Needs::kWords, kUkrainianWords},
    {Kind::kNationalId, "KZ_IIN", "999999999999", kz_iin, Needs::kWords, kIinWords},
};

}  // namespace

std::span<const IdentifierRow> east_european_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

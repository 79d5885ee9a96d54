// Britain and Ireland, France, the Low Countries, Spain, Portugal, Italy, Greece.

#include <algorithm>

#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kNinoWords[] = {"national insurance", "nino", "ni number", "ni no"};
constexpr sv kNhsWords[] = {"nhs", "health service", "patient"};
constexpr sv kUtrWords[] = {"utr", "taxpayer reference", "hmrc"};
constexpr sv kPassportWords[] = {"passport", "passeport", "pasaporte", "passaporto", "paspoort", "passaporte"};
constexpr sv kDrivingWords[] = {"driving", "driver", "licence", "license", "patente", "guida"};
constexpr sv kPlateWords[] = {
    "car reg", "registration",    "number plate",   "license plate", "licence plate", "vehicle",  "vrm",
    "plaque",  "immatriculation", "matr\u00edcula", "matricula",     "targa",         "kenteken", "plate"};
constexpr sv kPpsWords[] = {"pps", "ppsn", "personal public service"};
constexpr sv kNirWords[] = {"nir",
                            "s\u00e9curit\u00e9 sociale",
                            "securite sociale",
                            "insee",
                            "num\u00e9ro de s\u00e9cu",
                            "carte vitale",
                            "social security"};
constexpr sv kSirenWords[] = {"siren", "siret", "rcs", "entreprise", "insee"};
constexpr sv kVatWords[] = {"vat", "tva", "iva", "btw", "nif", "tax"};
constexpr sv kFrenchIdWords[] = {"carte d'identit\u00e9", "carte d\u2019identit\u00e9", "cni", "identit\u00e9"};
constexpr sv kBsnWords[] = {"bsn", "burgerservicenummer", "sofinummer", "sofi"};
constexpr sv kRijksWords[] = {"rijksregister",       "insz", "niss", "registre national", "national number",
                              "num\u00e9ro national"};
constexpr sv kNifWords[] = {"nif", "dni", "documento nacional", "identificaci\u00f3n fiscal"};
constexpr sv kNieWords[] = {"nie", "extranjero"};
constexpr sv kCifWords[] = {"cif", "nif", "identificaci\u00f3n fiscal"};
constexpr sv kNussWords[] = {"nuss", "naf", "seguridad social"};
constexpr sv kPortugueseWords[] = {"nif", "contribuinte", "contribuente"};
constexpr sv kCartaoWords[] = {"cart\u00e3o de cidad\u00e3o", "cartao de cidadao", "cc"};
constexpr sv kFiscalWords[] = {"codice fiscale", "fiscal code", "cf", "c.f."};
constexpr sv kPartitaWords[] = {"partita iva", "p.iva", "p. iva", "piva", "vat", "iva"};
constexpr sv kItalianIdWords[] = {"carta d'identit\u00e0",  "carta d\u2019identit\u00e0",
                                  "carta di identit\u00e0", "cie",
                                  "identity card",          "carta identita"};
constexpr sv kAmkaWords[] = {"amka", "\u03b1\u03bc\u03ba\u03b1", "\u0391\u039c\u039a\u0391"};
constexpr sv kAfmWords[] = {"afm", "\u03b1\u03c6\u03bc", "\u0391\u03a6\u039c"};

// HMRC, NIM39110.
bool uk_nino(sv n) {
  const sv pair = n.substr(0, 2);
  for (const sv never : {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}) {
    if (pair == never) return false;
  }
  return !one_of(n[0], "DFIQUV") && !one_of(n[1], "DFIQUVO") && n[8] <= 'D';
}

// NHS Data Dictionary: weights 10 down to 2 modulo 11.
bool uk_nhs(sv n) {
  return !all_same(n) && weighted_valid(n, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 11);
}

// Neither an American phone number, whose area and exchange begin with 2 to 9.
bool uk_nhs_no_phone(sv n) {
  return (n[0] < '2' || n[3] < '2') && uk_nhs(n);
}

// HMRC: weights 6, 7, 8, 9, 10, 5, 4, 3, 2 on all but the first.
bool uk_utr(sv n) {
  const int rest = weighted_sum(n.substr(1), {6, 7, 8, 9, 10, 5, 4, 3, 2}) % 11;
  return sv("21987654321")[static_cast<size_t>(rest)] == n[0];
}

// DVLA: five of the surname (9 for none), decade, month (50 more for women), day, year, two initials (9 for none).
bool uk_driving(sv n) {
  const size_t name = n.substr(0, 5).find_first_of("0123456789");
  if (name != sv::npos && n.substr(name, 5 - name).find_first_not_of('9') != sv::npos) return false;
  const auto initial = [](char c) { return is_letter(c) || c == '9'; };
  return is_day(part(n, 6, 2) % 50, part(n, 8, 2)) && initial(n[11]) && initial(n[12]);
}

// DVLA, INF104: two letters, the half-year, three letters; before 2001 a year's letter at either end.
bool uk_plate(sv n) {
  if (n.size() == 7 && is_letter(n[1]) && is_digit(n[2])) {
    const int age = part(n, 2, 2);
    const bool half = (age >= 2 && age <= 29) || (age >= 51 && age <= 79);
    return half && !one_of(n[0], "IJQTUXZ") && !one_of(n[1], "IQZ") && n.find_first_of("IQ") == sv::npos;
  }
  const char year = is_digit(n[1]) ? n.front() : n.back();
  return !one_of(year, "IOQUZ") && n.find_first_of("IQ") == sv::npos;
}

// HMRC: weights 8 down to 2, the last two modulo 97, since 2010 with 55 added.
bool uk_vat(sv n) {
  const int sum = weighted_sum(n.substr(2), {8, 7, 6, 5, 4, 3, 2}) + part(n, 9, 2);
  return sum % 97 == 0 || (sum + 55) % 97 == 0;
}

// Revenue, PPSN: weights 8 down to 2, 9 for a second letter (W is 0), modulo 23.
bool ie_pps(sv n) {
  int sum = weighted_sum(n, {8, 7, 6, 5, 4, 3, 2});
  if (n.size() == 9) sum += n[8] == 'W' ? 0 : (n[8] - 'A' + 1) * 9;
  return n[7] == "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] && (n.size() == 8 || n[8] <= 'I' || n[8] == 'T' || n[8] == 'W');
}

// INSEE: sex, year, month (20 to 42 and 50 up where unknown), department; key 97 less the number modulo 97; Corsica's
// 2A and 2B count as 19 and 18.
bool fr_nir(sv n) {
  if (!one_of(n[0], "123478")) return false;
  const int month = part(n, 3, 2);
  if (month < 1 || (month > 12 && month < 20) || (month > 42 && month < 50)) return false;
  uint64_t number = 0;
  for (size_t at = 0; at < 13; ++at) {
    char c = n[at];
    if (at == 6 && is_letter(c)) {
      if (n[5] != '2' || (c != 'A' && c != 'B')) return false;
      c = c == 'A' ? '9' : '8';
    }
    number = number * 10 + static_cast<uint64_t>(at == 5 && is_letter(n[6]) ? 1 : c - '0');
  }
  return n.substr(5, 2) != "00" && (n.size() == 13 || 97 - number % 97 == static_cast<uint64_t>(part(n, 13, 2)));
}

// INSEE, SIRENE: Luhn, for both parts.
bool fr_siren(sv n) {
  return !all_same(n) && luhn_valid(n.substr(0, 9)) && luhn_valid(n);
}

// BOFiP: key 12 + 3 * (SIREN modulo 97), modulo 97.
bool fr_vat(sv n) {
  if (!luhn_valid(n.substr(4))) return false;
  return !is_digit(n[2]) || !is_digit(n[3]) || (12 + 3 * (part(n, 4, 9) % 97)) % 97 == part(n, 2, 2);
}

// RvIG: weights 9 down to 2 and -1 modulo 11.
bool nl_bsn(sv n) {
  return !all_same(n) && weighted_valid(n, {9, 8, 7, 6, 5, 4, 3, 2, -1}, 11);
}
bool nl_vat(sv n) {
  return n[11] == 'B' && (nl_bsn(n.substr(2, 9)) || mod97(n) == 1);
}

// IBZ, Rijksregister: 97 less the first nine modulo 97, with 2 before them for those born since 2000.
bool be_national(sv n) {
  const int month = part(n, 2, 2) % 20;
  if (month > 12 || part(n, 4, 2) > 31 || all_same(n)) return false;
  const int number = part(n, 0, 9);
  const int key = part(n, 9, 2);
  return 97 - number % 97 == key || 97 - (2'000'000'000LL + number) % 97 == key;
}
bool be_vat(sv n) {
  const sv digits = n.substr(2);
  return digits[0] <= '1' && 97 - part(digits, 0, 8) % 97 == part(digits, 8, 2);
}

// Orden INT/2058/2008.
bool es_nif(sv n) {
  return mod23_letter(static_cast<uint64_t>(part(n, 0, n.size() - 1))) == n.back();
}
bool es_nie(sv n) {
  if (n[0] < 'X') return false;
  return mod23_letter(static_cast<uint64_t>(n[0] - 'X') * 10'000'000 + static_cast<uint64_t>(part(n, 1, 7))) ==
         n.back();
}

// Orden EHA/451/2008: Luhn of the seven digits, as a digit or as a letter.
bool es_cif(sv n) {
  if (!one_of(n[0], "ABCDEFGHJNPQRSUVW")) return false;
  int sum = 0;
  for (size_t at = 1; at < 8; ++at) {
    const int digit = (n[at] - '0') * (at % 2 == 1 ? 2 : 1);
    sum += digit / 10 + digit % 10;
  }
  const int check = (10 - sum % 10) % 10;
  return is_digit(n[8]) ? n[8] - '0' == check && !one_of(n[0], "PQRSNW") : n[8] == "JABCDEFGHI"[check];
}

// Seguridad Social: province and number modulo 97.
bool es_nuss(sv n) {
  const int64_t province = part(n, 0, 2);
  const int64_t number = part(n, 2, 8);
  const int64_t whole = number < 10'000'000 ? number + province * 10'000'000 : number + province * 100'000'000;
  return province >= 1 && province <= 66 && whole % 97 == part(n, 10, 2);
}

// Autoridade Tributaria: weights 9 down to 2 modulo 11.
bool pt_nif(sv n) {
  const int check = 11 - weighted_sum(n, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return one_of(n[0], "1235689") && (check > 9 ? 0 : check) == n[8] - '0';
}

// AMA, Cartao de Cidadao: Luhn with letters from 10 on.
bool pt_card(sv n) {
  int sum = 0;
  for (size_t at = 0; at < n.size(); ++at) {
    int value = alnum_value(n[at]);
    if (at % 2 == 0) value = value > 4 ? 2 * value - 9 : 2 * value;
    sum += value;
  }
  return sum % 10 == 0;
}

// Decreto ministeriale 23.12.1976: values by place; digits may be replaced by LMNPQRSTUV.
bool it_fiscal(sv n) {
  constexpr int kOdd[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  if (!one_of(n[8], "ABCDEHLMPRST")) return false;
  int sum = 0;
  for (size_t at = 0; at < 15; ++at) {
    const bool digit_place = at == 6 || at == 7 || at == 9 || at == 10 || at >= 12;
    if (digit_place && is_letter(n[at]) && !one_of(n[at], "LMNPQRSTUV")) return false;
    const int value = is_digit(n[at]) ? n[at] - '0' : n[at] - 'A';
    sum += at % 2 == 0 ? kOdd[value] : value;
  }
  if (is_digit(n[9]) && is_digit(n[10])) {
    const int day = part(n, 9, 2) % 40;
    if (day < 1 || day > 31) return false;
  }
  return n[15] - 'A' == sum % 26;
}
bool it_fiscal_form(sv n) {
  return one_of(n[8], "ABCDEHLMPRST") && is_digit(n[6]) && is_digit(n[7]) && is_digit(n[9]) && is_digit(n[10]);
}

// Agenzia delle Entrate: Luhn; the three digits before the last name the office.
bool it_vat(sv n) {
  const int office = part(n, 7, 3);
  const bool known = (office >= 1 && office <= 100) || office == 120 || office == 121 || office == 888 || office == 999;
  return known && part(n, 0, 7) != 0 && luhn_valid(n);
}
bool it_vat_prefixed(sv n) {
  return it_vat(n.substr(2));
}

// Motorizzazione civile: two letters for the office, or U1 and characters that cannot be mistaken.
bool it_driving(sv n) {
  return n.starts_with("U1") ? n.substr(2, 7).find_first_of("AEIOQV") == sv::npos || is_digit(n[3]) : is_letter(n[1]);
}

// IDIKA: date of birth and Luhn.
bool gr_amka(sv n) {
  return is_ddmmyy(n) && luhn_valid(n);
}

// AADE: powers of two modulo 11.
bool gr_afm(sv n) {
  return !all_same(n) && weighted_sum(n, {256, 128, 64, 32, 16, 8, 4, 2}) % 11 % 10 == n[8] - '0';
}

bool luhn(sv n) {
  return !all_same(n) && luhn_valid(n);
}

constexpr sv kUkPlateShapes =
    "AA99 AAA|AA99AAA|AA99-AAA|A999 AAA|A999AAA|A99 AAA|A99AAA|A9 AAA|AAA 999A|AAA999A|AAA 99A|AAA99A|AAA 9A";

constexpr IdentifierRow kRows[] = {
    {Kind::kNationalId, "UK_NINO", "AA999999A|AA 99 99 99 A|AA-99-99-99-A|AA 999999 A|AA 999 999 A", uk_nino,
     Needs::kNothing, kNinoWords},
    {Kind::kHealthId, "UK_NHS", "999 999 9999|999-999-9999|9999999999", uk_nhs_no_phone, Needs::kAlone, kNhsWords},
    {Kind::kHealthId, "UK_NHS", "999 999 9999|999-999-9999|9999999999", uk_nhs, Needs::kWords, kNhsWords},
    {Kind::kTaxId, "UK_UTR", "9999999999|99999 99999", uk_utr, Needs::kWords, kUtrWords},
    {Kind::kTaxId, "UK_VAT", "GB999999999|GB 999 9999 99|GB 999999999", uk_vat, Needs::kNothing, kVatWords},
    {Kind::kDriverLicense, "UK_DRIVING_LICENCE", "AXXXX999999XXXAA|AXXXX999999XX9XX", uk_driving, Needs::kNothing,
     kDrivingWords},
    {Kind::kPassport, "UK_PASSPORT", "AA9999999", nullptr, Needs::kAlone, kPassportWords},
    {Kind::kPassport, "UK_PASSPORT", "999999999", nullptr, Needs::kWords, kPassportWords},
    {Kind::kVehiclePlate, "UK_VEHICLE_REGISTRATION", kUkPlateShapes, uk_plate, Needs::kAlone, kPlateWords},
    {Kind::kNationalId, "IE_PPS", "9999999AA", ie_pps, Needs::kNothing, kPpsWords},
    {Kind::kNationalId, "IE_PPS", "9999999A", ie_pps, Needs::kAlone, kPpsWords},
    {Kind::kNationalId, "FR_NIR", "999999X99999999|9 99 99 9X 999 999 99|999999X999999 99", fr_nir, Needs::kNothing,
     kNirWords},
    {Kind::kNationalId, "FR_NIR", "999999X999999|9 99 99 9X 999 999", fr_nir, Needs::kWords, kNirWords},
    {Kind::kTaxId, "FR_SIRET", "999 999 999 99999", fr_siren, Needs::kNothing, kSirenWords},
    {Kind::kTaxId, "FR_SIRET", "99999999999999", fr_siren, Needs::kWords, kSirenWords},
    {Kind::kTaxId, "FR_SIREN", "999999999|999 999 999", fr_siren, Needs::kWords, kSirenWords},
    {Kind::kTaxId, "FR_VAT", "FRXX999999999|FR XX 999999999|FR XX 999 999 999|FRXX 999999999|FR XX999999999", fr_vat,
     Needs::kNothing, kVatWords},
    {Kind::kPassport, "FR_PASSPORT", "99AA99999", nullptr, Needs::kAlone, kPassportWords},
    {Kind::kNationalId, "FR_CNI", "999999999999", nullptr, Needs::kWords, kFrenchIdWords},
    {Kind::kVehiclePlate, "FR_IT_PLATE", "AA-999-AA|AA 999 AA|AA999AA", nullptr, Needs::kWords, kPlateWords},
    {Kind::kNationalId, "NL_BSN", "999999999|9999.99.999|999-999-999|999 999 999", nl_bsn, Needs::kWords, kBsnWords},
    {Kind::kTaxId, "NL_VAT", "NL999999999B99|NL999999999.B99", nl_vat, Needs::kNothing, kVatWords},
    {Kind::kNationalId, "BE_NATIONAL_NUMBER",
     "99.99.99-999.99|99999999999|99.99.99.999.99|99 99 99 999 99|999999-999.99|999999-999-99", be_national,
     Needs::kNothing, kRijksWords},
    {Kind::kTaxId, "BE_VAT", "BE9999999999|BE 9999.999.999|BE 9999 999 999|BE9999.999.999|BE 9999999999", be_vat,
     Needs::kNothing, kVatWords},
    {Kind::kNationalId, "ES_NIF", "99999999A|99999999-A|99.999.999-A", es_nif, Needs::kNothing, kNifWords},
    {Kind::kNationalId, "ES_NIF", "9999999A|9999999-A|99999999 A", es_nif, Needs::kAlone, kNifWords},
    {Kind::kNationalId, "ES_NIE", "A9999999A|A9999999-A|A-9999999-A|A-9999999A", es_nie, Needs::kNothing, kNieWords},
    {Kind::kTaxId, "ES_CIF", "A99999999|A-99999999|A9999999A|A-9999999-A", es_cif, Needs::kAlone, kCifWords},
    {Kind::kPassport, "ES_PASSPORT", "AAA999999|AA999999", nullptr, Needs::kAlone, kPassportWords},
    {Kind::kHealthId, "ES_NUSS", "99/99999999/99|99 99999999 99|99-99999999-99", es_nuss, Needs::kNothing, kNussWords},
    {Kind::kHealthId, "ES_NUSS", "999999999999", es_nuss, Needs::kWords, kNussWords},
    {Kind::kVehiclePlate, "ES_PLATE", "9999 AAA|9999AAA|9999-AAA", nullptr, Needs::kWords, kPlateWords},
    {Kind::kTaxId, "PT_NIF", "999999999|999 999 999", pt_nif, Needs::kWords, kPortugueseWords},
    {Kind::kTaxId, "PT_NIF", "PT999999999", nullptr, Needs::kWords, kVatWords},
    {Kind::kNationalId, "PT_CARTAO", "99999999 9 AA9|999999999AA9", pt_card, Needs::kAlone, kCartaoWords},
    {Kind::kNationalId, "IT_FISCAL_CODE", "AAAAAAXXAXXAXXXA|AAA AAA XXAXX AXXXA", it_fiscal, Needs::kNothing,
     kFiscalWords},
    {Kind::kNationalId, "IT_FISCAL_CODE", "AAAAAAXXAXXAXXXA", it_fiscal_form, Needs::kAlone, kFiscalWords},
    {Kind::kTaxId, "IT_VAT_CODE", "99999999999", it_vat, Needs::kAlone, kPartitaWords},
    {Kind::kTaxId, "IT_VAT_CODE", "IT99999999999|IT 99999999999", it_vat_prefixed, Needs::kNothing, kPartitaWords},
    {Kind::kDriverLicense, "IT_DRIVER_LICENSE", "AA9999999A|A9XXXXXXXA", it_driving, Needs::kAlone, kDrivingWords},
    {Kind::kNationalId, "IT_IDENTITY_CARD", "AA99999AA", nullptr, Needs::kAlone, kItalianIdWords},
    {Kind::kNationalId, "IT_IDENTITY_CARD", "AA9999999|AA 9999999|9999999AA", nullptr, Needs::kWords, kItalianIdWords},
    {Kind::kNationalId, "GR_AMKA", "99999999999", gr_amka, Needs::kAlone, kAmkaWords},
    {Kind::kTaxId, "GR_AFM", "999999999", gr_afm, Needs::kWords, kAfmWords},
    {Kind::kTaxId, "FR_SIREN", "999 999 999", luhn, Needs::kWords, kSirenWords},
};

}  // namespace

std::span<const IdentifierRow> west_european_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

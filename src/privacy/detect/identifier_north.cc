// The Nordic countries, the Baltic states, Iceland.

#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kHetuWords[] = {"hetu", "henkil\u00f6tunnus", "personal identity", "finnish", "personbeteckning"};
constexpr sv kFinnishCompanyWords[] = {"y-tunnus", "business id", "fo-nummer"};
constexpr sv kPersonnummerWords[] = {
    "personnummer", "pnr", "pers.nr", "samordningsnummer", "swedish", "personal number", "personal identity"};
constexpr sv kOrganisationWords[] = {"organisationsnummer", "orgnummer",   "orgnr", "org.nr", "org nr", "company",
                                     "organisation",        "organization"};
constexpr sv kFodselsWords[] = {"f\u00f8dselsnummer", "fodselsnummer", "personnummer", "f\u00f8dselsnr", "fnr"};
constexpr sv kNorwegianOrgWords[] = {"organisasjonsnummer", "org.nr", "orgnr", "org nr"};
constexpr sv kCprWords[] = {"cpr", "personnummer", "cpr-nr"};
constexpr sv kCvrWords[] = {"cvr", "virksomhed"};
constexpr sv kKennitalaWords[] = {"kennitala", "kt"};
constexpr sv kBalticWords[] = {"isikukood", "asmens kodas", "personal code", "a.k."};
constexpr sv kLatvianWords[] = {"personas kods", "personal code"};
constexpr sv kVatWords[] = {"vat", "moms", "mva", "alv"};

// DVV, personal identity code: the first nine digits modulo 31.
bool fi_hetu(sv n) {
  if (!is_ddmmyy(n)) return false;
  const bool letter = n.size() == 11;
  if (letter && !one_of(n[6], "ABCDEFYXWVU")) return false;
  const int64_t number = static_cast<int64_t>(part(n, 0, 6)) * 1000 + part(n, letter ? 7 : 6, 3);
  return number % 1000 >= 2 && "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == n.back();
}

// PRH: weights 7, 9, 10, 5, 8, 4, 2 modulo 11.
bool fi_company(sv n) {
  return weighted_valid(n, {7, 9, 10, 5, 8, 4, 2, 1}, 11);
}

// Skatteverket, SKV 704: date (60 added to the day of a coordination number), Luhn on the last ten.
bool se_person(sv n) {
  const sv ten = n.substr(n.size() - 10);
  if (n.size() == 12 && (part(n, 0, 2) < 18 || part(n, 0, 2) > 20)) return false;
  const int day = part(ten, 4, 2);
  return is_day(part(ten, 2, 2), day > 60 ? day - 60 : day) && part(ten, 6, 3) != 0 && luhn_valid(ten);
}

// Skatteverket, SKV 709: the third digit is at least 2, so that it is no date; Luhn.
bool se_organisation(sv n) {
  return n[2] >= '2' && one_of(n[0], "1256789") && luhn_valid(n);
}
bool se_vat(sv n) {
  return n.ends_with("01") && luhn_valid(n.substr(2, 10));
}

// Skatteetaten: weights 3, 7, 6, 1, 8, 9, 4, 5, 2 and 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 modulo 11; 40 added to the day of a
// D-number.
bool no_person(sv n) {
  const int day = part(n, 0, 2);
  return is_day(part(n, 2, 2), day > 40 ? day - 40 : day) && weighted_valid(n, {3, 7, 6, 1, 8, 9, 4, 5, 2, 1}, 11) &&
         weighted_valid(n, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}, 11);
}

// Bronnoysundregistrene: weights 3, 2, 7, 6, 5, 4, 3, 2 modulo 11.
bool no_organisation(sv n) {
  return (n[0] == '8' || n[0] == '9') && weighted_valid(n, {3, 2, 7, 6, 5, 4, 3, 2, 1}, 11);
}

// CPR-kontoret: weights 4, 3, 2, 7, 6, 5, 4, 3, 2, 1 modulo 11, not kept for all since 2007.
bool dk_cpr(sv n) {
  return is_ddmmyy(n) && weighted_valid(n, {4, 3, 2, 7, 6, 5, 4, 3, 2, 1}, 11);
}
bool dk_cpr_form(sv n) {
  return is_ddmmyy(n);
}

// Erhvervsstyrelsen: weights 2, 7, 6, 5, 4, 3, 2 modulo 11.
bool dk_cvr(sv n) {
  return n[0] != '0' && weighted_valid(n, {2, 7, 6, 5, 4, 3, 2, 1}, 11);
}

// Thjodskra: date (40 added to the day for companies), weights 3, 2, 7, 6, 5, 4, 3, 2 modulo 11, the century last.
bool is_kennitala(sv n) {
  const int day = part(n, 0, 2);
  return is_day(part(n, 2, 2), day > 40 ? day - 40 : day) && (n[9] == '9' || n[9] == '0') &&
         weighted_valid(n, {3, 2, 7, 6, 5, 4, 3, 2, 1}, 11);
}

// EVS 585 and the same in Lithuania: weights 1..9, 1, and 3..9, 1, 2, 3 if the rest is 10.
bool baltic(sv n) {
  if (n[0] < '1' || n[0] > '8' || !is_yymmdd(n.substr(1))) return false;
  int rest = weighted_sum(n, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}) % 11;
  if (rest == 10) rest = weighted_sum(n, {3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) % 11 % 10;
  return rest == n[10] - '0';
}

// PMLP: a date, or 32 since 2017.
bool latvian(sv n) {
  return n.starts_with("32") || (is_ddmmyy(n) && n[6] <= '2');
}

constexpr IdentifierRow kRows[] = {
    {Kind::kNationalId, "FI_PERSONAL_IDENTITY_CODE", "999999A999X|999999-999X", fi_hetu, Needs::kNothing, kHetuWords},
    {Kind::kTaxId, "FI_BUSINESS_ID", "9999999-9", fi_company, Needs::kWords, kFinnishCompanyWords},
    {Kind::kNationalId, "SE_PERSONNUMMER", "999999-9999|99999999-9999|999999999999", se_person, Needs::kNothing,
     kPersonnummerWords},
    {Kind::kNationalId, "SE_PERSONNUMMER", "9999999999", se_person, Needs::kAlone, kPersonnummerWords},
    {Kind::kTaxId, "SE_ORGANISATIONSNUMMER", "999999-9999", se_organisation, Needs::kAlone, kOrganisationWords},
    {Kind::kTaxId, "SE_ORGANISATIONSNUMMER", "9999999999", se_organisation, Needs::kWords, kOrganisationWords},
    {Kind::kTaxId, "SE_VAT", "SE999999999999", se_vat, Needs::kNothing, kVatWords},
    {Kind::kNationalId, "NO_FODSELSNUMMER", "99999999999|999999 99999|999999-99999", no_person, Needs::kNothing,
     kFodselsWords},
    {Kind::kTaxId, "NO_ORGANISASJONSNUMMER", "999999999|999 999 999", no_organisation, Needs::kWords,
     kNorwegianOrgWords},
    {Kind::kNationalId, "DK_CPR", "999999-9999", dk_cpr, Needs::kNothing, kCprWords},
    {Kind::kNationalId, "DK_CPR", "999999-9999", dk_cpr_form, Needs::kAlone, kCprWords},
    {Kind::kNationalId, "DK_CPR", "9999999999", dk_cpr_form, Needs::kWords, kCprWords},
    {Kind::kTaxId, "DK_CVR", "99999999|99 99 99 99", dk_cvr, Needs::kWords, kCvrWords},
    {Kind::kTaxId, "DK_VAT", "DK99999999", nullptr, Needs::kWords, kVatWords},
    {Kind::kTaxId, "FI_VAT", "FI99999999", nullptr, Needs::kWords, kVatWords},
    {Kind::kNationalId, "IS_KENNITALA", "999999-9999", is_kennitala, Needs::kNothing, kKennitalaWords},
    {Kind::kNationalId, "IS_KENNITALA", "9999999999", is_kennitala, Needs::kWords, kKennitalaWords},
    {Kind::kNationalId, "BALTIC_PERSONAL_CODE", "99999999999", baltic, Needs::kAlone, kBalticWords},
    {Kind::kNationalId, "LV_PERSONAL_CODE", "999999-99999", latvian, Needs::kAlone, kLatvianWords},
    {Kind::kNationalId, "LV_PERSONAL_CODE", "99999999999", latvian, Needs::kWords, kLatvianWords},
};

}  // namespace

std::span<const IdentifierRow> north_european_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

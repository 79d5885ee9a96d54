#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kSsnWords[] = {"ssn", "ssns", "social security", "sosec", "seguro social"};
constexpr sv kItinWords[] = {"itin", "tax", "taxpayer", "tin"};
constexpr sv kEinWords[] = {"ein", "fein", "employer id", "tax id", "taxid", "tax_id", "tin", "federal tax"};
constexpr sv kMbiWords[] = {"mbi", "medicare", "beneficiary"};
constexpr sv kNpiWords[] = {"npi", "provider", "practitioner"};
constexpr sv kPassportWords[] = {"passport", "travel document"};
constexpr sv kRoutingWords[] = {"routing", "aba", "rtn", "transit", "direct deposit", "wire"};
constexpr sv kDeaWords[] = {"dea", "prescriber", "medical license", "medical licence", "certificate number"};
constexpr sv kDriverWords[] = {"driver", "drivers", "driving", "license no", "dl"};
constexpr sv kSinWords[] = {"sin", "social insurance", "nas", "assurance sociale"};
constexpr sv kCurpWords[] = {"curp"};
constexpr sv kRfcWords[] = {"rfc", "contribuyente", "sat"};
constexpr sv kNssWords[] = {"nss", "imss", "seguro social", "seguridad social"};
constexpr sv kCpfWords[] = {"cpf", "cadastro de pessoa", "contribuinte"};
constexpr sv kCnpjWords[] = {"cnpj", "cadastro nacional"};
constexpr sv kPisWords[] = {"pis", "pasep", "nis", "nit"};
constexpr sv kCnhWords[] = {"cnh", "habilita\u00e7\u00e3o", "habilitacao"};
constexpr sv kRgWords[] = {"rg", "registro geral", "identidade"};
constexpr sv kCuitWords[] = {"cuit", "cuil", "clave \u00fanica"};
constexpr sv kDniWords[] = {"dni", "documento nacional", "documento de identidad"};
constexpr sv kRutWords[] = {"rut", "run", "rol \u00fanico", "rol unico"};
constexpr sv kNitWords[] = {"nit"};
constexpr sv kCedulaWords[] = {"c\u00e9dula", "cedula", "ciudadan\u00eda", "documento de identidad"};
constexpr sv kRucWords[] = {"ruc", "contribuyente"};
constexpr sv kUyWords[] = {"c\u00e9dula", "cedula", "documento", "ci"};

// SSA, "Social Security Number Randomization", 2011; 078-05-1120 and 219-09-9999 were printed in advertisements.
bool us_ssn(sv n) {
  const int area = part(n, 0, 3);
  return area != 0 && area != 666 && area < 900 && part(n, 3, 2) != 0 && part(n, 5, 4) != 0 && n != "078051120" &&
         n != "219099999";
}

// IRS, IRM 3.21.263: 9xx, the fourth and fifth digits 50-65, 70-88, 90-92, 94-99.
bool us_itin(sv n) {
  const int group = part(n, 3, 2);
  return n[0] == '9' && group >= 50 && group != 89 && group != 93 && (group <= 65 || group >= 70);
}

// CMS, "Understanding the MBI": no S, L, O, I, B, Z.
bool us_mbi(sv n) {
  constexpr sv kPlan = "1AX9AX9AA99";
  for (size_t at = 0; at < n.size(); ++at) {
    if (is_letter(n[at]) && one_of(n[at], "SLOIBZ")) return false;
    if (kPlan[at] == '1' && n[at] == '0') return false;
  }
  return true;
}

// 45 CFR 162.406: Luhn with "80840" before it, which adds 24.
bool us_npi(sv n) {
  char with[15] = {'8', '0', '8', '4', '0'};
  n.copy(with + 5, 10);
  return (n[0] == '1' || n[0] == '2') && luhn_valid({with, sizeof with});
}

// ABA Routing Number Policy: weights 3, 7, 1; the first two digits name a Federal Reserve district.
bool us_routing(sv n) {
  const int district = part(n, 0, 2);
  const bool known =
      district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district == 80;
  return known && n != "000000000" && weighted_valid(n, {3, 7, 1, 3, 7, 1, 3, 7, 1}, 10);
}

// DEA, Practitioner's Manual: odd digits plus twice the even ones end in the seventh.
bool us_dea(sv n) {
  const sv digits = n.substr(2);
  return one_of(n[0], "ABCDEFGHJKLMPRSTUX") && weighted_sum(digits, {1, 2, 1, 2, 1, 2}) % 10 == digits[6] - '0';
}

// Service Canada: Luhn; 0 and 8 are not given out.
bool ca_sin(sv n) {
  return n[0] != '0' && n[0] != '8' && luhn_valid(n);
}

constexpr bool mx_date(sv n) {
  return is_yymmdd(n);
}

// RENAPO, Instructivo normativo CURP: base 37 with N-tilde at 24, weights 18 down to 2.
bool mx_curp(sv n) {
  if (!mx_date(n.substr(4)) || !one_of(n[10], "HMX")) return false;
  int sum = 0;
  for (size_t at = 0; at < 17; ++at) {
    const int value = alnum_value(n[at]);
    sum += (value > 23 ? value + 1 : value) * static_cast<int>(18 - at);
  }
  return (10 - sum % 10) % 10 == n[17] - '0';
}

// SAT, Anexo 3 of the RFC rules: alphabet "0-9A-N&O-Z ", weights 13 down to 2, modulo 11.
bool mx_rfc(sv n) {
  const bool company = n.size() == 12;
  if (!mx_date(n.substr(company ? 3 : 4))) return false;
  int sum = company ? 37 * 13 : 0;
  for (size_t at = 0; at + 1 < n.size(); ++at) {
    const int value = alnum_value(n[at]);
    sum += (value > 23 ? value + 1 : value) * static_cast<int>((company ? 12 : 13) - at);
  }
  const int check = (11 - sum % 11) % 11;
  return n.back() == (check == 10 ? 'A' : static_cast<char>('0' + check));
}

bool mx_rfc_form(sv n) {
  return mx_date(n.substr(n.size() == 12 ? 3 : 4));
}

bool luhn(sv n) {
  return !all_same(n) && luhn_valid(n);
}

int check_11(int sum) {
  const int rest = sum % 11;
  return rest < 2 ? 0 : 11 - rest;
}

// Receita Federal: weights 10..2 and 11..2 modulo 11.
bool br_cpf(sv n) {
  return !all_same(n) && check_11(weighted_sum(n, {10, 9, 8, 7, 6, 5, 4, 3, 2})) == n[9] - '0' &&
         check_11(weighted_sum(n, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2})) == n[10] - '0';
}

// Receita Federal, IN 2.229/2024: weights 5..2, 9..2; letters count as their ASCII code less 48.
bool br_cnpj(sv n) {
  constexpr int kWeights[] = {6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2};
  if (all_same(n)) return false;
  for (const size_t length : {size_t{12}, size_t{13}}) {
    int sum = 0;
    for (size_t at = 0; at < length; ++at) sum += (n[at] - '0') * kWeights[13 - length + at];
    if (check_11(sum) != n[length] - '0') return false;
  }
  return true;
}

// Nearly all companies have one of the first hundred branch numbers; without the punctuation that must be so.
bool br_cnpj_plain(sv n) {
  return n.substr(8, 2) == "00" && br_cnpj(n);
}

// Caixa, PIS/PASEP: weights 3, 2, 9..2.
bool br_pis(sv n) {
  return !all_same(n) && check_11(weighted_sum(n, {3, 2, 9, 8, 7, 6, 5, 4, 3, 2})) == n[10] - '0';
}

// AFIP: weights 5, 4, 3, 2, 7..2 modulo 11.
bool ar_cuit(sv n) {
  const int type = part(n, 0, 2);
  const bool known = type == 20 || (type >= 23 && type <= 27) || type == 30 || type == 33 || type == 34;
  return known && weighted_valid(n, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}, 11);
}

// Registro Civil: weights 2..7 from the right, modulo 11, K for 10.
bool cl_rut(sv n) {
  int sum = 0;
  int weight = 2;
  for (size_t at = n.size() - 1; at-- > 0;) {
    if (!is_digit(n[at])) return false;
    sum += (n[at] - '0') * weight;
    weight = weight == 7 ? 2 : weight + 1;
  }
  const int check = 11 - sum % 11;
  return n.back() == (check == 11 ? '0' : check == 10 ? 'K' : static_cast<char>('0' + check)) && !all_same(n);
}

// DIAN: weights 41, 37, 29, 23, 19, 17, 13, 7, 3 modulo 11.
bool co_nit(sv n) {
  const int rest = weighted_sum(n, {41, 37, 29, 23, 19, 17, 13, 7, 3}) % 11;
  return (rest < 2 ? rest : 11 - rest) == n[9] - '0';
}

// Registro Civil del Ecuador: province 01-24 or 30, Luhn.
bool ec_cedula(sv n) {
  const int province = part(n, 0, 2);
  return ((province >= 1 && province <= 24) || province == 30) && n[2] < '6' && luhn_valid(n);
}

// SUNAT: weights 5, 4, 3, 2, 7..2 modulo 11.
bool pe_ruc(sv n) {
  const int type = part(n, 0, 2);
  if (type != 10 && type != 15 && type != 17 && type != 20) return false;
  return (11 - weighted_sum(n, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 10 == n[10] - '0';
}

// DNIC: weights 2, 9, 8, 7, 6, 3, 4 modulo 10.
bool uy_ci(sv n) {
  return weighted_valid(n, {2, 9, 8, 7, 6, 3, 4, 1}, 10);
}

constexpr sv kRfcShapes = "AAAA999999XXX|AAA999999XXX|AAAA 999999 XXX|AAA 999999 XXX|AAAA-999999-XXX|AAA-999999-XXX";

constexpr IdentifierRow kRows[] = {
    {Kind::kNationalId, "US_SSN", "999-99-9999", us_ssn, Needs::kNothing, kSsnWords},
    {Kind::kTaxId, "US_ITIN", "999-99-9999", us_itin, Needs::kNothing, kItinWords},
    {Kind::kNationalId, "US_SSN", "999 99 9999", us_ssn, Needs::kAlone, kSsnWords},
    {Kind::kTaxId, "US_ITIN", "999 99 9999", us_itin, Needs::kAlone, kItinWords},
    // People who make a number up are told to take one that cannot be; what is called an SSN is taken for one.
    {Kind::kNationalId, "US_SSN", "999-99-9999|999 99 9999", nullptr, Needs::kWords, kSsnWords},
    {Kind::kNationalId, "US_SSN", "999999999|999-999999|99999-9999", us_ssn, Needs::kWords, kSsnWords},
    {Kind::kTaxId, "US_ITIN", "999999999|999-999999|99999-9999", us_itin, Needs::kWords, kItinWords},
    {Kind::kTaxId, "US_EIN", "99-9999999", nullptr, Needs::kWords, kEinWords},
    {Kind::kHealthId, "US_MBI", "9AX9AX9AA99|9AX9-AX9-AA99", us_mbi, Needs::kNothing, kMbiWords},
    {Kind::kHealthId, "US_NPI", "9999999999|9999 999 999|9999-999-999", us_npi, Needs::kAlone, kNpiWords},
    {Kind::kPassport, "US_PASSPORT", "A99999999", nullptr, Needs::kAlone, kPassportWords},
    {Kind::kPassport, "US_PASSPORT", "999999999", nullptr, Needs::kWords, kPassportWords},
    {Kind::kBankAccount, "US_ROUTING_NUMBER", "999999999", us_routing, Needs::kAlone, kRoutingWords},
    {Kind::kBankAccount, "US_ROUTING_NUMBER", "9999-9999-9", us_routing, Needs::kAlone, kRoutingWords},
    {Kind::kHealthId, "US_MEDICAL_LICENSE", "AA9999999", us_dea, Needs::kAlone, kDeaWords},
    {Kind::kDriverLicense, "US_DRIVER_LICENSE", "A9999999|A99999999|A999-9999-9999|A999-999-99-999-9|A999-999-99-999",
     nullptr, Needs::kWords, kDriverWords},
    {Kind::kNationalId, "CA_SIN", "999-999-999|999 999 999", ca_sin, Needs::kAlone, kSinWords},
    {Kind::kNationalId, "CA_SIN", "999999999", ca_sin, Needs::kWords, kSinWords},
    {Kind::kPassport, "CA_PASSPORT", "AA999999", nullptr, Needs::kWords, kPassportWords},
    {Kind::kNationalId, "MX_CURP", "AAAA999999AAAAAAX9", mx_curp, Needs::kNothing, kCurpWords},
    {Kind::kTaxId, "MX_RFC", kRfcShapes, mx_rfc, Needs::kNothing, kRfcWords},
    {Kind::kTaxId, "MX_RFC", kRfcShapes, mx_rfc_form, Needs::kWords, kRfcWords},
    {Kind::kHealthId, "MX_NSS", "99999999999|99 99 99 9999 9", luhn, Needs::kWords, kNssWords},
    {Kind::kNationalId, "BR_CPF", "999.999.999-99|999999999-99|99999999999", br_cpf, Needs::kNothing, kCpfWords},
    {Kind::kTaxId, "BR_CNPJ", "99.999.999/9999-99|XX.XXX.XXX/XXXX-99", br_cnpj, Needs::kNothing, kCnpjWords},
    {Kind::kTaxId, "BR_CNPJ", "99999999999999", br_cnpj_plain, Needs::kNothing, kCnpjWords},
    {Kind::kTaxId, "BR_CNPJ", "99999999999999", br_cnpj, Needs::kWords, kCnpjWords},
    {Kind::kNationalId, "BR_PIS", "999.99999.99-9", br_pis, Needs::kNothing, kPisWords},
    {Kind::kNationalId, "BR_PIS", "99999999999", br_pis, Needs::kWords, kPisWords},
    {Kind::kDriverLicense, "BR_CNH", "99999999999", nullptr, Needs::kWords, kCnhWords},
    {Kind::kNationalId, "BR_RG", "99.999.999-X|9.999.999", nullptr, Needs::kWords, kRgWords},
    {Kind::kTaxId, "AR_CUIT", "99-99999999-9", ar_cuit, Needs::kNothing, kCuitWords},
    {Kind::kTaxId, "AR_CUIT", "99999999999", ar_cuit, Needs::kWords, kCuitWords},
    {Kind::kNationalId, "AR_DNI", "99.999.999|99999999|9.999.999", nullptr, Needs::kWords, kDniWords},
    {Kind::kNationalId, "CL_RUT", "99.999.999-X|9.999.999-X", cl_rut, Needs::kNothing, kRutWords},
    {Kind::kNationalId, "CL_RUT", "99999999-X|9999999-X", cl_rut, Needs::kAlone, kRutWords},
    {Kind::kNationalId, "CL_RUT", "99999999X|9999999X", cl_rut, Needs::kWords, kRutWords},
    {Kind::kTaxId, "CO_NIT", "999.999.999-9|999999999-9", co_nit, Needs::kAlone, kNitWords},
    {Kind::kTaxId, "CO_NIT", "9999999999", co_nit, Needs::kWords, kNitWords},
    {Kind::kNationalId, "CO_CEDULA", "99.999.999|9.999.999.999|99999999|9999999999", nullptr, Needs::kWords,
     kCedulaWords},
    {Kind::kNationalId, "EC_CEDULA", "9999999999|999999999-9", ec_cedula, Needs::kWords, kCedulaWords},
    {Kind::kTaxId, "PE_RUC", "99999999999", pe_ruc, Needs::kAlone, kRucWords},
    {Kind::kNationalId, "UY_CI", "9.999.999-9", uy_ci, Needs::kAlone, kUyWords},
    {Kind::kNationalId, "UY_CI", "9999999-9|99999999", uy_ci, Needs::kWords, kUyWords},
};

}  // namespace

std::span<const IdentifierRow> american_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

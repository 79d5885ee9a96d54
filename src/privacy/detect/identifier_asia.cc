// South, east and south-east Asia.

#include <algorithm>

#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kPassportWords[] = {
    "passport",     "travel document",
    "\u62a4\u7167", "\u8b77\u7167",
    "\u65c5\u5238", "\u30d1\u30b9\u30dd\u30fc\u30c8",
    "\uc5ec\uad8c", "\u0e2b\u0e19\u0e31\u0e07\u0e2a\u0e37\u0e2d\u0e40\u0e14\u0e34\u0e19\u0e17\u0e32\u0e07"};
constexpr sv kPanWords[] = {"pan", "permanent account", "income tax"};
constexpr sv kAadhaarWords[] = {"aadhaar", "aadhar", "adhaar", "adhar", "uidai", "\u0906\u0927\u093e\u0930"};
constexpr sv kGstWords[] = {"gst", "gstin", "gstn"};
constexpr sv kVoterWords[] = {"voter", "vote", "epic", "election"};
constexpr sv kVehicleWords[] = {"vehicle", "registration", "license plate", "number plate", "car no",
                                "plate",   "rto",          "\u8f66\u724c",  "\ucc28\ub7c9"};
constexpr sv kDrivingWords[] = {"driving", "driver",       "dl",           "licence",
                                "license", "\uba74\ud5c8", "\u514d\u8a31", "\u9a7e\u9a76"};
constexpr sv kIfscWords[] = {"ifsc", "routing", "bank", "neft", "rtgs"};
constexpr sv kResidentWords[] = {"\u8eab\u4efd\u8bc1", "\u8eab\u4efd\u8b49", "resident id", "shenfenzheng", "id card"};
constexpr sv kTaiwanWords[] = {"\u8eab\u5206\u8b49", "\u8eab\u4efd\u8b49", "taiwan", "national id", "arc"};
constexpr sv kUsccWords[] = {"\u7edf\u4e00\u793e\u4f1a\u4fe1\u7528", "\u4fe1\u7528\u4ee3\u7801", "uscc", "credit code"};
constexpr sv kMyNumberWords[] = {"my number", "mynumber", "\u30de\u30a4\u30ca\u30f3\u30d0\u30fc",
                                 "\u500b\u4eba\u756a\u53f7"};
constexpr sv kCorporateWords[] = {"\u6cd5\u4eba\u756a\u53f7", "corporate number"};
constexpr sv kRrnWords[] = {"rrn", "resident registration", "\uc8fc\ubbfc"};
constexpr sv kFrnWords[] = {"frn", "foreigner registration", "\uc678\uad6d\uc778"};
constexpr sv kBrnWords[] = {"brn", "business registration", "\uc0ac\uc5c5\uc790"};
constexpr sv kNricWords[] = {"nric", "fin", "singapore", "identity card"};
constexpr sv kUenWords[] = {"uen", "unique entity", "acra"};
constexpr sv kThaiWords[] = {"thai", "tnin", "\u0e1a\u0e31\u0e15\u0e23\u0e1b\u0e23\u0e30\u0e0a\u0e32\u0e0a\u0e19",
                             "\u0e40\u0e25\u0e02\u0e1b\u0e23\u0e30\u0e08\u0e33\u0e15\u0e31\u0e27",
                             "\u0e40\u0e25\u0e02\u0e1a\u0e31\u0e15\u0e23"};
constexpr sv kVietnamWords[] = {"cccd", "cmnd", "c\u0103n c\u01b0\u1edbc", "ch\u1ee9ng minh", "can cuoc"};
constexpr sv kNikWords[] = {"nik", "ktp", "kependudukan"};
constexpr sv kNpwpWords[] = {"npwp", "pajak"};
constexpr sv kMyKadWords[] = {"mykad", "nric", "kad pengenalan", "no kp", "ic"};
constexpr sv kTinWords[] = {"tin", "bir", "taxpayer", "tax identification"};
constexpr sv kSssWords[] = {"sss", "social security"};
constexpr sv kCnicWords[] = {"cnic", "nicop", "nadra", "\u0634\u0646\u0627\u062e\u062a\u06cc"};
constexpr sv kNicWords[] = {"nic", "national identity", "sri lanka"};
constexpr sv kNidWords[] = {"nid", "national id", "\u099c\u09be\u09a4\u09c0\u09af\u09bc"};

// Income Tax Department: the fourth letter says who holds it.
bool in_pan(sv n) {
  return one_of(n[3], "ABCFGHJLPT") && part(n, 5, 4) != 0;
}

// UIDAI: Verhoeff; the first digit is neither 0 nor 1.
bool in_aadhaar(sv n) {
  return n[0] >= '2' && n != sv("000000000000") && verhoeff_valid(n);
}
bool in_aadhaar_form(sv n) {
  return n[0] >= '2';
}

// GSTN: state, PAN, entity, "Z", a check character that examples often get wrong; so much form does without.
bool in_gstin(sv n) {
  const int state = part(n, 0, 2);
  return ((state >= 1 && state <= 38) || state == 97 || state == 99) && n[12] != '0' && n[13] == 'Z';
}

constexpr sv kStates =
    "AN AP AR AS BH BR CG CH DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ "
    "SK TN TR TS UK UP WB ";

// Ministry of Road Transport: state, district, series, number; BH for the series of all India.
bool in_vehicle(sv n) {
  const size_t state = kStates.find(n.substr(0, 2));
  return state != sv::npos && state % 3 == 0;
}
bool in_driving(sv n) {
  const int year = part(n, 4, 4);
  return in_vehicle(n) && year > 1950 && year < 2050;
}
bool in_ifsc(sv n) {
  return n[4] == '0';
}
bool in_passport(sv n) {
  return !one_of(n[0], "QXZ") && n[1] != '0' && n[7] != '0';
}

// GB 11643-1999: region, date, ISO 7064 MOD 11-2.
bool cn_resident(sv n) {
  const int region = part(n, 0, 2);
  const int year = part(n, 6, 4);
  return region >= 11 && region <= 91 && year >= 1880 && year < 2100 && is_date(year, part(n, 10, 2), part(n, 12, 2)) &&
         mod11_2_valid(n);
}

// GB 32100-2015: modulo 31.
bool cn_uscc(sv n) {
  constexpr sv kSymbols = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  constexpr int kWeights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  int sum = 0;
  for (size_t at = 0; at < 17; ++at) {
    const size_t value = kSymbols.find(n[at]);
    if (value == sv::npos) return false;
    sum += static_cast<int>(value) * kWeights[at];
  }
  return !all_same(n) && std::ranges::any_of(n, is_letter) &&
         kSymbols[static_cast<size_t>((31 - sum % 31) % 31)] == n[17];
}

// Ministry of the Interior: the letter as two digits, weights 1, 9, 8..1, 1.
bool tw_id(sv n) {
  constexpr int kLetters[] = {10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21,
                              22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33};
  const int letter = kLetters[n[0] - 'A'];
  return one_of(n[1], "1289") &&
         (letter / 10 + letter % 10 * 9 + weighted_sum(n.substr(1), {8, 7, 6, 5, 4, 3, 2, 1, 1})) % 10 == 0;
}

// Hong Kong Immigration: letters from 10 on (a blank before is 36), weights 9 down to 1 modulo 11. The last character
// usually stands in parentheses, which are no separators here; then the label has to do.
bool hk_id(sv n) {
  const int sum = n.size() == 8 ? 36 * 9 : alnum_value(n[0]) * 9;
  return (sum + weighted_sum(n.substr(n.size() - 8), {8, 7, 6, 5, 4, 3, 2, 1})) % 11 == 0;
}

// Ministry of Internal Affairs, ordinance 85/2014: weights 2..7 and 2..6 from the right modulo 11.
bool jp_my_number(sv n) {
  const int rest = weighted_sum(n, {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return !all_same(n) && (rest < 2 ? 0 : 11 - rest) == n[11] - '0';
}
bool jp_corporate(sv n) {
  return 9 - weighted_sum(n.substr(1), {2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1}) % 9 == n[0] - '0';
}

// Resident Registration Act: date, sex and century, place; the check digit (weights 2..9, 2..5 modulo 11) ended in
// 2020.
bool kr_registration(sv n, sv sexes, int plus) {
  if (!is_yymmdd(n) || !one_of(n[6], sexes)) return false;
  const int check = (plus - weighted_sum(n, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11) % 10;
  return check == n[12] - '0';
}
bool kr_rrn_form(sv n) {
  return is_yymmdd(n) && one_of(n[6], "1234");
}
bool kr_frn_form(sv n) {
  return is_yymmdd(n) && one_of(n[6], "5678");
}
bool kr_rrn(sv n) {
  return kr_registration(n, "1234", 11);
}
bool kr_frn(sv n) {
  return kr_registration(n, "5678", 13);
}

// National Tax Service: weights 1, 3, 7, 1, 3, 7, 1, 3, 5, the last product's ten added.
bool kr_brn(sv n) {
  const int sum = weighted_sum(n, {1, 3, 7, 1, 3, 7, 1, 3, 5}) + (n[8] - '0') * 5 / 10;
  return !all_same(n) && (10 - sum % 10) % 10 == n[9] - '0';
}
bool kr_driver(sv n) {
  const int region = part(n, 0, 2);
  return region >= 11 && region <= 28;
}
bool kr_passport(sv n) {
  return one_of(n[0], "MSROD");
}

// ICA (as published by its users): weights 2, 7, 6, 5, 4, 3, 2, with 4 for T and G, 3 for M.
bool sg_nric(sv n) {
  const int sum = weighted_sum(n.substr(1), {2, 7, 6, 5, 4, 3, 2});
  switch (n[0]) {
    case 'S':
      return n[8] == "JZIHGFEDCBA"[sum % 11];
    case 'T':
      return n[8] == "JZIHGFEDCBA"[(sum + 4) % 11];
    case 'F':
      return n[8] == "XWUTRQPNMLK"[sum % 11];
    case 'G':
      return n[8] == "XWUTRQPNMLK"[(sum + 4) % 11];
    case 'M':
      return n[8] == "XWUTRQPNJLK"[10 - (sum + 3) % 11];
    default:
      return false;
  }
}
bool sg_nric_form(sv n) {
  return one_of(n[0], "STFGM");
}

// ACRA: nine characters for businesses (weights 10, 4, 9, 3, 8, 2, 7, 1), ten for companies with the year first.
bool sg_uen_business(sv n) {
  return n[8] == "XMKECAWLJDB"[weighted_sum(n, {10, 4, 9, 3, 8, 2, 7, 1}) % 11];
}
bool sg_uen_company(sv n) {
  const int year = part(n, 0, 4);
  return year > 1900 && year < 2100 && n[9] == "ZKCMDNERGWH"[weighted_sum(n, {10, 8, 6, 4, 9, 7, 5, 3, 1}) % 11];
}
bool sg_uen_other(sv n) {
  return one_of(n[0], "TSR");
}

// Department of Provincial Administration: kind, province, weights 13 down to 2 modulo 11.
bool th_tnin(sv n) {
  const int province = part(n, 1, 2);
  const bool known = (province >= 10 && province <= 27) || (province >= 30 && province <= 58 && province != 59) ||
                     (province >= 60 && province <= 67) || (province >= 70 && province <= 77) ||
                     (province >= 80 && province <= 86) || (province >= 90 && province <= 96);
  const bool odd = province == 28 || province == 29 || province == 68;
  return n[0] != '0' && n[0] != '9' && known && !odd && !all_same(n) &&
         (11 - weighted_sum(n, {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 10 == n[12] - '0';
}

// JPN, MyKad: date, place of birth.
bool my_kad(sv n) {
  const int place = part(n, 6, 2);
  return is_yymmdd(n) && ((place >= 1 && place <= 16) || (place >= 21 && place <= 59) || place == 82);
}

// Dukcapil: province, date with 40 added to the day of women.
bool id_nik(sv n) {
  const int day = part(n, 6, 2);
  return part(n, 0, 2) >= 11 && part(n, 0, 2) <= 97 && is_day(part(n, 8, 2), day > 40 ? day - 40 : day);
}
bool pk_cnic(sv n) {
  return n[0] >= '1' && n[0] <= '8';
}
bool lk_nic(sv n) {
  const int day = part(n, 2, 3) % 500;
  return (n[9] == 'V' || n[9] == 'X') && day >= 1 && day <= 366;
}

constexpr IdentifierRow kRows[] = {
    {Kind::kTaxId, "IN_PAN", "AAAAA9999A", in_pan, Needs::kNothing, kPanWords},
    {Kind::kTaxId, "IN_PAN", "AAAAA9999A", nullptr, Needs::kWords, kPanWords},
    {Kind::kNationalId, "IN_AADHAAR", "9999 9999 9999|9999-9999-9999", in_aadhaar, Needs::kNothing, kAadhaarWords},
    {Kind::kNationalId, "IN_AADHAAR", "999999999999", in_aadhaar, Needs::kAlone, kAadhaarWords},
    {Kind::kNationalId, "IN_AADHAAR", "9999 9999 9999|9999-9999-9999|999999999999", in_aadhaar_form, Needs::kWords,
     kAadhaarWords},
    {Kind::kTaxId, "IN_GSTIN", "99AAAAA9999AXAX|99-AAAAA-9999-A9-AX", in_gstin, Needs::kNothing, kGstWords},
    {Kind::kPassport, "IN_PASSPORT", "A9999999|A9 999999", in_passport, Needs::kAlone, kPassportWords},
    {Kind::kNationalId, "IN_VOTER", "AAA9999999", nullptr, Needs::kAlone, kVoterWords},
    {Kind::kVehiclePlate, "IN_VEHICLE_REGISTRATION",
     "AA99AA9999|AA 99 AA 9999|AA-99-AA-9999|AA99 AA 9999|AA-99 AA 9999", in_vehicle, Needs::kNothing, kVehicleWords},
    {Kind::kVehiclePlate, "IN_VEHICLE_REGISTRATION",
     "AA99A9999|AA 99 A 9999|AA-99-A-9999|AA9A9999|AA9AA9999|AA9AAA9999", in_vehicle, Needs::kAlone, kVehicleWords},
    {Kind::kDriverLicense, "IN_DRIVING_LICENCE", "AA9999999999999|AA99 99999999999|AA-9999999999999|AA-99-9999-9999999",
     in_driving, Needs::kNothing, kDrivingWords},
    {Kind::kBankAccount, "IN_IFSC", "AAAA9XXXXXX", in_ifsc, Needs::kWords, kIfscWords},
    {Kind::kNationalId, "CN_RESIDENT_ID", "99999999999999999X", cn_resident, Needs::kNothing, kResidentWords},
    {Kind::kPassport, "CN_PASSPORT", "A99999999|AA9999999", nullptr, Needs::kWords, kPassportWords},
    {Kind::kTaxId, "CN_USCC", "XX999999XXXXXXXXXX", cn_uscc, Needs::kNothing, kUsccWords},
    {Kind::kNationalId, "TW_NATIONAL_ID", "A999999999", tw_id, Needs::kAlone, kTaiwanWords},
    {Kind::kNationalId, "HK_ID", "A999999X|AA999999X", hk_id, Needs::kWords, kTaiwanWords},
    {Kind::kNationalId, "JP_MY_NUMBER", "999999999999|9999 9999 9999|9999-9999-9999", jp_my_number, Needs::kWords,
     kMyNumberWords},
    {Kind::kTaxId, "JP_CORPORATE_NUMBER", "9999999999999", jp_corporate, Needs::kWords, kCorporateWords},
    {Kind::kPassport, "JP_PASSPORT", "AA9999999", nullptr, Needs::kWords, kPassportWords},
    {Kind::kNationalId, "KR_RRN", "999999-9999999", kr_rrn_form, Needs::kNothing, kRrnWords},
    {Kind::kNationalId, "KR_FRN", "999999-9999999", kr_frn_form, Needs::kNothing, kFrnWords},
    {Kind::kNationalId, "KR_RRN", "9999999999999", kr_rrn, Needs::kAlone, kRrnWords},
    {Kind::kNationalId, "KR_FRN", "9999999999999", kr_frn, Needs::kAlone, kFrnWords},
    {Kind::kNationalId, "KR_RRN", "9999999999999", kr_rrn_form, Needs::kAlone, kRrnWords},
    {Kind::kNationalId, "KR_FRN", "9999999999999", kr_frn_form, Needs::kAlone, kFrnWords},
    {Kind::kTaxId, "KR_BRN", "999-99-99999", kr_brn, Needs::kNothing, kBrnWords},
    {Kind::kTaxId, "KR_BRN", "9999999999", kr_brn, Needs::kWords, kBrnWords},
    {Kind::kDriverLicense, "KR_DRIVER_LICENSE", "99-99-999999-99|99 99 999999 99", kr_driver, Needs::kNothing,
     kDrivingWords},
    {Kind::kDriverLicense, "KR_DRIVER_LICENSE", "999999999999", kr_driver, Needs::kWords, kDrivingWords},
    {Kind::kPassport, "KR_PASSPORT", "A999A9999|A99999999", kr_passport, Needs::kAlone, kPassportWords},
    {Kind::kNationalId, "SG_NRIC_FIN", "A9999999A", sg_nric, Needs::kNothing, kNricWords},
    {Kind::kNationalId, "SG_NRIC_FIN", "A9999999A", sg_nric_form, Needs::kAlone, kNricWords},
    {Kind::kTaxId, "SG_UEN", "A99AA9999A", sg_uen_other, Needs::kNothing, kUenWords},
    {Kind::kTaxId, "SG_UEN", "999999999A", sg_uen_company, Needs::kNothing, kUenWords},
    {Kind::kTaxId, "SG_UEN", "99999999A", sg_uen_business, Needs::kAlone, kUenWords},
    {Kind::kNationalId, "TH_TNIN", "9-9999-99999-99-9|9 9999 99999 99 9", th_tnin, Needs::kNothing, kThaiWords},
    {Kind::kNationalId, "TH_TNIN", "9999999999999", th_tnin, Needs::kAlone, kThaiWords},
    {Kind::kNationalId, "VN_CCCD", "999999999999|999999999", nullptr, Needs::kWords, kVietnamWords},
    {Kind::kNationalId, "ID_NIK", "9999999999999999", id_nik, Needs::kWords, kNikWords},
    {Kind::kTaxId, "ID_NPWP", "99.999.999.9-999.999", nullptr, Needs::kNothing, kNpwpWords},
    {Kind::kTaxId, "ID_NPWP", "999999999999999", nullptr, Needs::kWords, kNpwpWords},
    {Kind::kNationalId, "MY_KAD", "999999-99-9999", my_kad, Needs::kNothing, kMyKadWords},
    {Kind::kNationalId, "MY_KAD", "999999999999", my_kad, Needs::kWords, kMyKadWords},
    {Kind::kTaxId, "PH_TIN", "999-999-999|999-999-999-999|999-999-999-99999|999999999999|99999999999999", nullptr,
     Needs::kWords, kTinWords},
    {Kind::kNationalId, "PH_SSS", "99-9999999-9", nullptr, Needs::kWords, kSssWords},
    {Kind::kNationalId, "PK_CNIC", "99999-9999999-9", pk_cnic, Needs::kNothing, kCnicWords},
    {Kind::kNationalId, "PK_CNIC", "9999999999999", pk_cnic, Needs::kWords, kCnicWords},
    {Kind::kNationalId, "LK_NIC", "999999999A", lk_nic, Needs::kWords, kNicWords},
    {Kind::kNationalId, "BD_NID", "9999999999|9999999999999|99999999999999999", nullptr, Needs::kWords, kNidWords},
};

}  // namespace

std::span<const IdentifierRow> asian_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

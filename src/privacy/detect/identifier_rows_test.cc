// Every row of the table: a number that is found, and one that differs in its check digits, its form or the words near
// it and is not. The numbers are made up; their check digits were computed, and compared with python-stdnum 2 where it
// knows the number.

#include "privacy/detect/identifier_rows.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "privacy/detect/identifier.h"

namespace gleaner::privacy {
namespace {

struct Case {
  std::string_view detail;
  std::string_view found;
  std::string_view passed_over;
};

// clang-format off
constexpr Case kCases[] = {
    {"US_SSN", "it is 332-84-0697 today", "it is 742-00-5273 today"},
    {"US_ITIN", "it is 968-84-5194 today", "it is 677-00-6188 today"},
    {"US_SSN", "286 90 7560", "900 45 7776"},
    {"US_ITIN", "959 92 1428", "674 00 2842"},
    {"US_SSN", "ssn 350326683 today", "it was 350326683 then"},
    {"US_ITIN", "itin 973594290 today", "it was 973594290 then"},
    {"US_EIN", "ein 72-6385590 today", "it was 72-6385590 then"},
    {"US_MBI", "it is 2N79E20TP16 today", "it is 2N79E20SP16 today"},
    {"US_NPI", "1103620484", "1103620480"},
    {"US_PASSPORT", "U33606944", "it was U33606944 then"},
    {"US_PASSPORT", "passport 725509646 today", "it was 725509646 then"},
    {"US_ROUTING_NUMBER", "667492857", "667492757"},
    {"US_ROUTING_NUMBER", "2508-3732-4", "2508-3762-4"},
    {"US_MEDICAL_LICENSE", "AX9346885", "it was AX9346885 then"},
    {"US_DRIVER_LICENSE", "driver E8429988 today", "it was E8429988 then"},
    {"CA_SIN", "237-015-334", "237-015-134"},
    {"CA_SIN", "sin 591743372 today", "sin 591746372 today"},
    {"CA_PASSPORT", "passport AP594954 today", "it was AP594954 then"},
    {"MX_CURP", "it is PASV290217XSEUFG22 today", "it is PASV290217XSEUFO22 today"},
    {"MX_RFC", "it is HBJO401019030 today", "it is HBJO401013030 today"},
    {"MX_NSS", "nss 51541604305 today", "nss 51541604302 today"},
    {"BR_CPF", "it is 349.981.444-72 today", "it is 349.981.448-72 today"},
    {"BR_CNPJ", "it is 17.266.253/5329-71 today", "it is 17.266.253/5320-71 today"},
    {"BR_CNPJ", "it is 68733026002126 today", "it is 68733026002129 today"},
    {"BR_PIS", "it is 637.16023.96-0 today", "it is 637.16023.96-5 today"},
    {"BR_PIS", "pis 46882893309 today", "pis 46882893302 today"},
    {"BR_CNH", "cnh 87588426283 today", "it was 87588426283 then"},
    {"BR_RG", "rg 45.066.014-4 today", "it was 45.066.014-4 then"},
    {"AR_CUIT", "it is 23-05762738-7 today", "it is 23-05762736-7 today"},
    {"AR_CUIT", "cuit 25504511432 today", "cuit 25504513432 today"},
    {"AR_DNI", "dni 00.938.993 today", "it was 00.938.993 then"},
    {"CL_RUT", "it is 84.420.893-6 today", "it is 84.420.891-6 today"},
    {"CL_RUT", "82308735-7", "82308735-8"},
    {"CL_RUT", "rut 373990310 today", "rut 373997310 today"},
    {"CO_NIT", "322.365.692-1", "322.365.690-1"},
    {"CO_NIT", "nit 9360015151 today", "nit 9360015171 today"},
    {"CO_CEDULA", "cédula 05.105.084 today", "it was 05.105.084 then"},
    {"EC_CEDULA", "cédula 0136773702 today", "it was 0136773702 then"},
    {"PE_RUC", "15161192799", "15161192719"},
    {"UY_CI", "1.772.679-2", "1.772.609-2"},
    {"UY_CI", "cédula 0944387-9 today", "cédula 0944387-0 today"},
    {"UK_NINO", "it is OW986133C today", "it is OW986133L today"},
    {"UK_NHS", "014 277 1805", "014 277 1855"},
    {"UK_UTR", "utr 4194284715 today", "utr 4194280715 today"},
    {"UK_VAT", "it is GB127385656 today", "it is GB127385686 today"},
    {"UK_DRIVING_LICENCE", "it is XFFW9453016Y91EO today", "it is XFFW9453016Y11EO today"},
    {"UK_PASSPORT", "OA9938272", "it was OA9938272 then"},
    {"UK_VEHICLE_REGISTRATION", "PV16 NYS", "PV16 NYQ"},
    {"IE_PPS", "it is 0678023TE today", "it is 0678022TE today"},
    {"IE_PPS", "5402520L", "5402520P"},
    {"FR_NIR", "it is 404528587235250 today", "it is 404528587237250 today"},
    {"FR_NIR", "nir 2025990600065 today", "nir 9026319649696 today"},
    {"FR_SIRET", "it is 975 640 236 83542 today", "it is 975 640 236 83342 today"},
    {"FR_SIRET", "siren 31009838951485 today", "siren 31009838951465 today"},
    {"FR_SIREN", "siren 252440813 today", "siren 252440413 today"},
    {"FR_VAT", "it is FRO4495735326 today", "it is FRO4495735327 today"},
    {"FR_PASSPORT", "48MU56112", "it was 48MU56112 then"},
    {"FR_CNI", "carte d'identité 044470925701 today", "it was 044470925701 then"},
    {"FR_IT_PLATE", "car reg AF-897-WN today", "it was AF-897-WN then"},
    {"NL_BSN", "bsn 624587952 today", "bsn 624587956 today"},
    {"NL_VAT", "it is NL937493193B59 today", "it is NL937493193K59 today"},
    {"BE_NATIONAL_NUMBER", "it is 54.29.29-300.02 today", "it is 54.29.29-309.02 today"},
    {"BE_VAT", "it is BE1839459203 today", "it is BE1839459207 today"},
    {"ES_NIF", "it is 28675506A today", "it is 28675706A today"},
    {"ES_NIF", "9223077P", "9223075P"},
    {"ES_NIE", "it is Y5858683E today", "it is Y5858673E today"},
    {"ES_CIF", "C96735832", "it was C96735832 then"},
    {"ES_PASSPORT", "RFZ167317", "it was RFZ167317 then"},
    {"ES_NUSS", "it is 13/75990275/73 today", "it is 13/75990273/73 today"},
    {"ES_NUSS", "nuss 025126287084 today", "nuss 025126287087 today"},
    {"ES_PLATE", "car reg 4626 EYI today", "it was 4626 EYI then"},
    {"PT_NIF", "nif 372117759 today", "nif 372117755 today"},
    {"PT_NIF", "vat PT043358636 today", "it was PT043358636 then"},
    {"PT_CARTAO", "34360801 1 YJ4", "34360801 4 YJ4"},
    {"IT_FISCAL_CODE", "it is BZMQVI11P61S300J today", "it is BZMQVI11P61S600J today"},
    {"IT_VAT_CODE", "71690720264", "71690720274"},
    {"IT_VAT_CODE", "it is IT19768930463 today", "it is IT19768930483 today"},
    {"IT_DRIVER_LICENSE", "DB2135026X", "it was DB2135026X then"},
    {"IT_IDENTITY_CARD", "YM59069DR", "it was YM59069DR then"},
    {"IT_IDENTITY_CARD", "carta d'identità JO8959484 today", "it was JO8959484 then"},
    {"GR_AMKA", "12074528402", "12074525402"},
    {"GR_AFM", "afm 224700970 today", "afm 224700940 today"},
    {"FR_SIREN", "siren 666 744 776 today", "siren 666 740 776 today"},
    {"DE_TAX_ID", "38014928756", "38014928956"},
    {"DE_TAX_NUMBER", "steuernummer 5688006749533 today", "it was 5688006749533 then"},
    {"DE_TAX_NUMBER", "23/160/29529", "it was 23/160/29529 then"},
    {"DE_VAT_ID", "it is DE382975431 today", "it is DE382974431 today"},
    {"DE_SOCIAL_SECURITY", "it is 02070489M993 today", "it is 02070489B993 today"},
    {"DE_PASSPORT", "C07536V82", "C07536V92"},
    {"DE_PASSPORT", "reisepass H6C914082 today", "reisepass WUJ07HNG0 today"},
    {"DE_ID_CARD", "P47815W02", "P47819W02"},
    {"DE_ID_CARD", "personalausweis W1926096X today", "personalausweis HYOSV36Z6 today"},
    {"DE_HEALTH_INSURANCE", "G319959747", "G319959647"},
    {"DE_LANR", "lanr 790351535 today", "lanr 790357535 today"},
    {"DE_BSNR", "bsnr 861226259 today", "bsnr 891252255 today"},
    {"DE_HANDELSREGISTER", "it is HRA 9454 today", "it is HRG 1024 today"},
    {"DE_HANDELSREGISTER", "handelsregister HRB 5 today", "handelsregister HZB 5 today"},
    {"DE_FUEHRERSCHEIN", "DS246054247", "it was DS246054247 then"},
    {"DE_FUEHRERSCHEIN", "führerschein P446AG04911 today", "it was P446AG04911 then"},
    {"DE_KFZ", "W-JD-8", "W-JD-0"},
    {"AT_SVNR", "svnr 2588280961 today", "svnr 2588282961 today"},
    {"AT_VAT", "it is ATU36177640 today", "it is ATU36179640 today"},
    {"CH_AHV", "it is 756.5123.0000.14 today", "it is 756.5123.0004.14 today"},
    {"CH_UID", "it is CHE-673.244.133 today", "it is CHE-673.244.183 today"},
    {"FI_PERSONAL_IDENTITY_CODE", "it is 030596E4763 today", "it is 030596E5763 today"},
    {"FI_BUSINESS_ID", "y-tunnus 1054868-6 today", "y-tunnus 1054865-6 today"},
    {"SE_PERSONNUMMER", "it is 940616-4922 today", "it is 940616-4932 today"},
    {"SE_PERSONNUMMER", "5506063121", "5506063111"},
    {"SE_ORGANISATIONSNUMMER", "829700-8115", "829700-8145"},
    {"SE_ORGANISATIONSNUMMER", "organisationsnummer 5791098774 today", "organisationsnummer 5791099774 today"},
    {"SE_VAT", "it is SE614801401901 today", "it is SE614801401101 today"},
    {"NO_FODSELSNUMMER", "it is 19098938462 today", "it is 19098938463 today"},
    {"NO_ORGANISASJONSNUMMER", "organisasjonsnummer 903372788 today", "organisasjonsnummer 903372708 today"},
    {"DK_CPR", "it is 100414-6545 today", "it is 100414-6540 today"},
    {"DK_CPR", "cpr 1203638147 today", "cpr 1527925711 today"},
    {"DK_CVR", "cvr 38055747 today", "cvr 38051747 today"},
    {"DK_VAT", "vat DK00323713 today", "it was DK00323713 then"},
    {"FI_VAT", "vat FI56572708 today", "it was FI56572708 then"},
    {"IS_KENNITALA", "it is 070657-2609 today", "it is 070657-9609 today"},
    {"IS_KENNITALA", "kennitala 0607175599 today", "kennitala 0607176599 today"},
    {"BALTIC_PERSONAL_CODE", "34302109303", "34302109383"},
    {"LV_PERSONAL_CODE", "310840-24070", "185138-56949"},
    {"LV_PERSONAL_CODE", "personas kods 32784814720 today", "personas kods 74392028679 today"},
    {"PL_PESEL", "57021241118", "57021241318"},
    {"PL_NIP", "it is 874-963-48-42 today", "it is 874-963-43-42 today"},
    {"PL_NIP", "nip 9078593363 today", "nip 9078591363 today"},
    {"PL_NIP", "it is PL6997896897 today", "it is PL6997897897 today"},
    {"PL_REGON", "regon 146446547 today", "regon 146446347 today"},
    {"PL_ID_CARD", "dowód SAG233538 today", "dowód SAG233535 today"},
    {"PL_PASSPORT", "paszport XA4677282 today", "it was XA4677282 then"},
    {"CZ_SK_BIRTH_NUMBER", "it is 547527/7401 today", "it is 547527/7404 today"},
    {"CZ_SK_BIRTH_NUMBER", "rodné 8353275711 today", "rodné 8353275011 today"},
    {"CZ_SK_BIRTH_NUMBER", "495626/247", "542145/680"},
    {"CZ_SK_ICO", "ičo 29128978 today", "ičo 29121978 today"},
    {"CZ_VAT", "vat CZ26992494 today", "it was CZ26992494 then"},
    {"HU_TAJ", "taj 364639863 today", "taj 364639163 today"},
    {"HU_TAX_ID", "adóazonosító 8325803711 today", "adóazonosító 8325804711 today"},
    {"HU_TAX_NUMBER", "it is 93688440-1-36 today", "it is 93688440-7-36 today"},
    {"HU_PERSONAL_ID", "32910315492", "32910315493"},
    {"RO_CNP", "it is 7930611075339 today", "it is 7930611078339 today"},
    {"RO_CUI", "cui RO08585384 today", "it was RO08585384 then"},
    {"BG_EGN", "egn 7825269025 today", "egn 7825269075 today"},
    {"HR_OIB", "oib 45518555392 today", "oib 45518555382 today"},
    {"HR_OIB", "oib HR13499335680 today", "it was HR13499335680 then"},
    {"JMBG", "2712038087670", "7653373430407"},
    {"RU_SNILS", "it is 391-222-797 81 today", "it is 391-222-797 86 today"},
    {"RU_SNILS", "snils 69617115226 today", "snils 69617115222 today"},
    {"RU_INN", "510684825230", "510684827230"},
    {"RU_INN", "inn 3002403258 today", "inn 3002403257 today"},
    {"RU_PASSPORT", "паспорт 75 89 209193 today", "it was 75 89 209193 then"},
    {"UA_RNOKPP", "рнокпп 7827823663 today", "рнокпп 7827823263 today"},
    {"KZ_IIN", "iin 571126145528 today", "iin 571126144528 today"},
    {"IN_PAN", "it is GXSFS2351R today", "it is QSKWD1752W today"},
    {"IN_AADHAAR", "it is 6238 3288 2345 today", "it is 6238 3288 2349 today"},
    {"IN_AADHAAR", "584411288562", "584411281562"},
    {"IN_GSTIN", "it is 37BCTVH3525J1Z4 today", "it is 37BCTVH3525J1Q4 today"},
    {"IN_PASSPORT", "I8915166", "I8915160"},
    {"IN_VOTER", "ISQ7931836", "it was ISQ7931836 then"},
    {"IN_VEHICLE_REGISTRATION", "it is JH38CZ3388 today", "it is VO29RO7868 today"},
    {"IN_VEHICLE_REGISTRATION", "AN50X7233", "LY69R8258"},
    {"IN_DRIVING_LICENCE", "it is DL8419914851378 today", "it is YD7303546045080 today"},
    {"IN_IFSC", "ifsc INUD0706595 today", "ifsc UFZR8525661 today"},
    {"CN_RESIDENT_ID", "it is 525365194512282056 today", "it is 525365194512282006 today"},
    {"CN_USCC", "it is 92458319F791504155 today", "it is 92458319F791504157 today"},
    {"TW_NATIONAL_ID", "D834110728", "D834110428"},
    {"HK_ID", "身分證 L8263925 today", "身分證 L8263325 today"},
    {"JP_MY_NUMBER", "my number 246788410556 today", "my number 246788410516 today"},
    {"JP_CORPORATE_NUMBER", "法人番号 1573370031156 today", "法人番号 1573370031154 today"},
    {"KR_RRN", "it is 960523-3058874 today", "it is 558218-3352493 today"},
    {"KR_FRN", "it is 740812-5196248 today", "it is 782004-2372839 today"},
    {"KR_RRN", "7306044762260", "2066500005402"},
    {"KR_FRN", "3005116411865", "9430798468979"},
    {"KR_BRN", "it is 890-14-88430 today", "it is 890-14-87430 today"},
    {"KR_BRN", "brn 3555783899 today", "brn 3555783499 today"},
    {"KR_DRIVER_LICENSE", "it is 23-05-395202-04 today", "it is 54-19-093182-62 today"},
    {"KR_DRIVER_LICENSE", "driving 168422316559 today", "driving 297501721941 today"},
    {"KR_PASSPORT", "R724L6400", "L639E1495"},
    {"SG_NRIC_FIN", "it is T1132307Z today", "it is T1132317Z today"},
    {"SG_UEN", "it is S61TN7881I today", "it is K62IH0181J today"},
    {"SG_UEN", "it is 192684090M today", "it is 192684090B today"},
    {"SG_UEN", "02652236E", "02652236I"},
    {"TH_TNIN", "it is 6-8499-99434-48-9 today", "it is 6-8499-99434-41-9 today"},
    {"TH_TNIN", "4313144353817", "4313144354817"},
    {"VN_CCCD", "cccd 470350016496 today", "it was 470350016496 then"},
    {"ID_NIK", "nik 9585201601179578 today", "nik 1129942588500845 today"},
    {"ID_NPWP", "it is 65.740.628.7-748.080 today", ""},
    {"ID_NPWP", "npwp 413913072227681 today", "it was 413913072227681 then"},
    {"MY_KAD", "it is 980927-38-2246 today", "it is 571488-85-5152 today"},
    {"MY_KAD", "mykad 070724388673 today", "mykad 550163443633 today"},
    {"PH_TIN", "tin 331-636-597 today", "it was 331-636-597 then"},
    {"PH_SSS", "sss 59-4305162-8 today", "it was 59-4305162-8 then"},
    {"PK_CNIC", "it is 80334-4582620-5 today", "it is 00358-5045066-6 today"},
    {"PK_CNIC", "cnic 8688852606284 today", "cnic 0913173719114 today"},
    {"LK_NIC", "nic 691398584V today", "nic 691398584Y today"},
    {"BD_NID", "nid 4068520533 today", "it was 4068520533 then"},
    {"TR_NATIONAL_ID", "it is 19262202992 today", "it is 19262202592 today"},
    {"TR_TAX_ID", "vkn 6584747138 today", "vkn 6584747638 today"},
    {"TR_LICENSE_PLATE", "22 G 11", "82 R 53"},
    {"TR_LICENSE_PLATE", "plaka 20Z8502 today", "plaka 86Y0983 today"},
    {"ZA_ID_NUMBER", "it is 4003274668292 today", "it is 4003274668252 today"},
    {"NG_NIN", "nin 88539200403 today", "it was 88539200403 then"},
    {"NG_BVN", "bvn 19059338455 today", "it was 19059338455 then"},
    {"NG_VEHICLE_REGISTRATION", "WPD-131UI", "it was WPD-131UI then"},
    {"KE_PIN", "N067123455D", "it was N067123455D then"},
    {"GH_CARD", "it is GHA-457026045-7 today", "it is GHO-220469296-4 today"},
    {"EG_NATIONAL_ID", "31301271201909", "80197265523725"},
    {"SA_NATIONAL_ID", "iqama 1127940805 today", "iqama 3929115976 today"},
    {"AE_EMIRATES_ID", "it is 784-1982-6823481-6 today", "it is 807-1141-6499715-1 today"},
    {"KW_CIVIL_ID", "civil id 377101681052 today", "it was 377101681052 then"},
    {"ARABIC_NATIONAL_ID", "civil id 0840882370 today", "it was 0840882370 then"},
    {"MA_CIN", "cin JQ782986 today", "it was JQ782986 then"},
    {"IL_ID", "teudat zehut 978397958 today", "teudat zehut 978394958 today"},
    {"IR_NATIONAL_CODE", "کد ملی 5419385333 today", "کد ملی 5419380333 today"},
    {"AU_ABN", "it is 58 922 766 784 today", "it is 58 922 766 684 today"},
    {"AU_ABN", "70599208143", "70599208343"},
    {"AU_ACN", "834 940 108", "834 940 168"},
    {"AU_ACN", "acn 181585106 today", "acn 181583106 today"},
    {"AU_TFN", "024 566 750", "024 566 753"},
    {"AU_TFN", "tfn 866030444 today", "tfn 866030434 today"},
    {"AU_MEDICARE", "it is 4000 27502 4 today", "it is 4000 27501 4 today"},
    {"AU_MEDICARE", "5713466047", "5713466087"},
    {"AU_MEDICARE", "medicare 45300491463 today", "it was 45300491463 then"},
    {"AU_PASSPORT", "passport I3255350 today", "it was I3255350 then"},
    {"AU_BSB", "bsb 960-313 today", "it was 960-313 then"},
    {"NZ_IRD", "ird 756-888-692 today", "ird 756-888-992 today"},
    {"NZ_NHI", "nhi YWK3058 today", "it was YWK3058 then"},
};
// clang-format on

std::optional<Finding> find_in(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && is_digit(text[at - 1]))) continue;
    if (auto found = find_identifier({.text = text, .key = {}}, at)) return found;
  }
  return std::nullopt;
}

TEST(IdentifierRowsTest, FindsValidNumbersOnly) {
  for (const Case& one : kCases) {
    const auto found = find_in(one.found);
    ASSERT_TRUE(found) << one.detail << ": " << one.found;
    EXPECT_EQ(found->detail, one.detail) << one.found;
    EXPECT_TRUE(stands_alone(one.found, found->begin, found->end)) << one.found;
    if (one.passed_over.empty()) continue;
    EXPECT_FALSE(find_in(one.passed_over)) << one.detail << ": " << one.passed_over;
  }
}

TEST(IdentifierRowsTest, EveryRowIsWellFormed) {
  std::set<std::string_view> tried;
  for (const Case& one : kCases) tried.insert(one.detail);
  // Other countries' passports of the same form, found under the first one's name.
  tried.insert({"CN_PASSPORT", "JP_PASSPORT"});
  for (const auto rows : {american_rows(), west_european_rows(), german_rows(), north_european_rows(),
                          east_european_rows(), asian_rows(), african_rows(), pacific_rows()}) {
    for (const IdentifierRow& row : rows) {
      EXPECT_TRUE(tried.contains(row.detail)) << row.detail;
      EXPECT_FALSE(row.words.empty()) << row.detail;
      EXPECT_TRUE(row.check != nullptr || row.needs != Needs::kNothing || row.shapes.size() > 14) << row.detail;
    }
  }
}

}  // namespace
}  // namespace gleaner::privacy

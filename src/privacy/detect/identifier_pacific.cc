// Australia and New Zealand.

#include "privacy/checksum.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

using sv = std::string_view;

constexpr sv kAbnWords[] = {"abn", "australian business"};
constexpr sv kAcnWords[] = {"acn", "australian company"};
constexpr sv kTfnWords[] = {"tfn", "tax file"};
constexpr sv kMedicareWords[] = {"medicare"};
constexpr sv kPassportWords[] = {"passport"};
constexpr sv kIrdWords[] = {"ird", "inland revenue"};
constexpr sv kNhiWords[] = {"nhi", "national health index"};
constexpr sv kBsbWords[] = {"bsb"};

// ABR: 1 taken from the first digit, weights 10, 1, 3..19 modulo 89.
bool au_abn(sv n) {
  return n[0] != '0' && (weighted_sum(n, {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19}) - 10) % 89 == 0;
}

// ASIC: weights 8 down to 1 modulo 10.
bool au_acn(sv n) {
  return !all_same(n) && (10 - weighted_sum(n, {8, 7, 6, 5, 4, 3, 2, 1}) % 10) % 10 == n[8] - '0';
}

// ATO: weights 1, 4, 3, 7, 5, 8, 6, 9, 10 modulo 11.
bool au_tfn(sv n) {
  return !all_same(n) && weighted_valid(n, {1, 4, 3, 7, 5, 8, 6, 9, 10}, 11);
}

// Services Australia: begins with 2 to 6, weights 1, 3, 7, 9 modulo 10 make the ninth digit.
bool au_medicare(sv n) {
  return n[0] >= '2' && n[0] <= '6' && weighted_sum(n, {1, 3, 7, 9, 1, 3, 7, 9}) % 10 == n[8] - '0';
}

// IRD, resident withholding tax specification: weights 3, 2, 7, 6, 5, 4, 3, 2 modulo 11, others if the rest is 10.
bool nz_ird(sv n) {
  const bool short_one = n.size() == 8;
  const int first = short_one ? weighted_sum(n, {2, 7, 6, 5, 4, 3, 2}) : weighted_sum(n, {3, 2, 7, 6, 5, 4, 3, 2});
  int check = 11 - first % 11;
  if (check == 10) {
    const int second = short_one ? weighted_sum(n, {4, 3, 2, 5, 2, 7, 6}) : weighted_sum(n, {7, 4, 3, 2, 5, 2, 7, 6});
    check = 11 - second % 11;
  }
  return (check == 11 ? 0 : check) == n.back() - '0';
}

constexpr IdentifierRow kRows[] = {
    {Kind::kTaxId, "AU_ABN", "99 999 999 999|99-999-999-999", au_abn, Needs::kNothing, kAbnWords},
    {Kind::kTaxId, "AU_ABN", "99999999999", au_abn, Needs::kAlone, kAbnWords},
    {Kind::kTaxId, "AU_ACN", "999 999 999|999-999-999", au_acn, Needs::kAlone, kAcnWords},
    {Kind::kTaxId, "AU_ACN", "999999999", au_acn, Needs::kWords, kAcnWords},
    {Kind::kTaxId, "AU_TFN", "999 999 999|999-999-999", au_tfn, Needs::kAlone, kTfnWords},
    {Kind::kTaxId, "AU_TFN", "999999999", au_tfn, Needs::kWords, kTfnWords},
    {Kind::kHealthId, "AU_MEDICARE", "9999 99999 9|9999-99999-9", au_medicare, Needs::kNothing, kMedicareWords},
    {Kind::kHealthId, "AU_MEDICARE", "9999999999", au_medicare, Needs::kAlone, kMedicareWords},
    {Kind::kHealthId, "AU_MEDICARE", "99999999999", au_medicare, Needs::kWords, kMedicareWords},
    {Kind::kPassport, "AU_PASSPORT", "A9999999|AA9999999", nullptr, Needs::kWords, kPassportWords},
    {Kind::kBankAccount, "AU_BSB", "999-999", nullptr, Needs::kWords, kBsbWords},
    {Kind::kTaxId, "NZ_IRD", "999-999-999|99-999-999|999999999|99999999", nz_ird, Needs::kWords, kIrdWords},
    {Kind::kHealthId, "NZ_NHI", "AAA9999|AAA99AA", nullptr, Needs::kWords, kNhiWords},
};

}  // namespace

std::span<const IdentifierRow> pacific_rows() {
  return kRows;
}

}  // namespace gleaner::privacy

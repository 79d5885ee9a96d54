#include "privacy/kind.h"

#include <algorithm>

namespace gleaner::privacy {
namespace {

constexpr std::array<KindInfo, kKindCount> kKinds = {{
    {Kind::kEmail, "email", "EMAIL", "e-mail addresses"},
    {Kind::kPhone, "phone", "PHONE", "phone numbers"},
    {Kind::kCard, "card", "CARD", "payment card numbers"},
    {Kind::kIban, "iban", "IBAN", "international bank account numbers"},
    {Kind::kBankAccount, "bank_account", "BANK_ACCOUNT", "account and routing numbers beside words that say so"},
    {Kind::kNationalId, "national_id", "NATIONAL_ID", "identity and social security numbers of people"},
    {Kind::kTaxId, "tax_id", "TAX_ID", "tax, VAT and company numbers"},
    {Kind::kPassport, "passport", "PASSPORT", "passport numbers"},
    {Kind::kDriverLicense, "driver_license", "DRIVER_LICENSE", "driving licence numbers"},
    {Kind::kHealthId, "health_id", "HEALTH_ID", "patient, insurance and practitioner numbers"},
    {Kind::kVehiclePlate, "vehicle_plate", "VEHICLE_PLATE", "vehicle registration plates"},
    {Kind::kIpAddress, "ip", "IP", "IPv4 and IPv6 addresses"},
    {Kind::kMacAddress, "mac", "MAC", "hardware addresses"},
    {Kind::kCryptoAddress, "crypto", "CRYPTO", "addresses of crypto wallets"},
    {Kind::kUrlCredentials, "url_credentials", "CREDENTIALS", "user names and passwords in URLs"},
    {Kind::kApiKey, "api_key", "API_KEY", "API keys and access tokens"},
    {Kind::kJwt, "jwt", "JWT", "JSON web tokens"},
    {Kind::kPrivateKey, "private_key", "PRIVATE_KEY", "private keys in PEM form"},
    {Kind::kPassword, "password", "PASSWORD", "passwords and secrets beside words that say so"},
    {Kind::kName, "name", "NAME", "names of people"},
    {Kind::kAddress, "address", "ADDRESS", "street addresses"},
}};

}  // namespace

std::span<const KindInfo> kinds() {
  return kKinds;
}

const KindInfo& info(Kind kind) {
  return kKinds[static_cast<size_t>(kind)];
}

std::optional<Kind> parse_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kKinds, name, &KindInfo::name);
  if (found == kKinds.end()) return std::nullopt;
  return found->kind;
}

}  // namespace gleaner::privacy

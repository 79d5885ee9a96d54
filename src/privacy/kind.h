// The kinds of personal data and secrets that redaction knows. A kind is what stands in a placeholder ("[EMAIL]"), what
// a project may leave in, and what is counted; which country's number or whose token it was is a finding's detail.
// Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gleaner::privacy {

enum class Kind : uint8_t {
  kEmail,
  kPhone,
  kCard,
  kIban,
  kBankAccount,
  kNationalId,
  kTaxId,
  kPassport,
  kDriverLicense,
  kHealthId,
  kVehiclePlate,
  kIpAddress,
  kMacAddress,
  kCryptoAddress,
  kUrlCredentials,
  kApiKey,
  kJwt,
  kPrivateKey,
  kPassword,
  kName,
  kAddress,
};

inline constexpr size_t kKindCount = 21;

struct KindInfo {
  Kind kind;
  std::string_view name;   // in settings and counts: "email"
  std::string_view label;  // in placeholders: "EMAIL"
  std::string_view what;   // one line for people
};

// All kinds, in the order of the enumeration.
std::span<const KindInfo> kinds();
const KindInfo& info(Kind kind);
std::optional<Kind> parse_kind(std::string_view name);

// A set of kinds.
class KindSet {
 public:
  constexpr KindSet() = default;
  constexpr bool has(Kind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1) != 0; }
  constexpr void add(Kind kind) { bits_ |= uint32_t{1} << static_cast<unsigned>(kind); }
  constexpr void remove(Kind kind) { bits_ &= ~(uint32_t{1} << static_cast<unsigned>(kind)); }
  friend constexpr bool operator==(KindSet, KindSet) = default;

 private:
  uint32_t bits_ = 0;
};

// How often each kind was found.
using KindCounts = std::array<uint32_t, kKindCount>;

}  // namespace gleaner::privacy

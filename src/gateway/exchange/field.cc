#include "gateway/exchange/field.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"

namespace gleaner::gateway::exchange {

bool fits(std::string_view text, size_t bytes) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && text.size() <= bytes && std::ranges::none_of(text, is_control) && printable(text) == text;
}

std::string id_field(std::string_view id) {
  if (id.empty() || fits(id, kMaxIdBytes)) return std::string(id);
  return "sha256_" + to_hex(sha256(id));
}

std::string name_field(std::string_view name) {
  return fits(name, kMaxNameBytes) ? std::string(name) : std::string();
}

}  // namespace gleaner::gateway::exchange

#include "base/headers.h"

namespace gleaner {

void Headers::emplace_back(std::string_view name, std::string_view value) {
  entries_.push_back(
      {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size())});
  text_.append(name).append(value);
}

std::string_view Headers::value(std::string_view name) const {
  for (const auto& [known, value] : *this) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace gleaner

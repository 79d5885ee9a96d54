// UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace gleaner {

// Where new ids come from; injected so that tests can predict them. mint() is safe from any thread.
class IdSource {
 public:
  IdSource() = default;
  IdSource(const IdSource&) = delete;
  IdSource& operator=(const IdSource&) = delete;
  virtual ~IdSource() = default;
  // An id whose time-ordered part is `at`.
  virtual std::string mint(Time at) = 0;
};

class UuidV7Source final : public IdSource {
 public:
  std::string mint(Time at) override;
};

// The time in a version 7 UUID; nothing for any other text.
std::optional<Time> uuid_v7_time(std::string_view id);

}  // namespace gleaner

// A value that must not reach a log or an error message: nothing prints it, and reading it takes a word that can be
// searched for.
#pragma once

#include <string>
#include <utility>

namespace gleaner {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace gleaner

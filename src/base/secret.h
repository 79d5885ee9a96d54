// A value that must not reach a log or an error message: it prints as ***.
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
  static const char* printable() { return "***"; }

 private:
  std::string value_;
};

}  // namespace gleaner

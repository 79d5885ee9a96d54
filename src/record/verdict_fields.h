// The numbers and flags of a verdict, each listed once: its name, and how it is read. Conditions and tables read this.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "record/verdict.h"

namespace gleaner::record {

// The mean of the ratings, if there are any.
std::optional<double> rating_mean(const Verdict& verdict);

struct VerdictField {
  std::string_view name;
  std::variant<int64_t Verdict::*, int64_t (Verdict::*)() const, bool (Verdict::*)() const,
               std::optional<double> (*)(const Verdict&)>
      member;
};

std::span<const VerdictField> verdict_fields();

}  // namespace gleaner::record

// Who gets which variant of an experiment. Nothing is remembered: the same user (or session, or conversation) falls to
// the same place of the same experiment at any time, on any server.
//
// Pure functions, safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace gleaner::experiment {

// In [0, 1): the first 53 bits of SHA-256(experiment, a zero byte, unit), as a fraction.
double place(std::string_view experiment, std::string_view unit);

// Variants take the places from 0 on, one behind the other, each as many as its share; nothing for those behind the
// last one. So a share that grows takes nobody's variant away but that of those who had none.
std::optional<size_t> variant_at(double place, std::span<const double> shares);

}  // namespace gleaner::experiment

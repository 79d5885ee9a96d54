// Numbers that states, tax offices, health services, banks and registries give to people and companies: woken at the
// first digit of every run of digits. The numbers known by their form are rows of a table (identifier_rows.h); beside a
// telling word ("passport number XG9382049") any token that looks like an identifier will do (identifier_label.h).
//
// Numbers are common in chats, so the first look refuses most of them after a few bytes. Safe from any thread.
#pragma once

#include <cstddef>
#include <optional>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

std::optional<Finding> find_identifier(const Passage& passage, size_t at);

}  // namespace gleaner::privacy

// The country codes of ITU-T E.164 and, for each, how long its national numbers are and with which digits they begin:
// what the national numbering plans assign to people and businesses (they are collected in libphonenumber's metadata).
// Short codes are left out. Safe from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace gleaner::privacy {

struct PhonePlan {
  uint16_t code;
  uint8_t shortest;
  uint8_t longest;
  std::string_view first;
};

// The plan of a number that begins with its country code; null if no country has it.
const PhonePlan* phone_plan(std::string_view digits);

// How many digits the code itself has.
size_t code_length(const PhonePlan& plan);

// Whether `national`, without the code and the trunk prefix, is a number of this plan. Not empty.
bool fits(const PhonePlan& plan, std::string_view national);

}  // namespace gleaner::privacy

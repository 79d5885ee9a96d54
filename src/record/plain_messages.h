// A look at messages without a parser: most conversations are nothing but role and content in compact JSON, and what is
// like that to the letter needs none. Whatever is written differently is left to the parser. Text that comes from a
// record that was parsed, so that its strings are valid. One thread.
#pragma once

#include <string_view>

namespace gleaner::record {

// Takes a string with its quotes off the front of `rest`; empty if there is none.
std::string_view take_string(std::string_view& rest);

// Walks an array of {"role","content"} messages, members in either order, contents texts that are not empty.
class PlainMessages {
 public:
  explicit PlainMessages(std::string_view array) : rest_(array) {}

  // The next message. False at the end, and before one that is different.
  bool next();
  // As it is written, without quotes; of the last message.
  std::string_view role() const { return role_; }
  // Whether next() came to the end of the array, so that there was nothing but such messages.
  bool done() const { return done_; }

 private:
  bool take(std::string_view token);
  bool take_role();
  bool take_content();

  std::string_view rest_;
  std::string_view role_;
  bool begun_ = false;
  bool done_ = false;
};

}  // namespace gleaner::record

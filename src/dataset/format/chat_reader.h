// Reads one list of messages as a Chat has them; chat.h says what reading changes. Used by chat.cc only. One thread.
#pragma once

#include <string>
#include <string_view>

#include "dataset/format/chat.h"
#include "dataset/normal_json.h"

namespace gleaner::dataset::chat {

class Reader {
 public:
  // `reason` is written to when a list cannot be carried.
  explicit Reader(std::string& reason) : reason_(reason) {}

  // Appends the messages of the JSON array to `out`; false with the reason. Errors: kDataLoss.
  Result<bool> read(std::string_view text, Messages& out);

  // How many calls got an id of ours; a rejected answer starts where the chosen one started.
  int given_ids() const { return given_ids_; }
  void set_given_ids(int count) { given_ids_ = count; }

 private:
  struct Members;

  Result<bool> read_list(std::string_view text, Messages& out);
  Result<bool> read_message(json::ondemand::value value, Message& message);
  Status read_member(std::string_view name, json::ondemand::value value, Members& members, Message& message);
  Status read_content(json::ondemand::value value, Message& message);
  Status read_calls(json::ondemand::value value, Members& members);
  Status read_call(json::ondemand::value value, Members& members);
  Status read_function(json::ondemand::value value, Call& call);
  Status read_arguments(json::ondemand::value value, std::string& arguments);
  // The text of a string; others are passed over.
  Result<std::string_view> text_of(json::ondemand::value value);
  Status skip(json::ondemand::value value);
  void take_calls(Members& members, Message& message);

  std::string& reason_;
  json::Walker walker_;
  std::string ignored_;
  int given_ids_ = 0;
};

}  // namespace gleaner::dataset::chat

// Reads OpenAI chat messages: checks them and copies them compactly in one walk. Used by the codec only. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json_walk.h"

namespace gleaner::record {

// What the codec needs to know of an array of messages besides its text.
struct MessagesSummary {
  size_t last_start = 0;  // where the last message begins in the copied text
  size_t count = 0;
  bool last_is_assistant = false;
};

class MessageReader {
 public:
  explicit MessageReader(json::Walker& walker) : walker_(walker) {}

  // Replaces `out` by the compact array. `field` is its name, for messages.
  Result<MessagesSummary> read_all(std::string_view field, json::ondemand::value value, std::string& out);

  // Replaces `out` by one assistant message, made from an object or from its text alone.
  Status read_output(std::string_view field, json::ondemand::value value, std::string& out);

 private:
  // Where a message stands, as errors name it.
  struct Path {
    std::string_view field;
    std::optional<size_t> index;
    std::string text(std::string_view member = {}) const;
  };

  // Returns the role; empty if there is none.
  Result<std::string> read_object(const Path& path, json::ondemand::value value, std::string& out);
  Status read_content(const Path& path, json::ondemand::value value, std::string& out);
  Status read_part(const Path& path, size_t index, json::ondemand::value value, std::string& out);

  json::Walker& walker_;
};

std::string_view type_name(json::ondemand::json_type type);

}  // namespace gleaner::record

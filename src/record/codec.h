// JSON text to records and back. Decoding checks everything: what it returns is valid and can be stored. It accepts
// every schema version from 1 on.
//
// What decoding makes of its input, beyond checking it:
//   - fields it does not know are kept in `metadata` (a name that is taken there gets a "_" in front);
//   - null is the same as absent;
//   - `output` given as a string becomes {"role":"assistant","content":...};
//   - if `output` is absent and the last of `messages` is from the assistant, that message becomes `output`;
//   - numbers in id fields become their digits.
//
// Thread contract: a Decoder belongs to one thread (it keeps its parser's memory); encode is safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "record/interaction.h"
#include "record/signal.h"

namespace gleaner::record {

class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Errors: kInvalidArgument; the message begins with the path of the field, e.g. "messages[2].role: ...".
  Result<Interaction> interaction(std::string_view json);
  Result<Signal> signal(std::string_view json);
  // A signal that names neither an interaction nor an item is about this one.
  Result<Signal> signal_about(std::string_view interaction_id, std::string_view json);

  // The same for text with at least kReadableBehind readable bytes behind it, which is then not copied.
  static constexpr size_t kReadableBehind = 64;
  Result<Interaction> interaction_padded(std::string_view json);
  Result<Signal> signal_padded(std::string_view json);

  // For what encode() wrote, three times as fast: the insides of members that are kept as JSON are passed over. Text
  // that is something else is still an error or a record, but one whose members need not be valid JSON.
  Result<Interaction> encoded_interaction(std::string_view json);
  Result<Interaction> encoded_interaction_padded(std::string_view json);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One line of JSON, fields in the order of record/fields.h, absent ones left out.
void encode(const Interaction& interaction, std::string& out);
void encode(const Signal& signal, std::string& out);

}  // namespace gleaner::record

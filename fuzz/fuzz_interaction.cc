// record::Decoder on interactions: whatever it takes, it writes so that it reads back as the same.
#include "record/messages.h"
#include "record_target.h"

using gleaner::fuzz::require;
namespace record = gleaner::record;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  gleaner::fuzz::check_decoding<record::Interaction>(text, &record::Decoder::interaction,
                                                     &record::Decoder::interaction_padded);

  record::Decoder decoder;
  // Of text that encode() did not write nothing is promised but that it does no harm.
  static_cast<void>(decoder.encoded_interaction(text));
  if (const auto interaction = decoder.interaction(text)) {
    const record::Interaction& i = *interaction;
    require(!i.messages.empty() || !i.output.empty() || !i.artifact.empty() || !i.trajectory.empty(),
            "there is content");
    const std::string written = gleaner::fuzz::encoded(i);
    require(gleaner::fuzz::outcome(decoder.encoded_interaction(written)) == written, "both ways of reading agree");
    for (const record::RawJson* const json : {&i.messages, &i.output}) {
      if (json->empty()) continue;
      record::MessageInspector inspector;
      require(inspector.inspect(json->text).has_value(), "checked messages can be inspected");
    }
  }
  return 0;
}

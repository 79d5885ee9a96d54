// record::Decoder on signals, and the verdict made of them.
#include "record/verdict.h"
#include "record_target.h"

using gleaner::fuzz::require;
namespace record = gleaner::record;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  gleaner::fuzz::check_decoding<record::Signal>(text, &record::Decoder::signal, &record::Decoder::signal_padded);

  record::Decoder decoder;
  if (const auto signal = decoder.signal(text)) {
    require(!signal->interaction_id.empty() || !signal->item_id.empty(), "a signal is about something");
    require(record::parse_signal_kind(record::signal_kind_name(signal->kind)) == signal->kind, "kinds have one name");
    record::Verdict verdict;
    verdict.fold(*signal, true);
    verdict.fold(*signal, false);
    require(verdict.signals == 2, "every signal counts");
    std::string out;
    record::encode(verdict, out);
  }
  return 0;
}

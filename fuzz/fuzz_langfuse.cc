// Batches for Langfuse's ingestion API: whatever the bytes, every event is either taken or refused with a reason, what
// is taken is a request that the OTLP decoder reads, every span of it is accounted for once, and scores are signals
// that can be stored or are refused. The same batch makes the same.
#include <string>

#include "gateway/langfuse/ingestion.h"
#include "gateway/otlp/assembler.h"
#include "gateway/otlp/decode.h"
#include "record/codec.h"
#include "target.h"

using gleaner::fuzz::require;
namespace langfuse = gleaner::gateway::langfuse;
namespace otlp = gleaner::gateway::otlp;
namespace record = gleaner::record;

namespace {

void check_spans(const std::string& spans) {
  const auto batch = otlp::traces_from_json(spans);
  require(batch.has_value(), "what the events became is a request");
  otlp::TraceAssembler assembler;
  assembler.add_versions(*batch, gleaner::from_ms(0));
  assembler.settle_all();
  const otlp::AssemblerCounts& counts = assembler.counts();
  uint64_t sum = counts.interactions + counts.steps;
  for (const uint64_t ignored : counts.ignored) sum += ignored;
  require(sum == counts.spans, "every span is accounted for once");
  require(assembler.held_spans() == 0 && assembler.held_bytes() == 0, "nothing is held any more");
  record::Decoder decoder;
  for (const auto& one : assembler.take().interactions) {
    std::string text;
    record::encode(one, text);
    require(decoder.interaction(text).has_value(), "an interaction can be stored");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body = gleaner::fuzz::text_of(data, size);
  const auto read = langfuse::read_ingestion(body);
  if (!read) {
    const gleaner::Code code = read.error().code;
    require(code == gleaner::Code::kInvalidArgument || code == gleaner::Code::kTooLarge,
            "a bad body is the sender's mistake");
    return 0;
  }
  size_t scores = 0;
  for (const auto& event : read->events) {
    require(!event.refused() || !event.text.empty(), "what is refused is kept");
    if (!event.refused() && event.signal >= 0) ++scores;
  }
  require(scores == read->signals.size(), "every signal is of one event");
  record::Decoder decoder;
  for (const auto& signal : read->signals) {
    const auto decoded = decoder.signal(signal.dump());
    require(!decoded || !decoded->id.empty(), "a signal has an id, so that sending it again finds it");
  }
  if (!read->spans.empty()) check_spans(read->spans);
  const auto again = langfuse::read_ingestion(body);
  require(again && again->spans == read->spans && again->signals.size() == read->signals.size(),
          "the same batch makes the same");
  return 0;
}

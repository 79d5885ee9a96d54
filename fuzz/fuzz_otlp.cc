// OTLP requests in both encodings, and what becomes of them: whatever the bytes, every span is accounted for once, and
// every record can be stored, and is the same when the request comes again.
#include <string>

#include "gateway/otlp/assembler.h"
#include "gateway/otlp/decode.h"
#include "record/codec.h"
#include "target.h"

using gleaner::fuzz::require;
namespace otlp = gleaner::gateway::otlp;
namespace record = gleaner::record;

namespace {

template <typename Record, typename Read>
std::string stored(const Record& one, Read read) {
  std::string text;
  record::encode(one, text);
  record::Decoder decoder;
  const auto again = (decoder.*read)(text);
  require(again.has_value(), "a record can be read again");
  std::string written;
  record::encode(*again, written);
  require(written == text, "a record reads back as it was");
  require(!one.id.empty(), "a record has an id, so that sending it again finds it");
  return text;
}

std::string finish(otlp::TraceAssembler& assembler) {
  assembler.settle_all();
  const otlp::AssemblerCounts& counts = assembler.counts();
  uint64_t sum = counts.interactions + counts.steps;
  for (const uint64_t ignored : counts.ignored) sum += ignored;
  require(sum == counts.spans, "every span is accounted for once");
  require(assembler.held_spans() == 0 && assembler.held_bytes() == 0, "nothing is held any more");
  const otlp::Assembled records = assembler.take();
  require(records.interactions.size() == counts.interactions + counts.interactions_of_logs, "all came out");
  std::string all;
  for (const auto& one : records.interactions) all += stored(one, &record::Decoder::interaction) + '\n';
  for (const auto& one : records.signals) all += stored(one, &record::Decoder::signal) + '\n';
  return all;
}

void check_error(const gleaner::Error& error) {
  require(error.code == gleaner::Code::kInvalidArgument || error.code == gleaner::Code::kTooLarge,
          "a bad request is the sender's mistake");
  require(!error.message.empty(), "the error says why");
}

void check_traces(const gleaner::Result<otlp::TraceBatch>& batch) {
  if (!batch) return check_error(batch.error());
  std::string first;
  for (const int round : {1, 2}) {
    otlp::TraceAssembler assembler;
    assembler.add_traces(*batch, gleaner::from_ms(0));
    const std::string records = finish(assembler);
    if (round == 1) first = records;
    require(records == first, "the same request makes the same records");
  }
}

void check_logs(const gleaner::Result<otlp::LogBatch>& batch) {
  if (!batch) return check_error(batch.error());
  otlp::TraceAssembler assembler;
  assembler.add_logs(*batch, gleaner::from_ms(0));
  finish(assembler);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = gleaner::fuzz::text_of(data, size);
  check_traces(otlp::traces_from_protobuf(bytes));
  check_traces(otlp::traces_from_json(bytes));
  check_logs(otlp::logs_from_protobuf(bytes));
  check_logs(otlp::logs_from_json(bytes));
  return 0;
}

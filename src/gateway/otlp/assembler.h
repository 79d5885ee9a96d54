// Spans and log records of many batches, put together into interactions and signals.
//
// A model call outside of any run comes out at once. Calls inside a run (an agent, or a workflow that uses tools) are
// held until the trace's root span has come, which ends last, and then nothing of the trace for `quiet_period`; or
// until nothing came for `rootless_period`, because the root is another program's; or until a bound is reached. Then
// the trace is settled: every span of it becomes an interaction, a step of one, or is counted as ignored.
//
// A span that is told in versions (version.h) is held with its trace until that is quiet, for `unfinished_period` while
// something in it has neither ended nor answered. A version that adds to a span which is here counts as a duplicate.
//
// Children may come before or after their parents, in any batch. What comes after its trace was settled is not lost: a
// model or tool call becomes an interaction of its own, whose metadata says "late" and which trace it is of. A span
// that comes again is counted as a duplicate, for as long as `remembered_spans` reaches; after that the record's id,
// which depends on the span only, makes it one in the store.
//
// Content that comes as log records waits for its span, and a span without content for its log records, as long as the
// trace is held. Judgements come out at once: they find their interaction in the store (evaluation.h).
//
// What is held is in memory only. Whoever must not lose it keeps the requests: add_*() numbers them, and every one
// below first_unsettled() has come out whole. To add them again gives the same records again.
//
// Thread contract: one thread at a time. add_traces() and add_logs() take time in proportion to their batch, settle()
// to what is held.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "gateway/otlp/trace.h"
#include "record/interaction.h"
#include "record/signal.h"

namespace gleaner::gateway::otlp {

struct AssemblerOptions {
  std::chrono::milliseconds quiet_period = std::chrono::seconds(10);
  std::chrono::milliseconds rootless_period = std::chrono::minutes(2);
  std::chrono::milliseconds unfinished_period = std::chrono::minutes(10);
  size_t max_trace_spans = 10'000;     // of one trace; a longer one comes out in pieces
  size_t max_trace_bytes = 64U << 20;  //
  size_t max_traces = 20'000;          // of all that is held; the one that was quiet longest goes first
  size_t max_spans = 200'000;          //
  size_t max_bytes = 256U << 20;       //
  size_t remembered_spans = 200'000;   // of settled traces
};

// Why a span is in nothing that came out.
enum class Ignored {
  kNotGenAi,      // a request, a query, a function
  kNoContent,     // a model or tool call whose content was not captured
  kRepeatsCalls,  // it is around calls that tell the same in more detail, or around none
  kEmbedding,     //
  kRetrieval,     // a search outside of any run
  kEvaluator,     // the run of a judge; its judgement is a signal
  kDuplicate,     // it was here before
  kCount,
};
std::string_view name_of(Ignored reason);

// Every span is exactly one of: the source of an interaction, a step, ignored, or still held. Every log record is a
// signal, content, ignored, or late.
struct AssemblerCounts {
  uint64_t spans = 0;
  uint64_t interactions = 0;  // of spans
  uint64_t steps = 0;
  std::array<uint64_t, static_cast<size_t>(Ignored::kCount)> ignored{};
  uint64_t late = 0;  // of the interactions: spans that came after their trace was settled

  uint64_t logs = 0;
  uint64_t content_logs = 0;
  uint64_t ignored_logs = 0;          // neither content nor a judgement
  uint64_t late_logs = 0;             // content whose span came out before
  uint64_t interactions_of_logs = 0;  // whose span never came

  uint64_t signals = 0;

  uint64_t ignored_by(Ignored reason) const { return ignored[static_cast<size_t>(reason)]; }
  AssemblerCounts& operator+=(const AssemblerCounts& other);
};

struct Assembled {
  std::vector<record::Interaction> interactions;
  std::vector<record::Signal> signals;
};

class TraceAssembler {
 public:
  explicit TraceAssembler(AssemblerOptions options = {});
  ~TraceAssembler();
  TraceAssembler(const TraceAssembler&) = delete;
  TraceAssembler& operator=(const TraceAssembler&) = delete;

  // Returns the number of the batch, from 1. `now` must not go back.
  uint64_t add_traces(const TraceBatch& batch, Time now);
  // The same, of spans told in versions, which nobody but gateway/langfuse can have made.
  uint64_t add_versions(const TraceBatch& batch, Time now);
  uint64_t add_logs(const LogBatch& batch, Time now);

  // Settles what is due. To be called about every second.
  void settle(Time now);
  // Settles everything, due or not: before the program ends.
  void settle_all();

  // What has come out since the last call.
  Assembled take();

  // Of the batches below it nothing is held any more: all that comes of them came out.
  uint64_t first_unsettled() const;

  const AssemblerCounts& counts() const;
  size_t held_spans() const;
  size_t held_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gleaner::gateway::otlp

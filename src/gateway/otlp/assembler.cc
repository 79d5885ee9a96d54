#include "gateway/otlp/assembler.h"

#include <algorithm>
#include <deque>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "gateway/otlp/evaluation.h"
#include "gateway/otlp/held_trace.h"
#include "gateway/otlp/values.h"
#include "gateway/otlp/version.h"

namespace gleaner::gateway::otlp {
namespace {

// A log record as the event that it is: what its body has is said of the event.
Event event_of(const LogRecord& log, const std::string& name) {
  Event event;
  event.time_ns = log.time_ns;
  event.name = name;
  event.attributes = log.attributes;
  const json::Value body = opened(log.body);
  if (body.is_object()) {
    for (const auto& [key, member] : body.members()) event.attributes.push_back({key, member});
  } else if (!is_empty(body)) {
    event.attributes.push_back({"content", body});
  }
  return event;
}

std::string event_name(const LogRecord& log) {
  if (!log.event_name.empty()) return log.event_name;
  const json::Value* const named = find_attribute(log.attributes, "event.name");
  return named == nullptr ? std::string() : text_of(*named);
}

// The spans of settled traces, the last so many.
class Memory {
 public:
  explicit Memory(size_t limit) : limit_(limit) {}

  void add(const std::string& trace_id, const std::vector<std::string>& spans, Around around) {
    const auto [entry, is_new] = traces_.try_emplace(trace_id);
    if (is_new) order_.push_back(trace_id);
    Settled& settled = entry->second;
    if (settled.around.empty()) settled.around = std::move(around);
    for (const std::string& span : spans) count_ += settled.spans.insert(hash(span)).second ? 1 : 0;
    while (count_ > limit_ && order_.size() > 1) {
      const auto oldest = traces_.find(order_.front());
      count_ -= oldest->second.spans.size();
      traces_.erase(oldest);
      order_.pop_front();
    }
  }

  bool has(const std::string& trace_id) const { return traces_.contains(trace_id); }
  bool has(const std::string& trace_id, const std::string& span) const {
    const auto trace = traces_.find(trace_id);
    return trace != traces_.end() && trace->second.spans.contains(hash(span));
  }
  // Null for a trace that is not known.
  const Around* around(const std::string& trace_id) const {
    const auto trace = traces_.find(trace_id);
    return trace == traces_.end() ? nullptr : &trace->second.around;
  }

 private:
  struct Settled {
    std::unordered_set<uint64_t> spans;
    Around around;
  };

  static uint64_t hash(const std::string& span) { return keyed_hash64(0, span); }

  size_t limit_;
  size_t count_ = 0;
  std::unordered_map<std::string, Settled> traces_;
  std::deque<std::string> order_;
};

}  // namespace

struct TraceAssembler::State {
  explicit State(AssemblerOptions given) : options(given), memory(given.remembered_spans) {}

  struct Held {
    HeldTrace trace;
    std::list<std::string>::iterator place;  // in `quiet`
  };

  void add(const Resource& resource, const Scope& scope, const Span& span);
  void add_version(const Resource& resource, const Scope& scope, const Span& span);
  void add(const Resource& resource, const Scope& scope, const LogRecord& log);
  void touch(Held& held);
  Held& hold(const std::string& trace_id);
  // Does `change` to a trace, and keeps the sums.
  template <typename Change>
  auto with(Held& held, Change change);
  void settle(Held& held);
  bool is_due(const Held& held, Time at) const;
  void keep_bounds(Held& held);
  void tell_touched();

  AssemblerOptions options;
  Outcome out;
  std::unordered_map<std::string, Held> traces;
  std::list<std::string> quiet;      // ids of traces, the one that was quiet longest first
  std::vector<std::string> touched;  // by this batch
  Memory memory;
  Time now;
  uint64_t batches = 0;
  bool versions = false;  // this batch may have some
  size_t spans = 0;
  size_t bytes = 0;
};

TraceAssembler::State::Held& TraceAssembler::State::hold(const std::string& trace_id) {
  auto entry = traces.find(trace_id);
  if (entry == traces.end()) {
    quiet.push_back(trace_id);
    entry = traces.emplace(trace_id, Held{HeldTrace(trace_id), std::prev(quiet.end())}).first;
  } else {
    quiet.splice(quiet.end(), quiet, entry->second.place);
  }
  HeldTrace& trace = entry->second.trace;
  trace.last_arrival = now;
  if (trace.first_batch == 0) trace.first_batch = batches;
  return entry->second;
}

template <typename Change>
auto TraceAssembler::State::with(Held& held, Change change) {
  spans -= held.trace.span_count();
  bytes -= held.trace.bytes();
  const auto result = change(held.trace);
  spans += held.trace.span_count();
  bytes += held.trace.bytes();
  return result;
}

void TraceAssembler::State::add(const Resource& resource, const Scope& scope, const Span& span) {
  ++out.counts.spans;
  const bool has_ids = !span.trace_id.empty() && !span.span_id.empty();
  if (has_ids && memory.has(span.trace_id, span.span_id)) return out.ignore(Ignored::kDuplicate);
  if (has_ids && versions && version_of(span) > 0) return add_version(resource, scope, span);
  SpanFacts facts = read_span(resource, scope, span);
  const bool is_ours = facts.role != Role::kNone;
  if (has_ids) {
    Held& held = hold(span.trace_id);
    if (!with(held, [&](HeldTrace& trace) { return trace.add_span(std::move(facts)); })) {
      return out.ignore(Ignored::kDuplicate);
    }
    touch(held);
    keep_bounds(held);
  } else if (is_ours) {
    // Without ids nothing else can be of the same trace.
    HeldTrace alone{std::string()};
    alone.add_span(std::move(facts));
    alone.settle(nullptr, out);
  }
  if (!is_ours) out.ignore(Ignored::kNotGenAi);
  std::vector<record::Signal> signals = read_evaluations(span);
  out.counts.signals += signals.size();
  std::ranges::move(signals, std::back_inserter(out.records.signals));
}

void TraceAssembler::State::add_version(const Resource& resource, const Scope& scope, const Span& span) {
  Held& held = hold(span.trace_id);
  const auto what = with(held, [&](HeldTrace& trace) { return trace.add_version(resource, scope, span); });
  if (what != HeldTrace::Version::kFirst) out.ignore(Ignored::kDuplicate);
  touch(held);
  keep_bounds(held);
}

void TraceAssembler::State::touch(Held& held) {
  if (std::exchange(held.trace.last_batch, batches) != batches) touched.push_back(held.trace.id());
}

void TraceAssembler::State::add(const Resource& resource, const Scope& scope, const LogRecord& log) {
  ++out.counts.logs;
  const std::string name = event_name(log);
  if (is_evaluation_event(name)) {
    std::vector<record::Signal> signals = read_evaluations(log);
    out.counts.signals += signals.size();
    if (signals.empty()) ++out.counts.ignored_logs;
    std::ranges::move(signals, std::back_inserter(out.records.signals));
    return;
  }
  if (!is_content_event(name)) {
    ++out.counts.ignored_logs;
    return;
  }
  Event event = event_of(log, name);
  if (log.trace_id.empty() || log.span_id.empty()) {
    // The details of a call may come without any span; single messages mean nothing alone.
    Span alone;
    alone.start_ns = log.time_ns;
    alone.name = name;
    alone.attributes = std::move(event.attributes);
    SpanFacts facts = read_span(resource, scope, alone);
    if (facts.role != Role::kModel || facts.messages.empty() || facts.output.empty()) {
      ++out.counts.ignored_logs;
      return;
    }
    ++out.counts.content_logs;
    HeldTrace trace{std::string()};
    trace.add_span(std::move(facts));
    const uint64_t before = out.counts.interactions;
    trace.settle(nullptr, out);
    out.counts.interactions_of_logs += out.counts.interactions - before;
    out.counts.interactions = before;
    return;
  }
  const bool is_late = memory.has(log.trace_id, log.span_id);
  if (is_late) {
    ++out.counts.late_logs;
    return;
  }
  Held& held = hold(log.trace_id);
  const bool kept = with(held, [&](HeldTrace& trace) {
    return trace.add_event(log.span_id, resource, scope, std::move(event), log.bytes);
  });
  ++(kept ? out.counts.content_logs : out.counts.late_logs);
  if (kept) keep_bounds(held);
}

bool TraceAssembler::State::is_due(const Held& held, Time at) const {
  const HeldTrace& trace = held.trace;
  if (trace.has_unfinished()) return at - trace.last_arrival >= options.unfinished_period;
  const bool soon = trace.has_root() || !trace.has_calls() || memory.has(trace.id());
  return at - trace.last_arrival >= (soon ? options.quiet_period : options.rootless_period);
}

void TraceAssembler::State::settle(Held& held) {
  HeldTrace& trace = held.trace;
  const std::string id = trace.id();
  spans -= trace.span_count();
  bytes -= trace.bytes();
  trace.settle(memory.around(id), out);
  if (trace.had_calls()) memory.add(id, trace.span_ids(), trace.around());
  quiet.erase(held.place);
  traces.erase(id);
}

void TraceAssembler::State::keep_bounds(Held& held) {
  if (held.trace.span_count() > options.max_trace_spans || held.trace.bytes() > options.max_trace_bytes) settle(held);
  while (!quiet.empty() &&
         (traces.size() > options.max_traces || spans > options.max_spans || bytes > options.max_bytes)) {
    settle(traces.find(quiet.front())->second);
  }
}

// Once for each batch, so that the order of spans inside it does not matter.
void TraceAssembler::State::tell_touched() {
  for (const std::string& id : touched) {
    const auto entry = traces.find(id);
    if (entry == traces.end()) continue;
    with(entry->second, [&](HeldTrace& trace) {
      trace.read_versions();
      if (memory.has(id)) return true;
      trace.tell_lone_calls(out);
      if (!trace.has_calls()) trace.first_batch = 0;
      return true;
    });
  }
  touched.clear();
}

TraceAssembler::TraceAssembler(AssemblerOptions options) : state_(std::make_unique<State>(options)) {}
TraceAssembler::~TraceAssembler() = default;

uint64_t TraceAssembler::add_versions(const TraceBatch& batch, Time now) {
  state_->versions = true;
  const uint64_t number = add_traces(batch, now);
  state_->versions = false;
  return number;
}

uint64_t TraceAssembler::add_traces(const TraceBatch& batch, Time now) {
  state_->now = now;
  const uint64_t number = ++state_->batches;
  for (const ResourceSpans& resource : batch.resources) {
    for (const ScopeSpans& scope : resource.scopes) {
      for (const Span& span : scope.spans) state_->add(resource.resource, scope.scope, span);
    }
  }
  state_->tell_touched();
  return number;
}

uint64_t TraceAssembler::add_logs(const LogBatch& batch, Time now) {
  state_->now = now;
  const uint64_t number = ++state_->batches;
  for (const ResourceLogs& resource : batch.resources) {
    for (const ScopeLogs& scope : resource.scopes) {
      for (const LogRecord& log : scope.records) state_->add(resource.resource, scope.scope, log);
    }
  }
  return number;
}

void TraceAssembler::settle(Time now) {
  std::vector<std::string> due;
  for (const std::string& id : state_->quiet) {
    const auto& held = state_->traces.find(id)->second;
    if (now - held.trace.last_arrival < state_->options.quiet_period) break;  // all that follow came later
    if (state_->is_due(held, now)) due.push_back(id);
  }
  for (const std::string& id : due) state_->settle(state_->traces.find(id)->second);
}

void TraceAssembler::settle_all() {
  while (!state_->quiet.empty()) state_->settle(state_->traces.find(state_->quiet.front())->second);
}

Assembled TraceAssembler::take() {
  return std::exchange(state_->out.records, {});
}

AssemblerCounts& AssemblerCounts::operator+=(const AssemblerCounts& other) {
  for (const auto member :
       {&AssemblerCounts::spans, &AssemblerCounts::interactions, &AssemblerCounts::steps, &AssemblerCounts::late,
        &AssemblerCounts::logs, &AssemblerCounts::content_logs, &AssemblerCounts::ignored_logs,
        &AssemblerCounts::late_logs, &AssemblerCounts::interactions_of_logs, &AssemblerCounts::signals}) {
    this->*member += other.*member;
  }
  for (size_t i = 0; i < ignored.size(); ++i) ignored[i] += other.ignored[i];
  return *this;
}

uint64_t TraceAssembler::first_unsettled() const {
  uint64_t first = state_->batches + 1;
  for (const auto& [id, held] : state_->traces) {
    if (held.trace.has_calls()) first = std::min(first, held.trace.first_batch);
  }
  return first;
}

const AssemblerCounts& TraceAssembler::counts() const {
  return state_->out.counts;
}

size_t TraceAssembler::held_spans() const {
  return state_->spans;
}

size_t TraceAssembler::held_bytes() const {
  return state_->bytes;
}

std::string_view name_of(Ignored reason) {
  constexpr std::array<std::string_view, static_cast<size_t>(Ignored::kCount)> kNames = {
      "not_gen_ai", "no_content", "repeats_calls", "embedding", "retrieval", "evaluator", "duplicate"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace gleaner::gateway::otlp

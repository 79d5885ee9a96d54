#include "gateway/exchange/recorder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/anthropic/anthropic.h"
#include "gateway/exchange/answer.h"
#include "gateway/exchange/interaction.h"
#include "gateway/exchange/message.h"
#include "gateway/exchange/sse.h"
#include "gateway/openai/openai.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

// How the shapes of an operation are read. A new one is a row here, one in operation.cc, and its name in
// interaction.cc.
struct Shapes {
  Operation operation;
  Question (*read_request)(Value body);
  Answer (*read_response)(Value body);
  std::unique_ptr<Assembler> (*assembler)(size_t max_bytes);
};
constexpr Shapes kShapes[] = {
    {Operation::kChatCompletions, &openai::read_chat_request, &openai::read_choices, &openai::choices_assembler},
    {Operation::kCompletions, &openai::read_completions_request, &openai::read_choices, &openai::choices_assembler},
    {Operation::kResponses, &openai::read_responses_request, &openai::read_response, &openai::response_assembler},
    {Operation::kEmbeddings, &openai::read_embeddings_request, &openai::read_embeddings, &openai::choices_assembler},
    {Operation::kMessages, &anthropic::read_messages_request, &anthropic::read_message, &anthropic::message_assembler},
};

const Shapes* shapes_of(Operation operation) {
  const auto* const found = std::ranges::find(kShapes, operation, &Shapes::operation);
  return found == std::end(kShapes) ? nullptr : found;
}

enum class Mode : uint8_t { kUnknown, kStream, kWhole };

constexpr std::string_view kSpace = " \t\r\n";

// What a body is that begins with that byte: some servers do not say, or say application/json of a stream, or answer a
// request for a stream with a JSON error.
Mode mode_of(char first, bool is_event_stream, int status) {
  if (is_event_stream) return first == '{' ? Mode::kWhole : Mode::kStream;
  const bool begins_event = first == 'd' || first == 'e' || first == ':';
  return begins_event && status < 400 ? Mode::kStream : Mode::kWhole;
}

std::string_view name_of(End end) {
  switch (end) {
    case End::kUpstreamCut:
      return "upstream_disconnected";
    case End::kClientGone:
      return "client_disconnected";
    case End::kUnreachable:
      return "upstream_unreachable";
    case End::kComplete:
      break;
  }
  return "incomplete_stream";
}

Value error_of(std::string_view type, std::string_view message) {
  Value error = Value::object({{"type", Value::string(std::string(type))}});
  if (!message.empty()) error.set("message", Value::string(printable(truncate_utf8(message, 2000))));
  return error;
}

// Of a refusal whose body is not as OpenAI's and Anthropic's are.
Value foreign_error(const Value& body, std::string_view text) {
  Value error = Value::object();
  for (const char* const name : {"type", "code", "message", "detail", "title"}) {
    const Value* const member = body.find(name);
    if (member != nullptr && !is_empty(*member)) error.set(name, *member);
  }
  if (is_empty(error) && !trim(text).empty()) {
    error.set("message", Value::string(printable(truncate_utf8(trim(text), 2000))));
  }
  return error;
}

double ms_between(Recorder::Instant from, Recorder::Instant to) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
  return static_cast<double>(std::max<int64_t>(us, 0)) / 1000;
}

}  // namespace

struct Recorder::State {
  State(Request&& asked, Time at, Instant when, RecorderOptions limits)
      : request(std::move(asked)),
        created_at(at),
        sent(when),
        options(limits),
        shapes(shapes_of(operation_of(request.api, request.method, request.path))),
        sse(limits.max_answer_bytes) {}

  bool is_wanted() const {
    return shapes != nullptr && (shapes->operation != Operation::kEmbeddings || options.record_embeddings);
  }

  void take(std::string_view piece, Instant at) {
    if (mode == Mode::kUnknown) {
      piece.remove_prefix(std::min(piece.find_first_not_of(kSpace), piece.size()));
      if (piece.empty()) return;
      mode = mode_of(piece.front(), is_event_stream, status);
      if (mode == Mode::kStream) assembler = shapes->assembler(options.max_answer_bytes);
    }
    if (mode == Mode::kStream) return take_stream(piece, at);
    too_long = too_long || body.size() + piece.size() > options.max_answer_bytes;
    if (too_long) {
      body = std::string();
    } else {
      body += piece;
    }
  }

  void take_stream(std::string_view piece, Instant at) {
    sse.feed(piece, [this](std::string_view type, std::string_view data) { assembler->take(type, data); });
    note_times(at);
  }

  void note_times(Instant at) {
    if (!first_content && assembler->saw_content()) first_content = at;
    if (!end_seen && assembler->saw_end()) end_seen = at;
  }

  Question read_question() const {
    auto asked = json::parse(request.body);
    if (!asked || !asked->is_object()) return {};
    return shapes->read_request(*std::move(asked));
  }

  bool is_refused() const { return status != 0 && (status < 200 || status > 299); }

  // Without an error where there is none, or none that the provider told.
  Answer read_answer() {
    if (mode == Mode::kStream) return shapes->read_response(assembler->body());
    auto answered = json::parse(body);
    if (answered && answered->is_array() && !answered->items().empty()) {
      answered = Value(answered->items().front());  // Gemini's errors, behind its OpenAI shapes
    }
    readable = answered && answered->is_object();
    const Value refusal = readable && is_refused() ? *answered : Value();
    Answer answer;
    if (readable) answer = shapes->read_response(*std::move(answered));
    if (is_refused() && answer.error.is_null()) answer.error = foreign_error(refusal, body);
    return answer;
  }

  // The error of the exchange.
  void judge(Answer& answer, End end, std::string_view reason) const {
    Value& error = answer.error;
    if (is_refused()) {
      if (!error.is_object()) error = Value::object();
      error.set("status", Value::number(std::to_string(status)));
      return;
    }
    if (!error.is_null() || end_seen) return;
    const bool kept = not_kept().empty();
    if (end != End::kComplete || status == 0) {
      error = error_of(name_of(status == 0 && end == End::kComplete ? End::kUnreachable : end), reason);
    } else if (mode == Mode::kStream) {
      if (kept) error = error_of("incomplete_stream", "the stream ended before it said so");
    } else if (kept && !readable) {
      error = error_of("unreadable_answer", mode == Mode::kUnknown ? "the answer is empty" : "the answer is not JSON");
    }
  }

  std::string not_kept() const {
    if (!not_decoded.empty()) return not_decoded;
    const bool overflowed = too_long || (assembler != nullptr && assembler->overflowed()) || sse.too_large() > 0;
    return overflowed ? fmt::format("longer than {} bytes", options.max_answer_bytes) : std::string();
  }

  Request request;
  Time created_at;
  Instant sent;
  RecorderOptions options;
  const Shapes* shapes;
  int status = 0;
  bool is_event_stream = false;
  Value transport = Value::object();
  std::optional<double> told_cost;

  Mode mode = Mode::kUnknown;
  SseParser sse;
  std::unique_ptr<Assembler> assembler;
  std::string body;
  bool too_long = false;
  bool readable = false;
  std::string not_decoded;
  std::optional<Instant> first_content;
  std::optional<Instant> end_seen;
};

Recorder::Recorder(Request request, Time created_at, Instant sent, RecorderOptions options)
    : state_(std::make_unique<State>(std::move(request), created_at, sent, options)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Operation Recorder::operation() const {
  return state_->shapes == nullptr ? Operation::kNone : state_->shapes->operation;
}

bool Recorder::saw_end() const {
  return state_->end_seen.has_value();
}

void Recorder::head(int status, const Headers& headers) {
  state_->status = status;
  if (!state_->is_wanted()) return;
  state_->is_event_stream = ascii_lower(headers.value("content-type")).starts_with("text/event-stream");
  add_response_labels(headers, state_->transport, state_->told_cost);
}

void Recorder::body(std::string_view piece, Instant at) {
  if (state_->is_wanted() && state_->not_decoded.empty()) state_->take(piece, at);
}

void Recorder::undecodable(std::string_view reason) {
  state_->not_decoded = reason.empty() ? "cannot be decoded" : printable(truncate_utf8(reason, 2000));
}

Recorded Recorder::finish(End end, std::string_view reason, Instant at) {
  State& state = *state_;
  Recorded out;
  if (state.shapes == nullptr) return out;
  Exchange exchange;
  exchange.labels = read_labels(state.request.headers);
  out.outcome = exchange.labels.no_store ? Outcome::kNoStore : Outcome::kEmbedding;
  if (exchange.labels.no_store || !state.is_wanted()) return out;
  if (state.mode == Mode::kStream) {
    state.sse.finish([&](std::string_view type, std::string_view data) { state.assembler->take(type, data); });
    state.note_times(at);
  }
  exchange.operation = state.shapes->operation;
  exchange.provider = std::move(state.request.provider);
  exchange.question = state.read_question();
  exchange.answer = state.read_answer();
  state.judge(exchange.answer, end, reason);
  exchange.transport = std::move(state.transport);
  add_request_facts(state.request.headers, exchange.transport);
  if (std::string why = state.not_kept(); !why.empty()) {
    exchange.transport.set("answer_not_kept", Value::string(std::move(why)));
  }
  exchange.created_at = state.created_at;
  exchange.latency_ms = ms_between(state.sent, state.end_seen.value_or(at));
  if (state.first_content) exchange.ttft_ms = ms_between(state.sent, *state.first_content);
  exchange.cost_usd = state.told_cost;
  const bool streamed = state.mode == Mode::kStream;
  out = recorded(std::move(exchange));
  out.streamed = streamed;
  return out;
}

}  // namespace gleaner::gateway::exchange

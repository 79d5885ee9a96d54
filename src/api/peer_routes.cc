// The routes that clients of other systems call, so that they work here as they are: Langfuse's ingestion API, scores
// and traces, and TensorZero's feedback (docs/peers.md).
#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "api/api.h"
#include "api/peer_signals.h"
#include "base/json.h"
#include "gateway/langfuse/ingestion.h"
#include "gateway/langfuse/limit.h"
#include "gateway/langfuse/score.h"
#include "gateway/tensorzero/feedback.h"
#include "http/problem.h"

namespace gleaner::api {
namespace {

namespace langfuse = gateway::langfuse;
namespace otlp = gateway::otlp;
using json::Value;

constexpr int kMultiStatus = 207;
constexpr int kCreated = 201;

size_t limit_of(const Services& services) {
  return static_cast<size_t>(services.config.max_record_bytes);
}

// TensorZero's clients show what stands in "error".
http::Response tensorzero_problem(const Error& error) {
  http::Response response = http::problem(error);
  response.content_type = "application/json";
  response.body.clear();
  json::Writer(response.body).begin_object().field("error", error.message).end_object();
  return response;
}

// {"successes":[{"id","status"}],"errors":[{"id","status","message","error"}]}
http::Response ingestion_answer(const langfuse::Ingested& ingested, const PeerSignals& signals,
                                const TraceReceiver::Taken& spans) {
  const std::set<std::string_view> unstored(spans.ids.begin(), spans.ids.end());
  const Error of_span{spans.code, spans.message};
  const auto error_of = [&](const langfuse::Ingested::Event& event) -> const Error& {
    if (!event.span.empty() && unstored.contains(event.span)) return of_span;
    return event.signal < 0 || event.refused() ? event.error : signals.errors()[static_cast<size_t>(event.signal)];
  };
  http::Response response{.status = kMultiStatus};
  json::Writer writer(response.body);
  writer.begin_object().key("successes").begin_array();
  for (const auto& event : ingested.events) {
    if (error_of(event).message.empty()) {
      writer.begin_object().field("id", event.id).field("status", kCreated).end_object();
    }
  }
  writer.end_array().key("errors").begin_array();
  for (const auto& event : ingested.events) {
    const Error& error = error_of(event);
    if (error.message.empty()) continue;
    writer.begin_object().field("id", event.id).field("status", http::status_of(error.code));
    writer.field("message", error.message).field("error", code_name(error.code)).end_object();
  }
  writer.end_array().end_object();
  return response;
}

// Of an array of scores: 202 when all are taken, as its server has it.
http::Response scores_answer(const PeerSignals& signals) {
  constexpr int kAccepted = 202;
  const auto is_wrong = [](const Error& error) { return !error.message.empty(); };
  const auto rejected = std::ranges::count_if(signals.errors(), is_wrong);
  http::Response response{.status = rejected == 0 ? kAccepted : kMultiStatus};
  json::Writer writer(response.body);
  writer.begin_object();
  if (rejected == 0) {
    writer.field("message", "Accepted").end_object();
    return response;
  }
  writer.field("accepted", static_cast<int64_t>(signals.errors().size()) - rejected).field("rejected", rejected);
  writer.key("errors").begin_array();
  for (size_t i = 0; i < signals.errors().size(); ++i) {
    const Error& error = signals.errors()[i];
    if (!is_wrong(error)) continue;
    writer.begin_object().field("index", i).field("message", error.message).end_object();
  }
  writer.end_array().end_object();
  return response;
}

// A request until its signals are stored.
struct Signals {
  PeerSignals signals;
  http::Responder responder;
};
struct Ingestion {
  langfuse::Ingested ingested;
  PeerSignals signals;
  TraceReceiver::Taken spans;
  http::Responder responder;
};

}  // namespace

void Api::add_peer_routes(http::Router& router) {
  using http::Request;
  using http::Responder;
  using http::Scope;
  const auto add = [this, &router](const char* method, const char* pattern, Scope scope,
                                   void (Api::*handler)(const Request&, Responder)) {
    router.add({method, pattern, scope, false, true, [this, handler](const Request& request, Responder responder) {
                  (this->*handler)(request, std::move(responder));
                }});
  };
  add("POST", "/api/public/ingestion", Scope::kIngest, &Api::ingest_langfuse);
  add("POST", "/api/public/scores", Scope::kIngest, &Api::score_langfuse);
  add("GET", "/api/public/projects", Scope::kIngest, &Api::langfuse_projects);
  add("POST", "/feedback", Scope::kIngest, &Api::tensorzero_feedback);
  router.add({"POST", "/api/public/otel/v1/traces", Scope::kIngest, false, true,
              [this](const Request& request, Responder responder) {
                receive(request, std::move(responder), otlp::SignalType::kTraces);
              }});
  router.add({"GET", "/api/public/health", Scope::kNone, true, false, [](const Request&, Responder responder) {
                responder.send({.body = R"({"status":"OK","version":"gleaner"})"});
              }});
}

// Spans first: where they cannot be taken now, the whole batch is refused and comes again.
void Api::ingest_langfuse(const http::Request& request, http::Responder responder) {
  if (!collecting(responder)) return;
  const auto known = project(request);
  if (!known) return responder.send(known.error());
  auto ingested = langfuse::read_ingestion(request.body);
  if (!ingested) return responder.send(ingested.error());
  auto state =
      std::make_shared<Ingestion>(*std::move(ingested), PeerSignals(services_.intake, *known, limit_of(services_)),
                                  TraceReceiver::Taken{}, std::move(responder));
  for (const Value& signal : state->ingested.signals) state->signals.add(signal);
  for (const auto& event : state->ingested.events) {
    if (event.refused()) state->signals.keep_reject(event.error, event.text);
  }
  const auto store_signals = [state] {
    state->signals.submit([state](const Status& stored) {
      state->responder.send(stored ? ingestion_answer(state->ingested, state->signals, state->spans)
                                   : http::problem(stored.error()));
    });
  };
  if (state->ingested.spans.empty()) return store_signals();
  const TraceRequest spans{otlp::SignalType::kTraces, otlp::Encoding::kJson, state->ingested.spans, true};
  receiver_.add(*known, spans, [state, store_signals](Result<TraceReceiver::Taken> taken) {
    if (!taken) return state->responder.send(taken.error());
    state->spans = *std::move(taken);
    store_signals();
  });
}

void Api::score_langfuse(const http::Request& request, http::Responder responder) {
  if (!collecting(responder)) return;
  const auto known = project(request);
  if (!known) return responder.send(known.error());
  if (const Status counted = langfuse::check_count(request.body, 1); !counted) return responder.send(counted.error());
  const auto body = json::parse(request.body);
  if (!body) return responder.send(body.error());
  PeerSignals signals(services_.intake, *known, limit_of(services_));
  const auto add = [&](const Value& score) {
    const auto signal = langfuse::signal_of(score, services_.ids.mint(services_.clock.now()));
    if (signal) return signals.add(*signal);
    signals.refuse(signal.error(), score.dump());
  };
  if (body->is_array()) {
    for (const Value& score : body->items()) add(score);
  } else {
    add(*body);
  }
  const std::string given = langfuse::score_id(*body);
  const std::string id = given.empty() ? signals.first_id() : given;
  auto state = std::make_shared<Signals>(std::move(signals), std::move(responder));
  state->signals.submit([state, id, is_batch = body->is_array()](const Status& stored) {
    if (!stored) return state->responder.send(stored.error());
    if (is_batch) return state->responder.send(scores_answer(state->signals));
    if (const Error& error = state->signals.errors().front(); !error.message.empty()) {
      return state->responder.send(error);
    }
    http::Response response;
    json::Writer(response.body).begin_object().field("id", id).end_object();
    state->responder.send(std::move(response));
  });
}

// What a client asks for to see whether its keys are good.
void Api::langfuse_projects(const http::Request& request, http::Responder responder) {
  const std::string& name = request.principal->project;
  http::Response response;
  json::Writer writer(response.body);
  writer.begin_object().key("data").begin_array().begin_object().field("id", name).field("name", name);
  writer.key("metadata").begin_object().end_object();
  writer.key("organization").begin_object().field("id", "gleaner").field("name", "Gleaner").end_object();
  writer.end_object().end_array().end_object();
  responder.send(std::move(response));
}

void Api::tensorzero_feedback(const http::Request& request, http::Responder responder) {
  if (!collecting(responder)) return;
  const auto known = project(request);
  if (!known) return responder.send(tensorzero_problem(known.error()));
  const auto body = json::parse(request.body);
  if (!body) return responder.send(tensorzero_problem(body.error()));
  const std::string id = services_.ids.mint(services_.clock.now());
  const auto signal = gateway::tensorzero::signal_of(*body, id);
  PeerSignals signals(services_.intake, *known, limit_of(services_));
  if (signal) {
    signals.add(*signal);
  } else {
    signals.refuse(signal.error(), request.body);
  }
  auto state = std::make_shared<Signals>(std::move(signals), std::move(responder));
  const auto answer = [state, id](const Status& stored) {
    if (!stored) return state->responder.send(tensorzero_problem(stored.error()));
    if (const Error& error = state->signals.errors().front(); !error.message.empty()) {
      return state->responder.send(tensorzero_problem(error));
    }
    http::Response response;
    json::Writer(response.body).begin_object().field("feedback_id", id).end_object();
    state->responder.send(std::move(response));
  };
  const Value* const dry = body->find("dryrun");
  if (dry != nullptr && dry->is_bool() && dry->as_bool()) return answer({});
  state->signals.submit(answer);
}

}  // namespace gleaner::api

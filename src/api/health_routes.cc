// What machines ask about the server itself: /healthz, /readyz, /metrics, /openapi.json.
#include <fmt/format.h>

#include "api/api.h"
#include "base/json.h"
#include "embedded/openapi.h"
#include "http/problem.h"

namespace gleaner::api {
namespace {

// Asking for readiness writes to the store, and anybody may ask; so not more often than this.
constexpr auto kReadyMaxAge = std::chrono::seconds(1);

class MetricsText {
 public:
  MetricsText& metric(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP gleaner_{0} {2}\n# TYPE gleaner_{0} {1}\n", name, type, help);
    return *this;
  }
  MetricsText& value(std::string_view name, std::string_view labels, uint64_t number) {
    fmt::format_to(std::back_inserter(text_), "gleaner_{}{} {}\n", name, labels, number);
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void write_intake(MetricsText& text, const intake::IntakeMetrics& m) {
  text.metric("records_total", "counter", "Records by what became of them.");
  text.value("records_total", R"({outcome="stored"})", m.stored)
      .value("records_total", R"({outcome="duplicate"})", m.duplicates);
  text.value("records_total", R"({outcome="conflict"})", m.conflicts)
      .value("records_total", R"({outcome="rejected"})", m.rejected);
  text.metric("intake_refused_total", "counter", "Submissions turned away because the queue was full.");
  text.value("intake_refused_total", "", m.refused);
  text.metric("intake_queue_bytes", "gauge", "Bytes of records that wait for their commit.")
      .value("intake_queue_bytes", "", m.queued_bytes);
  text.metric("commits_total", "counter", "Group commits.").value("commits_total", "", m.commits);
  text.metric("commit_failures_total", "counter", "Group commits that failed.")
      .value("commit_failures_total", "", m.failed_commits);
  text.metric("commit_microseconds_total", "counter", "Time spent in group commits.")
      .value("commit_microseconds_total", "", m.commit_microseconds);
  text.metric("store_up", "gauge", "1 while the store answers.").value("store_up", "", m.store_up ? 1 : 0);
  text.metric("spool_bytes", "gauge", "Bytes of records on disk that wait for the store.")
      .value("spool_bytes", "", m.spool.bytes);
  text.metric("spool_records", "gauge", "Records on disk that wait for the store, rejected ones included.")
      .value("spool_records", "", m.spool.records);
  text.metric("spooled_total", "counter", "Records kept on disk because the store was away.")
      .value("spooled_total", "", m.spooled);
  text.metric("spool_drained_total", "counter", "Records that went from the disk to the store.")
      .value("spool_drained_total", "", m.drained);
  text.metric("spool_refused_total", "counter", "Drained records that became rejects because the store refused them.")
      .value("spool_refused_total", "", m.drain_refused);
  text.metric("spool_damaged_total", "counter", "Records, or stretches of them, that could not be read back.")
      .value("spool_damaged_total", "", m.spool.damaged);
  text.metric("redactions_total", "counter", "Personal data and secrets taken out, by kind.");
  for (const privacy::KindInfo& kind : privacy::kinds()) {
    text.value("redactions_total", fmt::format("{{kind=\"{}\"}}", kind.name),
               m.redacted[static_cast<size_t>(kind.kind)]);
  }
}

void write_traces(MetricsText& text, const TraceReceiver::Counts& c) {
  namespace otlp = gateway::otlp;
  text.metric("otlp_spans_total", "counter", "Spans received.").value("otlp_spans_total", "", c.assembler.spans);
  text.metric("otlp_records_total", "counter", "What spans and log records became.");
  text.value("otlp_records_total", R"({kind="interaction"})", c.assembler.interactions)
      .value("otlp_records_total", R"({kind="step"})", c.assembler.steps)
      .value("otlp_records_total", R"({kind="signal"})", c.assembler.signals);
  text.metric("otlp_ignored_spans_total", "counter", "Spans that are in no record, by why.");
  for (size_t i = 0; i < c.assembler.ignored.size(); ++i) {
    text.value("otlp_ignored_spans_total",
               fmt::format("{{reason=\"{}\"}}", otlp::name_of(static_cast<otlp::Ignored>(i))), c.assembler.ignored[i]);
  }
  text.metric("otlp_rejected_total", "counter", "Records of spans that cannot be stored.")
      .value("otlp_rejected_total", "", c.rejected);
  text.metric("otlp_held_spans", "gauge", "Spans that wait for the rest of their trace.")
      .value("otlp_held_spans", "", c.held_spans);
  text.metric("otlp_held_bytes", "gauge", "Bytes of them in memory.").value("otlp_held_bytes", "", c.held_bytes);
}

void write_proxy(MetricsText& text, const Proxy::Counts& c) {
  text.metric("proxy_exchanges_total", "counter", "Calls passed on to upstreams.")
      .value("proxy_exchanges_total", "", c.exchanges);
  text.metric("proxy_records_total", "counter", "What became of their recording.");
  text.value("proxy_records_total", R"({outcome="recorded"})", c.recorded)
      .value("proxy_records_total", R"({outcome="dropped"})", c.dropped)
      .value("proxy_records_total", R"({outcome="rejected"})", c.rejected)
      .value("proxy_records_total", R"({outcome="nothing to record"})", c.unread);
  text.metric("proxy_shadow_calls_total", "counter", "Calls made beside those of clients.")
      .value("proxy_shadow_calls_total", R"({outcome="made"})", c.shadows)
      .value("proxy_shadow_calls_total", R"({outcome="not made"})", c.shadows_not_made);
}

void write_server(MetricsText& text, const http::ServerMetrics& m) {
  text.metric("http_connections", "gauge", "Open connections.").value("http_connections", "", m.connections);
  text.metric("http_requests_total", "counter", "Requests whose header was read.")
      .value("http_requests_total", "", m.requests);
  text.metric("http_responses_total", "counter", "Answers by class of status.");
  for (size_t i = 2; i < std::size(m.responses_by_class); ++i) {
    text.value("http_responses_total", fmt::format("{{class=\"{}xx\"}}", i), m.responses_by_class[i]);
  }
}

}  // namespace

void Api::add_health_routes(http::Router& router) {
  using http::Request;
  using http::Responder;
  using http::Scope;
  router.add({"GET", "/healthz", Scope::kNone, true, false, [](const Request&, Responder responder) {
                responder.send(http::Response{.body = R"({"status":"ok"})"});
              }});
  router.add({"GET", "/readyz", Scope::kNone, true, true,
              [this](const Request&, Responder responder) { ready(std::move(responder)); }});
  router.add({"GET", "/metrics", Scope::kRead, false, false,
              [this](const Request&, Responder responder) { metrics(std::move(responder)); }});
  router.add({"GET", "/openapi.json", Scope::kNone, true, false, [](const Request&, Responder responder) {
                responder.send(http::Response{.body = std::string(embedded::openapi())});
              }});
}

// A store that is away may take seconds to say so. One request waits for that; the others go by what is known.
Status Api::store_status(const intake::IntakeMetrics& metrics) {
  // While the spool drains, the intake asks the store again and again.
  if (metrics.spool.bytes > 0 && !metrics.store_up) return fail(Code::kUnavailable, metrics.store_error);
  {
    const std::lock_guard lock(ready_mutex_);
    const auto now = std::chrono::steady_clock::now();
    const bool old = ready_checked_ == std::chrono::steady_clock::time_point{} || now - ready_checked_ >= kReadyMaxAge;
    if (ready_checking_ || !old) return ready_status_;
    ready_checking_ = true;
  }
  Status status = services_.store.check_writable();
  const std::lock_guard lock(ready_mutex_);
  ready_checking_ = false;
  ready_checked_ = std::chrono::steady_clock::now();
  ready_status_ = std::move(status);
  return ready_status_;
}

void Api::ready(http::Responder responder) {
  if (draining_) return responder.send(Error{Code::kUnavailable, "draining: the server is stopping"});
  const intake::IntakeMetrics metrics = services_.intake.metrics();
  const Status store = store_status(metrics);
  const Status spool = services_.intake.check_spool();
  // While anything is in the spool, what comes goes there too.
  const bool needs_spool = !store || metrics.spool.bytes > 0;
  if (needs_spool && !spool) {
    std::string wrong = store ? "" : "store: " + store.error().message;
    if (metrics.spool.max_bytes > 0) wrong += (wrong.empty() ? "" : "; ") + spool.error().message;
    return responder.send(Error{Code::kUnavailable, std::move(wrong)});
  }
  http::Response response{.body = R"({"status":"ready"})"};
  if (store) return responder.send(std::move(response));
  response.body.clear();
  json::Writer(response.body)
      .begin_object()
      .field("status", "spooling")
      .field("store", store.error().message)
      .field("spool_bytes", static_cast<int64_t>(metrics.spool.bytes))
      .end_object();
  responder.send(std::move(response));
}

void Api::metrics(http::Responder responder) {
  MetricsText text;
  write_intake(text, services_.intake.metrics());
  write_traces(text, receiver_.counts());
  write_proxy(text, proxy_.counts());
  if (server_metrics_) write_server(text, server_metrics_());
  responder.send(http::Response{.content_type = "text/plain; version=0.0.4", .body = text.take()});
}

}  // namespace gleaner::api

// The routes that front ends of earlier collectors call: /api/feedback/*, /api/feed/engage.
#include <algorithm>

#include <fmt/format.h>

#include "api/api.h"
#include "api/signal_shape.h"
#include "base/json.h"
#include "http/problem.h"
#include "insight/stats.h"
#include "record/codec.h"

namespace gleaner::api {
namespace {

using json::Value;

Status read_bool(const Value& body, std::string_view name, bool& target) {
  const Value* const value = body.find(name);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_bool())
    return fail(Code::kInvalidArgument, fmt::format("{}: expected true or false, got {}", name, value->kind_name()));
  target = value->as_bool();
  return {};
}

Status read_count(const Value& body, std::string_view name, std::optional<int64_t>& target) {
  const Value* const value = body.find(name);
  if (value == nullptr || value->is_null()) return {};
  target = value->as_integer();
  if (!target || *target < 0)
    return fail(Code::kInvalidArgument, fmt::format("{}: expected a whole number from 0", name));
  return {};
}

Status read_text(const Value& body, std::string_view name, std::string& target) {
  const Value* const value = body.find(name);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string())
    return fail(Code::kInvalidArgument, fmt::format("{}: expected a string, got {}", name, value->kind_name()));
  target = value->text();
  return {};
}

Status read_time(const Value& body, std::string_view name, std::optional<Time>& target) {
  std::string text;
  TRY(read_text(body, name, text));
  if (text.empty()) return {};
  auto time = parse_time(text);
  if (!time) return fail_in(name, std::move(time).error());
  target = *time;
  return {};
}

Result<dataset::ExportOptions> export_options(const Value& body) {
  if (!body.is_object()) return fail(Code::kInvalidArgument, "expected one JSON object");
  dataset::ExportOptions options;
  record::Filter& filter = options.filter;
  bool positive_only = false;
  bool success_only = true;
  bool with_feedback_only = false;
  std::string format = "openai";
  std::optional<int64_t> limit;
  TRY(read_text(body, "platform", filter.platform));
  TRY(read_text(body, "language", filter.language));
  TRY(read_text(body, "intent", filter.intent));
  TRY(read_text(body, "output_format", format));
  TRY(read_bool(body, "filter_positive_only", positive_only));
  TRY(read_bool(body, "success_only", success_only));
  TRY(read_bool(body, "with_feedback_only", with_feedback_only));
  TRY(read_count(body, "min_response_length", filter.min_response_chars));
  TRY(read_count(body, "max_response_length", filter.max_response_chars));
  TRY(read_time(body, "from", filter.from));
  TRY(read_time(body, "to", filter.to));
  TRY(read_count(body, "limit", limit));
  TRY_ASSIGN(options.format, dataset::find_format(format));
  if (!options.format->is_text()) {
    return fail(Code::kInvalidArgument,
                fmt::format("output_format: {} is no text that can be sent as it is read: build a dataset in it "
                            "(POST /v1/datasets) and fetch its files",
                            format));
  }
  if (filter.platform == "all") filter.platform.clear();
  if (success_only) filter.success = true;
  if (with_feedback_only) filter.feedback = record::Feedback::kAny;
  if (positive_only) filter.feedback = record::Feedback::kPositive;
  options.limit = static_cast<uint64_t>(limit.value_or(0));
  if (const Value* const condition = body.find("filter"); condition != nullptr && !condition->is_null()) {
    if (Status set = filter.set_condition(*condition); !set) return fail_in("filter", std::move(set).error());
  }
  return options;
}

// The query parameters of the GET route as the body of the POST route.
Result<Value> export_query(const http::Request& request) {
  Value body = Value::object({{"platform", Value::string(request.params.front())}});
  for (const char* const name : {"success_only", "with_feedback_only"}) {
    const auto text = request.query_param(name);
    if (!text) continue;
    if (*text != "true" && *text != "false") {
      return fail(Code::kInvalidArgument, fmt::format("{}: expected true or false, got \"{}\"", name, *text));
    }
    body.set(name, Value::boolean(*text == "true"));
  }
  if (auto format = request.query_param("output_format")) body.set("output_format", Value::string(*std::move(format)));
  return body;
}

}  // namespace

void Api::add_feedback_routes(http::Router& router) {
  using http::Request;
  using http::Responder;
  using http::Scope;
  const auto add = [this, &router](const char* method, const char* pattern, Scope scope, bool blocking,
                                   void (Api::*handler)(const Request&, Responder), bool people = false,
                                   bool lengthy = false) {
    router.add({method, pattern, scope, false, blocking,
                [this, handler](const Request& request, Responder responder) {
                  (this->*handler)(request, std::move(responder));
                },
                people, lengthy});
  };
  add("POST", "/api/feedback/submit", Scope::kIngest, false, &Api::submit_feedback, kPeople);
  add("GET", "/api/feedback/stats", Scope::kRead, true, &Api::stats);
  add("GET", "/api/feedback/readiness/{platform}", Scope::kRead, true, &Api::readiness);
  add("GET", "/api/feedback/export/{platform}", Scope::kAdmin, true, &Api::export_platform);
  add("POST", "/api/feedback/export", Scope::kAdmin, true, &Api::export_filtered);
  add("DELETE", "/api/feedback/data/{interaction_id}", Scope::kAdmin, true, &Api::erase_data, kPeople, kLengthy);
  add("POST", "/api/feed/engage", Scope::kIngest, false, &Api::engage, kPeople);
}

void Api::submit_feedback(const http::Request& request, http::Responder responder) {
  write_signal(request, feedback_shape(), std::move(responder));
}

void Api::engage(const http::Request& request, http::Responder responder) {
  write_signal(request, engagement_shape(), std::move(responder));
}

Result<store::Write> Api::prepare_signal(const http::Request& request, const json::Value& body,
                                         const SignalShape& shape) {
  TRY_ASSIGN(const Project known, project(request));
  TRY_ASSIGN(const json::Value fields, shape.to_signal(body));
  const Ownership ownership(*request.principal, *known);
  auto signal = record::Decoder().signal_about(ownership.interaction(), fields.dump());
  if (!signal) return std::unexpected(shape.in_their_names(std::move(signal).error()));
  TRY(ownership.claim(*signal));
  auto write = services_.intake.prepare(*known, *std::move(signal));
  if (!write) return std::unexpected(shape.in_their_names(std::move(write).error()));
  return write;
}

void Api::write_signal(const http::Request& request, const SignalShape& shape, http::Responder responder) {
  if (!collecting(responder)) return;
  const auto body = json::parse(request.body);
  if (!body) return responder.send(body.error());
  auto write = prepare_signal(request, *body, shape);
  if (!write) {
    if (write.error().code != Code::kInvalidArgument) return responder.send(write.error());
    return responder.send(http::problem(422, code_name(write.error().code), write.error().message));
  }
  const std::string id = std::get<record::Signal>(write->record).id;
  intake::Submission submission;
  submission.writes.push_back(*std::move(write));
  submission.bytes = request.body.size();
  // The responder must survive a refused submission, so the callback shares it.
  auto shared = std::make_shared<http::Responder>(std::move(responder));
  const Status submitted =
      services_.intake.submit(std::move(submission), [id, shared, &shape](const intake::Intake::Outcomes& outcomes) {
        if (!outcomes) return shared->send(outcomes.error());
        if (outcomes->front() == store::Outcome::kConflict)
          return shared->send(Error{Code::kConflict, "the id is taken by other feedback"});
        shared->send({.body = shape.answer(id)});
      });
  if (!submitted) shared->send(submitted.error());
}

void Api::stats(const http::Request& request, http::Responder responder) {
  auto totals = services_.store.totals(request.principal->project);
  if (!totals) return responder.send(totals.error());
  const config::Config config = services_.config.for_project(request.principal->project);
  const insight::Prices prices{config.hot_price_per_gb, config.cold_price_per_gb};
  responder.send({.body = insight::to_json(insight::make_stats(*std::move(totals), prices))});
}

void Api::readiness(const http::Request& request, http::Responder responder) {
  const auto totals = services_.store.totals(request.principal->project);
  if (!totals) return responder.send(totals.error());
  const std::string& platform = request.params.front();
  const auto found = totals->by_platform.find(platform);
  const store::Counters counters = found == totals->by_platform.end() ? store::Counters{} : found->second;
  responder.send({.body = insight::to_json(insight::assess(platform, insight::counts_of(counters)))});
}

void Api::send_export(const http::Request& request, http::Responder responder, dataset::ExportOptions options,
                      const std::string& name) {
  options.project = request.principal->project;
  const dataset::Format& format = *options.format;
  auto opened = dataset::Export::open(services_.store, std::move(options));
  if (!opened) return responder.send(opened.error());
  http::Response response{.content_type = std::string(format.content_type)};
  std::string file_name = name;
  std::ranges::replace_if(
      file_name, [](char c) { return c < 0x21 || c > 0x7e || c == '"' || c == '\\' || c == '/' || c == ';'; }, '_');
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"{}_training{}\"", file_name, format.extension));
  response.stream = [run = std::shared_ptr<dataset::Export>(*std::move(opened))](std::string& piece) {
    return run->next(piece);
  };
  responder.send(std::move(response));
}

void Api::export_platform(const http::Request& request, http::Responder responder) {
  const auto query = export_query(request);
  if (!query) return responder.send(query.error());
  auto options = export_options(*query);
  if (!options) return responder.send(options.error());
  send_export(request, std::move(responder), *std::move(options), request.params.front());
}

void Api::export_filtered(const http::Request& request, http::Responder responder) {
  const auto body = request.body.empty() ? Result<Value>(Value::object()) : json::parse(request.body);
  if (!body) return responder.send(body.error());
  auto options = export_options(*body);
  if (!options) return responder.send(http::problem(422, code_name(options.error().code), options.error().message));
  const std::string name = options->filter.platform.empty() ? "all" : options->filter.platform;
  send_export(request, std::move(responder), *std::move(options), name);
}

void Api::erase_data(const http::Request& request, http::Responder responder) {
  const std::string& id = request.params.front();
  const auto signals = erase_interaction(request, id);
  if (!signals) return responder.send(signals.error());
  http::Response response;
  json::Writer(response.body)
      .begin_object()
      .field("success", true)
      .field("interaction_id", id)
      .field("message", "Data deleted")
      .end_object();
  responder.send(std::move(response));
}

}  // namespace gleaner::api

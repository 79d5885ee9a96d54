// Writing and reading interactions and signals: /v1/interactions, /v1/signals.
#include <charconv>
#include <mutex>

#include <fmt/format.h>

#include "api/api.h"
#include "api/record_batch.h"
#include "base/json.h"
#include "http/problem.h"
#include "privacy/pseudonym.h"
#include "record/codec.h"

namespace gleaner::api {
namespace {

constexpr size_t kDefaultPage = 50;
constexpr size_t kMaxPage = 1000;
// What one list request looks at, so that a filter which matches little cannot hold a worker for long.
constexpr uint64_t kMaxPageScan = uint64_t{64} << 20;

template <typename Number>
Status read_number(const http::Request& request, std::string_view name, std::optional<Number>& target) {
  const auto text = request.query_param(name);
  if (!text) return {};
  Number value{};
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size() || value < Number{}) {
    return fail(Code::kInvalidArgument, fmt::format("{}: expected a number from 0, got \"{}\"", name, *text));
  }
  target = value;
  return {};
}

Status read_time(const http::Request& request, std::string_view name, std::optional<Time>& target) {
  const auto text = request.query_param(name);
  if (!text) return {};
  auto time = parse_time(*text);
  if (!time) return fail_in(name, std::move(time).error());
  target = *time;
  return {};
}

Status read_feedback(const http::Request& request, record::Filter& filter) {
  const auto text = request.query_param("feedback");
  if (!text) return {};
  if (*text == "any") {
    filter.feedback = record::Feedback::kAny;
  } else if (*text == "positive") {
    filter.feedback = record::Feedback::kPositive;
  } else if (*text == "negative") {
    filter.feedback = record::Feedback::kNegative;
  } else if (*text == "none") {
    filter.feedback = record::Feedback::kNone;
  } else {
    return fail(Code::kInvalidArgument,
                fmt::format("feedback: expected any, positive, negative or none; got \"{}\"", *text));
  }
  return {};
}

// Who looks for somebody knows their id, or the pseudonym that stands in a record.
std::vector<std::string> names(const store::Project& project, std::string id,
                               std::string (*pseudonym)(const Secret&, std::string_view)) {
  std::vector<std::string> out = pseudonyms(project, id, pseudonym);
  if (!id.empty()) out.push_back(std::move(id));
  return out;
}

// The people whose interactions are listed. A person's own are all there is to look for.
Result<std::vector<std::string>> read_users(const http::Request& request, const store::Project& project) {
  const std::string wanted = request.query_param("user_id").value_or("");
  std::vector<std::string> users = names(project, wanted, &privacy::pseudonym);
  const Ownership ownership(*request.principal, project);
  if (!ownership.limited()) return users;
  if (!wanted.empty() && wanted != request.principal->user && !ownership.owns_user(wanted)) {
    return fail(Code::kPermissionDenied, "user_id: people see only what is theirs");
  }
  return ownership.pseudonyms();
}

Result<record::Filter> read_filter(const http::Request& request, const store::Project& project) {
  record::Filter filter;
  filter.platform = request.query_param("platform").value_or("");
  filter.kind = request.query_param("kind").value_or("");
  filter.model = request.query_param("model").value_or("");
  filter.language = request.query_param("language").value_or("");
  filter.intent = request.query_param("intent").value_or("");
  filter.tag = request.query_param("tag").value_or("");
  TRY_ASSIGN(filter.user_ids, read_users(request, project));
  const std::string session = request.query_param("session_id").value_or("");
  filter.session_ids = names(project, session, &privacy::session_pseudonym);
  if (!session.empty()) filter.session_ids.push_back(privacy::safe_id(project.secret, session));
  if (const auto success = request.query_param("success")) {
    if (*success != "true" && *success != "false") {
      return fail(Code::kInvalidArgument, fmt::format("success: expected true or false, got \"{}\"", *success));
    }
    filter.success = *success == "true";
  }
  TRY(read_time(request, "from", filter.from));
  TRY(read_time(request, "to", filter.to));
  TRY(read_feedback(request, filter));
  TRY(read_number(request, "min_quality_score", filter.min_quality_score));
  TRY(read_number(request, "min_response_length", filter.min_response_chars));
  TRY(read_number(request, "max_response_length", filter.max_response_chars));
  return filter;
}

Result<store::ScanOptions> read_page(const http::Request& request, const store::Project& project, size_t& limit) {
  store::ScanOptions options;
  options.project = project.name;
  TRY_ASSIGN(options.filter, read_filter(request, project));
  std::optional<size_t> wanted;
  TRY(read_number(request, "limit", wanted));
  limit = wanted.value_or(kDefaultPage);
  if (limit < 1 || limit > kMaxPage)
    return fail(Code::kInvalidArgument, fmt::format("limit: expected 1 to {}", kMaxPage));
  const std::string order = request.query_param("order").value_or("desc");
  if (order != "asc" && order != "desc")
    return fail(Code::kInvalidArgument, fmt::format("order: expected asc or desc, got \"{}\"", order));
  options.order = order == "asc" ? store::Order::kOldestFirst : store::Order::kNewestFirst;
  options.cursor = request.query_param("cursor").value_or("");
  options.max_bytes = kMaxPageScan;
  return options;
}

Result<std::string> read_list(store::Store& store, store::ScanOptions options, size_t limit) {
  TRY_ASSIGN(const std::unique_ptr<store::Scan> scan, store.scan(std::move(options)));
  std::string body = R"({"data":[)";
  store::Stored stored;
  for (size_t count = 0; count < limit; ++count) {
    TRY_ASSIGN(const bool more, scan->next(stored));
    if (!more) break;
    if (count > 0) body += ',';
    body += R"({"interaction":)";
    record::encode(stored.interaction, body);
    body += R"(,"verdict":)";
    record::encode(stored.verdict, body);
    body += '}';
  }
  body += R"(],"next_cursor":)";
  const std::string cursor = scan->cursor();
  if (cursor.empty()) {
    body += "null";
  } else {
    json::append_string(body, cursor);
  }
  body += '}';
  return body;
}

std::string to_json(const store::Stored& stored, const Ownership& ownership) {
  std::string body = R"({"interaction":)";
  record::encode(stored.interaction, body);
  body += R"(,"signals":[)";
  bool first = true;
  for (const record::Signal& signal : stored.signals) {
    if (!ownership.owns(signal)) continue;
    if (!first) body += ',';
    first = false;
    record::encode(signal, body);
  }
  body += R"(],"verdict":)";
  record::encode(stored.verdict, body);
  body += '}';
  return body;
}

}  // namespace

void Api::add_record_routes(http::Router& router) {
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
  add("POST", "/v1/interactions", Scope::kIngest, false, &Api::write_records<record::Interaction>);
  add("POST", "/v1/signals", Scope::kIngest, false, &Api::write_records<record::Signal>, kPeople);
  add("GET", "/v1/interactions", Scope::kRead, true, &Api::list, kPeople);
  add("GET", "/v1/interactions/{id}", Scope::kRead, true, &Api::get, kPeople);
  // Archived ones wait for other erasures.
  add("DELETE", "/v1/interactions/{id}", Scope::kAdmin, true, &Api::erase, kPeople, kLengthy);
}

template <typename Record>
void Api::write_records(const http::Request& request, http::Responder responder) {
  if (!collecting(responder)) return;
  auto known = project(request);
  if (!known) return responder.send(known.error());
  auto batch = std::make_unique<RecordBatch<Record>>(services_.intake, *known,
                                                     static_cast<size_t>(services_.config.max_record_bytes),
                                                     Ownership(*request.principal, **known));
  if (Status read = batch->read(request); !read) return responder.send(read.error());
  const bool with_ids = request.query_param("ids") != "false";
  intake::Submission submission = batch->take_submission();
  // The responder must survive a refused submission, so the callback shares it.
  auto shared = std::make_shared<http::Responder>(std::move(responder));
  const Status submitted = services_.intake.submit(
      std::move(submission), [batch = std::move(batch), with_ids, shared](intake::Intake::Outcomes outcomes) {
        if (!outcomes) return shared->send(outcomes.error());
        shared->send(batch->answer(*outcomes, with_ids));
      });
  if (!submitted) shared->send(submitted.error());
}

void Api::list(const http::Request& request, http::Responder responder) {
  const auto known = project(request);
  if (!known) return responder.send(known.error());
  size_t limit = 0;
  auto options = read_page(request, **known, limit);
  if (!options) return responder.send(options.error());
  auto body = read_list(services_.store, *std::move(options), limit);
  if (!body) return responder.send(body.error());
  responder.send({.body = *std::move(body)});
}

// What is another's is not found, in the words in which what is not there is not found.
Result<store::Stored> Api::find_interaction(const http::Request& request, const std::string& id) {
  TRY_ASSIGN(const Project known, project(request));
  auto stored = services_.store.find(known->name, privacy::safe_id(known->secret, id));
  const bool hidden = stored && !Ownership(*request.principal, *known).owns(stored->interaction);
  if (hidden || (!stored && stored.error().code == Code::kNotFound)) {
    return fail(Code::kNotFound, fmt::format("no interaction \"{}\"", id));
  }
  return stored;
}

void Api::get(const http::Request& request, http::Responder responder) {
  const auto known = project(request);
  if (!known) return responder.send(known.error());
  const auto stored = find_interaction(request, request.params.front());
  if (!stored) return responder.send(stored.error());
  responder.send({.body = to_json(*stored, Ownership(*request.principal, **known))});
}

Result<int64_t> Api::erase_interaction(const http::Request& request, const std::string& id) {
  TRY_ASSIGN(const Project known, project(request));
  if (request.principal->is_person()) TRY(find_interaction(request, id));
  TRY(spool_is_empty());
  const std::string stored_id = privacy::safe_id(known->secret, id);
  // An archived one waits until no other erasure is under way: not here, where waiting would hold a worker thread.
  const std::unique_lock turn(erasing_, std::try_to_lock);
  if (!turn && services_.cold) {
    const auto hot = services_.cold->tiers.hot.find(known->name, stored_id);
    if (!hot) return fail(Code::kResourceExhausted, "another erasure is under way; try again");
  }
  TRY_ASSIGN(const store::Erased erased, services_.store.erase(known->name, stored_id));
  if (erased.found || erased.signals > 0) {
    tell(request, fmt::format("erased an interaction with {} signals", erased.signals));
    return erased.signals;
  }
  return fail(Code::kNotFound, fmt::format("no interaction \"{}\"", id));
}

void Api::erase(const http::Request& request, http::Responder responder) {
  const std::string& id = request.params.front();
  const auto signals = erase_interaction(request, id);
  if (!signals) return responder.send(signals.error());
  http::Response response;
  json::Writer(response.body)
      .begin_object()
      .field("deleted", true)
      .field("id", id)
      .field("signals", *signals)
      .end_object();
  responder.send(std::move(response));
}

}  // namespace gleaner::api

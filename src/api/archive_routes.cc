// Moving old records to the archive, and removing a project's data from everywhere: /api/feedback/archive,
// /v1/projects/{name}/data, /v1/erasures. What takes as long as the data is large runs aside (Route::lengthy), one of a
// kind at a time, and is stopped between two blocks when the server stops.
#include <cmath>
#include <mutex>

#include <fmt/format.h>

#include "api/api.h"
#include "archive/archive_job.h"
#include "base/json.h"
#include "base/text.h"
#include "http/problem.h"

namespace gleaner::api {

struct ArchiveWish {
  int64_t days_old = 0;
  bool dry_run = false;
};

namespace {

constexpr int64_t kMaxDays = 36'500;
constexpr size_t kDefaultReceipts = 50;
constexpr size_t kMaxReceipts = 1000;

Result<ArchiveWish> read_wish(const json::Value& body, int64_t retention_days) {
  if (!body.is_object()) return fail(Code::kInvalidArgument, "expected one JSON object");
  ArchiveWish wish{retention_days};
  if (const json::Value* const days = body.find("days_old"); days != nullptr && !days->is_null()) {
    const auto number = days->as_integer();
    if (!number || *number < 1 || *number > kMaxDays)
      return fail(Code::kInvalidArgument, fmt::format("days_old: expected a whole number from 1 to {}", kMaxDays));
    wish.days_old = *number;
  }
  if (const json::Value* const dry = body.find("dry_run"); dry != nullptr && !dry->is_null()) {
    if (!dry->is_bool())
      return fail(Code::kInvalidArgument, fmt::format("dry_run: expected true or false, got {}", dry->kind_name()));
    wish.dry_run = dry->as_bool();
  }
  return wish;
}

void write_part(json::Writer& w, const store::Part& part) {
  const double saved = archive::saved_percentage(part.raw_bytes, part.packed_bytes);
  w.begin_object().field("platform", part.platform).field("date", format_day(part.day));
  w.field("records_count", part.records).field("uncompressed_size", part.raw_bytes);
  w.field("compressed_size", part.packed_bytes).field("compression_ratio", std::round(10 * saved) / 10);
  w.field("s3_key", part.key).field("signals_count", part.signals).field("sha256", part.sha256).end_object();
}

void write_slice(json::Writer& w, const store::HotSlice& slice) {
  w.begin_object().field("platform", slice.platform).field("date", format_day(slice.day));
  w.field("records_count", slice.records).field("uncompressed_size", slice.bytes).end_object();
}

std::string message_of(const ArchiveWish& wish, const archive::ArchiveReport& report, int64_t planned) {
  if (planned == 0) return fmt::format("No records older than {} days", wish.days_old);
  if (wish.dry_run) return fmt::format("Dry run: {} records would be archived", planned);
  std::string message = fmt::format("Successfully archived {} records", report.records);
  if (!report.left.empty()) message += fmt::format("; {} days are left for the next run", report.left.size());
  return message;
}

int64_t records_of(const std::vector<store::HotSlice>& plan) {
  int64_t records = 0;
  for (const store::HotSlice& slice : plan) records += slice.records;
  return records;
}

std::string answer_of(const ArchiveWish& wish, const std::vector<store::HotSlice>& plan,
                      const archive::ArchiveReport& report) {
  const int64_t planned = records_of(plan);
  std::string body;
  json::Writer w(body);
  w.begin_object().field("success", true).field("archived_count", report.records).key("archives").begin_array();
  for (const store::Part& part : report.parts) write_part(w, part);
  w.end_array().field("message", message_of(wish, report, planned));
  w.field("days_old", wish.days_old).field("dry_run", wish.dry_run).field("planned_count", planned);
  if (wish.dry_run) {
    w.key("planned").begin_array();
    for (const store::HotSlice& slice : plan) write_slice(w, slice);
    w.end_array();
  }
  w.key("left").begin_array();
  for (const std::string& day : report.left) w.string(day);
  w.end_array().end_object();
  return body;
}

Error stopped(const archive::ArchiveReport& report, const std::vector<store::HotSlice>& plan) {
  return {
      Code::kUnavailable,
      fmt::format("the server is stopping: {} of {} records are archived, the others are where they were; ask again "
                  "when it is back",
                  report.records, records_of(plan))};
}

Result<size_t> read_limit(const http::Request& request) {
  const auto text = request.query_param("limit");
  if (!text) return kDefaultReceipts;
  const auto value = json::Value::number(*text).as_integer();
  if (!value || *value < 1 || static_cast<size_t>(*value) > kMaxReceipts) {
    return fail(Code::kInvalidArgument,
                fmt::format("limit: expected a whole number from 1 to {}, got \"{}\"", kMaxReceipts, excerpt(*text)));
  }
  return static_cast<size_t>(*value);
}

}  // namespace

void Api::add_archive_routes(http::Router& router) {
  using http::Request;
  using http::Responder;
  const auto add = [this, &router](const char* method, const char* pattern,
                                   void (Api::*handler)(const Request&, Responder), bool lengthy = false) {
    router.add({method, pattern, http::Scope::kAdmin, false, true,
                [this, handler](const Request& request, Responder responder) {
                  (this->*handler)(request, std::move(responder));
                },
                false, lengthy});
  };
  add("POST", "/api/feedback/archive", &Api::archive_old, kLengthy);
  add("DELETE", "/v1/projects/{name}/data", &Api::erase_project, kLengthy);
  add("GET", "/v1/erasures", &Api::list_erasures);
}

Result<const ColdStorage*> Api::cold() const {
  if (!services_.cold) return fail(Code::kUnavailable, "this server has no archive");
  return &*services_.cold;
}

void Api::archive_old(const http::Request& request, http::Responder responder) {
  const auto body = request.body.empty() ? Result<json::Value>(json::Value::object()) : json::parse(request.body);
  if (!body) return responder.send(body.error());
  const std::string& name = request.principal->project;
  const auto wish = read_wish(*body, services_.config.for_project(name).retention_days);
  if (!wish) return responder.send(http::problem(422, code_name(wish.error().code), wish.error().message));
  auto answer = archive_older(request, *wish);
  if (!answer) return responder.send(answer.error());
  responder.send({.body = *std::move(answer)});
}

Result<std::string> Api::archive_older(const http::Request& request, const ArchiveWish& wish) {
  TRY_ASSIGN(const ColdStorage* const cold_storage, cold());
  const std::unique_lock turn(archiving_, std::try_to_lock);
  if (!turn) return fail(Code::kConflict, "this server is archiving already; it does one run at a time");
  archive::ArchiveJobOptions options;
  options.upload = cold_storage->upload;
  options.on_step = [step = options.upload.on_step](const std::string&, Day, std::string_view reached) {
    if (step) step(reached);
  };
  options.stop = [this] { return draining_.load(); };
  archive::ArchiveJob job(cold_storage->tiers, services_.clock, std::move(options));
  TRY_ASSIGN(const auto plan, job.plan(wish.days_old, request.principal->project));
  archive::ArchiveReport report;
  if (!wish.dry_run) {
    const Status done = job.run(plan, report);
    tell(request, fmt::format("archived {} records older than {} days in {} objects{}", report.records, wish.days_old,
                              report.parts.size(), done ? "" : "; then: " + done.error().message));
    TRY(done);
    if (report.stopped) return std::unexpected(stopped(report, plan));
  }
  return answer_of(wish, plan, report);
}

Result<archive::Receipt> Api::erase_everything(const http::Request& request, archive::ErasureRequest what) {
  TRY_ASSIGN(const ColdStorage* const tiers, cold());
  TRY(spool_is_empty());
  const std::unique_lock turn(erasing_, std::try_to_lock);
  if (!turn) return fail(Code::kResourceExhausted, "another erasure is under way; try again");
  const std::string kind(archive::kind_name(what.kind));
  auto receipt = tiers->store.eraser().erase(what);
  tell(request, receipt ? fmt::format("erased a {}: {} interactions, {} signals; receipt {}", kind,
                                      receipt->interactions(), receipt->signals(), receipt->id)
                        : fmt::format("erasing a {} failed: {}", kind, receipt.error().message));
  return receipt;
}

void Api::erase_project(const http::Request& request, http::Responder responder) {
  const std::string& name = request.params.front();
  if (name != request.principal->project) {
    return responder.send(
        Error{Code::kPermissionDenied, "a project's data is deleted with an admin key of that project"});
  }
  if (request.query_param("confirm") != name) {
    return responder.send(Error{Code::kInvalidArgument,
                                "confirm: expected the project's name again, for all of its data is to be deleted"});
  }
  const auto receipt = erase_everything(request, {archive::ErasureRequest::Kind::kProject, name, {}});
  if (!receipt) return responder.send(receipt.error());
  http::Response response;
  archive::write_json(*receipt, response.body);
  responder.send(std::move(response));
}

void Api::list_erasures(const http::Request& request, http::Responder responder) {
  const auto limit = read_limit(request);
  if (!limit) return responder.send(limit.error());
  const auto tiers = cold();
  if (!tiers) return responder.send(tiers.error());
  const auto receipts = (*tiers)->store.eraser().receipts();
  if (!receipts) return responder.send(receipts.error());
  const std::string after = request.query_param("after").value_or("");
  http::Response response;
  response.body = R"({"data":[)";
  size_t count = 0;
  for (const archive::Receipt& receipt : *receipts) {
    if (receipt.request.project != request.principal->project || receipt.id <= after) continue;
    if (count == *limit) break;
    if (count++ > 0) response.body += ',';
    archive::write_json(receipt, response.body);
  }
  response.body += "]}";
  responder.send(std::move(response));
}

}  // namespace gleaner::api

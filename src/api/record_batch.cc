#include "api/record_batch.h"

#include <type_traits>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "http/problem.h"
#include "record/codec.h"

namespace gleaner::api {
namespace {

static_assert(http::kBodyPadding >= record::Decoder::kReadableBehind);

// What a record holds in memory besides its text.
constexpr size_t kRecordOverhead = 1024;

Result<record::Interaction> decode(record::Decoder& decoder, std::string_view text, const Ownership&,
                                   record::Interaction*) {
  return decoder.interaction_padded(text);
}

Result<record::Signal> decode(record::Decoder& decoder, std::string_view text, const Ownership& ownership,
                              record::Signal*) {
  const std::string& interaction = ownership.interaction();
  return interaction.empty() ? decoder.signal_padded(text) : decoder.signal_about(interaction, text);
}

bool is_lines(const http::Request& request) {
  const std::string type = ascii_lower(request.header("content-type"));
  return type.find("ndjson") != std::string::npos || type.find("jsonl") != std::string::npos;
}

// The status of one record, and how it is called.
struct Told {
  int status;
  std::string_view name;
};

Told told(store::Outcome outcome) {
  switch (outcome) {
    case store::Outcome::kStored:
      return {201, "stored"};
    case store::Outcome::kSpooled:
      return {202, "spooled"};
    case store::Outcome::kDuplicate:
    case store::Outcome::kConflict:
      break;
  }
  return {200, "duplicate"};
}

constexpr std::string_view kConflictMessage = "id: taken by a record with other content";

}  // namespace

template <typename Record>
Status RecordBatch<Record>::read(const http::Request& request) {
  std::string_view body = request.body;
  if (is_lines(request)) {
    while (!body.empty()) {
      const size_t end = body.find('\n');
      const std::string_view line = trim(body.substr(0, end));
      if (!line.empty()) TRY(add(line));
      body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    }
    return {};
  }
  body = trim(body);
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
  if (!body.starts_with('[')) {
    form_ = Form::kOne;
    return add(body);
  }
  TRY_ASSIGN(const std::vector<std::string_view> elements, json::split_array(body));
  for (const std::string_view element : elements) TRY(add(element));
  return {};
}

template <typename Record>
void RecordBatch<Record>::reject(std::string id, Error error, std::string_view text) {
  submission_.rejects.push_back(intake_.reject(*project_, error, text));
  submission_.bytes += std::min(text.size(), store::kMaxRejectBytes);
  entries_.push_back({std::move(id), std::move(error)});
}

template <typename Record>
Status RecordBatch<Record>::add(std::string_view text) {
  thread_local record::Decoder decoder;
  if (text.size() > max_record_bytes_) {
    reject("",
           {Code::kTooLarge,
            fmt::format("the record has {} bytes, the limit is {} (max_record_bytes)", text.size(), max_record_bytes_)},
           text);
    return {};
  }
  auto record = decode(decoder, text, ownership_, static_cast<Record*>(nullptr));
  if (!record) {
    reject("", std::move(record).error(), text);
    return {};
  }
  if constexpr (std::is_same_v<Record, record::Signal>) TRY(ownership_.claim(*record));
  std::string id = record->id;
  auto write = intake_.prepare(*project_, *std::move(record));
  if (!write) {
    reject(std::move(id), std::move(write).error(), text);
    return {};
  }
  entries_.push_back({std::get<Record>(write->record).id, {}});
  submission_.writes.push_back(*std::move(write));
  submission_.bytes += text.size() + kRecordOverhead;
  return {};
}

template <typename Record>
intake::Submission RecordBatch<Record>::take_submission() {
  return std::move(submission_);
}

template <typename Record>
http::Response RecordBatch<Record>::answer_one(store::Outcome outcome) const {
  const Entry& entry = entries_.front();
  if (entry.rejected()) {
    const bool unreadable = entry.error.message.starts_with("not valid JSON");
    return http::problem(entry.error.code == Code::kTooLarge ? 413
                         : unreadable                        ? 400
                                                             : 422,
                         code_name(entry.error.code), entry.error.message);
  }
  if (outcome == store::Outcome::kConflict) return http::problem({Code::kConflict, std::string(kConflictMessage)});
  const auto [status, name] = told(outcome);
  http::Response response{.status = status};
  json::Writer(response.body).begin_object().field("id", entry.id).field("status", name).end_object();
  return response;
}

template <typename Record>
http::Response RecordBatch<Record>::answer(const std::vector<store::Outcome>& outcomes, bool with_ids) const {
  if (form_ == Form::kOne) return answer_one(outcomes.empty() ? store::Outcome::kStored : outcomes.front());
  int64_t stored = 0;
  int64_t duplicates = 0;
  int64_t spooled = 0;
  int64_t rejected = 0;
  std::string errors;
  std::string ids;
  json::Writer error_list(errors);
  json::Writer id_list(ids);
  error_list.begin_array();
  id_list.begin_array();
  size_t next_outcome = 0;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    Error error = entry.error;
    if (!entry.rejected()) {
      const store::Outcome outcome = outcomes[next_outcome++];
      stored += outcome == store::Outcome::kStored ? 1 : 0;
      duplicates += outcome == store::Outcome::kDuplicate ? 1 : 0;
      spooled += outcome == store::Outcome::kSpooled ? 1 : 0;
      if (outcome == store::Outcome::kConflict) error = {Code::kConflict, std::string(kConflictMessage)};
    }
    const bool failed = !error.message.empty();
    if (with_ids) failed ? id_list.null() : id_list.string(entry.id);
    if (!failed) continue;
    ++rejected;
    error_list.begin_object().field("index", i).key("id");
    entry.id.empty() ? error_list.null() : error_list.string(entry.id);
    error_list.field("code", code_name(error.code)).field("message", error.message).end_object();
  }
  error_list.end_array();
  id_list.end_array();
  http::Response response{.status = rejected > 0 && stored + duplicates + spooled == 0 ? 422 : 200};
  json::Writer w(response.body);
  w.begin_object().field("stored", stored).field("duplicates", duplicates).field("rejected", rejected);
  if (spooled > 0) w.field("spooled", spooled);
  if (with_ids) w.key("ids").raw(ids);
  w.key("errors").raw(errors).end_object();
  return response;
}

template class RecordBatch<record::Interaction>;
template class RecordBatch<record::Signal>;

}  // namespace gleaner::api

#include "api/peer_signals.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "record/codec.h"

namespace gleaner::api {
namespace {

// What a record holds in memory besides its text.
constexpr size_t kRecordOverhead = 1024;

}  // namespace

void PeerSignals::add(const json::Value& fields) {
  const std::string text = fields.dump();
  if (text.size() > max_record_bytes_) {
    return refuse({Code::kTooLarge, fmt::format("the record has {} bytes, the limit is {} (max_record_bytes)",
                                                text.size(), max_record_bytes_)},
                  text);
  }
  auto signal = record::Decoder().signal(text);
  auto write = signal ? intake_.prepare(*project_, *std::move(signal)) : std::unexpected(std::move(signal).error());
  if (!write) return refuse(write.error(), text);
  errors_.emplace_back();
  submission_.bytes += text.size() + kRecordOverhead;
  submission_.writes.push_back(*std::move(write));
}

void PeerSignals::refuse(const Error& error, std::string_view text) {
  keep_reject(error, text);
  errors_.push_back(error);
}

void PeerSignals::keep_reject(const Error& error, std::string_view text) {
  submission_.bytes += std::min(text.size(), store::kMaxRejectBytes);
  submission_.rejects.push_back(intake_.reject(*project_, error, text));
}

std::string PeerSignals::first_id() const {
  if (submission_.writes.empty()) return {};
  return std::get<record::Signal>(submission_.writes.front().record).id;
}

void PeerSignals::submit(std::move_only_function<void(const Status&)> done) {
  if (submission_.writes.empty() && submission_.rejects.empty()) return done({});
  // A submission that is refused never calls back, so both share it.
  auto shared = std::make_shared<std::move_only_function<void(const Status&)>>(std::move(done));
  const Status submitted = intake_.submit(std::move(submission_), [shared](const intake::Intake::Outcomes& outcomes) {
    (*shared)(outcomes ? Status() : std::unexpected(outcomes.error()));
  });
  if (!submitted) (*shared)(submitted);
}

}  // namespace gleaner::api

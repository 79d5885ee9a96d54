// Signals that came in another system's words, on their way to the intake: each is decoded and prepared by itself, what
// is wrong with it is remembered and kept among the rejects, and the others are stored in one commit. Belongs to one
// thread until submit() is called.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "intake/intake.h"
#include "store/registry.h"

namespace gleaner::api {

class PeerSignals {
 public:
  // `intake` must outlive it.
  PeerSignals(intake::Intake& intake, std::shared_ptr<const store::Project> project, size_t max_record_bytes)
      : intake_(intake), project_(std::move(project)), max_record_bytes_(max_record_bytes) {}

  // A signal in our own JSON. One with more than `max_record_bytes` is refused.
  void add(const json::Value& fields);
  // One that could not become a signal: counts as added, and is kept as `text`.
  void refuse(const Error& error, std::string_view text);
  // Keeps something that is none.
  void keep_reject(const Error& error, std::string_view text);

  // Of each that was added; with a message where it was refused.
  const std::vector<Error>& errors() const { return errors_; }
  // The id under which the first is stored; empty if none is.
  std::string first_id() const;

  // `done` is called once: at once if there is nothing to store or the queue is full, else when all is durable. Whoever
  // sent a signal before need not know: a duplicate is stored.
  void submit(std::move_only_function<void(const Status&)> done);

 private:
  intake::Intake& intake_;
  std::shared_ptr<const store::Project> project_;
  size_t max_record_bytes_;
  std::vector<Error> errors_;
  intake::Submission submission_;
};

}  // namespace gleaner::api

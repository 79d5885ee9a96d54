// A request body on its way to the intake: decoded record by record, with what was wrong remembered where it stood, and
// the answer made once the commit is through. Belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/ownership.h"
#include "http/message.h"
#include "intake/intake.h"

namespace gleaner::api {

template <typename Record>
class RecordBatch {
 public:
  RecordBatch(const intake::Intake& intake, std::shared_ptr<const store::Project> project, size_t max_record_bytes,
              Ownership ownership = {})
      : intake_(intake),
        project_(std::move(project)),
        max_record_bytes_(max_record_bytes),
        ownership_(std::move(ownership)) {}

  // Splits and decodes the body of `request`. Errors: kInvalidArgument when it is no JSON at all, kPermissionDenied
  // when a person says something in another's name: then nothing of it is taken.
  Status read(const http::Request& request);

  // What goes to the intake; call once.
  intake::Submission take_submission();

  // After the commit.
  http::Response answer(const std::vector<store::Outcome>& outcomes, bool with_ids) const;

 private:
  enum class Form { kOne, kMany };
  struct Entry {
    std::string id;  // empty when it was rejected before it had one
    Error error;     // with a message when it was rejected
    bool rejected() const { return !error.message.empty(); }
  };

  Status add(std::string_view text);
  void reject(std::string id, Error error, std::string_view text);
  http::Response answer_one(store::Outcome outcome) const;

  const intake::Intake& intake_;
  std::shared_ptr<const store::Project> project_;
  size_t max_record_bytes_;
  Ownership ownership_;
  Form form_ = Form::kMany;
  std::vector<Entry> entries_;
  intake::Submission submission_;
};

}  // namespace gleaner::api

// Proves an archive whole: every part that the store knows has its object and its manifest, the object reads back in
// full as it was written, the manifest says what the store says, the index finds what is there, and no object lies
// there that nobody knows. Changes nothing, unless it is told to repair.
//
// What can be made again is made from the object, if that is bit by bit what the store says of it: the index in the
// store, and the manifest. An object that is lost or damaged cannot.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "archive/manifest.h"
#include "archive/tiers.h"

namespace gleaner::archive {

struct VerifyProgress {
  int64_t parts = 0;  // looked at so far, of so many
  int64_t total_parts = 0;
  int64_t bytes = 0;  // of objects
  int64_t total_bytes = 0;
};

struct VerifierOptions {
  int threads = 2;
  bool quick = false;  // sizes, indexes and manifests only; objects are not read, but to repair
  bool repair = false;
  std::function<void(const VerifyProgress&)> on_progress;
};

struct Flaw {
  enum class Kind {
    kMissing,  // an object or manifest that ought to be there
    kDamaged,  // it does not read back as it was written
    kOther,    // manifest and store disagree
    kIndex,    // what the store needs to find records in the object
    kUnknown,  // an object that the store does not know; no record is lost
  };
  Kind kind = Kind::kDamaged;
  std::string key;
  std::string what;
  bool repaired = false;
};

std::string_view kind_name(Flaw::Kind kind);

struct VerifyReport {
  int64_t parts = 0;
  int64_t records = 0;
  int64_t bytes = 0;
  std::vector<Flaw> flaws;  // at most kMaxFlaws
  static constexpr size_t kMaxFlaws = 10'000;

  // Whether every record that was archived is there, and found.
  bool whole() const;
};

class Verifier {
 public:
  Verifier(const Tiers& tiers, VerifierOptions options) : tiers_(tiers), options_(std::move(options)) {}

  // Errors: those of the stores, if they do not answer.
  Result<VerifyReport> run(std::string_view project);

 private:
  Status check(const store::Part& part, VerifyReport& report);
  // These give what is wrong, or nothing.
  Result<std::optional<Flaw>> check_manifest(const store::Part& part, Manifest& manifest);
  Result<std::optional<Flaw>> check_index(const store::Part& part);
  Result<std::optional<Flaw>> check_size(const store::Part& part);
  Result<std::optional<Flaw>> check_object(const store::Part& part, const Manifest& manifest);
  Result<std::optional<Flaw>> read_alone(const store::Part& part, PartSummary& summary);
  Status make_again(const store::Part& part, const PartSummary& summary, std::vector<Flaw>& beside);
  Status find_unknown(std::string_view project, const std::set<std::string>& known, VerifyReport& report);
  static void note(VerifyReport& report, Flaw flaw);

  const Tiers tiers_;
  const VerifierOptions options_;
};

}  // namespace gleaner::archive

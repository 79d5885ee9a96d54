// The written record of an erasure: a file of JSON lines, one for the request, one for each thing removed, and one when
// it is done. It is what a receipt is read from, and what an erasure that was interrupted goes on from. It holds
// pseudonyms and keys of objects, no content.
//
// Thread contract: one thread for each journal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace gleaner::archive {

struct ErasureRequest {
  enum class Kind { kInteraction, kUser, kProject };
  Kind kind = Kind::kInteraction;
  std::string project;
  // The interaction's id, or the person's pseudonyms; none for a project.
  std::vector<std::string> subjects;
};

std::string_view kind_name(ErasureRequest::Kind kind);

// Something that was removed.
struct Removal {
  std::string where;   // "store", "waiting", "rejects", "archive", "dataset", "store files"
  std::string object;  // the key of an archived object, NAME@NUMBER of a dataset
  int64_t interactions = 0;
  int64_t signals = 0;
  int64_t rejects = 0;
  // Of an archived object: what it was, and what stands there now; empty if nothing does.
  std::string sha256_before;
  std::string sha256_after;
  std::string replaced_by;
  int64_t versions = 0;  // of the object that were removed
  std::string note;
};

struct Receipt {
  std::string id;
  ErasureRequest request;
  Time started;
  std::optional<Time> finished;  // nullopt: to be gone on with
  std::vector<Removal> removals;

  int64_t interactions() const;
  int64_t signals() const;
};

void write_json(const Receipt& receipt, std::string& out);

// An object is about to take another's place: whichever the catalog does not name afterwards has to go.
struct Exchange {
  std::string old_key;
  std::string new_key;  // empty if nothing takes its place
};

class ErasureJournal {
 public:
  // A new one in `folder`, which is made if it is not there. Whoever has a journal holds the lock of its file.
  static Result<ErasureJournal> begin(const std::string& folder, const ErasureRequest& request, Time now);
  // Those that are not done and that no other process works on, with what they have removed so far.
  static Result<std::vector<ErasureJournal>> unfinished(const std::string& folder);
  // All of them, the oldest first.
  static Result<std::vector<Receipt>> receipts(const std::string& folder);

  const Receipt& receipt() const { return receipt_; }
  // Exchanges that were begun and may not have been ended.
  const std::vector<Exchange>& exchanges() const { return exchanges_; }

  // Durable when they return.
  Status note(const Removal& removal);
  Status note(const Exchange& exchange);
  Status finish(Time now);

 private:
  class Lock;

  static Result<ErasureJournal> read(const std::string& path);
  // False if another process has it.
  Result<bool> lock();
  Status append(const std::string& line);

  std::string path_;
  std::shared_ptr<Lock> lock_;  // shared, because journals are values
  Receipt receipt_;
  std::vector<Exchange> exchanges_;
};

}  // namespace gleaner::archive

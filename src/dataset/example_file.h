// Examples on their way from the store into a dataset, on disk: what is decided about all of them (duplicates, splits)
// needs a second look at each, and they need not fit into memory. A file without a name: nothing of it is left behind,
// whatever happens.
//
// Thread contract: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "dataset/example.h"

namespace gleaner::dataset {

class ExampleFile {
 public:
  struct Place {
    uint64_t offset = 0;
    uint32_t bytes = 0;
  };

  // In an existing folder. Errors: kUnavailable.
  static Result<std::unique_ptr<ExampleFile>> create(const std::string& folder);
  ~ExampleFile();
  ExampleFile(const ExampleFile&) = delete;
  ExampleFile& operator=(const ExampleFile&) = delete;

  // Errors: kUnavailable (a full disk), kTooLarge for an example of 4 GB.
  Result<Place> append(const Example& example);
  // Replaces `example`. Errors: kUnavailable, kDataLoss.
  Status read(const Place& place, Example& example);

 private:
  explicit ExampleFile(int fd) : fd_(fd) {}
  Status flush();

  const int fd_;
  std::string pending_;  // not yet written; it lies at written_
  uint64_t written_ = 0;
  std::string buffer_;  // of read()
};

}  // namespace gleaner::dataset

// The bytes of every request, laid out before the run so that sending one costs no copying: a request is a list of
// slices of one text that all connections share, and of the few bytes that are its own (its length, its ids).
//
// Thread contract: RequestPool::build changes its source of ids, so one thread; a Request belongs to its connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/uio.h>

#include "options.h"

namespace gleaner::bench {

inline constexpr size_t kUuidSize = 36;

// Version 4 UUIDs from a fast generator, seeded by the operating system. Unique in practice, not secret.
class UuidSource {
 public:
  UuidSource();
  // Writes kUuidSize characters.
  void write(char* out);

 private:
  uint64_t next();
  std::array<uint64_t, 2> state_{};
};

// One request on its way. Its buffers are allocated once; `parts` points into them, so it does not move.
struct Request {
  std::vector<char> head;  // request line and header fields of a batch
  std::vector<char> ids;
  std::vector<iovec> parts;  // what is left to send, in order, from next_part on
  size_t next_part = 0;
  size_t first = 0;         // index of the first record in the pool
  size_t count = 0;         // records
  uint64_t body_bytes = 0;  // JSON of the records without line ends
};

class RequestPool {
 public:
  RequestPool(const Options& options, const std::vector<std::string>& records);

  // Allocates what a request of this pool can need.
  void prepare(Request& request) const;
  // Lays out the next `count` records of the pool, with new ids. `count` is at most the batch size.
  void build(Request& request, size_t count);
  // Lays out the same request, with the same ids, from its beginning.
  void rewind(Request& request) const;

 private:
  void add_text(Request& request, size_t begin, size_t end) const;
  void add_head(Request& request, size_t content_length) const;
  void add_body(Request& request) const;

  const size_t batch_;
  const bool single_;
  const bool with_ids_;
  const std::string_view id_opening_;  // what stands in front of an id
  UuidSource uuids_;
  std::string head_;  // up to the digits of Content-Length
  // All records one behind the other, each with its line end and, in single mode, with its head in front. The text of
  // an id is left out: cuts_[i] is where that of record i goes, begins_[i] where the record's own bytes begin.
  std::string text_;
  std::vector<size_t> begins_;
  std::vector<size_t> cuts_;
  std::vector<size_t> sizes_;  // bytes of a record's JSON, id included
  size_t cursor_ = 0;
};

}  // namespace gleaner::bench

// What a file cannot say of itself: ETag, content type and metadata of an object, kept in a small JSON file of its own.
//
// Two files cannot be replaced in one step, so a sidecar tells of which state of the object's file it speaks: its size
// and its time to the nanosecond. A new object is announced first, in a sidecar that has an entry for the file that is
// there and one for the file that will be; then the file is put in place. Whatever happens in between, the file that is
// there finds its entry, or none at all: then somebody else put it there, and it has no metadata. Never another's.
//
//     {"version":1,"entries":[{"size":5,"modified_ns":1795250000000000000,"etag":"...","content_type":"text/plain",
//      "metadata":{"rows":"7"}}]}
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "object/directory/file.h"
#include "object/object_store.h"

namespace gleaner::object {

struct SidecarEntry {
  Stamp stamp;
  std::string etag;
  std::string content_type;
  Metadata metadata;
};

std::string encode_sidecar(const std::vector<SidecarEntry>& entries);

// None from a text that is not a sidecar: it is what a file of somebody else would be, no reason to keep an object
// back.
std::vector<SidecarEntry> decode_sidecar(std::string_view text);

// Whether there is one at all decides nothing: no file is no entries. Errors: kUnavailable.
Result<std::vector<SidecarEntry>> read_sidecar(const std::string& path);

// The ETag of a file: the first 32 digits of SHA-256 over the SHA-256 of each MiB of it (of every 1,024 of those,
// theirs takes the place). The same bytes have the same ETag, whoever put them there. One thread only.
class EtagDigest {
 public:
  void update(std::string_view bytes);
  std::string finish();

 private:
  void close_block();

  std::string block_;
  std::string digests_;
};

}  // namespace gleaner::object

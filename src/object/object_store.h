// The port behind which archived objects lie: bytes under keys, written whole or not at all. What every implementation
// promises is tested by testing/object_contract.cc.
//
// Thread contract: an ObjectStore is safe from any thread; an ObjectWriter or ObjectReader belongs to one thread at a
// time and must not outlive its store. Every call waits for a disk or another server: never on the threads of network
// I/O. Of an object only a bounded part is in memory, whatever its size.
//
// Errors that every call may give: kInvalidArgument for a key that breaks the rules of check_key, kUnavailable and
// kDeadlineExceeded for a store that does not answer (already tried again where that can help), kPermissionDenied and
// kUnauthenticated for one that refuses, saying what would be right.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace gleaner::object {

using Metadata = std::map<std::string, std::string>;

struct ObjectInfo {
  std::string key;
  uint64_t size = 0;
  // Changes whenever the object is written with other content; otherwise opaque. In a list it may be empty.
  std::string etag;
  Time modified;
  // Not in a list.
  std::string content_type;
  Metadata metadata;
};

// What must hold when an object appears, looked at in the same instant in which it does.
struct Condition {
  enum class Kind { kNone, kIfAbsent, kIfMatch };
  Kind kind = Kind::kNone;
  std::string etag;  // of kIfMatch

  static Condition none() { return {}; }
  static Condition if_absent() { return {.kind = Kind::kIfAbsent, .etag = {}}; }
  static Condition if_match(std::string etag) { return {.kind = Kind::kIfMatch, .etag = std::move(etag)}; }
};

struct PutOptions {
  std::string content_type = "application/octet-stream";
  // Names of a-z, 0-9 and "-", values of printable ASCII that neither begin nor end with a space; 2,000 bytes in all.
  Metadata metadata;
  Condition condition;
  // About how many bytes will come, or 0. A store may need it to choose how it writes more than 80 GB.
  uint64_t expected_size = 0;
};

// Bytes of an object. All of them must be there, but for a length of kToEnd, which is what there is from the offset on.
struct Range {
  static constexpr uint64_t kToEnd = std::numeric_limits<uint64_t>::max();
  uint64_t offset = 0;
  uint64_t length = kToEnd;
};

// An object being written. Nobody sees it before commit() returns; destroyed without that, it leaves nothing behind.
// After an error it can only be destroyed.
class ObjectWriter {
 public:
  ObjectWriter() = default;
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;
  virtual ~ObjectWriter() = default;

  virtual Status write(std::string_view bytes) = 0;
  // The object is durable and can be read when this returns. Once only. Errors: kConflict when the condition does not
  // hold; kDataLoss when the store holds other bytes than were sent.
  virtual Result<ObjectInfo> commit() = 0;
};

// The bytes of one object as it was when it was opened.
class ObjectReader {
 public:
  ObjectReader() = default;
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;
  virtual ~ObjectReader() = default;

  // Of the whole object.
  virtual const ObjectInfo& info() const = 0;
  // How many bytes the range has.
  virtual uint64_t length() const = 0;
  // Between 1 and `size` of the next bytes, or 0 when all of the range was read. Errors: kUnavailable when the object
  // was replaced or removed meanwhile; kDataLoss when it ends before it should.
  virtual Result<size_t> read(char* out, size_t size) = 0;
};

struct ObjectPage {
  std::vector<ObjectInfo> objects;  // in the order of their keys' bytes
  std::string next;                 // list() goes on after this; empty when this was the last page
};

struct ProbeStep {
  std::string name;
  bool ok = false;
  std::string message;  // what was found; if it is not ok, what is wrong and what would be right
};

class ObjectStore {
 public:
  static constexpr size_t kMaxPage = 1000;
  static constexpr size_t kMaxReadBytes = size_t{64} << 20;

  ObjectStore() = default;
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;
  virtual ~ObjectStore() = default;

  // Replaces what is there, if the condition allows. Of two writers of one key that commit at the same time one is
  // last, or with kIfAbsent alone. A store may refuse (kInvalidArgument) a key that would be a folder of another or lie
  // below one, so do not give out such.
  virtual Result<std::unique_ptr<ObjectWriter>> create(std::string_view key, PutOptions options) = 0;
  // create, write, commit.
  Result<ObjectInfo> put(std::string_view key, std::string_view bytes, PutOptions options = {});

  // Errors: kNotFound; kInvalidArgument for a range that the object does not have.
  virtual Result<std::unique_ptr<ObjectReader>> open(std::string_view key, Range range) = 0;
  // Replaces `out` by the bytes of the range. Errors: those of open() and ObjectReader::read(), and kTooLarge if they
  // are more than `limit`.
  Status read(std::string_view key, Range range, std::string& out, size_t limit = kMaxReadBytes);

  // Errors: kNotFound.
  virtual Result<ObjectInfo> head(std::string_view key) = 0;

  // Objects whose keys begin with `prefix` and come after `after` (either may be empty), at most `limit` and kMaxPage.
  // Whatever others put there under keys that break our rules is passed over.
  virtual Result<ObjectPage> list(std::string_view prefix, std::string_view after, size_t limit = kMaxPage) = 0;

  // Not an error if there is none. Where the store keeps versions, they stay: see erase().
  virtual Status remove(std::string_view key) = 0;
  // The object for good: every version, delete marker and unfinished upload of the key, where the store keeps such.
  // How many of them there were; 0 if none. After an error some may be left: ask again. Keep writers of the key away
  // meanwhile: one that commits later may fail, or not.
  virtual Result<uint64_t> erase(std::string_view key) = 0;

  // Tries everything once, with an object of its own under "gleaner-probe/", and stops at the first failure that makes
  // the rest meaningless. For people.
  virtual std::vector<ProbeStep> probe() = 0;
  // What to call it: "directory /srv/archive", "s3 https://host/bucket". Never a secret.
  virtual std::string describe() const = 0;
};

// A key is UTF-8 text of 1 to 1,024 bytes: segments of 1 to 200 bytes with "/" between them, none of them "." or "..",
// without control characters. Errors: kInvalidArgument, saying which rule.
Status check_key(std::string_view key);
// The same for what list() may be asked for: any beginning of a key, or nothing.
Status check_prefix(std::string_view prefix);
Status check_put(std::string_view key, const PutOptions& options);

// Where `range` begins and ends in an object of `size` bytes. Errors: kInvalidArgument if it does not lie within.
struct Span {
  uint64_t begin = 0;
  uint64_t end = 0;
};
Result<Span> resolve(Range range, uint64_t size);

// A key for the object of a probe(), never the same twice.
std::string probe_key();

// The steps that every kind of store is probed with in the end: write, read back, a conditional write, list, delete.
void probe_objects(ObjectStore& store, std::vector<ProbeStep>& steps);

}  // namespace gleaner::object

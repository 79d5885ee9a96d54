// One line of an archived part: an interaction with all that is kept of it, as one JSON object
// (docs/archive-format.md). It is what record::encode writes, with its last brace replaced by
//
//   ,"signals":[...],"content_hash":"<16 hex>","signal_hashes":["<16 hex>",...],"position":P,"interaction_bytes":N}
//
// where P is the record's place in the order of arrival of its day, and N is how long the interaction's JSON is without
// that brace. So it reads as a natural record, and is split from behind without being parsed: everything there has a
// fixed width but the two numbers and the number of hashes.
//
// Thread contract: a LineDecoder belongs to one thread; functions are safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "record/codec.h"
#include "store/store.h"

namespace gleaner::archive {

// Appends the line, without a line end.
void encode_line(const store::Stored& stored, std::string& out);

// Where the parts of a line lie in it.
struct LineParts {
  std::string_view interaction;  // without its closing brace
  std::string_view signals;      // a JSON array, unchecked
  uint64_t content_hash = 0;
  int64_t position = 0;
  std::string_view signal_hashes;  // what stands between the brackets; every hash is checked

  size_t signal_count() const { return (signal_hashes.size() + 1) / kHashStride; }
  uint64_t signal_hash(size_t index) const;

  // A hash with its quotes and a comma.
  static constexpr size_t kHashStride = 19;
};

// `line` is without its line end. Errors: kDataLoss when it is not a line of ours.
Result<LineParts> split_line(std::string_view line);

// What a line begins with, read without parsing the rest of it.
struct LineHead {
  std::string id;
  std::string user_id;
  Time created_at;
};

// Errors: kDataLoss. A line that is damaged further on can have a head.
Result<LineHead> peek_line(std::string_view line);

class LineDecoder {
 public:
  // The whole of what encode_line was given; the verdict is computed again. `line` is without its line end, and has
  // record::Decoder::kReadableBehind readable bytes behind it. It is written to and is afterwards as it was. Errors:
  // kDataLoss, saying what of the line is wrong but not which line it is.
  Status decode(std::span<char> line, store::Stored& out);

 private:
  Status decode_signals(const LineParts& parts, store::Stored& out);

  record::Decoder decoder_;
};

}  // namespace gleaner::archive

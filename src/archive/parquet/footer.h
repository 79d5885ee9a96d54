// A file's metadata, at its end: the schema, where every row group and column lies, and who wrote it.
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
//
// Memory: writing, about 2 KB for each row group; reading, the metadata's bytes and 24 for each row group.
//
// Thread contract: each object belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/parquet/row_group.h"
#include "base/error.h"

namespace gleaner::archive::parquet {

class FooterWriter {
 public:
  // `offset` is where it begins in the file; row groups come in the file's order.
  void add(const RowGroupInfo& info, uint64_t offset);
  // What is behind the last row group: the metadata, its length and the magic.
  std::string finish() const;

 private:
  std::string groups_;  // as they stand in the metadata
  uint64_t count_ = 0;
  uint64_t rows_ = 0;
};

struct RowGroupPlace {
  uint64_t offset = 0;
  uint64_t packed_bytes = 0;
  uint64_t rows = 0;
  friend bool operator==(const RowGroupPlace&, const RowGroupPlace&) = default;
};

// The row groups that the metadata names; `metadata` is without its length and the magic, of files of ours of any
// version of the schema. Whether row groups lie there is for the caller to see. Errors: kDataLoss.
Result<std::vector<RowGroupPlace>> read_footer(std::string_view metadata);

}  // namespace gleaner::archive::parquet

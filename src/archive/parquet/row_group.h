// A row group: a block of lines, and beside it their columns. Each column is one chunk of one page, and the lines are
// the first of them, so that a block is read from its beginning and with nothing else of the file.
//
// Memory: writing, the lines' page once more as it is compressed; reading, what zstd keeps of it, 8 MiB at most for
// what we write.
//
// Thread contract: each object belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/parquet/page.h"
#include "archive/parquet/schema.h"
#include "base/error.h"
#include "store/store.h"

namespace gleaner::archive::parquet {

// What the file's metadata says of a row group.
struct RowGroupInfo {
  struct Chunk {
    uint64_t raw_bytes = 0;  // with the page's header, as packed_bytes
    uint64_t packed_bytes = 0;
    std::string least;  // of a ranged column; both empty where they are not noted
    std::string greatest;
  };
  uint64_t rows = 0;
  std::vector<Chunk> chunks;  // in order of the columns, one behind the other
};

// The values of the columns but the line, as records come.
class RowGroupColumns {
 public:
  RowGroupColumns();

  void add(const store::Stored& stored);
  void clear();

 private:
  friend class RowGroupWriter;
  struct Values {
    std::string plain;   // those that are present, but for flags: a byte each
    std::string levels;  // a byte each: whether it is present
    std::string least;
    std::string greatest;
    uint32_t present = 0;
  };
  std::vector<Values> values_;  // one less than there are columns
  uint32_t rows_ = 0;
};

class RowGroupWriter {
 public:
  explicit RowGroupWriter(int level);  // of zstd
  ~RowGroupWriter();
  RowGroupWriter(const RowGroupWriter&) = delete;
  RowGroupWriter& operator=(const RowGroupWriter&) = delete;

  // Replaces `out` by a row group of these lines, each with its line end, and `info` by what it is. `columns` must have
  // been given as many records. Errors: kInternal.
  Status write(std::string_view lines, const RowGroupColumns& columns, std::string& out, RowGroupInfo& info);

 private:
  struct State;
  Result<size_t> pack_lines(std::string_view lines, uint32_t rows);
  Status pack_column(const Column& column, const RowGroupColumns::Values& values);
  void put_page(size_t raw_bytes, uint32_t rows, std::string& out, RowGroupInfo& info) const;

  std::unique_ptr<State> state_;
  std::string plain_;   // a page before it is compressed; the lines' is never made as a whole
  std::string packed_;  // and after it
};

class RowGroupReader {
 public:
  RowGroupReader();
  ~RowGroupReader();
  RowGroupReader(const RowGroupReader&) = delete;
  RowGroupReader& operator=(const RowGroupReader&) = delete;

  // Writes the lines of a row group, each with its line end, to `out`, where there must be `size` bytes of them. The
  // magic may lie in front of `packed`, and a file's metadata behind. Every page's header and checksum are checked,
  // also of the columns. Errors: kDataLoss.
  Status read(std::string_view packed, char* out, size_t size);

 private:
  struct State;
  Status unpack_lines(const Page& page, char* out, size_t size);

  std::unique_ptr<State> state_;
};

struct RowGroupSize {
  uint64_t lines_bytes = 0;  // with line ends
  uint64_t rows = 0;
};
// Of what RowGroupReader reads, by what its front says. Errors: kDataLoss.
Result<RowGroupSize> row_group_size(std::string_view packed);

}  // namespace gleaner::archive::parquet

// Interactions as rows of PostgreSQL's binary COPY format (https://www.postgresql.org/docs/15/sql-copy.html, "Binary
// Format"): built while records are looked at, sent as one. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/compress.h"
#include "base/error.h"
#include "record/interaction.h"
#include "store/store.h"

namespace gleaner::store {

struct RowSizes {
  int64_t raw = 0;     // bytes of the record's JSON
  int64_t stored = 0;  // of what is kept of it
  bool compressed = false;
};

class CopyRows {
 public:
  struct Options {
    int zstd_level = 1;
    size_t compression_threshold = 1024;  // bytes of JSON from which a record is kept as a zstd frame
  };
  explicit CopyRows(Options options) : options_(options), zstd_(options.zstd_level) {}

  // The statement that takes the rows into `table`.
  static std::string statement(std::string_view table);

  // Begins anew.
  void start();
  Result<RowSizes> add(const Write& write, const record::Interaction& interaction);
  // What was added since it was last sent.
  std::string_view data() const { return data_; }
  void sent();
  // Ends the data.
  void finish();

 private:
  void field(std::string_view bytes);
  void text(std::string_view value);  // NULL if empty
  void bytes8(uint64_t value);
  void integer(int64_t value);
  void real(double value);
  void null();
  void optional(const std::optional<double>& value);
  void optional(const std::optional<int64_t>& value);
  void json(const record::RawJson& value);
  void texts(const std::vector<std::string>& values);

  const Options options_;
  ZstdCompressor zstd_;
  std::string data_;
  std::string record_;
  std::string packed_;
};

}  // namespace gleaner::store

// A page's header. Every column chunk of ours is one data page of version 1, with the checksum that the format provides
// for. https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
//
// Functions are safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::archive::parquet {

inline constexpr std::string_view kMagic = "PAR1";
// At the end of a file: the length of the metadata, and the magic again.
inline constexpr size_t kTailBytes = 8;

struct PageHeader {
  uint32_t raw_bytes = 0;     // of the page, uncompressed
  uint32_t packed_bytes = 0;  // as it lies behind its header
  uint32_t checksum = 0;
  uint32_t values = 0;  // with those that are absent
  friend bool operator==(const PageHeader&, const PageHeader&) = default;
};

struct Page {
  PageHeader header;
  std::string_view packed;
};

void put_page_header(const PageHeader& header, std::string& out);
// Takes a page off the front of `bytes`. Errors: kDataLoss for a header that put_page_header does not write, bytes that
// are cut off, and a checksum that does not match.
Result<Page> take_page(std::string_view& bytes);

uint32_t page_checksum(std::string_view packed);

void put_fixed32(uint32_t value, std::string& out);
uint32_t get_fixed32(const char* bytes);

// How many bytes at the end of `bytes` are metadata with its tail: 0 if `bytes` does not end as a file.
size_t footer_bytes(std::string_view bytes);

}  // namespace gleaner::archive::parquet

#include "archive/parquet/page.h"

#include <array>
#include <cstddef>

#include <libdeflate.h>

#include "archive/parquet/thrift.h"

namespace gleaner::archive::parquet {
namespace {

constexpr int32_t kDataPage = 0;
constexpr int32_t kPlain = 0;
constexpr int32_t kRle = 3;

// Everything in a header is optional or has one right value: what was read is right if it is written the same.
PageHeader read_header(ThriftReader& in) {
  PageHeader header;
  ThriftReader::Field field;
  const auto number = [&] { return static_cast<uint32_t>(in.integer(field)); };
  while (in.next(field)) {
    switch (field.id) {
      case 2:
        header.raw_bytes = number();
        break;
      case 3:
        header.packed_bytes = number();
        break;
      case 4:
        header.checksum = number();
        break;
      case 5: {
        in.enter(field);
        ThriftReader::Field inner;
        while (in.next(inner)) {
          if (inner.id == 1) {
            header.values = static_cast<uint32_t>(in.integer(inner));
          } else {
            in.skip(inner);
          }
        }
        break;
      }
      default:
        in.skip(field);
    }
  }
  return header;
}

}  // namespace

void put_page_header(const PageHeader& header, std::string& out) {
  ThriftWriter thrift(out);
  thrift.i32(1, kDataPage);
  thrift.i32(2, static_cast<int32_t>(header.raw_bytes));
  thrift.i32(3, static_cast<int32_t>(header.packed_bytes));
  thrift.i32(4, static_cast<int32_t>(header.checksum));
  thrift.begin_struct(5);
  thrift.i32(1, static_cast<int32_t>(header.values));
  thrift.i32(2, kPlain);
  thrift.i32(3, kRle);
  thrift.i32(4, kRle);
  thrift.end_struct();
  thrift.end_struct();
}

Result<Page> take_page(std::string_view& bytes) {
  constexpr size_t kMaxHeaderBytes = 64;
  ThriftReader in(bytes.substr(0, kMaxHeaderBytes));
  const PageHeader header = read_header(in);
  std::string again;
  put_page_header(header, again);
  if (!in.ok() || !bytes.starts_with(again)) return fail(Code::kDataLoss, "parquet: the header of a page is damaged");
  if (header.packed_bytes > bytes.size() - again.size()) return fail(Code::kDataLoss, "parquet: a page is cut off");
  const std::string_view packed = bytes.substr(again.size(), header.packed_bytes);
  if (page_checksum(packed) != header.checksum)
    return fail(Code::kDataLoss, "parquet: the checksum of a page does not match");
  bytes.remove_prefix(again.size() + packed.size());
  return Page{header, packed};
}

uint32_t page_checksum(std::string_view packed) {
  return libdeflate_crc32(0, packed.data(), packed.size());
}

void put_fixed32(uint32_t value, std::string& out) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i));
}

uint32_t get_fixed32(const char* bytes) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

size_t footer_bytes(std::string_view bytes) {
  if (bytes.size() < kTailBytes || !bytes.ends_with(kMagic)) return 0;
  const size_t length = get_fixed32(bytes.data() + bytes.size() - kTailBytes);
  return length <= bytes.size() - kTailBytes ? length + kTailBytes : 0;
}

}  // namespace gleaner::archive::parquet

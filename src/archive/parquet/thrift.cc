#include "archive/parquet/thrift.h"

#include <algorithm>
#include <cassert>

namespace gleaner::archive::parquet {
namespace {

constexpr size_t kShortList = 15;  // longer ones have their size behind the header

uint64_t zigzag(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}

int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

}  // namespace

void ThriftWriter::number(uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
  out_ += static_cast<char>(value);
}

void ThriftWriter::header(int16_t field, ThriftType type) {
  assert(field > last_ && field - last_ <= 15);
  out_ += static_cast<char>((field - last_) << 4 | static_cast<int>(type));
  last_ = field;
}

void ThriftWriter::push() {
  assert(depth_ < outer_.size());
  outer_[depth_++] = last_;
  last_ = 0;
}

void ThriftWriter::i32(int16_t field, int32_t value) {
  header(field, ThriftType::kI32);
  number(zigzag(value));
}

void ThriftWriter::i64(int16_t field, int64_t value) {
  header(field, ThriftType::kI64);
  number(zigzag(value));
}

void ThriftWriter::boolean(int16_t field, bool value) {
  header(field, value ? ThriftType::kTrue : ThriftType::kFalse);
}

void ThriftWriter::binary(int16_t field, std::string_view value) {
  header(field, ThriftType::kBinary);
  element(value);
}

void ThriftWriter::begin_struct(int16_t field) {
  header(field, ThriftType::kStruct);
  push();
}

void ThriftWriter::end_struct() {
  out_ += '\0';
  if (depth_ > 0) last_ = outer_[--depth_];
}

void ThriftWriter::begin_list(int16_t field, ThriftType type, size_t size) {
  header(field, ThriftType::kList);
  out_ += static_cast<char>(std::min(size, kShortList) << 4 | static_cast<size_t>(type));
  if (size >= kShortList) number(size);
}

void ThriftWriter::element(int32_t value) {
  number(zigzag(value));
}

void ThriftWriter::element(std::string_view value) {
  number(value.size());
  out_ += value;
}

void ThriftWriter::begin_element() {
  push();
}

uint8_t ThriftReader::byte() {
  expect(!rest_.empty());
  if (!ok_) return 0;
  const auto value = static_cast<uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return value;
}

uint64_t ThriftReader::number() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t next = byte();
    value |= static_cast<uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) return ok_ ? value : 0;
  }
  ok_ = false;
  return 0;
}

void ThriftReader::take(size_t bytes) {
  expect(bytes <= rest_.size());
  if (ok_) rest_.remove_prefix(bytes);
}

void ThriftReader::push() {
  expect(depth_ < outer_.size());
  if (!ok_) return;
  outer_[depth_++] = last_;
  last_ = 0;
}

bool ThriftReader::next(Field& field) {
  const uint8_t head = byte();
  if (!ok_) return false;
  if (head == 0) {
    if (depth_ > 0) last_ = outer_[--depth_];
    return false;
  }
  field.type = static_cast<ThriftType>(head & 0x0f);
  // A difference of 0 says that the number itself follows.
  const int64_t id = head >> 4 != 0 ? last_ + (head >> 4) : unzigzag(number());
  expect(field.type != ThriftType::kStop && field.type <= ThriftType::kStruct && id >= INT16_MIN && id <= INT16_MAX);
  if (!ok_) return false;
  field.id = last_ = static_cast<int16_t>(id);
  return true;
}

int64_t ThriftReader::integer(Field field) {
  expect(field.type == ThriftType::kI16 || field.type == ThriftType::kI32 || field.type == ThriftType::kI64);
  return unzigzag(number());
}

std::string_view ThriftReader::binary(Field field) {
  expect(field.type == ThriftType::kBinary);
  const uint64_t size = number();
  const std::string_view value = rest_;
  take(size);
  return ok_ ? value.substr(0, size) : std::string_view();
}

void ThriftReader::enter(Field field) {
  expect(field.type == ThriftType::kStruct);
  push();
}

ThriftReader::List ThriftReader::list_header() {
  const uint8_t head = byte();
  List list{static_cast<ThriftType>(head & 0x0f), static_cast<size_t>(head >> 4)};
  if (list.size == kShortList) list.size = number();
  // Every element takes a byte at least.
  expect(list.size <= rest_.size() && list.type != ThriftType::kStop && list.type <= ThriftType::kStruct);
  return ok_ ? list : List{};
}

ThriftReader::List ThriftReader::list(Field field) {
  expect(field.type == ThriftType::kList);
  return ok_ ? list_header() : List{};
}

void ThriftReader::enter_element(List list) {
  expect(list.type == ThriftType::kStruct);
  push();
}

void ThriftReader::skip_struct(size_t depth) {
  while (ok_) {
    const uint8_t head = byte();
    if (head == 0) return;
    if (head >> 4 == 0) number();
    skip(static_cast<ThriftType>(head & 0x0f), depth);
  }
}

void ThriftReader::skip(ThriftType type, size_t depth) {
  expect(depth < kMaxThriftDepth);
  if (!ok_) return;
  switch (type) {
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      return;
    case ThriftType::kByte:
      return take(1);
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      number();
      return;
    case ThriftType::kDouble:
      return take(8);
    case ThriftType::kBinary:
      return take(number());
    case ThriftType::kStruct:
      return skip_struct(depth + 1);
    case ThriftType::kList:
    case ThriftType::kSet: {
      const List list = list_header();
      const bool flags = list.type == ThriftType::kTrue || list.type == ThriftType::kFalse;
      for (size_t i = 0; i < list.size && ok_; ++i) flags ? take(1) : skip(list.type, depth + 1);
      return;
    }
    case ThriftType::kMap: {
      const uint64_t size = number();
      if (size == 0 || !ok_) return;
      const uint8_t types = byte();
      for (uint64_t i = 0; i < size && ok_; ++i) {
        for (const int half : {types >> 4, types & 0x0f}) {
          const auto inner = static_cast<ThriftType>(half);
          inner == ThriftType::kTrue || inner == ThriftType::kFalse ? take(1) : skip(inner, depth + 1);
        }
      }
      return;
    }
    default:
      ok_ = false;
  }
}

}  // namespace gleaner::archive::parquet

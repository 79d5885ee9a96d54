#include "gateway/otlp/wire.h"

#include <array>
#include <bit>
#include <cstring>

namespace gleaner::gateway::otlp {
namespace {

constexpr uint32_t kStartGroup = 3;
constexpr uint32_t kEndGroup = 4;
constexpr size_t kMaxGroups = 16;  // inside each other

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

}  // namespace

bool WireReader::stop(const char* why) {
  wrong_ = why;
  rest_ = {};
  return false;
}

Status WireReader::status() const {
  if (wrong_ == nullptr) return {};
  return fail(Code::kInvalidArgument, std::string("not valid protobuf: ") + wrong_);
}

double WireReader::as_double() const {
  return std::bit_cast<double>(number_);
}

bool WireReader::take_varint(uint64_t& value) {
  constexpr size_t kMaxBytes = 10;
  value = 0;
  for (size_t i = 0; i < kMaxBytes && i < rest_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest_[i]);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  return stop(rest_.size() < kMaxBytes ? "it ends inside a number" : "a number of more than ten bytes");
}

bool WireReader::take_fixed(size_t size, uint64_t& value) {
  if (rest_.size() < size) return stop("it ends inside a number");
  value = 0;
  for (size_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  rest_.remove_prefix(size);
  return true;
}

bool WireReader::take_value(uint32_t wire_type) {
  switch (wire_type) {
    case 0:
      type_ = WireType::kVarint;
      return take_varint(number_);
    case 1:
      type_ = WireType::kFixed64;
      return take_fixed(sizeof(uint64_t), number_);
    case 2: {
      type_ = WireType::kBytes;
      uint64_t size = 0;
      if (!take_varint(size)) return false;
      if (size > rest_.size()) return stop("a length beyond the end");
      bytes_ = rest_.substr(0, size);
      rest_.remove_prefix(size);
      return true;
    }
    case 5:
      type_ = WireType::kFixed32;
      return take_fixed(sizeof(uint32_t), number_);
    default:
      return stop("an unknown wire type");
  }
}

bool WireReader::skip_group(uint32_t field) {
  std::array<uint32_t, kMaxGroups> open{};
  size_t depth = 0;
  open[depth++] = field;
  while (depth > 0) {
    uint64_t tag = 0;
    if (!take_varint(tag)) return false;
    const auto number = static_cast<uint32_t>(tag >> 3);
    const auto wire_type = static_cast<uint32_t>(tag & 7);
    if (wire_type == kEndGroup) {
      if (open[--depth] != number) return stop("a group that ends as another");
    } else if (wire_type == kStartGroup) {
      if (depth == kMaxGroups) return stop("groups nested too deep");
      open[depth++] = number;
    } else if (!take_value(wire_type)) {
      return false;
    }
  }
  return true;
}

bool WireReader::next() {
  constexpr uint64_t kMaxField = (uint64_t{1} << 29) - 1;
  while (!rest_.empty()) {
    uint64_t tag = 0;
    if (!take_varint(tag)) return false;
    const uint64_t field = tag >> 3;
    if (field == 0 || field > kMaxField) return stop("a field number out of range");
    field_ = static_cast<uint32_t>(field);
    const auto wire_type = static_cast<uint32_t>(tag & 7);
    if (wire_type != kStartGroup) return take_value(wire_type);
    if (!skip_group(field_)) return false;
  }
  return false;
}

void append_varint_field(std::string& out, uint32_t field, uint64_t value) {
  append_varint(out, uint64_t{field} << 3);
  append_varint(out, value);
}

void append_fixed64_field(std::string& out, uint32_t field, uint64_t value) {
  append_varint(out, (uint64_t{field} << 3) | 1);
  for (size_t i = 0; i < sizeof(value); ++i) out += static_cast<char>(value >> (8 * i));
}

void append_bytes_field(std::string& out, uint32_t field, std::string_view bytes) {
  append_varint(out, (uint64_t{field} << 3) | 2);
  append_varint(out, bytes.size());
  out += bytes;
}

}  // namespace gleaner::gateway::otlp

// The protobuf wire format, read and written field by field:
// https://protobuf.dev/programming-guides/encoding/. No schema: the caller knows what a number means.
//
// Pure values over bytes that must outlive them; one thread each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::gateway::otlp {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Walks the fields of one message. Groups, which proto3 does not have, are passed over whole.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  // The next field; false at the end and at the first byte that is wrong: see status().
  bool next();

  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  // Of a varint, fixed64 or fixed32.
  uint64_t number() const { return number_; }
  double as_double() const;
  // Of kBytes: a string, bytes or a message.
  std::string_view bytes() const { return bytes_; }

  bool is(uint32_t field, WireType type) const { return field_ == field && type_ == type; }
  bool failed() const { return wrong_ != nullptr; }
  // Errors: kInvalidArgument, if next() stopped before the end.
  Status status() const;

 private:
  bool take_varint(uint64_t& value);
  bool take_fixed(size_t size, uint64_t& value);
  bool take_value(uint32_t wire_type);
  bool skip_group(uint32_t field);
  bool stop(const char* why);

  std::string_view rest_;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  std::string_view bytes_;
  const char* wrong_ = nullptr;
};

void append_varint_field(std::string& out, uint32_t field, uint64_t value);
void append_fixed64_field(std::string& out, uint32_t field, uint64_t value);
void append_bytes_field(std::string& out, uint32_t field, std::string_view bytes);

}  // namespace gleaner::gateway::otlp

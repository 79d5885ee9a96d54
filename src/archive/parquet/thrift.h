// Thrift's compact protocol, as far as Parquet's metadata needs it: structs, lists, integers, binaries and booleans are
// written; of what is read, every type can be skipped.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
//
// Thread contract: each object belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gleaner::archive::parquet {

enum class ThriftType : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

// How deep structs and lists may lie in one another. Parquet's go six deep.
inline constexpr size_t kMaxThriftDepth = 16;

// Appends the fields of a struct to `out`; they must come in ascending order. It begins inside of the outermost struct.
// Balance is the caller's business.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& out) : out_(out) {}

  void i32(int16_t field, int32_t value);
  void i64(int16_t field, int64_t value);
  void boolean(int16_t field, bool value);
  void binary(int16_t field, std::string_view value);
  void begin_struct(int16_t field);
  void end_struct();  // the outermost one, too
  // `size` elements follow: numbers, texts, or structs between begin_element() and end_struct().
  void begin_list(int16_t field, ThriftType type, size_t size);
  void element(int32_t value);
  void element(std::string_view value);
  void begin_element();

 private:
  void header(int16_t field, ThriftType type);
  void number(uint64_t value);
  void push();

  std::string& out_;
  std::array<int16_t, kMaxThriftDepth> outer_{};  // the last fields of the structs around this one
  size_t depth_ = 0;
  int16_t last_ = 0;
};

// Reads a struct's fields in whatever order they come. After the first mistake ok() is false and every answer empty.
class ThriftReader {
 public:
  // `bytes` begins inside of a struct, and may be longer than it.
  explicit ThriftReader(std::string_view bytes) : rest_(bytes) {}

  struct Field {
    int16_t id = 0;
    ThriftType type = ThriftType::kStop;
  };
  // False at the end of the struct, or after a mistake. What it names is read next: its value or skip().
  bool next(Field& field);
  int64_t integer(Field field);  // of 16, 32 or 64 bits
  std::string_view binary(Field field);
  // Its fields follow, to the end of them.
  void enter(Field field);

  struct List {
    ThriftType type = ThriftType::kStop;
    size_t size = 0;  // never more than there are bytes left
  };
  List list(Field field);
  void enter_element(List list);

  void skip(Field field) { skip(field.type, 0); }

  bool ok() const { return ok_; }
  void fail() { ok_ = false; }
  // What is behind that which was read.
  std::string_view rest() const { return rest_; }

 private:
  uint64_t number();
  uint8_t byte();
  void take(size_t bytes);
  void push();
  void expect(bool condition) { ok_ = ok_ && condition; }
  List list_header();
  void skip(ThriftType type, size_t depth);
  void skip_struct(size_t depth);

  std::string_view rest_;
  bool ok_ = true;
  std::array<int16_t, kMaxThriftDepth> outer_{};
  size_t depth_ = 0;
  int16_t last_ = 0;
};

}  // namespace gleaner::archive::parquet

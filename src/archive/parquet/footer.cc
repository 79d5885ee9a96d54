#include "archive/parquet/footer.h"

#include <array>

#include <fmt/format.h>

#include "archive/parquet/thrift.h"
#include "record/interaction.h"

namespace gleaner::archive::parquet {
namespace {

// Of what lies in a row group and in which order; for readers to come.
constexpr std::string_view kFormatVersion = "1";

constexpr int32_t kFileVersion = 2;
// No row group takes less in the metadata: what says more of them than there can be is not believed.
constexpr size_t kMinGroupBytes = 16;
constexpr int32_t kRequired = 0;
constexpr int32_t kOptional = 1;
constexpr int32_t kZstd = 6;
constexpr std::array<int32_t, 2> kEncodings = {0, 3};  // plain; runs, of what is present

// What parquet.thrift calls a kind of ours.
struct TypeNumbers {
  int32_t physical;
  int32_t converted;  // -1: none
  int16_t logical;    // a field of the union LogicalType, or 0
};

TypeNumbers numbers_of(Kind kind) {
  constexpr int32_t kBoolean = 0;
  constexpr int32_t kInt64 = 2;
  constexpr int32_t kDouble = 5;
  constexpr int32_t kByteArray = 6;
  switch (kind) {
    case Kind::kJson:
      return {kByteArray, 19, 12};
    case Kind::kText:
      return {kByteArray, 0, 1};
    case Kind::kTime:
      return {kInt64, 9, 8};
    case Kind::kInteger:
      return {kInt64, -1, 0};
    case Kind::kReal:
      return {kDouble, -1, 0};
    case Kind::kFlag:
      return {kBoolean, -1, 0};
  }
  return {};
}

void put_logical(ThriftWriter& thrift, const TypeNumbers& type, Kind kind) {
  thrift.begin_struct(10);
  thrift.begin_struct(type.logical);
  if (kind == Kind::kTime) {
    thrift.boolean(1, true);  // in UTC
    thrift.begin_struct(2);
    thrift.begin_struct(1);  // milliseconds
    thrift.end_struct();
    thrift.end_struct();
  }
  thrift.end_struct();
  thrift.end_struct();
}

void put_schema(ThriftWriter& thrift) {
  thrift.begin_list(2, ThriftType::kStruct, columns().size() + 1);
  thrift.begin_element();
  thrift.binary(4, "interactions");
  thrift.i32(5, static_cast<int32_t>(columns().size()));
  thrift.end_struct();
  for (const Column& column : columns()) {
    const TypeNumbers type = numbers_of(column.kind);
    thrift.begin_element();
    thrift.i32(1, type.physical);
    thrift.i32(3, column.optional ? kOptional : kRequired);
    thrift.binary(4, column.name);
    if (type.converted >= 0) thrift.i32(6, type.converted);
    if (type.logical > 0) put_logical(thrift, type, column.kind);
    thrift.end_struct();
  }
}

void put_chunk(ThriftWriter& thrift, const Column& column, const RowGroupInfo::Chunk& chunk, uint64_t rows,
               uint64_t offset) {
  thrift.begin_element();
  thrift.i64(2, 0);  // no longer used, but asked for
  thrift.begin_struct(3);
  thrift.i32(1, numbers_of(column.kind).physical);
  thrift.begin_list(2, ThriftType::kI32, kEncodings.size());
  for (const int32_t encoding : kEncodings) thrift.element(encoding);
  thrift.begin_list(3, ThriftType::kBinary, 1);
  thrift.element(column.name);
  thrift.i32(4, kZstd);
  thrift.i64(5, static_cast<int64_t>(rows));
  thrift.i64(6, static_cast<int64_t>(chunk.raw_bytes));
  thrift.i64(7, static_cast<int64_t>(chunk.packed_bytes));
  thrift.i64(9, static_cast<int64_t>(offset));
  if (!chunk.greatest.empty()) {
    thrift.begin_struct(12);
    thrift.i64(3, 0);  // none is absent
    thrift.binary(5, chunk.greatest);
    thrift.binary(6, chunk.least);
    thrift.end_struct();
  }
  thrift.end_struct();
  thrift.end_struct();
}

void put_key_values(ThriftWriter& thrift) {
  const std::string schema_version = std::to_string(record::kSchemaVersion);
  const std::array<std::pair<std::string_view, std::string_view>, 2> pairs = {
      {{"gleaner.format_version", kFormatVersion}, {"gleaner.schema_version", schema_version}}};
  thrift.begin_list(5, ThriftType::kStruct, pairs.size());
  for (const auto& [key, value] : pairs) {
    thrift.begin_element();
    thrift.binary(1, key);
    thrift.binary(2, value);
    thrift.end_struct();
  }
}

// Least and greatest values are those of the type's own order.
void put_orders(ThriftWriter& thrift) {
  thrift.begin_list(7, ThriftType::kStruct, columns().size());
  for (size_t i = 0; i < columns().size(); ++i) {
    thrift.begin_element();
    thrift.begin_struct(1);
    thrift.end_struct();
    thrift.end_struct();
  }
}

using Field = ThriftReader::Field;

// Where the first page of a column lies.
uint64_t read_chunk(ThriftReader& in, ThriftReader::List list) {
  uint64_t offset = 0;
  in.enter_element(list);
  for (Field field; in.next(field);) {
    if (field.id != 3) {
      in.skip(field);
      continue;
    }
    in.enter(field);
    for (Field inner; in.next(inner);) {
      if (inner.id == 9) {
        offset = static_cast<uint64_t>(in.integer(inner));
      } else {
        in.skip(inner);
      }
    }
  }
  return offset;
}

RowGroupPlace read_group(ThriftReader& in, ThriftReader::List list) {
  RowGroupPlace group;
  in.enter_element(list);
  for (Field field; in.next(field);) {
    if (field.id == 1) {
      const ThriftReader::List chunks = in.list(field);
      for (size_t i = 0; i < chunks.size && in.ok(); ++i) {
        const uint64_t offset = read_chunk(in, chunks);
        if (i == 0) group.offset = offset;
      }
    } else if (field.id == 3) {
      group.rows = static_cast<uint64_t>(in.integer(field));
    } else if (field.id == 6) {
      group.packed_bytes = static_cast<uint64_t>(in.integer(field));
    } else {
      in.skip(field);
    }
  }
  return group;
}

}  // namespace

void FooterWriter::add(const RowGroupInfo& info, uint64_t offset) {
  uint64_t raw_bytes = 0;
  uint64_t packed_bytes = 0;
  ThriftWriter thrift(groups_);
  thrift.begin_list(1, ThriftType::kStruct, columns().size());
  for (size_t i = 0; i < columns().size(); ++i) {
    const RowGroupInfo::Chunk& chunk = info.chunks[i];
    put_chunk(thrift, columns()[i], chunk, info.rows, offset + packed_bytes);
    raw_bytes += chunk.raw_bytes;
    packed_bytes += chunk.packed_bytes;
  }
  thrift.i64(2, static_cast<int64_t>(raw_bytes));
  thrift.i64(3, static_cast<int64_t>(info.rows));
  thrift.i64(5, static_cast<int64_t>(offset));
  thrift.i64(6, static_cast<int64_t>(packed_bytes));
  thrift.end_struct();
  ++count_;
  rows_ += info.rows;
}

std::string FooterWriter::finish() const {
  std::string out;
  out.reserve(groups_.size() + (size_t{16} << 10));
  ThriftWriter thrift(out);
  thrift.i32(1, kFileVersion);
  put_schema(thrift);
  thrift.i64(3, static_cast<int64_t>(rows_));
  thrift.begin_list(4, ThriftType::kStruct, count_);
  out += groups_;
  put_key_values(thrift);
  thrift.binary(6, fmt::format("gleaner version {}", GLEANER_VERSION));
  put_orders(thrift);
  thrift.end_struct();
  put_fixed32(static_cast<uint32_t>(out.size()), out);
  out += kMagic;
  return out;
}

Result<std::vector<RowGroupPlace>> read_footer(std::string_view metadata) {
  std::vector<RowGroupPlace> groups;
  uint64_t rows = 0;
  uint64_t rows_of_groups = 0;
  ThriftReader in(metadata);
  for (Field field; in.next(field);) {
    if (field.id == 3) {
      rows = static_cast<uint64_t>(in.integer(field));
    } else if (field.id == 4) {
      const ThriftReader::List list = in.list(field);
      if (list.size > metadata.size() / kMinGroupBytes) in.fail();
      for (size_t i = 0; i < list.size && in.ok(); ++i) {
        groups.push_back(read_group(in, list));
        rows_of_groups += groups.back().rows;
      }
    } else {
      in.skip(field);
    }
  }
  if (!in.ok() || !in.rest().empty() || rows != rows_of_groups)
    return fail(Code::kDataLoss, "parquet: the file's metadata is damaged");
  return groups;
}

}  // namespace gleaner::archive::parquet

#include <bit>
#include <cassert>
#include <new>

#include <fmt/format.h>
#include <zstd.h>

#include "archive/parquet/row_group.h"

namespace gleaner::archive::parquet {
namespace {

// Longer ones are not noted: they would fill the file's metadata.
constexpr size_t kMaxRangedBytes = 256;

struct ZstdFree {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

void put_fixed64(uint64_t value, std::string& out) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
}

void put_plain(const Value& value, std::string& out) {
  if (const auto* const text = std::get_if<std::string_view>(&value)) {
    put_fixed32(static_cast<uint32_t>(text->size()), out);
    out += *text;
  } else if (const auto* const integer = std::get_if<int64_t>(&value)) {
    put_fixed64(static_cast<uint64_t>(*integer), out);
  } else if (const auto* const real = std::get_if<double>(&value)) {
    put_fixed64(std::bit_cast<uint64_t>(*real), out);
  } else if (const auto* const flag = std::get_if<bool>(&value)) {
    out += *flag ? '\1' : '\0';
  }
}

// As statistics have them: without a length.
std::string bound_of(const Value& value) {
  if (const auto* const text = std::get_if<std::string_view>(&value)) return std::string(*text);
  std::string out;
  put_plain(value, out);
  return out;
}

bool less(const Value& value, std::string_view bound) {
  if (const auto* const text = std::get_if<std::string_view>(&value)) return *text < bound;
  uint64_t other = 0;
  for (size_t i = 8; i-- > 0;) other = other << 8 | static_cast<unsigned char>(bound[i]);
  return std::get<int64_t>(value) < static_cast<int64_t>(other);
}

// A bit each, the lowest first.
void put_bits(std::string_view flags, std::string& out) {
  for (size_t i = 0; i < flags.size(); i += 8) {
    int bits = 0;
    for (size_t j = 0; j < 8 && i + j < flags.size(); ++j) bits |= flags[i + j] << j;
    out += static_cast<char>(bits);
  }
}

// The format's hybrid of runs and packed bits, with its length in front. All the same is one run.
void put_levels(std::string_view levels, uint32_t present, std::string& out) {
  const auto put_number = [](uint64_t value, std::string& to) {
    for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
    to += static_cast<char>(value);
  };
  std::string coded;
  if (present == 0 || present == levels.size()) {
    put_number(levels.size() << 1, coded);
    coded += present == 0 ? '\0' : '\1';
  } else {
    put_number((levels.size() + 7) / 8 << 1 | 1, coded);
    put_bits(levels, coded);
  }
  put_fixed32(static_cast<uint32_t>(coded.size()), out);
  out += coded;
}

Status check(size_t code) {
  if (ZSTD_isError(code) == 0) return {};
  return fail(Code::kInternal, fmt::format("zstd: {}", ZSTD_getErrorName(code)));
}

}  // namespace

RowGroupColumns::RowGroupColumns() : values_(columns().size() - 1) {}

void RowGroupColumns::add(const store::Stored& stored) {
  const Row row(stored);
  ++rows_;
  for (size_t i = 0; i < values_.size(); ++i) {
    const Column& column = columns()[i + 1];
    Values& values = values_[i];
    const Value value = column.value(row);
    const bool present = !std::holds_alternative<std::monostate>(value);
    if (column.optional) values.levels += present ? '\1' : '\0';
    if (!present) continue;
    ++values.present;
    put_plain(value, values.plain);
    if (!column.ranged) continue;
    if (values.present == 1 || less(value, values.least)) values.least = bound_of(value);
    if (values.present == 1 || !less(value, values.greatest)) values.greatest = bound_of(value);
  }
}

void RowGroupColumns::clear() {
  rows_ = 0;
  for (Values& values : values_) {
    values.plain.clear();
    values.levels.clear();
    values.present = 0;
  }
}

struct RowGroupWriter::State {
  std::unique_ptr<ZSTD_CCtx, ZstdFree> zstd;
};

RowGroupWriter::RowGroupWriter(int level) : state_(std::make_unique<State>()) {
  state_->zstd.reset(ZSTD_createCCtx());
  if (!state_->zstd) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(state_->zstd.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(state_->zstd.get(), ZSTD_c_checksumFlag, 1);
}

RowGroupWriter::~RowGroupWriter() = default;

// Fills packed_; how large the page is without compression.
Result<size_t> RowGroupWriter::pack_lines(std::string_view lines, uint32_t rows) {
  constexpr size_t kLengthBytes = 4;
  ZSTD_CCtx* const zstd = state_->zstd.get();
  const size_t raw_bytes = lines.size() - rows + kLengthBytes * rows;
  packed_.resize(ZSTD_compressBound(raw_bytes));
  ZSTD_outBuffer output{packed_.data(), packed_.size(), 0};
  TRY(check(ZSTD_CCtx_reset(zstd, ZSTD_reset_session_only)));
  TRY(check(ZSTD_CCtx_setPledgedSrcSize(zstd, raw_bytes)));
  std::string length;
  for (size_t start = 0; start < lines.size();) {
    const size_t end = lines.find('\n', start);
    length.clear();
    put_fixed32(static_cast<uint32_t>(end - start), length);
    for (const std::string_view piece : {std::string_view(length), lines.substr(start, end - start)}) {
      ZSTD_inBuffer input{piece.data(), piece.size(), 0};
      while (input.pos < input.size) TRY(check(ZSTD_compressStream2(zstd, &output, &input, ZSTD_e_continue)));
    }
    start = end + 1;
  }
  ZSTD_inBuffer none{nullptr, 0, 0};
  for (size_t left = 1; left > 0;) {
    left = ZSTD_compressStream2(zstd, &output, &none, ZSTD_e_end);
    TRY(check(left));
  }
  packed_.resize(output.pos);
  return raw_bytes;
}

// Fills plain_ and packed_.
Status RowGroupWriter::pack_column(const Column& column, const RowGroupColumns::Values& values) {
  plain_.clear();
  if (column.optional) put_levels(values.levels, values.present, plain_);
  if (column.kind == Kind::kFlag) {
    put_bits(values.plain, plain_);
  } else {
    plain_ += values.plain;
  }
  packed_.resize(ZSTD_compressBound(plain_.size()));
  const size_t size = ZSTD_compress2(state_->zstd.get(), packed_.data(), packed_.size(), plain_.data(), plain_.size());
  TRY(check(size));
  packed_.resize(size);
  return {};
}

void RowGroupWriter::put_page(size_t raw_bytes, uint32_t rows, std::string& out, RowGroupInfo& info) const {
  const size_t start = out.size();
  put_page_header({.raw_bytes = static_cast<uint32_t>(raw_bytes),
                   .packed_bytes = static_cast<uint32_t>(packed_.size()),
                   .checksum = page_checksum(packed_),
                   .values = rows},
                  out);
  const size_t header = out.size() - start;
  out += packed_;
  RowGroupInfo::Chunk& chunk = info.chunks.emplace_back();
  chunk.raw_bytes = header + raw_bytes;
  chunk.packed_bytes = header + packed_.size();
}

Status RowGroupWriter::write(std::string_view lines, const RowGroupColumns& columns_of_lines, std::string& out,
                             RowGroupInfo& info) {
  const uint32_t rows = columns_of_lines.rows_;
  out.clear();
  info.chunks.clear();
  info.rows = rows;
  TRY_ASSIGN(const size_t raw_bytes, pack_lines(lines, rows));
  put_page(raw_bytes, rows, out, info);
  for (size_t i = 0; i < columns_of_lines.values_.size(); ++i) {
    const Column& column = columns()[i + 1];
    const RowGroupColumns::Values& values = columns_of_lines.values_[i];
    if ((column.optional ? values.levels.size() : values.present) != rows)
      return fail(Code::kInternal, fmt::format("column {} has no value for some of {} rows", column.name, rows));
    TRY(pack_column(column, values));
    put_page(plain_.size(), rows, out, info);
    if (!column.ranged || values.least.size() > kMaxRangedBytes || values.greatest.size() > kMaxRangedBytes) continue;
    info.chunks.back().least = values.least;
    info.chunks.back().greatest = values.greatest;
  }
  return {};
}

}  // namespace gleaner::archive::parquet

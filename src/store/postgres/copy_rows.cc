#include "store/postgres/copy_rows.h"

#include <bit>

#include <fmt/format.h>

#include "record/codec.h"
#include "store/postgres/connection.h"

namespace gleaner::store {
namespace {

constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kTrailer("\377\377", 2);
constexpr uint32_t kTextOid = 25;

constexpr uint16_t kColumns = 26;
constexpr int64_t kEpochMs = 946'684'800'000;  // 2000-01-01, where PostgreSQL begins to count
constexpr size_t kMaxJsonb = size_t{1} << 20;

template <typename Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
  for (size_t i = sizeof value; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xffU);
}

// What jsonb is sure to take. It refuses \u0000 and lone surrogates, and numbers with huge exponents, which JSON
// allows; such a value stands in the record alone.
bool plain(std::string_view json) {
  if (json.size() > kMaxJsonb || json.find("\\u") != std::string_view::npos) return false;
  for (size_t i = 1; i < json.size(); ++i) {
    if ((json[i] == 'e' || json[i] == 'E') && json[i - 1] >= '0' && json[i - 1] <= '9') return false;
  }
  return true;
}

}  // namespace

std::string CopyRows::statement(std::string_view table) {
  return fmt::format(
      "COPY {} (id, project, created_at, content_hash, platform, kind, session_id, user_id, model, provider, success, "
      "latency_ms, cost_usd, language, intent, relevance, tags, quality_score, auto_score, prompt_chars, "
      "response_chars, usage, metadata, raw_bytes, record_json, record_zstd) FROM STDIN (FORMAT binary)",
      table);
}

void CopyRows::field(std::string_view bytes) {
  append_big_endian(data_, static_cast<uint32_t>(bytes.size()));
  data_ += bytes;
}

void CopyRows::null() {
  append_big_endian(data_, ~uint32_t{0});
}

void CopyRows::text(std::string_view value) {
  if (value.empty()) return null();
  if (value.find('\0') == std::string_view::npos) return field(value);
  field(pg_text(value));
}

void CopyRows::bytes8(uint64_t value) {
  append_big_endian(data_, uint32_t{8});
  append_big_endian(data_, value);
}

void CopyRows::integer(int64_t value) {
  bytes8(static_cast<uint64_t>(value));
}

void CopyRows::real(double value) {
  bytes8(std::bit_cast<uint64_t>(value));
}

void CopyRows::optional(const std::optional<double>& value) {
  value ? real(*value) : null();
}

void CopyRows::optional(const std::optional<int64_t>& value) {
  value ? integer(*value) : null();
}

// The binary form of jsonb: a version, 1, and the text.
void CopyRows::json(const record::RawJson& value) {
  if (value.empty() || !plain(value.text)) return null();
  append_big_endian(data_, static_cast<uint32_t>(value.text.size() + 1));
  data_ += '\1';
  data_ += value.text;
}

// The binary form of an array of one dimension: dimensions, whether any is null, element type, length, lower bound.
void CopyRows::texts(const std::vector<std::string>& values) {
  if (values.empty()) return null();
  const size_t length_at = data_.size();
  append_big_endian(data_, uint32_t{0});
  for (const uint32_t word : {uint32_t{1}, uint32_t{0}, kTextOid, static_cast<uint32_t>(values.size()), uint32_t{1}})
    append_big_endian(data_, word);
  for (const std::string& value : values) field(pg_text(value));
  std::string length;
  append_big_endian(length, static_cast<uint32_t>(data_.size() - length_at - sizeof(uint32_t)));
  data_.replace(length_at, length.size(), length);
}

Result<RowSizes> CopyRows::add(const Write& write, const record::Interaction& i) {
  record_.clear();
  record::encode(i, record_);
  RowSizes sizes{static_cast<int64_t>(record_.size()), static_cast<int64_t>(record_.size()), false};
  if (record_.size() >= options_.compression_threshold) {
    TRY(zstd_.compress(record_, packed_));
    sizes.compressed = packed_.size() < record_.size();
    if (sizes.compressed) sizes.stored = static_cast<int64_t>(packed_.size());
  }
  append_big_endian(data_, kColumns);
  field(pg_text(i.id));
  field(write.project);
  integer((to_ms(i.created_at.value_or(Time{})) - kEpochMs) * 1000);
  bytes8(write.content_hash);
  field(pg_text(i.platform));
  for (const std::string* const value : {&i.kind, &i.session_id, &i.user_id, &i.model, &i.provider}) text(*value);
  field(std::string_view(i.succeeded() ? "\1" : "\0", 1));
  optional(i.latency_ms);
  optional(i.cost_usd);
  for (const std::string* const value : {&i.language, &i.intent, &i.relevance}) text(*value);
  texts(i.tags);
  optional(i.quality_score);
  optional(i.auto_score);
  optional(i.prompt_chars);
  optional(i.response_chars);
  json(i.usage);
  json(i.metadata);
  append_big_endian(data_, uint32_t{4});
  append_big_endian(data_, static_cast<uint32_t>(record_.size()));
  if (sizes.compressed) {
    null();
    field(packed_);
  } else {
    field(record_);
    null();
  }
  return sizes;
}

void CopyRows::start() {
  data_ = kHeader;
}

// What one huge record needed is not kept for the next ones.
void CopyRows::sent() {
  constexpr size_t kKept = size_t{1} << 20;
  for (std::string* const buffer : {&data_, &record_, &packed_}) {
    if (buffer->capacity() > kKept) *buffer = std::string();
  }
  data_.clear();
}

void CopyRows::finish() {
  data_ += kTrailer;
}

}  // namespace gleaner::store

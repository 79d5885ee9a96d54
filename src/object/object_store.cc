#include "object/object_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::object {
namespace {

constexpr size_t kMaxKeyBytes = 1024;
constexpr size_t kMaxSegmentBytes = 200;  // a file name must hold it
constexpr size_t kMaxMetadataBytes = 2000;
constexpr size_t kMaxContentTypeBytes = 200;

std::unexpected<Error> bad_key(std::string_view key, std::string_view rule) {
  return fail(Code::kInvalidArgument, fmt::format("the object key \"{}\" {}", excerpt(one_line(printable(key))), rule));
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Status check_segment(std::string_view key, std::string_view segment) {
  if (segment.empty()) return bad_key(key, "has an empty segment: no \"/\" at either end, nor two in a row");
  if (segment == "." || segment == "..") return bad_key(key, "has a segment that is \".\" or \"..\"");
  if (segment.size() > kMaxSegmentBytes) {
    return bad_key(key, fmt::format("has a segment of more than {} bytes between two \"/\"", kMaxSegmentBytes));
  }
  return {};
}

bool is_metadata_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// What a header can carry and every server gives back as it was.
bool is_header_text(std::string_view text) {
  if (text.empty() || text.starts_with(' ') || text.ends_with(' ') || text.find("  ") != std::string_view::npos)
    return false;
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

Status check_prefix(std::string_view prefix) {
  if (prefix.size() > kMaxKeyBytes) return bad_key(prefix, fmt::format("is longer than {} bytes", kMaxKeyBytes));
  if (printable(prefix) != prefix) return bad_key(prefix, "is not valid UTF-8");
  if (has_control(prefix)) return bad_key(prefix, "has a control character");
  return {};
}

Status check_key(std::string_view key) {
  if (key.empty()) return fail(Code::kInvalidArgument, "the object key is empty");
  TRY(check_prefix(key));
  for (size_t at = 0; at <= key.size();) {
    const size_t end = std::min(key.find('/', at), key.size());
    TRY(check_segment(key, key.substr(at, end - at)));
    at = end + 1;
  }
  return {};
}

Status check_put(std::string_view key, const PutOptions& options) {
  TRY(check_key(key));
  const std::string& type = options.content_type;
  if (type.empty() || type.size() > kMaxContentTypeBytes || !is_header_text(type)) {
    return fail(Code::kInvalidArgument, "expected a content type of printable ASCII, such as application/gzip");
  }
  size_t bytes = 0;
  for (const auto& [name, value] : options.metadata) {
    bytes += name.size() + value.size();
    if (!is_metadata_name(name)) {
      return fail(Code::kInvalidArgument,
                  fmt::format("expected a metadata name of a-z, 0-9 and \"-\", got \"{}\"", excerpt(printable(name))));
    }
    if (!is_header_text(value)) {
      return fail(Code::kInvalidArgument,
                  fmt::format("the metadata \"{}\" is not printable ASCII with single spaces within", name));
    }
  }
  if (bytes > kMaxMetadataBytes) {
    return fail(Code::kInvalidArgument, fmt::format("the metadata has {} bytes, over {}", bytes, kMaxMetadataBytes));
  }
  const Condition& condition = options.condition;
  if (condition.kind == Condition::Kind::kIfMatch && (condition.etag.empty() || !is_header_text(condition.etag))) {
    return fail(Code::kInvalidArgument, "expected the ETag of an object as the condition");
  }
  return {};
}

Result<Span> resolve(Range range, uint64_t size) {
  const bool to_end = range.length == Range::kToEnd;
  if (range.offset > size || (!to_end && range.length > size - range.offset)) {
    return fail(Code::kInvalidArgument,
                fmt::format("the object has {} bytes, not the {} from byte {} on that were asked for", size,
                            to_end ? "rest" : std::to_string(range.length), range.offset));
  }
  return Span{range.offset, to_end ? size : range.offset + range.length};
}

Result<ObjectInfo> ObjectStore::put(std::string_view key, std::string_view bytes, PutOptions options) {
  options.expected_size = bytes.size();
  TRY_ASSIGN(const auto writer, create(key, std::move(options)));
  TRY(writer->write(bytes));
  return writer->commit();
}

Status ObjectStore::read(std::string_view key, Range range, std::string& out, size_t limit) {
  out.clear();
  if (range.length != Range::kToEnd && range.length > limit) {
    return fail(Code::kTooLarge, fmt::format("{} bytes of {} were asked for, over {}", range.length, key, limit));
  }
  TRY_ASSIGN(const auto reader, open(key, range));
  if (reader->length() > limit) {
    return fail(Code::kTooLarge, fmt::format("{} has {} bytes, over {}", key, reader->length(), limit));
  }
  out.resize(static_cast<size_t>(reader->length()));
  for (size_t done = 0; done < out.size();) {
    auto got = reader->read(out.data() + done, out.size() - done);
    if (!got || *got == 0) out.clear();
    if (!got) return std::unexpected(std::move(got).error());
    if (*got == 0) return fail(Code::kDataLoss, fmt::format("{} ends before it should", key));
    done += *got;
  }
  return {};
}

}  // namespace gleaner::object

#include "object/s3/reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "object/s3/answer.h"

namespace gleaner::object {
namespace {

constexpr uint64_t kStretchBytes = uint64_t{8} << 20;
constexpr size_t kErrorBytes = size_t{64} << 10;  // refusals are longer than a small range

struct Stretch {
  ObjectInfo info;
  std::string bytes;
};

// `length` bytes from `offset` on, fewer where the object ends. `etag` is what it must still have, if not empty.
S3Result<S3Answer> get(S3Client& client, const std::string& key, uint64_t offset, uint64_t length,
                       const std::string& etag) {
  std::vector<NameValue> headers = {{"Range", fmt::format("bytes={}-{}", offset, offset + length - 1)}};
  if (!etag.empty()) headers.emplace_back("If-Match", fmt::format("\"{}\"", etag));
  return client.call({.method = "GET",
                      .key = key,
                      .headers = std::move(headers),
                      .max_answer_bytes = std::max<size_t>(kErrorBytes, static_cast<size_t>(length))});
}

Result<Stretch> check(const S3Answer& answer, const std::string& key, uint64_t offset, uint64_t length) {
  TRY_ASSIGN(ObjectInfo info, info_of(key, answer));
  const bool from_offset = answer.header("content-range").starts_with(fmt::format("bytes {}-", offset));
  // A server may send all there is if that is no more than was asked for.
  if (answer.status == 206 ? !from_offset : offset != 0) {
    return fail(Code::kDataLoss, fmt::format("{}: the store sent other bytes than were asked for", key));
  }
  const uint64_t wanted = std::min(length, info.size - std::min(offset, info.size));
  if (answer.body.size() != wanted) {
    return fail(Code::kDataLoss,
                fmt::format("{}: the store sent {} bytes where {} were asked for", key, answer.body.size(), wanted));
  }
  return Stretch{std::move(info), answer.body};
}

class S3Reader final : public ObjectReader {
 public:
  S3Reader(S3Client& client, Stretch first, Span span)
      : client_(client),
        info_(std::move(first.info)),
        span_(span),
        next_(span.begin),
        stretch_(std::move(first.bytes)) {}

  const ObjectInfo& info() const override { return info_; }
  uint64_t length() const override { return span_.end - span_.begin; }

  Result<size_t> read(char* out, size_t size) override {
    if (next_ == span_.end || size == 0) return size_t{0};
    if (at_ == stretch_.size()) TRY(fetch());
    const size_t taken = std::min(size, stretch_.size() - at_);
    std::memcpy(out, stretch_.data() + at_, taken);
    at_ += taken;
    next_ += taken;
    return taken;
  }

 private:
  Status fetch() {
    const uint64_t length = std::min(kStretchBytes, span_.end - next_);
    auto answer = get(client_, info_.key, next_, length, info_.etag);
    if (!answer) {
      const Code code = answer.error().code;
      const bool replaced = code == Code::kConflict || code == Code::kNotFound || answer.error().status == 416;
      if (replaced) return changed();
      return std::unexpected(Error(std::move(answer).error()));
    }
    if (etag_of(answer->header("etag")) != info_.etag) return changed();
    TRY_ASSIGN(Stretch stretch, check(*answer, info_.key, next_, length));
    if (stretch.bytes.size() != length) return changed();
    stretch_ = std::move(stretch.bytes);
    at_ = 0;
    return {};
  }

  std::unexpected<Error> changed() const {
    return fail(Code::kUnavailable, info_.key + " was replaced or removed while it was read; open it again");
  }

  S3Client& client_;
  const ObjectInfo info_;
  const Span span_;
  uint64_t next_;  // in the object
  std::string stretch_;
  size_t at_ = 0;  // in stretch_
};

// For what no range can be asked for: an empty object, no bytes, or an offset at the end.
Result<std::unique_ptr<ObjectReader>> open_by_head(S3Client& client, const std::string& key, Range range) {
  auto answer = client.call({.method = "HEAD", .key = key});
  if (!answer) return std::unexpected(Error(std::move(answer).error()));
  TRY_ASSIGN(ObjectInfo info, info_of(key, *answer));
  TRY_ASSIGN(const Span span, resolve(range, info.size));
  return std::make_unique<S3Reader>(client, Stretch{std::move(info), ""}, span);
}

}  // namespace

Result<std::unique_ptr<ObjectReader>> open_s3_reader(S3Client& client, const std::string& key, Range range) {
  const uint64_t length = std::min(range.length, kStretchBytes);
  const bool sensible = length > 0 && range.offset < Range::kToEnd - kStretchBytes;
  if (!sensible) return open_by_head(client, key, range);
  auto answer = get(client, key, range.offset, length, "");
  if (!answer && answer.error().status == 416) return open_by_head(client, key, range);
  if (!answer) return std::unexpected(Error(std::move(answer).error()));
  TRY_ASSIGN(Stretch first, check(*answer, key, range.offset, length));
  TRY_ASSIGN(const Span span, resolve(range, first.info.size));
  return std::make_unique<S3Reader>(client, std::move(first), span);
}

}  // namespace gleaner::object

// A conditional request whose answer was lost is the hard case: asked again it fails, because it went through. So a
// refusal that did not come to the first try is believed only when what lies there is not what we sent.
#include "object/s3/upload.h"

#include <algorithm>
#include <deque>
#include <future>
#include <system_error>

#include <fmt/format.h>

#include "base/hash.h"
#include "object/s3/answer.h"
#include "object/s3/md5.h"
#include "object/s3/xml.h"

namespace gleaner::object {
namespace {

constexpr uint64_t kMaxParts = 10'000;
constexpr size_t kMiB = size_t{1} << 20;

struct Part {
  std::string etag;
  std::string md5;
};

size_t part_bytes_for(const PutOptions& put, const S3Options& options) {
  const uint64_t least = (put.expected_size + kMaxParts - 1) / kMaxParts;
  return std::max<size_t>(options.part_bytes, (static_cast<size_t>(least) + kMiB - 1) / kMiB * kMiB);
}

Result<Part> upload_part(S3Client& client, const std::string& key, const std::string& upload_id, size_t number,
                         const std::string& bytes, std::stop_token stop) {
  const auto answer = client.call({.method = "PUT",
                                   .key = key,
                                   .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload_id}},
                                   .body = bytes,
                                   .stop = std::move(stop)});
  if (!answer) return std::unexpected(Error(answer.error()));
  Part part{.etag = etag_of(answer->header("etag")), .md5 = md5(bytes)};
  if (part.etag.empty()) return fail(Code::kDataLoss, fmt::format("part {} of {} got no ETag", number, key));
  if (is_md5_etag(part.etag, *answer) && !part.md5.empty() && part.etag != to_hex(part.md5)) {
    return fail(Code::kDataLoss, fmt::format("the store has other bytes than were sent in part {} of {}", number, key));
  }
  return part;
}

class S3Writer final : public ObjectWriter {
 public:
  S3Writer(S3Client& client, std::string key, PutOptions options)
      : client_(client),
        key_(std::move(key)),
        put_(std::move(options)),
        part_bytes_(part_bytes_for(put_, client.options())) {}

  ~S3Writer() override {
    stop_.request_stop();
    for (auto& part : on_the_way_) part.wait();
    if (!upload_id_.empty() && !committed_) {
      (void)client_.call({.method = "DELETE", .key = key_, .query = {{"uploadId", upload_id_}}, .tries = 2});
    }
  }

  Status write(std::string_view bytes) override {
    if (closed_) return closed();
    while (!bytes.empty()) {
      if (buffer_.size() == part_bytes_) {
        if (Status sent = send_part(); !sent) {
          closed_ = true;
          return sent;
        }
      }
      const size_t taken = std::min(bytes.size(), part_bytes_ - buffer_.size());
      if (upload_id_.empty() && buffer_.capacity() < buffer_.size() + taken) {
        buffer_.reserve(std::min(part_bytes_, std::max(2 * buffer_.capacity(), buffer_.size() + taken)));
      }
      buffer_ += bytes.substr(0, taken);
      bytes.remove_prefix(taken);
    }
    return {};
  }

  Result<ObjectInfo> commit() override {
    if (closed_) return closed();
    closed_ = true;
    auto info = upload_id_.empty() ? put_whole() : put_parts();
    committed_ = info.has_value();
    return info;
  }

 private:
  static std::unexpected<Error> closed() {
    return fail(Code::kInternal, "an object was written to after its commit or an error");
  }

  std::vector<NameValue> object_headers() const {
    std::vector<NameValue> headers = {{"Content-Type", put_.content_type}};
    for (const auto& [name, value] : put_.metadata) headers.emplace_back("x-amz-meta-" + name, value);
    return headers;
  }

  void add_condition(std::vector<NameValue>& headers) const {
    if (put_.condition.kind == Condition::Kind::kIfAbsent) headers.emplace_back("If-None-Match", "*");
    if (put_.condition.kind == Condition::Kind::kIfMatch) {
      headers.emplace_back("If-Match", fmt::format("\"{}\"", put_.condition.etag));
    }
  }

  ObjectInfo info_with(std::string etag, Time modified) const {
    return {key_, size_, std::move(etag), modified, put_.content_type, put_.metadata};
  }

  Result<ObjectInfo> put_whole() {
    size_ = buffer_.size();
    std::vector<NameValue> headers = object_headers();
    add_condition(headers);
    const auto answer = client_.call({.method = "PUT", .key = key_, .headers = std::move(headers), .body = buffer_});
    const std::string sum = to_hex(md5(buffer_));
    if (!answer) return refused(answer.error(), sum);
    std::string etag = etag_of(answer->header("etag"));
    if (is_md5_etag(etag, *answer) && !sum.empty() && etag != sum) {
      return fail(Code::kDataLoss, fmt::format("the store has other bytes than were sent as {}", key_));
    }
    return with_etag(std::move(etag));
  }

  // What lies there, if its ETag is that of what we sent.
  Result<ObjectInfo> refused(S3Failure failure, std::string_view our_etag) {
    // If-Match on what is not there is answered with 404 by some.
    const bool conditional = put_.condition.kind != Condition::Kind::kNone;
    const bool gone = failure.code == Code::kNotFound && failure.s3_code != "NoSuchUpload";
    if (conditional && gone) failure.code = Code::kConflict;
    const bool unsure = failure.tries > 1 && (failure.status == 412 || failure.s3_code == "NoSuchUpload");
    if (unsure && !our_etag.empty()) {
      const auto there = client_.call({.method = "HEAD", .key = key_});
      if (there && etag_of(there->header("etag")) == our_etag) return info_of(key_, *there);
      if (!there && there.error().code != Code::kNotFound) return std::unexpected(Error(there.error()));
    }
    if (failure.code == Code::kConflict) {
      failure.message = put_.condition.kind == Condition::Kind::kIfAbsent ? key_ + " is there already"
                                                                          : key_ + " was changed meanwhile";
    }
    return std::unexpected(Error(std::move(failure)));
  }

  // A server that gives no ETag with the answer is asked for it.
  Result<ObjectInfo> with_etag(std::string etag) {
    if (!etag.empty()) return info_with(std::move(etag), client_.now());
    const auto there = client_.call({.method = "HEAD", .key = key_});
    if (!there) return std::unexpected(Error(there.error()));
    return info_of(key_, *there);
  }

  Status begin_upload() {
    const auto answer =
        client_.call({.method = "POST", .key = key_, .query = {{"uploads", ""}}, .headers = object_headers()});
    if (!answer) return std::unexpected(Error(answer.error()));
    TRY_ASSIGN(upload_id_, required_text(answer->body, "UploadId"));
    return {};
  }

  // The buffer as the next part; waits while as many as may are on the way.
  Status send_part() {
    if (upload_id_.empty()) TRY(begin_upload());
    const size_t number = parts_.size() + on_the_way_.size() + 1;
    if (number > kMaxParts) {
      return fail(Code::kTooLarge, fmt::format("{} would need more than {} parts of {} MiB: say how large it will be",
                                               key_, kMaxParts, part_bytes_ / kMiB));
    }
    if (on_the_way_.size() == client_.options().parallel_parts) TRY(await_part());
    size_ += buffer_.size();
    auto send = [&client = client_, key = key_, id = upload_id_, number, bytes = std::move(buffer_),
                 stop = stop_.get_token()] { return upload_part(client, key, id, number, bytes, stop); };
    buffer_ = {};
    try {
      on_the_way_.push_back(std::async(std::launch::async, std::move(send)));
    } catch (const std::system_error& error) {
      return fail(Code::kUnavailable, fmt::format("no thread to upload with: {}", error.what()));
    }
    buffer_.reserve(part_bytes_);
    return {};
  }

  Status await_part() {
    auto part = on_the_way_.front().get();
    on_the_way_.pop_front();
    if (!part) {
      stop_.request_stop();  // of the others
      return std::unexpected(std::move(part).error());
    }
    parts_.push_back(*std::move(part));
    return {};
  }

  Result<ObjectInfo> put_parts() {
    if (!buffer_.empty()) TRY(send_part());
    while (!on_the_way_.empty()) TRY(await_part());
    TRY(check_condition());
    std::string body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    std::string sums;
    for (size_t i = 0; i < parts_.size(); ++i) {
      body +=
          fmt::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag></Part>", i + 1, escape_xml(parts_[i].etag));
      sums += parts_[i].md5;
    }
    body += "</CompleteMultipartUpload>";
    std::vector<NameValue> headers = {{"Content-Type", "application/xml"}};
    add_condition(headers);
    const auto answer = client_.call({.method = "POST",
                                      .key = key_,
                                      .query = {{"uploadId", upload_id_}},
                                      .headers = std::move(headers),
                                      .body = body,
                                      .success_may_be_error = true});
    if (!answer)
      return refused(answer.error(), sums.empty() ? "" : fmt::format("{}-{}", to_hex(md5(sums)), parts_.size()));
    TRY_ASSIGN(const std::string etag, required_text(answer->body, "ETag"));
    return with_etag(etag_of(etag));
  }

  // The condition goes with the last request, too. Not every store looks at it there, so this leaves an instant open
  // rather than the whole upload.
  Status check_condition() {
    if (put_.condition.kind == Condition::Kind::kNone) return {};
    const auto there = client_.call({.method = "HEAD", .key = key_});
    if (!there && there.error().code != Code::kNotFound) return std::unexpected(Error(there.error()));
    if (put_.condition.kind == Condition::Kind::kIfAbsent) {
      return there ? fail(Code::kConflict, key_ + " is there already") : Status();
    }
    const bool same = there && etag_of(there->header("etag")) == put_.condition.etag;
    return same ? Status() : fail(Code::kConflict, key_ + " was changed meanwhile");
  }

  S3Client& client_;
  const std::string key_;
  const PutOptions put_;
  const size_t part_bytes_;
  std::string buffer_;  // of the part that is being filled
  std::string upload_id_;
  uint64_t size_ = 0;  // of what was handed over
  std::vector<Part> parts_;
  std::deque<std::future<Result<Part>>> on_the_way_;
  std::stop_source stop_;
  bool closed_ = false;
  bool committed_ = false;
};

}  // namespace

std::unique_ptr<ObjectWriter> make_s3_writer(S3Client& client, std::string key, PutOptions options) {
  return std::make_unique<S3Writer>(client, std::move(key), std::move(options));
}

}  // namespace gleaner::object

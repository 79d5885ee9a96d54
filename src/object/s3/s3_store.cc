#include "object/s3/s3_store.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "object/s3/answer.h"
#include "object/s3/reader.h"
#include "object/s3/upload.h"

namespace gleaner::object {
namespace {

constexpr int kMaxRounds = 1000;

// Removes what `find` finds until it finds nothing, and counts it.
Result<uint64_t> clear(const std::string& key, const std::function<Result<std::vector<S3Trace>>()>& find,
                       const std::function<Status(const S3Trace&)>& remove) {
  uint64_t count = 0;
  std::vector<S3Trace> before;
  for (int round = 0; round < kMaxRounds; ++round) {
    TRY_ASSIGN(std::vector<S3Trace> found, find());
    std::erase_if(found, [&key](const S3Trace& trace) { return trace.key != key; });
    if (found.empty()) return count;
    const bool same = std::ranges::equal(found, before, {}, &S3Trace::id, &S3Trace::id);
    if (same) return fail(Code::kUnavailable, key + " is still there after it was erased; ask again");
    for (const S3Trace& trace : found) TRY(remove(trace));
    count += found.size();
    before = std::move(found);
  }
  return fail(Code::kUnavailable, key + " has more versions than can be erased at once; ask again");
}

}  // namespace

Result<std::unique_ptr<S3Store>> S3Store::open(S3Options options, const Clock& clock) {
  TRY_ASSIGN(S3Address address, resolve_address(options));
  return std::unique_ptr<S3Store>(new S3Store(std::move(options), std::move(address), clock));
}

std::string S3Store::describe() const {
  const S3Address& address = client_.address();
  return fmt::format("s3 {}", address.url_of(address.base_path.empty() ? "" : "/" + client_.options().bucket));
}

Result<std::unique_ptr<ObjectWriter>> S3Store::create(std::string_view key, PutOptions options) {
  TRY(check_put(key, options));
  return make_s3_writer(client_, std::string(key), std::move(options));
}

Result<std::unique_ptr<ObjectReader>> S3Store::open(std::string_view key, Range range) {
  TRY(check_key(key));
  return open_s3_reader(client_, std::string(key), range);
}

Result<ObjectInfo> S3Store::head(std::string_view key) {
  TRY(check_key(key));
  auto answer = client_.call({.method = "HEAD", .key = key});
  // The answer to HEAD does not say what is missing: the object, or the bucket.
  if (!answer && answer.error().code == Code::kNotFound) {
    answer = client_.call({.method = "GET", .key = key, .headers = {{"Range", "bytes=0-0"}}});
  }
  if (!answer) return std::unexpected(Error(answer.error()));
  return info_of(key, *answer);
}

Result<ObjectPage> S3Store::list(std::string_view prefix, std::string_view after, size_t limit) {
  TRY(check_prefix(prefix));
  limit = std::clamp<size_t>(limit, 1, kMaxPage);
  std::string start(after);
  // Pages of nothing but keys that are not ours are passed over, though not for ever.
  for (int round = 0; round < kMaxRounds; ++round) {
    std::vector<NameValue> query = {{"list-type", "2"}, {"max-keys", std::to_string(limit)}, {"encoding-type", "url"}};
    if (!prefix.empty()) query.emplace_back("prefix", prefix);
    if (!start.empty()) query.emplace_back("start-after", start);
    const auto answer = client_.call({.method = "GET", .query = std::move(query)});
    if (!answer) return std::unexpected(Error(answer.error()));
    TRY_ASSIGN(S3Page page, parse_page(answer->body));
    if (page.more && page.last_key <= start) return fail(Code::kDataLoss, "the store does not list in order");
    ObjectPage out{.objects = std::move(page.objects), .next = page.more ? page.last_key : ""};
    if (!page.more || !out.objects.empty()) return out;
    start = page.last_key;
  }
  return fail(Code::kUnavailable, fmt::format("among the objects of {} are too many that are not ours", describe()));
}

Status S3Store::remove(std::string_view key) {
  TRY(check_key(key));
  const auto answer = client_.call({.method = "DELETE", .key = key});
  if (!answer && answer.error().code != Code::kNotFound) return std::unexpected(Error(answer.error()));
  return {};
}

Result<uint64_t> S3Store::erase(std::string_view key) {
  TRY(check_key(key));
  const std::string name(key);
  TRY_ASSIGN(const uint64_t uploads, abort_uploads(name));
  TRY_ASSIGN(const uint64_t versions, erase_versions(name));
  return uploads + versions;
}

Result<uint64_t> S3Store::abort_uploads(const std::string& key) {
  const auto find = [&]() -> Result<std::vector<S3Trace>> {
    const auto answer =
        client_.call({.method = "GET",
                      .query = {{"uploads", ""}, {"prefix", key}, {"max-uploads", "1000"}, {"encoding-type", "url"}}});
    if (answer) return parse_uploads(answer->body);
    if (answer.error().s3_code == "NotImplemented") return std::vector<S3Trace>();
    return std::unexpected(Error(answer.error()));
  };
  return clear(key, find, [&](const S3Trace& upload) -> Status {
    const auto answer = client_.call({.method = "DELETE", .key = key, .query = {{"uploadId", upload.id}}});
    if (!answer && answer.error().code != Code::kNotFound) return std::unexpected(Error(answer.error()));
    return {};
  });
}

Result<uint64_t> S3Store::erase_versions(const std::string& key) {
  bool kept = true;  // whether the store knows of versions at all; R2 does not
  const auto find = [&]() -> Result<std::vector<S3Trace>> {
    // Those of this very key come first among those that begin with it.
    const auto answer =
        client_.call({.method = "GET",
                      .query = {{"versions", ""}, {"prefix", key}, {"max-keys", "1000"}, {"encoding-type", "url"}}});
    if (answer) return parse_versions(answer->body);
    kept = answer.error().s3_code != "NotImplemented";
    if (!kept) return std::vector<S3Trace>();
    return std::unexpected(Error(answer.error()));
  };
  const auto count = clear(key, find, [&](const S3Trace& version) -> Status {
    std::vector<NameValue> query;
    if (!version.id.empty()) query.emplace_back("versionId", version.id);
    const auto answer = client_.call({.method = "DELETE", .key = key, .query = std::move(query)});
    if (!answer && answer.error().code != Code::kNotFound) return std::unexpected(Error(answer.error()));
    return {};
  });
  return kept ? count : erase_single(key);
}

Result<uint64_t> S3Store::erase_single(const std::string& key) {
  const auto there = head(key);
  if (!there && there.error().code == Code::kNotFound) return uint64_t{0};
  if (!there) return std::unexpected(there.error());
  TRY(remove(key));
  return uint64_t{1};
}

std::vector<ProbeStep> S3Store::probe() {
  std::vector<ProbeStep> steps;
  if (probe_server(steps)) probe_objects(*this, steps);
  return steps;
}

}  // namespace gleaner::object

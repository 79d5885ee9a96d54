#include "object/s3/answer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "object/s3/xml.h"

namespace gleaner::object {
namespace {

constexpr std::string_view kMetadataPrefix = "x-amz-meta-";

std::unexpected<Error> unexpected_answer(std::string_view reason) {
  return fail(Code::kDataLoss, fmt::format("the answer is not S3's: {}", reason));
}

template <typename Integer>
std::optional<Integer> number_of(std::string_view text) {
  Integer value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// "bytes 0-9/443" says how long the whole is.
std::optional<uint64_t> whole_size(const HttpResponse& response) {
  if (response.status != 206) return number_of<uint64_t>(response.header("content-length"));
  const std::string_view range = response.header("content-range");
  const size_t slash = range.find('/');
  return slash == std::string_view::npos ? std::nullopt : number_of<uint64_t>(range.substr(slash + 1));
}

// As forms encode: "+" is a space.
std::optional<std::string> decode_form(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(std::min(i + 1, text.size()), 2);
    unsigned byte = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || stop != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Result<XmlElement> parse_answer(std::string_view body, std::string_view name) {
  auto root = parse_xml(body);
  if (!root) return unexpected_answer(root.error().message);
  if (root->name != name) return unexpected_answer(fmt::format("expected {}", name));
  return root;
}

Result<std::string> key_of(const XmlElement& root, const XmlElement& entry) {
  const std::string_view text = entry.text_of("Key");
  if (root.text_of("EncodingType") != "url") return std::string(text);
  auto key = decode_form(text);
  if (!key) return unexpected_answer("a key is badly encoded");
  return *std::move(key);
}

Result<std::vector<S3Trace>> parse_traces(std::string_view body, std::string_view name,
                                          std::initializer_list<std::string_view> kinds, std::string_view id) {
  TRY_ASSIGN(const XmlElement root, parse_answer(body, name));
  std::vector<S3Trace> out;
  for (const XmlElement& entry : root.children) {
    if (std::ranges::find(kinds, entry.name) == kinds.end()) continue;
    TRY_ASSIGN(std::string key, key_of(root, entry));
    out.push_back({std::move(key), std::string(entry.text_of(id))});
  }
  return out;
}

}  // namespace

std::string etag_of(std::string_view header) {
  std::string_view etag = trim(header);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) etag = etag.substr(1, etag.size() - 2);
  const bool good = std::ranges::all_of(etag, [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
  return good ? std::string(etag) : "";
}

bool is_md5_etag(std::string_view etag, const HttpResponse& response) {
  const bool encrypted = response.header("x-amz-server-side-encryption").starts_with("aws:") ||
                         !response.header("x-amz-server-side-encryption-customer-algorithm").empty();
  return !encrypted && etag.size() == 32 &&
         std::ranges::all_of(etag, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<Time> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto time = parse_time(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month - kMonths.begin() + 1,
                                           text.substr(5, 2), text.substr(17, 8)));
  return time ? std::optional(*time) : std::nullopt;
}

Result<ObjectInfo> info_of(std::string_view key, const HttpResponse& response) {
  const auto size = whole_size(response);
  if (!size) return unexpected_answer("it does not say how long the object is");
  ObjectInfo info{.key = std::string(key), .size = *size, .etag = etag_of(response.header("etag"))};
  if (info.etag.empty()) return unexpected_answer("it has no ETag");
  info.modified = parse_http_date(response.header("last-modified")).value_or(Time());
  info.content_type = printable(response.header("content-type"));
  for (const auto& [name, value] : response.headers) {
    if (name.starts_with(kMetadataPrefix)) info.metadata[name.substr(kMetadataPrefix.size())] = printable(value);
  }
  return info;
}

Result<S3Page> parse_page(std::string_view body) {
  TRY_ASSIGN(const XmlElement root, parse_answer(body, "ListBucketResult"));
  S3Page page{.more = root.text_of("IsTruncated") == "true"};
  for (const XmlElement& entry : root.children) {
    if (entry.name != "Contents") continue;
    TRY_ASSIGN(page.last_key, key_of(root, entry));
    if (!check_key(page.last_key)) continue;
    const auto size = number_of<uint64_t>(entry.text_of("Size"));
    const auto modified = parse_time(entry.text_of("LastModified"));
    if (!size || !modified) return unexpected_answer("an object is listed without its size or time");
    page.objects.push_back(
        {.key = page.last_key, .size = *size, .etag = etag_of(entry.text_of("ETag")), .modified = *modified});
  }
  if (page.more && page.last_key.empty()) return unexpected_answer("an empty page says that there are more");
  return page;
}

Result<std::vector<S3Trace>> parse_versions(std::string_view body) {
  return parse_traces(body, "ListVersionsResult", {"Version", "DeleteMarker"}, "VersionId");
}

Result<std::vector<S3Trace>> parse_uploads(std::string_view body) {
  return parse_traces(body, "ListMultipartUploadsResult", {"Upload"}, "UploadId");
}

Result<std::string> required_text(std::string_view body, std::string_view child) {
  auto root = parse_xml(body);
  if (!root) return unexpected_answer(root.error().message);
  const std::string_view text = root->text_of(child);
  if (text.empty()) return unexpected_answer(fmt::format("it has no {}", child));
  return std::string(text);
}

}  // namespace gleaner::object

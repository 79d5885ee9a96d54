#include "requests.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <sys/random.h>

namespace gleaner::bench {
namespace {

constexpr std::string_view kIdOpening = R"({"id":")";
constexpr std::string_view kUserOpening = R"({"user":")";
constexpr std::string_view kIdClosing = R"(",)";

constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kDigits[i >> 4], kDigits[i & 15]};
  return pairs;
}();

// What OpenAI's own client for Python says about itself.
constexpr std::string_view kChatHeaders =
    "Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: OpenAI/Python 2.8.1\r\n"
    "X-Stainless-Lang: python\r\nX-Stainless-Package-Version: 2.8.1\r\nX-Stainless-OS: Linux\r\n"
    "X-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\nX-Stainless-Runtime-Version: 3.11.7\r\n"
    "x-stainless-read-timeout: 600\r\nx-stainless-retry-count: 0\r\n";

std::string render_head(const Options& options) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: {}:{}\r\n{}{}Content-Type: {}\r\nContent-Length: ", options.path,
                     options.host, options.port,
                     options.key.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", options.key),
                     options.mode == Mode::kChat ? kChatHeaders : "",
                     options.mode == Mode::kNdjson ? "application/x-ndjson" : "application/json");
}

}  // namespace

UuidSource::UuidSource() {
  // getrandom fails only before the system has booted far enough to run this.
  while (getrandom(state_.data(), sizeof state_, 0) != sizeof state_ || (state_[0] | state_[1]) == 0) {
  }
}

// xoroshiro128++ 1.0 of Blackman and Vigna, https://prng.di.unimi.it/.
uint64_t UuidSource::next() {
  const uint64_t a = state_[0];
  const uint64_t b = state_[1] ^ a;
  const uint64_t out = std::rotl(a + state_[1], 17) + a;
  state_ = {std::rotl(a, 49) ^ b ^ (b << 21), std::rotl(b, 28)};
  return out;
}

void UuidSource::write(char* out) {
  std::array<uint64_t, 2> words{next(), next()};
  std::array<unsigned char, 16> bytes;
  std::memcpy(bytes.data(), words.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>(0x40 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<unsigned char>(0x80 | (bytes[8] & 0x3f));
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    std::memcpy(out, kHexPairs[bytes[i]].data(), 2);
    out += 2;
  }
}

RequestPool::RequestPool(const Options& options, const std::vector<std::string>& records)
    : batch_(options.batch),
      single_(options.mode != Mode::kNdjson),
      with_ids_(options.ids == Ids::kUuid),
      id_opening_(options.mode == Mode::kChat ? kUserOpening : kIdOpening),
      head_(render_head(options)) {
  for (const std::string& record : records) {
    const size_t id_bytes = with_ids_ ? id_opening_.size() + kUuidSize + kIdClosing.size() - 1 : 0;
    sizes_.push_back(record.size() + id_bytes);
    begins_.push_back(text_.size());
    if (single_) text_ += fmt::format("{}{}\r\n\r\n", head_, sizes_.back());
    if (with_ids_) text_ += id_opening_;
    cuts_.push_back(text_.size());
    if (with_ids_) text_ += kIdClosing;
    text_ += std::string_view(record).substr(with_ids_ ? 1 : 0);
    if (!single_) text_ += '\n';
  }
  begins_.push_back(text_.size());
}

void RequestPool::prepare(Request& request) const {
  constexpr size_t kDigitsAndEnd = 24;
  request.head.assign(head_.begin(), head_.end());
  request.head.resize(head_.size() + kDigitsAndEnd);
  request.ids.resize(with_ids_ ? batch_ * kUuidSize : 0);
  const size_t wraps = batch_ / sizes_.size() + 2;
  request.parts.reserve((with_ids_ ? 2 * batch_ : 0) + wraps + 1);
}

void RequestPool::build(Request& request, size_t count) {
  request.first = cursor_;
  request.count = count;
  cursor_ = (cursor_ + count) % sizes_.size();
  for (size_t i = 0; with_ids_ && i < count; ++i) uuids_.write(request.ids.data() + i * kUuidSize);
  request.body_bytes = 0;
  size_t index = request.first;
  for (size_t i = 0; i < count; ++i) {
    request.body_bytes += sizes_[index];
    if (++index == sizes_.size()) index = 0;
  }
  rewind(request);
}

void RequestPool::rewind(Request& request) const {
  request.parts.clear();
  request.next_part = 0;
  if (!single_) add_head(request, request.body_bytes + request.count);
  add_body(request);
}

void RequestPool::add_text(Request& request, size_t begin, size_t end) const {
  request.parts.push_back({const_cast<char*>(text_.data()) + begin, end - begin});
}

void RequestPool::add_head(Request& request, size_t content_length) const {
  char* const digits = request.head.data() + head_.size();
  char* end = std::to_chars(digits, digits + 20, content_length).ptr;
  std::memcpy(end, "\r\n\r\n", 4);
  request.parts.push_back({request.head.data(), static_cast<size_t>(end + 4 - request.head.data())});
}

void RequestPool::add_body(Request& request) const {
  size_t index = request.first;
  size_t from = begins_[index];
  for (size_t i = 0; i < request.count; ++i) {
    if (with_ids_) {
      add_text(request, from, cuts_[index]);
      request.parts.push_back({request.ids.data() + i * kUuidSize, kUuidSize});
      from = cuts_[index];
    }
    ++index;
    if (index < sizes_.size() && i + 1 < request.count) continue;
    add_text(request, from, begins_[index]);
    index = 0;
    from = begins_[0];
  }
}

}  // namespace gleaner::bench

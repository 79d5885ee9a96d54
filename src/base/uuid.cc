#include "base/uuid.h"

#include <array>

#include "base/hash.h"

namespace gleaner {
namespace {

// Random bytes are fetched in blocks: a call into the generator for each id would cost more than the id.
class RandomBlock {
 public:
  void take(unsigned char* out, size_t count) {
    if (pos_ + count > block_.size()) {
      block_ = random_bytes(kBlock);
      pos_ = 0;
    }
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<unsigned char>(block_[pos_++]);
  }

 private:
  static constexpr size_t kBlock = 4096;
  std::string block_;
  size_t pos_ = 0;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string UuidV7Source::mint(Time at) {
  thread_local RandomBlock random;
  std::array<unsigned char, 16> bytes{};
  random.take(bytes.data() + 6, 10);
  const auto ms = static_cast<uint64_t>(to_ms(at));
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(ms >> (8 * (5 - i)));
  bytes[6] = static_cast<unsigned char>(0x70 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<unsigned char>(0x80 | (bytes[8] & 0x3f));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(36, '-');
  size_t pos = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++pos;
    out[pos++] = kDigits[bytes[i] >> 4];
    out[pos++] = kDigits[bytes[i] & 15];
  }
  return out;
}

std::optional<Time> uuid_v7_time(std::string_view id) {
  if (id.size() != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' || id[14] != '7') return {};
  int64_t ms = 0;
  for (size_t i = 0; i < id.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    const int value = hex_value(id[i]);
    if (value < 0) return {};
    if (i < 13) ms = ms << 4 | value;
  }
  return from_ms(ms);
}

}  // namespace gleaner

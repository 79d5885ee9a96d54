#include "privacy/detect/network.h"

#include <algorithm>
#include <array>

#include "privacy/detect/edge.h"

namespace gleaner::privacy {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 30> kVersionWords = {
    "version", "versions", "ver",        "v",         "release",  "released", "build",   "firmware",
    "driver",  "revision", "rev",        "upgrade",   "upgraded", "update",   "updated", "assembly",
    "patch",   "section",  "chapter",    "clause",    "article",  "figure",   "table",   "oid",
    "semver",  "package",  "dependency", "changelog", "sdk",      "runtime"};
// With a number right behind them these name a version or a part of a text, of a private network's numbers too ...
constexpr auto kNumbered = std::to_array<std::string_view>(
    {"openssl", "kernel",  "ios",     "ipados",  "android", "macos",    "windows",   "chrome",  "firefox", "safari",
     "section", "chapter", "clause",  "package", "driver",  "library",  "lib",       "score",   "rev",     "revision",
     "update",  "patch",   "version", "release", "build",   "firmware", "paragraph", "article", "appendix"});
// ... and these may as well stand before the address of a machine.
constexpr auto kPrograms =
    std::to_array<std::string_view>({"nginx", "apache", "python", "java", "node", "php", "mysql", "postgres",
                                     "postgresql", "redis", "mongodb", "perl", "ruby", "curl", "git", "docker"});
constexpr std::array<std::string_view, 24> kAddressWords = {
    "ip",     "ips",     "ipv4",    "address", "addresses", "addr", "host",    "server",
    "subnet", "network", "gateway", "ping",    "ssh",       "dns",  "router",  "listen",
    "proxy",  "client",  "remote",  "connect", "nat",       "peer", "adresse", "адрес"};
constexpr auto kMacWords = std::to_array<std::string_view>(
    {"mac", "macs", "hardware", "ethernet", "bssid", "ether", "physical", "hwaddr", "wifi", "wlan", "bluetooth",
     "lladdr", "device", "adapter", "nic", "arp", "dhcp", "eth0", "interface"});

// Not personal, whoever writes it: loopback, unspecified, broadcast and netmasks, public resolvers.
bool stays(const std::array<unsigned, 4>& octets) {
  constexpr std::array<std::array<unsigned, 4>, 6> kResolvers = {
      {{8, 8, 8, 8}, {8, 8, 4, 4}, {1, 1, 1, 1}, {1, 0, 0, 1}, {9, 9, 9, 9}, {208, 67, 222, 222}}};
  return octets[0] == 127 || octets[0] == 0 || octets[0] == 255 ||
         std::ranges::find(kResolvers, octets) != kResolvers.end();
}

bool is_private(const std::array<unsigned, 4>& octets) {
  return octets[0] == 10 || (octets[0] == 192 && octets[1] == 168) || (octets[0] == 172 && octets[1] / 16 == 1);
}

struct Quad {
  std::array<unsigned, 4> octets{};
  size_t end = 0;
};

std::optional<Quad> read_quad(std::string_view text, size_t at) {
  Quad quad;
  for (size_t part = 0; part < 4; ++part) {
    if (part > 0) {
      if (byte_at(text, at) != '.') return std::nullopt;
      ++at;
    }
    const size_t start = at;
    unsigned value = 0;
    while (at < text.size() && is_digit(text[at]) && at - start < 4) value = value * 10 + unsigned(text[at++] - '0');
    const size_t digits = at - start;
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text[start] == '0')) return std::nullopt;
    quad.octets[part] = value;
  }
  quad.end = at;
  if (!closes(text, at)) return std::nullopt;
  if (byte_at(text, at) == '.' && joins(byte_at(text, at + 1))) return std::nullopt;
  if (byte_at(text, at) == '-' && is_letter(byte_at(text, at + 1))) return std::nullopt;
  return quad;
}

// The end of "/24" if it stands at `at` and is at most `most`, else `at`.
size_t behind_prefix_length(std::string_view text, size_t at, unsigned most) {
  if (byte_at(text, at) != '/') return at;
  size_t end = at + 1;
  unsigned value = 0;
  while (end < text.size() && is_digit(text[end]) && end - at <= 3) value = value * 10 + unsigned(text[end++] - '0');
  return end > at + 1 && value <= most && closes(text, end) && byte_at(text, end) != '/' ? end : at;
}

// What stands before makes it a version ("v1.2.3.4", "glibc-2.31.0.1", "==1.0.0.3", "Chrome/114.0.0.0") or a tail.
bool follows_version_sign(std::string_view text, size_t begin, const Quad& quad) {
  const char before = byte_before(text, begin);
  const char earlier = byte_before(text, begin - (begin > 0 ? 1 : 0));
  switch (before) {
    case '.':
    case '~':
    case '^':
      return true;
    case '-':
      return is_letter(earlier);
    case '@':
      return !is_private(quad.octets) && quad.octets[0] < 32;
    case '/':
      return joins(earlier) && !is_private(quad.octets) && byte_at(text, quad.end) != ':';
    case '=':
      return earlier == '=' || earlier == '~' || earlier == '>' || earlier == '<' || earlier == '!';
    default:
      return false;
  }
}

// "OpenSSL 3.0.2.15", "Section 10.2.1.4", but neither "nginx 10.0.0.5" nor "kernel 10.0.0.5:80".
bool is_numbered(std::string_view text, size_t begin, const Quad& quad) {
  if (byte_before(text, begin) != ' ' || quad.octets[0] == 192 || quad.octets[0] == 172) return false;
  const char behind = byte_at(text, quad.end);
  if (behind == '/' || (behind == ':' && is_digit(byte_at(text, quad.end + 1)))) return false;
  const size_t end = begin - 1;
  size_t first = end;
  while (first > 0 && end - first < 16 && is_letter(text[first - 1])) --first;
  if (joins(byte_before(text, first))) return false;
  const std::string_view word = text.substr(first, end - first);
  const auto is_word = [&](std::string_view wanted) { return std::ranges::equal(word, wanted, {}, lower); };
  return std::ranges::any_of(kNumbered, is_word) ||
         (!is_private(quad.octets) && std::ranges::any_of(kPrograms, is_word));
}

bool is_version(const Passage& passage, size_t begin, const Quad& quad) {
  if (follows_version_sign(passage.text, begin, quad) || is_numbered(passage.text, begin, quad)) return true;
  if (is_private(quad.octets)) return false;
  if (close_word(passage, begin, quad.end, 20, 0, kVersionWords)) {
    // "Version: 6.3.1, IP: 203.0.113.9"
    return !close_word({passage.text, {}, 0}, begin, quad.end, 6, 0, kAddressWords);
  }
  const auto& octets = quad.octets;
  const bool small = std::ranges::all_of(octets, [](unsigned octet) { return octet < 10; });
  const bool round = octets[1] == 0 && octets[2] == 0 && octets[3] == 0;
  if (!small && !round) return false;
  const char behind = byte_at(passage.text, quad.end);
  return behind != '/' && behind != ':' && !close_word(passage, begin, quad.end, 32, 16, kAddressWords);
}

}  // namespace

std::optional<Finding> find_ipv4(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  size_t dot = at + 1;
  while (dot < text.size() && dot < at + 3 && is_digit(text[dot])) ++dot;
  if (byte_at(text, dot) != '.' || !is_digit(byte_at(text, dot + 1)) || !opens(text, at)) return std::nullopt;
  const auto quad = read_quad(text, at);
  if (!quad || stays(quad->octets) || is_version(passage, at, *quad)) return std::nullopt;
  return Finding{at, behind_prefix_length(text, quad->end, 32), Kind::kIpAddress, "IPV4"};
}

namespace {

// What may stand in an IPv6 address: eight groups and the colons between them, or the last two as a dotted quad.
constexpr size_t kLongestIpv6 = 45;

struct Groups {
  size_t count = 0;  // a dotted quad counts as two
  size_t hex_digits = 0;
  std::array<char, 4> first{};
  bool compressed = false;
  bool all_pairs = true;
  bool quad = false;
  std::array<unsigned, 4> octets{};
  size_t end = 0;
};

bool read_tail(std::string_view text, size_t at, Groups& groups) {
  const auto quad = read_quad(text, at);
  if (!quad) return false;
  groups.quad = true;
  groups.octets = quad->octets;
  groups.count += 2;
  groups.end = quad->end;
  return true;
}

// From the first byte of an address to where it ends, of its own accord or because it is none.
std::optional<Groups> read_groups(std::string_view text, size_t at) {
  Groups groups;
  if (text.substr(at, 2) == "::") {
    groups.compressed = true;
    at += 2;
  }
  groups.end = at;
  while (groups.count < 8) {
    const size_t start = at;
    while (at < text.size() && is_hex(text[at]) && at - start < 5) ++at;
    const size_t digits = at - start;
    if (digits == 0) break;
    if (byte_at(text, at) == '.' && is_digit(byte_at(text, at + 1))) {
      if (groups.count > 6 || !read_tail(text, start, groups)) return std::nullopt;
      break;
    }
    if (digits > 4) return std::nullopt;
    if (groups.count == 0) std::copy_n(text.begin() + static_cast<ptrdiff_t>(start), digits, groups.first.begin());
    groups.all_pairs = groups.all_pairs && digits == 2;
    groups.hex_digits += digits;
    ++groups.count;
    groups.end = at;
    if (byte_at(text, at) != ':') break;
    if (byte_at(text, at + 1) == ':') {
      if (groups.compressed) return std::nullopt;
      groups.compressed = true;
      at += 2;
      groups.end = at;
    } else {
      ++at;
    }
  }
  if (byte_at(text, groups.end) == ':' &&
      (is_hex(byte_at(text, groups.end + 1)) || byte_at(text, groups.end + 1) == ':')) {
    return std::nullopt;
  }
  return groups;
}

// Global unicast 2000::/3, unique local fc00::/7, link local fe80::/10, multicast ff00::/8 (RFC 4291, RFC 4193).
bool known_prefix(const std::array<char, 4>& first) {
  if (first[3] == '\0') return false;
  const char high = lower(first[0]);
  const char next = lower(first[1]);
  if (high == '2' || high == '3') return is_digit(first[1]) || is_digit(first[2]);
  return high == 'f' && (next == 'c' || next == 'd' || next == 'e' || next == 'f');
}

bool is_address(const Groups& groups) {
  if (!groups.compressed) return groups.count == 8 && !groups.all_pairs;
  if (groups.count > 7) return false;
  if (groups.quad) return groups.octets[0] != 127 && groups.octets[0] != 0;
  if (groups.count == 0) return false;
  // "a::b" and "1:2::3" stand in code.
  return known_prefix(groups.first) || (groups.count >= 3 && groups.hex_digits >= 8);
}

size_t behind_zone(std::string_view text, size_t at) {
  if (byte_at(text, at) != '%') return at;
  size_t end = at + 1;
  while (end < text.size() && end - at <= 16 && (joins(text[end]) || text[end] == '-')) ++end;
  return end > at + 1 ? end : at;
}

}  // namespace

std::optional<Finding> find_ipv6(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  const char behind = byte_at(text, at + 1);
  if (!is_hex(behind) && behind != ':') return std::nullopt;
  size_t begin = at;
  while (begin > passage.from && (is_hex(text[begin - 1]) || text[begin - 1] == ':')) {
    if (at - --begin > kLongestIpv6) return std::nullopt;
  }
  // "src=::1" begins at its colon, "address:2001:db8::1" behind one.
  if (text[begin] == ':' && byte_at(text, begin + 1) != ':') ++begin;
  if (begin > at || !opens(text, begin)) return std::nullopt;
  if (byte_before(text, begin) == '.' || byte_before(text, begin) == '-') return std::nullopt;
  const auto groups = read_groups(text, begin);
  if (!groups || !is_address(*groups)) return std::nullopt;
  const size_t end = behind_prefix_length(text, behind_zone(text, groups->end), 128);
  if (end <= at || !closes(text, end) || (byte_at(text, end) == '.' && joins(byte_at(text, end + 1))))
    return std::nullopt;
  return Finding{begin, end, Kind::kIpAddress, "IPV6"};
}

namespace {

constexpr size_t kLongestMac = 23;

constexpr bool mac_separator(char c) {
  return c == ':' || c == '-' || c == '.';
}

// Groups of `width` hex digits joined by one kind of separator.
bool even_groups(std::string_view token, size_t width, char separator) {
  for (size_t i = 0; i < token.size(); ++i) {
    const bool between = i % (width + 1) == width;
    if (between ? token[i] != separator : !is_hex(token[i])) return false;
  }
  return true;
}

bool is_mac(std::string_view token) {
  if (token.size() == 14) return even_groups(token, 4, '.');
  if (token.size() != 17 && token.size() != 23) return false;
  return (token[2] == ':' || token[2] == '-') && even_groups(token, 2, token[2]);
}

bool all_one(std::string_view token, char digit) {
  return std::ranges::all_of(token, [digit](char c) { return mac_separator(c) || lower(c) == digit; });
}

// Whether the hex digits around `at` are a pair between ":" or "-", or four between dots: most are not.
bool in_mac_group(std::string_view text, size_t at) {
  size_t begin = at;
  while (begin > 0 && at - begin < 4 && is_hex(text[begin - 1])) --begin;
  size_t end = at;
  while (end < text.size() && end - begin <= 4 && is_hex(text[end])) ++end;
  const char before = byte_before(text, begin);
  const char behind = byte_at(text, end);
  if (end - begin == 2) return before == ':' || before == '-' || behind == ':' || behind == '-';
  return end - begin == 4 && (before == '.' || behind == '.');
}

// "12:30:45:67:89:10" begins like a time; what begins with "00" is more often an old maker's prefix.
bool like_a_time(std::string_view token) {
  return !token.starts_with("00") && token.substr(0, 2) < "24" && token[3] < '6' && token[6] < '6';
}

}  // namespace

std::optional<Finding> find_mac(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (!in_mac_group(text, mac_separator(text[at]) ? at + 1 : at)) return std::nullopt;
  const auto inside = [](char c) { return is_hex(c) || mac_separator(c); };
  size_t begin = at;
  while (begin > passage.from && inside(text[begin - 1])) {
    if (at - --begin > kLongestMac) return std::nullopt;
  }
  while (begin < at && mac_separator(text[begin])) ++begin;
  const char third = byte_at(text, begin + 2);
  if (third != ':' && third != '-' && byte_at(text, begin + 4) != '.') return std::nullopt;
  size_t end = at;
  while (end < text.size() && inside(text[end])) {
    if (++end - begin > kLongestMac + 1) return std::nullopt;
  }
  while (end > begin && mac_separator(text[end - 1])) --end;
  if (end <= at || !opens(text, begin) || !closes(text, end)) return std::nullopt;
  const std::string_view token = text.substr(begin, end - begin);
  if (!is_mac(token) || all_one(token, '0') || all_one(token, 'f')) return std::nullopt;
  // Six two-digit numbers may be a date and a time or a list, three of four joined by dots a version.
  const bool numbers = std::ranges::none_of(token, is_letter);
  const bool doubtful = numbers && (token[2] != ':' || like_a_time(token));
  if (doubtful && !near_word(passage, begin, end, kMacWords)) return std::nullopt;
  return Finding{begin, end, Kind::kMacAddress, token.size() == 23 ? "EUI64" : "MAC48"};
}

}  // namespace gleaner::privacy

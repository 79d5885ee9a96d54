#include "privacy/detect/email.h"

#include <algorithm>
#include <array>
#include <span>

#include "privacy/detect/edge.h"

namespace gleaner::privacy {
namespace {

constexpr size_t kLongestLocal = 128;
constexpr size_t kLongestDomain = 253;

// Two-letter top-level domains: ISO 3166-1 and the few that IANA delegates beside it, sorted.
constexpr std::string_view kCountries =
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd "
    "cf "
    "cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge "
    "gf "
    "gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki "
    "km "
    "kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my "
    "mz "
    "na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se "
    "sg "
    "sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va "
    "vc "
    "ve vg vi vn vu wf ws ye yt za zm zw";

// The longer ones that people have addresses in (IANA root zone), and those kept for examples and local use (RFC 2606,
// RFC 6762); sorted.
constexpr auto kGeneric = std::to_array<std::string_view>(
    {"academy",     "aero",        "agency",     "app",           "arpa",    "art",       "asia",       "bank",
     "berlin",      "biz",         "blog",       "business",      "cafe",    "capital",   "care",       "cat",
     "center",      "cloud",       "club",       "codes",         "com",     "community", "company",    "consulting",
     "coop",        "corp",        "design",     "dev",           "digital", "edu",       "education",  "email",
     "energy",      "engineering", "events",     "example",       "expert",  "finance",   "foundation", "fund",
     "global",      "gov",         "group",      "health",        "home",    "host",      "hospital",   "info",
     "institute",   "int",         "internal",   "international", "invalid", "jobs",      "lan",        "law",
     "legal",       "life",        "live",       "llc",           "local",   "localhost", "ltd",        "management",
     "marketing",   "media",       "medical",    "mil",           "mobi",    "museum",    "name",       "net",
     "network",     "news",        "ngo",        "one",           "online",  "org",       "page",       "partners",
     "photography", "post",        "press",      "pro",           "school",  "science",   "services",   "shop",
     "site",        "social",      "software",   "solutions",     "space",   "store",     "studio",     "support",
     "systems",     "team",        "tech",       "technology",    "tel",     "test",      "today",      "tools",
     "top",         "travel",      "university", "vip",           "website", "wiki",      "work",       "works",
     "world",       "xyz",         "zone"});

// Never a top-level domain: file names and units ("logo@2x.png", "getty@tty1.service") and members in code ("x@a.T").
constexpr auto kFiles = std::to_array<std::string_view>(
    {"astype",  "avif",   "bin",  "conf",   "config",  "css",   "csv",       "data",   "device", "doc",   "docx",
     "dot",     "exe",    "gif",  "html",   "ico",     "ini",   "item",      "java",   "jpeg",   "jpg",   "json",
     "jsx",     "lock",   "log",  "lua",    "map",     "mjs",   "mount",     "path",   "pdf",    "php",   "png",
     "reshape", "scope",  "scss", "self",   "service", "shape", "slice",     "socket", "sql",    "sum",   "svg",
     "swift",   "target", "tar",  "tgz",    "timer",   "toml",  "transpose", "tsx",    "txt",    "value", "values",
     "vue",     "wasm",   "webp", "weight", "xls",     "xlsx",  "xml",       "yaml",   "yml"});

// The scripts that do not mix within a word. A character's first byte says enough: Latin letters beyond ASCII begin
// with C3..CA, and the three-byte letters are those of scripts written without spaces, where an ASCII address may stand
// right behind a word.
enum class Script : uint8_t { kNone, kLatin, kOther, kWide };

Script script(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return is_alnum(text[at]) ? Script::kLatin : Script::kNone;
  if (lead >= 0xc3 && lead <= 0xca) return Script::kLatin;
  if (lead >= 0xcb && lead <= 0xdf) return Script::kOther;
  const auto second = static_cast<unsigned char>(byte_at(text, at + 1));
  // Punctuation and symbols: U+2000..U+2BFF, U+3000..U+303F, full-width forms.
  if (lead == 0xe2 || (lead == 0xe3 && second == 0x80) || (lead == 0xef && second >= 0xb8)) return Script::kNone;
  return lead >= 0xe0 && lead <= 0xef ? Script::kWide : Script::kNone;
}

constexpr bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

size_t character_begin(std::string_view text, size_t end) {
  size_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && continues(text[begin])) --begin;
  return begin;
}

size_t character_end(std::string_view text, size_t begin) {
  size_t end = begin + 1;
  while (end < text.size() && end - begin < 4 && continues(text[end])) ++end;
  return end;
}

// Dots, "_" and the like join letters of any script. The rest of RFC 5322's atext stands around addresses rather than
// in them ("email=a@b.co", "{user}@...").
constexpr bool local_sign(char c) {
  return c == '.' || c == '_' || c == '-' || c == '+' || c == '%' || c == '\'';
}

size_t local_begin(std::string_view text, size_t from, size_t sign) {
  Script seen = Script::kNone;
  size_t begin = sign;
  while (begin > from && sign - begin <= kLongestLocal) {
    const char before = text[begin - 1];
    if (is_digit(before) || local_sign(before)) {
      if (before == '.' && byte_at(text, begin) == '.') break;
      --begin;
      continue;
    }
    const size_t start = character_begin(text, begin);
    const Script here = script(text, start);
    if (start < from || here == Script::kNone || (seen != Script::kNone && here != seen)) break;
    seen = here;
    begin = start;
  }
  while (begin < sign && (text[begin] == '.' || text[begin] == '\'' || text[begin] == '-' || text[begin] == '+'))
    ++begin;
  // In JSON or code inside a text the "n" of "\\n" is no letter.
  const bool escape =
      begin > 0 && begin < sign && text[begin - 1] == '\\' && std::string_view("nrt").contains(text[begin]);
  if (escape) ++begin;
  // "?to=%22name" and "mailto%3Aname": what an escape stands for is no part of it.
  if (begin < sign && text[begin] == '%') begin = std::min(begin + 3, sign);
  return begin;
}

size_t label_end(std::string_view text, size_t begin) {
  Script seen = Script::kNone;
  size_t end = begin;
  while (end < text.size() && end - begin <= 63) {
    if (is_digit(text[end]) || text[end] == '-') {
      ++end;
      continue;
    }
    const Script here = script(text, end);
    if (here == Script::kNone || (seen != Script::kNone && here != seen)) break;
    seen = here;
    end = character_end(text, end);
  }
  while (end > begin && text[end - 1] == '-') --end;
  return end;
}

enum class Plausible : uint8_t { kNo, kPerhaps, kYes };

// A pair at a multiple of three, in a list such as kCountries.
bool is_country(std::string_view label) {
  for (size_t at = 0; at < kCountries.size(); at += 3) {
    if (kCountries[at] == label[0] && kCountries[at + 1] == label[1]) return true;
  }
  return false;
}

Plausible top_level(std::string_view label) {
  if (label.size() < 2 || label.size() > 24) {
    return label.starts_with("xn--") ? Plausible::kYes : Plausible::kNo;
  }
  std::array<char, 24> buffer{};
  std::ranges::transform(label, buffer.begin(), lower);
  const std::string_view name(buffer.data(), label.size());
  if (name.starts_with("xn--") && name.size() > 5) return Plausible::kYes;
  if (static_cast<unsigned char>(name[0]) >= 0x80) return name.size() >= 4 ? Plausible::kYes : Plausible::kNo;
  if (!std::ranges::all_of(name, is_letter)) return Plausible::kNo;
  if (name.size() == 2) return is_country(name) ? Plausible::kYes : Plausible::kNo;
  if (std::ranges::binary_search(kGeneric, name)) return Plausible::kYes;
  return std::ranges::binary_search(kFiles, name) ? Plausible::kNo : Plausible::kPerhaps;
}

// Where the domain ends: behind the last label that is a known top-level domain, so that in "a@b.co.Thanks" the next
// sentence stays; else behind the last that might be one.
size_t domain_end(std::string_view text, size_t begin) {
  size_t known = begin;
  size_t possible = begin;
  size_t at = begin;
  for (bool first = true; at - begin <= kLongestDomain; first = false) {
    if (byte_at(text, at) == '-') break;
    const size_t end = label_end(text, at);
    if (end == at) break;
    if (!first) {
      const Plausible top = top_level(text.substr(at, end - at));
      if (top == Plausible::kYes) known = end;
      possible = top == Plausible::kPerhaps ? end : begin;
      // "a@b.com-1", an address in a made-up id.
      const size_t dash = text.substr(at, end - at).find('-');
      if (dash != std::string_view::npos && top_level(text.substr(at, dash)) == Plausible::kYes) known = at + dash;
    }
    at = end;
    if (byte_at(text, at) != '.') break;
    ++at;
  }
  if (known > begin) return known;
  const char behind = byte_at(text, possible);
  // A call or an index: "x@module.weights(...)".
  return behind == '(' || behind == '[' || behind == '_' ? begin : possible;
}

// Whether the "@" at `at` belongs to "scheme://user:password@host".
bool in_authority(std::string_view text, size_t at) {
  const size_t first = at > kReach ? at - kReach : 0;
  for (size_t i = at; i > first; --i) {
    const char c = text[i - 1];
    if (c == '/') return i >= 3 && text[i - 2] == '/' && text[i - 3] == ':';
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '"' || c == '<' || c == '>' || c == '?' || c == '(')
      return false;
  }
  return false;
}

// "git@github.com:org/repo", "deploy@example.com:/srv/www": where a program logs in.
bool is_remote(std::string_view text, std::string_view local, size_t end) {
  if (local == "git" || local == "hg" || local == "svn") return true;
  return byte_at(text, end) == ':' && (byte_at(text, end + 1) == '/' || byte_at(text, end + 1) == '~');
}

// The end of the command's name if `text` begins with one that logs in elsewhere, else 0.
size_t command_end(std::string_view text, std::span<const std::string_view> commands) {
  for (const std::string_view name : commands) {
    if (text.starts_with(name) && byte_at(text, name.size()) == ' ') return name.size();
  }
  return 0;
}

// "ssh -p 22 deploy@example.com", "rsync -a . deploy@example.com:": the command stands before it on the same line, and
// between them nothing but its options, or whatever it copies.
bool is_command_target(std::string_view text, size_t begin, size_t end) {
  static constexpr auto kLogins =
      std::to_array<std::string_view>({"ssh", "sftp", "mosh", "ssh-copy-id", "autossh", "sshfs"});
  static constexpr auto kCopies = std::to_array<std::string_view>({"scp", "rsync", "git clone", "git remote add"});
  const size_t least = begin > kReach ? begin - kReach : 0;
  size_t line = begin;
  while (line > least && text[line - 1] != '\n' && text[line - 1] != '|' && text[line - 1] != ';') --line;
  for (size_t at = line; at + 4 <= begin; ++at) {
    const char before = byte_before(text, at);
    if (joins(before) || before == '-' || before == '.') continue;
    const std::string_view rest = text.substr(at, begin - at);
    if (byte_at(text, end) == ':' && command_end(rest, kCopies) > 0) return true;
    const size_t name = command_end(rest, kLogins);
    if (name == 0) continue;
    // An option may have a word behind it.
    bool options = true;
    bool option = false;
    for (size_t here = name + 1; here < rest.size() && options;) {
      const std::string_view word = rest.substr(here, rest.find(' ', here) - here);
      const bool dash = word.starts_with('-');
      options = dash || option || word.empty();
      option = dash;
      here += word.size() + 1;
    }
    if (options) return true;
  }
  return false;
}

}  // namespace

std::optional<Finding> find_email(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  const size_t behind = text[at] == '%' ? at + 3 : at + 1;
  if (at <= passage.from || behind >= text.size()) return std::nullopt;
  const auto letter = [](char c) { return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80; };
  const char before = text[at - 1];
  if ((!letter(before) && !local_sign(before)) || before == '.' || !letter(text[behind])) return std::nullopt;
  const size_t begin = local_begin(text, passage.from, at);
  if (begin >= at || at - begin > kLongestLocal) return std::nullopt;
  const size_t end = domain_end(text, behind);
  if (end <= behind || byte_at(text, end) == '@') return std::nullopt;
  // "@scope/name@1.2", "[EMAIL]@example.com", "path/name@host.com": the parts of something else.
  const char outside = byte_before(text, begin);
  if (outside == '@' || outside == ']' || outside == '}' || outside == '$') return std::nullopt;
  if (in_authority(text, begin) || is_remote(text, text.substr(begin, at - begin), end)) return std::nullopt;
  if (is_command_target(text, begin, end)) return std::nullopt;
  return Finding{begin, end, Kind::kEmail, "EMAIL"};
}

}  // namespace gleaner::privacy

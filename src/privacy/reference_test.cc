// The scanner and its detectors against slower ones that share nothing with them: what a second writing of the
// definitions finds and confirms (privacy/testing/reference.h), and a scan that goes byte by byte.
#include "privacy/testing/reference.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "privacy/detect/credential.h"
#include "privacy/detect/crypto_address.h"
#include "privacy/detect/email.h"
#include "privacy/detect/identifier.h"
#include "privacy/detect/network.h"
#include "privacy/detect/payment.h"
#include "privacy/detect/person.h"
#include "privacy/detect/phone.h"
#include "privacy/detect/street.h"
#include "privacy/detect/token.h"
#include "privacy/redactor.h"
#include "privacy/scanner.h"

namespace gleaner::privacy {
namespace {

using Findings = std::vector<Finding>;
using Strings = std::vector<std::string_view>;

Findings scanned(std::string_view text, std::string_view key, KindSet wanted) {
  Findings findings;
  scan(text, key, wanted, findings);
  return findings;
}

std::string printed(std::string_view text, const Findings& findings) {
  std::string out(text);
  for (const Finding& one : findings) {
    out += "\n  " + std::to_string(one.begin) + " " + std::string(info(one.kind).name) + " " + std::string(one.detail) +
           " |" + std::string(text.substr(one.begin, one.end - one.begin)) + "|";
  }
  return out;
}

// ---- texts

// Made by the patterns: "{4d}" is four digits; l and u are letters, m both and digits, w those and "_-", h and H
// hexadecimal digits, o a number up to 259. Digits for "?" are sought with `is`.
struct Patterns {
  Strings patterns;
  bool (*is)(std::string_view) = nullptr;
};

const std::vector<Patterns> kPatterns = {
    {{"{6l}.{2l}@{5l}.com", "{1l}+{3l}@{7l}.co.com.tr", "{4l}_{2l}{2d}@{3l}-x.de", "m\u00fcller@{4l}.b\u00fccher.org",
      "{5l}@{3l}.museum", "{3l}%40{5l}.net", "{7l}@2x.pdf"}},
    {{"4{3d} {4d} {4d} {3d}?", "53{13d}?", "4{3d}-{4d}-{4d}-{3d}?", "2500{11d}?", "37{2d} {6d} {4d}?", "34{12d}?",
      "36{2d}-{6d}-{3d}?", "305{10d}?", "6011 {4d} {4d} {3d}?", "62{2d} {4d} {4d} {4d} {2d}?", "3550{11d}?",
      "9792 {4d} {4d} {3d}?", "2202{11d}?", "50{13d}?", "8600 {4d} {4d} {3d}?", "1{13d}?", "4{17d}?"},
     testing::is_card},
    {{"DE??{18d}", "DE?? {4d} {4d} {4d} {4d} {2d}", "TR??{5d}0{16d}", "TR?? {4d} {1d}0{2d} {4d} {4d} {4d} {2d}",
      "GB??{4u}{14d}", "GB?? {4u} {4d} {4d} {4d} {2d}", "NO?? {4d} {4d} {3d}", "NL??{4u}{10d}", "ES?? {20d}",
      "BE??{12d}", "HU??{24d}", "CH?? {4d} {4d} {4d} {4d} {1d}", "PT??{21d}", "FI?? {4d} {4d} {4d} {2d}"},
     testing::is_iban},
    {{"{1o}.{1o}.{1o}.{1o}", "{1o}.{1o}.{1o}.{1o}/24", "10.{1o}.{1o}.{1o}", "{1d}.{1d}.{1d}.{1d}",
      "{1o}.{1o}.{1o}.7:80"}},
    {{"{2h}:{2h}:{2h}:{2h}:{2h}:{2h}", "{2H}-{2H}-{2H}-{2H}-{2H}-{2H}", "{4h}.{4h}.{4h}", "{4H}.{4H}.{4H}",
      "{2H}:{2H}:{2H}:{2H}:{2H}:{2H}:{2H}:{2H}"}},
    {{"{3d}-{2d}-{4d}"}},
    {{"eyJhbGciOiJIUzI1NiJ9.eyJ{24w}.{43w}", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ{40w}.{80w}"}},
    {{"ghp_{36m}", "npm_{36m}", "hf_{34m}", "AKIA{1u}2{6u}7{7u}", "AIza{34w}k", "glpat-{19w}k", "sk_live_{24m}"}},
    {{"https://{5l}:{12w}@{6l}.org/x", "postgres://{5l}:{12w}@{6l}:5432/db", "redis://{4l}:{9m}!@{6l}.example.com"}},
    {{"1{8d}??", "{9d}??"}, testing::is_turkish_id},
    {{"+90 5{2d} {3d} {2d} {2d}", "+33-6-{2d}-{2d}-{2d}-{2d}", "+44{10d}", "+49 1{2d} {8d}", "+1 (415) 555-{4d}",
      "+{9d}", "+2{8d}", "00{12d}"}},
};

Strings split(std::string_view text) {
  Strings words;
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), words.back().size() + 1))) {
    words.push_back(text.substr(0, text.find(',')));
  }
  return words;
}

// Words that say nothing about what stands beside them, and such as do.
const Strings kPlainWords = split(
    "hello,the,weather,Please,see,\u00fcber,g\u00fcnayd\u0131n,\u043f\u0440\u0438\u0432\u0435\u0442,\u4f60\u597d,"
    "yesterday,"
    "and,thanks.,\U0001f642,because,NASA,xs,if,[EMAIL],42,7,3.14,2024-11-20,10:30,20241120118842,1700000000000,v2");
const Strings kTellingWords = split(
    "card,visa,order,ssn,ip,version,v,tel,phone:,call,ref,id,mac,iban,password:,pass is,token=,Bearer,kimlik,passport,"
    "Mr,My name is Anna,Elena Petrova,12 Baker Street,user,login:, / ,https://,wallet,0xabcdefabcdefabcdef,AB51 ABC,"
    "-----BEGIN PRIVATE KEY-----,2001:db8::8a2e:1,0192f0c1-7e64-7000-8000-2f6a52c1a111,\uff1a,\u5bc6\u7801,1,299");
const Strings kGlue = {"", ", ", "; ", "/", "-", ".", ":", "=", "\"", "(", ") ", "\\n", " | ", "_", "@", "+", "%40"};

class Texts {
 public:
  explicit Texts(uint32_t seed) : random_(seed) {}

  // Values, near misses and words; most of them `apart`, between blanks.
  std::string mixed(const Strings& words, bool apart) {
    std::string text;
    for (size_t count = 1 + below(8); count > 0; --count) {
      std::string piece = below(3) == 0 ? one_of(words) : value();
      const size_t at = below(piece.size());
      if (below(5) == 0 && is_digit(piece[at])) piece[at] = static_cast<char>('0' + below(10));
      text += piece;
      text += !apart || below(8) == 0 ? one_of(kGlue) : below(5) == 0 ? "\n" : " ";
    }
    return text;
  }

  // Of a few different bytes, so that runs of every length cross the borders of blocks.
  std::string bytes() {
    constexpr std::string_view kBytes = "aaaa1118----05_@:=%/wsW ZA.+\\\xc3\x9c\xef\xbc\x9a\xff";
    std::string text(below(260), ' ');
    const size_t some = 1 + below(kBytes.size());
    for (char& c : text) c = kBytes[below(some)];
    return text;
  }

  size_t below(size_t limit) { return random_() % limit; }
  std::string one_of(const Strings& all) { return std::string(all[below(all.size())]); }
  KindSet kinds() {
    KindSet set;
    for (const KindInfo& one : privacy::kinds()) {
      if (below(3) != 0) set.add(one.kind);
    }
    return set;
  }

 private:
  std::string value() {
    const Patterns& kind = kPatterns[below(kPatterns.size())];
    const std::string pattern = one_of(kind.patterns);
    std::string out;
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] != '{') {
        out += pattern[i];
        continue;
      }
      const size_t close = pattern.find('}', i);
      for (int count = std::stoi(pattern.substr(i + 1)); count > 0; --count) out += any(pattern[close - 1]);
      i = close;
    }
    return solved(out, kind.is);
  }

  std::string any(char kind) {
    constexpr std::string_view kAll = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    if (kind == 'o') return std::to_string(below(260));
    const std::string_view set = kind == 'd'   ? kAll.substr(0, 10)
                                 : kind == 'l' ? kAll.substr(10, 26)
                                 : kind == 'u' ? kAll.substr(36, 26)
                                 : kind == 'm' ? kAll.substr(0, 62)
                                 : kind == 'h' ? kAll.substr(0, 16)
                                 : kind == 'H' ? "0123456789ABCDEF"
                                               : kAll;
    return std::string(1, set[below(set.size())]);
  }

  static std::string solved(std::string text, bool (*is)(std::string_view)) {
    const size_t first = text.find('?');
    if (first == text.npos) return text;
    const size_t last = text.rfind('?');
    for (int digits = 0; digits < 100; ++digits) {
      text[first] = static_cast<char>('0' + digits / 10);
      text[last] = static_cast<char>('0' + digits % 10);
      if (is(text)) break;
    }
    return text;
  }

  std::mt19937 random_;
};

// ---- the reference

// A number of eleven digits may pass the checks of two countries, and be a tax number in the other.
bool same(const Finding& wanted, const Finding& found) {
  const auto numbered = [](Kind kind) { return kind == Kind::kTaxId || kind == Kind::kHealthId; };
  return wanted.begin == found.begin && wanted.end == found.end &&
         (wanted.kind == found.kind || (wanted.kind == Kind::kNationalId && numbered(found.kind)));
}

TEST(Reference, WhatStandsAloneIsFound) {
  Texts texts(101);
  size_t compared = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string text = texts.mixed(kPlainWords, true);
    const Findings found = scanned(text, {}, default_kinds());
    for (const Finding& wanted : testing::values_alone(text)) {
      ++compared;
      EXPECT_TRUE(std::ranges::any_of(found, [&](const Finding& one) { return same(wanted, one); }))
          << printed(text, {wanted}) << "\nis not in " << printed(text, found);
    }
  }
  EXPECT_GT(compared, 25000U);
}

void expect_confirmed(std::string_view text, std::string_view key = {}) {
  for (const Finding& one : scanned(text, key, default_kinds())) {
    EXPECT_TRUE(testing::confirmed(text, one).value_or(true)) << printed(text, {one});
  }
}

TEST(Reference, WhatIsFoundIsConfirmed) {
  Texts texts(102);
  for (int round = 0; round < 20000; ++round) {
    expect_confirmed(texts.mixed(kPlainWords, true));
    expect_confirmed(texts.mixed(kTellingWords, texts.below(2) == 0));
  }
}

// ---- the byte-by-byte scan

class PlainScan {
 public:
  PlainScan(std::string_view text, std::string_view key, KindSet wanted) : passage_{text, key, 0}, wanted_(wanted) {}

  Findings run() {
    if (!passage_.key.empty()) {
      if (const auto finding = find_keyed_secret(passage_)) take(*finding);
    }
    for (size_t at = 0; at < passage_.text.size(); ++at) {
      if (at >= passage_.from) wake(at);
    }
    return findings_;
  }

 private:
  using Class = bool (*)(char);
  static bool word(char c) { return is_alnum(c) || c == '_' || c == '-'; }
  static bool dash(char c) { return c == '-'; }
  char byte(size_t at) const { return at < passage_.text.size() ? passage_.text[at] : '\0'; }
  bool is(size_t at, std::string_view what) const { return passage_.text.substr(at, what.size()) == what; }

  // The first of at least `length` bytes of a class.
  bool run_begins(size_t at, size_t length, Class in) const {
    if (at > 0 && in(byte(at - 1))) return false;
    for (size_t i = 0; i < length; ++i) {
      if (!in(byte(at + i))) return false;
    }
    return true;
  }

  bool capital_begins(size_t at) const {
    const auto c = static_cast<unsigned char>(byte(at));
    return (is_upper(byte(at)) || (c >= 0xc3 && c <= 0xd9)) && (at == 0 || !word(byte(at - 1)));
  }

  // Four digits within 24 bytes, or any behind a capital. That some detectors need more is for them to say.
  bool digits_enough(size_t at) const {
    if (at > 0 && is_upper(byte(at - 1))) return true;
    int digits = 0;
    for (size_t i = 0; i < 24; ++i) digits += is_digit(byte(at + i)) ? 1 : 0;
    return digits >= 4;
  }

  void wake(size_t at) {
    const bool long_run = run_begins(at, 16, &word);
    if (run_begins(at, 1, &is_digit)) {
      if (long_run && wake_long_run(at)) return;
      if (digits_enough(at) &&
          ask({&find_iban, &find_card, &find_ipv4, &find_mac, &find_identifier, &find_phone}, at)) {
        return;
      }
      if (wanted_.has(Kind::kAddress) && ask({&find_street}, at)) return;
    }
    if (wake_mark(at)) return;
    if (run_begins(at, 5, &dash) && ask({&find_private_key}, at)) return;
    if (long_run && wake_long_run(at)) return;
    if (wanted_.has(Kind::kName) && capital_begins(at)) ask({&find_person}, at);
  }

  bool wake_mark(size_t at) {
    const char c = byte(at);
    const char before = at > 0 ? byte(at - 1) : '\0';
    if (c == ':' || c == '=') return ask({&find_url_credentials, &find_mac, &find_ipv6, &find_secret}, at);
    if (c == '@' || is(at, "%40")) return ask({&find_email}, at);
    if (c == '/' && before == ' ') return ask({&find_paired_password}, at);
    if (is(at, "\uff1a")) return ask({&find_secret}, at);
    if ((c == 'w' || c == 'W') && at >= 2) {
      const char earlier = byte(at - 2);
      return (before == 's' || before == 'S') && (earlier == 's' || earlier == 'S') && ask({&find_spoken_password}, at);
    }
    return false;
  }

  bool wake_long_run(size_t at) {
    if (ask({&find_token, &find_crypto_address, &find_mac}, behind_escape(at))) return true;
    size_t end = at;
    while (is_hex(byte(end)) || byte(end) == '-') ++end;
    if (end - at < 32 || !stands_alone(passage_.text, at, end)) return false;
    passage_.from = end;
    return true;
  }

  size_t behind_escape(size_t at) const {
    const bool escape = at > 0 && byte(at - 1) == '\\' && (is(at, "n") || is(at, "r") || is(at, "t"));
    return escape ? at + 1 : at;
  }

  bool ask(std::initializer_list<Detector> detectors, size_t at) {
    for (const Detector detector : detectors) {
      const auto finding = detector(passage_, at);
      if (!finding) continue;
      take(*finding);
      return true;
    }
    return false;
  }

  void take(Finding finding) {
    EXPECT_GE(finding.begin, passage_.from) << passage_.text;
    finding.begin = behind_escape(finding.begin);
    EXPECT_LT(finding.begin, finding.end) << passage_.text;
    EXPECT_LE(finding.end, passage_.text.size()) << passage_.text;
    passage_.from = finding.end;
    if (wanted_.has(finding.kind)) findings_.push_back(finding);
  }

  Passage passage_;
  KindSet wanted_;
  Findings findings_;
};

void expect_same(std::string_view text, std::string_view key, KindSet wanted) {
  const Findings fast = scanned(text, key, wanted);
  const Findings plain = PlainScan(text, key, wanted).run();
  EXPECT_TRUE(fast == plain) << printed(text, fast) << "\nbut byte by byte " << printed(text, plain);
}

KindSet every_kind() {
  KindSet set;
  for (const KindInfo& one : kinds()) set.add(one.kind);
  return set;
}

TEST(PlainScan, FindsTheSameInRandomTexts) {
  Texts texts(103);
  const Strings keys = {"", "", "", "password", "content", "user_id", "ssn", "apiKey"};
  for (int round = 0; round < 20000; ++round) {
    const std::string shift(texts.below(80), 'x');
    expect_same(shift + texts.mixed(kTellingWords, texts.below(2) == 0), texts.one_of(keys), texts.kinds());
    expect_same(texts.bytes(), texts.one_of(keys), texts.kinds());
  }
}

// ---- real texts

void for_each_string(const json::Value& value, std::string_view key, auto&& each) {
  if (value.is_string()) each(value.text(), key);
  for (const json::Value& item : value.items()) for_each_string(item, key, each);
  for (const auto& [name, member] : value.members()) for_each_string(member, name, each);
}

// Every line as it stands and, of JSON, every string; the first `limit` bytes of the file.
void expect_same_in_file(const std::string& path, size_t limit) {
  auto reader = LineReader::open(path, size_t{1} << 22);
  ASSERT_TRUE(reader.has_value()) << path;
  LineReader::Line line;
  size_t read = 0;
  while (read < limit && (*reader)->next(line).value_or(false)) {
    read += line.text.size();
    expect_same(line.text, {}, default_kinds());
    expect_confirmed(line.text);
    const auto row = json::parse(line.text);
    if (!row) continue;
    for_each_string(*row, {}, [](std::string_view text, std::string_view key) {
      expect_same(text, key, every_kind());
      expect_confirmed(text, key);
    });
  }
  EXPECT_GT(read, 0U) << path;
}

TEST(PlainScan, FindsTheSameInLabelledTexts) {
  expect_same_in_file(GLEANER_SOURCE_DIR "/tests/data/redaction_cases.jsonl", SIZE_MAX);
}

TEST(PlainScan, FindsTheSameInCorpora) {
  const char* const folder = std::getenv("GLEANER_CORPORA");
  if (folder == nullptr) GTEST_SKIP() << "GLEANER_CORPORA is not set";
  const std::string root(folder);
  for (const char* const file :
       {"en_100_message.jsonl.gz", "prompt_lottery_en_250_text.jsonl", "realistic_seed_data.json"})
    expect_same_in_file(root + "/01c-open-assistant-trees-en100/" + file, SIZE_MAX);
  expect_same_in_file(root + "/03a-n8n-zie619/workflows.jsonl.gz", 2'000'000);
  expect_same_in_file(root + "/07a-vcr-otel-python-contrib/exchanges.jsonl.gz", SIZE_MAX);
}

}  // namespace
}  // namespace gleaner::privacy

#include "enrich/language.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "enrich/language_chat_words.h"
#include "enrich/language_letters.h"
#include "enrich/language_table.h"
#include "enrich/language_words.h"

namespace gleaner::enrich {
namespace {

constexpr size_t kFirstWords = 3;

// More adds nothing to the answer.
constexpr size_t kEnoughLetters = 400;
// Nor where so many leave no doubt: what the first language is ahead of the second, in units of kLanguageUnit.
constexpr size_t kSureLetters = 64;
constexpr int32_t kSureLead = 400;

// A writing with one language that is known here, and how often text in it is in that language.
struct Alone {
  Writing writing;
  std::string_view code;
  double confidence;
};
constexpr std::array kAlone = std::to_array<Alone>({
    {Writing::kGreek, "el", 0.99},    {Writing::kArmenian, "hy", 0.99}, {Writing::kHebrew, "he", 0.97},
    {Writing::kThaana, "dv", 0.99},   {Writing::kBengali, "bn", 0.95},  {Writing::kGurmukhi, "pa", 0.99},
    {Writing::kGujarati, "gu", 0.99}, {Writing::kOdia, "or", 0.99},     {Writing::kTamil, "ta", 0.99},
    {Writing::kTelugu, "te", 0.99},   {Writing::kKannada, "kn", 0.97},  {Writing::kMalayalam, "ml", 0.99},
    {Writing::kSinhala, "si", 0.99},  {Writing::kThai, "th", 0.99},     {Writing::kLao, "lo", 0.99},
    {Writing::kTibetan, "bo", 0.9},   {Writing::kMyanmar, "my", 0.95},  {Writing::kGeorgian, "ka", 0.98},
    {Writing::kEthiopic, "am", 0.85}, {Writing::kKhmer, "km", 0.99},    {Writing::kHangul, "ko", 0.99},
    {Writing::kKana, "ja", 0.99},
});

// How much a letter says about which writing a text is in. Names and terms in Latin letters stand in text of every
// other writing, hardly ever the other way round; a Han character or a Hangul syllable is worth some letters.
double letter_weight(Writing writing) {
  switch (writing) {
    case Writing::kLatin:
      return 0.5;
    case Writing::kHan:
    case Writing::kKana:
    case Writing::kHangul:
      return 2;
    default:
      return 1;
  }
}

// What words said lately. Most words of most texts are among a few hundred, and the table that knows about them lies
// all over megabytes that others have pushed out of the caches meanwhile.
class RecentWords {
 public:
  struct Entry {
    uint64_t word = 0;  // its hash
    size_t known = 0;   // n-grams
    LanguageGroup::Scores scores{};
  };

  // Of one thread.
  static RecentWords& own() {
    thread_local RecentWords words;
    return words;
  }

  // `padded` as LanguageGroup::score() takes it.
  const Entry& look_up(const LanguageGroup& group, Writing writing, std::span<const char32_t> padded) {
    const uint64_t hash = keyed_hash64(static_cast<uint64_t>(writing),
                                       {reinterpret_cast<const char*>(padded.data()), padded.size_bytes()});
    Entry& entry = entries_[hash % kEntries];
    if (entry.word != hash) {
      entry.word = hash;
      entry.known = group.score(padded, entry.scores);
    }
    return entry;
  }

 private:
  static constexpr size_t kEntries = 1024;  // 112 kB
  std::vector<Entry> entries_{kEntries};
};

// What the words of one writing say, added up.
struct Sum {
  size_t known = 0;  // n-grams
  std::array<int32_t, kMostLanguages> scores{};
};

// What the words of a text say, by writing.
class Evidence {
 public:
  void add(const LanguageWords::Word& word) {
    letters_[static_cast<size_t>(word.writing)] += word.letters.size();
    total_ += word.letters.size();
    const LanguageGroup* group = LanguageTable::standard().group(word.writing);
    if (group == nullptr) return;
    auto& sum = sums_[static_cast<size_t>(word.writing)];
    if (!sum) sum.emplace();
    const RecentWords::Entry& said = RecentWords::own().look_up(
        *group, word.writing, word.writing == Writing::kHan ? word.letters : padded(word.letters));
    sum->known += said.known;
    for (size_t i = 0; i < said.scores.size(); ++i) sum->scores[i] += said.scores[i];
    if (++words_ <= kFirstWords) first_[words_ - 1] = chat_word(word.letters);
  }

  size_t letters() const { return total_; }
  bool is_sure() const;
  Language judge() const;

 private:
  std::span<const char32_t> padded(std::span<const char32_t> letters) {
    padded_[0] = kWordBoundary;
    std::ranges::copy(letters, padded_.begin() + 1);
    padded_[letters.size() + 1] = kWordBoundary;
    return std::span(padded_).first(letters.size() + 2);
  }

  size_t letters(Writing writing) const { return letters_[static_cast<size_t>(writing)]; }
  int32_t chat_bonus(std::string_view language) const;
  Writing main_writing() const;
  Language among(const LanguageGroup& group, Writing writing) const;

  std::array<size_t, kWritings> letters_{};
  std::array<std::optional<Sum>, kWritings> sums_;
  std::array<char32_t, LanguageWords::kLongest + 2> padded_;
  size_t total_ = 0;
  size_t words_ = 0;  // that the table was asked about
  std::array<ChatWord, kFirstWords> first_{};
};

// In texts so short that a greeting is most of them.
int32_t Evidence::chat_bonus(std::string_view language) const {
  constexpr int32_t kBonus = 112;
  if (words_ > kFirstWords) return 0;
  int32_t bonus = 0;
  for (const ChatWord& word : first_) {
    if (word.code == language && (!word.alone || words_ == 1)) bonus += kBonus;
  }
  return bonus;
}

Writing Evidence::main_writing() const {
  Writing best = Writing::kNone;
  double most = 0;
  const size_t kana = letters(Writing::kKana);
  const size_t han = letters(Writing::kHan);
  // Japanese mixes Han and Kana; Chinese has no Kana but in quotations.
  const bool japanese = kana * 10 >= han && kana > 0;
  for (size_t i = 0; i < kWritings; ++i) {
    const auto writing = static_cast<Writing>(i);
    const size_t counted = letters_[i] + (writing == Writing::kKana && japanese ? han : 0);
    const double weight = static_cast<double>(counted) * letter_weight(writing);
    if (weight <= most) continue;
    most = weight;
    best = writing;
  }
  return best;
}

Language Evidence::among(const LanguageGroup& group, Writing writing) const {
  const Sum& sum = *sums_[static_cast<size_t>(writing)];
  // Any Han character may be Chinese, and Japanese seldom does without Kana for long.
  constexpr int32_t kChinese = 8;
  std::array<int32_t, kMostLanguages> scores = sum.scores;
  const auto languages = group.languages();
  for (size_t i = 0; i < languages.size(); ++i) {
    if (languages[i] == "zh") scores[i] += kChinese * static_cast<int32_t>(letters(writing));
    scores[i] += chat_bonus(languages[i]);
  }
  if (sum.known == 0 && writing != Writing::kHan) return {};
  const auto* const best = std::ranges::max_element(scores.begin(), scores.begin() + languages.size());
  double all = 0;
  for (size_t i = 0; i < languages.size(); ++i) all += std::exp(kLanguageUnit * static_cast<double>(scores[i] - *best));
  constexpr double kSharedWord = 0.6;
  const double sure = words_ == 1 && first_[0].alone ? kSharedWord : 1;
  return {languages[static_cast<size_t>(best - scores.begin())], std::min(sure, 1 / all)};
}

Language Evidence::judge() const {
  const Writing writing = main_writing();
  if (writing == Writing::kNone) return {};
  if (const LanguageGroup* group = LanguageTable::standard().group(writing)) return among(*group, writing);
  const auto* const alone = std::ranges::find(kAlone, writing, &Alone::writing);
  return alone == kAlone.end() ? Language{} : Language{alone->code, alone->confidence};
}

bool Evidence::is_sure() const {
  const Writing writing = main_writing();
  const auto& sum = sums_[static_cast<size_t>(writing)];
  // Which language Han characters are in may show in Kana behind them.
  if (!sum || writing == Writing::kHan) return false;
  const size_t languages = LanguageTable::standard().group(writing)->languages().size();
  int32_t first = std::numeric_limits<int32_t>::min() / 2;
  int32_t second = first;
  for (const int32_t score : std::span(sum->scores).first(languages)) {
    second = std::max(second, std::min(first, score));
    first = std::max(first, score);
  }
  return first - second >= kSureLead;
}

std::vector<std::string_view> all_codes() {
  std::vector<std::string_view> codes(kAlone.size());
  std::ranges::transform(kAlone, codes.begin(), &Alone::code);
  for (size_t i = 0; i < kWritings; ++i) {
    const LanguageGroup* group = LanguageTable::standard().group(static_cast<Writing>(i));
    if (group != nullptr) codes.insert(codes.end(), group->languages().begin(), group->languages().end());
  }
  std::ranges::sort(codes);
  const auto repeated = std::ranges::unique(codes);
  codes.erase(repeated.begin(), repeated.end());
  return codes;
}

}  // namespace

Language detect_language(std::string_view text) {
  Evidence evidence;
  LanguageWords words(truncate_utf8(text, kLanguageBytes));
  LanguageWords::Word word;
  size_t next_look = kSureLetters;
  while (evidence.letters() < kEnoughLetters && words.next(word)) {
    evidence.add(word);
    if (evidence.letters() < next_look) continue;
    if (evidence.is_sure()) break;
    next_look += kSureLetters / 4;
  }
  return evidence.judge();
}

std::span<const std::string_view> detectable_languages() {
  static const std::vector<std::string_view> codes = all_codes();
  return codes;
}

}  // namespace gleaner::enrich

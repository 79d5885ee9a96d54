#include "trainer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gleaner::maker {
namespace {

constexpr char32_t kBoundary = U'_';
// n-grams are candidates if they come that often in so many words.
constexpr size_t kSamplesPerLanguage = 120000;
constexpr uint32_t kRarest = 7;
constexpr double kUnit = 1.0 / 16;  // of the weights in the table
constexpr int kLevels = 26;         // a..z, A..Z
constexpr std::string_view kNames = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

uint64_t mix(uint64_t hash, char32_t letter) {
  hash = (hash ^ letter) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

// Steps grow with the weight: small ones are many and need to be told from nothing.
double weight_of(int level) {
  const int size = std::abs(level);
  return (level < 0 ? -kUnit : kUnit) * ((size * (size + 16) + 5) / 10);
}

int level_of(double weight) {
  int size = 0;
  while (size < kLevels && std::abs(weight) > (weight_of(size) + weight_of(size + 1)) / 2) ++size;
  return weight < 0 ? -size : size;
}

// As people type where the keyboard has no such letters.
Word fold(const Word& word) {
  static const std::map<char32_t, Word> kPlain = [] {
    std::map<char32_t, Word> plain;
    const std::pair<const char32_t*, const char32_t*> rows[] = {{U"a", U"àáâãåāăąǎạảấầẩẫậắằẳẵặ"},
                                                                {U"ae", U"äæ"},
                                                                {U"c", U"çćĉċč"},
                                                                {U"d", U"ďđ"},
                                                                {U"e", U"èéêëēĕėęěẹẻẽếềểễệ"},
                                                                {U"g", U"ĝğġģ"},
                                                                {U"h", U"ĥħ"},
                                                                {U"i", U"ìíîïĩīĭįıỉị"},
                                                                {U"j", U"ĵ"},
                                                                {U"k", U"ķ"},
                                                                {U"l", U"ĺļľŀł"},
                                                                {U"n", U"ñńņňǹ"},
                                                                {U"o", U"òóôõōŏőơọỏốồổỗộớờởỡợ"},
                                                                {U"oe", U"öœ"},
                                                                {U"o", U"ø"},
                                                                {U"r", U"ŕŗř"},
                                                                {U"s", U"śŝşšș"},
                                                                {U"ss", U"ß"},
                                                                {U"t", U"ţťŧțṭ"},
                                                                {U"u", U"ùúûũūŭůűųưụủứừửữự"},
                                                                {U"ue", U"ü"},
                                                                {U"w", U"ŵ"},
                                                                {U"y", U"ýÿŷỳỵỷỹ"},
                                                                {U"z", U"źżž"},
                                                                {U"th", U"þ"},
                                                                {U"d", U"ð"},
                                                                {U"e", U"ə"},
                                                                {U"", U"\u0307"}};
    for (const auto& [to, from] : rows) {
      for (const char32_t* c = from; *c != 0; ++c) plain[*c] = to;
    }
    return plain;
  }();
  Word out;
  for (const char32_t c : word) {
    const auto found = kPlain.find(c);
    if (found == kPlain.end())
      out.push_back(c);
    else
      out += found->second;
  }
  return out;
}

Word fold_bare(const Word& word) {
  Word out;
  for (const char32_t c : word) {
    out += c == U'ä' ? Word(U"a") : c == U'ö' ? Word(U"o") : c == U'ü' ? Word(U"u") : fold(Word(1, c));
  }
  return out;
}

Word typed(const Word& word, int typing) {
  return typing == 0 ? word : typing == 1 ? fold_bare(word) : fold(word);
}

// The exponential function for x <= 0, to five digits. The C library's differs between machines in the last bit, and
// the table with it.
float exponential(float x) {
  if (x < -60) return 0;
  const double turns = static_cast<double>(x) * 1.4426950408889634;
  const double whole = std::floor(turns);
  const double y = (turns - whole) * 0.6931471805599453;
  const double part = 1 + y * (1 + y * (1.0 / 2 + y * (1.0 / 6 + y * (1.0 / 24 + y * (1.0 / 120 + y / 720)))));
  return static_cast<float>(std::ldexp(part, static_cast<int>(whole)));
}

// How often a language is trained on, and so how likely it is taken to be before a word is seen.
double share(std::string_view code) {
  if (std::string_view("en tr ar fr de ru").contains(code)) return 3;
  if (std::string_view("es pt it nl pl zh id vi uk").contains(code)) return 1.5;
  return std::string_view("la eo").contains(code) ? 0.5 : 1;
}

}  // namespace

void GramIndex::reserve(size_t count) {
  slots_.assign(std::bit_ceil(count * 2 + 1), {});
}

void GramIndex::add(uint64_t hash, uint32_t number) {
  size_t at = hash & (slots_.size() - 1);
  while (slots_[at].number != kNone) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = {hash, number};
}

uint32_t GramIndex::find(uint64_t hash) const {
  size_t at = hash & (slots_.size() - 1);
  while (slots_[at].number != kNone && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
  return slots_[at].number;
}

Trainer::Trainer(const GroupPlan& plan, const std::string& counts_folder)
    : plan_(plan), random_(20240501), english_(plan.languages.size()) {
  for (const std::string& code : plan.languages) {
    if (code == "en") english_ = words_.size();
    std::vector<Words>& sources = words_.emplace_back();
    for (size_t at = 0; at < code.size(); at += 3)
      sources.emplace_back(counts_folder + "/" + code.substr(at, 2) + ".txt");
    shares_.push_back((shares_.empty() ? 0 : shares_.back()) + share(code.substr(0, 2)));
  }
}

Word Trainer::draw_word(size_t language, bool rare) {
  const std::vector<Words>& sources = words_[language];
  const Words& words = sources.size() > 1 && random_.chance(0.25) ? sources[1] : sources[0];
  for (int attempt = 0;; ++attempt) {
    Word word = words.draw(random_);
    if (!rare || word.size() > 4 || attempt > 20 || random_.chance(0.3) || plan_.longest_gram == 1) return word;
  }
}

int Trainer::draw_typing() {
  if (english_ == plan_.languages.size() || !random_.chance(0.1)) return 0;
  return random_.chance(0.4) ? 2 : 1;
}

Trainer::Example Trainer::draw_example() {
  Example example;
  example.language =
      static_cast<size_t>(std::ranges::upper_bound(shares_, random_.uniform() * shares_.back()) - shares_.begin());
  size_t count = 1;
  if (!random_.chance(0.45)) count = random_.chance(0.45) ? 2 : 3 + random_.below(8);
  const bool rare = count < 3 && random_.chance(0.7);
  const int typing = draw_typing();
  for (size_t i = 0; i < count; ++i) {
    const bool borrowed = count > 2 && english_ < plan_.languages.size() && random_.chance(0.05);
    const Word word = draw_word(borrowed ? english_ : example.language, rare);
    example.words.push_back(typed(word, typing));
  }
  return example;
}

void Trainer::find_grams(const Example& example, std::vector<uint32_t>& found) const {
  found.clear();
  Word padded;
  for (const Word& word : example.words) {
    if (plan_.longest_gram > 1)
      padded.assign(1, kBoundary);
    else
      padded.clear();
    padded += word;
    if (plan_.longest_gram > 1) padded.push_back(kBoundary);
    for (size_t start = 0; start < padded.size(); ++start) {
      uint64_t hash = 0;
      for (size_t n = 0; n < plan_.longest_gram && start + n < padded.size(); ++n) {
        hash = mix(hash, padded[start + n]);
        const uint32_t gram = index_.find(hash);
        if (gram != GramIndex::kNone) found.push_back(gram);
      }
    }
  }
}

void Trainer::choose_grams() {
  struct Seen {
    Word gram;
    uint32_t count = 0;
  };
  std::unordered_map<uint64_t, Seen> seen;
  const size_t samples = plan_.languages.size() * kSamplesPerLanguage;
  for (size_t i = 0; i < samples; ++i) {
    const size_t language = i % plan_.languages.size();
    Word padded = typed(draw_word(language, true), draw_typing());
    if (plan_.longest_gram > 1) padded = kBoundary + padded + kBoundary;
    for (size_t start = 0; start < padded.size(); ++start) {
      uint64_t hash = 0;
      for (size_t n = 0; n < plan_.longest_gram && start + n < padded.size(); ++n) {
        hash = mix(hash, padded[start + n]);
        if (n == 0 && padded[start] == kBoundary) continue;
        Seen& one = seen[hash];
        if (one.count++ == 0) one.gram = padded.substr(start, n + 1);
      }
    }
  }
  std::map<Word, uint32_t> chosen;
  for (const auto& [hash, one] : seen) {
    if (one.count >= kRarest) chosen.emplace(one.gram, one.count);
  }
  index_.reserve(chosen.size());
  for (const auto& [gram, count] : chosen) {
    uint64_t hash = 0;
    for (const char32_t c : gram) hash = mix(hash, c);
    index_.add(hash, static_cast<uint32_t>(grams_.size()));
    grams_.push_back(gram);
    frequency_.push_back(static_cast<float>(count) / static_cast<float>(samples));
  }
  weights_.resize(grams_.size() * plan_.languages.size());
  squares_.resize(weights_.size());
  masked_.resize(weights_.size());
}

// Scores, then turns `scores` into the gradient of the loss by each; gives whether the best was right.
bool Trainer::gradients(const std::vector<uint32_t>& found, size_t language, std::vector<float>& scores) const {
  std::ranges::fill(scores, 0.0F);
  for (const uint32_t gram : found) {
    const float* row = &weights_[gram * scores.size()];
    for (size_t l = 0; l < scores.size(); ++l) scores[l] += row[l];
  }
  const auto best = std::ranges::max_element(scores);
  const bool right = best - scores.begin() == static_cast<std::ptrdiff_t>(language);
  const float top = *best;
  float sum = 0;
  for (float& score : scores) sum += score = exponential(score - top);
  for (float& score : scores) score /= sum;
  scores[language] -= 1;
  return right;
}

void Trainer::descend(const std::vector<uint32_t>& found, const std::vector<float>& slopes, double rate) {
  constexpr float kFlat = 2e-3F;
  std::vector<std::pair<size_t, float>> steep;
  for (size_t l = 0; l < slopes.size(); ++l) {
    if (std::abs(slopes[l]) > kFlat) steep.emplace_back(l, slopes[l]);
  }
  for (const uint32_t gram : found) {
    for (const auto& [language, slope] : steep) {
      const size_t at = gram * slopes.size() + language;
      if (masked_[at] != 0) continue;
      squares_[at] += slope * slope;
      weights_[at] -= static_cast<float>(rate) * slope / std::sqrt(squares_[at] + 1e-2F);
    }
  }
}

void Trainer::learn(size_t examples, double rate) {
  std::vector<float> scores(plan_.languages.size());
  std::vector<uint32_t> found;
  std::array<size_t, 3> right{};
  std::array<size_t, 3> all{};
  for (size_t i = 0; i < examples; ++i) {
    const Example example = draw_example();
    find_grams(example, found);
    const size_t kind = std::min(example.words.size(), all.size()) - 1;
    ++all[kind];
    right[kind] += gradients(found, example.language, scores) ? 1 : 0;
    if (rate > 0) descend(found, scores, rate);
  }
  std::fprintf(stderr, "%s, %zu bytes:", plan_.name.c_str(), text_bytes());
  for (size_t kind = 0; kind < all.size(); ++kind) {
    std::fprintf(stderr, " %.2f%%",
                 100.0 * static_cast<double>(right[kind]) / static_cast<double>(std::max<size_t>(all[kind], 1)));
  }
  std::fprintf(stderr, " of words, pairs and longer\n");
}

int Trainer::level(size_t gram, size_t language) const {
  return level_of(weights_[gram * plan_.languages.size() + language]);
}

size_t Trainer::line_bytes(size_t gram, size_t pairs) const {
  return to_utf8(grams_[gram]).size() + 2 + std::min(2 * pairs, 1 + plan_.languages.size());
}

size_t Trainer::text_bytes() const {
  size_t bytes = 0;
  for (size_t gram = 0; gram < grams_.size(); ++gram) {
    size_t pairs = 0;
    for (size_t l = 0; l < plan_.languages.size(); ++l) pairs += level(gram, l) != 0 ? 1 : 0;
    if (pairs > 0) bytes += line_bytes(gram, pairs);
  }
  return bytes;
}

// A weight matters by how much it moves a score times how often; a line of its own costs more than a pair on a line.
void Trainer::prune(size_t bytes) {
  const size_t languages = plan_.languages.size();
  std::vector<float> worth(weights_.size());
  for (size_t at = 0; at < weights_.size(); ++at) {
    const float w = std::abs(weights_[at]);
    worth[at] = w < kUnit ? 0.0F : w * w * frequency_[at / languages];
  }
  const auto size_above = [&](float floor) {
    size_t total = 0;
    for (size_t gram = 0; gram < grams_.size(); ++gram) {
      size_t pairs = 0;
      for (size_t l = 0; l < languages; ++l) pairs += worth[gram * languages + l] > floor ? 1 : 0;
      if (pairs > 0) total += line_bytes(gram, pairs);
    }
    return total;
  };
  float low = 0, high = *std::ranges::max_element(worth);
  if (size_above(0) > bytes) {
    for (int i = 0; i < 30; ++i) {
      const float middle = low == 0 ? high / 1024 : std::sqrt(low * high);
      (size_above(middle) > bytes ? low : high) = middle;
      if (low == 0 && high < 1e-12F) break;
    }
  } else {
    high = 0;
  }
  for (size_t at = 0; at < weights_.size(); ++at) {
    if (worth[at] > high) continue;
    masked_[at] = 1;
    weights_[at] = 0;
  }
}

void Trainer::train() {
  constexpr size_t kTest = 200000;
  const auto millions = [this](double share) { return static_cast<size_t>(plan_.million_examples * share * 1e6); };
  choose_grams();
  learn(millions(0.5), 0.1);
  for (const double over : {4.0, 2.0, 1.4}) {
    prune(static_cast<size_t>(over * static_cast<double>(plan_.kept_bytes)));
    learn(millions(0.1), 0.1);
  }
  prune(plan_.kept_bytes);
  learn(millions(0.2), 0.05);
  for (size_t at = 0; at < weights_.size(); ++at) weights_[at] = static_cast<float>(weight_of(level_of(weights_[at])));
  learn(kTest, 0);
}

std::vector<std::string> Trainer::lines() const {
  std::vector<std::string> out;
  for (size_t gram = 0; gram < grams_.size(); ++gram) {
    std::string pairs;
    std::string row = "=";
    for (size_t l = 0; l < plan_.languages.size(); ++l) {
      const int size = level(gram, l);
      const char letter = static_cast<char>(size > 0 ? 'A' + size - 1 : size < 0 ? 'a' - size - 1 : '.');
      row.push_back(letter);
      if (size != 0) pairs += {kNames[l], letter};
    }
    if (!pairs.empty()) out.push_back(to_utf8(grams_[gram]) + " " + (pairs.size() <= row.size() ? pairs : row));
  }
  std::ranges::sort(out);
  return out;
}

std::string Trainer::legend() const {
  std::string out;
  for (size_t l = 0; l < plan_.languages.size(); ++l) {
    out += (l == 0 ? "" : " ") + std::string(1, kNames[l]) + "=" + plan_.languages[l].substr(0, 2);
  }
  return out;
}

}  // namespace gleaner::maker

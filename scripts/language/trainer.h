// Multinomial logistic regression over the n-grams of words, made sparse: which (n-gram, language) weights are kept is
// decided by training, dropping the ones that matter least, and training on what is left.
//
// One thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "words.h"

namespace gleaner::maker {

struct GroupPlan {
  std::string name;                    // of the writing, and of the file
  std::vector<std::string> languages;  // "hr", or "hr+bs": trained on both, a quarter of the second, called the first
  size_t longest_gram = 5;             // in letters and word boundaries
  size_t kept_bytes = 0;               // how large the table of the group may get as text
  double million_examples = 0;         // to train on
};

// From the hash of an n-gram to its number; a plain open table, as most of the time goes into asking it.
class GramIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  void reserve(size_t count);
  void add(uint64_t hash, uint32_t number);
  uint32_t find(uint64_t hash) const;

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t number = kNone;
  };
  std::vector<Slot> slots_;
};

class Trainer {
 public:
  Trainer(const GroupPlan& plan, const std::string& counts_folder);

  void train();
  // A line per n-gram: the n-gram with "_" for a word boundary, a space, and per language its letter and its weight.
  std::vector<std::string> lines() const;
  std::string legend() const;

 private:
  struct Example {
    size_t language = 0;
    std::vector<Word> words;
  };

  int draw_typing();
  Example draw_example();
  // `rare`: long words more often than they come, as they do among words that stand alone.
  Word draw_word(size_t language, bool rare);
  void choose_grams();
  void find_grams(const Example& example, std::vector<uint32_t>& found) const;
  bool gradients(const std::vector<uint32_t>& found, size_t language, std::vector<float>& scores) const;
  void descend(const std::vector<uint32_t>& found, const std::vector<float>& slopes, double rate);
  // Trains, or with rate 0 only tests; tells on stderr how it went.
  void learn(size_t examples, double rate);
  void prune(size_t bytes);
  size_t line_bytes(size_t gram, size_t pairs) const;
  size_t text_bytes() const;
  int level(size_t gram, size_t language) const;

  const GroupPlan& plan_;
  Random random_;
  std::vector<std::vector<Words>> words_;  // by language, and by source in it
  std::vector<double> shares_;             // running totals of how often each language is trained on
  size_t english_;
  GramIndex index_;
  std::vector<Word> grams_;
  std::vector<float> frequency_;
  // Of grams_ x languages:
  std::vector<float> weights_;
  std::vector<float> squares_;   // of the gradients so far (AdaGrad: Duchi, Hazan, Singer 2011)
  std::vector<uint8_t> masked_;  // 1: this weight is held at 0
};

}  // namespace gleaner::maker

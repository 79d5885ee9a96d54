// A domain profile: what a project's texts are about, written down as patterns. It gives an interaction its tags, its
// relevance, a first score from the shape of the exchange, and an intent. docs/profiles.md has the format.
//
//   high relevance    at least `high_from` distinct high keywords in prompt and response
//   medium            at least `medium_from_high` high ones, or `medium_from_medium` medium ones
//   low               otherwise; none at all in a profile without keywords
//   score             base + a part for each word count reached + a part for the relevance, between 0 and the maximum,
//                     rounded to four decimals
//
// The defaults are those of the collector this comes from, so with match = "anywhere" (plain substring search, as
// there) tags, relevance and score are the same.
//
// Thread contract: immutable once made, safe from any thread. What assess() and explain() return points into the
// profile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "enrich/matcher.h"

namespace gleaner::enrich {

inline constexpr size_t kMaxProfileBytes = size_t{1} << 20;
inline constexpr size_t kMaxPatterns = 10000;
inline constexpr size_t kMaxLabelBytes = 64;  // name of a profile, a tag or an intent

// A tag or an intent and what it is recognised by: patterns by their number in ProfileText::patterns.
struct Label {
  std::string name;
  std::vector<uint32_t> patterns;
};

// Adds to the score from so many words on.
struct LengthBonus {
  int64_t at_least = 0;
  double add = 0;
};

struct ScoreRules {
  double base = 0.5;
  std::vector<LengthBonus> prompt_words = {{5, 0.1}};
  std::vector<LengthBonus> response_words = {{20, 0.1}, {50, 0.1}};
  double relevance_high = 0.2;
  double relevance_medium = 0.1;
  double maximum = 1;
};

// A keyword counts once, however many of its spellings occur.
using Keyword = std::vector<uint32_t>;  // patterns, as in Label

struct RelevanceRules {
  std::vector<Keyword> high;
  std::vector<Keyword> medium;
  int64_t high_from = 3;
  int64_t medium_from_high = 1;
  int64_t medium_from_medium = 3;
};

// A profile as it was written.
struct ProfileText {
  std::string name;
  std::string description;
  Matcher::Mode match = Matcher::Mode::kWord;
  std::vector<std::string> patterns;  // each once; those that only intents use come last
  size_t subject_patterns = 0;        // how many come before those
  RelevanceRules relevance;
  std::vector<Label> tags;  // in the order of the file, as intents
  std::string fallback_tag;
  std::vector<Label> intents;
  ScoreRules score;
};

struct Assessment {
  std::vector<std::string_view> tags;  // in the profile's order; the fallback tag, if there is one, when none matched
  std::string_view relevance;          // "high", "medium", "low", or empty where the profile has no keywords
  double auto_score = 0;               // 0 to 1
  std::string_view intent;             // empty when none matched
};

// Why the assessment came out as it did.
struct Explanation {
  struct Hit {
    std::string_view label;
    std::vector<std::string_view> patterns;
  };
  struct Part {
    std::string what;
    double add = 0;
  };
  Assessment assessment;
  std::vector<Hit> tags;
  std::vector<Hit> intents;  // all that match; the first is taken
  std::vector<Hit> high;     // the label is the keyword's first spelling
  std::vector<Hit> medium;
  size_t prompt_words = 0;
  size_t response_words = 0;
  std::vector<Part> score;  // adds up to auto_score, but for the limits
};

class Profile {
 public:
  // `origin` is the file's name, for messages. Errors: kInvalidArgument, with origin, line, key and what would be
  // right.
  static Result<Profile> parse(std::string_view text, std::string_view origin);

  // Assesses as if the text were `prompt + " " + response`; an intent is looked for in the prompt alone.
  Assessment assess(std::string_view prompt, std::string_view response) const;
  Explanation explain(std::string_view prompt, std::string_view response) const;

  const std::string& name() const { return text_.name; }
  const ProfileText& text() const { return text_; }

 private:
  // What it means that a pattern was found.
  struct Use {
    enum class Kind : uint32_t { kHigh, kMedium, kTag, kIntent };
    Kind kind;
    uint32_t number;  // of the keyword, tag or intent
  };

  explicit Profile(ProfileText text);
  void index_uses();

  // What was found in one exchange.
  struct Tally;
  Tally tally(std::string_view prompt, std::string_view response) const;
  std::string_view relevance_of(const Tally& tally) const;
  template <typename UsePart>
  void for_each_part(const Tally& tally, std::string_view relevance, UsePart use_part) const;
  Assessment make_assessment(const Tally& tally) const;
  template <typename UseUse>
  void for_each_use(const PatternSet& found, UseUse use_use) const;

  ProfileText text_;
  Matcher prompt_matcher_;   // all patterns
  Matcher subject_matcher_;  // those before subject_patterns
  std::vector<Use> uses_;    // of pattern i: from use_begin_[i] to use_begin_[i + 1]
  std::vector<uint32_t> use_begin_;
};

}  // namespace gleaner::enrich

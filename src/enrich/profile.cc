#include "enrich/profile.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace gleaner::enrich {
namespace {

std::span<const std::string> subject_of(const ProfileText& text) {
  return std::span(text.patterns).first(text.subject_patterns);
}

double round4(double value) {
  return std::round(value * 1e4) / 1e4;
}

constexpr uint32_t kNoIntent = ~0U;

}  // namespace

struct Profile::Tally {
  explicit Tally(const ProfileText& text)
      : found(text.patterns.size()),
        tags(text.tags.size()),
        high(text.relevance.high.size()),
        medium(text.relevance.medium.size()) {}

  PatternSet found;  // in prompt or response; what intents alone use, in the prompt
  PatternSet tags;
  PatternSet high;
  PatternSet medium;
  size_t prompt_words = 0;
  size_t response_words = 0;
  uint32_t intent = kNoIntent;
};

Profile::Profile(ProfileText text)
    : text_(std::move(text)),
      prompt_matcher_(text_.patterns, text_.match),
      subject_matcher_(subject_of(text_), text_.match) {
  index_uses();
}

void Profile::index_uses() {
  std::vector<std::vector<Use>> by_pattern(text_.patterns.size());
  const auto enter = [&](const std::vector<uint32_t>& patterns, Use use) {
    for (const uint32_t pattern : patterns) by_pattern[pattern].push_back(use);
  };
  const RelevanceRules& relevance = text_.relevance;
  for (uint32_t i = 0; i < relevance.high.size(); ++i) enter(relevance.high[i], {Use::Kind::kHigh, i});
  for (uint32_t i = 0; i < relevance.medium.size(); ++i) enter(relevance.medium[i], {Use::Kind::kMedium, i});
  for (uint32_t i = 0; i < text_.tags.size(); ++i) enter(text_.tags[i].patterns, {Use::Kind::kTag, i});
  for (uint32_t i = 0; i < text_.intents.size(); ++i) enter(text_.intents[i].patterns, {Use::Kind::kIntent, i});
  for (const std::vector<Use>& uses : by_pattern) {
    use_begin_.push_back(static_cast<uint32_t>(uses_.size()));
    uses_.insert(uses_.end(), uses.begin(), uses.end());
  }
  use_begin_.push_back(static_cast<uint32_t>(uses_.size()));
}

template <typename UseUse>
void Profile::for_each_use(const PatternSet& found, UseUse use_use) const {
  found.for_each([&](size_t pattern) {
    for (uint32_t i = use_begin_[pattern]; i < use_begin_[pattern + 1]; ++i) use_use(pattern, uses_[i]);
  });
}

Profile::Tally Profile::tally(std::string_view prompt, std::string_view response) const {
  Tally tally(text_);
  const Matcher::Scan prompt_scan = prompt_matcher_.find(prompt, tally.found);
  tally.prompt_words = prompt_scan.words;
  for_each_use(tally.found, [&](size_t, Use use) {
    if (use.kind == Use::Kind::kIntent) tally.intent = std::min(tally.intent, use.number);
  });
  tally.response_words = subject_matcher_.find(response, tally.found).words;
  if (prompt_scan.is_open) subject_matcher_.find_across(prompt, response, tally.found);
  for_each_use(tally.found, [&](size_t, Use use) {
    if (use.kind == Use::Kind::kHigh) tally.high.add(use.number);
    if (use.kind == Use::Kind::kMedium) tally.medium.add(use.number);
    if (use.kind == Use::Kind::kTag) tally.tags.add(use.number);
  });
  return tally;
}

std::string_view Profile::relevance_of(const Tally& tally) const {
  const RelevanceRules& rules = text_.relevance;
  if (rules.high.empty() && rules.medium.empty()) return {};
  const int64_t high = tally.high.size();
  if (high >= rules.high_from) return "high";
  if (high >= rules.medium_from_high || tally.medium.size() >= rules.medium_from_medium) return "medium";
  return "low";
}

// Calls `use_part(what, at_least, add)`; at_least is 0 for what counts no words.
template <typename UsePart>
void Profile::for_each_part(const Tally& tally, std::string_view relevance, UsePart use_part) const {
  const ScoreRules& rules = text_.score;
  use_part("base", 0, rules.base);
  for (const LengthBonus& bonus : rules.prompt_words) {
    if (static_cast<int64_t>(tally.prompt_words) >= bonus.at_least) use_part("prompt", bonus.at_least, bonus.add);
  }
  for (const LengthBonus& bonus : rules.response_words) {
    if (static_cast<int64_t>(tally.response_words) >= bonus.at_least) use_part("response", bonus.at_least, bonus.add);
  }
  if (relevance == "high") use_part("relevance high", 0, rules.relevance_high);
  if (relevance == "medium") use_part("relevance medium", 0, rules.relevance_medium);
}

Assessment Profile::make_assessment(const Tally& tally) const {
  Assessment made;
  tally.tags.for_each([&](size_t tag) { made.tags.push_back(text_.tags[tag].name); });
  if (made.tags.empty() && !text_.fallback_tag.empty()) made.tags.push_back(text_.fallback_tag);
  made.relevance = relevance_of(tally);
  double score = 0;
  for_each_part(tally, made.relevance, [&](std::string_view, int64_t, double add) { score += add; });
  made.auto_score = round4(std::clamp(score, 0.0, text_.score.maximum));
  if (tally.intent != kNoIntent) made.intent = text_.intents[tally.intent].name;
  return made;
}

Assessment Profile::assess(std::string_view prompt, std::string_view response) const {
  return make_assessment(tally(prompt, response));
}

Explanation Profile::explain(std::string_view prompt, std::string_view response) const {
  const Tally counted = tally(prompt, response);
  Explanation made;
  made.assessment = make_assessment(counted);
  made.prompt_words = counted.prompt_words;
  made.response_words = counted.response_words;

  PatternSet in_prompt(text_.patterns.size());
  prompt_matcher_.find(prompt, in_prompt);
  const auto hit = [&](const std::vector<uint32_t>& patterns, const PatternSet& found) {
    std::vector<std::string_view> texts;
    for (const uint32_t pattern : patterns) {
      if (found.contains(pattern)) texts.push_back(text_.patterns[pattern]);
    }
    return texts;
  };
  const auto labels = [&](const std::vector<Label>& all, const PatternSet& found, std::vector<Explanation::Hit>& hits) {
    for (const Label& label : all) {
      auto patterns = hit(label.patterns, found);
      if (!patterns.empty()) hits.push_back({label.name, std::move(patterns)});
    }
  };
  const auto keywords = [&](const std::vector<Keyword>& all, std::vector<Explanation::Hit>& hits) {
    for (const Keyword& keyword : all) {
      auto patterns = hit(keyword, counted.found);
      if (!patterns.empty()) hits.push_back({text_.patterns[keyword.front()], std::move(patterns)});
    }
  };
  labels(text_.tags, counted.found, made.tags);
  labels(text_.intents, in_prompt, made.intents);
  keywords(text_.relevance.high, made.high);
  keywords(text_.relevance.medium, made.medium);
  for_each_part(counted, made.assessment.relevance, [&](std::string_view what, int64_t at_least, double add) {
    made.score.push_back({at_least == 0 ? std::string(what) : fmt::format("{} of {} words", what, at_least), add});
  });
  return made;
}

}  // namespace gleaner::enrich

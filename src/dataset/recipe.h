// How a dataset is made: everything that, with the records of the store, decides its bytes. It is written into the
// manifest, and reading it back makes the same dataset. As JSON (docs/datasets.md describes every member):
//
//   {"task":"supervised","filter":{...},"as_of":"2026-11-21T00:00:00.000Z","answers":["corrected"],
//    "pairs":["corrections","thumbs","experiments"],"min_chars":20,"max_tokens":4096,"near_duplicates":0.8,
//    "held_out":["benchmark.jsonl"],"leave_out_personal_data":false,"balance":{"field":"language","shares":{"en":0.5,"tr":0.5}},"sample":1000,
//    "splits":{"train":0.9,"validation":0.05,"test":0.05},"group_by":["session","user","prompt","duplicates"],
//    "stratify":"platform","seed":1,"formats":["openai"],"prices":{"together":0.48},"epochs":3}
//
// Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "dataset/example.h"
#include "dataset/format/format.h"

namespace gleaner::dataset {

// Where preference pairs come from.
enum class PairSource {
  kCorrections,  // the corrected output before the one that was corrected
  kThumbs,       // of answers to the same prompt, one that people approve of before one they do not
  kExperiments,  // of the variants of an experiment on the same prompt, the one that did better
};
std::string_view pair_source_name(PairSource source);

// What must never stand in two splits.
enum class GroupBy { kSession, kUser, kPrompt, kDuplicates };
std::string_view group_by_name(GroupBy group);

struct Split {
  std::string name;
  double share = 0;  // of all; they add up to 1
};

struct Balance {
  std::string field;  // a member of Example::metadata
  std::vector<std::pair<std::string, double>> shares;
};

struct Recipe {
  Task task = Task::kSupervised;
  json::Value filter;         // a record::Condition; null for everything
  std::optional<Time> as_of;  // records and signals from then on do not count
  std::vector<Rule> answers;  // that count; empty for all
  std::vector<PairSource> pairs = {PairSource::kCorrections, PairSource::kThumbs, PairSource::kExperiments};
  int64_t min_chars = 0;         // of the answer's text
  int64_t max_chars = 0;         // the same; 0 for any
  int64_t max_tokens = 0;        // of the example, estimated; 0 for any
  int64_t prompt_prefix = 0;     // examples whose prompts begin with the same so many characters are duplicates; 0: off
  double near_duplicates = 0.8;  // Jaccard similarity from which on, 0.3 to 1; 1: only the same text; 0: all are kept
  std::vector<std::string> held_out;     // files whose texts must not be learned
  bool leave_out_personal_data = false;  // examples in which some is found; else they are only counted
  std::optional<Balance> balance;
  uint64_t sample = 0;  // examples that are picked at random; 0 for all
  std::vector<Split> splits = {{"train", 0.9}, {"validation", 0.05}, {"test", 0.05}};
  std::vector<GroupBy> group_by = {GroupBy::kSession, GroupBy::kUser, GroupBy::kPrompt, GroupBy::kDuplicates};
  std::string stratify;  // a member of Example::metadata; empty: not
  uint64_t seed = 1;
  std::vector<std::string> formats;                    // names of formats; empty: the first one of the task
  std::vector<std::pair<std::string, double>> prices;  // of trainers: USD for a million tokens that are trained on
  int64_t epochs = 1;                                  // how often each token is, for the estimate of the price
};

// Errors: kInvalidArgument, naming the member.
Result<Recipe> parse_recipe(const json::Value& json);
// Every member, in a fixed order: the same recipe gives the same bytes.
std::string encode_recipe(const Recipe& recipe);

// Filters and rules that the products Gleaner replaces used, by name: members of a recipe.
struct Preset {
  std::string_view name;
  std::string_view description;
  std::string_view recipe;  // JSON
};
std::span<const Preset> presets();
// The recipe with the preset's members where it does not say otherwise itself. Errors: kInvalidArgument.
Result<json::Value> with_preset(json::Value recipe, std::string_view preset);

}  // namespace gleaner::dataset

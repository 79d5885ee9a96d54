#include "dataset/gather.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "dataset/example_text.h"
#include "dataset/preference_pairs.h"
#include "privacy/redactor.h"
#include "record/condition.h"

namespace gleaner::dataset {
namespace {

// Only tells things apart, and the same in every run: what is chosen by it must not change.
constexpr uint64_t kHashSeed = 0;
constexpr uint64_t kProgressEvery = 1024;

uint64_t hash_or_none(std::string_view text) {
  return text.empty() ? 0 : keyed_hash64(kHashSeed, text);
}

// Which of two duplicates is worth more: what people improved, then what they approved of, then by scores.
float worth_of(const store::Stored& stored, Rule rule) {
  const record::Verdict& v = stored.verdict;
  float worth = rule == Rule::kDemonstrated || rule == Rule::kCorrected ? 4.0F
                : v.positive()                                          ? 2.0F
                : v.negative()                                          ? -2.0F
                                                                        : 0.0F;
  worth += v.quality() ? 1.0F : 0.0F;
  worth += static_cast<float>(stored.interaction.quality_score.value_or(0)) / 20;
  worth += static_cast<float>(stored.interaction.auto_score.value_or(0)) / 4;
  return worth;
}

std::string text_of(const json::Value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() || value->is_number() ? value->text() : value->dump();
}

class Gatherer {
 public:
  Gatherer(const Recipe& recipe, const GatherOptions& options)
      : recipe_(recipe),
        options_(options),
        builder_({.task = recipe.task, .rules = recipe.answers, .metadata = true}),
        own_builder_({.task = Task::kSupervised, .rules = {Rule::kApproved, Rule::kOriginal}, .metadata = true}) {}

  Result<Gathered> run(store::Store& store) {
    TRY_ASSIGN(out_.file, ExampleFile::create(options_.scratch));
    out_.values.emplace_back();
    TRY_ASSIGN(const std::unique_ptr<store::Scan> scan, store.scan(scan_options()));
    uint64_t walked = 0;
    while (true) {
      TRY_ASSIGN(const bool more, scan->next(stored_));
      if (!more) break;
      out_.report.bytes_read = scan->bytes_seen();
      TRY(add_record());
      if (++walked % kProgressEvery != 0) continue;
      if (options_.on_progress) options_.on_progress(out_.report, out_.candidates.size());
      if (options_.stop && options_.stop()) return fail(Code::kUnavailable, "stopped before all records were read");
    }
    TRY(pairs_.make(*out_.file, [this](const Example& example, const PreferencePairs::Half& chosen) {
      return keep(example, chosen.session, chosen.user, chosen.worth);
    }));
    if (recipe_.task == Task::kPreference) out_.report.left_out[kNoOther] += pairs_.alone();
    if (options_.on_progress) options_.on_progress(out_.report, out_.candidates.size());
    return std::move(out_);
  }

 private:
  static constexpr const char* kNoOther = "no other answer to the same prompt, and no correction";

  // With a time in the past the verdicts that the store keeps are of no use: what is asked of them is asked here.
  store::ScanOptions scan_options() {
    store::ScanOptions scan;
    scan.project = options_.project;
    scan.with_signals = true;
    if (!recipe_.filter.is_null()) static_cast<void>(scan.filter.set_condition(recipe_.filter));  // it was checked
    filter_ = scan.filter;
    if (recipe_.as_of) {
      scan.filter.where = nullptr;
      scan.filter.to = std::min(scan.filter.to.value_or(*recipe_.as_of), *recipe_.as_of);
    }
    return scan;
  }

  bool selects() {
    if (!recipe_.as_of) return true;
    std::vector<record::Signal>& signals = stored_.signals;
    const auto late = [this](const record::Signal& signal) {
      return signal.created_at && *signal.created_at >= *recipe_.as_of;
    };
    if (std::erase_if(signals, late) > 0) stored_.verdict = record::verdict_of(signals);
    return filter_.matches(stored_.interaction, stored_.verdict, stored_.signals);
  }

  Status add_record() {
    if (!selects()) return {};
    ++out_.report.interactions;
    const bool corrections = recipe_.task != Task::kPreference || wants(PairSource::kCorrections);
    examples_.clear();
    auto left_out = LeftOut::kNothingRejected;
    if (corrections) {
      TRY_ASSIGN(left_out, builder_.build(stored_, examples_));
    }
    const uint64_t session = hash_or_none(stored_.interaction.session_id);
    const uint64_t user = hash_or_none(stored_.interaction.user_id);
    for (Example& example : examples_) TRY(keep(example, session, user, worth_of(stored_, example.rule)));
    if (left_out == LeftOut::kNothingRejected) return add_half(session, user);
    if (left_out != LeftOut::kNothing) ++out_.report.left_out[std::string(left_out_name(left_out))];
    return {};
  }

  // An answer that may become one of a pair.
  Status add_half(uint64_t session, uint64_t user) {
    const bool judged = stored_.verdict.positive() || stored_.verdict.negative();
    const bool thumbs = wants(PairSource::kThumbs) && judged;
    const bool experiment = wants(PairSource::kExperiments) && !stored_.interaction.experiment.empty();
    examples_.clear();
    auto left_out = LeftOut::kNoVerdict;
    if (thumbs || experiment) {
      TRY_ASSIGN(left_out, own_builder_.build(stored_, examples_));
    }
    if (left_out != LeftOut::kNothing) {
      ++out_.report.left_out[left_out == LeftOut::kNoVerdict ? kNoOther : std::string(left_out_name(left_out))];
      return {};
    }
    Example& example = examples_.front();
    PreferencePairs::Half half;
    half.prompt = keyed_hash64(kHashSeed, example.prompt);
    half.session = session;
    half.user = user;
    half.worth = worth_of(stored_, example.rule);
    half.thumbs = thumbs ? (stored_.verdict.positive() ? 1 : -1) : 0;
    if (experiment) {
      half.experiment = hash_or_none(stored_.interaction.experiment);
      half.variant = keyed_hash64(kHashSeed, stored_.interaction.variant);
    }
    TRY_ASSIGN(half.place, out_.file->append(example));
    pairs_.add(half);
    return {};
  }

  bool wants(PairSource source) const { return std::ranges::find(recipe_.pairs, source) != recipe_.pairs.end(); }

  // Of the lengths and held-out texts: why not, or nothing.
  const char* refusal(const Example& example) const {
    const auto chars = static_cast<int64_t>(count_characters(trim(text_.answer)));
    if (chars < recipe_.min_chars) return "an answer that is too short";
    if (recipe_.max_chars > 0 && chars > recipe_.max_chars) return "an answer that is too long";
    if (recipe_.max_tokens > 0 && std::cmp_greater(tokens_of(example), recipe_.max_tokens))
      return "more tokens than are allowed";
    if (options_.held_out && (options_.held_out(text_.dialogue) || options_.held_out(text_.answer)))
      return "a text that is held out";
    return nullptr;
  }

  uint64_t tokens_of(const Example& example) const {
    return estimate_tokens(text_.dialogue) + estimate_tokens(text_.answer) + (text_.system_bytes + 3) / 4 +
           estimate_tokens(example.tools) + estimate_tokens(text_.rejected) + kTokensPerMessage * text_.messages;
  }

  // Redaction took out what the project's settings say when the record came; they may have let something pass.
  bool holds_personal_data() {
    bool found = false;
    for (const std::string* const text : {&text_.dialogue, &text_.answer, &text_.rejected}) {
      for (const privacy::Finding& finding : redactor_.find(*text)) {
        ++out_.report.personal_data[std::string(privacy::info(finding.kind).name)];
        found = true;
      }
    }
    out_.report.with_personal_data += found ? 1 : 0;
    return found;
  }

  Status keep(const Example& example, uint64_t session, uint64_t user, float worth) {
    TRY(read_text(example, text_));
    const char* why = refusal(example);
    if (why == nullptr && holds_personal_data() && recipe_.leave_out_personal_data) why = "personal data";
    if (why != nullptr) {
      ++out_.report.left_out[why];
      return {};
    }
    Candidate candidate;
    candidate.session = session;
    candidate.user = user;
    candidate.prompt = keyed_hash64(kHashSeed, std::string_view(text_.dialogue).substr(0, text_.asked));
    if (recipe_.prompt_prefix > 0) {
      const std::string start = ascii_lower(trim(text_.prompt));
      candidate.prefix = keyed_hash64(kHashSeed, first_characters(start, static_cast<size_t>(recipe_.prompt_prefix)));
    }
    candidate.worth = worth;
    candidate.tokens = static_cast<uint32_t>(std::min<uint64_t>(tokens_of(example), UINT32_MAX));
    if (recipe_.balance || !recipe_.stratify.empty()) {
      TRY_ASSIGN(const json::Value metadata, json::parse(example.metadata));
      if (recipe_.balance) candidate.balance = value(text_of(metadata.find(recipe_.balance->field)));
      if (!recipe_.stratify.empty()) candidate.stratum = value(text_of(metadata.find(recipe_.stratify)));
    }
    TRY_ASSIGN(candidate.place, out_.file->append(example));
    ++out_.report.by_rule[std::string(rule_name(example.rule))];
    out_.candidates.push_back(candidate);
    return {};
  }

  uint32_t value(const std::string& text) {
    if (text.empty()) return 0;
    const auto [found, is_new] = indexes_.try_emplace(text, static_cast<uint32_t>(out_.values.size()));
    if (is_new) out_.values.push_back(text);
    return found->second;
  }

  const Recipe& recipe_;
  const GatherOptions& options_;
  ExampleBuilder builder_;
  ExampleBuilder own_builder_;
  PreferencePairs pairs_;
  record::Filter filter_;
  Gathered out_;
  store::Stored stored_;
  std::vector<Example> examples_;  // of the record under way
  ExampleText text_;               // of the example under way
  const Secret no_secret_;         // nothing is replaced, only looked for
  privacy::Redactor redactor_{{.kinds = privacy::default_kinds()}, no_secret_};
  std::unordered_map<std::string, uint32_t> indexes_;
};

}  // namespace

Result<Gathered> gather(store::Store& store, const Recipe& recipe, const GatherOptions& options) {
  Gatherer gatherer(recipe, options);
  return gatherer.run(store);
}

}  // namespace gleaner::dataset

#include "record/signal.h"

#include <algorithm>

#include "base/json.h"

namespace gleaner::record {
namespace {

constexpr std::array<std::string_view, kSignalKindCount> kNames = {
    "thumbs_up", "thumbs_down", "edit", "report",     "rating",     "comment", "like", "x",
    "bookmark",  "share",       "view", "correction", "validation", "review",  "score"};

struct Synonym {
  std::string_view name;
  SignalKind kind;
};

constexpr std::array kSynonyms = {Synonym{"positive", SignalKind::kThumbsUp},
                                  Synonym{"negative", SignalKind::kThumbsDown},
                                  Synonym{"dismiss", SignalKind::kDismiss}, Synonym{"save", SignalKind::kBookmark}};

}  // namespace

std::string_view signal_kind_name(SignalKind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<SignalKind> parse_signal_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found != kNames.end()) return static_cast<SignalKind>(found - kNames.begin());
  const auto* const synonym = std::ranges::find(kSynonyms, name, &Synonym::name);
  if (synonym != kSynonyms.end()) return synonym->kind;
  return {};
}

std::optional<double> signal_number(const Signal& signal) {
  if (signal.value.empty()) return {};
  const auto value = json::parse(signal.value.text);
  if (!value || (!value->is_number() && !value->is_bool())) return {};
  return value->is_bool() ? static_cast<double>(value->as_bool()) : value->as_double();
}

std::optional<bool> signal_passed(const Signal& signal) {
  if (signal.value.empty()) return {};
  auto value = json::parse(signal.value.text);
  if (!value) return {};
  const json::Value* verdict = &*value;
  if (value->is_object()) verdict = value->find("passed");
  if (verdict == nullptr) return {};
  if (verdict->is_bool()) return verdict->as_bool();
  if (verdict->is_number()) return verdict->as_double() > 0;
  const std::string& text = verdict->text();
  if (text == "approved" || text == "passed" || text == "pass") return true;
  if (text == "rejected" || text == "failed" || text == "fail") return false;
  return {};
}

}  // namespace gleaner::record

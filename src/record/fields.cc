#include "record/fields.h"

#include <array>

namespace gleaner::record {
namespace {

using I = Interaction;
using S = Signal;

// In the order in which they are written.
constexpr std::array kInteractionFields = {
    Field<I>{"id", &I::id, Shape::kId},
    Field<I>{"platform", &I::platform, Shape::kName},
    Field<I>{"kind", &I::kind, Shape::kName},
    Field<I>{"session_id", &I::session_id, Shape::kId},
    Field<I>{"user_id", &I::user_id, Shape::kId},
    Field<I>{"created_at", &I::created_at, Shape::kTime},
    Field<I>{"messages", &I::messages, Shape::kMessages},
    Field<I>{"output", &I::output, Shape::kMessage},
    Field<I>{"tools", &I::tools, Shape::kArray},
    Field<I>{"artifact", &I::artifact, Shape::kAny},
    Field<I>{"items", &I::items, Shape::kItems},
    Field<I>{"trajectory", &I::trajectory, Shape::kSteps},
    Field<I>{"source", &I::source, Shape::kSource},
    Field<I>{"model", &I::model, Shape::kName},
    Field<I>{"provider", &I::provider, Shape::kName},
    Field<I>{"parameters", &I::parameters, Shape::kObject},
    Field<I>{"latency_ms", &I::latency_ms, Shape::kNotNegative},
    Field<I>{"ttft_ms", &I::ttft_ms, Shape::kNotNegative},
    Field<I>{"usage", &I::usage, Shape::kObject},
    Field<I>{"cost_usd", &I::cost_usd, Shape::kNotNegative},
    Field<I>{"success", &I::success, Shape::kFlag},
    Field<I>{"error", &I::error, Shape::kError},
    Field<I>{"language", &I::language, Shape::kName},
    Field<I>{"language_confidence", &I::language_confidence, Shape::kUnit},
    Field<I>{"intent", &I::intent, Shape::kName},
    Field<I>{"tags", &I::tags, Shape::kNames},
    Field<I>{"relevance", &I::relevance, Shape::kName},
    Field<I>{"auto_score", &I::auto_score, Shape::kUnit},
    Field<I>{"quality_score", &I::quality_score, Shape::kTen},
    Field<I>{"experiment", &I::experiment, Shape::kName},
    Field<I>{"variant", &I::variant, Shape::kName},
    Field<I>{"prompt_chars", &I::prompt_chars, Shape::kCount},
    Field<I>{"response_chars", &I::response_chars, Shape::kCount},
    Field<I>{"metadata", &I::metadata, Shape::kObject},
    Field<I>{"redactions", &I::redactions, Shape::kObject},
    Field<I>{"schema_version", &I::schema_version, Shape::kVersion},
};

constexpr std::array kSignalFields = {
    Field<S>{"id", &S::id, Shape::kId},
    Field<S>{"interaction_id", &S::interaction_id, Shape::kId},
    Field<S>{"item_id", &S::item_id, Shape::kId},
    Field<S>{"kind", &S::kind, Shape::kKind},
    Field<S>{"value", &S::value, Shape::kAny},
    Field<S>{"text", &S::text, Shape::kText},
    Field<S>{"output", &S::output, Shape::kMessage},
    Field<S>{"reason", &S::reason, Shape::kText},
    Field<S>{"user_id", &S::user_id, Shape::kId},
    Field<S>{"author", &S::author, Shape::kAuthor},
    Field<S>{"created_at", &S::created_at, Shape::kTime},
    Field<S>{"metadata", &S::metadata, Shape::kObject},
    Field<S>{"redactions", &S::redactions, Shape::kObject},
    Field<S>{"schema_version", &S::schema_version, Shape::kVersion},
};

}  // namespace

std::span<const Field<Interaction>> interaction_fields() {
  return kInteractionFields;
}

std::span<const Field<Signal>> signal_fields() {
  return kSignalFields;
}

}  // namespace gleaner::record

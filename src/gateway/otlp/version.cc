#include "gateway/otlp/version.h"

#include <algorithm>

#include "gateway/otlp/decode.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {

uint64_t version_of(const Span& span) {
  const json::Value* const made = find_attribute(span.attributes, kVersionAttribute);
  if (made == nullptr || !made->is_number()) return 0;
  return static_cast<uint64_t>(std::max<int64_t>(0, made->as_integer().value_or(0)));
}

bool is_unfinished(const Span& span) {
  const json::Value* const output = find_attribute(span.attributes, "langfuse.observation.output");
  return span.end_ns == 0 && (output == nullptr || is_empty(*output));
}

void merge_version(Span& known, const Span& version) {
  const bool newer = version_of(version) >= version_of(known);
  const auto merge = [newer](auto& mine, const auto& theirs, bool mine_is_empty, bool theirs_is_empty) {
    if (!theirs_is_empty && (newer || mine_is_empty)) mine = theirs;
  };
  merge(known.name, version.name, known.name.empty(), version.name.empty());
  merge(known.parent_span_id, version.parent_span_id, known.parent_span_id.empty(), version.parent_span_id.empty());
  merge(known.start_ns, version.start_ns, known.start_ns == 0, version.start_ns == 0);
  merge(known.end_ns, version.end_ns, known.end_ns == 0, version.end_ns == 0);
  for (const Attribute& one : version.attributes) {
    const auto same = std::ranges::find(known.attributes, one.key, &Attribute::key);
    if (same == known.attributes.end()) {
      known.attributes.push_back(one);
    } else if (newer) {
      same->value = one.value;
    }
  }
  known.bytes = sizeof(Span) + bytes_of(known.attributes);
}

}  // namespace gleaner::gateway::otlp

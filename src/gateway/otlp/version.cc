#include "gateway/otlp/version.h"

#include <algorithm>

#include "gateway/otlp/decode.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

bool is_metadata(const Attribute& one) {
  return one.key.contains(".metadata.");
}

bool has_assumed_parent(const Span& span) {
  return find_attribute(span.attributes, kAssumedParentAttribute) != nullptr;
}

void merge_parent(Span& known, const Span& version, bool newer) {
  const bool is_assumed = has_assumed_parent(version);
  const bool was_assumed = has_assumed_parent(known);
  if (is_assumed && !was_assumed && !known.parent_span_id.empty()) return;
  const bool stated = was_assumed && !is_assumed;
  if (version.parent_span_id.empty() || !(stated || newer || known.parent_span_id.empty())) return;
  known.parent_span_id = version.parent_span_id;
  if (stated) std::erase_if(known.attributes, [](const Attribute& one) { return one.key == kAssumedParentAttribute; });
}

// Linear in the attributes of `known`, of which there are never many.
void merge_attributes(Span& known, const Span& version, bool newer) {
  size_t metadata = static_cast<size_t>(std::ranges::count_if(known.attributes, is_metadata));
  for (const Attribute& one : version.attributes) {
    if (one.key == kAssumedParentAttribute) continue;
    const auto same = std::ranges::find(known.attributes, one.key, &Attribute::key);
    if (same != known.attributes.end()) {
      if (newer) same->value = one.value;
    } else if (!is_metadata(one) || ++metadata <= kMaxVersionMetadata) {
      known.attributes.push_back(one);
    }
  }
}

}  // namespace

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
  merge(known.start_ns, version.start_ns, known.start_ns == 0, version.start_ns == 0);
  merge(known.end_ns, version.end_ns, known.end_ns == 0, version.end_ns == 0);
  merge_parent(known, version, newer);
  merge_attributes(known, version, newer);
  known.bytes = sizeof(Span) + bytes_of(known.attributes);
}

}  // namespace gleaner::gateway::otlp

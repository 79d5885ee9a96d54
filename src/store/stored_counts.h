// What stores keep of verdicts and count of interactions, listed once for all of them. Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "record/interaction.h"
#include "record/verdict.h"

namespace gleaner::store {

// The whole numbers of a verdict in the order in which they are stored; a new one is added at the end.
inline constexpr std::array<int64_t record::Verdict::*, 18> kVerdictMembers = {&record::Verdict::signals,
                                                                               &record::Verdict::thumbs_up,
                                                                               &record::Verdict::thumbs_down,
                                                                               &record::Verdict::edits,
                                                                               &record::Verdict::reports,
                                                                               &record::Verdict::ratings,
                                                                               &record::Verdict::comments,
                                                                               &record::Verdict::likes,
                                                                               &record::Verdict::dismissals,
                                                                               &record::Verdict::bookmarks,
                                                                               &record::Verdict::shares,
                                                                               &record::Verdict::viewers,
                                                                               &record::Verdict::corrections,
                                                                               &record::Verdict::validations_passed,
                                                                               &record::Verdict::validations_failed,
                                                                               &record::Verdict::approvals,
                                                                               &record::Verdict::rejections,
                                                                               &record::Verdict::scores};

// The ids of an interaction's addressable parts.
std::vector<std::string> item_ids(const record::Interaction& interaction);

// Calls `count(facet, value)` for every value of a facet that the interaction has.
template <typename Count>
void for_each_facet(const record::Interaction& i, Count count) {
  const auto one = [&count](const char* facet, const std::string& value) {
    if (!value.empty()) count(facet, value);
  };
  one("kind", i.kind);
  one("language", i.language);
  one("intent", i.intent);
  one("model", i.model);
  one("relevance", i.relevance);
  for (const std::string& tag : i.tags) one("tag", tag);
}

}  // namespace gleaner::store

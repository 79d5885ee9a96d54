// A little of everything, to be archived, restored and erased: three days, two projects, several platforms, people,
// signals, items, and signals that come late. For tests.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "archive/testing/two_tiers.h"
#include "store/testing/archive_samples.h"

namespace gleaner::archive {

inline void put(store::Store& store, std::vector<store::Write> writes) {
  const auto outcomes = store.append(std::move(writes));
  ASSERT_TRUE(outcomes) << outcomes.error().message;
}

// The person that erasures are about, and a text of hers alone. Pseudonyms look like this in the store.
inline constexpr const char* kAnna = "u_anna_0123456789abcdef";
inline constexpr const char* kAnnasText = "what only anna ever asked";

inline void fill(store::Store& store) {
  using store::samples::interaction;
  using store::samples::of_other_project;
  using store::samples::signal;
  const std::string anna = std::string(R"("user_id":")") + kAnna + R"(")";
  const std::string text = std::string(R"("messages":[{"role":"user","content":")") + kAnnasText + R"("}])";
  std::vector<store::Write> writes;
  for (const char* const day : {"2026-11-18", "2026-11-19", "2026-11-20"}) {
    for (int i = 0; i < 40; ++i) {
      const std::string id = std::string(day) + "-" + std::to_string(i);
      std::string fields = R"("language":"en","user_id":"u_bert")";
      if (i % 10 == 3) fields = R"("language":"fr",)" + anna + "," + text;
      if (i % 10 == 5) fields = R"("items":[{"id":"item-of-)" + id + R"("}])";
      writes.push_back(interaction(id, fields, i % 3 == 0 ? "web" : "zapier", day));
      if (i % 4 == 0)
        writes.push_back(signal(id, "up-" + id, "thumbs_up", i % 8 == 0 ? anna : R"("user_id":"u_bert")"));
      if (i % 10 == 5) writes.push_back(signal("item-of-" + id, "like-" + id, "like", anna));
    }
  }
  writes.push_back(of_other_project(interaction("other", anna)));
  put(store, std::move(writes));
}

// Everything that can be read of a project, in its order.
inline std::vector<std::string> all_of(store::Store& store, const std::string& project = "default") {
  auto scan = store.scan({.project = project, .with_signals = true});
  EXPECT_TRUE(scan) << (scan ? "" : scan.error().message);
  std::vector<std::string> out;
  store::Stored stored;
  while (scan) {
    const auto more = (*scan)->next(stored);
    EXPECT_TRUE(more) << (more ? "" : more.error().message);
    if (!more || !*more) break;
    out.push_back(store::samples::text_of(stored));
  }
  return out;
}

}  // namespace gleaner::archive

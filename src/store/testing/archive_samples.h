// Records, signals and parts for the contract of the ArchiveCatalog port. Plain functions; one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/archive_catalog.h"
#include "store/store.h"

namespace gleaner::store::samples {

inline const Day kDay = parse_day("2026-11-20").value();
inline const Day kNextDay = kDay + std::chrono::days(1);
inline const Time kCreatedAt = parse_time("2026-11-20T10:00:00.250Z").value();  // of interactions of that day

using Ids = std::vector<std::string>;

Write interaction(const std::string& id, const std::string& fields = "", const std::string& platform = "zapier",
                  const std::string& day = "2026-11-20");
// About an item if `of` begins with "item".
Write signal(const std::string& of, const std::string& id, const std::string& kind = "thumbs_up",
             const std::string& fields = "");
Write of_other_project(Write write);

// Everything that a record is, as text to compare and to read in a failure.
std::string text_of(const Stored& stored);
Ids texts_of(const std::vector<Stored>& records);
Ids ids_of(const std::vector<Stored>& records);
Ids signal_ids(const std::vector<Write>& writes);
// Parts, with all they say but their indexes.
Ids texts_of(const std::vector<Part>& parts);

int64_t json_bytes(const record::Interaction& interaction);
int64_t json_bytes(const record::Signal& signal);

// One part for each platform.
std::vector<Part> parts_for(const std::vector<Stored>& records, const std::string& project, int number);

// What counts the same whether records lie in the store or in parts.
std::map<std::string, Counters> without_place(const Totals& totals);

record::Verdict verdict_of(const std::vector<record::Signal>& signals);

}  // namespace gleaner::store::samples

#include "store/testing/archive_contract.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "store/testing/archive_samples.h"

namespace gleaner::store {

using namespace samples;  // NOLINT(google-build-using-namespace)

void ArchiveContract::append(std::vector<Write> writes) {
  const size_t count = writes.size();
  const auto outcomes = store().append(std::move(writes));
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  EXPECT_EQ(*outcomes, std::vector<Outcome>(count, Outcome::kStored));
}

Totals ArchiveContract::totals(std::string_view project) {
  auto totals = store().totals(project);
  EXPECT_TRUE(totals) << (totals ? "" : totals.error().message);
  return totals.value_or(Totals{});
}

ArchiveContract::Held ArchiveContract::held(const std::string& project) {
  Held held;
  ScanOptions options{.project = project, .with_signals = true};
  options.filter.from = kDay;
  options.filter.to = kNextDay;
  const auto scan = store().scan(options);
  EXPECT_TRUE(scan) << (scan ? "" : scan.error().message);
  while (scan) {
    Stored stored;
    const auto more = (*scan)->next(stored);
    EXPECT_TRUE(more) << (more ? "" : more.error().message);
    if (!more || !*more) break;
    EXPECT_GT(stored.position, held.content.last_position);
    held.content.interactions += 1;
    held.content.interactions_xor ^= stored.content_hash;
    held.content.last_position = stored.position;
    held.content.signals += std::ssize(stored.signals);
    for (const uint64_t hash : stored.signal_hashes) held.content.signals_xor ^= hash;
    held.records.push_back(std::move(stored));
  }
  return held;
}

int64_t ArchiveContract::generation(std::string_view project) {
  const auto parts = archive().parts_of(project, kDay);
  EXPECT_TRUE(parts) << (parts ? "" : parts.error().message);
  return parts ? parts->generation : -1;
}

ArchiveContract::Sealed ArchiveContract::seal(const std::string& project, int number) {
  Sealed sealed{held(project), {}, 0};
  sealed.parts = parts_for(sealed.held.records, project, number);
  const auto done = archive().seal(project, kDay, generation(project), sealed.held.content, sealed.parts);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  EXPECT_TRUE(done.value_or(false));
  sealed.generation = generation(project);
  return sealed;
}

std::vector<bool> ArchiveContract::settle(const std::string& signal_id, const std::string& interaction_id,
                                          int64_t known, const std::optional<Counters>& change) {
  const auto waiting = store().waiting("default");
  EXPECT_TRUE(waiting);
  std::vector<LateSignal> late;
  for (const Write& one : waiting.value_or(std::vector<Write>{})) {
    if (std::get<record::Signal>(one.record).id != signal_id) continue;
    late.push_back({one, interaction_id, parse_time("2026-11-20T10:00:00.250Z").value(), "zapier", known, change});
  }
  auto done = archive().settle(late);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  return done.value_or(std::vector<bool>{});
}

ArchiveCatalog::NextStored ArchiveContract::giver(const std::vector<Stored>& records, bool fails) {
  return [&records, fails, at = size_t{0}]() mutable -> Result<std::optional<Stored>> {
    if (at < records.size()) return records[at++];
    if (fails) return fail(Code::kDataLoss, "the object is torn");
    return std::nullopt;
  };
}

TEST_P(ArchiveContract, SealingMovesADayAndNothingElse) {
  const std::string large(5000, 'x');
  append({interaction("a", R"("language":"en","tags":["t"])"),
          interaction("b", R"("artifact":")" + large + "\"", "web"), interaction("c"),
          interaction("next", "", "zapier", "2026-11-21"), signal("a", "s1"), signal("b", "s2", "thumbs_down"),
          signal("next", "s3"), signal("never", "s4")});
  const Totals before = totals();
  EXPECT_TRUE(before.archived.empty());
  EXPECT_EQ(generation(), 0);
  const Sealed sealed = seal();
  ASSERT_EQ(sealed.held.content.interactions, 3);
  ASSERT_EQ(sealed.held.content.signals, 2);
  ASSERT_EQ(sealed.parts.size(), 2U);
  EXPECT_GT(sealed.generation, 0);
  EXPECT_GT(sealed.parts[0].id, 0);
  EXPECT_NE(sealed.parts[0].id, sealed.parts[1].id);
  for (int round = 0; round < 2; ++round) {
    for (const char* id : {"a", "b", "c"}) EXPECT_EQ(store().find("default", id).error().code, Code::kNotFound) << id;
    EXPECT_EQ(held().content, DayContent{});
    EXPECT_EQ(store().find("default", "next")->verdict.thumbs_up, 1);
    EXPECT_EQ(store().waiting("default")->size(), 1U);
    const Totals after = totals();
    EXPECT_EQ(without_place(after), without_place(before));
    EXPECT_EQ(after.facets, before.facets);
    EXPECT_LT(after.by_platform.at("zapier").stored_bytes, before.by_platform.at("zapier").stored_bytes);
    EXPECT_EQ(after.by_platform.at("web").stored_bytes, 0);
    EXPECT_EQ(after.by_platform.at("web").compressed, 0);
    ASSERT_EQ(after.archived.size(), 2U);
    const Archived& zapier = after.archived.at("zapier");
    EXPECT_EQ(zapier.records, 2);
    EXPECT_EQ(zapier.objects, 1);
    EXPECT_EQ(zapier.raw_bytes, sealed.parts[1].raw_bytes);
    EXPECT_EQ(zapier.stored_bytes, sealed.parts[1].packed_bytes);
    harness_->reopen();
  }
}

TEST_P(ArchiveContract, KeepsParts) {
  append({interaction("a"), interaction("b", "", "web"), signal("a", "s1")});
  const Sealed sealed = seal();
  harness_->reopen();
  const auto of_day = archive().parts_of("default", kDay);
  ASSERT_TRUE(of_day) << of_day.error().message;
  EXPECT_EQ(texts_of(of_day->parts), texts_of(sealed.parts));
  EXPECT_EQ(texts_of(archive().parts("default", std::nullopt, std::nullopt).value()), texts_of(sealed.parts));
  EXPECT_EQ(archive().parts("default", kDay, kNextDay)->size(), 2U);
  EXPECT_TRUE(archive().parts("default", kNextDay, std::nullopt)->empty());
  EXPECT_TRUE(archive().parts("default", std::nullopt, kDay)->empty());
  EXPECT_TRUE(archive().parts("other", std::nullopt, std::nullopt)->empty());
  EXPECT_TRUE(archive().parts_of("default", kNextDay)->parts.empty());
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(of_day->parts[i].index, "");
    const auto index = archive().index_of(of_day->parts[i]);
    ASSERT_TRUE(index) << index.error().message;
    EXPECT_EQ(*index, sealed.parts[i].index);
  }
  Part unknown = sealed.parts[0];
  unknown.id += 1000;
  EXPECT_EQ(archive().index_of(unknown).error().code, Code::kNotFound);
  unknown.id = sealed.parts[0].id;
  unknown.project = "other";
  EXPECT_EQ(archive().index_of(unknown).error().code, Code::kNotFound);
}

TEST_P(ArchiveContract, PutsAnotherIndex) {
  append({interaction("a"), interaction("b", "", "web")});
  const Sealed sealed = seal();
  const int64_t version = archive().version("default").value();
  const std::string another("an\0ther \xff", 9);
  const Status put = archive().put_index(sealed.parts[1], another);
  ASSERT_TRUE(put) << put.error().message;
  harness_->reopen();
  EXPECT_EQ(archive().index_of(sealed.parts[1]).value(), another);
  EXPECT_EQ(archive().index_of(sealed.parts[0]).value(), sealed.parts[0].index) << "the other part keeps its own";
  EXPECT_EQ(texts_of(archive().parts("default", std::nullopt, std::nullopt).value()), texts_of(sealed.parts));
  EXPECT_EQ(archive().version("default").value(), version);
  Part unknown = sealed.parts[0];
  unknown.id += 1000;
  EXPECT_EQ(archive().put_index(unknown, another).error().code, Code::kNotFound);
  unknown.id = sealed.parts[0].id;
  unknown.project = "other";
  EXPECT_EQ(archive().put_index(unknown, another).error().code, Code::kNotFound);
  EXPECT_EQ(archive().index_of(sealed.parts[0]).value(), sealed.parts[0].index);
}

TEST_P(ArchiveContract, OneHasTheLease) {
  auto first = archive().lease();
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_NE(*first, nullptr);
  auto second = archive().lease();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*second, nullptr);
  first->reset();
  // The database takes a moment to see that a connection is gone.
  for (int i = 0; i < 500 && *second == nullptr; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    second = archive().lease();
    ASSERT_TRUE(second) << second.error().message;
  }
  EXPECT_NE(*second, nullptr);
}

TEST_P(ArchiveContract, ADayThatChangedIsNotSealed) {
  append({interaction("a"), interaction("b"), signal("a", "s1")});
  const std::vector<std::pair<const char*, std::function<void()>>> changes = {
      {"a record came", [this] { append({interaction("c")}); }},
      {"a signal came", [this] { append({signal("b", "s2")}); }},
      {"a record was erased", [this] { ASSERT_TRUE(store().erase("default", "c")->found); }},
      {"one was put in another's place", [this] {
         ASSERT_TRUE(store().erase("default", "b")->found);
         append({interaction("b"), signal("b", "s2")});
       }}};
  for (const auto& [what, change] : changes) {
    SCOPED_TRACE(what);
    const Held read = held();
    std::vector<Part> parts = parts_for(read.records, "default", 1);
    change();
    const Totals before = totals();
    const auto texts = texts_of(held().records);
    const auto done = archive().seal("default", kDay, 0, read.content, parts);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(*done);
    EXPECT_EQ(texts_of(held().records), texts);
    EXPECT_EQ(totals().by_platform, before.by_platform);
    EXPECT_TRUE(totals().archived.empty());
    EXPECT_EQ(generation(), 0);
  }
  const Held read = held();
  std::vector<Part> parts = parts_for(read.records, "default", 1);
  EXPECT_FALSE(archive().seal("default", kDay, 1, read.content, parts).value());
  EXPECT_EQ(ids_of(held().records), (Ids{"a", "b"}));
  EXPECT_TRUE(archive().seal("default", kDay, 0, read.content, parts).value());
}

TEST_P(ArchiveContract, OtherProjectsKeepTheirDay) {
  append({interaction("a"), of_other_project(interaction("a", R"("intent":"theirs","items":[{"id":"theirs"}])")),
          of_other_project(interaction("b")), signal("a", "s1"), of_other_project(signal("a", "s2", "thumbs_down"))});
  const Totals before = totals("other");
  const auto texts = texts_of(held("other").records);
  const int64_t version = archive().version("other").value();
  const Sealed sealed = seal();
  EXPECT_EQ(sealed.parts.size(), 1U);
  EXPECT_EQ(texts_of(held("other").records), texts);
  EXPECT_EQ(store().find("other", "a")->interaction.intent, "theirs");
  EXPECT_EQ(store().find("other", "a")->verdict.thumbs_down, 1);
  EXPECT_EQ(totals("other").by_platform, before.by_platform);
  EXPECT_EQ(totals("other").facets, before.facets);
  EXPECT_TRUE(totals("other").archived.empty());
  EXPECT_EQ(archive().version("other").value(), version);
  EXPECT_EQ(generation("other"), 0);
  append({of_other_project(signal("a", "s3"))});
  EXPECT_EQ(seal("other").held.content.signals, 2);
  EXPECT_TRUE(held("other").records.empty());
}

TEST_P(ArchiveContract, LateRecordsAreSealedAgain) {
  append({interaction("a"), interaction("b")});
  const Sealed first = seal();
  const int64_t version = archive().version("default").value();
  harness_->reopen();
  append({interaction("late"), signal("late", "s1")});
  const Held late = held();
  EXPECT_EQ(ids_of(late.records), Ids{"late"});
  EXPECT_GT(late.content.last_position, first.held.content.last_position);
  EXPECT_EQ(totals().all().interactions, 3);
  const Sealed second = seal("default", 2);
  EXPECT_GT(second.generation, first.generation);
  EXPECT_GT(second.parts[0].id, first.parts[0].id);
  EXPECT_GT(archive().version("default").value(), version);
  const auto parts = archive().parts_of("default", kDay);
  ASSERT_EQ(parts->parts.size(), 2U);
  EXPECT_EQ(parts->parts[0].number, 1);
  EXPECT_EQ(parts->parts[1].number, 2);
  EXPECT_EQ(totals().archived.at("zapier").objects, 2);
  EXPECT_EQ(totals().archived.at("zapier").records, 3);
  EXPECT_EQ(totals().all().stored_bytes, 0);
}

TEST_P(ArchiveContract, ListsWhatLiesInTheStore) {
  append({interaction("c", "", "web"), interaction("a"), interaction("b"), signal("a", "s1"),
          of_other_project(interaction("d")), interaction("e", "", "zapier", "2026-11-19"),
          interaction("f", "", "zapier", "2026-11-21")});
  const auto slices = [this] {
    Ids out;
    const auto found = archive().hot_slices(kNextDay);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    for (const HotSlice& one : found.value_or(std::vector<HotSlice>{})) {
      out.push_back(fmt::format("{} {} {} {}", format_day(one.day), one.project, one.platform, one.records));
      EXPECT_GT(one.bytes, 50 * one.records);
      EXPECT_LT(one.bytes, 500 * one.records);
    }
    return out;
  };
  EXPECT_EQ(slices(), (Ids{"2026-11-19 default zapier 1", "2026-11-20 default web 1", "2026-11-20 default zapier 2",
                           "2026-11-20 other zapier 1"}));
  seal();
  EXPECT_EQ(slices(), (Ids{"2026-11-19 default zapier 1", "2026-11-20 other zapier 1"}));
  ASSERT_TRUE(store().erase("other", "d")->found);
  append({interaction("g")});
  EXPECT_EQ(slices(), (Ids{"2026-11-19 default zapier 1", "2026-11-20 default zapier 1"}));
}

TEST_P(ArchiveContract, AWalkKnowsWhenItsDayWasSealed) {
  append({interaction("a"), interaction("b"), interaction("c")});
  const auto walk = [this](int64_t generation) {
    ScanOptions options{.project = "default", .generation = generation};
    options.filter.from = kDay;
    options.filter.to = kNextDay;
    auto scan = store().scan(options);
    EXPECT_TRUE(scan) << (scan ? "" : scan.error().message);
    return *std::move(scan);
  };
  // The records, or the error that the walk ends with.
  const auto rest = [](Scan& scan) -> Result<int> {
    Stored stored;
    for (int count = 0;; ++count) {
      TRY_ASSIGN(const bool more, scan.next(stored));
      if (!more) return count;
    }
  };
  EXPECT_EQ(rest(*walk(0)).value_or(-1), 3);
  EXPECT_EQ(rest(*walk(7)).error().code, Code::kConflict);
  const auto scan = walk(0);
  Stored stored;
  ASSERT_TRUE(scan->next(stored).value());
  const Sealed sealed = seal();
  const auto interrupted = rest(*scan);
  ASSERT_FALSE(interrupted) << *interrupted;
  EXPECT_EQ(interrupted.error().code, Code::kConflict);
  EXPECT_EQ(rest(*walk(sealed.generation)).value_or(-1), 0);
}

TEST_P(ArchiveContract, ALongWalkKnowsToo) {
  std::vector<Write> writes;
  for (int i = 0; i < 5000; ++i) writes.push_back(interaction(fmt::format("i{}", i)));
  append(std::move(writes));
  ScanOptions options{.project = "default", .generation = 0};
  options.filter.from = kDay;
  options.filter.to = kNextDay;
  auto scan = store().scan(options);
  Stored stored;
  for (int i = 0; i < 2500; ++i) ASSERT_TRUE((*scan)->next(stored).value());
  seal();
  int64_t seen = 2500;
  auto more = (*scan)->next(stored);
  for (; more && *more; more = (*scan)->next(stored)) ++seen;
  ASSERT_FALSE(more) << seen;
  EXPECT_EQ(more.error().code, Code::kConflict);
  EXPECT_EQ(totals().archived.at("zapier").records, 5000);
}

}  // namespace gleaner::store

#include "store/testing/store_contract.h"

#include <algorithm>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/hash.h"
#include "record/codec.h"

namespace gleaner::store {
namespace {

constexpr const char* kDay = "2026-11-20";

Write interaction(const std::string& id, const std::string& fields = "",
                  const std::string& time = std::string(kDay) + "T10:00:00Z") {
  const std::string json =
      fmt::format(R"({{"id":"{}","platform":"zapier","created_at":"{}","output":"answer to {}"{}{}}})", id, time, id,
                  fields.empty() ? "" : ",", fields);
  auto decoded = record::Decoder().interaction(json);
  EXPECT_TRUE(decoded) << json << (decoded ? "" : decoded.error().message);
  return {"default", *std::move(decoded), keyed_hash64(0, json), false};
}

Write signal(const std::string& fields) {
  auto decoded = record::Decoder().signal("{" + fields + "}");
  EXPECT_TRUE(decoded) << fields << (decoded ? "" : decoded.error().message);
  decoded->created_at = parse_time(kDay).value();
  return {"default", *std::move(decoded), keyed_hash64(0, fields), false};
}

Write thumbs_up(const std::string& interaction_id, const std::string& id) {
  return signal(fmt::format(R"("id":"{}","kind":"thumbs_up","interaction_id":"{}")", id, interaction_id));
}

std::vector<Write> batch(std::initializer_list<Write> writes) {
  return {writes};
}

std::vector<Outcome> append(Store& store, std::vector<Write> writes) {
  auto outcomes = store.append(std::move(writes));
  EXPECT_TRUE(outcomes) << (outcomes ? "" : outcomes.error().message);
  return outcomes.value_or(std::vector<Outcome>{});
}

std::vector<std::string> scan_ids(Store& store, ScanOptions options = {}) {
  if (options.project.empty()) options.project = "default";
  std::vector<std::string> ids;
  auto scan = store.scan(options);
  EXPECT_TRUE(scan) << (scan ? "" : scan.error().message);
  if (!scan) return ids;
  Stored stored;
  while (true) {
    auto more = (*scan)->next(stored);
    EXPECT_TRUE(more) << (more ? "" : more.error().message);
    if (!more || !*more) break;
    ids.push_back(stored.interaction.id);
  }
  EXPECT_EQ((*scan)->cursor(), "");
  return ids;
}

using Ids = std::vector<std::string>;
using Outcomes = std::vector<Outcome>;

}  // namespace

TEST_P(StoreContract, KeepsWhatItAcknowledged) {
  EXPECT_EQ(append(store(), batch({interaction("a", R"("tags":["x"],"latency_ms":5)")})), Outcomes{Outcome::kStored});
  harness_->reopen();
  const auto found = store().find("default", "a");
  ASSERT_TRUE(found) << found.error().message;
  std::string json;
  record::encode(found->interaction, json);
  EXPECT_EQ(json,
            R"({"id":"a","platform":"zapier","created_at":"2026-11-20T10:00:00.000Z","output":{"role":"assistant",)"
            R"("content":"answer to a"},"latency_ms":5,"tags":["x"],"schema_version":1})");
  EXPECT_EQ(store().find("default", "b").error().code, Code::kNotFound);
}

TEST_P(StoreContract, WritingTwiceChangesNothing) {
  append(store(), batch({interaction("a")}));
  EXPECT_EQ(
      append(store(), batch({interaction("a"), interaction("a", R"("intent":"other")"), interaction("b"),
                             interaction("b"), interaction("b", R"("intent":"other")")})),
      (Outcomes{Outcome::kDuplicate, Outcome::kConflict, Outcome::kStored, Outcome::kDuplicate, Outcome::kConflict}));
  harness_->reopen();
  EXPECT_EQ(append(store(), batch({interaction("a")})), Outcomes{Outcome::kDuplicate});
  EXPECT_EQ(scan_ids(store()), (Ids{"a", "b"}));
  EXPECT_EQ(store().totals("default")->all().interactions, 2);
}

TEST_P(StoreContract, AnIdIsTakenOnEveryDay) {
  if (harness_->archives()) GTEST_SKIP();
  append(store(), batch({interaction("a", "", "2026-11-20T23:59:59Z")}));
  Write next_day = interaction("a", "", "2026-11-21T00:00:01Z");
  EXPECT_EQ(append(store(), batch({next_day})), Outcomes{Outcome::kConflict});
  next_day.content_hash = interaction("a", "", "2026-11-20T23:59:59Z").content_hash;
  EXPECT_EQ(append(store(), batch({next_day})), Outcomes{Outcome::kDuplicate});
  EXPECT_EQ(store().days()->size(), 1U);
}

TEST_P(StoreContract, SignalsJoinInEitherOrder) {
  EXPECT_EQ(append(store(), batch({thumbs_up("late", "s1")})), Outcomes{Outcome::kStored});
  EXPECT_EQ(append(store(), batch({thumbs_up("late", "s1")})), Outcomes{Outcome::kDuplicate});
  EXPECT_EQ(store().totals("default")->all().interactions, 0);
  harness_->reopen();
  append(store(), batch({interaction("late"), interaction("same"), thumbs_up("same", "s2")}));
  append(store(), batch({thumbs_up("late", "s3")}));
  harness_->reopen();
  const auto late = store().find("default", "late");
  ASSERT_TRUE(late);
  EXPECT_EQ(late->signals.size(), 2U);
  EXPECT_EQ(late->verdict.thumbs_up, 2);
  EXPECT_EQ(store().find("default", "same")->verdict.thumbs_up, 1);
  const Counters all = store().totals("default")->all();
  EXPECT_EQ(all.thumbs_up, 3);
  EXPECT_EQ(all.with_feedback, 2);
  EXPECT_EQ(all.quality, 2);
  const Outcome again = append(store(), batch({thumbs_up("late", "s1")})).front();
  EXPECT_TRUE(again == Outcome::kDuplicate || harness_->archives());
  EXPECT_EQ(store().find("default", "late")->verdict.thumbs_up, 2);
}

TEST_P(StoreContract, ASignalMayNameAnItem) {
  append(store(), batch({signal(R"("id":"early","kind":"bookmark","item_id":"insight-2")"),
                         signal(R"("id":"whole","kind":"share","item_id":"a")")}));
  append(store(), batch({interaction("a", R"("items":[{"id":"insight-1"},{"id":"insight-2"}])")}));
  append(store(), batch({signal(R"("id":"like","kind":"like","item_id":"insight-1","user_id":"u")")}));
  const auto found = store().find("default", "a");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->signals.size(), 3U);
  for (const record::Signal& s : found->signals) EXPECT_EQ(s.interaction_id, "a");
  EXPECT_EQ(found->verdict.engagement(), 3 + 2 + 1);
}

TEST_P(StoreContract, ViewsCountPeople) {
  append(store(), batch({interaction("a")}));
  for (int i = 0; i < 6; ++i) {
    append(store(),
           batch({signal(fmt::format(R"("id":"v{}","kind":"view","interaction_id":"a","user_id":"u{}")", i, i % 2))}));
  }
  EXPECT_EQ(store().find("default", "a")->verdict.viewers, 2);
}

TEST_P(StoreContract, ASignalIdIsTaken) {
  append(store(), batch({interaction("a"), thumbs_up("a", "s")}));
  const Outcome other =
      append(store(), batch({signal(R"("id":"s","kind":"thumbs_down","interaction_id":"a")")})).front();
  EXPECT_TRUE(other == Outcome::kConflict || harness_->archives());
  EXPECT_EQ(store().find("default", "a")->verdict.thumbs_down, 0);
}

TEST_P(StoreContract, CountsPerPlatformAndValue) {
  append(store(),
         batch({interaction("a", R"("kind":"chat","language":"en","tags":["x","y"])"),
                interaction("b", R"("language":"tr","success":false)"), interaction("c", "", "2026-11-19T10:00:00Z")}));
  const auto totals = store().totals("default");
  ASSERT_TRUE(totals);
  const Counters& zapier = totals->by_platform.at("zapier");
  EXPECT_EQ(zapier.interactions, 3);
  EXPECT_EQ(zapier.succeeded, 2);
  EXPECT_GT(zapier.raw_bytes, 0);
  EXPECT_EQ(totals->facets.at("language").at("en"), 1);
  EXPECT_EQ(totals->facets.at("language").at("tr"), 1);
  EXPECT_EQ(totals->facets.at("tag").at("y"), 1);
}

TEST_P(StoreContract, FacetsAreBounded) {
  std::vector<Write> writes;
  writes.reserve(2 * kMaxFacetValues);
  for (int i = 0; i < 2 * kMaxFacetValues; ++i)
    writes.push_back(interaction(fmt::format("i{}", i), fmt::format(R"("intent":"intent {}")", i)));
  append(store(), std::move(writes));
  const auto totals = store().totals("default");
  EXPECT_LE(totals->facets.at("intent").size(), static_cast<size_t>(kMaxFacetValues) + 1);
  EXPECT_GE(totals->facets.at("intent").at("(other)"), kMaxFacetValues - 1);
}

TEST_P(StoreContract, ScansInBothOrders) {
  append(store(),
         batch({interaction("b1", "", "2026-11-20T10:00:00Z"), interaction("a1", "", "2026-11-19T10:00:00Z")}));
  append(store(),
         batch({interaction("b2", "", "2026-11-20T09:00:00Z"), interaction("a2", "", "2026-11-19T11:00:00Z")}));
  EXPECT_EQ(scan_ids(store()), (Ids{"a1", "a2", "b1", "b2"}));
  EXPECT_EQ(scan_ids(store(), {.order = Order::kNewestFirst}), (Ids{"b2", "b1", "a2", "a1"}));
  ScanOptions one_day;
  one_day.filter.from = parse_time("2026-11-20T09:30:00Z").value();
  EXPECT_EQ(scan_ids(store(), one_day), (Ids{"b1"}));
}

TEST_P(StoreContract, ACursorGoesOnWhereItStopped) {
  Ids expected;
  for (int i = 0; i < 30; ++i) {
    std::vector<Write> writes;
    for (int j = 0; j < i % 4; ++j) {
      const std::string id = fmt::format("i{}-{}", i, j);
      expected.push_back(id);
      writes.push_back(interaction(id, "", fmt::format("2026-11-{:02}T10:00:00Z", 1 + i / 5)));
    }
    append(store(), std::move(writes));
  }
  for (const Order order : {Order::kOldestFirst, Order::kNewestFirst}) {
    Ids seen;
    std::string cursor;
    do {
      auto scan = store().scan({.project = "default", .order = order, .cursor = cursor});
      ASSERT_TRUE(scan) << scan.error().message;
      Stored stored;
      bool more = true;
      for (int i = 0; i < 3 && more; ++i) {
        more = (*scan)->next(stored).value();
        if (more) seen.push_back(stored.interaction.id);
      }
      cursor = (*scan)->cursor();
      ASSERT_LE(seen.size(), expected.size());
    } while (!cursor.empty());
    EXPECT_EQ(seen, expected);
    std::ranges::reverse(expected);
  }
  EXPECT_EQ(store().scan({.project = "default", .cursor = "nonsense"}).error().code, Code::kInvalidArgument);
}

TEST_P(StoreContract, AScanStopsWhenItsBytesAreUsedUp) {
  for (int i = 0; i < 10; ++i) append(store(), batch({interaction(fmt::format("i{}", i))}));
  auto scan = store().scan({.project = "default", .max_bytes = 1});
  Stored stored;
  EXPECT_TRUE((*scan)->next(stored).value());
  EXPECT_FALSE((*scan)->next(stored).value());
  EXPECT_NE((*scan)->cursor(), "");
}

TEST_P(StoreContract, FiltersByVerdict) {
  append(store(), batch({interaction("a"), interaction("b"), interaction("c"), thumbs_up("a", "s1"),
                         signal(R"("id":"s2","kind":"thumbs_down","interaction_id":"b")")}));
  ScanOptions options;
  options.filter.feedback = record::Feedback::kPositive;
  EXPECT_EQ(scan_ids(store(), options), Ids{"a"});
  options.filter.feedback = record::Feedback::kNegative;
  EXPECT_EQ(scan_ids(store(), options), Ids{"b"});
  options.filter.feedback = record::Feedback::kNone;
  EXPECT_EQ(scan_ids(store(), options), Ids{"c"});
  options.filter.feedback = record::Feedback::kAny;
  EXPECT_EQ(scan_ids(store(), options), (Ids{"a", "b"}));
}

TEST_P(StoreContract, FiltersByASignal) {
  append(store(), batch({interaction("a"), interaction("b"), interaction("c"),
                         signal(R"("id":"s1","kind":"score","interaction_id":"a","value":0.9,"author":"model")"),
                         signal(R"("id":"s2","kind":"score","interaction_id":"b","value":0.4,"author":"model")"),
                         thumbs_up("b", "s3")}));
  const auto filtered = [this](std::string_view condition) {
    ScanOptions options;
    EXPECT_TRUE(options.filter.set_condition(json::parse(condition).value()));
    return scan_ids(store(), options);
  };
  EXPECT_EQ(filtered(R"({"signal":{"kind":"score","value":{"gte":0.5}}})"), Ids{"a"});
  EXPECT_EQ(filtered(R"({"signal":{"author":"model"}})"), (Ids{"a", "b"}));
  EXPECT_EQ(filtered(R"({"not":{"signal":{"kind":"thumbs_up"}}})"), (Ids{"a", "c"}));
}

TEST_P(StoreContract, ErasesOneRecordAndItsSignals) {
  append(store(),
         batch({interaction("a", R"("language":"en")"), interaction("b", R"("language":"en","items":[{"id":"item"}])"),
                interaction("c"), thumbs_up("b", "s1"), thumbs_up("c", "s2")}));
  const auto erased = store().erase("default", "b");
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_TRUE(erased->found);
  EXPECT_EQ(erased->signals, 1);
  EXPECT_FALSE(store().erase("default", "b")->found);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(store().find("default", "b").error().code, Code::kNotFound);
    EXPECT_EQ(scan_ids(store()), (Ids{"a", "c"}));
    EXPECT_EQ(store().find("default", "c")->verdict.thumbs_up, 1);
    const auto totals = store().totals("default");
    EXPECT_EQ(totals->all().interactions, 2);
    EXPECT_EQ(totals->all().thumbs_up, 1);
    EXPECT_EQ(totals->all().quality, 1);
    EXPECT_EQ(totals->facets.at("language").at("en"), 1);
    harness_->reopen();
  }
  // The id is free again, and so are its items.
  EXPECT_EQ(append(store(), batch({interaction("b", R"("items":[{"id":"item"}])")})), Outcomes{Outcome::kStored});
  append(store(), batch({signal(R"("id":"l","kind":"like","item_id":"item")")}));
  EXPECT_EQ(store().find("default", "b")->verdict.likes, 1);
}

TEST_P(StoreContract, ACursorKeepsItsPlaceWhenRecordsAreErased) {
  append(store(), batch({interaction("a"), interaction("b"), interaction("c"), interaction("d")}));
  auto scan = store().scan({.project = "default"});
  Stored stored;
  ASSERT_TRUE((*scan)->next(stored).value());
  ASSERT_TRUE((*scan)->next(stored).value());
  const std::string cursor = (*scan)->cursor();
  ASSERT_TRUE(store().erase("default", "a"));
  ASSERT_TRUE(store().erase("default", "b"));
  EXPECT_EQ(scan_ids(store(), {.cursor = cursor}), (Ids{"c", "d"}));
  ASSERT_TRUE(store().erase("default", "c"));
  ASSERT_TRUE(store().erase("default", "d"));
  EXPECT_EQ(scan_ids(store(), {.cursor = cursor}), Ids{});
  EXPECT_EQ(store().totals("default")->all(), Counters{});
}

TEST_P(StoreContract, ErasingReachesASignalThatWaits) {
  append(store(), batch({thumbs_up("never", "s1")}));
  EXPECT_EQ(store().erase("default", "never")->signals, 1);
  append(store(), batch({interaction("never")}));
  EXPECT_TRUE(store().find("default", "never")->signals.empty());
}

TEST_P(StoreContract, DropsADay) {
  append(store(), batch({interaction("old", "", "2026-11-01T10:00:00Z"), interaction("new")}));
  ASSERT_EQ(store().days()->size(), 2U);
  ASSERT_TRUE(store().drop_day(parse_day("2026-11-01").value()));
  EXPECT_EQ(store().drop_day(parse_day("2026-11-01").value()).error().code, Code::kNotFound);
  harness_->reopen();
  EXPECT_EQ(scan_ids(store()), Ids{"new"});
  EXPECT_EQ(store().totals("default")->all().interactions, 1);
  EXPECT_EQ(append(store(), batch({interaction("old", "", "2026-11-01T10:00:00Z")})), Outcomes{Outcome::kStored});
}

TEST_P(StoreContract, ProjectsDoNotSeeEachOther) {
  Write other = interaction("a", R"("intent":"other project")");
  other.project = "other";
  append(store(), batch({interaction("a"), other}));
  EXPECT_EQ(store().find("default", "a")->interaction.intent, "");
  EXPECT_EQ(store().find("other", "a")->interaction.intent, "other project");
  EXPECT_EQ(scan_ids(store()), Ids{"a"});
  const auto totals = store().totals("default");
  EXPECT_EQ(totals->all().interactions, 1);
  EXPECT_FALSE(totals->facets.contains("intent"));
  EXPECT_TRUE(store().erase("other", "a")->found);
  EXPECT_EQ(scan_ids(store()), Ids{"a"});
}

TEST_P(StoreContract, ManyRecordsAreFoundByTheirIds) {
  constexpr int kBatches = 150;
  constexpr int kEach = 500;
  for (int b = 0; b < kBatches; ++b) {
    std::vector<Write> writes;
    writes.reserve(kEach);
    for (int i = 0; i < kEach; ++i) writes.push_back(interaction(fmt::format("id-{}-{}", b, i)));
    append(store(), std::move(writes));
  }
  for (int round = 0; round < 2; ++round) {
    for (int b = 0; b < kBatches; b += 7) {
      const std::string id = fmt::format("id-{}-{}", b, b * 3 % kEach);
      EXPECT_TRUE(store().find("default", id)) << id;
      EXPECT_EQ(append(store(), batch({interaction(id)})), Outcomes{Outcome::kDuplicate}) << id;
    }
    EXPECT_FALSE(store().find("default", "id-1-500"));
    harness_->reopen();
  }
  EXPECT_EQ(store().totals("default")->all().interactions, kBatches * kEach);
  EXPECT_EQ(scan_ids(store()).size(), static_cast<size_t>(kBatches * kEach));
}

TEST_P(StoreContract, TwoProcessesSeeEachOther) {
  const std::unique_ptr<Store> second = harness_->second();
  append(store(), batch({interaction("a")}));
  EXPECT_EQ(append(*second, batch({interaction("a"), interaction("b"), thumbs_up("a", "s1")})),
            (Outcomes{Outcome::kDuplicate, Outcome::kStored, Outcome::kStored}));
  EXPECT_EQ(append(store(), batch({interaction("b")})), Outcomes{Outcome::kDuplicate});
  EXPECT_EQ(store().find("default", "a")->verdict.thumbs_up, 1);
  append(*second, batch({interaction("old", "", "2026-11-01T10:00:00Z")}));
  EXPECT_TRUE(store().find("default", "old"));
  ASSERT_TRUE(store().drop_day(parse_day("2026-11-01").value()));
  EXPECT_FALSE(second->find("default", "old"));
  EXPECT_EQ(append(*second, batch({interaction("old", "", "2026-11-01T10:00:00Z")})), Outcomes{Outcome::kStored});
  EXPECT_TRUE(store().find("default", "old"));
}

TEST_P(StoreContract, WritersInParallelLoseNothing) {
  const std::unique_ptr<Store> second = harness_->second();
  const auto work = [](Store& target, const std::string& name) {
    for (int b = 0; b < 40; ++b) {
      std::vector<Write> writes;
      writes.reserve(21);
      for (int i = 0; i < 20; ++i) writes.push_back(interaction(fmt::format("{}-{}-{}", name, b, i)));
      writes.push_back(interaction(fmt::format("both-{}", b)));
      append(target, std::move(writes));
    }
  };
  std::thread one([&] { work(store(), "one"); });
  std::thread two([&] { work(*second, "two"); });
  std::thread three([&] { work(store(), "three"); });
  std::set<std::string> seen_while_writing;
  for (const std::string& id : scan_ids(store())) EXPECT_TRUE(seen_while_writing.insert(id).second) << id;
  one.join();
  two.join();
  three.join();
  const Ids ids = scan_ids(store());
  EXPECT_EQ(ids.size(), 3U * 40 * 20 + 40);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_EQ(store().totals("default")->all().interactions, static_cast<int64_t>(ids.size()));
}

TEST_P(StoreContract, ACursorDoesNotLeadIntoAnotherProject) {
  Write other = interaction("theirs");
  other.project = "other";
  append(store(), batch({other, interaction("b")}));
  auto scan = store().scan({.project = "other"});
  Stored stored;
  ASSERT_TRUE((*scan)->next(stored).value());
  const std::string cursor = (*scan)->cursor();
  for (const Order order : {Order::kOldestFirst, Order::kNewestFirst}) {
    for (const std::string rows : {"0", "1", "2"}) {
      auto crossed = store().scan(
          {.project = "default", .order = order, .cursor = cursor.substr(0, cursor.rfind('.') + 1) + rows});
      if (!crossed) continue;
      while ((*crossed)->next(stored).value()) EXPECT_EQ(stored.interaction.id, "b");
    }
  }
}

TEST_P(StoreContract, ConflictingTwinsAreBothInConflict) {
  append(store(), batch({interaction("a")}));
  const Write twin = interaction("a", R"("intent":"other")");
  EXPECT_EQ(append(store(), batch({twin, twin})), (Outcomes{Outcome::kConflict, Outcome::kConflict}));
}

TEST_P(StoreContract, AnotherProcessSeesWhatFollowsAnErasure) {
  append(store(), batch({interaction("a")}));
  const std::unique_ptr<Store> second = harness_->second();
  ASSERT_TRUE(second->find("default", "a"));
  ASSERT_TRUE(store().erase("default", "a")->found);
  append(store(), batch({interaction("b")}));
  EXPECT_TRUE(second->find("default", "b"));
  EXPECT_EQ(append(*second, batch({interaction("b", R"("intent":"other")")})), Outcomes{Outcome::kConflict});
}

TEST_P(StoreContract, KeepsRejects) {
  const Time at = parse_time(kDay).value();
  ASSERT_TRUE(store().add_rejects(
      {{0, "default", at, "reason 1", "text 1"}, {0, "default", at, "reason 2", std::string(100'000, 'x')}}));
  const auto first = store().rejects("default", 0, 1);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 1U);
  EXPECT_EQ(first->front().reason, "reason 1");
  const auto second = store().rejects("default", first->front().seq, 10);
  ASSERT_EQ(second->size(), 1U);
  EXPECT_EQ(second->front().text.size(), kMaxRejectBytes);
  EXPECT_TRUE(store().rejects("other", 0, 10)->empty());
}

TEST_P(StoreContract, GivesBackWhatItTakesToWriteItAgain) {
  const Write a = interaction("a");
  const Write s1 = thumbs_up("a", "s1");
  const Write early = thumbs_up("never", "s2");
  append(store(), batch({a, s1, early}));
  auto scan = store().scan({.project = "default", .with_signals = true});
  Stored stored;
  ASSERT_TRUE((*scan)->next(stored).value());
  EXPECT_EQ(stored.content_hash, a.content_hash);
  EXPECT_EQ(stored.signal_hashes, std::vector<uint64_t>{s1.content_hash});
  EXPECT_EQ(store().find("default", "a")->signal_hashes, std::vector<uint64_t>{s1.content_hash});
  const auto waiting = store().waiting("default");
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_EQ(std::get<record::Signal>(waiting->front().record).id, "s2");
  EXPECT_EQ(waiting->front().content_hash, early.content_hash);
  EXPECT_TRUE(store().waiting("other")->empty());
}

TEST_P(StoreContract, SaysWhetherItTakesWrites) {
  EXPECT_TRUE(store().check_writable());
  EXPECT_TRUE(store().check_writable());
}

}  // namespace gleaner::store

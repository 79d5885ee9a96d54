// What comes to a day after it was sealed, and its way back.
#include <fmt/format.h>

#include "store/testing/archive_contract.h"
#include "store/testing/archive_samples.h"

namespace gleaner::store {

using namespace samples;  // NOLINT(google-build-using-namespace)

namespace {

Counters change_by(const std::vector<record::Signal>& before, const std::vector<record::Signal>& after) {
  return Counters::change(verdict_of(before), verdict_of(after));
}

record::Signal signal_of(const Write& write) {
  return std::get<record::Signal>(write.record);
}

}  // namespace

TEST_P(ArchiveContract, ALateSignalIsCountedOnce) {
  append({interaction("a"), interaction("b", "", "web"), signal("a", "s1")});
  seal();
  EXPECT_FALSE(archive().any_late("default", kNextDay).value());
  const Totals before = totals();
  const Write late = signal("a", "s2", "thumbs_up", R"("user_id":"u1")");
  append({late});
  EXPECT_EQ(store().waiting("default")->size(), 1U);
  const Counters change = change_by({signal_of(signal("a", "s1"))}, {signal_of(signal("a", "s1")), signal_of(late)});
  const auto waiting = store().waiting("default").value();
  EXPECT_EQ(settle("s2", "a", 1, change), std::vector<bool>{false});
  EXPECT_EQ(totals().by_platform, before.by_platform);
  EXPECT_EQ(store().waiting("default")->size(), 1U);
  EXPECT_EQ(settle("s2", "a", 0, change), std::vector<bool>{true});
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(store().waiting("default")->empty());
    EXPECT_TRUE(archive().any_late("default", kDay).value());
    EXPECT_FALSE(archive().any_late("other", kDay).value());
    const auto found = archive().late_signals("default", kDay, Ids{"b", "a", "never"});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(signal_ids(*found), Ids{"s2"});
    EXPECT_EQ(found->front().content_hash, late.content_hash);
    EXPECT_EQ(found->front().project, "default");
    EXPECT_EQ(signal_of(found->front()).interaction_id, "a");
    EXPECT_TRUE(archive().late_signals("default", kDay, Ids{"b"})->empty());
    EXPECT_TRUE(archive().late_signals("other", kDay, Ids{"a"})->empty());
    Counters expected = before.by_platform.at("zapier");
    expected += change;
    expected.raw_bytes += json_bytes(signal_of(late));
    expected.stored_bytes += json_bytes(signal_of(late));
    EXPECT_EQ(totals().by_platform.at("zapier"), expected);
    EXPECT_EQ(totals().by_platform.at("web"), before.by_platform.at("web"));
    EXPECT_EQ(held().content, DayContent{});
    // The same again, as after an answer that was lost.
    for (const int64_t known : {0, 1}) {
      const std::vector<LateSignal> again = {{waiting.front(), "a", kCreatedAt, "zapier", known, change}};
      EXPECT_TRUE(archive().settle(again));
    }
    harness_->reopen();
  }
}

TEST_P(ArchiveContract, LateSignalsTakeTurns) {
  append({interaction("a", R"("items":[{"id":"item"}])"), interaction("b")});
  seal();
  append({signal("item", "s1", "like"), signal("a", "s2", "comment"), signal("b", "s3"), signal("a", "s4"),
          signal("a", "dup"), signal("never", "s5")});
  Counters one;
  one.signals = 1;
  std::vector<LateSignal> late;
  const auto waiting = store().waiting("default").value();
  ASSERT_EQ(signal_ids(waiting), (Ids{"s1", "s2", "s3", "s4", "dup", "s5"}));
  late.push_back({waiting[0], "a", kCreatedAt, "zapier", 0, one});
  late.push_back({waiting[1], "a", kCreatedAt, "zapier", 1, one});
  late.push_back({waiting[2], "b", kCreatedAt, "zapier", 0, one});
  late.push_back({waiting[3], "a", kCreatedAt, "zapier", 1, one});
  late.push_back({waiting[4], "a", kCreatedAt, "zapier", 2, std::nullopt});
  const auto done = archive().settle(late);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, (std::vector<bool>{true, true, true, false, true}));
  EXPECT_EQ(signal_ids(store().waiting("default").value()), (Ids{"s4", "s5"}));
  EXPECT_EQ(totals().all().signals, 3);
  const auto found = archive().late_signals("default", kDay, Ids{"a", "b"}).value();
  EXPECT_EQ(signal_ids(found), (Ids{"s1", "s2", "s3"}));
  for (const Write& write : found) EXPECT_EQ(signal_of(write).interaction_id, signal_of(write).id == "s3" ? "b" : "a");
  EXPECT_TRUE(archive().settle({})->empty());
}

TEST_P(ArchiveContract, LateSignalsOutliveAnotherSealing) {
  append({interaction("a")});
  seal();
  append({signal("a", "s1"), interaction("late"), signal("late", "s2")});
  Counters one;
  one.signals = 1;
  ASSERT_EQ(settle("s1", "a", 0, one), std::vector<bool>{true});
  const int64_t bytes = json_bytes(signal_of(signal("a", "s1")));
  const Held read = held();
  EXPECT_EQ(read.content.signals, 1);
  seal("default", 2);
  EXPECT_EQ(signal_ids(archive().late_signals("default", kDay, Ids{"a", "late"}).value()), Ids{"s1"});
  EXPECT_EQ(totals().all().stored_bytes, bytes);
  EXPECT_EQ(totals().all().signals, 2);
}

TEST_P(ArchiveContract, ReplacesAPart) {
  append({interaction("a", R"("language":"en","tags":["t"])"), interaction("b", R"("language":"en")"),
          interaction("w", "", "web"), of_other_project(interaction("a"))});
  const Sealed sealed = seal();
  append({signal("a", "s1"), signal("b", "s2")});
  const Counters up = change_by({}, {signal_of(signal("a", "s1"))});
  ASSERT_EQ(settle("s1", "a", 0, up), std::vector<bool>{true});
  ASSERT_EQ(settle("s2", "b", 0, up), std::vector<bool>{true});
  const Totals before = totals();
  const int64_t generation = this->generation();
  const int64_t version = archive().version("default").value();
  // "a" goes.
  const Part& old = sealed.parts[1];
  ASSERT_EQ(old.platform, "zapier");
  Part with = parts_for({sealed.held.records[1]}, "default", 1)[0];
  with.key += ".2";
  Recount recount;
  recount.change = change_by({signal_of(signal("a", "s1"))}, {});
  recount.change.interactions = -1;
  recount.change.succeeded = -1;
  const int64_t late_bytes = json_bytes(signal_of(signal("a", "s1")));
  recount.change.raw_bytes = -json_bytes(sealed.held.records[0].interaction) - late_bytes;
  recount.change.stored_bytes = -late_bytes;
  recount.facets = {{{"language", "en"}, -1}, {{"tag", "t"}, -1}};
  EXPECT_FALSE(archive().replace(old, generation + 1, with, recount, Ids{"a"}).value());
  EXPECT_EQ(totals().by_platform, before.by_platform);
  EXPECT_EQ(archive().version("default").value(), version);
  const auto done = archive().replace(old, generation, with, recount, Ids{"a"});
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_TRUE(*done);
  EXPECT_GT(this->generation(), generation);
  EXPECT_GT(archive().version("default").value(), version);
  EXPECT_EQ(signal_ids(archive().late_signals("default", kDay, Ids{"a", "b"}).value()), Ids{"s2"});
  Totals after = totals();
  Counters expected = before.by_platform.at("zapier");
  expected += recount.change;
  EXPECT_EQ(after.by_platform.at("zapier"), expected);
  EXPECT_EQ(after.by_platform.at("web"), before.by_platform.at("web"));
  EXPECT_EQ(after.facets.at("language").at("en"), 1);
  EXPECT_FALSE(after.facets.contains("tag"));
  EXPECT_EQ(after.archived.at("zapier").records, 1);
  // "b" goes as well, and the part with it.
  const std::vector<Part> parts = archive().parts_of("default", kDay)->parts;
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[1].key, with.key);
  EXPECT_GT(parts[1].id, old.id);
  EXPECT_EQ(archive().index_of(old).error().code, Code::kNotFound);
  EXPECT_EQ(archive().index_of(parts[1]).value(), with.index);
  recount.facets = {{{"language", "en"}, -1}};
  recount.change.raw_bytes = -json_bytes(sealed.held.records[1].interaction) - late_bytes;
  ASSERT_TRUE(archive().replace(parts[1], this->generation(), std::nullopt, recount, Ids{"b"}).value());
  after = totals();
  EXPECT_FALSE(after.by_platform.contains("zapier"));
  EXPECT_FALSE(after.archived.contains("zapier"));
  EXPECT_EQ(after.archived.at("web").records, 1);
  EXPECT_TRUE(after.facets.empty());
  EXPECT_FALSE(archive().any_late("default", kDay).value());
  EXPECT_TRUE(store().find("other", "a"));
  EXPECT_EQ(totals("other").all().interactions, 1);
}

TEST_P(ArchiveContract, RestoringBringsEverythingBack) {
  const Write a = interaction("a", R"("language":"en","tags":["t"],"items":[{"id":"item"}])");
  append({a, interaction("b", "", "web"), interaction("c", R"("artifact":")" + std::string(5000, 'x') + "\""),
          signal("a", "s1"), signal("a", "s2", "view", R"("user_id":"u1")"),
          signal("a", "s3", "view", R"("user_id":"u1")"), signal("c", "s4", "thumbs_down")});
  const Totals before = totals();
  const Sealed sealed = seal();
  append({interaction("late")});
  const int64_t last = held().content.last_position;
  EXPECT_FALSE(archive().restore(sealed.parts, sealed.generation + 1, giver(sealed.held.records)).value());
  const auto done = archive().restore(sealed.parts, sealed.generation, giver(sealed.held.records));
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_TRUE(*done);
  EXPECT_GT(generation(), sealed.generation);
  EXPECT_TRUE(archive().parts_of("default", kDay)->parts.empty());
  ASSERT_TRUE(store().erase("default", "late")->found);
  harness_->reopen();
  const Held back = held();
  EXPECT_EQ(texts_of(back.records), texts_of(sealed.held.records));
  ASSERT_EQ(back.records.size(), 3U);
  EXPECT_GT(back.records[0].position, last);
  EXPECT_EQ(without_place(totals()), without_place(before));
  EXPECT_EQ(totals().facets, before.facets);
  EXPECT_TRUE(totals().archived.empty());
  EXPECT_GE(totals().all().stored_bytes, before.all().stored_bytes / 2);
  for (const Stored& one : sealed.held.records) {
    const auto found = store().find("default", one.interaction.id);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(text_of(*found), text_of(one));
  }
  // Repeats and conflicts are known for what they are; signals meet the record and its items again.
  Write other = a;
  other.content_hash += 1;
  EXPECT_EQ(store().append({a, other, signal("a", "s1")}).value(),
            (std::vector<Outcome>{Outcome::kDuplicate, Outcome::kConflict, Outcome::kDuplicate}));
  append({signal("item", "s5", "like"), signal("a", "s6", "view", R"("user_id":"u1")"),
          signal("a", "s7", "view", R"("user_id":"u2")")});
  EXPECT_EQ(store().find("default", "a")->verdict.likes, 1);
  EXPECT_EQ(store().find("default", "a")->verdict.viewers, 2);
  // And again into the archive, with numbers of bytes that are right to the end.
  seal();
  EXPECT_EQ(totals().all().stored_bytes, 0);
  EXPECT_EQ(totals().all().compressed, 0);
}

TEST_P(ArchiveContract, RestoredRecordsHaveTheirLateSignals) {
  append({interaction("a"), interaction("b"), signal("a", "s1"), signal("a", "s2", "view", R"("user_id":"u1")")});
  const Sealed sealed = seal();
  append({signal("a", "s3", "thumbs_down"), signal("a", "s4", "view", R"("user_id":"u1")"), signal("b", "s5")});
  const record::Signal s1 = signal_of(signal("a", "s1"));
  const record::Signal s3 = signal_of(signal("a", "s3", "thumbs_down"));
  Counters view;
  view.signals = 1;
  ASSERT_EQ(settle("s3", "a", 0, change_by({s1}, {s1, s3})), std::vector<bool>{true});
  ASSERT_EQ(settle("s4", "a", 1, view), std::vector<bool>{true});
  ASSERT_EQ(settle("s5", "b", 0, change_by({}, {s1})), std::vector<bool>{true});
  const Totals before = totals();
  ASSERT_TRUE(archive().restore(sealed.parts, sealed.generation, giver(sealed.held.records)).value());
  EXPECT_EQ(without_place(totals()), without_place(before));
  const auto a = store().find("default", "a");
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->verdict.signals, 4);
  EXPECT_EQ(a->verdict.thumbs_up, 1);
  EXPECT_EQ(a->verdict.thumbs_down, 1);
  EXPECT_EQ(a->verdict.viewers, 1);
  Ids ids;
  for (const record::Signal& one : a->signals) ids.push_back(one.id);
  EXPECT_EQ(ids, (Ids{"s1", "s2", "s3", "s4"}));
  EXPECT_EQ(store().find("default", "b")->verdict.thumbs_up, 1);
  EXPECT_EQ(held().content.signals, 5);
  EXPECT_FALSE(archive().any_late("default", kDay).value());
  // What is erased now takes all of it along.
  ASSERT_TRUE(store().erase("default", "a")->found);
  ASSERT_TRUE(store().erase("default", "b")->found);
  EXPECT_EQ(totals().all(), Counters{});
}

TEST_P(ArchiveContract, ARestoreThatFailsChangesNothing) {
  append({interaction("a"), interaction("b"), signal("a", "s1")});
  const Sealed sealed = seal();
  const Totals before = totals();
  const auto torn = archive().restore(sealed.parts, sealed.generation, giver(sealed.held.records, true));
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().code, Code::kDataLoss);
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(held().records.empty());
    EXPECT_EQ(store().find("default", "a").error().code, Code::kNotFound);
    EXPECT_EQ(totals().by_platform, before.by_platform);
    EXPECT_EQ(texts_of(archive().parts_of("default", kDay)->parts), texts_of(sealed.parts));
    EXPECT_EQ(generation(), sealed.generation);
    harness_->reopen();
  }
  EXPECT_TRUE(archive().restore(sealed.parts, sealed.generation, giver(sealed.held.records)).value());
  EXPECT_EQ(texts_of(held().records), texts_of(sealed.held.records));
}

TEST_P(ArchiveContract, ManyRecordsGoAndComeBack) {
  std::vector<Write> writes;
  const std::string text(2000, 'x');
  for (int i = 0; i < 3000; ++i) {
    writes.push_back(
        interaction(fmt::format("i{}", i), R"("artifact":")" + text + "\"", i % 3 == 0 ? "web" : "zapier"));
    if (i % 2 == 0) writes.push_back(signal(fmt::format("i{}", i), "s"));
  }
  append(std::move(writes));
  const Totals before = totals();
  const Sealed sealed = seal();
  ASSERT_EQ(sealed.held.content.signals, 1500);
  ASSERT_TRUE(archive().restore(sealed.parts, sealed.generation, giver(sealed.held.records)).value());
  EXPECT_EQ(texts_of(held().records), texts_of(sealed.held.records));
  EXPECT_EQ(without_place(totals()), without_place(before));
}

TEST_P(ArchiveContract, FindsTheSignalsOfPeople) {
  const std::string anna = R"("user_id":"u_anna")";
  append({interaction("cold"), signal("cold", "s0", "thumbs_up", anna)});
  seal();
  append({signal("cold", "s1", "thumbs_up", anna), interaction("hot"), signal("hot", "s2", "comment", anna),
          signal("hot", "s3", "comment", R"("user_id":"u_bert")"), signal("never", "s4", "like", anna),
          of_other_project(signal("never", "s5", "like", anna))});
  Counters one;
  one.signals = 1;
  ASSERT_EQ(settle("s1", "cold", 0, one), std::vector<bool>{true});
  const auto found = archive().signals_of("default", Ids{"u_anna", "u_nobody"});
  ASSERT_TRUE(found) << found.error().message;
  std::map<std::string, const PlacedSignal*> by_id;
  for (const PlacedSignal& placed : *found) by_id[placed.signal.id] = &placed;
  ASSERT_EQ(by_id.size(), 3U);
  ASSERT_EQ(found->size(), 3U);
  EXPECT_FALSE(by_id.at("s1")->waits);
  EXPECT_EQ(day_of(by_id.at("s1")->created_at), day_of(kCreatedAt));
  EXPECT_EQ(by_id.at("s1")->signal.interaction_id, "cold");
  EXPECT_EQ(by_id.at("s2")->content_hash, signal("hot", "s2", "comment", anna).content_hash);
  EXPECT_EQ(day_of(by_id.at("s2")->created_at), day_of(kCreatedAt));
  EXPECT_TRUE(by_id.at("s4")->waits);
  EXPECT_TRUE(archive().signals_of("default", {})->empty());
  EXPECT_EQ(archive().drop_waiting("default", Ids{"u_anna"}).value(), 1);
  EXPECT_EQ(archive().drop_waiting("default", Ids{"u_anna"}).value(), 0);
  EXPECT_EQ(archive().drop_waiting("default", {}).value(), 0);
  EXPECT_TRUE(store().waiting("default")->empty());
  EXPECT_EQ(store().waiting("other")->size(), 1U);
}

TEST_P(ArchiveContract, DropsSignals) {
  append({interaction("hot"), signal("hot", "s1"), signal("hot", "s2", "thumbs_down"),
          of_other_project(interaction("hot")), of_other_project(signal("hot", "s2"))});
  const record::Signal s1 = signal_of(signal("hot", "s1"));
  const record::Signal s2 = signal_of(signal("hot", "s2", "thumbs_down"));
  Totals before = totals();
  Recount recount{change_by({s1, s2}, {s1}), {}};
  recount.change.raw_bytes = recount.change.stored_bytes = -json_bytes(s2);
  ASSERT_TRUE(archive().drop_signals("default", "hot", kCreatedAt, Ids{"s2"}, verdict_of({s1}), "zapier", recount));
  const auto hot = store().find("default", "hot");
  EXPECT_EQ(hot->verdict, verdict_of({s1}));
  ASSERT_EQ(hot->signals.size(), 1U);
  EXPECT_EQ(hot->signals[0].id, "s1");
  Counters expected = before.by_platform.at("zapier");
  expected += recount.change;
  EXPECT_EQ(totals().by_platform.at("zapier"), expected);
  EXPECT_EQ(store().find("other", "hot")->verdict.thumbs_up, 1);
  // The same of a record that is archived.
  seal();
  append({signal("hot", "s3"), signal("hot", "s4")});
  Counters one;
  one.signals = 1;
  one.thumbs_up = 1;
  ASSERT_EQ(settle("s3", "hot", 0, one), std::vector<bool>{true});
  ASSERT_EQ(settle("s4", "hot", 1, one), std::vector<bool>{true});
  before = totals();
  recount.change = change_by({s1, s1}, {s1});
  recount.change.raw_bytes = recount.change.stored_bytes = -json_bytes(s1);
  ASSERT_TRUE(archive().drop_signals("default", "hot", kCreatedAt, Ids{"s3"}, verdict_of({s1, s1}), "zapier", recount));
  EXPECT_EQ(signal_ids(archive().late_signals("default", kDay, Ids{"hot"}).value()), Ids{"s4"});
  expected = before.by_platform.at("zapier");
  expected += recount.change;
  EXPECT_EQ(totals().by_platform.at("zapier"), expected);
  EXPECT_EQ(store().find("default", "hot").error().code, Code::kNotFound);
}

TEST_P(ArchiveContract, DropsRejects) {
  const Time at = kCreatedAt;
  ASSERT_TRUE(store().add_rejects({{0, "default", at, "r", "about anna%"},
                                   {0, "default", at, "r", "of b\xc3\xa9rt_\xff"},
                                   {0, "default", at, "r", "about nobody"},
                                   {0, "other", at, "r", "about anna%"}}));
  EXPECT_EQ(archive().drop_rejects("default", {}).value(), 0);
  EXPECT_EQ(archive().drop_rejects("default", Ids{"anna_", "%"}).value(), 1);
  EXPECT_EQ(archive().drop_rejects("default", Ids{"b\xc3\xa9rt_", "\\"}).value(), 1);
  const auto left = store().rejects("default", 0, 10);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().text, "about nobody");
  EXPECT_EQ(store().rejects("other", 0, 10)->size(), 1U);
}

TEST_P(ArchiveContract, WhatWasLookedForInAnotherGenerationIsNotStored) {
  append({interaction("a")});
  seal();
  Write late = interaction("b");
  late.generation = 0;
  std::vector<Write> writes = {interaction("c", "", "zapier", "2026-11-21"), late};
  const auto refused = store().append(std::move(writes));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict) << refused.error().message;
  EXPECT_EQ(totals().all().interactions, 1);
  writes[1].generation = generation();
  ASSERT_TRUE(store().append(std::move(writes)));
  EXPECT_EQ(totals().all().interactions, 3);
}

TEST_P(ArchiveContract, ADroppedDayForgetsItsParts) {
  append({interaction("a"), interaction("b", "", "zapier", "2026-11-21"), of_other_project(interaction("c"))});
  const Sealed sealed = seal();
  const int64_t version = archive().version("default").value();
  EXPECT_GT(version, 0);
  ASSERT_TRUE(store().drop_day(kDay));
  EXPECT_TRUE(archive().parts_of("default", kDay)->parts.empty());
  EXPECT_TRUE(archive().parts("default", std::nullopt, std::nullopt)->empty());
  EXPECT_GT(archive().version("default").value(), version);
  EXPECT_TRUE(totals().archived.empty());
  EXPECT_EQ(totals().all().interactions, 1);
  EXPECT_FALSE(archive().restore(sealed.parts, sealed.generation, giver(sealed.held.records)).value());
  EXPECT_EQ(totals().all().interactions, 1);
}

TEST_P(ArchiveContract, Scrubs) {
  append({interaction("a"), interaction("b"), interaction("next", "", "zapier", "2026-11-21"), signal("a", "s1")});
  seal();
  ASSERT_TRUE(store().erase("default", "next")->found);
  const auto done = archive().scrub();
  ASSERT_TRUE(done) << done.error().message;
  append({interaction("c")});
  EXPECT_EQ(ids_of(held().records), Ids{"c"});
}

}  // namespace gleaner::store

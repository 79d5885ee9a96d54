#include "store/transfer.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "record/codec.h"
#include "store/sqlite/sqlite_store.h"
#include "store/transfer_check.h"

namespace gleaner::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string folder_of_its_own() {
  std::string name = testing::TempDir() + "gleaner_transfer_XXXXXX";
  return mkdtemp(name.data());
}

// Fails every append() after so many, as a database that goes away.
class Failing final : public Store {
 public:
  Failing(Store& store, int good) : store_(store), good_(good) {}
  Result<std::vector<Outcome>> append(std::vector<Write>&& writes) override {
    if (good_-- <= 0) return fail(Code::kUnavailable, "away");
    return store_.append(std::move(writes));
  }
  Result<Stored> find(std::string_view project, std::string_view id) override { return store_.find(project, id); }
  Result<std::unique_ptr<Scan>> scan(ScanOptions options) override { return store_.scan(std::move(options)); }
  Result<Totals> totals(std::string_view project) override { return store_.totals(project); }
  Result<std::vector<Write>> waiting(std::string_view project) override { return store_.waiting(project); }
  Result<Erased> erase(std::string_view project, std::string_view id) override { return store_.erase(project, id); }
  Result<std::vector<Day>> days() override { return store_.days(); }
  Status drop_day(Day day) override { return store_.drop_day(day); }
  Status add_rejects(std::vector<Reject> rejects) override { return store_.add_rejects(std::move(rejects)); }
  Result<std::vector<Reject>> rejects(std::string_view project, int64_t after, size_t limit) override {
    return store_.rejects(project, after, limit);
  }
  Status check_writable() override { return store_.check_writable(); }

 private:
  Store& store_;
  int good_;
};

class TransferTest : public testing::Test {
 protected:
  struct Place {
    Place() : folder(folder_of_its_own()), store(*SqliteStore::open({.directory = folder})) {}
    ~Place() {
      store.reset();
      std::filesystem::remove_all(folder);
    }
    Side side() const { return {*store, store->registry()}; }
    std::string folder;
    std::unique_ptr<SqliteStore> store;
  };

  static Write interaction(const std::string& project, const std::string& id, const std::string& day = "2026-11-20",
                           const std::string& output = "fine") {
    const std::string json =
        fmt::format(R"({{"id":"{}","platform":"web","created_at":"{}T10:00:00Z","output":"{}"}})", id, day, output);
    return {project, *record::Decoder().interaction(json), keyed_hash64(0, json), false};
  }
  static Write thumbs_up(const std::string& project, const std::string& of, const std::string& id) {
    auto signal =
        *record::Decoder().signal(fmt::format(R"({{"id":"{}","kind":"thumbs_up","interaction_id":"{}"}})", id, of));
    signal.created_at = parse_time("2026-11-20").value();
    return {project, std::move(signal), keyed_hash64(0, of + id), false};
  }
  static void append(const Place& place, std::vector<Write> writes) {
    for (const Write& write : writes) EXPECT_TRUE(place.store->registry().project(write.project));
    const auto outcomes = place.store->append(std::move(writes));
    ASSERT_TRUE(outcomes) << outcomes.error().message;
  }

  // Two projects, three days, signals, some of which wait, rejects, keys, a rotation.
  void fill() const {
    std::vector<Write> writes;
    for (int i = 0; i < 40; ++i) {
      writes.push_back(interaction("default", fmt::format("i{}", i), fmt::format("2026-11-{}", 18 + i % 3)));
      if (i % 4 == 0) writes.push_back(thumbs_up("default", fmt::format("i{}", i), fmt::format("s{}", i)));
    }
    writes.push_back(interaction("shop", "i1", "2026-11-20", "of the shop"));
    writes.push_back(thumbs_up("shop", "late", "s-late"));
    append(source_, std::move(writes));
    const Time at = parse_time("2026-11-20").value();
    Registry& registry = source_.store->registry();
    ASSERT_TRUE(registry.rotate_secret("shop", at));
    ASSERT_TRUE(registry.add_key({"k1", "default", "web", {"ingest"}, "h1", at, {}}));
    ASSERT_TRUE(registry.add_key({"k2", "shop", "old", {"read", "admin"}, "h2", at, at}));
    ASSERT_TRUE(source_.store->add_rejects({{0, "default", at, "why", "what"}, {0, "default", at, "why", "what"}}));
  }

  TransferCounts carry(TransferProgress progress = {}) const {
    Transfer transfer(source_.side(), target_.side(), progress, {.max_records = 7});
    const Status done = transfer.run();
    EXPECT_TRUE(done) << done.error().message;
    return transfer.counts();
  }
  TransferCheck check() const {
    auto check = check_transfer(source_.side(), target_.side(), {});
    EXPECT_TRUE(check) << check.error().message;
    return *std::move(check);
  }

  Place source_;
  Place target_;
};

TEST_F(TransferTest, CarriesEverything) {
  fill();
  EXPECT_FALSE(check().all_there());
  const TransferCounts counts = carry();
  EXPECT_EQ(counts.interactions, 41);
  EXPECT_EQ(counts.signals, 10);
  EXPECT_EQ(counts.waiting, 1);
  EXPECT_EQ(counts.rejects, 2);
  EXPECT_EQ(counts.there_already + counts.conflicts, 0);
  const TransferCheck same = check();
  EXPECT_TRUE(same.all_there());
  EXPECT_FALSE(same.source_changed());
  ASSERT_EQ(same.projects.size(), 2U);
  ASSERT_EQ(same.projects[0].days.size(), 3U);
  EXPECT_EQ(same.projects[0].days[0].source, same.projects[0].days[0].target);
  EXPECT_EQ(same.projects[1].secrets.target, 2);
  EXPECT_EQ(target_.store->totals("default")->all().raw_bytes, source_.store->totals("default")->all().raw_bytes);
  append(target_, {interaction("shop", "late")});
  EXPECT_EQ(target_.store->find("shop", "late")->signals.size(), 1U);
  EXPECT_TRUE(check().all_there());
}

TEST_F(TransferTest, AgainChangesNothing) {
  fill();
  carry();
  const TransferCounts again = carry();
  EXPECT_EQ(again.interactions + again.signals + again.waiting + again.rejects, 0);
  EXPECT_EQ(again.there_already, 41 + 10 + 1 + 2);
  EXPECT_EQ(target_.store->rejects("default", 0, 10)->size(), 2U);
  EXPECT_TRUE(check().all_there());
}

TEST_F(TransferTest, WhatCameLaterIsCarriedByTheNext) {
  fill();
  carry();
  append(source_, {interaction("default", "later", "2026-11-17"), thumbs_up("default", "i1", "s-later")});
  ASSERT_TRUE(source_.store->registry().rotate_secret("shop", parse_time("2026-11-21").value()));
  ASSERT_TRUE(source_.store->registry().revoke_key("default", "k1", parse_time("2026-11-21").value()));
  EXPECT_FALSE(check().all_there());
  carry();
  EXPECT_TRUE(check().all_there());
}

TEST_F(TransferTest, GoesOnWhereItWas) {
  fill();
  TransferProgress saved;
  TransferOptions options{.max_records = 7};
  options.save = [&saved](const TransferProgress& now) -> Status {
    saved = now;
    return {};
  };
  int runs = 0;
  int64_t carried = 0;
  for (bool done = false; !done; ++runs) {
    ASSERT_LT(runs, 40);
    Failing target(*target_.store, 3);
    TransferProgress progress = saved;
    Transfer transfer(source_.side(), {target, target_.store->registry()}, progress, options);
    const Status status = transfer.run();
    done = status.has_value();
    if (!done) {
      EXPECT_EQ(status.error().code, Code::kUnavailable);
    }
    carried += transfer.counts().interactions;
  }
  EXPECT_GT(runs, 3);
  EXPECT_EQ(carried, 41);
  EXPECT_EQ(saved.projects.at("default").interactions, 40);
  EXPECT_EQ(saved.projects.at("default").signals, 10);
  const auto check = check_transfer(source_.side(), target_.side(), {.carried = &saved});
  EXPECT_TRUE(check->all_there());
  EXPECT_FALSE(check->source_changed());
}

TEST_F(TransferTest, TheProgressOfAnotherTargetIsNotBelieved) {
  fill();
  TransferProgress done;
  Transfer first(source_.side(), target_.side(), done, {});
  ASSERT_TRUE(first.run());
  const Place other;
  Transfer second(source_.side(), other.side(), done, {});
  ASSERT_TRUE(second.run());
  EXPECT_EQ(second.counts().interactions, 41);
}

TEST_F(TransferTest, OtherDataInTheTargetIsFine) {
  fill();
  ASSERT_TRUE(target_.store->registry().restore_project(*source_.store->registry().project("default")));
  append(target_, {interaction("default", "own"), interaction("default", "i2"), interaction("other", "own")});
  carry();
  append(target_, {thumbs_up("default", "i3", "own")});
  const TransferCheck contained = check();
  EXPECT_TRUE(contained.all_there());
  EXPECT_NE(contained.projects[0].days[2].source, contained.projects[0].days[2].target);
  EXPECT_TRUE(target_.store->find("default", "own"));
}

TEST_F(TransferTest, SecretsThatDifferAreAConflict) {
  fill();
  ASSERT_TRUE(target_.store->registry().project("shop"));
  TransferProgress progress;
  Transfer transfer(source_.side(), target_.side(), progress, {});
  const Status done = transfer.run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kConflict);
  EXPECT_THAT(done.error().message, HasSubstr("\"shop\""));
  EXPECT_EQ(target_.store->totals("default")->all().interactions, 0);
}

TEST_F(TransferTest, NamesWhatIsMissingOrDiffers) {
  fill();
  ASSERT_TRUE(target_.store->registry().restore_project(*source_.store->registry().project("default")));
  append(target_, {interaction("default", "i4", "2026-11-19", "other")});
  EXPECT_EQ(carry().conflicts, 2);  // i4 and its signal
  EXPECT_TRUE(target_.store->find("default", "i4")->signals.empty());
  ASSERT_TRUE(target_.store->erase("default", "i0"));
  ASSERT_TRUE(target_.store->erase("shop", "late"));
  const TransferCheck check = this->check();
  EXPECT_FALSE(check.all_there());
  EXPECT_THAT(check.projects[0].days[0].findings.examples, ElementsAre("interaction \"i0\" is missing"));
  EXPECT_THAT(check.projects[0].days[1].findings.examples,
              ElementsAre("interaction \"i4\" differs", "signal \"s4\" of \"i4\" is missing"));
  EXPECT_TRUE(check.projects[0].days[2].findings.none());
  EXPECT_THAT(check.projects[1].waiting.findings.examples, ElementsAre("signal \"s-late\" of \"late\" is missing"));
}

TEST_F(TransferTest, RejectsPushNothingOut) {
  const Time at = parse_time("2026-11-20").value();
  const auto rejects = [at](const std::string& text, int64_t count) {
    std::vector<Reject> out;
    for (int64_t i = 0; i < count; ++i) out.push_back({0, "default", at, "why", fmt::format("{} {}", text, i)});
    return out;
  };
  ASSERT_TRUE(source_.store->registry().project("default"));
  ASSERT_TRUE(source_.store->add_rejects(rejects("source", 300)));
  ASSERT_TRUE(target_.store->add_rejects(rejects("target", kMaxRejects - 100)));
  const TransferCounts counts = carry();
  EXPECT_EQ(counts.rejects, 100);
  EXPECT_EQ(counts.rejects_left_out, 200);
  EXPECT_EQ(target_.store->rejects("default", 0, 1)->front().text, "target 0");
  EXPECT_EQ(carry().rejects, 0);
  EXPECT_TRUE(check().all_there());
}

TEST_F(TransferTest, PlansWithoutATarget) {
  fill();
  const auto plan = plan_transfer(source_.side(), {});
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->projects.size(), 2U);
  EXPECT_EQ(plan->projects[0].days.size(), 3U);
  EXPECT_EQ(plan->projects[0].days[0].source.interactions, 14);
  EXPECT_EQ(plan->projects[0].rejects.source, 2);
  EXPECT_EQ(plan->projects[1].waiting.source, 1);
  EXPECT_EQ(plan->keys.source, 2);
}

TEST(ProgressFileTest, IsReadBack) {
  const std::string folder = folder_of_its_own();
  const ProgressFile file(folder, "a to b");
  EXPECT_TRUE(file.load().projects.empty());
  TransferProgress progress;
  progress.projects["default"] = {"2026-11-20.17.3", "id \"1\"", 4210, 97, false};
  progress.projects["shop"] = {"", "x", 1, 0, true};
  ASSERT_TRUE(file.save(progress));
  EXPECT_EQ(file.load(), progress);
  EXPECT_TRUE(ProgressFile(folder, "b to a").load().projects.empty());
  std::ofstream(folder + "/migrate-store.json") << R"({"version":1,"route":"a to b","proj)";
  EXPECT_TRUE(file.load().projects.empty());
  file.remove();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  EXPECT_EQ(ProgressFile(folder + "/none", "a to b").save(progress).error().code, Code::kUnavailable);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gleaner::store

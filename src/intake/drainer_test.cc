// The intake with a spool, in front of a store that goes away, hangs and refuses.
#include "intake/drainer.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "intake/intake.h"
#include "record/codec.h"

namespace gleaner::intake {
namespace {

using namespace std::chrono_literals;

// Keeps ids in the order in which they were first stored; recognises repeats as a real store does.
class MoodyStore final : public store::Store {
 public:
  enum class Mood {
    kWell,
    kAway,
    kAnswerLost,  // the commit goes through, and nobody is told
    kRefusing,    // every record, as a broken schema does
  };

  Result<std::vector<store::Outcome>> append(std::vector<store::Write>&& writes) override {
    hang();
    const std::lock_guard lock(mutex_);
    ++appends_;
    if (mood_ == Mood::kAway) return fail(Code::kUnavailable, "connection refused");
    if (mood_ == Mood::kRefusing) return fail(Code::kInternal, "no such table");
    for (const store::Write& write : writes) {
      if (poisoned_.contains(id_of(write))) return fail(Code::kInternal, "cannot store " + id_of(write));
    }
    std::vector<store::Outcome> outcomes;
    for (const store::Write& write : writes) outcomes.push_back(append_one(write));
    if (mood_ == Mood::kAnswerLost) return fail(Code::kUnavailable, "connection lost in COMMIT");
    return outcomes;
  }
  Status add_rejects(std::vector<store::Reject> rejects) override {
    const std::lock_guard lock(mutex_);
    if (mood_ == Mood::kAway) return fail(Code::kUnavailable, "connection refused");
    for (const store::Reject& reject : rejects) {
      if (reject.text.find("unspeakable") != std::string::npos) return fail(Code::kInternal, "cannot say that");
    }
    rejects_.insert(rejects_.end(), rejects.begin(), rejects.end());
    return {};
  }
  Result<store::Stored> find(std::string_view, std::string_view) override { return fail(Code::kNotFound, ""); }
  Result<std::unique_ptr<store::Scan>> scan(store::ScanOptions) override { return fail(Code::kNotFound, ""); }
  Result<store::Totals> totals(std::string_view) override { return store::Totals{}; }
  Result<std::vector<store::Write>> waiting(std::string_view) override { return std::vector<store::Write>{}; }
  Result<store::Erased> erase(std::string_view, std::string_view) override { return store::Erased{}; }
  Result<std::vector<Day>> days() override { return std::vector<Day>{}; }
  Status drop_day(Day) override { return {}; }
  Result<std::vector<store::Reject>> rejects(std::string_view, int64_t, size_t) override {
    const std::lock_guard lock(mutex_);
    return rejects_;
  }
  Status check_writable() override { return {}; }

  void set(Mood mood) {
    const std::lock_guard lock(mutex_);
    mood_ = mood;
  }
  void poison(const std::string& id) {
    const std::lock_guard lock(mutex_);
    poisoned_.insert(id);
  }
  std::vector<std::string> stored() const {
    const std::lock_guard lock(mutex_);
    return stored_;
  }
  int appends() const {
    const std::lock_guard lock(mutex_);
    return appends_;
  }
  std::vector<store::Reject> rejected() const {
    const std::lock_guard lock(mutex_);
    return rejects_;
  }

  std::atomic<bool> hanging = false;
  std::atomic<int> slow_ms = 0;

 private:
  static std::string id_of(const store::Write& write) {
    return std::visit([](const auto& record) { return record.id; }, write.record);
  }
  store::Outcome append_one(const store::Write& write) {
    const auto [known, fresh] = hashes_.emplace(id_of(write), write.content_hash);
    if (!fresh) return known->second == write.content_hash ? store::Outcome::kDuplicate : store::Outcome::kConflict;
    stored_.push_back(id_of(write));
    return store::Outcome::kStored;
  }
  void hang() {
    while (hanging) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(std::chrono::milliseconds(slow_ms));
  }

  mutable std::mutex mutex_;
  Mood mood_ = Mood::kWell;
  std::set<std::string> poisoned_;
  std::map<std::string, uint64_t> hashes_;
  std::vector<std::string> stored_;
  std::vector<store::Reject> rejects_;
  int appends_ = 0;
};

using Mood = MoodyStore::Mood;

class DrainerTest : public testing::Test {
 protected:
  DrainerTest() {
    std::string name = testing::TempDir() + "gleaner_drainer_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~DrainerTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Intake> make_intake(uint64_t max_bytes = uint64_t{1} << 30) {
    IntakeOptions options;
    options.spool = Spool::open({.folder = folder_, .max_bytes = max_bytes}).value();
    options.on_spool = [this](const std::string& message) {
      const std::lock_guard lock(notices_mutex_);
      notices_.push_back(message);
    };
    return std::make_unique<Intake>(std::move(options), store_, *rulebook_, clock_, ids_);
  }
  // Records whose ids are numbers.
  Submission submission(const Intake& intake, const std::vector<int>& ids, const std::string& output = "x") const {
    Submission made;
    for (const int id : ids) {
      const std::string json = fmt::format(R"({{"id":"{}","output":"{}"}})", id, output);
      made.writes.push_back(intake.prepare(project_, record::Decoder().interaction(json).value()).value());
      made.bytes += json.size();
    }
    return made;
  }
  std::vector<store::Outcome> write(Intake& intake, const std::vector<int>& ids, const std::string& output = "x") {
    const auto outcomes = intake.write(submission(intake, ids, output));
    EXPECT_TRUE(outcomes) << outcomes.error().message;
    return outcomes.value_or(std::vector<store::Outcome>{});
  }
  bool is_drained(const Intake& intake, std::chrono::seconds patience = 20s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      if (intake.metrics().spool.bytes == 0) return true;
      std::this_thread::sleep_for(2ms);
    }
    return false;
  }
  static std::vector<std::string> numbers(int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) out.push_back(std::to_string(i));
    return out;
  }
  static constexpr auto kSpooled = store::Outcome::kSpooled;
  static constexpr auto kStored = store::Outcome::kStored;

  std::string folder_;
  store::Project project_{"default", Secret("0123456789abcdef"), {}};
  std::unique_ptr<Rulebook> rulebook_ = Rulebook::make(config::Config()).value();
  SystemClock clock_;
  UuidV7Source ids_;
  MoodyStore store_;
  std::mutex notices_mutex_;
  std::vector<std::string> notices_;
};

TEST_F(DrainerTest, AStoreThatAnswersNeedsNoSpool) {
  const auto intake = make_intake();
  EXPECT_EQ(write(*intake, {0}).front(), kStored);
  EXPECT_EQ(intake->metrics().spooled, 0U);
  EXPECT_TRUE(intake->metrics().store_up);
  EXPECT_TRUE(intake->check_spool());
  EXPECT_FALSE(Intake({}, store_, *rulebook_, clock_, ids_).check_spool());
}

TEST_F(DrainerTest, WhatTheStoreDoesNotTakeIsSpooledAndDrained) {
  const auto intake = make_intake();
  store_.set(Mood::kAway);
  EXPECT_EQ(write(*intake, {0, 1}), (std::vector{kSpooled, kSpooled}));
  EXPECT_EQ(write(*intake, {2}).front(), kSpooled);
  IntakeMetrics metrics = intake->metrics();
  EXPECT_EQ(metrics.spooled, 3U);
  EXPECT_EQ(metrics.spool.records, 3U);
  EXPECT_GT(metrics.spool.bytes, 0U);
  EXPECT_FALSE(metrics.store_up);
  EXPECT_EQ(metrics.store_error, "connection refused");
  EXPECT_EQ(metrics.stored, 0U);
  EXPECT_EQ(metrics.failed_commits, 0U);
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(write(*intake, {3}).front(), kStored);
  EXPECT_EQ(store_.stored(), numbers(4));
  metrics = intake->metrics();
  EXPECT_EQ(metrics.drained, 3U);
  EXPECT_EQ(metrics.spool.records, 0U);
  EXPECT_EQ(metrics.stored, 4U);
  EXPECT_TRUE(metrics.store_up);
  EXPECT_EQ(metrics.store_error, "");
}

TEST_F(DrainerTest, RejectsAreSpooledToo) {
  const auto intake = make_intake();
  store_.set(Mood::kAway);
  Submission both = submission(*intake, {0});
  both.rejects.push_back(intake->reject(project_, {Code::kInvalidArgument, "why"}, "what"));
  EXPECT_EQ(intake->write(std::move(both)).value(), std::vector{kSpooled});
  Submission alone;
  alone.rejects.push_back(intake->reject(project_, {Code::kInvalidArgument, "why not"}, "unspeakable"));
  EXPECT_TRUE(intake->write(std::move(alone)).value().empty());
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  const auto rejected = store_.rejected();
  ASSERT_EQ(rejected.size(), 2U);
  EXPECT_EQ(rejected[0].reason, "why");
  EXPECT_EQ(rejected[0].text, "what");
  EXPECT_EQ(rejected[1].reason, "refused by the store: cannot say that");
  EXPECT_EQ(rejected[1].text, "");
}

TEST_F(DrainerTest, ACommitWhoseAnswerWasLostIsStoredOnce) {
  const auto intake = make_intake();
  store_.set(Mood::kAnswerLost);
  EXPECT_EQ(write(*intake, {0, 1}), (std::vector{kSpooled, kSpooled}));
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored(), numbers(2));
  EXPECT_EQ(intake->metrics().duplicates, 2U);
}

// Several threads write while the store comes and goes. Each thread's records stay in their order, none is lost, none
// is there twice.
TEST_F(DrainerTest, OrderIsKeptWhileTheStoreComesAndGoes) {
  constexpr int kThreads = 3;
  constexpr int kEach = 400;
  auto intake = make_intake();
  std::atomic<bool> done = false;
  std::thread weather([&] {
    const Mood moods[] = {Mood::kAway, Mood::kWell, Mood::kAnswerLost, Mood::kWell};
    for (int i = 0; !done; ++i) {
      store_.set(moods[i % 4]);
      std::this_thread::sleep_for(i % 2 == 0 ? 30ms : 300ms);
    }
    store_.set(Mood::kWell);
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        write(*intake, {t * kEach + i});
        if (i % 4 == 0) std::this_thread::sleep_for(5ms);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  weather.join();
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_GT(intake->metrics().spooled, 0U);
  const auto stored = store_.stored();
  EXPECT_EQ(stored.size(), kThreads * kEach);
  EXPECT_EQ(std::set(stored.begin(), stored.end()).size(), kThreads * kEach);
  std::vector<int> last(kThreads, -1);
  for (const std::string& id : stored) {
    const int number = std::stoi(id);
    EXPECT_LT(last[number / kEach], number);
    last[number / kEach] = number;
  }
}

// Writers that never pause, a store that is slower than they are, and a spool that must become empty all the same.
TEST_F(DrainerTest, TheSpoolShrinksUnderFullLoad) {
  const auto intake = make_intake();
  const std::string long_output(40'000, 'x');
  std::atomic<int> next_id = 0;
  store_.set(Mood::kAway);
  for (int i = 0; i < 200; ++i) write(*intake, {next_id++}, long_output);
  EXPECT_GT(intake->metrics().spool.bytes, uint64_t{7} << 20);
  store_.slow_ms = 100;
  store_.set(Mood::kWell);
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!done) write(*intake, {next_id++}, long_output);
    });
  }
  bool direct = false;
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (!direct && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(5ms);
    direct = intake->metrics().spool.bytes == 0;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(direct);
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored().size(), static_cast<size_t>(next_id));
}

TEST_F(DrainerTest, AStoreThatHangsHoldsUpNobody) {
  const auto intake = make_intake();
  store_.set(Mood::kAway);
  const std::string long_output(100'000, 'x');
  for (int i = 0; i < 150; ++i) write(*intake, {i}, long_output);
  store_.slow_ms = 100;
  store_.set(Mood::kWell);
  while (intake->metrics().drained == 0) std::this_thread::sleep_for(1ms);
  store_.hanging = true;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 150; i < 200; ++i) EXPECT_EQ(write(*intake, {i}).front(), kSpooled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 8s);
  EXPECT_TRUE(store_.stored().size() < 150);
  store_.hanging = false;
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored(), numbers(200));
}

TEST_F(DrainerTest, WhatIsLeftAtTheEndIsDrainedAtTheNextStart) {
  auto intake = make_intake();
  store_.set(Mood::kAway);
  for (int i = 0; i < 10; ++i) write(*intake, {i});
  // What is queued when the end comes is spooled, too.
  for (int i = 10; i < 20; ++i) ASSERT_TRUE(intake->submit(submission(*intake, {i}), [](Intake::Outcomes) {}));
  const auto start = std::chrono::steady_clock::now();
  intake.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  EXPECT_TRUE(store_.stored().empty());
  store_.set(Mood::kWell);
  intake = make_intake();
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored(), numbers(20));
  const std::lock_guard lock(notices_mutex_);
  EXPECT_EQ(std::ranges::count(notices_, "20 records of an earlier run are in the spool"), 1);
}

TEST_F(DrainerTest, EndingInTheMiddleOfDrainingLosesNothing) {
  auto intake = make_intake();
  store_.set(Mood::kAway);
  const std::string long_output(100'000, 'x');
  for (int i = 0; i < 200; ++i) write(*intake, {i}, long_output);
  store_.slow_ms = 30;
  store_.set(Mood::kWell);
  for (int runs = 0; intake->metrics().spool.bytes > 0 && runs < 100; ++runs) {
    std::this_thread::sleep_for(40ms * (runs % 5));
    intake.reset();
    intake = make_intake();
  }
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored(), numbers(200));
}

TEST_F(DrainerTest, OnlyTheRecordThatIsRefusedIsRejected) {
  const auto intake = make_intake();
  store_.set(Mood::kAway);
  for (const int id : {13, 57, 58}) store_.poison(std::to_string(id));
  for (int i = 0; i < 100; i += 10) write(*intake, {i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9});
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  auto expected = numbers(100);
  for (const char* id : {"13", "57", "58"}) std::erase(expected, id);
  EXPECT_EQ(store_.stored(), expected);
  const auto rejected = store_.rejected();
  ASSERT_EQ(rejected.size(), 3U);
  EXPECT_EQ(rejected[0].reason, "refused by the store: cannot store 13");
  EXPECT_TRUE(rejected[0].text.starts_with(R"({"id":"13",)")) << rejected[0].text;
  EXPECT_EQ(intake->metrics().drain_refused, 3U);
  EXPECT_LT(store_.appends(), 70);
}

TEST_F(DrainerTest, OneRefusedRecordAloneDoesNotBlockTheWay) {
  const auto intake = make_intake();
  store_.set(Mood::kAway);
  store_.poison("0");
  write(*intake, {0});
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.rejected().size(), 1U);
}

TEST_F(DrainerTest, AStoreThatRefusesEverythingIsNotBelieved) {
  const auto intake = make_intake();
  store_.set(Mood::kAway);
  write(*intake, {0, 1});
  write(*intake, {2});
  store_.set(Mood::kRefusing);
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(intake->metrics().spool.records, 3U);
  EXPECT_EQ(intake->metrics().store_error, "no such table");
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored(), numbers(3));
  EXPECT_TRUE(store_.rejected().empty());
}

TEST_F(DrainerTest, AConflictFoundWhenDrainingIsKeptAsAReject) {
  const auto intake = make_intake();
  EXPECT_EQ(write(*intake, {0}).front(), kStored);
  store_.set(Mood::kAway);
  write(*intake, {0}, "other");
  write(*intake, {1});
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored(), numbers(2));
  const auto rejected = store_.rejected();
  ASSERT_EQ(rejected.size(), 1U);
  EXPECT_EQ(rejected[0].reason, "id: 0 was taken by a record with other content while this one was spooled");
  EXPECT_TRUE(rejected[0].text.find("other") != std::string::npos);
  EXPECT_EQ(intake->metrics().conflicts, 1U);
}

TEST_F(DrainerTest, AFullSpoolIsSaid) {
  const auto intake = make_intake(2000);
  store_.set(Mood::kAway);
  Result<std::vector<store::Outcome>> outcomes = std::vector<store::Outcome>{};
  for (int i = 0; outcomes && i < 100; ++i) outcomes = intake->write(submission(*intake, {i}));
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code, Code::kUnavailable);
  EXPECT_TRUE(outcomes.error().message.find("is full") != std::string::npos) << outcomes.error().message;
  EXPECT_FALSE(intake->check_spool());
  EXPECT_EQ(intake->metrics().failed_commits, 1U);
  store_.set(Mood::kWell);
  ASSERT_TRUE(is_drained(*intake));
  EXPECT_EQ(store_.stored().size(), intake->metrics().spooled);
}

}  // namespace
}  // namespace gleaner::intake

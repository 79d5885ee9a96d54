#include "intake/intake.h"

#include <latch>

#include <gtest/gtest.h>

#include "intake/transform.h"
#include "record/codec.h"

namespace gleaner::intake {
namespace {

class FixedClock final : public Clock {
 public:
  Time now() const override { return parse_time("2026-11-21T08:00:00Z").value(); }
};

// A store that only remembers, and can be told to be slow or to fail.
class MemoryStore final : public store::Store {
 public:
  Result<std::vector<store::Outcome>> append(std::vector<store::Write> writes) override {
    if (gate != nullptr) gate->wait();
    if (failing) return fail(Code::kUnavailable, "disk full");
    ++appends;
    for (store::Write& write : writes) stored.push_back(std::move(write));
    return std::vector<store::Outcome>(writes.size(), store::Outcome::kStored);
  }
  Status add_rejects(std::vector<store::Reject> rejects) override {
    for (store::Reject& reject : rejects) rejected.push_back(std::move(reject));
    return {};
  }
  Result<store::Stored> find(std::string_view, std::string_view) override { return fail(Code::kNotFound, ""); }
  Result<std::unique_ptr<store::Scan>> scan(store::ScanOptions) override { return fail(Code::kNotFound, ""); }
  Result<store::Totals> totals(std::string_view) override { return store::Totals{}; }
  Result<store::Erased> erase(std::string_view, std::string_view) override { return store::Erased{}; }
  Result<std::vector<Day>> days() override { return std::vector<Day>{}; }
  Status drop_day(Day) override { return {}; }
  Result<std::vector<store::Reject>> rejects(std::string_view, int64_t, size_t) override { return rejected; }
  Status check_writable() override { return {}; }

  std::latch* gate = nullptr;
  bool failing = false;
  int appends = 0;
  std::vector<store::Write> stored;
  std::vector<store::Reject> rejected;
};

class IntakeTest : public testing::Test {
 protected:
  static record::Interaction interaction(const std::string& json) {
    auto decoded = record::Decoder().interaction(json);
    EXPECT_TRUE(decoded);
    return *std::move(decoded);
  }
  Submission one(const Intake& intake, const std::string& json, size_t bytes = 10) const {
    Submission submission;
    submission.writes.push_back(intake.prepare(project_, interaction(json)).value());
    submission.bytes = bytes;
    return submission;
  }

  store::Project project_{"default", Secret("0123456789abcdef")};
  FixedClock clock_;
  UuidV7Source ids_;
  MemoryStore store_;
};

TEST_F(IntakeTest, PreparesARecord) {
  const Intake intake({}, store_, clock_, ids_);
  const auto write = intake.prepare(project_, interaction(R"({"output":"x","user_id":"42"})"));
  ASSERT_TRUE(write);
  const auto& i = std::get<record::Interaction>(write->record);
  EXPECT_TRUE(write->id_is_fresh);
  EXPECT_EQ(uuid_v7_time(i.id), clock_.now());
  EXPECT_EQ(i.created_at, clock_.now());
  EXPECT_EQ(i.platform, "default");
  EXPECT_EQ(i.kind, "completion");
  EXPECT_TRUE(i.user_id.starts_with("u_"));
}

TEST_F(IntakeTest, ARetryHasTheSameDigest) {
  const Intake intake({}, store_, clock_, ids_);
  const auto hash = [&](const std::string& json) { return intake.prepare(project_, interaction(json))->content_hash; };
  EXPECT_EQ(hash(R"({"id":"a","output":"x"})"), hash(R"({ "output" : "x", "id" : "a" })"));
  EXPECT_NE(hash(R"({"id":"a","output":"x"})"), hash(R"({"id":"a","output":"y"})"));
}

TEST_F(IntakeTest, RefusesWhatTheStepsRefuse) {
  const Intake intake({}, store_, clock_, ids_);
  const auto ahead = intake.prepare(project_, interaction(R"({"output":"x","created_at":"2026-11-23T00:00:00Z"})"));
  ASSERT_FALSE(ahead);
  EXPECT_TRUE(ahead.error().message.starts_with("created_at: 2026-11-23T00:00:00.000Z is more than 24 hours ahead"));
  EXPECT_TRUE(intake.prepare(project_, interaction(R"({"output":"x","created_at":"1971-01-01"})")));
}

TEST_F(IntakeTest, EveryStepHasAName) {
  for (const auto& step : interaction_steps()) EXPECT_FALSE(step.name.empty());
  for (const auto& step : signal_steps()) EXPECT_FALSE(step.name.empty());
}

TEST_F(IntakeTest, WhatGathersIsCommittedTogether) {
  std::latch gate(1);
  store_.gate = &gate;
  std::latch done(100);
  {
    Intake intake({}, store_, clock_, ids_);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(intake.submit(one(intake, R"({"output":"x"})"), [&done](Intake::Outcomes outcomes) {
        EXPECT_EQ(outcomes->size(), 1U);
        done.count_down();
      }));
    }
    gate.count_down();
    done.wait();
    EXPECT_EQ(intake.metrics().stored, 100U);
  }
  EXPECT_EQ(store_.stored.size(), 100U);
  EXPECT_LE(store_.appends, 3);
}

TEST_F(IntakeTest, AFullQueueSaysSo) {
  std::latch gate(1);
  store_.gate = &gate;
  Intake intake({.max_queued_bytes = 100}, store_, clock_, ids_);
  int answered = 0;
  const auto count = [&answered](Intake::Outcomes) { ++answered; };
  ASSERT_TRUE(intake.submit(one(intake, R"({"output":"x"})", 1000), count));
  const Status refused = intake.submit(one(intake, R"({"output":"x"})"), count);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_EQ(intake.metrics().refused, 1U);
  gate.count_down();
}

TEST_F(IntakeTest, EndingCommitsWhatIsQueued) {
  {
    Intake intake({}, store_, clock_, ids_);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(intake.submit(one(intake, R"({"output":"x"})"), [](Intake::Outcomes) {}));
  }
  EXPECT_EQ(store_.stored.size(), 10U);
}

TEST_F(IntakeTest, AFailedCommitIsToldToEverybody) {
  store_.failing = true;
  Intake intake({}, store_, clock_, ids_);
  const auto outcome = intake.write(one(intake, R"({"output":"x"})"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kUnavailable);
  store_.failing = false;
  EXPECT_TRUE(intake.write(one(intake, R"({"output":"x"})")));
}

TEST_F(IntakeTest, KeepsRejects) {
  Intake intake({}, store_, clock_, ids_);
  Submission submission;
  submission.rejects.push_back(intake.reject(project_, Error{Code::kInvalidArgument, "why"}, "text"));
  ASSERT_TRUE(intake.write(std::move(submission)));
  ASSERT_EQ(store_.rejected.size(), 1U);
  EXPECT_EQ(store_.rejected.front().reason, "why");
}

}  // namespace
}  // namespace gleaner::intake

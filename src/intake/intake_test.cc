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
  Result<std::vector<store::Outcome>> append(std::vector<store::Write>&& writes) override {
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
  Result<std::vector<store::Write>> waiting(std::string_view) override { return std::vector<store::Write>{}; }
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

  store::Project project_{"default", Secret("0123456789abcdef"), {}};
  std::unique_ptr<Rulebook> rulebook_ = Rulebook::make(config::Config()).value();
  FixedClock clock_;
  UuidV7Source ids_;
  MemoryStore store_;
};

TEST_F(IntakeTest, PreparesARecord) {
  const Intake intake({}, store_, *rulebook_, clock_, ids_);
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
  const Intake intake({}, store_, *rulebook_, clock_, ids_);
  const auto hash = [&](const std::string& json) { return intake.prepare(project_, interaction(json))->content_hash; };
  EXPECT_EQ(hash(R"({"id":"a","output":"x"})"), hash(R"({ "output" : "x", "id" : "a" })"));
  EXPECT_NE(hash(R"({"id":"a","output":"x"})"), hash(R"({"id":"a","output":"y"})"));
}

TEST_F(IntakeTest, RefusesWhatTheStepsRefuse) {
  const Intake intake({}, store_, *rulebook_, clock_, ids_);
  const auto ahead = intake.prepare(project_, interaction(R"({"output":"x","created_at":"2026-11-23T00:00:00Z"})"));
  ASSERT_FALSE(ahead);
  EXPECT_TRUE(ahead.error().message.starts_with("created_at: 2026-11-23T00:00:00.000Z is more than 24 hours ahead"));
  EXPECT_TRUE(intake.prepare(project_, interaction(R"({"output":"x","created_at":"1971-01-01"})")));
}

TEST_F(IntakeTest, NothingPersonalIsLeft) {
  config::Config config;
  config.pseudonymise_sessions = true;
  const auto rulebook = Rulebook::make(config).value();
  const Intake intake({}, store_, *rulebook, clock_, ids_);
  const auto write = intake.prepare(project_, interaction(R"({"user_id":"42","session_id":"s-1","output":"Bob",
    "messages":[{"role":"user","content":"I am ann@example.com"}],"metadata":{"lat":41.00823,"user_id":"42"}})"));
  const auto& i = std::get<record::Interaction>(write->record);
  EXPECT_EQ(i.messages.text, R"([{"role":"user","content":"I am [EMAIL]"}])");
  EXPECT_EQ(i.prompt_chars, 12);
  EXPECT_EQ(i.response_chars, 3);
  EXPECT_EQ(i.redactions.text, R"({"email":1})");
  EXPECT_EQ(i.metadata.text, R"({"lat":41,"user_id":")" + i.user_id + R"("})");
  EXPECT_TRUE(i.session_id.starts_with("s_"));
  EXPECT_NE(i.session_id.substr(2), i.user_id.substr(2));
}

TEST_F(IntakeTest, APseudonymIsOfItsTime) {
  const Intake intake({}, store_, *rulebook_, clock_, ids_);
  project_.rotations.push_back({parse_time("2026-11-20T00:00:00Z").value(), Secret("another secret")});
  const auto user = [&](const std::string& at) {
    const auto write =
        intake.prepare(project_, interaction(R"({"output":"x","user_id":"42","created_at":")" + at + R"("})"));
    return std::get<record::Interaction>(write->record).user_id;
  };
  EXPECT_EQ(user("2026-11-19T10:00:00Z"), user("2026-11-19T23:59:59Z"));
  EXPECT_NE(user("2026-11-19T10:00:00Z"), user("2026-11-20T00:00:00Z"));
  EXPECT_EQ(user("2026-11-20T00:00:00Z"), user("2026-11-21T07:00:00Z"));
}

TEST_F(IntakeTest, WhatTheCallerSaysComesFirst) {
  config::Config config;
  config.profile = "roofing";
  const auto rulebook = Rulebook::make(config).value();
  const Intake intake({}, store_, *rulebook, clock_, ids_);
  const auto prepared = [&](const std::string& more) {
    const auto write = intake.prepare(
        project_,
        interaction(R"({"messages":[{"role":"user","content":"How is a TPO membrane seam welded at the curb?"}],
          "output":"With hot air, two inches wide.")" +
                    more + "}"));
    return std::get<record::Interaction>(write->record);
  };
  const auto found = prepared("");
  EXPECT_EQ(found.language, "en");
  EXPECT_GT(found.language_confidence, 0.5);
  EXPECT_EQ(found.relevance, "high");
  EXPECT_EQ(found.auto_score, 0.8);
  EXPECT_EQ(found.tags, (std::vector<std::string>{"tpo", "membrane"}));
  const auto given = prepared(R"(,"language":"tr","relevance":"low","auto_score":0.1,"tags":["x"],"intent":"y")");
  EXPECT_EQ(given.language, "tr");
  EXPECT_EQ(given.language_confidence, std::nullopt);
  EXPECT_EQ(given.relevance, "low");
  EXPECT_EQ(given.auto_score, 0.1);
  EXPECT_EQ(given.tags, (std::vector<std::string>{"x"}));
  EXPECT_EQ(given.intent, "y");
}

TEST_F(IntakeTest, WhatIsKeptOfARejectIsRedacted) {
  const Intake intake({}, store_, *rulebook_, clock_, ids_);
  const auto reject = intake.reject(project_, Error{Code::kInvalidArgument, R"(role: got "ann@example.com")"},
                                    R"({"role":"ann@example.com","user_id":"ann")");
  EXPECT_EQ(reject.reason, R"(role: got "[EMAIL]")");
  EXPECT_EQ(reject.text, R"({"role":"[EMAIL]","user_id":"[USER]")");
  EXPECT_EQ(intake.reject(project_, Error{Code::kTooLarge, "x"}, std::string(2 << 20, 'a')).text, "");
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
    Intake intake({}, store_, *rulebook_, clock_, ids_);
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

// One that nobody waits for is committed by itself, with whoever is in a hurry, and when all ends.
TEST_F(IntakeTest, PatientOnesAreCommittedToo) {
  std::latch done(3);
  const auto count = [&done](const Intake::Outcomes& outcomes) {
    EXPECT_TRUE(outcomes);
    done.count_down();
  };
  {
    Intake intake({.writers = 2}, store_, *rulebook_, clock_, ids_);
    const auto patient = [&] {
      Submission submission = one(intake, R"({"output":"x"})");
      submission.patient = true;
      return submission;
    };
    ASSERT_TRUE(intake.submit(patient(), count));
    ASSERT_TRUE(intake.submit(patient(), count));
    ASSERT_TRUE(intake.submit(one(intake, R"({"output":"x"})"), count));
    done.wait();
    EXPECT_LE(store_.appends, 3);
    EXPECT_EQ(intake.metrics().stored, 3U);
    ASSERT_TRUE(intake.submit(patient(), [](const Intake::Outcomes&) {}));
  }
  EXPECT_EQ(store_.stored.size(), 4U);
}

TEST_F(IntakeTest, AFullQueueSaysSo) {
  std::latch gate(1);
  store_.gate = &gate;
  Intake intake({.max_queued_bytes = 100}, store_, *rulebook_, clock_, ids_);
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
    Intake intake({}, store_, *rulebook_, clock_, ids_);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(intake.submit(one(intake, R"({"output":"x"})"), [](Intake::Outcomes) {}));
  }
  EXPECT_EQ(store_.stored.size(), 10U);
}

TEST_F(IntakeTest, AFailedCommitIsToldToEverybody) {
  store_.failing = true;
  Intake intake({}, store_, *rulebook_, clock_, ids_);
  const auto outcome = intake.write(one(intake, R"({"output":"x"})"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kUnavailable);
  store_.failing = false;
  EXPECT_TRUE(intake.write(one(intake, R"({"output":"x"})")));
}

TEST_F(IntakeTest, KeepsRejects) {
  Intake intake({}, store_, *rulebook_, clock_, ids_);
  Submission submission;
  submission.rejects.push_back(intake.reject(project_, Error{Code::kInvalidArgument, "why"}, "text"));
  ASSERT_TRUE(intake.write(std::move(submission)));
  ASSERT_EQ(store_.rejected.size(), 1U);
  EXPECT_EQ(store_.rejected.front().reason, "why");
}

}  // namespace
}  // namespace gleaner::intake

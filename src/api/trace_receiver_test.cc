#include "api/trace_receiver.h"

#include <filesystem>
#include <fstream>
#include <future>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/testing/away_store.h"
#include "intake/rules.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::api {
namespace {

namespace fs = std::filesystem;
namespace otlp = gateway::otlp;
using Taken = TraceReceiver::Taken;

class StepClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::milliseconds(milliseconds_.load())); }
  void pass(std::chrono::milliseconds time) { milliseconds_ += time.count(); }

 private:
  std::atomic<int64_t> milliseconds_ = 1'790'000'000'000;
};

constexpr const char* kTrace = "0102030405060708090a0b0c0d0e0f10";

// A span that asked a model, or ran an agent.
std::string span(int number, int parent, std::string_view operation) {
  const std::string parent_id = parent == 0 ? "" : fmt::format(R"("parentSpanId":"{:016x}",)", parent);
  return fmt::format(
      R"({{"traceId":"{}","spanId":"{:016x}",{}"name":"x","startTimeUnixNano":"1790000000{:09}",
          "endTimeUnixNano":"1790000001000000000","attributes":[
          {{"key":"gen_ai.operation.name","value":{{"stringValue":"{}"}}}},
          {{"key":"gen_ai.input.messages","value":{{"stringValue":"[{{\"role\":\"user\",\"parts\":[{{\"type\":\"text\",\"content\":\"q{}\"}}]}}]"}}}},
          {{"key":"gen_ai.output.messages","value":{{"stringValue":"[{{\"role\":\"assistant\",\"parts\":[{{\"type\":\"text\",\"content\":\"secret-word {}\"}}]}}]"}}}}]}})",
      kTrace, number, parent_id, number, operation, number, number);
}

std::string request(std::initializer_list<std::string> spans) {
  return fmt::format(R"({{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}})", fmt::join(spans, ","));
}

class TraceReceiverTest : public ::testing::Test {
 protected:
  TraceReceiverTest() {
    std::string name = ::testing::TempDir() + "gleaner_traces_XXXXXX";
    folder_ = mkdtemp(name.data());
    sqlite_ = store::SqliteStore::open({.directory = folder_ + "/store"}).value();
    store_ = std::make_unique<testing::AwayStore>(*sqlite_);
    project_ = std::make_shared<store::Project>(
        store::Project{.name = "default", .secret = Secret(std::string(32, 's')), .rotations = {}});
    start();
  }
  ~TraceReceiverTest() override {
    stop();
    fs::remove_all(folder_);
  }

  void start() {
    intake_ = std::make_unique<intake::Intake>(intake::IntakeOptions{}, *store_, *rulebook_, clock_, ids_);
    TraceReceiverOptions options;
    options.folder = folder_ + "/otlp";
    options.max_record_bytes = max_record_bytes_;
    options.tick = std::chrono::milliseconds(1);
    options.on_failure = [this](const Error&) { ++failures_; };
    receiver_ = std::make_unique<TraceReceiver>(std::move(options), *intake_, clock_);
    receiver_->start({project_});
  }
  void stop() {
    receiver_.reset();
    intake_.reset();
  }

  Result<Taken> add(const std::string& body) {
    std::promise<Result<Taken>> promise;
    receiver_->add(project_, {otlp::SignalType::kTraces, otlp::Encoding::kJson, body},
                   [&promise](Result<Taken> taken) { promise.set_value(std::move(taken)); });
    return promise.get_future().get();
  }

  // Time goes by until so many interactions are stored; how many there are after ten seconds of real time at most.
  size_t stored(size_t wanted) {
    for (int i = 0; i < 10'000; ++i) {
      clock_.pass(std::chrono::milliseconds(100));
      if (count() >= wanted && journaled() == 0) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return count();
  }
  size_t count() { return static_cast<size_t>(sqlite_->totals("default").value().all().interactions); }

  size_t journaled() const {
    std::error_code none;
    size_t files = 0;
    for (fs::directory_iterator at(folder_ + "/otlp/default", none), end; !none && at != end; at.increment(none))
      ++files;
    return files;
  }

  std::string folder_;
  std::unique_ptr<store::SqliteStore> sqlite_;
  std::unique_ptr<testing::AwayStore> store_;
  std::unique_ptr<intake::Rulebook> rulebook_ = intake::Rulebook::make({}).value();
  std::shared_ptr<store::Project> project_;
  StepClock clock_;
  UuidV7Source ids_;
  size_t max_record_bytes_ = 1 << 20;
  std::atomic<int> failures_ = 0;
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<TraceReceiver> receiver_;
};

TEST_F(TraceReceiverTest, ACallIsStoredBeforeTheAnswer) {
  const auto taken = add(request({span(1, 0, "chat")}));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->rejected, 0);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(journaled(), 0u);
  // Again, as after an answer that was lost.
  EXPECT_TRUE(add(request({span(1, 0, "chat")})));
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(receiver_->counts().assembler.ignored_by(otlp::Ignored::kDuplicate), 1u);
}

TEST_F(TraceReceiverTest, ARunWaitsForItsRootOnDisk) {
  ASSERT_TRUE(add(request({span(2, 1, "chat"), span(3, 1, "chat")})));
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(journaled(), 1u);
  EXPECT_EQ(receiver_->counts().held_spans, 2u);
  ASSERT_TRUE(add(request({span(1, 0, "invoke_agent")})));
  EXPECT_EQ(stored(1), 1u);
  EXPECT_EQ(journaled(), 0u);
  EXPECT_EQ(receiver_->counts().held_spans, 0u);
}

TEST_F(TraceReceiverTest, WhatIsHeldOutlivesTheProcess) {
  ASSERT_TRUE(add(request({span(2, 1, "chat")})));
  stop();
  start();
  EXPECT_EQ(receiver_->counts().held_spans, 1u);
  ASSERT_TRUE(add(request({span(1, 0, "invoke_agent")})));
  stop();
  start();
  EXPECT_EQ(receiver_->counts().held_spans, 2u);
  EXPECT_EQ(stored(1), 1u);
  EXPECT_EQ(journaled(), 0u);
  EXPECT_EQ(failures_, 0);
}

TEST_F(TraceReceiverTest, NothingOnDiskIsInClear) {
  ASSERT_TRUE(add(request({span(2, 1, "chat")})));
  for (const auto& entry : fs::recursive_directory_iterator(folder_ + "/otlp")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_FALSE(text.contains("secret-word"));
    EXPECT_FALSE(text.contains("spanId"));
  }
}

TEST_F(TraceReceiverTest, RefusesUntilEverythingIsStored) {
  store_->away = true;
  const auto refused = add(request({span(1, 0, "chat")}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  // The client sends it again: its span is known by now, but nothing of it is stored.
  EXPECT_FALSE(add(request({span(1, 0, "chat")})));
  store_->away = false;
  EXPECT_EQ(stored(1), 1u);
  EXPECT_TRUE(add(request({span(1, 0, "chat")})));
  EXPECT_EQ(count(), 1u);
}

TEST_F(TraceReceiverTest, ADamagedJournalIsTold) {
  ASSERT_TRUE(add(request({span(2, 1, "chat")})));
  stop();
  for (const auto& entry : fs::directory_iterator(folder_ + "/otlp/default")) fs::resize_file(entry.path(), 40);
  start();
  EXPECT_EQ(failures_, 1);
  EXPECT_TRUE(add(request({span(1, 0, "chat")})));
}

TEST_F(TraceReceiverTest, TellsWhatCannotBeStored) {
  stop();
  max_record_bytes_ = 100;
  start();
  const auto taken = add(request({span(1, 0, "chat")}));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->rejected, 1);
  EXPECT_EQ(taken->code, Code::kTooLarge);
  ASSERT_EQ(taken->ids.size(), 1U);
  EXPECT_TRUE(taken->ids.front().starts_with("otlp_")) << taken->ids.front();
  EXPECT_TRUE(taken->message.contains("max_record_bytes")) << taken->message;
  EXPECT_EQ(sqlite_->rejects("default", 0, 10).value().size(), 1u);
  EXPECT_FALSE(add("{"));
}

}  // namespace
}  // namespace gleaner::api

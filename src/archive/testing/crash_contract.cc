#include "archive/testing/crash_contract.h"

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "archive/restorer.h"
#include "archive/testing/world.h"
#include "archive/verifier.h"

namespace gleaner::archive {
namespace {

// Dies at the `at`-th time that `step` is reached.
std::function<void(std::string_view)> die_at(std::string step, int at) {
  return [step = std::move(step), at, seen = 0](std::string_view name) mutable {
    if (name == step && ++seen == at) kill(getpid(), SIGKILL);
  };
}

// Runs `job` in a process of its own. True if it died by the signal, false if it came to its end.
template <typename Job>
bool dies(const Job& job) {
  const pid_t child = fork();
  if (child == 0) {
    job();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status);
}

Result<RestoreReport> restore_all(TwoTiers& tiers, std::function<void(std::string_view)> on_step = {}) {
  ColdRecords cold(tiers.tiers());
  LateSignals late(tiers.tiers(), cold);
  Restorer restorer(tiers.tiers(), late, {.on_progress = {}, .on_step = std::move(on_step)});
  return restorer.run("default", parse_day("2026-01-01").value(), parse_day("2027-01-01").value());
}

void expect_whole(TwoTiers& tiers) {
  Verifier verifier(tiers.tiers(), {.threads = 1, .quick = false, .on_progress = {}});
  const auto report = verifier.run("default");
  ASSERT_TRUE(report) << report.error().message;
  for (const Flaw& flaw : report->flaws) EXPECT_EQ(flaw.kind, Flaw::Kind::kUnknown) << flaw.key << " " << flaw.what;
}

}  // namespace

CrashContract::CrashContract() {
  TwoTiers tiers = open();
  fill(tiers.store());
  before_ = all_of(tiers.store());
  counted_ = store::samples::without_place(tiers.store().totals("default").value());
}

void CrashContract::expect_nothing_lost(TwoTiers& tiers) {
  EXPECT_EQ(all_of(tiers.store()), before_);
  EXPECT_EQ(store::samples::without_place(tiers.store().totals("default").value()), counted_);
  expect_whole(tiers);
}

TEST_P(CrashContract, WhileArchiving) {
  for (const std::string_view step : kArchiveSteps) {
    for (const int at : {1, 2}) {
      SCOPED_TRACE(std::string(step) + " " + std::to_string(at));
      EXPECT_TRUE(dies([&] {
        TwoTiers tiers = open();
        tiers.on_step = die_at(std::string(step), at);
        static_cast<void>(tiers.archive_all());
      }));
      TwoTiers tiers = open();
      expect_nothing_lost(tiers);
      ASSERT_TRUE(tiers.archive_all());
      expect_nothing_lost(tiers);
      EXPECT_TRUE(tiers.hot().archive().hot_slices(parse_day("2030-01-01").value())->empty());
      EXPECT_FALSE(tiers.archive_all().value().records > 0) << "nothing is archived twice";
      // All of it hot again for the next round; where it stands in its day is another place then.
      ASSERT_TRUE(restore_all(tiers));
      std::set<std::string> now;
      for (const std::string& text : all_of(tiers.store())) now.insert(text);
      EXPECT_EQ(now, std::set<std::string>(before_.begin(), before_.end()));
      before_ = all_of(tiers.store());
    }
  }
}

TEST_P(CrashContract, WhileRestoring) {
  for (const std::string_view step : kRestoreSteps) {
    SCOPED_TRACE(step);
    {
      TwoTiers tiers = open();
      ASSERT_TRUE(tiers.archive_all());
    }
    EXPECT_TRUE(dies([&] {
      TwoTiers tiers = open();
      static_cast<void>(restore_all(tiers, die_at(std::string(step), 1)));
    }));
    TwoTiers tiers = open();
    expect_nothing_lost(tiers);
    ASSERT_TRUE(restore_all(tiers));
    expect_nothing_lost(tiers);
    EXPECT_TRUE(tiers.hot().archive().parts("default", std::nullopt, std::nullopt)->empty());
  }
}

TEST_P(CrashContract, WhileErasing) {
  for (const std::string_view step : kEraseSteps) {
    for (const int at : {1, 2}) {
      // Once for all of an erasure.
      const bool once =
          step == "begun" || step == "store" || step == "signals" || step == "rejects" || step == "scrubbed";
      if (at > 1 && once) continue;
      SCOPED_TRACE(std::string(step) + " " + std::to_string(at));
      const Folder folder;
      const ErasureRequest request{ErasureRequest::Kind::kUser, "default", {kAnna}};
      {
        TwoTiers tiers(folder.path(), GetParam());
        fill(tiers.store());
        ASSERT_TRUE(tiers.archive_all());
        put(tiers.store(), {store::samples::interaction("hot", std::string(R"("user_id":")") + kAnna + R"(")")});
      }
      EXPECT_TRUE(dies([&] {
        TwoTiers tiers(folder.path(), GetParam());
        tiers.on_step = die_at(std::string(step), at);
        tiers.open();
        static_cast<void>(tiers.store().eraser().erase(request));
      }));
      TwoTiers tiers(folder.path(), GetParam());
      expect_whole(tiers);
      const auto receipts = tiers.store().eraser().resume();
      ASSERT_TRUE(receipts) << receipts.error().message;
      ASSERT_EQ(receipts->size(), 1U);
      EXPECT_TRUE(receipts->front().finished);
      expect_whole(tiers);
      EXPECT_TRUE(tiers.store().eraser().resume()->empty());
      for (const std::string& text : all_of(tiers.store())) {
        EXPECT_EQ(text.find(kAnna), std::string::npos) << text;
        EXPECT_EQ(text.find(kAnnasText), std::string::npos) << text;
      }
      EXPECT_EQ(all_of(tiers.store()).size(), 3U * 36);
      EXPECT_EQ(tiers.store().totals("default")->all().interactions, 3 * 36);
      EXPECT_EQ(all_of(tiers.store(), "other").size(), 1U) << "another project's person of the same name stays";
    }
  }
}

}  // namespace gleaner::archive

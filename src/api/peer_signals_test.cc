#include "api/peer_signals.h"

#include <cstdlib>
#include <filesystem>
#include <future>

#include <gtest/gtest.h>

#include "base/time.h"
#include "base/uuid.h"
#include "config/config.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::api {
namespace {

TEST(PeerSignals, WhatIsTooLargeIsRefusedAloneAndNamesNoSession) {
  std::string name = testing::TempDir() + "gleaner_peers_XXXXXX";
  const std::string directory = mkdtemp(name.data());
  SystemClock clock;
  UuidV7Source ids;
  const auto store = store::SqliteStore::open({.directory = directory}).value();
  const auto rulebook = intake::Rulebook::make(config::Config()).value();
  intake::Intake intake(intake::IntakeOptions{}, *store, *rulebook, clock, ids);
  const auto project = std::make_shared<const store::Project>(store->registry().project("default").value());

  PeerSignals signals(intake, project, 200);
  json::Value signal = *json::parse(R"({"id":"a","kind":"comment","item_id":"session:monday","text":"ok"})");
  signals.add(signal);
  signal.set("id", json::Value::string("b"));
  signal.set("text", json::Value::string(std::string(200, 'x')));
  signals.add(signal);
  ASSERT_EQ(signals.errors().size(), 2U);
  EXPECT_EQ(signals.errors()[0].message, "");
  EXPECT_EQ(signals.errors()[1].code, Code::kTooLarge);
  EXPECT_EQ(signals.first_id(), "a");

  std::promise<Status> done;
  signals.submit([&done](const Status& stored) { done.set_value(stored); });
  EXPECT_TRUE(done.get_future().get());
  const auto rejects = store->rejects("default", 0, 10).value();
  ASSERT_EQ(rejects.size(), 1U);
  EXPECT_TRUE(rejects.front().text.contains(R"("item_id":"i_)")) << rejects.front().text;
  EXPECT_FALSE(rejects.front().text.contains("monday")) << rejects.front().text;
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace gleaner::api

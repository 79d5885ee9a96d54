#include "archive/eraser.h"

#include <fstream>
#include <sstream>

#include "archive/testing/world.h"
#include "archive/verifier.h"
#include "base/compress.h"

namespace gleaner::archive {
namespace {

using Kind = ErasureRequest::Kind;

// Every byte of every file below, archived objects unpacked.
std::string every_byte(const std::string& folder) {
  std::string out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    const std::string bytes = text.str();
    out += bytes;
    if (entry.path().extension() == ".gz") out += gzip_decompress(bytes, size_t{1} << 30).value();
    // The journals say whose data it was, by pseudonym, and have to.
    if (entry.path().string().find("/erasures/") != std::string::npos) out.resize(out.size() - bytes.size());
  }
  return out;
}

class EraserTest : public testing::Test {
 protected:
  EraserTest() { fill(tiers_.store()); }
  Folder folder_;
  TwoTiers tiers_{folder_.path()};
};

TEST_F(EraserTest, APersonIsGoneFromEveryByte) {
  ASSERT_TRUE(tiers_.archive_all());
  const std::string anna = std::string(R"("user_id":")") + kAnna + R"(")";
  // Hot again, late, waiting and rejected.
  put(tiers_.store(),
      {store::samples::interaction("hot", anna), store::samples::signal("2026-11-18-1", "late", "like", anna),
       store::samples::signal("never", "waits", "like", anna)});
  ASSERT_TRUE(tiers_.store().add_rejects({{0, "default", tiers_.clock().now(), "no", std::string("{") + kAnna}}));
  EXPECT_NE(every_byte(folder_.path()).find(kAnnasText), std::string::npos);
  const auto receipt = tiers_.store().eraser().erase({Kind::kUser, "default", {kAnna}});
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->interactions(), 13);
  std::string json;
  write_json(*receipt, json);
  EXPECT_NE(json.find("sha256_before"), std::string::npos);
  const auto others = tiers_.tiers().catalog.parts("other", std::nullopt, std::nullopt).value();
  ASSERT_EQ(others.size(), 1U);
  ASSERT_TRUE(tiers_.objects().erase(others[0].key)) << "another project's person of the same name";
  const std::string left = every_byte(folder_.path());
  EXPECT_EQ(left.find(kAnnasText), std::string::npos);
  EXPECT_EQ(left.find(kAnna), std::string::npos);
  EXPECT_EQ(all_of(tiers_.store()).size(), 3U * 36);
  Verifier verifier(tiers_.tiers(), {.threads = 1, .quick = false, .on_progress = {}});
  EXPECT_TRUE(verifier.run("default")->flaws.empty());
  // What is counted is what is there.
  const store::Counters all = tiers_.store().totals("default")->all();
  EXPECT_EQ(all.interactions, 3 * 36);
  int64_t signals = 0;
  auto scan = tiers_.store().scan({.project = "default", .with_signals = true});
  store::Stored stored;
  while ((*scan)->next(stored).value()) signals += std::ssize(stored.signals);
  EXPECT_EQ(all.signals, signals);
}

TEST_F(EraserTest, OneInteractionGoesAndTheOthersStay) {
  const auto before = all_of(tiers_.store());
  ASSERT_TRUE(tiers_.archive_all());
  const Time now = tiers_.clock().now();
  ASSERT_TRUE(tiers_.store().add_rejects({{0, "default", now, "no", R"({"interaction_id":"2026-11-19-4"})"},
                                          {0, "default", now, "no", R"({"interaction_id":"2026-11-19-40"})"}}));
  const auto erased = tiers_.store().erase("default", "2026-11-19-4");
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_TRUE(erased->found);
  EXPECT_EQ(erased->signals, 1);
  EXPECT_EQ(tiers_.store().rejects("default", 0, 10)->size(), 1U);
  auto after = before;
  after.erase(after.begin() + 44);
  EXPECT_EQ(all_of(tiers_.store()), after);
  EXPECT_EQ(tiers_.store().find("default", "2026-11-19-4").error().code, Code::kNotFound);
  EXPECT_FALSE(tiers_.store().erase("default", "2026-11-19-4")->found);
  EXPECT_EQ(tiers_.store().totals("default")->all().interactions, 119);
  EXPECT_EQ(every_byte(folder_.path()).find("2026-11-19-4\""), std::string::npos);
}

TEST_F(EraserTest, AProjectGoesAndTheOtherStays) {
  ASSERT_TRUE(tiers_.archive_all());
  put(tiers_.store(), {store::samples::interaction("hot"), store::samples::signal("never", "waits")});
  ASSERT_TRUE(tiers_.store().add_rejects({{0, "default", tiers_.clock().now(), "no", "{"}}));
  const auto receipt = tiers_.store().eraser().erase({Kind::kProject, "default", {}});
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->interactions(), 121);
  EXPECT_TRUE(all_of(tiers_.store()).empty());
  EXPECT_TRUE(tiers_.store().waiting("default")->empty());
  EXPECT_TRUE(tiers_.store().rejects("default", 0, 10)->empty());
  EXPECT_TRUE(tiers_.store().totals("default")->by_platform.empty());
  EXPECT_EQ(all_of(tiers_.store(), "other").size(), 1U);
  EXPECT_TRUE(tiers_.objects().list("archives/", "")->objects.empty());
}

TEST_F(EraserTest, TouchesOnlyObjectsThatHoldThePerson) {
  std::vector<store::Write> writes;
  for (int i = 0; i < 60; ++i) {
    const std::string day = format_day(parse_day("2025-01-01").value() + std::chrono::days(i));
    const std::string user = i % 30 == 7 ? "rare" : "often";
    writes.push_back(
        store::samples::interaction("id" + std::to_string(i), R"("user_id":")" + user + R"(")", "web", day));
  }
  put(tiers_.store(), std::move(writes));
  ASSERT_TRUE(tiers_.archive_all());
  const auto receipt = tiers_.store().eraser().erase({Kind::kUser, "default", {"rare"}});
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->interactions(), 2);
  int64_t objects = 0;
  for (const Removal& removal : receipt->removals) objects += removal.where == "archive" ? 1 : 0;
  EXPECT_EQ(objects, 2);
}

// Told to stop at every step: it ends with an error, nothing written in vain lies about, and the next process ends it
// with a receipt that says all of it.
TEST(EraserStopTest, StopsBetweenTwoBlocksAndGoesOnLater) {
  const Folder filled;
  {
    TwoTiers tiers(filled.path());
    const std::string anna = std::string(R"("user_id":")") + kAnna + R"(")";
    const std::string text = std::string(R"("messages":[{"role":"user","content":")") + kAnnasText + R"("}])";
    put(tiers.store(), {store::samples::interaction("old", anna + "," + text),
                        store::samples::interaction("beside", R"("user_id":"u_bert")"),
                        store::samples::interaction("older", anna, "zapier", "2026-11-18"),
                        store::samples::signal("beside", "like", "like", anna)});
    ASSERT_TRUE(tiers.archive_all());
    put(tiers.store(), {store::samples::interaction("hot", anna)});
  }
  const ErasureRequest request{Kind::kUser, "default", {kAnna}};
  for (const std::string_view step : kEraseSteps) {
    SCOPED_TRACE(step);
    const Folder folder;
    std::filesystem::copy(filled.path(), folder.path(), std::filesystem::copy_options::recursive);
    TwoTiers tiers(folder.path());
    tiers.on_step = [&](std::string_view now) {
      if (now == step) tiers.store().eraser().stop();
    };
    tiers.open();
    const auto stopped = tiers.store().eraser().erase(request);
    Verifier verifier(tiers.tiers(), {.threads = 1});
    EXPECT_TRUE(verifier.run("default")->flaws.empty());
    if (step == "scrubbed") {
      // Nothing was left to do.
      EXPECT_TRUE(stopped) << stopped.error().message;
      continue;
    }
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Code::kUnavailable);
    EXPECT_NE(stopped.error().message.find("goes on with it"), std::string::npos) << stopped.error().message;
    EXPECT_EQ(tiers.store().eraser().erase(request).error().code, Code::kUnavailable);
    tiers.on_step = nullptr;
    tiers.open();
    const auto receipts = tiers.store().eraser().resume();
    ASSERT_TRUE(receipts) << receipts.error().message;
    ASSERT_EQ(receipts->size(), 1U);
    EXPECT_TRUE(receipts->front().finished);
    EXPECT_EQ(receipts->front().interactions(), 3);
    EXPECT_EQ(receipts->front().signals(), 1);
    EXPECT_EQ(every_byte(folder.path()).find(kAnnasText), std::string::npos);
    EXPECT_TRUE(tiers.store().find("default", "beside"));
  }
}

}  // namespace
}  // namespace gleaner::archive

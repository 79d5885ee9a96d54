#include "archive/archiver.h"

#include <algorithm>
#include <atomic>
#include <fstream>

#include "archive/layout.h"
#include "archive/testing/world.h"
#include "archive/verifier.h"

namespace gleaner::archive {
namespace {

using store::samples::interaction;
using store::samples::signal;

VerifyReport verify(TwoTiers& tiers) {
  Verifier verifier(tiers.tiers(), {.threads = 1, .quick = false, .on_progress = {}});
  auto report = verifier.run("default");
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? *std::move(report) : VerifyReport{};
}

class ArchiverTest : public testing::Test {
 protected:
  Folder folder_;
  TwoTiers tiers_{folder_.path()};

  std::string path_of(const store::Part& part) const { return folder_.path() + "/objects/" + part.key; }
  std::vector<store::Part> parts() {
    return tiers_.hot().archive().parts("default", std::nullopt, std::nullopt).value();
  }
};

TEST_F(ArchiverTest, NamesObjectsAsTheyAlwaysWere) {
  const Day day = parse_day("2024-01-15").value();
  EXPECT_EQ(object_key("default", "zapier", day, 1, "jsonl.gz"), "archives/zapier/2024/01/2024-01-15.jsonl.gz");
  EXPECT_EQ(object_key("default", "zapier", day, 2, "jsonl.gz"), "archives/zapier/2024/01/2024-01-15.2.jsonl.gz");
  EXPECT_EQ(object_key("shop", "a/b ..", day, 1, "jsonl.zst"),
            "projects/shop/archives/a%2Fb%20../2024/01/2024-01-15.jsonl.zst");
  EXPECT_EQ(object_key("default", "..", day, 1, "jsonl.gz"), "archives/%2E./2024/01/2024-01-15.jsonl.gz");
  EXPECT_EQ(object_key("default", "", day, 1, "jsonl.gz"), "archives/%/2024/01/2024-01-15.jsonl.gz");
  const std::string manifest = manifest_key("archives/a.jsonl.gz");
  EXPECT_TRUE(is_manifest_key(manifest));
  EXPECT_EQ(object_of_manifest(manifest), "archives/a.jsonl.gz");
}

TEST_F(ArchiverTest, ReadsAreTheSameBeforeAndAfter) {
  fill(tiers_.store());
  const auto before = all_of(tiers_.store());
  const auto report = tiers_.archive_all();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->records, 121);
  EXPECT_EQ(report->parts.size(), 7U);
  EXPECT_TRUE(tiers_.hot().find("default", "2026-11-18-3").error().code == Code::kNotFound);
  EXPECT_EQ(all_of(tiers_.store()), before);
  EXPECT_EQ(store::samples::text_of(tiers_.store().find("default", "2026-11-18-5").value()), before[5]);
  EXPECT_TRUE(verify(tiers_).flaws.empty());
  EXPECT_EQ(tiers_.store().totals("default")->archived.at("web").objects, 3);
}

TEST_F(ArchiverTest, LateArrivalsMakeFurtherParts) {
  put(tiers_.store(), {interaction("a"), interaction("b")});
  ASSERT_TRUE(tiers_.archive_all());
  put(tiers_.store(), {interaction("c"), signal("a", "s1"), signal("c", "s2")});
  EXPECT_EQ(tiers_.store().find("default", "a")->verdict.thumbs_up, 1);
  ASSERT_TRUE(tiers_.archive_all());
  EXPECT_EQ(parts().size(), 2U);
  EXPECT_EQ(parts()[1].key, "archives/zapier/2026/11/2026-11-20.2.jsonl.gz");
  const auto all = all_of(tiers_.store());
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(tiers_.store().totals("default")->all().thumbs_up, 2);
  EXPECT_EQ(tiers_.store().totals("default")->all().with_feedback, 2);
}

TEST_F(ArchiverTest, AnObjectThatNobodyRecordedIsPassedOver) {
  ASSERT_TRUE(tiers_.objects().put("archives/zapier/2026/11/2026-11-20.jsonl.gz", "something else"));
  put(tiers_.store(), {interaction("a")});
  ASSERT_TRUE(tiers_.archive_all());
  EXPECT_EQ(parts().front().key, "archives/zapier/2026/11/2026-11-20.2.jsonl.gz");
  const VerifyReport report = verify(tiers_);
  ASSERT_EQ(report.flaws.size(), 1U);
  EXPECT_EQ(report.flaws[0].kind, Flaw::Kind::kUnknown);
  EXPECT_TRUE(report.whole());
}

TEST_F(ArchiverTest, SaysWhatIsDamaged) {
  fill(tiers_.store());
  ASSERT_TRUE(tiers_.archive_all());
  const std::vector<store::Part> all = parts();
  {
    std::fstream file(path_of(all[0]), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(all[0].packed_bytes / 2);
    file.put('\x55');
  }
  std::filesystem::resize_file(path_of(all[1]), static_cast<uintmax_t>(all[1].packed_bytes / 2));
  std::filesystem::remove(path_of(all[2]));
  std::filesystem::remove(path_of(all[3]) + ".manifest.json");
  std::ofstream(path_of(all[4]) + ".manifest.json") << "{}";
  const VerifyReport report = verify(tiers_);
  EXPECT_FALSE(report.whole());
  std::map<std::string, Flaw::Kind> flaws;
  for (const Flaw& flaw : report.flaws) flaws[flaw.key] = flaw.kind;
  EXPECT_EQ(flaws.size(), 5U);
  EXPECT_EQ(flaws[all[0].key], Flaw::Kind::kDamaged);
  EXPECT_EQ(flaws[all[1].key], Flaw::Kind::kDamaged);
  EXPECT_EQ(flaws[all[2].key], Flaw::Kind::kMissing);
  EXPECT_EQ(flaws[all[3].key + ".manifest.json"], Flaw::Kind::kMissing);
  EXPECT_EQ(flaws[all[4].key + ".manifest.json"], Flaw::Kind::kDamaged);
  // A read says so too, rather than leaving records out.
  auto scan = tiers_.store().scan({.project = "default"});
  store::Stored stored;
  Result<bool> more = true;
  while (more && *more) more = (*scan)->next(stored);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::kDataLoss) << more.error().message;
}

TEST_F(ArchiverTest, OpensNoMoreObjectsThanItMust) {
  std::vector<store::Write> writes;
  for (int i = 0; i < 40; ++i) {
    const std::string day = format_day(parse_day("2026-01-01").value() + std::chrono::days(i));
    writes.push_back(interaction("id-" + std::to_string(i), "", "zapier", day));
  }
  put(tiers_.store(), std::move(writes));
  ASSERT_TRUE(tiers_.archive_all());
  EXPECT_EQ(parts().size(), 40U);
  const int64_t before = tiers_.store().cold().opened();
  EXPECT_TRUE(tiers_.store().find("default", "id-17"));
  EXPECT_EQ(tiers_.store().find("default", "never").error().code, Code::kNotFound);
  EXPECT_LE(tiers_.store().cold().opened() - before, 2);
}

TEST_F(ArchiverTest, APageAtATimeIsTheWholeWalk) {
  fill(tiers_.store());
  const auto all = all_of(tiers_.store());
  ASSERT_TRUE(tiers_.archive_all());
  put(tiers_.store(), {interaction("new", "", "make", "2026-11-19")});
  for (const store::Order order : {store::Order::kOldestFirst, store::Order::kNewestFirst}) {
    for (const uint64_t budget : {uint64_t{1}, uint64_t{3000}}) {
      std::vector<std::string> ids;
      std::string cursor;
      do {
        auto scan = tiers_.store().scan({.project = "default", .order = order, .cursor = cursor, .max_bytes = budget});
        ASSERT_TRUE(scan) << scan.error().message;
        store::Stored stored;
        while ((*scan)->next(stored).value()) ids.push_back(stored.interaction.id);
        ASSERT_NE((*scan)->cursor(), cursor);
        cursor = (*scan)->cursor();
      } while (!cursor.empty());
      EXPECT_EQ(ids.size(), 121U);
      EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 121U);
      EXPECT_EQ(order == store::Order::kOldestFirst ? ids.front() : ids.back(), "2026-11-18-0");
    }
  }
}

TEST_F(ArchiverTest, AWalkGoesOnWhereADayIsArchivedUnderItsFeet) {
  fill(tiers_.store());
  const auto all = all_of(tiers_.store());
  auto scan = tiers_.store().scan({.project = "default", .with_signals = true});
  std::vector<std::string> seen;
  store::Stored stored;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE((*scan)->next(stored).value());
    seen.push_back(store::samples::text_of(stored));
  }
  ASSERT_TRUE(tiers_.archive_all());
  while (true) {
    const auto more = (*scan)->next(stored);
    ASSERT_TRUE(more) << more.error().message;
    if (!*more) break;
    seen.push_back(store::samples::text_of(stored));
  }
  ASSERT_EQ(seen.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(seen[i], all[i]) << i;
}

// Told to stop at one moment after the other: the day under way is as it was, nothing written in vain lies about, and
// the next run does all.
TEST_F(ArchiverTest, StopsBetweenTwoBlocksAndLeavesTheDay) {
  fill(tiers_.store());
  const auto before = all_of(tiers_.store());
  bool stopped = true;
  int rounds = 0;
  for (int after = 0; stopped; after = 2 * after + 1, ++rounds) {
    SCOPED_TRACE(after);
    std::atomic<int> asked = 0;
    ArchiverOptions options;
    options.upload = tiers_.upload();
    options.stop = [&] { return asked++ >= after; };
    Archiver archiver(tiers_.tiers(), tiers_.clock(), std::move(options));
    const auto report = archiver.run(archiver.plan(parse_day("9999-01-01").value(), "").value());
    ASSERT_TRUE(report) << report.error().message;
    stopped = report->stopped;
    EXPECT_TRUE(report->left.empty());
    EXPECT_EQ(all_of(tiers_.store()), before);
    EXPECT_TRUE(verify(tiers_).flaws.empty());
  }
  EXPECT_GT(rounds, 5);
  EXPECT_TRUE(tiers_.hot().archive().hot_slices(parse_day("9999-01-01").value())->empty());
}

}  // namespace
}  // namespace gleaner::archive

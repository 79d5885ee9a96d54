// Repairing: what stands beside an object is made again from it, if it is what was written.
#include "archive/verifier.h"

#include <fstream>
#include <sstream>

#include "archive/layout.h"
#include "archive/testing/world.h"

namespace gleaner::archive {
namespace {

class RepairTest : public testing::Test {
 protected:
  RepairTest() {
    fill(tiers_.store());
    before_ = all_of(tiers_.store());
    EXPECT_TRUE(tiers_.archive_all());
    parts_ = tiers_.hot().archive().parts("default", std::nullopt, std::nullopt).value();
  }

  VerifyReport verify(bool repair, bool quick = false) {
    auto report = Verifier(tiers_.tiers(), {.threads = 1, .quick = quick, .repair = repair}).run("default");
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? *std::move(report) : VerifyReport{};
  }
  static std::vector<std::pair<Flaw::Kind, std::string>> found(const VerifyReport& report, bool repaired) {
    std::vector<std::pair<Flaw::Kind, std::string>> out;
    for (const Flaw& flaw : report.flaws) {
      EXPECT_EQ(flaw.repaired, repaired) << flaw.key << ": " << flaw.what;
      out.emplace_back(flaw.kind, flaw.key);
    }
    return out;
  }

  std::string path_of(const std::string& key) const { return folder_.path() + "/objects/" + key; }
  std::string bytes_of(const std::string& key) const {
    std::ostringstream text;
    text << std::ifstream(path_of(key), std::ios::binary).rdbuf();
    return text.str();
  }
  // The same size and time, and another byte in the middle.
  void flip(const std::string& key) const {
    const auto time = std::filesystem::last_write_time(path_of(key));
    std::string bytes = bytes_of(key);
    bytes[bytes.size() / 2] ^= 0x10;
    std::ofstream(path_of(key), std::ios::binary) << bytes;
    std::filesystem::last_write_time(path_of(key), time);
  }

  Folder folder_;
  TwoTiers tiers_{folder_.path()};
  std::vector<std::string> before_;
  std::vector<store::Part> parts_;
};

TEST_F(RepairTest, IndexesAndManifestsAreMadeAgain) {
  std::string damaged = tiers_.hot().archive().index_of(parts_[0]).value();
  damaged[damaged.size() / 2] ^= 1;
  ASSERT_TRUE(tiers_.hot().archive().put_index(parts_[0], damaged));
  ASSERT_TRUE(tiers_.hot().archive().put_index(parts_[1], ""));
  const std::string lost = manifest_key(parts_[2].key);
  const std::string manifest = bytes_of(lost);
  ASSERT_TRUE(tiers_.objects().remove(lost));
  const std::string other = manifest_key(parts_[3].key);
  ASSERT_TRUE(tiers_.objects().put(other, bytes_of(manifest_key(parts_[4].key))));
  const std::vector<std::pair<Flaw::Kind, std::string>> flaws = {{Flaw::Kind::kIndex, parts_[0].key},
                                                                 {Flaw::Kind::kIndex, parts_[1].key},
                                                                 {Flaw::Kind::kMissing, lost},
                                                                 {Flaw::Kind::kOther, other}};
  tiers_.open();
  EXPECT_FALSE(tiers_.store().find("default", "2026-11-18-3"));
  for (const bool quick : {true, false}) {
    const VerifyReport report = verify(false, quick);
    EXPECT_FALSE(report.whole());
    EXPECT_EQ(found(report, false), flaws) << "nothing is changed without being told to";
  }
  const VerifyReport repaired = verify(true);
  EXPECT_TRUE(repaired.whole());
  EXPECT_EQ(found(repaired, true), flaws);
  EXPECT_TRUE(verify(false).flaws.empty());
  EXPECT_EQ(bytes_of(lost), manifest);
  EXPECT_EQ(all_of(tiers_.store()), before_);
  EXPECT_TRUE(tiers_.store().find("default", "2026-11-18-3"));
}

TEST_F(RepairTest, NothingIsMadeOfAnObjectThatIsNotWhatWasWritten) {
  ASSERT_TRUE(tiers_.hot().archive().put_index(parts_[0], "lost"));
  flip(parts_[0].key);
  // A good archive's object, but not this one's.
  const std::string stranger = bytes_of(parts_[2].key);
  std::ofstream(path_of(parts_[1].key), std::ios::binary) << stranger;
  ASSERT_TRUE(tiers_.objects().remove(manifest_key(parts_[1].key)));
  ASSERT_TRUE(tiers_.hot().archive().put_index(parts_[3], "lost"));
  ASSERT_TRUE(tiers_.objects().remove(parts_[3].key));
  for (const bool quick : {true, false}) {
    const VerifyReport report = verify(true, quick);
    EXPECT_FALSE(report.whole());
    EXPECT_EQ(found(report, false).size(), 6U);
  }
  EXPECT_EQ(tiers_.hot().archive().index_of(parts_[0]).value(), "lost");
  EXPECT_FALSE(std::filesystem::exists(path_of(manifest_key(parts_[1].key))));
}

}  // namespace
}  // namespace gleaner::archive

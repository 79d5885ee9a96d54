// At the size of a real archive: ten thousand objects, of which a look-up opens two at most, and a thousand, of which
// an erasure touches those that hold the person.
#include <algorithm>
#include <fstream>
#include <functional>
#include <set>

#include "archive/block_codec.h"
#include "archive/layout.h"
#include "archive/manifest.h"
#include "archive/testing/world.h"
#include "base/uuid.h"

namespace gleaner::archive {
namespace {

// Remembers which objects were read and written.
class CountingObjects final : public object::ObjectStore {
 public:
  explicit CountingObjects(std::unique_ptr<object::ObjectStore> objects) : objects_(std::move(objects)) {}

  Result<std::unique_ptr<object::ObjectWriter>> create(std::string_view key, object::PutOptions options) override {
    written.emplace(key);
    return objects_->create(key, std::move(options));
  }
  Result<std::unique_ptr<object::ObjectReader>> open(std::string_view key, object::Range range) override {
    read.emplace(key);
    return objects_->open(key, range);
  }
  Result<object::ObjectInfo> head(std::string_view key) override {
    read.emplace(key);
    return objects_->head(key);
  }
  Result<object::ObjectPage> list(std::string_view prefix, std::string_view after, size_t limit) override {
    ++lists;
    return objects_->list(prefix, after, limit);
  }
  Status remove(std::string_view key) override {
    removed.emplace(key);
    return objects_->remove(key);
  }
  Result<uint64_t> erase(std::string_view key) override {
    removed.emplace(key);
    return objects_->erase(key);
  }
  std::vector<object::ProbeStep> probe() override { return objects_->probe(); }
  std::string describe() const override { return objects_->describe(); }

  void forget() {
    read.clear();
    written.clear();
    removed.clear();
    lists = 0;
  }

  std::set<std::string> read;
  std::set<std::string> written;
  std::set<std::string> removed;
  int lists = 0;

 private:
  const std::unique_ptr<object::ObjectStore> objects_;
};

std::unique_ptr<object::ObjectStore> open_counting(const std::string& folder) {
  return std::make_unique<CountingObjects>(open_directory(folder));
}

class ScaleTest : public testing::Test {
 protected:
  static constexpr int kPlatforms = 500;

  // One record for each platform and day, in an object of its own. Only those of the rare person, whom `is_rare`
  // chooses, are there: whoever opens another fails, and nobody waits for ten thousand files.
  void fill_days(int days, const std::function<bool(int)>& is_rare) {
    UuidV7Source minted;
    for (int i = 0; i < days * kPlatforms; ++i) {
      const Day day = first_day_ + std::chrono::days(i / kPlatforms);
      ids_.push_back(i % 2 == 0 ? "chosen-" + std::to_string(i) : minted.mint(Time(day)));
      const std::string user = is_rare(i) ? "rare" : "often";
      writes_.push_back(store::samples::interaction(ids_.back(), R"("user_id":")" + user + R"(")",
                                                    "platform-" + std::to_string(i % kPlatforms), format_day(day)));
    }
    put(tiers_.store(), std::move(writes_));
    for (int i = 0; i < days; ++i) seal(first_day_ + std::chrono::days(i));
    objects().forget();
  }

  // What the Archiver does, but for the read back.
  void seal(Day day) {
    auto scan = tiers_.hot().scan({.project = "default",
                                   .filter = {.from = Time(day), .to = Time(day + std::chrono::days(1))},
                                   .with_signals = true});
    ASSERT_TRUE(scan) << scan.error().message;
    std::vector<store::Part> parts;
    store::DayContent content;
    store::Stored stored;
    while ((*scan)->next(stored).value()) {
      parts.push_back(make_part(stored, day));
      ++content.interactions;
      content.interactions_xor ^= stored.content_hash;
      content.last_position = std::max(content.last_position, stored.position);
    }
    const auto sealed = tiers_.hot().archive().seal("default", day, 0, content, parts);
    ASSERT_TRUE(sealed) << sealed.error().message;
    ASSERT_TRUE(*sealed);
  }

  store::Part make_part(const store::Stored& stored, Day day) {
    std::string line;
    std::string object;
    encode_line(stored, line);
    line += '\n';
    EXPECT_TRUE(compressor_.compress(line, object));
    PartTally tally(random_index_seed());
    tally.add(stored);
    tally.end_block(line);
    tally.add_packed(object);
    const PartTotals totals = tally.totals();
    const std::vector<uint64_t> blocks = {object.size()};
    store::Part part = part_of("default", stored.interaction.platform, day, 1, "jsonl.gz", {},
                               PartSummary{totals, tally.index(blocks)});
    if (stored.interaction.user_id != "rare") return part;
    const std::filesystem::path path = folder_.path() + "/objects/" + part.key;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << object;
    return part;
  }

  CountingObjects& objects() { return static_cast<CountingObjects&>(tiers_.objects()); }

  Folder folder_;
  TwoTiers tiers_{folder_.path(), &open_counting};
  const Day first_day_ = parse_day("2025-01-01").value();
  std::vector<store::Write> writes_;
  std::vector<std::string> ids_;
  BlockCompressor compressor_{Codec::kGzip, 1};
};

TEST_F(ScaleTest, ALookUpAmongTenThousandObjectsOpensTwoAtMost) {
  fill_days(20, [](int i) { return i == 2 || i == 9001; });
  ASSERT_EQ(tiers_.store().totals("default")->archived.size(), size_t{kPlatforms});
  // The oldest day is looked at last.
  const std::string chosen = ids_[2];
  const std::string minted = ids_[9001];
  ASSERT_TRUE(uuid_v7_time(minted));
  const std::string foreign = UuidV7Source().mint(Time(first_day_));
  for (const std::string& id : {chosen, minted, foreign, std::string("never")}) {
    SCOPED_TRACE(id);
    tiers_.open();
    const int64_t before = tiers_.store().cold().opened();
    const auto found = tiers_.store().find("default", id);
    if (id == chosen || id == minted) {
      ASSERT_TRUE(found) << found.error().message;
      EXPECT_EQ(found->interaction.id, id);
    } else {
      ASSERT_FALSE(found);
      EXPECT_EQ(found.error().code, Code::kNotFound) << found.error().message;
    }
    EXPECT_LE(tiers_.store().cold().opened() - before, 2);
    EXPECT_LE(objects().read.size(), 2U);
    EXPECT_EQ(objects().lists, 0);
  }
}

TEST_F(ScaleTest, ErasingAPersonTouchesNoOtherObjects) {
  fill_days(2, [](int i) { return i % 100 == 7; });
  const auto receipt = tiers_.store().eraser().erase({ErasureRequest::Kind::kUser, "default", {"rare"}});
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->interactions(), 10);
  std::set<std::string> old;
  for (const Removal& removal : receipt->removals) {
    if (removal.where == "archive") old.insert(removal.object);
  }
  EXPECT_EQ(old.size(), 10U);
  const auto count = [&](const std::set<std::string>& keys, bool is_new) {
    return std::ranges::count_if(keys, [&](const std::string& key) {
      return !is_manifest_key(key) && objects().written.contains(key) == is_new;
    });
  };
  EXPECT_LE(count(objects().read, false), 12);
  EXPECT_LE(count(objects().written, true), 12);
  for (const std::string& key : old) EXPECT_TRUE(objects().removed.contains(key)) << key;
  EXPECT_EQ(objects().removed.size(), 2 * old.size()) << "each with its manifest";
  EXPECT_EQ(objects().lists, 0);
}

}  // namespace
}  // namespace gleaner::archive

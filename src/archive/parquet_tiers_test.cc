// An archive in Parquet is read, verified, erased in and restored as one of JSON lines; the store's contract on it is
// in tiered_store_test.cc.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "archive/parquet/page.h"
#include "archive/restorer.h"
#include "archive/testing/world.h"
#include "archive/verifier.h"
#include "base/compress.h"

namespace gleaner::archive {
namespace {

class ParquetTiers : public testing::Test {
 protected:
  ParquetTiers() { fill(tiers_.store()); }

  void expect_whole() {
    Verifier verifier(tiers_.tiers(), {.threads = 1, .quick = false, .on_progress = {}});
    const auto report = verifier.run("default");
    ASSERT_TRUE(report) << report.error().message;
    for (const Flaw& flaw : report->flaws) ADD_FAILURE() << flaw.key << " " << flaw.what;
  }

  // Every page of every Parquet object, unpacked.
  std::string every_page() const {
    std::string out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() + "/objects")) {
      if (entry.path().extension() != ".parquet") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      const std::string bytes = text.str();
      std::string_view rest(bytes);
      rest.remove_prefix(parquet::kMagic.size());
      while (rest.size() > parquet::footer_bytes(rest)) {
        const auto page = parquet::take_page(rest);
        if (!page) return "cannot be read: " + page.error().message;
        out += zstd_decompress(page->packed, page->header.raw_bytes).value();
      }
      out += rest;
    }
    return out;
  }

  Folder folder_;
  TwoTiers tiers_{folder_.path(), &open_directory, Codec::kParquet};
};

TEST_F(ParquetTiers, ReadsAreTheSameBeforeAndAfter) {
  const auto before = all_of(tiers_.store());
  const auto report = tiers_.archive_all();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->records, 121);
  EXPECT_EQ(tiers_.hot().find("default", "2026-11-18-3").error().code, Code::kNotFound);
  EXPECT_EQ(all_of(tiers_.store()), before);
  EXPECT_EQ(store::samples::text_of(tiers_.store().find("default", "2026-11-18-5").value()), before[5]);
  expect_whole();
  const auto parts = tiers_.hot().archive().parts("default", std::nullopt, std::nullopt).value();
  ASSERT_EQ(parts.size(), 6U);
  EXPECT_EQ(parts[0].key, "archives/platform=web/year=2026/month=11/2026-11-18.parquet");
  EXPECT_EQ(parts[0].format, "parquet");
}

TEST_F(ParquetTiers, APersonIsGoneFromEveryColumn) {
  ASSERT_TRUE(tiers_.archive_all());
  const std::string page = every_page();
  EXPECT_NE(page.find(kAnnasText), std::string::npos);
  EXPECT_NE(page.find(kAnna), std::string::npos);
  const auto receipt = tiers_.store().eraser().erase({ErasureRequest::Kind::kUser, "default", {kAnna}});
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->interactions(), 12);
  // Another project's person of the same name.
  const auto others = tiers_.tiers().catalog.parts("other", std::nullopt, std::nullopt).value();
  for (const store::Part& other : others) {
    const auto erased = tiers_.objects().erase(other.key);
    ASSERT_TRUE(erased) << erased.error().message;
  }
  const std::string left = every_page();
  EXPECT_EQ(left.find("cannot be read"), std::string::npos) << left;
  EXPECT_NE(left.find("2026-11-18-1"), std::string::npos);
  EXPECT_EQ(left.find(kAnnasText), std::string::npos);
  EXPECT_EQ(left.find(kAnna), std::string::npos);
  EXPECT_EQ(all_of(tiers_.store()).size(), 3U * 36);
  expect_whole();
}

TEST_F(ParquetTiers, DaysComeBack) {
  auto before = all_of(tiers_.store());
  ASSERT_TRUE(tiers_.archive_all());
  ColdRecords cold(tiers_.tiers());
  LateSignals late(tiers_.tiers(), cold);
  Restorer restorer(tiers_.tiers(), late, {});
  const auto restored = restorer.run("default", parse_day("2026-01-01").value(), parse_day("2027-01-01").value());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->objects, 6);
  EXPECT_TRUE(tiers_.hot().archive().parts("default", std::nullopt, std::nullopt)->empty());
  auto after = all_of(tiers_.store());
  std::ranges::sort(before);
  std::ranges::sort(after);
  EXPECT_EQ(after, before);
  expect_whole();
}

}  // namespace
}  // namespace gleaner::archive

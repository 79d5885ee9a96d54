#include "dataset/export_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "record/codec.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::dataset {
namespace {

namespace fs = std::filesystem;

class ExportFileTest : public ::testing::Test {
 protected:
  static constexpr int kRecords = 40;

  void SetUp() override {
    folder_ = testing::TempDir() + "export_file_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    store_ = store::SqliteStore::open({folder_ + "/data"}).value();
    std::vector<store::Write> writes;
    for (int i = 0; i < kRecords; ++i) {
      // An answer of 64 KB, so that pieces are of a few records. Every eighth has none.
      auto decoded = record::Decoder().interaction(fmt::format(
          R"({{"id":"i{}","created_at":"2026-11-0{}T10:00:00Z","messages":[{{"role":"user","content":"q{}"}}]{}}})", i,
          1 + i / 10, i,
          i % 8 == 7 ? "" : fmt::format(R"(,"output":"{}")", std::string(64 << 10, static_cast<char>('a' + i % 26)))));
      writes.push_back({"default", *std::move(decoded), static_cast<uint64_t>(i), false});
    }
    ASSERT_TRUE(store_->append(std::move(writes)));
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path() const { return folder_ + "/out.jsonl"; }

  static std::string content(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
  }

  // Writes so many pieces at most, as a process that is killed then would.
  Result<ExportReport> write(bool resume, int pieces = 1000, const std::string& wish = "all", uint64_t note_bytes = 1) {
    TRY_ASSIGN(const auto file, ExportFile::open({path(), wish, resume, note_bytes}));
    TRY_ASSIGN(
        const auto run,
        Export::open(*store_, {.project = "default", .format = find_format("openai").value(), .start = file->start()}));
    bool more = true;
    for (int i = 0; more && i < pieces; ++i) {
      std::string piece;
      TRY_ASSIGN(more, run->next(piece));
      TRY(file->append(piece, run->cursor(), run->report()));
    }
    if (!more) TRY(file->finish());
    return run->report();
  }

  std::string folder_;
  std::unique_ptr<store::SqliteStore> store_;
};

TEST_F(ExportFileTest, GoesOnWhereItStopped) {
  const ExportReport whole = write(false).value();
  EXPECT_EQ(whole.examples, 35u);
  EXPECT_EQ(whole.left_out.at("no answer to learn from"), 5u);
  const std::string expected = content(path());
  EXPECT_EQ(expected.size(), whole.bytes);
  fs::remove(path());

  for (int pieces = 1; pieces < 8; ++pieces) {
    ASSERT_TRUE(write(false, pieces));
    EXPECT_FALSE(fs::exists(path()));
    // What was written behind the note is not counted on.
    std::ofstream(path() + ".partial", std::ios::app) << "torn";
    const auto rest = write(true);
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_EQ(content(path()), expected) << pieces;
    EXPECT_EQ(rest->interactions, whole.interactions);
    EXPECT_EQ(rest->bytes, whole.bytes);
    EXPECT_EQ(rest->bytes_read, whole.bytes_read);
    EXPECT_EQ(rest->left_out, whole.left_out);
    EXPECT_FALSE(fs::exists(path() + ".partial"));
    EXPECT_FALSE(fs::exists(path() + ".partial.json"));
    fs::remove(path());
  }
}

TEST_F(ExportFileTest, BeginsAnewUnlessItIsToGoOn) {
  ASSERT_TRUE(write(false, 3));
  ASSERT_TRUE(write(false, 1, "all", 1U << 30));
  EXPECT_FALSE(fs::exists(path() + ".partial.json"));  // of the first; the second made none
  ASSERT_TRUE(write(true));                            // nothing to go on with
  EXPECT_TRUE(fs::exists(path()));
}

TEST_F(ExportFileTest, DoesNotMixExports) {
  ASSERT_TRUE(write(false, 3, "all"));
  const auto other = write(true, 1000, "some");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kConflict);
  fs::resize_file(path() + ".partial", 10);
  const auto torn = write(true, 1000, "all");
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().code, Code::kConflict);
  EXPECT_TRUE(write(false));
}

TEST_F(ExportFileTest, APipeIsWrittenAsItIs) {
  const auto file = ExportFile::open({"/dev/null", "all", true, 1});
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->append("x", "2026-11-01.1", {}));
  EXPECT_TRUE((*file)->finish());
  EXPECT_FALSE(fs::exists("/dev/null.partial"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(ExportFileTest, SaysWhatCannotBeWritten) {
  const auto file = ExportFile::open({folder_ + "/none/out.jsonl", "all", false, 1});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace gleaner::dataset

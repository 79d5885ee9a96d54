#include "base/line_reader.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "base/compress.h"

namespace gleaner {
namespace {

class LineReaderTest : public testing::Test {
 protected:
  std::string file(const std::string& content) {
    path_ = testing::TempDir() + "line_reader_test_input";
    std::ofstream(path_, std::ios::binary) << content;
    return path_;
  }
  ~LineReaderTest() override { std::filesystem::remove(path_); }

  static std::vector<std::string> lines(LineReader& reader) {
    std::vector<std::string> out;
    LineReader::Line line;
    while (true) {
      const auto more = reader.next(line);
      EXPECT_TRUE(more) << (more ? "" : more.error().message);
      if (!more || !*more) return out;
      out.push_back(line.too_long ? "<long>" : std::string(line.text));
    }
  }

 private:
  std::string path_;
};

using Lines = std::vector<std::string>;

TEST_F(LineReaderTest, KnowsWhereLinesStart) {
  const auto reader = LineReader::open(file("\xef\xbb\xbf"
                                            "a\r\n\n" +
                                            std::string(300'000, 'x') + "\nb"),
                                       100)
                          .value();
  EXPECT_TRUE(reader->byte_order_mark());
  EXPECT_FALSE(reader->compressed());
  std::vector<uint64_t> offsets;
  LineReader::Line line;
  while (reader->next(line).value()) offsets.push_back(line.offset);
  EXPECT_EQ(offsets, (std::vector<uint64_t>{3, 6, 7, 300'008}));
}

TEST_F(LineReaderTest, ReadsLinesOfEveryEnding) {
  auto reader = LineReader::open(file("\xef\xbb\xbf"
                                      "a\r\n\nb\nlast"),
                                 100);
  ASSERT_TRUE(reader);
  EXPECT_EQ(lines(**reader), (Lines{"a", "", "b", "last"}));
}

TEST_F(LineReaderTest, PassesOverALongLineAndGoesOn) {
  auto reader =
      LineReader::open(file("a\n" + std::string(3'000'000, 'x') + "\nb\n" + std::string(101, 'y') + "\nc\n"), 100);
  ASSERT_TRUE(reader);
  EXPECT_EQ(lines(**reader), (Lines{"a", "<long>", "b", "<long>", "c"}));
}

TEST_F(LineReaderTest, ReadsZstd) {
  std::string packed;
  ASSERT_TRUE(ZstdCompressor(1).compress("a\nb\n", packed));
  auto reader = LineReader::open(file(packed + packed), 100);
  ASSERT_TRUE(reader);
  EXPECT_EQ(lines(**reader), (Lines{"a", "b", "a", "b"}));
}

TEST_F(LineReaderTest, ACutOffFileIsAnError) {
  std::string packed;
  ASSERT_TRUE(ZstdCompressor(1).compress(std::string(10'000, 'x'), packed));
  auto reader = LineReader::open(file(packed.substr(0, packed.size() - 2)), 100'000);
  ASSERT_TRUE(reader);
  LineReader::Line line;
  EXPECT_FALSE((*reader)->next(line));
}

TEST_F(LineReaderTest, AnEmptyFileHasNoLines) {
  auto reader = LineReader::open(file(""), 100);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(lines(**reader).empty());
  EXPECT_EQ(LineReader::open("/nonexistent/file", 100).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace gleaner

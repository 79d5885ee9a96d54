#include "dataset/validate.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/compress.h"

namespace gleaner::dataset {
namespace {

class ValidateTest : public testing::Test {
 protected:
  ~ValidateTest() override { std::filesystem::remove(path_); }

  Result<ValidationReport> run(const std::string& content, std::string_view format = "", uint64_t max_problems = 100) {
    std::ofstream(path_, std::ios::binary) << content;
    ValidationOptions options;
    if (!format.empty()) options.format = find_format(format).value();
    options.max_problems = max_problems;
    return validate_file(path_, options, seen_, file_++);
  }

  ValidationReport report(const std::string& content, std::string_view format = "", uint64_t max_problems = 100) {
    auto got = run(content, format, max_problems);
    EXPECT_TRUE(got) << (got ? "" : got.error().message);
    return got ? *std::move(got) : ValidationReport{};
  }

  static std::string chat(int number) {
    return fmt::format(R"({{"messages":[{{"role":"user","content":"{}"}},{{"role":"assistant","content":"x"}}]}})"
                       "\n",
                       number);
  }
  static std::string chats(int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += chat(i);
    return all;
  }

 private:
  const std::string path_ = testing::TempDir() + "validate_test_input.jsonl";
  SeenLines seen_;
  int file_ = 0;
};

TEST_F(ValidateTest, AGoodFileIsValidAndItsFormatGuessed) {
  const ValidationReport got = report(chats(12));
  EXPECT_TRUE(got.valid());
  EXPECT_TRUE(got.guessed);
  EXPECT_EQ(got.format->name, "openai");
  EXPECT_EQ(got.lines, 12u);
  EXPECT_EQ(got.bytes, chats(12).size());
  EXPECT_EQ(got.repeated, 0u);
}

TEST_F(ValidateTest, SaysWhereProblemsAre) {
  const std::string first = chat(1);
  const ValidationReport got =
      report(first + "{\"messages\":\n\n" + R"({"messages":[{"role":"bot","content":"x"}]})", "together");
  EXPECT_EQ(got.lines, 4u);
  EXPECT_EQ(got.bad_lines, 3u);
  ASSERT_EQ(got.shown.size(), 3u);
  EXPECT_EQ(got.shown[0].line, 2u);
  EXPECT_EQ(got.shown[0].offset, first.size());
  EXPECT_TRUE(got.shown[0].problems[0].starts_with("not JSON: ")) << got.shown[0].problems[0];
  EXPECT_EQ(got.shown[1].problems[0], "an empty line");
  EXPECT_EQ(got.shown[2].problems[0], R"(messages[0].role: expected one of system, user, assistant; got "bot")");
  EXPECT_EQ(got.shown[2].offset, first.size() + 14);
}

TEST_F(ValidateTest, WordsAreBounded) {
  std::string bad;
  for (int i = 0; i < 500; ++i) bad += "{}\n";
  const ValidationReport got = report(bad, "openai", 7);
  EXPECT_EQ(got.problems, 500u);
  EXPECT_EQ(got.bad_lines, 500u);
  EXPECT_EQ(got.shown.size(), 7u);
}

TEST_F(ValidateTest, RulesOfTheWholeFile) {
  EXPECT_EQ(report(chats(3), "openai").of_file, (std::vector<std::string>{"3 lines: expected at least 10"}));
  EXPECT_TRUE(report(chats(3), "together").valid());
  EXPECT_EQ(report("", "together").of_file, (std::vector<std::string>{"0 lines: expected at least 1"}));
  const std::string good =
      R"({"prompt":[{"role":"user","content":"a"}],"completion":[{"role":"assistant","content":"b"}],"label":true})";
  EXPECT_EQ(report(good + "\n", "trl-kto").of_file,
            (std::vector<std::string>{"label: expected both true and false in the file; got only true"}));
  std::string both = good;
  both.replace(both.find("true"), 4, "false");
  EXPECT_TRUE(report(good + "\n" + both, "trl-kto").valid());
}

TEST_F(ValidateTest, AByteOrderMarkIsForAzureOnly) {
  const ValidationReport azure = report("\xef\xbb\xbf" + chats(10), "openai");
  EXPECT_TRUE(azure.valid());
  EXPECT_EQ(azure.notes.size(), 1u);
  EXPECT_EQ(report("\xef\xbb\xbf" + chats(10), "trl").of_file,
            (std::vector<std::string>{"starts with a byte order mark"}));
}

TEST_F(ValidateTest, RepeatedLinesAreCountedInAndAcrossFiles) {
  const ValidationReport first = report(chats(10) + chat(3) + chat(4), "together");
  EXPECT_TRUE(first.valid());
  EXPECT_EQ(first.repeated, 2u);
  EXPECT_EQ(first.first_repeated, 11u);
  const ValidationReport second = report(chat(100) + chat(3), "together");
  EXPECT_EQ(second.shared, 1u);
  EXPECT_EQ(second.repeated, 0u);
}

TEST_F(ValidateTest, ReadsCompressedFiles) {
  std::string packed;
  ASSERT_TRUE(ZstdCompressor(3).compress(chats(20), packed));
  const ValidationReport got = report(packed, "openai");
  EXPECT_TRUE(got.valid());
  EXPECT_EQ(got.lines, 20u);
  EXPECT_EQ(got.notes, (std::vector<std::string>{"compressed; trainers take plain files"}));
}

TEST_F(ValidateTest, BytesThatAreNoUtf8AreNoJson) {
  const ValidationReport got = report("{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}\n", "together");
  ASSERT_EQ(got.shown.size(), 1u);
  EXPECT_TRUE(got.shown[0].problems[0].starts_with("not JSON: ")) << got.shown[0].problems[0];
}

TEST_F(ValidateTest, AFileOfNoKnownFormatIsAnError) {
  EXPECT_EQ(run("{\"foo\":1}\n").error().code, Code::kInvalidArgument);
  EXPECT_EQ(run("hello\n").error().code, Code::kInvalidArgument);
}

TEST(GuessTest, TellsTheFormatsApart) {
  const auto guess = [](const char* text) {
    const Format* const format = guess_format({json::parse(text).value()});
    return format == nullptr ? std::string_view("") : format->name;
  };
  EXPECT_EQ(guess(R"({"prompt":"a","response":"b"})"), "prompt-response");
  EXPECT_EQ(guess(R"({"instruction":"a","input":"","output":"b"})"), "alpaca");
  EXPECT_EQ(guess(R"({"instruction":"a","output":"b","metadata":{}})"), "instruction-output");
  EXPECT_EQ(guess(R"({"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]})"), "sharegpt");
  EXPECT_EQ(guess(R"({"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]}]})"),
            "gemini");
  EXPECT_EQ(
      guess(
          R"({"system":"s","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":""})"),
      "llama-factory");
}

TEST(SeenLinesTest, GrowsAndRemembers) {
  SeenLines seen;
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(seen.insert(std::to_string(i), 0), std::nullopt);
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(seen.insert(std::to_string(i), 3), 0);
  EXPECT_TRUE(seen.complete());
}

}  // namespace
}  // namespace gleaner::dataset

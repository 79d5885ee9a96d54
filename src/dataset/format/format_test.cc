#include "dataset/format/format.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataset/format/chat.h"
#include "dataset/format/testing/conversations.h"

namespace gleaner::dataset {
namespace {

namespace world = dataset::testing;
using world::answers, world::example, world::problems_of, world::prompts, world::tool_lists, world::write,
    world::Written;
using world::kDeveloper, world::kHello, world::kHi, world::kTools, world::kTwice;

const std::string kGolden = std::string(GLEANER_SOURCE_DIR) + "/tests/golden/export/formats/";

// Every example of the world in every format: what is written passes the format's own check, and what is not says why.
TEST(FormatTest, WhatIsWrittenPassesTheCheck) {
  std::map<std::string_view, int> written;
  std::map<std::string_view, std::set<std::string>> reasons;
  for (const Format& format : formats()) {
    for (const std::string& prompt : prompts()) {
      for (size_t a = 0; a < answers().size(); ++a) {
        for (const std::string& tools : tool_lists()) {
          const std::string rejected = format.task == Task::kPreference ? answers()[(a + 1) % answers().size()] : "";
          Example from = example(prompt, answers()[a], rejected, tools);
          from.task = format.task;
          from.label = a % 2 == 0;
          from.metadata = a % 3 == 0 ? "" : R"({"id":"i","tags":["x"]})";
          const Written got = write(format, from);
          if (!got.done) {
            EXPECT_FALSE(got.text.empty()) << format.name;
            reasons[format.name].insert(got.text);
            continue;
          }
          ++written[format.name];
          ASSERT_EQ(got.text.find('\n'), std::string::npos);
          const Problems problems = problems_of(format.name, got.text);
          EXPECT_TRUE(problems.empty()) << format.name << ": " << problems.front() << "\n" << got.text;
        }
      }
    }
  }
  for (const Format& format : formats()) {
    EXPECT_GT(written[format.name], 20) << format.name;
    EXPECT_GT(reasons[format.name].size(), 3u) << format.name;
  }
}

// The way without a parser writes what the way with one writes.
TEST(FormatTest, PassingOnChangesNothing) {
  for (const std::string_view name : {"openai", "trl", "axolotl", "together"}) {
    for (const std::string& prompt : prompts()) {
      Example from = example(prompt, kHello, "", kTools);
      if (!chat::outline(from).simple) continue;
      const Written quick = write(*find_format(name).value(), from);
      from.plain = false;
      const Written slow = write(*find_format(name).value(), from);
      ASSERT_EQ(quick.done, slow.done) << name << prompt;
      if (!quick.done) continue;
      const json::Value a = json::parse(quick.text).value();
      const json::Value b = json::parse(slow.text).value();
      const auto& left = a.find("messages")->items();
      const auto& right = b.find("messages")->items();
      ASSERT_EQ(left.size(), right.size()) << name << prompt;
      for (size_t i = 0; i < left.size(); ++i) {
        EXPECT_EQ(left[i].find_string("role"), right[i].find_string("role"));
        EXPECT_EQ(left[i].find_string("content"), right[i].find_string("content"));
      }
    }
  }
}

TEST(OutlineTest, TellsWhatNeedsNoParser) {
  const auto simple = [](const std::string& prompt) { return chat::outline(example(prompt, kHello)).simple; };
  EXPECT_TRUE(simple(kHi));
  EXPECT_TRUE(simple(R"([{"content":"a \"role\":\"tool\" \\","role":"user"}])"));
  EXPECT_FALSE(simple(R"([{"role":"user","content":"a","name":"b"}])"));
  EXPECT_FALSE(simple(R"([{"role":"tool","content":"a"},{"role":"user","content":"b"}])"));
  EXPECT_FALSE(simple(R"([{"role":"user","content":""}])"));
  EXPECT_FALSE(simple(R"([{"role":"assistant","content":"a"}])")) << "nobody asks";
  EXPECT_FALSE(simple(R"([{"role": "user", "content": "spaces"}])"));
  EXPECT_TRUE(chat::outline(example(kDeveloper, kHello)).developer);
  EXPECT_FALSE(chat::outline(example(kTwice, kHello)).alternates);
}

// A pair of files: examples, and the line each becomes in a format, or why it becomes none.
Example golden_example(const std::string& text) {
  const json::Value value = json::parse(text).value();
  const auto part = [&](std::string_view name) {
    const json::Value* const found = value.find(name);
    return found == nullptr ? std::string() : found->dump();
  };
  Example out = example(part("prompt"), part("answer"), part("rejected"), part("tools"));
  out.task = parse_task(value.find_string("task").value()).value();
  if (const json::Value* const label = value.find("label")) out.label = label->as_bool();
  out.metadata = part("metadata");
  return out;
}

class GoldenTest : public ::testing::TestWithParam<std::string_view> {};

TEST_P(GoldenTest, Matches) {
  const Format& format = *find_format(GetParam()).value();
  std::ifstream examples(kGolden + "examples.jsonl");
  std::ifstream expected(fmt::format("{}{}.jsonl", kGolden, format.name));
  std::string text;
  std::string want;
  int lines = 0;
  while (std::getline(examples, text)) {
    const Example from = golden_example(text);
    if (from.task != format.task) continue;
    ASSERT_TRUE(std::getline(expected, want)) << "the golden file is too short";
    const Written got = write(format, from);
    EXPECT_EQ(got.done ? got.text : fmt::format(R"({{"left_out":"{}"}})", got.text), want);
    ++lines;
  }
  EXPECT_FALSE(std::getline(expected, want)) << "the golden file is too long";
  EXPECT_GT(lines, 3);
}

std::vector<std::string_view> names() {
  std::vector<std::string_view> out;
  for (const Format& format : formats()) out.push_back(format.name);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenTest, ::testing::ValuesIn(names()), [](const auto& row) {
  std::string name(row.param);
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(FormatTest, AnUnknownFormatNamesTheKnown) {
  const std::string words = find_format("csv").error().message;
  EXPECT_TRUE(words.starts_with("output_format: expected one of openai, openai-dpo, trl, ")) << words;
  EXPECT_TRUE(words.ends_with("; got \"csv\"")) << words;
}

TEST(FormatTest, TheDocumentationHasEveryFormat) {
  std::ifstream file(std::string(GLEANER_SOURCE_DIR) + "/docs/export-formats.md");
  const std::string docs((std::istreambuf_iterator<char>(file)), {});
  for (const Format& format : formats())
    EXPECT_NE(docs.find(fmt::format("\n### {}\n", format.name)), std::string::npos) << format.name;
}

}  // namespace
}  // namespace gleaner::dataset

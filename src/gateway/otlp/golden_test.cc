// Requests of each convention and the records that they become: tests/golden/otlp/NAME.requests.jsonl, one OTLP/JSON
// request a line, and NAME.records.jsonl. And real captures, where they lie on the machine.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/line_reader.h"
#include "gateway/otlp/assembler.h"
#include "gateway/otlp/decode.h"
#include "gateway/otlp/testing/encode.h"
#include "record/codec.h"

namespace gleaner::gateway::otlp {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

constexpr size_t kLineBytes = size_t{16} << 20;

Lines lines_of(const fs::path& path) {
  Lines lines;
  auto reader = LineReader::open(path.string(), kLineBytes);
  EXPECT_TRUE(reader) << path;
  for (LineReader::Line line; reader && (*reader)->next(line).value_or(false);) lines.emplace_back(line.text);
  return lines;
}

bool is_logs(std::string_view request) {
  return request.starts_with(R"({"resourceLogs")");
}

// Each record as it would be stored, after a look whether it could be.
void add_records(TraceAssembler& assembler, Lines& out) {
  record::Decoder decoder;
  Assembled records = assembler.take();
  const auto add = [&](const auto& one, auto decode) {
    std::string& line = out.emplace_back();
    record::encode(one, line);
    const auto again = (decoder.*decode)(line);
    ASSERT_TRUE(again) << again.error().message << "\n" << line;
    std::string written;
    record::encode(*again, written);
    EXPECT_EQ(written, line);
  };
  for (const auto& one : records.interactions) add(one, &record::Decoder::interaction);
  for (const auto& one : records.signals) add(one, &record::Decoder::signal);
}

void expect_all_accounted(const TraceAssembler& assembler) {
  const AssemblerCounts& counts = assembler.counts();
  uint64_t sum = counts.interactions + counts.steps;
  for (const uint64_t count : counts.ignored) sum += count;
  EXPECT_EQ(sum, counts.spans);
  EXPECT_EQ(assembler.held_spans(), 0U);
  EXPECT_EQ(assembler.held_bytes(), 0U);
}

enum class By { kJson, kProtobuf, kSingleSpans };

void feed(TraceAssembler& assembler, const std::string& request, By by) {
  const Time now = from_ms(0);
  if (is_logs(request)) {
    auto logs = logs_from_json(request);
    ASSERT_TRUE(logs) << logs.error().message;
    if (by == By::kProtobuf) logs = logs_from_protobuf(testing::to_protobuf(*logs));
    assembler.add_logs(*logs, now);
    return;
  }
  auto traces = traces_from_json(request);
  ASSERT_TRUE(traces) << traces.error().message;
  if (by == By::kProtobuf) traces = traces_from_protobuf(testing::to_protobuf(*traces));
  if (by != By::kSingleSpans) {
    assembler.add_traces(*traces, now);
    return;
  }
  for (const ResourceSpans& resource : traces->resources) {
    for (const ScopeSpans& scope : resource.scopes) {
      for (const Span& span : scope.spans) {
        TraceBatch one;
        one.resources.push_back({resource.resource, {{scope.scope, scope.schema_url, {span}}}});
        assembler.add_traces(one, now);
      }
    }
  }
}

Lines records_of(const Lines& requests, By by = By::kJson) {
  TraceAssembler assembler;
  for (const std::string& request : requests) feed(assembler, request, by);
  assembler.settle_all();
  Lines records;
  add_records(assembler, records);
  expect_all_accounted(assembler);
  return records;
}

Lines sorted(Lines lines) {
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(fs::path(GLEANER_SOURCE_DIR) / "tests/golden/otlp")) {
    const std::string name = file.path().filename().string();
    const size_t end = name.find(".requests.jsonl");
    if (end != std::string::npos) names.push_back(name.substr(0, end));
  }
  std::ranges::sort(names);
  return names;
}

class OtlpGolden : public ::testing::TestWithParam<std::string> {
 protected:
  static fs::path file(std::string_view ending) {
    return fs::path(GLEANER_SOURCE_DIR) / "tests/golden/otlp" / (GetParam() + std::string(ending));
  }
  Lines requests_ = lines_of(file(".requests.jsonl"));
  Lines expected_ = sorted(lines_of(file(".records.jsonl")));
};

TEST_P(OtlpGolden, BecomesTheseRecords) {
  EXPECT_EQ(sorted(records_of(requests_)), expected_);
}

TEST_P(OtlpGolden, EncodingAndOrderDoNotMatter) {
  EXPECT_EQ(sorted(records_of(requests_, By::kProtobuf)), expected_);
  EXPECT_EQ(sorted(records_of(requests_, By::kSingleSpans)), expected_);
  std::ranges::reverse(requests_);
  EXPECT_EQ(sorted(records_of(requests_)), expected_);
}

TEST_P(OtlpGolden, WhatIsSentTwiceComesOutOnce) {
  TraceAssembler assembler;
  for (const int round : {1, 2}) {
    for (const std::string& request : requests_) feed(assembler, request, By::kJson);
    if (round == 1) assembler.settle_all();
  }
  assembler.settle_all();
  Lines records;
  add_records(assembler, records);
  expect_all_accounted(assembler);
  std::ranges::sort(records);
  records.erase(std::unique(records.begin(), records.end()), records.end());  // judgements come out each time
  EXPECT_EQ(records, expected_);
}

INSTANTIATE_TEST_SUITE_P(Conventions, OtlpGolden, ::testing::ValuesIn(golden_names()),
                         [](const auto& named) { return named.param; });

// ---- real captures

fs::path corpora() {
  const char* const folder = std::getenv("GLEANER_CORPORA");
  return folder == nullptr ? fs::path() : fs::path(folder);
}

std::string from_base64(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return base64url_decode(text).value_or("");
}

// A fixture {"scopeName","spanName","attributes"} as the request that it was taken from.
std::string as_request(const json::Value& fixture) {
  const auto any_value = [](const json::Value& value) {
    if (value.is_bool()) return R"({"boolValue":)" + value.dump() + "}";
    if (value.is_number()) return (value.as_integer() ? R"({"intValue":)" : R"({"doubleValue":)") + value.dump() + "}";
    if (value.is_object()) return R"({"arrayValue":)" + value.dump() + "}";
    return R"({"stringValue":)" + value.dump() + "}";
  };
  std::string attributes;
  for (const auto& [key, value] : fixture.find("attributes")->members()) {
    if (!attributes.empty()) attributes += ',';
    attributes += R"({"key":)" + json::Value::string(key).dump() + R"(,"value":)" + any_value(value) + "}";
  }
  return R"({"resourceSpans":[{"scopeSpans":[{"scope":{"name":)" + fixture.find("scopeName")->dump() +
         R"(},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":)" +
         fixture.find("spanName")->dump() + R"(,"attributes":[)" + attributes + "]}]}]}]}";
}

TEST(OtlpCorpora, CapturesReadTheSameInBothEncodings) {
  if (corpora().empty()) GTEST_SKIP() << "GLEANER_CORPORA is not set";
  size_t rows = 0;
  for (const std::string& line : lines_of(corpora() / "07p-otlp-langfuse-captures/otlp.jsonl.gz")) {
    const json::Value row = *json::parse(line);
    SCOPED_TRACE(row.find("test")->dump());
    const std::string text = row.find("otlp_json")->dump();
    const auto from_json = traces_from_json(text);
    ASSERT_TRUE(from_json) << from_json.error().message;
    const auto from_protobuf = traces_from_protobuf(from_base64(row.find("otlp_pb_b64")->text()));
    ASSERT_TRUE(from_protobuf) << from_protobuf.error().message;
    EXPECT_EQ(static_cast<int64_t>(from_json->span_count()), row.find("spans")->as_integer());
    TraceAssembler one;
    one.add_traces(*from_json, from_ms(0));
    one.settle_all();
    expect_all_accounted(one);
    TraceAssembler other;
    other.add_traces(*from_protobuf, from_ms(0));
    other.settle_all();
    Lines records;
    Lines same_records;
    add_records(one, records);
    add_records(other, same_records);
    EXPECT_EQ(records, same_records);
    EXPECT_EQ(one.counts().ignored, other.counts().ignored);
    ++rows;
  }
  EXPECT_EQ(rows, 97U);
}

TEST(OtlpCorpora, ExamplesAndFixturesDecode) {
  if (corpora().empty()) GTEST_SKIP() << "GLEANER_CORPORA is not set";
  size_t spans = 0;
  for (const char* const folder : {"07r-otlp-examples", "07s-langwatch-span-fixtures"}) {
    for (const auto& file : fs::directory_iterator(corpora() / folder)) {
      if (file.path().extension() != ".json") continue;
      SCOPED_TRACE(file.path().filename());
      std::ifstream stream(file.path());
      const std::string text(std::istreambuf_iterator<char>(stream), {});
      const json::Value value = *json::parse(text);
      const std::string request = value.find("spanName") != nullptr ? as_request(value) : value.dump();
      TraceAssembler assembler;
      feed(assembler, request, By::kJson);
      assembler.settle_all();
      spans += assembler.counts().spans;
      Lines records;
      add_records(assembler, records);
      expect_all_accounted(assembler);
    }
  }
  EXPECT_EQ(spans, 10U);
}

}  // namespace
}  // namespace gleaner::gateway::otlp

#include "archive/line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gleaner::archive {
namespace {

record::Interaction interaction(const std::string& json) {
  auto decoded = record::Decoder().interaction(json);
  EXPECT_TRUE(decoded) << json << (decoded ? "" : decoded.error().message);
  return decoded.value_or(record::Interaction{});
}

record::Signal signal(const std::string& json) {
  auto decoded = record::Decoder().signal(json);
  EXPECT_TRUE(decoded) << json << (decoded ? "" : decoded.error().message);
  return decoded.value_or(record::Signal{});
}

store::Stored example() {
  store::Stored stored;
  stored.interaction = interaction(
      R"({"id":"a1","platform":"web","user_id":"u1","created_at":"2026-11-21T08:40:00.000Z","output":"hello"})");
  stored.content_hash = 0x1122334455667788;
  stored.signals.push_back(signal(R"({"id":"s1","interaction_id":"a1","kind":"thumbs_up","user_id":"u2"})"));
  stored.signals.push_back(signal(R"({"id":"s2","interaction_id":"a1","kind":"view","user_id":"u2"})"));
  stored.signals.push_back(signal(R"({"id":"s3","interaction_id":"a1","kind":"view","user_id":"u2"})"));
  stored.signal_hashes = {1, 0xabcdef, ~uint64_t{0}};
  return stored;
}

std::string line_of(const store::Stored& stored) {
  std::string line;
  encode_line(stored, line);
  return line;
}

Result<store::Stored> decode(std::string line) {
  const size_t size = line.size();
  const std::string before = line;
  line.append(record::Decoder::kReadableBehind, '"');
  LineDecoder decoder;
  store::Stored out;
  auto done = decoder.decode({line.data(), size}, out);
  EXPECT_EQ(line.substr(0, size), before) << "the line is afterwards as it was";
  if (!done) return std::unexpected(std::move(done).error());
  return out;
}

// Also what the head of a damaged line is read for must not crash.
Code code_of(const std::string& line) {
  (void)peek_line(line);
  const auto decoded = decode(line);
  return decoded ? Code::kInternal : decoded.error().code;
}

TEST(Line, IsTheInteractionWithWhatBelongsToIt) {
  store::Stored stored = example();
  stored.signals.resize(1);
  stored.signal_hashes.resize(1);
  stored.position = 7;
  EXPECT_EQ(
      line_of(stored),
      R"({"id":"a1","platform":"web","user_id":"u1","created_at":"2026-11-21T08:40:00.000Z",)"
      R"("output":{"role":"assistant","content":"hello"},"schema_version":1,)"
      R"("signals":[{"id":"s1","interaction_id":"a1","kind":"thumbs_up","user_id":"u2","schema_version":1}],)"
      R"("content_hash":"1122334455667788","signal_hashes":["0000000000000001"],"position":7,"interaction_bytes":149})");
}

TEST(Line, ReadsBackAsItWasStored) {
  const store::Stored stored = example();
  const std::string line = line_of(stored);
  const auto back = decode(line);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(line_of(*back), line);
  EXPECT_EQ(back->content_hash, stored.content_hash);
  EXPECT_EQ(back->signal_hashes, stored.signal_hashes);
  ASSERT_EQ(back->signals.size(), 3);
  EXPECT_EQ(back->signals[2].id, "s3");
  EXPECT_EQ(back->verdict.thumbs_up, 1);
  EXPECT_EQ(back->verdict.signals, 3);
  EXPECT_EQ(back->verdict.viewers, 1) << "the same person twice";
}

TEST(Line, WithoutSignals) {
  store::Stored stored = example();
  stored.signals.clear();
  stored.signal_hashes.clear();
  const auto back = decode(line_of(stored));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(back->signals.empty());
  EXPECT_EQ(back->verdict, record::Verdict{});
}

TEST(Line, AContentThatLooksLikeTheEnd) {
  store::Stored stored = example();
  stored.interaction.metadata.text =
      R"({"x":",\"signals\":[],\"interaction_bytes\":1}","signals":[],"content_hash":"0"})";
  stored.signals[0].text =
      R"(],"content_hash":"0000000000000000","signal_hashes":[],"position":0,"interaction_bytes":7})";
  const std::string line = line_of(stored);
  const auto back = decode(line);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(line_of(*back), line);
}

TEST(Line, SplitsWithoutParsing) {
  const store::Stored stored = example();
  const std::string line = line_of(stored);
  const auto parts = split_line(line);
  ASSERT_TRUE(parts) << parts.error().message;
  std::string json;
  record::encode(stored.interaction, json);
  EXPECT_EQ(std::string(parts->interaction) + "}", json);
  EXPECT_EQ(parts->content_hash, stored.content_hash);
  ASSERT_EQ(parts->signal_count(), 3);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(parts->signal_hash(i), stored.signal_hashes[i]);
}

TEST(Line, HeadIsReadWithoutTheRest) {
  store::Stored stored = example();
  stored.interaction.id = "quoted \"a\\1\" \xc3\xa4";
  stored.interaction.platform = "back\\slash\\";
  const auto head = peek_line(line_of(stored));
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->id, stored.interaction.id);
  EXPECT_EQ(head->user_id, "u1");
  EXPECT_EQ(head->created_at, stored.interaction.created_at);
}

TEST(Line, EveryBeginningAndEveryFlippedByteIsToldOrHarmless) {
  const std::string line = line_of(example());
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_EQ(code_of(line.substr(0, size)), Code::kDataLoss) << size;
  }
  // A changed letter inside a text is for the checksum of the block to find; nothing may crash.
  for (size_t i = 0; i < line.size(); ++i) {
    for (const int flip : {1, 0x40, 0x80}) {
      std::string damaged = line;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const Code code = code_of(damaged);
      EXPECT_TRUE(code == Code::kDataLoss || code == Code::kInternal) << i;
    }
  }
}

TEST(Line, WhatIsNotOurs) {
  const std::string good = line_of(example());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    const size_t at = line.rfind(from);
    EXPECT_NE(at, std::string::npos) << from;
    return line.replace(at, from.size(), to);
  };
  for (const std::string& line : {
           std::string(),
           std::string("{}"),
           std::string("}"),
           std::string(R"("signal_hashes":[],"position":0,"interaction_bytes":1})"),
           with(R"("interaction_bytes":149)", R"("interaction_bytes":0149)"),
           with(R"("interaction_bytes":149)", R"("interaction_bytes":148)"),
           with(R"("interaction_bytes":149)", R"("interaction_bytes":99999999999999999999)"),
           with(R"("interaction_bytes":149)", R"("interaction_bytes":-149)"),
           with(R"("position":0)", R"("position":00)"),
           with(R"("position":0)", R"("position":-1)"),
           with(R"("position":0)", R"("position":9223372036854775808)"),
           with(R"("0000000000000001",)", ""),
           with(R"("0000000000000001",)", R"("000000000000000G",)"),
           with(R"("0000000000abcdef")", R"("0000000000ABCDEF")"),
           with(R"(["0000000000000001",)", R"([,"0000000000000001",)"),
           with(R"(ffff"])", R"(ffff",])"),
           with(R"("id":"a1")", R"("id":"")"),
       }) {
    EXPECT_EQ(code_of(line), Code::kDataLoss) << line;
  }
}

TEST(Line, ManyViewsAreFoldedInLinearTime) {
  std::vector<record::Signal> signals(100'000);
  for (size_t i = 0; i < signals.size(); ++i) {
    signals[i].kind = record::SignalKind::kView;
    signals[i].user_id = i % 4 == 0 ? "" : fmt::format("u{}", i % 50'000);
  }
  EXPECT_EQ(verdict_of(signals).viewers, 25'000 + 37'500);
}

}  // namespace
}  // namespace gleaner::archive

#include "object/testing/object_contract.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hash.h"

namespace gleaner::object {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kMiB = size_t{1} << 20;

// The same every time, and not compressible.
std::string noise(size_t size, uint32_t seed = 1) {
  std::minstd_rand random(seed);
  std::string out(size, '\0');
  std::ranges::generate(out, [&random] { return static_cast<char>(random() >> 8); });
  return out;
}

ObjectInfo put(ObjectStore& store, std::string_view key, std::string_view bytes, PutOptions options = {}) {
  auto info = store.put(key, bytes, std::move(options));
  EXPECT_TRUE(info) << key << ": " << (info ? "" : info.error().message);
  return info.value_or(ObjectInfo());
}

// As an archive writes: in pieces that have nothing to do with parts or blocks.
Result<ObjectInfo> put_in_pieces(ObjectStore& store, std::string_view key, std::string_view bytes,
                                 PutOptions options = {}) {
  TRY_ASSIGN(const auto writer, store.create(key, std::move(options)));
  for (size_t at = 0; at < bytes.size(); at += 700'001) TRY(writer->write(bytes.substr(at, 700'001)));
  return writer->commit();
}

std::string get(ObjectStore& store, std::string_view key, Range range = {}) {
  std::string bytes = "something that was there";
  const Status status = store.read(key, range, bytes);
  EXPECT_TRUE(status) << key << ": " << (status ? "" : status.error().message);
  return bytes;
}

Code code_of_head(ObjectStore& store, std::string_view key) {
  const auto info = store.head(key);
  return info ? Code::kInternal : info.error().code;
}

std::vector<std::string> keys(ObjectStore& store, std::string_view prefix = "", size_t limit = ObjectStore::kMaxPage) {
  std::vector<std::string> found;
  std::string after;
  do {
    const auto page = store.list(prefix, after, limit);
    EXPECT_TRUE(page) << (page ? "" : page.error().message);
    if (!page) break;
    EXPECT_LE(page->objects.size(), limit);
    for (const ObjectInfo& object : page->objects) found.push_back(object.key);
    after = page->next;
  } while (!after.empty());
  return found;
}

}  // namespace

TEST_P(ObjectContract, GivesBackWhatWasPut) {
  const ObjectInfo put_info =
      put(store(), "archives/web/2026-11-20.jsonl.gz", "some bytes",
          {.content_type = "application/gzip", .metadata = {{"rows", "7"}, {"sha-256", "a b"}}});
  harness_->reopen();
  const auto info = store().head("archives/web/2026-11-20.jsonl.gz");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->key, "archives/web/2026-11-20.jsonl.gz");
  EXPECT_EQ(info->size, 10);
  EXPECT_EQ(info->content_type, "application/gzip");
  EXPECT_EQ(info->metadata, (Metadata{{"rows", "7"}, {"sha-256", "a b"}}));
  EXPECT_EQ(info->etag, put_info.etag);
  EXPECT_NE(info->etag, "");
  EXPECT_LT(std::chrono::abs(info->modified - SystemClock().now()), std::chrono::minutes(1));
  EXPECT_EQ(put_info.size, 10);
  EXPECT_EQ(get(store(), "archives/web/2026-11-20.jsonl.gz"), "some bytes");
  const auto reader = store().open("archives/web/2026-11-20.jsonl.gz", {.offset = 5, .length = 5});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->info().metadata, info->metadata);
  EXPECT_EQ((*reader)->info().size, 10);
  EXPECT_EQ((*reader)->length(), 5);
}

TEST_P(ObjectContract, WhatIsNotThereIsNotFound) {
  put(store(), "a/b", "x");
  for (const char* const key : {"b", "a", "a/b/c", "a/bc"}) {
    EXPECT_EQ(code_of_head(store(), key), Code::kNotFound) << key;
    std::string bytes = "old";
    EXPECT_EQ(store().read(key, {}, bytes).error().code, Code::kNotFound) << key;
    EXPECT_EQ(store().read(key, {.offset = 1, .length = 1}, bytes).error().code, Code::kNotFound) << key;
    EXPECT_EQ(bytes, "");
    const Status removed = store().remove(key);
    EXPECT_TRUE(removed) << key << (removed ? "" : removed.error().message);
    EXPECT_EQ(store().erase(key).value_or(99), 0) << key;
  }
  EXPECT_EQ(get(store(), "a/b"), "x");
}

TEST_P(ObjectContract, AnObjectMayBeEmpty) {
  put(store(), "empty", "");
  EXPECT_EQ(store().head("empty").value().size, 0);
  EXPECT_EQ(get(store(), "empty"), "");
  EXPECT_EQ(get(store(), "empty", {.offset = 0, .length = 0}), "");
  std::string bytes;
  EXPECT_EQ(store().read("empty", {.offset = 0, .length = 1}, bytes).error().code, Code::kInvalidArgument);
  EXPECT_EQ(store().read("empty", {.offset = 1}, bytes).error().code, Code::kInvalidArgument);
}

TEST_P(ObjectContract, ReplacesAllOfAnObject) {
  const std::string first = put(store(), "k", "first content", {.metadata = {{"a", "1"}}}).etag;
  const std::string second = put(store(), "k", "second", {.content_type = "text/plain", .metadata = {{"b", "2"}}}).etag;
  EXPECT_NE(first, second);
  const ObjectInfo info = store().head("k").value();
  EXPECT_EQ(info.metadata, (Metadata{{"b", "2"}}));
  EXPECT_EQ(info.content_type, "text/plain");
  EXPECT_EQ(info.etag, second);
  EXPECT_EQ(get(store(), "k"), "second");
}

TEST_P(ObjectContract, ReadsRanges) {
  const std::string bytes = noise(3 * kMiB);
  put(store(), "k", bytes);
  for (const Range range : {Range{0, 1}, Range{0, 0}, Range{kMiB - 1, 2}, Range{3 * kMiB - 1, 1}, Range{3 * kMiB, 0},
                            Range{.offset = kMiB}, Range{.offset = 3 * kMiB}}) {
    EXPECT_TRUE(get(store(), "k", range) == bytes.substr(range.offset, range.length)) << range.offset;
  }
  std::string out;
  for (const Range range : {Range{0, 3 * kMiB + 1}, Range{3 * kMiB, 1}, Range{.offset = 3 * kMiB + 1},
                            Range{1, Range::kToEnd - 1}, Range{Range::kToEnd - 1, 1}}) {
    const Status status = store().read("k", range, out, Range::kToEnd);
    EXPECT_EQ(status ? Code::kInternal : status.error().code, Code::kInvalidArgument) << range.offset;
  }
  EXPECT_EQ(store().read("k", {}, out, 3 * kMiB - 1).error().code, Code::kTooLarge);
  EXPECT_EQ(store().read("k", {0, 11}, out, 10).error().code, Code::kTooLarge);
  EXPECT_EQ(out, "");
}

TEST_P(ObjectContract, StreamsWhatIsLarge) {
  const std::string bytes = noise(20 * kMiB + 12'345);
  const auto put_info = put_in_pieces(store(), "large", bytes, {.metadata = {{"a", "1"}}});
  ASSERT_TRUE(put_info) << put_info.error().message;
  const ObjectInfo info = store().head("large").value();
  EXPECT_EQ(info.size, bytes.size());
  EXPECT_EQ(info.etag, put_info->etag);
  EXPECT_EQ(info.metadata, (Metadata{{"a", "1"}}));
  EXPECT_TRUE(get(store(), "large", {8 * kMiB - 3, 8 * kMiB + 7}) == bytes.substr(8 * kMiB - 3, 8 * kMiB + 7));

  const auto reader = store().open("large", {.offset = 5});
  ASSERT_TRUE(reader) << reader.error().message;
  std::string read;
  std::string piece(300'007, '\0');
  while (true) {
    const auto got = (*reader)->read(piece.data(), piece.size());
    ASSERT_TRUE(got) << got.error().message;
    if (*got == 0) break;
    read.append(piece, 0, *got);
  }
  EXPECT_TRUE(read == std::string_view(bytes).substr(5));
  EXPECT_EQ((*reader)->read(piece.data(), piece.size()).value_or(99), 0);
}

TEST_P(ObjectContract, NothingIsLeftOfWhatWasNotCommitted) {
  put(store(), "there", "before");
  for (const size_t size : {size_t{0}, size_t{10}, 9 * kMiB}) {
    for (const char* const key : {"there", "new/one"}) {
      auto writer = store().create(key, {});
      ASSERT_TRUE(writer) << writer.error().message;
      ASSERT_TRUE((*writer)->write(noise(size)));
      EXPECT_EQ(keys(store()), std::vector<std::string>{"there"});
    }
  }
  EXPECT_EQ(get(store(), "there"), "before");
  EXPECT_EQ(store().erase("new/one").value_or(99), 0);
}

TEST_P(ObjectContract, ACommitIsOnceOnly) {
  const auto writer = store().create("k", {}).value();
  ASSERT_TRUE(writer->write("x"));
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(writer->commit().error().code, Code::kInternal);
  EXPECT_EQ(writer->write("y").error().code, Code::kInternal);
  EXPECT_EQ(get(store(), "k"), "x");
}

TEST_P(ObjectContract, OnlyIfAbsent) {
  for (const size_t size : {size_t{5}, 9 * kMiB}) {
    const std::string key = fmt::format("k{}", size);
    ASSERT_TRUE(put_in_pieces(store(), key, noise(size), {.condition = Condition::if_absent()}));
    const auto again = put_in_pieces(store(), key, noise(size, 2), {.condition = Condition::if_absent()});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Code::kConflict) << again.error().message;
    EXPECT_TRUE(get(store(), key) == noise(size));
    ASSERT_TRUE(store().remove(key));
    EXPECT_TRUE(put_in_pieces(store(), key, noise(size, 3), {.condition = Condition::if_absent()}));
  }
}

TEST_P(ObjectContract, OnlyIfItIsStillTheSame) {
  for (const size_t size : {size_t{5}, 9 * kMiB}) {
    const std::string key = fmt::format("k{}", size);
    const auto none = put_in_pieces(store(), key, noise(size), {.condition = Condition::if_match("abc")});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::kConflict) << none.error().message;
    const std::string first = put(store(), key, "first").etag;
    const auto second = put_in_pieces(store(), key, noise(size, 2), {.condition = Condition::if_match(first)});
    ASSERT_TRUE(second) << second.error().message;
    const auto third = put_in_pieces(store(), key, noise(size, 3), {.condition = Condition::if_match(first)});
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Code::kConflict) << third.error().message;
    EXPECT_TRUE(get(store(), key) == noise(size, 2));
    EXPECT_TRUE(put_in_pieces(store(), key, noise(size, 4), {.condition = Condition::if_match(second->etag)}));
  }
}

TEST_P(ObjectContract, OfManyWritersOneIsFirst) {
  const auto other = harness_->second();
  for (int round = 0; round < 5; ++round) {
    const std::string key = fmt::format("contended/{}", round);
    std::atomic<int> winner = -1;
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    std::latch start(6);
    {
      std::vector<std::jthread> writers;
      for (int i = 0; i < 6; ++i) {
        writers.emplace_back([&, i] {
          start.arrive_and_wait();
          const auto info = (i % 2 == 0 ? store() : *other)
                                .put(key, fmt::format("writer {}", i), {.condition = Condition::if_absent()});
          if (info) winner = i;
          won += info ? 1 : 0;
          lost += !info && info.error().code == Code::kConflict ? 1 : 0;
        });
      }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 5);
    EXPECT_EQ(get(*other, key), fmt::format("writer {}", winner.load()));
  }
}

TEST_P(ObjectContract, WritersAndReadersAtOnceSeeWholeObjects) {
  const auto other = harness_->second();
  const auto content = [](int i) { return noise(100'000 + i, static_cast<uint32_t>(i)); };
  put(store(), "k", content(0), {.metadata = {{"n", "0"}}});
  std::atomic<int> wrong = 0;
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 1; i <= 10; ++i) {
          const int n = 10 * t + i;
          put(t == 0 ? store() : *other, "k", content(n), {.metadata = {{"n", std::to_string(n)}}});
        }
      });
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          const auto reader = store().open("k", {});
          if (!reader) continue;
          std::string bytes(static_cast<size_t>((*reader)->length()), '\0');
          size_t done = 0;
          auto got = (*reader)->read(bytes.data(), bytes.size());
          while (got && *got != 0) {
            done += *got;
            got = (*reader)->read(bytes.data() + done, bytes.size() - done);
          }
          if (!got) continue;  // replaced meanwhile
          const Metadata metadata = (*reader)->info().metadata;
          const bool same = metadata.contains("n") && bytes == content(std::stoi(metadata.at("n")));
          (same ? right : wrong) += 1;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(right, 0);
}

TEST_P(ObjectContract, AReaderNeverMixesTwoObjects) {
  const std::string before = noise(20 * kMiB, 1);
  const std::string after = noise(20 * kMiB, 2);
  put(store(), "k", before);
  const auto reader = store().open("k", {}).value();
  std::string bytes(before.size(), '\0');
  const size_t first = reader->read(bytes.data(), 1000).value();
  put(store(), "k", after);
  size_t done = first;
  while (done < bytes.size()) {
    const auto got = reader->read(bytes.data() + done, bytes.size() - done);
    if (!got) {
      EXPECT_EQ(got.error().code, Code::kUnavailable) << got.error().message;
      break;
    }
    ASSERT_NE(*got, 0);
    done += *got;
  }
  EXPECT_TRUE(bytes.substr(0, done) == before.substr(0, done));
}

TEST_P(ObjectContract, ListsInTheOrderOfBytes) {
  const std::vector<std::string> all = {"a-b/x", "a/b", "a/b-c", "a/c/d", "a0", "b/\xc3\xa4", "b/\xe6\x97\xa5", "c"};
  for (const std::string& key : {all[3], all[0], all[7], all[5], all[2], all[6], all[1], all[4]})
    put(store(), key, key);
  EXPECT_EQ(keys(store()), all);
  for (const size_t limit : {1, 2, 3, 7, 8}) EXPECT_EQ(keys(store(), "", limit), all) << limit;
  EXPECT_THAT(keys(store(), "a/"), ElementsAre("a/b", "a/b-c", "a/c/d"));
  EXPECT_THAT(keys(store(), "a/b"), ElementsAre("a/b", "a/b-c"));
  EXPECT_THAT(keys(store(), "a"), ElementsAre("a-b/x", "a/b", "a/b-c", "a/c/d", "a0"));
  EXPECT_THAT(keys(store(), "a/c/d/"), IsEmpty());
  EXPECT_THAT(keys(store(), "nothing"), IsEmpty());
  const auto page = store().list("", "a/b", 2).value();
  ASSERT_EQ(page.objects.size(), 2);
  EXPECT_EQ(page.objects[0].key, "a/b-c");
  EXPECT_EQ(page.objects[0].size, 5);
  EXPECT_EQ(page.objects[0].etag, store().head("a/b-c").value().etag);
  EXPECT_EQ(page.next, "a/c/d");
  EXPECT_EQ(store().list("", "a/aa").value().objects.front().key, "a/b");
  EXPECT_THAT(store().list("a/", "z").value().objects, IsEmpty());
  EXPECT_EQ(store().list("c", "").value().next, "");
}

TEST_P(ObjectContract, TakesOddKeys) {
  std::vector<std::string> odd = {"+plus",
                                  "a b/ c",
                                  "q?x=1&y=2#z",
                                  "%41%2F",
                                  "semi;comma,at@colon:",
                                  "'\"<>`{}|\\^",
                                  "~*()!$",
                                  "\xf0\x9f\x98\x80/\xc3\xa4",
                                  std::string(200, 'x') + "/" + std::string(200, 'y'),
                                  "...",
                                  ".tmp/x",
                                  "a=b"};
  for (const std::string& key : odd) {
    put(store(), key, "content of " + key, {.metadata = {{"a", "1"}}});
    EXPECT_EQ(get(store(), key), "content of " + key);
    EXPECT_EQ(store().head(key).value_or(ObjectInfo()).metadata.size(), 1) << key;
  }
  std::ranges::sort(odd);
  EXPECT_EQ(keys(store()), odd);
  EXPECT_EQ(keys(store(), "", 1), odd);
  for (const std::string& key : odd) EXPECT_EQ(store().erase(key).value_or(0), 1) << key;
  EXPECT_THAT(keys(store()), IsEmpty());
}

TEST_P(ObjectContract, RefusesKeysThatBreakTheRules) {
  std::string bytes;
  for (const char* const key : {"", "/a", "a/", "a//b", "../a", "a\nb", "\xff"}) {
    EXPECT_EQ(store().create(key, {}).error().code, Code::kInvalidArgument);
    EXPECT_EQ(store().open(key, {}).error().code, Code::kInvalidArgument);
    EXPECT_EQ(store().read(key, {}, bytes).error().code, Code::kInvalidArgument);
    EXPECT_EQ(store().head(key).error().code, Code::kInvalidArgument);
    EXPECT_EQ(store().remove(key).error().code, Code::kInvalidArgument);
    EXPECT_EQ(store().erase(key).error().code, Code::kInvalidArgument);
  }
  EXPECT_EQ(store().list("a\n", "").error().code, Code::kInvalidArgument);
  EXPECT_EQ(store().create("a", {.metadata = {{"A", "1"}}}).error().code, Code::kInvalidArgument);
}

TEST_P(ObjectContract, RemovesAndErases) {
  put(store(), "a/b", "1");
  put(store(), "a/bc", "2");
  EXPECT_TRUE(store().remove("a/b"));
  EXPECT_TRUE(store().remove("a/b"));
  EXPECT_EQ(code_of_head(store(), "a/b"), Code::kNotFound);
  EXPECT_EQ(keys(store()), std::vector<std::string>{"a/bc"});
  put(store(), "a/b", "3");
  EXPECT_EQ(get(store(), "a/b"), "3");
  EXPECT_GE(store().erase("a/b").value_or(0), 1);
  EXPECT_EQ(store().erase("a/b").value_or(99), 0);
  EXPECT_EQ(code_of_head(store(), "a/b"), Code::kNotFound);
  EXPECT_EQ(get(store(), "a/bc"), "2");
}

TEST_P(ObjectContract, ErasesWhatIsBeingWritten) {
  auto writer = store().create("k", {}).value();
  ASSERT_TRUE(writer->write(noise(40 * kMiB)));  // more parts than can be on the way at that moment
  EXPECT_EQ(harness_->second()->erase("k").value_or(0), 1);
  EXPECT_FALSE(writer->commit());
  writer.reset();
  EXPECT_EQ(code_of_head(store(), "k"), Code::kNotFound);
  EXPECT_EQ(store().erase("k").value_or(99), 0);
}

TEST_P(ObjectContract, ProbesItself) {
  put(store(), "k", "x");
  const auto steps = store().probe();
  EXPECT_GE(steps.size(), 6);
  for (const ProbeStep& step : steps) {
    EXPECT_TRUE(step.ok) << step.name << ": " << step.message;
    EXPECT_NE(step.message, "") << step.name;
  }
  EXPECT_EQ(keys(store()), std::vector<std::string>{"k"});
  EXPECT_NE(store().describe(), "");
}

}  // namespace gleaner::object

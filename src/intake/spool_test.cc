#include "intake/spool.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/codec.h"

namespace gleaner::intake {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kAll = uint64_t{1} << 40;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string name = testing::TempDir() + "gleaner_spool_XXXXXX";
    root_ = mkdtemp(name.data());
    folder_ = root_ + "/data/spool";
  }
  ~SpoolTest() override { fs::remove_all(root_); }

  Result<std::unique_ptr<Spool>> try_open(uint64_t max_bytes = 1 << 20, uint64_t segment_bytes = 8 << 20) {
    SpoolOptions options{.folder = folder_, .max_bytes = max_bytes, .segment_bytes = segment_bytes};
    options.on_damage = [this](const Error& error) { damage_.push_back(error.message); };
    return Spool::open(std::move(options));
  }
  std::unique_ptr<Spool> open(uint64_t max_bytes = 1 << 20, uint64_t segment_bytes = 8 << 20) {
    auto spool = try_open(max_bytes, segment_bytes);
    EXPECT_TRUE(spool) << spool.error().message;
    return *std::move(spool);
  }

  static store::Write write(const std::string& id, size_t padding = 0) {
    const std::string json = fmt::format(R"({{"id":"{}","output":"x{}"}})", id, std::string(padding, 'y'));
    return {"shop", record::Decoder().interaction(json).value(), 7, true};
  }
  static void append(Spool& spool, const std::vector<std::string>& ids, size_t padding = 0) {
    std::vector<store::Write> writes;
    for (const std::string& id : ids) writes.push_back(write(id, padding));
    ASSERT_TRUE(spool.append(writes, {}));
  }

  static std::string id_of(const SpoolEntry& entry) { return record::Decoder().interaction(entry.text).value().id; }
  // Takes everything out: the ids in their order, separated by spaces.
  static std::string drain(Spool& spool, uint64_t chunk_bytes = kAll) {
    std::string ids;
    while (true) {
      const auto chunk = spool.front(chunk_bytes);
      EXPECT_TRUE(chunk);
      if (!chunk || chunk->entries.empty()) break;
      for (const SpoolEntry& entry : chunk->entries) ids += (ids.empty() ? "" : " ") + id_of(entry);
      spool.advance();
    }
    EXPECT_TRUE(spool.empty());
    EXPECT_EQ(spool.stats().bytes, 0U);
    EXPECT_EQ(spool.stats().records, 0U);
    return ids;
  }

  std::vector<std::string> files(const std::string& ending) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == ending) names.push_back(entry.path().string());
    }
    std::ranges::sort(names);
    return names;
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void replace(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  std::string root_;
  std::string folder_;
  std::vector<std::string> damage_;
};

TEST_F(SpoolTest, WhatGoesInComesOut) {
  const auto spool = open();
  EXPECT_TRUE(spool->empty());
  const auto signal = record::Decoder().signal(R"({"id":"s","interaction_id":"a","kind":"thumbs_up"})").value();
  const std::vector<store::Write> writes = {write("a"), {"other", signal, 9, false}};
  const Time at = from_ms(1763714400123);
  const std::vector<store::Reject> rejects = {{0, "shop", at, "why", std::string("\xff\0x", 3)}};
  ASSERT_TRUE(spool->append(writes, rejects));
  EXPECT_EQ(spool->stats().records, 3U);
  const auto chunk = spool->front(kAll);
  ASSERT_TRUE(chunk);
  ASSERT_EQ(chunk->entries.size(), 3U);
  EXPECT_EQ(chunk->entries[0].type, SpoolEntry::Type::kReject);
  EXPECT_EQ(chunk->entries[0].at, at);
  EXPECT_EQ(chunk->entries[0].reason, "why");
  EXPECT_EQ(chunk->entries[0].text, std::string_view("\xff\0x", 3));
  EXPECT_EQ(chunk->entries[1].type, SpoolEntry::Type::kInteraction);
  EXPECT_EQ(chunk->entries[1].project, "shop");
  EXPECT_EQ(chunk->entries[1].content_hash, 7U);
  EXPECT_TRUE(chunk->entries[1].id_is_fresh);
  EXPECT_EQ(id_of(chunk->entries[1]), "a");
  EXPECT_EQ(chunk->entries[2].type, SpoolEntry::Type::kSignal);
  EXPECT_EQ(chunk->entries[2].project, "other");
  EXPECT_EQ(chunk->entries[2].content_hash, 9U);
  EXPECT_FALSE(chunk->entries[2].id_is_fresh);
  EXPECT_FALSE(spool->empty());
  spool->advance();
  EXPECT_TRUE(spool->empty());
  EXPECT_TRUE(files(".spool").empty());
}

TEST_F(SpoolTest, FilesAreTheirOwnersOnly) {
  const auto spool = open();
  append(*spool, {"a"});
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_EQ(entry.status().permissions() & fs::perms::mask, fs::perms::owner_read | fs::perms::owner_write) << entry;
  }
  EXPECT_EQ(fs::status(folder_).permissions() & fs::perms::mask, fs::perms::owner_all);
}

TEST_F(SpoolTest, OrderIsKeptOverSegmentsAndReopening) {
  auto spool = open(1 << 20, 1000);
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    append(*spool, {fmt::format("a{}", i), fmt::format("b{}", i)});
    expected += fmt::format("{}a{} b{}", i == 0 ? "" : " ", i, i);
    if (i == 50) {
      spool.reset();
      spool = open(1 << 20, 1000);
      EXPECT_EQ(spool->stats().records, 102U);
    }
  }
  EXPECT_GT(files(".spool").size(), 10U);
  EXPECT_EQ(drain(*spool, 300), expected);
  EXPECT_TRUE(files(".spool").empty());
  append(*spool, {"again"});
  EXPECT_EQ(drain(*spool), "again");
}

TEST_F(SpoolTest, ChunksMayBeSmallerThanAGroup) {
  auto spool = open();
  append(*spool, {"a", "b", "c", "d", "e"});
  const auto first = spool->front(1);
  ASSERT_EQ(first->entries.size(), 1U);
  EXPECT_EQ(id_of(first->entries[0]), "a");
  EXPECT_EQ(id_of(spool->front(1)->entries[0]), "a");
  spool->advance();
  EXPECT_EQ(id_of(spool->front(1)->entries[0]), "b");
  spool->advance();
  EXPECT_EQ(spool->stats().records, 3U);
  // The position is kept, in the middle of a group too.
  spool.reset();
  spool = open();
  append(*spool, {"f"});
  EXPECT_EQ(drain(*spool, 1), "c d e f");
}

TEST_F(SpoolTest, WithoutItsPositionEverythingIsOfferedAgain) {
  auto spool = open();
  append(*spool, {"a", "b"});
  ASSERT_EQ(spool->front(1)->entries.size(), 1U);
  spool->advance();
  spool.reset();
  const std::string position = read(folder_ + "/position");
  ASSERT_EQ(position.size(), kPositionBytes);
  for (size_t i = 0; i < position.size(); ++i) {
    std::string changed = position;
    changed[i] ^= 1;
    replace(folder_ + "/position", changed);
    const auto again = open();
    EXPECT_EQ(id_of(again->front(1)->entries[0]), "a");
  }
  fs::remove(folder_ + "/position");
  EXPECT_EQ(drain(*open()), "a b");
}

TEST_F(SpoolTest, APositionIsOfItsSegmentOnly) {
  auto spool = open();
  append(*spool, {"a", "b"});
  ASSERT_EQ(spool->front(1)->entries.size(), 1U);
  spool->advance();
  spool.reset();
  const std::string position = read(folder_ + "/position");
  fs::remove_all(folder_);
  spool = open();
  append(*spool, {"c", "d"});
  spool.reset();
  replace(folder_ + "/position", position);
  EXPECT_EQ(drain(*open()), "c d");
}

TEST_F(SpoolTest, ATornTailIsCutOffWhereverItTears) {
  auto spool = open();
  append(*spool, {"a", "b"});
  const std::string segment = files(".spool").front();
  const size_t whole = fs::file_size(segment);
  append(*spool, {"c", "d", "e"});
  spool.reset();
  const std::string bytes = read(segment);
  const auto expect_cut = [&](const std::string& torn) {
    fs::remove(folder_ + "/position");
    replace(segment, torn);
    auto again = open();
    EXPECT_EQ(again->stats().records, 2U) << torn.size();
    EXPECT_EQ(fs::file_size(segment), whole);
    append(*again, {"f"});
    EXPECT_EQ(drain(*again), "a b f") << torn.size();
  };
  for (size_t size = whole; size < bytes.size(); ++size) expect_cut(bytes.substr(0, size));
  // The file had grown before its content was there.
  for (const size_t zeros : {1, 24, 5000}) expect_cut(bytes.substr(0, whole) + std::string(zeros, '\0'));
  EXPECT_TRUE(damage_.empty());
}

TEST_F(SpoolTest, ASegmentTornAtItsBeginningIsRemoved) {
  auto spool = open();
  append(*spool, {"a"});
  spool.reset();
  const std::string segment = files(".spool").front();
  const std::string bytes = read(segment);
  for (size_t size = 0; size <= kSegmentHeaderBytes + 1; ++size) {
    replace(segment, bytes.substr(0, size));
    EXPECT_TRUE(open()->empty()) << size;
    EXPECT_TRUE(files(".spool").empty());
  }
  EXPECT_TRUE(damage_.empty());
}

// Whatever byte is wrong, the damage is told, the file is kept, and every record comes out but those it hit.
TEST_F(SpoolTest, DamageIsToldAndTheRestDrains) {
  auto spool = open();
  append(*spool, {"a", "b"});
  append(*spool, {"c"});
  append(*spool, {"d", "e"});
  spool.reset();
  const std::string segment = files(".spool").front();
  const std::string bytes = read(segment);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    damage_.clear();
    fs::remove(folder_ + "/position");
    for (const std::string& kept : files(".damaged")) fs::remove(kept);
    std::string changed = bytes;
    changed[i] ^= 1;
    replace(segment, changed);
    const auto again = open();
    const std::string ids = drain(*again, 1);
    EXPECT_GE(again->stats().damaged, damage_.size()) << i;
    ASSERT_FALSE(damage_.empty()) << i;
    EXPECT_TRUE(damage_[0].find(".damaged") != std::string::npos);
    const auto kept = files(".damaged");
    ASSERT_EQ(kept.size(), 1U) << i;
    EXPECT_EQ(read(kept[0]), changed);
    if (i < kSegmentHeaderBytes) {
      EXPECT_EQ(ids, "");
    } else {
      EXPECT_TRUE(ids == "a" || ids == "b c d e" || ids == "a c d e" || ids == "c d e" || ids == "a b d e" ||
                  ids == "a b c" || ids == "a b c e" || ids == "a b c d")
          << i << ": " << ids;
      EXPECT_NE(ids, "a");
    }
  }
}

TEST_F(SpoolTest, AnUnfinishedGroupInAnOlderSegmentIsDamage) {
  auto spool = open(1 << 20, 10);
  append(*spool, {"a"});
  append(*spool, {"b"});
  spool.reset();
  const std::string segment = files(".spool").front();
  replace(segment, read(segment) + "half");
  EXPECT_EQ(drain(*open()), "a b");
  EXPECT_EQ(damage_.size(), 1U);
  EXPECT_EQ(files(".damaged").size(), 1U);
}

TEST_F(SpoolTest, ASegmentThatIsGoneWhileOpenIsTold) {
  const auto spool = open(1 << 20, 10);
  append(*spool, {"a"});
  append(*spool, {"b"});
  fs::remove(files(".spool").front());
  EXPECT_EQ(drain(*spool), "b");
  EXPECT_EQ(damage_.size(), 1U);
}

TEST_F(SpoolTest, ANewerVersionIsNotTouched) {
  auto spool = open();
  append(*spool, {"a"});
  spool.reset();
  const std::string segment = files(".spool").front();
  const SegmentHeader header = SegmentHeader::decode(read(segment)).value();
  const std::string newer = SegmentHeader{.version = kSpoolVersion + 1, .number = 1, .seed = header.seed}.encode();
  replace(segment, newer + read(segment).substr(newer.size()));
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(refused.error().message.ends_with(
      "0000000000000001.spool: version 2 was written by a later release, this one reads 1 to 1"))
      << refused.error().message;
  EXPECT_TRUE(fs::exists(segment));
}

// The example of docs/spool-format.md. This must be read for ever.
TEST_F(SpoolTest, ReadsVersion1) {
  fs::create_directories(folder_);
  fs::copy(std::string(GLEANER_SOURCE_DIR) + "/tests/golden/spool/1.spool", folder_ + "/0000000000000001.spool");
  const auto spool = open();
  const auto chunk = spool->front(kAll);
  ASSERT_TRUE(chunk);
  ASSERT_EQ(chunk->entries.size(), 2U);
  EXPECT_EQ(chunk->entries[0].reason, "output: expected a string or an object, got a number");
  EXPECT_EQ(chunk->entries[0].at, parse_time("2026-11-21T08:40:00Z").value());
  EXPECT_EQ(chunk->entries[0].text, R"({"output":5})");
  EXPECT_EQ(chunk->entries[1].project, "default");
  EXPECT_EQ(chunk->entries[1].content_hash, 0x1122334455667788U);
  EXPECT_EQ(id_of(chunk->entries[1]), "a1");
  spool->advance();
  EXPECT_TRUE(damage_.empty());
}

TEST_F(SpoolTest, IsBounded) {
  const auto spool = open(10'000);
  int taken = 0;
  Result<uint64_t> appended = 0;
  for (; appended && taken < 1000; ++taken) appended = spool->append(std::vector{write("a", 500)}, {});
  ASSERT_FALSE(appended);
  --taken;
  EXPECT_EQ(appended.error().code, Code::kUnavailable);
  EXPECT_TRUE(appended.error().message.find("is full (0 MB, spool_max_mb)") != std::string::npos)
      << appended.error().message;
  EXPECT_FALSE(spool->check_room());
  uint64_t on_disk = 0;
  for (const std::string& file : files(".spool")) on_disk += fs::file_size(file);
  EXPECT_LE(on_disk, 10'000U);
  EXPECT_GT(on_disk, 8'000U);
  EXPECT_EQ(on_disk, spool->stats().bytes);
  EXPECT_EQ(spool->stats().records, static_cast<uint64_t>(taken));
  // Room comes back with every segment that is drained.
  for (int i = 0; i < taken / 2; ++i) {
    ASSERT_EQ(spool->front(1)->entries.size(), 1U);
    spool->advance();
  }
  EXPECT_TRUE(spool->append(std::vector{write("a", 500)}, {}));
  drain(*spool);
}

// A limit on the size of files stands for a full disk.
TEST_F(SpoolTest, AFullDiskLeavesNothingBehind) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto spool = open();
  append(*spool, {"a"});
  const std::string segment = files(".spool").front();
  const size_t size = fs::file_size(segment);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{size + 100, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  const auto appended = spool->append(std::vector{write("b", 500)}, {});
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, Code::kUnavailable);
  EXPECT_TRUE(appended.error().message.find("File too large") != std::string::npos) << appended.error().message;
  EXPECT_TRUE(appended.error().message.find("make room") != std::string::npos) << appended.error().message;
  EXPECT_EQ(fs::file_size(segment), size);
  append(*spool, {"c"});
  spool.reset();
  EXPECT_EQ(drain(*open()), "a c");
  EXPECT_TRUE(damage_.empty());

  // The same for the first group of a segment.
  spool = open();
  setrlimit(RLIMIT_FSIZE, &full);
  EXPECT_FALSE(spool->append(std::vector{write("b", 500)}, {}));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(spool->empty());
  EXPECT_TRUE(files(".spool").empty());
}

TEST_F(SpoolTest, OneProcessPerFolder) {
  const auto spool = open();
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_EQ(second.error().message, "another server uses " + folder_ + "; give each its own data_dir");
}

// The kernel releases the lock of a process that dies, and what it was told is durable is there.
TEST_F(SpoolTest, AKilledProcessLeavesWhatItAcknowledged) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto spool = try_open();
    for (int i = 0; i < 20; ++i) (void)(*spool)->append(std::vector{write("a")}, {});
    (void)!::write(ready[1], "x", 1);
    pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(try_open());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const auto spool = open();
  EXPECT_EQ(spool->stats().records, 20U);
  drain(*spool);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace gleaner::intake

// How fast records become archived parts and come back: writing beside the compressor alone (zstd for Parquet) on the
// same blocks and threads, reading on one thread with every record decoded, and where reading spends its time.
// Everything is in memory.
//
// Usage: bench_archive [FILE [THREADS]]: a JSONL file, also compressed, in a shape that `gleaner import` knows; "-" or
// nothing for generated chats. Every figure is MB of JSON lines for a second, the median of five runs; what is compared
// is run in turns.
//
// bench_archive --look-up [OBJECTS] archives records of so many platforms and days (10,000) into a folder and looks
// single ones up, by ids that clients chose and by minted ones.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "archive/archiver.h"
#include "archive/part_reader.h"
#include "archive/part_writer.h"
#include "archive/tiered_store.h"
#include "base/hash.h"
#include "base/line_reader.h"
#include "base/uuid.h"
#include "gateway/import/importer.h"
#include "object/directory/directory_store.h"
#include "payload.h"
#include "store/sqlite/sqlite_store.h"

namespace {

using namespace gleaner;
using namespace gleaner::archive;

constexpr int kRuns = 5;
constexpr size_t kGenerated = 24'000;
constexpr size_t kLineBytes = size_t{64} << 20;
constexpr int64_t kStart = 1795219200000;  // 2026-11-21

template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "bench_archive: {}\n", result.error().message);
  std::exit(1);
}

void must(const Status& status) {
  if (status) return;
  fmt::print(stderr, "bench_archive: {}\n", status.error().message);
  std::exit(1);
}

double seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// A record as a store has it: with an id and a time, every fifth with a vote.
store::Stored stored(record::Interaction interaction, size_t number, UuidV7Source& ids) {
  store::Stored out;
  const Time at = from_ms(kStart + static_cast<int64_t>(number) * 3);
  if (interaction.id.empty()) interaction.id = ids.mint(at);
  interaction.created_at = at;
  out.content_hash = keyed_hash64(1, interaction.id);
  if (number % 5 == 0) {
    record::Signal& vote = out.signals.emplace_back();
    vote.id = ids.mint(at);
    vote.interaction_id = interaction.id;
    vote.kind = record::SignalKind::kThumbsUp;
    vote.user_id = interaction.user_id;
    vote.created_at = at;
    out.signal_hashes.push_back(keyed_hash64(1, vote.id));
  }
  out.interaction = std::move(interaction);
  return out;
}

std::vector<store::Stored> generated() {
  std::vector<store::Stored> records;
  UuidV7Source ids;
  record::Decoder decoder;
  for (const std::string& json : bench::render_records({.count = kGenerated}))
    records.push_back(stored(must(decoder.interaction(json)), records.size(), ids));
  return records;
}

std::vector<store::Stored> imported(const std::string& path) {
  std::vector<store::Stored> records;
  UuidV7Source ids;
  record::Decoder decoder;
  const auto reader = must(LineReader::open(path, kLineBytes));
  for (LineReader::Line line; must(reader->next(line));) {
    const auto element = json::parse(line.text);
    const gateway::Shape* const shape = element ? gateway::recognise(*element) : nullptr;
    if (shape == nullptr) continue;
    auto converted = shape->convert(*element, decoder);
    if (!converted) continue;
    for (gateway::Record& one : *converted) {
      if (auto* const interaction = std::get_if<record::Interaction>(&one))
        records.push_back(stored(std::move(*interaction), records.size(), ids));
    }
  }
  return records;
}

struct Part {
  std::string object;
  PartSummary summary;
};

PartSummary write(const std::vector<store::Stored>& records, const PartOptions& options, PartWriter::Sink sink) {
  const auto writer = must(PartWriter::create(options, std::move(sink)));
  for (const store::Stored& record : records) must(writer->add(record));
  return must(writer->finish());
}

Part write(const std::vector<store::Stored>& records, const PartOptions& options) {
  Part part;
  part.summary = write(records, options, [&](std::string_view bytes) {
    part.object += bytes;
    return Status{};
  });
  return part;
}

// The compressor alone on the same blocks, on as many threads as the writer has for it.
void compress_alone(std::string_view lines, std::span<const size_t> ends, const PartOptions& options) {
  std::atomic<size_t> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([&] {
      const Codec codec = options.codec == Codec::kParquet ? Codec::kZstd : options.codec;
      BlockCompressor compressor(codec, default_level(codec));
      std::string out;
      for (size_t block = next++; block < ends.size(); block = next++) {
        const size_t start = block == 0 ? 0 : ends[block - 1];
        must(compressor.compress(lines.substr(start, ends[block] - start), out));
      }
    });
  }
}

class Reading {
 public:
  Reading(const Part& part, Codec codec)
      : reader_(must(PartReader::open(part.summary.index, codec, part.object.size(),
                                      [&part](uint64_t offset, uint64_t length, std::string& out) {
                                        out.assign(part.object, offset, length);
                                        return Status{};
                                      }))) {}

  // Hands every line of every block to `body`.
  void walk(int threads, const std::function<void(std::span<char>)>& body) const {
    const auto cursor = reader_->walk(0, store::Order::kOldestFirst, threads);
    PartBlock block;
    std::span<char> line;
    while (must(cursor->next(block))) {
      while (block.next(line)) body(line);
    }
  }
  void decode(int threads) const {
    LineDecoder decoder;
    store::Stored out;
    walk(threads, [&](std::span<char> line) { must(decoder.decode(line, out)); });
  }
  void decompress_only() const {
    const auto cursor = reader_->walk(0, store::Order::kOldestFirst, 0);
    for (PartBlock block; must(cursor->next(block));) {
    }
  }

 private:
  std::unique_ptr<PartReader> reader_;
};

class Bench {
 public:
  Bench(std::vector<store::Stored> records, int threads) : records_(std::move(records)), threads_(threads) {}

  void run() {
    for (const Codec codec : {Codec::kGzip, Codec::kZstd, Codec::kParquet}) {
      const PartOptions options{.codec = codec, .threads = threads_};
      const Part part = write(records_, options);
      raw_ = static_cast<double>(part.summary.totals.raw_bytes) / 1e6;
      if (codec == Codec::kGzip) print_corpus(part);
      fmt::print("\n{} {}: {:.2f}x smaller\n", codec_name(codec), default_level(codec),
                 raw_ * 1e6 / static_cast<double>(part.object.size()));
      writing(options, part);
      reading(part, codec);
    }
  }

 private:
  void print_corpus(const Part& part) const {
    const size_t index = part.summary.index.encode().size();
    const auto records = static_cast<double>(records_.size());
    fmt::print("{} records, {:.1f} MB of lines, {} blocks, {} threads; the index has {:.2f} bytes a record\n",
               records_.size(), raw_, part.summary.index.blocks().size(), threads_,
               static_cast<double>(index) / records);
    std::string line;
    const double encode = seconds([&] {
      for (const store::Stored& record : records_) {
        line.clear();
        encode_line(record, line);
      }
    });
    fmt::print("  encoding alone          {:7.0f} MB/s\n", raw_ / encode);
  }

  void writing(const PartOptions& options, const Part& part) const {
    std::string lines;
    std::vector<size_t> ends;
    for (const store::Stored& record : records_) {
      encode_line(record, lines);
      lines += '\n';
    }
    for (const BlockInfo& block : part.summary.index.blocks())
      ends.push_back((ends.empty() ? 0 : ends.back()) + block.raw_bytes);
    std::vector<double> ours;
    std::vector<double> alone;
    for (int i = 0; i < kRuns; ++i) {
      ours.push_back(seconds([&] { write(records_, options, [](std::string_view) { return Status{}; }); }));
      alone.push_back(seconds([&] { compress_alone(lines, ends, options); }));
    }
    fmt::print("  writing a part          {:7.0f} MB/s\n", raw_ / median(ours));
    fmt::print("  the compressor alone    {:7.0f} MB/s, ratio {:.2f}\n", raw_ / median(alone),
               median(alone) / median(ours));
  }

  void reading(const Part& part, Codec codec) const {
    const Reading reading(part, codec);
    const std::vector<std::pair<std::string_view, std::function<void()>>> rows = {
        {"decoding, 1 thread", [&] { reading.decode(0); }},
        {"decoding, read ahead", [&] { reading.decode(threads_); }},
        {"  decompressing", [&] { reading.decompress_only(); }},
        {"  and splitting",
         [&] { reading.walk(0, [](std::span<char> l) { must(split_line({l.data(), l.size()})); }); }},
        {"  and the head", [&] { reading.walk(0, [](std::span<char> l) { must(peek_line({l.data(), l.size()})); }); }},
    };
    std::vector<std::vector<double>> times(rows.size());
    for (int i = 0; i < kRuns; ++i) {
      for (size_t row = 0; row < rows.size(); ++row) times[row].push_back(seconds(rows[row].second));
    }
    for (size_t row = 0; row < rows.size(); ++row)
      fmt::print("  {:<23} {:7.0f} MB/s\n", rows[row].first, raw_ / median(times[row]));
  }

  std::vector<store::Stored> records_;
  int threads_;
  double raw_ = 0;
};

// A store and an archive in a folder, with one record in each object.
class LookUp {
 public:
  explicit LookUp(int objects) : count_(objects) {
    std::string name = std::filesystem::temp_directory_path() / "bench_archive_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directory(folder_ + "/scratch");
  }
  ~LookUp() { std::filesystem::remove_all(folder_); }
  LookUp(const LookUp&) = delete;
  LookUp& operator=(const LookUp&) = delete;

  void run() {
    fill();
    fmt::print("look-up among {} objects\n", count_);
    report("by a chosen id", 0);
    report("by a minted id", 1);
  }

 private:
  static constexpr int kPlatforms = 500;
  static constexpr int kLookUps = 1000;

  void fill() {
    const auto hot = must(store::SqliteStore::open({.directory = folder_ + "/store"}));
    const auto objects = must(object::DirectoryStore::open(folder_ + "/objects", clock_));
    UuidV7Source minted;
    record::Decoder decoder;
    std::vector<store::Write> writes;
    for (const std::string& json : bench::render_records({.count = static_cast<size_t>(count_)})) {
      const int number = static_cast<int>(ids_.size());
      const Time at = from_ms(kStart) - std::chrono::days(40 + number / kPlatforms);
      store::Write write{"default", must(decoder.interaction(json)), keyed_hash64(1, json), false};
      auto& interaction = std::get<record::Interaction>(write.record);
      interaction.id = number % 2 == 0 ? fmt::format("chosen-{}", number) : minted.mint(at);
      interaction.platform = fmt::format("platform-{}", number % kPlatforms);
      interaction.created_at = at;
      ids_.push_back(interaction.id);
      writes.push_back(std::move(write));
    }
    must(hot->append(std::move(writes)));
    ArchiverOptions options;
    options.upload.scratch = folder_ + "/scratch";
    Archiver archiver({*hot, hot->archive(), *objects}, clock_, std::move(options));
    const ArchiveReport done = must(archiver.run(must(archiver.plan(day_of(from_ms(kStart)), ""))));
    if (std::cmp_not_equal(done.parts.size(), count_)) {
      fmt::print(stderr, "bench_archive: {} objects instead of {}\n", done.parts.size(), count_);
      std::exit(1);
    }
  }

  // Of ids that stand `odd` behind an even place; the first look-up of a process by itself.
  void report(const char* title, size_t odd) const {
    const auto hot = must(store::SqliteStore::open({.directory = folder_ + "/store"}));
    const auto objects = must(object::DirectoryStore::open(folder_ + "/objects", clock_));
    TieredStore store({*hot, hot->archive(), *objects}, clock_,
                      {.clock = &clock_, .journal = folder_ + "/erasures", .upload = {}});
    std::vector<double> times;
    for (uint64_t i = 0; i < kLookUps; ++i) {
      const std::string& id = ids_[mix64(i) % (ids_.size() / 2) * 2 + odd];
      times.push_back(1000 * seconds([&] { must(store.find("default", id)); }));
    }
    const double first = times.front();
    std::ranges::sort(times);
    fmt::print("  {:<23} median {:.2f} ms, p99 {:.2f} ms, first {:.1f} ms\n", title, times[times.size() / 2],
               times[times.size() * 99 / 100], first);
  }

  const int count_;
  const SystemClock clock_;
  std::string folder_;
  std::vector<std::string> ids_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--look-up") {
    const int objects = argc > 2 ? std::atoi(argv[2]) : 10'000;
    if (objects < 2) {
      fmt::print(stderr, "usage: bench_archive --look-up [OBJECTS]\n");
      return 1;
    }
    LookUp(objects).run();
    return 0;
  }
  const std::string path = argc > 1 ? argv[1] : "-";
  const int threads = argc > 2 ? std::atoi(argv[2]) : 2;
  std::vector<store::Stored> records = path == "-" ? generated() : imported(path);
  if (records.empty() || threads < 1) {
    fmt::print(stderr, "usage: bench_archive [FILE [THREADS]]; a file must hold records of a known shape\n");
    return 1;
  }
  Bench(std::move(records), threads).run();
}

// How fast records become archived parts and come back: writing beside the compressor alone on the same blocks and
// threads, reading on one thread with every record decoded, and where reading spends its time. Everything is in memory.
//
// Usage: bench_archive [FILE [THREADS]]: a JSONL file, also compressed, in a shape that `gleaner import` knows; "-" or
// nothing for generated chats. Every figure is MB of JSON lines for a second, the median of five runs; what is compared
// is run in turns.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "archive/part_reader.h"
#include "archive/part_writer.h"
#include "base/hash.h"
#include "base/line_reader.h"
#include "base/uuid.h"
#include "gateway/import/importer.h"
#include "payload.h"

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
      BlockCompressor compressor(options.codec, default_level(options.codec));
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
    for (const Codec codec : {Codec::kGzip, Codec::kZstd}) {
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

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : "-";
  const int threads = argc > 2 ? std::atoi(argv[2]) : 2;
  std::vector<store::Stored> records = path == "-" ? generated() : imported(path);
  if (records.empty() || threads < 1) {
    fmt::print(stderr, "usage: bench_archive [FILE [THREADS]]; a file must hold records of a known shape\n");
    return 1;
  }
  Bench(std::move(records), threads).run();
}

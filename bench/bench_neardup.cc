// How fast near duplicates are found, from texts in memory to clusters, and what it takes of memory; how fast texts are
// held against held-out ones. One thread, unless --threads says otherwise.
//
// Usage: bench_neardup [--threshold T] [--permutations P] [--shingle N] [--seed S] [--threads T] [--estimate]
//                      [--runs R] [--clusters] [--memory N] FILE...
// A file has JSON lines or a JSON array, also compressed. A text is the member "text"; or else "instruction", "input"
// and "response", one below the other. Figures are MB (10^6 bytes) of text for a second of CPU, the
// median of R runs (5).
//
// --estimate leaves candidates to their signatures; else they are verified by their texts. --clusters prints one line
// of JSON instead: the clusters as numbers of texts, counted from 0 over all files, and the seconds of CPU of one run.
// --memory N adds the bytes for each of N short texts, beside their signatures.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "dataset/contamination.h"
#include "dataset/minhash.h"
#include "dataset/near_duplicates.h"
#include "dataset/words.h"

namespace {

using namespace gleaner;
using namespace gleaner::dataset;

constexpr size_t kLineBytes = size_t{64} << 20;
// What is computed must be used, or it is not computed.
volatile uint64_t sink = 0;

struct Settings {
  NearDuplicateOptions near;
  bool by_estimate = false;
  bool clusters = false;
  size_t runs = 5;
  size_t memory_texts = 0;
  std::vector<std::string> files;
};

[[noreturn]] void stop(std::string_view message) {
  fmt::print(stderr, "bench_neardup: {}\n", message);
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error().message);
  return *std::move(result);
}

// Of the processor: what else the machine does changes them less than those of the clock.
double seconds(const std::function<void()>& body) {
  const std::clock_t start = std::clock();
  body();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median_seconds(size_t runs, const std::function<void()>& body) {
  std::vector<double> all(runs);
  for (double& one : all) one = seconds(body);
  std::ranges::sort(all);
  return all[runs / 2];
}

Settings read_settings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&] {
      if (i + 1 == argc) stop(fmt::format("{} needs a value", name));
      return argv[++i];
    };
    const auto number = [&] { return std::strtoull(value(), nullptr, 10); };
    if (name == "--threshold") {
      settings.near.threshold = std::strtod(value(), nullptr);
    } else if (name == "--permutations") {
      settings.near.permutations = number();
    } else if (name == "--shingle") {
      settings.near.shingle_words = number();
    } else if (name == "--seed") {
      settings.near.seed = number();
    } else if (name == "--threads") {
      settings.near.threads = number();
    } else if (name == "--runs") {
      settings.runs = std::max<size_t>(number(), 1);
    } else if (name == "--memory") {
      settings.memory_texts = number();
    } else if (name == "--estimate") {
      settings.by_estimate = true;
    } else if (name == "--clusters") {
      settings.clusters = true;
    } else if (name.starts_with("--")) {
      stop(fmt::format("unknown option {}", name));
    } else {
      settings.files.emplace_back(name);
    }
  }
  if (settings.files.empty() && settings.memory_texts == 0) stop("name a file");
  return settings;
}

void add_text(const json::Value& row, std::vector<std::string>& texts) {
  if (const auto text = row.find_string("text")) {
    texts.emplace_back(*text);
    return;
  }
  std::string text;
  for (const std::string_view name : {"instruction", "input", "response"}) {
    const auto part = row.find_string(name);
    if (!part) stop("a row without a text");
    if (!text.empty()) text += '\n';
    text += *part;
  }
  texts.push_back(std::move(text));
}

void read_file(const std::string& path, std::vector<std::string>& texts) {
  const auto reader = must(LineReader::open(path, kLineBytes));
  std::string array;
  for (LineReader::Line line; must(reader->next(line));) {
    if (array.empty() && !line.text.starts_with('[')) {
      add_text(must(json::parse(line.text)), texts);
    } else {
      array += line.text;
      array += '\n';
    }
  }
  if (array.empty()) return;
  const json::Value rows = must(json::parse(array));
  for (const json::Value& row : rows.items()) add_text(row, texts);
}

struct Run {
  double adding = 0;
  double finding = 0;
  DuplicateClusters found;
};

Run find_duplicates(const Settings& settings, const std::vector<std::string>& texts) {
  Run run;
  const auto near = must(NearDuplicates::create(settings.near));
  NearDuplicates::TextOf text_of = [&texts](size_t index, std::string& text) {
    text = texts[index];
    return Status{};
  };
  if (settings.by_estimate) text_of = nullptr;
  run.adding = seconds([&] {
    for (const std::string& text : texts) near->add(text);
  });
  run.finding = seconds([&] { run.found = must(near->find(text_of)); });
  return run;
}

void print_clusters(const Run& run, size_t texts) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("texts", texts).field("add_seconds", run.adding).field("find_seconds", run.finding);
  writer.field("compared", run.found.compared).field("verified", run.found.verified).key("clusters").begin_array();
  for (const std::vector<uint32_t>& cluster : run.found.clusters) {
    writer.begin_array();
    for (const uint32_t text : cluster) writer.integer(text);
    writer.end_array();
  }
  writer.end_array().end_object();
  fmt::print("{}\n", out);
}

void print_stages(const Settings& settings, const std::vector<std::string>& texts, double megabytes) {
  const auto print = [&](std::string_view name, double took) {
    fmt::print("{:<34}{:>9.1f} MB/s {:>9.2f} us a text\n", name, megabytes / took,
               took * 1e6 / static_cast<double>(texts.size()));
  };
  WordReader words(settings.near.seed);
  print("words", median_seconds(settings.runs, [&] {
          for (const std::string& text : texts) {
            words.read(text);
            sink = sink + words.hashes().size();
          }
        }));
  const auto shingles = [&](const std::string& text, std::vector<uint32_t>& hashes) {
    words.read(text);
    NGrams grams(words.hashes(), settings.near.shingle_words);
    hashes.resize(grams.count());
    for (uint32_t& hash : hashes) hash = static_cast<uint32_t>(grams.next() >> 32);
  };
  std::vector<uint32_t> hashes;
  print("words, shingles", median_seconds(settings.runs, [&] {
          for (const std::string& text : texts) {
            shingles(text, hashes);
            sink = sink + hashes.size();
          }
        }));
  const MinHash minhash(settings.near.permutations, settings.near.seed);
  std::vector<uint32_t> signature(settings.near.permutations);
  print("words, shingles, signatures", median_seconds(settings.runs, [&] {
          for (const std::string& text : texts) {
            shingles(text, hashes);
            std::ranges::fill(signature, MinHash::kEmpty);
            minhash.add(hashes, signature);
            sink = sink + signature[0];
          }
        }));
  std::vector<Run> runs;
  for (size_t i = 0; i < settings.runs; ++i) runs.push_back(find_duplicates(settings, texts));
  const auto whole = [](const Run& run) { return run.adding + run.finding; };
  std::ranges::sort(runs, {}, whole);
  const Run& middle = runs[runs.size() / 2];
  print("add()", middle.adding);
  print("find()", middle.finding);
  print("end to end", whole(middle));
  size_t clustered = 0;
  for (const auto& cluster : middle.found.clusters) clustered += cluster.size();
  fmt::print("{} texts in {} clusters, {} equal to another; {} signatures compared, {} pairs verified by their texts\n",
             clustered, middle.found.clusters.size(), middle.found.equal, middle.found.compared, middle.found.verified);
}

void print_contamination(const Settings& settings, const std::vector<std::string>& texts, double megabytes) {
  auto builder = must(HeldOut::Builder::create({}));
  for (size_t i = 0; i < texts.size(); i += 10) builder.add(texts[i]);
  const HeldOut held_out = builder.build();
  WordReader reader = HeldOut::make_reader();
  size_t touched = 0;
  const double took = median_seconds(settings.runs, [&] {
    touched = 0;
    for (const std::string& text : texts) touched += held_out.overlap(text, reader).hits > 0 ? 1 : 0;
  });
  fmt::print("{:<34}{:>9.1f} MB/s; every tenth text held out ({} runs), {} texts overlap\n", "contamination",
             megabytes / took, held_out.runs(), touched);
}

// A line of /proc/self/status, in bytes.
size_t status_bytes(std::string_view name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10) * 1024;
  }
  stop(fmt::format("/proc/self/status has no {}", name));
}

void print_memory(const Settings& settings) {
  std::ofstream("/proc/self/clear_refs") << '5';  // the peak starts anew
  const size_t before = status_bytes("VmRSS");
  const auto near = must(NearDuplicates::create(settings.near));
  for (size_t i = 0; i < settings.memory_texts; ++i) {
    const uint64_t id = mix64(i / 2);  // every other is like the one before, but not equal to it
    near->add(fmt::format("{} {} {} {} {} {}{}", id % 1000, id % 1001, id % 1003, id % 1007, id % 1009, id % 1013,
                          i % 2 == 0 ? "." : "!"));
  }
  const DuplicateClusters found = must(near->find());
  const size_t whole = status_bytes("VmHWM") - before;
  const size_t signatures = settings.memory_texts * settings.near.permutations * sizeof(uint32_t);
  fmt::print(
      "{} texts, {} clusters: {:.0f} bytes a text beside {} of its signature, at the peak, with the answer\n",
      settings.memory_texts, found.clusters.size(),
      (static_cast<double>(whole) - static_cast<double>(signatures)) / static_cast<double>(settings.memory_texts),
      settings.near.permutations * sizeof(uint32_t));
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = read_settings(argc, argv);
  if (settings.memory_texts > 0) print_memory(settings);
  if (settings.files.empty()) return 0;
  std::vector<std::string> texts;
  for (const std::string& file : settings.files) read_file(file, texts);
  if (settings.clusters) {
    print_clusters(find_duplicates(settings, texts), texts.size());
    return 0;
  }
  double megabytes = 0;
  for (const std::string& text : texts) megabytes += static_cast<double>(text.size()) / 1e6;
  fmt::print("{} texts, {:.2f} MB\n", texts.size(), megabytes);
  print_stages(settings, texts, megabytes);
  print_contamination(settings, texts, megabytes);
  return 0;
}

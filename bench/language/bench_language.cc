// How often, and how fast, the language of a short text is told, beside CLD2 (Debian's libcld2, if it was found when
// this was built). One thread; both see the same texts in the same run, loaded before the clock starts.
//
// Usage: bench_language FOLDER: a folder with *.jsonl or *.jsonl.gz anywhere below; a line is {"lang": ISO 639-1, and
// "text" or "prompt"}. Without a label, or with one that we do not support, a line is left out for both.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "enrich/language.h"

#ifdef GLEANER_CLD2
#include <cstdio>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>
#endif

namespace {

using namespace gleaner;

constexpr size_t kLineBytes = size_t{1} << 20;
constexpr std::string_view kSix = "en tr ar fr de ru";

struct Text {
  std::string language;
  std::string text;
};

struct Detector {
  std::string name;
  std::function<std::string_view(std::string_view)> detect;
};

struct Tally {
  size_t right = 0;
  size_t all = 0;
  double percent() const { return all == 0 ? 0 : 100.0 * static_cast<double>(right) / static_cast<double>(all); }
};

struct Outcome {
  std::map<std::string, Tally> languages;
  double texts_per_second = 0;
};

bool supported(std::string_view code) {
  return std::ranges::binary_search(enrich::detectable_languages(), code);
}

std::optional<Text> read_line(std::string_view line) {
  const auto row = json::parse(line);
  if (!row) return std::nullopt;
  const auto language = row->find_string("lang");
  auto text = row->find_string("text");
  if (!text) text = row->find_string("prompt");
  if (!language || !text || !supported(*language)) return std::nullopt;
  return Text{std::string(*language), std::string(*text)};
}

std::vector<Text> read_texts(const std::string& path) {
  std::vector<Text> texts;
  auto reader = LineReader::open(path, kLineBytes);
  if (!reader) return texts;
  LineReader::Line line;
  while (true) {
    const auto more = (*reader)->next(line);
    if (!more || !*more) return texts;
    if (auto text = read_line(line.text)) texts.push_back(std::move(*text));
  }
}

Outcome run(const Detector& detector, const std::vector<Text>& texts) {
  std::vector<std::string_view> answers;
  answers.reserve(texts.size());
  const auto start = std::chrono::steady_clock::now();
  for (const Text& text : texts) answers.push_back(detector.detect(text.text));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Outcome out;
  out.texts_per_second = static_cast<double>(texts.size()) / took.count();
  for (size_t i = 0; i < texts.size(); ++i) {
    Tally& tally = out.languages[texts[i].language];
    ++tally.all;
    tally.right += answers[i] == texts[i].language ? 1 : 0;
  }
  return out;
}

#ifdef GLEANER_CLD2
std::string_view detect_cld2(std::string_view text) {
  bool reliable = false;
  const CLD2::Language language =
      CLD2::DetectLanguage(text.data(), static_cast<int>(text.size()), /*is_plain_text=*/true, &reliable);
  const std::string_view code = CLD2::LanguageCode(language);
  if (code == "iw") return "he";
  if (code == "no") return "nb";
  return code.starts_with("zh") ? "zh" : code;
}
#endif

void print(const std::string& file, size_t texts, std::span<const Detector> detectors,
           std::span<const Outcome> outcomes) {
  fmt::print("\n{} ({} texts in {} languages)\n{:<10}", file, texts, outcomes[0].languages.size(), "");
  for (size_t at = 0; at < kSix.size(); at += 3) fmt::print("{:>7}", kSix.substr(at, 2));
  fmt::print("{:>9}{:>9}{:>12}\n", "average", "lowest", "texts/s");
  for (size_t i = 0; i < outcomes.size(); ++i) {
    fmt::print("{:<10}", detectors[i].name);
    for (size_t at = 0; at < kSix.size(); at += 3) {
      const auto found = outcomes[i].languages.find(std::string(kSix.substr(at, 2)));
      fmt::print("{:>7}", found == outcomes[i].languages.end() ? "" : fmt::format("{:.1f}", found->second.percent()));
    }
    double sum = 0;
    double lowest = 100;
    for (const auto& [code, tally] : outcomes[i].languages) {
      sum += tally.percent();
      lowest = std::min(lowest, tally.percent());
    }
    fmt::print("{:>9.2f}{:>9.1f}{:>12.0f}\n", sum / static_cast<double>(outcomes[i].languages.size()), lowest,
               outcomes[i].texts_per_second);
  }
}

void print_languages(const Outcome& outcome) {
  size_t column = 0;
  for (const auto& [code, tally] : outcome.languages) {
    fmt::print("{}{} {:.1f}", column++ % 12 == 0 ? "\n  " : "  ", code, tally.percent());
  }
  fmt::print("\n");
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".jsonl") || path.ends_with(".jsonl.gz")) files.push_back(path);
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: bench_language FOLDER\n");
    return 2;
  }
  std::vector<Detector> detectors = {
      {"gleaner", [](std::string_view text) { return enrich::detect_language(text).code; }}};
#ifdef GLEANER_CLD2
  detectors.push_back({"cld2", detect_cld2});
#endif
  const auto start = std::chrono::steady_clock::now();
  enrich::detect_language("to read the table");
  const std::chrono::duration<double, std::milli> first = std::chrono::steady_clock::now() - start;
  fmt::print("accuracy in percent; the first call took {:.1f} ms\n", first.count());
  for (const std::string& path : files_below(argv[1])) {
    const std::vector<Text> texts = read_texts(path);
    if (texts.empty()) continue;
    std::vector<Outcome> outcomes;
    outcomes.reserve(detectors.size());
    for (const Detector& detector : detectors) outcomes.push_back(run(detector, texts));
    print(std::filesystem::path(path).filename().string(), texts.size(), detectors, outcomes);
    print_languages(outcomes[0]);
  }
  return 0;
}

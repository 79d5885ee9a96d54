// How fast redaction goes over JSON lines, beside twelve of its patterns as one RE2::Set (the quickest way there is to
// ask regular expressions whether any of them occurs; it tells neither where, nor whether a checksum holds).
//
//   bench_redact FILE [SECONDS]
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "privacy/redactor.h"

#ifdef GLEANER_HAVE_RE2
#include <re2/set.h>
#endif

namespace {

using namespace gleaner;

// Calls work() until `seconds` have passed; returns MB/s for `bytes` a call.
template <typename Work>
double megabytes_per_second(double seconds, size_t bytes, Work work) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  size_t rounds = 0;
  std::chrono::duration<double> took{};
  do {
    work();
    ++rounds;
    took = Clock::now() - start;
  } while (took.count() < seconds);
  return static_cast<double>(bytes) * static_cast<double>(rounds) / took.count() / 1e6;
}

#ifdef GLEANER_HAVE_RE2
double re2_set(const std::vector<std::string>& lines, size_t bytes, double seconds) {
  RE2::Set set(RE2::Options(), RE2::UNANCHORED);
  for (const char* const pattern :
       {R"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]+)", R"(\b[0-9]+[ -][0-9]+[ -][0-9]+[ -][0-9]+\b)",
        R"(\b[A-Z][A-Z][0-9][0-9][ A-Z0-9]+\b)", R"(\b[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\b)", R"(\+[0-9][0-9 ()-]+)",
        R"(\b[0-9]+-[0-9]+-[0-9]+\b)", R"(\b[0-9A-Fa-f]+:[0-9A-Fa-f]+:[0-9A-Fa-f]+:[0-9A-Fa-f]+\b)",
        R"(://[^/\s:@]+:[^/\s@]+@)", R"(\b(sk|ghp|gho|xoxb|AKIA|AIza|glpat|hf|npm)[-_A-Za-z0-9]+)",
        R"(eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", R"(-----BEGIN [A-Z ]*PRIVATE KEY-----)",
        R"((?i)(password|passwd|secret|token)\s*[:=]\s*\S+)"}) {
    set.Add(pattern, nullptr);
  }
  set.Compile();
  std::vector<int> hits;
  return megabytes_per_second(seconds, bytes, [&] {
    for (const std::string& line : lines) set.Match(line, &hits);
  });
}
#endif

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: bench_redact FILE [SECONDS]\n");
    return 2;
  }
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  std::ifstream file(argv[1]);
  std::vector<std::string> lines;
  size_t bytes = 0;
  for (std::string line; std::getline(file, line);) {
    auto json = json::compact(line);
    if (!json) continue;
    bytes += json->size();
    lines.push_back(*std::move(json));
  }
  if (lines.empty()) {
    fmt::print(stderr, "{}: no JSON lines\n", argv[1]);
    return 1;
  }
  const Secret secret("0123456789abcdef");
  privacy::Redactor counter({privacy::default_kinds(), false}, secret);
  for (std::string line : lines) static_cast<void>(counter.json(line));
  const double ours = megabytes_per_second(seconds, bytes, [&] {
    privacy::Redactor redactor({privacy::default_kinds(), false}, secret);
    std::string line;
    for (const std::string& one : lines) {
      line = one;
      static_cast<void>(redactor.json(line));
    }
  });
  fmt::print("{} lines, {:.1f} MB, {} findings ({:.2f} per KB)\n", lines.size(), static_cast<double>(bytes) / 1e6,
             counter.total(), 1000.0 * counter.total() / static_cast<double>(bytes));
  fmt::print("{:<44} {:>8.0f} MB/s\n", "gleaner: JSON pass, 19 kinds, replaced", ours);
#ifdef GLEANER_HAVE_RE2
  const double re2 = re2_set(lines, bytes, seconds);
  fmt::print("{:<44} {:>8.0f} MB/s, ratio {:.1f}\n", "RE2::Set: whether 12 patterns occur, no more", re2, ours / re2);
#else
  fmt::print("RE2 was not found when this was built (libre2-dev): no comparison\n");
#endif
}

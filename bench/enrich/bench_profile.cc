// What a profile's assessment costs, beside two other ways to look for the same patterns:
//   search     what the collector did that this comes from: a lower-case copy of prompt + " " + response, in which each
//              pattern is searched for alone; its words are counted by a walk over both texts
//   automaton  one Aho-Corasick automaton over bytes, one table look-up per byte; it counts the words on its way
// Both find patterns anywhere, not at the boundaries of words, and fold ASCII only: less work than is asked for.
//
//   bench_profile PROFILE.toml CHATS.jsonl [SECONDS]
//
// Texts are the strings under "text", "content", "prompt" and "response" in each line, however deep; one and the next
// make an exchange. Each way runs in turn, several rounds; the best round
// counts, in time of the processor.
#include <algorithm>
#include <array>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "enrich/profile.h"

namespace {

using gleaner::enrich::Profile;

struct Exchange {
  std::string prompt;
  std::string response;
};

void collect(const gleaner::json::Value& value, std::vector<std::string>& texts) {
  for (const gleaner::json::Value& item : value.items()) collect(item, texts);
  for (const auto& [name, member] : value.members()) {
    const bool is_text = name == "text" || name == "content" || name == "prompt" || name == "response";
    if (is_text && member.is_string()) texts.push_back(member.text());
    collect(member, texts);
  }
}

std::vector<Exchange> read_exchanges(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> texts;
  for (std::string line; std::getline(file, line);) {
    if (const auto value = gleaner::json::parse(line)) collect(*value, texts);
  }
  std::vector<Exchange> exchanges;
  for (size_t i = 0; i + 1 < texts.size(); i += 2) exchanges.push_back({texts[i], texts[i + 1]});
  return exchanges;
}

std::vector<std::string> plain_patterns(const Profile& profile) {
  std::vector<std::string> plain;
  for (std::string pattern : profile.text().patterns) {
    std::erase(pattern, '*');
    plain.push_back(gleaner::ascii_lower(pattern));
  }
  return plain;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t count_words(std::string_view text) {
  size_t words = 0;
  bool before = true;
  for (const char c : text) {
    words += before && !is_space(c);
    before = is_space(c);
  }
  return words;
}

size_t search(const std::vector<std::string>& patterns, const Exchange& exchange) {
  const std::string text = gleaner::ascii_lower(exchange.prompt + " " + exchange.response);
  size_t found = count_words(exchange.prompt) + count_words(exchange.response);
  for (const std::string& pattern : patterns) found += text.find(pattern) != std::string::npos;
  return found;
}

class Automaton {
 public:
  explicit Automaton(const std::vector<std::string>& patterns) : next_(1), out_(1) {
    for (size_t i = 0; i < patterns.size(); ++i) {
      uint32_t state = 0;
      for (const char c : patterns[i]) {
        uint32_t& to = next_[state][static_cast<unsigned char>(c)];
        if (to == 0) {
          to = static_cast<uint32_t>(next_.size());
          state = to;
          next_.emplace_back();
          out_.emplace_back();
        } else {
          state = to;
        }
      }
      out_[state].push_back(i);
    }
    link();
  }

  size_t run(const Exchange& exchange, std::vector<bool>& found) const {
    uint32_t state = 0;
    size_t words = step(exchange.prompt, state, found);
    words += step(" ", state, found);
    return words + step(exchange.response, state, found);
  }

 private:
  void link() {
    std::vector<uint32_t> fails(next_.size(), 0);
    std::deque<uint32_t> queue;
    for (const uint32_t to : next_[0]) {
      if (to != 0) queue.push_back(to);
    }
    for (; !queue.empty(); queue.pop_front()) {
      const uint32_t state = queue.front();
      const uint32_t fail = fails[state];
      out_[state].insert(out_[state].end(), out_[fail].begin(), out_[fail].end());
      for (size_t c = 0; c < 256; ++c) {
        uint32_t& to = next_[state][c];
        if (to == 0) {
          to = next_[fail][c];
        } else {
          fails[to] = next_[fail][c];
          queue.push_back(to);
        }
      }
    }
    for (auto& row : next_) {
      for (size_t c = 'A'; c <= 'Z'; ++c) row[c] = row[c + 32];
    }
    for (const auto& out : out_) has_out_.push_back(out.empty() ? 0 : 1);
  }

  size_t step(std::string_view text, uint32_t& state, std::vector<bool>& found) const {
    size_t words = 0;
    bool before = true;
    for (const char c : text) {
      words += before && !is_space(c);
      before = is_space(c);
      state = next_[state][static_cast<unsigned char>(c)];
      if (has_out_[state] != 0) {
        for (const size_t pattern : out_[state]) found[pattern] = true;
      }
    }
    return words;
  }

  std::vector<std::array<uint32_t, 256>> next_;
  std::vector<std::vector<size_t>> out_;
  std::vector<char> has_out_;
};

struct Way {
  const char* name;
  std::function<size_t(const Exchange&)> run;
  double best = 0;  // bytes per second
  size_t sum = 0;   // so that no work can be left out
};

// Of this thread: others may share the machine.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void measure(Way& way, const std::vector<Exchange>& exchanges, size_t bytes, double seconds) {
  const double start = cpu_seconds();
  size_t passes = 0;
  double taken = 0;
  while (taken < seconds) {
    for (const Exchange& exchange : exchanges) way.sum += way.run(exchange);
    ++passes;
    taken = cpu_seconds() - start;
  }
  way.best = std::max(way.best, static_cast<double>(bytes * passes) / taken);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: bench_profile PROFILE.toml CHATS.jsonl [SECONDS]\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  const auto profile = Profile::parse(std::string(std::istreambuf_iterator<char>(file), {}), argv[1]);
  const std::vector<Exchange> exchanges = read_exchanges(argv[2]);
  if (!profile || exchanges.empty()) {
    fmt::print(stderr, "{}\n", profile ? "no texts in the file" : profile.error().message);
    return 1;
  }
  size_t bytes = 0;
  for (const Exchange& exchange : exchanges) bytes += exchange.prompt.size() + exchange.response.size();

  const std::vector<std::string> patterns = plain_patterns(*profile);
  const Automaton automaton(patterns);
  std::vector<bool> found(patterns.size());
  std::array ways = {
      Way{"assess", [&](const Exchange& e) { return profile->assess(e.prompt, e.response).tags.size(); }},
      Way{"search", [&](const Exchange& e) { return search(patterns, e); }},
      Way{"automaton", [&](const Exchange& e) { return automaton.run(e, found); }},
  };
  constexpr int kRounds = 5;
  const double seconds = (argc > 3 ? std::atof(argv[3]) : 3) / kRounds;
  for (int round = 0; round < kRounds; ++round) {
    for (Way& way : ways) measure(way, exchanges, bytes, seconds);
  }

  fmt::print("{}: {} patterns; {} exchanges of {} bytes on average\n", argv[1], patterns.size(), exchanges.size(),
             bytes / exchanges.size());
  for (const Way& way : ways)
    fmt::print("  {:<10} {:8.1f} MB/s   assess is {:6.1f} times as fast\n", way.name, way.best / 1e6,
               ways[0].best / way.best);
  return 0;
}

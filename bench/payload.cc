#include "payload.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "words.h"

namespace gleaner::bench {
namespace {

struct Model {
  std::string_view provider;
  std::string_view name;
};

constexpr std::array<Model, 6> kModels{{{"openai", "gpt-4o-mini"},
                                        {"openai", "gpt-4o"},
                                        {"anthropic", "claude-3-5-sonnet-20241022"},
                                        {"anthropic", "claude-3-5-haiku-20241022"},
                                        {"together", "meta-llama/Llama-3.1-70B-Instruct"},
                                        {"mistral", "mistral-small-latest"}}};
constexpr std::array<std::string_view, 3> kKinds{"chat", "agent", "query"};
constexpr std::array<std::string_view, 7> kIntents{
    "how_to", "troubleshooting", "code_generation", "summarization", "data_question", "translation", "extraction"};

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Our own text has no control characters but the line end.
void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

struct Vocabulary {
  explicit Vocabulary(const Language& language)
      : code(language.code),
        function(split(language.function)),
        content(split(language.content)),
        endings(split(language.endings)) {}
  std::string_view code;
  std::vector<std::string_view> function;
  std::vector<std::string_view> content;
  std::vector<std::string_view> endings;
};

// Writes the text of conversations. The seed decides everything.
class Scribe {
 public:
  explicit Scribe(uint64_t seed) : random_(seed), names_(split(proper_names())) {
    for (const Language& language : languages()) vocabularies_.emplace_back(language);
    choose_language();
  }

  // std::uniform_int_distribution differs between libraries; this does not.
  size_t below(size_t bound) { return static_cast<size_t>(random_() % bound); }
  bool chance(int percent) { return below(100) < static_cast<size_t>(percent); }
  uint64_t bits() { return random_(); }
  template <typename Range>
  auto pick(const Range& range) {
    return range[below(std::size(range))];
  }

  void choose_language() { words_ = &vocabularies_[chance(70) ? 0 : 1 + below(vocabularies_.size() - 1)]; }
  std::string_view language() const { return words_->code; }

  std::string question(size_t bytes) {
    std::string out;
    while (out.size() < bytes) {
      if (!out.empty()) out += ' ';
      append_sentence(out, chance(40) ? '?' : '.');
      if (chance(8)) append_log_line(out);
      if (chance(5)) append_link(out);
      if (chance(3)) fmt::format_to(std::back_inserter(out), " {}@example.com", pick(words_->content));
    }
    return out;
  }

  // What an application fills into its system prompt.
  std::string context() {
    std::string out = "\n\nWorkspace: ";
    append_rare_word(out);
    fmt::format_to(std::back_inserter(out), " {}, {} {}. It is 2024-{:02}-{:02} {:02}:{:02}.", pick(names_),
                   pick(words_->content), 1 + below(400), 1 + below(12), 1 + below(28), below(24), below(60));
    return out;
  }

  std::string answer(size_t bytes) {
    std::string out;
    while (out.size() < bytes) {
      if (!out.empty()) out += "\n\n";
      const size_t left = bytes - out.size();
      const size_t shape = below(100);
      if (shape < 55) {
        append_paragraph(out, std::min<size_t>(left, 420));
      } else if (shape < 85) {
        append_list(out, std::min<size_t>(left, 480));
      } else {
        append_code(out, std::min<size_t>(left, 320));
      }
    }
    return out;
  }

 private:
  // Frequent words come first in their lists; squaring a uniform number prefers them as language does.
  std::string_view word(const std::vector<std::string_view>& list) {
    const double u = static_cast<double>(random_() >> 11) * 0x1p-53;
    return list[static_cast<size_t>(u * u * static_cast<double>(list.size()))];
  }

  void append_content_word(std::string& out) {
    out += chance(20) ? word(words_->content) : pick(words_->content);
    if (chance(60)) out += pick(words_->endings);
  }

  // A word nobody has seen before, of two to four syllables: what names, brands and typing errors are to a compressor.
  void append_rare_word(std::string& out) {
    constexpr std::string_view kConsonants = "bcdfghjklmnprstvwz";
    constexpr std::string_view kVowels = "aeiouy";
    for (size_t left = 2 + below(3); left > 0; --left) {
      out += pick(kConsonants);
      out += pick(kVowels);
      if (chance(30)) out += pick(kConsonants);
    }
  }

  void append_token(std::string& out) {
    auto to = std::back_inserter(out);
    switch (below(6)) {
      case 0:
        fmt::format_to(to, "{}", below(5000));
        break;
      case 1:
        fmt::format_to(to, "{:02}:{:02}", below(24), below(60));
        break;
      case 2:
        fmt::format_to(to, "{}-{}", chance(50) ? "ORD" : "INV", 10000 + below(90000));
        break;
      case 3:
        fmt::format_to(to, "`{}_{}`", word(words_->content), pick(words_->content));
        break;
      case 4:
        fmt::format_to(to, "{} {}", pick(names_), pick(names_));
        break;
      default:
        out += pick(names_);
    }
  }

  void append_sentence(std::string& out, char end) {
    const size_t start = out.size();
    const size_t length = 5 + below(13);
    for (size_t i = 0; i < length; ++i) {
      if (i > 0) out += chance(7) ? ", " : " ";
      if (chance(5)) {
        append_token(out);
      } else if (chance(27)) {
        append_rare_word(out);
      } else if (chance(44)) {
        out += word(words_->function);
      } else {
        append_content_word(out);
      }
    }
    if (out[start] >= 'a' && out[start] <= 'z') out[start] = static_cast<char>(out[start] - 'a' + 'A');
    out += end;
  }

  void append_paragraph(std::string& out, size_t bytes) {
    const size_t end = out.size() + bytes;
    append_sentence(out, '.');
    while (out.size() < end) append_sentence(out += ' ', '.');
  }

  void append_list(std::string& out, size_t bytes) {
    const size_t end = out.size() + bytes;
    append_sentence(out, ':');
    for (int i = 1; out.size() < end; ++i) {
      fmt::format_to(std::back_inserter(out), "\n{}. **{}**: ", i, pick(words_->content));
      append_sentence(out, '.');
    }
  }

  void append_link(std::string& out) {
    fmt::format_to(std::back_inserter(out), " https://{}.example.com/{}/{:012x}", pick(words_->content),
                   pick(words_->content), bits() >> 16);
  }

  void append_log_line(std::string& out) {
    fmt::format_to(std::back_inserter(out), "\n2024-{:02}-{:02}T{:02}:{:02}:{:02}Z ERROR {}.{} code={} trace={:016x}\n",
                   1 + below(12), 1 + below(28), below(24), below(60), below(60), pick(words_->content),
                   pick(words_->content), 400 + below(120), bits());
  }

  void append_code(std::string& out, size_t bytes) {
    const size_t end = out.size() + bytes;
    const bool json = chance(50);
    out += json ? "```json\n{" : "```python";
    for (auto to = std::back_inserter(out); out.size() < end;) {
      const auto name = pick(words_->content);
      if (json) {
        fmt::format_to(to, "\n  \"{}_{}\": \"{{{{{}.{}}}}}\",\n  \"{}\": {},", name, word(words_->content),
                       pick(words_->content), word(words_->content), pick(words_->content), below(1000));
      } else {
        fmt::format_to(to, "\ndef {}_{}({}):\n    return {}[\"{}\"] + {}", word(words_->content), pick(words_->content),
                       name, name, pick(words_->content), below(1000));
      }
    }
    out += json ? "\n}\n```" : "\n```";
  }

  std::mt19937_64 random_;
  std::vector<std::string_view> names_;
  std::vector<Vocabulary> vocabularies_;
  const Vocabulary* words_ = nullptr;
};

void append_message(std::string& out, std::string_view role, std::string_view content) {
  fmt::format_to(std::back_inserter(out), R"({{"role":"{}","content":)", role);
  append_json_string(out, content);
  out += '}';
}

// The conversation: `"messages":[...],"output":{...}`; the output takes what the earlier turns leave.
std::string conversation(Scribe& scribe, size_t bytes) {
  std::string out = R"("messages":[)";
  const std::string system = std::string(scribe.pick(system_prompts())) + scribe.context();
  if (bytes > 2 * system.size() && scribe.chance(75)) {
    append_message(out, "system", system);
    out += ',';
  }
  const size_t turns = 1 + scribe.below(3);
  const size_t turn_bytes = bytes > out.size() ? (bytes - out.size()) / turns : 0;
  for (size_t turn = 1; turn <= turns; ++turn) {
    const size_t question_bytes = turn_bytes * (15 + scribe.below(25)) / 100;
    // A text overshoots by half a sentence, and escapes and role names come on top.
    constexpr size_t kOverhead = 150;
    const size_t answer_bytes = turn_bytes - std::min(turn_bytes, question_bytes + kOverhead);
    append_message(out, "user", scribe.question(question_bytes));
    out += turn == turns ? R"(],"output":)" : ",";
    append_message(out, "assistant", scribe.answer(std::max<size_t>(answer_bytes, 1)));
    if (turn < turns) out += ',';
  }
  return out;
}

constexpr size_t kFacts = 480;  // what a record's members other than the conversation take

size_t spread_size(Scribe& scribe, size_t mean_bytes) {
  return mean_bytes * (60 + scribe.below(81)) / 100;
}

std::string render_record(Scribe& scribe, size_t bytes, std::string_view platform) {
  scribe.choose_language();
  const std::string talk = conversation(scribe, bytes - std::min(bytes, kFacts));
  const Model model = scribe.pick(kModels);
  const size_t output_tokens = 40 + talk.size() / 9 + scribe.below(60);
  const size_t prompt_tokens = 30 + talk.size() / 7 + scribe.below(40);
  const size_t latency_ms = 350 + output_tokens * (8 + scribe.below(14)) + scribe.below(400);
  const std::string_view kind = scribe.chance(85) ? kKinds[0] : scribe.pick(kKinds);
  std::string out =
      fmt::format(R"({{"platform":"{}","kind":"{}","session_id":"{:016x}{:016x}","user_id":"user-{}",{},"model":"{}",)",
                  platform, kind, scribe.bits(), scribe.bits(), 1000 + scribe.below(9000), talk, model.name);
  auto to = std::back_inserter(out);
  fmt::format_to(to, R"("provider":"{}","parameters":{{"temperature":0.{},"max_tokens":1024}},"latency_ms":{},)",
                 model.provider, 1 + scribe.below(9), latency_ms);
  fmt::format_to(to, R"("usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}},)", prompt_tokens,
                 output_tokens, prompt_tokens + output_tokens);
  fmt::format_to(to, R"("success":{},"language":"{}","intent":"{}",)", !scribe.chance(7), scribe.language(),
                 scribe.pick(kIntents));
  fmt::format_to(to, R"("metadata":{{"request_id":"req_{:016x}","app_version":"3.{}.{}"}}}})", scribe.bits(),
                 scribe.below(20), scribe.below(10));
  return out;
}

}  // namespace

std::vector<std::string> render_records(const PayloadOptions& options) {
  Scribe scribe(options.seed);
  std::vector<std::string> records;
  records.reserve(options.count);
  for (size_t i = 0; i < options.count; ++i) {
    records.push_back(render_record(scribe, spread_size(scribe, options.mean_bytes), options.platform));
  }
  return records;
}

std::vector<Exchange> render_exchanges(const PayloadOptions& options) {
  constexpr std::string_view kMessages = R"("messages":)";
  constexpr std::string_view kOutput = R"(,"output":{"role":"assistant","content":)";  // no text has a bare quote
  Scribe scribe(options.seed);
  std::vector<Exchange> exchanges;
  exchanges.reserve(options.count);
  for (size_t i = 0; i < options.count; ++i) {
    const size_t bytes = spread_size(scribe, options.mean_bytes);
    scribe.choose_language();
    const std::string talk = conversation(scribe, bytes - std::min(bytes, kFacts));
    const size_t cut = talk.find(kOutput);
    const size_t answer = cut + kOutput.size();
    exchanges.push_back(
        {talk.substr(kMessages.size(), cut - kMessages.size()), talk.substr(answer, talk.size() - 1 - answer)});
  }
  return exchanges;
}

}  // namespace gleaner::bench

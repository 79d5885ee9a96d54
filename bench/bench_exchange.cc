// How much recording an exchange costs the thread that forwards it: the chunks of a stream as they pass, and what there
// is to do at its end.
//
// Usage: bench_exchange [--chunks N] [--runs R]
// A stream of N chunks (2,000) of each API, one chunk a piece, as servers send them. Figures are of the processor's
// time, the median of R runs (9): nanoseconds a chunk, chunks a second on one core, and the same for a parser of
// events that builds a tree of each (base/json.h), which is what an assembler would cost that does not look before.
// `finish` is from the end of the stream to the interaction, with a request of some 2 KiB; `whole` is an exchange
// without a stream.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "gateway/exchange/recorder.h"
#include "gateway/exchange/session_stitcher.h"
#include "gateway/exchange/sse.h"
#include "gateway/exchange/stream_usage.h"

namespace {

using namespace gleaner;
using namespace gleaner::gateway::exchange;

// What is computed must be used, or it is not computed.
volatile uint64_t sink = 0;

struct Settings {
  size_t chunks = 2'000;
  size_t runs = 9;
};

[[noreturn]] void stop(std::string_view message) {
  fmt::print(stderr, "bench_exchange: {}\n", message);
  std::exit(1);
}

Settings read_settings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) stop(fmt::format("{} needs a value", name));
    const size_t value = std::strtoull(argv[++i], nullptr, 10);
    if (value == 0) stop(fmt::format("{} needs a number", name));
    if (name == "--chunks") {
      settings.chunks = value;
    } else if (name == "--runs") {
      settings.runs = value;
    } else {
      stop(fmt::format("unknown option {}", name));
    }
  }
  return settings;
}

// Seconds for one call of `body`, which is called often enough to be measured.
double median_seconds(size_t runs, const std::function<void()>& body) {
  constexpr int kRepeat = 20;
  std::vector<double> all(runs);
  for (double& one : all) {
    const std::clock_t start = std::clock();
    for (int i = 0; i < kRepeat; ++i) body();
    one = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kRepeat;
  }
  std::ranges::sort(all);
  return all[runs / 2];
}

// Seconds from the end of an exchange to its interaction.
double median_seconds_of_finish(size_t runs, const std::function<Recorder()>& make) {
  constexpr size_t kRecorders = 50;
  std::vector<double> all(runs);
  for (double& one : all) {
    std::vector<Recorder> recorders;
    while (recorders.size() < kRecorders) recorders.push_back(make());
    const std::clock_t start = std::clock();
    for (Recorder& recorder : recorders) {
      const Recorded recorded = recorder.finish(End::kComplete, {}, Recorder::Instant{});
      sink = sink + recorded.interaction.output.text.size();
    }
    one = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kRecorders;
  }
  std::ranges::sort(all);
  return all[runs / 2];
}

struct Stream {
  std::string_view name;
  std::string path;
  Api api;
  std::vector<std::string> pieces;
};

std::vector<std::string> pieces_of(std::string_view first, std::string_view each, std::string_view last, size_t count) {
  std::vector<std::string> pieces;
  pieces.emplace_back(first);
  for (size_t i = 0; i < count; ++i) pieces.push_back(fmt::format(fmt::runtime(each), i));
  pieces.emplace_back(last);
  return pieces;
}

Stream chat(size_t count) {
  constexpr std::string_view kHead =
      R"(data: {{"id":"chatcmpl-CdxiIrlxetLzjuBRfsl3k1X7s1F9u","object":"chat.completion.chunk","created":1763640366,)"
      R"("model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559",)";
  const std::string each =
      std::string(kHead) +
      R"("choices":[{{"index":0,"delta":{{"content":" word{}"}},"logprobs":null,"finish_reason":null}}],"usage":null,)"
      R"("obfuscation":"a4QxY7p0Zk"}})"
      "\n\n";
  const std::string_view last =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"total_tokens\":14}}\n\n"
      "data: [DONE]\n\n";
  return {"chat.completions", "v1/chat/completions", Api::kOpenAi, pieces_of("", each, last, count)};
}

Stream tool_call(size_t count) {
  const std::string each =
      R"(data: {{"id":"chatcmpl-CdxiIrlxetLzjuBRfsl3k1X7s1F9u","object":"chat.completion.chunk","created":1763640366,)"
      R"("model":"gpt-4o-mini-2024-07-18","system_fingerprint":"fp_560af6e559","choices":[{{"index":0,"delta":)"
      R"({{"tool_calls":[{{"index":0,"function":{{"arguments":"{}"}}}}]}},"logprobs":null,"finish_reason":null}}]}})"
      "\n\n";
  const std::string_view first =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":"
      "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}\n\n";
  return {"chat tool call", "v1/chat/completions", Api::kOpenAi, pieces_of(first, each, "data: [DONE]\n\n", count)};
}

Stream responses(size_t count) {
  const std::string each =
      "event: response.output_text.delta\n"
      R"(data: {{"type":"response.output_text.delta","item_id":"msg_08ddf351751647d60169fab1b9828c81a0bef694acd7d531",)"
      R"("output_index":0,"content_index":0,"delta":" word","logprobs":[],"obfuscation":"a4QxY7p0","sequence_number":{}}})"
      "\n\n";
  return {"responses", "v1/responses", Api::kOpenAi, pieces_of("", each, "", count)};
}

Stream messages(size_t count) {
  const std::string each =
      "event: content_block_delta\n"
      R"(data: {{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":" word{}"}}}})"
      "\n\n";
  const std::string_view first =
      "event: content_block_start\n"
      "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
  return {"messages", "v1/messages", Api::kAnthropic,
          pieces_of(first, each, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", count)};
}

std::string request_body() {
  std::string body = R"({"model":"gpt-4o-mini","stream":true,"temperature":0.2,"messages":[)";
  body += R"({"role":"system","content":"You are a helpful assistant of a shop."})";
  for (int i = 0; i < 12; ++i) {
    body +=
        fmt::format(R"(,{{"role":"{}","content":"Message {} of a conversation about an order that is late, in which )"
                    R"(both sides write a sentence or two each time."}})",
                    i % 2 == 0 ? "user" : "assistant", i);
  }
  return body + R"(,{"role":"user","content":"And now?"}]})";
}

Recorder recorder_of(const Stream& stream) {
  Request request{
      .api = stream.api, .provider = "bench", .method = "POST", .path = stream.path, .body = request_body()};
  Recorder recorder(std::move(request), from_ms(0), Recorder::Instant{});
  recorder.head(200, {{"content-type", "text/event-stream"}});
  return recorder;
}

double seconds_of_trees(const Stream& stream, size_t runs) {
  return median_seconds(runs, [&] {
    SseParser parser(1 << 20);
    for (const std::string& piece : stream.pieces) {
      parser.feed(piece, [](std::string_view, std::string_view data) {
        const auto value = json::parse(data);
        sink = sink + (value ? value->members().size() : 0);
      });
    }
  });
}

void measure(const Stream& stream, const Settings& settings) {
  const auto count = static_cast<double>(settings.chunks);
  const auto feed = [&](Recorder& recorder) {
    for (const std::string& piece : stream.pieces) recorder.body(piece, Recorder::Instant{});
  };
  const double fed = median_seconds(settings.runs, [&] {
    Recorder recorder = recorder_of(stream);
    feed(recorder);
    sink = sink + (recorder.saw_end() ? 1 : 0);
  });
  const double finished = median_seconds_of_finish(settings.runs, [&] {
    Recorder recorder = recorder_of(stream);
    feed(recorder);
    return recorder;
  });
  const double trees = seconds_of_trees(stream, settings.runs);
  fmt::print("{:<18}{:>10.0f}{:>14.0f}{:>14.0f}{:>8.1f}{:>12.1f}\n", stream.name, fed / count * 1e9, count / fed,
             trees / count * 1e9, trees / fed, finished * 1e6);
}

void measure_whole(size_t runs) {
  const std::string answer =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1763640366,"model":"gpt-4o-mini-2024-07-18","choices":)"
      R"([{"index":0,"message":{"role":"assistant","content":"The order is on its way and comes tomorrow.","refusal":)"
      R"(null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":423,)"
      R"("completion_tokens":12,"total_tokens":435,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0}}})";
  const Stream stream{"", "v1/chat/completions", Api::kOpenAi, {}};
  SessionStitcher stitcher;
  const auto exchange = [&](bool stitched) {
    Recorder recorder = recorder_of(stream);
    recorder.body(answer, Recorder::Instant{});
    Recorded recorded = recorder.finish(End::kComplete, {}, Recorder::Instant{});
    if (stitched) stitcher.stitch("bench", recorded);
    sink = sink + recorded.interaction.session_id.size();
  };
  fmt::print("whole exchange: {:.1f} us, with its session {:.1f} us\n",
             median_seconds(runs, [&] { exchange(false); }) * 1e6, median_seconds(runs, [&] { exchange(true); }) * 1e6);
}

void measure_filter(const Stream& stream, const Settings& settings) {
  std::string out;
  const double filtered = median_seconds(settings.runs, [&] {
    UsageFilter filter;
    out.clear();
    for (const std::string& piece : stream.pieces) filter.filter(piece, out);
    sink = sink + out.size();
  });
  fmt::print("usage filter: {:.0f} ns a chunk\n", filtered / static_cast<double>(settings.chunks) * 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = read_settings(argc, argv);
  fmt::print("{:<18}{:>10}{:>14}{:>14}{:>8}{:>12}\n", "", "ns/chunk", "chunks/s", "tree ns", "ratio", "finish us");
  for (const Stream& stream :
       {chat(settings.chunks), tool_call(settings.chunks), responses(settings.chunks), messages(settings.chunks)}) {
    measure(stream, settings);
  }
  measure_filter(chat(settings.chunks), settings);
  measure_whole(settings.runs);
}

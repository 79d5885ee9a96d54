// How many spans a second are decoded from OTLP and become interactions, on one core: from the bytes of a request to
// records that could be stored.
//
// Usage: bench_otlp [--spans N] [--runs R] [--chars C]
// Requests of 512 spans each, N spans in all (20,480), as an agent application sends them: of four traces one is a run
// (an agent, two model calls and a tool), three are lone calls under a request span; texts of about C characters (600)
// a message. Each encoding is decoded alone, and decoded and assembled. Figures are of the processor's time, the median
// of R runs (5).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "gateway/otlp/assembler.h"
#include "gateway/otlp/decode.h"
#include "gateway/otlp/testing/encode.h"

namespace {

using namespace gleaner;
using namespace gleaner::gateway::otlp;
using json::Value;

constexpr size_t kSpansOfRequest = 512;

// What is computed must be used, or it is not computed.
volatile uint64_t sink = 0;

struct Settings {
  size_t spans = 20'480;
  size_t runs = 5;
  size_t chars = 600;
};

[[noreturn]] void stop(std::string_view message) {
  fmt::print(stderr, "bench_otlp: {}\n", message);
  std::exit(1);
}

Settings read_settings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) stop(fmt::format("{} needs a value", name));
    const size_t value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--spans") {
      settings.spans = value;
    } else if (name == "--runs" && value > 0) {
      settings.runs = value;
    } else if (name == "--chars") {
      settings.chars = value;
    } else {
      stop(fmt::format("unknown option {}", name));
    }
  }
  return settings;
}

double median_seconds(size_t runs, const std::function<void()>& body) {
  std::vector<double> all(runs);
  for (double& one : all) {
    const std::clock_t start = std::clock();
    body();
    one = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  }
  std::ranges::sort(all);
  return all[runs / 2];
}

// The spans of an application, trace by trace.
class Application {
 public:
  explicit Application(size_t chars) : chars_(chars) {}

  std::vector<Span> next_trace() {
    ++traces_;
    const std::string trace = fmt::format("{:032x}", 0xabcdef0000 + traces_);
    std::vector<Span> spans;
    if (traces_ % 4 == 0) {
      spans = {model(trace, 2, 1), tool(trace, 3, 1), model(trace, 4, 1), plain(trace, 1, 0)};
      spans.back().attributes.push_back({"gen_ai.operation.name", Value::string("invoke_agent")});
    } else {
      spans = {model(trace, 2, 1), plain(trace, 1, 0)};
    }
    return spans;
  }

 private:
  Span plain(const std::string& trace, int number, int parent) {
    Span span;
    span.trace_id = trace;
    span.span_id = fmt::format("{:016x}", number);
    if (parent != 0) span.parent_span_id = fmt::format("{:016x}", parent);
    span.name = "POST /answer";
    span.start_ns = 1'764'000'000'000'000'000 + ++clock_ * 1'000'000;
    span.end_ns = span.start_ns + 830'000'000;
    add(span, "http.request.method", "POST");
    add(span, "url.path", "/answer");
    return span;
  }

  Span model(const std::string& trace, int number, int parent) {
    Span span = plain(trace, number, parent);
    span.name = "chat gpt-4.1";
    add(span, "gen_ai.operation.name", "chat");
    add(span, "gen_ai.provider.name", "openai");
    add(span, "gen_ai.request.model", "gpt-4.1");
    add(span, "gen_ai.response.model", "gpt-4.1-2025-04-14");
    add(span, "gen_ai.response.id", fmt::format("chatcmpl-{}", clock_));
    add(span, "gen_ai.conversation.id", fmt::format("conversation-{}", traces_ / 3));
    span.attributes.push_back({"gen_ai.request.temperature", Value::number("0.2")});
    span.attributes.push_back({"gen_ai.usage.input_tokens", Value::number("412")});
    span.attributes.push_back({"gen_ai.usage.output_tokens", Value::number("118")});
    add(span, "server.address", "api.example");
    add(span, "gen_ai.system_instructions", R"([{"type":"text","content":"You answer customers of a shop."}])");
    add(span, "gen_ai.input.messages", message("user"));
    add(span, "gen_ai.output.messages", message("assistant"));
    return span;
  }

  Span tool(const std::string& trace, int number, int parent) {
    Span span = plain(trace, number, parent);
    add(span, "gen_ai.operation.name", "execute_tool");
    add(span, "gen_ai.tool.name", "stock");
    add(span, "gen_ai.tool.call.arguments", R"({"article":"A-1"})");
    add(span, "gen_ai.tool.call.result", R"({"stock":4})");
    return span;
  }

  std::string message(std::string_view role) const {
    std::string text;
    while (text.size() < chars_) {
      text += "The order leaves the store in the north tomorrow, and the parcel should be with you on Friday. ";
      text += "The driver rings twice; \"at the door\" is what you chose.\n";
    }
    const Value part = Value::object({{"type", Value::string("text")}, {"content", Value::string(text)}});
    return Value::array({Value::object({{"role", Value::string(std::string(role))}, {"parts", Value::array({part})}})})
        .dump();
  }

  static void add(Span& span, std::string key, std::string value) {
    span.attributes.push_back({std::move(key), Value::string(std::move(value))});
  }

  size_t chars_;
  uint64_t traces_ = 0;
  uint64_t clock_ = 0;
};

std::string any_value(const Value& value) {
  if (value.is_string()) return R"({"stringValue":)" + value.dump() + "}";
  if (value.as_integer()) return R"({"intValue":")" + value.text() + "\"}";
  return R"({"doubleValue":)" + value.text() + "}";
}

// As the exporters for JavaScript write it.
std::string to_json(const TraceBatch& batch) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("resourceSpans").begin_array();
  const auto attributes = [&w](const Attributes& all) {
    w.key("attributes").begin_array();
    for (const Attribute& one : all) {
      w.begin_object().field("key", one.key).key("value").raw(any_value(one.value)).end_object();
    }
    w.end_array();
  };
  for (const ResourceSpans& resource : batch.resources) {
    w.begin_object().key("resource").begin_object();
    attributes(resource.resource.attributes);
    w.end_object().key("scopeSpans").begin_array();
    for (const ScopeSpans& scope : resource.scopes) {
      w.begin_object().key("scope").begin_object().field("name", scope.scope.name).end_object();
      w.key("spans").begin_array();
      for (const Span& span : scope.spans) {
        w.begin_object().field("traceId", span.trace_id).field("spanId", span.span_id);
        if (!span.parent_span_id.empty()) w.field("parentSpanId", span.parent_span_id);
        w.field("name", span.name).field("kind", span.kind);
        w.field("startTimeUnixNano", std::to_string(span.start_ns));
        w.field("endTimeUnixNano", std::to_string(span.end_ns));
        attributes(span.attributes);
        w.end_object();
      }
      w.end_array().end_object();
    }
    w.end_array().end_object();
  }
  w.end_array().end_object();
  return out;
}

struct Requests {
  std::vector<std::string> protobuf;
  std::vector<std::string> json;
  size_t spans = 0;
};

Requests make_requests(const Settings& settings) {
  Requests requests;
  Application application(settings.chars);
  while (requests.spans < settings.spans) {
    std::vector<Span> spans;
    while (spans.size() < kSpansOfRequest) std::ranges::move(application.next_trace(), std::back_inserter(spans));
    requests.spans += spans.size();
    TraceBatch batch;
    batch.resources.push_back({{{{"service.name", Value::string("shop")}}}, {{{"bench", "1", {}}, "", spans}}});
    requests.protobuf.push_back(testing::to_protobuf(batch));
    requests.json.push_back(to_json(batch));
  }
  return requests;
}

using Decode = Result<TraceBatch> (*)(std::string_view);

void measure(std::string_view name, const Settings& settings, const Requests& all,
             const std::vector<std::string>& requests, Decode decode) {
  size_t bytes = 0;
  for (const std::string& one : requests) bytes += one.size();
  const double decoding = median_seconds(settings.runs, [&] {
    for (const std::string& one : requests) sink = sink + decode(one)->span_count();
  });
  size_t records = 0;
  const double whole = median_seconds(settings.runs, [&] {
    TraceAssembler assembler;
    records = 0;
    Time now = from_ms(0);
    for (const std::string& one : requests) {
      const auto batch = decode(one);
      if (!batch) stop(batch.error().message);
      now += std::chrono::seconds(1);
      assembler.add_traces(*batch, now);
      assembler.settle(now);
      records += assembler.take().interactions.size();
    }
    assembler.settle_all();
    records += assembler.take().interactions.size();
  });
  const auto spans = static_cast<double>(all.spans);
  fmt::print("{:<9} {:>8.0f} bytes a span   decoded {:>9.0f} spans/s   to records {:>9.0f} spans/s   {} records\n",
             name, static_cast<double>(bytes) / spans, spans / decoding, spans / whole, records);
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = read_settings(argc, argv);
  const Requests requests = make_requests(settings);
  measure("protobuf", settings, requests, requests.protobuf, &traces_from_protobuf);
  measure("JSON", settings, requests, requests.json, &traces_from_json);
  return 0;
}

// load: the load generator. Parses the command line, runs the engine, prints the figures.

#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine.h"
#include "options.h"
#include "payload.h"
#include "requests.h"

namespace gleaner::bench {
namespace {

struct Row {
  std::string name;
  std::string value;
  bool quoted = false;
};

std::string decimal(double value) {
  return fmt::format("{:.3f}", value);
}

std::string_view name_of(Mode mode) {
  if (mode == Mode::kChat) return "chat";
  return mode == Mode::kSingle ? "single" : "ndjson";
}

std::vector<Row> rows_of(const Options& options, const Figures& figures) {
  const double seconds = figures.seconds > 0 ? figures.seconds : 1;
  const Histogram& latency = figures.latency;
  return {
      {"mode", std::string(name_of(options.mode)), true},
      {"ids", options.ids == Ids::kNone ? "none" : "uuid", true},
      {"connections", std::to_string(options.connections)},
      {"batch", std::to_string(options.batch)},
      {"rate", fmt::format("{:.0f}", options.rate)},
      {"requests", std::to_string(figures.requests)},
      {"records", std::to_string(figures.records)},
      {"bytes", std::to_string(figures.bytes)},
      {"seconds", decimal(figures.seconds)},
      {"records_per_s", fmt::format("{:.0f}", static_cast<double>(figures.records) / seconds)},
      {"mb_per_s", fmt::format("{:.1f}", static_cast<double>(figures.bytes) / seconds / 1e6)},
      {"events", std::to_string(figures.events)},
      {"events_per_s", fmt::format("{:.0f}", static_cast<double>(figures.events) / seconds)},
      {"head_p50_ms", decimal(figures.head.percentile_ms(0.5))},
      {"head_p99_ms", decimal(figures.head.percentile_ms(0.99))},
      {"p50_ms", decimal(latency.percentile_ms(0.5))},
      {"p90_ms", decimal(latency.percentile_ms(0.9))},
      {"p99_ms", decimal(latency.percentile_ms(0.99))},
      {"p999_ms", decimal(latency.percentile_ms(0.999))},
      {"max_ms", decimal(latency.max_ms())},
      {"non_2xx", std::to_string(figures.non_2xx)},
      {"errors", std::to_string(figures.errors)},
      {"retried_429", std::to_string(figures.retried)},
      {"rejected", std::to_string(figures.rejected)},
      {"unsent", std::to_string(figures.unsent)},
  };
}

std::string as_json(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    out += fmt::format(R"({}"{}":{}{}{})", out.empty() ? "{" : ",", row.name, row.quoted ? "\"" : "", row.value,
                       row.quoted ? "\"" : "");
  }
  return out + "}\n";
}

std::string as_table(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) out += fmt::format("{:<14} {:>14}\n", row.name, row.value);
  return out;
}

// The JSON of what is sent, without ids.
std::vector<std::string> render_texts(const Options& options) {
  PayloadOptions payload;
  payload.mean_bytes = options.bytes;
  payload.platform = options.platform;
  if (options.mode != Mode::kChat) return render_records(payload);
  std::vector<std::string> texts;
  for (const Exchange& exchange : render_exchanges(payload)) {
    texts.push_back(fmt::format(R"({{"model":"{}","messages":{},"temperature":0.7,"max_completion_tokens":1024{}}})",
                                options.model, exchange.messages, options.stream ? R"(,"stream":true)" : ""));
  }
  return texts;
}

int run(const Options& options) {
  const std::vector<std::string> records = render_texts(options);
  if (options.dump) {
    for (const std::string& record : records) fmt::print("{}\n", record);
    return 0;
  }
  RequestPool pool(options, records);
  const auto figures = run_load(options, pool);
  if (!figures) {
    fmt::print(stderr, "load: {}\n", figures.error());
    return 1;
  }
  const std::vector<Row> rows = rows_of(options, *figures);
  fmt::print("{}", options.json ? as_json(rows) : as_table(rows));
  if (!figures->failure.empty()) fmt::print(stderr, "load: first failure: {}\n", figures->failure);
  return 0;
}

int main_of(std::span<const char* const> arguments) {
  const auto options = parse_options(arguments);
  if (!options) {
    fmt::print(stderr, "load: {}\n", options.error());
    return 2;
  }
  if (options->help) {
    fmt::print("{}", usage());
    return 0;
  }
  return run(*options);
}

}  // namespace
}  // namespace gleaner::bench

int main(int argc, char** argv) {
  return gleaner::bench::main_of({argv + 1, static_cast<size_t>(argc - 1)});
}

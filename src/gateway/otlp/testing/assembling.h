// What the tests of the assembler share: spans of one trace are added, time goes by, and interactions come out.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "gateway/otlp/assembler.h"

namespace gleaner::gateway::otlp {

inline constexpr std::string_view kTrace = "0af7651916cd43dd8448eb211c80319c";

inline std::string span_id(int number) {
  std::string id = std::to_string(number);
  return std::string(16 - id.size(), '0') + id;
}

inline std::string id_of(int number) {
  return "otlp_" + std::string(kTrace) + "_" + span_id(number);
}

inline Attribute attribute(std::string key, std::string value) {
  return {std::move(key), json::Value::string(std::move(value))};
}

inline TraceBatch batch_of(std::vector<Span> spans) {
  TraceBatch batch;
  batch.resources.push_back({{}, {{{}, "", std::move(spans)}}});
  return batch;
}

class Assembling : public ::testing::Test {
 protected:
  void add(std::vector<Span> spans) {
    assembler_.add_traces(batch_of(std::move(spans)), now_);
    collect();
  }
  void add_versions(std::vector<Span> spans) {
    assembler_.add_versions(batch_of(std::move(spans)), now_);
    collect();
  }
  void add(const LogBatch& logs) {
    assembler_.add_logs(logs, now_);
    collect();
  }
  void pass(std::chrono::milliseconds time) {
    now_ += time;
    assembler_.settle(now_);
    collect();
  }
  void collect() {
    for (auto& one : assembler_.take().interactions) out_.push_back(std::move(one));
  }
  // What has come out since the last call, as ids.
  std::vector<std::string> ids() {
    std::vector<std::string> all;
    for (const auto& one : out_) all.push_back(one.id);
    last_ = std::exchange(out_, {});
    return all;
  }
  const AssemblerCounts& counts() const { return assembler_.counts(); }
  uint64_t ignored(Ignored reason) const { return counts().ignored_by(reason); }

  AssemblerOptions options_{.quiet_period = std::chrono::seconds(10), .rootless_period = std::chrono::seconds(60)};
  TraceAssembler assembler_{options_};
  Time now_ = from_ms(1'000'000);
  std::vector<record::Interaction> out_;
  std::vector<record::Interaction> last_;
};

}  // namespace gleaner::gateway::otlp

// Puts a question, an answer and how it went together. For recorder.cc only. A pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/exchange/answer.h"
#include "gateway/exchange/headers.h"
#include "gateway/exchange/recorder.h"

namespace gleaner::gateway::exchange {

struct Exchange {
  Operation operation = Operation::kNone;
  std::string provider;
  Labels labels;
  Question question;
  Answer answer;                                  // its error is that of the exchange, whoever made it
  json::Value transport = json::Value::object();  // facts told by headers, and what was not kept
  Time created_at;
  double latency_ms = 0;
  std::optional<double> ttft_ms;
  std::optional<double> cost_usd;
};

// Outcome::kNothingSaid if there is neither question nor answer.
Recorded recorded(Exchange&& exchange);

}  // namespace gleaner::gateway::exchange

// What a call costs: a table of prices per model, given by whoever runs Gleaner. None are shipped, as they change every
// week and are agreed on by contract.
//
// Thread contract: a PriceTable is immutable after construction, safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "record/interaction.h"

namespace gleaner::gateway::exchange {

// US dollars per million tokens, for models whose names begin with `model`.
struct Price {
  std::string model;     // "gpt-4.1-mini", "claude-"; empty is any model
  std::string provider;  // of that upstream only; empty is any
  double input = 0;
  double output = 0;
  std::optional<double> cached_input;  // tokens read from a cache; as input when absent
  std::optional<double> cache_write;   // tokens written to one; as input when absent
};

// "MODEL INPUT OUTPUT [CACHED_INPUT [CACHE_WRITE]]", the model as "PROVIDER/MODEL" for one provider only, as
// "PROVIDER/*" for all of its models; "-" leaves a price out. Errors: kInvalidArgument, naming the column.
Result<Price> parse_price(std::string_view row);

class PriceTable {
 public:
  PriceTable() = default;
  explicit PriceTable(std::vector<Price> prices);

  // One row a line, empty lines and those that begin with "#" aside. Errors: kInvalidArgument, naming the line.
  static Result<PriceTable> parse(std::string_view rows);

  // The longest matching prefix of the model's name, a row of the provider's before one of any. A vendor in front of
  // the name ("openai/gpt-4.1") is passed over when nothing matches it. Null if there is none.
  const Price* find(std::string_view provider, std::string_view model) const;

  // Sets cost_usd from usage, where usage has tokens, the model has a price, and the provider has not said itself what
  // it costs.
  void set_cost(record::Interaction& interaction) const;

 private:
  std::vector<Price> prices_;  // longest names first
};

}  // namespace gleaner::gateway::exchange

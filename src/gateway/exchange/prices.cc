#include "gateway/exchange/prices.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

constexpr double kPerMillion = 1e-6;
constexpr std::string_view kColumns = "MODEL INPUT OUTPUT [CACHED_INPUT [CACHE_WRITE]]";

std::vector<std::string_view> words_of(std::string_view row) {
  constexpr std::string_view kSpace = " \t\r";
  std::vector<std::string_view> words;
  while (true) {
    row.remove_prefix(std::min(row.find_first_not_of(kSpace), row.size()));
    if (row.empty()) return words;
    const size_t end = std::min(row.find_first_of(kSpace), row.size());
    words.push_back(row.substr(0, end));
    row.remove_prefix(end);
  }
}

// Null for "-".
Result<std::optional<double>> price_of(std::string_view column, std::string_view word) {
  if (word == "-") return std::optional<double>();
  double price = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), price);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
  if (!whole || !(price >= 0) || price > 1e9) {
    return fail(Code::kInvalidArgument, fmt::format("{}: expected dollars per million tokens such as 0.15, got \"{}\"",
                                                    column, excerpt(printable(word))));
  }
  return std::optional(price);
}

double count_of(const Value* object, std::string_view name) {
  const Value* const value = object == nullptr ? nullptr : object->find(name);
  return value == nullptr || !value->is_number() ? 0 : std::max(value->as_double(), 0.0);
}

}  // namespace

Result<Price> parse_price(std::string_view row) {
  const std::vector<std::string_view> words = words_of(row);
  if (words.size() < 3 || words.size() > 5) {
    return fail(Code::kInvalidArgument, fmt::format("expected \"{}\", got {} columns", kColumns, words.size()));
  }
  Price price;
  const std::string_view model = words[0];
  const size_t slash = model.find('/');
  if (slash != std::string_view::npos) price.provider = model.substr(0, slash);
  price.model = slash == std::string_view::npos ? model : model.substr(slash + 1);
  if (price.model == "*") price.model.clear();
  TRY_ASSIGN(const auto input, price_of("INPUT", words[1]));
  TRY_ASSIGN(const auto output, price_of("OUTPUT", words[2]));
  price.input = input.value_or(0);
  price.output = output.value_or(0);
  if (words.size() > 3) {
    TRY_ASSIGN(price.cached_input, price_of("CACHED_INPUT", words[3]));
  }
  if (words.size() > 4) {
    TRY_ASSIGN(price.cache_write, price_of("CACHE_WRITE", words[4]));
  }
  return price;
}

PriceTable::PriceTable(std::vector<Price> prices) : prices_(std::move(prices)) {
  std::ranges::stable_sort(prices_, [](const Price& a, const Price& b) {
    return a.model.size() != b.model.size() ? a.model.size() > b.model.size() : a.provider.size() > b.provider.size();
  });
}

Result<PriceTable> PriceTable::parse(std::string_view rows) {
  std::vector<Price> prices;
  for (size_t line = 1; !rows.empty(); ++line) {
    const size_t end = std::min(rows.find('\n'), rows.size());
    const std::string_view row = trim(rows.substr(0, end));
    rows.remove_prefix(std::min(end + 1, rows.size()));
    if (row.empty() || row.starts_with('#')) continue;
    auto price = parse_price(row);
    if (!price) return fail_in(fmt::format("line {}", line), std::move(price).error());
    prices.push_back(*std::move(price));
  }
  return PriceTable(std::move(prices));
}

const Price* PriceTable::find(std::string_view provider, std::string_view model) const {
  for (const bool whole_name : {true, false}) {
    if (!whole_name) {
      const size_t slash = model.rfind('/');
      if (slash == std::string_view::npos) return nullptr;
      model.remove_prefix(slash + 1);
    }
    const auto found = std::ranges::find_if(prices_, [&](const Price& price) {
      return model.starts_with(price.model) && (price.provider.empty() || price.provider == provider);
    });
    if (found != prices_.end()) return &*found;
  }
  return nullptr;
}

void PriceTable::set_cost(record::Interaction& interaction) const {
  if (interaction.cost_usd || interaction.usage.empty() || prices_.empty()) return;
  const Price* const price = find(interaction.provider, interaction.model);
  if (price == nullptr) return;
  const auto usage = json::parse(interaction.usage.text);
  if (!usage) return;
  const double prompt = count_of(&*usage, "prompt_tokens");
  const double completion = count_of(&*usage, "completion_tokens");
  if (prompt + completion == 0) return;
  const Value* const details = usage->find("prompt_tokens_details");
  const double cached = std::min(count_of(details, "cached_tokens"), prompt);
  const double written = std::min(count_of(details, "cache_write_tokens"), prompt - cached);
  const double dollars = (prompt - cached - written) * price->input +
                         cached * price->cached_input.value_or(price->input) +
                         written * price->cache_write.value_or(price->input) + completion * price->output;
  interaction.cost_usd = dollars * kPerMillion;
}

}  // namespace gleaner::gateway::exchange

// Recorded exchanges with model providers through the recorder: one JSON row a line on standard input, as
// gateway/exchange/testing/replay.h reads them, one a line out: {"outcome":"recorded","operation":true,"record":{...}}.
// tests/corpora/exchanges.py compares them with its own reading.
//
// Each answer is fed whole, byte by byte and in random pieces; it ends with an error if that changes anything, or if a
// record does not read back as it was written.
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

#include "base/json.h"
#include "gateway/exchange/testing/replay.h"

namespace {

using namespace gleaner;
using namespace gleaner::gateway::exchange;
using testing::Pieces;

[[noreturn]] void stop(std::string_view what, std::string_view row) {
  std::cerr << "replay_exchanges: " << what << "\n" << row << "\n";
  std::exit(1);
}

std::string answer(const json::Value& row, Pieces pieces, std::mt19937& random) {
  const testing::Replayed replayed = testing::replay(row, pieces, random);
  if (!replayed.broken.empty()) stop(replayed.broken, replayed.record);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("outcome", name_of(replayed.recorded.outcome));
  writer.field("operation", replayed.is_operation);
  if (!replayed.record.empty()) writer.key("record").raw(replayed.record);
  writer.end_object();
  return out;
}

}  // namespace

int main() {
  std::mt19937 random(20261122);
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto row = json::parse(line);
    if (!row) stop(row.error().message, line);
    const std::string whole = answer(*row, Pieces::kWhole, random);
    for (const Pieces pieces : {Pieces::kBytes, Pieces::kRandom, Pieces::kRandom}) {
      if (answer(*row, pieces, random) != whole) stop("chunking changes what is recorded", line);
    }
    std::cout << whole << "\n";
  }
}

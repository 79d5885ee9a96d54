// Generated chat interactions, as an application would send them: a system prompt out of a few, one to three turns of
// prose, lists, code and identifiers in four languages, and the usual facts about the call. Sizes spread 40 % either
// way around the mean. Concatenated, they compress about as well as real chat does (zstd level 1: 0.40 to 0.45), which
// `load --dump | zstd -1` checks.
//
// Thread contract: free functions, safe from any thread. Equal options give equal records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gleaner::bench {

struct PayloadOptions {
  size_t count = 512;
  size_t mean_bytes = 2700;
  std::string platform = "zapier";
  uint64_t seed = 20240229;
};

// A call to a chat model: what is asked, a JSON array of messages, and what is answered, a JSON string.
struct Exchange {
  std::string messages;
  std::string answer;
};

// The conversations of such records alone, `mean_bytes` counting what records have beside them.
std::vector<Exchange> render_exchanges(const PayloadOptions& options);

// JSON objects without white space between tokens, without an `id`, and without a line end.
std::vector<std::string> render_records(const PayloadOptions& options);

}  // namespace gleaner::bench

// What `load` was asked to do, from its command line.
//
// Thread contract: free functions and plain data, safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace gleaner::bench {

enum class Mode { kSingle, kNdjson, kChat };
enum class Ids { kNone, kUuid };

struct Options {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string key;
  std::string path;  // empty on the command line: what the mode calls for
  std::string platform = "zapier";
  size_t connections = 64;
  double seconds = 8;    // 0: until `records` are sent
  uint64_t records = 0;  // stop after as many; 0: no limit
  double rate = 0;       // records per second in open loop; 0: closed loop
  Mode mode = Mode::kSingle;
  size_t batch = 200;  // records in a request; 1 but with Mode::kNdjson
  std::string model = "gpt-4.1-mini";
  bool stream = false;
  Ids ids = Ids::kNone;
  size_t bytes = 2700;  // of one record's JSON, on average
  bool json = false;
  bool dump = false;
  bool help = false;
};

std::string_view usage();

// The error says which argument is wrong and what would be right.
std::expected<Options, std::string> parse_options(std::span<const char* const> arguments);

}  // namespace gleaner::bench

// OTLP requests on disk, as long as something of them is held in memory only (TraceReceiver). A file each, sealed with
// a key of the project, as they have not been redacted yet; gone once what became of them is stored.
//
//   folder/{number}.{t|v|l}{p|j}   traces, traces told in versions, or logs; protobuf or JSON
//
// Thread contract: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "gateway/otlp/response.h"

namespace gleaner::api {

// A request body and how to read it.
struct TraceRequest {
  gateway::otlp::SignalType type = gateway::otlp::SignalType::kTraces;
  gateway::otlp::Encoding encoding = gateway::otlp::Encoding::kProtobuf;
  std::string_view body;
  bool versions = false;  // traces that gateway/langfuse has made, whose spans are told in versions
};

class TraceJournal {
 public:
  TraceJournal(std::string folder, const Sha256& key) : folder_(std::move(folder)), key_(key) {}

  // On disk when it returns. Numbers ascend over the journal's life. Errors: kUnavailable.
  Result<uint64_t> append(const TraceRequest& request);
  // Those that an earlier process has left, in their order.
  Result<std::vector<uint64_t>> numbers();
  struct Kept {
    gateway::otlp::SignalType type;
    gateway::otlp::Encoding encoding;
    std::string body;
    bool versions = false;
    TraceRequest request() const { return {type, encoding, body, versions}; }
  };
  // Errors: kDataLoss for a file that cannot be unsealed, kUnavailable.
  Result<Kept> read(uint64_t number) const;
  void remove(uint64_t number);

 private:
  Result<std::string> path_of(uint64_t number) const;

  const std::string folder_;
  const Sha256 key_;
  uint64_t last_ = 0;
};

}  // namespace gleaner::api

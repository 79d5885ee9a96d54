// Sends requests and measures the answers: non-blocking sockets, one epoll, one thread, one request at a time on every
// keep-alive connection.
//
// Closed loop: a connection sends its next request when it has the answer to the last; latency counts from the first
// byte sent. Open loop: requests are due at fixed times whatever the server does, and latency counts from when a
// request was due, so a stall is charged to every request it delayed, sent late or never (no coordinated omission).
//
// An answer 429 or 503 is repeated on the same connection after 5 ms, with the same ids; its latency goes on counting.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "histogram.h"
#include "options.h"
#include "requests.h"

namespace gleaner::bench {

struct Figures {
  uint64_t requests = 0;  // answered with 2xx
  uint64_t records = 0;   // in those requests, without the rejected
  uint64_t bytes = 0;     // JSON of those records
  double seconds = 0;     // from the start to the last answer
  uint64_t non_2xx = 0;   // answers other than 2xx, 429 and 503
  uint64_t errors = 0;    // connections that broke, answers that could not be read or did not come
  uint64_t retried = 0;   // answers 429 and 503
  uint64_t rejected = 0;  // records the answers to batches call rejected
  uint64_t unsent = 0;    // open loop: requests that were due and for which no connection became free
  uint64_t events = 0;    // of streams that came to their end
  Histogram latency;      // of answered and of unsent requests
  Histogram head;         // of answered requests, until the answer began
  std::string failure;    // the first error or answer that was not 2xx
};

// Blocks until the time or the records are used up and the last answers are in, at most 3 s more.
// Errors: the server cannot be reached, in words.
std::expected<Figures, std::string> run_load(const Options& options, RequestPool& pool);

}  // namespace gleaner::bench

// Finds out which exchanges belong together when clients do not say: a request that begins with an earlier request's
// messages and its answer goes on with that session, and so do the turns of a tool loop. Of the responses API, whose
// clients may send only what is new, it restores what was said before.
//
// The idea is a hash chain: each message is reduced to what it says (role, texts, tool calls, images), and hashed with
// the hash of the messages before it. What stands at the end of an exchange, answer included, is remembered with its
// session; a new request looks its own prefixes up, the longest first. Messages of system and developer are left out of
// the chain, because applications put the time of day into them. Projects and users never share a chain.
//
// A new session's id is "s_" and 32 hexadecimal digits of an HMAC of its first exchange, so that the same exchange
// gives the same id wherever and whenever it is recorded. All else is in memory: after a restart a conversation that
// goes on becomes a session of its own, once, and what a server had kept is marked `partial` in the metadata.
//
// A session the client names wins, and is remembered for requests that go on without naming it.
//
// Thread contract: safe from any thread. Deterministic for a sequence of calls.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/exchange/recorder.h"

namespace gleaner::gateway::exchange {

struct StitcherOptions {
  // Keys the ids that are made, so that nobody else can tell from an id what was said. The same id needs the same one.
  std::string secret;
  size_t max_exchanges = 200'000;                   // ends of exchanges that are remembered; some 150 bytes each
  size_t max_message_bytes = size_t{64} << 20;      // messages of the responses API that are remembered, in all
  size_t max_conversation_bytes = size_t{4} << 20;  // of one conversation; what is longer is remembered without them
};

class SessionStitcher {
 public:
  explicit SessionStitcher(StitcherOptions options = {});
  ~SessionStitcher();
  SessionStitcher(const SessionStitcher&) = delete;
  SessionStitcher& operator=(const SessionStitcher&) = delete;

  // Sets session_id where there is none, puts restored messages in front of the request's own, and remembers the
  // exchange. To be called once for each recorded exchange, when it has ended. Anything but Outcome::kRecorded is left
  // alone.
  void stitch(std::string_view project, Recorded& recorded);

 private:
  struct Memory;
  StitcherOptions options_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace gleaner::gateway::exchange

// One exchange with a model provider, as it passes by, and the interaction it becomes: the request, the head of the
// response, its body piece by piece, and how it ended. docs/proxy.md says what of each API is recorded where.
//
//   Recorder recorder({.api = Api::kOpenAi, .provider = "openai", .method = "POST", .path = "v1/chat/completions",
//   ...},
//                     clock.now(), steady_clock::now());
//   recorder.head(200, response_headers);
//   recorder.body(piece, steady_clock::now());  // as often as pieces come; cheap, also for streams
//   Recorded recorded = recorder.finish(End::kComplete, {}, steady_clock::now());
//   if (recorded.outcome == Outcome::kRecorded) { stitcher.stitch(project, recorded); prices.set_cost(...); ... }
//
// Nothing here fails: what cannot be read is left out, and what was recorded says so. What comes out keeps the rules
// that record/codec.h checks. The request is not looked into before finish(), so that making a Recorder and head() take
// no time to speak of; finish() may run on another thread than the rest.
//
// Thread contract: a Recorder belongs to one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "gateway/exchange/headers.h"
#include "record/interaction.h"

namespace gleaner::gateway::exchange {

// Whose shapes an upstream speaks where its path alone does not tell.
enum class Api : uint8_t { kOpenAi, kAnthropic };

// What a request asks for. Everything else is passed through unread.
enum class Operation : uint8_t { kNone, kChatCompletions, kResponses, kCompletions, kEmbeddings, kMessages };

// By the end of the path, so that "v1/chat/completions", "openai/deployments/x/chat/completions" and "chat/completions"
// are the same. Only POST asks for anything that is recorded.
Operation operation_of(Api api, std::string_view method, std::string_view path);

struct Request {
  Api api = Api::kOpenAi;
  std::string provider;  // the upstream's name
  std::string method;
  std::string path;   // below the upstream's base, with or without a slash in front
  std::string query;  // as it stands behind the "?"
  Headers headers;    // as the client sent them, names in lower case; telling_headers() of them will do
  std::string body;   // decompressed
};

struct RecorderOptions {
  // Of an answer, or a single event of a stream. What is longer is not kept, and metadata.answer_not_kept says so.
  size_t max_answer_bytes = size_t{16} << 20;
  // Embeddings are usually counted only: vectors teach nothing, what they are made of is stored elsewhere, and a
  // thousand of them for every chat would drown what statistics say. If they are recorded, then without vectors.
  bool record_embeddings = false;
};

enum class End : uint8_t {
  kComplete,     // the response came to its end
  kUpstreamCut,  // the connection to the upstream broke, or it broke HTTP's rules
  kClientGone,   // the client went away before
  kUnreachable,  // no response: not connected, refused, timed out
};

enum class Outcome : uint8_t {
  kRecorded,
  kNoOperation,  // some other path
  kNoStore,      // the client asked not to: x-gleaner-no-store, helicone-omit-*
  kEmbedding,    // counted only
  kNothingSaid,  // neither a readable question nor an answer
};
std::string_view name_of(Outcome outcome);

// A message as it counts for finding what goes on with what: see session_stitcher.h.
struct Turn {
  Hash128 hash;
  bool is_answer = false;
};

// What finish() gives. The members behind `streamed` are what the SessionStitcher needs besides the interaction.
struct Recorded {
  Outcome outcome = Outcome::kNoOperation;
  Operation operation = Operation::kNone;
  record::Interaction interaction;  // only of kRecorded; without `id`, unless the client gave one
  bool streamed = false;

  std::vector<Turn> turns;  // of the messages, without those of system and developer
  std::optional<Hash128> answer;

  std::string response_id;           // the provider's
  std::string previous_response_id;  // of the responses API: what the server went on from
  std::string conversation_id;       // the same, with a name of its own
  size_t instructions = 0;           // how many of the messages in front stood in `instructions`, which servers forget
};

class Recorder {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // `created_at` and `sent` are the same moment by two clocks: when the request went to the upstream.
  Recorder(Request request, Time created_at, Instant sent, RecorderOptions options = {});
  Recorder(Recorder&&) noexcept;
  Recorder& operator=(Recorder&&) noexcept;
  ~Recorder();

  Operation operation() const;
  // Whether the end of the answer was seen ([DONE], message_stop, response.completed), so that who goes away now misses
  // nothing: finish() then takes any end for kComplete.
  bool saw_end() const;

  // The head of the response; names of headers in lower case. At most once.
  void head(int status, const Headers& headers);
  // More of the body, without its content-encoding (gateway/exchange/content_decoder.h). `at`: when it came.
  void body(std::string_view piece, Instant at);
  // The body could not be decoded from here on; what came is kept.
  void undecodable(std::string_view reason);

  // `reason`: what the transport says of an end that is not kComplete. The recorder is empty afterwards.
  Recorded finish(End end, std::string_view reason, Instant at);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gleaner::gateway::exchange

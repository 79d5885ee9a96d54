// Requests, answers and streams of model providers. The input is a byte that says which API and how it ends, a request,
// a line of "---", and the answer. Whatever the bytes, the record can be stored, how the answer is cut changes nothing,
// and what filters and decoders do to it has bounds.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "gateway/exchange/content_decoder.h"
#include "gateway/exchange/prices.h"
#include "gateway/exchange/recorder.h"
#include "gateway/exchange/session_stitcher.h"
#include "gateway/exchange/stream_usage.h"
#include "record/codec.h"
#include "target.h"

using gleaner::fuzz::require;
namespace exchange = gleaner::gateway::exchange;
namespace record = gleaner::record;

namespace {

constexpr std::array<std::string_view, 5> kPaths = {"v1/chat/completions", "v1/completions", "v1/responses",
                                                    "v1/messages", "v1/embeddings"};
constexpr size_t kMaxAnswer = 4096;  // small, so that it is met

struct Input {
  uint8_t choice = 0;
  std::string_view request;
  std::string_view answer;
};

Input input_of(std::string_view bytes) {
  constexpr std::string_view kBetween = "\n---\n";
  Input input;
  if (bytes.empty()) return input;
  input.choice = static_cast<uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  const size_t between = bytes.find(kBetween);
  input.request = bytes.substr(0, between);
  if (between != std::string_view::npos) input.answer = bytes.substr(between + kBetween.size());
  return input;
}

exchange::Recorded recorded(const Input& input, size_t piece) {
  exchange::Request request;
  request.api = exchange::Api::kAnthropic;
  request.provider = "fuzz";
  request.method = "POST";
  request.path = kPaths[input.choice % kPaths.size()];
  request.body = input.request;
  const exchange::Recorder::Instant now{};
  exchange::Recorder recorder(std::move(request), gleaner::from_ms(0), now,
                              {.max_answer_bytes = kMaxAnswer, .record_embeddings = true});
  const int variant = input.choice / static_cast<int>(kPaths.size());
  const char* const type = variant % 2 == 0 ? "text/event-stream" : "application/json";
  if (variant % 8 != 7) recorder.head(variant % 4 < 3 ? 200 : 500, {{"content-type", type}});
  for (size_t at = 0; at < input.answer.size(); at += piece) recorder.body(input.answer.substr(at, piece), now);
  return recorder.finish(static_cast<exchange::End>(variant / 8 % 4), "reason", now);
}

std::string stored(const exchange::Recorded& recorded) {
  if (recorded.outcome != exchange::Outcome::kRecorded) return std::string(name_of(recorded.outcome));
  std::string text;
  record::encode(recorded.interaction, text);
  const auto again = record::Decoder().interaction(text);
  require(again.has_value(), "a record can be read again");
  std::string written;
  record::encode(*again, written);
  require(written == text, "a record reads back as it was");
  require(recorded.interaction.succeeded() == recorded.interaction.error.empty(), "who fails says why");
  return text;
}

std::string filtered(std::string_view answer, size_t piece) {
  exchange::UsageFilter filter;
  std::string out;
  for (size_t at = 0; at < answer.size(); at += piece) filter.filter(answer.substr(at, piece), out);
  filter.finish(out);
  require(out.size() <= answer.size(), "a filter adds nothing");
  return out;
}

void check_wish(std::string_view request) {
  constexpr auto kOperation = exchange::Operation::kChatCompletions;
  const auto asking = with_usage_asked(kOperation, request);
  require(asking.has_value() == (usage_wish(kOperation, request) == exchange::UsageWish::kNotAsked), "asked once");
  if (asking) require(usage_wish(kOperation, *asking) == exchange::UsageWish::kAsked, "who is asked knows it");
}

void check_decoding(std::string_view bytes) {
  for (const char* const encoding : {"gzip", "deflate", "br", "zstd", "gzip, br"}) {
    std::string all;
    for (const size_t piece : {bytes.size() + 1, size_t{1}}) {
      auto decoder = exchange::ContentDecoder::make(encoding, kMaxAnswer);
      require(decoder.has_value(), "an encoding that is known");
      std::string out;
      bool good = true;
      for (size_t at = 0; good && at < bytes.size(); at += piece) {
        good = decoder->decode(bytes.substr(at, piece), out).has_value();
      }
      require(out.size() <= kMaxAnswer, "no more than was allowed");
      if (piece > 1) all = good ? out : std::string();
      if (piece == 1 && good && !all.empty()) require(out == all, "how a body is cut changes nothing");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = gleaner::fuzz::text_of(data, size);
  const Input input = input_of(bytes);
  exchange::Recorded one = recorded(input, input.answer.size() + 1);
  const std::string text = stored(one);
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{61}}) {
    require(stored(recorded(input, piece)) == text, "how an answer is cut changes nothing");
  }
  exchange::SessionStitcher stitcher({.secret = "s", .max_message_bytes = 2048, .max_conversation_bytes = 1024});
  stitcher.stitch("p", one);
  exchange::PriceTable({{.model = "", .provider = "", .input = 1, .output = 2}}).set_cost(one.interaction);
  const std::string stitched = stored(one);
  for (int again = 0; again < 2 && one.outcome == exchange::Outcome::kRecorded; ++again) {
    exchange::Recorded same = recorded(input, input.answer.size() + 1);
    stitcher.stitch("p", same);
    stored(same);
    if (same.previous_response_id.empty() && same.conversation_id.empty()) {
      require(same.interaction.session_id == one.interaction.session_id, "the same exchange is of the same session");
    }
  }
  require(filtered(input.answer, 1) == filtered(input.answer, input.answer.size() + 1), "how a stream is cut ...");
  check_wish(input.request);
  check_decoding(input.answer);
  require(exchange::PriceTable::parse(bytes).has_value() || size > 0, "no rows are no mistake");
  return 0;
}

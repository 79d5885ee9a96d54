#include "gateway/exchange/sse.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace gleaner::gateway::exchange {
namespace {

using ::testing::ElementsAre;
using Events = std::vector<std::string>;

Events events_of(std::string_view stream, size_t piece, size_t max_bytes = 1000, size_t* too_large = nullptr) {
  Events events;
  SseParser parser(max_bytes);
  const auto note = [&](std::string_view type, std::string_view data) {
    events.push_back(std::string(type) + "|" + std::string(data));
  };
  for (size_t at = 0; at < stream.size(); at += piece) parser.feed(stream.substr(at, piece), note);
  parser.finish(note);
  if (too_large != nullptr) *too_large = parser.too_large();
  return events;
}

TEST(Sse, ReadsEventsHoweverLinesEndAndPiecesAreCut) {
  const std::string lf =
      "\xef\xbb\xbf: a comment\n\nevent: a\ndata: one\n\ndata:two\ndata:  three\nid: 7\nretry: 5\nother\n\n\n"
      "event: lost\n\ndata: last";
  for (const char* const ending : {"\n", "\r", "\r\n"}) {
    std::string stream;
    for (const char c : lf) stream += c == '\n' ? std::string(ending) : std::string(1, c);
    for (size_t piece = 1; piece <= stream.size(); ++piece) {
      EXPECT_THAT(events_of(stream, piece), ElementsAre("a|one", "|two\n three", "|last")) << piece;
    }
  }
}

TEST(Sse, PassesOverWhatIsTooLarge) {
  const std::string stream =
      "data: " + std::string(50, 'x') + "\n\ndata: ok\n\ndata: 1234567\ndata: 1234567\ndata: 1234567\n\n";
  for (const size_t piece : {size_t{1}, size_t{7}, stream.size()}) {
    size_t too_large = 0;
    EXPECT_THAT(events_of(stream, piece, 20, &too_large), ElementsAre("|ok")) << piece;
    EXPECT_EQ(too_large, 2U);
  }
}

}  // namespace
}  // namespace gleaner::gateway::exchange

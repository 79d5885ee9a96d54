#include "http/parser.h"

#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gleaner::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

// Feeds `text` as it would come in pieces that end at each of `cuts`: what is not used stays for the next time.
template <typename Parser>
ErrorCode feed(Parser& parser, std::string_view text, std::initializer_list<size_t> cuts) {
  ErrorCode error;
  size_t used = 0;
  const auto put = [&](size_t end) {
    while (used < end && !parser.is_done()) {
      const size_t n = parser.put(boost::asio::buffer(text.data() + used, end - used), error);
      used += n;
      if (error == boost::beast::http::error::need_more) error = {};
      if (error || n == 0) return;
    }
  };
  for (const size_t cut : cuts) {
    put(cut);
    if (error) return error;
  }
  put(text.size());
  return error;
}

constexpr std::string_view kRequest =
    "POST /a%20b?c HTTP/1.1\r\nHost: x\r\nX-Folded: one\r\n  two\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;name=value\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: no\r\n\r\n";

TEST(RequestParser, ReadsARequestHoweverItIsCut) {
  for (size_t first = 1; first < kRequest.size(); ++first) {
    for (size_t second = first; second < kRequest.size(); ++second) {
      Request request;
      RequestParser parser(request);
      parser.eager(true);
      ASSERT_FALSE(feed(parser, kRequest, {first, second})) << first << " " << second;
      ASSERT_TRUE(parser.is_done()) << first << " " << second;
      EXPECT_EQ(request.method, "POST");
      EXPECT_EQ(request.target, "/a%20b?c");
      EXPECT_EQ(request.body, "abcde");
      EXPECT_THAT(request.headers,
                  ElementsAre(Pair("host", "x"), Pair("x-folded", "one two"), Pair("transfer-encoding", "chunked")));
    }
  }
}

// The last chunk in three pieces.
TEST(RequestParser, ReadsAnEndThatComesByteByByte) {
  constexpr std::string_view kEmpty = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  Request request;
  RequestParser parser(request);
  parser.eager(true);
  ASSERT_FALSE(feed(parser, kEmpty, {kEmpty.size() - 2, kEmpty.size() - 1}));
  EXPECT_TRUE(parser.is_done());
}

TEST(RequestParser, KnowsTheVersion) {
  for (const bool new_one : {false, true}) {
    Request request;
    RequestParser parser(request);
    ASSERT_FALSE(feed(parser, new_one ? "GET / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.0\r\n\r\n", {}));
    EXPECT_EQ(parser.is_http11(), new_one);
    EXPECT_EQ(parser.keep_alive(), new_one);
  }
}

TEST(ResponseParser, ReadsAnAnswerHoweverItIsCut) {
  constexpr std::string_view kAnswer =
      "HTTP/1.1 429 Slow Down\r\nX-Request-ID: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\nX-Trailer: no\r\n\r\n";
  for (size_t first = 1; first < kAnswer.size(); ++first) {
    for (size_t second = first; second < kAnswer.size(); ++second) {
      ResponseParser parser;
      std::string body;
      parser.body_to(body);
      parser.eager(true);
      ASSERT_FALSE(feed(parser, kAnswer, {first, second})) << first << " " << second;
      ASSERT_TRUE(parser.is_done()) << first << " " << second;
      EXPECT_EQ(parser.status(), 429);
      EXPECT_EQ(parser.reason(), "Slow Down");
      EXPECT_EQ(body, "hello");
      EXPECT_THAT(parser.headers(), ElementsAre(Pair("x-request-id", "7"), Pair("transfer-encoding", "chunked")));
      EXPECT_EQ(parser.name_as_sent(0), "X-Request-ID");
    }
  }
}

TEST(ResponseParser, ReadsAnEndThatComesByteByByte) {
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
  ResponseParser parser;
  std::string body;
  parser.body_to(body);
  parser.eager(true);
  ASSERT_FALSE(feed(parser, kAnswer, {kAnswer.size() - 2, kAnswer.size() - 1}));
  EXPECT_TRUE(parser.is_done());
  EXPECT_EQ(body, "hi");
}

}  // namespace
}  // namespace gleaner::http

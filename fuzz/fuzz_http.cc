// What a request line becomes: percent-decoding, query parameters and the router. (The wire's grammar is
// Boost.Beast's.)
#include "http/message.h"
#include "http/router.h"
#include "target.h"

using gleaner::fuzz::require;
namespace http = gleaner::http;

namespace {

http::Router make_router() {
  http::Router router;
  for (const char* const pattern :
       {"/", "/v1/interactions", "/v1/interactions/{id}", "/v1/projects/{project}/keys/{key}", "/a/{b}/c"}) {
    router.add({.method = "GET", .pattern = pattern});
    router.add({.method = "POST", .pattern = pattern});
  }
  return router;
}

// The pattern with its {...} replaced again by what they matched.
std::string filled(std::string_view pattern, const std::vector<std::string>& params) {
  std::string path;
  size_t used = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      path += pattern[i];
      continue;
    }
    i = pattern.find('}', i);
    require(used < params.size(), "every {...} matched something");
    path += params[used++];
  }
  require(used == params.size(), "nothing else did");
  return path;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789aBcDeF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

void check_decoding(std::string_view text) {
  for (const bool plus_is_space : {false, true}) {
    const auto decoded = http::percent_decode(text, plus_is_space);
    if (text.find('%') == std::string_view::npos)
      require(decoded && decoded->size() == text.size(), "only % is special");
    if (decoded) require(decoded->size() <= text.size(), "decoding does not grow");
    require(http::percent_decode(percent_encoded(text), plus_is_space) == text, "every byte can be written");
  }
}

void check_query(std::string_view text) {
  http::Request request;
  request.query = text;
  (void)request.query_param("limit");
  (void)request.query_param("");
  const std::string encoded = percent_encoded(text);
  request.query = "a=1&" + encoded + "b=" + encoded + "&c";
  require(request.query_param("a") == "1" && request.query_param("c") == "", "neighbours are found");
  require(request.query_param(std::string(text) + "b") == text || text.empty(), "an encoded name and value come back");
}

void check_routing(std::string_view path) {
  static const http::Router router = make_router();
  const auto get = router.match("GET", path);
  const auto put = router.match("PUT", path);
  require(put.route == nullptr, "only methods that were added match");
  require((get.route != nullptr) == !put.allow.empty(), "a path that is there says which methods it has");
  if (get.route == nullptr) return;
  const std::string same = filled(get.route->pattern, get.params);
  require(path == same || path == same + "/", "the parameters are the path's");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  check_decoding(text);
  check_query(text);
  check_routing(text);
  check_routing(std::string("/v1/interactions/").append(text));
  check_routing(std::string("/v1/projects/").append(text));
  return 0;
}

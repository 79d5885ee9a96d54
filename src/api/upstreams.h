// The upstreams that the proxy passes on to, by name, from the setting `upstreams`:
//
//   "vllm=http://127.0.0.1:8000, claude:anthropic=https://gateway.example.com/anthropic"
//
// NAME=URL, or NAME:API=URL where the API is openai or anthropic, or litellm or helicone for such a proxy, which speaks
// like openai and gets the headers that are meant for it; without one it is the name's, else openai. The URL is
// what stands before "/v1" in a client's base URL. `openai` and `anthropic` are there without being named.
//
// Read-only once made: safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/exchange/headers.h"
#include "gateway/exchange/recorder.h"
#include "http/forward.h"

namespace gleaner::api {

struct NamedUpstream {
  gateway::exchange::Api api = gateway::exchange::Api::kOpenAi;
  std::shared_ptr<const http::Upstream> to;
  gateway::exchange::Upstream takes = gateway::exchange::Upstream::kProvider;  // which headers
};

using Upstreams = std::map<std::string, NamedUpstream, std::less<>>;

// Errors: kInvalidArgument, naming the entry.
Result<Upstreams> parse_upstreams(std::string_view setting);

}  // namespace gleaner::api

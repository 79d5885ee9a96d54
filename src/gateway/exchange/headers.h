// What headers of a request say about it (platform, session, user, tags ...), in Gleaner's own and in other proxies'
// words, and which headers pass between client and upstream. One table each, in headers.cc; docs/proxy.md shows them.
//
// The project is not among them: it is that of the API key. Names are in lower case throughout. Secrets (authorization,
// x-api-key, api-key, cookies) pass, and nothing here ever copies them into a record.
//
// Pure functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/headers.h"
#include "base/json.h"

namespace gleaner::gateway::exchange {

// What the client says about its request. Everything fits the fields of an interaction: what does not is left out,
// except that ids which are too long become a digest of themselves.
struct Labels {
  std::string id;  // x-gleaner-interaction-id, helicone-request-id
  std::string platform;
  std::string kind;
  std::string session_id;
  std::string user_id;
  std::vector<std::string> tags;  // at most 64, each once
  std::string intent;
  std::string experiment;
  std::string variant;
  json::Value metadata = json::Value::object();
  bool no_store = false;
};
Labels read_labels(const Headers& headers);

// Those headers of a request that read_labels() and add_request_facts() look at.
Headers telling_headers(const Headers& headers);

// Adds what `headers` of the request say besides that belongs into metadata: how often the client has tried before.
void add_request_facts(const Headers& headers, json::Value& metadata);

// Adds what `headers` of the response say that belongs into metadata (the provider's request id, its time), and the
// cost that a LiteLLM proxy names.
void add_response_labels(const Headers& headers, json::Value& metadata, std::optional<double>& cost_usd);

// Whether some other proxy is the upstream: it then gets the headers that are meant for it.
enum class Upstream { kProvider, kProxy };

// The request's headers for the upstream, in their order: without x-gleaner-*, what is meant for a peer (unless the
// upstream is one), hop-by-hop headers, host, content-length and expect, which the transport sets.
Headers headers_for_upstream(const Headers& headers, Upstream upstream = Upstream::kProvider);

// The request's headers for another upstream than the client means: what belongs to the content and to the API's
// version. Credentials, organisations, cookies and what else the client tells its own provider are not among them.
Headers headers_for_another(const Headers& headers);

}  // namespace gleaner::gateway::exchange

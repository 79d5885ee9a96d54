// Where a call of the proxy goes: where it asks to, or where a route (config/routes.h) sends its share; and which calls
// are made beside it.
//
// Thread contract: immutable once made, safe from any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/upstreams.h"
#include "base/secret.h"
#include "config/routes.h"
#include "gateway/exchange/call_facts.h"

namespace gleaner::api {

// How a call is made. Of one that goes where it asks to only `provider`, `upstream` and perhaps the labels are set.
struct CallPlan {
  std::string provider;
  NamedUpstream upstream;
  bool elsewhere = false;  // another upstream than the client's: its credentials are not for there
  std::string model;       // instead of the one in the body; empty: none
  Secret key;              // the upstream's; empty: none is added
  // What is recorded of it.
  std::string experiment;
  std::string variant;
};

struct Routing {
  CallPlan call;
  std::vector<CallPlan> shadows;
};

class CallRouting {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  CallRouting() = default;
  // Errors: kInvalidArgument for an upstream that is not there or speaks another API than the route's, or a key that
  // `environment` does not have.
  static Result<CallRouting> make(std::vector<config::Route> routes, const Upstreams& upstreams,
                                  const Environment& environment);

  // Whether any route is about this upstream: only then the rest has to be known.
  bool concerns(std::string_view upstream) const;
  // `id`: the interaction's; a call that belongs to nobody, and shadow calls, are drawn by it. The first route that
  // fits counts.
  Routing decide(std::string_view upstream, const NamedUpstream& asked, std::string_view project,
                 const gateway::exchange::CallFacts& facts, std::string_view id) const;

 private:
  struct Variant {
    CallPlan plan;
    double share = 0;
  };
  struct Route {
    config::Route rule;
    std::vector<double> shares;  // of split
    std::vector<Variant> split;
    std::vector<Variant> shadows;
  };
  std::vector<Route> routes_;
};

}  // namespace gleaner::api

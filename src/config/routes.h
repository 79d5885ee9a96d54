// The file of the setting `routes_file`: which calls of the proxy go elsewhere than they ask to, and which are made a
// second time in the background. docs/proxy.md describes it.
//
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gleaner::config {

// One way to answer the calls of a route.
struct RouteVariant {
  std::string name;
  double share = 0;      // of the calls, above 0 and at most 1
  std::string upstream;  // empty: the one that was asked
  std::string model;     // empty: the one that was asked for
  std::string key_env;   // the environment variable with the upstream's key; empty: none is added
};

struct Route {
  std::string experiment;
  std::string upstream;             // what the calls ask for
  std::string model;                // the same; with a * at its end all that begin so; empty: any
  std::string project;              // empty: any
  std::string control = "control";  // the variant of calls that go where they ask to
  std::vector<RouteVariant> split;  // shares add up to 1 at most
  std::vector<RouteVariant> shadows;
};

// `origin` is the file's name, for messages. Errors: kInvalidArgument, naming the line and what would be right.
Result<std::vector<Route>> parse_routes(std::string_view text, const std::string& origin);

}  // namespace gleaner::config

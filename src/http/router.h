// Which handler answers what. Filled at start, read-only afterwards: safe from any thread then.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace gleaner::http {

struct Route {
  std::string method;  // "*" for any
  std::string
      pattern;  // "/v1/interactions/{id}": a {...} stands for one path segment, {*} at the end for all that follow
  Scope scope = Scope::kNone;
  bool open = false;  // needs no credential at all
  // Handlers that wait for the disk run on a worker thread; the others must not block.
  bool blocking = false;
  Handler handler;
  // People may use it, whatever its scope; its handler sees to it that they get at nobody else's. So may feedback
  // tokens where it is an ingest route, and its handler sees to it that they speak about their interaction only.
  bool people = false;
  // It may take minutes: it runs aside, on threads that nobody else waits for, whatever `blocking` says.
  bool lengthy = false;
  // The handler gets the body as it was sent, compressed or not.
  bool as_sent = false;
};

class Router {
 public:
  void add(Route route) { routes_.push_back(std::move(route)); }
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;
    std::vector<std::string> params;
    // The methods of the path, when the path exists and the method does not.
    std::string allow;
  };
  Match match(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace gleaner::http

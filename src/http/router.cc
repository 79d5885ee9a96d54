#include "http/router.h"

namespace gleaner::http {
namespace {

std::string_view next_segment(std::string_view& path) {
  const size_t end = path.find('/');
  const std::string_view segment = path.substr(0, end);
  path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  return segment;
}

constexpr std::string_view kRest = "{*}";

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& params) {
  params.clear();
  if (pattern.find('{') == std::string_view::npos) return pattern == path;
  const bool open_end = pattern.ends_with(kRest);
  if (path.ends_with('/') && !open_end) return false;
  while (!pattern.empty() && !path.empty()) {
    if (pattern == kRest) return true;
    const std::string_view expected = next_segment(pattern);
    const std::string_view actual = next_segment(path);
    if (expected.starts_with('{')) {
      if (actual.empty()) return false;
      params.emplace_back(actual);
    } else if (expected != actual) {
      return false;
    }
  }
  return (pattern.empty() && path.empty()) || pattern == kRest;
}

}  // namespace

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  for (const Route& route : routes_) {
    if (!matches(route.pattern, path, match.params)) continue;
    if (route.method == method || route.method == "*") {
      match.route = &route;
      return match;
    }
    match.allow += match.allow.empty() ? route.method : ", " + route.method;
  }
  return match;
}

}  // namespace gleaner::http

#include "http/forward.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::http {

std::string Upstream::authority() const {
  const bool usual = port == (tls ? 443 : 80);
  const std::string name = host.contains(':') ? "[" + host + "]" : host;
  return usual ? name : fmt::format("{}:{}", name, port);
}

Result<Upstream> parse_upstream(std::string_view url) {
  const auto wrong = [&] {
    return fail(Code::kInvalidArgument, fmt::format("expected a URL such as https://api.example.com/base, got \"{}\"",
                                                    excerpt(printable(url))));
  };
  Upstream upstream;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    upstream.tls = true;
  } else if (!rest.starts_with("http://")) {
    return wrong();
  }
  rest.remove_prefix(upstream.tls ? 8 : 7);
  const size_t slash = std::min(rest.find('/'), rest.size());
  upstream.base = rest.substr(slash);
  while (upstream.base.ends_with('/')) upstream.base.pop_back();
  std::string_view authority = rest.substr(0, slash);
  if (authority.contains('@') || rest.find_first_of("?# \r\n") != std::string_view::npos) return wrong();
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return wrong();
    upstream.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    upstream.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (upstream.host.empty()) return wrong();
  upstream.port = upstream.tls ? 443 : 80;
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), upstream.port);
    if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || upstream.port == 0)
      return wrong();
  }
  return upstream;
}

bool is_hop_by_hop(const Headers& headers, std::string_view name) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "connection",          "http2-settings",   "keep-alive", "proxy-authenticate",
      "proxy-authorization", "proxy-connection", "te",         "trailer",
      "transfer-encoding",   "upgrade"};
  if (std::ranges::find(kNames, name) != kNames.end()) return true;
  for (const auto& [header, value] : headers) {
    if (header != "connection") continue;
    for (std::string_view rest = value; !rest.empty();) {
      const size_t comma = std::min(rest.find(','), rest.size());
      if (ascii_lower(trim(rest.substr(0, comma))) == name) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace gleaner::http

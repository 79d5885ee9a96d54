#include "api/upstreams.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::api {
namespace {

using gateway::exchange::Api;
using Headers = gateway::exchange::Upstream;

constexpr std::string_view kUsual = "openai=https://api.openai.com,anthropic=https://api.anthropic.com";

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Status add(std::string_view entry, Upstreams& out) {
  const auto wrong = [&](std::string_view what) {
    return fail(Code::kInvalidArgument, fmt::format("upstreams: \"{}\": {}", excerpt(printable(entry)), what));
  };
  const size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return wrong("expected NAME=URL or NAME:API=URL");
  std::string_view name = trim(entry.substr(0, equals));
  std::string_view api = name == "anthropic" ? "anthropic" : "openai";
  if (const size_t colon = name.find(':'); colon != std::string_view::npos) {
    api = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  if (!is_name(name)) return wrong("expected a name of a to z, 0 to 9, -, _ and .");
  const bool is_proxy = api == "litellm" || api == "helicone";
  if (api != "openai" && api != "anthropic" && !is_proxy)
    return wrong("expected openai, anthropic, litellm or helicone behind the colon");
  auto url = http::parse_upstream(trim(entry.substr(equals + 1)));
  if (!url) return wrong(url.error().message);
  out[std::string(name)] = {api == "anthropic" ? Api::kAnthropic : Api::kOpenAi,
                            std::make_shared<const http::Upstream>(*std::move(url)),
                            is_proxy ? Headers::kProxy : Headers::kProvider};
  return {};
}

}  // namespace

Result<Upstreams> parse_upstreams(std::string_view setting) {
  Upstreams out;
  for (std::string_view rest : {kUsual, setting}) {
    while (!trim(rest).empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view entry = trim(rest.substr(0, comma));
      if (!entry.empty()) TRY(add(entry, out));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return out;
}

}  // namespace gleaner::api

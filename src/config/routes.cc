#include "config/routes.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace gleaner::config {
namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr double kRounding = 1e-9;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; });
}

class Reader {
 public:
  explicit Reader(std::string origin) : origin_(std::move(origin)) {}

  Result<std::vector<Route>> read(const toml::table& root) {
    TRY(known(root, {"route"}));
    std::vector<Route> routes;
    std::set<std::string> names;
    TRY(each_table(root, "route", [&](const toml::table& table) -> Status {
      TRY_ASSIGN(Route route, read_route(table));
      if (!names.insert(route.experiment).second)
        return wrong(table, fmt::format("a second experiment \"{}\"", route.experiment));
      routes.push_back(std::move(route));
      return {};
    }));
    return routes;
  }

 private:
  std::unexpected<Error> wrong(const toml::node& node, std::string_view what) const {
    return fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", origin_, node.source().begin.line, what));
  }

  Status known(const toml::table& table, std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : table) {
      if (std::ranges::find(keys, key.str()) == keys.end())
        return wrong(node, fmt::format("\"{}\" is not known here; expected {}", key.str(), fmt::join(keys, ", ")));
    }
    return {};
  }

  template <typename Read>
  Status each_table(const toml::table& table, std::string_view key, Read read) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return {};
    const auto* const list = node->as_array();
    if (list == nullptr) return wrong(*node, fmt::format("expected [[{}]]", key));
    for (const toml::node& item : *list) {
      if (!item.is_table()) return wrong(item, fmt::format("expected [[{}]]", key));
      TRY(read(*item.as_table()));
    }
    return {};
  }

  // Leaves `out` as it is where the key is absent.
  Status text(const toml::table& table, std::string_view key, std::string& out) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return {};
    const auto* const value = node->as_string();
    if (value == nullptr || !is_name(value->get()))
      return wrong(*node, fmt::format("{}: expected a name without spaces, of at most {} bytes", key, kMaxNameBytes));
    out = value->get();
    return {};
  }

  Status needed(const toml::table& table, std::string_view key, std::string& out) const {
    if (!table.contains(key)) return wrong(table, fmt::format("\"{}\" is missing", key));
    return text(table, key, out);
  }

  Result<Route> read_route(const toml::table& table) {
    TRY(known(table, {"experiment", "upstream", "model", "project", "control", "split", "shadow"}));
    Route route;
    TRY(needed(table, "experiment", route.experiment));
    TRY(needed(table, "upstream", route.upstream));
    TRY(text(table, "model", route.model));
    TRY(text(table, "project", route.project));
    TRY(text(table, "control", route.control));
    std::set<std::string> names = {route.control};
    double shares = 0;
    const auto into = [&](std::vector<RouteVariant>& list) {
      return [&](const toml::table& each) -> Status {
        TRY_ASSIGN(RouteVariant variant, read_variant(each));
        if (!names.insert(variant.name).second)
          return wrong(each, fmt::format("a second variant \"{}\"", variant.name));
        list.push_back(std::move(variant));
        return {};
      };
    };
    TRY(each_table(table, "split", into(route.split)));
    TRY(each_table(table, "shadow", into(route.shadows)));
    for (const RouteVariant& variant : route.split) shares += variant.share;
    if (shares > 1 + kRounding) return wrong(table, "the shares of [[route.split]] add up to more than 1");
    if (route.split.empty() && route.shadows.empty())
      return wrong(table, "expected a [[route.split]] or a [[route.shadow]]");
    return route;
  }

  Result<RouteVariant> read_variant(const toml::table& table) const {
    TRY(known(table, {"variant", "share", "upstream", "model", "key_env"}));
    RouteVariant variant;
    TRY(needed(table, "variant", variant.name));
    TRY(text(table, "upstream", variant.upstream));
    TRY(text(table, "model", variant.model));
    TRY(text(table, "key_env", variant.key_env));
    const auto share = table["share"].value<double>();
    if (!share || !(*share > 0 && *share <= 1)) return wrong(table, "share: expected a number above 0 and at most 1");
    variant.share = *share;
    if (variant.upstream.empty() && variant.model.empty())
      return wrong(table, "expected an upstream, a model or both: what this variant does differently");
    return variant;
  }

  const std::string origin_;
};

}  // namespace

Result<std::vector<Route>> parse_routes(std::string_view text, const std::string& origin) {
  try {
    return Reader(origin).read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return fail(Code::kInvalidArgument,
                fmt::format("{}:{}: {}", origin, error.source().begin.line, error.description()));
  }
}

}  // namespace gleaner::config

#include "api/call_routing.h"

#include <algorithm>

#include <fmt/format.h>

#include "experiment/assignment.h"

namespace gleaner::api {
namespace {

bool model_fits(std::string_view rule, std::string_view model) {
  if (rule.ends_with('*')) return model.starts_with(rule.substr(0, rule.size() - 1));
  return rule.empty() || rule == model;
}

class Maker {
 public:
  Maker(const config::Route& route, const Upstreams& upstreams, const CallRouting::Environment& environment)
      : route_(route), upstreams_(upstreams), environment_(environment) {}

  Status check() const { return named(route_.upstream) == nullptr ? wrong(route_.upstream) : Status(); }

  Result<CallPlan> plan(const config::RouteVariant& variant) const {
    const std::string& name = variant.upstream.empty() ? route_.upstream : variant.upstream;
    const NamedUpstream* const upstream = named(name);
    if (upstream == nullptr) return wrong(name);
    if (upstream->api != named(route_.upstream)->api) {
      return fail(Code::kInvalidArgument, fmt::format("routes_file: experiment {}: {} and {} speak different APIs",
                                                      route_.experiment, route_.upstream, name));
    }
    CallPlan plan{.provider = name,
                  .upstream = *upstream,
                  .elsewhere = name != route_.upstream,
                  .model = variant.model,
                  .key = {},
                  .experiment = route_.experiment,
                  .variant = variant.name};
    if (variant.key_env.empty()) return plan;
    const auto key = environment_(variant.key_env);
    if (!key || key->empty()) {
      return fail(Code::kInvalidArgument, fmt::format("routes_file: experiment {}: {} is not set in the environment",
                                                      route_.experiment, variant.key_env));
    }
    plan.key = Secret(*key);
    return plan;
  }

 private:
  const NamedUpstream* named(const std::string& name) const {
    const auto found = upstreams_.find(name);
    return found == upstreams_.end() ? nullptr : &found->second;
  }
  std::unexpected<Error> wrong(const std::string& name) const {
    return fail(Code::kInvalidArgument,
                fmt::format("routes_file: experiment {}: there is no upstream \"{}\"", route_.experiment, name));
  }

  const config::Route& route_;
  const Upstreams& upstreams_;
  const CallRouting::Environment& environment_;
};

}  // namespace

Result<CallRouting> CallRouting::make(std::vector<config::Route> routes, const Upstreams& upstreams,
                                      const Environment& environment) {
  CallRouting routing;
  for (config::Route& rule : routes) {
    Route route;
    const Maker maker(rule, upstreams, environment);
    TRY(maker.check());
    for (const config::RouteVariant& variant : rule.split) {
      TRY_ASSIGN(CallPlan plan, maker.plan(variant));
      route.split.push_back({std::move(plan), variant.share});
      route.shares.push_back(variant.share);
    }
    for (const config::RouteVariant& variant : rule.shadows) {
      TRY_ASSIGN(CallPlan plan, maker.plan(variant));
      route.shadows.push_back({std::move(plan), variant.share});
    }
    route.rule = std::move(rule);
    routing.routes_.push_back(std::move(route));
  }
  return routing;
}

bool CallRouting::concerns(std::string_view upstream) const {
  return std::ranges::any_of(routes_, [upstream](const Route& route) { return route.rule.upstream == upstream; });
}

Routing CallRouting::decide(std::string_view upstream, const NamedUpstream& asked, std::string_view project,
                            const gateway::exchange::CallFacts& facts, std::string_view id) const {
  Routing out;
  out.call.provider = upstream;
  out.call.upstream = asked;
  const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
    return route.rule.upstream == upstream && (route.rule.project.empty() || route.rule.project == project) &&
           model_fits(route.rule.model, facts.model);
  });
  if (found == routes_.end()) return out;
  const std::string& experiment = found->rule.experiment;
  const auto may_go = [&facts](const CallPlan& plan) { return !plan.elsewhere || !facts.has_credentials; };
  const double place = experiment::place(experiment, facts.unit.empty() ? id : facts.unit);
  const auto chosen = experiment::variant_at(place, found->shares);
  if (chosen && may_go(found->split[*chosen].plan)) {
    out.call = found->split[*chosen].plan;
  } else {
    out.call.experiment = experiment;
    out.call.variant = found->rule.control;
  }
  if (facts.has_effects) return out;
  for (const Variant& shadow : found->shadows) {
    if (may_go(shadow.plan) && experiment::place(shadow.plan.variant, id) < shadow.share)
      out.shadows.push_back(shadow.plan);
  }
  return out;
}

}  // namespace gleaner::api

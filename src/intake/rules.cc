#include "intake/rules.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::intake {
namespace {

constexpr std::string_view kAnyProject;

Result<Rules> read_rules(const config::Config& config) {
  Rules rules;
  auto kinds = privacy::parse_kinds(config.redaction_kinds);
  if (!kinds) return fail_in("redaction_kinds", std::move(kinds).error());
  rules.redaction = {*kinds, config.redaction_style == "keyed"};
  rules.pseudonymise_sessions = config.pseudonymise_sessions;
  rules.generalise_places = config.generalise_places;
  rules.profile_name = config.profile;
  return rules;
}

}  // namespace

Result<std::unique_ptr<Rulebook>> Rulebook::make(const config::Config& config) {
  if (!config.profile_dir.empty() && !std::filesystem::is_directory(config.profile_dir)) {
    return fail(Code::kInvalidArgument, fmt::format("profile_dir: {} is no folder", config.profile_dir));
  }
  std::unique_ptr<Rulebook> rulebook(new Rulebook);
  rulebook->profiles_ = std::make_unique<enrich::Profiles>(config.profile_dir);
  std::vector<Error> errors = rulebook->profiles_->errors();
  if (!errors.empty()) return std::unexpected(std::move(errors.front()));
  Book book;
  const auto add = [&](std::string_view project, const config::Config& own) -> Status {
    TRY_ASSIGN(Rules rules, read_rules(own));
    rules.profile = rulebook->profiles_->find(rules.profile_name);
    if (rules.profile == nullptr) {
      std::vector<std::string> names;
      for (const enrich::ProfileSummary& one : rulebook->profiles_->list()) names.push_back(one.name);
      return fail(Code::kInvalidArgument, fmt::format("profile: there is no profile \"{}\"; there are {}",
                                                      rules.profile_name, fmt::join(names, ", ")));
    }
    book[std::string(project)] = std::make_shared<const Rules>(std::move(rules));
    return {};
  };
  TRY(add(kAnyProject, config));
  for (const auto& [name, values] : config.projects) {
    if (Status added = add(name, config.for_project(name)); !added) {
      return fail_in(fmt::format("projects.{}", name), std::move(added).error());
    }
  }
  rulebook->book_ = std::move(book);
  return rulebook;
}

std::shared_ptr<const Rules> Rulebook::rules(std::string_view project) const {
  const std::lock_guard lock(mutex_);
  const auto found = book_.find(project);
  return found != book_.end() ? found->second : book_.find(kAnyProject)->second;
}

std::vector<Error> Rulebook::refresh() {
  static_cast<void>(profiles_->reload());
  Book book;
  {
    const std::lock_guard lock(mutex_);
    book = book_;
  }
  for (auto& [name, rules] : book) {
    const std::shared_ptr<const enrich::Profile> profile = profiles_->find(rules->profile_name);
    // A profile whose file is gone goes on being used until there is another of its name.
    if (profile == nullptr || profile == rules->profile) continue;
    Rules changed = *rules;
    changed.profile = profile;
    rules = std::make_shared<const Rules>(std::move(changed));
  }
  const std::lock_guard lock(mutex_);
  book_ = std::move(book);
  return profiles_->errors();
}

}  // namespace gleaner::intake

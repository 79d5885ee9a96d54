#include "enrich/profiles.h"

#include <cassert>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "embedded/profile_default.h"
#include "embedded/profile_roofing.h"

namespace gleaner::enrich {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuiltIn = "built in";

Result<Profile> parse_file(const fs::path& path, uintmax_t size) {
  const std::string origin = path.string();
  if (size > kMaxProfileBytes) {
    return fail(Code::kInvalidArgument,
                fmt::format("{}: a profile has {} at most", origin, display_bytes(kMaxProfileBytes)));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::kNotFound, fmt::format("{}: cannot be read", origin));
  auto profile = Profile::parse(std::string(std::istreambuf_iterator<char>(file), {}), origin);
  if (profile && profile->name() != path.stem().string()) {
    return fail(Code::kInvalidArgument,
                fmt::format("{}: the file is to be named after its profile, {}.toml", origin, profile->name()));
  }
  return profile;
}

ProfileSummary summarize(const std::string& name, const std::shared_ptr<const Profile>& profile,
                         const std::string& origin, const std::string& error) {
  ProfileSummary made{.name = name, .description = {}, .origin = origin, .error = error};
  if (profile == nullptr) return made;
  const ProfileText& text = profile->text();
  made.description = text.description;
  made.tags = text.tags.size();
  made.intents = text.intents.size();
  made.keywords = text.relevance.high.size() + text.relevance.medium.size();
  made.patterns = text.patterns.size();
  return made;
}

}  // namespace

Profiles::Sources Profiles::make_built_in() {
  Sources made;
  for (const auto& [name, toml] :
       {std::pair("default", embedded::profile_default()), std::pair("roofing", embedded::profile_roofing())}) {
    auto profile = Profile::parse(toml, fmt::format("{}.toml", name));
    assert(profile);
    made[name] = {.profile = std::make_shared<const Profile>(*std::move(profile)), .origin = kBuiltIn};
  }
  return made;
}

Profiles::Profiles(std::string folder)
    : folder_(std::move(folder)), built_in_(make_built_in()), files_(std::make_shared<const Sources>()) {
  reload();
}

std::shared_ptr<const Profiles::Sources> Profiles::files() const {
  const std::scoped_lock lock(mutex_);
  return files_;
}

std::shared_ptr<const Profile> Profiles::find(std::string_view name) const {
  const auto current = files();
  const auto file = current->find(name);
  if (file != current->end() && file->second.profile != nullptr) return file->second.profile;
  const auto built_in = built_in_.find(name);
  return built_in == built_in_.end() ? nullptr : built_in->second.profile;
}

// What the file gives now; `before` is what it gave last, or null.
Profiles::Source Profiles::read(const File& file, const Source* before) {
  Source made{.origin = file.path.string(), .changed = file.changed, .size = file.size};
  auto profile = parse_file(file.path, file.size);
  if (profile) {
    made.profile = std::make_shared<const Profile>(*std::move(profile));
  } else {
    made.error = std::move(profile).error().message;
    if (before != nullptr) made.profile = before->profile;
  }
  return made;
}

Result<std::map<std::string, Profiles::File>> Profiles::look() const {
  std::map<std::string, File> files;
  std::error_code failed;
  if (folder_.empty() || !fs::exists(folder_, failed)) return files;
  for (fs::directory_iterator at(folder_, failed), end; !failed && at != end; at.increment(failed)) {
    const fs::path& path = at->path();
    std::error_code gone;  // a file may go while we look
    if (path.extension() != ".toml" || !at->is_regular_file(gone)) continue;
    File file{.path = path, .changed = at->last_write_time(gone), .size = at->file_size(gone)};
    if (!gone) files.emplace(path.stem().string(), std::move(file));
  }
  if (failed) return fail(Code::kUnavailable, fmt::format("{}: {}", folder_, failed.message()));
  return files;
}

std::vector<Error> Profiles::reload() {
  const std::scoped_lock lock(reloading_);
  const auto seen = look();
  if (!seen) return {seen.error()};
  const auto before = files();
  const auto known = [&](const std::string& name) {
    const auto found = before->find(name);
    return found == before->end() ? nullptr : &found->second;
  };
  const auto is_same = [&](const std::string& name, const File& file) {
    const Source* const last = known(name);
    return last != nullptr && last->changed == file.changed && last->size == file.size;
  };
  bool changed = seen->size() != before->size();
  for (const auto& [name, file] : *seen) changed |= !is_same(name, file);
  if (!changed) return {};

  std::vector<Error> errors;
  auto made = std::make_shared<Sources>();
  for (const auto& [name, file] : *seen) {
    const Source* const last = known(name);
    Source& source = (*made)[name] = is_same(name, file) ? *last : read(file, last);
    if (!source.error.empty() && !is_same(name, file)) errors.push_back({Code::kInvalidArgument, source.error});
  }
  const std::scoped_lock exchanging(mutex_);
  files_ = std::move(made);
  return errors;
}

std::vector<Error> Profiles::errors() const {
  std::vector<Error> errors;
  for (const auto& [name, source] : *files()) {
    if (!source.error.empty()) errors.push_back({Code::kInvalidArgument, source.error});
  }
  return errors;
}

std::vector<ProfileSummary> Profiles::list() const {
  const auto current = files();
  std::map<std::string, ProfileSummary> by_name;
  for (const auto& [name, source] : built_in_)
    by_name[name] = summarize(name, source.profile, source.origin, source.error);
  for (const auto& [name, source] : *current) {
    const bool falls_back = source.profile == nullptr && built_in_.contains(name);
    by_name[name] = falls_back ? summarize(name, built_in_.at(name).profile, kBuiltIn, source.error)
                               : summarize(name, source.profile, source.origin, source.error);
  }
  std::vector<ProfileSummary> all;
  for (auto& [name, summary] : by_name) all.push_back(std::move(summary));
  return all;
}

}  // namespace gleaner::enrich

#include "dataset/version.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "archive/digest.h"
#include "base/hash.h"
#include "base/line_reader.h"

namespace gleaner::dataset {
namespace {

namespace fs = std::filesystem;
using json::Value;

constexpr size_t kMaxName = 64;
constexpr size_t kMaxJson = size_t{256} << 20;
constexpr std::string_view kBuilding = ".building-";
constexpr const char* kCard = "README.md";

std::string error_text(const std::error_code& error, const std::string& path) {
  return path + ": " + error.message();
}

Result<std::string> read_all(const std::string& path) {
  TRY_ASSIGN(const std::unique_ptr<LineReader> reader, LineReader::open(path, kMaxJson));
  return reader->rest(kMaxJson);
}

Result<Value> read_json(const std::string& path) {
  TRY_ASSIGN(const std::string text, read_all(path));
  auto json = json::parse(text);
  if (!json) return fail(Code::kDataLoss, path + ": " + json.error().message);
  return *std::move(json);
}

std::optional<int> number_of(std::string_view folder) {
  int number = 0;
  if (!folder.starts_with('v')) return std::nullopt;
  const auto [end, error] = std::from_chars(folder.data() + 1, folder.data() + folder.size(), number);
  if (error != std::errc() || end != folder.data() + folder.size() || number < 1) return std::nullopt;
  return number;
}

bool every_line(std::string_view) {
  return true;
}

// Calls `take` for the lineage of every example whose line `wants` it, until it returns false. Errors: kDataLoss.
template <typename Wants, typename Take>
Status each_example(const VersionInfo& version, const Wants& wants, const Take& take) {
  const std::string path = version.folder + "/lineage.jsonl";
  TRY_ASSIGN(const std::unique_ptr<LineReader> reader, LineReader::open(path, kMaxJson));
  LineReader::Line line;
  while (true) {
    TRY_ASSIGN(const bool more, reader->next(line));
    if (!more) return {};
    if (!wants(line.text)) continue;
    const auto json = json::parse(line.text);
    if (!json) return fail(Code::kDataLoss, path + ": " + json.error().message);
    if (!take(*json)) return {};
  }
}

std::string ids_of(const Value& example) {
  const Value* const ids = example.find("ids");
  return ids == nullptr ? std::string() : ids->dump();
}

}  // namespace

void write_json(const VersionInfo& version, json::Writer& writer) {
  writer.begin_object().field("name", version.name).field("version", version.number);
  writer.field("built_at", format_time(version.built_at)).field("valid", version.invalid.empty());
  if (!version.invalid.empty()) writer.field("reason", version.invalid);
  writer.key("manifest").raw(version.manifest.dump()).end_object();
}

Status Versions::check_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto fine = [&](char c) { return letter(c) || c == '-' || c == '_' || c == '.'; };
  if (!name.empty() && name.size() <= kMaxName && letter(name.front()) && std::ranges::all_of(name, fine)) return {};
  return fail(
      Code::kInvalidArgument,
      fmt::format("name: expected 1 to {} of a-z, 0-9, \"-\", \"_\" and \".\", a letter or digit first; got \"{}\"",
                  kMaxName, name));
}

std::vector<int> Versions::numbers(const std::string& name) const {
  std::vector<int> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ + "/" + name, error)) {
    if (const auto number = number_of(entry.path().filename().string())) out.push_back(*number);
  }
  std::ranges::sort(out);
  return out;
}

Result<VersionInfo> Versions::read(const std::string& name, int number) const {
  VersionInfo version{.name = name, .number = number, .folder = fmt::format("{}/{}/v{}", folder_, name, number)};
  TRY_ASSIGN(version.manifest, read_json(version.folder + "/manifest.json"));
  if (const auto built = read_json(version.folder + "/built.json")) {
    const auto time = parse_time(built->find_string("built_at").value_or(""));
    if (time) version.built_at = *time;
  }
  if (const auto invalid = read_json(version.folder + "/invalid.json"))
    version.invalid = std::string(invalid->find_string("reason").value_or("marked"));
  return version;
}

Result<std::vector<VersionInfo>> Versions::list() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  std::vector<VersionInfo> out;
  for (const std::string& name : names) {
    for (const int number : numbers(name)) {
      TRY_ASSIGN(VersionInfo version, read(name, number));
      out.push_back(std::move(version));
    }
  }
  return out;
}

Result<VersionInfo> Versions::find(std::string_view which) const {
  const size_t at = which.find('@');
  const std::string name(which.substr(0, at));
  TRY(check_name(name));
  const std::vector<int> known = numbers(name);
  if (known.empty())
    return fail(Code::kNotFound, fmt::format("no dataset is called \"{}\"; see gleaner dataset list", name));
  if (at == std::string_view::npos) return read(name, known.back());
  const std::string wanted(which.substr(at + 1));
  const auto number = number_of(wanted.starts_with('v') ? wanted : "v" + wanted);
  if (number && std::ranges::binary_search(known, *number)) return read(name, *number);
  return fail(Code::kNotFound,
              fmt::format("\"{}\" has no version {}; it has {} to {}", name, wanted, known.front(), known.back()));
}

Versions::Building::Building(Building&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), lock_(std::exchange(other.lock_, -1)) {}

Versions::Building::~Building() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

Result<Versions::Building> Versions::begin(const std::string& name) const {
  TRY(check_name(name));
  const std::string home = folder_ + "/" + name;
  std::error_code error;
  fs::create_directories(home, error);
  if (error) return fail(Code::kUnavailable, error_text(error, home));
  for (const auto& entry : fs::directory_iterator(home, error)) {
    if (!entry.path().filename().string().starts_with(kBuilding)) continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), error);
    ::close(fd);
  }
  std::string building = fmt::format("{}/{}{}", home, kBuilding, to_hex(random_bytes(8)));
  fs::create_directory(building, error);
  const int lock = error ? -1 : ::open(building.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0) return fail(Code::kUnavailable, building + ": cannot be made");
  return Building(std::move(building), lock);
}

Result<VersionInfo> Versions::publish(const std::string& name, Building building) const {
  TRY(sync_folder(building.folder()));
  for (const auto& entry : fs::directory_iterator(building.folder())) {
    if (entry.is_directory()) TRY(sync_folder(entry.path().string()));
  }
  const std::string home = folder_ + "/" + name;
  for (int number = numbers(name).empty() ? 1 : numbers(name).back() + 1;; ++number) {
    std::error_code error;
    fs::rename(building.folder(), fmt::format("{}/v{}", home, number), error);
    if (!error) {
      building.folder_.clear();
      TRY(sync_folder(home));
      return read(name, number);
    }
    // Another builder was faster.
    if (error != std::errc::directory_not_empty && error != std::errc::file_exists)
      return fail(Code::kUnavailable, error_text(error, home));
  }
}

Result<std::vector<VersionProblem>> Versions::verify(const VersionInfo& version) const {
  std::vector<VersionProblem> problems;
  if (!version.invalid.empty()) {
    problems.push_back({"invalid.json", version.invalid});
    return problems;
  }
  const Value* const files = version.manifest.find("files");
  if (files == nullptr || !files->is_array())
    return fail(Code::kDataLoss, version.folder + "/manifest.json: it lists no files");
  std::string listed;
  for (const Value& file : files->items()) {
    const std::string path(file.find_string("path").value_or(""));
    const std::string hash(file.find_string("sha256").value_or(""));
    listed += fmt::format("{}  {}\n", hash, path);
    const auto found = measure_file(version.folder, path);
    if (!found) {
      problems.push_back({path, found.error().message});
    } else if (found->sha256 != hash) {
      problems.push_back({path, fmt::format("its SHA-256 is {}, the manifest says {}", found->sha256, hash)});
    }
  }
  if (to_hex(sha256(listed)) != version.manifest.find_string("sha256"))
    problems.push_back({"manifest.json", "its own SHA-256 is not that of the files it lists"});
  return problems;
}

Result<VersionDiff> Versions::diff(const VersionInfo& first, const VersionInfo& second) const {
  std::map<std::string, std::string> before;
  TRY(each_example(first, every_line, [&](const Value& example) {
    before[ids_of(example)] = std::string(example.find_string("split").value_or(""));
    return true;
  }));
  VersionDiff out;
  TRY(each_example(second, every_line, [&](const Value& example) {
    const auto found = before.find(ids_of(example));
    if (found == before.end()) {
      ++out.only_in_second;
      return true;
    }
    ++out.in_both;
    out.moved += found->second == example.find_string("split") ? 0 : 1;
    before.erase(found);
    return true;
  }));
  out.only_in_first = before.size();
  const Value* const a = first.manifest.find("recipe");
  const Value* const b = second.manifest.find("recipe");
  if (a == nullptr || b == nullptr) return out;
  for (const auto& [name, value] : a->members()) {
    const Value* const other = b->find(name);
    if (other == nullptr || other->dump() != value.dump()) out.recipe_members.push_back(name);
  }
  return out;
}

Result<bool> Versions::holds(const VersionInfo& version, const Gone& gone) {
  if (gone.everything) return true;
  // Few lines name any of them, so that few need to be parsed.
  std::vector<std::string> quoted;
  for (const auto* const names : {&gone.interactions, &gone.users}) {
    for (const std::string& name : *names) json::append_string(quoted.emplace_back(), name);
  }
  bool found = false;
  const auto mentions = [&](std::string_view line) {
    return std::ranges::any_of(quoted, [&](const std::string& name) { return line.find(name) != line.npos; });
  };
  TRY(each_example(version, mentions, [&](const Value& example) {
    for (const char* const person : {"user", "answer_by", "rejected_user"}) {
      const auto name = example.find_string(person);
      found = found || (name && gone.users.contains(*name));
    }
    const Value* const ids = example.find("ids");
    for (size_t i = 0; ids != nullptr && !found && i < ids->items().size(); ++i)
      found = gone.interactions.contains(ids->items()[i].text());
    return !found;
  }));
  return found;
}

Result<std::vector<VersionInfo>> Versions::invalidate(const Gone& gone, Time now) const {
  TRY_ASSIGN(std::vector<VersionInfo> all, list());
  std::vector<VersionInfo> out;
  for (VersionInfo& version : all) {
    if (!version.invalid.empty()) {
      TRY(remove_content(version));
      continue;
    }
    TRY_ASSIGN(const bool marked, holds(version, gone));
    if (!marked) continue;
    version.invalid = "it held what was erased since";
    std::string text;
    json::Writer(text).begin_object().field("at", format_time(now)).field("reason", version.invalid).end_object();
    TRY(write_file(version.folder, "invalid.json", text + "\n"));
    TRY(sync_folder(version.folder));
    TRY(remove_content(version));
    out.push_back(std::move(version));
  }
  return out;
}

Status Versions::remove_content(const VersionInfo& version) {
  const Value* const files = version.manifest.find("files");
  if (files == nullptr) return {};
  std::set<std::string> folders;
  for (const Value& file : files->items()) {
    const fs::path path(file.find_string("path").value_or(""));
    if (path.empty() || path == kCard) continue;
    std::error_code error;
    fs::remove(version.folder / path, error);
    if (error) return fail(Code::kUnavailable, error_text(error, path.string()));
    folders.insert((version.folder / path).parent_path().string());
  }
  for (const std::string& folder : folders) TRY(sync_folder(folder));
  return {};
}

Status Versions::remove(const VersionInfo& version) const {
  std::error_code error;
  if (fs::remove_all(version.folder, error) == 0 || error)
    return fail(Code::kNotFound, fmt::format("{}: not there", version.folder));
  fs::remove(folder_ + "/" + version.name, error);  // if it was the last one
  return sync_folder(folder_);
}

}  // namespace gleaner::dataset

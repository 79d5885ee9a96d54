#include "api/trace_journal.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "base/seal.h"
#include "intake/spool_file.h"

namespace gleaner::api {
namespace {

namespace fs = std::filesystem;
namespace otlp = gateway::otlp;

std::string suffix_of(const TraceRequest& request) {
  const char type = request.type == otlp::SignalType::kLogs ? 'l' : request.versions ? 'v' : 't';
  return fmt::format(".{}{}", type, request.encoding == otlp::Encoding::kProtobuf ? 'p' : 'j');
}

// The number in a name; nothing for a file that is none of ours, or was never complete.
std::optional<uint64_t> number_in(const std::string& name) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const std::string_view rest(end, name.data() + name.size());
  if (error != std::errc() || rest.size() != 3 || rest[0] != '.' || !std::string_view("tvl").contains(rest[1]) ||
      !std::string_view("pj").contains(rest[2])) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

Result<uint64_t> TraceJournal::append(const TraceRequest& request) {
  std::error_code error;
  if (fs::create_directories(folder_, error) && !error) {
    TRY(intake::sync_folder(fs::path(folder_).parent_path()));
    TRY(intake::sync_folder(fs::path(folder_).parent_path().parent_path()));
  }
  if (error) return fail(Code::kUnavailable, folder_ + ": " + error.message());
  const uint64_t number = last_ + 1;
  const std::string path = fmt::format("{}/{:020}{}", folder_, number, suffix_of(request));
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());  // of an append that failed
  TRY_ASSIGN(intake::SpoolFile file, intake::SpoolFile::open(fresh));
  TRY(file.write(seal(key_, request.body), 0));
  TRY(file.sync());
  if (std::rename(fresh.c_str(), path.c_str()) != 0)
    return fail(Code::kUnavailable, path + ": " + std::generic_category().message(errno));
  TRY(intake::sync_folder(folder_));
  return last_ = number;
}

Result<std::vector<uint64_t>> TraceJournal::numbers() {
  std::vector<uint64_t> found;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (const auto number = number_in(at->path().filename())) found.push_back(*number);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Code::kUnavailable, folder_ + ": " + error.message());
  std::ranges::sort(found);
  if (!found.empty()) last_ = std::max(last_, found.back());
  return found;
}

Result<std::string> TraceJournal::path_of(uint64_t number) const {
  for (const std::string_view suffix : {".tp", ".tj", ".vp", ".vj", ".lp", ".lj"}) {
    std::string path = fmt::format("{}/{:020}{}", folder_, number, suffix);
    if (fs::exists(path)) return path;
  }
  return fail(Code::kUnavailable, fmt::format("{}: no request {}", folder_, number));
}

Result<TraceJournal::Kept> TraceJournal::read(uint64_t number) const {
  TRY_ASSIGN(const std::string path, path_of(number));
  TRY_ASSIGN(const intake::SpoolFile file, intake::SpoolFile::open(path));
  TRY_ASSIGN(const uint64_t size, file.size());
  TRY_ASSIGN(const std::string sealed, file.read(0, size));
  auto plain = unseal(key_, sealed);
  if (!plain) return fail_in(path, std::move(plain).error());
  const char type = path[path.size() - 2];
  return Kept{.type = type == 'l' ? otlp::SignalType::kLogs : otlp::SignalType::kTraces,
              .encoding = path.back() == 'p' ? otlp::Encoding::kProtobuf : otlp::Encoding::kJson,
              .body = *std::move(plain),
              .versions = type == 'v'};
}

void TraceJournal::remove(uint64_t number) {
  if (const auto path = path_of(number)) ::unlink(path->c_str());
}

}  // namespace gleaner::api

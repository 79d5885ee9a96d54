// Datasets over HTTP: /v1/datasets. A build walks everything the project has, so it runs aside (Route::lengthy), one at
// a time.
#include <algorithm>
#include <charconv>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "base/json.h"
#include "base/text.h"
#include "dataset/build.h"
#include "http/problem.h"

namespace gleaner::api {
namespace {

using dataset::VersionInfo;
using json::Value;

constexpr size_t kPieceBytes = size_t{256} << 10;

struct Wish {
  std::string name;
  dataset::Recipe recipe;
};

// A recipe with the dataset's name, and perhaps a preset.
Result<Wish> read_wish(const http::Request& request) {
  TRY_ASSIGN(const Value body, json::parse(request.body));
  if (!body.is_object()) return fail(Code::kInvalidArgument, "expected one JSON object");
  Wish wish;
  Value recipe = Value::object();
  std::string preset;
  for (const auto& [name, value] : body.members()) {
    if (name == "name" || name == "preset") {
      if (!value.is_string())
        return fail(Code::kInvalidArgument, fmt::format("{}: expected a string, got {}", name, value.kind_name()));
      (name == "name" ? wish.name : preset) = value.text();
    } else if (name == "held_out" && !value.items().empty()) {
      return fail(Code::kInvalidArgument,
                  "held_out: names files of this machine, which only gleaner dataset build can be given");
    } else {
      recipe.set(name, value);
    }
  }
  TRY(dataset::Versions::check_name(wish.name));
  if (!preset.empty()) {
    TRY_ASSIGN(recipe, dataset::with_preset(std::move(recipe), preset));
  }
  TRY_ASSIGN(wish.recipe, dataset::parse_recipe(recipe));
  return wish;
}

std::string to_json(const VersionInfo& version) {
  std::string out;
  json::Writer w(out);
  write_json(version, w);
  return out;
}

void answer_made(const Result<VersionInfo>& version, http::Responder& responder) {
  if (!version) return responder.send(version.error());
  responder.send({.status = 201, .body = to_json(*version)});
}

// The hash of one of the version's files; nothing else below its folder is handed out.
std::optional<std::string_view> hash_of(const VersionInfo& version, std::string_view path) {
  if (path == "manifest.json") return version.manifest.find_string("sha256");
  const Value* const files = version.manifest.find("files");
  if (files == nullptr) return std::nullopt;
  const auto& list = files->items();
  const auto found = std::ranges::find_if(list, [&](const Value& file) { return file.find_string("path") == path; });
  return found == list.end() ? std::nullopt : found->find_string("sha256");
}

// Closes itself when the answer is over.
class FileStream {
 public:
  explicit FileStream(int fd) : fd_(fd) {}
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;
  ~FileStream() { ::close(fd_); }

  Result<bool> next(std::string& piece) {
    const size_t start = piece.size();
    piece.resize(start + kPieceBytes);
    const ssize_t n = ::read(fd_, piece.data() + start, kPieceBytes);
    piece.resize(start + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0) return fail(Code::kUnavailable, "the file cannot be read");
    return n > 0;
  }

 private:
  const int fd_;
};

std::string_view content_type_of(std::string_view path) {
  if (path.ends_with(".json")) return "application/json";
  if (path.ends_with(".md")) return "text/markdown; charset=utf-8";
  if (path.ends_with(".parquet")) return "application/vnd.apache.parquet";
  return "application/jsonl";
}

// Where "bytes=N-" begins (RFC 9110, 14.2); nothing for every other form, which may be answered as if it were not
// there.
std::optional<uint64_t> range_start(std::string_view range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit) || !range.ends_with('-')) return std::nullopt;
  range = range.substr(kUnit.size(), range.size() - kUnit.size() - 1);
  uint64_t start = 0;
  const auto [end, error] = std::from_chars(range.data(), range.data() + range.size(), start);
  if (error != std::errc() || end != range.data() + range.size()) return std::nullopt;
  return start;
}

// The file, or what of it is behind the start that the request asks for.
http::Response file_response(const http::Request& request, int fd, const std::string& path, std::string_view sha256) {
  const auto file = std::make_shared<FileStream>(fd);
  struct stat about{};
  ::fstat(fd, &about);
  const auto size = static_cast<uint64_t>(about.st_size);
  const std::string tag = fmt::format("\"{}\"", sha256);
  http::Response response{.content_type = std::string(content_type_of(path))};
  response.headers = {{"Accept-Ranges", "bytes"}, {"ETag", tag}};
  const std::string_view condition = request.header("if-range");
  const auto start = range_start(request.header("range"));
  if (start && (condition.empty() || condition == tag)) {
    if (*start >= size) {
      http::Response refused = http::problem(416, "out_of_range", fmt::format("the file has {} bytes", size));
      refused.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
      return refused;
    }
    ::lseek(fd, static_cast<off_t>(*start), SEEK_SET);
    response.status = 206;
    response.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", *start, size - 1, size));
  }
  response.stream = [file](std::string& piece) { return file->next(piece); };
  return response;
}

}  // namespace

void Api::add_dataset_routes(http::Router& router) {
  using http::Request;
  using http::Responder;
  const auto add = [this, &router](const char* method, const char* pattern,
                                   void (Api::*handler)(const Request&, Responder), bool lengthy = false) {
    router.add({method, pattern, http::Scope::kAdmin, false, true,
                [this, handler](const Request& request, Responder responder) {
                  (this->*handler)(request, std::move(responder));
                },
                false, lengthy});
  };
  add("GET", "/v1/datasets", &Api::list_datasets);
  add("POST", "/v1/datasets", &Api::build_dataset, kLengthy);
  add("GET", "/v1/datasets/{version}", &Api::get_dataset);
  add("DELETE", "/v1/datasets/{version}", &Api::remove_dataset);
  add("POST", "/v1/datasets/{version}/rebuild", &Api::rebuild_dataset, kLengthy);
  add("GET", "/v1/datasets/{version}/files/{file}", &Api::get_dataset_file);
  add("GET", "/v1/datasets/{version}/files/{format}/{file}", &Api::get_dataset_file);
}

dataset::Versions Api::datasets(const http::Request& request) const {
  return {services_.config.data_dir + "/datasets", request.principal->project};
}

void Api::list_datasets(const http::Request& request, http::Responder responder) {
  const auto versions = datasets(request).list();
  if (!versions) return responder.send(versions.error());
  http::Response response;
  json::Writer w(response.body);
  w.begin_object().key("datasets").begin_array();
  for (const VersionInfo& version : *versions) write_json(version, w);
  w.end_array().end_object();
  responder.send(std::move(response));
}

Result<VersionInfo> Api::make_version(const http::Request& request, std::string name, dataset::Recipe recipe) {
  const std::unique_lock turn(building_, std::try_to_lock);
  if (!turn) return fail(Code::kConflict, "this server is building a dataset already; it does one at a time");
  TRY_ASSIGN(VersionInfo version, dataset::build(services_.store, datasets(request), services_.clock,
                                                 {.project = request.principal->project,
                                                  .name = std::move(name),
                                                  .recipe = std::move(recipe),
                                                  .duckdb = duckdb::options_of(services_.config),
                                                  .stop = [this] { return draining_.load(); }}));
  tell(request, fmt::format("built the dataset {}@{}", version.name, version.number));
  return version;
}

void Api::build_dataset(const http::Request& request, http::Responder responder) {
  auto wish = read_wish(request);
  if (!wish) return responder.send(http::problem(422, code_name(wish.error().code), wish.error().message));
  answer_made(make_version(request, std::move(wish->name), std::move(wish->recipe)), responder);
}

void Api::rebuild_dataset(const http::Request& request, http::Responder responder) {
  const auto version = datasets(request).find(request.params.front());
  if (!version) return responder.send(version.error());
  const Value* const written = version->manifest.find("recipe");
  auto recipe = dataset::parse_recipe(written == nullptr ? Value() : *written);
  if (!recipe) return responder.send(Error{Code::kDataLoss, "its manifest: " + recipe.error().message});
  answer_made(make_version(request, version->name, *std::move(recipe)), responder);
}

void Api::get_dataset(const http::Request& request, http::Responder responder) {
  const auto version = datasets(request).find(request.params.front());
  if (!version) return responder.send(version.error());
  responder.send({.body = to_json(*version)});
}

void Api::get_dataset_file(const http::Request& request, http::Responder responder) {
  const auto version = datasets(request).find(request.params.front());
  if (!version) return responder.send(version.error());
  std::string path = request.params[1];
  if (request.params.size() > 2) path += "/" + request.params[2];
  const auto sha256 = hash_of(*version, path);
  if (!sha256)
    return responder.send(Error{Code::kNotFound, fmt::format("the version has no file \"{}\"", excerpt(path))});
  if (!version->invalid.empty())
    return responder.send(Error{Code::kConflict, version->invalid + "; rebuild it, and take that version"});
  const int fd = ::open((version->folder + "/" + path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return responder.send(Error{Code::kDataLoss, path + " is not there any more"});
  responder.send(file_response(request, fd, path, *sha256));
}

void Api::remove_dataset(const http::Request& request, http::Responder responder) {
  const dataset::Versions versions = datasets(request);
  const auto version = versions.find(request.params.front());
  if (!version) return responder.send(version.error());
  // An address that names no number must not mean whichever is newest by then.
  if (request.params.front().find('@') == std::string::npos)
    return responder.send(Error{Code::kInvalidArgument, "expected NAME@NUMBER, as one version is removed"});
  if (const Status removed = versions.remove(*version); !removed) return responder.send(removed.error());
  tell(request, fmt::format("removed the dataset {}@{}", version->name, version->number));
  http::Response response;
  json::Writer(response.body)
      .begin_object()
      .field("name", version->name)
      .field("version", version->number)
      .field("removed", true)
      .end_object();
  responder.send(std::move(response));
}

}  // namespace gleaner::api

#include "object/directory/path.h"

#include <algorithm>

#include <fmt/format.h>

namespace gleaner::object {
namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr size_t kSidecarSuffixBytes = 5;  // its file is named after the object's

void append_name(std::string& out, std::string_view segment) {
  for (size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '%') {
      out += "%25";
    } else if (segment[i] == '.' && i == 0) {
      out += "%2E";
    } else {
      out += segment[i];
    }
  }
}

}  // namespace

Result<std::string> path_of_key(std::string_view key) {
  std::string path;
  for (size_t at = 0; at <= key.size();) {
    const size_t end = std::min(key.find('/', at), key.size());
    if (at > 0) path += '/';
    const size_t before = path.size();
    append_name(path, key.substr(at, end - at));
    if (path.size() - before > kMaxNameBytes - kSidecarSuffixBytes) {
      return fail(
          Code::kInvalidArgument,
          fmt::format("a part of the object key needs a file name of {} bytes, over {}; every \"%\" takes three",
                      path.size() - before, kMaxNameBytes - kSidecarSuffixBytes));
    }
    at = end + 1;
  }
  return path;
}

std::optional<std::string> segment_of_name(std::string_view name) {
  std::string segment;
  for (size_t i = 0; i < name.size(); ++i) {
    const std::string_view code = name.substr(i, 3);
    if (code == "%25" || code == "%2E") {
      segment += code == "%25" ? '%' : '.';
      i += 2;
    } else {
      segment += name[i];
    }
  }
  std::string back;
  append_name(back, segment);
  if (back != name) return std::nullopt;
  return segment;
}

}  // namespace gleaner::object

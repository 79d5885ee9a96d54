#include "archive/layout.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace gleaner::archive {
namespace {

constexpr std::string_view kManifest = ".manifest.json";
constexpr size_t kMaxSegment = 120;

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// A dot stays as well, but not at the beginning: no segment is "." or "..". "%" alone is the empty name.
std::string segment(std::string_view name) {
  if (name.empty()) return "%";
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (stays(name[i]) || (name[i] == '.' && i > 0)) {
      out += name[i];
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(name[i]));
    }
  }
  if (out.size() <= kMaxSegment) return out;
  return out.substr(0, kMaxSegment - 33) + "%" + to_hex(sha256(name)).substr(0, 32);
}

}  // namespace

std::string project_prefix(std::string_view project) {
  return project == "default" ? "archives/" : fmt::format("projects/{}/archives/", segment(project));
}

std::string object_key(std::string_view project, std::string_view platform, Day day, int number,
                       std::string_view format) {
  const std::string date = format_day(day);
  const std::string part = number == 1 ? "" : fmt::format(".{}", number);
  return fmt::format("{}{}/{}/{}/{}{}.{}", project_prefix(project), segment(platform), date.substr(0, 4),
                     date.substr(5, 2), date, part, format);
}

std::string manifest_key(std::string_view object_key) {
  return std::string(object_key) + std::string(kManifest);
}

bool is_manifest_key(std::string_view key) {
  return key.ends_with(kManifest);
}

std::string_view object_of_manifest(std::string_view manifest_key) {
  return manifest_key.substr(0, manifest_key.size() - kManifest.size());
}

}  // namespace gleaner::archive

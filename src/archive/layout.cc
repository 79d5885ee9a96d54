#include "archive/layout.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace gleaner::archive {
namespace {

constexpr std::string_view kManifest = ".manifest.json";
constexpr std::string_view kParquet = "parquet";
constexpr std::string_view kParquetManifest = ".parquet.manifest.json";
constexpr size_t kMaxSegment = 120;
constexpr size_t kMaxHiveValue = 128;  // a platform's name without anything to be encoded stays whole
constexpr size_t kDigestBytes = 33;    // of a name that is too long, with a mark in front

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string digest(std::string_view name) {
  return to_hex(sha256(name)).substr(0, kDigestBytes - 1);
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
  return out.substr(0, kMaxSegment - kDigestBytes) + "%" + digest(name);
}

// What Hive encodes, a few more that file systems refuse, and the mark of a name that was cut.
bool stays_in_hive(char c) {
  constexpr std::string_view kEncoded = "\"#%'*/:=?\\{}[]^<>|~\x7f";
  return static_cast<unsigned char>(c) >= ' ' && !kEncoded.contains(c);
}

// As Hive writes values. Readers decode them, so one that is too long does not end within a character.
std::string hive_value(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (stays_in_hive(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  if (out.size() <= kMaxHiveValue) return out;
  size_t cut = kMaxHiveValue - kDigestBytes;
  const auto within_character = [&] {
    return (static_cast<unsigned char>(out[cut]) & 0xc0) == 0x80 || out[cut - 1] == '%' || out[cut - 2] == '%';
  };
  while (cut > 2 && within_character()) --cut;
  return out.substr(0, cut) + "~" + digest(name);
}

// "archives/a/b": "archives/a/_b"
std::string with_hidden_name(std::string_view key) {
  const size_t name = key.rfind('/') + 1;
  return fmt::format("{}_{}", key.substr(0, name), key.substr(name));
}

}  // namespace

std::string project_prefix(std::string_view project) {
  return project == "default" ? "archives/" : fmt::format("projects/{}/archives/", segment(project));
}

std::string object_key(std::string_view project, std::string_view platform, Day day, int number,
                       std::string_view format) {
  const std::string date = format_day(day);
  const std::string part = number == 1 ? "" : fmt::format(".{}", number);
  if (format == kParquet) {
    const std::chrono::year_month_day ymd(day);
    return fmt::format("{}platform={}/year={}/month={}/{}{}.{}", project_prefix(project), hive_value(platform),
                       static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()), date, part, format);
  }
  return fmt::format("{}{}/{}/{}/{}{}.{}", project_prefix(project), segment(platform), date.substr(0, 4),
                     date.substr(5, 2), date, part, format);
}

std::string manifest_key(std::string_view object_key) {
  const std::string key = std::string(object_key) + std::string(kManifest);
  return key.ends_with(kParquetManifest) ? with_hidden_name(key) : key;
}

bool is_manifest_key(std::string_view key) {
  return key.ends_with(kManifest);
}

std::string object_of_manifest(std::string_view manifest_key) {
  std::string key(manifest_key.substr(0, manifest_key.size() - kManifest.size()));
  const size_t name = key.rfind('/') + 1;
  if (manifest_key.ends_with(kParquetManifest) && key[name] == '_') key.erase(name, 1);
  return key;
}

}  // namespace gleaner::archive

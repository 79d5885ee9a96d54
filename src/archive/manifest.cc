#include "archive/manifest.h"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "archive/layout.h"
#include "base/json.h"

namespace gleaner::archive {
namespace {

std::string hex64(uint64_t value) {
  return fmt::format("{:016x}", value);
}

// Reads members one after the other and remembers what was missing.
class Members {
 public:
  explicit Members(const json::Value& object) : object_(object) {}

  std::string text(const char* name) {
    const auto found = object_.find_string(name);
    if (!found) miss(name);
    return std::string(found.value_or(""));
  }
  int64_t number(const char* name) {
    const json::Value* const member = object_.find(name);
    const std::optional<int64_t> found = member != nullptr ? member->as_integer() : std::nullopt;
    if (!found || *found < 0) miss(name);
    return found.value_or(0);
  }
  uint64_t unsigned_number(const char* name) { return static_cast<uint64_t>(number(name)); }
  uint64_t hex(const char* name) {
    const std::string digits = text(name);
    uint64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 16 || parsed.ptr != digits.data() + 16) miss(name);
    return value;
  }
  Sha256 digest(const char* name) {
    const std::string digits = text(name);
    Sha256 out{};
    if (digits.size() != 2 * out.size()) {
      miss(name);
      return out;
    }
    for (size_t i = 0; i < out.size(); ++i) {
      const char* const at = digits.data() + 2 * i;
      if (std::from_chars(at, at + 2, out[i], 16).ptr != at + 2) miss(name);
    }
    return out;
  }
  Time time(const char* name) {
    const auto parsed = parse_time(text(name));
    if (!parsed) miss(name);
    return parsed.value_or(Time{});
  }
  const std::string& missing() const { return missing_; }

 private:
  void miss(const char* name) {
    if (missing_.empty()) missing_ = name;
  }

  const json::Value& object_;
  std::string missing_;
};

}  // namespace

store::Part part_of(std::string project, std::string platform, Day day, int number, std::string_view format,
                    Time archived_at, const PartSummary& summary) {
  store::Part part;
  part.key = object_key(project, platform, day, number, format);
  part.project = std::move(project);
  part.platform = std::move(platform);
  part.day = day;
  part.number = number;
  part.format = format;
  part.records = static_cast<int64_t>(summary.totals.records);
  part.signals = static_cast<int64_t>(summary.totals.signals);
  part.raw_bytes = static_cast<int64_t>(summary.totals.raw_bytes);
  part.packed_bytes = static_cast<int64_t>(summary.totals.packed_bytes);
  part.sha256 = to_hex(summary.totals.sha256);
  part.lines_sha256 = to_hex(summary.totals.lines_sha256);
  part.first = summary.totals.first;
  part.last = summary.totals.last;
  part.archived_at = archived_at;
  part.index = summary.index.encode();
  return part;
}

std::string encode_manifest(const Manifest& manifest) {
  const store::Part& part = manifest.part;
  const PartTotals& totals = manifest.totals;
  std::string out;
  json::Writer w(out);
  w.begin_object().field("manifest_version", int64_t{kManifestVersion}).field("object", part.key);
  w.field("format", part.format).field("project", part.project).field("platform", part.platform);
  w.field("date", format_day(part.day)).field("part", int64_t{part.number});
  w.field("schema_version", int64_t{part.schema_version}).field("records", part.records).field("signals", part.signals);
  w.field("uncompressed_bytes", part.raw_bytes).field("compressed_bytes", part.packed_bytes);
  w.field("sha256", part.sha256).field("uncompressed_sha256", part.lines_sha256);
  w.field("first_created_at", format_time(part.first)).field("last_created_at", format_time(part.last));
  w.field("records_sum", hex64(totals.content_sum)).field("signals_sum", hex64(totals.signal_sum));
  w.field("archived_at", format_time(part.archived_at)).end_object();
  return out;
}

Result<Manifest> decode_manifest(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed) return fail(Code::kDataLoss, "the manifest is no JSON");
  Members members(*parsed);
  if (const int64_t version = members.number("manifest_version"); version > kManifestVersion)
    return fail(Code::kDataLoss, fmt::format("manifest version {}, this program reads {}", version, kManifestVersion));
  Manifest out;
  store::Part& part = out.part;
  part.key = members.text("object");
  part.format = members.text("format");
  part.project = members.text("project");
  part.platform = members.text("platform");
  part.day = day_of(members.time("date"));
  part.number = static_cast<int>(members.number("part"));
  part.schema_version = static_cast<int>(members.number("schema_version"));
  part.records = members.number("records");
  part.signals = members.number("signals");
  part.raw_bytes = members.number("uncompressed_bytes");
  part.packed_bytes = members.number("compressed_bytes");
  part.sha256 = members.text("sha256");
  part.lines_sha256 = members.text("uncompressed_sha256");
  part.first = members.time("first_created_at");
  part.last = members.time("last_created_at");
  part.archived_at = members.time("archived_at");
  PartTotals& totals = out.totals;
  totals.records = members.unsigned_number("records");
  totals.signals = members.unsigned_number("signals");
  totals.raw_bytes = members.unsigned_number("uncompressed_bytes");
  totals.packed_bytes = members.unsigned_number("compressed_bytes");
  totals.sha256 = members.digest("sha256");
  totals.lines_sha256 = members.digest("uncompressed_sha256");
  totals.first = part.first;
  totals.last = part.last;
  totals.content_sum = members.hex("records_sum");
  totals.signal_sum = members.hex("signals_sum");
  if (!members.missing().empty())
    return fail(Code::kDataLoss, fmt::format("the manifest has no valid \"{}\"", members.missing()));
  return out;
}

std::string difference(const store::Part& catalog, const Manifest& manifest) {
  const store::Part& part = manifest.part;
  const auto differs = [](const char* what, const auto& here, const auto& there) {
    return here == there ? std::string() : fmt::format("{}: {} in the store, {} in the manifest", what, here, there);
  };
  for (const std::string& found :
       {differs("object", catalog.key, part.key), differs("format", catalog.format, part.format),
        differs("project", catalog.project, part.project), differs("platform", catalog.platform, part.platform),
        differs("date", format_day(catalog.day), format_day(part.day)), differs("part", catalog.number, part.number),
        differs("records", catalog.records, part.records), differs("signals", catalog.signals, part.signals),
        differs("uncompressed_bytes", catalog.raw_bytes, part.raw_bytes),
        differs("compressed_bytes", catalog.packed_bytes, part.packed_bytes),
        differs("sha256", catalog.sha256, part.sha256)}) {
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace gleaner::archive

#include "archive/verifier.h"

#include <algorithm>

#include <fmt/format.h>

#include "archive/layout.h"

namespace gleaner::archive {
namespace {

constexpr size_t kMaxManifest = 65536;

// What is wrong with stored bytes, rather than with reaching them.
bool is_flaw(const Error& error) {
  return error.code == Code::kDataLoss || error.code == Code::kNotFound || error.code == Code::kInvalidArgument ||
         error.code == Code::kTooLarge;
}

}  // namespace

std::string_view kind_name(Flaw::Kind kind) {
  switch (kind) {
    case Flaw::Kind::kMissing:
      return "missing";
    case Flaw::Kind::kDamaged:
      return "damaged";
    case Flaw::Kind::kOther:
      return "different";
    case Flaw::Kind::kUnknown:
      return "unknown";
  }
  return "";
}

bool VerifyReport::whole() const {
  return std::ranges::all_of(flaws, [](const Flaw& flaw) { return flaw.kind == Flaw::Kind::kUnknown; });
}

void Verifier::note(VerifyReport& report, Flaw::Kind kind, std::string key, std::string what) {
  if (report.flaws.size() < VerifyReport::kMaxFlaws) report.flaws.push_back({kind, std::move(key), std::move(what)});
}

Result<VerifyReport> Verifier::run(std::string_view project) {
  TRY_ASSIGN(const std::vector<store::Part> parts, tiers_.catalog.parts(project, std::nullopt, std::nullopt));
  VerifyReport report;
  VerifyProgress progress;
  progress.total_parts = std::ssize(parts);
  for (const store::Part& part : parts) progress.total_bytes += part.packed_bytes;
  std::set<std::string> known;
  for (const store::Part& part : parts) {
    known.insert(part.key);
    TRY(check(part, report));
    ++report.parts;
    report.records += part.records;
    report.bytes += part.packed_bytes;
    ++progress.parts;
    progress.bytes += part.packed_bytes;
    if (options_.on_progress) options_.on_progress(progress);
  }
  TRY(find_unknown(project, known, report));
  return report;
}

// False if there is nothing to compare the object with.
Result<bool> Verifier::check_manifest(const store::Part& part, Manifest& manifest, VerifyReport& report) {
  const std::string key = manifest_key(part.key);
  std::string text;
  if (Status read = tiers_.objects.read(key, {}, text, kMaxManifest); !read) {
    if (!is_flaw(read.error())) return std::unexpected(std::move(read).error());
    const bool missing = read.error().code == Code::kNotFound;
    note(report, missing ? Flaw::Kind::kMissing : Flaw::Kind::kDamaged, key,
         missing ? "the manifest is not there" : read.error().message);
    return false;
  }
  auto decoded = decode_manifest(text);
  if (!decoded) {
    note(report, Flaw::Kind::kDamaged, key, decoded.error().message);
    return false;
  }
  manifest = *std::move(decoded);
  if (std::string differs = difference(part, manifest); !differs.empty()) {
    note(report, Flaw::Kind::kOther, key, std::move(differs));
    return false;
  }
  return true;
}

Status Verifier::check(const store::Part& part, VerifyReport& report) {
  Manifest manifest;
  TRY_ASSIGN(const bool comparable, check_manifest(part, manifest, report));
  const auto info = tiers_.objects.head(part.key);
  if (!info) {
    if (!is_flaw(info.error())) return std::unexpected(info.error());
    note(report, Flaw::Kind::kMissing, part.key, "the object is not there");
    return {};
  }
  if (info->size != static_cast<uint64_t>(part.packed_bytes)) {
    note(report, Flaw::Kind::kDamaged, part.key,
         fmt::format("it has {} bytes, {} were written", info->size, part.packed_bytes));
    return {};
  }
  if (options_.quick || !comparable) return {};
  const auto read = [&]() -> Status {
    TRY_ASSIGN(const std::unique_ptr<PartReader> reader, open_part(tiers_, part));
    return reader->verify(manifest.totals, options_.threads);
  };
  Status same = read();
  if (same) return {};
  if (!is_flaw(same.error())) return same;
  note(report, Flaw::Kind::kDamaged, part.key, same.error().message);
  return {};
}

Status Verifier::find_unknown(std::string_view project, const std::set<std::string>& known, VerifyReport& report) {
  std::string after;
  do {
    TRY_ASSIGN(const object::ObjectPage page, tiers_.objects.list(project_prefix(project), after));
    for (const object::ObjectInfo& object : page.objects) {
      const std::string_view of = is_manifest_key(object.key) ? object_of_manifest(object.key) : object.key;
      if (!known.contains(std::string(of)))
        note(report, Flaw::Kind::kUnknown, object.key, "the store does not know this object");
    }
    after = page.next;
  } while (!after.empty());
  return {};
}

}  // namespace gleaner::archive

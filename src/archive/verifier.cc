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
    case Flaw::Kind::kIndex:
      return "index";
    case Flaw::Kind::kUnknown:
      return "unknown";
  }
  return "";
}

bool VerifyReport::whole() const {
  return std::ranges::all_of(flaws,
                             [](const Flaw& flaw) { return flaw.repaired || flaw.kind == Flaw::Kind::kUnknown; });
}

void Verifier::note(VerifyReport& report, Flaw flaw) {
  if (report.flaws.size() < VerifyReport::kMaxFlaws) report.flaws.push_back(std::move(flaw));
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

Result<std::optional<Flaw>> Verifier::check_manifest(const store::Part& part, Manifest& manifest) {
  const std::string key = manifest_key(part.key);
  std::string text;
  if (Status read = tiers_.objects.read(key, {}, text, kMaxManifest); !read) {
    if (!is_flaw(read.error())) return std::unexpected(std::move(read).error());
    if (read.error().code == Code::kNotFound) return Flaw{Flaw::Kind::kMissing, key, "the manifest is not there"};
    return Flaw{Flaw::Kind::kDamaged, key, read.error().message};
  }
  auto decoded = decode_manifest(text);
  if (!decoded) return Flaw{Flaw::Kind::kDamaged, key, decoded.error().message};
  manifest = *std::move(decoded);
  std::string differs = difference(part, manifest);
  if (differs.empty()) return std::nullopt;
  return Flaw{Flaw::Kind::kOther, key, std::move(differs)};
}

Result<std::optional<Flaw>> Verifier::check_index(const store::Part& part) {
  const auto index = read_index(tiers_, part);
  if (!index) {
    if (!is_flaw(index.error())) return std::unexpected(index.error());
    return Flaw{Flaw::Kind::kIndex, part.key, index.error().message};
  }
  if (index->packed_bytes() == static_cast<uint64_t>(part.packed_bytes)) return std::nullopt;
  return Flaw{Flaw::Kind::kIndex, part.key,
              fmt::format("it describes {} bytes, {} were written", index->packed_bytes(), part.packed_bytes)};
}

Result<std::optional<Flaw>> Verifier::check_size(const store::Part& part) {
  const auto info = tiers_.objects.head(part.key);
  if (!info) {
    if (!is_flaw(info.error())) return std::unexpected(info.error());
    return Flaw{Flaw::Kind::kMissing, part.key, "the object is not there"};
  }
  if (info->size == static_cast<uint64_t>(part.packed_bytes)) return std::nullopt;
  return Flaw{Flaw::Kind::kDamaged, part.key,
              fmt::format("it has {} bytes, {} were written", info->size, part.packed_bytes)};
}

Result<std::optional<Flaw>> Verifier::check_object(const store::Part& part, const Manifest& manifest) {
  const auto read = [&]() -> Status {
    TRY_ASSIGN(const std::unique_ptr<PartReader> reader, open_part(tiers_, part));
    return reader->verify(manifest.totals, options_.threads);
  };
  Status same = read();
  if (same) return std::nullopt;
  if (!is_flaw(same.error())) return std::unexpected(std::move(same).error());
  return Flaw{Flaw::Kind::kDamaged, part.key, same.error().message};
}

// The object by itself, without what stands beside it, compared with what the store says of it.
Result<std::optional<Flaw>> Verifier::read_alone(const store::Part& part, PartSummary& summary) {
  TRY_ASSIGN(const Codec codec, codec_of(part.format));
  const Fetch fetch = [&](uint64_t offset, uint64_t length, std::string& out) {
    return tiers_.objects.read(part.key, {offset, length}, out, length);
  };
  auto read = rebuild_index(fetch, static_cast<uint64_t>(part.packed_bytes), codec);
  if (!read) {
    if (!is_flaw(read.error())) return std::unexpected(std::move(read).error());
    return Flaw{Flaw::Kind::kDamaged, part.key, read.error().message};
  }
  summary = *std::move(read);
  const store::Part found = part_of(part.project, part.platform, part.day, part.number, part.format, {}, summary);
  if (found.sha256 == part.sha256 && found.lines_sha256 == part.lines_sha256 && found.records == part.records &&
      found.signals == part.signals && found.raw_bytes == part.raw_bytes) {
    return std::nullopt;
  }
  return Flaw{Flaw::Kind::kDamaged, part.key,
              fmt::format("its sha256 is {}, {} was written", found.sha256, part.sha256)};
}

Status Verifier::make_again(const store::Part& part, const PartSummary& summary, std::vector<Flaw>& beside) {
  for (Flaw& flaw : beside) {
    if (flaw.kind == Flaw::Kind::kIndex) {
      TRY(tiers_.catalog.put_index(part, summary.index.encode()));
    } else {
      TRY(tiers_.objects.put(manifest_key(part.key), encode_manifest({part, summary.totals}),
                             {.content_type = "application/json"}));
    }
    flaw.repaired = true;
  }
  return {};
}

Status Verifier::check(const store::Part& part, VerifyReport& report) {
  Manifest manifest;
  std::vector<Flaw> beside;
  TRY_ASSIGN(std::optional<Flaw> of_manifest, check_manifest(part, manifest));
  TRY_ASSIGN(std::optional<Flaw> of_index, check_index(part));
  for (std::optional<Flaw>* const flaw : {&of_manifest, &of_index}) {
    if (*flaw) beside.push_back(**std::move(flaw));
  }
  TRY_ASSIGN(std::optional<Flaw> of_object, check_size(part));
  if (!of_object && beside.empty() && !options_.quick) {
    TRY_ASSIGN(of_object, check_object(part, manifest));
  }
  if (!of_object && !beside.empty() && (!options_.quick || options_.repair)) {
    PartSummary summary;
    TRY_ASSIGN(of_object, read_alone(part, summary));
    if (!of_object && options_.repair) TRY(make_again(part, summary, beside));
  }
  for (Flaw& flaw : beside) note(report, std::move(flaw));
  if (of_object) note(report, *std::move(of_object));
  return {};
}

Status Verifier::find_unknown(std::string_view project, const std::set<std::string>& known, VerifyReport& report) {
  std::string after;
  do {
    TRY_ASSIGN(const object::ObjectPage page, tiers_.objects.list(project_prefix(project), after));
    for (const object::ObjectInfo& object : page.objects) {
      const std::string of = is_manifest_key(object.key) ? object_of_manifest(object.key) : object.key;
      if (!known.contains(of)) note(report, {Flaw::Kind::kUnknown, object.key, "the store does not know this object"});
    }
    after = page.next;
  } while (!after.empty());
  return {};
}

}  // namespace gleaner::archive

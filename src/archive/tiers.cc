#include "archive/tiers.h"

#include <fmt/format.h>

namespace gleaner::archive {

std::string_view format_of(Codec codec) {
  switch (codec) {
    case Codec::kGzip:
      return "jsonl.gz";
    case Codec::kZstd:
      return "jsonl.zst";
    case Codec::kParquet:
      break;
  }
  return "parquet";
}

Result<Codec> codec_of(std::string_view format) {
  for (const Codec codec : {Codec::kGzip, Codec::kZstd, Codec::kParquet}) {
    if (format == format_of(codec)) return codec;
  }
  return fail(Code::kInvalidArgument, fmt::format("an archived part of the format \"{}\" cannot be read", format));
}

Result<PartIndex> read_index(const Tiers& tiers, const store::Part& part) {
  TRY_ASSIGN(const std::string bytes, tiers.catalog.index_of(part));
  return PartIndex::decode(bytes);
}

Result<std::unique_ptr<PartReader>> open_part(const Tiers& tiers, const store::Part& part, PartIndex index) {
  TRY_ASSIGN(const Codec codec, codec_of(part.format));
  object::ObjectStore& objects = tiers.objects;
  auto fetch = [&objects, key = part.key](uint64_t offset, uint64_t length, std::string& out) -> Status {
    Status done = objects.read(key, {offset, length}, out, length);
    if (done) return done;
    if (done.error().code != Code::kNotFound) return done;
    return fail(Code::kDataLoss, "the archived object is not there");
  };
  return PartReader::open(std::move(index), codec, static_cast<uint64_t>(part.packed_bytes), std::move(fetch));
}

Result<std::unique_ptr<PartReader>> open_part(const Tiers& tiers, const store::Part& part) {
  TRY_ASSIGN(PartIndex index, read_index(tiers, part));
  return open_part(tiers, part, std::move(index));
}

}  // namespace gleaner::archive

// What the archive works between: the store of recent records, what that knows of archived parts, and the objects.
// Safe from any thread, as these are.
#pragma once

#include <memory>
#include <string>

#include "archive/part_reader.h"
#include "base/error.h"
#include "object/object_store.h"
#include "store/archive_catalog.h"
#include "store/store.h"

namespace gleaner::archive {

struct Tiers {
  store::Store& hot;
  store::ArchiveCatalog& catalog;
  object::ObjectStore& objects;
};

// "jsonl.gz", "jsonl.zst", "parquet": how the names of objects end.
std::string_view format_of(Codec codec);
// Errors: kInvalidArgument.
Result<Codec> codec_of(std::string_view format);

// Errors, also when it is read: kDataLoss for a part whose object is missing or another than it was; those of the store
// of objects. None of them names the object.
Result<PartIndex> read_index(const Tiers& tiers, const store::Part& part);
Result<std::unique_ptr<PartReader>> open_part(const Tiers& tiers, const store::Part& part, PartIndex index);
Result<std::unique_ptr<PartReader>> open_part(const Tiers& tiers, const store::Part& part);

}  // namespace gleaner::archive

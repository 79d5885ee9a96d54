// An object on its way from S3, in stretches of some MiB: each is one request, tried again by itself, and asks for the
// ETag of the first, so that two objects are never mixed.
//
// Thread contract: that of ObjectReader.
#pragma once

#include <memory>
#include <string>

#include "object/object_store.h"
#include "object/s3/client.h"

namespace gleaner::object {

// `client` outlives the reader. Errors: those of ObjectStore::open.
Result<std::unique_ptr<ObjectReader>> open_s3_reader(S3Client& client, const std::string& key, Range range);

}  // namespace gleaner::object

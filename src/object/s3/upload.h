// An object on its way to S3. What fits into one part goes in one request; more becomes a multipart upload whose parts
// are of one size, as R2 wants it, a few of them on the way at once.
//
// Thread contract: that of ObjectWriter.
#pragma once

#include <memory>
#include <string>

#include "object/object_store.h"
#include "object/s3/client.h"

namespace gleaner::object {

// check_put() has passed. `client` outlives the writer.
std::unique_ptr<ObjectWriter> make_s3_writer(S3Client& client, std::string key, PutOptions options);

}  // namespace gleaner::object

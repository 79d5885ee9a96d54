// The bytes of one file, on their way in and out. Thread contract: those of ObjectWriter and ObjectReader.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "object/directory/file.h"
#include "object/object_store.h"

namespace gleaner::object {

// Puts a complete file in place; it has the ETag.
using PutInPlace = std::function<Result<ObjectInfo>(File&, std::string etag)>;

// Writes into `file` and hands it to `put` to commit; what was not committed is removed.
std::unique_ptr<ObjectWriter> make_directory_writer(File file, PutInPlace put);

std::unique_ptr<ObjectReader> make_directory_reader(File file, ObjectInfo info, Span span);

}  // namespace gleaner::object

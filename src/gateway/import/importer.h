// Reads files that other collectors and tools wrote, and makes interactions and signals of them. One file per shape,
// one row in the table in importer.cc.
//
// Thread contract: an Importer belongs to one thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "record/codec.h"

namespace gleaner::gateway {

using Record = std::variant<record::Interaction, record::Signal>;

// Turns one element of a file (a line of JSONL, or an element of a JSON array) into records.
// Errors: kInvalidArgument, naming the field; the element then goes to the rejects as it was.
using Convert = Result<std::vector<Record>> (*)(const json::Value& element, record::Decoder& decoder);

struct Shape {
  std::string_view name;         // for --format
  std::string_view description;  // for --help
  // Whether an element looks like this shape; asked in the order of the table when --format is auto.
  bool (*recognise)(const json::Value& element);
  Convert convert;
};

std::span<const Shape> shapes();
// Null if there is no shape of that name.
const Shape* find_shape(std::string_view name);
// The first shape that recognises `element`, or null.
const Shape* recognise(const json::Value& element);

// A record of that JSON, decoded as if it had come over HTTP.
Result<Record> decode_interaction(const json::Value& fields, record::Decoder& decoder);
Result<Record> decode_signal(const json::Value& fields, record::Decoder& decoder);

// An id that is the same whenever the same element is imported again: "import_" and 32 hexadecimal digits of the
// SHA-256 of `namespace_name` and `content`.
std::string import_id(std::string_view namespace_name, std::string_view content);

}  // namespace gleaner::gateway

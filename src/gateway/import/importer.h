// Reads files that other collectors and tools wrote, and makes interactions and signals of them. One file per shape,
// one row in the table in importer.cc.
//
// Importing a file again makes the same records again: an id that the source does not give is made of its content.
//
// Thread contract: shapes have no state; safe from any thread, each with its own Decoder.
#pragma once

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

// Turns one element of a file (a line of JSONL, or an element of a JSON array) into records. None is possible: an
// element may have nothing to store. Errors: kInvalidArgument, naming the field; the element then goes to the rejects
// as it was.
using Convert = Result<std::vector<Record>> (*)(const json::Value& element, record::Decoder& decoder);

struct Shape {
  std::string_view name;         // for --format
  std::string_view alias;        // another name for --format, or empty
  std::string_view description;  // for --help
  // Whether an element looks like this shape; asked in the order of the table when --format is auto.
  bool (*recognise)(const json::Value& element);
  Convert convert;
  // Null for shapes whose elements stand each for itself. Makes one element of several that lie apart: in files of one
  // folder, and for `joins_all` in whatever one import reads.
  std::vector<json::Value> (*join)(std::vector<json::Value> elements) = nullptr;
  bool joins_all = false;
};

std::span<const Shape> shapes();
// Null if there is no shape of that name or alias.
const Shape* find_shape(std::string_view name);
// The first shape that recognises `element`, or null.
const Shape* recognise(const json::Value& element);

// A record of that JSON, decoded as if it had come over HTTP.
Result<Record> decode_interaction(const json::Value& fields, record::Decoder& decoder);
Result<Record> decode_signal(const json::Value& fields, record::Decoder& decoder);

// An id that is the same whenever the same element is imported again: "import_" and 32 hexadecimal digits of the
// SHA-256 of `namespace_name` and `content`.
std::string import_id(std::string_view namespace_name, std::string_view content);

// The agent collector writes what went in and what came out of one turn into two files, which share a session_id. Makes
// one element {"context","prediction"} of every such pair, in the order of their timestamps, for the shape `agent` to
// turn into one interaction. Sessions that lack one half of a pair, and elements that are neither, stay as they are.
// For the files of a folder: on its own each of them is an interaction.
std::vector<json::Value> join_agent_sessions(std::vector<json::Value> elements);

// Langfuse exports traces, observations and scores apart. Puts the observations of a trace into it, as "observations";
// where the trace is not there, into one that has only an id. Scores stay as they are.
std::vector<json::Value> join_langfuse_traces(std::vector<json::Value> elements);

}  // namespace gleaner::gateway

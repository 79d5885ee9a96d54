// The fields of both record types, each listed once: name, where it lives, and what it may hold. The codec, the OpenAPI
// test and the documentation test read these tables.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "record/interaction.h"
#include "record/signal.h"

namespace gleaner::record {

// What a value must be beyond its C++ type.
enum class Shape {
  kId,           // 1 to 256 bytes without control characters
  kName,         // the same, at most 128 bytes
  kText,         // any string
  kTime,         // RFC 3339, or a number of seconds or milliseconds since 1970
  kMessages,     // OpenAI chat messages
  kMessage,      // one assistant message, or its text
  kArray,        // any array
  kItems,        // array of objects with a string "id"
  kSteps,        // array of objects
  kSource,       // object; the intake cuts its "content" to 8,000 characters
  kObject,       //
  kAny,          // any JSON
  kError,        // string or object
  kNotNegative,  // a number from 0
  kUnit,         // a number from 0 to 1
  kTen,          // a number from 0 to 10
  kFlag,         // a boolean
  kNames,        // array of strings
  kKind,         // a signal kind
  kAuthor,       // human, model or code
  kVersion,      // 1 to kSchemaVersion
  kCount,        // a whole number from 0
};

template <typename Record>
using Member =
    std::variant<std::string Record::*, RawJson Record::*, std::optional<double> Record::*,
                 std::optional<bool> Record::*, std::optional<Time> Record::*, std::optional<int64_t> Record::*,
                 int64_t Record::*, std::vector<std::string> Record::*, SignalKind Record::*>;

template <typename Record>
struct Field {
  std::string_view name;
  Member<Record> member;
  Shape shape;
};

std::span<const Field<Interaction>> interaction_fields();
std::span<const Field<Signal>> signal_fields();

}  // namespace gleaner::record

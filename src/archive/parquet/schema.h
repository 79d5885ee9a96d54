// The columns of an archived part in Parquet: the line, from which everything is read again, and beside it what people
// ask for by name. The platform and the day are in the object's name (layout.h), where readers look for them; a column
// of that name would clash there.
//
// Functions are safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "record/verdict.h"
#include "store/store.h"

namespace gleaner::archive::parquet {

enum class Kind { kJson, kText, kTime, kInteger, kReal, kFlag };

// Absent, a text, a number of milliseconds or a count, a real number, a flag.
using Value = std::variant<std::monostate, std::string_view, int64_t, double, bool>;

// A record, with what is derived of it.
struct Row {
  explicit Row(const store::Stored& stored);

  const record::Interaction& interaction;
  const record::Verdict verdict;  // what the signals in the line add up to
  std::optional<int64_t> prompt_tokens;
  std::optional<int64_t> completion_tokens;
};

struct Column {
  std::string_view name;
  Kind kind;
  bool optional = false;
  bool ranged = false;  // its least and greatest value are noted for each row group
  Value (*value)(const Row&) = nullptr;
};

// The first one is "line", of which `value` is null.
std::span<const Column> columns();

}  // namespace gleaner::archive::parquet

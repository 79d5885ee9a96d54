// The file formats a dataset can be written in. One file each; to add one, write its `append` and put a row in the
// table in format.cc, a golden file in tests/golden/export/ and a line in docs/export-formats.md.
//
// Thread contract: formats have no state; safe from any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dataset/example.h"

namespace gleaner::dataset {

struct Format {
  std::string_view name;
  std::string_view description;
  std::string_view content_type;
  std::string_view extension;
  // Appends one line with its line end. False when the example is of a kind the format cannot carry; `reason` then says
  // what is missing. Errors: kDataLoss.
  Result<bool> (*append)(const Example& example, std::string& out, std::string& reason);
};

std::span<const Format> formats();
// Errors: kInvalidArgument, naming the formats there are.
Result<const Format*> find_format(std::string_view name);

// One row of the table each.
Result<bool> append_openai_chat(const Example& example, std::string& out, std::string& reason);

}  // namespace gleaner::dataset

// The file formats a dataset can be written in. One file each; to add one, write its `append` and `check`, put a row in
// the table in format.cc, a golden file in tests/golden/export/formats/ and a section in docs/export-formats.md.
//
// Thread contract: formats have no state; safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "dataset/example.h"

namespace gleaner::dataset {

// What a trainer would refuse of a line, in words that name the member: "messages[2].role: ...".
using Problems = std::vector<std::string>;

// What holds for a file as a whole. Sources: docs/export-formats.md.
struct FileRules {
  uint64_t min_lines = 1;
  uint64_t max_lines = 0;  // 0: no limit that is known
  uint64_t min_bytes = 0;
  uint64_t max_bytes = 0;             // likewise
  std::string_view both_labels = "";  // a boolean member of which a file needs either value
  bool byte_order_mark = false;       // is taken, or even asked for
};

struct Format {
  std::string_view name;
  std::string_view description;
  Task task;  // of the examples it takes
  std::string_view content_type;
  std::string_view extension;
  // Appends one line with its line end. False when the example is of a kind the format cannot carry; `reason` then says
  // what is missing. Errors: kDataLoss.
  Result<bool> (*append)(const Example& example, std::string& out, std::string& reason);
  // Appends what is wrong with a line of such a file, ours or somebody else's.
  void (*check)(const json::Value& line, Problems& problems);
  // Members of a line, those that are always there first: by them a file is recognised.
  std::span<const std::string_view> members;
  FileRules file = {};
  bool metadata = false;  // whether a line has the metadata of its example
  // Of a format that is no text but a Parquet file: its columns, in the words of DuckDB's from_json(). `append` gives
  // rows as JSON then, and dataset/parquet_file.h makes a file of them. Empty for all others.
  std::string_view columns = {};

  bool is_text() const { return columns.empty(); }
};

std::span<const Format> formats();
// Errors: kInvalidArgument, naming the formats there are.
Result<const Format*> find_format(std::string_view name);

// One row of the table each.
Result<bool> append_openai(const Example& example, std::string& out, std::string& reason);
void check_openai(const json::Value& line, Problems& problems);
Result<bool> append_openai_dpo(const Example& example, std::string& out, std::string& reason);
void check_openai_dpo(const json::Value& line, Problems& problems);
Result<bool> append_trl(const Example& example, std::string& out, std::string& reason);
void check_trl(const json::Value& line, Problems& problems);
Result<bool> append_trl_prompt_completion(const Example& example, std::string& out, std::string& reason);
void check_trl_prompt_completion(const json::Value& line, Problems& problems);
Result<bool> append_trl_preference(const Example& example, std::string& out, std::string& reason);
void check_trl_preference(const json::Value& line, Problems& problems);
Result<bool> append_trl_kto(const Example& example, std::string& out, std::string& reason);
void check_trl_kto(const json::Value& line, Problems& problems);
Result<bool> append_sharegpt(const Example& example, std::string& out, std::string& reason);
void check_sharegpt(const json::Value& line, Problems& problems);
Result<bool> append_alpaca(const Example& example, std::string& out, std::string& reason);
void check_alpaca(const json::Value& line, Problems& problems);
Result<bool> append_axolotl(const Example& example, std::string& out, std::string& reason);
void check_axolotl(const json::Value& line, Problems& problems);
Result<bool> append_axolotl_dpo(const Example& example, std::string& out, std::string& reason);
void check_axolotl_dpo(const json::Value& line, Problems& problems);
Result<bool> append_llama_factory(const Example& example, std::string& out, std::string& reason);
void check_llama_factory(const json::Value& line, Problems& problems);
Result<bool> append_llama_factory_dpo(const Example& example, std::string& out, std::string& reason);
void check_llama_factory_dpo(const json::Value& line, Problems& problems);
Result<bool> append_llama_factory_kto(const Example& example, std::string& out, std::string& reason);
void check_llama_factory_kto(const json::Value& line, Problems& problems);
Result<bool> append_bedrock_claude(const Example& example, std::string& out, std::string& reason);
void check_bedrock_claude(const json::Value& line, Problems& problems);
Result<bool> append_bedrock_converse(const Example& example, std::string& out, std::string& reason);
void check_bedrock_converse(const json::Value& line, Problems& problems);
Result<bool> append_gemini(const Example& example, std::string& out, std::string& reason);
void check_gemini(const json::Value& line, Problems& problems);
Result<bool> append_gemini_preference(const Example& example, std::string& out, std::string& reason);
void check_gemini_preference(const json::Value& line, Problems& problems);
Result<bool> append_mistral(const Example& example, std::string& out, std::string& reason);
void check_mistral(const json::Value& line, Problems& problems);
Result<bool> append_together(const Example& example, std::string& out, std::string& reason);
void check_together(const json::Value& line, Problems& problems);
Result<bool> append_together_dpo(const Example& example, std::string& out, std::string& reason);
void check_together_dpo(const json::Value& line, Problems& problems);
Result<bool> append_prompt_response(const Example& example, std::string& out, std::string& reason);
void check_prompt_response(const json::Value& line, Problems& problems);
Result<bool> append_instruction_output(const Example& example, std::string& out, std::string& reason);
void check_instruction_output(const json::Value& line, Problems& problems);
Result<bool> append_parquet(const Example& example, std::string& out, std::string& reason);
void check_parquet(const json::Value& line, Problems& problems);
Result<bool> append_parquet_preference(const Example& example, std::string& out, std::string& reason);
void check_parquet_preference(const json::Value& line, Problems& problems);
Result<bool> append_parquet_kto(const Example& example, std::string& out, std::string& reason);
void check_parquet_kto(const json::Value& line, Problems& problems);

}  // namespace gleaner::dataset

#include "dataset/version_writer.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include <fmt/format.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "dataset/parquet_file.h"

namespace gleaner::dataset {
namespace {

constexpr size_t kShownProblems = 20;

// What a file that is no text is called while it is one.
constexpr std::string_view kRows = ".rows";

}  // namespace

Result<std::unique_ptr<VersionWriter>> VersionWriter::create(const std::string& folder, const Recipe& recipe,
                                                             const duckdb::Options& duckdb) {
  std::unique_ptr<VersionWriter> writer(new VersionWriter(folder, recipe, duckdb));
  writer->written_.splits.resize(recipe.splits.size());
  for (const std::string& name : recipe.formats) {
    Output output;
    TRY_ASSIGN(output.format, find_format(name));
    output.count = &writer->written_.formats[name];
    if (!output.format->is_text()) TRY(duckdb::Database::open(duckdb));
    for (const Split& split : recipe.splits) {
      TRY_ASSIGN(std::unique_ptr<OutputFile> file,
                 OutputFile::create(folder, fmt::format("{}/{}{}{}", name, split.name, output.format->extension,
                                                        output.format->is_text() ? "" : kRows)));
      output.of_split.push_back(std::move(file));
    }
    writer->outputs_.push_back(std::move(output));
  }
  TRY_ASSIGN(writer->lineage_, OutputFile::create(folder, "lineage.jsonl"));
  return writer;
}

void VersionWriter::check(const Output& output, std::string_view line) {
  Problems problems;
  const auto json = json::parse(line);
  if (json) {
    output.format->check(*json, problems);
  } else {
    problems.push_back(json.error().message);
  }
  if (problems.empty()) return;
  ++output.count->problems;
  if (output.count->shown.size() < kShownProblems)
    output.count->shown.push_back(fmt::format("line {}: {}", output.count->lines + 1, problems.front()));
}

Result<uint64_t> VersionWriter::add_to(Output& output, const Example& example, uint32_t split) {
  OutputFile& file = *output.of_split[split];
  std::string& buffer = file.buffer();
  const size_t start = buffer.size();
  std::string reason;
  TRY_ASSIGN(const bool carried, output.format->append(example, buffer, reason));
  if (!carried) {
    ++output.count->left_out[reason];
    return 0;
  }
  check(output, std::string_view(buffer).substr(start));
  ++output.count->lines;
  file.end_line();
  const uint64_t line = file.lines();
  TRY(file.flush_if_full());
  return line;
}

Status VersionWriter::add_lineage(const Example& example, uint32_t split, uint32_t tokens,
                                  const std::vector<uint64_t>& lines) {
  TRY_ASSIGN(const json::Value metadata, json::parse(example.metadata));
  json::Writer w(lineage_->buffer());
  w.begin_object().field("split", recipe_.splits[split].name).key("ids").begin_array();
  for (const std::string& id : example.interaction_ids) w.string(id);
  w.end_array().field("answer", rule_name(example.rule)).field("tokens", tokens);
  for (const auto& [name, from] : {std::pair("session", "session_id"), std::pair("user", "user_id"),
                                   std::pair("answer_by", "answer_by"), std::pair("rejected_user", "rejected_user")}) {
    if (const auto text = metadata.find_string(from)) w.field(name, *text);
  }
  w.key("lines").begin_object();
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (lines[i] > 0) w.field(outputs_[i].format->name, lines[i]);
  }
  w.end_object().end_object();
  lineage_->buffer() += '\n';
  lineage_->end_line();
  return lineage_->flush_if_full();
}

Status VersionWriter::add(const Example& example, uint32_t split, uint32_t tokens) {
  std::vector<uint64_t> lines;
  for (Output& output : outputs_) {
    TRY_ASSIGN(const uint64_t line, add_to(output, example, split));
    lines.push_back(line);
  }
  SplitCount& count = written_.splits[split];
  ++count.examples;
  count.tokens += tokens;
  ++written_.by_rule[std::string(rule_name(example.rule))];
  if (example.task == Task::kUnpaired) ++(example.label ? written_.good : written_.bad);
  written_.fewest_tokens = std::min<uint64_t>(written_.fewest_tokens, tokens);
  written_.most_tokens = std::max<uint64_t>(written_.most_tokens, tokens);
  return add_lineage(example, split, tokens, lines);
}

Result<FileEntry> VersionWriter::convert(const Format& format, const FileEntry& rows) const {
  const std::string text = folder_ + "/" + rows.path;
  const std::string path = rows.path.substr(0, rows.path.size() - kRows.size());
  TRY_ASSIGN(const std::unique_ptr<LineReader> reader, LineReader::open(text, std::numeric_limits<uint32_t>::max()));
  const NextRow next = [&reader](std::string& row) -> Result<bool> {
    LineReader::Line line;
    TRY_ASSIGN(const bool more, reader->next(line));
    if (more) row = line.text;
    return more;
  };
  TRY(write_parquet(format, next, folder_ + "/" + path, duckdb_));
  std::filesystem::remove(text);
  TRY_ASSIGN(FileEntry entry, measure_file(folder_, path));
  entry.lines = rows.lines;
  return entry;
}

Result<Written> VersionWriter::finish() {
  for (Output& output : outputs_) {
    for (const auto& file : output.of_split) {
      TRY_ASSIGN(FileEntry entry, file->close());
      if (!output.format->is_text()) {
        TRY_ASSIGN(entry, convert(*output.format, entry));
      }
      written_.files.push_back(std::move(entry));
    }
  }
  TRY_ASSIGN(FileEntry lineage, lineage_->close());
  written_.files.push_back(std::move(lineage));
  return std::move(written_);
}

}  // namespace gleaner::dataset

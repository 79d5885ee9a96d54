// Streams a training file out of the store with bounded memory: scan, build, format. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "dataset/example.h"
#include "dataset/format/format.h"
#include "duckdb/database.h"
#include "store/store.h"

namespace gleaner::dataset {

struct ExportReport {
  uint64_t interactions = 0;  // that matched the filter
  uint64_t examples = 0;      // written
  uint64_t bytes = 0;
  uint64_t bytes_read = 0;                   // of record JSON
  std::map<std::string, uint64_t> left_out;  // by reason
};

// Where an export begins: the beginning, or behind what an interrupted one has written.
struct ExportStart {
  std::string cursor;   // from Export::cursor()
  ExportReport report;  // of what is before it
};

struct ExportOptions {
  std::string project;
  record::Filter filter;
  const Format* format = nullptr;
  uint64_t limit = 0;  // examples; 0 for all
  ExportStart start;
  duckdb::Options duckdb;  // for Parquet
};

class Export {
 public:
  // Errors: those of Store::scan.
  static Result<std::unique_ptr<Export>> open(store::Store& store, ExportOptions options);

  // Appends about 256 KB of lines; false when there is no more. What it appended belongs to the file either way.
  Result<bool> next(std::string& out);
  // All of it into a file of a format that is no text, telling of each piece. Errors: those of next() and of files.
  Status write_parquet(const std::string& path, const std::function<void(const ExportReport&)>& on_progress);
  const ExportReport& report() const { return report_; }
  // Where to go on behind the last piece; empty when there is no more.
  std::string cursor() const { return scan_->cursor(); }

 private:
  Export(ExportOptions options, std::unique_ptr<store::Scan> scan)
      : options_(std::move(options)),
        scan_(std::move(scan)),
        builder_({.task = options_.format->task, .rules = {}, .metadata = options_.format->metadata}),
        report_(options_.start.report),
        read_before_(report_.bytes_read) {}
  Status add(std::string& out);

  ExportOptions options_;
  std::unique_ptr<store::Scan> scan_;
  ExampleBuilder builder_;
  store::Stored stored_;
  std::vector<Example> examples_;  // of the record under way
  ExportReport report_;
  uint64_t read_before_;
};

}  // namespace gleaner::dataset

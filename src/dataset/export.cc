#include "dataset/export.h"

#include "dataset/parquet_file.h"

namespace gleaner::dataset {
namespace {

constexpr size_t kPieceBytes = size_t{256} << 10;

}  // namespace

Result<std::unique_ptr<Export>> Export::open(store::Store& store, ExportOptions options) {
  store::ScanOptions scan_options;
  scan_options.project = options.project;
  scan_options.filter = options.filter;
  scan_options.cursor = options.start.cursor;
  scan_options.with_signals = true;
  TRY_ASSIGN(std::unique_ptr<store::Scan> scan, store.scan(std::move(scan_options)));
  return std::unique_ptr<Export>(new Export(std::move(options), std::move(scan)));
}

Status Export::add(std::string& out) {
  ++report_.interactions;
  examples_.clear();
  TRY_ASSIGN(const LeftOut left_out, builder_.build(stored_, examples_));
  if (left_out != LeftOut::kNothing) ++report_.left_out[std::string(left_out_name(left_out))];
  for (const Example& example : examples_) {
    std::string reason;
    TRY_ASSIGN(const bool appended, options_.format->append(example, out, reason));
    ++(appended ? report_.examples : report_.left_out[reason]);
  }
  return {};
}

Result<bool> Export::next(std::string& out) {
  const size_t start = out.size();
  bool more = true;
  while (more && out.size() - start < kPieceBytes) {
    more = options_.limit == 0 || report_.examples < options_.limit;
    if (!more) break;
    TRY_ASSIGN(more, scan_->next(stored_));
    if (more) TRY(add(out));
  }
  report_.bytes += out.size() - start;
  report_.bytes_read = read_before_ + scan_->bytes_seen();
  return more;
}

Status Export::write_parquet(const std::string& path, const std::function<void(const ExportReport&)>& on_progress) {
  std::string piece;
  size_t at = 0;
  bool more = true;
  const NextRow next_row = [&](std::string& row) -> Result<bool> {
    while (at == piece.size() && more) {
      piece.clear();
      at = 0;
      TRY_ASSIGN(more, next(piece));
      on_progress(report_);
    }
    if (at == piece.size()) return false;
    const size_t end = piece.find('\n', at);
    row.assign(piece, at, end - at);
    at = end + 1;
    return true;
  };
  return dataset::write_parquet(*options_.format, next_row, path, options_.duckdb);
}

}  // namespace gleaner::dataset

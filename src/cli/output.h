// What people see: tables that line up, sizes in units, progress on a terminal. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gleaner::cli {

// Columns as wide as their widest cell; numbers to the right.
class Table {
 public:
  enum class Align { kLeft, kRight };
  void column(std::string title, Align align = Align::kLeft) { columns_.push_back({std::move(title), align}); }
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // To standard output, each line indented by two.
  void print() const;

 private:
  struct Column {
    std::string title;
    Align align;
  };
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// A heading and its underline.
void print_heading(const std::string& title);

// Bold on a terminal, plain elsewhere and where NO_COLOR is set.
std::string strong(const std::string& text);

// One line on standard error that is written over as work goes on; silent when that is no terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // `done` of `total` bytes (0: unknown), and so many records.
  void update(uint64_t done, uint64_t total, uint64_t records);

 private:
  std::string what_;
  bool enabled_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace gleaner::cli

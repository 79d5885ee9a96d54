#include "cli/output.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"

namespace gleaner::cli {
namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(100);
constexpr int kBarWidth = 24;

bool is_plain(int fd) {
  return isatty(fd) == 0 || std::getenv("NO_COLOR") != nullptr;
}

std::string padded(const std::string& text, size_t width, Table::Align align) {
  const size_t have = count_characters(text);
  const std::string space(width > have ? width - have : 0, ' ');
  return align == Table::Align::kLeft ? text + space : space + text;
}

}  // namespace

std::string strong(const std::string& text) {
  return is_plain(STDOUT_FILENO) ? text : fmt::format("\033[1m{}\033[0m", text);
}

void print_heading(const std::string& title) {
  fmt::print("\n{}\n{}\n", strong(title), std::string(count_characters(title), '-'));
}

void Table::print() const {
  std::vector<size_t> widths;
  widths.reserve(columns_.size());
  for (const Column& column : columns_) widths.push_back(count_characters(column.title));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], count_characters(row[i]));
  }
  const auto line = [&](const auto& cell) {
    std::string out = " ";
    for (size_t i = 0; i < columns_.size(); ++i) out += " " + padded(cell(i), widths[i], columns_[i].align) + " ";
    out.erase(out.find_last_not_of(' ') + 1);
    fmt::print("{}\n", out);
  };
  line([this](size_t i) { return columns_[i].title; });
  line([&widths](size_t i) { return std::string(widths[i], '-'); });
  for (const auto& row : rows_) line([&row](size_t i) { return i < row.size() ? row[i] : std::string(); });
}

Progress::Progress(std::string what)
    : what_(std::move(what)), enabled_(isatty(STDERR_FILENO) != 0), start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::update(uint64_t done, uint64_t total, uint64_t records) {
  const auto now = std::chrono::steady_clock::now();
  if (!enabled_ || now - last_ < kProgressInterval) return;
  last_ = now;
  shown_ = true;
  const double seconds = std::max(0.001, std::chrono::duration<double>(now - start_).count());
  std::string bar;
  if (total > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const int filled = static_cast<int>(share * kBarWidth);
    const double left = share > 0 ? seconds * (1 - share) / share : 0;
    bar = fmt::format("[{}{}] {:3.0f}% {:.0f} s left  ", std::string(filled, '#'), std::string(kBarWidth - filled, '.'),
                      100 * share, left);
  }
  fmt::print(stderr, "\r\033[K{} {}{} records, {:.0f}/s, {}", what_, bar, display_count(records),
             static_cast<double>(records) / seconds, display_bytes(done));
  std::fflush(stderr);
}

}  // namespace gleaner::cli

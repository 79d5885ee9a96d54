#include "dataset/validate.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/line_reader.h"
#include "base/text.h"
#include "dataset/parquet_file.h"

namespace gleaner::dataset {
namespace {

constexpr size_t kMaxLineBytes = size_t{64} << 20;
constexpr size_t kMaxSlots = size_t{1} << 23;
constexpr size_t kFirstSlots = size_t{1} << 12;
constexpr uint64_t kFileMask = 0xff;

// A format is guessed by so many lines, or so many bytes of them.
constexpr size_t kGuessLines = 8;
constexpr size_t kGuessBytes = size_t{4} << 20;

struct HeldLine {
  std::string text;
  uint64_t offset = 0;
  bool too_long = false;
};

class Validation {
 public:
  Validation(const std::string& path, const ValidationOptions& options, SeenLines& seen, int file)
      : options_(options), seen_(seen), file_(file) {
    report_.path = path;
    report_.format = options.format;
  }

  // The lines from which the format is guessed wait until it is.
  Status add(const LineReader::Line& line) {
    report_.bytes = line.offset + line.text.size() + 1;
    if (report_.format != nullptr) {
      check({line.text, line.offset, line.too_long});
      return {};
    }
    held_bytes_ += line.text.size();
    held_.push_back({std::string(line.text), line.offset, line.too_long});
    return held_.size() < kGuessLines && held_bytes_ < kGuessBytes ? Status() : guess();
  }

  Status end(const LineReader& reader) {
    if (report_.format == nullptr) TRY(guess());
    if (!reader.compressed()) report_.bytes = reader.bytes_read();
    check_file(reader.byte_order_mark());
    if (reader.compressed()) report_.notes.emplace_back("compressed; trainers take plain files");
    if (!seen_.complete()) report_.notes.emplace_back("too many lines to find all that are repeated");
    return {};
  }

  Status end_of_parquet(uint64_t bytes) {
    if (report_.format == nullptr) TRY(guess());
    report_.parquet = true;
    report_.bytes = bytes;
    check_file(false);
    return {};
  }

  uint64_t lines() const { return report_.lines; }
  ValidationReport take() { return std::move(report_); }

 private:
  struct View {
    std::string_view text;
    uint64_t offset;
    bool too_long;
  };

  Status guess() {
    std::vector<json::Value> lines;
    for (const HeldLine& held : held_) {
      auto parsed = json::parse(held.text);
      if (parsed && parsed->is_object()) lines.push_back(*std::move(parsed));
    }
    report_.format = guess_format(lines);
    if (report_.format == nullptr) {
      return fail(
          Code::kInvalidArgument,
          fmt::format("{}: its first lines are of no known format; --format says which it ought to be", report_.path));
    }
    report_.guessed = true;
    for (const HeldLine& held : held_) check({held.text, held.offset, held.too_long});
    held_.clear();
    return {};
  }

  void check(const View& line) {
    ++report_.lines;
    problems_.clear();
    if (line.too_long) {
      problems_.push_back(fmt::format("longer than {}, not checked", display_bytes(kMaxLineBytes)));
    } else if (trim(line.text).empty()) {
      problems_.emplace_back("an empty line");
    } else {
      check_json(line.text);
    }
    if (problems_.empty()) return;
    ++report_.bad_lines;
    const uint64_t room = options_.max_problems - std::min(options_.max_problems, shown_);
    report_.problems += problems_.size();
    if (room == 0) return;
    if (problems_.size() > room) problems_.resize(room);
    shown_ += problems_.size();
    report_.shown.push_back({report_.lines, line.offset, problems_});
  }

  void check_json(std::string_view text) {
    const auto parsed = json::parse(text);
    if (!parsed) {
      problems_.push_back("not JSON: " + parsed.error().message);
      return;
    }
    report_.format->check(*parsed, problems_);
    const json::Value* const label = parsed->find(report_.format->file.both_labels);
    if (label != nullptr && label->is_bool()) (label->as_bool() ? good_ : bad_) = true;
    const std::optional<int> before = seen_.insert(text, file_);
    if (!before) return;
    if (*before != file_) {
      ++report_.shared;
    } else if (++report_.repeated == 1) {
      report_.first_repeated = report_.lines;
    }
  }

  void check_file(bool byte_order_mark) {
    const FileRules& rules = report_.format->file;
    std::vector<std::string>& wrong = report_.of_file;
    if (report_.lines < rules.min_lines)
      wrong.push_back(fmt::format("{} lines: expected at least {}", report_.lines, rules.min_lines));
    if (rules.max_lines > 0 && report_.lines > rules.max_lines)
      wrong.push_back(fmt::format("{} lines: expected at most {}", report_.lines, rules.max_lines));
    if (report_.bytes < rules.min_bytes)
      wrong.push_back(fmt::format("{} bytes: expected at least {}", report_.bytes, rules.min_bytes));
    if (rules.max_bytes > 0 && report_.bytes > rules.max_bytes)
      wrong.push_back(fmt::format("{} bytes: expected at most {}", report_.bytes, rules.max_bytes));
    if (!rules.both_labels.empty() && report_.lines > 0 && good_ != bad_)
      wrong.push_back(
          fmt::format("{}: expected both true and false in the file; got only {}", rules.both_labels, good_));
    if (byte_order_mark && rules.byte_order_mark) {
      report_.notes.emplace_back("starts with a byte order mark, which Azure asks for and others do not expect");
    } else if (byte_order_mark) {
      wrong.emplace_back("starts with a byte order mark");
    }
    report_.problems += wrong.size();
  }

  const ValidationOptions& options_;
  SeenLines& seen_;
  const int file_;
  ValidationReport report_;
  std::vector<HeldLine> held_;
  size_t held_bytes_ = 0;
  Problems problems_;  // of the line under way
  uint64_t shown_ = 0;
  bool good_ = false;  // labels that were there
  bool bad_ = false;
};

}  // namespace

std::optional<int> SeenLines::insert(std::string_view line, int file) {
  constexpr uint64_t kSeed = 0x676c65616e6572;
  const uint64_t hash = keyed_hash64(kSeed, line) & ~kFileMask;
  const auto mark = static_cast<uint64_t>(std::clamp(file, 0, kMaxFiles - 1) + 1);
  if (slots_.empty() || (used_ * 4 > slots_.size() * 3 && slots_.size() < kMaxSlots)) grow();
  size_t at = (hash >> 8) % slots_.size();
  for (; slots_[at] != 0; at = (at + 1) % slots_.size()) {
    if ((slots_[at] & ~kFileMask) == hash) return static_cast<int>(slots_[at] & kFileMask) - 1;
  }
  if (used_ * 4 > slots_.size() * 3) {
    complete_ = false;
    return std::nullopt;
  }
  slots_[at] = hash | mark;
  ++used_;
  return std::nullopt;
}

void SeenLines::grow() {
  const std::vector<uint64_t> old = std::move(slots_);
  slots_.assign(old.empty() ? kFirstSlots : old.size() * 2, 0);
  for (const uint64_t slot : old) {
    if (slot == 0) continue;
    size_t at = ((slot & ~kFileMask) >> 8) % slots_.size();
    while (slots_[at] != 0) at = (at + 1) % slots_.size();
    slots_[at] = slot;
  }
}

const Format* guess_format(const std::vector<json::Value>& lines) {
  const Format* best = nullptr;
  std::pair<size_t, size_t> least;
  for (const Format& format : formats()) {
    size_t known = 0;
    size_t unknown = 0;
    Problems problems;
    size_t broken = 0;
    for (const json::Value& line : lines) {
      problems.clear();
      format.check(line, problems);
      broken += problems.size();
      for (const auto& [name, value] : line.members())
        ++(std::ranges::find(format.members, name) == format.members.end() ? unknown : known);
    }
    const std::pair<size_t, size_t> cost = {broken, unknown};
    if (known == 0 || (best != nullptr && least <= cost)) continue;
    best = &format;
    least = cost;
  }
  return best;
}

namespace {

Result<ValidationReport> validate_parquet(const std::string& path, const ValidationOptions& options, SeenLines& seen,
                                          int file) {
  TRY_ASSIGN(const std::unique_ptr<ParquetRows> rows, ParquetRows::open(path, options.duckdb));
  Validation validation(path, options, seen, file);
  LineReader::Line line;
  while (true) {
    TRY_ASSIGN(const bool more, rows->next(line.text));
    if (!more) break;
    TRY(validation.add(line));
    if (options.on_progress) options.on_progress(0, 0, validation.lines());
  }
  std::error_code error;
  TRY(validation.end_of_parquet(std::filesystem::file_size(path, error)));
  return validation.take();
}

}  // namespace

Result<ValidationReport> validate_file(const std::string& path, const ValidationOptions& options, SeenLines& seen,
                                       int file) {
  if (path != "-" && is_parquet(path)) return validate_parquet(path, options, seen, file);
  TRY_ASSIGN(const std::unique_ptr<LineReader> reader, LineReader::open(path, kMaxLineBytes));
  Validation validation(path, options, seen, file);
  LineReader::Line line;
  while (true) {
    TRY_ASSIGN(const bool more, reader->next(line));
    if (!more) break;
    TRY(validation.add(line));
    if (options.on_progress) options.on_progress(reader->bytes_read(), reader->bytes_total(), validation.lines());
  }
  TRY(validation.end(*reader));
  return validation.take();
}

}  // namespace gleaner::dataset

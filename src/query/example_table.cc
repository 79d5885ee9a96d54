// An example is a line of lineage.jsonl, and in each format that carries it a line of the file of its split. Lines of
// all these files stand in the same order, so they are read side by side.
#include "query/example_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/line_reader.h"
#include "dataset/format/format.h"

namespace gleaner::query {
namespace {

using dataset::VersionInfo;
using duckdb::Row;
using duckdb::Type;
using json::Value;

constexpr size_t kMaxLineBytes = size_t{256} << 20;

enum Place { kDataset, kVersion, kSplit, kIds, kAnswer, kTokens, kSession, kUser, kAnswerBy, kFormat, kLine, kExample };

const std::vector<duckdb::Column>& example_columns() {
  static const std::vector<duckdb::Column> all = {
      {"dataset", Type::kText},   {"version", Type::kInteger}, {"split", Type::kText},      {"ids", Type::kTexts},
      {"answer", Type::kText},    {"tokens", Type::kInteger},  {"session_id", Type::kText}, {"user_id", Type::kText},
      {"answer_by", Type::kText}, {"format", Type::kText},     {"line", Type::kInteger},    {"example", Type::kJson},
  };
  return all;
}

// A file of examples that is read forward to the line that is wanted next.
class ExampleLines {
 public:
  static Result<ExampleLines> open(const std::string& path) {
    ExampleLines lines;
    TRY_ASSIGN(lines.reader_, LineReader::open(path, kMaxLineBytes));
    return lines;
  }
  Result<std::string_view> line(int64_t number) {
    LineReader::Line line;
    while (at_ < number) {
      TRY_ASSIGN(const bool more, reader_->next(line));
      if (!more) return fail(Code::kDataLoss, fmt::format("line {} is not there", number));
      ++at_;
    }
    return line.text;
  }

 private:
  std::unique_ptr<LineReader> reader_;
  int64_t at_ = 0;
};

class VersionPart final : public duckdb::TablePart {
 public:
  static Result<std::unique_ptr<VersionPart>> open(VersionInfo version, const std::vector<size_t>& wanted) {
    std::unique_ptr<VersionPart> part(new VersionPart(std::move(version), wanted));
    TRY_ASSIGN(part->lineage_, LineReader::open(part->version_.folder + "/lineage.jsonl", kMaxLineBytes));
    return part;
  }

  Result<bool> next(Row& row) override {
    LineReader::Line line;
    TRY_ASSIGN(const bool more, lineage_->next(line));
    if (!more) return false;
    const auto parsed = json::parse(line.text);
    if (!parsed) return fail(Code::kDataLoss, version_.folder + "/lineage.jsonl: " + parsed.error().message);
    find_line(*parsed);
    for (size_t i = 0; i < wanted_.size(); ++i) TRY(set(*parsed, static_cast<Place>(wanted_[i]), row, i));
    return true;
  }

 private:
  VersionPart(VersionInfo version, const std::vector<size_t>& wanted) : version_(std::move(version)), wanted_(wanted) {}

  // The first format of text that carries the example.
  void find_line(const Value& lineage) {
    format_ = nullptr;
    const Value* const lines = lineage.find("lines");
    if (lines == nullptr) return;
    for (const auto& [name, number] : lines->members()) {
      const auto format = dataset::find_format(name);
      if (!format || !(*format)->is_text()) continue;
      format_ = *format;
      line_ = number.as_integer().value_or(0);
      return;
    }
  }

  Status set(const Value& lineage, Place place, Row& row, size_t column) {
    const auto text = [&](std::string_view name) {
      const auto value = lineage.find_string(name);
      value ? row.text(column, *value) : row.null(column);
    };
    switch (place) {
      case kDataset:
        row.text(column, version_.name);
        break;
      case kVersion:
        row.integer(column, version_.number);
        break;
      case kSplit:
        text("split");
        break;
      case kIds:
        row.texts(column, ids_of(lineage));
        break;
      case kAnswer:
        text("answer");
        break;
      case kTokens: {
        const Value* const tokens = lineage.find("tokens");
        row.integer(column, tokens == nullptr ? 0 : tokens->as_integer().value_or(0));
        break;
      }
      case kSession:
        text("session");
        break;
      case kUser:
        text("user");
        break;
      case kAnswerBy:
        text("answer_by");
        break;
      case kFormat:
        format_ == nullptr ? row.null(column) : row.text(column, format_->name);
        break;
      case kLine:
        format_ == nullptr ? row.null(column) : row.integer(column, line_);
        break;
      case kExample:
        return set_example(std::string(lineage.find_string("split").value_or("")), row, column);
    }
    return {};
  }

  static std::vector<std::string> ids_of(const Value& lineage) {
    std::vector<std::string> ids;
    if (const Value* const list = lineage.find("ids")) {
      for (const Value& id : list->items()) ids.push_back(id.text());
    }
    return ids;
  }

  Status set_example(const std::string& split, Row& row, size_t column) {
    if (format_ == nullptr) {
      row.null(column);
      return {};
    }
    const std::string path = fmt::format("{}/{}/{}{}", version_.folder, format_->name, split, format_->extension);
    auto found = files_.find(path);
    if (found == files_.end()) {
      TRY_ASSIGN(ExampleLines lines, ExampleLines::open(path));
      found = files_.emplace(path, std::move(lines)).first;
    }
    const auto line = found->second.line(line_);
    if (!line) return fail_in(path, line.error());
    row.text(column, *line);
    return {};
  }

  const VersionInfo version_;
  const std::vector<size_t>& wanted_;
  std::unique_ptr<LineReader> lineage_;
  std::map<std::string, ExampleLines> files_;  // by path
  const dataset::Format* format_ = nullptr;    // of the example under way
  int64_t line_ = 0;
};

class VersionScan final : public duckdb::TableScan {
 public:
  VersionScan(std::vector<VersionInfo> versions, std::vector<size_t> wanted)
      : versions_(std::move(versions)), wanted_(std::move(wanted)) {}

  size_t parts() const override { return std::max<size_t>(versions_.size(), 1); }
  Result<std::unique_ptr<duckdb::TablePart>> next_part() override {
    if (at_ == versions_.size()) return nullptr;
    return VersionPart::open(versions_[at_++], wanted_);
  }

 private:
  const std::vector<VersionInfo> versions_;
  const std::vector<size_t> wanted_;
  size_t at_ = 0;
};

class ExampleTable final : public duckdb::Table {
 public:
  explicit ExampleTable(const dataset::Versions& versions) : versions_(versions) {}

  const std::vector<duckdb::Column>& columns() const override { return example_columns(); }

  Result<std::unique_ptr<duckdb::TableScan>> scan(std::string_view filter, std::vector<size_t> wanted) const override {
    if (!filter.empty()) return fail(Code::kInvalidArgument, "filter: examples are filtered by WHERE alone");
    TRY_ASSIGN(std::vector<VersionInfo> all, versions_.list());
    std::erase_if(all, [](const VersionInfo& version) { return !version.invalid.empty(); });
    return std::make_unique<VersionScan>(std::move(all), std::move(wanted));
  }

 private:
  const dataset::Versions& versions_;
};

}  // namespace

std::unique_ptr<duckdb::Table> example_table(const dataset::Versions& versions) {
  return std::make_unique<ExampleTable>(versions);
}

}  // namespace gleaner::query

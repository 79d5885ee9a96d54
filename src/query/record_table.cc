#include "query/record_table.h"

#include <algorithm>
#include <set>

#include "record/fields.h"
#include "record/verdict_fields.h"

namespace gleaner::query {
namespace {

using duckdb::Column;
using duckdb::Row;
using duckdb::Type;
using record::Field;
using record::Interaction;
using record::Signal;
using record::Verdict;

// The type of a field, by the member it lives in.
struct TypeOf {
  template <typename R>
  Type operator()(std::string R::*) const {
    return Type::kText;
  }
  template <typename R>
  Type operator()(record::RawJson R::*) const {
    return Type::kJson;
  }
  template <typename R>
  Type operator()(std::optional<double> R::*) const {
    return Type::kNumber;
  }
  template <typename R>
  Type operator()(std::optional<bool> R::*) const {
    return Type::kBool;
  }
  template <typename R>
  Type operator()(std::optional<Time> R::*) const {
    return Type::kTime;
  }
  template <typename R>
  Type operator()(std::optional<int64_t> R::*) const {
    return Type::kInteger;
  }
  template <typename R>
  Type operator()(int64_t R::*) const {
    return Type::kInteger;
  }
  template <typename R>
  Type operator()(std::vector<std::string> R::*) const {
    return Type::kTexts;
  }
  template <typename R>
  Type operator()(record::SignalKind R::*) const {
    return Type::kText;
  }

  Type operator()(int64_t Verdict::*) const { return Type::kInteger; }
  Type operator()(int64_t (Verdict::*)() const) const { return Type::kInteger; }
  Type operator()(bool (Verdict::*)() const) const { return Type::kBool; }
  Type operator()(std::optional<double> (*)(const Verdict&)) const { return Type::kNumber; }
};

// Sets one column of a row from a field of a record.
template <typename R>
struct Setter {
  const R& record;
  Row& row;
  size_t column;

  void operator()(std::string R::* member) const { text(record.*member); }
  void operator()(record::RawJson R::* member) const { text((record.*member).text); }
  void operator()(std::optional<double> R::* member) const {
    (record.*member) ? row.number(column, *(record.*member)) : row.null(column);
  }
  void operator()(std::optional<bool> R::* member) const {
    (record.*member) ? row.flag(column, *(record.*member)) : row.null(column);
  }
  void operator()(std::optional<Time> R::* member) const {
    (record.*member) ? row.time(column, *(record.*member)) : row.null(column);
  }
  void operator()(std::optional<int64_t> R::* member) const {
    (record.*member) ? row.integer(column, *(record.*member)) : row.null(column);
  }
  void operator()(int64_t R::* member) const { row.integer(column, record.*member); }
  void operator()(std::vector<std::string> R::* member) const { row.texts(column, record.*member); }
  void operator()(record::SignalKind R::* member) const { text(record::signal_kind_name(record.*member)); }

 private:
  void text(std::string_view value) const { value.empty() ? row.null(column) : row.text(column, value); }
};

struct VerdictSetter {
  const Verdict& verdict;
  Row& row;
  size_t column;

  void operator()(int64_t Verdict::* count) const { row.integer(column, verdict.*count); }
  void operator()(int64_t (Verdict::*sum)() const) const { row.integer(column, (verdict.*sum)()); }
  void operator()(bool (Verdict::*flag)() const) const { row.flag(column, (verdict.*flag)()); }
  void operator()(std::optional<double> (*mean)(const Verdict&)) const {
    const std::optional<double> value = mean(verdict);
    value ? row.number(column, *value) : row.null(column);
  }
};

template <typename Fields>
void add_columns(const Fields& fields, std::vector<Column>& out) {
  for (const auto& field : fields) out.push_back({std::string(field.name), std::visit(TypeOf{}, field.member)});
}

void set_interaction(const store::Stored& stored, const std::vector<size_t>& wanted, Row& row) {
  const auto fields = record::interaction_fields();
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] < fields.size()) {
      std::visit(Setter<Interaction>{stored.interaction, row, i}, fields[wanted[i]].member);
    } else {
      std::visit(VerdictSetter{stored.verdict, row, i}, record::verdict_fields()[wanted[i] - fields.size()].member);
    }
  }
}

void set_signal(const Signal& signal, const std::vector<size_t>& wanted, Row& row) {
  for (size_t i = 0; i < wanted.size(); ++i)
    std::visit(Setter<Signal>{signal, row, i}, record::signal_fields()[wanted[i]].member);
}

class InteractionPart final : public duckdb::TablePart {
 public:
  InteractionPart(std::unique_ptr<store::Scan> scan, const std::vector<size_t>& wanted)
      : scan_(std::move(scan)), wanted_(wanted) {}

  Result<bool> next(Row& row) override {
    TRY_ASSIGN(const bool more, scan_->next(stored_));
    if (more) set_interaction(stored_, wanted_, row);
    return more;
  }

 private:
  const std::unique_ptr<store::Scan> scan_;
  const std::vector<size_t>& wanted_;
  store::Stored stored_;
};

class SignalPart final : public duckdb::TablePart {
 public:
  SignalPart(std::unique_ptr<store::Scan> scan, const std::vector<size_t>& wanted)
      : scan_(std::move(scan)), wanted_(wanted) {}

  Result<bool> next(Row& row) override {
    while (at_ == stored_.signals.size()) {
      at_ = 0;
      TRY_ASSIGN(const bool more, scan_->next(stored_));
      if (more) continue;
      stored_.signals.clear();
      return false;
    }
    set_signal(stored_.signals[at_++], wanted_, row);
    return true;
  }

 private:
  const std::unique_ptr<store::Scan> scan_;
  const std::vector<size_t>& wanted_;
  store::Stored stored_;
  size_t at_ = 0;
};

// Signals whose interaction has not come.
class WaitingPart final : public duckdb::TablePart {
 public:
  WaitingPart(std::vector<store::Write> waiting, const std::vector<size_t>& wanted)
      : waiting_(std::move(waiting)), wanted_(wanted) {}

  Result<bool> next(Row& row) override {
    if (at_ == waiting_.size()) return false;
    set_signal(std::get<Signal>(waiting_[at_++].record), wanted_, row);
    return true;
  }

 private:
  const std::vector<store::Write> waiting_;
  const std::vector<size_t>& wanted_;
  size_t at_ = 0;
};

enum class What { kInteractions, kSignals };

class DayScan final : public duckdb::TableScan {
 public:
  DayScan(const Sources& sources, What what, record::Filter filter, bool with_waiting, std::vector<size_t> wanted)
      : sources_(sources),
        what_(what),
        filter_(std::move(filter)),
        with_waiting_(with_waiting),
        wanted_(std::move(wanted)) {}

  Status find_days() {
    std::set<Day> days;
    TRY_ASSIGN(const std::vector<Day> hot, sources_.store.days());
    days.insert(hot.begin(), hot.end());
    TRY_ASSIGN(const auto parts, sources_.catalog.parts(sources_.project, std::nullopt, std::nullopt));
    for (const store::Part& part : parts) days.insert(part.day);
    for (const Day day : days) {
      const bool before = filter_.from && Time(day + std::chrono::days(1)) <= *filter_.from;
      const bool behind = filter_.to && Time(day) >= *filter_.to;
      if (!before && !behind) days_.push_back(day);
    }
    return {};
  }

  size_t parts() const override { return std::max<size_t>(days_.size(), 1); }

  Result<std::unique_ptr<duckdb::TablePart>> next_part() override {
    if (at_ == days_.size()) return waiting();
    const Day day = days_[at_++];
    store::ScanOptions options{.project = sources_.project, .filter = filter_};
    options.with_signals = what_ == What::kSignals;
    options.filter.from = std::max(Time(day), filter_.from.value_or(Time(day)));
    const Time next_day(day + std::chrono::days(1));
    options.filter.to = std::min(next_day, filter_.to.value_or(next_day));
    TRY_ASSIGN(std::unique_ptr<store::Scan> scan, sources_.store.scan(std::move(options)));
    if (what_ == What::kSignals) return std::make_unique<SignalPart>(std::move(scan), wanted_);
    return std::make_unique<InteractionPart>(std::move(scan), wanted_);
  }

 private:
  Result<std::unique_ptr<duckdb::TablePart>> waiting() {
    if (!std::exchange(with_waiting_, false)) return nullptr;
    TRY_ASSIGN(std::vector<store::Write> waiting, sources_.store.waiting(sources_.project));
    return std::make_unique<WaitingPart>(std::move(waiting), wanted_);
  }

  const Sources& sources_;
  const What what_;
  const record::Filter filter_;
  bool with_waiting_;
  const std::vector<size_t> wanted_;
  std::vector<Day> days_;
  size_t at_ = 0;
};

class RecordTable final : public duckdb::Table {
 public:
  RecordTable(const Sources& sources, What what) : sources_(sources), what_(what) {
    if (what == What::kSignals) {
      add_columns(record::signal_fields(), columns_);
    } else {
      add_columns(record::interaction_fields(), columns_);
      add_columns(record::verdict_fields(), columns_);
    }
  }

  const std::vector<Column>& columns() const override { return columns_; }

  Result<std::unique_ptr<duckdb::TableScan>> scan(std::string_view condition,
                                                  std::vector<size_t> wanted) const override {
    record::Filter filter;
    if (!condition.empty()) {
      const auto json = json::parse(condition);
      if (!json) return fail_in("filter", json.error());
      TRY(filter.set_condition(*json));
    }
    auto scan = std::make_unique<DayScan>(sources_, what_, std::move(filter),
                                          what_ == What::kSignals && condition.empty(), std::move(wanted));
    TRY(scan->find_days());
    return scan;
  }

 private:
  const Sources sources_;
  const What what_;
  std::vector<Column> columns_;
};

}  // namespace

std::unique_ptr<duckdb::Table> interaction_table(const Sources& sources) {
  return std::make_unique<RecordTable>(sources, What::kInteractions);
}

std::unique_ptr<duckdb::Table> signal_table(const Sources& sources) {
  return std::make_unique<RecordTable>(sources, What::kSignals);
}

}  // namespace gleaner::query

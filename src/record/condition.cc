#include "record/condition.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <variant>

#include <fmt/format.h>

#include "record/fields.h"
#include "record/verdict_fields.h"

namespace gleaner::record {
namespace {

using json::Value;

// What a field of a record holds. Times are numbers of milliseconds.
struct Many {
  std::vector<std::string_view> texts;
};
using Reading = std::variant<std::monostate, double, std::string_view, bool, Many>;

constexpr std::string_view kVerdict = "verdict.";

constexpr std::array<std::string_view, 11> kOps = {"eq", "ne",  "in",       "not_in",      "gt",    "gte",
                                                   "lt", "lte", "contains", "starts_with", "exists"};
enum class Op { kEq, kNe, kIn, kNotIn, kGt, kGte, kLt, kLte, kContains, kStartsWith, kExists };

using Operand = std::variant<double, std::string, bool>;

std::string below(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::unexpected<Error> wrong(std::string_view path, std::string_view expected, const Value& got) {
  return fail(Code::kInvalidArgument, fmt::format("{}: expected {}, got {}", path.empty() ? "filter" : path, expected,
                                                  got.is_string() ? "\"" + got.text() + "\"" : got.kind_name()));
}

// Where a test gets its reading from: one of the three.
struct Source {
  const VerdictField* verdict = nullptr;
  const Field<Interaction>* field = nullptr;
  const Field<Signal>* signal_field = nullptr;
  std::vector<std::string> path;  // into a field of JSON

  bool is_time() const {
    return (field != nullptr && field->shape == Shape::kTime) ||
           (signal_field != nullptr && signal_field->shape == Shape::kTime);
  }
};

// What a condition looks at. `signal` is the one of `signals` that it is about, if it is about one.
struct Subject {
  const Interaction& interaction;
  const Verdict& verdict;
  std::span<const Signal> signals;
  const Signal* signal = nullptr;
};

Reading read_json(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return value.as_bool();
    case Value::Kind::kNumber:
      return value.as_double();
    case Value::Kind::kString:
      return std::string_view(value.text());
    case Value::Kind::kArray: {
      Many many;
      for (const Value& item : value.items()) {
        if (item.is_string()) many.texts.emplace_back(item.text());
      }
      return many;
    }
    case Value::Kind::kObject:
      return Many{};
    case Value::Kind::kNull:
      return {};
  }
  return {};
}

struct VerdictReader {
  const Verdict& verdict;

  Reading operator()(int64_t Verdict::* count) const { return static_cast<double>(verdict.*count); }
  Reading operator()(int64_t (Verdict::*sum)() const) const { return static_cast<double>((verdict.*sum)()); }
  Reading operator()(bool (Verdict::*flag)() const) const { return (verdict.*flag)(); }
  Reading operator()(std::optional<double> (*mean)(const Verdict&)) const {
    const std::optional<double> value = mean(verdict);
    return value ? Reading(*value) : Reading();
  }
};

// `parsed` holds what the reading points to.
template <typename Record>
struct FieldReader {
  const Record& record;
  const Source& source;
  Value& parsed;

  Reading operator()(std::string Record::* member) const {
    const std::string& text = record.*member;
    return text.empty() ? Reading() : Reading(std::string_view(text));
  }
  Reading operator()(RawJson Record::* member) const {
    const RawJson& json = record.*member;
    if (json.empty()) return {};
    auto value = json::parse(json.text);
    if (!value) return {};
    parsed = *std::move(value);
    const Value* at = &parsed;
    for (const std::string& name : source.path) {
      at = at->find(name);
      if (at == nullptr) return {};
    }
    return read_json(*at);
  }
  Reading operator()(std::optional<bool> Record::* member) const {
    if constexpr (std::is_same_v<Record, Interaction>) {
      if (member == &Interaction::success) return record.succeeded();
    }
    return record.*member ? Reading(*(record.*member)) : Reading();
  }
  Reading operator()(std::optional<Time> Record::* member) const {
    return record.*member ? Reading(static_cast<double>(to_ms(*(record.*member)))) : Reading();
  }
  template <typename Number>
  Reading operator()(std::optional<Number> Record::* member) const {
    return record.*member ? Reading(static_cast<double>(*(record.*member))) : Reading();
  }
  Reading operator()(int64_t Record::* member) const { return static_cast<double>(record.*member); }
  Reading operator()(std::vector<std::string> Record::* member) const {
    const std::vector<std::string>& all = record.*member;
    return all.empty() ? Reading() : Reading(Many{{all.begin(), all.end()}});
  }
  Reading operator()(SignalKind Record::* member) const { return signal_kind_name(record.*member); }
};

Reading read(const Source& source, const Subject& subject, Value& parsed) {
  if (source.verdict != nullptr) return std::visit(VerdictReader{subject.verdict}, source.verdict->member);
  if (source.signal_field != nullptr)
    return std::visit(FieldReader<Signal>{*subject.signal, source, parsed}, source.signal_field->member);
  return std::visit(FieldReader<Interaction>{subject.interaction, source, parsed}, source.field->member);
}

bool holds(Op op, std::string_view text, const std::string& operand) {
  switch (op) {
    case Op::kGt:
      return text > operand;
    case Op::kGte:
      return text >= operand;
    case Op::kLt:
      return text < operand;
    case Op::kLte:
      return text <= operand;
    case Op::kContains:
      return text.find(operand) != std::string_view::npos;
    case Op::kStartsWith:
      return text.starts_with(operand);
    default:
      return text == operand;
  }
}

bool holds(Op op, double number, double operand) {
  switch (op) {
    case Op::kGt:
      return number > operand;
    case Op::kGte:
      return number >= operand;
    case Op::kLt:
      return number < operand;
    case Op::kLte:
      return number <= operand;
    default:
      return number == operand;
  }
}

bool holds(Op op, const Reading& reading, const Operand& operand) {
  if (const auto* const many = std::get_if<Many>(&reading)) {
    const auto* const text = std::get_if<std::string>(&operand);
    if (text == nullptr) return false;
    const Op each = op == Op::kContains ? Op::kEq : op;
    return std::ranges::any_of(many->texts, [&](std::string_view one) { return holds(each, one, *text); });
  }
  if (const auto* const text = std::get_if<std::string_view>(&reading)) {
    const auto* const other = std::get_if<std::string>(&operand);
    return other != nullptr && holds(op, *text, *other);
  }
  if (const auto* const number = std::get_if<double>(&reading)) {
    const auto* const other = std::get_if<double>(&operand);
    return other != nullptr && holds(op, *number, *other);
  }
  const auto* const flag = std::get_if<bool>(&reading);
  const auto* const other = std::get_if<bool>(&operand);
  return flag != nullptr && other != nullptr && *flag == *other;
}

}  // namespace

class Condition::Node {
 public:
  enum class Kind { kAnd, kOr, kNot, kSignal, kTest };
  Kind kind = Kind::kAnd;
  std::vector<std::unique_ptr<const Node>> children;
  Source source;
  Op op = Op::kEq;
  std::vector<Operand> operands;  // one of them is enough

  bool matches(const Subject& subject) const {
    const auto child = [&](const auto& node) { return node->matches(subject); };
    switch (kind) {
      case Kind::kAnd:
        return std::ranges::all_of(children, child);
      case Kind::kOr:
        return std::ranges::any_of(children, child);
      case Kind::kNot:
        return !children.front()->matches(subject);
      case Kind::kSignal:
        return std::ranges::any_of(subject.signals, [&](const Signal& signal) {
          return children.front()->matches({subject.interaction, subject.verdict, subject.signals, &signal});
        });
      case Kind::kTest:
        return test(subject);
    }
    return false;
  }

  bool reads_signals() const {
    return kind == Kind::kSignal ||
           std::ranges::any_of(children, [](const auto& node) { return node->reads_signals(); });
  }

 private:
  bool test(const Subject& subject) const {
    Value parsed;
    const Reading reading = read(source, subject, parsed);
    const bool absent = std::holds_alternative<std::monostate>(reading);
    if (op == Op::kExists) return absent != std::get<bool>(operands.front());
    const bool any =
        !absent && std::ranges::any_of(operands, [&](const Operand& one) { return holds(op, reading, one); });
    return op == Op::kNe || op == Op::kNotIn ? !any : any;
  }
};

class Condition::Parser {
 public:
  using NodePtr = std::unique_ptr<const Node>;
  enum class About { kInteraction, kSignal };

  explicit Parser(About about) : about_(about) {}

  Result<NodePtr> parse(const Value& json, const std::string& path) {
    if (!json.is_object() || json.members().empty()) return wrong(path, "an object with a condition", json);
    auto all = std::make_unique<Node>();
    for (const auto& [name, value] : json.members()) {
      TRY_ASSIGN(NodePtr one, parse_member(name, value, below(path, name)));
      all->children.push_back(std::move(one));
    }
    if (all->children.size() == 1) return std::move(all->children.front());
    return all;
  }

 private:
  Result<NodePtr> parse_member(const std::string& name, const Value& value, const std::string& path) {
    if (name == "and" || name == "or")
      return parse_list(name == "and" ? Node::Kind::kAnd : Node::Kind::kOr, value, path);
    const bool signal = name == "signal" && about_ == About::kInteraction;
    if (name == "not" || signal) {
      auto node = std::make_unique<Node>();
      node->kind = signal ? Node::Kind::kSignal : Node::Kind::kNot;
      TRY_ASSIGN(NodePtr child, (signal ? Parser(About::kSignal) : *this).parse(value, path));
      node->children.push_back(std::move(child));
      return node;
    }
    TRY_ASSIGN(const Source source, source_of(name, path));
    if (!value.is_object()) return parse_test(source, plain_op(value), value, path);
    if (value.members().empty()) return wrong(path, "a value or an operator", value);
    auto all = std::make_unique<Node>();
    for (const auto& [op_name, operand] : value.members()) {
      const auto op = std::ranges::find(kOps, op_name);
      if (op == kOps.end()) {
        return fail(Code::kInvalidArgument, fmt::format("{}: expected an operator, one of {}; got \"{}\"", path,
                                                        fmt::join(kOps, ", "), op_name));
      }
      TRY_ASSIGN(NodePtr one, parse_test(source, static_cast<Op>(op - kOps.begin()), operand, below(path, op_name)));
      all->children.push_back(std::move(one));
    }
    return all;
  }

  static Op plain_op(const Value& value) {
    return value.is_array() ? Op::kIn : value.is_null() ? Op::kExists : Op::kEq;
  }

  Result<NodePtr> parse_list(Node::Kind kind, const Value& value, const std::string& path) {
    if (!value.is_array() || value.items().empty()) return wrong(path, "an array of conditions", value);
    auto node = std::make_unique<Node>();
    node->kind = kind;
    for (size_t i = 0; i < value.items().size(); ++i) {
      TRY_ASSIGN(NodePtr child, parse(value.items()[i], fmt::format("{}[{}]", path, i)));
      node->children.push_back(std::move(child));
    }
    return node;
  }

  // The field that the part of `name` before its first dot names, if what is behind it can be a path into it.
  template <typename Record>
  static const Field<Record>* find_field(std::span<const Field<Record>> fields, std::string_view name) {
    const size_t dot = name.find('.');
    const auto found = std::ranges::find(fields, name.substr(0, dot), &Field<Record>::name);
    if (found == fields.end()) return nullptr;
    const bool is_json = std::holds_alternative<RawJson Record::*>(found->member);
    return dot == std::string_view::npos || is_json ? &*found : nullptr;
  }

  template <typename Record>
  static std::string names_of(std::span<const Field<Record>> fields) {
    std::vector<std::string_view> names;
    for (const auto& field : fields) names.push_back(field.name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  std::unexpected<Error> unknown_field(const std::string& path) const {
    const bool of_signal = about_ == About::kSignal;
    return fail(Code::kInvalidArgument,
                fmt::format("{}: expected and, or, not, {}a field ({}), {}", path, of_signal ? "" : "signal, ",
                            of_signal ? names_of(signal_fields()) : names_of(interaction_fields()),
                            of_signal ? "or a path into one that holds JSON"
                                      : "a path into one that holds JSON, or verdict.NAME"));
  }

  Result<Source> source_of(std::string_view name, const std::string& path) const {
    Source source;
    const bool of_signal = about_ == About::kSignal;
    if (!of_signal && name.starts_with(kVerdict)) {
      const std::string_view rest = name.substr(kVerdict.size());
      const auto fields = verdict_fields();
      const auto found = std::ranges::find(fields, rest, &VerdictField::name);
      if (found == fields.end()) {
        std::vector<std::string_view> names;
        for (const VerdictField& field : fields) names.push_back(field.name);
        return fail(Code::kInvalidArgument,
                    fmt::format("{}: expected one of {} behind verdict.", path, fmt::join(names, ", ")));
      }
      source.verdict = &*found;
      return source;
    }
    if (of_signal) {
      source.signal_field = find_field(signal_fields(), name);
    } else {
      source.field = find_field(interaction_fields(), name);
    }
    if (source.field == nullptr && source.signal_field == nullptr) return unknown_field(path);
    for (size_t start = name.find('.'); start != std::string_view::npos;) {
      const size_t end = name.find('.', start + 1);
      source.path.emplace_back(name.substr(start + 1, end == std::string_view::npos ? end : end - start - 1));
      start = end;
    }
    return source;
  }

  static Result<Operand> operand_of(const Source& source, const Value& value, const std::string& path) {
    if (source.is_time()) {
      if (!value.is_string()) return wrong(path, "an RFC 3339 time", value);
      auto time = parse_time(value.text());
      if (!time) return fail_in(path, std::move(time).error());
      return static_cast<double>(to_ms(*time));
    }
    if (value.is_string()) return value.text();
    if (value.is_number()) return value.as_double();
    if (value.is_bool()) return value.as_bool();
    return wrong(path, "a string, a number, true or false", value);
  }

  static Result<NodePtr> parse_test(const Source& source, Op op, const Value& value, const std::string& path) {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kTest;
    node->source = source;
    node->op = op;
    if (op == Op::kExists) {
      if (!value.is_bool() && !value.is_null()) return wrong(path, "true or false", value);
      node->operands.emplace_back(value.is_bool() && value.as_bool());
      return node;
    }
    if (op == Op::kIn || op == Op::kNotIn) {
      if (!value.is_array() || value.items().empty()) return wrong(path, "an array of values", value);
      for (size_t i = 0; i < value.items().size(); ++i) {
        TRY_ASSIGN(Operand one, operand_of(source, value.items()[i], fmt::format("{}[{}]", path, i)));
        node->operands.push_back(std::move(one));
      }
      return node;
    }
    if ((op == Op::kContains || op == Op::kStartsWith) && !value.is_string()) return wrong(path, "a string", value);
    TRY_ASSIGN(Operand one, operand_of(source, value, path));
    node->operands.push_back(std::move(one));
    return node;
  }

  const About about_;
};

Condition::Condition(std::unique_ptr<const Node> root, std::string text)
    : root_(std::move(root)), text_(std::move(text)) {}
Condition::~Condition() = default;

Result<std::shared_ptr<const Condition>> Condition::parse(const Value& json) {
  TRY_ASSIGN(auto root, Parser(Parser::About::kInteraction).parse(json, ""));
  return std::shared_ptr<const Condition>(new Condition(std::move(root), json.dump()));
}

Result<std::shared_ptr<const Condition>> Condition::parse(std::string_view json) {
  TRY_ASSIGN(const Value value, json::parse(json));
  return parse(value);
}

bool Condition::matches(const Interaction& interaction, const Verdict& verdict, std::span<const Signal> signals) const {
  return root_->matches({interaction, verdict, signals});
}

bool Condition::reads_signals() const {
  return root_->reads_signals();
}

}  // namespace gleaner::record

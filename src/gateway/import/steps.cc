#include "gateway/import/steps.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <ranges>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::gateway {
namespace {

using json::Value;

struct Name {
  std::string_view written;
  std::string_view ours;
};

constexpr std::array kNames = {
    Name{"tool_name", "tool"},          Name{"tool_args", "arguments"}, Name{"tool_input", "arguments"},
    Name{"action_input", "arguments"},  Name{"args", "arguments"},      Name{"result", "observation"},
    Name{"tool_result", "observation"}, Name{"success", "ok"},          Name{"execution_time_ms", "duration_ms"},
};

constexpr std::array kMarkers = {
    Name{"Thought", "thought"},         Name{"Action", "action"},       Name{"Action Input", "arguments"},
    Name{"Observation", "observation"}, Name{"Final Answer", "answer"},
};

constexpr std::string_view kFinish = "finish";

std::string_view our_name(std::string_view written) {
  const auto* const found = std::ranges::find(kNames, written, &Name::written);
  return found == kNames.end() ? written : found->ours;
}

// "search[the harbour]" is the tool search with that argument.
Value read_call(std::string_view action) {
  const size_t open = action.find('[');
  if (open == 0 || open == std::string_view::npos || !action.ends_with(']') ||
      action.substr(0, open).find_first_of(" \n") != std::string_view::npos) {
    return {};
  }
  return Value::object({{"tool", text_value(action.substr(0, open))},
                        {"arguments", text_value(action.substr(open + 1, action.size() - open - 2))}});
}

// An action written as a text: a call, or else the name of the tool that the step's arguments are for.
void set_spoken_action(Value& step, Value& call, const Value& action) {
  Value spoken = read_call(trim(action.text()));
  if (spoken.is_object() && call.members().empty()) {
    call = std::move(spoken);
  } else if (call.find("tool") == nullptr && call.find("arguments") != nullptr) {
    call.members().emplace(call.members().begin(), "tool", text_value(trim(action.text())));
  } else {
    step.set("action", action);
  }
}

Value our_step(const Value& step) {
  Value ours = Value::object();
  Value call = Value::object();
  const Value* spoken = nullptr;
  for (const auto& [written, value] : step.members()) {
    if (value.is_null()) continue;
    const std::string_view name = our_name(written);
    Value& target = name == "tool" || name == "arguments" ? call : ours;
    if (written == "action" && value.is_string()) {
      spoken = &value;
    } else {
      target.set(target.find(name) == nullptr ? std::string(name) : written, value);
    }
  }
  if (spoken != nullptr) set_spoken_action(ours, call, *spoken);
  if (call.members().empty()) return ours;
  // In the order in which it happened.
  const auto thought = std::ranges::find(ours.members(), "thought", &Value::Member::first);
  const auto place = thought == ours.members().end() ? ours.members().begin() : thought + 1;
  const std::string name = ours.find("action") == nullptr ? "action" : "call";
  ours.members().emplace(place, name, std::move(call));
  return ours;
}

Result<Value> read_list(std::string_view path, const Value& list) {
  Value steps = Value::array();
  for (size_t i = 0; i < list.items().size(); ++i) {
    const Value& step = list.items()[i];
    if (!step.is_object()) return wrong(fmt::format("{}[{}]", path, i), "an object", step);
    steps.push(our_step(step));
  }
  return steps;
}

// {"thought_0": ..., "thought_1": ...}: the number behind the last "_" is that of the step.
Result<Value> read_numbered(std::string_view path, const Value& object) {
  std::map<uint64_t, Value> numbered;
  for (const auto& [name, value] : object.members()) {
    const size_t bar = name.rfind('_');
    uint64_t number = 0;
    const char* const end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + (bar == std::string::npos ? 0 : bar + 1), end, number);
    if (bar == std::string::npos || parsed.ec != std::errc() || parsed.ptr != end) {
      return fail(
          Code::kInvalidArgument,
          fmt::format("{}.{}: expected a name with the number of a step, such as thought_0", path, excerpt(name)));
    }
    numbered[number].set(name.substr(0, bar), value);
  }
  Value steps = Value::array();
  for (const auto& [number, step] : numbered) steps.push(our_step(step));
  return steps;
}

struct Marked {
  std::string_view name;  // ours
  std::string_view rest;  // of the line
};

std::optional<Marked> read_marker(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view written = trim(line.substr(0, colon));
  const size_t last_letter = written.find_last_not_of(" 0123456789");
  written = written.substr(0, last_letter == std::string_view::npos ? 0 : last_letter + 1);
  const auto* const found = std::ranges::find(kMarkers, written, &Name::written);
  if (found == kMarkers.end()) return {};
  return Marked{found->ours, line.substr(colon + 1)};
}

class ReActReader {
 public:
  void line(std::string_view text) {
    const auto marked = read_marker(text);
    if (marked) {
      end_part();
      part_ = marked->name;
      text_ = marked->rest;
    } else {
      text_.append("\n").append(text);
    }
  }

  ReActText finish() {
    end_part();
    end_step();
    return std::move(read_);
  }

 private:
  void end_part() {
    const std::string_view text = trim(text_);
    if (part_.empty()) {
      read_.before = text;
    } else {
      const bool answers = part_ == "answer";
      // A thought begins a step, and so does whatever the step has already.
      if (part_ == "thought" || step_.find(answers ? "action" : part_) != nullptr) end_step();
      if (answers) {
        step_.set("tool", text_value(kFinish));
        step_.set("arguments", text_value(text));
      } else {
        step_.set(std::string(part_), text_value(text));
      }
    }
    text_.clear();
  }

  void end_step() {
    if (step_.is_object()) read_.steps.push(our_step(step_));
    step_ = Value();
  }

  std::string_view part_;  // of the table
  std::string text_;
  Value step_;  // null until it has a part
  ReActText read_{{}, Value::array()};
};

}  // namespace

ReActText read_react(std::string_view text) {
  ReActReader reader;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    reader.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.finish();
}

Result<Value> read_steps(std::string_view path, const Value& trajectory) {
  switch (trajectory.kind()) {
    case Kind::kArray:
      return read_list(path, trajectory);
    case Kind::kObject:
      return read_numbered(path, trajectory);
    case Kind::kString:
      return read_react(trajectory.text()).steps;
    default:
      return wrong(path, "an array of steps", trajectory);
  }
}

std::string_view final_answer(const Value& steps) {
  for (const Value& step : steps.items() | std::views::reverse) {
    const Value* const call = step.find("action");
    if (call == nullptr || ascii_lower(call->find_string("tool").value_or("")) != kFinish) continue;
    return call->find_string("arguments").value_or("");
  }
  return {};
}

}  // namespace gleaner::gateway

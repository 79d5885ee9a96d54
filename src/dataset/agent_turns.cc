// The turns are written while the trajectory is walked. A step's members come in any order, so each step is gathered
// first; its texts are copied as they are written wherever that is their normal form.
#include "dataset/agent_turns.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "dataset/normal_json.h"

namespace gleaner::dataset {
namespace {

using json::syntax_error;
using json::ondemand::json_type;

constexpr size_t kMaxToolName = 64;

// Levels of nesting in a trajectory.
constexpr int kMemberOfStep = 3;
constexpr int kMemberOfAction = 4;
constexpr int kArgument = 5;

// Trainers take letters, digits, _ and - in the name of a function.
std::string function_name(std::string_view tool) {
  std::string name(tool.substr(0, kMaxToolName));
  for (char& c : name) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!fine) c = '_';
  }
  return name;
}

std::string_view schema_type(json_type type) {
  switch (type) {
    case json_type::boolean:
      return "boolean";
    case json_type::number:
      return "number";
    case json_type::array:
      return "array";
    case json_type::object:
      return "object";
    default:
      return "string";
  }
}

// What tools were called with: name, then argument and type, each in the order of their names.
using Arguments = std::map<std::string, std::string_view, std::less<>>;
using ToolArguments = std::map<std::string, Arguments, std::less<>>;

std::string definitions(const ToolArguments& tools) {
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const auto& [name, arguments] : tools) {
    w.begin_object().field("type", "function").key("function").begin_object().field("name", name);
    w.field("description", name).key("parameters").begin_object().field("type", "object").key("properties");
    w.begin_object();
    for (const auto& [argument, type] : arguments) w.key(argument).begin_object().field("type", type).end_object();
    w.end_object().end_object().end_object().end_object();
  }
  w.end_array();
  return out;
}

// A member that is taken for its text: a string says it, null and an absent one say nothing, others their JSON.
struct Said {
  bool given = false;
  bool is_string = false;
  std::string_view text;
  std::string written;  // the same as a JSON string
  std::string json;     // of one that is no string

  void clear() {
    given = is_string = false;
    text = {};
    written = "\"\"";
  }

  Status read(json::Walker& walker, json::ondemand::value value, int depth) {
    given = true;
    TRY_ASSIGN(const json_type type, json_type_of(value));
    is_string = type == json_type::string;
    if (is_string) {
      written.clear();
      TRY_ASSIGN(text, append_normal_string(walker, value, written));
      return {};
    }
    json.clear();
    TRY(append_normal(walker, value, json, depth));
    if (type == json_type::null) return {};
    text = json;
    written.clear();
    json::append_string(written, json);
    return {};
  }
};

// The arguments of an action. Those that are no object become {"input": ...}.
struct Given {
  bool given = false;
  std::string object;                                                // in normal form
  std::string_view text;                                             // as that of Said; empty for {}
  std::vector<std::pair<std::string_view, std::string_view>> types;  // names of the arguments, and what they are

  void clear() {
    given = false;
    object = "{}";
    text = {};
    types.clear();
  }

  Status read(json::Walker& walker, json::ondemand::value value) {
    constexpr std::string_view kInput = "input";
    given = true;
    TRY_ASSIGN(const json_type type, json_type_of(value));
    if (type == json_type::object) return read_object(walker, value);
    object = R"({"input":)";
    const size_t start = object.size();
    if (type == json_type::string) {
      TRY_ASSIGN(text, append_normal_string(walker, value, object));
    } else {
      TRY(append_normal(walker, value, object, kMemberOfAction));
    }
    if (type == json_type::null) {
      object = "{}";
      return {};
    }
    object += '}';
    if (type != json_type::string) text = std::string_view(object).substr(start, object.size() - start - 1);
    types.emplace_back(kInput, schema_type(type));
    return {};
  }

 private:
  Status read_object(json::Walker& walker, json::ondemand::value value) {
    json::ondemand::object members;
    if (const auto error = value.get_object().get(members)) return syntax_error(error);
    object = "{";
    for (auto member : members) {
      json::ondemand::field field;
      TRY_ASSIGN(const std::string_view name, name_of(std::move(member), field));
      TRY_ASSIGN(const json_type type, json_type_of(field.value()));
      if (!types.empty()) object += ',';
      types.emplace_back(name, schema_type(type));
      json::append_string(object, name);
      object += ':';
      TRY(append_normal(walker, field.value(), object, kArgument));
    }
    object += '}';
    if (!types.empty()) text = object;
    return {};
  }
};

// One step after the other. Of members of one name, the first counts.
class Step {
 public:
  explicit Step(json::Walker& walker) : walker_(walker) {}

  Status read(json::ondemand::value value) {
    thought.clear();
    observation.clear();
    tool.clear();
    arguments.clear();
    acted_ = false;
    TRY_ASSIGN(const json_type type, json_type_of(value));
    if (type != json_type::object) return skip(value, kMemberOfStep - 1);
    json::ondemand::object members;
    if (const auto error = value.get_object().get(members)) return syntax_error(error);
    for (auto member : members) {
      json::ondemand::field field;
      TRY_ASSIGN(const std::string_view name, name_of(std::move(member), field));
      if (name == "thought" && !thought.given) {
        TRY(thought.read(walker_, field.value(), kMemberOfStep));
      } else if (name == "observation" && !observation.given) {
        TRY(observation.read(walker_, field.value(), kMemberOfStep));
      } else if (name == "action" && !std::exchange(acted_, true)) {
        TRY(read_action(field.value()));
      } else {
        TRY(skip(field.value(), kMemberOfStep));
      }
    }
    return {};
  }

  // Whether the step ends the run with an answer: its arguments.
  bool finishes() const { return tool.is_string && ascii_lower(tool.text) == "finish"; }

  Said thought;
  Said observation;
  Said tool;
  Given arguments;

 private:
  Status read_action(json::ondemand::value value) {
    TRY_ASSIGN(const json_type type, json_type_of(value));
    if (type != json_type::object) return skip(value, kMemberOfStep);
    json::ondemand::object members;
    if (const auto error = value.get_object().get(members)) return syntax_error(error);
    for (auto member : members) {
      json::ondemand::field field;
      TRY_ASSIGN(const std::string_view name, name_of(std::move(member), field));
      if (name == "tool" && !tool.given) {
        TRY(tool.read(walker_, field.value(), kMemberOfAction));
      } else if (name == "arguments" && !arguments.given) {
        TRY(arguments.read(walker_, field.value()));
      } else {
        TRY(skip(field.value(), kMemberOfAction));
      }
    }
    return {};
  }

  Status skip(json::ondemand::value value, int depth) {
    ignored_.clear();
    return walker_.copy(value, ignored_, depth);
  }

  json::Walker& walker_;
  bool acted_ = false;
  std::string ignored_;
};

// The messages, written one behind the other.
class Turns {
 public:
  // `bytes` is about how long they will be.
  explicit Turns(size_t bytes) {
    out_.reserve(bytes);
    out_ += '[';
  }

  void step(const Step& step) {
    if (step.tool.text.empty()) {
      if (!step.thought.text.empty()) say(step.thought.written);
      if (!step.observation.text.empty()) {
        begin(R"({"role":"user","content":)");
        out_.append(step.observation.written).append("}");
        observed_ = out_.size();
      }
      return;
    }
    call(step);
    begin(R"({"role":"tool","tool_call_id":")");
    out_.append(call_id_).append(R"(","content":)").append(step.observation.written).append("}");
    observed_ = out_.size();
  }

  // The assistant's last word; `written` is a JSON string.
  void say(std::string_view written) {
    begin(R"({"role":"assistant","content":)");
    out_.append(written).append("}");
    end_on_assistant();
  }

  // Where a message is to be appended.
  std::string& begin(std::string_view text = {}) {
    if (out_.size() > 1) out_ += ',';
    begin_ = out_.size();
    return out_.append(text);
  }
  void end_on_assistant() { end_ = out_.size(); }

  // What stands behind the assistant's last word is nothing to learn.
  AgentTurns take() {
    AgentTurns out;
    if (end_ == 0) return out;
    out_.resize(end_);
    out_ += ']';
    if (begin_ < end_ && observed_ > 0 && begin_ == observed_ + 1) out.answer_at = begin_;
    out.turns = std::move(out_);
    if (!tools_.empty()) out.tools = definitions(tools_);
    return out;
  }

 private:
  void call(const Step& step) {
    const std::string name = function_name(step.tool.text);
    auto known = tools_.find(name);
    if (known == tools_.end()) known = tools_.try_emplace(name).first;
    for (const auto& [argument, type] : step.arguments.types) {
      if (known->second.find(argument) == known->second.end()) known->second.emplace(argument, type);
    }
    call_id_ = fmt::format("call_{}", ++calls_);
    begin(R"({"role":"assistant","content":)");
    out_.append(step.thought.text.empty() ? "null" : step.thought.written);
    out_.append(R"(,"tool_calls":[{"id":")").append(call_id_).append(R"(","type":"function","function":{"name":")");
    out_.append(name).append(R"(","arguments":)");
    json::append_string(out_, step.arguments.object);
    out_.append("}}]}");
    end_ = out_.size();
  }

  std::string out_;
  size_t begin_ = 0;     // of the last message
  size_t end_ = 0;       // of the assistant's last message
  size_t observed_ = 0;  // the end of the last observation
  ToolArguments tools_;
  std::string call_id_;
  int calls_ = 0;
};

std::string last_words(const Step& step) {
  std::string last(step.thought.text);
  if (!last.empty() && !step.arguments.text.empty()) last += "\n\n";
  last += step.arguments.text;
  return last;
}

Status read_steps(json::Walker& walker, std::string_view trajectory, bool has_output, Step& step, Turns& turns) {
  TRY_ASSIGN(auto document, walker.begin(trajectory));
  json::ondemand::array steps;
  if (const auto error = document.get_array().get(steps)) {
    if (error == simdjson::INCORRECT_TYPE) return fail(Code::kDataLoss, "trajectory: expected an array of steps");
    return syntax_error(error);
  }
  bool finished = false;
  for (auto item : steps) {
    json::ondemand::value value;
    if (const auto error = item.get(value)) return syntax_error(error);
    TRY(step.read(value));
    if (finished) continue;
    finished = step.finishes();
    if (!finished) {
      turns.step(step);
    } else if (const std::string last = last_words(step); !has_output && !last.empty()) {
      std::string written;
      json::append_string(written, last);
      turns.say(written);
    }
  }
  if (!json::at_end(document)) return syntax_error(simdjson::TRAILING_CONTENT);
  return {};
}

}  // namespace

struct AgentTurnsReader::State {
  json::Walker walker;
  Step step{walker};
  std::string message;
};

AgentTurnsReader::AgentTurnsReader() : state_(std::make_unique<State>()) {}
AgentTurnsReader::~AgentTurnsReader() = default;

Result<AgentTurns> AgentTurnsReader::read(std::string_view trajectory, std::string_view output) {
  constexpr size_t kRoomForCalls = 1024;
  Turns turns(trajectory.size() + output.size() + kRoomForCalls);
  TRY(read_steps(state_->walker, trajectory, !output.empty(), state_->step, turns));
  if (output.empty()) return turns.take();
  std::string& message = state_->message;
  message.clear();
  if (!append_normal_object(state_->walker, output, message)) {
    // What is no object is nobody's message, but must be JSON.
    TRY(json::parse(output));
  } else if (said_by_assistant(message)) {
    turns.begin(message);
    turns.end_on_assistant();
  }
  return turns.take();
}

}  // namespace gleaner::dataset

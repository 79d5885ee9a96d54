// Chunks of chat completions and completions. Almost every chunk adds a few letters to one choice, a hundred thousand
// times a second: a chunk is read in one walk into Deltas, which point into it, and only if all of it could be read
// are they added to the choices. Members that nobody knows take the slower way, by themselves.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/exchange/message.h"
#include "gateway/exchange/scan.h"
#include "gateway/openai/openai.h"

namespace gleaner::gateway::openai {
namespace {

using exchange::scan_array;
using exchange::scan_index;
using exchange::scan_object;
using exchange::scan_string;
using exchange::scan_string_or_null;
using json::Value;
using json::ondemand::json_type;

constexpr size_t kMaxChoices = 128;
constexpr size_t kMaxCalls = 1024;   // of one choice
constexpr size_t kMemberBytes = 64;  // what a call or member takes besides its text
constexpr int kDeltaDepth = 4;       // at which a delta's members stand

// A part of one tool call.
struct CallDelta {
  std::optional<size_t> index;
  std::string_view id;
  std::string_view name;
  std::string_view text;  // of the arguments, or of a custom tool's input
  bool custom = false;
};

// What a chunk says of one choice.
struct Delta {
  size_t index = 0;
  std::string_view role;
  std::string_view content;
  std::string_view reasoning;
  std::string_view refusal;
  std::string_view finish_reason;
  bool is_text = false;  // of completions: content stood in `text`
  std::optional<CallDelta> old_call;
  std::vector<CallDelta> calls;
  std::vector<std::pair<std::string, std::string>> others;  // JSON

  // Keeps the memory.
  void clear() {
    index = 0;
    role = content = reasoning = refusal = finish_reason = {};
    is_text = false;
    old_call.reset();
    calls.clear();
    others.clear();
  }
};

struct Call {
  std::optional<size_t> index;
  std::string id;
  std::string name;
  std::string text;
  bool custom = false;
};

struct Choice {
  size_t index = 0;
  std::string role;
  std::string content;
  std::string reasoning;
  std::string refusal;
  std::string finish_reason;
  bool is_text = false;
  std::optional<Call> old_call;
  std::vector<Call> calls;
  Value others = Value::object();
};

class ChoicesAssembler final : public exchange::Assembler {
 public:
  using Assembler::Assembler;

  void take(std::string_view type, std::string_view data) override {
    if (data == "[DONE]") return note_end();
    used_ = 0;
    usage_.clear();
    error_.clear();
    texts_.clear();
    id_ = model_ = {};
    const auto visit = [this](std::string_view key, json::ondemand::value value) { return read_member(key, value); };
    if (!exchange::scan_text(walker_, data, visit)) return;
    if (type == "error" && error_.empty()) error_ = data;
    set(id_, "id");
    set(model_, "model");
    if (!usage_.empty()) head_.set("usage", json::parse(usage_).value_or(Value()));
    if (!error_.empty()) head_.set("error", json::parse(error_).value_or(Value()));
    for (size_t i = 0; i < used_; ++i) add(deltas_[i]);
    const auto is_finished = [](const Choice& choice) { return !choice.finish_reason.empty(); };
    if (used_ > 0 && !choices_.empty() && std::ranges::all_of(choices_, is_finished)) note_end();
  }

  Value body() override {
    Value choices = Value::array();
    std::ranges::sort(choices_, {}, &Choice::index);
    for (Choice& choice : choices_) choices.push(body_of(choice));
    Value body = std::move(head_);
    if (!body.is_object()) body = Value::object();
    body.set("choices", std::move(choices));
    return body;
  }

 private:
  bool read_member(std::string_view key, json::ondemand::value value) {
    if (key == "choices") return read_choices(value);
    if (key == "id") return read_optional(value, id_);
    if (key == "model") return read_optional(value, model_);
    if (key == "usage") return copy_unless_null(value, usage_);
    if (key == "error") return copy_unless_null(value, error_);
    if (key == "x_groq") {  // where Groq puts the usage
      return !is_a(value, json_type::object) || scan_object(value, [this](std::string_view name, auto inner) {
        return name != "usage" || copy_unless_null(inner, usage_);
      });
    }
    if (key == "service_tier" || key == "system_fingerprint") {
      std::string_view text;
      if (!read_optional(value, text)) return false;
      set(text, key);
    }
    return true;
  }

  static bool is_a(json::ondemand::value value, json_type wanted) {
    json_type type{};
    return value.type().get(type) == simdjson::SUCCESS && type == wanted;
  }

  // A string; anything else says nothing.
  static bool read_optional(json::ondemand::value value, std::string_view& out) {
    return !is_a(value, json_type::string) || scan_string(value, out);
  }

  bool copy_unless_null(json::ondemand::value value, std::string& out) {
    if (is_a(value, json_type::null)) return exchange::scan_null(value);
    out.clear();
    return walker_.copy(value, out, kDeltaDepth).has_value();
  }

  bool read_choices(json::ondemand::value value) {
    if (!is_a(value, json_type::array)) return true;
    return scan_array(value, [this](json::ondemand::value choice) {
      if (!is_a(choice, json_type::object)) return true;
      if (used_ == deltas_.size()) deltas_.emplace_back();
      Delta& delta = deltas_[used_++];
      delta.clear();
      return scan_object(choice, [&](std::string_view key, auto member) { return read_choice(key, member, delta); });
    });
  }

  bool read_choice(std::string_view key, json::ondemand::value value, Delta& delta) {
    if (key == "delta" || key == "message") {
      return !is_a(value, json_type::object) ||
             scan_object(value, [&](std::string_view name, auto member) { return read_delta(name, member, delta); });
    }
    if (key == "index") return !is_a(value, json_type::number) || scan_index(value, delta.index);
    if (key == "finish_reason") return read_optional(value, delta.finish_reason);
    if (key == "text") {
      delta.is_text = true;
      return read_optional(value, delta.content);
    }
    return true;
  }

  bool read_delta(std::string_view key, json::ondemand::value value, Delta& delta) {
    if (key == "role") return read_optional(value, delta.role);
    if (key == "refusal") return read_optional(value, delta.refusal);
    if (key == "reasoning_content" || key == "reasoning") return read_optional(value, delta.reasoning);
    if (key == "content") {
      if (is_a(value, json_type::string)) return scan_string(value, delta.content);
      return !is_a(value, json_type::array) || read_parts(value, delta);
    }
    if (key == "tool_calls") {
      return !is_a(value, json_type::array) || scan_array(value, [&](json::ondemand::value call) {
        if (!is_a(call, json_type::object)) return true;
        delta.calls.emplace_back();
        return read_call(call, delta.calls.back());
      });
    }
    if (key == "function_call") {
      if (!is_a(value, json_type::object)) return true;
      delta.old_call.emplace();
      return read_function(value, *delta.old_call);
    }
    const bool can_grow =
        is_a(value, json_type::string) || is_a(value, json_type::array) || is_a(value, json_type::object);
    if (!can_grow) return true;
    auto& [name, text] = delta.others.emplace_back(std::string(key), std::string());
    return walker_.copy(value, text, kDeltaDepth).has_value();
  }

  // [{"type":"text","text":"..."}, {"type":"thinking","thinking":[{"type":"text","text":"..."}]}], Mistral's. Several
  // are rare: only the texts of the last one of a kind in a chunk need no memory.
  bool read_parts(json::ondemand::value value, Delta& delta) {
    std::string text;
    if (!walker_.copy(value, text, kDeltaDepth)) return false;
    auto parts = json::parse(text);
    if (!parts) return false;
    Value message = Value::object({{"content", *std::move(parts)}});
    message = exchange::canonical_answer(std::move(message));
    delta.content = remember(exchange::string_of(message, "content"));
    delta.reasoning = remember(exchange::string_of(message, "reasoning_content"));
    return true;
  }

  std::string_view remember(std::string text) {
    texts_.push_back(std::make_unique<std::string>(std::move(text)));
    return *texts_.back();
  }

  bool read_call(json::ondemand::value value, CallDelta& call) {
    return scan_object(value, [&](std::string_view key, json::ondemand::value member) {
      if (key == "index") {
        size_t index = 0;
        if (!is_a(member, json_type::number)) return true;
        if (!scan_index(member, index)) return false;
        call.index = index;
        return true;
      }
      if (key == "id") return read_optional(member, call.id);
      if (key == "function" || key == "custom") {
        if (!is_a(member, json_type::object)) return true;
        call.custom = key == "custom";
        return read_function(member, call);
      }
      return true;
    });
  }

  bool read_function(json::ondemand::value value, CallDelta& call) {
    return scan_object(value, [&](std::string_view key, json::ondemand::value member) {
      if (key == "name") return read_optional(member, call.name);
      if (key != "arguments" && key != "input") return true;
      if (is_a(member, json_type::string)) return scan_string(member, call.text);
      if (is_a(member, json_type::null)) return true;
      std::string text;  // an object, of servers that parse for you
      if (!walker_.copy(member, text, kDeltaDepth)) return false;
      call.text = remember(std::move(text));
      return true;
    });
  }

  void set(std::string_view text, std::string_view member) {
    if (text.empty() || head_.find_string(member) == text) return;
    if (keep(text.size())) head_.set(std::string(member), Value::string(std::string(text)));
  }

  Choice* choice_at(size_t index) {
    for (Choice& choice : choices_) {
      if (choice.index == index) return &choice;
    }
    if (choices_.size() == kMaxChoices || !keep(kMemberBytes)) return nullptr;
    choices_.emplace_back().index = index;
    return &choices_.back();
  }

  void append(std::string& to, std::string_view text) {
    if (!text.empty() && keep(text.size())) to += text;
  }

  void add(Delta& delta) {
    Choice* const choice = choice_at(delta.index);
    if (choice == nullptr) return;
    const bool says_something = !delta.content.empty() || !delta.reasoning.empty() || !delta.refusal.empty() ||
                                !delta.calls.empty() || delta.old_call || !delta.others.empty();
    if (says_something) note_content();
    if (!delta.role.empty()) choice->role = delta.role;
    choice->is_text = choice->is_text || delta.is_text;
    append(choice->content, delta.content);
    append(choice->reasoning, delta.reasoning);
    append(choice->refusal, delta.refusal);
    if (delta.old_call) add_call(choice->old_call ? *choice->old_call : choice->old_call.emplace(), *delta.old_call);
    for (const CallDelta& call : delta.calls) {
      if (Call* const known = call_at(*choice, call); known != nullptr) add_call(*known, call);
    }
    for (const auto& [name, text] : delta.others) add_other(*choice, name, text);
    if (!delta.finish_reason.empty()) choice->finish_reason = delta.finish_reason;
  }

  // By the index; where a server gives none, what has a new id is a new call. Some give every call the index 0: a whole
  // call with another id is then another one.
  Call* call_at(Choice& choice, const CallDelta& delta) {
    const auto is_another = [&](const Call& call) {
      return !delta.id.empty() && !call.id.empty() && call.id != delta.id && !delta.name.empty();
    };
    Call* found = nullptr;
    if (delta.index) {
      for (Call& call : choice.calls) {
        if (call.index == delta.index) found = &call;
      }
    } else if (!choice.calls.empty() && (delta.id.empty() || choice.calls.back().id == delta.id)) {
      found = &choice.calls.back();
    }
    if (found != nullptr && !is_another(*found)) return found;
    if (choice.calls.size() == kMaxCalls || !keep(kMemberBytes)) return nullptr;
    choice.calls.emplace_back().index = delta.index;
    return &choice.calls.back();
  }

  void add_call(Call& call, const CallDelta& delta) {
    if (!delta.id.empty() && keep(delta.id.size())) call.id = delta.id;
    if (!delta.name.empty() && keep(delta.name.size())) call.name = delta.name;
    call.custom = call.custom || delta.custom;
    append(call.text, delta.text);
  }

  // Members nobody knows: texts grow, lists grow, of objects the last one counts (of audio its transcript grows).
  void add_other(Choice& choice, const std::string& name, const std::string& text) {
    auto value = json::parse(text);
    if (!value || !keep(kMemberBytes + name.size() + text.size())) return;
    exchange::take_member(*value, "data");
    auto& members = choice.others.members();
    const auto known = std::ranges::find(members, name, &Value::Member::first);
    if (known == members.end()) {
      members.emplace_back(name, *std::move(value));
    } else if (known->second.is_string() && value->is_string()) {
      known->second = Value::string(known->second.text() + value->text());
    } else if (known->second.is_array() && value->is_array()) {
      for (Value& item : value->items()) known->second.push(std::move(item));
    } else if (known->second.is_object() && value->is_object()) {
      for (auto& [key, member] : value->members()) {
        const Value* const old = known->second.find(key);
        const bool grows = key == "transcript" && old != nullptr && old->is_string() && member.is_string();
        known->second.set(key, grows ? Value::string(old->text() + member.text()) : std::move(member));
      }
    } else {
      known->second = *std::move(value);
    }
  }

  static Value body_of(Choice& choice) {
    Value body = Value::object();
    body.set("index", Value::number(std::to_string(choice.index)));
    if (choice.is_text) {
      body.set("text", Value::string(std::move(choice.content)));
    } else {
      body.set("message", message_of(choice));
    }
    if (!choice.finish_reason.empty()) body.set("finish_reason", Value::string(std::move(choice.finish_reason)));
    return body;
  }

  static Value message_of(Choice& choice) {
    Value message = std::move(choice.others);
    message.set("role", Value::string(choice.role.empty() ? "assistant" : std::move(choice.role)));
    message.set("content", choice.content.empty() ? Value() : Value::string(std::move(choice.content)));
    if (!choice.reasoning.empty()) message.set("reasoning_content", Value::string(std::move(choice.reasoning)));
    if (!choice.refusal.empty()) message.set("refusal", Value::string(std::move(choice.refusal)));
    if (!choice.calls.empty()) {
      Value calls = Value::array();
      for (Call& call : choice.calls) {
        calls.push(call.custom ? exchange::custom_call(call.id, call.name, std::move(call.text))
                               : exchange::function_call(call.id, call.name, std::move(call.text)));
      }
      message.set("tool_calls", std::move(calls));
    }
    if (choice.old_call) {
      message.set("function_call", Value::object({{"name", Value::string(choice.old_call->name)},
                                                  {"arguments", Value::string(choice.old_call->text)}}));
    }
    return message;
  }

  json::Walker walker_;
  std::vector<Choice> choices_;
  Value head_ = Value::object();  // what is said about all choices

  // Of the chunk that is being read.
  std::vector<Delta> deltas_;
  size_t used_ = 0;
  std::string usage_;
  std::string error_;
  std::string_view id_;
  std::string_view model_;
  std::vector<std::unique_ptr<std::string>> texts_;  // what deltas point to that stands nowhere as it is
};

}  // namespace

std::unique_ptr<exchange::Assembler> choices_assembler(size_t max_bytes) {
  return std::make_unique<ChoicesAssembler>(max_bytes);
}

}  // namespace gleaner::gateway::openai

// Every attribute is looked up once. What it may fill is a hit; hits are put in order of target and rank, and each
// target takes the first that says anything. What no rule knows becomes metadata under its own name, as does the
// loser of a field that says something else than the winner. Content that lost is dropped: it is the same content.
#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "gateway/otlp/chat.h"
#include "gateway/otlp/decode.h"
#include "gateway/otlp/span_events.h"
#include "gateway/otlp/span_facts.h"
#include "gateway/otlp/span_figures.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

// Attributes beyond so many are counted, not kept: SDKs stop at 128.
constexpr size_t kMaxMetadata = 1'000;

struct Hit {
  const Rule* rule;
  const Attribute* attribute;
};

// The attributes of one flattened list.
struct Family {
  const Rule* rule;
  std::vector<const Attribute*> attributes;
};

// Of a resource only what says which program it was: the rest names hosts, processes and SDKs, once for every span.
bool is_kept(std::string_view attribute_of_resource) {
  constexpr std::array<std::string_view, 4> kKept = {"service.version", "service.namespace", "deployment.environment",
                                                     "deployment.environment.name"};
  return std::ranges::find(kKept, attribute_of_resource) != kKept.end();
}

bool is_langfuse(const Attribute& one) {
  return one.key.starts_with("langfuse.");
}

bool adds_up(Target target) {
  return target == Target::kMetadata || target == Target::kMetadataObject || target == Target::kParameters ||
         target == Target::kTags;
}

class Reader {
 public:
  Reader(const Resource& resource, const Scope& scope, const Span& span)
      : resource_(resource), span_(span), events_(read_events(span.events)) {
    facts_.scope = scope.name;
  }

  SpanFacts read() {
    constexpr size_t kUsual = 32;
    hits_.reserve(kUsual);
    leftovers_.reserve(kUsual);
    identify();
    collect(span_.attributes);
    for (const Event& event : span_.events) {
      if (is_details_event(event.name)) collect(event.attributes);
    }
    std::ranges::stable_sort(hits_, [](const Hit& a, const Hit& b) {
      return std::tie(a.rule->target, a.rule->member, a.rule->rank) <
             std::tie(b.rule->target, b.rule->member, b.rule->rank);
    });
    decide_role();
    if (facts_.role == Role::kNone) {
      inherit();
      return std::move(facts_);
    }
    fill();
    take_events();
    place_instructions();
    tell_outcome();
    describe();
    return std::move(facts_);
  }

 private:
  void identify() {
    facts_.trace_id = span_.trace_id;
    facts_.span_id = span_.span_id;
    facts_.parent_span_id = span_.parent_span_id;
    facts_.start_ns = span_.start_ns;
    facts_.end_ns = span_.end_ns;
    facts_.bytes = span_.bytes;
    const Value* const type = find_attribute(span_.attributes, "langfuse.observation.type");
    facts_.is_trace = type != nullptr && type->is_string() && ascii_lower(type->text()) == "trace";
    facts_.judged_around =
        std::ranges::any_of(span_.attributes, is_langfuse) || std::ranges::any_of(resource_.attributes, is_langfuse);
  }

  void collect(const Attributes& attributes) {
    for (const Attribute& attribute : attributes) {
      const auto rules = rules_for(attribute.key);
      if (rules.empty()) leftovers_.push_back(&attribute);
      for (const Rule* const rule : rules) {
        if (rule->form == Form::kIndexed) {
          collect_family(*rule, attribute);
        } else {
          hits_.push_back({rule, &attribute});
        }
      }
    }
  }

  void collect_family(const Rule& rule, const Attribute& attribute) {
    const auto known = std::ranges::find(families_, &rule, &Family::rule);
    if (known != families_.end()) {
      known->attributes.push_back(&attribute);
      return;
    }
    families_.push_back({&rule, {&attribute}});
    hits_.push_back({&rule, &attribute});
  }

  void decide_role() {
    for (const Hit& hit : hits_) {
      if (hit.rule->target != Target::kRole) break;  // the first target of the order
      if (hit.attribute->key == "gen_ai.operation.name") facts_.operation = text_of(hit.attribute->value);
      const Role role = hit.rule->role_of(text_of(hit.attribute->value));
      if (facts_.role == Role::kNone) facts_.role = role;
      if (role == Role::kNone) leftovers_.push_back(hit.attribute);
    }
    if (facts_.role != Role::kNone) return;
    const auto hinted = [this](Role role) {
      return std::ranges::any_of(hits_, [role](const Hit& hit) { return hit.rule->hint == role; });
    };
    for (const Role role : {Role::kTool, Role::kAgent, Role::kRetriever, Role::kModel}) {
      if (facts_.role == Role::kNone && hinted(role)) facts_.role = role;
    }
    const bool told = !events_.messages.empty() || !events_.output.empty();
    if (facts_.role == Role::kNone && told) facts_.role = Role::kModel;
  }

  // Who it was and which session: of a span around model calls it counts for them.
  void inherit() {
    leftovers_.clear();
    std::erase_if(hits_, [](const Hit& hit) {
      const Target target = hit.rule->target;
      return target != Target::kSession && target != Target::kUser && target != Target::kTags;
    });
    fill();
  }

  bool is_tool() const { return facts_.role == Role::kTool || facts_.role == Role::kRetriever; }

  // A list is put together in `list`.
  const Value& value_of(const Hit& hit, Value& list) const {
    if (hit.rule->form != Form::kIndexed) return hit.attribute->value;
    list = unflatten(hit.rule->attribute, std::ranges::find(families_, hit.rule, &Family::rule)->attributes);
    return list;
  }

  void fill() {
    const Hit* winner = nullptr;
    for (const Hit& hit : hits_) {
      const bool lost = winner != nullptr && !adds_up(hit.rule->target) && winner->rule->target == hit.rule->target &&
                        winner->rule->member == hit.rule->member;
      if (lost) {
        keep_loser(hit, *winner);
      } else if (take(hit)) {
        winner = &hit;
      }
    }
    if (facts_.output.empty()) compose_output();
  }

  // A second model name says more; a second copy of the messages does not, and a second user is nobody's business.
  void keep_loser(const Hit& loser, const Hit& winner) {
    const Target target = loser.rule->target;
    const bool kept = target == Target::kModel || target == Target::kProvider || target == Target::kResponseId ||
                      target == Target::kErrorMessage;
    const Value& value = loser.attribute->value;
    if (kept && !is_empty(value) && ascii_lower(text_of(value)) != ascii_lower(text_of(winner.attribute->value))) {
      leftovers_.push_back(loser.attribute);
    }
  }

  // Whether the hit says anything for its target.
  bool take(const Hit& hit) {
    const Target target = hit.rule->target;
    if (target == Target::kRole || target == Target::kDropped) return false;
    if (target >= Target::kMessages && target <= Target::kTools) return take_content(hit);
    if (target >= Target::kToolName && target <= Target::kToolResult) return take_of_tool(hit);
    if (target >= Target::kParameter && target <= Target::kFirstToken) {
      return take_figure(*hit.rule, hit.attribute->value, facts_);
    }
    return take_word(hit);
  }

  bool take_content(const Hit& hit) {
    if (is_tool()) return false;
    const bool generic = hit.rule->rank >= kGenericContent;
    Value list;
    switch (hit.rule->target) {
      case Target::kMessages:
        facts_.messages = read_messages(value_of(hit, list), "user");
        facts_.generic_messages = generic;
        return !facts_.messages.empty();
      case Target::kInstructions:
        instructions_ = read_messages(hit.attribute->value, "system");
        return !instructions_.empty();
      case Target::kOutput:
        facts_.output = read_messages(value_of(hit, list), "assistant");
        facts_.generic_output = generic;
        return !facts_.output.empty();
      case Target::kTools:
        if (facts_.tools.items().empty()) facts_.tools = read_tools(value_of(hit, list));
        return !facts_.tools.items().empty();
      case Target::kOutputToolCalls:
        output_tool_calls_ = read_tool_calls(hit.attribute->value);
        return !output_tool_calls_.items().empty();
      default: {
        std::string& text = hit.rule->target == Target::kOutputText ? output_text_ : output_reasoning_;
        text = text_of(hit.attribute->value);
        return !text.empty();
      }
    }
  }

  void compose_output() {
    if (output_text_.empty() && output_tool_calls_.items().empty() && output_reasoning_.empty()) return;
    Value message = Value::object({{"role", Value::string("assistant")}});
    message.set("content", output_text_.empty() ? Value() : Value::string(std::move(output_text_)));
    if (!output_reasoning_.empty()) message.set("reasoning_content", Value::string(std::move(output_reasoning_)));
    if (!output_tool_calls_.items().empty()) message.set("tool_calls", std::move(output_tool_calls_));
    facts_.output.push_back(std::move(message));
    facts_.generic_output = false;
  }

  bool take_of_tool(const Hit& hit) {
    if (!is_tool()) {
      if (hit.rule->hint == Role::kTool) leftovers_.push_back(hit.attribute);
      return false;
    }
    Value list;
    const Value& value = value_of(hit, list);
    if (is_empty(value)) return false;
    switch (hit.rule->target) {
      case Target::kToolName:
        facts_.tool_name = text_of(value);
        return true;
      case Target::kToolCallId:
        facts_.tool_call_id = text_of(value);
        return true;
      case Target::kToolArguments:
        facts_.tool_arguments = opened(value);
        return true;
      default:
        facts_.tool_result = value;
        return true;
    }
  }

  bool take_word(const Hit& hit) {
    const Value& value = hit.attribute->value;
    if (is_empty(value)) return false;
    switch (hit.rule->target) {
      case Target::kModel:
        return take_name(facts_.model, *hit.attribute);
      case Target::kProvider:
        if (!take_name(facts_.provider, *hit.attribute)) return false;
        facts_.provider = ascii_lower(facts_.provider);  // OpenLLMetry writes "OpenAI"
        return true;
      case Target::kTags:
        take_tags(value, facts_.tags);
        return true;
      case Target::kMetadata:
        note(hit.attribute->key.substr(hit.rule->attribute.size()), opened(value));
        return true;
      case Target::kMetadataObject: {
        const Value object = opened(value);
        if (!object.is_object()) note(hit.attribute->key, value);
        for (const auto& [name, member] : object.members()) note(name, member);
        return true;
      }
      case Target::kFinishReason:
        note_finish_reason(opened(value));
        return true;
      default:
        text_for(hit.rule->target) = text_of(value);
        return true;
    }
  }

  std::string& text_for(Target target) {
    switch (target) {
      case Target::kSession:
        return facts_.session_id;
      case Target::kUser:
        return facts_.user_id;
      case Target::kAgentName:
        return facts_.agent_name;
      case Target::kResponseId:
        return facts_.response_id;
      case Target::kErrorType:
        return error_type_;
      case Target::kErrorMessage:
        return error_message_;
      default:
        return level_;
    }
  }

  bool take_name(std::string& field, const Attribute& attribute) {
    std::string text = text_of(attribute.value);
    if (!fits(text, kMaxNameBytes)) {
      leftovers_.push_back(&attribute);
      return false;
    }
    field = std::move(text);
    return true;
  }

  void note(std::string name, Value value) {
    if (is_empty(value)) return;
    if (facts_.metadata.members().size() >= kMaxMetadata) {
      ++not_kept_;
    } else if (facts_.metadata.find(name) == nullptr) {
      facts_.metadata.members().emplace_back(std::move(name), std::move(value));
    }
  }

  // One for each choice; there is mostly one.
  void note_finish_reason(const Value& reasons) {
    note("finish_reason", reasons.items().size() == 1 ? reasons.items().front() : reasons);
  }

  // Events rank between attributes that are messages and those that are whatever a framework was called with.
  void take_events() {
    if (is_tool()) return;
    if (!events_.messages.empty() && (facts_.messages.empty() || facts_.generic_messages)) {
      facts_.messages = std::move(events_.messages);
      facts_.generic_messages = false;
    }
    if (!events_.output.empty() && (facts_.output.empty() || facts_.generic_output)) {
      facts_.output = std::move(events_.output);
      facts_.generic_output = false;
    }
    note_finish_reason(events_.finish_reason);
  }

  void place_instructions() {
    const bool told = std::ranges::any_of(facts_.messages, [](const Value& message) {
      return has_role(message, "system") || has_role(message, "developer");
    });
    if (told) return;  // the same ones, as the first message
    for (Value& message : instructions_) message.set("role", Value::string("system"));
    facts_.messages.insert(facts_.messages.begin(), std::make_move_iterator(instructions_.begin()),
                           std::make_move_iterator(instructions_.end()));
  }

  void tell_outcome() {
    const bool failed = span_.status == StatusCode::kError || ascii_lower(level_) == "error" || !error_type_.empty();
    if (!failed) {
      if (span_.status == StatusCode::kOk) facts_.success = true;
      note("status_message", Value::string(error_message_));
      return;
    }
    facts_.success = false;
    std::string message = error_message_.empty() ? span_.status_message : error_message_;
    std::string thrown;
    std::string stack;
    if (events_.exception != nullptr) {
      const auto text = [this](std::string_view key) {
        const Value* const value = find_attribute(events_.exception->attributes, key);
        return value == nullptr ? std::string() : text_of(*value);
      };
      if (error_type_.empty()) error_type_ = text("exception.type");
      thrown = text("exception.message");
      if (message.empty()) message = thrown;
      stack = text("exception.stacktrace");
    }
    facts_.error = Value::object();
    if (!error_type_.empty()) facts_.error.set("type", Value::string(error_type_));
    if (!thrown.empty() && thrown != message) facts_.error.set("exception", Value::string(std::move(thrown)));
    if (!message.empty()) facts_.error.set("message", Value::string(std::move(message)));
    if (!stack.empty()) facts_.error.set("stacktrace", Value::string(std::move(stack)));
  }

  // Which span it is, and what no rule knows.
  void describe() {
    facts_.id = span_record_id(span_);
    facts_.name = span_.name;
    facts_.metadata.members().reserve(std::min(kMaxMetadata, facts_.metadata.members().size() + leftovers_.size() + 3));
    note("response_id", Value::string(facts_.response_id));
    if (!is_tool()) note("agent_name", Value::string(facts_.agent_name));
    for (const Attribute* const one : leftovers_) note(one->key, one->value);
    for (const Attribute& one : resource_.attributes) {
      // An SDK that was not told a name says "unknown_service:node".
      if (one.key != "service.name" || !one.value.is_string()) continue;
      const std::string& service = one.value.text();
      if (fits(service, kMaxNameBytes) && !service.starts_with("unknown_service")) facts_.platform = service;
    }
    if (not_kept_ > 0) facts_.metadata.set("attributes_not_kept", Value::number(std::to_string(not_kept_)));
    Value origin = Value::object();
    const auto add = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) origin.members().emplace_back(name, Value::string(value));
    };
    add("trace_id", facts_.trace_id);
    add("span_id", facts_.span_id);
    add("parent_span_id", facts_.parent_span_id);
    add("name", facts_.name);
    add("scope", facts_.scope);
    if (Value links = read_links(); !links.items().empty()) origin.set("links", std::move(links));
    for (const Attribute& one : resource_.attributes) {
      if (is_kept(one.key)) origin.set(one.key, one.value);
    }
    facts_.metadata.set("otel", std::move(origin));
  }

  Value read_links() const {
    Value links = Value::array();
    for (const Link& one : span_.links) {
      if (one.trace_id.empty() || one.span_id.empty()) continue;
      links.push(Value::object({{"trace_id", Value::string(one.trace_id)}, {"span_id", Value::string(one.span_id)}}));
    }
    return links;
  }

  const Resource& resource_;
  const Span& span_;
  EventContent events_;
  SpanFacts facts_;
  std::vector<Hit> hits_;
  std::vector<Family> families_;
  std::vector<const Attribute*> leftovers_;
  std::vector<Value> instructions_;
  std::string output_text_;
  std::string output_reasoning_;
  Value output_tool_calls_ = Value::array();
  std::string error_type_;
  std::string error_message_;
  std::string level_;
  size_t not_kept_ = 0;
};

}  // namespace

Origin origin_of(const Resource& resource, const Scope& scope) {
  Origin out;
  for (const Attribute& one : resource.attributes) {
    const bool is_read = one.key == "service.name" || is_kept(one.key) || is_langfuse(one);
    if (is_read) out.resource.attributes.push_back(one);
  }
  out.scope.name = scope.name;
  out.bytes = sizeof(Origin) + bytes_of(out.resource.attributes) + scope.name.size();
  return out;
}

SpanFacts read_span(const Resource& resource, const Scope& scope, const Span& span) {
  return Reader(resource, scope, span).read();
}

}  // namespace gleaner::gateway::otlp

#include "gateway/otlp/span_events.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "gateway/otlp/chat.h"
#include "gateway/otlp/span_facts.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

struct Kind {
  std::string_view name;
  std::string_view role;
  bool is_output;
};

constexpr std::array kKinds = {
    Kind{"gen_ai.system.message", "system", false},
    Kind{"gen_ai.user.message", "user", false},
    Kind{"gen_ai.assistant.message", "assistant", false},
    Kind{"gen_ai.tool.message", "tool", false},
    Kind{"gen_ai.choice", "assistant", true},
    Kind{"gen_ai.content.prompt", "user", false},
    Kind{"gen_ai.content.completion", "assistant", true},
};

const Kind* kind_of(std::string_view name) {
  const auto known = std::ranges::find(kKinds, name, &Kind::name);
  return known == kKinds.end() ? nullptr : &*known;
}

// What an event says, as the object that log events have for a body.
Value body_of(const Event& event) {
  Value body = Value::object();
  for (const Attribute& one : event.attributes) {
    if (one.key == "gen_ai.event.content") {  // Azure's: the body as one text
      Value whole = opened(one.value);
      if (whole.is_object()) return whole;
    }
    if (one.key == "gen_ai.prompt" || one.key == "gen_ai.completion") return opened(one.value);
    if (one.key == "gen_ai.system" || one.key == "gen_ai.provider.name" || one.key == "event.name") continue;
    body.members().emplace_back(one.key, one.value);
  }
  return body;
}

}  // namespace

EventContent read_events(const std::vector<Event>& events) {
  EventContent content;
  for (const Event& event : events) {
    if (event.name == "exception") content.exception = &event;
    const Kind* const kind = kind_of(event.name);
    if (kind == nullptr) continue;
    const Value body = body_of(event);
    if (is_empty(body)) continue;
    if (const Value* const reason = body.find("finish_reason"); reason != nullptr && !is_empty(*reason)) {
      content.finish_reason = *reason;
    }
    const bool is_old = event.name.starts_with("gen_ai.content.");
    std::ranges::move(is_old ? read_messages(body, kind->role) : read_event_message(body, kind->role),
                      std::back_inserter(kind->is_output ? content.output : content.messages));
  }
  return content;
}

bool is_details_event(std::string_view name) {
  return name == "gen_ai.client.inference.operation.details";
}

bool is_content_event(std::string_view name) {
  return kind_of(name) != nullptr || is_details_event(name);
}

}  // namespace gleaner::gateway::otlp

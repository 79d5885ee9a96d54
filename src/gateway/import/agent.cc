// The files of an agent's data collector: context_*.json is what the model saw, prediction_*.json what it made of it,
// and session_*.json only says where the two are. join_agent_sessions() makes one element of a pair.
//
// Of an event only the text, the role and the author's name are taken: the rest is about people, not about what was
// said.
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "gateway/import/shapes.h"
#include "gateway/import/steps.h"

namespace gleaner::gateway {
namespace {

using json::Value;

bool is_context(const Value& element) {
  return element.find("events") != nullptr;
}

bool is_prediction(const Value& element) {
  return element.find("trajectory") != nullptr;
}

// Says where a context or a prediction is, and has neither.
bool is_session(const Value& element) {
  const auto names_file = [](const Value::Member& member) {
    const std::string_view name = member.first;
    return member.second.is_string() && (name.ends_with("_file") || name.ends_with("_path")) &&
           (name.contains("context") || name.contains("prediction"));
  };
  return element.find("session_id") != nullptr && !is_context(element) && !is_prediction(element) &&
         std::ranges::any_of(element.members(), names_file);
}

bool is_pair(const Value& element) {
  const Value* const context = element.find("context");
  const Value* const prediction = element.find("prediction");
  return context != nullptr && prediction != nullptr && context->is_object() && prediction->is_object();
}

bool says_yes(const Value& object, Names names) {
  const Value* const flag = first_of(object, names);
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

std::string_view role_of(const Value& event, const Value* author) {
  constexpr std::array<std::string_view, 4> kAssistants = {"assistant", "bot", "ai", "model"};
  const std::string role = ascii_lower(event.find_string("role").value_or(""));
  if (role == "system") return "system";
  const Names flags = {"is_bot", "from_bot", "bot"};
  const bool bot = std::ranges::find(kAssistants, role) != kAssistants.end() || says_yes(event, flags) ||
                   (author != nullptr && says_yes(*author, flags));
  return bot ? "assistant" : "user";
}

// Only what every trainer takes for a name.
std::string_view name_of(const Value* author) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  constexpr size_t kLongest = 64;
  if (author != nullptr && author->is_object()) author = author->find("name");
  if (author == nullptr || !author->is_string() || author->text().size() > kLongest) return {};
  return author->text().find_first_not_of(kLetters) == std::string::npos ? std::string_view(author->text()) : "";
}

// Null for an event without words: somebody came, or sent a picture.
Result<Value> read_event(const std::string& path, const Value& event) {
  if (event.is_string()) return message("user", event.text());
  if (!event.is_object()) return wrong(path, "an object", event);
  const Value* said = first_of(event, {"content", "text", "message"});
  if (said != nullptr && said->is_object()) said = first_of(*said, {"content", "text"});
  if (said == nullptr) return Value();
  if (!said->is_string() && !said->is_array()) return wrong(path + ".content", "a string", *said);
  const Value* const author = first_of(event, {"author", "user", "username", "name"});
  Value message = Value::object({{"role", text_value(role_of(event, author))}, {"content", *said}});
  if (const std::string_view name = name_of(author); !name.empty()) message.set("name", text_value(name));
  return message;
}

Status take_events(Draft& draft, const Value& events) {
  Value messages = Value::array();
  for (size_t i = 0; i < events.items().size(); ++i) {
    TRY_ASSIGN(Value message, read_event(fmt::format("events[{}]", i), events.items()[i]));
    if (!message.is_null()) messages.push(std::move(message));
  }
  draft.set("messages", std::move(messages), "events");
  return {};
}

void set_id(Draft& draft, std::string_view prefix) {
  const Value* const session = draft.peek("session_id");
  const Value* const time = draft.peek("timestamp");
  draft.identify();
  if (session == nullptr || time == nullptr || session->text().empty() || time->text().empty()) return;
  draft.set("id", text_value(fmt::format("{}_{}_{}", prefix, session->text(), time->text())), "session_id");
}

void take_rest(Draft& draft) {
  draft.set("kind", text_value("agent"));
  draft.take({"session_id"}, "session_id");
  draft.take({"timestamp"}, "created_at");
  draft.take({"model_name", "model"}, "model");
  draft.take({"model_config"}, "parameters");
  draft.take({"execution_time_ms"}, "latency_ms");
  draft.take({"success"}, "success");
  draft.take({"error", "error_message"}, "error");
  for (const std::string_view name : {"response", "output"}) {
    const Value* const said = draft.peek(name);
    if (said != nullptr && said->is_string()) draft.take({name}, "output");
  }
}

// Where a file stands among those of its session; those without a time come first.
std::optional<Time> time_of(const Value& element) {
  const auto time = parse_time(element.find_string("timestamp").value_or(""));
  return time ? std::optional(*time) : std::nullopt;
}

struct Session {
  std::vector<size_t> contexts;
  std::vector<size_t> predictions;
};

}  // namespace

bool is_agent(const Value& element) {
  if (is_pair(element) || is_session(element)) return true;
  const bool stamped = element.find("session_id") != nullptr && element.find("timestamp") != nullptr;
  return stamped && (is_context(element) || is_prediction(element));
}

Result<Records> convert_agent(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  if (is_pair(element)) {
    TRY(draft.open("context"));
    TRY(draft.open("prediction"));
  } else if (is_session(element)) {
    return Records();
  }
  TRY_ASSIGN(const Value* const events, draft.use({"events"}, Kind::kArray));
  const Value* const trajectory = draft.use({"trajectory"});
  if (events == nullptr && trajectory == nullptr) {
    return fail(Code::kInvalidArgument, "events: missing; expected events or a trajectory");
  }
  set_id(draft, trajectory == nullptr ? "ctx" : events == nullptr ? "pred" : "session");
  take_rest(draft);
  if (events != nullptr) TRY(take_events(draft, *events));
  if (trajectory != nullptr) {
    TRY_ASSIGN(Value steps, read_steps("trajectory", *trajectory));
    draft.set("trajectory", std::move(steps));
  }
  return one(draft.interaction(decoder));
}

std::vector<Value> join_agent_sessions(std::vector<Value> elements) {
  std::map<std::string, Session> sessions;
  for (size_t i = 0; i < elements.size(); ++i) {
    const Value& element = elements[i];
    const Value* const id = element.find("session_id");
    if (id == nullptr || id->text().empty() || is_context(element) == is_prediction(element)) continue;
    Session& session = sessions[id->text()];
    (is_context(element) ? session.contexts : session.predictions).push_back(i);
  }
  const auto earlier = [&](size_t a, size_t b) { return time_of(elements[a]) < time_of(elements[b]); };
  std::vector<bool> joined(elements.size());
  for (auto& [id, session] : sessions) {
    // With one missing nobody can say which belong together.
    if (session.contexts.size() != session.predictions.size()) continue;
    std::ranges::stable_sort(session.contexts, earlier);
    std::ranges::stable_sort(session.predictions, earlier);
    for (size_t i = 0; i < session.contexts.size(); ++i) {
      Value& context = elements[session.contexts[i]];
      context = Value::object({{"context", context}, {"prediction", elements[session.predictions[i]]}});
      joined[session.predictions[i]] = true;
    }
  }
  std::vector<Value> kept;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!joined[i]) kept.push_back(std::move(elements[i]));
  }
  return kept;
}

}  // namespace gleaner::gateway

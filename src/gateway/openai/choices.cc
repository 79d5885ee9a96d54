// Chat completions and completions: requests, and responses with a list of choices. And embeddings, which are a request
// of the same kind with an answer that teaches nothing.
#include <algorithm>
#include <string>
#include <utility>

#include "gateway/exchange/message.h"
#include "gateway/openai/openai.h"

namespace gleaner::gateway::openai {
namespace {

using exchange::Answer;
using exchange::Question;
using exchange::take_member;
using json::Value;

Value user_message(Value content) {
  Value message = Value::object();
  message.members().emplace_back("role", Value::string("user"));
  message.members().emplace_back("content", std::move(content));
  return message;
}

bool are_tokens(const Value& prompt) {
  const auto is_tokens = [](const Value& item) { return item.is_number(); };
  return prompt.is_array() && !prompt.items().empty() && std::ranges::all_of(prompt.items(), [&](const Value& item) {
           return is_tokens(item) || (item.is_array() && std::ranges::all_of(item.items(), is_tokens));
         });
}

void read_tools(Value& body, Question& question) {
  Value tools = take_member(body, "tools");
  for (Value& tool : tools.items()) {
    if (tool.is_object()) question.tools.push(exchange::safe_tool(std::move(tool)));
  }
  Value functions = take_member(body, "functions");  // until 2023
  for (Value& function : functions.items()) {
    if (function.is_object()) question.tools.push(exchange::function_tool(std::move(function)));
  }
}

// The prompts of a completion or the inputs of an embedding: one text, several, or tokens of a text.
void read_prompt(Value prompt, std::string_view name, Question& question) {
  if (prompt.is_null()) return;
  if (are_tokens(prompt)) {
    question.facts.set(std::string(name) + "_is_tokens", Value::boolean(true));
    return;
  }
  if (!prompt.is_array()) return question.messages.push_back(user_message(Value::string(exchange::text_of(&prompt))));
  if (prompt.items().size() == 1) return read_prompt(std::move(prompt.items().front()), name, question);
  Value others = Value::array();
  for (Value& one : prompt.items()) {
    if (question.messages.empty()) {
      read_prompt(std::move(one), name, question);
    } else {
      others.push(std::move(one));
    }
  }
  if (!others.items().empty()) question.facts.set("other_" + std::string(name) + "s", std::move(others));
}

void add_choice(Value choice, Answer& answer) {
  if (!choice.is_object()) return;
  Value message = take_member(choice, "message");
  if (!message.is_object()) message = take_member(choice, "delta");  // of servers that answer with one chunk
  const Value* const reason = choice.find("finish_reason");
  answer.finish_reasons.push(reason == nullptr ? Value() : *reason);
  if (!message.is_object()) {
    const Value* const text = choice.find("text");
    if (text == nullptr) return;  // Azure's, of what its filter held back
    message = Value::object({{"content", Value::string(exchange::text_of(text))}});
  }
  answer.outputs.push_back(exchange::canonical_answer(std::move(message)));
}

void read_head(Value& body, Answer& answer) {
  answer.id = exchange::string_of(body, "id");
  answer.model = exchange::string_of(body, "model");
  for (const char* const name : {"service_tier", "system_fingerprint"}) {
    const Value* const value = body.find(name);
    if (value != nullptr && value->is_string()) answer.facts.set(name, *value);
  }
  if (const Value* const usage = body.find("usage"); usage != nullptr) answer.usage = exchange::read_usage(*usage);
  if (answer.usage.members().empty()) {
    const Value* const groq = body.find("x_groq");
    const Value* const usage = groq == nullptr ? nullptr : groq->find("usage");
    if (usage != nullptr) answer.usage = exchange::read_usage(*usage);
  }
  answer.error = exchange::read_error(body);
}

}  // namespace

Question read_chat_request(Value body) {
  Question question;
  Value messages = take_member(body, "messages");
  for (Value& message : messages.items()) {
    question.messages.push_back(exchange::canonical_message(std::move(message), "user"));
  }
  read_tools(body, question);
  exchange::read_common(std::move(body), question);
  return question;
}

Question read_completions_request(Value body) {
  Question question;
  // A chat request to the wrong path is refused; what it asked is worth knowing.
  if (body.find("prompt") == nullptr && body.find("messages") != nullptr) return read_chat_request(std::move(body));
  read_prompt(take_member(body, "prompt"), "prompt", question);
  exchange::read_common(std::move(body), question);
  return question;
}

Question read_embeddings_request(Value body) {
  Question question;
  read_prompt(take_member(body, "input"), "input", question);
  exchange::read_common(std::move(body), question);
  return question;
}

Answer read_choices(Value body) {
  Answer answer;
  read_head(body, answer);
  Value choices = take_member(body, "choices");
  std::ranges::stable_sort(choices.items(), {}, [](const Value& choice) {
    const Value* const index = choice.find("index");
    return index == nullptr ? 0 : index->as_integer().value_or(0);
  });
  for (Value& choice : choices.items()) add_choice(std::move(choice), answer);
  return answer;
}

Answer read_embeddings(Value body) {
  Answer answer;
  read_head(body, answer);
  const Value* const data = body.find("data");
  if (data != nullptr) answer.facts.set("embeddings", Value::number(std::to_string(data->items().size())));
  return answer;
}

}  // namespace gleaner::gateway::openai

// Content is a list of blocks, of which each finds its place in a chat message: tool_use in tool_calls, what a user
// says of a tool's result in messages of the tool's own, thoughts in reasoning_content.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/anthropic/anthropic.h"
#include "gateway/exchange/message.h"

namespace gleaner::gateway::anthropic {
namespace {

using exchange::Answer;
using exchange::MessageDraft;
using exchange::Question;
using exchange::string_of;
using exchange::take_member;
using json::Value;
using Messages = std::vector<Value>;

// Null if the image stands elsewhere: a file of the provider's.
Value image_of(const Value& block) {
  const Value* const source = block.find("source");
  if (source == nullptr) return {};
  if (source->find_string("url")) return exchange::image_part(string_of(*source, "url"));
  if (!source->find_string("data")) return {};
  return exchange::image_part("data:" + string_of(*source, "media_type") + ";base64," + string_of(*source, "data"));
}

void read_content(Value content, MessageDraft& draft, Messages& results);

void read_result(Value block, Messages& results) {
  MessageDraft draft("tool");
  Messages none;
  read_content(take_member(block, "content"), draft, none);
  Value message = draft.take();
  if (message.find("content")->is_null()) message.set("content", Value::string(""));
  message.set("tool_call_id", Value::string(string_of(block, "tool_use_id")));
  const Value* const failed = block.find("is_error");
  if (failed != nullptr && failed->as_bool()) message.set("is_error", Value::boolean(true));
  results.push_back(std::move(message));
}

// The thought's text is in reasoning_content; what is needed to show it to the provider again stands beside it.
void read_thinking(Value block, MessageDraft& draft) {
  draft.add_reasoning(string_of(block, "thinking"));
  take_member(block, "thinking");
  if (block.find("signature") != nullptr || block.find("data") != nullptr) {
    draft.add_to("thinking_blocks", std::move(block));
  }
}

void read_block(Value block, MessageDraft& draft, Messages& results) {
  if (block.is_string()) return draft.add_text(block.text());
  if (!block.is_object()) return;
  take_member(block, "cache_control");
  const std::string type = string_of(block, "type");
  if (type == "text") {
    draft.add_text(string_of(block, "text"));
    Value citations = take_member(block, "citations");
    for (Value& citation : citations.items()) draft.add_to("annotations", std::move(citation));
  } else if (type == "tool_use") {
    const Value* const input = block.find("input");
    draft.add_call(exchange::function_call(string_of(block, "id"), string_of(block, "name"),
                                           input == nullptr || input->is_null() ? "{}" : exchange::text_of(input)));
  } else if (type == "tool_result") {
    read_result(std::move(block), results);
  } else if (type == "thinking" || type == "redacted_thinking") {
    read_thinking(std::move(block), draft);
  } else if (type == "server_tool_use" || type == "mcp_tool_use" || type.ends_with("_tool_result")) {
    draft.add_server_call(std::move(block));
  } else {
    Value image = type == "image" ? image_of(block) : Value();
    draft.add_part(image.is_null() ? std::move(block) : std::move(image));
  }
}

void read_content(Value content, MessageDraft& draft, Messages& results) {
  if (content.is_array()) {
    for (Value& block : content.items()) read_block(std::move(block), draft, results);
  } else if (!content.is_null()) {
    draft.add_text(exchange::text_of(&content));
  }
}

void read_turn(Value turn, Messages& messages) {
  if (!turn.is_object()) return messages.push_back(exchange::canonical_message(std::move(turn), "user"));
  const std::string written = string_of(turn, "role");
  MessageDraft draft(written == "assistant" || written == "system" ? written : "user");
  read_content(take_member(turn, "content"), draft, messages);
  const bool only_results = draft.is_empty() && !messages.empty() && exchange::has_role(messages.back(), "tool");
  if (!only_results) messages.push_back(draft.take());
}

Value read_tool(Value tool) {
  take_member(tool, "cache_control");
  const std::string type = string_of(tool, "type");
  if ((!type.empty() && type != "custom") || tool.find("name") == nullptr) return exchange::safe_tool(std::move(tool));
  Value definition = Value::object();
  for (auto& [name, value] : tool.members()) {
    if (name == "type" || value.is_null()) continue;
    definition.set(name == "input_schema" ? "parameters" : name, std::move(value));
  }
  return exchange::function_tool(std::move(definition));
}

std::string_view finish_reason(std::string_view stop_reason) {
  if (stop_reason == "end_turn" || stop_reason == "stop_sequence") return "stop";
  if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded") return "length";
  if (stop_reason == "tool_use") return "tool_calls";
  if (stop_reason == "refusal") return "content_filter";
  return stop_reason;
}

// input_tokens leaves out what was read from the cache or written to it; ours is the sum of all.
Value read_usage(const Value& usage) {
  Value out = exchange::read_usage(usage);
  const auto count = [&](std::string_view name) -> int64_t {
    const Value* const value = usage.find(name);
    const int64_t written = value == nullptr ? 0 : value->as_integer().value_or(0);
    return written > 0 && written < (int64_t{1} << 48) ? written : 0;
  };
  const int64_t read = count("cache_read_input_tokens");
  const int64_t wrote = count("cache_creation_input_tokens");
  take_member(out, "cache_read_input_tokens");
  take_member(out, "cache_creation_input_tokens");
  if (out.find("prompt_tokens") == nullptr && out.find("completion_tokens") == nullptr) return out;
  const int64_t prompt = count("input_tokens") + read + wrote;
  const auto number = [](int64_t value) { return Value::number(std::to_string(value)); };
  out.set("prompt_tokens", number(prompt));
  out.set("total_tokens", number(prompt + count("output_tokens")));
  if (usage.find("cache_read_input_tokens") != nullptr || usage.find("cache_creation_input_tokens") != nullptr) {
    out.set("prompt_tokens_details",
            Value::object({{"cached_tokens", number(read)}, {"cache_write_tokens", number(wrote)}}));
  }
  const Value* const details = out.find("completion_tokens_details");
  const Value* const thinking = details == nullptr ? nullptr : details->find("thinking_tokens");
  if (thinking != nullptr) {
    Value renamed = *details;
    renamed.set("reasoning_tokens", take_member(renamed, "thinking_tokens"));
    out.set("completion_tokens_details", std::move(renamed));
  }
  return out;
}

void read_facts(const Value& body, Answer& answer) {
  const Value* const usage = body.find("usage");
  if (usage != nullptr) {
    answer.usage = read_usage(*usage);
    for (const char* const name : {"service_tier", "speed"}) {
      const Value* const fact = usage->find(name);
      if (fact != nullptr && fact->is_string()) answer.facts.set(name, *fact);
    }
  }
  for (const char* const name : {"stop_reason", "stop_sequence", "stop_details"}) {
    const Value* const fact = body.find(name);
    if (fact != nullptr && !fact->is_null()) answer.facts.set(name, *fact);
  }
}

}  // namespace

Question read_messages_request(Value body) {
  Question question;
  Value system = take_member(body, "system");
  if (!exchange::is_empty(system)) {
    read_turn(Value::object({{"role", Value::string("system")}, {"content", std::move(system)}}), question.messages);
  }
  Value messages = take_member(body, "messages");
  for (Value& turn : messages.items()) read_turn(std::move(turn), question.messages);
  Value tools = take_member(body, "tools");
  for (Value& tool : tools.items()) {
    if (tool.is_object()) question.tools.push(read_tool(std::move(tool)));
  }
  exchange::read_common(std::move(body), question);
  return question;
}

Answer read_message(Value body) {
  Answer answer;
  answer.id = string_of(body, "id");
  answer.model = string_of(body, "model");
  answer.error = exchange::read_error(body);
  read_facts(body, answer);
  if (const Value* const content = body.find("content"); content != nullptr) {
    MessageDraft draft("assistant");
    Messages none;
    read_content(take_member(body, "content"), draft, none);
    answer.outputs.push_back(draft.take());
  }
  if (const std::string reason = string_of(body, "stop_reason"); !reason.empty()) {
    answer.finish_reasons.push(Value::string(std::string(finish_reason(reason))));
  }
  return answer;
}

}  // namespace gleaner::gateway::anthropic

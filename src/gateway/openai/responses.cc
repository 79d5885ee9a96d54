// The responses API: input and output are lists of items, of which several make one chat message. What a model says,
// its thoughts and its calls up to the next thing that somebody else says, are one message of the assistant.
#include <optional>
#include <string>
#include <utility>

#include "gateway/exchange/message.h"
#include "gateway/openai/openai.h"

namespace gleaner::gateway::openai {
namespace {

using exchange::Answer;
using exchange::MessageDraft;
using exchange::Question;
using exchange::string_of;
using exchange::take_member;
using exchange::text_of;
using json::Value;

// A part of a message's content, input_* or output_*.
void read_part(Value part, MessageDraft& draft) {
  if (part.is_string()) return draft.add_text(part.text());
  const std::string type = string_of(part, "type");
  if (type == "input_text" || type == "output_text" || type == "text") {
    draft.add_text(string_of(part, "text"));
    Value annotations = take_member(part, "annotations");
    for (Value& annotation : annotations.items()) draft.add_to("annotations", std::move(annotation));
  } else if (type == "refusal") {
    draft.add_refusal(string_of(part, "refusal"));
  } else if (type == "input_image" && part.find_string("image_url")) {
    draft.add_part(exchange::image_part(string_of(part, "image_url"), string_of(part, "detail")));
  } else if (type == "input_file") {
    take_member(part, "type");
    draft.add_part(Value::object({{"type", Value::string("file")}, {"file", std::move(part)}}));
  } else if (part.is_object()) {
    draft.add_part(std::move(part));
  }
}

void read_content(Value content, MessageDraft& draft) {
  if (content.is_array()) {
    for (Value& part : content.items()) read_part(std::move(part), draft);
  } else if (!content.is_null()) {
    draft.add_text(text_of(&content));
  }
}

class ItemReader {
 public:
  // Of a request, where anybody may speak, or of a response, where only the model does.
  enum class Side { kRequest, kResponse };
  explicit ItemReader(Side side) : side_(side) {}

  void read(Value item, std::string_view role_otherwise) {
    if (item.is_string()) item = Value::object({{"content", std::move(item)}});
    const std::string type = string_of(item, "type");
    const std::string call_id = string_of(item, "call_id");
    if (type.empty() || type == "message") return read_message(std::move(item), role_otherwise);
    if (type == "item_reference" || type == "compaction") {
      partial_ = true;
    } else if (type.ends_with("_output") && side_ == Side::kRequest) {
      read_result(std::move(item), call_id);
    } else if (type == "reasoning") {
      read_reasoning(item);
    } else if (type == "function_call") {
      assistant().add_call(exchange::function_call(call_id, string_of(item, "name"), text_of(item.find("arguments"))));
    } else if (type == "custom_tool_call") {
      assistant().add_call(exchange::custom_call(call_id, string_of(item, "name"), text_of(item.find("input"))));
    } else if (type.ends_with("_call") && !call_id.empty()) {
      // A tool of the provider's that the client runs: computer_call, local_shell_call ...
      const Value* const action = item.find("action") != nullptr ? item.find("action") : item.find("operation");
      assistant().add_call(
          exchange::function_call(call_id, std::string_view(type).substr(0, type.size() - 5), text_of(action)));
    } else {
      assistant().add_server_call(exchange::safe_tool(std::move(item)));
    }
  }

  void close() {
    if (open_ && !open_->is_empty()) messages_.push_back(open_->take());
    open_.reset();
  }

  std::vector<Value> take() {
    close();
    return std::move(messages_);
  }
  bool partial() const { return partial_; }

 private:
  MessageDraft& assistant() {
    if (!open_) open_.emplace("assistant");
    return *open_;
  }

  void read_message(Value item, std::string_view role_otherwise) {
    std::string role = string_of(item, "role");
    if (role.empty() || side_ == Side::kResponse) role = role_otherwise;
    Value content = take_member(item, "content");
    if (role == "assistant") {
      assistant().break_text();
      return read_content(std::move(content), assistant());
    }
    close();
    MessageDraft draft(role == "system" || role == "developer" ? role : "user");
    read_content(std::move(content), draft);
    messages_.push_back(draft.take());
  }

  void read_result(Value item, std::string_view call_id) {
    close();
    MessageDraft draft("tool");
    Value output = take_member(item, "output");
    if (output.is_object()) output = Value::string(output.dump());
    read_content(std::move(output), draft);
    Value message = draft.take();
    if (!call_id.empty()) message.set("tool_call_id", Value::string(std::string(call_id)));
    messages_.push_back(std::move(message));
  }

  // The thoughts themselves where they are told, else their summary. What is encrypted says nothing.
  void read_reasoning(const Value& item) {
    for (const char* const name : {"content", "summary"}) {
      const Value* const parts = item.find(name);
      if (parts == nullptr || parts->items().empty()) continue;
      for (const Value& part : parts->items()) assistant().add_reasoning(string_of(part, "text"));
      return;
    }
  }

  Side side_;
  std::vector<Value> messages_;
  std::optional<MessageDraft> open_;
  bool partial_ = false;
};

// Flat where chat completions nest.
Value read_tool(Value tool) {
  const std::string type = string_of(tool, "type");
  if ((type != "function" && type != "custom") || tool.find(type) != nullptr) {
    return exchange::safe_tool(std::move(tool));
  }
  take_member(tool, "type");
  std::erase_if(tool.members(), [](const Value::Member& member) { return member.second.is_null(); });
  Value nested = Value::object({{"type", Value::string(type)}});
  nested.set(type, std::move(tool));
  return nested;
}

std::string finish_reason(const Value& body, const Answer& answer) {
  const std::string status = string_of(body, "status");
  if (status == "incomplete") {
    const Value* const details = body.find("incomplete_details");
    const std::string reason = details == nullptr ? std::string() : string_of(*details, "reason");
    return reason == "max_output_tokens" ? "length" : reason.empty() ? "incomplete" : reason;
  }
  if (status != "completed" || answer.outputs.empty()) return {};
  return answer.outputs.front().find("tool_calls") != nullptr ? "tool_calls" : "stop";
}

}  // namespace

Question read_responses_request(Value body) {
  Question question;
  ItemReader reader(ItemReader::Side::kRequest);
  Value instructions = take_member(body, "instructions");
  if (instructions.is_array()) {
    for (Value& item : instructions.items()) reader.read(std::move(item), "system");
  } else if (!exchange::is_empty(instructions)) {
    reader.read(Value::object({{"role", Value::string("system")}, {"content", std::move(instructions)}}), "system");
  }
  question.messages = reader.take();
  question.instructions = question.messages.size();
  Value input = take_member(body, "input");
  if (input.is_array()) {
    for (Value& item : input.items()) reader.read(std::move(item), "user");
  } else if (!exchange::is_empty(input)) {
    reader.read(std::move(input), "user");
  }
  for (Value& message : reader.take()) question.messages.push_back(std::move(message));
  // A stored prompt's text is on the server.
  if (reader.partial() || body.find("prompt") != nullptr) question.facts.set("partial", Value::boolean(true));
  Value tools = take_member(body, "tools");
  for (Value& tool : tools.items()) {
    if (tool.is_object()) question.tools.push(read_tool(std::move(tool)));
  }
  const Value previous = take_member(body, "previous_response_id");
  question.previous_response_id = text_of(&previous);
  const Value conversation = take_member(body, "conversation");
  question.conversation_id = conversation.is_object() ? string_of(conversation, "id") : text_of(&conversation);
  exchange::read_common(std::move(body), question);
  return question;
}

Answer read_response(Value body) {
  Answer answer;
  answer.id = string_of(body, "id");
  answer.model = string_of(body, "model");
  ItemReader reader(ItemReader::Side::kResponse);
  Value output = take_member(body, "output");
  for (Value& item : output.items()) reader.read(std::move(item), "assistant");
  for (Value& message : reader.take()) answer.outputs.push_back(std::move(message));
  if (const Value* const usage = body.find("usage"); usage != nullptr) answer.usage = exchange::read_usage(*usage);
  if (const Value* const tier = body.find("service_tier"); tier != nullptr && tier->is_string()) {
    answer.facts.set("service_tier", *tier);
  }
  answer.error = exchange::read_error(body);
  const std::string status = string_of(body, "status");
  if (!status.empty() && status != "completed") answer.facts.set("status", Value::string(status));
  if (answer.error.is_null() && (status == "failed" || status == "cancelled")) {
    answer.error = Value::object({{"type", Value::string(status)}});
  }
  if (std::string reason = finish_reason(body, answer); !reason.empty()) {
    answer.finish_reasons.push(Value::string(std::move(reason)));
  }
  return answer;
}

}  // namespace gleaner::gateway::openai

// Two readers meet here. A source says where the messages are: an array, an object that is one message, a request or a
// response around them, or a text. A message is then read part by part; what is no text may turn into something else
// than a part of the content: a tool call, a thought, or a message of a tool that stands for itself.
#include "gateway/otlp/chat.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;
using Messages = std::vector<Value>;

constexpr std::array<std::string_view, 6> kRoles = {"system", "developer", "user", "assistant", "tool", "function"};

std::string role_of(const Value& message, std::string_view otherwise) {
  const auto written = message.find_string("role");
  if (!written || written->empty()) return std::string(otherwise);
  const std::string role = ascii_lower(*written);
  if (std::ranges::find(kRoles, role) != kRoles.end()) return role;
  if (role == "model" || role == "ai" || role == "bot") return "assistant";
  return "user";  // "human", "other", and names of people and agents
}

// Not from a list in braces, which would copy the text.
Value text_part(std::string text) {
  Value part = Value::object();
  part.members().reserve(2);
  part.members().emplace_back("type", Value::string("text"));
  part.members().emplace_back("text", Value::string(std::move(text)));
  return part;
}

Value image_part(std::string url) {
  return Value::object(
      {{"type", Value::string("image_url")}, {"image_url", Value::object({{"url", Value::string(std::move(url))}})}});
}

std::string string_member(const Value& object, std::initializer_list<std::string_view> names) {
  const Value* const found = first_member(object, names);
  return found == nullptr ? std::string() : text_of(*found);
}

// One message as it is put together from its parts.
struct Draft {
  std::vector<Value> content;  // OpenAI content parts
  std::string reasoning;
  std::string refusal;
  Value tool_calls = Value::array();
  Messages answers;  // of tools, each a message of its own

  void add_text(std::string text) {
    if (!text.empty()) content.push_back(text_part(std::move(text)));
  }
  void add_reasoning(std::string_view text) {
    if (!reasoning.empty() && !text.empty()) reasoning += '\n';
    reasoning += text;
  }
  void add_answer(std::string id, const Value* result, std::string name) {
    Value message = Value::object({{"role", Value::string("tool")}});
    if (!id.empty()) message.set("tool_call_id", Value::string(std::move(id)));
    if (!name.empty()) message.set("name", Value::string(std::move(name)));
    message.set("content", Value::string(result == nullptr ? std::string() : text_of(*result)));
    answers.push_back(std::move(message));
  }

  // A lone text is the content itself; nothing is null.
  Value take_content() {
    if (content.empty()) return Value();
    auto& only = content.front().members();
    const bool is_text = content.size() == 1 && only.size() == 2 && content.front().find_string("type") == "text" &&
                         only[1].first == "text" && only[1].second.is_string();
    if (is_text) return std::move(only[1].second);
    return Value::array(std::move(content));
  }
};

Value tool_call(std::string id, std::string name, const Value* arguments) {
  Value call = Value::object();
  if (!id.empty()) call.set("id", Value::string(std::move(id)));
  call.set("type", Value::string("function"));
  std::string text = arguments == nullptr || arguments->is_null() ? "{}" : text_of(*arguments);
  call.set("function",
           Value::object({{"name", Value::string(std::move(name))}, {"arguments", Value::string(std::move(text))}}));
  return call;
}

// {"toolName","input"}, {"name","arguments"}, {"function":{...}}, {"tool_call":{...}}, {"functionCall":{...}} ...
std::optional<Value> one_tool_call(const Value& value) {
  const Value* call = &value;
  if (const Value* const inner = first_member(value, {"tool_call", "functionCall", "function_call"});
      inner != nullptr && inner->is_object()) {
    call = inner;
  }
  std::string id = string_member(*call, {"id", "toolCallId", "tool_call_id", "call_id", "tool_use_id"});
  if (const Value* const custom = call->find("custom"); custom != nullptr) return *call;
  const Value* function = call->find("function");
  if (function == nullptr || !function->is_object()) function = call;
  std::string name = string_member(*function, {"name", "toolName", "tool_name"});
  if (name.empty() && id.empty()) return {};
  return tool_call(std::move(id), std::move(name), first_member(*function, {"arguments", "input", "args"}));
}

std::string data_url(const Value& part) {
  const std::string data = string_member(part, {"content", "data"});
  if (data.starts_with("http") || data.starts_with("data:")) return data;
  std::string type = string_member(part, {"mime_type", "mimeType", "mediaType", "media_type"});
  if (type.empty()) type = "image/png";
  return "data:" + type + ";base64," + data;
}

// The URL of an image part of whatever convention; empty if it is none.
std::string image_url(const Value& part, std::string_view type) {
  if (type == "image_url") {
    const Value* const image = part.find("image_url");
    if (image == nullptr) return {};
    return image->is_object() ? string_member(*image, {"url"}) : text_of(*image);
  }
  if (type == "input_image") return string_member(part, {"image_url"});
  const std::string modality = string_member(part, {"modality"});
  if (type == "blob" && modality == "image") return data_url(part);
  if (type == "uri" && modality == "image") return string_member(part, {"uri"});
  if (type != "image") return {};
  if (const Value* const source = part.find("source"); source != nullptr && source->is_object()) {
    const std::string url = string_member(*source, {"url"});
    return url.empty() ? data_url(*source) : url;
  }
  const Value* image = part.find("image");
  if (image == nullptr) return {};
  if (const Value* const inner = image->find("image"); inner != nullptr) image = inner;  // OpenInference's image.image
  if (image->is_object()) return string_member(*image, {"url"});
  const std::string text = text_of(*image);
  return text.starts_with("http") || text.starts_with("data:") ? text : data_url(Value::object({{"data", *image}}));
}

bool read_tool_part(const Value& part, std::string_view type, Draft& draft) {
  const Value* const gemini_answer = first_member(part, {"functionResponse", "function_response"});
  if (type == "tool_call" || type == "tool-call" || type == "tool_use" || type == "function_call" ||
      (type.empty() && first_member(part, {"functionCall", "function_call"}) != nullptr)) {
    if (auto call = one_tool_call(part)) draft.tool_calls.push(*std::move(call));
    return true;
  }
  if (type == "tool_call_response" || type == "tool-result" || type == "tool_result" ||
      type == "function_call_output") {
    const Value* result = first_member(part, {"response", "result", "output", "content"});
    // The Vercel AI SDK 5 wraps it once more: {"type":"text","value":"..."}.
    if (result != nullptr && result->is_object() && result->members().size() == 2 && result->find("type") != nullptr &&
        result->find("value") != nullptr) {
      result = result->find("value");
    }
    draft.add_answer(string_member(part, {"id", "toolCallId", "tool_call_id", "tool_use_id", "call_id"}), result,
                     string_member(part, {"name", "toolName"}));
    return true;
  }
  if (type.empty() && gemini_answer != nullptr && gemini_answer->is_object()) {
    draft.add_answer(string_member(*gemini_answer, {"id"}), first_member(*gemini_answer, {"response"}),
                     string_member(*gemini_answer, {"name"}));
    return true;
  }
  return false;
}

void read_part(const Value& written, Draft& draft) {
  if (written.is_string()) return draft.add_text(written.text());
  if (!written.is_object()) {
    if (!written.is_null()) draft.add_text(written.dump());
    return;
  }
  const Value* wrapped = written.find("message_content");  // OpenInference
  const Value& part = wrapped != nullptr && wrapped->is_object() ? *wrapped : written;
  const std::string type = string_member(part, {"type", "part_kind"});
  if (read_tool_part(part, type, draft)) return;
  if (type == "reasoning" || type == "thinking") {
    return draft.add_reasoning(string_member(part, {"content", "text", "thinking"}));
  }
  if (type == "refusal") {
    draft.refusal += string_member(part, {"refusal", "content"});
    return;
  }
  if (const std::string url = image_url(part, type); !url.empty()) return draft.content.push_back(image_part(url));
  const bool is_text = type.empty() || type == "text" || type == "input_text" || type == "output_text";
  const Value* const text = is_text ? first_member(part, {"text", "content"}) : nullptr;
  if (text == nullptr) {
    draft.content.push_back(part);
    return;
  }
  const Value* const thought = part.find("thought");  // Gemini's
  if (thought != nullptr && thought->is_bool() && thought->as_bool()) return draft.add_reasoning(text_of(*text));
  draft.add_text(text_of(*text));
}

void read_content(const Value& content, Draft& draft) {
  if (content.is_array()) {
    for (const Value& part : content.items()) read_part(part, draft);
  } else if (content.is_object()) {
    // Of Gemini's candidates: {"parts":[...],"role":"model"}.
    const Value* const parts = content.find("parts");
    if (parts != nullptr && parts->is_array()) return read_content(*parts, draft);
    if (content.find("type") != nullptr) return read_part(content, draft);
    draft.add_text(dumped(content));
  } else {
    read_part(content, draft);
  }
}

bool is_read(std::string_view name) {
  constexpr std::array<std::string_view, 17> kRead = {
      "role",  "content",   "contents", "parts",         "tool_calls",       "toolCalls",
      "name",  "refusal",   "text",     "tool_call_id",  "finish_reason",    "finishReason",
      "index", "reasoning", "message",  "function_call", "reasoning_content"};
  return std::ranges::find(kRead, name) != kRead.end();
}

// A list of parts; text that happens to be a JSON array is none.
bool are_parts(const Value& value) {
  return !value.items().empty() && std::ranges::all_of(value.items(), [](const Value& part) {
    return part.is_object() && first_member(part, {"type", "text", "message_content"}) != nullptr;
  });
}

// Content and what else is said in a message goes into `draft`.
void read_body(const Value& message, Draft& draft) {
  for (const std::string_view name : {"content", "contents", "parts", "text"}) {
    const Value* const content = message.find(name);
    if (content == nullptr || is_empty(*content)) continue;
    const Opened inside(*content);
    read_content(are_parts(*inside) ? *inside : *content, draft);
    break;
  }
  for (const std::string_view name : {"tool_calls", "toolCalls", "function_call"}) {
    const Value* const calls = message.find(name);
    if (calls == nullptr) continue;
    Value read = read_tool_calls(*calls);
    for (Value& call : read.items()) draft.tool_calls.push(std::move(call));
  }
  draft.add_reasoning(string_member(message, {"reasoning_content", "reasoning"}));
  draft.refusal += string_member(message, {"refusal"});
}

void read_message(const Value& written, std::string_view otherwise, Messages& out) {
  if (written.is_string()) {
    if (written.text().empty()) return;
    return out.push_back(Value::object({{"role", Value::string(std::string(otherwise))}, {"content", written}}));
  }
  if (!written.is_object()) return;
  const Value* inner = written.find("message");  // OpenInference's lists, OpenAI's choices
  if (inner != nullptr && inner->is_object()) return read_message(*inner, otherwise, out);
  std::string role = role_of(written, otherwise);
  Draft draft;
  read_body(written, draft);
  const bool only_answers = !draft.answers.empty() && draft.content.empty() && draft.tool_calls.items().empty();
  if (!only_answers) {
    const std::string call_id = string_member(written, {"tool_call_id", "toolCallId"});
    Value message = Value::object({{"role", Value::string(role)}});
    message.set("content", draft.take_content());
    if (const std::string name = string_member(written, {"name"}); !name.empty()) {
      message.set("name", Value::string(name));
    }
    if (!draft.reasoning.empty()) message.set("reasoning_content", Value::string(std::move(draft.reasoning)));
    if (!draft.refusal.empty()) message.set("refusal", Value::string(std::move(draft.refusal)));
    if (!draft.tool_calls.items().empty()) message.set("tool_calls", std::move(draft.tool_calls));
    if (!call_id.empty()) message.set("tool_call_id", Value::string(call_id));
    for (const auto& [name, value] : written.members()) {
      if (!is_read(name) && name != "toolCallId" && !value.is_null()) {
        message.members().emplace_back(name, value);
      }
    }
    // A message that says nothing at all is the remains of an attribute that was not captured.
    if (message.members().size() > 2 || !message.find("content")->is_null()) out.push_back(std::move(message));
  }
  std::ranges::move(draft.answers, std::back_inserter(out));
}

// Whether an object is a message rather than something around messages.
bool is_message(const Value& value) {
  if (const Value* const inner = value.find("message"); inner != nullptr && inner->is_object()) return true;
  return value.find("role") != nullptr || value.find("parts") != nullptr || value.find("tool_calls") != nullptr;
}

// An item of the Responses API's input or output that is no message.
bool read_item(const Value& value, Messages& out) {
  const std::string type = string_member(value, {"type"});
  if (type != "function_call" && type != "function_call_output" && type != "reasoning") return false;
  Draft draft;
  if (type == "reasoning") {
    if (const Value* const summary = value.find("summary")) {
      for (const Value& part : summary->items()) draft.add_reasoning(string_member(part, {"text"}));
    }
    if (draft.reasoning.empty()) return true;
  } else {
    read_tool_part(value, type, draft);
  }
  if (!draft.answers.empty()) {
    std::ranges::move(draft.answers, std::back_inserter(out));
    return true;
  }
  Value message = Value::object({{"role", Value::string("assistant")}, {"content", Value()}});
  if (!draft.reasoning.empty()) message.set("reasoning_content", Value::string(std::move(draft.reasoning)));
  if (!draft.tool_calls.items().empty()) message.set("tool_calls", std::move(draft.tool_calls));
  out.push_back(std::move(message));
  return true;
}

void read_source(const Value& value, std::string_view role, int depth, Messages& out);

void read_list(const Value& list, std::string_view role, int depth, Messages& out) {
  for (const Value& written : list.items()) {
    const Opened inside(written);  // of lists of JSON texts
    const Value& one = *inside;
    if (one.is_object() && (read_item(one, out) || is_message(one))) {
      if (is_message(one)) read_message(one, role, out);
    } else if (one.is_string()) {
      read_message(one, role, out);
    } else if (one.is_array() || one.is_object()) {
      read_source(one, role, depth + 1, out);
    }
  }
}

// What stands around messages: a provider's request or response, or a list of choices.
bool read_around(const Value& object, std::string_view role, int depth, Messages& out) {
  if (const Value* const system =
          first_member(object, {"system", "systemInstruction", "system_instruction", "instructions"})) {
    read_source(*system, "system", depth + 1, out);
  }
  if (const Value* const config = object.find("config"); config != nullptr && config->is_object()) {
    if (const Value* const system = first_member(*config, {"system_instruction", "systemInstruction"})) {
      read_source(*system, "system", depth + 1, out);
    }
  }
  const Value* inner = first_member(
      object, {"messages", "contents", "choices", "candidates", "message", "input_messages", "output_messages"});
  // A request's own names; of an object with other members they would tell only a part of it.
  const bool whole =
      object.members().size() == 1 || first_member(object, {"model", "system", "instructions"}) != nullptr;
  if (inner == nullptr && whole && role == "assistant") {
    // What a model says may be an object by itself: {"answer":...} stays one.
    inner = first_member(object, {"completion", "text", "content", "output"});
  } else if (inner == nullptr && whole) {
    inner = first_member(object, {"prompt", "input", "text", "content", "query", "question"});
  }
  if (inner == nullptr) return false;
  read_source(*inner, role, depth + 1, out);
  return true;
}

// What is none of this is the text that it is.
void read_source(const Value& written, std::string_view role, int depth, Messages& out) {
  constexpr int kMaxDepth = 6;  // of lists and objects around messages
  const Opened inside(written);
  const Value& value = *inside;
  if (is_empty(value) || depth > kMaxDepth) return;
  if (value.is_array()) return read_list(value, role, depth, out);
  if (!value.is_object()) return read_message(Value::string(text_of(value)), role, out);
  if (is_message(value)) return read_message(value, role, out);
  const std::string type = string_member(value, {"type"});
  if (type == "text" || type == "tool_call" || type == "tool-call" || type == "tool_use") {
    return read_message(Value::object({{"content", Value::array({value})}}), role, out);
  }
  const size_t before = out.size();
  if (read_around(value, role, depth, out) && out.size() > before) return;
  if (out.size() == before) read_message(Value::string(dumped(value)), role, out);
}

std::optional<Value> one_tool(const Value& written) {
  const Opened inside(written);
  const Value& value = *inside;
  const Value* tool = &value;
  if (const Value* const wrapped = tool->find("tool"); wrapped != nullptr && wrapped->is_object()) tool = wrapped;
  Value schema;
  if (const Value* const text = tool->find("json_schema")) {
    schema = opened(*text);
    if (schema.is_object()) tool = &schema;
  }
  if (!tool->is_object() || tool->members().empty()) return {};
  if (const Value* const function = tool->find("function"); function != nullptr && function->is_object()) return *tool;
  const std::string name = string_member(*tool, {"name"});
  const std::string type = string_member(*tool, {"type"});
  if (name.empty() && type.empty()) return {};
  if (name.empty()) return *tool;
  const bool function = type.empty() || type == "function" || type == "custom" ||
                        first_member(*tool, {"parameters", "input_schema", "inputSchema"}) != nullptr;
  if (!function) return *tool;  // a tool of the provider's own
  Value definition = Value::object({{"name", Value::string(name)}});
  if (const std::string text = string_member(*tool, {"description"}); !text.empty()) {
    definition.set("description", Value::string(text));
  }
  if (const Value* const parameters = first_member(
          *tool, {"parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema"})) {
    definition.set("parameters", opened(*parameters));
  }
  if (const Value* const strict = tool->find("strict")) definition.set("strict", *strict);
  return Value::object({{"type", Value::string("function")}, {"function", std::move(definition)}});
}

}  // namespace

std::vector<Value> read_messages(const Value& value, std::string_view role) {
  Messages out;
  read_source(value, role, 0, out);
  return out;
}

Value read_tools(const Value& written) {
  Value tools = Value::array();
  Value value = opened(written);
  if (value.is_object()) {
    // A whole request, or an object of tools by their names.
    const Value* const inner = first_member(value, {"tools", "functions", "functionDeclarations"});
    if (inner == nullptr) return tools;
    value = opened(*inner);
  }
  for (const Value& item : value.items()) {
    const Value* const several = first_member(item, {"functionDeclarations", "function_declarations"});
    if (several != nullptr && several->is_array()) {
      for (const Value& declared : several->items()) {
        if (auto tool = one_tool(declared)) tools.push(*std::move(tool));
      }
    } else if (auto tool = one_tool(item)) {
      tools.push(*std::move(tool));
    }
  }
  return tools;
}

Value read_tool_calls(const Value& written) {
  Value calls = Value::array();
  const Opened inside(written);
  const Value& value = *inside;
  if (value.is_object()) {
    if (auto call = one_tool_call(value)) calls.push(*std::move(call));
  }
  for (const Value& item : value.items()) {
    if (auto call = one_tool_call(opened(item))) calls.push(*std::move(call));
  }
  return calls;
}

std::vector<Value> read_event_message(const Value& body, std::string_view role) {
  Messages out;
  if (!body.is_object()) {
    read_source(body, role, 0, out);
    return out;
  }
  // The body of gen_ai.tool.message calls the id of the call "id".
  Value message = body;
  const Value* const id = message.find("id");
  if (role == "tool" && id != nullptr && message.find("tool_call_id") == nullptr) {
    message.set("tool_call_id", Value(*id));
    std::erase_if(message.members(), [](const Value::Member& member) { return member.first == "id"; });
  }
  if (const Value* const inner = message.find("message")) {
    Value text = opened(*inner);
    message.set("message", std::move(text));
  }
  if (const Value* const inner = message.find("message"); inner != nullptr && !inner->is_object()) {
    read_source(*inner, role, 0, out);
    return out;
  }
  read_message(message, role, out);
  return out;
}

bool has_role(const Value& message, std::string_view role) {
  return message.find_string("role") == role;
}

std::string said(const Value& message) {
  const Value* const content = message.find("content");
  if (content == nullptr) return {};
  if (content->is_string()) return content->text();
  std::string all;
  for (const Value& part : content->items()) {
    const auto text = part.find_string("text");
    if (!text) continue;
    if (!all.empty()) all += '\n';
    all += *text;
  }
  return all;
}

}  // namespace gleaner::gateway::otlp

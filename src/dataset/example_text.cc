#include "dataset/example_text.h"

#include "base/json.h"

namespace gleaner::dataset {
namespace {

using json::Value;

void append_text(const Value& content, std::string& out) {
  if (content.is_string()) {
    out.append(content.text()).append("\n");
  } else if (content.is_array()) {
    for (const Value& part : content.items()) {
      if (part.is_string()) {
        out.append(part.text()).append("\n");
      } else if (const auto text = part.find_string("text")) {
        out.append(*text).append("\n");
      }
    }
  }
}

void append_calls(const Value& message, std::string& out) {
  const Value* const calls = message.find("tool_calls");
  if (calls == nullptr) return;
  for (const Value& call : calls->items()) {
    const Value* const function = call.find("function");
    if (function == nullptr) continue;
    out.append(function->find_string("name").value_or("")).append(" ");
    const Value* const arguments = function->find("arguments");
    if (arguments != nullptr) out.append(arguments->is_string() ? arguments->text() : arguments->dump());
    out += '\n';
  }
}

void append_message(const Value& message, std::string& out) {
  if (const Value* const content = message.find("content")) append_text(*content, out);
  append_calls(message, out);
}

}  // namespace

Status read_text(const Example& example, ExampleText& text) {
  text = {};
  const auto damaged = [&example](Error error) {
    error.code = Code::kDataLoss;
    return fail_in(example.interaction_ids.empty() ? "an example" : example.interaction_ids.front(), std::move(error));
  };
  auto prompt = json::parse(example.prompt);
  if (!prompt) return damaged(std::move(prompt).error());
  for (const Value& message : prompt->items()) {
    const auto role = message.find_string("role").value_or("");
    ++text.messages;
    if (role == "system" || role == "developer") {
      std::string system;
      append_message(message, system);
      text.system_bytes += system.size();
      continue;
    }
    if (role == "user") {
      text.prompt.clear();
      append_message(message, text.prompt);
    }
    append_message(message, text.dialogue);
    if (role == "user") text.asked = text.dialogue.size();
  }
  for (const auto& [turns, out] :
       {std::pair(&example.answer, &text.answer), std::pair(&example.rejected, &text.rejected)}) {
    if (turns->empty()) continue;
    auto parsed = json::parse(*turns);
    if (!parsed) return damaged(std::move(parsed).error());
    for (const Value& message : parsed->items()) {
      ++text.messages;
      append_message(message, *out);
    }
  }
  return {};
}

uint64_t estimate_tokens(std::string_view utf8) {
  uint64_t ascii = 0;
  uint64_t others = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    ascii += byte < 0x80 ? 1 : 0;
    others += byte >= 0xc0 ? 1 : 0;
  }
  return (ascii + 3) / 4 + (2 * others + 2) / 3;
}

}  // namespace gleaner::dataset

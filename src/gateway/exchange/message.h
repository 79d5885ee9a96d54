// Chat messages in the making: what the APIs' own shapes are turned into. docs/proxy.md has the rules.
//
// For the files of this folder and its parts. Pure functions and plain values, safe from any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace gleaner::gateway::exchange {

json::Value text_part(std::string text);
// `detail`: may be empty.
json::Value image_part(std::string url, std::string_view detail = {});
json::Value function_call(std::string_view id, std::string_view name, std::string arguments);
json::Value custom_call(std::string_view id, std::string_view name, std::string input);
json::Value function_tool(json::Value definition);

// A string's text, any other value's JSON, nothing for null.
std::string text_of(const json::Value* value);
// The string member, or nothing.
std::string string_of(const json::Value& object, std::string_view name);
// Null, and texts, arrays and objects without anything in them.
bool is_empty(const json::Value& value);
// Moves the member out, or null.
json::Value take_member(json::Value& object, std::string_view name);
bool has_role(const json::Value& message, std::string_view role);

// What follows is said by one and the same, part by part. The texts of an assistant that stand side by side are one
// text, as both providers' clients read them; where something else stands between them there is an empty line. Of
// others, a lone text is the content, several things are its parts.
class MessageDraft {
 public:
  explicit MessageDraft(std::string_view role) : role_(role) {}

  const std::string& role() const { return role_; }
  void add_text(std::string text);
  // The next text does not stand beside the last one.
  void break_text() { broken_ = true; }
  void add_part(json::Value part);
  void add_reasoning(std::string_view text);
  void add_refusal(std::string_view text) { refusal_ += text; }
  void add_call(json::Value call);
  // A tool that the server called itself, and what came back.
  void add_server_call(json::Value item);
  // A member of its own.
  void add_to(std::string_view member, json::Value item);

  bool is_empty() const;
  json::Value take();

 private:
  json::Value take_content();

  std::string role_;
  std::vector<json::Value> parts_;
  bool broken_ = false;
  std::string reasoning_;
  std::string refusal_;
  std::vector<json::Value> calls_;
  json::Value others_ = json::Value::object();
};

// A message that has the shape of a chat message already, as the record takes it: the role is one that is known, the
// content a text, null or parts, members that are null or nothing are left out, `reasoning` is called
// reasoning_content.
json::Value canonical_message(json::Value written, std::string_view role_otherwise);
// The same of an answer.
json::Value canonical_answer(json::Value written);

}  // namespace gleaner::gateway::exchange

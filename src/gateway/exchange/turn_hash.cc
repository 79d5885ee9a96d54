#include "gateway/exchange/turn_hash.h"

#include <string>

#include "base/text.h"
#include "gateway/exchange/message.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

constexpr char kBetween = '\x1e';
constexpr uint64_t kSeed = 0x7475726e;

void add(std::string& out, std::string_view text) {
  out += kBetween;
  out += text;
}

std::string said(const Value& content) {
  if (!content.is_array()) return text_of(&content);
  std::string all;
  for (const Value& part : content.items()) {
    if (part.is_string()) {
      all += part.text();
    } else if (part.find_string("type") == "text") {
      all += string_of(part, "text");
    } else {
      add(all, part.dump());
    }
  }
  return all;
}

void add_call(std::string& out, const Value& call) {
  add(out, string_of(call, "id"));
  const Value* inner = call.find("function");
  if (inner == nullptr) inner = call.find("custom");
  if (inner == nullptr) inner = &call;
  add(out, string_of(*inner, "name"));
  const Value* const given = inner->find("arguments") != nullptr ? inner->find("arguments") : inner->find("input");
  const std::string arguments = text_of(given);
  const auto normal = json::compact(arguments);
  add(out, normal ? *normal : arguments);
}

}  // namespace

Hash128 turn_hash(const Value& message) {
  std::string text = string_of(message, "role");
  const Value* const content = message.find("content");
  const std::string all = content == nullptr ? std::string() : said(*content);
  add(text, trim(all));
  add(text, string_of(message, "tool_call_id"));
  if (all.empty()) add(text, string_of(message, "refusal"));
  if (const Value* const calls = message.find("tool_calls"); calls != nullptr) {
    for (const Value& call : calls->items()) add_call(text, call);
  }
  if (const Value* const call = message.find("function_call"); call != nullptr) add_call(text, *call);
  return keyed_hash128(kSeed, text);
}

}  // namespace gleaner::gateway::exchange

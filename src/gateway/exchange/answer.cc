#include "gateway/exchange/answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "gateway/exchange/message.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

constexpr size_t kMaxParameterBytes = size_t{16} << 10;
constexpr size_t kMaxParameters = 256;
constexpr int kMaxParameterDepth = 48;

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// Members that servers behind other proxies are told credentials in: api_key, extra_headers, aws_secret_access_key,
// authorization_token of an MCP server ...
bool is_secret(std::string_view name) {
  return contains_any(ascii_lower(name), {"api_key", "apikey", "access_key", "secret", "credential", "password",
                                          "authorization", "session_token", "azure_ad_token", "headers"});
}

// A JSON schema names what it likes.
bool is_schema(std::string_view name) {
  return contains_any(name, {"schema", "properties", "format", "guided_json"});
}

void remove_secrets(Value& value, int depth) {
  if (depth == 0) {
    value = Value();
    return;
  }
  for (Value& item : value.items()) remove_secrets(item, depth - 1);
  auto& members = value.members();
  std::erase_if(members, [](const Value::Member& member) { return is_secret(member.first); });
  for (auto& [name, member] : members) {
    if (!is_schema(name)) remove_secrets(member, depth - 1);
  }
}

bool nests_deeper(const Value& value, int levels) {
  if (levels < 0) return true;
  const auto deeper = [levels](const Value& inner) { return nests_deeper(inner, levels - 1); };
  return std::ranges::any_of(value.items(), deeper) ||
         std::ranges::any_of(value.members(), [&](const Value::Member& member) { return deeper(member.second); });
}

// Of its JSON; of a text about.
size_t bytes_of(const Value& value) {
  const bool has_parts = value.is_array() || value.is_object();
  return has_parts ? value.dump().size() : value.text().size();
}

void add_parameter(std::string name, Value value, Question& question, Value& not_kept) {
  if (value.is_null() || is_secret(name)) return;
  const bool fits = question.parameters.members().size() < kMaxParameters && !nests_deeper(value, kMaxParameterDepth);
  if (fits && !is_schema(name)) remove_secrets(value, kMaxParameterDepth + 2);
  if (fits && bytes_of(value) <= kMaxParameterBytes) {
    question.parameters.set(std::move(name), std::move(value));
  } else if (not_kept.items().size() < kMaxParameters) {
    not_kept.push(Value::string(std::string(truncate_utf8(name, 128))));
  }
}

// `metadata` of whatever API: who asks, and in which session, are not metadata.
void read_metadata(Value metadata, Question& question) {
  for (auto& [name, value] : metadata.members()) {
    if (name == "user_id" || name == "session_id") {
      std::string& field = name == "user_id" ? question.user_id : question.session_id;
      if (field.empty()) field = text_of(&value);
    } else if (!value.is_null() && !is_secret(name) && question.metadata.members().size() < kMaxParameters) {
      question.metadata.set(std::move(name), std::move(value));
    }
  }
}

void read_tensorzero(std::string_view name, Value value, Question& question) {
  if (name == "episode_id" && question.session_id.empty()) question.session_id = text_of(&value);
  if (name == "tags") read_metadata(std::move(value), question);
}

struct Renamed {
  std::string_view theirs;
  std::string_view ours;
};

// Of the responses API, of Anthropic, and of those who mix them.
constexpr std::array kUsageNames = {
    Renamed{"input_tokens", "prompt_tokens"},
    Renamed{"output_tokens", "completion_tokens"},
    Renamed{"input_tokens_details", "prompt_tokens_details"},
    Renamed{"output_tokens_details", "completion_tokens_details"},
};

std::string_view our_name(std::string_view theirs) {
  const auto known = std::ranges::find(kUsageNames, theirs, &Renamed::theirs);
  return known == kUsageNames.end() ? theirs : known->ours;
}

Value without_nothing(const Value& object) {
  Value out = Value::object();
  for (const auto& [name, member] : object.members()) {
    if (!is_empty(member)) out.set(name, member);
  }
  return out;
}

}  // namespace

void read_common(Value body, Question& question) {
  constexpr std::string_view kTensorZero = "tensorzero::";
  Value not_kept = Value::array();
  std::string hashed_user;
  for (auto& [name, value] : body.members()) {
    if (name == "model") {
      question.model = text_of(&value);
    } else if (name == "user") {
      if (value.is_string() && !value.text().empty()) question.user_id = value.text();
    } else if (name == "safety_identifier") {
      hashed_user = text_of(&value);
    } else if (name == "litellm_session_id") {
      question.session_id = text_of(&value);
    } else if (name == "metadata") {
      read_metadata(std::move(value), question);
    } else if (name.starts_with(kTensorZero)) {
      read_tensorzero(std::string_view(name).substr(kTensorZero.size()), std::move(value), question);
    } else {
      add_parameter(std::move(name), std::move(value), question, not_kept);
    }
  }
  if (question.user_id.empty()) question.user_id = std::move(hashed_user);
  if (!not_kept.items().empty()) question.facts.set("parameters_not_kept", std::move(not_kept));
}

Value safe_tool(Value tool) {
  if (tool.find("function") != nullptr) return tool;
  std::erase_if(tool.members(), [](const Value::Member& member) { return is_secret(member.first); });
  return tool;
}

Value read_usage(const Value& usage) {
  Value out = Value::object();
  for (const auto& [name, member] : usage.members()) {
    const std::string ours(our_name(name));
    if (member.is_object()) {
      Value details = without_nothing(member);
      if (!is_empty(details)) out.set(ours, std::move(details));
    } else if (member.is_number()) {
      // Some servers write both spellings: the first counts.
      if (out.find(ours) == nullptr) out.set(ours, member);
    }
  }
  return out;
}

Value read_error(const Value& body) {
  const Value* const error = body.find("error");
  if (error == nullptr || error->is_null()) return {};
  if (error->is_object()) {
    Value read = Value::object();
    for (const auto& [name, member] : error->members()) {
      if (!member.is_null()) read.set(name, member);
    }
    return read;
  }
  return Value::object({{"message", Value::string(text_of(error))}});
}

}  // namespace gleaner::gateway::exchange

#include "gateway/exchange/call_facts.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "gateway/exchange/scan.h"

namespace gleaner::gateway::exchange {
namespace {

constexpr std::array<std::string_view, 4> kCredentials = {"api_key", "extra_headers", "mcp_servers",
                                                          "tensorzero::credentials"};

class Reader {
 public:
  explicit Reader(std::string_view body) {
    text_.reserve(body.size() + json::kPadding);
    text_ = body;
  }

  void read(CallFacts& facts) {
    scan_text(walker_, text_, [&](std::string_view key, ondemand::value value) {
      if (key == "model") return read_model(value, facts);
      if (key == "user" || (key == "safety_identifier" && user_.empty())) return read_text(value, user_);
      if (key == "metadata") return read_metadata(value);
      if (key == "conversation" || key == "background") return read_effect(value, facts);
      if (key == "tools") return read_tools(value, facts);
      if (std::ranges::find(kCredentials, key) != kCredentials.end()) facts.has_credentials = true;
      if (key == "messages" || key == "input" || key == "prompt") return read_first(value);
      return true;
    });
  }

  const std::string& user() const { return user_; }
  const std::string& session() const { return session_; }
  const std::string& first() const { return first_; }

 private:
  static bool read_text(ondemand::value value, std::string& out) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type != ondemand::json_type::string) return true;
    std::string_view text;
    if (!scan_string(value, text)) return false;
    out = text;
    return true;
  }

  bool read_model(ondemand::value value, CallFacts& facts) {
    std::string_view written = value.raw_json_token();
    written = written.substr(0, written.find_last_not_of(" \t\r\n") + 1);
    if (!written.starts_with('"')) return true;
    facts.model_at = static_cast<size_t>(written.data() - text_.data());
    facts.model_size = written.size();
    return read_text(value, facts.model);
  }

  static bool read_effect(ondemand::value value, CallFacts& facts) {
    const auto text = json::Walker::pass_over(value);
    facts.has_effects = facts.has_effects || (text && !text->starts_with("null") && !text->starts_with("false"));
    return text.has_value();
  }

  // Those of servers that the provider is to call.
  static bool read_tools(ondemand::value value, CallFacts& facts) {
    const auto text = json::Walker::pass_over(value);
    facts.has_credentials =
        facts.has_credentials || (text && (text->contains("\"authorization\"") || text->contains("\"headers\"")));
    return text.has_value();
  }

  bool read_metadata(ondemand::value value) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type != ondemand::json_type::object) return true;
    return scan_object(value, [&](std::string_view key, ondemand::value member) {
      if (key == "user_id" && user_.empty()) return read_text(member, user_);
      if (key == "session_id") return read_text(member, session_);
      return true;
    });
  }

  // A prompt is a text, a conversation a list of messages.
  bool read_first(ondemand::value value) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::string) return read_text(value, first_);
    if (type != ondemand::json_type::array) return true;
    return scan_array(value, [&](ondemand::value message) {
      if (!first_.empty()) return true;
      if (message.type().get(type) != simdjson::SUCCESS) return false;
      if (type != ondemand::json_type::object) return true;
      std::string role;
      std::string_view content;
      const bool read = scan_object(message, [&](std::string_view key, ondemand::value member) {
        if (key == "role") return read_text(member, role);
        if (key != "content") return true;
        const auto passed = json::Walker::pass_over(member);
        content = passed.value_or("");
        return passed.has_value();
      });
      if (role == "user") first_ = content;
      return read;
    });
  }

  json::Walker walker_;
  std::string text_;
  std::string user_;
  std::string session_;
  std::string first_;
};

}  // namespace

CallFacts read_call(const Headers& headers, std::string_view body) {
  CallFacts facts;
  Reader reader(body);
  reader.read(facts);
  const Labels labels = read_labels(headers);
  const std::string& user = labels.user_id.empty() ? reader.user() : labels.user_id;
  const std::string& session = labels.session_id.empty() ? reader.session() : labels.session_id;
  if (!user.empty()) {
    facts.unit = "user:" + user;
  } else if (!session.empty()) {
    facts.unit = "session:" + session;
  } else if (!reader.first().empty()) {
    facts.unit = "conversation:" + reader.first();
  }
  return facts;
}

std::optional<std::string> with_model(const CallFacts& facts, std::string_view body, std::string_view model) {
  if (facts.model_at == 0) return {};
  std::string out(body.substr(0, facts.model_at));
  json::append_string(out, model);
  out += body.substr(facts.model_at + facts.model_size);
  return out;
}

}  // namespace gleaner::gateway::exchange

// Runs of agents without a parser, as outline.cc does it for conversations: nearly all are written in one of two or
// three ways, which differ from OpenAI's own only in the order of members and in a content of null. These are copied
// piece by piece; whatever is written differently, or does not hold together, is left to the parser, which gives the
// same or says why not.
#include <algorithm>
#include <utility>

#include "dataset/format/chat.h"
#include "dataset/normal_json.h"
#include "record/plain_messages.h"

namespace gleaner::dataset::chat {
namespace {

class Copy {
 public:
  Copy(std::string_view text, std::string& out) : rest_(text), out_(out) {}

  // Adds one array of messages behind others.
  bool run(bool& first) {
    if (!take("[")) return false;
    if (take("]")) return rest_.empty();
    while (true) {
      if (!std::exchange(first, false)) out_ += ',';
      if (!message()) return false;
      if (take(",")) continue;
      return take("]") && rest_.empty();
    }
  }

  bool has_user() const { return has_user_; }
  bool ends_on_assistant() const { return last_ == Role::kAssistant; }

  // Goes on with another text.
  void next(std::string_view text) {
    rest_ = text;
    last_ = Role::kSystem;
  }

 private:
  struct Open {
    std::string_view id;
    bool answered;
  };

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  bool message() {
    if (take(R"({"role":"tool",)")) return result();
    if (!all_answered()) return false;
    open_.clear();
    if (take(R"({"role":"assistant",)")) return assistant();
    for (const std::string_view role : {"user", "system", "developer"}) {
      const size_t start = out_.size();
      out_.append(R"({"role":")").append(role).append(R"(","content":)");
      if (!take(std::string_view(out_).substr(start))) {
        out_.resize(start);
        continue;
      }
      has_user_ |= role == "user";
      last_ = role == "user" ? Role::kUser : Role::kSystem;
      return content() && close();
    }
    return false;
  }

  bool assistant() {
    last_ = Role::kAssistant;
    out_ += R"({"role":"assistant")";
    const bool silent = take(R"("content":null,)") || take(R"("content":"",)");
    if (!silent && take(R"("content":)")) {
      out_ += R"(,"content":)";
      if (!content()) return false;
      if (rest_.starts_with('}')) return close();
      if (!take(",")) return false;
    }
    if (!take(R"("tool_calls":[)")) return false;
    out_ += R"(,"tool_calls":[)";
    do {
      if (!open_.empty()) out_ += ',';
      if (!call()) return false;
    } while (take(","));
    if (!take("]")) return false;
    out_ += ']';
    return close();
  }

  bool call() {
    std::string_view id;
    std::string_view name;
    std::string_view arguments;
    const bool fine = take(R"({"id":)") && string(id) && take(R"(,"type":"function","function":{"name":)") &&
                      string(name) && take(R"(,"arguments":)") && string(arguments) && take("}}");
    if (!fine || empty(id) || empty(arguments) || !good_name(name.substr(1, name.size() - 2))) return false;
    open_.push_back({id, false});
    out_.append(R"({"id":)").append(id).append(R"(,"type":"function","function":{"name":)").append(name);
    out_.append(R"(,"arguments":)").append(arguments).append("}}");
    return true;
  }

  bool result() {
    std::string_view id;
    std::string_view said;
    const bool fine = take(R"("tool_call_id":)")
                          ? string(id) && take(R"(,"content":)") && string(said)
                          : take(R"("content":)") && string(said) && take(R"(,"tool_call_id":)") && string(id);
    if (!fine || empty(id)) return false;
    const auto asked = std::ranges::find_if(open_, [id](const Open& call) { return !call.answered && call.id == id; });
    if (asked == open_.end()) return false;
    asked->answered = true;
    last_ = Role::kTool;
    out_.append(R"({"role":"tool","content":)").append(said).append(R"(,"tool_call_id":)").append(id);
    return close();
  }

  bool close() {
    if (!take("}")) return false;
    out_ += '}';
    return true;
  }

  // A string that is not empty.
  bool content() {
    std::string_view text;
    if (!string(text) || empty(text)) return false;
    out_ += text;
    return true;
  }

  // A string in normal form, with its quotes.
  bool string(std::string_view& written) {
    written = record::take_string(rest_);
    return !written.empty() && is_normal_string(written);
  }

  static bool empty(std::string_view written) { return written == "\"\""; }
  bool all_answered() const { return std::ranges::all_of(open_, &Open::answered); }

  std::string_view rest_;
  std::string& out_;
  std::vector<Open> open_;  // calls of the last assistant message
  Role last_ = Role::kSystem;
  bool has_user_ = false;
};

}  // namespace

bool append_usual(const Example& example, std::string& out) {
  if (example.task == Task::kPreference) return false;
  const size_t start = out.size();
  out += '[';
  Copy copy(example.prompt, out);
  bool first = true;
  bool fine = copy.run(first) && copy.has_user();
  copy.next(example.answer);
  fine = fine && copy.run(first) && copy.ends_on_assistant();
  if (fine) {
    out += ']';
  } else {
    out.resize(start);
  }
  return fine;
}

}  // namespace gleaner::dataset::chat

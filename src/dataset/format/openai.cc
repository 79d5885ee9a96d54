// OpenAI chat fine-tuning, which Azure, Fireworks and others read too: {"messages":[...],"tools":[...]}. The rules are
// those of the (since withdrawn) FineTuneChatRequestInput schema and of the official data preparation notebook, with
// the roles and members that came with tools.
#include "dataset/format/openai.h"

namespace gleaner::dataset {

Result<bool> append_openai(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::MessagesLine kLine = {
      .carries = {.tools = true, .parts = true, .weights = true, .any_arguments = true},
      .style = {.developer = true, .result_names = false, .names = true, .weight = "weight"},
      .usual = true};
  return chat::append_messages(example, kLine, out, reason);
}

void check_openai(const json::Value& line, Problems& problems) {
  static constexpr std::string_view kMembers[] = {"messages", "tools", "parallel_tool_calls", "functions"};
  if (!check::is_object(line, problems)) return;
  check::only(line, "", kMembers, problems);
  if (const json::Value* const tools = line.find("tools")) check::tools(*tools, "tools", false, problems);
  check::may_have(line, "", "parallel_tool_calls", json::Value::Kind::kBool, problems);
  const json::Value* const messages = check::need(line, "", "messages", json::Value::Kind::kArray, problems);
  if (messages == nullptr) return;
  check::messages(*messages, "messages", openai::kRules, problems);
  check::results(*messages, "messages", problems);
  check::ends_on_assistant(*messages, "messages", problems);
}

}  // namespace gleaner::dataset

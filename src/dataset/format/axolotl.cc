// Axolotl, type chat_template: {"messages":[...],"tools":"[...]"}. It parses strings where objects are expected, and
// strings are what survives loading: in columns of objects, every row would get the members of all the others. A turn
// that is not to be learned has "train": false (message_field_training: train).
#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

using json::Value;

Result<bool> append_axolotl(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::MessagesLine kLine = {.carries = {.tools = true, .weights = true},
                                               .style = {.weight = "train", .weight_is_boolean = true},
                                               .tools_as_text = true};
  return chat::append_messages(example, kLine, out, reason);
}

void check_axolotl(const Value& line, Problems& problems) {
  static constexpr std::string_view kRoles[] = {"system", "user", "human", "assistant", "gpt", "tool"};
  static constexpr check::MessageRules kRules = {.roles = kRoles,
                                                 .members = {},
                                                 .parts = true,
                                                 .arguments = check::MessageRules::Arguments::kEither,
                                                 .ids = false,
                                                 .weights = false};
  if (!check::is_object(line, problems)) return;
  if (const Value* const tools = line.find("tools"); tools != nullptr && !tools->is_null()) {
    const auto parsed = tools->is_string() ? json::parse(tools->text()) : Result<Value>(*tools);
    if (parsed) check::tools(*parsed, "tools", false, problems);
    if (!parsed) check::add(problems, "tools", "expected JSON in the string");
  }
  const Value* messages = line.find("messages");
  Result<Value> parsed = Value();
  if (messages != nullptr && messages->is_string()) {
    parsed = json::parse(messages->text());
    if (!parsed || !parsed->is_array())
      return check::add(problems, "messages", "expected the JSON of an array in the string");
    messages = &*parsed;
  } else {
    messages = check::need(line, "", "messages", Value::Kind::kArray, problems);
  }
  if (messages == nullptr) return;
  check::messages(*messages, "messages", kRules, problems);
  for (size_t i = 0; i < messages->items().size(); ++i)
    check::may_have(messages->items()[i], check::at("messages", i), "train", Value::Kind::kBool, problems);
  static constexpr std::string_view kLast[] = {"assistant", "gpt"};
  check::ends_on(*messages, "messages", kLast, problems);
}

}  // namespace gleaner::dataset

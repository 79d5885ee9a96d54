// The file of the chat collectors: {"instruction","output","metadata"}, with what is known of the interaction. Without
// metadata the member is an empty object, so that every line has the same columns.
#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

Result<bool> append_instruction_output(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.turns = false, .system = false};
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  w.begin_object().field("instruction", chat.prompt.front().text).field("output", chat.answer.front().text);
  w.key("metadata").raw(example.metadata.empty() ? "{}" : std::string_view(example.metadata)).end_object();
  out += '\n';
  return true;
}

void check_instruction_output(const json::Value& line, Problems& problems) {
  if (!check::is_object(line, problems)) return;
  check::need_text(line, "", "instruction", problems);
  check::need_text(line, "", "output", problems);
  check::need(line, "", "metadata", json::Value::Kind::kObject, problems);
}

}  // namespace gleaner::dataset

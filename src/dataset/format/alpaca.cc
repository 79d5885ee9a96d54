// Alpaca: {"instruction","input":"","output"} and, where there is one, "system". Earlier turns have no place that every
// reader looks into ("history" is LLaMA-Factory's).
#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

Result<bool> append_alpaca(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.turns = false};
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::take_system(chat.prompt, system, reason)) return false;
  json::Writer w(out);
  w.begin_object().field("instruction", chat.prompt.front().text).field("input", "");
  w.field("output", chat.answer.front().text);
  if (!system.empty()) w.field("system", system);
  w.end_object();
  out += '\n';
  return true;
}

void check_alpaca(const json::Value& line, Problems& problems) {
  using Kind = json::Value::Kind;
  if (!check::is_object(line, problems)) return;
  check::need_text(line, "", "instruction", problems);
  check::may_have(line, "", "input", Kind::kString, problems);
  check::need_text(line, "", "output", problems);
  check::may_have(line, "", "system", Kind::kString, problems);
  check::may_have(line, "", "history", Kind::kArray, problems);
}

}  // namespace gleaner::dataset

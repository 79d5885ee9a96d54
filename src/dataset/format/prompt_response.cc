// The file that the collectors of question and answer train on: {"prompt","response"}, one of each.
#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

Result<bool> append_prompt_response(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.turns = false, .system = false};
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  w.begin_object().field("prompt", chat.prompt.front().text).field("response", chat.answer.front().text).end_object();
  out += '\n';
  return true;
}

void check_prompt_response(const json::Value& line, Problems& problems) {
  if (!check::is_object(line, problems)) return;
  check::need_text(line, "", "prompt", problems);
  check::need_text(line, "", "response", problems);
}

}  // namespace gleaner::dataset

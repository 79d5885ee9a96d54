// TRL, prompt and completion: {"prompt":[...],"completion":[...],"tools":[...]}. Only the completion is learned.
#include "dataset/format/trl.h"

namespace gleaner::dataset {

Result<bool> append_trl_prompt_completion(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, trl::load(example, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  trl::begin(w, chat, "completion");
  trl::end(w, chat, out);
  return true;
}

void check_trl_prompt_completion(const json::Value& line, Problems& problems) {
  static constexpr std::string_view kType[] = {"prompt", "completion"};
  if (!check::is_object(line, problems)) return;
  trl::check_columns(line, kType, problems);
  trl::check_prompt(line, problems);
  trl::check_answer(line, "completion", problems);
  trl::check_tools(line, problems);
}

}  // namespace gleaner::dataset

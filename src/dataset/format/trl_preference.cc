// TRL, preference with an explicit prompt: {"prompt":[...],"chosen":[...],"rejected":[...],"tools":[...]} for
// DPOTrainer and the others that compare.
#include "dataset/format/trl.h"

namespace gleaner::dataset {

Result<bool> append_trl_preference(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, trl::load(example, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  trl::begin(w, chat, "chosen");
  w.key("rejected");
  write(w, chat.rejected, trl::kStyle);
  trl::end(w, chat, out);
  return true;
}

void check_trl_preference(const json::Value& line, Problems& problems) {
  static constexpr std::string_view kType[] = {"prompt", "chosen", "rejected"};
  if (!check::is_object(line, problems)) return;
  trl::check_columns(line, kType, problems);
  trl::check_prompt(line, problems);
  trl::check_answer(line, "chosen", problems);
  trl::check_answer(line, "rejected", problems);
  trl::check_tools(line, problems);
}

}  // namespace gleaner::dataset

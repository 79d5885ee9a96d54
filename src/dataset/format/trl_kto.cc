// TRL, unpaired preference: {"prompt":[...],"completion":[...],"label":true,"tools":[...]} for KTOTrainer.
#include "dataset/format/trl.h"

namespace gleaner::dataset {

Result<bool> append_trl_kto(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, trl::load(example, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  trl::begin(w, chat, "completion");
  w.field("label", example.label);
  trl::end(w, chat, out);
  return true;
}

void check_trl_kto(const json::Value& line, Problems& problems) {
  static constexpr std::string_view kType[] = {"prompt", "completion", "label"};
  if (!check::is_object(line, problems)) return;
  trl::check_columns(line, kType, problems);
  trl::check_prompt(line, problems);
  trl::check_answer(line, "completion", problems);
  check::need(line, "", "label", json::Value::Kind::kBool, problems);
  trl::check_tools(line, problems);
}

}  // namespace gleaner::dataset

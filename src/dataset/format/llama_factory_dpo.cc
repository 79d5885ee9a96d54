// LLaMA-Factory, preferences: the conversation ends on the user, chosen and rejected are one message each.
#include "dataset/format/llama_factory.h"

namespace gleaner::dataset {

Result<bool> append_llama_factory_dpo(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, turns::load(example, chat, system, reason));
  if (!fine) return false;
  json::Writer w(out);
  llama_factory::begin(w, chat, system);
  w.key("chosen");
  turns::write(w, chat.answer.front(), turns::kTagged);
  w.key("rejected");
  turns::write(w, chat.rejected.front(), turns::kTagged);
  w.end_object();
  out += '\n';
  return true;
}

void check_llama_factory_dpo(const json::Value& line, Problems& problems) {
  if (!check::is_object(line, problems)) return;
  llama_factory::check_line(line, false, problems);
  turns::check_answer(line, "chosen", turns::kTagged, problems);
  turns::check_answer(line, "rejected", turns::kTagged, problems);
}

}  // namespace gleaner::dataset

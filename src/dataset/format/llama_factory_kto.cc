// LLaMA-Factory, unpaired: the whole conversation and whether its last turn is good, as the boolean kto_tag.
#include "dataset/format/llama_factory.h"

namespace gleaner::dataset {

Result<bool> append_llama_factory_kto(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, turns::load(example, chat, system, reason));
  if (!fine) return false;
  json::Writer w(out);
  llama_factory::begin(w, chat, system);
  w.field("kto_tag", example.label).end_object();
  out += '\n';
  return true;
}

void check_llama_factory_kto(const json::Value& line, Problems& problems) {
  if (!check::is_object(line, problems)) return;
  llama_factory::check_line(line, true, problems);
  check::need(line, "", "kto_tag", json::Value::Kind::kBool, problems);
}

}  // namespace gleaner::dataset

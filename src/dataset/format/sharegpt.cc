// ShareGPT, as the community writes it: {"conversations":[{"from":"human","value"}...],"tools":"[...]"}, the system
// prompt as the first turn. There is no specification; sides alternate here, since some readers skip what does not.
#include "dataset/format/turns.h"

namespace gleaner::dataset {

Result<bool> append_sharegpt(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, turns::load(example, chat, system, reason));
  if (!fine) return false;
  json::Writer w(out);
  w.begin_object().key("conversations").begin_array();
  if (!system.empty()) w.begin_object().field("from", "system").field("value", system).end_object();
  turns::write(w, chat.prompt, turns::kShareGpt);
  w.end_array();
  if (chat.has_tools()) w.field("tools", chat::bare_tools(chat.tools).dump());
  w.end_object();
  out += '\n';
  return true;
}

void check_sharegpt(const json::Value& line, Problems& problems) {
  if (!check::is_object(line, problems)) return;
  turns::check_list(line, "conversations", turns::kShareGpt, true, problems);
  turns::check_tools(line, problems);
}

}  // namespace gleaner::dataset

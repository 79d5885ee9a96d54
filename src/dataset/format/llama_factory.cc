// LLaMA-Factory, supervised: {"messages":[{"role","content"}...],"system":"","tools":""}.
#include "dataset/format/llama_factory.h"

namespace gleaner::dataset {
namespace llama_factory {

void begin(json::Writer& w, const chat::Chat& chat, std::string_view system) {
  w.begin_object().key("messages").begin_array();
  turns::write(w, chat.prompt, turns::kTagged);
  w.end_array().field("system", system);
  w.field("tools", chat.has_tools() ? chat::bare_tools(chat.tools).dump() : std::string());
}

void check_line(const json::Value& line, bool ends_on_model, Problems& problems) {
  turns::check_list(line, "messages", turns::kTagged, ends_on_model, problems);
  check::may_have(line, "", "system", json::Value::Kind::kString, problems);
  turns::check_tools(line, problems);
}

}  // namespace llama_factory

Result<bool> append_llama_factory(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, turns::load(example, chat, system, reason));
  if (!fine) return false;
  json::Writer w(out);
  llama_factory::begin(w, chat, system);
  w.end_object();
  out += '\n';
  return true;
}

void check_llama_factory(const json::Value& line, Problems& problems) {
  if (check::is_object(line, problems)) llama_factory::check_line(line, true, problems);
}

}  // namespace gleaner::dataset

// Gemini on Vertex AI, preferences: {"system_instruction","contents":[...],"completions":[{"score":1,"completion"},
// {"score":0,"completion"}]}: the contents end on the user, there is exactly one of each score, text only.
#include "dataset/format/gemini.h"

namespace gleaner::dataset {

using json::Value;

Result<bool> append_gemini_preference(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.learns_prompt = false};
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::take_system(chat.prompt, system, reason) || !chat::alternate(chat.prompt, reason) ||
      !chat::user_first(chat.prompt, reason) || !chat::awaits_answer(chat.prompt, reason) ||
      !chat::one_message_each(chat, reason)) {
    return false;
  }
  json::Writer w(out);
  w.begin_object();
  if (!system.empty()) gemini::write_system(w.key("system_instruction"), system);
  w.key("contents");
  gemini::write(w, chat.prompt);
  w.key("completions").begin_array();
  gemini::write(w.begin_object().field("score", 1).key("completion"), chat.answer.front());
  gemini::write(w.end_object().begin_object().field("score", 0).key("completion"), chat.rejected.front());
  w.end_object().end_array().end_object();
  out += '\n';
  return true;
}

void check_gemini_preference(const Value& line, Problems& problems) {
  static constexpr std::string_view kModel[] = {"model"};
  if (!check::is_object(line, problems)) return;
  gemini::check_system(line, problems);
  gemini::check_contents(line, false, "user", problems);
  const Value* const completions = check::need(line, "", "completions", Value::Kind::kArray, problems);
  if (completions == nullptr) return;
  int good = 0;
  int bad = 0;
  for (size_t i = 0; i < completions->items().size(); ++i) {
    const std::string path = check::at("completions", i);
    if (const Value* const score =
            check::need(completions->items()[i], path, "score", Value::Kind::kNumber, problems)) {
      good += score->as_double() == 1 ? 1 : 0;
      bad += score->as_double() == 0 ? 1 : 0;
    }
    if (const Value* const one =
            check::need(completions->items()[i], path, "completion", Value::Kind::kObject, problems))
      gemini::check_content(*one, check::join(path, "completion"), kModel, false, problems);
  }
  if (good != 1 || bad != 1 || completions->items().size() != 2)
    check::add(problems, "completions", "expected two: one with score 1 and one with score 0");
}

}  // namespace gleaner::dataset

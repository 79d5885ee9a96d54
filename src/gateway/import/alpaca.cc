// Alpaca: {"instruction","input","output"}, with "response" for "output" in some sets, and a system prompt and earlier
// turns {"history":[[question, answer]...]} in others.
#include <fmt/format.h>

#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

Status add_history(const Value& history, Value& messages) {
  for (size_t i = 0; i < history.items().size(); ++i) {
    const Value& turn = history.items()[i];
    const bool pair = turn.items().size() == 2 && turn.items()[0].is_string() && turn.items()[1].is_string();
    if (!pair) return wrong(fmt::format("history[{}]", i), "an array of two strings", turn);
    messages.push(message("user", turn.items()[0].text()));
    messages.push(message("assistant", turn.items()[1].text()));
  }
  return {};
}

}  // namespace

bool is_alpaca(const Value& element) {
  return element.find("instruction") != nullptr &&
         (element.find("output") != nullptr || element.find("response") != nullptr);
}

Result<Records> convert_alpaca(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  draft.identify({"id"});
  TRY_ASSIGN(const Value* const instruction, draft.need({"instruction"}, Kind::kString));
  TRY_ASSIGN(const Value* const input, draft.use({"input"}, Kind::kString));
  TRY_ASSIGN(const Value* const output, draft.need({"output", "response"}, Kind::kString));
  TRY_ASSIGN(const Value* const system, draft.use({"system"}, Kind::kString));
  TRY_ASSIGN(const Value* const history, draft.use({"history"}, Kind::kArray));
  Value messages = Value::array();
  if (system != nullptr && !system->text().empty()) messages.push(message("system", system->text()));
  if (history != nullptr) TRY(add_history(*history, messages));
  std::string question = instruction->text();
  if (input != nullptr && !input->text().empty()) {
    if (!question.empty()) question += "\n\n";
    question += input->text();
  }
  messages.push(message("user", question));
  draft.set("messages", std::move(messages));
  draft.set("output", *output);
  return one(draft.interaction(decoder));
}

}  // namespace gleaner::gateway

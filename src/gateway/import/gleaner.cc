// Gleaner's own JSON: an interaction, a signal, or {"interaction":{...},"signals":[...]} as the API answers a look-up.
#include <algorithm>

#include <fmt/format.h>

#include "gateway/import/shapes.h"
#include "record/fields.h"

namespace gleaner::gateway {
namespace {

using json::Value;

bool has(const Value& element, std::string_view name) {
  return first_of(element, {name}) != nullptr;
}

bool is_about_interaction(const Value& element) {
  return (has(element, "interaction_id") || has(element, "item_id")) && !has(element, "messages") &&
         !has(element, "artifact") && !has(element, "trajectory");
}

// An output alone does not make it an interaction: a correction has one too.
bool is_signal(const Value& element) {
  const auto kind = element.find_string("kind");
  return is_about_interaction(element) && kind && record::parse_signal_kind(*kind);
}

bool is_interaction(const Value& element) {
  const Value* const messages = element.find("messages");
  if (messages != nullptr && messages->is_array()) return true;
  if (!has(element, "output") && !has(element, "artifact") && !has(element, "trajectory")) return false;
  return std::ranges::all_of(element.members(), [](const Value::Member& member) {
    return std::ranges::find(record::interaction_fields(), member.first, &record::Field<record::Interaction>::name) !=
           record::interaction_fields().end();
  });
}

Value with_id(Value fields, std::string_view id_namespace) {
  if (!has(fields, "id")) fields.set("id", text_value(import_id(id_namespace, fields.dump())));
  return fields;
}

Result<Records> convert_wrapper(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  TRY_ASSIGN(const Value* const interaction, draft.need({"interaction"}, Kind::kObject));
  TRY_ASSIGN(const Value* const signals, draft.use({"signals"}, Kind::kArray));
  const Value fields = with_id(*interaction, "interaction");
  auto record = decode_interaction(fields, decoder);
  if (!record) return fail_in("interaction", std::move(record).error());
  Records records;
  records.push_back(*std::move(record));
  for (size_t i = 0; signals != nullptr && i < signals->items().size(); ++i) {
    const std::string path = fmt::format("signals[{}]", i);
    Value signal = signals->items()[i];
    if (!signal.is_object()) return wrong(path, "an object", signal);
    if (!has(signal, "interaction_id")) signal.set("interaction_id", *fields.find("id"));
    auto said = decode_signal(with_id(std::move(signal), "signal"), decoder);
    if (!said) return fail_in(path, std::move(said).error());
    records.push_back(*std::move(said));
  }
  return records;
}

}  // namespace

bool is_gleaner(const Value& element) {
  const Value* const wrapped = element.find("interaction");
  return (wrapped != nullptr && wrapped->is_object()) || is_signal(element) || is_interaction(element);
}

Result<Records> convert_gleaner(const Value& element, record::Decoder& decoder) {
  if (has(element, "interaction")) return convert_wrapper(element, decoder);
  TRY(Draft::of(element));
  const bool signal = is_signal(element) || (is_about_interaction(element) && !has(element, "output"));
  return one(signal ? decode_signal(with_id(element, "signal"), decoder)
                    : decode_interaction(with_id(element, "interaction"), decoder));
}

}  // namespace gleaner::gateway

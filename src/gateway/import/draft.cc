#include "gateway/import/draft.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::gateway {
namespace {

using json::Value;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "true or false";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "null";
}

}  // namespace

Result<Draft> Draft::of(const Value& element) {
  if (!element.is_object()) {
    return fail(Code::kInvalidArgument, fmt::format("expected one JSON object, got {}", element.kind_name()));
  }
  return Draft(element);
}

Status Draft::open(std::string_view name) {
  TRY_ASSIGN(const Value* const object, use({name}, Kind::kObject));
  if (object != nullptr) layers_.push_back({fmt::format("{}.", name), object});
  return {};
}

const Value* Draft::use(Names names) {
  return use_first(names).value;
}

Result<const Value*> Draft::use(Names names, Kind kind) {
  const Found found = use_first(names);
  if (found.value != nullptr && found.value->kind() != kind) return wrong(found.path, name_of(kind), *found.value);
  return found.value;
}

Result<const Value*> Draft::need(Names names, Kind kind) {
  TRY_ASSIGN(const Value* const value, use(names, kind));
  if (value != nullptr) return value;
  return fail(Code::kInvalidArgument, fmt::format("{}: missing; expected {}", *names.begin(), name_of(kind)));
}

const Value* Draft::peek(std::string_view name) const {
  for (const Layer& layer : layers_) {
    const Value* const value = layer.object->find(name);
    if (value != nullptr && !value->is_null()) return value;
  }
  return nullptr;
}

Draft::Found Draft::use_first(Names names) {
  for (const std::string_view name : names) {
    for (const Layer& layer : layers_) {
      const Value* const value = layer.object->find(name);
      if (value == nullptr || value->is_null()) continue;
      mark(name);
      return {value, fmt::format("{}{}", layer.prefix, name)};
    }
  }
  return {};
}

// Wherever it stands: a user_id that is given twice must not come through as metadata.
void Draft::mark(std::string_view name) {
  for (const Layer& layer : layers_) {
    for (const auto& [key, value] : layer.object->members()) {
      if (key == name) used_.push_back(&value);
    }
  }
}

bool Draft::is_used(const Value& value) const {
  return std::ranges::find(used_, &value) != used_.end();
}

void Draft::take(Names names, std::string_view field) {
  const Found found = use_first(names);
  if (found.value != nullptr) set(field, *found.value, found.path);
}

void Draft::set(std::string_view field, Value value, std::string origin) {
  fields_.set(std::string(field), std::move(value));
  if (!origin.empty()) origins_.insert_or_assign(std::string(field), std::move(origin));
}

void Draft::note(std::string_view name, Value value) {
  std::string free(name);
  while (!metadata_names_.insert(free).second) free.insert(0, "_");
  metadata_.members().emplace_back(std::move(free), std::move(value));
}

const std::string& Draft::identify(Names names) {
  id_.clear();
  for (const std::string_view name : names) {
    const Value* const value = peek(name);
    if (value == nullptr || !value->is_string() || value->text().empty()) continue;
    id_ = use({name})->text();
    break;
  }
  if (id_.empty()) id_ = import_id("interaction", element_->dump());
  set("id", text_value(id_));
  return id_;
}

void Draft::finish() {
  if (const Value* const metadata = peek("metadata");
      metadata != nullptr && metadata->is_object() && !is_used(*metadata)) {
    mark("metadata");
    layers_.push_back({"metadata.", metadata});
  }
  take({"user_id"}, "user_id");
  for (const Layer& layer : layers_) {
    for (const auto& [name, value] : layer.object->members()) {
      if (!value.is_null() && !is_used(value)) note(name, value);
    }
  }
  if (!metadata_.members().empty()) set("metadata", metadata_);
}

// The decoder's messages begin with the name of the record's field.
Error Draft::in_words_of_source(Error error) const {
  const size_t end = std::min(error.message.find_first_of(":.["), error.message.size());
  const auto origin = origins_.find(error.message.substr(0, end));
  if (origin != origins_.end()) error.message.replace(0, end, origin->second);
  return error;
}

Result<Record> Draft::interaction(record::Decoder& decoder) {
  if (id_.empty()) identify();
  finish();
  auto record = decode_interaction(fields_, decoder);
  if (!record) return std::unexpected(in_words_of_source(std::move(record).error()));
  return record;
}

Result<Record> Draft::signal(record::Decoder& decoder) {
  set("id", text_value(import_id("signal", element_->dump())));
  finish();
  auto record = decode_signal(fields_, decoder);
  if (!record) return std::unexpected(in_words_of_source(std::move(record).error()));
  return record;
}

const Value* first_of(const Value& object, Names names) {
  for (const std::string_view name : names) {
    const Value* const value = object.find(name);
    if (value != nullptr && !value->is_null()) return value;
  }
  return nullptr;
}

Result<Records> one(Result<Record> record) {
  if (!record) return std::unexpected(std::move(record).error());
  Records records;
  records.push_back(*std::move(record));
  return records;
}

Result<Records> with_signal(Draft& draft, const Value& signal, std::string_view path, record::Decoder& decoder) {
  TRY_ASSIGN(Records records, one(draft.interaction(decoder)));
  if (signal.is_null()) return records;
  auto said = decode_signal(signal, decoder);
  if (!said) return fail_in(path, std::move(said).error());
  records.push_back(*std::move(said));
  return records;
}

std::unexpected<Error> wrong(std::string_view path, std::string_view expected, const Value& got) {
  return fail(Code::kInvalidArgument, fmt::format("{}: expected {}, got {}", path, expected, got.kind_name()));
}

Value text_value(std::string_view text) {
  return Value::string(std::string(text));
}

Value message(std::string_view role, std::string_view content) {
  return Value::object({{"role", text_value(role)}, {"content", text_value(content)}});
}

void set_conversation(Draft& draft, std::vector<Value> messages, const std::string& origin) {
  const auto last = std::ranges::find_if(messages.rbegin(), messages.rend(),
                                         [](const Value& one) { return one.find_string("role") == "assistant"; });
  const auto count = static_cast<size_t>(messages.rend() - last);  // up to and with the output; 0 if there is none
  if (count > 0 && count < messages.size()) {
    const auto behind = messages.begin() + static_cast<std::ptrdiff_t>(count);
    draft.note("after_output",
               Value::array({std::make_move_iterator(behind), std::make_move_iterator(messages.end())}));
    messages.resize(count);
  }
  if (count > 0) {
    draft.set("output", std::move(messages.back()), fmt::format("{}[{}]", origin, count - 1));
    messages.pop_back();
  }
  draft.set("messages", Value::array(std::move(messages)), origin);
}

Result<std::string_view> read_thumb(std::string_view path, const Value& feedback) {
  constexpr std::string_view kUp = "thumbs_up";
  constexpr std::string_view kDown = "thumbs_down";
  constexpr std::array<std::string_view, 5> kUps = {"positive", kUp, "up", "1", "👍"};
  constexpr std::array<std::string_view, 5> kDowns = {"negative", kDown, "down", "-1", "👎"};
  if (feedback.is_bool()) return feedback.as_bool() ? kUp : kDown;
  if (!feedback.is_string() && !feedback.is_number()) return wrong(path, "positive or negative", feedback);
  const std::string said = ascii_lower(trim(feedback.text()));
  if (said.empty()) return std::string_view();
  if (std::ranges::find(kUps, said) != kUps.end()) return kUp;
  if (std::ranges::find(kDowns, said) != kDowns.end()) return kDown;
  return fail(Code::kInvalidArgument,
              fmt::format("{}: expected positive or negative, got \"{}\"", path, excerpt(said)));
}

Value signal_on(const std::string& interaction_id, std::string_view kind, std::string_view identity) {
  const std::string id = import_id("signal", fmt::format("{}\n{}\n{}", interaction_id, kind, identity));
  return Value::object(
      {{"id", text_value(id)}, {"interaction_id", text_value(interaction_id)}, {"kind", text_value(kind)}});
}

}  // namespace gleaner::gateway

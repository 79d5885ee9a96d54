// The three logs of training_logger: extractions, what people did with the insights that came out of them, and queries.
//
// An extraction has no prompt in the log; it gets one made of its topic and its source, so that it can be taught.
#include <fmt/format.h>

#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

constexpr std::string_view kTask = "Extract insights on the topic from the source. Answer with a JSON array.";

bool is_feedback(const Value& element) {
  return element.find("insight_id") != nullptr && element.find("action") != nullptr;
}

// A query with an answer is a line of a chat.
bool is_query(const Value& element) {
  if (element.find_string("stage") == "query") return true;
  return element.find("query") != nullptr && element.find("timestamp") != nullptr &&
         first_of(element, {"bot_response", "response", "answer", "reply", "messages", "output"}) == nullptr;
}

bool is_insights(const Value& element) {
  return element.find("extracted_insights") != nullptr || element.find_string("stage") == "extraction";
}

// The insights with an id each: their own, or the interaction's and their place.
Result<Value> items_of(const std::string& interaction_id, const Value& insights) {
  Value items = Value::array();
  for (size_t i = 0; i < insights.items().size(); ++i) {
    Value item = insights.items()[i];
    if (!item.is_object()) return wrong(fmt::format("extracted_insights[{}]", i), "an object", item);
    const Value* const own = first_of(item, {"id", "insight_id"});
    const bool usable = own != nullptr && (own->is_string() || own->is_number()) && !own->text().empty();
    item.set("id", text_value(usable ? own->text() : fmt::format("{}#{}", interaction_id, i)));
    items.push(std::move(item));
  }
  return items;
}

Status take_source(Draft& draft) {
  TRY_ASSIGN(const Value* const topic, draft.use({"topic"}, Kind::kString));
  TRY_ASSIGN(const Value* const url, draft.use({"source_url"}, Kind::kString));
  TRY_ASSIGN(const Value* const content, draft.use({"source_content"}, Kind::kString));
  Value source = Value::object();
  std::string question;
  if (topic != nullptr) {
    question += fmt::format("Topic: {}\n", topic->text());
    draft.note("topic", *topic);
  }
  if (url != nullptr) {
    question += fmt::format("Source: {}\n", url->text());
    source.set("url", *url);
  }
  if (content != nullptr) {
    question += fmt::format("\n{}", content->text());
    source.set("content", *content);
  }
  if (!source.members().empty()) draft.set("source", std::move(source));
  if (question.empty()) return {};
  draft.set("messages", Value::array({message("system", kTask), message("user", question)}));
  return {};
}

Result<Records> convert_insights(Draft draft, record::Decoder& decoder) {
  const std::string id = draft.identify({"id"});
  draft.set("kind", text_value("extraction"));
  draft.use({"stage"});
  draft.take({"timestamp"}, "created_at");
  draft.take({"quality_score"}, "quality_score");
  draft.take({"model"}, "model");
  TRY(take_source(draft));
  TRY_ASSIGN(const Value* const insights, draft.need({"extracted_insights"}, Kind::kArray));
  TRY_ASSIGN(Value items, items_of(id, *insights));
  draft.set("artifact", *insights, "extracted_insights");
  draft.set("items", std::move(items), "extracted_insights");
  return one(draft.interaction(decoder));
}

Result<Records> convert_feedback(Draft draft, record::Decoder& decoder) {
  TRY(draft.open("metadata"));
  draft.take({"insight_id"}, "item_id");
  draft.take({"interaction_id"}, "interaction_id");
  draft.take({"action"}, "kind");
  draft.take({"timestamp"}, "created_at");
  return one(draft.signal(decoder));
}

// What a search found is not the model's; only an answer is an output.
Result<Records> convert_query(Draft draft, record::Decoder& decoder) {
  draft.identify({"id"});
  draft.set("kind", text_value("query"));
  draft.use({"stage"});
  draft.take({"timestamp"}, "created_at");
  draft.take({"session_id"}, "session_id");
  draft.take({"latency_ms"}, "latency_ms");
  draft.take({"quality_score"}, "quality_score");
  draft.take({"answer", "response"}, "output");
  TRY_ASSIGN(const Value* const query, draft.need({"query", "search_query"}, Kind::kString));
  draft.set("messages", Value::array({message("user", query->text())}));
  return one(draft.interaction(decoder));
}

}  // namespace

bool is_extraction(const Value& element) {
  return is_feedback(element) || is_insights(element) || is_query(element);
}

Result<Records> convert_extraction(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  if (is_feedback(element)) return convert_feedback(std::move(draft), decoder);
  return is_query(element) ? convert_query(std::move(draft), decoder) : convert_insights(std::move(draft), decoder);
}

}  // namespace gleaner::gateway

// OpenAssistant trees: {"message_tree_id", "prompt":{"text","role","lang","replies":[...]}}, and rows of its message
// file that hold such a node. Every reply of an assistant is one interaction, with the way to it as its messages; the
// tree is the session. What people said of a reply, its rank among its siblings and the thumbs in its emojis, becomes
// signals; the counts behind them stay in the metadata.
#include <fmt/format.h>

#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

class TreeWalk {
 public:
  TreeWalk(std::string_view tree_id, record::Decoder& decoder) : tree_id_(tree_id), decoder_(decoder) {}

  Status walk(const Value& node, const std::string& path) {
    if (!node.is_object()) return wrong(path, "an object", node);
    if (const Value* const deleted = node.find("deleted"); deleted != nullptr && deleted->as_bool()) return {};
    const auto role = node.find_string("role");
    if (role != "prompter" && role != "assistant") {
      return fail(Code::kInvalidArgument, fmt::format("{}.role: expected prompter or assistant", path));
    }
    const auto text = node.find_string("text");
    if (!text) return fail(Code::kInvalidArgument, fmt::format("{}.text: expected a string", path));
    if (role == "assistant") {
      if (auto done = add_reply(node); !done) return fail_in(path, std::move(done).error());
    }
    const Value* const replies = node.find("replies");
    if (replies == nullptr || replies->is_null()) return {};
    if (!replies->is_array()) return wrong(path + ".replies", "an array", *replies);
    above_.push(message(role == "assistant" ? "assistant" : "user", *text));
    for (size_t i = 0; i < replies->items().size(); ++i) {
      TRY(walk(replies->items()[i], fmt::format("{}.replies[{}]", path, i)));
    }
    above_.items().pop_back();
    return {};
  }

  Records records;

 private:
  Status add_reply(const Value& node) {
    TRY_ASSIGN(Draft draft, Draft::of(node));
    const std::string id = draft.identify({"message_id"});
    draft.use({"role"});
    draft.use({"replies"});
    draft.set("kind", text_value("chat"));
    draft.set("session_id", text_value(tree_id_), "message_tree_id");
    if (!above_.items().empty()) draft.set("messages", above_);
    draft.take({"text"}, "output");
    draft.take({"lang"}, "language");
    draft.take({"model_name"}, "model");
    draft.take({"created_date"}, "created_at");
    TRY_ASSIGN(records.emplace_back(), draft.interaction(decoder_));
    TRY(add_rank(id, node));
    return add_thumbs(id, node);
  }

  Status add_rank(const std::string& id, const Value& node) {
    const Value* const rank = node.find("rank");
    if (rank == nullptr || rank->is_null()) return {};
    if (!rank->is_number()) return wrong("rank", "a number", *rank);
    Value signal = signal_on(id, "score", "rank");
    signal.set("value", *rank);
    signal.set("reason", text_value("rank"));
    signal.set("author", text_value("human"));
    TRY_ASSIGN(records.emplace_back(), decode_signal(signal, decoder_));
    return {};
  }

  Status add_thumbs(const std::string& id, const Value& node) {
    const Value* const emojis = node.find("emojis");
    if (emojis == nullptr || emojis->is_null()) return {};
    if (!emojis->is_object()) return wrong("emojis", "an object", *emojis);
    for (const auto& [name, count] : emojis->members()) {
      if (name != "+1" && name != "-1") continue;
      if (!count.is_number()) return wrong("emojis." + name, "a number", count);
      if (count.as_double() <= 0) continue;
      Value signal = signal_on(id, name == "+1" ? "thumbs_up" : "thumbs_down", "emojis");
      signal.set("author", text_value("human"));
      TRY_ASSIGN(records.emplace_back(), decode_signal(signal, decoder_));
    }
    return {};
  }

  std::string tree_id_;
  record::Decoder& decoder_;
  Value above_ = Value::array();  // the messages on the way to the node
};

bool is_message(const Value& element) {
  const auto role = element.find_string("role");
  return (role == "prompter" || role == "assistant") && element.find_string("text");
}

bool has_replies(const Value& element) {
  const Value* const replies = element.find("replies");
  return replies != nullptr && !replies->items().empty();
}

}  // namespace

bool is_tree(const Value& element) {
  const Value* const prompt = element.find("prompt");
  return (prompt != nullptr && prompt->is_object() && element.find("message_tree_id") != nullptr) ||
         is_message(element);
}

Result<Records> convert_tree(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  if (is_message(element) && !has_replies(element)) {
    return fail(Code::kInvalidArgument,
                element.find_string("role") == "prompter"
                    ? "replies: missing; a prompt alone is no interaction, import the file of trees"
                    : "parent_id: a reply without the messages before it is no interaction, import the file of trees");
  }
  const bool row = is_message(element);
  const auto tree_id =
      element.find_string(row && element.find("message_tree_id") == nullptr ? "message_id" : "message_tree_id");
  TreeWalk tree(tree_id.value_or(""), decoder);
  if (row) {
    TRY(tree.walk(element, "message"));
  } else {
    TRY_ASSIGN(const Value* const prompt, draft.need({"prompt"}, Kind::kObject));
    TRY(tree.walk(*prompt, "prompt"));
  }
  return std::move(tree.records);
}

}  // namespace gleaner::gateway

// Events of the responses API. The last one carries the whole response, which is then all that counts; what came before
// is kept for streams that never come so far, by item and part.
#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "gateway/exchange/message.h"
#include "gateway/exchange/scan.h"
#include "gateway/openai/openai.h"

namespace gleaner::gateway::openai {
namespace {

using exchange::scan_index;
using exchange::scan_string;
using json::Value;
using json::ondemand::json_type;

constexpr size_t kMaxItems = 4096;
constexpr size_t kItemBytes = 128;

// Where a delta belongs: the item that it is of, and the member, which is a list of parts or a text.
struct DeltaKind {
  std::string_view event;
  std::string_view item;
  std::string_view member;
  std::string_view part;         // type of the part; empty where the member is a text
  std::string_view part_member;  // of the part, that holds the text
};
constexpr std::array kDeltas = {
    DeltaKind{"response.output_text.delta", "message", "content", "output_text", "text"},
    DeltaKind{"response.function_call_arguments.delta", "function_call", "arguments", "", ""},
    DeltaKind{"response.reasoning_summary_text.delta", "reasoning", "summary", "summary_text", "text"},
    DeltaKind{"response.reasoning_text.delta", "reasoning", "content", "reasoning_text", "text"},
    DeltaKind{"response.refusal.delta", "message", "content", "refusal", "refusal"},
    DeltaKind{"response.custom_tool_call_input.delta", "custom_tool_call", "input", "", ""},
};

struct Part {
  const DeltaKind* kind;
  size_t index = 0;
  std::string text;
};

struct Item {
  size_t index = 0;
  Value value;  // as it was added, or as it was when it was done
  bool done = false;
  std::vector<Part> parts;
};

class ResponseAssembler final : public exchange::Assembler {
 public:
  using Assembler::Assembler;

  void take(std::string_view event, std::string_view data) override {
    if (data == "[DONE]") return note_end();
    Members read;
    const auto visit = [&](std::string_view key, json::ondemand::value value) { return read_member(key, value, read); };
    if (!exchange::scan_text(walker_, data, visit)) return;
    const std::string_view type = read.type.empty() ? event : read.type;
    if (const auto kind = std::ranges::find(kDeltas, type, &DeltaKind::event); kind != kDeltas.end()) {
      add_delta(*kind, read);
    } else if (type == "response.output_item.added" || type == "response.output_item.done") {
      set_item(read, type.ends_with("done"));
    } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed" ||
               type == "response.cancelled") {
      end(read.response);
    } else if (type.starts_with("response.") && !read.response.empty()) {
      seed(read.response);
    } else if (type == "error" || !read.error.empty()) {
      set_error(data);
    }
  }

  Value body() override {
    if (response_.is_object()) {
      const Value* const error = response_.find("error");
      if ((error == nullptr || error->is_null()) && head_.find("error") != nullptr) {
        response_.set("error", exchange::take_member(head_, "error"));
      }
      return std::move(response_);
    }
    Value body = std::move(head_);
    body.set("output", output_of_items());
    return body;
  }

 private:
  struct Members {
    std::string_view type;
    std::string_view delta;
    std::string_view item;      // JSON, not checked
    std::string_view response;  // the same
    std::string_view error;     // the same
    size_t output_index = 0;
    size_t part_index = 0;
  };

  static bool read_member(std::string_view key, json::ondemand::value value, Members& read) {
    json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    const auto pass_over = [&](std::string_view& out) {
      const auto text = json::Walker::pass_over(value);
      if (text) out = *text;
      return text.has_value();
    };
    if (type == json_type::object && key == "item") return pass_over(read.item);
    if (type == json_type::object && key == "response") return pass_over(read.response);
    if (type == json_type::object && key == "error") return pass_over(read.error);
    if (type == json_type::string && key == "type") return scan_string(value, read.type);
    if (type == json_type::string && key == "delta") return scan_string(value, read.delta);
    if (type == json_type::number && key == "output_index") return scan_index(value, read.output_index);
    if (type == json_type::number && (key == "content_index" || key == "summary_index")) {
      return scan_index(value, read.part_index);
    }
    return true;
  }

  Item* item_at(size_t index) {
    for (Item& item : std::views::reverse(items_)) {
      if (item.index == index) return &item;
    }
    if (items_.size() == kMaxItems || !keep(kItemBytes)) return nullptr;
    items_.emplace_back().index = index;
    return &items_.back();
  }

  void add_delta(const DeltaKind& kind, const Members& read) {
    if (!read.delta.empty()) note_content();
    Item* const item = item_at(read.output_index);
    if (item == nullptr || item->done || !keep(read.delta.size())) return;
    const auto is_it = [&](const Part& part) { return part.kind == &kind && part.index == read.part_index; };
    auto part = std::ranges::find_if(item->parts, is_it);
    if (part == item->parts.end()) {
      if (item->parts.size() == kMaxItems || !keep(kItemBytes)) return;
      part = item->parts.insert(item->parts.end(), {&kind, read.part_index, {}});
    }
    part->text += read.delta;
  }

  void set_item(const Members& read, bool done) {
    auto value = json::parse(read.item);
    if (!value || !value->is_object() || !keep(read.item.size())) return;
    Item* const item = item_at(read.output_index);
    if (item == nullptr || item->done) return;
    item->value = *std::move(value);
    item->done = done;
    if (done) item->parts.clear();
  }

  void end(std::string_view response) {
    note_end();
    auto value = json::parse(response);
    if (!value || !value->is_object()) return;
    response_ = *std::move(value);
    // Some servers send the list empty here, and everything before.
    const Value* const output = response_.find("output");
    if (!items_.empty() && (output == nullptr || output->items().empty())) {
      response_.set("output", output_of_items());
    }
    items_.clear();
  }

  // Of the first events only who answers: the rest echoes the request.
  void seed(std::string_view response) {
    if (head_.find("id") != nullptr) return;
    const auto value = json::parse(response);
    if (!value) return;
    for (const char* const name : {"id", "model", "service_tier"}) {
      const Value* const member = value->find(name);
      if (member != nullptr && member->is_string() && keep(member->text().size())) head_.set(name, *member);
    }
  }

  void set_error(std::string_view data) {
    auto value = json::parse(data);
    if (!value || !value->is_object() || !keep(data.size())) return;
    if (value->find("error") != nullptr && !value->find("error")->is_null()) {
      head_.set("error", exchange::take_member(*value, "error"));
      return;
    }
    exchange::take_member(*value, "sequence_number");
    if (const auto type = value->find_string("type"); type == "error") exchange::take_member(*value, "type");
    head_.set("error", *std::move(value));
  }

  Value output_of_items() {
    Value output = Value::array();
    std::ranges::sort(items_, {}, &Item::index);
    for (Item& item : items_) output.push(value_of(item));
    return output;
  }

  static Value value_of(Item& item) {
    Value value = std::move(item.value);
    if (item.done) return value;
    for (Part& part : item.parts) {
      const DeltaKind& kind = *part.kind;
      if (value.find("type") == nullptr) value.set("type", Value::string(std::string(kind.item)));
      if (kind.part.empty()) {
        value.set(std::string(kind.member), Value::string(std::move(part.text)));
        continue;
      }
      Value list = exchange::take_member(value, kind.member);
      if (!list.is_array()) list = Value::array();
      list.push(Value::object({{"type", Value::string(std::string(kind.part))},
                               {std::string(kind.part_member), Value::string(std::move(part.text))}}));
      value.set(std::string(kind.member), std::move(list));
    }
    return value;
  }

  json::Walker walker_;
  Value head_ = Value::object();
  Value response_;
  std::vector<Item> items_;
};

}  // namespace

std::unique_ptr<exchange::Assembler> response_assembler(size_t max_bytes) {
  return std::make_unique<ResponseAssembler>(max_bytes);
}

}  // namespace gleaner::gateway::openai

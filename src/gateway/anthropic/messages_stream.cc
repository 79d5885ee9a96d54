// Events of the Messages API. message_start has the message without content, blocks begin, grow and end by their index,
// message_delta says how it ended; its usage are totals so far.
#include <algorithm>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "gateway/anthropic/anthropic.h"
#include "gateway/exchange/message.h"
#include "gateway/exchange/scan.h"

namespace gleaner::gateway::anthropic {
namespace {

using exchange::scan_index;
using exchange::scan_object;
using exchange::scan_string;
using json::Value;
using json::ondemand::json_type;

constexpr size_t kMaxBlocks = 4096;
constexpr size_t kBlockBytes = 128;

struct Block {
  size_t index = 0;
  Value value;        // as it began
  std::string text;   // of text or thinking
  std::string input;  // JSON, as far as it came
  std::string signature;
  Value citations = Value::array();
};

class MessageAssembler final : public exchange::Assembler {
 public:
  using Assembler::Assembler;

  void take(std::string_view event, std::string_view data) override {
    Members read;
    const auto visit = [&](std::string_view key, json::ondemand::value value) { return read_member(key, value, read); };
    if (!exchange::scan_text(walker_, data, visit)) return;
    const std::string_view type = read.type.empty() ? event : read.type;
    if (type == "content_block_delta") {
      add_delta(read);
    } else if (type == "content_block_start") {
      if (Block* const block = block_at(read.index); block != nullptr) start(*block, read.inner);
    } else if (type == "message_start") {
      start_message(read.inner);
    } else if (type == "message_delta") {
      end_message(read);
    } else if (type == "message_stop") {
      note_end();
    } else if (type == "error" && !read.error.empty()) {
      if (auto error = json::parse(read.error); error && keep(read.error.size()))
        message_.set("error", *std::move(error));
    }
  }

  Value body() override {
    Value content = Value::array();
    std::ranges::sort(blocks_, {}, &Block::index);
    for (Block& block : blocks_) content.push(value_of(block));
    Value body = std::move(message_);
    body.set("content", std::move(content));
    if (!usage_.members().empty()) body.set("usage", std::move(usage_));
    return body;
  }

 private:
  struct Members {
    std::string_view type;
    size_t index = 0;
    std::string_view inner;  // `message` or `content_block`: JSON, not checked, as those below
    std::string_view usage;
    std::string_view error;
    std::string_view text;
    std::string_view thinking;
    std::string_view partial_json;
    std::string_view signature;
    std::string_view citation;  // JSON, not checked
    std::string_view stop_reason;
    std::string_view stop_sequence;
    std::string_view stop_details;  // JSON, not checked
  };

  static bool pass_over(json::ondemand::value value, std::string_view& out) {
    const auto text = json::Walker::pass_over(value);
    if (text) out = *text;
    return text.has_value();
  }

  static bool read_member(std::string_view key, json::ondemand::value value, Members& read) {
    json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == json_type::string) return key != "type" || scan_string(value, read.type);
    if (type == json_type::number) return key != "index" || scan_index(value, read.index);
    if (type != json_type::object) return true;
    if (key == "delta") return read_delta(value, read);
    if (key == "message" || key == "content_block") return pass_over(value, read.inner);
    if (key == "usage") return pass_over(value, read.usage);
    if (key == "error") return pass_over(value, read.error);
    return true;
  }

  // Of a block, or of the message: message_delta has a delta, too, of which nothing but its end is read here.
  static bool read_delta(json::ondemand::value value, Members& read) {
    return scan_object(value, [&](std::string_view key, json::ondemand::value member) {
      json_type type{};
      if (member.type().get(type) != simdjson::SUCCESS) return false;
      if (type == json_type::object) {
        if (key == "citation") return pass_over(member, read.citation);
        return key != "stop_details" || pass_over(member, read.stop_details);
      }
      if (type != json_type::string) return true;
      if (key == "text") return scan_string(member, read.text);
      if (key == "thinking") return scan_string(member, read.thinking);
      if (key == "partial_json") return scan_string(member, read.partial_json);
      if (key == "signature") return scan_string(member, read.signature);
      if (key == "stop_reason") return scan_string(member, read.stop_reason);
      if (key == "stop_sequence") return scan_string(member, read.stop_sequence);
      return true;
    });
  }

  Block* block_at(size_t index) {
    for (Block& block : std::views::reverse(blocks_)) {
      if (block.index == index) return &block;
    }
    if (blocks_.size() == kMaxBlocks || !keep(kBlockBytes)) return nullptr;
    blocks_.emplace_back().index = index;
    return &blocks_.back();
  }

  void start(Block& block, std::string_view json) {
    auto value = json::parse(json);
    if (!value || !value->is_object() || !keep(json.size())) return;
    if (value->find_string("type") == "tool_use") note_content();
    block.value = *std::move(value);
  }

  void add_delta(const Members& read) {
    Block* const block = block_at(read.index);
    const size_t bytes = read.text.size() + read.thinking.size() + read.partial_json.size() + read.signature.size() +
                         read.citation.size();
    if (block == nullptr || bytes == 0) return;
    note_content();
    if (!keep(bytes)) return;
    block->text += read.text;
    block->text += read.thinking;
    block->input += read.partial_json;
    if (!read.signature.empty()) block->signature = read.signature;
    if (read.text.empty() && !read.thinking.empty() && block->value.is_null()) {
      block->value = Value::object({{"type", Value::string("thinking")}});
    }
    if (!read.citation.empty()) {
      if (auto citation = json::parse(read.citation)) block->citations.push(*std::move(citation));
    }
  }

  void start_message(std::string_view json) {
    auto message = json::parse(json);
    if (!message || !message->is_object() || !keep(json.size())) return;
    exchange::take_member(*message, "content");
    add_usage(exchange::take_member(*message, "usage"));
    for (auto& [name, value] : message->members()) message_.set(std::move(name), std::move(value));
  }

  void end_message(const Members& read) {
    if (!read.usage.empty() && keep(read.usage.size())) add_usage(json::parse(read.usage).value_or(Value()));
    if (!keep(read.stop_reason.size() + read.stop_sequence.size() + read.stop_details.size())) return;
    if (!read.stop_reason.empty()) message_.set("stop_reason", Value::string(std::string(read.stop_reason)));
    if (!read.stop_sequence.empty()) message_.set("stop_sequence", Value::string(std::string(read.stop_sequence)));
    if (auto details = json::parse(read.stop_details)) message_.set("stop_details", *std::move(details));
  }

  // Totals: the later ones count, where they say something.
  void add_usage(Value usage) {
    for (auto& [name, value] : usage.members()) {
      if (!value.is_null()) usage_.set(std::move(name), std::move(value));
    }
  }

  static Value value_of(Block& block) {
    Value value = std::move(block.value);
    if (value.find("type") == nullptr) {
      value.set("type", Value::string(block.input.empty() ? "text" : "tool_use"));
    }
    const auto type = value.find_string("type");
    if (!block.text.empty()) {
      const std::string member = type == "thinking" ? "thinking" : "text";
      const auto before = value.find_string(member);  // what it began with
      value.set(member, Value::string(std::string(before.value_or("")) + block.text));
    }
    if (!block.signature.empty()) value.set("signature", Value::string(std::move(block.signature)));
    if (!block.citations.items().empty()) value.set("citations", std::move(block.citations));
    if (!block.input.empty()) {
      // A stream that was cut, or a tool that takes what is no JSON: the text is the input.
      auto input = json::parse(block.input);
      value.set("input", input ? *std::move(input) : Value::string(std::move(block.input)));
    }
    return value;
  }

  json::Walker walker_;
  Value message_ = Value::object();
  Value usage_ = Value::object();
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<exchange::Assembler> message_assembler(size_t max_bytes) {
  return std::make_unique<MessageAssembler>(max_bytes);
}

}  // namespace gleaner::gateway::anthropic

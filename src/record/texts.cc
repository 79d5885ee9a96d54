#include "record/texts.h"

#include "base/json_walk.h"

namespace gleaner::record {
namespace {

using json::syntax_error;
using json::ondemand::json_type;

// A prompt of fewer bytes says little by itself ("and the second one?").
constexpr size_t kShortPrompt = 80;

}  // namespace

struct TextReader::State {
  json::Walker walker;
  std::string one;
  std::string earlier;

  void add_line(std::string_view text) {
    if (!one.empty()) one += '\n';
    one += text;
  }

  Status read_parts(json::ondemand::value value) {
    json::ondemand::array parts;
    if (const auto error = value.get_array().get(parts)) return syntax_error(error);
    for (auto item : parts) {
      json::ondemand::value part;
      if (const auto error = item.get(part)) return syntax_error(error);
      json_type type{};
      if (const auto error = part.type().get(type)) return syntax_error(error);
      if (type == json_type::string) {
        TRY_ASSIGN(const std::string_view text, walker.text(part));
        add_line(text);
      } else if (type == json_type::object) {
        std::string_view text;
        if (part.find_field_unordered("text").get_string().get(text) == simdjson::SUCCESS) add_line(text);
      }
    }
    return {};
  }

  enum class Of { kUser, kAnyone };

  // Leaves the message's text in `one`; returns whether a user said it. What is said to be another's is not read.
  Result<bool> read_message(json::ondemand::object object, Of whose) {
    one.clear();
    bool is_user = false;
    bool unwanted = false;
    for (auto member : object) {
      json::ondemand::field field;
      if (const auto error = std::move(member).get(field)) return syntax_error(error);
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return syntax_error(error);
      json_type type{};
      if (const auto error = field.value().type().get(type)) return syntax_error(error);
      if (key == "role" && type == json_type::string) {
        TRY_ASSIGN(const std::string_view role, walker.text(field.value()));
        is_user = role == "user";
        unwanted = whose == Of::kUser && !is_user;
      } else if (unwanted) {
        continue;
      } else if (key == "content" && type == json_type::string) {
        TRY_ASSIGN(const std::string_view text, walker.text(field.value()));
        one = text;
      } else if (key == "content" && type == json_type::array) {
        TRY(read_parts(field.value()));
      }
    }
    return is_user;
  }

  Status read_messages(std::string_view text, Texts& texts) {
    TRY_ASSIGN(auto document, walker.begin(text));
    json::ondemand::array array;
    if (const auto error = document.get_array().get(array)) return syntax_error(error);
    earlier.clear();
    for (auto item : array) {
      json::ondemand::object object;
      if (const auto error = item.get_object().get(object)) return syntax_error(error);
      TRY_ASSIGN(const bool is_user, read_message(object, Of::kUser));
      if (!is_user) continue;
      if (!texts.prompt.empty()) earlier.append(texts.prompt).append("\n");
      texts.prompt.swap(one);
    }
    texts.said = texts.prompt.size() < kShortPrompt ? earlier + texts.prompt : texts.prompt;
    return {};
  }
};

TextReader::TextReader() : state_(std::make_unique<State>()) {}
TextReader::~TextReader() = default;

Status TextReader::read(const Interaction& interaction, Texts& texts) {
  texts.prompt.clear();
  texts.response.clear();
  texts.said.clear();
  if (!interaction.messages.empty()) TRY(state_->read_messages(interaction.messages.text, texts));
  if (interaction.output.empty()) return {};
  TRY_ASSIGN(auto document, state_->walker.begin(interaction.output.text));
  json::ondemand::object object;
  if (const auto error = document.get_object().get(object)) return syntax_error(error);
  TRY(state_->read_message(object, State::Of::kAnyone));
  texts.response.swap(state_->one);
  return {};
}

}  // namespace gleaner::record

// Together: {"messages":[...]} and nothing else: the checker of its client refuses other members, roles but these three
// and two equal ones in a row. Tools are left out: its documentation has them, its checker had not, and which of the
// two a server follows is not known. Images are the user's, up to ten, inside the line.
#include "dataset/format/together.h"

#include <algorithm>
#include <array>

namespace gleaner::dataset {
namespace together {

using json::Value;

namespace {

constexpr size_t kMaxImages = 10;
constexpr size_t kMaxImageBytes = size_t{10} << 20;

bool good_url(std::string_view url) {
  constexpr std::array<std::string_view, 3> kStarts = {"data:image/jpeg;base64,", "data:image/png;base64,",
                                                       "data:image/webp;base64,"};
  return std::ranges::any_of(kStarts, [url](std::string_view start) { return url.starts_with(start); }) &&
         url.size() <= kStarts[0].size() + 4 * kMaxImageBytes / 3;
}

// How many images the content has, counting what is none as too many.
size_t count_images(const Value& content) {
  size_t count = 0;
  for (const Value& part : content.items()) {
    const std::string_view type = part.find_string("type").value_or("");
    if (type == "text") continue;
    const Value* const image = part.find("image_url");
    const bool good = type == "image_url" && image != nullptr && good_url(image->find_string("url").value_or(""));
    count += good ? 1 : kMaxImages + 1;
  }
  return count;
}

Value text_part(const std::string& text) {
  return Value::object({{"type", Value::string("text")}, {"text", Value::string(text)}});
}

// A conversation has either texts or parts, in all of its messages.
void write_alike(chat::Messages& messages) {
  if (std::ranges::all_of(messages, [](const chat::Message& message) { return message.parts.is_null(); })) return;
  for (chat::Message& message : messages) {
    if (message.parts.is_null()) message.parts = Value::array({text_part(message.text)});
  }
}

}  // namespace

bool good_images(chat::Messages& messages, std::string& reason) {
  size_t count = 0;
  for (const chat::Message& message : messages) count += count_images(message.parts);
  write_alike(messages);
  if (count <= kMaxImages) return true;
  reason = "images that are not up to ten JPEG, PNG or WebP of 10 MB inside the message";
  return false;
}

void check_messages(const Value& list, std::string_view where, Problems& problems) {
  static constexpr std::string_view kRoles[] = {"system", "user", "assistant"};
  static constexpr check::MessageRules kRules = {
      .roles = kRoles, .members = {}, .parts = true, .tools = false, .ids = false};
  check::messages(list, where, kRules, problems);
  check::alternates(list, where, "role", problems);
  size_t images = 0;
  size_t in_parts = 0;
  for (const Value& message : list.items()) {
    const Value* const content = message.find("content");
    if (content == nullptr || !content->is_array()) continue;
    ++in_parts;
    images += count_images(*content);
  }
  if (in_parts != 0 && in_parts != list.items().size())
    check::add(problems, where, "expected the contents of all messages to be texts, or of all to be parts");
  if (images > kMaxImages)
    check::add(problems, where, "expected up to ten images, JPEG, PNG or WebP of 10 MB, as base64 data URLs");
}

}  // namespace together

Result<bool> append_together(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.parts = true, .weights = true};
  static constexpr chat::Style kStyle = {.weight = "weight"};
  const chat::Outline facts = chat::outline(example);
  out.append(R"({"messages":)");
  if (facts.simple && !facts.developer && facts.alternates) {
    append_conversation(out, example.prompt, example.answer);
  } else {
    const size_t start = out.size() - std::string_view(R"({"messages":)").size();
    chat::Chat chat;
    const auto fine = chat::load(example, kCarries, chat, reason);
    chat::Messages messages = chat.take_conversation();
    if (!fine || !*fine || !chat::alternate(messages, reason) || !together::good_images(messages, reason)) {
      out.resize(start);
      return fine ? Result<bool>(false) : fine;
    }
    json::Writer w(out);
    write(w, messages, kStyle);
  }
  out += "}\n";
  return true;
}

void check_together(const json::Value& line, Problems& problems) {
  static constexpr std::string_view kMembers[] = {"messages"};
  if (!check::is_object(line, problems)) return;
  check::only(line, "", kMembers, problems);
  const json::Value* const messages = check::need(line, "", "messages", json::Value::Kind::kArray, problems);
  if (messages == nullptr) return;
  together::check_messages(*messages, "messages", problems);
  check::ends_on_assistant(*messages, "messages", problems);
}

}  // namespace gleaner::dataset

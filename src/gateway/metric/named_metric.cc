#include "gateway/metric/named_metric.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/text.h"

namespace gleaner::gateway {
namespace {

using json::Value;

constexpr auto kGoodIsTrue = std::to_array<std::string_view>(
    {"feedback", "helpful", "like", "liked", "thumb", "thumb_up", "thumbs", "thumbs_up", "thumbsup", "upvote",
     "user_feedback", "user_like", "user_liked", "user_thumbs", "user_thumbs_up"});
constexpr auto kBadIsTrue = std::to_array<std::string_view>(
    {"dislike", "disliked", "downvote", "thumb_down", "thumbs_down", "thumbsdown", "user_dislike", "user_thumbs_down"});
constexpr auto kPoints = std::to_array<std::string_view>({"rating", "star_rating", "stars", "user_rating"});

constexpr auto kGoodWords = std::to_array<std::string_view>(
    {"good", "like", "liked", "positive", "thumbs_up", "thumbs-up", "true", "up", "yes"});
constexpr auto kBadWords = std::to_array<std::string_view>(
    {"bad", "dislike", "disliked", "down", "false", "negative", "no", "thumbs_down", "thumbs-down"});
constexpr auto kPassed = std::to_array<std::string_view>({"correct", "pass", "passed", "true", "yes"});
constexpr auto kFailed = std::to_array<std::string_view>({"fail", "failed", "false", "incorrect", "no"});

bool has(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// "User Feedback", "user-feedback" and "user_feedback" are one name.
std::string plain(std::string_view name) {
  std::string out = ascii_lower(trim(name));
  std::ranges::replace_if(out, [](char c) { return c == '-' || c == ' ' || c == '.'; }, '_');
  return out;
}

// What a value says by itself: good, bad, or something between.
std::optional<bool> thumb_of(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_number()) {
    const double number = value.as_double();
    if (number == 1) return true;
    if (number == 0 || number == -1) return false;
    return {};
  }
  const std::string word = ascii_lower(trim(value.text()));
  if (has(kGoodWords, word)) return true;
  if (has(kBadWords, word)) return false;
  return {};
}

void set_kind(Value& signal, std::string_view kind) {
  signal.set("kind", Value::string(std::string(kind)));
}

// False unless the name says which way is good and the value says which way it went.
bool say_verdict(Value& signal, const std::string& name, const Value& value) {
  const std::optional<bool> thumb = thumb_of(value);
  const bool is_number = value.is_number();
  if (has(kGoodIsTrue, name) && thumb) {
    set_kind(signal, *thumb ? "thumbs_up" : "thumbs_down");
  } else if (has(kBadIsTrue, name) && thumb == true) {
    set_kind(signal, "thumbs_down");
  } else if (is_number && (has(kPoints, name) || has(kGoodIsTrue, name))) {
    set_kind(signal, "rating");
    signal.set("value", value);
  } else {
    return false;
  }
  signal.set("author", Value::string("human"));
  return true;
}

void say_word(Value& signal, const std::string& text) {
  const std::string word = ascii_lower(trim(text));
  const bool passed = has(kPassed, word);
  if (passed || has(kFailed, word)) {
    set_kind(signal, "score");
    signal.set("value", Value::boolean(passed));
    note(signal, "label", Value::string(text));
    return;
  }
  set_kind(signal, "comment");
  signal.set("text", Value::string(text));
}

bool says_nothing(const Value& value) {
  return value.is_null() || (value.is_string() && value.text().empty()) ||
         (value.is_object() && value.members().empty()) || (value.is_array() && value.items().empty());
}

Value& metadata_of(Value& signal) {
  for (auto& [name, member] : signal.members()) {
    if (name == "metadata") return member;
  }
  return signal.members().emplace_back("metadata", Value::object()).second;
}

}  // namespace

void note(Value& signal, std::string_view name, const Value& value) {
  if (!says_nothing(value)) metadata_of(signal).set(std::string(name), value);
}

void note_members(Value& signal, const Value& object, std::string_view except) {
  size_t kept = 0;
  size_t not_kept = 0;
  for (const auto& [name, value] : object.members()) {
    if (name == except || says_nothing(value)) continue;
    if (kept == kMaxNotes) {
      ++not_kept;
      continue;
    }
    ++kept;
    metadata_of(signal).set(name, value);
  }
  if (not_kept > 0) note(signal, "members_not_kept", Value::number(std::to_string(not_kept)));
}

void say_metric(Value& signal, std::string_view name, const Value& value) {
  signal.set("reason", Value::string(std::string(name)));
  if (say_verdict(signal, plain(name), value)) return;
  if (value.is_string()) return say_word(signal, value.text());
  set_kind(signal, "score");
  signal.set("value", value);
}

}  // namespace gleaner::gateway

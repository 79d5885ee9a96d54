// What checks of training lines share. Words are "messages[2].role: expected one of system, user; got \"bot\"": where
// it is, what would be right, what is there.
//
// Thread contract: pure functions, safe from any thread.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "dataset/format/format.h"

namespace gleaner::dataset::check {

using Names = std::span<const std::string_view>;

// How much is said about one line.
inline constexpr size_t kMaxProblems = 32;

void add(Problems& problems, std::string_view where, std::string_view what);

// Whether the line is an object.
bool is_object(const json::Value& line, Problems& problems);

// The member of that name, or null with a problem when it is missing or of another kind. `where` is the path of
// `parent`, empty for the line.
const json::Value* need(const json::Value& parent, std::string_view where, std::string_view name,
                        json::Value::Kind kind, Problems& problems);
// The same for a string that is not empty.
const json::Value* need_text(const json::Value& parent, std::string_view where, std::string_view name,
                             Problems& problems);
// The member of that name if it is there, not null and of that kind; a problem if it is of another.
const json::Value* may_have(const json::Value& parent, std::string_view where, std::string_view name,
                            json::Value::Kind kind, Problems& problems);
// A problem for each member that is not one of `names`.
void only(const json::Value& object, std::string_view where, Names names, Problems& problems);
// A problem if the string member is none of `names`.
void one_of(const json::Value& value, std::string_view where, Names names, Problems& problems);

std::string join(std::string_view where, std::string_view name);
std::string at(std::string_view where, size_t index);

// What a format allows in messages of OpenAI's shape.
struct MessageRules {
  enum class Arguments { kText, kJsonText, kObject, kEither };

  Names roles = {};
  Names members = {};  // empty: trainers look over others
  bool parts = false;  // content may be parts, as OpenAI's
  bool tools = true;   // calls may be there
  Arguments arguments = Arguments::kText;
  size_t id_chars = 0;         // of a call's id: so many letters and digits; 0 for any
  bool ids = true;             // calls and results must have one, and go together
  bool empty_content = false;  // a content may be the empty text
  bool weights = true;         // "weight" is looked at
};
// Messages of one list; not what they are together.
void messages(const json::Value& list, std::string_view where, const MessageRules& rules, Problems& problems);

// A list of at least one message whose last is the assistant's, with a weight other than 0.
void ends_on_assistant(const json::Value& list, std::string_view where, Problems& problems);
// The last one is one of `roles`.
void ends_on(const json::Value& list, std::string_view where, Names roles, Problems& problems);
// Every call has its result behind it, but for those of the last message; every result has its call before it.
void results(const json::Value& list, std::string_view where, Problems& problems);
// No two neighbours have the same role.
void alternates(const json::Value& list, std::string_view where, std::string_view role, Problems& problems);

// The role of the first one.
void starts_with(const json::Value& list, std::string_view where, std::string_view role, Problems& problems);
// Both of these.
void starts_and_alternates(const json::Value& list, std::string_view where, std::string_view role,
                           std::string_view first, Problems& problems);

// Definitions of tools in OpenAI's shape; `complete` wants description and parameters too.
void tools(const json::Value& list, std::string_view where, bool complete, Problems& problems);

}  // namespace gleaner::dataset::check

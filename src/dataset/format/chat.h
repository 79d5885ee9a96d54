// What the formats share: an example read as a chat without the differences between those who recorded it, what keeps a
// chat out of a format, and the shapes in which many write its messages.
//
// Reading changes this: several text parts become one text, joined by line ends; developer is a kind of system; the
// old function_call and function messages become tool calls and results; arguments become JSON text; calls without an
// id get one; a message without text, parts and calls is dropped, but for a tool's result; members that belong to no
// message of a chat are dropped.
//
// Thread contract: pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dataset/example.h"

namespace gleaner::dataset::chat {

enum class Role { kSystem, kUser, kAssistant, kTool };
std::string_view role_name(Role role);

struct Call {
  std::string id;
  std::string name;
  std::string arguments;  // as they were written, or as JSON
  // The same without white space, if they are a JSON object; else empty. Filled in by fits(), unless the format carries
  // any arguments.
  std::string object;
};

struct Message {
  Role role = Role::kUser;
  bool developer = false;  // a system message in OpenAI's newer words
  std::string text;
  json::Value parts;  // the content, where it holds more than text; else null
  std::vector<Call> calls;
  std::string call_id;  // of a result
  std::string name;     // of a result the function; of others who speaks
  bool has_weight = false;
  bool trained = true;  // false for an assistant message with weight 0
};
using Messages = std::vector<Message>;

struct Chat {
  Messages prompt;
  Messages answer;
  Messages rejected;  // of a preference
  json::Value tools;  // array of {"type":"function","function":{...}}, or null

  bool has_tools() const { return !tools.is_null(); }
  // The prompt and the answer behind it. Leaves both empty.
  Messages take_conversation();
};

// False, with the `reason`, for what no format can carry: an answer of nothing, no user, a call in the midst without
// its result, a result without its call, a tool that is no function. Errors: kDataLoss.
Result<bool> read(const Example& example, Chat& chat, std::string& reason);

// What a format can carry.
struct Carries {
  bool tools = false;           // calls, results and definitions; false drops the definitions of tools nobody calls
  bool parts = false;           // images and the like, as OpenAI's content parts, in messages of the user
  bool weights = false;         // which turns are not to be learned
  bool learns_prompt = true;    // the assistant's turns in the prompt are learned too, and so their weights count
  bool turns = true;            // more than one user message and one answer
  bool any_arguments = false;   // arguments of calls that are no JSON object
  bool text_with_calls = true;  // text and calls in one message
  bool system = true;           // a system prompt
};
// Whether the format can carry the chat, or the `reason` why not.
bool fits(Chat& chat, const Carries& carries, std::string& reason);
// Both: read, and whether it fits.
Result<bool> load(const Example& example, const Carries& carries, Chat& chat, std::string& reason);

// Whether a prompt ends where an answer may start, or the `reason`.
bool awaits_answer(const Messages& prompt, std::string& reason);

// Whether the answer of the chat (and the one rejected) is one message, or the `reason`.
bool one_message_each(const Chat& chat, std::string& reason);

// The definitions as a JSON array of {"name","description","parameters"}, each with all three and with "properties" in
// its parameters: some trainers look into them without asking.
json::Value bare_tools(const json::Value& tools);

// Takes the system messages off the front and joins them by an empty line. False if there is one further on.
bool take_system(Messages& messages, std::string& system, std::string& reason);

// Joins neighbours who are on the same side, user and tool against assistant, by an empty line, so that sides
// alternate. False where that would lose something: neighbours are of unlike kinds or weights. Messages of system stand
// for themselves, and neighbours of them are joined too.
bool alternate(Messages& messages, std::string& reason);

// Whether the first message that is not of system is the user's, or the `reason`.
bool user_first(const Messages& messages, std::string& reason);

// How a message is written: what OpenAI's words differ in.
struct Style {
  enum class Arguments { kText, kObject };
  Arguments arguments = Arguments::kText;
  bool developer = false;  // keep that role
  bool call_ids = true;
  bool result_names = true;        // the function's name in a result
  bool names = false;              // who speaks
  std::string_view weight = {};    // member that says whether an assistant's turn is learned: as 0 or 1 ...
  bool weight_is_boolean = false;  // ... or as a boolean
};
void write(json::Writer& out, const Message& message, const Style& style);
void write(json::Writer& out, const Messages& messages, const Style& style);

// What the roles of an example are, as far as it needs no parser: every message is {"role","content"} (in either
// order), its role system, developer, user or assistant, its content a text that is not empty. What is not like that
// only looks different: `simple` is false then.
struct Outline {
  bool simple = false;
  bool user = false;       // somewhere in the prompt
  bool developer = false;  // somewhere
  bool alternates = true;  // no two neighbours have the same role
  Role prompt_end = Role::kSystem;
};
Outline outline(const Example& example);

// Whether a trainer takes the name of a function.
bool good_name(std::string_view name);

// Appends the messages of an example as one array in OpenAI's style (developer, no names in results), if that takes no
// parser: texts, calls and their results in the usual shapes, all escapes in their normal form. Else false, and nothing
// is appended. Strings are not checked: an ExampleBuilder's have been.
bool append_usual(const Example& example, std::string& out);

// {"messages":[...],"tools":[...]}: what the formats have in common that OpenAI's spread to. Examples of nothing but
// texts are passed on without a parser.
struct MessagesLine {
  Carries carries;
  Style style;
  bool tools_as_text = false;  // "tools" is a string that holds the JSON
  bool usual = false;          // the style is OpenAI's: append_usual() may be tried
};
Result<bool> append_messages(const Example& example, const MessagesLine& line, std::string& out, std::string& reason);

// The definitions of an example's tools as `read` gives them: null without any. False with the `reason` if they are no
// functions. Errors: kDataLoss.
Result<bool> read_tools(std::string_view text, json::Value& tools, std::string& reason);

}  // namespace gleaner::dataset::chat

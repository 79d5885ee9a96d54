// What the shapes share: a record in the making, and the pieces it is made of. For the files of this folder only.
//
// Thread contract: a Draft belongs to one thread; the functions are safe from any thread.
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/import/importer.h"

namespace gleaner::gateway {

using Records = std::vector<Record>;
using Names = std::initializer_list<std::string_view>;
using Kind = json::Value::Kind;

// A record made of one element of a file. A user_id is the record's, wherever in the element it stands, because there
// it becomes a pseudonym. What else the shape does not use of the element becomes metadata; what is null is taken as
// absent. Errors of the decoder are told in the element's words: "execution_time_ms: ...", not "latency_ms:
// ...".
class Draft {
 public:
  // `element` must outlive the draft. Errors: it is no object.
  static Result<Draft> of(const json::Value& element);

  // From here on the members of the object `name` count as members of the element; behind its own, where names are the
  // same. Errors: it is there and no object.
  Status open(std::string_view name);

  // The first of these names that is there, or null. It will not become metadata.
  const json::Value* use(Names names);
  // The same. Errors: it is not of that kind.
  Result<const json::Value*> use(Names names, Kind kind);
  // Never null. Errors: it is missing, or not of that kind.
  Result<const json::Value*> need(Names names, Kind kind);
  // As use(), without making it used.
  const json::Value* peek(std::string_view name) const;

  // use(), and the record's field is that.
  void take(Names names, std::string_view field);
  // `origin`: where the value stands in the element, for errors.
  void set(std::string_view field, json::Value value, std::string origin = {});
  // Adds to the metadata.
  void note(std::string_view name, json::Value value);

  // Gives the interaction its id: the first of `names` that is a text, else one made of the element. A number is not
  // taken for an id: in these files it counts the rows, and every file counts from 1.
  const std::string& identify(Names names = {});

  Result<Record> interaction(record::Decoder& decoder);
  Result<Record> signal(record::Decoder& decoder);

 private:
  struct Layer {
    std::string prefix;
    const json::Value* object;
  };
  struct Found {
    const json::Value* value = nullptr;
    std::string path;
  };

  explicit Draft(const json::Value& element) : element_(&element), layers_{{"", &element}} {}
  Found use_first(Names names);
  void mark(std::string_view name);
  bool is_used(const json::Value& value) const;
  void finish();
  Error in_words_of_source(Error error) const;

  const json::Value* element_;
  std::vector<Layer> layers_;
  std::vector<const json::Value*> used_;
  json::Value fields_ = json::Value::object();
  json::Value metadata_ = json::Value::object();
  std::set<std::string> metadata_names_;
  std::map<std::string, std::string, std::less<>> origins_;
  std::string id_;
};

// The first of the members with these names that is not null, or null.
const json::Value* first_of(const json::Value& object, Names names);

Result<Records> one(Result<Record> record);
// The interaction of `draft` and, unless it is null, that signal. Errors of the signal are told as those of `path`.
Result<Records> with_signal(Draft& draft, const json::Value& signal, std::string_view path, record::Decoder& decoder);

std::unexpected<Error> wrong(std::string_view path, std::string_view expected, const json::Value& got);

json::Value text_value(std::string_view text);
json::Value message(std::string_view role, std::string_view content);

// The last message of the assistant is the output, what stands before it the input. What stands behind it teaches
// nothing and goes to metadata.after_output. `origin`: where the messages stand in the element, for errors.
void set_conversation(Draft& draft, std::vector<json::Value> messages, const std::string& origin);

// The thumb that a value says: positive, thumbs_up, up, true, 1, or the opposite of one of them. Empty for "".
Result<std::string_view> read_thumb(std::string_view path, const json::Value& feedback);

// The fields of a signal, with an id made of all three arguments.
json::Value signal_on(const std::string& interaction_id, std::string_view kind, std::string_view identity = {});

}  // namespace gleaner::gateway

// What the APIs' shapes are read into: a request becomes a Question, a response an Answer, and a stream of events first
// the response that would have come without streaming. A new API is an operation, one reader for each of the three,
// and a row in recorder.cc.
//
// For the files of this folder and its parts. Plain values; the functions are pure, safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace gleaner::gateway::exchange {

struct Question {
  std::vector<json::Value> messages;
  size_t instructions = 0;  // of the messages in front: those that stood in `instructions`
  json::Value tools = json::Value::array();
  json::Value parameters = json::Value::object();
  std::string model;
  std::string user_id;
  std::string session_id;
  std::string previous_response_id;
  std::string conversation_id;
  json::Value metadata = json::Value::object();  // the client's own
  json::Value facts = json::Value::object();     // what the reader has to say, for metadata
};

struct Answer {
  std::vector<json::Value> outputs;  // one for each choice
  json::Value finish_reasons = json::Value::array();
  json::Value usage = json::Value::object();  // OpenAI's names
  std::string model;
  std::string id;
  json::Value error;                          // an object, or null
  json::Value facts = json::Value::object();  // for metadata
};

// What is left of a request: model, who asks, metadata, parameters. Secrets and what is long are left out.
void read_common(json::Value body, Question& question);
// Tool definitions without the credentials that some have.
json::Value safe_tool(json::Value tool);
// Usage in whatever spelling, in OpenAI's.
json::Value read_usage(const json::Value& usage);
// The provider's error in a body: an object, or null if there is none.
json::Value read_error(const json::Value& body);

// Puts an answer together from the events of a stream.
class Assembler {
 public:
  // `max_bytes`: of what is kept.
  explicit Assembler(size_t max_bytes) : left_(max_bytes) {}
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;
  virtual ~Assembler() = default;

  // One event. 64 bytes behind `data` must be readable.
  virtual void take(std::string_view type, std::string_view data) = 0;
  // The response as it would have come without streaming, as far as it came; with a member `error` if an event said so.
  virtual json::Value body() = 0;

  bool saw_content() const { return saw_content_; }
  bool saw_end() const { return saw_end_; }
  bool overflowed() const { return overflowed_; }

 protected:
  // Whether that many bytes more may be kept.
  bool keep(size_t bytes) {
    if (overflowed_ || bytes > left_) {
      overflowed_ = true;
      return false;
    }
    left_ -= bytes;
    return true;
  }
  void note_content() { saw_content_ = true; }
  void note_end() { saw_end_ = true; }

 private:
  size_t left_;
  bool saw_content_ = false;
  bool saw_end_ = false;
  bool overflowed_ = false;
};

}  // namespace gleaner::gateway::exchange

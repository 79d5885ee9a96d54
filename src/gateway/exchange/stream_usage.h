// Chat completions and completions tell the usage of a stream only to who asks for it. A proxy that wants to know asks
// in the client's stead, and takes the answer back out for a client that did not: clients that read choices[0] of every
// chunk would stumble over the one without choices.
//
// Thread contract: functions are safe from any thread; a UsageFilter belongs to one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/exchange/recorder.h"

namespace gleaner::gateway::exchange {

enum class UsageWish {
  kAsked,          // stream_options.include_usage is true
  kNotAsked,       // a stream without it
  kNotApplicable,  // no stream, another API, or nothing that could be read
};
UsageWish usage_wish(Operation operation, std::string_view body);

// The body with stream_options.include_usage true, every other byte as it was. Nothing where usage_wish() is not
// kNotAsked.
std::optional<std::string> with_usage_asked(Operation operation, std::string_view body);

// Passes an event stream on, byte for byte, without the chunk that has an empty array of choices and a usage. Of
// a body without content-encoding.
class UsageFilter {
 public:
  // Appends what may be passed on. An event waits until it is whole, which takes no time of a client's, who can do
  // nothing with a part of one; what is longer than kMaxHeld bytes does not wait.
  void filter(std::string_view piece, std::string& out);
  // What is still held, at the end of the stream.
  void finish(std::string& out);

  static constexpr size_t kMaxHeld = size_t{16} << 10;

 private:
  void add(std::string_view bytes, std::string& out);
  void end_event(std::string& out);

  std::string held_;        // the event so far
  bool passing_ = false;    // the event is too long to be that chunk
  bool between_ = false;    // an event has ended, and no other has begun
  bool dropped_ = false;    // the event that has ended
  bool line_empty_ = true;  // so far
  bool after_cr_ = false;
};

}  // namespace gleaner::gateway::exchange

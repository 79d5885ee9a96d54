// Takes the content-encoding off a body as it arrives: gzip, deflate, br, zstd, and several of them one upon the other.
// Bounded: output is handed out piece by piece, and no window is larger than the encodings' usual ones.
//
// Thread contract: a ContentDecoder belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gleaner::gateway::exchange {

class ContentDecoder {
 public:
  // `content_encoding`: the header's value; empty and "identity" pass everything through. `max_bytes`: of output, in
  // all. Errors: kInvalidArgument for an encoding that is not known.
  static Result<ContentDecoder> make(std::string_view content_encoding, size_t max_bytes);

  ContentDecoder(ContentDecoder&&) noexcept;
  ContentDecoder& operator=(ContentDecoder&&) noexcept;
  ~ContentDecoder();

  bool passes_through() const { return stages_.empty(); }

  // Appends what `piece` decodes to. Errors: kInvalidArgument when the body is damaged, kTooLarge over the limit; every
  // later call then fails.
  Status decode(std::string_view piece, std::string& out);

  // One encoding. For content_decoder.cc.
  class Stage;

 private:
  ContentDecoder();
  Status run(size_t stage, std::string_view piece, std::string& out);

  std::vector<std::unique_ptr<Stage>> stages_;
  size_t left_ = 0;
  bool failed_ = false;
};

}  // namespace gleaner::gateway::exchange

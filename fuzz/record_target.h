// The promises of record::Decoder, the same for both record types.
#pragma once

#include <array>
#include <string>

#include "record/codec.h"
#include "target.h"

namespace gleaner::fuzz {

template <typename Record>
std::string encoded(const Record& record) {
  std::string out;
  record::encode(record, out);
  return out;
}

// What decoding gave, as text that can be compared. Only which error it is may depend on what stands behind a text.
template <typename Record>
std::string outcome(const Result<Record>& decoded) {
  return decoded ? encoded(*decoded) : "refused";
}

template <typename Record>
using DecodeMethod = Result<Record> (record::Decoder::*)(std::string_view);

template <typename Record>
void check_decoding(std::string_view text, DecodeMethod<Record> decode, DecodeMethod<Record> decode_padded) {
  record::Decoder decoder;
  const Result<Record> decoded = (decoder.*decode)(text);

  for (const char behind : std::array{'\0', '"', '}'}) {
    std::string padded(text);
    padded.append(record::Decoder::kReadableBehind, behind);
    const Result<Record> same = (decoder.*decode_padded)(std::string_view(padded).substr(0, text.size()));
    require(outcome(same) == outcome(decoded), "what stands behind the text does not matter");
  }

  if (!decoded) {
    const Code code = decoded.error().code;
    require(code == Code::kInvalidArgument || code == Code::kTooLarge, "a bad record is the sender's mistake");
    require(!decoded.error().message.empty(), "the error says why");
    return;
  }
  const std::string written = encoded(*decoded);
  require(written.find('\n') == std::string::npos, "a record is one line");
  const Result<Record> again = (decoder.*decode)(written);
  require(again.has_value(), "what was written can be read");
  require(encoded(*again) == written, "reading and writing change nothing more");
}

}  // namespace gleaner::fuzz

// enrich::detect_language on any bytes.
#include <algorithm>
#include <string>

#include "enrich/language.h"
#include "target.h"

using gleaner::fuzz::require;
namespace enrich = gleaner::enrich;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  const enrich::Language language = enrich::detect_language(text);
  require(language.confidence >= 0 && language.confidence <= 1, "confidence is a probability");
  const auto known = enrich::detectable_languages();
  require(language.code.empty() || std::ranges::find(known, language.code) != known.end(),
          "the code is one of those listed");
  require(enrich::detect_language(text).code == language.code, "the same text gives the same answer");
  return 0;
}

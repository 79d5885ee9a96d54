// privacy::Redactor on any text: what it finds is in order, what it leaves is clean, and JSON stays JSON.
#include "base/json.h"
#include "privacy/record_redaction.h"
#include "privacy/redactor.h"
#include "target.h"

using gleaner::fuzz::require;
namespace json = gleaner::json;
namespace privacy = gleaner::privacy;

namespace {

const gleaner::Secret kSecret("0123456789abcdef0123456789abcdef");

privacy::KindSet all_kinds() {
  privacy::KindSet set;
  for (const privacy::KindInfo& kind : privacy::kinds()) set.add(kind.kind);
  return set;
}

void check_text(const privacy::RedactionPolicy& policy, std::string_view text) {
  privacy::Redactor redactor(policy, kSecret);
  size_t done = 0;
  for (const privacy::Finding& one : redactor.find(text)) {
    require(done <= one.begin && one.begin < one.end && one.end <= text.size(), "findings are in order");
    done = one.end;
  }
  std::string once(text);
  redactor.text(once);
  std::string twice = once;
  require(!privacy::Redactor(policy, kSecret).text(twice) && twice == once, "redacting again changes nothing");
}

void check_json(const privacy::RedactionPolicy& policy, std::string json) {
  require(privacy::Redactor(policy, kSecret).json(json).has_value(), "checked JSON can be redacted");
  require(json::parse(json).has_value(), "JSON stays JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  for (const bool keyed : {false, true}) {
    check_text({privacy::default_kinds(), keyed}, text);
    if (const auto json = json::compact(text)) check_json({all_kinds(), keyed}, *json);
  }
  privacy::redact_unread({all_kinds(), false}, kSecret, text);
  return 0;
}

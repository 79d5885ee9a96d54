// Puts placeholders where personal data and secrets stood: "[EMAIL]", or with a keyed policy "[EMAIL_3f2a]", where the
// same value gives the same digits everywhere in one project, and a different project's key gives different ones. What
// was redacted does not change when it is redacted again.
//
// JSON is read string by string, without its escapes, and stays valid; strings that hold JSON themselves (the arguments
// of a tool call) are read the same way, eight levels deep. Names of members are redacted too, always keyed, so that
// two of them do not become one. A number that is a finding becomes a string.
//
// Thread contract: a Redactor belongs to one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "privacy/detect/detector.h"
#include "privacy/kind.h"

namespace gleaner::privacy {

struct RedactionPolicy {
  KindSet kinds;
  bool keyed = false;
  friend bool operator==(const RedactionPolicy&, const RedactionPolicy&) = default;
};

// All kinds but names and street addresses, which are found by dictionary and context and so with errors.
KindSet default_kinds();

// A comma-separated list of kinds, "all", "default" or "none", read from left to right; "-" in front takes away:
// "default,name,-ip". A list that begins with "-" begins with default. Errors: kInvalidArgument.
Result<KindSet> parse_kinds(std::string_view list);

class Redactor {
 public:
  // `secret` must outlive the redactor.
  Redactor(RedactionPolicy policy, const Secret& secret);

  // Text in which JSON's escapes of ASCII stand ("\u0040") is read without them.
  // Both replace in place and say whether anything was found. `key` is the member whose value it is, or empty.
  bool text(std::string& text, std::string_view key = {});
  // `json` must be checked JSON without white space. Errors: kInternal if it is not.
  Result<bool> json(std::string& json, std::string_view key = {});

  // What text() would replace, in order.
  std::vector<Finding> find(std::string_view text, std::string_view key = {}) const;

  // What was replaced since the redactor was made.
  const KindCounts& counts() const { return counts_; }
  // Counts what another redactor has found.
  void add(const KindCounts& counts);
  uint32_t total() const;

 private:
  enum class Style { kTyped, kKeyed, kLongKeyed };  // "[EMAIL]", with four digits, with eight

  void look(std::string_view text, std::string_view key, std::vector<Finding>& findings) const;
  bool replace(std::string_view text, std::string_view key, Style style, std::string& out);
  void append_placeholder(Kind kind, std::string_view value, Style style, std::string& out) const;

  RedactionPolicy policy_;
  const Secret& secret_;
  KindCounts counts_{};
  std::vector<Finding> findings_;
};

}  // namespace gleaner::privacy

// Reads the XML that S3 servers answer with into a small tree. It comes from outside: size, depth and number of
// elements are bounded, a DOCTYPE is refused, and there are no entities but the five of XML and character references.
// Attributes and namespace prefixes are passed over.
//
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gleaner::object {

inline constexpr size_t kMaxXmlBytes = size_t{8} << 20;
inline constexpr size_t kMaxXmlElements = 50'000;
inline constexpr int kMaxXmlDepth = 16;

struct XmlElement {
  std::string name;
  std::string text;  // all of its own, decoded; white space as it stands
  std::vector<XmlElement> children;

  // The first child of that name, or null.
  const XmlElement* find(std::string_view child) const;
  // Its text; empty if there is none.
  std::string_view text_of(std::string_view child) const;
};

// The root element. Errors: kInvalidArgument, with the byte where it went wrong and nothing of the text.
Result<XmlElement> parse_xml(std::string_view text);

// `text` as the content of an element.
std::string escape_xml(std::string_view text);

}  // namespace gleaner::object

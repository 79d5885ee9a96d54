#include "object/s3/xml.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace gleaner::object {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool is_name_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}

void append_utf8(std::string& out, uint32_t code) {
  const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<XmlElement> document() {
    if (text_.size() > kMaxXmlBytes) return wrong("too long");
    if (rest().starts_with("\xef\xbb\xbf")) at_ += 3;
    TRY(skip_between());
    XmlElement root;
    TRY(element(root, 1));
    TRY(skip_between());
    if (at_ != text_.size()) return wrong("text behind the end");
    return root;
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  bool take(std::string_view token) {
    if (!rest().starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void skip_space() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(Code::kInvalidArgument, fmt::format("not XML that S3 answers with: {} at byte {}", what, at_));
  }

  Status skip_past(std::string_view end) {
    const size_t found = text_.find(end, at_);
    if (found == std::string_view::npos) return wrong("no end of what began");
    at_ = found + end.size();
    return {};
  }

  // White space, comments and instructions outside of the root.
  Status skip_between() {
    while (true) {
      skip_space();
      if (take("<!--")) {
        TRY(skip_past("-->"));
      } else if (take("<?")) {
        TRY(skip_past("?>"));
      } else {
        return {};
      }
    }
  }

  Result<std::string_view> name() {
    const size_t begin = at_;
    while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    const std::string_view whole = text_.substr(begin, at_ - begin);
    if (whole.empty()) return wrong("no name");
    return whole;
  }

  // True when the element ends with its start tag.
  Result<bool> attributes() {
    while (true) {
      skip_space();
      if (take("/>")) return true;
      if (take(">")) return false;
      TRY(name());
      skip_space();
      if (!take("=")) return wrong("an attribute without a value");
      skip_space();
      if (take("\"")) {
        TRY(skip_past("\""));
      } else if (take("'")) {
        TRY(skip_past("'"));
      } else {
        return wrong("an attribute without quotes");
      }
    }
  }

  Status reference(std::string& out) {
    const size_t end = rest().substr(0, 12).find(';');
    if (end == std::string_view::npos) return wrong("a reference without an end");
    std::string_view name = rest().substr(0, end);
    constexpr std::pair<std::string_view, char> kNamed[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    const auto* const named = std::ranges::find(kNamed, name, &std::pair<std::string_view, char>::first);
    if (named != std::end(kNamed)) {
      out += named->second;
    } else {
      const bool hex = name.starts_with("#x");
      if (!name.starts_with('#')) return wrong("an unknown entity");
      name.remove_prefix(hex ? 2 : 1);
      uint32_t code = 0;
      const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
      const bool whole = error == std::errc() && stop == name.data() + name.size();
      if (!whole || code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return wrong("no such character");
      append_utf8(out, code);
    }
    at_ += end + 1;
    return {};
  }

  // Where the "<" of an element stands.
  Status element(XmlElement& out, int depth) {
    if (depth > kMaxXmlDepth) return wrong("too deep");
    if (++elements_ > kMaxXmlElements) return wrong("too many elements");
    if (!take("<")) return wrong("no element");
    TRY_ASSIGN(const std::string_view tag, name());
    out.name = tag.substr(tag.rfind(':') + 1);
    if (out.name.empty()) return wrong("no name");
    TRY_ASSIGN(const bool ended, attributes());
    if (ended) return {};
    TRY(content(out, depth));
    TRY_ASSIGN(const std::string_view end, name());
    if (end != tag) return wrong("an end of another element");
    skip_space();
    if (!take(">")) return wrong("no end of a tag");
    return {};
  }

  // Up to and with the "</" of its end.
  Status content(XmlElement& out, int depth) {
    while (true) {
      const size_t next = text_.find_first_of("<&", at_);
      if (next == std::string_view::npos) return wrong("an element without an end");
      out.text += text_.substr(at_, next - at_);
      at_ = next;
      if (take("</")) return {};
      if (take("&")) {
        TRY(reference(out.text));
      } else if (take("<!--")) {
        TRY(skip_past("-->"));
      } else if (take("<![CDATA[")) {
        const size_t begin = at_;
        TRY(skip_past("]]>"));
        out.text += text_.substr(begin, at_ - begin - 3);
      } else if (take("<?")) {
        TRY(skip_past("?>"));
      } else {
        TRY(element(out.children.emplace_back(), depth + 1));
      }
    }
  }

  const std::string_view text_;
  size_t at_ = 0;
  size_t elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
  const auto found = std::ranges::find(children, child, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view child) const {
  const XmlElement* const found = find(child);
  return found == nullptr ? std::string_view() : found->text;
}

Result<XmlElement> parse_xml(std::string_view text) {
  return Parser(text).document();
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace gleaner::object

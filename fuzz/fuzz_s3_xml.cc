// What S3 servers answer: the XML parser, and what is taken out of lists and of dates.
#include "object/s3/answer.h"
#include "object/s3/xml.h"
#include "target.h"

using gleaner::fuzz::require;
namespace object = gleaner::object;

namespace {

size_t count(const object::XmlElement& element, int depth) {
  require(depth <= object::kMaxXmlDepth, "depth is bounded");
  require(!element.name.empty(), "every element has a name");
  size_t all = 1;
  for (const auto& child : element.children) all += count(child, depth + 1);
  return all;
}

// Written again and read back, it is the same.
std::string write(const object::XmlElement& element) {
  std::string out = "<" + element.name + ">" + object::escape_xml(element.text);
  for (const auto& child : element.children) out += write(child);
  return out + "</" + element.name + ">";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  const auto root = object::parse_xml(text);
  if (root) {
    require(count(*root, 1) <= object::kMaxXmlElements, "the number of elements is bounded");
    const std::string written = write(*root);
    const auto back = object::parse_xml(written);
    require(back && write(*back) == written, "what was read can be written and read again");
  } else {
    require(root.error().code == gleaner::Code::kInvalidArgument, "a refusal is of one kind");
  }
  if (const auto page = object::parse_page(text)) {
    for (const auto& info : page->objects) require(object::check_key(info.key).has_value(), "listed keys are good");
    require(!page->more || !page->last_key.empty(), "a page that is not the last can be followed");
  }
  (void)object::parse_versions(text);
  (void)object::parse_uploads(text);
  (void)object::required_text(text, "UploadId");
  (void)object::parse_http_date(text);
  require(object::etag_of(text).find('"') == std::string::npos, "an ETag can be put into quotes");
  return 0;
}

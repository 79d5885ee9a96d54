#include "object/s3/xml.h"

#include <gmock/gmock.h>

namespace gleaner::object {
namespace {

using testing::HasSubstr;

std::string reason(std::string_view text) {
  const auto root = parse_xml(text);
  if (root) return "";
  EXPECT_EQ(root.error().code, Code::kInvalidArgument);
  return root.error().message;
}

TEST(XmlTest, ReadsAnAnswer) {
  const auto root = parse_xml(
      "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a <b> -->\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix/>\n"
      "<Contents a='>' ><Key>a&amp;b &lt;&#228;&#x65E5;&quot;&apos;&gt;</Key ><Size>5</Size></Contents>"
      "<x:Contents><Key>x<![CDATA[<&]]>y<!-- no -->z</Key></x:Contents></ListBucketResult>\n");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->name, "ListBucketResult");
  EXPECT_EQ(root->text_of("Name"), "b");
  EXPECT_NE(root->find("Prefix"), nullptr);
  EXPECT_EQ(root->find("Absent"), nullptr);
  ASSERT_EQ(root->children.size(), 4);
  EXPECT_EQ(root->children[2].text_of("Key"), "a&b <\xc3\xa4\xe6\x97\xa5\"'>");
  EXPECT_EQ(root->children[2].text_of("Size"), "5");
  EXPECT_EQ(root->children[3].name, "Contents");
  EXPECT_EQ(root->children[3].text_of("Key"), "x<&yz");
}

TEST(XmlTest, RefusesWhatIsNotXml) {
  for (const char* text : {"",
                           "text",
                           "<a>",
                           "<a",
                           "<a></b>",
                           "<a/>x",
                           "<a/><b/>",
                           "<a b></a>",
                           "<a b=c/>",
                           "<a b=\"></a>",
                           "<a>&x;</a>",
                           "<a>&lt</a>",
                           "<a>&#0;</a>",
                           "<a>&#xD800;</a>",
                           "<a>&#x110000;</a>",
                           "<a>&#;</a>",
                           "<a>&#x;</a>",
                           "<a>&#-1;</a>",
                           "<a><!-- </a>",
                           "<a><![CDATA[</a>",
                           "<!DOCTYPE a><a/>",
                           "<a><!DOCTYPE b></a>",
                           "<>",
                           "</a>",
                           "<?x",
                           "<a></a",
                           "<x:/>"}) {
    EXPECT_NE(reason(text), "") << text;
  }
}

TEST(XmlTest, IsBounded) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<a>";
    for (int i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  EXPECT_EQ(reason(nested(kMaxXmlDepth)), "");
  EXPECT_THAT(reason(nested(kMaxXmlDepth + 1)), HasSubstr("too deep"));
  const auto wide = [](size_t count) {
    std::string text = "<a>";
    for (size_t i = 1; i < count; ++i) text += "<b/>";
    return text + "</a>";
  };
  EXPECT_EQ(reason(wide(kMaxXmlElements)), "");
  EXPECT_THAT(reason(wide(kMaxXmlElements + 1)), HasSubstr("too many"));
  EXPECT_THAT(reason(std::string(kMaxXmlBytes + 1, ' ')), HasSubstr("too long"));
}

TEST(XmlTest, EscapedTextReadsBack) {
  const std::string text = "a<b>&\"'c";
  EXPECT_EQ(parse_xml("<a>" + escape_xml(text) + "</a>").value().text, text);
}

}  // namespace
}  // namespace gleaner::object

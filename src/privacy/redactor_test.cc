#include "privacy/redactor.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/json.h"
#include "privacy/place.h"
#include "privacy/pseudonym.h"
#include "privacy/record_redaction.h"
#include "record/codec.h"

namespace gleaner::privacy {
namespace {

const Secret kSecret("0123456789abcdef0123456789abcdef");

std::string json(std::string text, bool keyed = false) {
  Redactor redactor({default_kinds(), keyed}, kSecret);
  EXPECT_TRUE(redactor.json(text));
  EXPECT_TRUE(json::parse(text)) << text;
  return text;
}

TEST(Redactor, ReadsStringsWithoutTheirEscapes) {
  EXPECT_EQ(json(R"({"a":"x\nann@example.com\ty"})"), R"({"a":"x\n[EMAIL]\ty"})");
  EXPECT_EQ(json(R"({"a":"ann\u0040example.com"})"), R"({"a":"[EMAIL]"})");
  EXPECT_EQ(json(R"(["\ud83d\ude00 ann@example.com \"q\""])"), R"(["😀 [EMAIL] \"q\""])");
}

TEST(Redactor, LeavesWhatNeedsNoChangeAsItWasWritten) {
  const std::string text = R"({"a":"caf\u00e9","b":[1.50,true,null,{"c":""}],"d":12345678901})";
  EXPECT_EQ(json(text), text);
}

TEST(Redactor, ReadsJsonInStrings) {
  EXPECT_EQ(json(R"({"arguments":"{\"to\": \"ann@example.com\", \"text\": \"hi\\nbob@example.com\"}"})"),
            R"({"arguments":"{\"to\":\"[EMAIL]\",\"text\":\"hi\\n[EMAIL]\"}"})");
  const std::string untouched = R"({"arguments":"{ \"n\": 1 }"})";
  EXPECT_EQ(json(untouched), untouched);
}

TEST(Redactor, TheNameOfAMemberIsContext) {
  EXPECT_EQ(json(R"({"password":"hunter2","note":"hunter2"})"), R"({"password":"[PASSWORD]","note":"hunter2"})");
  // ... of its own members only.
  EXPECT_EQ(json(R"({"list":[{"password":"hunter2"},"hunter2"]})"),
            R"({"list":[{"password":"[PASSWORD]"},"hunter2"]})");
}

TEST(Redactor, NamesOfMembersAreRedactedAndStayDifferent) {
  const std::string out = json(R"({"ann@example.com":1,"bob@example.com":2})");
  const auto value = json::parse(out);
  ASSERT_EQ(value->members().size(), 2U);
  EXPECT_TRUE(value->members()[0].first.starts_with("[EMAIL_"));
  EXPECT_NE(value->members()[0].first, value->members()[1].first);
}

TEST(Redactor, ANumberThatIsFoundBecomesAString) {
  EXPECT_EQ(json(R"({"card":4111111111111111,"n":1700000000000})"), R"({"card":"[CARD]","n":1700000000000})");
}

TEST(Redactor, KeyedPlaceholdersTellValuesApart) {
  const std::string out = json(R"(["ann@example.com","ANN@example.com","bob@example.com"])", true);
  const auto value = json::parse(out);
  EXPECT_EQ(value->items()[0].text(), value->items()[1].text());
  EXPECT_NE(value->items()[0].text(), value->items()[2].text());
  EXPECT_EQ(value->items()[0].text().size(), std::string("[EMAIL_3f2a]").size());
  std::string other = "ann@example.com";
  const Secret secret("another project's secret");
  Redactor({default_kinds(), true}, secret).text(other);
  EXPECT_NE(other, value->items()[0].text());
}

TEST(Redactor, KindsCanBeChosen) {
  EXPECT_TRUE(parse_kinds("default,-ip")->has(Kind::kEmail));
  EXPECT_FALSE(parse_kinds("default,-ip")->has(Kind::kIpAddress));
  EXPECT_TRUE(parse_kinds("all")->has(Kind::kName));
  EXPECT_EQ(*parse_kinds("none"), KindSet());
  EXPECT_FALSE(parse_kinds("emails"));
  const auto kinds = parse_kinds("none, card");
  Redactor redactor({*kinds, false}, kSecret);
  std::string text = "ann@example.com 4111111111111111";
  EXPECT_TRUE(redactor.text(text));
  EXPECT_EQ(text, "ann@example.com [CARD]");
  EXPECT_EQ(redactor.total(), 1U);
}

TEST(RecordRedaction, ReachesEveryField) {
  auto interaction = record::Decoder().interaction(R"({
    "id":"a","session_id":"ann@example.com","platform":"p","messages":[{"role":"user","content":[
      {"type":"text","text":"ann@example.com"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":
      "function","function":{"name":"f","arguments":"{\"to\":\"ann@example.com\"}"}}]}],
    "output":"ann@example.com","tools":[{"d":"ann@example.com"}],"artifact":{"deep":[["ann@example.com"]]},
    "items":[{"id":"i","t":"ann@example.com"}],"trajectory":[{"observation":"ann@example.com"}],
    "source":{"url":"https://x.org/?m=ann@example.com"},"parameters":{"user":"ann@example.com"},
    "error":"ann@example.com","tags":["ann@example.com"],"intent":"ann@example.com","metadata":{"k":"ann@example.com"}})");
  ASSERT_TRUE(interaction) << interaction.error().message;
  ASSERT_TRUE(redact({default_kinds(), false}, kSecret, *interaction));
  std::string out;
  record::encode(*interaction, out);
  EXPECT_EQ(out.find("ann"), std::string::npos) << out;
  EXPECT_TRUE(interaction->session_id.starts_with("i_"));
  EXPECT_EQ(interaction->redactions.text, R"({"email":13})");
}

TEST(RecordRedaction, UnreadTextIsRedactedToo) {
  const RedactionPolicy policy{default_kinds(), false};
  EXPECT_EQ(redact_unread(policy, kSecret, R"({"user_id": "ann", "x": "ann@example.com")"),
            R"({"user_id": "[USER]", "x": "[EMAIL]")");
  EXPECT_EQ(redact_unread(policy, kSecret, R"({"x": "ann\u0040example.com)"), R"({"x": "[EMAIL])");
  EXPECT_EQ(redact_unread(policy, kSecret, R"({"user_id": "ann)"), R"({"user_id": "[USER])");
  const std::string read = redact_unread(policy, kSecret, R"({"user_id":"ann","role":"ann@example.com"})");
  EXPECT_EQ(read.find("ann"), std::string::npos);
}

TEST(RecordRedaction, WhatStandsBehindAUserIdGoesWhole) {
  const auto unread = [](std::string_view text) {
    return redact_unread({default_kinds(), false}, kSecret, text, {true, true});
  };
  EXPECT_EQ(unread(R"({"user_id":"Smith, Johnny","x":1)"), R"({"user_id":"[USER]","x":1)");
  EXPECT_EQ(unread(R"({"user_id":"O'Brien","x":1)"), R"({"user_id":"[USER]","x":1)");
  EXPECT_EQ(unread(R"({"user_id":"a\"b\\","x":1)"), R"({"user_id":"[USER]","x":1)");
  EXPECT_EQ(unread(R"({"user\u005fid":"ann","x":1)"), R"({"user_id":"[USER]","x":1)");
  EXPECT_EQ(unread(R"({"userId":{"name":"ann}","a":[1]},"x":1)"), R"({"userId":[USER],"x":1)");
  EXPECT_EQ(unread(R"({"x":1,"user_id":["ann","bob")"), R"({"x":1,"user_id":[USER])");
  EXPECT_EQ(unread("{\"user_id\" :\n  \"ann\",\"x\":1"), "{\"user_id\" :\n  \"[USER]\",\"x\":1");
  EXPECT_EQ(unread(R"({"a":"{\"user_id\":\"Ann \\\"A\\\"\",\"n\":1}",)"),
            R"({"a":"{\"user_id\":\"[USER]\",\"n\":1}",)");
  EXPECT_EQ(unread(R"({'user_id': 'O'Brien', 'x': 1})"), R"({'user_id': '[USER]', 'x': 1})");
  EXPECT_EQ(unread(R"({"user_id":42,"user":"ann","role":"user","x":1)"),
            R"({"user_id":[USER],"user":"[USER]","role":"user","x":1)");
  EXPECT_EQ(unread("user_id=DOMAIN\\nancy O'Brien\nx"), "user_id=[USER]\nx");
  EXPECT_EQ(unread(R"({"session_id":"home of ann","x":1)"), R"({"session_id":"[SESSION]","x":1)");
  EXPECT_EQ(unread(R"({"user_id":"[USER]","x":1)"), R"({"user_id":"[USER]","x":1)");
}

TEST(RecordRedaction, UnreadJsonGoesThroughTheStepsOfARecord) {
  const RedactionPolicy policy{default_kinds(), false};
  const std::string text = R"({"session_id": "a", "metadata":{"lat":41.008238,"user":"ann"},"kind":1})";
  EXPECT_EQ(redact_unread(policy, kSecret, text, {true, true}), R"({"session_id":")" + session_pseudonym(kSecret, "a") +
                                                                    R"(","metadata":{"lat":41,"user":")" +
                                                                    pseudonym(kSecret, "ann") + R"("},"kind":1})");
  EXPECT_EQ(redact_unread(policy, kSecret, R"({"session_id":"a","lat":41.008238})"),
            R"({"session_id":"a","lat":41.008238})");
  EXPECT_EQ(redact_unread(policy, kSecret, R"({"id":"import_0123456789abcdef0123456789abcdef"})").find("import"),
            std::string::npos);
}

TEST(RecordRedaction, MessagesStayReadable) {
  const RedactionPolicy policy{default_kinds(), false};
  const std::string message = "user_id: expected a string or number, got an object";
  EXPECT_EQ(redact_message(policy, kSecret, message), message);
  EXPECT_EQ(redact_message(policy, kSecret, "kind: \"ann@example.com\" is none"), "kind: \"[EMAIL]\" is none");
}

TEST(RecordRedaction, CountsAreTheServersOwn) {
  auto signal = record::Decoder().signal(
      R"({"id":"a","interaction_id":"b","kind":"comment","text":"x","redactions":{"note":"ann@example.com"}})");
  ASSERT_TRUE(signal);
  ASSERT_TRUE(redact({default_kinds(), false}, kSecret, *signal));
  EXPECT_TRUE(signal->redactions.empty());
  signal->text = "ann@example.com";
  signal->redactions.text = R"({"email":7})";
  ASSERT_TRUE(redact({default_kinds(), false}, kSecret, *signal));
  EXPECT_EQ(signal->redactions.text, R"({"email":1})");
}

TEST(RecordRedaction, ANumberThatARecordNeedsStays) {
  const auto value = [](std::string_view kind) {
    auto signal = record::Decoder().signal(R"({"id":"a","interaction_id":"b","kind":")" + std::string(kind) +
                                           R"(","value":4111111111111111})");
    EXPECT_TRUE(signal);
    EXPECT_TRUE(redact({default_kinds(), false}, kSecret, *signal));
    return signal->value.text;
  };
  EXPECT_EQ(value("rating"), "4111111111111111");
  EXPECT_EQ(value("score"), "4111111111111111");
  EXPECT_EQ(value("comment"), R"("[CARD]")");
}

TEST(RecordRedaction, NamesStayWithinTheirLimit) {
  record::Interaction interaction;
  interaction.output.text = R"("x")";
  for (int i = 0; i < 14; ++i) interaction.model += "a@b.co é ";
  interaction.tags = {interaction.model, std::string(127, 'x')};
  ASSERT_LE(interaction.model.size(), 140U);
  ASSERT_TRUE(redact({default_kinds(), true}, kSecret, interaction));
  for (const std::string& name : {interaction.model, interaction.tags.front()}) {
    EXPECT_LE(name.size(), 128U);
    EXPECT_GT(name.size(), 100U);
    EXPECT_EQ(std::ranges::count(name, '['), std::ranges::count(name, ']')) << name;
    EXPECT_TRUE(name.starts_with("[EMAIL_")) << name;
  }
  EXPECT_EQ(interaction.tags.back().size(), 127U);
}

std::string place(std::string json) {
  EXPECT_TRUE(generalise_places(json)) << json;
  return json;
}

TEST(Places, AreKeptToTheCity) {
  EXPECT_EQ(place(R"({"lat":41.008238,"lng":28.978359,"city":"Istanbul","street":"Divan Yolu 1","zip":"34122"})"),
            R"({"lat":41,"lng":29,"city":"Istanbul"})");
  EXPECT_EQ(place(R"({"geo":{"latitude":"48.85837","longitude":"2.294481"},"location":"48.85837, 2.294481"})"),
            R"({"geo":{"latitude":"48.9","longitude":"2.3"},"location":"48.9, 2.3"})");
  EXPECT_EQ(place(R"({"point":{"type":"Point","coordinates":[-0.127758,51.507351]}})"),
            R"({"point":{"type":"Point","coordinates":[-0.1,51.5]}})");
  EXPECT_EQ(place(R"({"user":{"address":"1 High St","country":"GB"}})"), R"({"user":{"country":"GB"}})");
}

TEST(Places, NamesOfCoordinatesAreReadByWords) {
  for (const std::string name : {"lat", "gps_lat", "gpslat", "userLatitude", "start_lat", "GPSLatitude", "Lat1", "LNG",
                                 "homelongitude", "l\\u0061t"}) {
    EXPECT_EQ(place(R"({")" + name + R"(":41.0082})").find("41.0082"), std::string::npos) << name;
  }
  EXPECT_EQ(place(R"({"lat":{"value":41.0082},"long":28.9784})"), R"({"lat":{"value":41},"long":29})");
  EXPECT_EQ(place(R"({"lat":[41.0082,-0.04]})"), R"({"lat":[41,0]})");
  EXPECT_EQ(place(R"({"latitudeE7":410082371,"lon_e7":-289784000})"),
            R"({"latitudeE7":410000000,"lon_e7":-290000000})");
  EXPECT_EQ(place(R"({"lat":"41.008237 N","lon":"28°58'42.1\"E"})"), R"({"lat":"41 N","lon":"29 E"})");
  EXPECT_EQ(place(R"({"GPSLatitude":[41,0,29.6],"GPSLongitude":{"degrees":28,"minutes":58,"seconds":42.1}})"),
            R"({"GPSLatitude":[41],"GPSLongitude":{"degrees":28}})");
}

TEST(Places, PairsAreRoundedHoweverTheyAreWritten) {
  EXPECT_EQ(place(R"({"location":"41.0082,28.9784,35.25"})"), R"({"location":"41,29,35.25"})");
  EXPECT_EQ(place(R"({"location":"41.0082;28.9784"})"), R"({"location":"41;29"})");
  EXPECT_EQ(place(R"({"user_location":"41.0082 28.9784"})"), R"({"user_location":"41 29"})");
  EXPECT_EQ(place(R"x({"geo":"POINT(28.9784 41.0082)"})x"), R"x({"geo":"POINT(29 41)"})x");
  EXPECT_EQ(place(R"x({"geo":"SRID=4326;POINT(28.9784 41.0082)"})x"), R"x({"geo":"SRID=4326;POINT(29 41)"})x");
  EXPECT_EQ(place(R"({"gps":"41°00'29.6\"N 28°58'42.1\"E"})"), R"({"gps":"41°0'0\"N 28°0'0\"E"})");
  EXPECT_EQ(place(R"({"coordinates":[28.9784,41.0082,35.25]})"), R"({"coordinates":[29,41,35.25]})");
  EXPECT_EQ(place(R"({"coordinates":[[[28.9784,41.0082],[28.9912,41.0155]]]})"),
            R"({"coordinates":[[[29,41],[29,41]]]})");
  EXPECT_EQ(place(R"({"bbox":[28.9711,41.0021,28.9912,41.0155],"center":["28.9784","41.0082"]})"),
            R"({"bbox":[29,41,29,41],"center":["29","41"]})");
  EXPECT_EQ(place(R"({"position":{"lat":41.0082,"lng":28.9784}})"), R"({"position":{"lat":41,"lng":29}})");
  EXPECT_EQ(place(R"({"position":"41.0082,28.9784"})"), R"({"position":"41,29"})");
}

TEST(Places, StreetsGoUnderTheirManyNames) {
  EXPECT_EQ(place(R"({"address":{"line1":"1 High St","line2":"Flat 2","city":"London","postcode":"SW1A 1AA"}})"),
            R"({"address":{"city":"London"}})");
  EXPECT_EQ(place(R"({"billing_address":"1 High St","n":1})"), R"({"n":1})");
  EXPECT_EQ(place(R"({"road":"High St","house_number":1,"shipping_zip":34122,"n":1})"), R"({"n":1})");
  EXPECT_EQ(place(R"({"adres":"Divan Yolu Cd. No:1","n":1})"), R"({"n":1})");
  EXPECT_EQ(place(R"({"street":{"name":"High St","number":1},"n":1})"), R"({"n":1})");
  EXPECT_EQ(place(R"({"billingAddress":{"addressLine1":"1 High St","country":"GB"}})"),
            R"({"billingAddress":{"country":"GB"}})");
}

TEST(Places, WhatIsNoPlaceStays) {
  for (const std::string text : {
           R"({"latency":1.2345, "position":3, "address":"0x12"})",
           R"({"zip":"archive.zip"})",
           R"({"zip":"gzip", "is_street":true})",
           R"({"address":"0xabc", "state":"open"})",
           R"({"address":"ann at example", "n":1})",
           R"({"address":"https://example.org/1", "city":"x"})",
           R"({"ip_address":"10.0.0.1 port 80"})",
           R"({"position":[112.55, 300]})",
           R"({"position":[112.55, 30.25]})",
           R"({"nodes":[{"name":"a", "position":[12.55, 30.25]}]})",
           R"({"center":[512.25, 88.125], "bbox":[10.25, 20.25, 300.5, 400.5]})",
           R"({"bbox":[0.1234, 0.2345, 0.5, 1.0]})",
           R"({"location":"Room 12.25, 34.75"})",
           R"({"template":1.2345, "flat":2.345, "platform":3.456})",
       }) {
    EXPECT_EQ(place(text), text);
  }
}

}  // namespace
}  // namespace gleaner::privacy

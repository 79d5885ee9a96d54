#include "gateway/otlp/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/otlp/response.h"
#include "gateway/otlp/testing/encode.h"
#include "gateway/otlp/wire.h"

namespace gleaner::gateway::otlp {
namespace {

using ::testing::HasSubstr;

// A request of one span whose inside is `members`.
std::string request(std::string_view members) {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)" + std::string(members) + "}]}]}]}";
}

Span span_of(std::string_view members) {
  const auto batch = traces_from_json(request(members));
  EXPECT_TRUE(batch) << batch.error().message;
  return batch ? batch->resources.at(0).scopes.at(0).spans.at(0) : Span();
}

std::string value_of(std::string_view any_value) {
  const Span span = span_of(R"("attributes":[{"key":"k","value":)" + std::string(any_value) + "}]");
  return span.attributes.at(0).value.dump();
}

std::string error_of(std::string_view text) {
  const auto batch = traces_from_json(text);
  if (batch) return "none";
  EXPECT_EQ(batch.error().code, Code::kInvalidArgument);
  return batch.error().message;
}

TEST(OtlpJson, ReadsIdsInEitherCaseAndNothingElse) {
  const Span span =
      span_of(R"("traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":"")");
  EXPECT_EQ(span.trace_id, "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(span.span_id, "eee19b7ec3c1b174");
  EXPECT_EQ(span.parent_span_id, "");
  EXPECT_EQ(span_of(R"("traceId":"00000000000000000000000000000000")").trace_id, "");
  EXPECT_EQ(span_of(R"("traceId":"5b8e")").trace_id, "");
  EXPECT_EQ(span_of(R"("traceId":"zz8efff798038103d269b633813fc60c")").trace_id, "");
}

TEST(OtlpJson, TakesBothSpellingsOfMembers) {
  const Span span = span_of(
      R"("trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174","start_time_unix_nano":"5",)"
      R"("end_time_unix_nano":9,"unknown":{"a":[1]},"events":[{"time_unix_nano":7,"name":"e"}])");
  EXPECT_EQ(span.start_ns, 5U);
  EXPECT_EQ(span.end_ns, 9U);
  EXPECT_EQ(span.events.at(0).time_ns, 7U);
  const auto batch = traces_from_json(R"({"resource_spans":[{"scope_spans":[{"spans":[{}]}]}]})");
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->span_count(), 1U);
}

TEST(OtlpJson, TakesEnumsAsNumbersAndNames) {
  EXPECT_EQ(span_of(R"("kind":3)").kind, 3);
  EXPECT_EQ(span_of(R"("kind":"SPAN_KIND_CLIENT")").kind, 3);
  EXPECT_EQ(span_of(R"("status":{"code":2,"message":"m"})").status, StatusCode::kError);
  EXPECT_EQ(span_of(R"("status":{"code":"STATUS_CODE_OK"})").status, StatusCode::kOk);
  EXPECT_EQ(span_of(R"("status":null)").status, StatusCode::kUnset);
}

TEST(OtlpJson, KeepsEveryKindOfValue) {
  EXPECT_EQ(value_of(R"({"stringValue":"a\"b"})"), R"("a\"b")");
  EXPECT_EQ(value_of(R"({"intValue":"9223372036854775807"})"), "9223372036854775807");
  EXPECT_EQ(value_of(R"({"intValue":-7})"), "-7");
  EXPECT_EQ(value_of(R"({"intValue":1e3})"), "1000");
  EXPECT_EQ(value_of(R"({"doubleValue":0.1})"), "0.1");
  EXPECT_EQ(value_of(R"({"doubleValue":"2.5"})"), "2.5");
  EXPECT_EQ(value_of(R"({"doubleValue":"NaN"})"), R"("NaN")");
  EXPECT_EQ(value_of(R"({"boolValue":true})"), "true");
  EXPECT_EQ(value_of(R"({"bytesValue":"aGk="})"), R"("aGk=")");
  EXPECT_EQ(value_of(R"({"arrayValue":{"values":[{"intValue":1},{},{"stringValue":"x"}]}})"), R"([1,null,"x"])");
  EXPECT_EQ(value_of(R"({"kvlistValue":{"values":[{"key":"a","value":{"array_value":{}}}]}})"), R"({"a":[]})");
  EXPECT_EQ(value_of("{}"), "null");
  EXPECT_EQ(value_of("null"), "null");
}

TEST(OtlpJson, RefusesWhatIsNoRequest) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("[]"), HasSubstr("the request: expected an object"));
  EXPECT_THAT(error_of("{} {}"), HasSubstr("text behind"));
  EXPECT_THAT(error_of(R"({"resourceSpans":{}})"), HasSubstr("resourceSpans: expected an array"));
  EXPECT_THAT(error_of(request(R"("startTimeUnixNano":"soon")")), HasSubstr("startTimeUnixNano: expected an integer"));
  EXPECT_THAT(error_of(request(R"("attributes":[{"key":"k","value":{"intValue":1.5}}])")), HasSubstr("intValue"));
  EXPECT_THAT(error_of(request(R"("name":"\ud800")")), HasSubstr("surrogate"));
}

TEST(OtlpJson, BoundsDepth) {
  const auto nested = [](int levels) {
    std::string text = R"({"intValue":1})";
    for (int i = 1; i < levels; ++i) text = R"({"arrayValue":{"values":[)" + text + "]}}";
    return request(R"("attributes":[{"key":"k","value":)" + text + "}]");
  };
  EXPECT_TRUE(traces_from_json(nested(kMaxValueDepth)));
  EXPECT_THAT(error_of(nested(kMaxValueDepth + 1)), HasSubstr("nested too deep"));
}

TEST(OtlpJson, AnEmptyRequestIsARequest) {
  EXPECT_EQ(traces_from_json("{}")->span_count(), 0U);
  EXPECT_EQ(logs_from_json(R"({"resourceLogs":null})")->record_count(), 0U);
}

TEST(OtlpJson, ReadsLogRecords) {
  const auto batch = logs_from_json(
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"observedTimeUnixNano":"8","severityNumber":9,)"
      R"("eventName":"e","body":{"kvlistValue":{"values":[{"key":"a","value":{"stringValue":"b"}}]}},)"
      R"("attributes":[{"key":"k"}],"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}]}]})");
  ASSERT_TRUE(batch) << batch.error().message;
  const LogRecord& log = batch->resources.at(0).scopes.at(0).records.at(0);
  EXPECT_EQ(log.time_ns, 8U);
  EXPECT_EQ(log.event_name, "e");
  EXPECT_EQ(log.body.dump(), R"({"a":"b"})");
  EXPECT_EQ(log.span_id, "eee19b7ec3c1b174");
}

// One span with a value of every kind.
std::string sample() {
  return R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},)"
         R"("scopeSpans":[{"scope":{"name":"n","version":"1"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",)"
         R"("spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b173","name":"\u00e9","kind":3,)"
         R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","attributes":[)"
         R"({"key":"i","value":{"intValue":"-5"}},{"key":"d","value":{"doubleValue":0.25}},)"
         R"({"key":"b","value":{"boolValue":true}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}},)"
         R"({"key":"o","value":{"kvlistValue":{"values":[{"key":"m","value":{"intValue":"1"}}]}}}],)"
         R"("events":[{"timeUnixNano":"7","name":"e","attributes":[{"key":"a","value":{"stringValue":"v"}}]}],)"
         R"("links":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175"}],)"
         R"("status":{"code":2,"message":"m"}}]}]}]})";
}

std::string described(const Span& span) {
  std::string out = span.trace_id + span.span_id + span.parent_span_id + span.name + std::to_string(span.kind) +
                    std::to_string(span.start_ns) + std::to_string(span.end_ns) + span.status_message +
                    std::to_string(static_cast<int>(span.status));
  for (const Attribute& one : span.attributes) out += one.key + one.value.dump();
  for (const Event& one : span.events) out += one.name + one.attributes.at(0).value.dump();
  for (const Link& one : span.links) out += one.trace_id + one.span_id;
  return out;
}

TEST(OtlpProtobuf, SaysTheSameAsJson) {
  const auto from_json = traces_from_json(sample());
  ASSERT_TRUE(from_json) << from_json.error().message;
  const auto from_protobuf = traces_from_protobuf(testing::to_protobuf(*from_json));
  ASSERT_TRUE(from_protobuf) << from_protobuf.error().message;
  const ResourceSpans& resource = from_protobuf->resources.at(0);
  EXPECT_EQ(find_attribute(resource.resource.attributes, "service.name")->text(), "s");
  EXPECT_EQ(resource.scopes.at(0).scope.name, "n");
  EXPECT_EQ(described(resource.scopes.at(0).spans.at(0)),
            described(from_json->resources.at(0).scopes.at(0).spans.at(0)));
}

TEST(OtlpProtobuf, EveryBeginningIsARequestOrAnError) {
  const std::string whole = testing::to_protobuf(*traces_from_json(sample()));
  for (size_t size = 1; size < whole.size(); ++size) {
    const auto batch = traces_from_protobuf(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(batch) << size;
    EXPECT_THAT(batch.error().message, HasSubstr("not valid protobuf"));
  }
}

std::string in_request(std::string_view span) {
  std::string scope;
  append_bytes_field(scope, 2, span);
  std::string resource;
  append_bytes_field(resource, 2, scope);
  std::string request;
  append_bytes_field(request, 1, resource);
  return request;
}

TEST(OtlpProtobuf, PassesOverUnknownFieldsAndGroups) {
  std::string span;
  append_bytes_field(span, 5, "name");
  append_bytes_field(span, 99, "unknown");
  append_varint_field(span, 98, 1);
  span += std::string("\x9b\x06\x08\x01\x9c\x06", 6);  // group 99 with a varint in it
  append_varint_field(span, 5, 3);                     // the number of a known field, but of another type
  const auto batch = traces_from_protobuf(in_request(span));
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->resources.at(0).scopes.at(0).spans.at(0).name, "name");
}

TEST(OtlpProtobuf, RefusesWhatIsMalformed) {
  const auto error = [](std::string_view bytes) {
    const auto batch = traces_from_protobuf(bytes);
    return batch ? std::string("none") : batch.error().message;
  };
  EXPECT_THAT(error(std::string("\x00\x01", 2)), HasSubstr("field number"));
  EXPECT_THAT(error("\x0a\x7f"), HasSubstr("beyond the end"));
  EXPECT_THAT(error("\x0c"), HasSubstr("wire type"));
  EXPECT_THAT(error(std::string(11, '\xff')), HasSubstr("ten bytes"));
  EXPECT_THAT(error(in_request("\x9b\x06\x08")), HasSubstr("inside a number"));
  EXPECT_THAT(error(std::string(20, '\x0b')), HasSubstr("too deep"));
}

TEST(OtlpProtobuf, MendsTextThatIsNotUtf8) {
  std::string span;
  append_bytes_field(span, 5, "a\xff\xc3\xa9\xe2\x82");
  const auto batch = traces_from_protobuf(in_request(span));
  EXPECT_EQ(batch->resources.at(0).scopes.at(0).spans.at(0).name, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(OtlpProtobuf, BoundsDepthAndItems) {
  std::string value;
  append_varint_field(value, 3, 1);
  for (int i = 0; i < kMaxValueDepth + 1; ++i) {
    std::string array;
    append_bytes_field(array, 1, value);
    value.clear();
    append_bytes_field(value, 5, array);
  }
  std::string attribute;
  append_bytes_field(attribute, 2, value);
  std::string span;
  append_bytes_field(span, 9, attribute);
  EXPECT_EQ(traces_from_protobuf(in_request(span)).error().code, Code::kInvalidArgument);

  std::string many;
  for (size_t i = 0; i <= kMaxItems; ++i) many += std::string("\x4a\x00", 2);  // an attribute without anything
  EXPECT_EQ(traces_from_protobuf(in_request(many)).error().code, Code::kTooLarge);
}

TEST(OtlpResponse, IsEmptyWhenAllIsWell) {
  EXPECT_EQ(export_response(SignalType::kTraces, Encoding::kProtobuf, 0, ""), "");
  EXPECT_EQ(export_response(SignalType::kTraces, Encoding::kJson, 0, ""), "{}");
}

TEST(OtlpResponse, TellsWhatWasRejected) {
  EXPECT_EQ(export_response(SignalType::kTraces, Encoding::kJson, 3, "why"),
            R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"why"}})");
  EXPECT_EQ(export_response(SignalType::kLogs, Encoding::kJson, 3, ""),
            R"({"partialSuccess":{"rejectedLogRecords":"3"}})");
  EXPECT_EQ(export_response(SignalType::kLogs, Encoding::kProtobuf, 3, "why"), "\x0a\x07\x08\x03\x12\x03why");
  EXPECT_EQ(export_response(SignalType::kLogs, Encoding::kJson, 0, "a warning"),
            R"({"partialSuccess":{"errorMessage":"a warning"}})");
}

TEST(OtlpResponse, TellsErrors) {
  const Error error{Code::kUnavailable, "later"};
  EXPECT_EQ(status_response(Encoding::kJson, error), R"({"code":14,"message":"later"})");
  EXPECT_EQ(status_response(Encoding::kProtobuf, error), "\x08\x0e\x12\x05later");
}

TEST(OtlpResponse, KnowsItsContentTypes) {
  EXPECT_EQ(encoding_of("application/x-protobuf"), Encoding::kProtobuf);
  EXPECT_EQ(encoding_of("Application/JSON; charset=utf-8"), Encoding::kJson);
  EXPECT_FALSE(encoding_of("text/plain"));
  EXPECT_FALSE(encoding_of(""));
}

}  // namespace
}  // namespace gleaner::gateway::otlp

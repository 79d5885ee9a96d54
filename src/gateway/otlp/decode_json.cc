// OTLP/JSON is walked once, member by member, in whatever order they come: no tree is made of it. Members that mean
// nothing to us are passed over unchecked, as unknown fields of protobuf are.
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "base/json_walk.h"
#include "gateway/otlp/decode.h"

namespace gleaner::gateway::otlp {
namespace {

using json::syntax_error;
using json::Value;
using json::ondemand::json_type;
using JsonValue = json::ondemand::value;

constexpr size_t kTraceIdBytes = 16;
constexpr size_t kSpanIdBytes = 8;

struct Named {
  std::string_view name;
  int value;
};
constexpr std::array kSpanKinds = {
    Named{"SPAN_KIND_INTERNAL", 1}, Named{"SPAN_KIND_SERVER", 2},   Named{"SPAN_KIND_CLIENT", 3},
    Named{"SPAN_KIND_PRODUCER", 4}, Named{"SPAN_KIND_CONSUMER", 5},
};
constexpr std::array kStatusCodes = {Named{"STATUS_CODE_OK", 1}, Named{"STATUS_CODE_ERROR", 2}};

std::unexpected<Error> wrong(std::string_view member, std::string_view expected) {
  return fail(Code::kInvalidArgument, fmt::format("{}: expected {}", member, expected));
}

Result<json_type> type_of(JsonValue& value) {
  json_type type{};
  if (const auto error = value.type().get(type)) return syntax_error(error);
  return type;
}

class Decoder {
 public:
  Result<TraceBatch> traces(std::string_view text) {
    TraceBatch batch;
    TRY(document(text, "resourceSpans", "resource_spans", [&](JsonValue one) { return resource_spans(one, batch); }));
    return batch;
  }

  Result<LogBatch> logs(std::string_view text) {
    LogBatch batch;
    TRY(document(text, "resourceLogs", "resource_logs", [&](JsonValue one) { return resource_logs(one, batch); }));
    return batch;
  }

 private:
  Status spend(size_t items = 1) {
    if (items > left_) return fail(Code::kTooLarge, "more spans, attributes and values than one request may have");
    left_ -= items;
    return {};
  }

  template <typename Body>
  Status document(std::string_view text, std::string_view name, std::string_view snake_name, Body body) {
    TRY_ASSIGN(auto document, walker_.begin(text));
    JsonValue root;
    if (const auto error = document.get_value().get(root)) return syntax_error(error);
    TRY(members("the request", root, [&](std::string_view key, JsonValue value) -> Status {
      if (key != name && key != snake_name) return {};
      return elements(name, value, body);
    }));
    if (!json::at_end(document)) return syntax_error(simdjson::TRAILING_CONTENT);
    return {};
  }

  // Null is as good as absent.
  template <typename Body>
  Status members(std::string_view what, JsonValue value, Body body) {
    TRY_ASSIGN(const json_type type, type_of(value));
    if (type == json_type::null) return {};
    if (type != json_type::object) return wrong(what, "an object");
    json::ondemand::object object;
    if (const auto error = value.get_object().get(object)) return syntax_error(error);
    for (auto member : object) {
      json::ondemand::field field;
      if (const auto error = std::move(member).get(field)) return syntax_error(error);
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return syntax_error(error);
      TRY(body(key, field.value()));
    }
    return {};
  }

  template <typename Body>
  Status elements(std::string_view what, JsonValue value, Body body) {
    TRY_ASSIGN(const json_type type, type_of(value));
    if (type == json_type::null) return {};
    if (type != json_type::array) return wrong(what, "an array");
    json::ondemand::array array;
    if (const auto error = value.get_array().get(array)) return syntax_error(error);
    for (auto item : array) {
      JsonValue element;
      if (const auto error = item.get(element)) return syntax_error(error);
      TRY(body(element));
    }
    return {};
  }

  Status text(std::string_view what, JsonValue value, std::string& out) {
    TRY_ASSIGN(const json_type type, type_of(value));
    if (type == json_type::null) return {};
    if (type != json_type::string) return wrong(what, "a string");
    TRY_ASSIGN(const std::string_view unescaped, walker_.text(value));
    out = unescaped;
    return {};
  }

  Status id(std::string_view what, JsonValue value, size_t bytes, std::string& out) {
    std::string hex;
    TRY(text(what, value, hex));
    out = normal_id(hex, bytes);
    return {};
  }

  // A 64-bit integer as its digits, from a string or a number.
  Result<std::string> digits(std::string_view what, JsonValue value) {
    TRY_ASSIGN(const json_type type, type_of(value));
    std::string out;
    if (type == json_type::string) {
      TRY_ASSIGN(const std::string_view unescaped, walker_.text(value));
      out = unescaped;
    } else if (type == json_type::number) {
      TRY(walker_.copy(value, out, 1));
    } else {
      return wrong(what, "an integer, as a string or a number");
    }
    int64_t whole = 0;
    const char* const end = out.data() + out.size();
    if (const auto parsed = std::from_chars(out.data(), end, whole); parsed.ec == std::errc() && parsed.ptr == end) {
      return std::to_string(whole);
    }
    // 1e3 and 5.0 are integers too, for those who have only doubles.
    double number = 0;
    const auto parsed = std::from_chars(out.data(), end, number);
    constexpr double kTooLarge = 9.2e18;
    if (parsed.ec != std::errc() || parsed.ptr != end || !(number > -kTooLarge && number < kTooLarge) ||
        number != static_cast<double>(static_cast<int64_t>(number))) {
      return wrong(what, "an integer, as a string or a number");
    }
    return std::to_string(static_cast<int64_t>(number));
  }

  Status time(std::string_view what, JsonValue value, uint64_t& out) {
    TRY_ASSIGN(const json_type type, type_of(value));
    if (type == json_type::null) return {};
    TRY_ASSIGN(const std::string number, digits(what, value));
    int64_t ns = 0;
    std::from_chars(number.data(), number.data() + number.size(), ns);
    out = ns > 0 ? static_cast<uint64_t>(ns) : 0;
    return {};
  }

  Result<int> enumerator(std::string_view what, JsonValue value, std::span<const Named> names) {
    TRY_ASSIGN(const json_type type, type_of(value));
    if (type == json_type::null) return 0;
    if (type == json_type::number) {
      int64_t number = 0;
      if (const auto error = value.get_int64().get(number)) return syntax_error(error);
      return static_cast<int>(number);
    }
    if (type != json_type::string) return wrong(what, "a number or a name");
    TRY_ASSIGN(const std::string_view name, walker_.text(value));
    for (const Named& one : names) {
      if (one.name == name) return one.value;
    }
    return 0;
  }

  Status resource_spans(JsonValue value, TraceBatch& batch) {
    TRY(spend());
    ResourceSpans& out = batch.resources.emplace_back();
    return members("resourceSpans[]", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "resource") return resource(member, out.resource);
      if (key != "scopeSpans" && key != "scope_spans") return {};
      return elements("scopeSpans", member, [&](JsonValue one) { return scope_spans(one, out); });
    });
  }

  Status scope_spans(JsonValue value, ResourceSpans& resource) {
    TRY(spend());
    ScopeSpans& out = resource.scopes.emplace_back();
    return members("scopeSpans[]", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "scope") return scope(member, out.scope);
      if (key == "schemaUrl" || key == "schema_url") return text("schemaUrl", member, out.schema_url);
      if (key != "spans") return {};
      return elements("spans", member, [&](JsonValue one) { return span(one, out.spans); });
    });
  }

  Status resource_logs(JsonValue value, LogBatch& batch) {
    TRY(spend());
    ResourceLogs& out = batch.resources.emplace_back();
    return members("resourceLogs[]", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "resource") return resource(member, out.resource);
      if (key != "scopeLogs" && key != "scope_logs") return {};
      return elements("scopeLogs", member, [&](JsonValue one) { return scope_logs(one, out); });
    });
  }

  Status scope_logs(JsonValue value, ResourceLogs& resource) {
    TRY(spend());
    ScopeLogs& out = resource.scopes.emplace_back();
    return members("scopeLogs[]", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "scope") return scope(member, out.scope);
      if (key != "logRecords" && key != "log_records") return {};
      return elements("logRecords", member, [&](JsonValue one) { return log_record(one, out.records); });
    });
  }

  Status resource(JsonValue value, Resource& out) {
    return members("resource", value, [&](std::string_view key, JsonValue member) -> Status {
      return key == "attributes" ? attributes(member, out.attributes) : Status{};
    });
  }

  Status scope(JsonValue value, Scope& out) {
    return members("scope", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "name") return text("scope.name", member, out.name);
      if (key == "version") return text("scope.version", member, out.version);
      return key == "attributes" ? attributes(member, out.attributes) : Status{};
    });
  }

  Status span(JsonValue value, std::vector<Span>& spans) {
    constexpr size_t kItems = 4;  // it is larger than a value
    TRY(spend(kItems));
    constexpr size_t kUsual = 16;
    Span& out = spans.emplace_back();
    out.attributes.reserve(kUsual);
    TRY(members("spans[]", value,
                [&](std::string_view key, JsonValue member) { return span_member(key, member, out); }));
    out.bytes = sizeof(Span) + bytes_of(out.attributes);
    for (const Event& one : out.events) out.bytes += sizeof(Event) + bytes_of(one.attributes);
    return {};
  }

  Status span_member(std::string_view key, JsonValue value, Span& out) {
    if (key == "traceId" || key == "trace_id") return id("traceId", value, kTraceIdBytes, out.trace_id);
    if (key == "spanId" || key == "span_id") return id("spanId", value, kSpanIdBytes, out.span_id);
    if (key == "parentSpanId" || key == "parent_span_id") {
      return id("parentSpanId", value, kSpanIdBytes, out.parent_span_id);
    }
    if (key == "name") return text("name", value, out.name);
    if (key == "startTimeUnixNano" || key == "start_time_unix_nano") {
      return time("startTimeUnixNano", value, out.start_ns);
    }
    if (key == "endTimeUnixNano" || key == "end_time_unix_nano") return time("endTimeUnixNano", value, out.end_ns);
    if (key == "attributes") return attributes(value, out.attributes);
    if (key == "events") return elements("events", value, [&](JsonValue one) { return event(one, out.events); });
    if (key == "links") return elements("links", value, [&](JsonValue one) { return link(one, out.links); });
    if (key == "status") return status(value, out);
    if (key != "kind") return {};
    TRY_ASSIGN(out.kind, enumerator("kind", value, kSpanKinds));
    return {};
  }

  Status event(JsonValue value, std::vector<Event>& events) {
    TRY(spend());
    Event& out = events.emplace_back();
    return members("events[]", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "timeUnixNano" || key == "time_unix_nano") return time("timeUnixNano", member, out.time_ns);
      if (key == "name") return text("events[].name", member, out.name);
      return key == "attributes" ? attributes(member, out.attributes) : Status{};
    });
  }

  Status link(JsonValue value, std::vector<Link>& links) {
    TRY(spend());
    Link& out = links.emplace_back();
    return members("links[]", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "traceId" || key == "trace_id") return id("links[].traceId", member, kTraceIdBytes, out.trace_id);
      if (key == "spanId" || key == "span_id") return id("links[].spanId", member, kSpanIdBytes, out.span_id);
      return key == "attributes" ? attributes(member, out.attributes) : Status{};
    });
  }

  Status status(JsonValue value, Span& out) {
    return members("status", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "message") return text("status.message", member, out.status_message);
      if (key != "code") return {};
      TRY_ASSIGN(const int code, enumerator("status.code", member, kStatusCodes));
      out.status = code == 1 ? StatusCode::kOk : code == 2 ? StatusCode::kError : StatusCode::kUnset;
      return {};
    });
  }

  Status log_record(JsonValue value, std::vector<LogRecord>& records) {
    TRY(spend());
    LogRecord& out = records.emplace_back();
    uint64_t observed = 0;
    TRY(members("logRecords[]", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "observedTimeUnixNano" || key == "observed_time_unix_nano") {
        return time("observedTimeUnixNano", member, observed);
      }
      return log_member(key, member, out);
    }));
    if (out.time_ns == 0) out.time_ns = observed;
    out.bytes = sizeof(LogRecord) + bytes_of(out.attributes);
    return {};
  }

  Status log_member(std::string_view key, JsonValue value, LogRecord& out) {
    if (key == "timeUnixNano" || key == "time_unix_nano") return time("timeUnixNano", value, out.time_ns);
    if (key == "traceId" || key == "trace_id") return id("traceId", value, kTraceIdBytes, out.trace_id);
    if (key == "spanId" || key == "span_id") return id("spanId", value, kSpanIdBytes, out.span_id);
    if (key == "eventName" || key == "event_name") return text("eventName", value, out.event_name);
    if (key == "attributes") return attributes(value, out.attributes);
    if (key == "body") return any_value(value, 1, out.body);
    if (key != "severityNumber" && key != "severity_number") return {};
    TRY_ASSIGN(out.severity, enumerator("severityNumber", value, {}));
    return {};
  }

  Status attributes(JsonValue value, Attributes& out) {
    return elements("attributes", value, [&](JsonValue one) -> Status {
      TRY(spend());
      Attribute& attribute = out.emplace_back();
      return key_value(one, 1, attribute.key, attribute.value);
    });
  }

  Status key_value(JsonValue value, int depth, std::string& key, Value& out) {
    return members("attributes[]", value, [&](std::string_view name, JsonValue member) -> Status {
      if (name == "key") return text("key", member, key);
      return name == "value" ? any_value(member, depth, out) : Status{};
    });
  }

  Status any_value(JsonValue value, int depth, Value& out) {
    if (depth > kMaxValueDepth) return fail(Code::kInvalidArgument, "an attribute nested too deep");
    return members("value", value, [&](std::string_view key, JsonValue member) -> Status {
      TRY_ASSIGN(const json_type type, type_of(member));
      if (type == json_type::null) return {};
      return typed_value(key, member, depth, out);
    });
  }

  Status typed_value(std::string_view key, JsonValue value, int depth, Value& out) {
    const auto is = [&](std::string_view camel, std::string_view snake) { return key == camel || key == snake; };
    if (is("stringValue", "string_value") || is("bytesValue", "bytes_value")) {
      std::string string;
      TRY(text("stringValue", value, string));
      out = Value::string(std::move(string));
    } else if (is("intValue", "int_value")) {
      TRY_ASSIGN(std::string number, digits("intValue", value));
      out = Value::number(std::move(number));
    } else if (is("doubleValue", "double_value")) {
      TRY(number(value, out));
    } else if (is("boolValue", "bool_value")) {
      bool flag = false;
      if (value.get_bool().get(flag)) return wrong("boolValue", "true or false");
      out = Value::boolean(flag);
    } else if (is("arrayValue", "array_value")) {
      out = Value::array();
      TRY(values(value, [&](JsonValue one) { return any_value(one, depth + 1, out.items().emplace_back()); }));
    } else if (is("kvlistValue", "kvlist_value")) {
      out = Value::object();
      TRY(values(value, [&](JsonValue one) {
        auto& [name, member] = out.members().emplace_back(std::string(), Value());
        return key_value(one, depth + 1, name, member);
      }));
    }
    return {};
  }

  // Written the same way as one from protobuf: a request that is sent again in the other encoding is the same.
  Status number(JsonValue value, Value& out) {
    TRY_ASSIGN(const json_type type, type_of(value));
    std::string token;
    if (type == json_type::number) {
      TRY(walker_.copy(value, token, 1));
    } else {
      TRY(text("doubleValue", value, token));
    }
    double number = 0;
    const char* const end = token.data() + token.size();
    const auto parsed = std::from_chars(token.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(number)) {
      out = Value::string(std::move(token));  // NaN, Infinity
      return {};
    }
    token.clear();
    json::append_number(token, number);
    out = Value::number(std::move(token));
    return {};
  }

  template <typename Body>
  Status values(JsonValue value, Body body) {
    return members("arrayValue", value, [&](std::string_view key, JsonValue member) -> Status {
      if (key != "values") return {};
      return elements("values", member, [&](JsonValue one) -> Status {
        TRY(spend());
        return body(one);
      });
    });
  }

  json::Walker walker_;
  size_t left_ = kMaxItems;
};

}  // namespace

Result<TraceBatch> traces_from_json(std::string_view text) {
  return Decoder().traces(text);
}

Result<LogBatch> logs_from_json(std::string_view text) {
  return Decoder().logs(text);
}

}  // namespace gleaner::gateway::otlp

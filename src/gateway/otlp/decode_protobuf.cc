#include <algorithm>
#include <cmath>

#include "base/base64.h"
#include "base/hash.h"
#include "base/text.h"
#include "gateway/otlp/decode.h"
#include "gateway/otlp/wire.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

constexpr size_t kTraceIdBytes = 16;
constexpr size_t kSpanIdBytes = 8;

// The length of the UTF-8 character that `text` begins with; 0 if it begins with none.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Longer than needed, a surrogate, or beyond U+10FFFF.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) return 0;
  return length;
}

std::string utf8(std::string_view bytes) {
  std::string same = printable(bytes);
  if (same == bytes) return same;
  std::string out;
  while (!bytes.empty()) {
    const size_t length = character_length(bytes);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

Value double_value(double number) {
  if (std::isnan(number)) return Value::string("NaN");
  if (std::isinf(number)) return Value::string(number > 0 ? "Infinity" : "-Infinity");
  std::string text;
  json::append_number(text, number);
  return Value::number(std::move(text));
}

class Decoder {
 public:
  Result<TraceBatch> traces(std::string_view bytes) {
    TraceBatch batch;
    TRY(each_message(bytes, 1, [&](std::string_view one) { return resource_spans(one, batch); }));
    return batch;
  }

  Result<LogBatch> logs(std::string_view bytes) {
    LogBatch batch;
    TRY(each_message(bytes, 1, [&](std::string_view one) { return resource_logs(one, batch); }));
    return batch;
  }

 private:
  Status spend(size_t items = 1) {
    if (items > left_) return fail(Code::kTooLarge, "more spans, attributes and values than one request may have");
    left_ -= items;
    return {};
  }

  template <typename Body>
  static Status each_message(std::string_view bytes, uint32_t field, Body body) {
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.is(field, WireType::kBytes)) TRY(body(reader.bytes()));
    }
    return reader.status();
  }

  // Fields 1 (resource), 2 (scopes). The scopes may come before the resource.
  Status resource_spans(std::string_view bytes, TraceBatch& batch) {
    TRY(spend());
    ResourceSpans& out = batch.resources.emplace_back();
    TRY(each_message(bytes, 1, [&](std::string_view one) { return attributes_in(one, 1, out.resource.attributes); }));
    return each_message(bytes, 2, [&](std::string_view one) { return scope_spans(one, out); });
  }

  Status scope_spans(std::string_view bytes, ResourceSpans& resource) {
    TRY(spend());
    ScopeSpans& out = resource.scopes.emplace_back();
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.type() != WireType::kBytes) continue;
      if (reader.field() == 1) TRY(scope(reader.bytes(), out.scope));
      if (reader.field() == 2) TRY(span(reader.bytes(), out.spans));
      if (reader.field() == 3) out.schema_url = utf8(reader.bytes());
    }
    return reader.status();
  }

  Status resource_logs(std::string_view bytes, LogBatch& batch) {
    TRY(spend());
    ResourceLogs& out = batch.resources.emplace_back();
    TRY(each_message(bytes, 1, [&](std::string_view one) { return attributes_in(one, 1, out.resource.attributes); }));
    return each_message(bytes, 2, [&](std::string_view one) { return scope_logs(one, out); });
  }

  Status scope_logs(std::string_view bytes, ResourceLogs& resource) {
    TRY(spend());
    ScopeLogs& out = resource.scopes.emplace_back();
    TRY(each_message(bytes, 1, [&](std::string_view one) { return scope(one, out.scope); }));
    return each_message(bytes, 2, [&](std::string_view one) { return log_record(one, out.records); });
  }

  Status scope(std::string_view bytes, Scope& out) {
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.type() != WireType::kBytes) continue;
      if (reader.field() == 1) out.name = utf8(reader.bytes());
      if (reader.field() == 2) out.version = utf8(reader.bytes());
      if (reader.field() == 3) TRY(attribute(reader.bytes(), out.attributes));
    }
    return reader.status();
  }

  Status span(std::string_view bytes, std::vector<Span>& spans) {
    constexpr size_t kItems = 4;  // it is larger than a value
    TRY(spend(kItems));
    constexpr size_t kUsual = 16;
    Span& out = spans.emplace_back();
    out.attributes.reserve(kUsual);
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.type() == WireType::kBytes) {
        TRY(span_part(reader.field(), reader.bytes(), out));
      } else if (reader.is(6, WireType::kVarint)) {
        out.kind = static_cast<int>(reader.number());
      } else if (reader.is(7, WireType::kFixed64)) {
        out.start_ns = reader.number();
      } else if (reader.is(8, WireType::kFixed64)) {
        out.end_ns = reader.number();
      }
    }
    TRY(reader.status());
    out.bytes = sizeof(Span) + bytes.size() + bytes_of(out.attributes);
    return {};
  }

  Status span_part(uint32_t field, std::string_view bytes, Span& out) {
    switch (field) {
      case 1:
        out.trace_id = normal_id(to_hex(bytes), kTraceIdBytes);
        return {};
      case 2:
        out.span_id = normal_id(to_hex(bytes), kSpanIdBytes);
        return {};
      case 4:
        out.parent_span_id = normal_id(to_hex(bytes), kSpanIdBytes);
        return {};
      case 5:
        out.name = utf8(bytes);
        return {};
      case 9:
        return attribute(bytes, out.attributes);
      case 11:
        return event(bytes, out.events);
      case 13:
        return link(bytes, out.links);
      case 15:
        return status(bytes, out);
      default:
        return {};
    }
  }

  Status event(std::string_view bytes, std::vector<Event>& events) {
    TRY(spend());
    Event& out = events.emplace_back();
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.is(1, WireType::kFixed64)) out.time_ns = reader.number();
      if (reader.is(2, WireType::kBytes)) out.name = utf8(reader.bytes());
      if (reader.is(3, WireType::kBytes)) TRY(attribute(reader.bytes(), out.attributes));
    }
    return reader.status();
  }

  Status link(std::string_view bytes, std::vector<Link>& links) {
    TRY(spend());
    Link& out = links.emplace_back();
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.is(1, WireType::kBytes)) out.trace_id = normal_id(to_hex(reader.bytes()), kTraceIdBytes);
      if (reader.is(2, WireType::kBytes)) out.span_id = normal_id(to_hex(reader.bytes()), kSpanIdBytes);
      if (reader.is(4, WireType::kBytes)) TRY(attribute(reader.bytes(), out.attributes));
    }
    return reader.status();
  }

  static Status status(std::string_view bytes, Span& out) {
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.is(2, WireType::kBytes)) out.status_message = utf8(reader.bytes());
      if (!reader.is(3, WireType::kVarint)) continue;
      out.status = reader.number() == 1   ? StatusCode::kOk
                   : reader.number() == 2 ? StatusCode::kError
                                          : StatusCode::kUnset;
    }
    return reader.status();
  }

  Status log_record(std::string_view bytes, std::vector<LogRecord>& records) {
    TRY(spend());
    LogRecord& out = records.emplace_back();
    uint64_t observed = 0;
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.is(1, WireType::kFixed64)) out.time_ns = reader.number();
      if (reader.is(11, WireType::kFixed64)) observed = reader.number();
      if (reader.is(2, WireType::kVarint)) out.severity = static_cast<int>(reader.number());
      if (reader.is(5, WireType::kBytes)) TRY(any_value(reader.bytes(), 1, out.body));
      if (reader.is(6, WireType::kBytes)) TRY(attribute(reader.bytes(), out.attributes));
      if (reader.is(9, WireType::kBytes)) out.trace_id = normal_id(to_hex(reader.bytes()), kTraceIdBytes);
      if (reader.is(10, WireType::kBytes)) out.span_id = normal_id(to_hex(reader.bytes()), kSpanIdBytes);
      if (reader.is(12, WireType::kBytes)) out.event_name = utf8(reader.bytes());
    }
    if (out.time_ns == 0) out.time_ns = observed;
    out.bytes = sizeof(LogRecord) + bytes.size() + bytes_of(out.attributes);
    return reader.status();
  }

  Status attributes_in(std::string_view bytes, uint32_t field, Attributes& out) {
    return each_message(bytes, field, [&](std::string_view one) { return attribute(one, out); });
  }

  Status attribute(std::string_view bytes, Attributes& out) {
    TRY(spend());
    Attribute& one = out.emplace_back();
    return key_value(bytes, 1, one.key, one.value);
  }

  Status key_value(std::string_view bytes, int depth, std::string& key, Value& value) {
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.is(1, WireType::kBytes)) key = utf8(reader.bytes());
      if (reader.is(2, WireType::kBytes)) TRY(any_value(reader.bytes(), depth, value));
    }
    return reader.status();
  }

  Status any_value(std::string_view bytes, int depth, Value& out) {
    if (depth > kMaxValueDepth) return fail(Code::kInvalidArgument, "an attribute nested too deep");
    WireReader reader(bytes);
    while (reader.next()) {
      if (reader.is(1, WireType::kBytes)) {
        out = Value::string(utf8(reader.bytes()));
      } else if (reader.is(2, WireType::kVarint)) {
        out = Value::boolean(reader.number() != 0);
      } else if (reader.is(3, WireType::kVarint)) {
        out = Value::number(std::to_string(static_cast<int64_t>(reader.number())));
      } else if (reader.is(4, WireType::kFixed64)) {
        out = double_value(reader.as_double());
      } else if (reader.is(5, WireType::kBytes)) {
        TRY(array(reader.bytes(), depth, out));
      } else if (reader.is(6, WireType::kBytes)) {
        TRY(key_values(reader.bytes(), depth, out));
      } else if (reader.is(7, WireType::kBytes)) {
        out = Value::string(base64(reader.bytes()));
      }
    }
    return reader.status();
  }

  Status array(std::string_view bytes, int depth, Value& out) {
    out = Value::array();
    return each_message(bytes, 1, [&](std::string_view one) -> Status {
      TRY(spend());
      return any_value(one, depth + 1, out.items().emplace_back());
    });
  }

  Status key_values(std::string_view bytes, int depth, Value& out) {
    out = Value::object();
    return each_message(bytes, 1, [&](std::string_view one) -> Status {
      TRY(spend());
      auto& [key, value] = out.members().emplace_back(std::string(), Value());
      return key_value(one, depth + 1, key, value);
    });
  }

  size_t left_ = kMaxItems;
};

size_t bytes_of(const Value& value) {
  size_t bytes = sizeof(Value) + value.text().size();
  for (const Value& item : value.items()) bytes += bytes_of(item);
  for (const auto& [key, member] : value.members()) bytes += sizeof(key) + key.size() + bytes_of(member);
  return bytes;
}

}  // namespace

Result<TraceBatch> traces_from_protobuf(std::string_view bytes) {
  return Decoder().traces(bytes);
}

Result<LogBatch> logs_from_protobuf(std::string_view bytes) {
  return Decoder().logs(bytes);
}

std::string normal_id(std::string_view hex, size_t bytes) {
  if (hex.size() != 2 * bytes) return {};
  std::string id = ascii_lower(hex);
  bool zero = true;
  for (const char c : id) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return {};
    zero = zero && c == '0';
  }
  if (zero) id.clear();
  return id;
}

std::string base64(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return text;
}

size_t bytes_of(const Attributes& attributes) {
  size_t bytes = 0;
  for (const Attribute& one : attributes) bytes += sizeof(one.key) + one.key.size() + bytes_of(one.value);
  return bytes;
}

}  // namespace gleaner::gateway::otlp

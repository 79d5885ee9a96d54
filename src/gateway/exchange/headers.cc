#include "gateway/exchange/headers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "gateway/exchange/field.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

enum class Target : uint8_t {
  kId,
  kPlatform,
  kKind,
  kSession,
  kUser,
  kTags,  // separated by commas
  kIntent,
  kExperiment,
  kVariant,
  kMetadata,    // a JSON object: its members
  kMember,      // metadata.`member`
  kProperties,  // metadata.`what stands behind the prefix`
  kNoStore,     // if it says yes
};

struct Row {
  std::string_view header;  // a family ends with "-"
  Target target;
  std::string_view member;
};

// Of several headers for one field the first in this table counts; tags and metadata add up.
constexpr std::array kRequestRows = {
    Row{"x-gleaner-interaction-id", Target::kId},
    Row{"x-gleaner-platform", Target::kPlatform},
    Row{"x-gleaner-kind", Target::kKind},
    Row{"x-gleaner-session", Target::kSession},
    Row{"x-gleaner-session-id", Target::kSession},
    Row{"x-gleaner-user", Target::kUser},
    Row{"x-gleaner-user-id", Target::kUser},
    Row{"x-gleaner-tags", Target::kTags},
    Row{"x-gleaner-intent", Target::kIntent},
    Row{"x-gleaner-experiment", Target::kExperiment},
    Row{"x-gleaner-variant", Target::kVariant},
    Row{"x-gleaner-metadata", Target::kMetadata},
    Row{"x-gleaner-no-store", Target::kNoStore},
    Row{"helicone-request-id", Target::kId},
    Row{"helicone-session-id", Target::kSession},
    Row{"helicone-session-path", Target::kMember, "session_path"},
    Row{"helicone-session-name", Target::kMember, "session_name"},
    Row{"helicone-user-id", Target::kUser},
    Row{"helicone-prompt-id", Target::kMember, "prompt_id"},
    Row{"helicone-property-", Target::kProperties},
    Row{"helicone-omit-request", Target::kNoStore},
    Row{"helicone-omit-response", Target::kNoStore},
    Row{"x-litellm-tags", Target::kTags},
    Row{"x-litellm-end-user-id", Target::kUser},
    Row{"x-litellm-customer-id", Target::kUser},
    Row{"x-litellm-spend-logs-metadata", Target::kMetadata},
    Row{"x-litellm-enable-message-redaction", Target::kNoStore},
};

enum class Fact : uint8_t { kText, kNumber, kCost };

struct FactRow {
  std::string_view header;
  std::string_view member;
  Fact fact = Fact::kText;
};

// The same of two headers: the first.
constexpr std::array kResponseRows = {
    FactRow{"x-request-id", "request_id"},
    FactRow{"request-id", "request_id"},
    FactRow{"apim-request-id", "request_id"},
    FactRow{"openai-processing-ms", "processing_ms", Fact::kNumber},
    FactRow{"x-litellm-call-id", "litellm_call_id"},
    FactRow{"x-litellm-model-id", "litellm_model_id"},
    FactRow{"x-litellm-response-cost", "", Fact::kCost},
    FactRow{"helicone-id", "helicone_id"},
    FactRow{"helicone-cache", "helicone_cache"},
};

// RFC 9110, section 7.6.1, and what was used before it.
constexpr std::array<std::string_view, 10> kHopByHop = {
    "connection",        "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",    "http2-settings"};
// Those that the transport makes anew.
constexpr std::array<std::string_view, 3> kTransport = {"host", "content-length", "expect"};
constexpr std::array<std::string_view, 8> kForAnybody = {"accept",         "accept-encoding",   "accept-language",
                                                         "anthropic-beta", "anthropic-version", "content-encoding",
                                                         "content-type",   "openai-beta"};
constexpr std::string_view kOurs = "x-gleaner-";
constexpr std::string_view kRetryCount = "x-stainless-retry-count";
constexpr std::array<std::string_view, 2> kPeers = {"helicone-", "x-litellm-"};

constexpr size_t kMaxTags = 64;
constexpr size_t kMaxMetadata = 256;
constexpr size_t kMaxMemberBytes = 4096;

constexpr bool is_of_peer(std::string_view name) {
  return std::ranges::any_of(kPeers, [name](std::string_view peer) { return name.starts_with(peer); });
}

constexpr bool is_label(std::string_view name) {
  return name.starts_with(kOurs) || is_of_peer(name);
}
static_assert(std::ranges::all_of(kRequestRows, is_label, &Row::header));

bool is_family(std::string_view header) {
  return header.ends_with('-');
}

bool says_yes(std::string_view value) {
  const std::string lower = ascii_lower(value);
  return lower == "true" || lower == "1" || lower == "yes" || lower == "on";
}

void add_tags(std::string_view list, std::vector<std::string>& tags) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string tag = name_field(trim(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
    const bool known = std::ranges::find(tags, tag) != tags.end();
    if (!tag.empty() && !known && tags.size() < kMaxTags) tags.push_back(std::move(tag));
  }
}

void add_member(std::string_view name, Value value, Value& metadata) {
  if (!fits(name, kMaxNameBytes) || value.is_null() || metadata.members().size() >= kMaxMetadata) return;
  if (metadata.find(name) == nullptr) metadata.set(std::string(name), std::move(value));
}

void add_object(std::string_view text, Value& metadata) {
  auto object = json::parse(text);
  if (!object) return;
  for (auto& [name, value] : object->members()) add_member(name, std::move(value), metadata);
}

Value text_value(std::string_view text) {
  return Value::string(printable(truncate_utf8(trim(text), kMaxMemberBytes)));
}

void set_once(std::string& field, std::string value) {
  if (field.empty()) field = std::move(value);
}

void take(const Row& row, std::string_view name, std::string_view value, Labels& labels) {
  switch (row.target) {
    case Target::kId:
      return set_once(labels.id, fits(value, kMaxIdBytes) ? std::string(value) : std::string());
    case Target::kPlatform:
      return set_once(labels.platform, name_field(value));
    case Target::kKind:
      return set_once(labels.kind, name_field(value));
    case Target::kSession:
      return set_once(labels.session_id, id_field(value));
    case Target::kUser:
      return set_once(labels.user_id, id_field(value));
    case Target::kTags:
      return add_tags(value, labels.tags);
    case Target::kIntent:
      return set_once(labels.intent, name_field(value));
    case Target::kExperiment:
      return set_once(labels.experiment, name_field(value));
    case Target::kVariant:
      return set_once(labels.variant, name_field(value));
    case Target::kMetadata:
      return add_object(value, labels.metadata);
    case Target::kMember:
      return add_member(row.member, text_value(value), labels.metadata);
    case Target::kProperties:
      return add_member(name.substr(row.header.size()), text_value(value), labels.metadata);
    case Target::kNoStore:
      labels.no_store = labels.no_store || says_yes(value);
  }
}

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole && number >= 0 && number < 1e15 ? std::optional(number) : std::nullopt;
}

// Names of further hop-by-hop headers.
bool names(std::string_view connection, std::string_view header) {
  while (!connection.empty()) {
    const size_t comma = std::min(connection.find(','), connection.size());
    if (ascii_lower(trim(connection.substr(0, comma))) == header) return true;
    connection.remove_prefix(std::min(comma + 1, connection.size()));
  }
  return false;
}

bool is_hop_by_hop(const Headers& headers, std::string_view name) {
  if (std::ranges::find(kHopByHop, name) != kHopByHop.end()) return true;
  return std::ranges::any_of(
      headers, [name](const auto& header) { return header.first == "connection" && names(header.second, name); });
}

}  // namespace

Labels read_labels(const Headers& headers) {
  Labels labels;
  if (std::ranges::none_of(headers, [](const auto& header) { return is_label(header.first); })) return labels;
  for (const Row& row : kRequestRows) {
    for (const auto& [name, value] : headers) {
      const bool meant = is_family(row.header) ? name.starts_with(row.header) : name == row.header;
      if (meant) take(row, name, trim(value), labels);
    }
  }
  return labels;
}

Headers telling_headers(const Headers& headers) {
  Headers out;
  for (const auto& [name, value] : headers) {
    if (is_label(name) || name == kRetryCount) out.emplace_back(name, value);
  }
  return out;
}

void add_request_facts(const Headers& headers, Value& metadata) {
  const auto retries = number_of(headers.value(kRetryCount));
  if (!retries || *retries < 1) return;
  std::string digits;
  json::append_number(digits, *retries);
  metadata.set("retry_count", Value::number(std::move(digits)));
}

void add_response_labels(const Headers& headers, Value& metadata, std::optional<double>& cost_usd) {
  for (const FactRow& row : kResponseRows) {
    const std::string_view value = trim(headers.value(row.header));
    if (value.empty()) continue;
    if (row.fact == Fact::kText) {
      add_member(row.member, text_value(value), metadata);
    } else if (const auto number = number_of(value); number && row.fact == Fact::kCost) {
      cost_usd = number;
    } else if (number) {
      std::string digits;
      json::append_number(digits, *number);
      add_member(row.member, Value::number(std::move(digits)), metadata);
    }
  }
}

Headers headers_for_upstream(const Headers& headers, Upstream upstream) {
  Headers out;
  out.reserve(headers.size(), headers.bytes());
  for (const auto& [name, value] : headers) {
    const bool is_peers = is_of_peer(name);
    const bool stays = name.starts_with(kOurs) || (is_peers && upstream == Upstream::kProvider) ||
                       std::ranges::find(kTransport, name) != kTransport.end() || is_hop_by_hop(headers, name);
    if (!stays) out.emplace_back(name, value);
  }
  return out;
}

Headers headers_for_another(const Headers& headers) {
  Headers out;
  for (const auto& [name, value] : headers) {
    if (std::ranges::find(kForAnybody, name) != kForAnybody.end()) out.emplace_back(name, value);
  }
  return out;
}

}  // namespace gleaner::gateway::exchange

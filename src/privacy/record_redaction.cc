#include "privacy/record_redaction.h"

#include <variant>

#include "base/json.h"
#include "privacy/pseudonym.h"
#include "record/fields.h"

namespace gleaner::privacy {
namespace {

using record::RawJson;
using record::Shape;

class FieldRedactor {
 public:
  FieldRedactor(const RedactionPolicy& policy, const Secret& secret) : redactor_(policy, secret), secret_(secret) {}

  template <typename Record>
  Status visit(Record& record, const record::Field<Record>& field) {
    if (field.name == "user_id" || field.name == "redactions") return {};
    return std::visit([&](auto member) { return redact(record.*member, field.name, field.shape); }, field.member);
  }

  // Adds what was found to the counts that stand in `redactions`.
  Result<KindCounts> count(RawJson& redactions) const {
    if (redactor_.total() == 0) return redactor_.counts();
    json::Value counts = json::Value::object();
    if (!redactions.empty()) {
      TRY_ASSIGN(counts, json::parse(redactions.text));
    }
    for (const KindInfo& kind : kinds()) {
      const uint32_t found = redactor_.counts()[static_cast<size_t>(kind.kind)];
      if (found == 0) continue;
      const json::Value* const before = counts.find(kind.name);
      const int64_t sum = found + (before == nullptr ? 0 : before->as_integer().value_or(0));
      counts.set(std::string(kind.name), json::Value::number(std::to_string(sum)));
    }
    redactions.text = counts.dump();
    return redactor_.counts();
  }

 private:
  Status redact(std::string& text, std::string_view name, Shape shape) {
    if (shape == Shape::kId) {
      text = safe_id(secret_, std::move(text));
    } else if (!text.empty()) {
      redactor_.text(text, name);
    }
    return {};
  }

  Status redact(RawJson& json, std::string_view name, Shape shape) {
    if (json.empty()) return {};
    if (shape == Shape::kItems) TRY(keep_item_ids_safe(json.text));
    TRY(redactor_.json(json.text, name));
    return {};
  }

  Status redact(std::vector<std::string>& names, std::string_view name, Shape) {
    for (std::string& one : names) redactor_.text(one, name);
    return {};
  }

  // Numbers, times and kinds say nothing about anybody.
  template <typename Other>
  Status redact(Other&, std::string_view, Shape) {
    return {};
  }

  // The same stands in for an item's id here as in the signals that name it.
  Status keep_item_ids_safe(std::string& text) const {
    TRY_ASSIGN(json::Value items, json::parse(text));
    bool changed = false;
    for (json::Value& item : items.items()) {
      const auto id = item.find_string("id");
      if (!id) continue;
      std::string safe = safe_id(secret_, std::string(*id));
      if (safe == *id) continue;
      item.set("id", json::Value::string(std::move(safe)));
      changed = true;
    }
    if (changed) text = items.dump();
    return {};
  }

  Redactor redactor_;
  const Secret& secret_;
};

template <typename Record>
Result<KindCounts> redact_fields(const RedactionPolicy& policy, const Secret& secret, Record& record,
                                 std::span<const record::Field<Record>> fields) {
  FieldRedactor redactor(policy, secret);
  for (const record::Field<Record>& field : fields) TRY(redactor.visit(record, field));
  return redactor.count(record.redactions);
}

// Takes out what follows "user_id": up to the end of the string, or of the line where it is not closed.
std::string without_user_ids(std::string_view text) {
  constexpr std::string_view kName = "user_id";
  std::string out;
  while (true) {
    const size_t name = text.find(kName);
    if (name == std::string_view::npos) return out.append(text);
    size_t at = name + kName.size();
    while (at < text.size() && std::string_view("\"': =\t\\").find(text[at]) != std::string_view::npos) ++at;
    out.append(text.substr(0, at)).append("[USER]");
    const size_t end = text.find_first_of("\"',}\n\\", at);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end);
  }
}

}  // namespace

Result<KindCounts> redact(const RedactionPolicy& policy, const Secret& secret, record::Interaction& interaction) {
  return redact_fields(policy, secret, interaction, record::interaction_fields());
}

Result<KindCounts> redact(const RedactionPolicy& policy, const Secret& secret, record::Signal& signal) {
  return redact_fields(policy, secret, signal, record::signal_fields());
}

std::string redact_unread(const RedactionPolicy& policy, const Secret& secret, std::string_view text) {
  Redactor redactor(policy, secret);
  if (auto json = json::compact(text)) {
    // Where a step fails nothing is kept: better no text than one in the clear.
    return pseudonymise_members(secret, *json) && redactor.json(*json) ? *json : std::string();
  }
  std::string plain = without_user_ids(text);
  redactor.text(plain);
  return plain;
}

}  // namespace gleaner::privacy

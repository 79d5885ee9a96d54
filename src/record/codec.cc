#include "record/codec.h"

#include <bitset>
#include <cmath>
#include <unordered_set>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "record/fields.h"
#include "record/message_reader.h"

namespace gleaner::record {
namespace {

using json::syntax_error;
using json::ondemand::json_type;

constexpr int kFieldDepth = 1;
constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxNameBytes = 128;

std::unexpected<Error> wrong(std::string_view field, std::string_view expected, std::string_view got) {
  return fail(Code::kInvalidArgument, fmt::format("{}: expected {}, got {}", field, expected, got));
}

// Whether the text is anybody's, or what encode() wrote.
enum class Trust { kNone, kEncoded };

// Reads the members of one record. Lives for one decode.
template <typename Record>
class RecordReader {
 public:
  RecordReader(json::Walker& walker, std::span<const Field<Record>> fields, Trust trust)
      : walker_(walker), fields_(fields), trust_(trust) {}

  Status read(json::ondemand::document& document) {
    json::ondemand::object object;
    if (const auto error = document.get_object().get(object)) {
      if (error == simdjson::INCORRECT_TYPE) return fail(Code::kInvalidArgument, "expected one JSON object");
      return syntax_error(error);
    }
    for (auto member : object) {
      json::ondemand::field field;
      if (const auto error = std::move(member).get(field)) return syntax_error(error);
      TRY(read_member(field));
    }
    if (!json::at_end(document)) return syntax_error(simdjson::TRAILING_CONTENT);
    return keep_extras();
  }

  Record record;
  MessagesSummary messages;

 private:
  Status read_member(json::ondemand::field& field) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return syntax_error(error);
    json_type type{};
    if (const auto error = field.value().type().get(type)) return syntax_error(error);
    const size_t index = find(key);
    if (index == fields_.size()) {
      std::string text;
      TRY(walker_.copy(field.value(), text, kFieldDepth + 1));  // in metadata it will be one level deeper
      extras_.emplace_back(std::string(key), std::move(text));
      return {};
    }
    if (seen_.test(index)) return fail(Code::kInvalidArgument, fmt::format("{}: given twice", key));
    seen_.set(index);
    if (type == json_type::null) {
      std::string ignored;
      return walker_.copy(field.value(), ignored, kFieldDepth);
    }
    current_ = &fields_[index];
    type_ = type;
    return std::visit([&](auto member) { return assign(record.*member, field.value()); }, current_->member);
  }

  // The index of the field of that name. Records of one writer have their fields in one order, so the search starts
  // behind the last hit.
  size_t find(std::string_view key) {
    for (size_t step = 0; step < fields_.size(); ++step) {
      const size_t index = next_ + step < fields_.size() ? next_ + step : next_ + step - fields_.size();
      if (fields_[index].name == key) {
        next_ = index + 1;
        return index;
      }
    }
    return fields_.size();
  }

  std::unexpected<Error> wrong_type(std::string_view expected) const {
    return wrong(current_->name, expected, type_name(type_));
  }

  Result<std::string_view> string(json::ondemand::value value, std::string_view expected) const {
    if (type_ != json_type::string) return wrong_type(expected);
    return walker_.text(value);
  }

  // `expected` makes the words for a message, which few records need.
  template <typename Expected>
  Result<double> number(json::ondemand::value value, const Expected& expected) const {
    if (type_ != json_type::number) return wrong_type(expected());
    double number = 0;
    if (const auto error = value.get_double().get(number)) return syntax_error(error);
    return number;
  }

  Status check_name(std::string_view text, size_t limit) const {
    if (text.size() > limit)
      return fail(Code::kInvalidArgument, fmt::format("{}: longer than {} bytes", current_->name, limit));
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        return fail(Code::kInvalidArgument, fmt::format("{}: must not contain control characters", current_->name));
      }
    }
    return {};
  }

  Status assign(std::string& target, json::ondemand::value value) {
    if (current_->shape == Shape::kId && type_ == json_type::number) return walker_.copy(value, target, kFieldDepth);
    TRY_ASSIGN(const std::string_view text, string(value, "a string"));
    if (current_->shape == Shape::kAuthor && text != "human" && text != "model" && text != "code") {
      return wrong("author", "human, model or code", fmt::format("\"{}\"", excerpt(text)));
    }
    if (current_->shape != Shape::kText)
      TRY(check_name(text, current_->shape == Shape::kId ? kMaxIdBytes : kMaxNameBytes));
    target = text;
    return {};
  }

  Status assign(std::optional<double>& target, json::ondemand::value value) {
    const double top = current_->shape == Shape::kUnit ? 1 : current_->shape == Shape::kTen ? 10 : HUGE_VAL;
    const auto expected = [top] {
      return std::isinf(top) ? std::string("a number from 0") : fmt::format("a number from 0 to {}", top);
    };
    TRY_ASSIGN(const double number_value, number(value, expected));
    if (number_value < 0 || number_value > top) {
      return wrong(current_->name, expected(), fmt::format("{}", number_value));
    }
    target = number_value;
    return {};
  }

  Status assign(std::optional<bool>& target, json::ondemand::value value) {
    if (type_ != json_type::boolean) return wrong_type("true or false");
    bool flag = false;
    if (const auto error = value.get_bool().get(flag)) return syntax_error(error);
    target = flag;
    return {};
  }

  Status assign(std::optional<Time>& target, json::ondemand::value value) {
    static constexpr std::string_view kExpected = "an RFC 3339 time or a number of seconds or milliseconds since 1970";
    if (type_ == json_type::number) {
      // Seconds reach this number in the year 5138, milliseconds passed it in 1973.
      constexpr double kMilliseconds = 1e11;
      constexpr double kYear10000 = 253402300800000;
      TRY_ASSIGN(double ms, number(value, [] { return kExpected; }));
      if (ms < kMilliseconds) ms *= 1000;
      if (ms < 0 || ms >= kYear10000) return wrong(current_->name, kExpected, "a number out of range");
      target = from_ms(static_cast<int64_t>(ms));
      return {};
    }
    TRY_ASSIGN(const std::string_view text, string(value, kExpected));
    auto time = parse_time(text);
    if (!time) return fail_in(current_->name, std::move(time).error());
    target = *time;
    return {};
  }

  Status assign(std::optional<int64_t>& target, json::ondemand::value value) {
    constexpr double kExact = 9007199254740992;  // 2^53
    static constexpr std::string_view kExpected = "a whole number from 0";
    TRY_ASSIGN(const double count, number(value, [] { return kExpected; }));
    if (count < 0 || count > kExact || count != std::floor(count)) {
      return wrong(current_->name, kExpected, fmt::format("{}", count));
    }
    target = static_cast<int64_t>(count);
    return {};
  }

  Status assign(int64_t& target, json::ondemand::value value) {
    const auto expected = [] { return fmt::format("a schema version from 1 to {}", kSchemaVersion); };
    TRY_ASSIGN(const double version, number(value, expected));
    if (version < 1 || version > kSchemaVersion || version != std::floor(version)) {
      return wrong(current_->name, expected(), fmt::format("{}", version));
    }
    target = kSchemaVersion;
    return {};
  }

  Status assign(std::vector<std::string>& target, json::ondemand::value value) {
    if (type_ != json_type::array) return wrong_type("an array of strings");
    json::ondemand::array array;
    if (const auto error = value.get_array().get(array)) return syntax_error(error);
    for (auto item : array) {
      json::ondemand::value element;
      if (const auto error = item.get(element)) return syntax_error(error);
      json_type type{};
      if (const auto error = element.type().get(type)) return syntax_error(error);
      if (type != json_type::string)
        return wrong(fmt::format("{}[{}]", current_->name, target.size()), "a string", type_name(type));
      TRY_ASSIGN(const std::string_view text, walker_.text(element));
      TRY(check_name(text, kMaxNameBytes));
      target.emplace_back(text);
    }
    return {};
  }

  Status assign(SignalKind& target, json::ondemand::value value) {
    TRY_ASSIGN(const std::string_view text, string(value, "a string"));
    const auto kind = parse_signal_kind(text);
    if (!kind)
      return wrong("kind", "a signal kind such as thumbs_up, edit or rating", fmt::format("\"{}\"", excerpt(text)));
    target = *kind;
    has_kind_ = true;
    return {};
  }

  Status assign(RawJson& target, json::ondemand::value value) {
    if (trust_ == Trust::kEncoded) {
      TRY_ASSIGN(const std::string_view text, walker_.pass_over(value));
      target.text = text;
      return {};
    }
    switch (current_->shape) {
      case Shape::kMessages: {
        TRY_ASSIGN(messages, MessageReader(walker_).read_all(current_->name, value, target.text));
        return {};
      }
      case Shape::kMessage:
        return MessageReader(walker_).read_output(current_->name, value, target.text);
      case Shape::kArray:
        if (type_ != json_type::array) return wrong_type("an array");
        break;
      case Shape::kItems:
      case Shape::kSteps:
        return assign_objects(target, value);
      case Shape::kSource:
      case Shape::kObject:
        if (type_ != json_type::object) return wrong_type("an object");
        break;
      case Shape::kError:
        if (type_ != json_type::object && type_ != json_type::string) return wrong_type("a string or an object");
        break;
      default:
        break;
    }
    return walker_.copy(value, target.text, kFieldDepth);
  }

  Status assign_objects(RawJson& target, json::ondemand::value value) {
    if (type_ != json_type::array) return wrong_type("an array of objects");
    TRY(walker_.copy(value, target.text, kFieldDepth));
    TRY_ASSIGN(const json::Value array, json::parse(target.text));
    for (size_t i = 0; i < array.items().size(); ++i) {
      const json::Value& item = array.items()[i];
      if (!item.is_object()) return wrong(fmt::format("{}[{}]", current_->name, i), "an object", item.kind_name());
      const json::Value* const id = item.find("id");
      if (current_->shape == Shape::kItems && (id == nullptr || !id->is_string() || id->text().empty())) {
        return fail(Code::kInvalidArgument,
                    fmt::format("{}[{}].id: expected a string that is not empty", current_->name, i));
      }
    }
    return {};
  }

  // Unknown fields join `metadata`, which comes first where names collide.
  Status keep_extras() {
    if (extras_.empty()) return {};
    json::Value metadata = json::Value::object();
    if (!record.metadata.empty()) {
      TRY_ASSIGN(metadata, json::parse(record.metadata.text));
    }
    std::unordered_set<std::string> taken;
    for (const auto& [name, value] : metadata.members()) taken.insert(name);
    std::unordered_set<std::string_view> given;
    for (const auto& [key, text] : extras_) {
      if (!given.insert(key).second) return fail(Code::kInvalidArgument, fmt::format("{}: given twice", excerpt(key)));
      std::string name = key;
      while (!taken.insert(name).second) name.insert(0, "_");
      TRY_ASSIGN(json::Value value, json::parse(text));
      metadata.members().emplace_back(std::move(name), std::move(value));
    }
    record.metadata.text = metadata.dump();
    return {};
  }

  json::Walker& walker_;
  std::span<const Field<Record>> fields_;
  const Trust trust_;
  std::bitset<64> seen_;
  size_t next_ = 0;
  const Field<Record>* current_ = nullptr;
  json_type type_ = json_type::null;
  std::vector<std::pair<std::string, std::string>> extras_;

 public:
  bool has_kind_ = false;
};

// Takes the last message out of the array and makes it the output.
void split_output(Interaction& interaction, const MessagesSummary& summary) {
  std::string& text = interaction.messages.text;
  interaction.output.text = text.substr(summary.last_start, text.size() - 1 - summary.last_start);
  text.resize(summary.count > 1 ? summary.last_start - 1 : summary.last_start);
  text += ']';
  if (summary.count == 1) interaction.messages.text.clear();
}

Result<Interaction> finish(RecordReader<Interaction>& reader) {
  Interaction& i = reader.record;
  if (i.output.empty() && reader.messages.last_is_assistant) {
    split_output(i, reader.messages);
  }
  if (i.messages.text == "[]") i.messages.text.clear();
  if (i.messages.empty() && i.output.empty() && i.artifact.empty() && i.trajectory.empty()) {
    return fail(Code::kInvalidArgument,
                "messages: missing; an interaction needs messages, output, artifact or trajectory");
  }
  return std::move(i);
}

Result<Signal> finish(RecordReader<Signal>& reader) {
  Signal& s = reader.record;
  if (!reader.has_kind_) return fail(Code::kInvalidArgument, "kind: missing; expected a signal kind such as thumbs_up");
  if (s.interaction_id.empty() && s.item_id.empty()) {
    return fail(Code::kInvalidArgument, "interaction_id: missing; a signal needs an interaction_id or an item_id");
  }
  switch (s.kind) {
    case SignalKind::kRating:
    case SignalKind::kScore:
      if (!signal_number(s))
        return fail(Code::kInvalidArgument, fmt::format("value: a {} needs a number", signal_kind_name(s.kind)));
      break;
    case SignalKind::kCorrection:
      if (s.output.empty()) return fail(Code::kInvalidArgument, "output: a correction needs the corrected output");
      break;
    case SignalKind::kReview:
    case SignalKind::kValidation:
      if (!signal_passed(s)) {
        return fail(Code::kInvalidArgument, s.kind == SignalKind::kReview
                                                ? "value: a review needs \"approved\" or \"rejected\""
                                                : "value: a validation needs true, false or {\"passed\":...}");
      }
      break;
    default:
      break;
  }
  return std::move(s);
}

Result<Interaction> decode_interaction(json::Walker& walker, Result<json::ondemand::document> document,
                                       Trust trust = Trust::kNone) {
  if (!document) return std::unexpected(std::move(document).error());
  RecordReader<Interaction> reader(walker, interaction_fields(), trust);
  TRY(reader.read(*document));
  return finish(reader);
}

Result<Signal> decode_signal(json::Walker& walker, Result<json::ondemand::document> document,
                             std::string_view about = {}) {
  if (!document) return std::unexpected(std::move(document).error());
  RecordReader<Signal> reader(walker, signal_fields(), Trust::kNone);
  TRY(reader.read(*document));
  Signal& signal = reader.record;
  if (signal.interaction_id.empty() && signal.item_id.empty()) signal.interaction_id = about;
  return finish(reader);
}

struct Encoder {
  json::Writer& w;
  std::string_view name;

  void operator()(const std::string& text) const {
    if (!text.empty()) w.field(name, text);
  }
  void operator()(const RawJson& json) const {
    if (!json.empty()) w.key(name).raw(json.text);
  }
  void operator()(const std::optional<double>& number) const {
    if (number) w.field(name, *number);
  }
  void operator()(const std::optional<bool>& flag) const {
    if (flag) w.field(name, *flag);
  }
  void operator()(const std::optional<int64_t>& number) const {
    if (number) w.field(name, *number);
  }
  void operator()(int64_t number) const { w.field(name, number); }
  void operator()(const std::optional<Time>& time) const {
    if (time) w.field(name, format_time(*time));
  }
  void operator()(const std::vector<std::string>& names) const {
    if (names.empty()) return;
    w.key(name).begin_array();
    for (const std::string& one : names) w.string(one);
    w.end_array();
  }
  void operator()(SignalKind kind) const { w.field(name, signal_kind_name(kind)); }
};

template <typename Record>
void encode_fields(const Record& record, std::span<const Field<Record>> fields, std::string& out) {
  json::Writer w(out);
  w.begin_object();
  for (const Field<Record>& field : fields) {
    std::visit([&](auto member) { Encoder{w, field.name}(record.*member); }, field.member);
  }
  w.end_object();
}

}  // namespace

struct Decoder::State {
  json::Walker walker;
};

Decoder::Decoder() : state_(std::make_unique<State>()) {}
Decoder::~Decoder() = default;

static_assert(Decoder::kReadableBehind >= json::kPadding);

Result<Interaction> Decoder::interaction(std::string_view json) {
  return decode_interaction(state_->walker, state_->walker.begin(json));
}

Result<Signal> Decoder::signal(std::string_view json) {
  return signal_about({}, json);
}

Result<Signal> Decoder::signal_about(std::string_view interaction_id, std::string_view json) {
  return decode_signal(state_->walker, state_->walker.begin(json), interaction_id);
}

Result<Interaction> Decoder::interaction_padded(std::string_view json) {
  return decode_interaction(state_->walker, state_->walker.begin_padded(json));
}

Result<Signal> Decoder::signal_padded(std::string_view json) {
  return decode_signal(state_->walker, state_->walker.begin_padded(json));
}

Result<Interaction> Decoder::encoded_interaction(std::string_view json) {
  return decode_interaction(state_->walker, state_->walker.begin(json), Trust::kEncoded);
}

Result<Interaction> Decoder::encoded_interaction_padded(std::string_view json) {
  return decode_interaction(state_->walker, state_->walker.begin_padded(json), Trust::kEncoded);
}

void encode(const Interaction& interaction, std::string& out) {
  encode_fields(interaction, interaction_fields(), out);
}

void encode(const Signal& signal, std::string& out) {
  encode_fields(signal, signal_fields(), out);
}

}  // namespace gleaner::record

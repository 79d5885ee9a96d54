#include "store/store.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "store/stored_counts.h"

namespace gleaner::store {

std::string Cursor::text() const {
  return fmt::format("{}.{}", format_day(day), position);
}

Result<Cursor> Cursor::parse(std::string_view text) {
  Cursor cursor;
  const auto day = parse_day(text.substr(0, 10));
  const char* const end = text.data() + text.size();
  if (day && text.size() > 11 && text[10] == '.') {
    cursor.day = *day;
    const auto parsed = std::from_chars(text.data() + 11, end, cursor.position);
    if (parsed.ec == std::errc() && parsed.ptr == end && cursor.position >= 0) return cursor;
  }
  return fail(Code::kInvalidArgument, fmt::format("cursor: \"{}\" is not one this server gave out", text));
}

int64_t& Counters::at(size_t index) {
  static constexpr int64_t Counters::* kMembers[kCount] = {
      &Counters::interactions, &Counters::succeeded,     &Counters::compressed, &Counters::raw_bytes,
      &Counters::stored_bytes, &Counters::signals,       &Counters::thumbs_up,  &Counters::thumbs_down,
      &Counters::edits,        &Counters::with_feedback, &Counters::positive,   &Counters::negative,
      &Counters::quality};
  return this->*kMembers[index];
}

Counters& Counters::operator+=(const Counters& other) {
  Counters addend = other;
  for (size_t i = 0; i < kCount; ++i) at(i) += addend.at(i);
  return *this;
}

Counters Counters::change(const record::Verdict& before, const record::Verdict& after) {
  const auto step = [](bool was, bool is) { return static_cast<int64_t>(is) - static_cast<int64_t>(was); };
  Counters delta;
  delta.signals = after.signals - before.signals;
  delta.thumbs_up = after.thumbs_up - before.thumbs_up;
  delta.thumbs_down = after.thumbs_down - before.thumbs_down;
  delta.edits = after.edits + after.corrections - before.edits - before.corrections;
  delta.with_feedback = step(before.feedback() > 0, after.feedback() > 0);
  delta.positive = step(before.positive(), after.positive());
  delta.negative = step(before.negative(), after.negative());
  delta.quality = step(before.quality(), after.quality());
  return delta;
}

std::vector<std::string> item_ids(const record::Interaction& interaction) {
  std::vector<std::string> ids;
  if (interaction.items.empty()) return ids;
  if (const auto items = json::parse(interaction.items.text)) {
    for (const json::Value& item : items->items()) {
      if (const auto id = item.find_string("id")) ids.emplace_back(*id);
    }
  }
  return ids;
}

// What was rejected may be no text at all: bytes outside of ASCII become "?" where they are not UTF-8.
void write_json(const Reject& reject, json::Writer& w) {
  w.begin_object()
      .field("seq", reject.seq)
      .field("at", format_time(reject.at))
      .field("reason", printable(reject.reason));
  w.field("text", printable(reject.text)).end_object();
}

Counters Totals::all() const {
  Counters sum;
  for (const auto& [platform, counters] : by_platform) sum += counters;
  return sum;
}

}  // namespace gleaner::store

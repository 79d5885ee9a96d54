#include "store/store.h"

#include "base/text.h"

namespace gleaner::store {

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

#include "archive/part_summary.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json.h"

namespace gleaner::archive {

std::string difference(const PartTotals& expected, const PartTotals& found) {
  struct Row {
    std::string_view name;
    uint64_t PartTotals::* number;
  };
  constexpr std::array kRows = {
      Row{"records", &PartTotals::records},          Row{"signals", &PartTotals::signals},
      Row{"bytes of lines", &PartTotals::raw_bytes}, Row{"bytes", &PartTotals::packed_bytes},
      Row{"content_sum", &PartTotals::content_sum},  Row{"signal_sum", &PartTotals::signal_sum},
  };
  for (const Row& row : kRows) {
    if (expected.*row.number != found.*row.number)
      return fmt::format("{}: expected {}, found {}", row.name, expected.*row.number, found.*row.number);
  }
  for (const auto time : {&PartTotals::first, &PartTotals::last}) {
    if (expected.*time != found.*time)
      return fmt::format("created_at: expected {}, found {}", format_time(expected.*time), format_time(found.*time));
  }
  for (const auto digest : {&PartTotals::sha256, &PartTotals::lines_sha256}) {
    if (expected.*digest != found.*digest)
      return fmt::format("SHA-256: expected {}, found {}", to_hex(expected.*digest), to_hex(found.*digest));
  }
  return {};
}

void PartTally::count(Time created_at, uint64_t content_hash) {
  totals_.first = totals_.records == 0 ? created_at : std::min(totals_.first, created_at);
  totals_.last = totals_.records == 0 ? created_at : std::max(totals_.last, created_at);
  ++totals_.records;
  totals_.content_sum += record_mark(content_hash);
}

void PartTally::add(const store::Stored& stored) {
  const record::Interaction& interaction = stored.interaction;
  const Time created_at = interaction.created_at.value_or(Time{});
  count(created_at, stored.content_hash);
  totals_.signals += stored.signal_hashes.size();
  for (const uint64_t hash : stored.signal_hashes) totals_.signal_sum += signal_mark(hash, stored.content_hash);
  builder_.add_record(created_at);
  builder_.add_id(interaction.id);
  if (!interaction.items.empty()) {
    if (const auto items = json::parse(interaction.items.text)) {
      for (const json::Value& item : items->items()) {
        if (const auto id = item.find_string("id")) builder_.add_id(*id);
      }
    }
  }
  builder_.add_user(interaction.user_id);
  for (const record::Signal& signal : stored.signals) builder_.add_user(signal.user_id);
}

Status PartTally::add_line(std::string_view line) {
  TRY_ASSIGN(const LineParts parts, split_line(line));
  TRY_ASSIGN(const LineHead head, peek_line(line));
  count(head.created_at, parts.content_hash);
  totals_.signals += parts.signal_count();
  for (size_t i = 0; i < parts.signal_count(); ++i)
    totals_.signal_sum += signal_mark(parts.signal_hash(i), parts.content_hash);
  return {};
}

void PartTally::end_block(std::string_view lines) {
  totals_.raw_bytes += lines.size();
  lines_digest_.add(lines);
  builder_.end_block(lines.size());
}

void PartTally::add_packed(std::string_view bytes) {
  totals_.packed_bytes += bytes.size();
  packed_digest_.add(bytes);
}

PartTotals PartTally::totals() {
  totals_.sha256 = packed_digest_.finish();
  totals_.lines_sha256 = lines_digest_.finish();
  return totals_;
}

}  // namespace gleaner::archive

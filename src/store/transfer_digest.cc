#include "store/transfer_digest.h"

#include "base/text.h"
#include "record/codec.h"

namespace gleaner::store {
namespace {

constexpr uint64_t kSeed = 0;
constexpr size_t kPage = 200;  // rejects; each is at most kMaxRejectBytes

// The parts each with their length in front, so that no two lists of parts are the same bytes.
Hash128 digest(std::string_view kind, uint64_t number, std::initializer_list<std::string_view> parts) {
  std::string bytes(kind);
  const auto append = [&bytes](uint64_t value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  append(number);
  for (const std::string_view part : parts) {
    append(part.size());
    bytes += part;
  }
  return keyed_hash128(kSeed, bytes);
}

void add_to(Hash128& sum, const Hash128& addend) {
  sum.low += addend.low;
  sum.high += addend.high + (sum.low < addend.low ? 1 : 0);
}

}  // namespace

Hash128 digest_of(const record::Interaction& interaction, uint64_t content_hash) {
  std::string json;
  record::encode(interaction, json);
  return digest("interaction", content_hash, {interaction.id, json});
}

Hash128 digest_of(const record::Signal& signal, std::string_view interaction_id, uint64_t content_hash) {
  std::string json;
  record::encode(signal, json);
  return digest("signal", content_hash, {interaction_id, signal.id, json});
}

Hash128 digest_of(const Reject& reject) {
  // A store that keeps text may have made the reason printable.
  return digest("reject", static_cast<uint64_t>(to_ms(reject.at)), {printable(reject.reason), reject.text});
}

void Tally::add(const Stored& stored) {
  ++interactions;
  add_to(digest, digest_of(stored.interaction, stored.content_hash));
  for (size_t i = 0; i < stored.signals.size(); ++i) {
    ++signals;
    add_to(digest, digest_of(stored.signals[i], stored.interaction.id, stored.signal_hashes[i]));
  }
}

bool RejectCounts::take(const Reject& reject) {
  const auto found = by_digest.find(digest_of(reject));
  if (found == by_digest.end() || found->second == 0) return false;
  --found->second;
  return true;
}

Status walk_rejects(Store& store, const std::string& project, const std::function<Status(Reject&)>& body) {
  int64_t after = 0;
  while (true) {
    TRY_ASSIGN(std::vector<Reject> page, store.rejects(project, after, kPage));
    if (page.empty()) return {};
    after = page.back().seq;
    for (Reject& reject : page) TRY(body(reject));
  }
}

Result<RejectCounts> count_rejects(Store& store, const std::string& project) {
  RejectCounts counts;
  TRY(walk_rejects(store, project, [&counts](const Reject& reject) -> Status {
    ++counts.by_digest[digest_of(reject)];
    ++counts.all;
    return {};
  }));
  return counts;
}

}  // namespace gleaner::store

#include "archive/cold_records.h"

#include <algorithm>

#include "archive/line.h"
#include "base/uuid.h"
#include "store/stored_counts.h"

namespace gleaner::archive {
namespace {

// What an index takes in memory, about.
size_t size_of(const PartIndex& index, const std::string& encoded) {
  return index.blocks().size_bytes() + 2 * encoded.size() + 256;
}

bool is_meant(const store::Stored& stored, std::string_view id, ColdRecords::Look look) {
  if (look == ColdRecords::Look::kInteraction) return stored.interaction.id == id;
  const std::vector<std::string> items = store::item_ids(stored.interaction);
  return std::ranges::find(items, id) != items.end();
}

}  // namespace

Result<ColdRecords::Parts> ColdRecords::parts(std::string_view project) {
  TRY_ASSIGN(const int64_t version, tiers_.catalog.version(project));
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(project);
    if (found != known_.end() && found->second.version == version) return found->second.parts;
  }
  auto parts = std::make_shared<std::vector<store::Part>>();
  if (version > 0) {
    TRY_ASSIGN(*parts, tiers_.catalog.parts(project, std::nullopt, std::nullopt));
  }
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(std::string(project), Known{version, parts});
  return parts;
}

Result<ColdRecords::Index> ColdRecords::index_of(const store::Part& part) {
  const std::string& key = part.sha256;
  {
    const std::lock_guard lock(mutex_);
    const auto found = indexes_.find(key);
    if (found != indexes_.end()) {
      uses_.splice(uses_.begin(), uses_, found->second.use);
      return found->second.index;
    }
  }
  TRY_ASSIGN(const std::string encoded, tiers_.catalog.index_of(part));
  TRY_ASSIGN(PartIndex decoded, PartIndex::decode(encoded));
  const size_t bytes = size_of(decoded, encoded);
  Index index = std::make_shared<const PartIndex>(std::move(decoded));
  const std::lock_guard lock(mutex_);
  if (indexes_.contains(key)) return index;
  uses_.push_front(key);
  indexes_[key] = {index, bytes, uses_.begin()};
  cached_bytes_ += bytes;
  while (cached_bytes_ > kCachedIndexBytes && uses_.size() > 1) {
    const auto oldest = indexes_.find(uses_.back());
    cached_bytes_ -= oldest->second.bytes;
    indexes_.erase(oldest);
    uses_.pop_back();
  }
  return index;
}

Result<std::unique_ptr<PartReader>> ColdRecords::open(const store::Part& part, const Index& index) {
  {
    const std::lock_guard lock(mutex_);
    ++opened_;
  }
  return open_part(tiers_, part, *index);
}

int64_t ColdRecords::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

Result<std::optional<Found>> ColdRecords::look_in(const store::Part& part, std::string_view id, Look look) {
  auto found = search(part, id, look);
  if (!found) return fail_in(part.key, std::move(found).error());
  return found;
}

Result<std::optional<Found>> ColdRecords::search(const store::Part& part, std::string_view id, Look look) {
  TRY_ASSIGN(const Index index, index_of(part));
  const std::vector<uint32_t> blocks = index->find_id(id);
  if (blocks.empty()) return std::nullopt;
  TRY_ASSIGN(const std::unique_ptr<PartReader> reader, open(part, index));
  PartBlock block;
  LineDecoder decoder;
  for (const uint32_t number : blocks) {
    TRY(reader->read_block(number, block));
    std::span<char> line;
    while (block.next(line)) {
      if (look == Look::kInteraction) {
        TRY_ASSIGN(const LineHead head, peek_line({line.data(), line.size()}));
        if (head.id != id) continue;
      }
      Found found{part, {}};
      TRY(decoder.decode(line, found.stored));
      if (is_meant(found.stored, id, look)) return found;
    }
  }
  return std::nullopt;
}

Result<std::optional<Found>> ColdRecords::find_among(std::span<const store::Part> parts, std::string_view id) {
  for (const store::Part& part : parts) {
    TRY_ASSIGN(std::optional<Found> found, look_in(part, id, Look::kInteraction));
    if (found) return found;
  }
  return std::nullopt;
}

Result<std::optional<Found>> ColdRecords::find(std::string_view project, std::string_view id, Look look) {
  TRY_ASSIGN(const Parts all, parts(project));
  std::optional<Day> likely;
  if (const auto minted = uuid_v7_time(id); minted && look == Look::kInteraction) {
    likely = day_of(*minted);
    TRY_ASSIGN(std::optional<Found> found,
               find_among(std::ranges::equal_range(*all, *likely, {}, &store::Part::day), id));
    if (found) return found;
  }
  for (auto part = all->rbegin(); part != all->rend(); ++part) {
    if (part->day == likely) continue;
    TRY_ASSIGN(std::optional<Found> found, look_in(*part, id, look));
    if (found) return found;
  }
  return std::nullopt;
}

Result<bool> ColdRecords::may_hold(const store::Part& part, std::span<const std::string> user_ids) {
  TRY_ASSIGN(const Index index, index_of(part));
  return std::ranges::any_of(user_ids, [&](const std::string& user) { return !index->find_user(user).empty(); });
}

}  // namespace gleaner::archive

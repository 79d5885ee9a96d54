#include "store/sqlite/batch.h"

#include "store/stored_counts.h"

namespace gleaner::store {
Result<std::vector<Outcome>> SqliteStore::Batch::run() {
  outcomes_.assign(writes_.size(), Outcome::kStored);
  Status done = add_all();
  if (done) done = commit();
  if (!done) {
    rollback();
    return std::unexpected(std::move(done).error());
  }
  return std::move(outcomes_);
}

Status SqliteStore::Batch::add_all() {
  signals_wait_ = store_.catalog_->any_waiting();
  for (size_t i = 0; i < writes_.size(); ++i) {
    if (std::holds_alternative<record::Interaction>(writes_[i].record)) TRY(add_interaction(i));
  }
  TRY(join_waiting());
  return add_signals();
}

Status SqliteStore::Batch::enter(const std::shared_ptr<DayFile>& day) {
  if (day->in_batch()) return {};
  TRY(day->begin());
  entered_.push_back(day);
  return {};
}

Result<std::optional<Outcome>> SqliteStore::Batch::known(const Write& write, const record::Interaction& interaction,
                                                         const Hash128& key) {
  const auto verdict = [&write](uint64_t stored_hash) {
    return stored_hash == write.content_hash ? Outcome::kDuplicate : Outcome::kConflict;
  };
  const auto in_batch = batch_hashes_.find(key);
  if (in_batch != batch_hashes_.end()) return verdict(in_batch->second);
  TRY_ASSIGN(const std::optional<Place> place,
             store_.find_place(key, interaction.id, Look::kCommitted,
                               [&key](DayFile& day) { return day.locate_for_write(key); }));
  if (place) return verdict(place->located.entry.content_hash);
  batch_hashes_[key] = write.content_hash;
  return std::nullopt;
}

Status SqliteStore::Batch::add_interaction(size_t index) {
  const Write& write = writes_[index];
  const auto& interaction = std::get<record::Interaction>(write.record);
  const Hash128 key = store_.key(KeyOf::kInteraction, write.project, interaction.id);
  if (!write.id_is_fresh) {
    TRY_ASSIGN(const std::optional<Outcome> outcome, known(write, interaction, key));
    if (outcome) {
      outcomes_[index] = *outcome;
      return {};
    }
  }
  TRY_ASSIGN(const std::shared_ptr<DayFile> day,
             store_.open_or_create_day(day_of(interaction.created_at.value_or(Time{}))));
  TRY(enter(day));
  if (write.generation) TRY(day->expect_generation(write.project, *write.generation));
  std::vector<Hash128> items;
  for (const std::string& id : item_ids(interaction)) items.push_back(store_.key(KeyOf::kItem, write.project, id));
  TRY(day->add_interaction(write.project, interaction, key, items, write.content_hash));
  if (signals_wait_) {
    // A signal that called it an item waits under that name.
    items.push_back(store_.key(KeyOf::kItem, write.project, interaction.id));
    arrived_.push_back({key, std::move(items), day});
  }
  return {};
}

Status SqliteStore::Batch::finish_frames() {
  for (const auto& day : entered_) TRY(day->finish_frames());
  return {};
}

Status SqliteStore::Batch::join_waiting() {
  if (arrived_.empty()) return {};
  TRY(finish_frames());
  for (const Arrived& arrived : arrived_) {
    TRY(join(arrived.key, arrived));
    for (const Hash128& item : arrived.items) TRY(join(item, arrived));
  }
  return {};
}

Status SqliteStore::Batch::join(const Hash128& wanted, const Arrived& arrived) {
  if (!store_.catalog_->maybe_waiting(wanted)) return {};
  TRY_ASSIGN(std::vector<WaitingSignal> waiting, store_.catalog_->waiting_for(wanted));
  for (WaitingSignal& one : waiting) {
    TRY_ASSIGN(const std::optional<Located> located, arrived.day->locate_for_write(arrived.key));
    if (!located) continue;
    TRY(add_to({arrived.day, *located}, one.signal, one.content_hash));
    settled_.push_back(one.seq);
  }
  return {};
}

std::vector<Hash128> SqliteStore::Batch::wanted_keys(std::string_view project, const record::Signal& signal) const {
  if (!signal.interaction_id.empty()) return {store_.key(KeyOf::kInteraction, project, signal.interaction_id)};
  // What a front end calls an item may be the interaction itself.
  return {store_.key(KeyOf::kItem, project, signal.item_id), store_.key(KeyOf::kInteraction, project, signal.item_id)};
}

Result<std::optional<SqliteStore::Place>> SqliteStore::Batch::place_of(std::string_view project,
                                                                       const record::Signal& signal) {
  const std::string_view id = signal.interaction_id.empty() ? signal.item_id : signal.interaction_id;
  for (const Hash128& key : wanted_keys(project, signal)) {
    TRY_ASSIGN(std::optional<Place> place, store_.find_place(key, id, Look::kWithStaged, [&key](DayFile& day) {
      return day.locate_for_write(key);
    }));
    if (place) return place;
  }
  return std::nullopt;
}

Result<Outcome> SqliteStore::Batch::add_to(const Place& place, record::Signal& signal, uint64_t content_hash) {
  if (signal.interaction_id.empty()) {
    // It named an item; from now on it also says whose.
    TRY_ASSIGN(signal.interaction_id, place.day->interaction_id(place.located));
  }
  TRY(enter(place.day));
  return place.day->add_signal(place.located, signal, content_hash);
}

Status SqliteStore::Batch::add_signals() {
  bool finished = false;
  for (size_t i = 0; i < writes_.size(); ++i) {
    if (!std::holds_alternative<record::Signal>(writes_[i].record)) continue;
    if (!finished) TRY(finish_frames());
    finished = true;
    TRY(add_signal(i));
  }
  return {};
}

Status SqliteStore::Batch::add_signal(size_t index) {
  Write& write = writes_[index];
  auto& signal = std::get<record::Signal>(write.record);
  TRY_ASSIGN(const std::optional<Place> place, place_of(write.project, signal));
  if (place) {
    TRY_ASSIGN(outcomes_[index], add_to(*place, signal, write.content_hash));
    return {};
  }
  new_waiting_.push_back({0, write.project, wanted_keys(write.project, signal).front(), write.content_hash, signal});
  new_waiting_index_.push_back(index);
  return {};
}

Status SqliteStore::Batch::settle_waiting() {
  TRY_ASSIGN(std::vector<WaitingSignal> waiting, store_.catalog_->all_waiting());
  const auto body = [&]() -> Status {
    for (WaitingSignal& one : waiting) {
      TRY_ASSIGN(const std::optional<Place> place, place_of(one.project, one.signal));
      if (!place) continue;
      TRY(add_to(*place, one.signal, one.content_hash));
      settled_.push_back(one.seq);
    }
    return commit();
  };
  Status done = body();
  if (!done) rollback();
  return done;
}

Status SqliteStore::Batch::commit() {
  for (const auto& day : entered_) {
    TRY(day->commit());
    store_.lock_.announce();
  }
  // From here on the days are durable. A checkpoint that fails is tried again after the next commit, and a settled
  // signal that stays in the catalog is recognised as a duplicate; neither may turn what is stored into an error.
  for (const auto& day : entered_) static_cast<void>(store_.checkpointer_->after_commit(day));
  store_.keep_warm(entered_);
  static_cast<void>(store_.catalog_->remove_waiting(settled_));
  if (new_waiting_.empty()) return {};
  TRY_ASSIGN(const std::vector<Outcome> outcomes, store_.catalog_->add_waiting(new_waiting_));
  for (size_t i = 0; i < outcomes.size(); ++i) outcomes_[new_waiting_index_[i]] = outcomes[i];
  return {};
}

void SqliteStore::Batch::rollback() {
  for (const auto& day : entered_) {
    if (day->in_batch()) day->rollback();
  }
}

}  // namespace gleaner::store

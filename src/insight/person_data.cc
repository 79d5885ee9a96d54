#include "insight/person_data.h"

#include <algorithm>

#include "archive/line.h"
#include "base/json.h"
#include "record/codec.h"

namespace gleaner::insight {
namespace {

constexpr size_t kPieceBytes = size_t{256} << 10;
// What one step looks through at most, so that nobody waits for long behind it.
constexpr uint64_t kStepBytes = uint64_t{16} << 20;
constexpr size_t kStepParts = 256;
constexpr size_t kStepRejects = 200;
constexpr int kTries = 5;

std::set<std::string_view> keys_of(const std::vector<store::Part>& parts) {
  std::set<std::string_view> keys;
  for (const store::Part& part : parts) keys.insert(part.key);
  return keys;
}

void add_line(std::string& out, const record::Interaction& interaction) {
  out += R"({"interaction":)";
  record::encode(interaction, out);
  out += "}\n";
}

void add_line(std::string& out, const record::Signal& signal, bool waits) {
  out += R"({"signal":)";
  record::encode(signal, out);
  out += waits ? ",\"waits\":true}\n" : "}\n";
}

}  // namespace

Result<std::unique_ptr<PersonData>> PersonData::open(const archive::Tiers& tiers, archive::TieredStore& store,
                                                     std::string project, std::vector<std::string> users) {
  std::erase(users, "");
  // To a filter nobody is everybody.
  if (users.empty()) return fail(Code::kInvalidArgument, "the person has no name");
  // Then what waits does so for nothing that is archived.
  TRY(store.settle(project));
  std::unique_ptr<PersonData> data(new PersonData(tiers, store.cold(), std::move(project), std::move(users)));
  TRY(data->begin());
  return data;
}

bool PersonData::is_theirs(std::string_view user) const {
  return !user.empty() && std::ranges::find(users_, user) != users_.end();
}

Status PersonData::begin() {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    TRY_ASSIGN(const int64_t version, tiers_.catalog.version(project_));
    TRY_ASSIGN(signals_, tiers_.catalog.signals_of(project_, users_));
    TRY_ASSIGN(before_, cold_.parts(project_));
    TRY_ASSIGN(const int64_t now, tiers_.catalog.version(project_));
    if (now == version) return begin_scan("");
  }
  return fail(Code::kUnavailable, "the archive changes all the time; try again");
}

Status PersonData::begin_scan(std::string cursor) {
  store::ScanOptions options;
  options.project = project_;
  options.filter.user_ids = users_;
  options.cursor = std::move(cursor);
  options.max_bytes = kStepBytes;
  scan_.reset();
  TRY_ASSIGN(scan_, tiers_.hot.scan(std::move(options)));
  return {};
}

Result<bool> PersonData::next(std::string& out) {
  switch (stage_) {
    case Stage::kHot:
      TRY(step_hot(out));
      break;
    case Stage::kSignals:
      TRY(step_signals(out));
      break;
    case Stage::kArchive:
      TRY(step_archive(out));
      break;
    case Stage::kRejects:
      TRY(step_rejects(out));
      break;
    case Stage::kEnd:
      break;
  }
  return stage_ != Stage::kEnd;
}

Status PersonData::step_hot(std::string& out) {
  store::Stored stored;
  const size_t start = out.size();
  while (out.size() - start < kPieceBytes) {
    TRY_ASSIGN(const bool more, scan_->next(stored));
    if (!more) {
      std::string cursor = scan_->cursor();
      if (!cursor.empty()) return begin_scan(std::move(cursor));
      scan_.reset();
      stage_ = Stage::kSignals;
      return {};
    }
    add_line(out, stored.interaction);
    given_.insert(stored.interaction.id);
    ++counts_.interactions;
  }
  return {};
}

Status PersonData::step_signals(std::string& out) {
  const size_t start = out.size();
  while (next_signal_ < signals_.size() && out.size() - start < kPieceBytes) {
    const store::PlacedSignal& one = signals_[next_signal_++];
    add_line(out, one.signal, one.waits);
    ++(one.waits ? counts_.waiting : counts_.signals);
  }
  if (next_signal_ < signals_.size()) return {};
  signals_ = {};
  next_signal_ = 0;
  stage_ = Stage::kArchive;
  return begin_archive();
}

Status PersonData::begin_archive() {
  TRY_ASSIGN(parts_, cold_.parts(project_));
  if (parts_ == before_) return {};
  const std::set<std::string_view> now = keys_of(*parts_);
  for (const store::Part& part : *before_) {
    if (!now.contains(part.key))
      return fail(Code::kUnavailable, part.key + " was restored or written anew meanwhile; try again");
  }
  const std::set<std::string_view> then = keys_of(*before_);
  for (const store::Part& part : *parts_) {
    if (!then.contains(part.key)) new_parts_.insert(part.key);
  }
  return {};
}

Status PersonData::step_archive(std::string& out) {
  if (next_block_ < blocks_.size()) return add_block(out);
  for (size_t looked_at = 0; looked_at < kStepParts; ++looked_at) {
    if (next_part_ == parts_->size()) {
      reader_.reset();
      stage_ = Stage::kRejects;
      return {};
    }
    const store::Part& part = (*parts_)[next_part_++];
    TRY_ASSIGN(const bool maybe, cold_.may_hold(part, users_));
    if (maybe) return open_part(part);
  }
  return {};
}

Status PersonData::open_part(const store::Part& part) {
  TRY_ASSIGN(reader_, archive::open_part(tiers_, part));
  part_is_new_ = new_parts_.contains(part.key);
  std::set<uint32_t> blocks;
  for (const std::string& user : users_) {
    for (const uint32_t number : reader_->index().find_user(user)) blocks.insert(number);
  }
  blocks_.assign(blocks.begin(), blocks.end());
  next_block_ = 0;
  return {};
}

Status PersonData::add_block(std::string& out) {
  TRY(reader_->read_block(blocks_[next_block_++], block_));
  store::Stored stored;
  std::span<char> line;
  while (block_.next(line)) {
    TRY(decoder_.decode(line, stored));
    if (is_theirs(stored.interaction.user_id) && !(part_is_new_ && given_.contains(stored.interaction.id))) {
      add_line(out, stored.interaction);
      ++counts_.interactions;
    }
    // Those of a new part were in the store at the beginning, and so given already.
    if (part_is_new_) continue;
    for (const record::Signal& signal : stored.signals) {
      if (!is_theirs(signal.user_id)) continue;
      add_line(out, signal, false);
      ++counts_.signals;
    }
  }
  return {};
}

Status PersonData::step_rejects(std::string& out) {
  TRY_ASSIGN(const std::vector<store::Reject> rejects, tiers_.hot.rejects(project_, last_reject_, kStepRejects));
  for (const store::Reject& reject : rejects) {
    const auto named = [&](const std::string& user) { return reject.text.contains(user); };
    counts_.rejects += std::ranges::any_of(users_, named) ? 1 : 0;
    last_reject_ = reject.seq;
  }
  if (!rejects.empty()) return {};
  json::Writer w(out);
  w.begin_object().key("summary").begin_object().field("interactions", counts_.interactions);
  w.field("signals", counts_.signals).field("waiting", counts_.waiting).field("rejects", counts_.rejects);
  w.end_object().end_object();
  out += '\n';
  stage_ = Stage::kEnd;
  return {};
}

}  // namespace gleaner::insight

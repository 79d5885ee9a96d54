#include "api/trace_receiver.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/seal.h"
#include "gateway/otlp/decode.h"
#include "record/codec.h"

namespace gleaner::api {
namespace {

namespace otlp = gateway::otlp;

constexpr std::string_view kPurpose = "OTLP requests that wait for their traces";
// What a record holds in memory besides its text.
constexpr size_t kRecordOverhead = 1024;

using Decoded = std::variant<otlp::TraceBatch, otlp::LogBatch>;

Result<Decoded> decode(const TraceRequest& request) {
  const bool protobuf = request.encoding == otlp::Encoding::kProtobuf;
  if (request.type == otlp::SignalType::kTraces)
    return protobuf ? otlp::traces_from_protobuf(request.body) : otlp::traces_from_json(request.body);
  return protobuf ? otlp::logs_from_protobuf(request.body) : otlp::logs_from_json(request.body);
}

// Its number in the assembler.
uint64_t add_to(otlp::TraceAssembler& assembler, const Decoded& decoded, bool versions, Time now) {
  const auto* const traces = std::get_if<otlp::TraceBatch>(&decoded);
  if (traces == nullptr) return assembler.add_logs(std::get<otlp::LogBatch>(decoded), now);
  return versions ? assembler.add_versions(*traces, now) : assembler.add_traces(*traces, now);
}

}  // namespace

// Records that came out together.
struct TraceReceiver::Batch {
  Project project;
  otlp::Assembled records;
  uint64_t from = 0;    // they are of requests from that number on
  bool failed = false;  // it waits to be sent again
};

struct TraceReceiver::Lane {
  Lane(Project of, const TraceReceiverOptions& options)
      : project(std::move(of)),
        journal(options.folder + "/" + project->name, derive_key(project->secret, kPurpose)),
        assembler(options.assembler) {}

  struct Kept {
    uint64_t request;  // as the assembler numbers them
    uint64_t number;   // in the journal
  };

  std::mutex mutex;  // of all up to `kept`
  Project project;
  TraceJournal journal;
  otlp::TraceAssembler assembler;
  Time now;
  std::list<Kept> kept;  // ascending

  std::atomic<uint64_t> rejected = 0;

  std::mutex unstored_mutex;
  std::list<std::shared_ptr<Batch>> unstored;
};

TraceReceiver::TraceReceiver(TraceReceiverOptions options, intake::Intake& intake, const Clock& clock)
    : options_(std::move(options)), intake_(intake), clock_(clock) {}

TraceReceiver::~TraceReceiver() {
  stop();
}

void TraceReceiver::start(const std::vector<Project>& projects) {
  for (const Project& project : projects) lane_of(project);
  ticker_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void TraceReceiver::stop() {
  if (!ticker_.joinable()) return;
  ticker_.request_stop();
  ticker_.join();
}

std::shared_ptr<TraceReceiver::Lane> TraceReceiver::lane_of(const Project& project) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Lane>& lane = lanes_[project->name];
  if (lane == nullptr) {
    lane = std::make_shared<Lane>(project, options_);
    take_up(*lane);
  }
  return lane;
}

void TraceReceiver::take_up(Lane& lane) {
  const auto numbers = lane.journal.numbers();
  if (!numbers) return options_.on_failure(numbers.error());
  lane.now = clock_.now();
  for (const uint64_t number : *numbers) {
    const auto kept = lane.journal.read(number);
    const auto decoded = kept ? decode(kept->request()) : std::unexpected(kept.error());
    if (decoded) {
      lane.kept.push_back({add_to(lane.assembler, *decoded, kept->versions, lane.now), number});
    } else {
      options_.on_failure(decoded.error());
    }
  }
}

std::shared_ptr<TraceReceiver::Batch> TraceReceiver::gather(Lane& lane, uint64_t from) {
  otlp::Assembled records = lane.assembler.take();
  if (records.interactions.empty() && records.signals.empty()) return nullptr;
  auto batch = std::make_shared<Batch>(Batch{.project = lane.project, .records = std::move(records), .from = from});
  const std::lock_guard lock(lane.unstored_mutex);
  lane.unstored.push_back(batch);
  return batch;
}

// With lane.mutex held. A request is needed as long as something of it is held or on its way.
void TraceReceiver::forget(Lane& lane) {
  uint64_t needed = lane.assembler.first_unsettled();
  {
    const std::lock_guard lock(lane.unstored_mutex);
    for (const auto& batch : lane.unstored) needed = std::min(needed, batch->from);
  }
  while (!lane.kept.empty() && lane.kept.front().request < needed) {
    lane.journal.remove(lane.kept.front().number);
    lane.kept.pop_front();
  }
}

void TraceReceiver::add(const Project& project, const TraceRequest& request, Done done) {
  const auto decoded = decode(request);
  if (!decoded) return done(std::unexpected(decoded.error()));
  const std::shared_ptr<Lane> lane = lane_of(project);
  std::shared_ptr<Batch> batch;
  Status added;
  {
    const std::lock_guard lock(lane->mutex);
    lane->project = project;  // its secret may have been rotated
    added = all_stored(*lane);
    if (added) added = take(*lane, *decoded, request, batch);
  }
  if (batch == nullptr) return done(added ? Result<Taken>(Taken{}) : std::unexpected(added.error()));
  send(lane, batch, [done = std::move(done), added](Result<Taken> taken) mutable {
    done(added ? std::move(taken) : std::unexpected(added.error()));
  });
}

Status TraceReceiver::all_stored(Lane& lane) {
  const std::lock_guard lock(lane.unstored_mutex);
  if (std::ranges::none_of(lane.unstored, [](const auto& one) { return one->failed; })) return {};
  return fail(Code::kUnavailable, "what came of earlier spans is not stored yet; send these again");
}

// With lane.mutex held.
template <typename Decoded>
Status TraceReceiver::take(Lane& lane, const Decoded& decoded, const TraceRequest& request,
                           std::shared_ptr<Batch>& batch) {
  lane.now = std::max(lane.now, clock_.now());
  const uint64_t from = lane.assembler.first_unsettled();
  const uint64_t number = add_to(lane.assembler, decoded, request.versions, lane.now);
  batch = gather(lane, from);
  forget(lane);
  if (lane.assembler.first_unsettled() > number) return {};
  TRY_ASSIGN(const uint64_t kept, lane.journal.append(request));
  lane.kept.push_back({number, kept});
  return {};
}

// From copies: what is not stored is sent again.
void TraceReceiver::send(const std::shared_ptr<Lane>& lane, const std::shared_ptr<Batch>& batch, Done done) {
  intake::Submission submission;
  Taken taken;
  std::string text;
  const auto prepare = [&](const auto& record) {
    text.clear();
    record::encode(record, text);
    auto write =
        text.size() > options_.max_record_bytes
            ? std::unexpected(Error{Code::kTooLarge, fmt::format("the record {} has {} bytes, the limit is {} "
                                                                 "(max_record_bytes)",
                                                                 record.id, text.size(), options_.max_record_bytes)})
            : intake_.prepare(*batch->project, std::decay_t<decltype(record)>(record));
    if (write) {
      submission.writes.push_back(*std::move(write));
      submission.bytes += text.size() + kRecordOverhead;
      return;
    }
    submission.rejects.push_back(intake_.reject(*batch->project, write.error(), text));
    submission.bytes += std::min(text.size(), store::kMaxRejectBytes);
    if (++taken.rejected == 1) {
      taken.code = write.error().code;
      taken.message = write.error().message;
    }
    taken.ids.push_back(record.id);
  };
  for (const record::Interaction& interaction : batch->records.interactions) prepare(interaction);
  for (const record::Signal& signal : batch->records.signals) prepare(signal);

  auto answer = std::make_shared<Done>(std::move(done));
  const Status submitted =
      intake_.submit(std::move(submission), [lane, batch, taken, answer](intake::Intake::Outcomes outcomes) {
        {
          const std::lock_guard lock(lane->unstored_mutex);
          batch->failed = !outcomes;
          if (outcomes) lane->unstored.remove(batch);
        }
        (*answer)(outcomes ? Result<Taken>(taken) : std::unexpected(outcomes.error()));
      });
  if (submitted) {
    lane->rejected += static_cast<uint64_t>(taken.rejected);
    return;
  }
  {
    const std::lock_guard lock(lane->unstored_mutex);
    batch->failed = true;
  }
  (*answer)(std::unexpected(submitted.error()));
}

void TraceReceiver::settle(const std::shared_ptr<Lane>& shared) {
  Lane& lane = *shared;
  std::vector<std::shared_ptr<Batch>> again;
  std::shared_ptr<Batch> batch;
  {
    const std::lock_guard lock(lane.mutex);
    lane.now = std::max(lane.now, clock_.now());
    const uint64_t from = lane.assembler.first_unsettled();
    lane.assembler.settle(lane.now);
    batch = gather(lane, from);
    const std::lock_guard unstored(lane.unstored_mutex);
    for (const auto& one : lane.unstored) {
      if (one->failed) again.push_back(one);
    }
  }
  const auto tell = [this](const Result<Taken>& taken) {
    if (!taken) options_.on_failure(taken.error());
  };
  for (const auto& one : again) send(shared, one, tell);
  if (batch != nullptr) send(shared, batch, tell);
  const std::lock_guard lock(lane.mutex);
  forget(lane);
}

void TraceReceiver::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, stop, options_.tick, [&stop] { return stop.stop_requested(); })) {
    std::vector<std::shared_ptr<Lane>> lanes;
    {
      const std::lock_guard known(mutex_);
      for (const auto& [name, lane] : lanes_) lanes.push_back(lane);
    }
    for (const auto& lane : lanes) settle(lane);
  }
}

TraceReceiver::Counts TraceReceiver::counts() const {
  Counts all;
  const std::lock_guard known(mutex_);
  for (const auto& [name, lane] : lanes_) {
    const std::lock_guard lock(lane->mutex);
    all.assembler += lane->assembler.counts();
    all.held_spans += lane->assembler.held_spans();
    all.held_bytes += lane->assembler.held_bytes();
    all.rejected += lane->rejected;
  }
  return all;
}

}  // namespace gleaner::api

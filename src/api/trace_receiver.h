// OTLP requests on their way to the intake: decoded, assembled into interactions and signals, stored. What must wait
// for the rest of its trace is held in memory and, until it has become records that are stored, in a TraceJournal: what
// was acknowledged outlives the process.
//
// A request is acknowledged when all records that came of it are durable and its body is in the journal if it is needed
// still. If records cannot be stored, the request is refused, and so is every later one of the project until they are:
// the spans that made them are known by then, and a client that sends them again would get a yes for nothing.
//
// Thread contract: add() and counts() are safe from any thread; add() waits for the disk, its callback runs on a writer
// thread of the intake. start() and stop() by the thread that made it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/trace_journal.h"
#include "gateway/otlp/assembler.h"
#include "intake/intake.h"
#include "store/registry.h"

namespace gleaner::api {

struct TraceReceiverOptions {
  std::string folder;  // of the journals
  gateway::otlp::AssemblerOptions assembler;
  std::chrono::milliseconds tick{1000};  // between two looks for traces that are complete
  size_t max_record_bytes = 0;
  // Told what went wrong outside of any request.
  std::function<void(const Error&)> on_failure = [](const Error&) {};
};

class TraceReceiver {
 public:
  using Project = std::shared_ptr<const store::Project>;

  TraceReceiver(TraceReceiverOptions options, intake::Intake& intake, const Clock& clock);
  ~TraceReceiver();
  TraceReceiver(const TraceReceiver&) = delete;
  TraceReceiver& operator=(const TraceReceiver&) = delete;

  // Takes up what an earlier process has left of these projects, then looks for complete traces as time goes by.
  void start(const std::vector<Project>& projects);
  // What is held stays in the journal. The intake must be there still.
  void stop();

  struct Taken {
    int64_t rejected = 0;                // spans or log records whose records cannot be stored, whoever sends them
    Code code = Code::kInvalidArgument;  // the first reason
    std::string message;                 //
    std::vector<std::string> ids;        // of these records
  };
  using Done = std::move_only_function<void(Result<Taken>)>;
  // Errors, all of the callback: kInvalidArgument for a body that is none, kResourceExhausted and kUnavailable for one
  // to send again.
  void add(const Project& project, const TraceRequest& request, Done done);

  // Of all projects.
  struct Counts {
    gateway::otlp::AssemblerCounts assembler;
    size_t held_spans = 0;
    size_t held_bytes = 0;
    uint64_t rejected = 0;
  };
  Counts counts() const;

 private:
  struct Lane;  // of a project; callbacks of the intake may outlive the receiver
  struct Batch;

  std::shared_ptr<Lane> lane_of(const Project& project);
  void take_up(Lane& lane);
  static Status all_stored(Lane& lane);
  // Sets `batch` to what came out, even if the request is to be refused.
  template <typename Decoded>
  Status take(Lane& lane, const Decoded& decoded, const TraceRequest& request, std::shared_ptr<Batch>& batch);
  // What came out since the last time, of requests from `from` on; null for nothing.
  std::shared_ptr<Batch> gather(Lane& lane, uint64_t from);
  void send(const std::shared_ptr<Lane>& lane, const std::shared_ptr<Batch>& batch, Done done);
  void forget(Lane& lane);
  void run(const std::stop_token& stop);
  void settle(const std::shared_ptr<Lane>& shared);

  const TraceReceiverOptions options_;
  intake::Intake& intake_;
  const Clock& clock_;
  mutable std::mutex mutex_;                                         // of lanes_ itself
  std::map<std::string, std::shared_ptr<Lane>, std::less<>> lanes_;  // none is ever removed
  std::jthread ticker_;
};

}  // namespace gleaner::api

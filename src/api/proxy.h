// The logging proxy: calls to model providers pass through (http/forward.h), and each becomes an interaction
// (gateway/exchange/). docs/proxy.md says what is recorded.
//
// Recording never hurts the call: it happens beside and behind it, and what cannot be recorded is counted. With the
// policy fail_closed a call is refused instead while records cannot be taken.
//
// Thread contract: safe from any thread once made.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/call_routing.h"
#include "api/feedback_token.h"
#include "api/upstreams.h"
#include "base/time.h"
#include "base/uuid.h"
#include "gateway/exchange/prices.h"
#include "gateway/exchange/session_stitcher.h"
#include "http/message.h"
#include "intake/intake.h"
#include "store/registry.h"

namespace gleaner::api {

struct ProxyOptions {
  Upstreams upstreams;
  CallRouting routing;
  gateway::exchange::PriceTable prices;
  bool ask_usage = true;  // of streams whose clients did not
  bool record_embeddings = false;
  std::chrono::seconds token_life{7 * 24 * 3600};
  size_t max_record_bytes = 0;
  size_t max_body_bytes = 0;  // after decompression
};

class Proxy {
 public:
  using Project = std::shared_ptr<const store::Project>;

  // What is given by reference must outlive it, and every exchange.
  Proxy(ProxyOptions options, intake::Intake& intake, const Clock& clock, IdSource& ids);

  // The answer that makes the connection pass the request on; what comes back is recorded if `collect` is true.
  // `rest`: the path behind the upstream's name, and the query. Errors: kNotFound for an upstream that is not there.
  Result<http::Response> pass(http::Request request, std::string_view upstream, std::string_view rest,
                              const Project& project, bool collect);

  struct Counts {
    std::atomic<uint64_t> exchanges = 0;  // passed on
    std::atomic<uint64_t> recorded = 0;
    std::atomic<uint64_t> dropped = 0;   // the intake did not take them
    std::atomic<uint64_t> rejected = 0;  // too large, or not fit to be stored
    std::atomic<uint64_t> unread = 0;    // nothing to record
    std::atomic<uint64_t> shadows = 0;   // calls made beside others
    std::atomic<uint64_t> shadows_not_made = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  class Observer;
  struct Call;
  std::shared_ptr<http::Forward> make(const Call& call, const CallPlan& plan, std::string plain);
  static bool take_memory(const Call& call);
  void prepare(Call& call, std::string_view upstream, const NamedUpstream& asked, const Project& project,
               Routing& routing);
  std::shared_ptr<const http::Forward> make_shadow(Call call, const CallPlan& plan);
  void record(gateway::exchange::Recorded recorded, const Project& project, bool is_shadow);
  // What is kept of a project from call to call.
  struct Kept {
    explicit Kept(const store::Project& project);
    gateway::exchange::SessionStitcher stitcher;
    const FeedbackTokenKey token_key;
  };
  Kept& kept_of(const store::Project& project);

  const ProxyOptions options_;
  intake::Intake& intake_;
  const Clock& clock_;
  IdSource& ids_;
  Counts counts_;
  std::mutex mutex_;
  std::map<std::string, Kept, std::less<>> kept_;  // guarded by mutex_; none goes
};

}  // namespace gleaner::api

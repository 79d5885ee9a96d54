// The HTTP API: thin handlers that decode, call and encode. docs/api.md describes every route; openapi.json is what
// machines read, and a test holds it to the routes made here.
//
// Thread contract: made and given its routes by one thread; the handlers then run on many.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/feedback_token.h"
#include "api/keyring.h"
#include "api/ownership.h"
#include "api/people.h"
#include "api/proxy.h"
#include "api/signal_shape.h"
#include "api/trace_receiver.h"
#include "archive/tiered_store.h"
#include "archive/tiers.h"
#include "base/time.h"
#include "base/uuid.h"
#include "config/config.h"
#include "dataset/export.h"
#include "dataset/recipe.h"
#include "dataset/version.h"
#include "http/router.h"
#include "http/server.h"
#include "intake/intake.h"
#include "store/registry.h"
#include "store/store.h"

namespace gleaner::api {

struct ArchiveWish;  // archive_routes.cc

// The archive behind the store, for the routes that move records there or remove them from there.
struct ColdStorage {
  archive::TieredStore& store;  // the one of Services
  archive::Tiers tiers;
  archive::UploadOptions upload;
};

// What the API works with; all of it must outlive the API.
struct Services {
  store::Store& store;
  store::Registry& registry;
  intake::Intake& intake;
  const Clock& clock;
  IdSource& ids;
  const config::Config& config;
  http::KeySource* public_keys = nullptr;  // of people's tokens; null if there are none
  std::optional<ColdStorage> cold = {};    // where there is none, its routes answer 503
  // Hears of what admins and people had done: archived and erased. A line without personal data.
  std::function<void(const std::string& act)> on_act = {};
  // Hears of what went wrong outside of any request.
  std::function<void(const Error& error)> on_failure = {};
  ProxyOptions proxy = {};
};

inline constexpr bool kPeople = true;  // of a Route
inline constexpr bool kLengthy = true;

class Api {
 public:
  explicit Api(Services services);

  http::Authenticator& authenticator() { return gate_; }
  void add_routes(http::Router& router);
  // Reads keys and projects, so that writes are taken even if the registry goes away before the first of them comes.
  void learn();
  // For /metrics and /readyz, once the server exists.
  void watch(std::function<http::ServerMetrics()> metrics) { server_metrics_ = std::move(metrics); }
  // Begins to put traces together, with what an earlier process has left of them. Ends before the intake does.
  void start_receiving();
  void stop_receiving() { receiver_.stop(); }
  // Handlers go on, but for archiving and erasing, which stop between two blocks.
  void start_draining();

 private:
  using Project = std::shared_ptr<const store::Project>;

  void add_record_routes(http::Router& router);
  void add_feedback_routes(http::Router& router);
  void add_admin_routes(http::Router& router);
  void add_archive_routes(http::Router& router);
  void add_dataset_routes(http::Router& router);
  void add_user_routes(http::Router& router);
  void add_otlp_routes(http::Router& router);
  void add_peer_routes(http::Router& router);
  void add_proxy_routes(http::Router& router);
  void add_health_routes(http::Router& router);

  // record_routes.cc
  template <typename Record>
  void write_records(const http::Request& request, http::Responder responder);
  void list(const http::Request& request, http::Responder responder);
  void get(const http::Request& request, http::Responder responder);
  void erase(const http::Request& request, http::Responder responder);

  // feedback_routes.cc
  void submit_feedback(const http::Request& request, http::Responder responder);
  void engage(const http::Request& request, http::Responder responder);
  void stats(const http::Request& request, http::Responder responder);
  void readiness(const http::Request& request, http::Responder responder);
  void export_platform(const http::Request& request, http::Responder responder);
  void export_filtered(const http::Request& request, http::Responder responder);
  void erase_data(const http::Request& request, http::Responder responder);
  void send_export(const http::Request& request, http::Responder responder, dataset::ExportOptions options,
                   const std::string& name);

  // admin_routes.cc
  void list_keys(const http::Request& request, http::Responder responder);
  void create_key(const http::Request& request, http::Responder responder);
  void revoke_key(const http::Request& request, http::Responder responder);
  void list_rejects(const http::Request& request, http::Responder responder);

  // archive_routes.cc
  void archive_old(const http::Request& request, http::Responder responder);
  Result<std::string> archive_older(const http::Request& request, const ArchiveWish& wish);
  void erase_project(const http::Request& request, http::Responder responder);
  void list_erasures(const http::Request& request, http::Responder responder);
  Result<const ColdStorage*> cold() const;
  Result<archive::Receipt> erase_everything(const http::Request& request, archive::ErasureRequest what);

  // dataset_routes.cc
  void list_datasets(const http::Request& request, http::Responder responder);
  void build_dataset(const http::Request& request, http::Responder responder);
  void rebuild_dataset(const http::Request& request, http::Responder responder);
  void get_dataset(const http::Request& request, http::Responder responder);
  void get_dataset_file(const http::Request& request, http::Responder responder);
  void remove_dataset(const http::Request& request, http::Responder responder);
  dataset::Versions datasets(const http::Request& request) const;
  Result<dataset::VersionInfo> make_version(const http::Request& request, std::string name, dataset::Recipe recipe);

  // user_routes.cc
  void erase_user(const http::Request& request, http::Responder responder);
  void user_data(const http::Request& request, http::Responder responder);
  // The pseudonyms of the person in the path. Errors: kPermissionDenied for a person who asks for another.
  Result<std::vector<std::string>> wanted_user(const http::Request& request);
  Result<bool> holds_anything(const std::string& project, const std::vector<std::string>& users) const;

  // otlp_routes.cc
  void receive(const http::Request& request, http::Responder responder, gateway::otlp::SignalType type);

  // peer_routes.cc
  void ingest_langfuse(const http::Request& request, http::Responder responder);
  void score_langfuse(const http::Request& request, http::Responder responder);
  void langfuse_projects(const http::Request& request, http::Responder responder);
  void tensorzero_feedback(const http::Request& request, http::Responder responder);

  // proxy_routes.cc
  void pass_on(http::Request request, http::Responder responder);
  Result<Project> project_of_call(const http::Request& request);
  Status can_record();

  // health_routes.cc
  void ready(http::Responder responder);
  Status store_status(const intake::IntakeMetrics& metrics);
  void metrics(http::Responder responder);

  // False, and answers, when collection is switched off.
  bool collecting(http::Responder& responder) const;
  Result<Project> project(const http::Request& request);
  // Errors: kUnavailable while records are on their way from the spool to the store: they cannot be told from here.
  Status spool_is_empty() const;
  void tell(const http::Request& request, const std::string& act) const;
  // What is stored under that id. Errors: kNotFound, also for a person who does not own it.
  Result<store::Stored> find_interaction(const http::Request& request, const std::string& id);
  // How many signals went with it. Errors: kNotFound when there was neither the interaction nor a signal for it, and
  // for a person who does not own it.
  Result<int64_t> erase_interaction(const http::Request& request, const std::string& id);
  // One signal said in a front end's shape: prepared, committed, answered.
  Result<store::Write> prepare_signal(const http::Request& request, const json::Value& body, const SignalShape& shape);
  void write_signal(const http::Request& request, const SignalShape& shape, http::Responder responder);

  Services services_;
  KeyRing keyring_;
  std::unique_ptr<People> people_;  // null while no tokens are taken
  FeedbackTokens feedback_tokens_;
  Gate gate_;
  Refreshed<store::Project> projects_;
  TraceReceiver receiver_;
  Proxy proxy_;
  std::function<http::ServerMetrics()> server_metrics_;
  std::atomic<bool> draining_{false};
  // Held while it is done, and not while it is answered: a second one is refused, so that none of them waits for
  // minutes, and whoever has the answer may ask for the next.
  std::mutex archiving_;
  std::mutex erasing_;
  std::mutex building_;
  std::mutex ready_mutex_;
  bool ready_checking_ = false;  // guarded by ready_mutex_, like all below
  std::chrono::steady_clock::time_point ready_checked_;
  Status ready_status_ = fail(Code::kUnavailable, "it has not answered yet");
};

}  // namespace gleaner::api

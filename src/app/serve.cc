#include "app/serve.h"

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "api/api.h"
#include "app/open_store.h"
#include "app/schedule.h"
#include "config/routes.h"
#include "http/remote_keys.h"
#include "http/server.h"
#include "intake/intake.h"
#include "store/api_keys.h"

namespace gleaner::app {
namespace {

// Before any thread is made, so that all of them inherit it and only wait_for_stop() sees the signals.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // A write past the file size limit is then an error like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  return signals;
}

void start_log(const config::Config& config) {
  auto logger = spdlog::stderr_logger_mt("gleaner");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  logger->set_level(spdlog::level::from_str(config.log_level));
  spdlog::set_default_logger(std::move(logger));
}

http::ServerOptions server_options(const config::Config& config) {
  http::ServerOptions options;
  options.host = config.host;
  options.port = static_cast<uint16_t>(config.port);
  options.io_threads = static_cast<int>(config.io_threads);
  options.worker_threads = static_cast<int>(config.worker_threads);
  options.max_connections = static_cast<size_t>(config.max_connections);
  options.max_body_bytes = static_cast<size_t>(config.max_body_bytes);
  options.max_buffered_bytes = std::max(options.max_buffered_bytes, options.max_body_bytes);
  options.header_timeout_seconds = static_cast<int>(config.header_timeout_seconds);
  options.body_timeout_seconds = static_cast<int>(config.body_timeout_seconds);
  options.idle_timeout_seconds = static_cast<int>(config.idle_timeout_seconds);
  options.drain_timeout_seconds = static_cast<int>(config.drain_timeout_seconds);
  return options;
}

Status print_first_key(store::Registry& registry, IdSource& ids, Time now) {
  TRY_ASSIGN(const std::vector<store::ApiKey> keys, registry.keys());
  if (!keys.empty()) return {};
  TRY_ASSIGN(const store::IssuedKey issued,
             store::issue_key(registry, ids, now, "default", "first", {"ingest", "read", "admin"}));
  fmt::print("admin key (shown this once): {}\n", issued.key);
  return {};
}

// While one commit waits for the database, another is made.
constexpr size_t kWritersOfADatabase = 2;

intake::IntakeOptions intake_options(const config::Config& config) {
  intake::IntakeOptions options;
  options.max_queued_bytes = static_cast<size_t>(config.max_queued_bytes);
  options.writers = config.database_url.empty() ? 1 : kWritersOfADatabase;
  options.on_failure = [](const Error& error) { spdlog::error("nothing could be stored: {}", error.message); };
  options.on_spool = [](const std::string& message) { spdlog::warn("{}", message); };
  return options;
}

// Only a store that can be away needs a spool.
Result<std::unique_ptr<intake::Spool>> open_spool(const config::Config& config) {
  if (config.database_url.empty()) return nullptr;
  intake::SpoolOptions options;
  options.folder = config.data_dir + "/spool";
  options.max_bytes = static_cast<uint64_t>(config.spool_max_mb) << 20;
  options.on_damage = [](const Error& error) { spdlog::error("{}", error.message); };
  return intake::Spool::open(std::move(options));
}

// The public keys of people's tokens; null where none are configured. An issuer that is away is asked again later.
Result<std::unique_ptr<http::RemoteKeys>> public_keys(const config::Config& config) {
  constexpr size_t kGoodSecret = 32;  // RFC 7518, 3.2
  if (!config.jwt_secret.empty() && config.jwt_secret.size() < kGoodSecret) {
    spdlog::warn("jwt_secret: shorter than {} bytes, so it can be guessed from a token", kGoodSecret);
  }
  if (config.jwt_jwks_url.empty()) return nullptr;
  if (http::scheme_of(config.jwt_jwks_url).empty()) {
    return fail(Code::kInvalidArgument, "jwt_jwks_url: expected a URL that begins with https:// or http://");
  }
  auto keys = std::make_unique<http::RemoteKeys>(http::RemoteKeysOptions{
      .url = config.jwt_jwks_url,
      .on_failure = [](const Error& error) { spdlog::warn("jwt_jwks_url: no keys fetched: {}", error.message); }});
  keys->start();
  return keys;
}

Result<std::string> read_file(std::string_view setting, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::kNotFound, fmt::format("{}: {} cannot be read", setting, path));
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::string> environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing sets any
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

Result<api::ProxyOptions> proxy_options(const config::Config& config) {
  api::ProxyOptions options;
  TRY_ASSIGN(options.upstreams, api::parse_upstreams(config.upstreams));
  if (!config.prices_file.empty()) {
    TRY_ASSIGN(const std::string rows, read_file("prices_file", config.prices_file));
    auto prices = gateway::exchange::PriceTable::parse(rows);
    if (!prices) return fail_in(config.prices_file, std::move(prices).error());
    options.prices = *std::move(prices);
  }
  if (!config.routes_file.empty()) {
    TRY_ASSIGN(const std::string text, read_file("routes_file", config.routes_file));
    TRY_ASSIGN(auto routes, config::parse_routes(text, config.routes_file));
    TRY_ASSIGN(options.routing, api::CallRouting::make(std::move(routes), options.upstreams, environment));
  }
  options.ask_usage = config.proxy_ask_usage;
  options.record_embeddings = config.proxy_record_embeddings;
  options.token_life = std::chrono::days(config.feedback_token_days);
  options.max_record_bytes = static_cast<size_t>(config.max_record_bytes);
  options.max_body_bytes = static_cast<size_t>(config.max_body_bytes);
  return options;
}

// Looks every second whether a profile was changed. An error is logged once, not as often as it is met.
void refresh(intake::Rulebook& rulebook, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::set<std::string> told;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, stop, std::chrono::seconds(1), [&stop] { return stop.stop_requested(); })) {
    std::set<std::string> errors;
    for (const Error& error : rulebook.refresh()) errors.insert(error.message);
    for (const std::string& error : errors) {
      if (!told.contains(error)) spdlog::error("profile: {}", error);
    }
    told = std::move(errors);
  }
}

}  // namespace

Result<int> serve(const config::Config& config, const cli::ServeOptions& options, const Clock& clock, IdSource& ids) {
  const sigset_t stop_signals = block_stop_signals();
  raise_file_limit();
  start_log(config);
  TRY_ASSIGN(const cli::OpenStore open, open_store(config, clock));
  if (options.first_key) TRY(print_first_key(*open.registry, ids, clock.now()));
  TRY_ASSIGN(const std::unique_ptr<intake::Rulebook> rulebook, intake::Rulebook::make(config));
  const std::jthread refresher([&rulebook](const std::stop_token& stop) { refresh(*rulebook, stop); });
  intake::IntakeOptions for_intake = intake_options(config);
  TRY_ASSIGN(for_intake.spool, open_spool(config));
  auto intake = std::make_unique<intake::Intake>(std::move(for_intake), *open.store, *rulebook, clock, ids);
  TRY_ASSIGN(const std::unique_ptr<http::RemoteKeys> keys, public_keys(config));
  auto proxy = proxy_options(config);
  if (!proxy) return std::unexpected(proxy.error());
  api::Api api({*open.store, *open.registry, *intake, clock, ids, config, keys.get(),
                api::ColdStorage{*open.store, open.tiers(), upload_options(config)},
                [](const std::string& act) { spdlog::info("{}", act); },
                [](const Error& error) { spdlog::warn("{}", error.message); }, *std::move(proxy)});
  http::Router router;
  api.add_routes(router);
  api.learn();
  api.start_receiving();
  TRY_ASSIGN(const std::unique_ptr<Schedule> schedule, Schedule::start(open, config, clock));
  http::Server server(server_options(config), router, api.authenticator());
  api.watch([&server] { return server.metrics(); });
  TRY(server.start());
  fmt::print("listening on http://{}:{}\n", config.host, server.port());
  std::fflush(stdout);
  spdlog::info("serving {} on {} port {}{}", config.data_dir, config.host, server.port(),
               config.collection_enabled ? "" : "; collection is switched off");
  int signal = 0;
  sigwait(&stop_signals, &signal);
  spdlog::info("stopping: requests under way have {} s", config.drain_timeout_seconds);
  schedule->stop(std::chrono::seconds(0));
  api.start_draining();
  server.stop();
  api.stop_receiving();
  intake.reset();
  if (!schedule->stop(std::chrono::seconds(config.drain_timeout_seconds))) {
    // Nobody waits for minutes here, and a run may be killed at any instant.
    spdlog::warn("stopped in the middle of archiving; the next run begins that day anew");
    spdlog::shutdown();
    std::_Exit(cli::kDone);
  }
  spdlog::info("stopped");
  return cli::kDone;
}

}  // namespace gleaner::app

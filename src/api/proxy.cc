#include "api/proxy.h"

#include <fmt/format.h>

#include "base/seal.h"
#include "base/text.h"
#include "gateway/exchange/content_decoder.h"
#include "gateway/exchange/stream_usage.h"
#include "record/codec.h"
#include "record/kind.h"

namespace gleaner::api {
namespace {

namespace exchange = gateway::exchange;
using Instant = exchange::Recorder::Instant;

constexpr std::string_view kSessions = "ids of sessions";
constexpr std::string_view kIdHeader = "x-gleaner-interaction-id";
constexpr std::string_view kTokenHeader = "x-gleaner-feedback-token";
constexpr int kFirstError = 400;
constexpr std::string_view kVariantHeader = "x-gleaner-variant";
// What a record holds in memory besides its text.
constexpr size_t kRecordOverhead = 1024;

Instant now() {
  return std::chrono::steady_clock::now();
}

exchange::End end_of(http::ForwardEnd end) {
  switch (end) {
    case http::ForwardEnd::kComplete:
      return exchange::End::kComplete;
    case http::ForwardEnd::kUpstreamCut:
      return exchange::End::kUpstreamCut;
    case http::ForwardEnd::kClientGone:
      return exchange::End::kClientGone;
    case http::ForwardEnd::kUnreachable:
    case http::ForwardEnd::kNotMade:
      break;
  }
  return exchange::End::kUnreachable;
}

// The body without its content-encoding; as it is where that cannot be read, and is then nothing to record.
std::string plain_body(const http::Request& request, size_t max_bytes) {
  auto decoder = exchange::ContentDecoder::make(request.header("content-encoding"), max_bytes);
  if (!decoder || decoder->passes_through()) return request.body;
  std::string plain;
  return decoder->decode(request.body, plain) ? plain : request.body;
}

void set_header(Headers& headers, std::string_view name, std::string_view value) {
  headers.erase(name);
  headers.emplace_back(name, value);
}

void set_key(Headers& headers, exchange::Api api, const Secret& key) {
  if (key.empty()) return;
  for (const std::string_view name :
       {"authorization", "x-api-key", "api-key", "cookie", "openai-organization", "openai-project"}) {
    headers.erase(name);
  }
  if (api == exchange::Api::kAnthropic) {
    set_header(headers, "x-api-key", key.reveal());
  } else {
    set_header(headers, "authorization", "Bearer " + key.reveal());
  }
}

exchange::StitcherOptions stitcher_options(const store::Project& project) {
  const Sha256 key = derive_key(project.secret, kSessions);
  exchange::StitcherOptions options;
  options.secret.assign(key.begin(), key.end());
  return options;
}

}  // namespace

// Belongs to one exchange. The connection's thread tells it of the answer, a worker of its end.
class Proxy::Observer final : public http::ForwardObserver {
 public:
  struct Labels {
    std::string id;
    bool id_is_clients = false;
    std::string experiment;  // empty: the client's, if it says one
    std::string variant;
    std::string shadow_of;  // the id of the call that this one was made beside; empty for those of clients
  };

  Observer(Proxy& proxy, Project project, exchange::Request request, Labels labels, bool usage_asked)
      : proxy_(proxy),
        project_(std::move(project)),
        labels_(std::move(labels)),
        recorder_(std::move(request), proxy.clock_.now(), now(),
                  {.record_embeddings = proxy.options_.record_embeddings}) {
    if (usage_asked) filter_.emplace();
  }

  void on_head(int status, const Headers& headers, Headers& added) override {
    recorder_.head(status, headers);
    if (status >= kFirstError) give_own_id();
    auto decoder = exchange::ContentDecoder::make(headers.value("content-encoding"), proxy_.options_.max_body_bytes);
    if (decoder) {
      decoder_ = *std::move(decoder);
    } else {
      recorder_.undecodable(decoder.error().message);
    }
    // Other bodies than plain streams are passed on as they are.
    const bool plain = decoder_ && decoder_->passes_through();
    if (!plain || !headers.value("content-length").empty()) filter_.reset();
    if (!labels_.shadow_of.empty()) return;
    added.emplace_back(kIdHeader, labels_.id);
    added.emplace_back(kTokenHeader, make_feedback_token(proxy_.kept_of(*project_).token_key, project_->name,
                                                         labels_.id, proxy_.clock_.now() + proxy_.options_.token_life));
    if (!labels_.variant.empty()) added.emplace_back(kVariantHeader, labels_.variant);
  }

  std::string_view on_body(std::string_view piece) override {
    read(piece);
    if (!filter_) return piece;
    passed_.clear();
    filter_->filter(piece, passed_);
    return passed_;
  }

  std::string_view on_body_end() override {
    passed_.clear();
    if (filter_) filter_->finish(passed_);
    return passed_;
  }

  void on_end(http::ForwardEnd end, std::string_view reason) override {
    const bool is_shadow = !labels_.shadow_of.empty();
    if (end == http::ForwardEnd::kNotMade) {
      ++proxy_.counts_.shadows_not_made;
      return;
    }
    if (is_shadow) ++proxy_.counts_.shadows;
    if (end == http::ForwardEnd::kUnreachable) give_own_id();
    exchange::Recorded recorded = recorder_.finish(end_of(end), reason, now());
    record::Interaction& interaction = recorded.interaction;
    if (!labels_.experiment.empty()) {
      interaction.experiment = labels_.experiment;
      interaction.variant = labels_.variant;
    }
    if (is_shadow) set_apart(interaction);
    interaction.id = labels_.id;
    proxy_.record(std::move(recorded), project_, is_shadow);
  }

 private:
  // The id that a client brings is for the answer: it may try again with the same one.
  void give_own_id() {
    if (std::exchange(labels_.id_is_clients, false)) labels_.id = proxy_.ids_.mint(proxy_.clock_.now());
  }

  void set_apart(record::Interaction& interaction) const {
    interaction.id = labels_.id;
    json::Value metadata = json::Value::object();
    if (auto known = json::parse(interaction.metadata.text); known && known->is_object()) metadata = *std::move(known);
    metadata.set("shadow_of", json::Value::string(labels_.shadow_of));
    if (!interaction.platform.empty()) metadata.set("platform", json::Value::string(interaction.platform));
    interaction.metadata.text = metadata.dump();
    interaction.kind = record::kShadowKind;
    interaction.platform = record::kShadowKind;
    interaction.session_id.clear();
  }

  void read(std::string_view piece) {
    if (!decoder_) return;
    if (decoder_->passes_through()) return recorder_.body(piece, now());
    decoded_.clear();
    const Status done = decoder_->decode(piece, decoded_);
    recorder_.body(decoded_, now());
    if (done) return;
    recorder_.undecodable(done.error().message);
    decoder_.reset();
  }

  Proxy& proxy_;
  const Project project_;
  Labels labels_;
  exchange::Recorder recorder_;
  std::optional<exchange::ContentDecoder> decoder_;  // none once the body cannot be read
  std::optional<exchange::UsageFilter> filter_;      // where usage was asked for in the client's stead
  std::string decoded_;
  std::string passed_;
};

Proxy::Proxy(ProxyOptions options, intake::Intake& intake, const Clock& clock, IdSource& ids)
    : options_(std::move(options)), intake_(intake), clock_(clock), ids_(ids) {}

Proxy::Kept::Kept(const store::Project& project)
    : stitcher(stitcher_options(project)), token_key(feedback_token_key(project)) {}

Proxy::Kept& Proxy::kept_of(const store::Project& project) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(project.name);
  return found != kept_.end() ? found->second : kept_.try_emplace(project.name, project).first->second;
}

// What is known of a client's call before it is made.
struct Proxy::Call {
  const http::Request& request;
  exchange::Operation operation;
  std::string_view target;  // behind the upstream's base
  std::string_view path;    // without the query
  std::string plain;        // the body, decompressed
  Project project;          // null: nothing is recorded
  std::string id;
  bool id_is_clients;
  std::string shadow_of;  // as of Observer::Labels
  exchange::CallFacts facts = {};
};

// `plain`: call.plain, perhaps moved out of it. The body is left out where it is the client's own, byte for byte.
std::shared_ptr<http::Forward> Proxy::make(const Call& call, const CallPlan& plan, std::string plain) {
  auto forward = std::make_shared<http::Forward>();
  forward->upstream = plan.upstream.to;
  forward->method = call.request.method;
  // Queries are for the client's own provider, whose key may stand there.
  forward->target = std::string(plan.elsewhere ? call.path : call.target);
  forward->memory = call.request.memory;
  Headers& headers = forward->headers;
  headers = plan.elsewhere ? exchange::headers_for_another(call.request.headers)
                           : exchange::headers_for_upstream(call.request.headers, plan.upstream.takes);
  set_key(headers, plan.upstream.api, plan.key);
  if (!call.shadow_of.empty()) headers.erase("idempotency-key");
  if (call.operation == exchange::Operation::kNone) return forward;

  std::optional<std::string> changed;
  if (!plan.model.empty()) changed = exchange::with_model(call.facts, plain, plan.model);
  if (changed) plain = *changed;
  const bool is_plain = changed || call.request.header("content-encoding").empty();
  std::optional<std::string> with_usage;
  if (options_.ask_usage && call.project != nullptr && is_plain)
    with_usage = exchange::with_usage_asked(call.operation, plain);
  if (call.project != nullptr) {
    exchange::Request asked{.api = plan.upstream.api,
                            .provider = plan.provider,
                            .method = call.request.method,
                            .path = std::string(call.path),
                            .query = call.request.query,
                            .headers = exchange::telling_headers(call.request.headers),
                            .body = std::move(plain)};
    Observer::Labels labels{call.id, call.id_is_clients, plan.experiment, plan.variant, call.shadow_of};
    forward->observer =
        std::make_shared<Observer>(*this, call.project, std::move(asked), std::move(labels), with_usage.has_value());
  }
  if (changed) headers.erase("content-encoding");
  // What is taken out of the stream has to be seen first.
  if (with_usage) set_header(headers, "accept-encoding", "identity");
  if (with_usage) changed = std::move(with_usage);
  if (changed) forward->body = *std::move(changed);
  return forward;
}

// A shadow call is the same call to somebody else, with an id of its own.
std::shared_ptr<const http::Forward> Proxy::make_shadow(Call call, const CallPlan& plan) {
  call.shadow_of = std::exchange(call.id, ids_.mint(clock_.now()));
  call.id_is_clients = false;
  std::shared_ptr<http::Forward> shadow = make(call, plan, std::move(call.plain));
  if (shadow->body.empty()) shadow->body = call.request.body;
  return shadow;
}

// A record of the call keeps a copy of its body.
bool Proxy::take_memory(const Call& call) {
  return call.request.memory == nullptr || call.request.memory->take(call.plain.size());
}

// Of a call that is to be recorded: what it says, and where it goes.
void Proxy::prepare(Call& call, std::string_view upstream, const NamedUpstream& asked, const Project& project,
                    Routing& routing) {
  const exchange::Labels labels = exchange::read_labels(call.request.headers);
  const bool is_read = call.operation != exchange::Operation::kNone &&
                       (call.operation != exchange::Operation::kEmbeddings || options_.record_embeddings);
  if (!is_read || labels.no_store) return;
  call.plain = plain_body(call.request, options_.max_body_bytes);
  if (!take_memory(call)) {
    ++counts_.dropped;
    return;
  }
  call.project = project;
  call.id_is_clients = !labels.id.empty();
  call.id = call.id_is_clients ? labels.id : ids_.mint(clock_.now());
  const bool may_go_elsewhere = call.operation != exchange::Operation::kEmbeddings;  // vectors of models do not mix
  if (!may_go_elsewhere || !options_.routing.concerns(upstream)) return;
  call.facts = exchange::read_call(call.request.headers, call.plain);
  routing = options_.routing.decide(upstream, asked, project->name, call.facts, call.id);
}

Result<http::Response> Proxy::pass(http::Request request, std::string_view upstream, std::string_view rest,
                                   const Project& project, bool collect) {
  const auto found = options_.upstreams.find(upstream);
  if (found == options_.upstreams.end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, known] : options_.upstreams) names.push_back(name);
    return fail(Code::kNotFound,
                fmt::format("no upstream \"{}\"; there are {}", excerpt(printable(upstream)), fmt::join(names, ", ")));
  }
  ++counts_.exchanges;
  const std::string_view path = rest.substr(0, rest.find('?'));
  const NamedUpstream& asked = found->second;
  Call call{.request = request,
            .operation = exchange::operation_of(asked.api, request.method, path),
            .target = rest,
            .path = path,
            .plain = {},
            .project = nullptr,
            .id = {},
            .id_is_clients = false,
            .shadow_of = {}};
  Routing routing{.call = {.provider = found->first, .upstream = asked}};
  if (collect) prepare(call, upstream, asked, project, routing);
  std::vector<std::shared_ptr<const http::Forward>> shadows;
  for (const CallPlan& shadow : routing.shadows) {
    if (take_memory(call)) shadows.push_back(make_shadow(call, shadow));
  }
  auto forward = make(call, routing.call, std::move(call.plain));
  forward->shadows = std::move(shadows);
  if (forward->body.empty()) forward->body = std::move(request.body);
  http::Response response;
  response.forward = std::move(forward);
  return response;
}

void Proxy::record(exchange::Recorded recorded, const Project& project, bool is_shadow) {
  if (recorded.outcome != exchange::Outcome::kRecorded) {
    ++counts_.unread;
    return;
  }
  // What nobody has seen goes on with nothing.
  if (!is_shadow) kept_of(*project).stitcher.stitch(project->name, recorded);
  record::Interaction& interaction = recorded.interaction;
  options_.prices.set_cost(interaction);
  const size_t bytes = interaction.messages.text.size() + interaction.output.text.size() +
                       interaction.tools.text.size() + interaction.metadata.text.size();
  intake::Submission submission;
  submission.bytes = bytes + kRecordOverhead;
  submission.patient = true;
  auto write = bytes > options_.max_record_bytes
                   ? std::unexpected(Error{Code::kTooLarge, fmt::format("the exchange has {} bytes, the limit is {} "
                                                                        "(max_record_bytes)",
                                                                        bytes, options_.max_record_bytes)})
                   : intake_.prepare(*project, std::move(interaction));
  if (write) {
    submission.writes.push_back(*std::move(write));
  } else {
    ++counts_.rejected;
    submission.rejects.push_back(intake_.reject(*project, write.error(), ""));
  }
  const bool good = write.has_value();
  const Status submitted =
      intake_.submit(std::move(submission), [this, good](const intake::Intake::Outcomes& outcomes) {
        const bool taken = outcomes && !outcomes->empty() && outcomes->front() != store::Outcome::kConflict;
        if (good) ++(taken ? counts_.recorded : counts_.dropped);
      });
  if (!submitted && good) ++counts_.dropped;
}

}  // namespace gleaner::api

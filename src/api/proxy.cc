#include "api/proxy.h"

#include <fmt/format.h>

#include "api/feedback_token.h"
#include "base/seal.h"
#include "base/text.h"
#include "gateway/exchange/content_decoder.h"
#include "gateway/exchange/stream_usage.h"
#include "record/codec.h"

namespace gleaner::api {
namespace {

namespace exchange = gateway::exchange;
using Instant = exchange::Recorder::Instant;

constexpr std::string_view kSessions = "ids of sessions";
constexpr std::string_view kIdHeader = "x-gleaner-interaction-id";
constexpr std::string_view kTokenHeader = "x-gleaner-feedback-token";
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

void set_header(http::Headers& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [name](const auto& header) { return header.first == name; });
  headers.emplace_back(name, std::move(value));
}

}  // namespace

// Belongs to one exchange. The connection's thread tells it of the answer, a worker of its end.
class Proxy::Observer final : public http::ForwardObserver {
 public:
  Observer(Proxy& proxy, Project project, exchange::Request request, std::string id, bool usage_asked)
      : proxy_(proxy),
        project_(std::move(project)),
        id_(std::move(id)),
        recorder_(std::move(request), proxy.clock_.now(), now()) {
    if (usage_asked) filter_.emplace();
  }

  void on_head(int status, const http::Headers& headers, http::Headers& added) override {
    recorder_.head(status, headers);
    auto decoder = exchange::ContentDecoder::make(exchange::header_value(headers, "content-encoding"),
                                                  proxy_.options_.max_body_bytes);
    if (decoder) {
      decoder_ = *std::move(decoder);
    } else {
      recorder_.undecodable(decoder.error().message);
    }
    // Other bodies than plain streams are passed on as they are.
    const bool plain = decoder_ && decoder_->passes_through();
    if (!plain || exchange::header_value(headers, "content-length") != "") filter_.reset();
    added.emplace_back(kIdHeader, id_);
    added.emplace_back(kTokenHeader,
                       make_feedback_token(*project_, id_, proxy_.clock_.now() + proxy_.options_.token_life));
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
    proxy_.record(recorder_.finish(end_of(end), reason, now()), project_, id_);
  }

 private:
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
  const std::string id_;
  exchange::Recorder recorder_;
  std::optional<exchange::ContentDecoder> decoder_;  // none once the body cannot be read
  std::optional<exchange::UsageFilter> filter_;      // where usage was asked for in the client's stead
  std::string decoded_;
  std::string passed_;
};

Proxy::Proxy(ProxyOptions options, intake::Intake& intake, const Clock& clock, IdSource& ids)
    : options_(std::move(options)), intake_(intake), clock_(clock), ids_(ids) {}

exchange::SessionStitcher& Proxy::stitcher_of(const store::Project& project) {
  const std::lock_guard lock(mutex_);
  const auto found = stitchers_.find(project.name);
  if (found != stitchers_.end()) return found->second;
  const Sha256 key = derive_key(project.secret, kSessions);
  exchange::StitcherOptions options;
  options.secret.assign(key.begin(), key.end());
  return stitchers_.try_emplace(project.name, std::move(options)).first->second;
}

Result<http::Response> Proxy::pass(http::Request request, std::string_view upstream, std::string_view rest,
                                   const Project& project) {
  const auto found = options_.upstreams.find(upstream);
  if (found == options_.upstreams.end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, known] : options_.upstreams) names.push_back(name);
    return fail(Code::kNotFound,
                fmt::format("no upstream \"{}\"; there are {}", excerpt(printable(upstream)), fmt::join(names, ", ")));
  }
  const auto& [name, to] = *found;
  ++counts_.exchanges;
  auto forward = std::make_shared<http::Forward>();
  forward->upstream = to.to;
  forward->method = request.method;
  forward->target = std::string(rest);
  forward->headers = exchange::headers_for_upstream(request.headers);

  const std::string_view path = rest.substr(0, rest.find('?'));
  const exchange::Operation operation = exchange::operation_of(to.api, request.method, path);
  if (project != nullptr && operation != exchange::Operation::kNone) {
    exchange::Request asked{.api = to.api,
                            .provider = name,
                            .method = request.method,
                            .path = std::string(path),
                            .query = request.query,
                            .headers = request.headers,
                            .body = plain_body(request, options_.max_body_bytes)};
    std::optional<std::string> with_usage;
    if (options_.ask_usage && request.header("content-encoding").empty())
      with_usage = exchange::with_usage_asked(operation, asked.body);
    std::string id = exchange::read_labels(request.headers).id;
    if (id.empty()) id = ids_.mint(clock_.now());
    forward->observer =
        std::make_shared<Observer>(*this, project, std::move(asked), std::move(id), with_usage.has_value());
    if (with_usage) {
      request.body = *std::move(with_usage);
      // What is taken out of the stream has to be seen first.
      set_header(forward->headers, "accept-encoding", "identity");
    }
  }
  forward->body = std::move(request.body);
  forward->memory = std::move(request.memory);
  http::Response response;
  response.forward = std::move(forward);
  return response;
}

void Proxy::record(exchange::Recorded recorded, const Project& project, const std::string& id) {
  if (recorded.outcome != exchange::Outcome::kRecorded) {
    ++counts_.unread;
    return;
  }
  stitcher_of(*project).stitch(project->name, recorded);
  record::Interaction& interaction = recorded.interaction;
  if (interaction.id.empty()) interaction.id = id;
  options_.prices.set_cost(interaction);
  const size_t bytes = interaction.messages.text.size() + interaction.output.text.size() +
                       interaction.tools.text.size() + interaction.metadata.text.size();
  intake::Submission submission;
  submission.bytes = bytes + kRecordOverhead;
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
        if (good) ++(outcomes ? counts_.recorded : counts_.dropped);
      });
  if (!submitted && good) ++counts_.dropped;
}

}  // namespace gleaner::api

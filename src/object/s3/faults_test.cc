// What a server does that does not do its work: it stands in for networks that break and for servers under load, which
// the real one of s3_store_test.cc cannot be made to be.
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "object/s3/md5.h"
#include "object/s3/s3_store.h"

namespace gleaner::object {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const SystemClock kClock;

// Answers each request with the next of its replies and closes the connection. A reply of nothing is silence.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> replies) : replies_(replies.begin(), replies.end()) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~ScriptedServer() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static bool readable(int fd) {
    pollfd waiting{.fd = fd, .events = POLLIN};
    return ::poll(&waiting, 1, 10) > 0;
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!readable(listener_)) continue;
      const int fd = ::accept(listener_, nullptr, nullptr);
      const std::string request = read_request(fd, stop);
      std::string reply = "HTTP/1.1 418 Unexpected\r\nContent-Length: 0\r\n\r\n";
      if (!request.empty()) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        if (!replies_.empty()) {
          reply = replies_.front();
          replies_.pop_front();
        }
      }
      while (reply.empty() && !stop.stop_requested() && !readable(fd)) continue;
      for (std::string_view rest = reply; !rest.empty();) {
        const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<size_t>(sent));
      }
      ::shutdown(fd, SHUT_WR);
      ::close(fd);
    }
  }

  static std::string read_request(int fd, const std::stop_token& stop) {
    std::string request;
    std::array<char, 65536> buffer{};
    while (!stop.stop_requested()) {
      if (request.starts_with('\x16')) return request;  // TLS
      const size_t end = request.find("\r\n\r\n");
      if (end != std::string::npos) {
        const size_t length = ascii_lower(request.substr(0, end)).find("content-length: ");
        const size_t body = length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
        if (request.size() >= end + 4 + body) return request;
      }
      if (!readable(fd)) continue;
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return "";
      request.append(buffer.data(), static_cast<size_t>(got));
    }
    return "";
  }

  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::deque<std::string> replies_;
  std::vector<std::string> requests_;
  std::jthread thread_;
};

std::string reply(int status, const std::string& headers = "", const std::string& body = "") {
  return fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(),
                     headers, body);
}

std::string refusal(int status, const std::string& code, const std::string& headers = "") {
  return reply(status, headers, fmt::format("<Error><Code>{}</Code><Message>Said so</Message></Error>", code));
}

std::string etag_header(std::string_view bytes) {
  return fmt::format("ETag: \"{}\"\r\n", to_hex(md5(bytes)));
}

std::string object(const std::string& bytes) {
  return reply(206,
               fmt::format("{}Content-Range: bytes 0-{}/{}\r\n", etag_header(bytes), bytes.size() - 1, bytes.size()),
               bytes);
}

S3Options options_for(const std::string& endpoint) {
  S3Options options{.endpoint = endpoint, .bucket = "bucket", .access_key = "AKID", .secret_key = Secret("s3cret")};
  options.connect_timeout = milliseconds(2000);
  options.stall_timeout = milliseconds(5000);
  options.request_timeout = milliseconds(20'000);
  options.tries = 3;
  options.retry_time = milliseconds(20'000);
  options.backoff_base = milliseconds(1);
  return options;
}

std::unique_ptr<S3Store> open_store(const ScriptedServer& server) {
  return S3Store::open(options_for(server.url()), kClock).value();
}

Error error_of(const auto& result) {
  EXPECT_FALSE(result);
  return result ? Error() : result.error();
}

Error read_error(S3Store& store) {
  std::string bytes;
  return error_of(store.read("k", {}, bytes));
}

TEST(S3FaultsTest, AsksAgainAfterServerErrors) {
  const ScriptedServer server({reply(500), refusal(503, "SlowDown"), object("hello")});
  std::string bytes;
  const Status status = open_store(server)->read("k", {}, bytes);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(bytes, "hello");
  EXPECT_EQ(server.requests().size(), 3);
}

TEST(S3FaultsTest, GivesUpAfterItsTries) {
  const ScriptedServer server({reply(500), refusal(503, "SlowDown"), refusal(503, "SlowDown"), object("hello")});
  const Error error = read_error(*open_store(server));
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_EQ(error.message, "GET k: SlowDown: Said so (tried 3 times)");
  EXPECT_EQ(server.requests().size(), 3);
}

TEST(S3FaultsTest, DoesNotAskAgainWhatIsRefused) {
  for (const auto& [status, code] :
       {std::pair(403, Code::kPermissionDenied), {404, Code::kNotFound}, {501, Code::kUnavailable}}) {
    const ScriptedServer server({reply(status), object("hello")});
    EXPECT_EQ(read_error(*open_store(server)).code, code) << status;
    EXPECT_EQ(server.requests().size(), 1);
  }
}

TEST(S3FaultsTest, WaitsAsLongAsItIsTold) {
  const ScriptedServer server({refusal(503, "SlowDown", "Retry-After: 1\r\n"), object("hello")});
  const auto start = std::chrono::steady_clock::now();
  std::string bytes;
  EXPECT_TRUE(open_store(server)->read("k", {}, bytes));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(1000));

  const ScriptedServer patient({refusal(503, "SlowDown", "Retry-After: 3600\r\n"), object("hello")});
  EXPECT_EQ(read_error(*open_store(patient)).code, Code::kUnavailable);
  EXPECT_EQ(patient.requests().size(), 1);
}

TEST(S3FaultsTest, ABodyThatIsCutOffIsAskedForAgain) {
  const std::string whole = object(std::string(100'000, 'x'));
  const ScriptedServer server({whole.substr(0, whole.size() - 1), whole.substr(0, 50), whole});
  std::string bytes;
  const Status status = open_store(server)->read("k", {}, bytes);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(bytes.size(), 100'000);
  EXPECT_EQ(server.requests().size(), 3);
}

TEST(S3FaultsTest, ABodyThatIsAlwaysCutOffIsAnError) {
  const std::string cut = object("hello").substr(0, object("hello").size() - 1);
  const ScriptedServer server({cut, cut, cut});
  EXPECT_EQ(read_error(*open_store(server)).code, Code::kUnavailable);
}

TEST(S3FaultsTest, ABodyThatIsShorterThanItSaysIsDataLoss) {
  const ScriptedServer server({reply(206, "ETag: \"e\"\r\nContent-Range: bytes 0-9/10\r\n", "hello"),
                               reply(206, "ETag: \"e\"\r\nContent-Range: bytes 5-9/10\r\n", "hello")});
  EXPECT_EQ(read_error(*open_store(server)).code, Code::kDataLoss);
  EXPECT_EQ(read_error(*open_store(server)).code, Code::kDataLoss);
}

TEST(S3FaultsTest, AnAnswerIsBounded) {
  const ScriptedServer server(
      {reply(200, "ETag: \"e\"\r\n", std::string(100'000, 'x')), reply(404, "", std::string(9 << 20, 'x'))});
  std::string bytes;
  const auto store = open_store(server);
  EXPECT_EQ(error_of(store->read("k", {.offset = 0, .length = 10}, bytes)).code, Code::kTooLarge);
  EXPECT_EQ(error_of(store->list("", "", 10)).code, Code::kTooLarge);
}

TEST(S3FaultsTest, ASilentServerIsGivenUp) {
  const ScriptedServer server({"", "", ""});
  auto options = options_for(server.url());
  options.stall_timeout = milliseconds(300);
  options.tries = 1;
  const auto start = std::chrono::steady_clock::now();
  const Error error = read_error(*S3Store::open(options, kClock).value());
  EXPECT_EQ(error.code, Code::kDeadlineExceeded);
  EXPECT_THAT(error.message, HasSubstr("nothing was sent or received for 0.3 s"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(3000));
  EXPECT_EQ(server.requests().size(), 1);
}

TEST(S3FaultsTest, FollowsNoRedirection) {
  const ScriptedServer server({reply(307, "Location: http://127.0.0.1:1/\r\nx-amz-bucket-region: eu-central-1\r\n"),
                               refusal(301, "PermanentRedirect")});
  const auto store = open_store(server);
  const Error error = read_error(*store);
  EXPECT_EQ(error.code, Code::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("in the region eu-central-1, not in us-east-1: set S3_REGION"));
  EXPECT_THAT(read_error(*store).message, HasSubstr("S3_ENDPOINT"));
  EXPECT_EQ(server.requests().size(), 2);
}

TEST(S3FaultsTest, SaysWhatWouldBeRight) {
  for (const auto& [s3_code, code, advice] :
       {std::tuple("SignatureDoesNotMatch", Code::kUnauthenticated, "S3_SECRET_KEY"),
        std::tuple("InvalidAccessKeyId", Code::kUnauthenticated, "S3_ACCESS_KEY"),
        std::tuple("RequestTimeTooSkewed", Code::kUnauthenticated, "clock"),
        std::tuple("AccessDenied", Code::kPermissionDenied, "may not"),
        std::tuple("NoSuchBucket", Code::kInvalidArgument, "S3_BUCKET_NAME")}) {
    const ScriptedServer server({refusal(403, s3_code)});
    const Error error = read_error(*open_store(server));
    EXPECT_EQ(error.code, code) << s3_code;
    EXPECT_THAT(error.message, HasSubstr(advice));
    EXPECT_THAT(error.message, Not(HasSubstr("s3cret")));
  }
}

TEST(S3FaultsTest, SendsWhatItSigns) {
  const ScriptedServer server({reply(200, etag_header("body"))});
  ASSERT_TRUE(open_store(server)->put("a b/%c+", "body",
                                      {.content_type = "text/plain", .metadata = {{"a-b", "2"}, {"a", "1"}}}));
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request, StartsWith("PUT /bucket/a%20b/%25c%2B HTTP/1.1\r\n"));
  EXPECT_THAT(
      request,
      HasSubstr("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;x-amz-meta-a-b,"));
  EXPECT_THAT(request, HasSubstr("\r\nHost: " + server.url().substr(7) + "\r\n"));
  EXPECT_THAT(request, HasSubstr("x-amz-content-sha256: " + to_hex(sha256("body"))));
  EXPECT_THAT(request, Not(HasSubstr("Expect")));
  EXPECT_THAT(request, Not(HasSubstr("Accept")));
  EXPECT_THAT(request, testing::EndsWith("\r\n\r\nbody"));
}

TEST(S3FaultsTest, OtherBytesThanWereSentAreDataLoss) {
  const ScriptedServer server({reply(200, etag_header("other")),
                               reply(200, etag_header("other") + "x-amz-server-side-encryption: aws:kms\r\n")});
  const auto store = open_store(server);
  EXPECT_EQ(error_of(store->put("k", "body")).code, Code::kDataLoss);
  EXPECT_TRUE(store->put("k", "body"));  // an ETag that is no MD5
}

TEST(S3FaultsTest, AWriteWhoseAnswerWasLostIsNotAConflict) {
  const std::string there = reply(200, etag_header("body")).replace(0, 0, "");
  const ScriptedServer server({"HTTP/1.1 2", refusal(412, "PreconditionFailed"), there});
  const auto info = open_store(server)->put("k", "body", {.condition = Condition::if_absent()});
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->etag, to_hex(md5("body")));
  EXPECT_THAT(server.requests().at(1), HasSubstr("If-None-Match: *\r\n"));
  EXPECT_THAT(server.requests().at(2), StartsWith("HEAD"));

  const ScriptedServer other({"HTTP/1.1 2", refusal(412, "PreconditionFailed"), reply(200, etag_header("other"))});
  EXPECT_EQ(error_of(open_store(other)->put("k", "body", {.condition = Condition::if_absent()})).code, Code::kConflict);
}

TEST(S3FaultsTest, ARaceOfConditionsIsTriedAgain) {
  const ScriptedServer server(
      {refusal(409, "ConditionalRequestConflict"), refusal(412, "PreconditionFailed"), reply(404)});
  EXPECT_EQ(error_of(open_store(server)->put("k", "body", {.condition = Condition::if_absent()})).code,
            Code::kConflict);
}

// One part and the rest of one, so that all goes one after the other.
std::string larger_than_a_part() {
  return std::string((5 << 20) + 10, 'x');
}

std::vector<std::string> upload_replies(std::string complete) {
  const std::string part(5 << 20, 'x');
  return {reply(200, "", "<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>"),
          reply(200, etag_header(part)), reply(200, etag_header(std::string(10, 'x'))), std::move(complete)};
}

S3Options one_at_a_time(const ScriptedServer& server) {
  auto options = options_for(server.url());
  options.part_bytes = 5 << 20;
  options.parallel_parts = 1;
  return options;
}

TEST(S3FaultsTest, AnErrorInASuccessIsAnError) {
  auto replies = upload_replies(refusal(200, "AccessDenied"));
  replies.push_back(reply(204));
  const ScriptedServer server(replies);
  const Error error = error_of(S3Store::open(one_at_a_time(server), kClock).value()->put("k", larger_than_a_part()));
  EXPECT_EQ(error.code, Code::kPermissionDenied) << error.message;
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 5);
  EXPECT_THAT(requests[3], StartsWith("POST /bucket/k?uploadId=u%261 "));
  EXPECT_THAT(requests[4], StartsWith("DELETE /bucket/k?uploadId=u%261 "));
}

TEST(S3FaultsTest, APassingErrorInASuccessIsTriedAgain) {
  auto replies = upload_replies(refusal(200, "InternalError"));
  replies.push_back(
      reply(200, "", "<CompleteMultipartUploadResult><ETag>&quot;e-2&quot;</ETag></CompleteMultipartUploadResult>"));
  const ScriptedServer server(replies);
  const auto info = S3Store::open(one_at_a_time(server), kClock).value()->put("k", larger_than_a_part());
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->etag, "e-2");
  EXPECT_EQ(info->size, larger_than_a_part().size());
}

TEST(S3FaultsTest, ACompletionWhoseAnswerWasLostIsFound) {
  auto replies = upload_replies("HTTP/1.1 2");
  replies.push_back(refusal(404, "NoSuchUpload"));
  const std::string sums = md5(std::string(5 << 20, 'x')) + md5(std::string(10, 'x'));
  replies.push_back(reply(200, fmt::format("ETag: \"{}-2\"\r\n", to_hex(md5(sums)))));
  const ScriptedServer server(replies);
  const auto info = S3Store::open(one_at_a_time(server), kClock).value()->put("k", larger_than_a_part());
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->etag, to_hex(md5(sums)) + "-2");
}

TEST(S3FaultsTest, APartThatArrivedOtherwiseIsDataLoss) {
  auto replies = upload_replies("");
  replies[1] = reply(200, etag_header("other"));
  replies[2] = reply(204);
  const ScriptedServer server(replies);
  EXPECT_EQ(error_of(S3Store::open(one_at_a_time(server), kClock).value()->put("k", larger_than_a_part())).code,
            Code::kDataLoss);
}

TEST(S3FaultsTest, AnAnswerThatIsNotXmlIsAnError) {
  const ScriptedServer server({reply(200, "", "<html>welcome</html>"), reply(200, "", "welcome"),
                               reply(200, "", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")});
  const auto store = open_store(server);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(error_of(store->list("", "", 10)).code, Code::kDataLoss);
}

TEST(S3FaultsTest, AListThatGoesRoundInCirclesEnds) {
  const std::string page =
      reply(200, "",
            "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>b/</Key></Contents></ListBucketResult>");
  const ScriptedServer server({page, page});
  EXPECT_EQ(error_of(open_store(server)->list("", "a", 10)).code, Code::kDataLoss);
}

TEST(S3FaultsTest, ErasesWhereThereAreNoVersions) {
  const std::string uploads = reply(200, "", "<ListMultipartUploadsResult/>");
  const ScriptedServer server({uploads, refusal(501, "NotImplemented"), reply(200, etag_header("x")), reply(204)});
  EXPECT_EQ(open_store(server)->erase("k").value_or(99), 1);
  EXPECT_THAT(server.requests().at(3), StartsWith("DELETE /bucket/k HTTP"));
}

TEST(S3FaultsTest, ErasesOnlyTheKeyItself) {
  const std::string versions =
      "<ListVersionsResult><Version><Key>k</Key><VersionId>1</VersionId></Version><Version>"
      "<Key>k2</Key><VersionId>2</VersionId></Version></ListVersionsResult>";
  const std::string none =
      "<ListVersionsResult><Version><Key>k2</Key><VersionId>2</VersionId></Version></ListVersionsResult>";
  const ScriptedServer server(
      {reply(200, "", "<ListMultipartUploadsResult/>"), reply(200, "", versions), reply(204), reply(200, "", none)});
  EXPECT_EQ(open_store(server)->erase("k").value_or(99), 1);
  EXPECT_EQ(server.requests().size(), 4);
  EXPECT_THAT(server.requests().at(2), StartsWith("DELETE /bucket/k?versionId=1 "));
}

ProbeStep last_step(S3Store& store) {
  const auto steps = store.probe();
  EXPECT_FALSE(steps.empty());
  return steps.empty() ? ProbeStep() : steps.back();
}

TEST(S3ProbeTest, StopsWhereItFails) {
  const auto probe = [](const std::string& endpoint) {
    auto options = options_for(endpoint);
    options.stall_timeout = milliseconds(2000);
    options.tries = 1;
    return last_step(*S3Store::open(options, kClock).value());
  };
  const ProbeStep name = probe("http://no-such-host.invalid");
  EXPECT_EQ(name.name, "name");
  EXPECT_FALSE(name.ok);
  const ProbeStep connection = probe("http://127.0.0.1:1");
  EXPECT_EQ(connection.name, "connection");
  EXPECT_THAT(connection.message, HasSubstr("127.0.0.1:1"));
  const ScriptedServer plain({"no TLS", "no TLS", "no TLS", "no TLS"});
  const ProbeStep tls = probe("https" + plain.url().substr(4));
  EXPECT_EQ(tls.name, "tls");
  EXPECT_THAT(tls.message, HasSubstr("http://"));
  const ScriptedServer silent({"", "", ""});
  EXPECT_EQ(probe(silent.url()).name, "answer");
}

TEST(S3ProbeTest, TellsTheCredentialsFromTheBucket) {
  const ScriptedServer signature({refusal(403, "SignatureDoesNotMatch")});
  const ProbeStep credentials = last_step(*open_store(signature));
  EXPECT_EQ(credentials.name, "credentials");
  EXPECT_THAT(credentials.message, HasSubstr("S3_SECRET_KEY"));
  const ScriptedServer missing({refusal(404, "NoSuchBucket")});
  const ProbeStep bucket = last_step(*open_store(missing));
  EXPECT_EQ(bucket.name, "bucket");
  EXPECT_THAT(bucket.message, HasSubstr("\"bucket\""));
}

TEST(S3ProbeTest, ComparesTheClocks) {
  const ScriptedServer server({refusal(403, "RequestTimeTooSkewed", "Date: Fri, 24 May 2013 00:00:00 GMT\r\n")});
  const auto steps = open_store(server)->probe();
  ASSERT_EQ(steps.size(), 5);
  EXPECT_EQ(steps[3].name, "clock");
  EXPECT_FALSE(steps[3].ok);
  EXPECT_THAT(steps[3].message, HasSubstr("ahead of the server's"));
}

}  // namespace
}  // namespace gleaner::object

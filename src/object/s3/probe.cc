// One signed request tells of everything up to the bucket: how far it came, and what the server said to it.
#include <chrono>

#include <fmt/format.h>

#include "object/s3/answer.h"
#include "object/s3/s3_store.h"

namespace gleaner::object {
namespace {

// Amazon allows 15 minutes; a clock that is off by more than this will get there.
constexpr std::chrono::minutes kMostSkew{5};

std::string advice_for(Stage stage, const S3Address& address) {
  switch (stage) {
    case Stage::kName:
      return fmt::format(
          "; check S3_ENDPOINT and this machine's name servers (the name is {}), or set the style to path "
          "if the server does not take the bucket in its host name",
          address.host);
    case Stage::kConnection:
      return fmt::format("; check that a server listens at {} and that no firewall is in between", address.host);
    case Stage::kTls:
      return "; check the server's certificate, and that ca-certificates is installed here; a server without TLS needs "
             "http:// in S3_ENDPOINT";
    default:
      return "; check that this is an S3 server";
  }
}

// The steps up to that one are fine; that one is not.
void add_stages(std::vector<ProbeStep>& steps, const S3Failure& failure, const S3Address& address) {
  const bool tls = address.scheme == "https";
  const auto add = [&](Stage stage, std::string name, std::string fine) {
    if (failure.stage < stage && failure.status == 0) return;
    const bool ok = failure.status != 0 || failure.stage > stage;
    steps.push_back({std::move(name), ok, ok ? std::move(fine) : failure.message + advice_for(stage, address)});
  };
  add(Stage::kName, "name", address.host);
  add(Stage::kConnection, "connection", "a server listens");
  if (tls) add(Stage::kTls, "tls", "the certificate is good");
  if (!tls && failure.stage == Stage::kTls) return;
  add(Stage::kAnswer, "answer", "the server speaks HTTP");
}

void add_clock(std::vector<ProbeStep>& steps, std::string_view date, Time now) {
  const auto server = parse_http_date(date);
  if (!server) {
    steps.push_back({"clock", true, "the server does not tell its time"});
    return;
  }
  const auto skew = std::chrono::duration_cast<std::chrono::seconds>(now - *server);
  const std::string text =
      fmt::format("{} s {} the server's", std::abs(skew.count()), skew.count() < 0 ? "behind" : "ahead of");
  const bool ok = std::chrono::abs(skew) < kMostSkew;
  steps.push_back({"clock", ok,
                   ok ? text
                      : "this machine's clock is " + text +
                            ", which refuses more than 15 minutes: "
                            "set it, and keep it with NTP"});
}

}  // namespace

bool S3Store::probe_server(std::vector<ProbeStep>& steps) {
  const S3Address& address = client_.address();
  const auto answer = client_.call({.method = "GET", .query = {{"list-type", "2"}, {"max-keys", "1"}}, .tries = 2});
  S3Failure failure;
  if (answer) {
    failure.status = answer->status;
    failure.date = answer->header("date");
  } else {
    failure = answer.error();
  }
  add_stages(steps, failure, address);
  if (failure.status == 0) return false;
  add_clock(steps, failure.date, client_.now());
  if (answer) {
    steps.push_back({"credentials", true, fmt::format("accepted, for the region {}", address.region)});
    steps.push_back({"bucket", true, client_.options().bucket});
    return true;
  }
  const bool known = failure.code != Code::kUnauthenticated;
  steps.push_back({"credentials", known, known ? "accepted" : failure.message});
  if (!known) return false;
  steps.push_back({"bucket", false, failure.message});
  // Who may not list may still write.
  return failure.code == Code::kPermissionDenied;
}

}  // namespace gleaner::object

// A real S3 server for tests: versitygw, which tests/s3/server builds when it is first asked for. One for all tests of
// a program, registered there as a global environment; each test makes a bucket of its own.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "object/s3/client.h"

namespace gleaner::object {

class S3TestServer final : public testing::Environment {
 public:
  // Given to testing::AddGlobalTestEnvironment, which owns it from there on.
  static S3TestServer& shared() {
    static auto* const server = new S3TestServer;
    return *server;
  }

  void SetUp() override {
    std::string name = testing::TempDir() + "gleaner_s3_XXXXXX";
    directory_ = mkdtemp(name.data());
    std::istringstream words(output_of(fmt::format("{} start {}", kScript, directory_)));
    words >> endpoint_ >> access_key_ >> secret_key_;
    ASSERT_THAT(endpoint_, testing::StartsWith("http://127.0.0.1:"));
  }
  void TearDown() override {
    output_of(fmt::format("{} stop {}", kScript, directory_));
    std::filesystem::remove_all(directory_);
  }

  // The options of a new, empty bucket.
  S3Options make_bucket() {
    S3Options options{.endpoint = endpoint_,
                      .bucket = fmt::format("bucket-{}", ++buckets_),
                      .access_key = access_key_,
                      .secret_key = Secret(secret_key_),
                      .part_bytes = 5 << 20};
    options.backoff_base = std::chrono::milliseconds(10);
    const auto made = client(options).call({.method = "PUT"});
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return options;
  }

  static S3Client client(const S3Options& options) {
    static const SystemClock clock;
    return {options, resolve_address(options).value(), clock};
  }

  void restart() { output_of(fmt::format("{} restart {}", kScript, directory_)); }

 private:
  static constexpr const char* kScript = GLEANER_SOURCE_DIR "/tests/s3/server";

  static std::string output_of(const std::string& command) {
    std::string out;
    FILE* const pipe = popen(command.c_str(), "r");
    std::array<char, 256> buffer{};
    while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
    pclose(pipe);
    return out;
  }

  std::string directory_;
  std::string endpoint_;
  std::string access_key_;
  std::string secret_key_;
  int buckets_ = 0;
};

}  // namespace gleaner::object

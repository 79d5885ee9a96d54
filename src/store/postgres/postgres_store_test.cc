#include "store/postgres/postgres_store.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "store/testing/store_contract.h"

namespace gleaner::store {
namespace {

// A cluster of its own for all tests of this program, started by tests/postgres/cluster.
class Cluster final : public testing::Environment {
 public:
  void SetUp() override {
    std::string name = testing::TempDir() + "gleaner_postgres_XXXXXX";
    directory_ = mkdtemp(name.data());
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    url_ = trim(output_of(fmt::format("{} start {} fsync=off", kScript, directory_)));
    ASSERT_TRUE(url_.starts_with("postgresql://")) << url_;
  }
  void TearDown() override {
    output_of(fmt::format("{} stop {} immediate", kScript, directory_));
    std::filesystem::remove_all(directory_);
  }

  // The URL of a new, empty database.
  std::string make_database() {
    const std::string name = fmt::format("test_{}", ++databases_);
    auto admin = Connection::open({.url = Secret(url_)});
    EXPECT_TRUE(admin) << (admin ? "" : admin.error().message);
    EXPECT_TRUE((*admin)->script(fmt::format("CREATE DATABASE {}", name)));
    return url_.substr(0, url_.rfind('/') + 1) + name;
  }

 private:
  static constexpr const char* kScript = GLEANER_SOURCE_DIR "/tests/postgres/cluster";

  static std::string output_of(const std::string& command) {
    std::string out;
    FILE* const pipe = popen(command.c_str(), "r");
    std::array<char, 256> buffer{};
    while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
    pclose(pipe);
    return out;
  }

  std::string directory_;
  std::string url_;
  int databases_ = 0;
};

Cluster& cluster() {
  static auto* const environment = new Cluster;
  return *environment;
}

[[maybe_unused]] const testing::Environment* const kCluster = testing::AddGlobalTestEnvironment(&cluster());

class PostgresHarness final : public StoreHarness {
 public:
  PostgresHarness() : url_(cluster().make_database()) { store_ = open(); }
  Store& store() override { return *store_; }
  Registry& registry() override { return store_->registry(); }
  void reopen() override {
    store_.reset();
    store_ = open();
  }
  std::unique_ptr<Store> second() override { return open(); }

 private:
  std::unique_ptr<PostgresStore> open() const {
    auto store = PostgresStore::open({.url = Secret(url_)});
    EXPECT_TRUE(store) << (store ? "" : store.error().message);
    return *std::move(store);
  }

  std::string url_;
  std::unique_ptr<PostgresStore> store_;
};

std::unique_ptr<StoreHarness> make_postgres_harness() {
  return std::make_unique<PostgresHarness>();
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(&make_postgres_harness));

}  // namespace
}  // namespace gleaner::store

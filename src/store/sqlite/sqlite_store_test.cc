#include "store/sqlite/sqlite_store.h"

#include <filesystem>
#include <fstream>

#include "store/sqlite/id_filter.h"
#include "store/testing/store_contract.h"

namespace gleaner::store {
namespace {

class SqliteHarness final : public StoreHarness {
 public:
  SqliteHarness() {
    std::string name = testing::TempDir() + "gleaner_store_XXXXXX";
    directory_ = mkdtemp(name.data());
    store_ = open();
  }
  ~SqliteHarness() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  Store& store() override { return *store_; }
  Registry& registry() override { return store_->registry(); }
  void reopen() override {
    store_.reset();
    store_ = open();
  }
  std::unique_ptr<Store> second() override { return open(); }

 private:
  std::unique_ptr<SqliteStore> open() const {
    auto store = SqliteStore::open({.directory = directory_});
    EXPECT_TRUE(store) << (store ? "" : store.error().message);
    return *std::move(store);
  }

  std::string directory_;
  std::unique_ptr<SqliteStore> store_;
};

std::unique_ptr<StoreHarness> make_sqlite_harness() {
  return std::make_unique<SqliteHarness>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_sqlite_harness));

TEST(IdFilterTest, NeverForgetsAndSeldomErrs) {
  IdFilter filter;
  constexpr uint64_t kIds = 200'000;
  for (uint64_t i = 0; i < kIds; ++i) filter.add(keyed_hash64(1, std::to_string(i)));
  uint64_t wrong = 0;
  for (uint64_t i = 0; i < kIds; ++i) EXPECT_TRUE(filter.maybe_contains(keyed_hash64(1, std::to_string(i))));
  for (uint64_t i = kIds; i < 2 * kIds; ++i) wrong += filter.maybe_contains(keyed_hash64(1, std::to_string(i))) ? 1 : 0;
  EXPECT_LT(wrong, kIds / 25);
  EXPECT_LT(filter.bytes(), kIds * 4);
}

TEST(FrameTocTest, RefusesDamage) {
  FrameToc toc;
  toc.entries.resize(3);
  toc.items.push_back({{1, 2}, 2});
  std::string bytes;
  toc.encode(bytes);
  ASSERT_TRUE(FrameToc::decode(bytes));
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(FrameToc::decode(bytes.substr(0, size)));
  toc.items.front().row = 3;
  toc.encode(bytes);
  EXPECT_EQ(FrameToc::decode(bytes).error().code, Code::kDataLoss);
}

TEST(SqliteStoreTest, RefusesAnUnknownFormat) {
  std::string name = testing::TempDir() + "gleaner_store_XXXXXX";
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  const std::string& directory = name;
  {
    auto db = Database::open(directory + "/gleaner.db", Database::Mode::kCreate);
    ASSERT_TRUE(db);
    ASSERT_TRUE((*db)->execute("PRAGMA user_version = 99"));
  }
  const auto store = SqliteStore::open({.directory = directory});
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("format 99"), std::string::npos) << store.error().message;
  std::filesystem::remove_all(directory);
}

TEST(SqliteStoreTest, TakesUpACatalogOfFormat1) {
  std::string name = testing::TempDir() + "gleaner_store_XXXXXX";
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  const std::string& directory = name;
  std::string secret;
  {
    auto store = SqliteStore::open({.directory = directory});
    ASSERT_TRUE(store);
    secret = (*store)->registry().project("shop")->secret.reveal();
  }
  {
    // What format 2 added is all that there is between them.
    auto db = Database::open(directory + "/gleaner.db", Database::Mode::kCreate);
    ASSERT_TRUE((*db)->execute("DROP TABLE secret_rotations; PRAGMA user_version = 1"));
  }
  {
    auto store = SqliteStore::open({.directory = directory});
    ASSERT_TRUE(store) << store.error().message;
    Registry& registry = (*store)->registry();
    EXPECT_EQ(registry.project("shop")->secret.reveal(), secret);
    EXPECT_TRUE(registry.rotate_secret("shop", parse_time("2026-11-21T08:00:00Z").value()));
    EXPECT_EQ(registry.project("shop")->rotations.size(), 1U);
  }
  std::filesystem::remove_all(directory);
}

TEST(SqliteStoreTest, AForeignFileIsAnError) {
  std::string name = testing::TempDir() + "gleaner_store_XXXXXX";
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  const std::string& directory = name;
  std::ofstream(directory + "/gleaner.db") << std::string(10'000, 'x');
  const auto store = SqliteStore::open({.directory = directory});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::kDataLoss) << store.error().message;
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace gleaner::store

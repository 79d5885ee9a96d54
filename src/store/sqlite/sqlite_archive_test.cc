#include <filesystem>

#include "store/sqlite/sqlite_store.h"
#include "store/testing/archive_contract.h"

namespace gleaner::store {
namespace {

class SqliteArchiveHarness final : public ArchiveHarness {
 public:
  SqliteArchiveHarness() {
    std::string name = testing::TempDir() + "gleaner_archive_XXXXXX";
    directory_ = mkdtemp(name.data());
    reopen();
  }
  ~SqliteArchiveHarness() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  Store& store() override { return *store_; }
  ArchiveCatalog& archive() override { return store_->archive(); }
  void reopen() override {
    store_.reset();
    auto store = SqliteStore::open({.directory = directory_});
    EXPECT_TRUE(store) << (store ? "" : store.error().message);
    store_ = *std::move(store);
  }

 private:
  std::string directory_;
  std::unique_ptr<SqliteStore> store_;
};

std::unique_ptr<ArchiveHarness> make_sqlite_archive() {
  return std::make_unique<SqliteArchiveHarness>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, ArchiveContract, testing::Values(&make_sqlite_archive));

}  // namespace
}  // namespace gleaner::store

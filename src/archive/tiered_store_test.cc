// The contract of stores, passed by the store and the archive together: with everything hot, and with everything moved
// to the archive after each write.
#include "archive/tiered_store.h"

#include "archive/testing/two_tiers.h"
#include "store/testing/store_contract.h"

namespace gleaner::archive {
namespace {

// Archives what was written before the call returns.
class Restless final : public store::Store {
 public:
  explicit Restless(std::unique_ptr<TwoTiers> tiers) : tiers_(std::move(tiers)) {}

  Result<std::vector<store::Outcome>> append(std::vector<store::Write>&& writes) override {
    TRY_ASSIGN(auto outcomes, tiers_->store().append(std::move(writes)));
    // Others may write meanwhile: then a day is left for the next time.
    TRY(tiers_->archive_all());
    return outcomes;
  }
  Result<store::Stored> find(std::string_view project, std::string_view id) override {
    return tiers_->store().find(project, id);
  }
  Result<std::unique_ptr<store::Scan>> scan(store::ScanOptions options) override {
    return tiers_->store().scan(std::move(options));
  }
  Result<store::Totals> totals(std::string_view project) override { return tiers_->store().totals(project); }
  Result<std::vector<store::Write>> waiting(std::string_view project) override {
    TRY(tiers_->store().settle(project));
    return tiers_->store().waiting(project);
  }
  Result<store::Erased> erase(std::string_view project, std::string_view id) override {
    return tiers_->store().erase(project, id);
  }
  Result<std::vector<Day>> days() override { return tiers_->store().days(); }
  Status drop_day(Day day) override { return tiers_->store().drop_day(day); }
  Status add_rejects(std::vector<store::Reject> rejects) override {
    return tiers_->store().add_rejects(std::move(rejects));
  }
  Result<std::vector<store::Reject>> rejects(std::string_view project, int64_t after, size_t limit) override {
    return tiers_->store().rejects(project, after, limit);
  }
  Status check_writable() override { return tiers_->store().check_writable(); }

 private:
  std::unique_ptr<TwoTiers> tiers_;
};

class TiersHarness final : public store::StoreHarness {
 public:
  explicit TiersHarness(bool restless, Codec codec = Codec::kGzip) : restless_(restless), codec_(codec) { reopen(); }
  ~TiersHarness() override { store_.reset(); }
  store::Store& store() override { return *store_; }
  store::Registry& registry() override { return *registry_; }
  void reopen() override {
    store_.reset();
    store_ = open(&registry_);
  }
  std::unique_ptr<store::Store> second() override { return open(nullptr); }
  bool archives() const override { return restless_; }

 private:
  // A store that owns what it stands on.
  class Owner;
  std::unique_ptr<store::Store> open(store::Registry** registry) const {
    auto tiers = std::make_unique<TwoTiers>(folder_.path(), &open_directory, codec_);
    if (registry != nullptr) *registry = &tiers->hot().registry();
    if (restless_) return std::make_unique<Restless>(std::move(tiers));
    return std::make_unique<Calm>(std::move(tiers));
  }
  class Calm final : public store::Store {
   public:
    explicit Calm(std::unique_ptr<TwoTiers> tiers) : tiers_(std::move(tiers)), store_(tiers_->store()) {}
    Result<std::vector<store::Outcome>> append(std::vector<store::Write>&& w) override {
      return store_.append(std::move(w));
    }
    Result<store::Stored> find(std::string_view p, std::string_view id) override { return store_.find(p, id); }
    Result<std::unique_ptr<store::Scan>> scan(store::ScanOptions o) override { return store_.scan(std::move(o)); }
    Result<store::Totals> totals(std::string_view p) override { return store_.totals(p); }
    Result<std::vector<store::Write>> waiting(std::string_view p) override { return store_.waiting(p); }
    Result<store::Erased> erase(std::string_view p, std::string_view id) override { return store_.erase(p, id); }
    Result<std::vector<Day>> days() override { return store_.days(); }
    Status drop_day(Day day) override { return store_.drop_day(day); }
    Status add_rejects(std::vector<store::Reject> r) override { return store_.add_rejects(std::move(r)); }
    Result<std::vector<store::Reject>> rejects(std::string_view p, int64_t a, size_t l) override {
      return store_.rejects(p, a, l);
    }
    Status check_writable() override { return store_.check_writable(); }

   private:
    std::unique_ptr<TwoTiers> tiers_;
    store::Store& store_;
  };

  Folder folder_;
  const bool restless_;
  const Codec codec_;
  store::Registry* registry_ = nullptr;
  std::unique_ptr<store::Store> store_;
};

std::unique_ptr<store::StoreHarness> all_hot() {
  return std::make_unique<TiersHarness>(false);
}
std::unique_ptr<store::StoreHarness> all_cold() {
  return std::make_unique<TiersHarness>(true);
}
std::unique_ptr<store::StoreHarness> all_cold_in_parquet() {
  return std::make_unique<TiersHarness>(true, Codec::kParquet);
}

}  // namespace
}  // namespace gleaner::archive

namespace gleaner::store {
INSTANTIATE_TEST_SUITE_P(Tiered, StoreContract,
                         testing::Values(&archive::all_hot, &archive::all_cold, &archive::all_cold_in_parquet));
}  // namespace gleaner::store

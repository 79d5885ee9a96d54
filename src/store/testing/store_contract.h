// The contract of the Store and Registry ports as tests. An implementation instantiates StoreContract with a factory:
//
//     INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_sqlite_harness));
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/registry.h"
#include "store/store.h"

namespace gleaner::store {

// An implementation under test: a store that can be closed and opened again on the same data.
class StoreHarness {
 public:
  StoreHarness() = default;
  StoreHarness(const StoreHarness&) = delete;
  StoreHarness& operator=(const StoreHarness&) = delete;
  virtual ~StoreHarness() = default;
  virtual Store& store() = 0;
  virtual Registry& registry() = 0;
  virtual void reopen() = 0;
  // A second, independent store on the same data, as another process would have it.
  virtual std::unique_ptr<Store> second() = 0;
  // Whether records are archived as soon as they are written. An id is then taken on its own day only, and whether an
  // archived record has a signal already shows when it is read.
  virtual bool archives() const { return false; }
};

using StoreHarnessFactory = std::unique_ptr<StoreHarness> (*)();

class StoreContract : public testing::TestWithParam<StoreHarnessFactory> {
 protected:
  StoreContract() : harness_(GetParam()()) {}
  Store& store() { return harness_->store(); }

  std::unique_ptr<StoreHarness> harness_;
};

}  // namespace gleaner::store

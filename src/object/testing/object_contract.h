// The contract of the ObjectStore port as tests. An implementation instantiates ObjectContract with a factory:
//
//     INSTANTIATE_TEST_SUITE_P(Directory, ObjectContract, testing::Values(&make_directory_harness));
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "object/object_store.h"

namespace gleaner::object {

// An implementation under test: an empty store that can be closed and opened again on the same objects.
class ObjectHarness {
 public:
  ObjectHarness() = default;
  ObjectHarness(const ObjectHarness&) = delete;
  ObjectHarness& operator=(const ObjectHarness&) = delete;
  virtual ~ObjectHarness() = default;
  virtual ObjectStore& store() = 0;
  virtual void reopen() = 0;
  // A second, independent store on the same objects, as another process would have it.
  virtual std::unique_ptr<ObjectStore> second() = 0;
};

using ObjectHarnessFactory = std::unique_ptr<ObjectHarness> (*)();

class ObjectContract : public testing::TestWithParam<ObjectHarnessFactory> {
 protected:
  ObjectContract() : harness_(GetParam()()) {}
  ObjectStore& store() { return harness_->store(); }

  std::unique_ptr<ObjectHarness> harness_;
};

}  // namespace gleaner::object

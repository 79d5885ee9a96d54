// Killed at every step of archiving, restoring and erasing, and begun again: at no instant is a record missing, or
// there twice. A kind of object store instantiates CrashContract with a function that opens the objects of a folder:
//
//   INSTANTIATE_TEST_SUITE_P(S3, CrashContract, testing::Values(&open_bucket));
//
// Whatever the function keeps must be there before a process is forked, and good in the child.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "archive/testing/two_tiers.h"

namespace gleaner::archive {

class CrashContract : public testing::TestWithParam<OpenObjects> {
 protected:
  CrashContract();

  TwoTiers open() const { return TwoTiers(folder_.path(), GetParam()); }
  void expect_nothing_lost(TwoTiers& tiers);

  Folder folder_;
  std::vector<std::string> before_;
  std::map<std::string, store::Counters> counted_;
};

}  // namespace gleaner::archive

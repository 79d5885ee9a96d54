#include "archive/testing/crash_contract.h"

namespace gleaner::archive {
namespace {

INSTANTIATE_TEST_SUITE_P(Directory, CrashContract, testing::Values(&open_directory));

}  // namespace
}  // namespace gleaner::archive

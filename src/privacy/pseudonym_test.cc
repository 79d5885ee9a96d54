#include "privacy/pseudonym.h"

#include <gtest/gtest.h>

namespace gleaner::privacy {
namespace {

TEST(PseudonymTest, IsStableInsideAProjectAndNowhereElse) {
  const Secret a("secret of a");
  const Secret b("secret of b");
  EXPECT_EQ(pseudonym(a, "42"), pseudonym(a, "42"));
  EXPECT_NE(pseudonym(a, "42"), pseudonym(b, "42"));
  EXPECT_NE(pseudonym(a, "42"), pseudonym(a, "43"));
  EXPECT_EQ(pseudonym(a, "42").size(), 34U);
  EXPECT_EQ(pseudonym(a, "").size(), 0U);
}

}  // namespace
}  // namespace gleaner::privacy

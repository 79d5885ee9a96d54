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

TEST(PseudonymTest, ThoseOfUsersAndSessionsAreUnrelated) {
  const Secret secret("secret");
  EXPECT_EQ(session_pseudonym(secret, "42").substr(0, 2), "s_");
  EXPECT_NE(session_pseudonym(secret, "42").substr(2), pseudonym(secret, "42").substr(2));
}

TEST(PseudonymTest, MembersNamedUserIdAreReplaced) {
  const Secret secret("secret");
  std::string json = R"({"user_id":42,"deep":[{"user_id":"ann","user":"x"}]})";
  ASSERT_TRUE(pseudonymise_members(secret, json));
  EXPECT_EQ(json, R"({"user_id":")" + pseudonym(secret, "42") + R"(","deep":[{"user_id":")" + pseudonym(secret, "ann") +
                      R"(","user":"x"}]})");
  std::string escaped = R"({"user\u005fid":"ann"})";
  ASSERT_TRUE(pseudonymise_members(secret, escaped));
  EXPECT_EQ(escaped.find("ann"), std::string::npos);
  std::string other = R"({"a":"\n", "b":1})";
  ASSERT_TRUE(pseudonymise_members(secret, other));
  EXPECT_EQ(other, R"({"a":"\n", "b":1})");
}

TEST(SafeId, KeepsIdsButNotPeople) {
  const Secret secret("secret");
  for (const std::string id : {"0192f0c1-7e64-7000-8000-2f6a52c1a111", "train_20241120_103000_ab12cd34", "chat-42", "",
                               "da39a3ee5e6b4b0d3255bfef95601890afd80709", "1700000000000", "order-118842"}) {
    EXPECT_EQ(safe_id(secret, id), id);
  }
  for (const std::string id : {"ann@example.com", "+905321234567", "session-ann@example.com-1"}) {
    const std::string safe = safe_id(secret, id);
    EXPECT_TRUE(safe.starts_with("i_")) << id;
    EXPECT_EQ(safe, safe_id(secret, id));
    EXPECT_EQ(safe, safe_id(secret, safe));
  }
}

}  // namespace
}  // namespace gleaner::privacy

#include "privacy/pseudonym.h"

#include <gtest/gtest.h>

#include "privacy/record_redaction.h"
#include "record/session_item.h"

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
  std::string json = R"({"user_id":42,"deep":[{"user_id":"ann","user":{"x":"y"}}]})";
  ASSERT_TRUE(pseudonymise_members(secret, json));
  EXPECT_EQ(json, R"({"user_id":")" + pseudonym(secret, "42") + R"(","deep":[{"user_id":")" + pseudonym(secret, "ann") +
                      R"(","user":{"x":"y"}}]})");
  std::string escaped = R"({"user\u005fid":"ann"})";
  ASSERT_TRUE(pseudonymise_members(secret, escaped));
  EXPECT_EQ(escaped.find("ann"), std::string::npos);
  std::string other = R"({"a":"\n", "b":1})";
  ASSERT_TRUE(pseudonymise_members(secret, other));
  EXPECT_EQ(other, R"({"a":"\n", "b":1})");
}

TEST(PseudonymTest, NamesThatMeanTheSameAreReplaced) {
  const Secret secret("secret");
  const std::string ann = pseudonym(secret, "ann");
  for (const std::string name :
       {"user_id", "userId", "userid", "USER_ID", "user-id", "user.id", "user", "User", "user_ids"}) {
    std::string json = R"({")" + name + R"(":"ann"})";
    ASSERT_TRUE(pseudonymise_members(secret, json));
    EXPECT_EQ(json, R"({")" + name + R"(":")" + ann + R"("})");
    std::string array = R"([{")" + name + R"(":["ann",42]}])";
    ASSERT_TRUE(pseudonymise_members(secret, array));
    EXPECT_EQ(array, R"([{")" + name + R"(":[")" + ann + R"(",")" + pseudonym(secret, "42") + R"("]}])");
  }
  std::string object = R"({"user_id":{"$oid":"ann"}})";
  ASSERT_TRUE(pseudonymise_members(secret, object));
  EXPECT_EQ(object, R"({"user_id":{"$oid":")" + ann + R"("}})");
  std::string inner = R"({"arguments":" {\"user_id\": \"ann\"}"})";
  ASSERT_TRUE(pseudonymise_members(secret, inner));
  EXPECT_EQ(inner, R"({"arguments":"{\"user_id\":\")" + ann + R"(\"}"})");
  std::string beside = R"({"system":"linux","user":"ann"})";
  ASSERT_TRUE(pseudonymise_members(secret, beside));
  EXPECT_EQ(beside, R"({"system":"linux","user":")" + ann + R"("})");
  std::string hidden = R"({"\u0075ser\u005Fid":"ann"})";
  ASSERT_TRUE(pseudonymise_members(secret, hidden));
  EXPECT_EQ(hidden.find("\"ann\""), std::string::npos);
  std::string sessions = R"({"session_id":"a","sessionId":7,"session":"a"})";
  ASSERT_TRUE(pseudonymise_session_members(secret, sessions));
  EXPECT_EQ(sessions, R"({"session_id":")" + session_pseudonym(secret, "a") + R"(","sessionId":")" +
                          session_pseudonym(secret, "7") + R"(","session":"a"})");
}

TEST(PseudonymTest, WhatIsNoIdStays) {
  const Secret secret("secret");
  for (const std::string text : {
           R"({"user_id":"u_0123456789abcdef0123456789abcdef", "n":1})",
           R"({"role":"user", "content":"who is the user?"})",
           R"({"user":"What is the weather?", "assistant":"Fine."})",
           R"({"system":"You translate.", "user":"Good morning"})",
           R"({"user":{"name":"x"}, "user_agent":"curl", "user_id":null})",
           R"({"user":"I would like to know what the weather will be like in Istanbul next week."})",
           R"(["{\"user_id\": broken"])",
       }) {
    std::string json = text;
    ASSERT_TRUE(pseudonymise_members(secret, json));
    EXPECT_EQ(json, text);
  }
}

TEST(SafeId, ReplacesWhatTheImporterComputed) {
  const Secret secret("secret");
  const std::string id = "import_0123456789abcdef0123456789abcdef";
  const std::string safe = safe_id(secret, id);
  EXPECT_TRUE(safe.starts_with("i_"));
  EXPECT_EQ(safe, safe_id(secret, safe));
  EXPECT_EQ(safe_id(secret, "import_of_monday"), "import_of_monday");
  EXPECT_EQ(with_safe_import_ids(secret, "a " + id + ", import_2"), "a " + safe + ", import_2");
}

TEST(SafeId, HidesSessions) {
  const Secret secret("secret");
  const std::string safe = safe_id(secret, record::session_item("monday"));
  EXPECT_TRUE(safe.starts_with("i_"));
  EXPECT_EQ(safe, safe_id(secret, safe));
  EXPECT_NE(safe, safe_id(secret, record::session_item("tuesday")));
  EXPECT_NE(safe, safe_id(Secret("other"), record::session_item("monday")));
}

TEST(SafeId, HidesSessionsInWhatCouldNotBeRead) {
  const Secret secret("secret");
  const std::string safe = safe_id(secret, record::session_item("monday"));
  for (const auto& [given, kept] : {std::pair(R"({"item_id":"session:monday","text":"session:monday"})",
                                              R"({"item_id":"SAFE","text":"session:monday"})"),
                                    std::pair(R"({"x":{"items":[{"id":"session:monday"},{"id":"a"}]}})",
                                              R"({"x":{"items":[{"id":"SAFE"},{"id":"a"}]}})"),
                                    std::pair(R"({"itemId":"\u0073ession:monday"})", R"({"itemId":"SAFE"})"),
                                    std::pair(R"({"item_id":"session:monday", )", R"({"item_id":"SAFE", )"),
                                    std::pair(R"({"item_id":"session:monday)", R"({"item_id":"SAFE)")}) {
    std::string wanted = kept;
    wanted.replace(wanted.find("SAFE"), 4, safe);
    EXPECT_EQ(redact_unread({default_kinds(), false}, secret, given), wanted);
  }
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

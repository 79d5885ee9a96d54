#include "http/credential.h"

#include <gtest/gtest.h>

namespace gleaner::http {
namespace {

std::string shown(Headers headers) {
  Request request;
  request.headers = std::move(headers);
  return credential_of(request);
}

TEST(Credential, IsTakenFromEitherHeader) {
  EXPECT_EQ(shown({{"authorization", "Bearer glk_a"}}), "glk_a");
  EXPECT_EQ(shown({{"authorization", "bearer  glk_a "}}), "glk_a");
  EXPECT_EQ(shown({{"x-api-key", "glk_a"}}), "glk_a");
  EXPECT_EQ(shown({{"authorization", "Digest x"}, {"x-api-key", "glk_a"}}), "glk_a");
  EXPECT_EQ(shown({}), "");
}

// base64 of "pk:glk_a", "pk:glk_a:b", ":glk_a", "pk:", "glk_a", "pk:\xff\xfe>" (whose digits have + and /).
TEST(Credential, IsThePasswordOfBasic) {
  EXPECT_EQ(shown({{"authorization", "Basic cGs6Z2xrX2E="}}), "glk_a");
  EXPECT_EQ(shown({{"authorization", "BASIC cGs6Z2xrX2E"}}), "glk_a");
  EXPECT_EQ(shown({{"authorization", "Basic cGs6Z2xrX2E6Yg=="}}), "glk_a:b");
  EXPECT_EQ(shown({{"authorization", "Basic Omdsa19h"}}), "glk_a");
  EXPECT_EQ(shown({{"authorization", "Basic cGs6"}}), "");
  EXPECT_EQ(shown({{"authorization", "Basic Z2xrX2E="}}), "");
  EXPECT_EQ(shown({{"authorization", "Basic cGs6//4+"}}), "\xff\xfe>");
  EXPECT_EQ(shown({{"authorization", "Basic %%%"}}), "");
  EXPECT_EQ(shown({{"authorization", "Basic "}, {"x-api-key", "glk_a"}}), "glk_a");
}

}  // namespace
}  // namespace gleaner::http

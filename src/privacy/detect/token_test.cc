#include "privacy/detect/token.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gleaner::privacy {
namespace {

// Secrets are put together here, so that the repository holds none.
constexpr std::string_view kRandom =
    "a9Zk3Qw7Lm2Xv8Bn4Tc6Yp1Rd5Gf0HsJuEiOoAqWzSxCdEvFrBgTnHyMjUkIl7o9P3b5N2m8V4c6X1z0L5k7J3h9G1f4D6s8A2p0O9i7U5y3T1r4E6"
    "w8Q2"
    "n4M6b8V0c2X4z6L8k0J2h4G6f8D0s2A4p6O8i0U2y4T6r8E0w2Q4a6Z8k0Q2w4L6m8X0v2B4n6T8c0Y2p4R6d8G0f2H4s6J8u0E2i4O6o8A0q2W4z6"
    "S8";
constexpr std::string_view kHex = "3f9a1c7e5b2d8046f1e3a5c7b9d2046813579bdfeca86420f0e1d2c3b4a59687a1b2c3d4e5f60718";

std::string letters(size_t count) {
  return std::string(kRandom.substr(0, count));
}
std::string hex(size_t count) {
  return std::string(kHex.substr(0, count));
}
std::string upper(size_t count) {
  std::string result;
  for (const char c : kRandom) {
    if (result.size() < count && (is_upper(c) || is_digit(c))) result += c;
  }
  return result;
}

bool in_run(char c) {
  return is_alnum(c) || c == '_' || c == '-';
}

// As the scanner does it: at every anchor until something is found.
std::optional<Finding> scan(std::string_view text) {
  const Passage passage{text, "", 0};
  for (size_t at = 0; at < text.size(); ++at) {
    size_t end = at;
    while (end < text.size() && end - at < 16 && in_run(text[end])) ++end;
    const bool begins = at == 0 || !in_run(text[at - 1]);
    if (begins && end - at == 16) {
      if (auto found = find_token(passage, at)) return found;
    }
    if (text.substr(at, 5) == "-----" && (at == 0 || text[at - 1] != '-')) {
      if (auto found = find_private_key(passage, at)) return found;
    }
  }
  return std::nullopt;
}

struct Case {
  std::string secret;
  std::string_view detail;
};

std::vector<Case> cases() {
  const std::string jwt_header = std::string("ey") + "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
  const std::string jwt_payload = std::string("ey") + "JzdWIiOiIxMjM0NTY3ODkwIn0";
  return {
      {"sk"
       "-" +
           letters(48),
       "openai_key"},
      {"sk"
       "-proj-" +
           letters(100),
       "openai_key"},
      {"sk"
       "-svcacct-" +
           letters(60) + "_" + letters(30),
       "openai_key"},
      {"sk"
       "-admin-" +
           letters(60),
       "openai_key"},
      {"sk"
       "-ant-api03-" +
           letters(90) + "-" + letters(10),
       "anthropic_key"},
      {"sk"
       "-or-v1-" +
           hex(64),
       "openrouter_key"},
      {"AI"
       "za" +
           letters(35),
       "google_api_key"},
      {"GO"
       "CSPX-" +
           letters(28),
       "google_oauth_secret"},
      {"ya"
       "29." +
           letters(80),
       "google_oauth_token"},
      {"AK"
       "IA" +
           upper(16),
       "aws_access_key"},
      {"AS"
       "IA" +
           upper(16),
       "aws_access_key"},
      {"gh"
       "p_" +
           letters(36),
       "github_token"},
      {"gh"
       "s_" +
           letters(36),
       "github_token"},
      {"github"
       "_pat_" +
           letters(22) + "_" + letters(59),
       "github_token"},
      {"gl"
       "pat-" +
           letters(20),
       "gitlab_token"},
      {"xo"
       "xb-"
       "123456789012-1234567890123-" +
           letters(24),
       "slack_token"},
      {"sk"
       "_live_" +
           letters(24),
       "stripe_key"},
      {"rk"
       "_live_" +
           letters(24),
       "stripe_key"},
      {"wh"
       "sec_" +
           letters(32),
       "webhook_secret"},
      {"S"
       "K" +
           hex(32),
       "twilio_key"},
      {"S"
       "G." +
           letters(22) + "." + letters(43),
       "sendgrid_key"},
      {"key"
       "-" +
           hex(32),
       "mailgun_key"},
      {hex(32) + "-us"
                 "12",
       "mailchimp_key"},
      {"np"
       "m_" +
           letters(36),
       "npm_token"},
      {"py"
       "pi-AgEI" +
           letters(120),
       "pypi_token"},
      {"h"
       "f_" +
           letters(34),
       "huggingface_token"},
      {"r"
       "8_" +
           letters(37),
       "replicate_token"},
      {"gs"
       "k_" +
           letters(52),
       "groq_key"},
      {"x"
       "ai-" +
           letters(80),
       "xai_key"},
      {"pp"
       "lx-" +
           letters(48),
       "perplexity_key"},
      {"do"
       "p_v1_" +
           hex(64),
       "digitalocean_token"},
      {"sh"
       "pat_" +
           hex(32),
       "shopify_token"},
      {"sq0"
       "atp-" +
           letters(22),
       "square_token"},
      {"110201543:"
       "AA" +
           letters(33),
       "telegram_token"},
      {"MTk4NjIyNDgzNDcxOTI1MjQ4."
       "Cl2FMQ." +
           letters(27),
       "discord_token"},
      {"ATA"
       "TT3" +
           letters(180),
       "atlassian_token"},
      {"nt"
       "n_" +
           letters(46),
       "notion_token"},
      {"lin"
       "_api_" +
           letters(40),
       "linear_key"},
      {"fig"
       "d_" +
           letters(40),
       "figma_token"},
      {"pa"
       "t" +
           letters(14) + "." + hex(64),
       "airtable_token"},
      {"dp"
       ".pt." +
           letters(43),
       "doppler_token"},
      {"da"
       "pi" +
           hex(32),
       "databricks_token"},
      {"sb"
       "p_" +
           hex(40),
       "supabase_token"},
      {"hv"
       "s." +
           letters(90),
       "vault_token"},
      {"s." + letters(24), "vault_token"},
      {"NR"
       "AK-" +
           upper(27),
       "new_relic_key"},
      {"gl"
       "sa_" +
           letters(32) + "_" + hex(8),
       "grafana_token"},
      {"PM"
       "AK-" +
           hex(24) + "-" + hex(34),
       "postman_key"},
      {"dckr"
       "_pat_" +
           letters(27),
       "docker_token"},
      {"rubygems"
       "_" +
           hex(48),
       "rubygems_key"},
      {"sl"
       "." +
           letters(130),
       "dropbox_token"},
      {"a1B"
       "8Q~" +
           letters(34),
       "entra_secret"},
      {jwt_header + "." + jwt_payload + "." + letters(43), "jwt"},
      {jwt_header + "." + jwt_payload, "jwt"},
  };
}

TEST(TokenTest, FindsEveryForm) {
  for (const Case& one : cases()) {
    const std::string text = "use \"" + one.secret + "\", then.";
    const std::optional<Finding> found = scan(text);
    ASSERT_TRUE(found) << one.secret;
    EXPECT_EQ(text.substr(found->begin, found->end - found->begin), one.secret);
    EXPECT_EQ(found->detail, one.detail) << one.secret;
    EXPECT_EQ(found->kind, one.detail == "jwt" ? Kind::kJwt : Kind::kApiKey);
    EXPECT_TRUE(scan(one.secret)) << one.secret;
    EXPECT_TRUE(scan("It is " + one.secret + ".")) << one.secret;
  }
}

TEST(TokenTest, FindsWhatStandsBehindAMark) {
  for (const std::string& before :
       {std::string("Authorization: Bearer "), std::string("https://hooks.slack.com/services/T024BE7LD/B024BE7LH/"),
        std::string("https://discord.com/api/webhooks/198622483471925248/")}) {
    const std::string text = before + letters(24);
    const std::optional<Finding> found = scan(text);
    ASSERT_TRUE(found) << before;
    EXPECT_EQ(found->begin, before.size());
    EXPECT_EQ(found->end, text.size());
  }
  const std::string escaped =
      "key\\n"
      "gh"
      "p_" +
      letters(36);
  ASSERT_TRUE(scan(escaped));
  EXPECT_EQ(scan(escaped)->begin, 5U);
}

TEST(TokenTest, LeavesEverythingElse) {
  const std::vector<std::string> survivors = {
      "https://x.org/risk-of-something-that-goes-on",
      "sk-learn-is-not-a-key-but-a-library",
      "task-of-the-day-and-more-2024-11",
      "kebab-case-and-snake_case_identifiers_of_2024",
      "hf_hub_download_with_retries_and_more",
      "npm_config_registry_for_everyone_1234",
      "sk_live_in_the_city",
      hex(64),
      hex(40),
      "e10e747f-0668-4238-9a3d-148b2c8591da",
      "chatcmpl-" + letters(29),
      "msg_01" + letters(22),
      "call_" + letters(24),
      "req_" + hex(32),
      "toolu_01" + letters(22),
      "resp_" + hex(48),
      "pk"
      "_live_" +
          letters(24),
      "A"
      "C" +
          hex(32),
      "sk"
      "-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "gh"
      "p_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
      "sk"
      "-your-api-key-goes-here-12",
      "sk"
      "-proj-...................",
      "Bearer YOUR_ACCESS_TOKEN_HERE",
      "Bearer authentication-of-clients",
      "ey"
      "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk/AKIA5/EAA+AAAA+AAAA",
      "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQG\n-----END "
      "CERTIFICATE-----",
      "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
      "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
      "[API_KEY] [JWT_3f2a] [PRIVATE_KEY]",
  };
  for (const std::string& text : survivors) {
    const std::optional<Finding> found = scan(text);
    EXPECT_FALSE(found) << text << " " << (found ? found->detail : "");
  }
}

TEST(PrivateKeyTest, GoesToItsEnd) {
  const std::string line = letters(64);
  for (const std::string label : {"RSA PRIVATE"
                                  " KEY",
                                  "PRIVATE"
                                  " KEY",
                                  "OPENSSH PRIVATE"
                                  " KEY",
                                  "ENCRYPTED PRIVATE"
                                  " KEY",
                                  "PGP PRIVATE"
                                  " KEY BLOCK"}) {
    for (const std::string between : {"\n", "\\n", "\r\n", " "}) {
      std::string key = "-----BEGIN ";
      key += label + "-----" + between;
      key += line + between;
      key += line + between;
      key += "-----END " + label + "-----";
      const std::string text = "key: " + key + " and so on";
      const std::optional<Finding> found = scan(text);
      ASSERT_TRUE(found) << label;
      EXPECT_EQ(found->kind, Kind::kPrivateKey);
      EXPECT_EQ(text.substr(found->begin, found->end - found->begin), key);
    }
  }
}

TEST(PrivateKeyTest, WithoutAnEndGoesToItsLastLine) {
  const std::string key =
      "-----BEGIN RSA PRIVATE"
      " KEY-----\nProc-Type: 4,ENCRYPTED\n\n" +
      letters(64) + "\n" + letters(40) + "==";
  const std::string text = key + "\nThat is all I have.";
  const std::optional<Finding> found = scan(text);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->end, key.size());
}

TEST(TokenTest, HostileTextsTakeLinearTime) {
  const auto start = std::chrono::steady_clock::now();
  std::string begins;
  while (begins.size() < 1000000)
    begins +=
        "-----BEGIN PRIVATE"
        " KEY-----\n";
  std::string headers;
  while (headers.size() < 1000000)
    headers +=
        "ey"
        "JhbGciOiJIUzI1NiIs.";
  for (const std::string& text : {std::string(1000000, '-'), std::string(1000000, 'a'), begins, headers,
                                  "ey"
                                  "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
                                      std::string(1000000, 'A')}) {
    scan(text);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace gleaner::privacy

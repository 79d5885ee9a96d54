#include "privacy/detect/token_shapes.h"

#include <algorithm>
#include <array>

#include "privacy/detect/detector.h"
#include "privacy/detect/secret_value.h"

namespace gleaner::privacy {
namespace {

using enum Alphabet;
using enum Check;

template <size_t kCount>
constexpr std::array<TokenShape, kCount> by_prefix(std::array<TokenShape, kCount> shapes) {
  std::ranges::sort(shapes, {}, &TokenShape::prefix);
  return shapes;
}

constexpr auto kShapes = by_prefix(std::to_array<TokenShape>({
    // Model providers and their tools.
    {"sk-", kWord, 20, 240, kMixed, "openai_key"},
    {"sk-proj-", kWord, 20, 240, kMixed, "openai_key"},
    {"sk-svcacct-", kWord, 20, 240, kMixed, "openai_key"},
    {"sk-admin-", kWord, 20, 240, kMixed, "openai_key"},
    {"sess-", kAlnum, 40, 40, kMixed, "openai_session"},
    {"sk-ant-", kWord, 24, 240, kMixed, "anthropic_key"},
    {"sk-or-v1-", kLowerHex, 32, 128, kMixed, "openrouter_key"},
    {"sk-lf-", kWord, 32, 48, kMixed, "langfuse_key"},
    {"lsv2_pt_", kWord, 32, 64, kMixed, "langsmith_key"},
    {"lsv2_sk_", kWord, 32, 64, kMixed, "langsmith_key"},
    {"hf_", kAlnum, 30, 40, kMixed, "huggingface_token"},
    {"api_org_", kAlnum, 30, 40, kMixed, "huggingface_token"},
    {"r8_", kAlnum, 32, 40, kMixed, "replicate_token"},
    {"gsk_", kAlnum, 40, 64, kMixed, "groq_key"},
    {"xai-", kAlnum, 60, 100, kMixed, "xai_key"},
    {"pplx-", kAlnum, 40, 64, kMixed, "perplexity_key"},
    {"fw_", kAlnum, 20, 30, kMixed, "fireworks_key"},
    {"tgp_v1_", kWord, 32, 64, kMixed, "together_key"},
    {"csk-", kAlnum, 40, 60, kMixed, "cerebras_key"},
    {"nvapi-", kWord, 50, 80, kMixed, "nvidia_key"},
    {"pcsk_", kWord, 50, 90, kMixed, "pinecone_key"},
    {"pa-", kWord, 40, 50, kMixed, "voyage_key"},
    {"tvly-", kWord, 24, 60, kMixed, "tavily_key"},
    {"fc-", kLowerHex, 32, 32, kMixed, "firecrawl_key"},
    {"jina_", kAlnum, 50, 70, kMixed, "jina_key"},
    {"e2b_", kLowerHex, 40, 40, kMixed, "e2b_key"},
    {"sk_", kLowerHex, 48, 48, kMixed, "elevenlabs_key"},
    {"apify_api_", kAlnum, 30, 50, kMixed, "apify_token"},
    // Clouds.
    {"AIza", kWord, 30, 42, kMixed, "google_api_key"},
    {"GOCSPX-", kWord, 24, 40, kMixed, "google_oauth_secret"},
    {"AKIA", kUpper, 16, 16, kStrict, "aws_access_key"},
    {"ASIA", kUpper, 16, 16, kStrict, "aws_access_key"},
    {"ABIA", kUpper, 16, 16, kStrict, "aws_access_key"},
    {"ACCA", kUpper, 16, 16, kStrict, "aws_access_key"},
    {"A3T", kUpper, 17, 17, kStrict, "aws_access_key"},
    {"ABSK", kBase64, 80, 280, kStrict, "aws_bedrock_key"},
    {"bedrock-api-key-", kBase64, 60, 4000, kMixed, "aws_bedrock_key"},
    {"LTAI", kAlnum, 16, 24, kStrict, "alibaba_access_key"},
    {"AKID", kAlnum, 32, 36, kStrict, "tencent_secret_id"},
    {"AQVN", kWord, 35, 38, kStrict, "yandex_key"},
    {"t1.9eu", kDotted, 40, 240, kMixed, "yandex_token"},
    {"dop_v1_", kLowerHex, 60, 68, kMixed, "digitalocean_token"},
    {"doo_v1_", kLowerHex, 60, 68, kMixed, "digitalocean_token"},
    {"dor_v1_", kLowerHex, 60, 68, kMixed, "digitalocean_token"},
    {"HRKU-", kWord, 36, 70, kMixed, "heroku_key"},
    {"fo1_", kWord, 40, 48, kMixed, "fly_token"},
    {"fm2_", kBase64, 80, 2000, kMixed, "fly_token"},
    {"nfp_", kAlnum, 36, 44, kMixed, "netlify_token"},
    {"rnd_", kAlnum, 28, 40, kMixed, "render_key"},
    {"CFPAT-", kWord, 40, 46, kMixed, "contentful_token"},
    {"v1.0-", kWord, 160, 200, kMixed, "cloudflare_origin_key"},
    // Code, packages and delivery.
    {"ghp_", kAlnum, 30, 255, kMixed, "github_token"},
    {"gho_", kAlnum, 30, 255, kMixed, "github_token"},
    {"ghu_", kAlnum, 30, 255, kMixed, "github_token"},
    {"ghs_", kAlnum, 30, 255, kMixed, "github_token"},
    {"ghr_", kAlnum, 30, 255, kMixed, "github_token"},
    {"github_pat_", kWord, 36, 255, kMixed, "github_token"},
    {"glpat-", kDotted, 18, 64, kNone, "gitlab_token"},
    {"gldt-", kWord, 18, 64, kNone, "gitlab_token"},
    {"glrt-", kDotted, 18, 64, kNone, "gitlab_token"},
    {"glcbt-", kWord, 18, 80, kNone, "gitlab_token"},
    {"glptt-", kWord, 36, 44, kNone, "gitlab_token"},
    {"glft-", kWord, 18, 64, kNone, "gitlab_token"},
    {"glimt-", kWord, 18, 64, kNone, "gitlab_token"},
    {"glagent-", kWord, 40, 64, kNone, "gitlab_token"},
    {"gloas-", kWord, 40, 80, kNone, "gitlab_token"},
    {"glsoat-", kWord, 18, 64, kNone, "gitlab_token"},
    {"GR1348941", kWord, 18, 24, kNone, "gitlab_token"},
    {"npm_", kAlnum, 34, 40, kMixed, "npm_token"},
    {"pypi-", kWord, 50, 400, kMixed, "pypi_token"},
    {"rubygems_", kLowerHex, 48, 48, kNone, "rubygems_key"},
    {"cio", kAlnum, 32, 32, kMixed, "crates_token"},
    {"oy2", kAlnum, 43, 43, kMixed, "nuget_key"},
    {"CLOJARS_", kAlnum, 60, 60, kMixed, "clojars_token"},
    {"dckr_pat_", kWord, 20, 40, kNone, "docker_token"},
    {"dckr_oat_", kWord, 20, 40, kNone, "docker_token"},
    {"AKCp", kAlnum, 60, 80, kStrict, "artifactory_key"},
    {"ATATT3", kBase64, 60, 240, kStrict, "atlassian_token"},
    {"ATCTT3", kBase64, 60, 240, kStrict, "atlassian_token"},
    {"ATBB", kAlnum, 28, 36, kStrict, "bitbucket_password"},
    {"bkua_", kLowerHex, 40, 40, kNone, "buildkite_token"},
    {"CCIPAT_", kWord, 40, 80, kMixed, "circleci_token"},
    {"sqp_", kLowerHex, 40, 40, kNone, "sonar_token"},
    {"squ_", kLowerHex, 40, 40, kNone, "sonar_token"},
    {"sqa_", kLowerHex, 40, 40, kNone, "sonar_token"},
    {"pul-", kLowerHex, 40, 40, kNone, "pulumi_token"},
    {"pnu_", kAlnum, 36, 36, kMixed, "prefect_key"},
    {"PMAK-", kWord, 50, 64, kMixed, "postman_key"},
    {"figd_", kWord, 36, 60, kMixed, "figma_token"},
    {"lin_api_", kAlnum, 32, 48, kMixed, "linear_key"},
    {"lin_oauth_", kAlnum, 32, 64, kMixed, "linear_key"},
    {"ntn_", kAlnum, 40, 60, kMixed, "notion_token"},
    {"secret_", kAlnum, 43, 43, kMixed, "notion_token"},
    {"dapi", kLowerHex, 32, 32, kMixed, "databricks_token"},
    {"dp.pt.", kAlnum, 40, 44, kMixed, "doppler_token"},
    {"dp.st.", kDotted, 40, 80, kMixed, "doppler_token"},
    {"hvs.", kWord, 24, 130, kMixed, "vault_token"},
    {"hvb.", kWord, 60, 220, kMixed, "vault_token"},
    {"s.", kAlnum, 24, 24, kStrict, "vault_token"},
    {"sbp_", kLowerHex, 40, 40, kNone, "supabase_token"},
    {"sb_secret_", kWord, 20, 60, kNone, "supabase_key"},
    {"pscale_tkn_", kDotted, 32, 64, kMixed, "planetscale_token"},
    {"pscale_pw_", kDotted, 32, 64, kMixed, "planetscale_password"},
    {"pscale_oauth_", kDotted, 32, 64, kMixed, "planetscale_token"},
    {"napi_", kAlnum, 60, 70, kMixed, "neon_key"},
    {"AGE-SECRET-KEY-1", kBech32, 58, 58, kNone, "age_secret_key"},
    // Watching.
    {"NRAK-", kUpper, 27, 27, kNone, "new_relic_key"},
    {"NRII-", kWord, 32, 32, kNone, "new_relic_key"},
    {"sntrys_", kBase64, 40, 400, kMixed, "sentry_token"},
    {"sntryu_", kLowerHex, 64, 64, kNone, "sentry_token"},
    {"glc_", kBase64, 32, 400, kMixed, "grafana_token"},
    {"glsa_", kWord, 32, 60, kMixed, "grafana_token"},
    {"dt0c01.", kDotted, 80, 100, kMixed, "dynatrace_token"},
    {"phx_", kWord, 40, 60, kMixed, "posthog_key"},
    // Messages and mail.
    {"xoxb-", kWord, 20, 120, kNone, "slack_token"},
    {"xoxp-", kWord, 20, 120, kNone, "slack_token"},
    {"xoxa-", kWord, 20, 120, kNone, "slack_token"},
    {"xoxr-", kWord, 20, 200, kNone, "slack_token"},
    {"xoxs-", kWord, 20, 120, kNone, "slack_token"},
    {"xoxc-", kWord, 20, 160, kNone, "slack_token"},
    {"xoxd-", kPercent, 20, 300, kNone, "slack_token"},
    {"xoxe-", kWord, 20, 240, kNone, "slack_token"},
    {"xoxe.xoxp-", kWord, 20, 240, kNone, "slack_token"},
    {"xoxe.xoxb-", kWord, 20, 240, kNone, "slack_token"},
    {"xapp-", kWord, 20, 160, kNone, "slack_token"},
    {"SK", kLowerHex, 32, 32, kStrict, "twilio_key"},
    {"SG.", kDotted, 60, 72, kMixed, "sendgrid_key"},
    {"key-", kLowerHex, 32, 32, kMixed, "mailgun_key"},
    {"xkeysib-", kWord, 64, 90, kMixed, "brevo_key"},
    {"xsmtpsib-", kWord, 64, 90, kMixed, "brevo_key"},
    {"re_", kWord, 28, 40, kMixed, "resend_key"},
    {"EAACEdEose0cBA", kAlnum, 20, 300, kNone, "facebook_token"},
    {"EAA", kAlnum, 80, 320, kStrict, "facebook_token"},
    {"IGQV", kWord, 80, 240, kStrict, "instagram_token"},
    {"AAAAAAAAAAAAAAAAAAAAA", kPercent, 50, 110, kStrict, "twitter_bearer"},
    {"tfp_", kWord, 40, 64, kMixed, "typeform_token"},
    // Money and shops.
    {"sk_live_", kWord, 16, 250, kNone, "stripe_key"},
    {"sk_test_", kWord, 16, 250, kNone, "stripe_key"},
    {"rk_live_", kWord, 16, 250, kNone, "stripe_key"},
    {"rk_test_", kWord, 16, 250, kNone, "stripe_key"},
    {"whsec_", kBase64, 24, 100, kMixed, "webhook_secret"},
    {"sq0atp-", kWord, 22, 22, kNone, "square_token"},
    {"sq0csp-", kWord, 43, 43, kNone, "square_secret"},
    {"shpat_", kHex, 28, 36, kNone, "shopify_token"},
    {"shpss_", kHex, 28, 36, kNone, "shopify_token"},
    {"shpca_", kHex, 28, 36, kNone, "shopify_token"},
    {"shppa_", kHex, 28, 36, kNone, "shopify_token"},
    {"rzp_live_", kAlnum, 14, 24, kNone, "razorpay_key"},
    {"rzp_test_", kAlnum, 14, 24, kNone, "razorpay_key"},
    {"FLWSECK-", kWord, 30, 50, kNone, "flutterwave_key"},
    {"FLWSECK_TEST-", kWord, 30, 50, kNone, "flutterwave_key"},
    {"EZAK", kAlnum, 54, 54, kStrict, "easypost_key"},
    {"EZTK", kAlnum, 54, 54, kStrict, "easypost_key"},
    {"duffel_live_", kWord, 40, 46, kNone, "duffel_token"},
    // Files and tables.
    {"sl.", kWord, 100, 1400, kMixed, "dropbox_token"},
    {"ya29.", kDotted, 30, 1024, kMixed, "google_oauth_token"},
    {"1//0", kWord, 40, 160, kStrict, "google_refresh_token"},
}));

// The first four bytes of a prefix, as many as it has, and where each first byte's shapes begin.
struct Start {
  uint32_t bytes = 0;
  uint32_t mask = 0;
};
constexpr uint32_t first_four(std::string_view text) {
  uint32_t bytes = 0;
  for (size_t i = 0; i < 4; ++i) bytes = bytes << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  return bytes;
}

struct Index {
  std::array<Start, kShapes.size()> starts;
  std::array<uint8_t, 129> first{};  // shapes that begin with a byte: from here to the next
};
static_assert(kShapes.size() < 256);

constexpr Index kIndex = [] {
  Index index;
  size_t next = 0;
  for (size_t byte = 0; byte < 128; ++byte) {
    index.first[byte] = static_cast<uint8_t>(next);
    while (next < kShapes.size() && kShapes[next].prefix[0] == static_cast<char>(byte)) {
      const size_t length = std::min(kShapes[next].prefix.size(), size_t{4});
      index.starts[next] = {first_four(kShapes[next].prefix), ~uint32_t{0} << (8 * (4 - length))};
      ++next;
    }
  }
  index.first[128] = static_cast<uint8_t>(next);
  return index;
}();

constexpr bool is_base64_sign(char c) {
  return c == '+' || c == '/' || c == '=';
}

bool passes(const TokenShape& shape, std::string_view text, size_t begin, size_t end) {
  const std::string_view body = text.substr(begin + shape.prefix.size(), end - begin - shape.prefix.size());
  if (is_stand_in(body)) return false;
  const Makeup parts = makeup(body);
  if (parts.distinct < 6) return false;
  if (shape.check == kNone) return true;
  if (shape.check == kStrict) {
    if (begin > 0 && (text[begin - 1] == '+' || (text[begin - 1] == '/' && shape.prefix.size() < 5))) return false;
    if (end < text.size() && is_base64_sign(text[end]) && text[end] != '=') return false;
  }
  if (shape.alphabet == kUpper) return parts.distinct >= 7 || parts.digits > 0;
  return looks_random(body);
}

}  // namespace

bool belongs(Alphabet alphabet, char c) {
  switch (alphabet) {
    case kLowerHex:
      return is_digit(c) || (c >= 'a' && c <= 'f');
    case kHex:
      return is_hex(c);
    case kBase32:
      return is_upper(c) || (c >= '2' && c <= '7');
    case kBech32:
      return is_upper(c) ? c != 'B' && c != 'I' && c != 'O' : is_digit(c) && c != '1';
    case kUpper:
      return is_upper(c) || is_digit(c);
    case kAlnum:
      return is_alnum(c);
    case kWord:
      return is_alnum(c) || c == '_' || c == '-';
    case kDotted:
      return is_alnum(c) || c == '_' || c == '-' || c == '.';
    case kBase64:
      return is_alnum(c) || c == '_' || c == '-' || is_base64_sign(c);
    case kPercent:
      return is_alnum(c) || c == '%';
  }
  return false;
}

size_t match_token(const TokenShape& shape, std::string_view text, size_t begin) {
  if (!text.substr(begin).starts_with(shape.prefix)) return 0;
  const size_t from = begin + shape.prefix.size();
  const size_t limit = std::min(text.size(), from + shape.max + size_t{1});
  size_t end = from;
  while (end < limit && belongs(shape.alphabet, text[end])) ++end;
  if (end - from > shape.max) return 0;
  if (end < text.size() && (is_alnum(text[end]) || text[end] == '_')) return 0;
  while (end > from && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  if (end - from < shape.min) return 0;
  return passes(shape, text, begin, end) ? end : 0;
}

bool may_begin_token(std::string_view text, size_t begin) {
  const auto byte = static_cast<unsigned char>(text[begin]);
  if (byte >= 128) return false;
  const uint32_t start = first_four(text.substr(begin, 4));
  for (size_t i = kIndex.first[byte]; i < kIndex.first[byte + 1U]; ++i) {
    if ((start & kIndex.starts[i].mask) == kIndex.starts[i].bytes) return true;
  }
  return false;
}

const TokenShape* find_token_shape(std::string_view text, size_t begin, size_t& end) {
  const auto byte = static_cast<unsigned char>(text[begin]);
  if (byte >= 128) return nullptr;
  const uint32_t start = first_four(text.substr(begin, 4));
  for (size_t i = kIndex.first[byte + 1U]; i > kIndex.first[byte]; --i) {
    if ((start & kIndex.starts[i - 1].mask) != kIndex.starts[i - 1].bytes) continue;
    end = match_token(kShapes[i - 1], text, begin);
    if (end != 0) return &kShapes[i - 1];
  }
  return nullptr;
}

}  // namespace gleaner::privacy

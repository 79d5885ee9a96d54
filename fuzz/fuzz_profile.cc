// Profiles: any text is a profile or a complaint that says where; any bytes can be assessed by it. The input is a
// profile, a prompt and a response with a zero byte between them; where there is no second one, the profile is a fixed
// one with every kind of pattern.
#include <algorithm>
#include <string>

#include "enrich/profile.h"
#include "target.h"

using gleaner::enrich::Assessment;
using gleaner::enrich::Profile;
using gleaner::fuzz::require;

namespace {

constexpr std::string_view kFixed = R"(name = "fixed"
[relevance]
high = ["tpo", ["roof*", "*dach*"], "mod bit"]
medium = ["c++", "```", "iptal", "перев*", "谢谢", "a b c d"]
[tags]
one = ["mod bit*", "*k", "i"]
two = ["“quoted”", "07 50", "é*"]
[intents]
what = ["what is", "?"]
)";

std::string_view take(std::string_view& left) {
  const size_t end = std::min(left.find('\0'), left.size());
  const std::string_view part = left.substr(0, end);
  left.remove_prefix(std::min(end + 1, left.size()));
  return part;
}

void require_same(const Assessment& a, const Assessment& b, std::string_view what) {
  require(a.tags == b.tags && a.relevance == b.relevance, what);
}

void assess(const Profile& profile, std::string_view prompt, std::string_view response) {
  const Assessment made = profile.assess(prompt, response);
  require(made.auto_score >= 0 && made.auto_score <= 1, "a score is from 0 to 1");
  const auto explained = profile.explain(prompt, response);
  require_same(explained.assessment, made, "an explanation comes to the same");
  require(explained.intents.empty() == made.intent.empty(), "an intent has its reason");

  std::string whole = std::string(prompt) + " " + std::string(response);
  require_same(profile.assess(whole, ""), made, "two texts are as one with a space between");
  std::ranges::transform(whole, whole.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  require_same(profile.assess(whole, ""), made, "case does not matter");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view left = gleaner::fuzz::text_of(data, size);
  static const auto fixed = Profile::parse(kFixed, "fixed.toml");
  require(fixed.has_value(), "the fixed profile is right");
  const bool has_profile = std::ranges::count(left, '\0') >= 2;
  const auto parsed = Profile::parse(has_profile ? take(left) : std::string_view(), "x.toml");
  if (!parsed) {
    require(parsed.error().code == gleaner::Code::kInvalidArgument, "a wrong profile is its writer's mistake");
    require(parsed.error().message.starts_with("x.toml:"), "a complaint says where");
  }
  const std::string_view prompt = take(left);
  assess(parsed ? *parsed : *fixed, prompt, take(left));
  return 0;
}

#include "enrich/profile.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gleaner::enrich {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Profile profile_of(std::string_view toml) {
  auto profile = Profile::parse(toml, "p.toml");
  if (!profile) throw std::runtime_error(profile.error().message);
  return *std::move(profile);
}

Profile shipped(const std::string& name) {
  std::ifstream file(GLEANER_SOURCE_DIR "/src/enrich/profile/" + name + ".toml");
  return profile_of(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string error_of(std::string_view toml) {
  const auto profile = Profile::parse(toml, "p.toml");
  if (profile) return "no error";
  EXPECT_EQ(profile.error().code, Code::kInvalidArgument);
  return profile.error().message;
}

std::string repeat(std::string_view text, int times) {
  std::string made;
  for (int i = 0; i < times; ++i) made += text;
  return made;
}

// Keywords and tags of the roofing collector whose rules are the defaults, searched for as it did.
constexpr std::string_view kCollector = R"(
name = "collector"
match = "anywhere"
fallback_tag = "general"
[relevance]
high = ["tpo", "epdm", "pvc", "mod bit", "bur", "membrane", "flashing", "base flash", "counter flash", "reglet",
  "07 50", "07 52", "07 54", "07 55", "07 60", "07 62", "polyiso", "insulation", "r-value", "tapered", "roof drain",
  "scupper", "overflow", "cricket", "curb", "penetration", "pitch pan", "boot", "submittal", "shop drawing", "rfi",
  "change order", "carlisle", "firestone", "gaf", "johns manville", "sika"]
medium = ["roof", "waterproof", "spec", "detail", "parapet", "coping", "edge metal", "fascia", "gutter", "adhesive",
  "fastener", "seam", "weld", "architect", "contractor", "subcontract"]
[tags]
tpo = ["tpo", "thermoplastic polyolefin"]
epdm = ["epdm", "rubber membrane", "ethylene propylene"]
pvc = ["pvc membrane", "polyvinyl chloride"]
mod-bit = ["modified bitumen", "mod bit", "sbs", "app"]
bur = ["built-up", "bur", "tar and gravel"]
membrane = ["membrane", "single-ply", "sheet goods"]
flashing = ["flashing", "flash", "termination"]
insulation = ["insulation", "polyiso", "iso board", "eps", "xps"]
drains = ["drain", "scupper", "overflow", "leader"]
specs = ["spec", "specification", "section 07"]
estimating = ["estimate", "takeoff", "quantity", "bid", "cost"]
labor = ["labor", "man-hour", "production rate", "crew", "productivity"]
safety = ["osha", "safety", "fall protection", "harness", "guardrail"]
submittals = ["submittal", "product data", "shop drawing", "samples"]
rfi = ["rfi", "request for information", "clarification", "conflict"]
change-order = ["change order", "pco", "t&m", "extra work"]
quality = ["inspection", "punch list", "defect", "warranty"]
scheduling = ["schedule", "duration", "sequence", "phasing"]
)";

struct Golden {
  std::string prompt;
  std::string response;
  std::vector<std::string_view> tags;
  std::string_view relevance;
  double score;
};

// What _auto_tag, _assess_relevance and _calculate_quality_score of that collector gave, run with Python 3.11.
TEST(Profile, AgreesWithTheCollector) {
  const std::vector<Golden> goldens = {
      {"What's the seam overlap for TPO?", "2 inches minimum", {"tpo"}, "medium", 0.7},
      {"What's the seam overlap for TPO?",
       "2.5 inches minimum per most manufacturers. Carlisle requires 2.5\", Firestone 3\". Always check approved "
       "submittal.",
       {"tpo", "mod-bit", "submittals"},
       "high",
       0.8},
      {"hello", "", {"general"}, "low", 0.5},
      {"", "", {"general"}, "low", 0.5},
      {"Burn the steps of this application",
       "special cost of a laboratory",
       {"mod-bit", "bur", "insulation", "specs", "estimating", "labor"},
       "medium",
       0.7},
      {"Can you detail the parapet coping and gutter?", repeat("word ", 20), {"general"}, "medium", 0.8},
      {"one two three four five", repeat("word ", 50), {"general"}, "low", 0.8},
      {"Draft an RFI about the mod",
       "bit membrane and counter flashing at curb",
       {"mod-bit", "membrane", "flashing", "rfi"},
       "high",
       0.8},
      {"fall protection",
       "harness required by OSHA when on the roof near drains; subcontractors schedule inspections",
       {"drains", "specs", "safety", "quality", "scheduling"},
       "medium",
       0.6},
      {"İstanbul RFİ", "T&M EXTRA\nWORK", {"rfi", "change-order"}, "medium", 0.6},
      {"a\u00A0b\u2003c d\u3000e", "x\u0085y", {"general"}, "low", 0.6},
  };
  const Profile profile = profile_of(kCollector);
  for (const Golden& golden : goldens) {
    const Assessment made = profile.assess(golden.prompt, golden.response);
    EXPECT_EQ(made.tags, golden.tags) << golden.prompt;
    EXPECT_EQ(made.relevance, golden.relevance) << golden.prompt;
    EXPECT_EQ(made.auto_score, golden.score) << golden.prompt;
    EXPECT_EQ(made.intent, "");
  }
}

TEST(Profile, ScoreIsAtMostTheMaximum) {
  const Profile profile = profile_of(kCollector);
  EXPECT_EQ(profile.assess(repeat("tpo epdm pvc ", 5), repeat("word ", 50)).auto_score, 1.0);
  EXPECT_EQ(profile_of("name = \"a\"\n[score]\nmaximum = 0.55").assess("a b c d e", "").auto_score, 0.55);
  EXPECT_EQ(
      profile_of("name = \"a\"\n[score]\nprompt_words = [{ at_least = 2, add = -0.6 }]").assess("a b", "").auto_score,
      0.0);
}

TEST(Profile, RelevanceCountsDistinctKeywords) {
  const Profile profile = profile_of(R"(
name = "a"
[relevance]
high = ["one", ["two", "zwei"], "three"]
medium = ["red", "green", "blue", "black"]
high_from = { high = 2 }
medium_from = { high = 1, medium = 2 })");
  EXPECT_EQ(profile.assess("nothing", "of that").relevance, "low");
  EXPECT_EQ(profile.assess("red red red", "").relevance, "low");
  EXPECT_EQ(profile.assess("red", "blue").relevance, "medium");
  EXPECT_EQ(profile.assess("one one", "one").relevance, "medium");
  EXPECT_EQ(profile.assess("two zwei", "two").relevance, "medium");
  EXPECT_EQ(profile.assess("two three", "").relevance, "high");
}

TEST(Profile, IntentComesFromThePromptInFileOrder) {
  const Profile profile = profile_of(R"(
name = "a"
[tags]
late = ["hello"]
[intents]
zeta = ["translate*"]
alpha = ["hello", "how to"])");
  EXPECT_EQ(profile.assess("Hello, translate this", "").intent, "zeta");
  EXPECT_EQ(profile.assess("Hello", "translate").intent, "alpha");
  EXPECT_EQ(profile.assess("nothing", "hello").intent, "");
  EXPECT_EQ(profile.assess("nothing how", "to").intent, "");
  EXPECT_THAT(profile.assess("nothing", "hello").tags, ElementsAre("late"));
  EXPECT_THAT(profile.assess("nothing", "nothing").tags, IsEmpty());
}

TEST(Profile, Explains) {
  const Profile profile = profile_of(kCollector);
  const Explanation made = profile.explain("the roof membrane has one seam", "TPO");
  ASSERT_EQ(made.tags.size(), 2);
  EXPECT_EQ(made.tags[0].label, "tpo");
  EXPECT_THAT(made.tags[0].patterns, ElementsAre("tpo"));
  ASSERT_EQ(made.high.size(), 2);
  EXPECT_EQ(made.high[1].label, "membrane");
  ASSERT_EQ(made.medium.size(), 2);
  EXPECT_EQ(made.prompt_words, 6);
  EXPECT_EQ(made.response_words, 1);
  ASSERT_EQ(made.score.size(), 3);
  EXPECT_EQ(made.score[1].what, "prompt of 5 words");
  EXPECT_EQ(made.score[2].what, "relevance medium");
  EXPECT_EQ(made.assessment.auto_score, 0.7);
}

TEST(Profile, RoofingFindsInflectionsAndNoAccidents) {
  const Profile roofing = shipped("roofing");
  const auto tags = [&](std::string_view text) { return roofing.assess(text, "").tags; };
  EXPECT_THAT(tags("membranes drains Flashings counterflashing specifications"),
              ElementsAre("membrane", "flashing", "drains", "specs"));
  EXPECT_THAT(tags("burn the steps of this special application of the laboratory leadership"), ElementsAre("general"));
  EXPECT_EQ(roofing.assess("reroofing, roofs; subcontractors; waterproofing", "").relevance, "medium");
  EXPECT_EQ(roofing.assess("proof of respect, seamless software architecture and welcome", "").relevance, "low");
  const Assessment asked = roofing.assess("What's the TPO production rate?", "");
  EXPECT_EQ(asked.intent, "production_rate");
  EXPECT_THAT(asked.tags, ElementsAre("tpo", "labor"));
}

TEST(Profile, DefaultKnowsIntentsInManyLanguages) {
  const Profile neutral = shipped("default");
  const auto intent = [&](std::string_view prompt) { return std::string(neutral.assess(prompt, "").intent); };
  for (const char* const text : {"Please translate this", "Bunu İngilizceye ÇEVİR", "Übersetze das bitte",
                                 "ترجم هذا النص", "Переведи на английский", "请翻译这句话"})
    EXPECT_EQ(intent(text), "translation") << text;
  for (const char* const text : {"How do I bake bread", "Nasıl ekmek yapılır", "Wie kann ich Brot backen", "كيف أخبز",
                                 "Как сделать хлеб", "如何做面包"})
    EXPECT_EQ(intent(text), "how_to") << text;
  for (const char* const text : {"Hello", "MERHABA", "Guten Tag", "Bonjour", "مرحبا", "Привет", "你好"})
    EXPECT_EQ(intent(text), "greeting") << text;
  EXPECT_EQ(intent("Are they happy?"), "question");
  EXPECT_EQ(intent("They are happy"), "");
  const Assessment made = neutral.assess("Are they happy now ?", repeat("word ", 20));
  EXPECT_EQ(made.relevance, "");
  EXPECT_EQ(made.auto_score, 0.7);
  EXPECT_THAT(made.tags, IsEmpty());
}

TEST(Profile, ReadsEveryCharacter) {
  const Profile profile = profile_of(
      "\xEF\xBB\xBFname = 'a'\ndescription = 'é ı 谢 ￿ 😀'\n[tags]\n'größe' = ['ß', \"\\u0131x\"]");
  EXPECT_EQ(profile.text().description, "é ı 谢 ￿ 😀");
  EXPECT_EQ(profile.text().tags[0].name, "größe");
  EXPECT_EQ(profile.text().patterns[1], "ıx");
}

TEST(Profile, SaysWhatIsWrong) {
  EXPECT_THAT(error_of(""), HasSubstr("name is missing"));
  EXPECT_THAT(error_of("name = \"a\"\nname = 1"), StartsWith("p.toml:2: "));
  EXPECT_THAT(error_of("name = \"A b\""), StartsWith("p.toml:1: name: expected"));
  EXPECT_THAT(error_of("name = \"a\"\n[relevence]"),
              StartsWith("p.toml:2: relevence: there is no such key; did you mean"));
  EXPECT_THAT(error_of("name = \"a\"\nzzzzzz = 1"), HasSubstr("there are name, description"));
  EXPECT_THAT(error_of("name = \"a\"\n[tags]\nx = \"y\""), StartsWith("p.toml:3: tags.x: expected a list"));
  EXPECT_THAT(error_of("name = \"a\"\n[tags]\nx = []"), HasSubstr("the list is empty"));
  EXPECT_THAT(error_of("name = \"a\"\n[tags]\nx = [\"a\",\n \"b*c\"]"),
              StartsWith("p.toml:4: tags.x: \"b*c\": \"*\" can stand"));
  EXPECT_THAT(error_of("name = \"a\"\n[tags]\nx = [\"Roof\", \"roof\"]"), HasSubstr("stands twice"));
  EXPECT_THAT(error_of("name = \"a\"\nmatch = \"regex\""), HasSubstr("expected \"word\" or \"anywhere\""));
  EXPECT_THAT(error_of("name = \"a\"\n[score]\nbase = 7"),
              StartsWith("p.toml:3: score.base: expected a number from 0 to 1, got 7"));
  EXPECT_THAT(error_of("name = \"a\"\n[score]\nprompt_words = [{ at_least = 0, add = 1 }]"),
              HasSubstr("a whole number"));
  EXPECT_THAT(error_of("name = \"a\"\n[score]\nprompt_words = [{ at_least = 1 }]"),
              HasSubstr("expected a list such as"));
  EXPECT_THAT(error_of("name = \"a\"\n[relevance]\nhigh_from = { high = 0 }"),
              StartsWith("p.toml:3: relevance.high_from.high"));
  EXPECT_THAT(error_of("name = \"a\"\nfallback_tag = \"\""), HasSubstr("fallback_tag: a label has"));
  EXPECT_THAT(error_of(std::string(kMaxProfileBytes + 1, '#')), HasSubstr("at most"));
  EXPECT_THAT(error_of("name = \"a\"\nıptal = 1"), StartsWith("p.toml:2: "));
  EXPECT_THAT(error_of("name = \"a\"\n\"ıptal\" = 1"), StartsWith("p.toml:2: ıptal: there is no such key"));
  EXPECT_THAT(error_of("name = \"a\"\nx = \"\xFF\""), StartsWith("p.toml:2: a profile is UTF-8 text"));
  EXPECT_THAT(error_of("\xEF\xBB\xBFname = \"a\"\n[tags]\nx=[1a\"é\"]"), StartsWith("p.toml:3: "));
  EXPECT_THAT(error_of("name = \"a\"\n [(tags]"), StartsWith("p.toml:2: Error while parsing"));
  EXPECT_EQ(error_of("name = \"a\"\n[relevance]\nhigh = [\n[ # one\n\"a\", \"b\"],\n['c']]\n[ tags ]"), "no error");
  std::string many = "name = \"a\"\n[tags]\nx = [";
  for (size_t i = 0; i <= kMaxPatterns; ++i) many += "\"p" + std::to_string(i) + "\",";
  EXPECT_THAT(error_of(many + "]"), HasSubstr("10000 patterns at most"));
}

}  // namespace
}  // namespace gleaner::enrich

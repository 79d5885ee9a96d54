#include "dataset/build.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "record/codec.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::dataset {
namespace {

namespace fs = std::filesystem;
using json::Value;
using testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  Time now() const override { return parse_time("2026-11-21T08:00:00Z").value(); }
};

class DatasetTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "gleaner_dataset_XXXXXX";
    folder_ = mkdtemp(name.data());
    store_ = store::SqliteStore::open({.directory = folder_ + "/store"}).value();
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  void put(const std::string& record) {
    record::Decoder decoder;
    store::Write write{"default", {}, std::hash<std::string>()(record), false};
    if (record.find("\"interaction_id\"") == std::string::npos) {
      auto interaction = decoder.interaction(record);
      ASSERT_TRUE(interaction) << interaction.error().message << record;
      write.record = *std::move(interaction);
    } else {
      auto signal = decoder.signal(record);
      ASSERT_TRUE(signal) << signal.error().message << record;
      write.record = *std::move(signal);
    }
    waiting_.push_back(std::move(write));
  }

  // An answer to its own question, by one of `people`, unless `fields` say otherwise.
  void ask(int number, const std::string& fields = "", int people = 1000) {
    put(fmt::format(
        R"({{"id":"i{0}","created_at":"2026-11-{1:02}T10:00:00Z","platform":"{2}","session_id":"s{0}","user_id":"u{3}",)"
        R"("messages":[{{"role":"user","content":"{4}"}}],"output":"{5}"{6}}})",
        number, 1 + number % 20, number % 2 == 0 ? "web" : "n8n", number % people, words(number, "ask"),
        words(number, "say"), fields.empty() ? "" : "," + fields));
  }

  void judge(const std::string& of, const std::string& kind, const std::string& fields = "",
             const std::string& at = "2026-11-20T12:00:00Z") {
    put(fmt::format(R"({{"id":"{}-{}","interaction_id":"{}","kind":"{}","created_at":"{}"{}}})", of, kind, of, kind, at,
                    fields.empty() ? "" : "," + fields));
  }

  // Twelve words that no other number has.
  static std::string words(int number, const char* word) {
    std::string out;
    for (int i = 0; i < 12; ++i) out += fmt::format("{}{}{} ", word, number, static_cast<char>('a' + i));
    out.pop_back();
    return out;
  }

  Versions versions() const { return {folder_ + "/datasets", "default"}; }

  Result<VersionInfo> make(const std::string& recipe, const std::string& name = "set") {
    auto parsed = parse_recipe(json::parse(recipe).value());
    if (!parsed) return std::unexpected(parsed.error());
    if (!waiting_.empty()) {
      const auto outcomes = store_->append(std::exchange(waiting_, {}));
      EXPECT_TRUE(outcomes) << outcomes.error().message;
    }
    return build(*store_, versions(), clock_, {.project = "default", .name = name, .recipe = *std::move(parsed)});
  }

  static std::string content(const VersionInfo& version, const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(version.folder + "/" + path).rdbuf();
    return out.str();
  }

  static std::vector<Value> lines(const VersionInfo& version, const std::string& path) {
    std::vector<Value> out;
    std::istringstream in(content(version, path));
    for (std::string line; std::getline(in, line);) out.push_back(json::parse(line).value());
    return out;
  }

  static int64_t count(const VersionInfo& version, const char* object, const char* member) {
    const Value* const at = version.manifest.find(object);
    const Value* const value = at == nullptr ? nullptr : at->find(member);
    return value == nullptr ? -1 : value->as_integer().value_or(-1);
  }

  static int64_t left_out(const VersionInfo& version, const std::string& reason) {
    const Value* const value = version.manifest.find("counts")->find("left_out")->find(reason);
    return value == nullptr ? 0 : value->as_integer().value_or(-1);
  }

  std::string folder_;
  std::unique_ptr<store::SqliteStore> store_;
  std::vector<store::Write> waiting_;  // for the next build
  FixedClock clock_;
};

TEST_F(DatasetTest, TheSameRecipeGivesTheSameBytes) {
  for (int i = 0; i < 100; ++i) ask(i, "", 30);
  const auto first = make(R"({"stratify":"platform","sample":80})");
  const auto second = make(R"({"stratify":"platform","sample":80})");
  ASSERT_TRUE(first && second) << first.error().message;
  EXPECT_EQ(first->number, 1);
  EXPECT_EQ(second->number, 2);
  for (const char* const path : {"manifest.json", "lineage.jsonl", "validation.json", "README.md", "openai/train.jsonl",
                                 "openai/validation.jsonl", "openai/test.jsonl"}) {
    EXPECT_FALSE(content(*first, path).empty()) << path;
    EXPECT_EQ(content(*first, path), content(*second, path)) << path;
  }
  EXPECT_EQ(count(*first, "counts", "examples"), 80);
  const auto other = make(R"({"stratify":"platform","sample":80,"seed":2})");
  ASSERT_TRUE(other);
  EXPECT_NE(content(*first, "lineage.jsonl"), content(*other, "lineage.jsonl"));
  const auto difference = versions().diff(*first, *other).value();
  EXPECT_EQ(difference.in_both + difference.only_in_first, 80);
  EXPECT_GT(difference.only_in_second, 0);
  EXPECT_THAT(difference.recipe_members, testing::ElementsAre("seed"));
}

TEST_F(DatasetTest, SaysWhatTrainersTake) {
  for (int i = 0; i < 50; ++i) ask(i, "", 30);
  const auto version = make(R"({"splits":{"train":1},"prices":{"paid":2.5,"own":0},"epochs":4})");
  ASSERT_TRUE(version) << version.error().message;
  const auto tokens = static_cast<double>(count(*version, "tokens", "total"));
  EXPECT_GT(tokens, 1000);
  const Value* const costs = version->manifest.find("cost_usd");
  ASSERT_NE(costs, nullptr);
  EXPECT_DOUBLE_EQ(costs->find("paid")->as_double(), tokens * 4 * 2.5 / 1e6);
  EXPECT_DOUBLE_EQ(costs->find("own")->as_double(), 0);
  EXPECT_THAT(content(*version, "README.md"), HasSubstr("| paid | 2.5 |"));
}

TEST_F(DatasetTest, NothingIsTornApart) {
  for (int i = 0; i < 300; ++i) {
    // Some share a session, some a user, some a prompt.
    const std::string fields = i % 7 == 0 ? fmt::format(R"("session_id":"shared{}")", i / 70) : "";
    put(fmt::format(R"({{"id":"i{0}","created_at":"2026-11-02T10:00:00Z",{1}"user_id":"u{2}",)"
                    R"("messages":[{{"role":"user","content":"{3}"}}],"output":"{4}"}})",
                    i, fields.empty() ? "" : fields + ",", i % 90, words(i % 11 == 0 ? i % 3 : 1000 + i, "ask"),
                    words(i, "say")));
  }
  const auto version = make("{}");
  ASSERT_TRUE(version) << version.error().message;
  std::map<std::string, std::set<std::string>> splits_of;
  for (const Value& example : lines(*version, "lineage.jsonl")) {
    const std::string split(example.find_string("split").value());
    if (const auto session = example.find_string("session"))
      splits_of["session " + std::string(*session)].insert(split);
    splits_of["user " + std::string(example.find_string("user").value())].insert(split);
  }
  for (const auto& [what, splits] : splits_of) EXPECT_EQ(splits.size(), 1) << what;
  EXPECT_EQ(count(*version, "leakage", "sessions"), 0);
  EXPECT_EQ(count(*version, "leakage", "users"), 0);
  EXPECT_EQ(count(*version, "leakage", "prompts"), 0);
  EXPECT_GT(lines(*version, "openai/test.jsonl").size(), 0);
}

// The same examples split one by one do leak, and the report says so.
TEST_F(DatasetTest, ALeakIsSeen) {
  for (int i = 0; i < 60; ++i) ask(i, "", 2);
  const auto version = make(R"({"group_by":[],"splits":{"a":0.5,"b":0.5}})");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(count(*version, "leakage", "users"), 2);
  EXPECT_EQ(count(*version, "leakage", "sessions"), 0);
}

TEST_F(DatasetTest, SharesAreKeptInEveryStratum) {
  for (int i = 0; i < 200; ++i) ask(i);
  const auto version = make(R"({"stratify":"platform","splits":{"train":0.8,"test":0.2}})");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(count(*version, "splits", "train"), -1);  // it is an object
  EXPECT_EQ(lines(*version, "openai/train.jsonl").size(), 160);
  int web = 0;
  for (const Value& example : lines(*version, "lineage.jsonl")) {
    if (example.find_string("split") != "test") continue;
    web += std::stoi(std::string(example.find("ids")->items().front().text().substr(1))) % 2 == 0 ? 1 : 0;
  }
  EXPECT_EQ(web, 20);
}

TEST_F(DatasetTest, OfDuplicatesTheBestStays) {
  ask(1);
  for (const char* const id : {"a", "b", "c"}) {
    put(fmt::format(
        R"({{"id":"{}","created_at":"2026-11-02T10:00:00Z","messages":[{{"role":"system","content":"Be kind."}},)"
        R"({{"role":"user","content":"{}"}}],"output":"{}"}})",
        id, words(5, "ask"), words(5, "say")));
  }
  judge("b", "thumbs_up");
  const auto version = make("{}");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(count(*version, "counts", "examples"), 2);
  EXPECT_EQ(left_out(*version, "a duplicate of another"), 2);
  EXPECT_THAT(content(*version, "lineage.jsonl"), HasSubstr(R"("ids":["b"])"));
  EXPECT_THAT(content(*version, "validation.json"), HasSubstr(R"("shown":[["b","a","c"]])"));
  EXPECT_EQ(count(*make(R"({"near_duplicates":0})"), "counts", "examples"), 4);
}

TEST_F(DatasetTest, PreferencesFromCorrectionsThumbsAndExperiments) {
  const auto answer = [&](const std::string& id, int prompt, int said, const std::string& fields = R"("kind":"chat")") {
    put(fmt::format(R"({{"id":"{}","created_at":"2026-11-02T10:00:00Z","messages":[{{"role":"user","content":"{}"}}],)"
                    R"("output":"{}",{}}})",
                    id, words(prompt, "ask"), words(said, "say"), fields));
  };
  answer("corrected", 1, 1);
  judge("corrected", "correction", R"("output":"better")");
  answer("liked", 2, 2);
  answer("hated", 2, 3);
  answer("alone", 3, 4);
  judge("liked", "thumbs_up");
  judge("hated", "thumbs_down");
  judge("alone", "thumbs_up");
  answer("old", 4, 5, R"("experiment":"e","variant":"base","quality_score":3)");
  answer("new", 4, 6, R"("experiment":"e","variant":"tuned","quality_score":9)");
  answer("same", 4, 7, R"("experiment":"e","variant":"tuned","quality_score":1)");
  const auto version = make(R"({"task":"preference","splits":{"all":1}})");
  ASSERT_TRUE(version) << version.error().message;
  const std::string lineage = content(*version, "lineage.jsonl");
  EXPECT_THAT(lineage, HasSubstr(R"("ids":["corrected"],"answer":"corrected")"));
  EXPECT_THAT(lineage, HasSubstr(R"("ids":["liked","hated"],"answer":"approved")"));
  EXPECT_THAT(lineage, HasSubstr(R"("ids":["new","old"],"answer":"original")"));
  EXPECT_EQ(count(*version, "counts", "examples"), 3);
  EXPECT_EQ(left_out(*version, "no other answer to the same prompt, and no correction"), 2);
  const auto corrections = make(R"({"task":"preference","pairs":["corrections"],"splits":{"all":1}})");
  ASSERT_TRUE(corrections) << corrections.error().message;
  EXPECT_EQ(count(*corrections, "counts", "examples"), 1);
}

TEST_F(DatasetTest, UnpairedLabels) {
  ask(1);
  ask(2);
  ask(3);
  ask(4);
  judge("i1", "thumbs_up");
  judge("i2", "thumbs_down");
  judge("i3", "edit", R"("output":"better")");
  const auto version = make(R"({"task":"unpaired","splits":{"all":1}})");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(count(*version, "counts", "good"), 2);
  EXPECT_EQ(count(*version, "counts", "bad"), 2);
  EXPECT_EQ(left_out(*version, "nobody said whether the answer is good"), 1);
}

TEST_F(DatasetTest, AsThingsStoodThen) {
  ask(1);
  ask(2);
  judge("i1", "thumbs_up", "", "2026-11-19T00:00:00Z");
  judge("i2", "thumbs_up", "", "2026-11-20T00:00:00Z");
  const std::string filter = R"("filter":{"verdict.positive":true},"splits":{"all":1})";
  EXPECT_EQ(count(*make("{" + filter + "}"), "counts", "examples"), 2);
  EXPECT_EQ(count(*make("{" + filter + R"(,"as_of":"2026-11-19T12:00:00Z"})"), "counts", "examples"), 1);
  EXPECT_EQ(make("{" + filter + R"(,"as_of":"2026-11-02T12:00:00Z"})").error().code, Code::kNotFound);
}

TEST_F(DatasetTest, HeldOutTextsAreNotLearned) {
  ask(1);
  ask(2);
  std::ofstream(folder_ + "/bench.jsonl")
      << fmt::format(R"({{"question":"before {} after"}})", words(1, "ask")) << "\n";
  const auto version = make(fmt::format(R"({{"held_out":["{}/bench.jsonl"],"splits":{{"all":1}}}})", folder_));
  ASSERT_TRUE(version) << version.error().message;
  // Its twelve words are less than a run of thirteen.
  EXPECT_EQ(left_out(*version, "a text that is held out"), 0);
  std::ofstream(folder_ + "/bench.jsonl") << fmt::format(R"({{"question":"{}"}})", words(1, "ask")) << "\n";
  const auto again = make(fmt::format(R"({{"held_out":["{}/bench.jsonl"],"splits":{{"all":1}}}})", folder_));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(left_out(*again, "a text that is held out"), 1);
  EXPECT_EQ(make(R"({"held_out":["/nowhere"]})").error().code, Code::kNotFound);
}

// The store holds what redaction let through, and records from before a kind was known.
TEST_F(DatasetTest, ALastLookForPersonalData) {
  ask(1);
  put(R"({"id":"told","created_at":"2026-11-02T10:00:00Z","output":"Write to jane.doe@example.org.",)"
      R"("messages":[{"role":"user","content":"Whom do I ask about my bill?"}]})");
  const auto version = make(R"({"splits":{"all":1}})");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(count(*version, "counts", "examples"), 2);
  EXPECT_EQ(count(*version, "counts", "with_personal_data"), 1);
  EXPECT_THAT(content(*version, "validation.json"), HasSubstr(R"("personal_data":{"examples":1,"found":{"email":1}})"));
  const auto without = make(R"({"splits":{"all":1},"leave_out_personal_data":true})");
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_EQ(count(*without, "counts", "examples"), 1);
  EXPECT_EQ(left_out(*without, "personal data"), 1);
}

TEST_F(DatasetTest, BalancesAndFilters) {
  for (int i = 0; i < 30; ++i) ask(i, i % 3 == 0 ? R"("language":"tr")" : R"("language":"en")");
  const auto version = make(R"({"balance":{"field":"language","shares":{"en":0.5,"tr":0.5}},"splits":{"all":1}})");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(count(*version, "counts", "examples"), 20);
  EXPECT_EQ(left_out(*version, "more of its kind than the balance asks for"), 10);
  const auto turkish = make(R"({"filter":{"and":[{"language":"tr"},{"platform":"web"}]},"splits":{"all":1}})");
  ASSERT_TRUE(turkish) << turkish.error().message;
  EXPECT_EQ(count(*turkish, "counts", "examples"), 5);
}

TEST_F(DatasetTest, WhatWasErasedMakesVersionsInvalid) {
  for (int i = 0; i < 20; ++i) ask(i);
  const auto first = make("{}", "first");
  const auto second = make(R"({"filter":{"platform":"web"}})", "second");
  ASSERT_TRUE(first && second);
  const auto marked = versions().invalidate({.interactions = {"i7"}}, clock_.now());
  ASSERT_TRUE(marked) << marked.error().message;
  ASSERT_EQ(marked->size(), 1);
  EXPECT_EQ(marked->front().name, "first");
  EXPECT_FALSE(versions().find("first")->invalid.empty());
  EXPECT_EQ(content(*first, "lineage.jsonl"), "");
  EXPECT_EQ(content(*first, "openai/train.jsonl"), "");
  EXPECT_NE(content(*first, "manifest.json"), "");
  EXPECT_EQ(versions().verify(*versions().find("first"))->front().path, "invalid.json");
  EXPECT_TRUE(versions().find("second")->invalid.empty());
  EXPECT_EQ(versions().invalidate({.users = {"u4"}}, clock_.now())->size(), 1);
  EXPECT_TRUE(versions().invalidate({.users = {"u4"}}, clock_.now())->empty());

  judge("i3", "edit", R"("output":"better","user_id":"editor")");
  ASSERT_TRUE(make(R"({"answers":["corrected"],"splits":{"all":1}})", "third"));
  ASSERT_EQ(versions().invalidate({.users = {"editor"}}, clock_.now())->size(), 1);
  EXPECT_FALSE(versions().find("third")->invalid.empty());
}

TEST_F(DatasetTest, VerifySeesEveryChange) {
  for (int i = 0; i < 20; ++i) ask(i);
  const auto version = make("{}");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_TRUE(versions().verify(*version)->empty());
  std::ofstream(version->folder + "/openai/train.jsonl", std::ios::app) << "x";
  ASSERT_EQ(versions().verify(*version)->size(), 1);
  EXPECT_EQ(versions().verify(*version)->front().path, "openai/train.jsonl");
  fs::remove(version->folder + "/README.md");
  EXPECT_EQ(versions().verify(*version)->size(), 2);
}

TEST_F(DatasetTest, NothingIsLeftOfWhatFails) {
  ask(1);
  EXPECT_EQ(make(R"({"filter":{"platform":"nowhere"}})").error().code, Code::kNotFound);
  EXPECT_EQ(make("{}", "../up").error().code, Code::kInvalidArgument);
  EXPECT_TRUE(versions().list()->empty());
  EXPECT_TRUE(fs::is_empty(folder_ + "/datasets/default/set"));
  EXPECT_EQ(versions().find("set").error().code, Code::kNotFound);
}

TEST(RecipeTest, SaysWhatIsWrong) {
  struct Case {
    const char* json;
    const char* says;
  };
  const Case cases[] = {
      {R"({"taks":"x"})", "taks: not a member of a recipe"},
      {R"({"task":"x"})", "task: expected one of supervised, preference, unpaired"},
      {R"({"splits":{"train":0.9}})", "splits: expected shares that add up to 1, got 0.9"},
      {R"({"splits":{"../x":1}})", "splits: expected names of a to z"},
      {R"({"near_duplicates":2})", "near_duplicates: expected a number from 0 to 1"},
      {R"({"near_duplicates":0.1})", "near_duplicates: expected 0, or a number from 0.3 to 1"},
      {R"({"formats":["nothing"]})", "output_format: expected one of openai"},
      {R"({"task":"preference","formats":["openai"]})", "formats: openai is a format for supervised examples"},
      {R"({"filter":{"colour":"red"}})", "colour: expected and, or, not, signal, a field"},
      {R"({"balance":{"field":"language"}})", "balance: expected an object such as"},
      {R"({"sample":-1})", "sample: expected a whole number from 0"},
      {R"({"group_by":["colour"]})", "group_by: expected some of session, user, prompt, duplicates"},
      {R"({"as_of":"soon"})", "as_of: "},
      {R"({"prices":{"together":-1}})", "prices.together: expected a number from 0"},
      {R"({"prices":0.5})", "prices: expected an object such as"},
      {R"({"epochs":0})", "epochs: expected a whole number from 1"},
      {R"({"leave_out_personal_data":1})", "leave_out_personal_data: expected true or false"},
  };
  for (const Case& c : cases) {
    const auto recipe = parse_recipe(json::parse(c.json).value());
    ASSERT_FALSE(recipe) << c.json;
    EXPECT_TRUE(recipe.error().message.starts_with(c.says)) << c.json << "\n  says: " << recipe.error().message;
  }
}

TEST(RecipeTest, ReadsBackWhatItWrites) {
  const auto recipe = parse_recipe(
      json::parse(
          R"({"task":"unpaired","filter":{"platform":"web"},"as_of":"2026-11-21T00:00:00Z","answers":["corrected"],
                      "min_chars":5,"max_tokens":100,"near_duplicates":0.7,"sample":9,"seed":7,"stratify":"language",
                      "balance":{"field":"language","shares":{"en":1}},"splits":{"a":0.5,"b":0.5},"group_by":["user"],
                      "prices":{"together":0.48,"own":0},"epochs":3})")
          .value());
  ASSERT_TRUE(recipe) << recipe.error().message;
  const std::string written = encode_recipe(*recipe);
  const auto again = parse_recipe(json::parse(written).value());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encode_recipe(*again), written);
}

TEST(RecipeTest, PresetsAreRecipes) {
  for (const Preset& preset : presets()) {
    const auto recipe = with_preset(Value::object(), preset.name);
    ASSERT_TRUE(recipe);
    EXPECT_TRUE(parse_recipe(*recipe)) << preset.name;
  }
  const auto both = with_preset(json::parse(R"({"filter":{"platform":"web"},"seed":3})").value(), "liked");
  EXPECT_THAT(both->dump(), HasSubstr(R"("filter":{"and":[{"verdict.positive":true)"));
  EXPECT_THAT(both->dump(), HasSubstr(R"({"platform":"web"}])"));
  EXPECT_FALSE(with_preset(Value::object(), "best"));
}

}  // namespace
}  // namespace gleaner::dataset

#include "dataset/near_duplicates.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "dataset/duplicate_finder.h"

namespace gleaner::dataset {
namespace {

using Clusters = std::vector<std::vector<uint32_t>>;
using Texts = std::vector<std::string>;

DuplicateClusters find(const Texts& texts, const NearDuplicateOptions& options = {}, bool by_texts = true) {
  const auto near = NearDuplicates::create(options).value();
  for (const std::string& text : texts) near->add(text);
  NearDuplicates::TextOf text_of;
  if (by_texts) {
    text_of = [&texts](size_t index, std::string& text) {
      text = texts.at(index);
      return Status{};
    };
  }
  return near->find(text_of).value();
}

// Words that occur nowhere else: "12w0 12w1 ...".
std::string unique_words(size_t text, size_t count, size_t first = 0) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += fmt::format("{}w{} ", text, first + i);
  return out;
}

// Texts of 40 to 160 words with a natural distribution, half of them with one copy that has some words changed.
Texts edited_texts(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&random](size_t limit) { return static_cast<size_t>(random() % limit); };
  const auto word = [&] { return fmt::format("v{}", below(1 + below(20000))); };
  Texts texts;
  while (texts.size() < count) {
    std::vector<std::string> words(40 + below(120));
    std::ranges::generate(words, word);
    texts.push_back(fmt::format("{}", fmt::join(words, " ")));
    if (below(2) == 0) continue;
    for (size_t edits = below(6); edits > 0; --edits) {
      std::string& one = words[below(words.size())];
      const size_t kind = below(3);
      if (kind == 0) one = word();
      if (kind == 1) one.clear();
      if (kind == 2) std::swap(one, words[below(words.size())]);
    }
    texts.push_back(fmt::format("{}", fmt::join(words, " ")));
  }
  return texts;
}

using Pair = std::pair<uint32_t, uint32_t>;

// The Jaccard similarity of all pairs that share a shingle, from the shingles themselves; words stand between spaces.
std::map<Pair, double> similarities(const Texts& texts, size_t shingle_words) {
  std::map<std::string, std::set<uint32_t>> texts_with;
  std::vector<size_t> shingles(texts.size());
  for (uint32_t i = 0; i < texts.size(); ++i) {
    std::istringstream stream(texts[i]);
    const std::vector<std::string> words(std::istream_iterator<std::string>(stream), {});
    for (size_t at = 0; at + shingle_words <= words.size(); ++at) {
      const auto begin = words.begin() + static_cast<ptrdiff_t>(at);
      auto& with = texts_with[fmt::format("{}", fmt::join(begin, begin + static_cast<ptrdiff_t>(shingle_words), " "))];
      shingles[i] += with.insert(i).second ? 1 : 0;
    }
  }
  std::map<Pair, double> out;
  for (const auto& [shingle, with] : texts_with) {
    for (auto b = with.begin(); b != with.end(); ++b) {
      for (auto a = with.begin(); a != b; ++a) ++out[{*a, *b}];
    }
  }
  for (auto& [pair, shared] : out) shared /= static_cast<double>(shingles[pair.first] + shingles[pair.second]) - shared;
  return out;
}

// What connects all pairs at or above the threshold.
Clusters clusters_of(const std::map<Pair, double>& similarities, size_t texts, double threshold) {
  std::vector<uint32_t> cluster(texts);
  std::iota(cluster.begin(), cluster.end(), 0U);
  for (const auto& [pair, similarity] : similarities) {
    const auto [a, b] = std::minmax(cluster[pair.first], cluster[pair.second]);
    if (similarity >= threshold) std::ranges::replace(cluster, uint32_t{b}, uint32_t{a});
  }
  std::map<uint32_t, std::vector<uint32_t>> members;
  for (uint32_t i = 0; i < cluster.size(); ++i) members[cluster[i]].push_back(i);
  Clusters out;
  for (auto& [root, list] : members) {
    if (list.size() > 1) out.push_back(std::move(list));
  }
  return out;
}

TEST(NearDuplicatesTest, FindsWhatComparingAllWithAllFinds) {
  for (const uint64_t seed : {1, 2, 3}) {
    const Texts texts = edited_texts(1000, seed);
    const auto pairs = similarities(texts, 5);
    for (const double threshold : {0.5, 0.8, 0.9}) {
      const Clusters expected = clusters_of(pairs, texts.size(), threshold);
      EXPECT_GT(expected.size(), 50U);
      EXPECT_EQ(find(texts, {.threshold = threshold, .seed = seed}).clusters, expected) << seed << " " << threshold;
    }
  }
}

TEST(NearDuplicatesTest, EstimatesAreCloseWithoutTheTexts) {
  const Texts texts = edited_texts(1500, 4);
  const Clusters expected = clusters_of(similarities(texts, 5), texts.size(), 0.8);
  const DuplicateClusters found = find(texts, {}, false);
  EXPECT_EQ(found.verified, 0U);
  const auto right = static_cast<double>(std::ranges::count_if(
      found.clusters, [&](const auto& one) { return std::ranges::find(expected, one) != expected.end(); }));
  EXPECT_GT(2 * right / static_cast<double>(found.clusters.size() + expected.size()), 0.9);
}

TEST(NearDuplicatesTest, EqualTextsAreClustersInOrder) {
  const DuplicateClusters found =
      find({"2+2", "Yes.", "2-2", "", "yes.", " YES.\n", "2+2", "   ", "Yes!", unique_words(1, 9), "no"});
  EXPECT_EQ(found.clusters, (Clusters{{0, 6}, {1, 4, 5}, {3, 7}}));
  EXPECT_EQ(found.equal, 4U);
}

TEST(NearDuplicatesTest, ATextWithoutShinglesIsOnlyEqualToItself) {
  // Four words have no shingle of five; five have one.
  EXPECT_TRUE(find({"one two three four", "one two three four."}).clusters.empty());
  EXPECT_EQ(find({"one two three four five", "One, two, three, four, five!"}).clusters, (Clusters{{0, 1}}));
  EXPECT_TRUE(find({"word", "words", "", "?"}).clusters.empty());
  EXPECT_TRUE(find({}).clusters.empty());
  EXPECT_TRUE(find({"alone"}).clusters.empty());
}

// 45 shingles of which the last 5 differ: 40 of 50. Of 53 the last 6: 47 of 59, a little less than 0.8.
TEST(NearDuplicatesTest, TheThresholdItselfIsEnough) {
  Texts texts;
  for (size_t i = 0; i < 100; ++i) {
    texts.push_back(unique_words(i, 49));
    texts.push_back(unique_words(i, 44) + unique_words(i, 5, 100));
  }
  EXPECT_EQ(find(texts).clusters.size(), 100U);
  for (size_t i = 0; i < 100; ++i) {
    texts[2 * i] = unique_words(i, 57);
    texts[2 * i + 1] = unique_words(i, 51) + unique_words(i, 6, 100);
  }
  EXPECT_TRUE(find(texts).clusters.empty());
}

TEST(NearDuplicatesTest, AtOneOnlyEqualTextsAreFound) {
  const std::string text = unique_words(1, 200);
  EXPECT_EQ(find({text, text + "more", "  " + text, "x"}, {.threshold = 1}).clusters, (Clusters{{0, 2}}));
}

TEST(NearDuplicatesTest, PairsAreConnectedToClusters) {
  // Each differs from the one before by its first word; the ends share far less than 0.8.
  Texts texts;
  for (size_t i = 0; i < 40; ++i) texts.push_back(unique_words(1, 60, i));
  const DuplicateClusters found = find(texts);
  ASSERT_EQ(found.clusters.size(), 1U);
  EXPECT_EQ(found.clusters[0].size(), 40U);
}

TEST(NearDuplicatesTest, ChineseIsComparedByItsCharacters) {
  const std::string text = "我们今天去北京的颐和园参观了一整天，天气非常好，大家都很高兴，晚上一起吃了烤鸭。";
  const std::string other = "他们昨天在上海的外滩散步，风很大，所以很早就回到了酒店休息，第二天又去了博物馆。";
  EXPECT_EQ(find({text, other, text + "了", "“" + text + "”"}).clusters, (Clusters{{0, 2, 3}}));
}

TEST(NearDuplicatesTest, ThreadsChangeNothing) {
  Texts texts = edited_texts(5000, 5);
  for (int i = 0; i < 3; ++i) texts.push_back(std::string(size_t{3} << 20, 'x') + unique_words(1, 100));
  const Clusters expected = find(texts).clusters;
  EXPECT_GT(expected.size(), 500U);
  EXPECT_EQ(expected.back(),
            (std::vector<uint32_t>{static_cast<uint32_t>(texts.size() - 3), static_cast<uint32_t>(texts.size() - 2),
                                   static_cast<uint32_t>(texts.size() - 1)}));
  for (const size_t threads : {2, 3, 8}) EXPECT_EQ(find(texts, {.threads = threads}).clusters, expected) << threads;
  EXPECT_EQ(find(texts, {.threads = 4}, false).clusters, find(texts, {}, false).clusters);
}

TEST(NearDuplicatesTest, TheOrderOfTextsChangesNoCluster) {
  const Texts texts = edited_texts(1500, 6);
  std::vector<uint32_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  Texts shuffled;
  for (const uint32_t i : order) shuffled.push_back(texts[i]);
  for (const bool by_texts : {true, false}) {
    Clusters found = find(shuffled, {}, by_texts).clusters;
    for (auto& cluster : found) {
      for (uint32_t& index : cluster) index = order[index];
      std::ranges::sort(cluster);
    }
    std::ranges::sort(found);
    EXPECT_EQ(found, find(texts, {}, by_texts).clusters);
  }
}

TEST(NearDuplicatesTest, ManyCopiesTakeNoTime) {
  Texts texts(100'000, unique_words(1, 20));
  const DuplicateClusters equal = find(texts);
  ASSERT_EQ(equal.clusters.size(), 1U);
  EXPECT_EQ(equal.clusters[0].size(), texts.size());
  EXPECT_EQ(equal.compared, 0U);
}

TEST(NearDuplicatesTest, ManyNearCopiesAreLinkedToAFew) {
  Texts texts;
  for (size_t i = 0; i < 20'000; ++i) texts.push_back(unique_words(1, 60) + std::to_string(i));
  const DuplicateClusters found = find(texts, {}, false);
  ASSERT_EQ(found.clusters.size(), 1U);
  EXPECT_EQ(found.clusters[0].size(), texts.size());
  EXPECT_LT(found.compared, 2 * texts.size());
}

// A long prompt that all share makes every text a candidate for all others, none of them alike but the planted pairs.
TEST(NearDuplicatesTest, ACrowdIsComparedInLinearTime) {
  const std::string prompt = unique_words(0, 60);
  Texts texts;
  for (size_t i = 1; i <= 4'000; ++i) texts.push_back(prompt + unique_words(i, 40));
  for (size_t i = 1; i <= 100; ++i) texts.push_back(prompt + unique_words(i * 40, 39));
  const DuplicateClusters found = find(texts);
  EXPECT_EQ(found.clusters.size(), 100U);
  for (const auto& cluster : found.clusters) EXPECT_EQ((cluster[1] - 3999) * 40, cluster[0] + 1);
  const Banding banding = choose_banding(0.8, 128);
  EXPECT_LT(found.compared, texts.size() * banding.bands * NearDuplicates::kProbes);
}

TEST(NearDuplicatesTest, MoreTextsMayBeAddedAfterwards) {
  for (const size_t threads : {1, 2}) {
    const auto near = NearDuplicates::create({.threads = threads}).value();
    EXPECT_EQ(near->add(unique_words(1, 50)), 0U);
    EXPECT_EQ(near->add(unique_words(2, 50)), 1U);
    EXPECT_TRUE(near->find().value().clusters.empty());
    EXPECT_EQ(near->add(unique_words(2, 49)), 2U);
    EXPECT_EQ(near->find().value().clusters, (Clusters{{1, 2}}));
    EXPECT_EQ(near->size(), 3U);
  }
}

TEST(NearDuplicatesTest, AnErrorOfTheTextsIsAnErrorOfTheSearch) {
  const auto near = NearDuplicates::create({}).value();
  near->add(unique_words(1, 49));
  near->add(unique_words(1, 44) + unique_words(2, 5));
  const auto found = near->find([](size_t, std::string&) -> Status { return fail(Code::kUnavailable, "gone"); });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kUnavailable);
}

TEST(NearDuplicatesTest, RefusesImpossibleOptions) {
  for (const NearDuplicateOptions& options :
       {NearDuplicateOptions{.threshold = 0.29}, NearDuplicateOptions{.threshold = 1.01},
        NearDuplicateOptions{.threshold = std::numeric_limits<double>::quiet_NaN()},
        NearDuplicateOptions{.permutations = 0}, NearDuplicateOptions{.permutations = 100},
        NearDuplicateOptions{.permutations = 1056}, NearDuplicateOptions{.shingle_words = 0},
        NearDuplicateOptions{.shingle_words = 65}, NearDuplicateOptions{.threads = 0},
        NearDuplicateOptions{.threads = 65}}) {
    const auto created = NearDuplicates::create(options);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Code::kInvalidArgument);
  }
}

TEST(BandingTest, MissesNoPairAtTheThreshold) {
  EXPECT_EQ(choose_banding(0.8, 128).bands, 21U);
  EXPECT_EQ(choose_banding(0.8, 128).rows, 6U);
  for (const double threshold : {0.5, 0.6, 0.7, 0.8, 0.9, 0.95}) {
    for (const size_t permutations : {64, 128, 256}) {
      const Banding banding = choose_banding(threshold, permutations);
      EXPECT_LE(banding.bands * banding.rows, permutations);
      const double agree = std::pow(threshold, static_cast<double>(banding.rows));
      EXPECT_GE(1 - std::pow(1 - agree, static_cast<double>(banding.bands)), 0.995);
    }
  }
}

TEST(MinHashTest, EqualValuesEstimateTheSimilarity) {
  const MinHash minhash(1024, 3);
  std::vector<uint32_t> hashes(3000);
  std::mt19937 random(1);
  std::ranges::generate(hashes, random);
  std::vector<uint32_t> a(1024, MinHash::kEmpty);
  std::vector<uint32_t> b = a;
  minhash.add(std::span(hashes).first(2500), a);
  minhash.add(std::span(hashes).subspan(500), b);
  EXPECT_NEAR(static_cast<double>(count_equal(a, b)) / 1024, 2000.0 / 3000, 4 * std::sqrt(2.0 / 9 / 1024));
  EXPECT_EQ(count_equal(a, a), 1024U);
}

TEST(MinHashTest, EveryProcessorGivesTheSameSignature) {
  const MinHash minhash(96, 7);
  std::vector<uint32_t> hashes(1000);
  std::ranges::generate(hashes, std::mt19937(2));
  std::vector<uint32_t> a(96, MinHash::kEmpty);
  std::vector<uint32_t> b = a;
  minhash.add(hashes, a);
  minhash.add_without_avx2(std::span(hashes).first(400), b);
  minhash.add_without_avx2(std::span(hashes).subspan(400), b);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a[0], 8123766U);
}

// Articles with the complete list of their near duplicates, where they are at hand.
TEST(NearDuplicatesTest, ArticlesAreAsTheTruthSays) {
  const char* const folder = std::getenv("GLEANER_CORPORA");
  if (folder == nullptr) GTEST_SKIP() << "GLEANER_CORPORA is not set";
  const std::string root = std::string(folder) + "/06a-neardup-articles-truth/articles_";
  const auto rows = [](const std::string& path) {
    std::vector<json::Value> out;
    const auto reader = LineReader::open(path, size_t{1} << 20).value();
    for (LineReader::Line line; reader->next(line).value();) out.push_back(json::parse(line.text).value());
    return out;
  };
  for (const std::string size : {"100", "1000"}) {
    Texts texts;
    std::vector<std::string> ids;
    for (const json::Value& row : rows(root + size + ".jsonl.gz")) {
      ids.emplace_back(*row.find_string("id"));
      texts.emplace_back(*row.find_string("text"));
    }
    std::set<std::set<std::string>> expected;
    for (const json::Value& row : rows(root + size + ".truth.jsonl"))
      expected.insert({std::string(*row.find_string("a")), std::string(*row.find_string("b"))});
    for (const bool by_texts : {true, false}) {
      std::set<std::set<std::string>> found;
      for (const auto& cluster : find(texts, {}, by_texts).clusters) {
        std::set<std::string> members;
        for (const uint32_t index : cluster) members.insert(ids[index]);
        found.insert(std::move(members));
      }
      EXPECT_EQ(found, expected) << size;
    }
  }
}

}  // namespace
}  // namespace gleaner::dataset

#include "enrich/language.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/line_reader.h"

namespace gleaner::enrich {
namespace {

using Case = std::pair<std::string_view, std::string_view>;

std::string code(std::string_view text) {
  return std::string(detect_language(text).code);
}

struct Tally {
  size_t right = 0;
  size_t all = 0;
};

// By label, of a file of {"lang": ..., "text" or "prompt": ...}; only of languages that are supported.
std::map<std::string, Tally> score_file(const std::string& path) {
  std::map<std::string, Tally> tallies;
  auto reader = LineReader::open(path, size_t{1} << 20);
  EXPECT_TRUE(reader.has_value()) << path;
  if (!reader) return tallies;
  LineReader::Line line;
  while ((*reader)->next(line).value_or(false)) {
    const auto row = json::parse(line.text);
    const auto language = row->find_string("lang");
    auto text = row->find_string("text");
    if (!text) text = row->find_string("prompt");
    if (!language || !text || !std::ranges::binary_search(detectable_languages(), *language)) continue;
    Tally& tally = tallies[std::string(*language)];
    ++tally.all;
    tally.right += detect_language(*text).code == *language ? 1 : 0;
  }
  return tallies;
}

double percent(const Tally& tally) {
  return 100.0 * static_cast<double>(tally.right) / static_cast<double>(tally.all);
}

double average(const std::map<std::string, Tally>& tallies) {
  double sum = 0;
  for (const auto& [language, tally] : tallies) sum += percent(tally);
  return sum / static_cast<double>(tallies.size());
}

TEST(LanguageTest, KnowsEachOfTheLargeLanguages) {
  const Case cases[] = {
      {"en", "Can you explain how a hash table works?"},
      {"tr", "Bana bu cümlenin ne anlama geldiğini açıklar mısın?"},
      {"ar", "هل يمكنك أن تشرح لي هذه الفكرة؟"},
      {"fr", "Peux-tu m'aider à rédiger une lettre de motivation ?"},
      {"de", "Kannst du mir bitte bei meinen Hausaufgaben helfen?"},
      {"ru", "Напиши, пожалуйста, короткое письмо моему начальнику."},
      {"es", "¿Me puedes recomendar un buen libro de historia?"},
      {"pt", "Você pode me ajudar a escrever um e-mail para o meu chefe?"},
      {"it", "Mi puoi consigliare un ristorante vicino alla stazione?"},
      {"nl", "Kun je mij uitleggen hoe dit programma werkt?"},
      {"pl", "Czy możesz mi wyjaśnić, jak działa ta funkcja?"},
      {"sv", "Kan du hjälpa mig att skriva en kort berättelse?"},
      {"da", "Kan du hjælpe mig med at skrive en ansøgning til et nyt arbejde?"},
      {"nb", "Kan du hjelpe meg med å skrive en søknad til en ny jobb?"},
      {"fi", "Voitko auttaa minua kirjoittamaan lyhyen tarinan?"},
      {"cs", "Můžeš mi prosím vysvětlit, jak to funguje?"},
      {"hu", "Segítenél nekem megírni egy rövid levelet?"},
      {"ro", "Poți să îmi explici cum funcționează acest program?"},
      {"el", "Μπορείς να μου εξηγήσεις πώς λειτουργεί;"},
      {"he", "אתה יכול להסביר לי איך זה עובד?"},
      {"fa", "می‌توانی به من کمک کنی تا یک نامه بنویسم؟"},
      {"ur", "کیا آپ مجھے بتا سکتے ہیں کہ یہ کیسے کام کرتا ہے؟"},
      {"hi", "क्या आप मुझे बता सकते हैं कि यह कैसे काम करता है?"},
      {"mr", "तुम्ही मला हे कसे काम करते ते सांगू शकता का?"},
      {"bn", "তুমি কি আমাকে এটা বুঝিয়ে বলতে পারো?"},
      {"uk", "Поясни мені, будь ласка, як це працює."},
      {"bg", "Можеш ли да ми обясниш как работи това?"},
      {"vi", "Bạn có thể giải thích cho tôi cách hoạt động của nó không?"},
      {"id", "Bisakah kamu menjelaskan bagaimana cara kerjanya?"},
      {"sw", "Unaweza kunieleza jinsi hii inavyofanya kazi?"},
      {"zh", "你能帮我写一封信吗？"},
      {"ja", "手紙を書くのを手伝ってくれますか？"},
      {"ko", "편지 쓰는 것을 도와줄 수 있나요?"},
      {"th", "ช่วยอธิบายให้ฉันฟังได้ไหม"},
      {"ka", "შეგიძლია ამიხსნა, როგორ მუშაობს ეს?"},
      {"hy", "Կարո՞ղ ես բացատրել, թե ինչպես է սա աշխատում։"},
      {"ta", "இது எப்படி வேலை செய்கிறது என்று விளக்க முடியுமா?"},
  };
  for (const auto& [language, text] : cases) EXPECT_EQ(code(text), language) << text;
}

TEST(LanguageTest, KnowsWordsOfChats) {
  const Case cases[] = {
      {"fr", "merci"},        {"fr", "bonjour"},      {"tr", "teşekkürler"}, {"tr", "merhaba"},    {"de", "danke"},
      {"en", "thank you"},    {"en", "what is this"}, {"es", "gracias"},     {"ru", "спасибо"},    {"ru", "привет"},
      {"it", "grazie mille"}, {"ar", "شكرا"},         {"zh", "谢谢"},        {"ja", "ありがとう"}, {"ko", "안녕하세요"},
  };
  for (const auto& [language, text] : cases) EXPECT_EQ(code(text), language) << text;
}

TEST(LanguageTest, KnowsTextTypedWithoutAccents) {
  EXPECT_EQ(code("nasilsin, en yakin muze nerede"), "tr");
  EXPECT_EQ(code("bugun hava cok guzel, disari cikalim mi"), "tr");
  EXPECT_EQ(code("koennen Sie mir helfen"), "de");
  EXPECT_EQ(code("ich moechte eine Rechnung uber zwei Tage"), "de");
  EXPECT_EQ(code("je voudrais savoir ou se trouve la bibliotheque"), "fr");
}

TEST(LanguageTest, SaysNothingWhereNothingIsWritten) {
  for (const std::string_view text :
       {"", "   \n\t", "12345", "3.14 + 2 = 5.14", "🙂🎉", "https://example.com/path?x=1", "jane.doe@example.com",
        "[EMAIL] [CARD_3f2a]", "...?!", "\xff\xfe\xc3", "```\nfor x in items:\n    print(x)\n```"}) {
    EXPECT_EQ(code(text), "") << text;
    EXPECT_EQ(detect_language(text).confidence, 0) << text;
  }
}

TEST(LanguageTest, LooksPastWhatIsNotProse) {
  EXPECT_EQ(
      code("Bu fonksiyon neden çalışmıyor?\n```python\ndef get_current_user(request):\n    return request.user\n```"),
      "tr");
  EXPECT_EQ(code("Warum stürzt das ab?\n#include <vector>\nint main() { std::vector<int> v; return v[0]; }"), "de");
  EXPECT_EQ(code("Mon adresse est [EMAIL], ma carte [CARD_3f2a], voir https://www.example.com/account/settings/help"),
            "fr");
  EXPECT_EQ(code("Was bedeutet `undefined reference to symbol` hier?"), "de");
  EXPECT_EQ(code("请访问https://example.com/download/latest/index.html下载"), "zh");
  EXPECT_EQ(code("<p>Hola, ¿qué tal?</p><div class=\"main content\">Todo bien</div>"), "es");
}

TEST(LanguageTest, JudgesMixedWritingsByTheLargerPart) {
  EXPECT_EQ(code("Python ve JavaScript arasındaki fark nedir?"), "tr");
  EXPECT_EQ(code("ما هي لغة Python وما هو JavaScript؟"), "ar");
  EXPECT_EQ(code("ChatGPT가 뭐예요?"), "ko");
  EXPECT_EQ(code("東京大学の研究者"), "ja");
  EXPECT_EQ(code("我们明天去北京大学"), "zh");
  EXPECT_EQ(code("What does the Russian word привет mean in English?"), "en");
}

TEST(LanguageTest, ReadsCapitalsAndDecomposedLetters) {
  EXPECT_EQ(code("TÜRKİYE'NİN EN BÜYÜK ŞEHRİ HANGİSİDİR?"), "tr");
  EXPECT_EQ(code("КАК МНЕ ЭТО СДЕЛАТЬ?"), "ru");
  EXPECT_EQ(code("Bạn có khoẻ không, hôm nay trời đẹp quá"), "vi");
}

TEST(LanguageTest, IsSureOfSentencesAndUnsureOfNames) {
  EXPECT_GT(detect_language("I would like to know how the weather will be tomorrow.").confidence, 0.95);
  EXPECT_LT(detect_language("Hamburg").confidence, 0.9);
  EXPECT_LT(detect_language("no").confidence, 0.7);
}

TEST(LanguageTest, SurvivesBytesThatAreNotUtf8) {
  EXPECT_EQ(code("this is \xff\xc3 plain English \xe2\x82 text with broken bytes"), "en");
  std::string bytes;
  uint32_t state = 1;
  for (int i = 0; i < 20000; ++i) {
    state = state * 1664525 + 1013904223;
    bytes.push_back(static_cast<char>(state >> 24));
    if (i % 97 == 0) {
      const Language found = detect_language(bytes);
      EXPECT_GE(found.confidence, 0);
      EXPECT_LE(found.confidence, 1);
      if (bytes.size() > 300) bytes.clear();
    }
  }
  EXPECT_EQ(code(std::string(1 << 20, 'a') + " the end"), code(std::string(kLanguageBytes, 'a')));
}

TEST(LanguageTest, AnswersOnSeveralThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] { EXPECT_EQ(code("Ist das hier wirklich Deutsch?"), "de"); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(LanguageTest, ListsItsLanguages) {
  const auto all = detectable_languages();
  EXPECT_TRUE(std::ranges::is_sorted(all));
  for (const std::string_view language : {"en", "tr", "ar", "fr", "de", "ru", "zh", "ja", "ko", "hi", "es", "pt"}) {
    EXPECT_TRUE(std::ranges::binary_search(all, language)) << language;
  }
}

TEST(LanguageTest, SampleStaysAboveItsFloor) {
  const auto tallies = score_file(GLEANER_SOURCE_DIR "/tests/data/language_sample.jsonl");
  EXPECT_GE(tallies.size(), 65U);
  EXPECT_GE(average(tallies), 97);
  for (const std::string_view language : {"en", "tr", "ar", "fr", "de", "ru"}) {
    const auto found = tallies.find(std::string(language));
    ASSERT_NE(found, tallies.end());
    EXPECT_EQ(found->second.right, found->second.all) << language;
  }
}

// Over all of the labelled texts, where they are at hand.
TEST(LanguageTest, CorporaStayAboveTheirFloors) {
  const char* const folder = std::getenv("GLEANER_CORPORA");
  if (folder == nullptr) GTEST_SKIP() << "GLEANER_CORPORA is not set";
  const std::string root(folder);
  struct Floor {
    std::string file;
    double six;
    double all;
  };
  for (const Floor& floor : {Floor{"04a-langid-lingua-testdata/sentences.jsonl.gz", 99, 98},
                             Floor{"04a-langid-lingua-testdata/word-pairs.jsonl.gz", 90, 90},
                             Floor{"04a-langid-lingua-testdata/single-words.jsonl.gz", 65, 74},
                             Floor{"04c-langid-udhr/udhr.jsonl.gz", 99, 99},
                             Floor{"04e-multilingual-prompts/llmzoo.prompts.jsonl.gz", 99, 98}}) {
    const auto tallies = score_file(root + "/" + floor.file);
    ASSERT_FALSE(tallies.empty()) << floor.file;
    EXPECT_GE(average(tallies), floor.all) << floor.file;
    for (const auto& [language, tally] : tallies) {
      if (std::string_view("en tr ar fr de ru").contains(language)) {
        EXPECT_GE(percent(tally), floor.six) << floor.file << " " << language;
      }
    }
  }
}

}  // namespace
}  // namespace gleaner::enrich

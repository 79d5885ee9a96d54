#include "config/config.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace gleaner::config {
namespace {

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    std::string name = testing::TempDir() + "gleaner_config_XXXXXX";
    directory_ = mkdtemp(name.data());
    sources_.dotenv_path = directory_ + "/.env";
    sources_.environment = [this](const std::string& variable) -> std::optional<std::string> {
      const auto found = environment_.find(variable);
      return found == environment_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  ~ConfigTest() override { std::filesystem::remove_all(directory_); }

  void toml(const std::string& text) {
    sources_.toml_path = directory_ + "/gleaner.toml";
    std::ofstream(sources_.toml_path) << text;
  }

  std::string directory_;
  std::map<std::string, std::string> environment_;
  Sources sources_;
};

TEST_F(ConfigTest, HasDefaults) {
  const auto config = load(sources_);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->host, "127.0.0.1");
  EXPECT_TRUE(config->collection_enabled);
  EXPECT_TRUE(config->origins.empty());
}

TEST_F(ConfigTest, FlagsWinOverEnvironmentOverDotenvOverToml) {
  toml("port = 1\nio_threads = 2\nmax_connections = 3\nhot_price_per_gb = 0.5\nlog_level = \"warn\"\n");
  std::ofstream(sources_.dotenv_path)
      << "# comment\nexport GLEANER_IO_THREADS=4 # four\nGLEANER_PORT='5'\nS3_REGION=auto\n";
  environment_["GLEANER_PORT"] = "6";
  sources_.flags["port"] = "7";
  const auto config = load(sources_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->port, 7);
  EXPECT_EQ(config->io_threads, 4);
  EXPECT_EQ(config->max_connections, 3);
  EXPECT_DOUBLE_EQ(config->hot_price_per_gb, 0.5);
  EXPECT_EQ(config->log_level, "warn");
  EXPECT_EQ(config->origins.at("port"), "--port");
  EXPECT_EQ(config->origins.at("io_threads"), sources_.dotenv_path + " GLEANER_IO_THREADS");
}

TEST_F(ConfigTest, AProjectMayHaveItsOwn) {
  toml("redaction_style = \"keyed\"\n[projects.shop]\nprofile = \"roofing\"\npseudonymise_sessions = true\n");
  const auto config = load(sources_);
  ASSERT_TRUE(config) << config.error().message;
  const Config shop = config->for_project("shop");
  EXPECT_EQ(shop.profile, "roofing");
  EXPECT_TRUE(shop.pseudonymise_sessions);
  EXPECT_EQ(shop.redaction_style, "keyed");
  const Config other = config->for_project("other");
  EXPECT_EQ(other.profile, "default");
  EXPECT_FALSE(other.pseudonymise_sessions);
}

TEST_F(ConfigTest, SaysWhatIsWrongInAProject) {
  const auto message = [this](const std::string& text) {
    toml(text);
    const auto config = load(sources_);
    return config ? std::string() : config.error().message;
  };
  EXPECT_NE(message("[projects.shop]\nport = 1\n").find("\"port\" is the same for all projects"), std::string::npos);
  EXPECT_NE(message("[projects.shop]\nprofil = \"x\"\n").find("there is no setting \"profil\""), std::string::npos);
  EXPECT_NE(message("[projects.shop]\nredaction_style = \"x\"\n").find("one of typed|keyed"), std::string::npos);
  EXPECT_NE(message("[projects]\nshop = 1\n").find("projects.shop"), std::string::npos);
  EXPECT_NE(message("projects = 3\n"), "");
}

TEST_F(ConfigTest, KnowsTheNamesOfTheSeeds) {
  environment_["ENABLE_DATA_COLLECTION"] = "False";
  environment_["COMPRESSION_THRESHOLD_KB"] = "10";
  const auto config = load(sources_);
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->collection_enabled);
  EXPECT_EQ(config->compression_threshold_kb, 10);
}

TEST_F(ConfigTest, AWrongValueSaysWhatWouldBeRight) {
  environment_["GLEANER_PORT"] = "80a";
  EXPECT_EQ(load(sources_).error().message,
            "port: expected a whole number from 0 to 65535, got \"80a\" (from environment GLEANER_PORT)");
  environment_.clear();
  environment_["ENABLE_DATA_COLLECTION"] = "maybe";
  EXPECT_EQ(load(sources_).error().message,
            "collection_enabled: expected true or false, got \"maybe\" (from environment ENABLE_DATA_COLLECTION)");
  environment_.clear();
  sources_.flags["log_level"] = "loud";
  EXPECT_EQ(load(sources_).error().message,
            "log_level: expected one of debug|info|warn|error, got \"loud\" (from --log-level)");
}

TEST_F(ConfigTest, AWrongFileSaysWhere) {
  toml("ports = 1\n");
  EXPECT_NE(load(sources_).error().message.find("there is no setting \"ports\""), std::string::npos);
  toml("port = [\n");
  EXPECT_NE(load(sources_).error().message.find("gleaner.toml:"), std::string::npos);
  toml("[server]\nport = 1\n");
  EXPECT_NE(load(sources_).error().message.find("server: expected a single value"), std::string::npos);
  sources_.toml_path = directory_ + "/none.toml";
  EXPECT_EQ(load(sources_).error().code, Code::kNotFound);
}

TEST(DotenvTest, ReadsWhatPeopleWrite) {
  const auto values = parse_dotenv("A=1\n B = \"x # y\" \nC='z'#\nexport D=a b # c\nE=\n\n");
  ASSERT_TRUE(values);
  EXPECT_EQ(*values,
            (std::map<std::string, std::string>{{"A", "1"}, {"B", "x # y"}, {"C", "z"}, {"D", "a b"}, {"E", ""}}));
  EXPECT_FALSE(parse_dotenv("nonsense\n"));
}

// docs/configuration.md is written by hand, and held to the table here.
TEST(ConfigurationPageTest, ListsEverySetting) {
  std::ifstream file(std::string(GLEANER_SOURCE_DIR) + "/docs/configuration.md");
  std::stringstream page;
  page << file.rdbuf();
  const Config defaults;
  for (const Setting& setting : settings()) {
    const std::string row = "| `" + std::string(setting.key) + "` | `" + value_of(defaults, setting) + "` | " +
                            std::string(setting.help) + " |";
    EXPECT_NE(page.str().find(row), std::string::npos) << row;
    EXPECT_NE(page.str().find(std::string(setting.environment)), std::string::npos) << setting.environment;
  }
}

}  // namespace
}  // namespace gleaner::config

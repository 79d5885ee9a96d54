#include "enrich/profiles.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace gleaner::enrich {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ProfilesTest : public testing::Test {
 protected:
  ProfilesTest() : folder_(fs::temp_directory_path() / ("gleaner_profiles_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ProfilesTest() override { fs::remove_all(folder_); }

  // Each write is a second after the one before, as far as the file's time tells.
  void write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ / file) << text;
    time_ += std::chrono::seconds(1);
    fs::last_write_time(folder_ / file, time_);
  }

  fs::path folder_;
  fs::file_time_type time_ = fs::file_time_type::clock::now();
};

TEST_F(ProfilesTest, BuiltInsAreThere) {
  const Profiles profiles("");
  ASSERT_NE(profiles.find("default"), nullptr);
  ASSERT_NE(profiles.find("roofing"), nullptr);
  EXPECT_EQ(profiles.find("nothing"), nullptr);
  const auto list = profiles.list();
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_EQ(list[1].name, "roofing");
  EXPECT_EQ(list[1].origin, "built in");
  EXPECT_EQ(list[1].tags, 18);
  EXPECT_EQ(list[1].keywords, 53);
  EXPECT_THAT(Profiles("/nowhere/at/all").errors(), IsEmpty());
}

TEST_F(ProfilesTest, FilesAreReadAgainWhenTheyChange) {
  write("shop.toml", "name = \"shop\"\ndescription = \"one\"");
  Profiles profiles(folder_);
  const auto first = profiles.find("shop");
  ASSERT_NE(first, nullptr);
  EXPECT_THAT(profiles.reload(), IsEmpty());
  EXPECT_EQ(profiles.find("shop"), first);
  write("shop.toml", "name = \"shop\"\ndescription = \"two\"");
  EXPECT_THAT(profiles.reload(), IsEmpty());
  EXPECT_EQ(profiles.find("shop")->text().description, "two");
  EXPECT_EQ(first->text().description, "one");
  fs::remove(folder_ / "shop.toml");
  profiles.reload();
  EXPECT_EQ(profiles.find("shop"), nullptr);
}

TEST_F(ProfilesTest, AFileReplacesABuiltIn) {
  write("roofing.toml", "name = \"roofing\"\ndescription = \"ours\"");
  Profiles profiles(folder_);
  EXPECT_EQ(profiles.find("roofing")->text().description, "ours");
  EXPECT_THAT(profiles.list(), SizeIs(2));
  fs::remove(folder_ / "roofing.toml");
  profiles.reload();
  EXPECT_NE(profiles.find("roofing")->text().description, "ours");
}

TEST_F(ProfilesTest, AWrongFileKeepsItsLastGoodVersion) {
  write("shop.toml", "name = \"shop\"\ndescription = \"good\"");
  write("roofing.toml", "nonsense");
  write("other.toml", "name = \"misnamed\"");
  write("notes.txt", "nonsense");
  Profiles profiles(folder_);
  EXPECT_THAT(profiles.errors(), SizeIs(2));
  EXPECT_NE(profiles.find("roofing"), nullptr);
  EXPECT_EQ(profiles.find("misnamed"), nullptr);
  write("shop.toml", "name = \"shop\"\nnonsense = 1");
  const auto errors = profiles.reload();
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0].message, HasSubstr("shop.toml:2: nonsense"));
  EXPECT_EQ(profiles.find("shop")->text().description, "good");
  EXPECT_THAT(profiles.reload(), IsEmpty());
  EXPECT_THAT(profiles.errors(), SizeIs(3));
  const auto list = profiles.list();
  ASSERT_THAT(list, SizeIs(4));
  EXPECT_EQ(list[2].origin, "built in");
  EXPECT_THAT(list[2].error, HasSubstr("roofing.toml:1"));
  EXPECT_EQ(list[3].description, "good");
  write("shop.toml", "name = \"shop\"\ndescription = \"mended\"");
  EXPECT_THAT(profiles.reload(), IsEmpty());
  EXPECT_EQ(profiles.find("shop")->text().description, "mended");
}

}  // namespace
}  // namespace gleaner::enrich

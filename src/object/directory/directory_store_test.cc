#include "object/directory/directory_store.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "object/directory/path.h"
#include "object/testing/object_contract.h"

namespace gleaner::object {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

const SystemClock kClock;

class FixedClock final : public Clock {
 public:
  Time now() const override { return parse_time("2026-11-21T08:00:00Z").value(); }
};

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "gleaner_object_XXXXXX";
    path_ = std::string(mkdtemp(name.data())) + "/objects";
  }
  ~Folder() { fs::remove_all(fs::path(path_).parent_path()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::unique_ptr<DirectoryStore> open_store(const std::string& path, const Clock& clock = kClock) {
  auto store = DirectoryStore::open(path, clock);
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return *std::move(store);
}

class DirectoryHarness final : public ObjectHarness {
 public:
  DirectoryHarness() : store_(open_store(folder_.path())) {}
  ObjectStore& store() override { return *store_; }
  void reopen() override { store_ = open_store(folder_.path()); }
  std::unique_ptr<ObjectStore> second() override { return open_store(folder_.path()); }

 private:
  Folder folder_;
  std::unique_ptr<DirectoryStore> store_;
};

std::unique_ptr<ObjectHarness> make_directory_harness() {
  return std::make_unique<DirectoryHarness>();
}

INSTANTIATE_TEST_SUITE_P(Directory, ObjectContract, testing::Values(&make_directory_harness));

std::string content_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

std::vector<std::string> files_below(const std::string& path) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    found.push_back(fs::relative(entry.path(), path));
  }
  std::ranges::sort(found);
  return found;
}

TEST(DirectoryStoreTest, PeopleFindAnObjectUnderItsName) {
  const Folder folder;
  const auto store = open_store(folder.path());
  ASSERT_TRUE(store->put("archives/web/2026-11-20.jsonl.gz", "bytes"));
  ASSERT_TRUE(store->put(".tmp/100% sure", "more"));
  EXPECT_EQ(content_of(folder.path() + "/archives/web/2026-11-20.jsonl.gz"), "bytes");
  EXPECT_EQ(content_of(folder.path() + "/%2Etmp/100%25 sure"), "more");
}

TEST(DirectoryStoreTest, OnlyItsOwnerMayRead) {
  const Folder folder;
  const auto store = open_store(folder.path());
  ASSERT_TRUE(store->put("a/b", "bytes"));
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    EXPECT_EQ(entry.status().permissions(), entry.is_directory() ? fs::perms(0700) : fs::perms(0600)) << entry.path();
  }
  EXPECT_EQ(fs::status(folder.path()).permissions(), fs::perms(0700));
}

TEST(DirectoryStoreTest, RemovingLeavesNoFolders) {
  const Folder folder;
  const auto store = open_store(folder.path());
  ASSERT_TRUE(store->put("a/b/c", "bytes"));
  ASSERT_TRUE(store->put("a/d", "bytes"));
  ASSERT_TRUE(store->remove("a/b/c"));
  EXPECT_EQ(files_below(folder.path()),
            (std::vector<std::string>{".lock", ".meta", ".meta/a", ".meta/a/d%meta", ".tmp", "a", "a/d"}));
  ASSERT_TRUE(store->remove("a/d"));
  EXPECT_EQ(files_below(folder.path()), (std::vector<std::string>{".lock", ".meta", ".tmp"}));
}

TEST(DirectoryStoreTest, TakesFilesThatOthersPutThere) {
  const Folder folder;
  const auto store = open_store(folder.path());
  const std::string etag = store->put("there", "bytes", {.metadata = {{"a", "1"}}}).value().etag;
  fs::create_directory(folder.path() + "/by");
  std::ofstream(folder.path() + "/by/hand") << "bytes";
  const ObjectInfo info = store->head("by/hand").value();
  EXPECT_EQ(info.etag, etag);
  EXPECT_EQ(info.content_type, "application/octet-stream");
  EXPECT_THAT(info.metadata, IsEmpty());
  EXPECT_EQ(store->put("by/hand", "x", {.condition = Condition::if_match(info.etag)}).value().size, 1);

  // Written over in place: the metadata was of what is gone.
  std::ofstream(folder.path() + "/there") << "other";
  EXPECT_THAT(store->head("there").value().metadata, IsEmpty());
  EXPECT_NE(store->head("there").value().etag, etag);
}

TEST(DirectoryStoreTest, PassesOverWhatIsNoObject) {
  const Folder folder;
  const auto store = open_store(folder.path());
  std::ofstream(folder.path() + "/100%") << "a name we would not give";
  std::ofstream(folder.path() + "/%41") << "nor this";
  std::ofstream(folder.path() + "/.hidden") << "nor this";
  std::ofstream(folder.path() + "/bad\xff") << "nor this";
  fs::create_symlink("/etc", folder.path() + "/link");
  fs::create_symlink("/etc/passwd", folder.path() + "/passwd");
  fs::create_directory(folder.path() + "/empty");
  EXPECT_THAT(store->list("", "", 10).value().objects, IsEmpty());
  EXPECT_FALSE(store->head("passwd"));
  EXPECT_EQ(store->head("empty").error().code, Code::kNotFound);
}

// A crash between the sidecar and the rename: the sidecar speaks of both, the object is still the old one.
TEST(DirectoryStoreTest, MetadataIsNeverAnotherObjects) {
  const Folder folder;
  const FixedClock clock;
  const auto store = open_store(folder.path(), clock);
  const ObjectInfo before = store->put("k", "12345", {.metadata = {{"n", "1"}}}).value();
  const std::string old_sidecar = content_of(folder.path() + "/.meta/k%meta");
  fs::copy(folder.path() + "/k", folder.path() + "/.old");
  const auto old_time = fs::last_write_time(folder.path() + "/k");
  const ObjectInfo after = store->put("k", "54321", {.metadata = {{"n", "2"}}}).value();
  EXPECT_GT(after.modified, before.modified);
  EXPECT_EQ(store->head("k").value().metadata.at("n"), "2");

  fs::rename(folder.path() + "/.old", folder.path() + "/k");
  fs::last_write_time(folder.path() + "/k", old_time);
  EXPECT_EQ(store->head("k").value().metadata.at("n"), "1");
  EXPECT_EQ(store->head("k").value().etag, before.etag);

  std::ofstream(folder.path() + "/.meta/k%meta") << old_sidecar.substr(0, old_sidecar.size() / 2);
  EXPECT_THAT(store->head("k").value().metadata, IsEmpty());
  EXPECT_EQ(store->head("k").value().etag, before.etag);
}

TEST(DirectoryStoreTest, RemovesTheTemporariesOfTheDeadOnly) {
  const Folder folder;
  const auto store = open_store(folder.path());
  const auto alive = store->create("alive", {}).value();
  ASSERT_TRUE(alive->write("x"));
  const pid_t child = fork();
  if (child == 0) {
    const auto writer = open_store(folder.path())->create("dead", {});
    _exit(writer && (*writer)->write("half an object") ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(files_below(folder.path() + "/.tmp").size(), 2);
  open_store(folder.path());
  EXPECT_EQ(files_below(folder.path() + "/.tmp").size(), 1);
  EXPECT_TRUE(alive->commit());
  EXPECT_EQ(files_below(folder.path() + "/.tmp").size(), 0);
}

TEST(DirectoryStoreTest, SaysThatAKeyIsAFolder) {
  const Folder folder;
  const auto store = open_store(folder.path());
  ASSERT_TRUE(store->put("a/b", "x"));
  EXPECT_EQ(store->put("a", "y").error().code, Code::kInvalidArgument);
  const Error below = store->put("a/b/c", "y").error();
  EXPECT_EQ(below.code, Code::kInvalidArgument);
  EXPECT_THAT(below.message, HasSubstr("needs a folder"));
  EXPECT_EQ(store->put("a/b/c/d", "y").error().code, Code::kInvalidArgument);
  EXPECT_THAT(files_below(folder.path() + "/.tmp"), IsEmpty());
  EXPECT_EQ(store->put(std::string(100, '%'), "y").error().code, Code::kInvalidArgument);
}

TEST(DirectoryStoreTest, SaysWhyItCannotOpen) {
  const Folder folder;
  EXPECT_EQ(DirectoryStore::open("", kClock).error().code, Code::kInvalidArgument);
  fs::create_directories(fs::path(folder.path()).parent_path());
  std::ofstream(folder.path()) << "a file";
  const Error error = DirectoryStore::open(folder.path(), kClock).error();
  EXPECT_EQ(error.code, Code::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("is not a folder"));
}

TEST(DirectoryStoreTest, TheProbeStopsWhereTheFolderIsGone) {
  const Folder folder;
  const auto store = open_store(folder.path());
  fs::remove_all(folder.path());
  const auto steps = store->probe();
  ASSERT_EQ(steps.size(), 1);
  EXPECT_FALSE(steps[0].ok);
  EXPECT_THAT(steps[0].message, HasSubstr("mounted"));
}

TEST(DirectoryPathTest, EveryKeyHasOnePath) {
  for (const char* const key : {"a", "a.b", ".a", "..a", "%", "%25", "a/.b/%2E", "100%"}) {
    const std::string path = path_of_key(key).value();
    std::string back;
    for (size_t at = 0; at <= path.size();) {
      const size_t end = std::min(path.find('/', at), path.size());
      back += (back.empty() ? "" : "/") + segment_of_name(path.substr(at, end - at)).value_or("?");
      at = end + 1;
    }
    EXPECT_EQ(back, key);
  }
  for (const char* const name : {"%", "%41", "a%2E", ".a", "%2"}) EXPECT_FALSE(segment_of_name(name)) << name;
}

}  // namespace
}  // namespace gleaner::object

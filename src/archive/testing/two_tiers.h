// A store and an archive in folders of their own, as one machine has them. For tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "archive/archiver.h"
#include "archive/tiered_store.h"
#include "object/directory/directory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::archive {

// Opens the objects that belong to a folder: the same ones each time.
using OpenObjects = std::unique_ptr<object::ObjectStore> (*)(const std::string& folder);

inline std::unique_ptr<object::ObjectStore> open_directory(const std::string& folder) {
  static const SystemClock clock;
  auto objects = object::DirectoryStore::open(folder + "/objects", clock);
  EXPECT_TRUE(objects) << (objects ? "" : objects.error().message);
  return *std::move(objects);
}

class TwoTiers {
 public:
  explicit TwoTiers(std::string folder, OpenObjects open_objects = &open_directory, Codec codec = Codec::kGzip)
      : folder_(std::move(folder)), open_objects_(open_objects), codec_(codec) {
    open();
  }

  void open() {
    tiered_.reset();
    hot_.reset();
    std::filesystem::create_directories(folder_ + "/scratch");
    auto hot = store::SqliteStore::open({.directory = folder_ + "/store"});
    EXPECT_TRUE(hot) << (hot ? "" : hot.error().message);
    hot_ = *std::move(hot);
    objects_ = open_objects_(folder_);
    tiered_ = std::make_unique<TieredStore>(
        tiers(), late_clock_, EraserOptions{.clock = &clock_, .journal = folder_ + "/erasures", .upload = upload()});
  }

  Tiers tiers() { return {*hot_, hot_->archive(), *objects_}; }
  UploadOptions upload() const {
    UploadOptions options;
    options.part.codec = codec_;
    options.part.level = 1;
    options.part.block_bytes = 4096;
    options.scratch = folder_ + "/scratch";
    options.on_step = on_step;
    return options;
  }
  // Moves everything there is.
  Result<ArchiveReport> archive_all() {
    Archiver archiver(tiers(), clock_, {.upload = upload(), .on_progress = {}, .stop = {}});
    TRY_ASSIGN(const auto plan, archiver.plan(parse_day("9999-01-01").value(), ""));
    return archiver.run(plan);
  }

  TieredStore& store() { return *tiered_; }
  store::SqliteStore& hot() { return *hot_; }
  object::ObjectStore& objects() { return *objects_; }
  const std::string& folder() const { return folder_; }
  const Clock& clock() const { return clock_; }

  std::function<void(std::string_view)> on_step;  // of archivers made from here on

 private:
  const std::string folder_;
  const OpenObjects open_objects_;
  const Codec codec_;
  // By this one everything is old enough to be archived.
  class LateClock final : public Clock {
   public:
    Time now() const override { return parse_time("2100-01-01").value(); }
  };

  SystemClock clock_;
  LateClock late_clock_;
  std::unique_ptr<store::SqliteStore> hot_;
  std::unique_ptr<object::ObjectStore> objects_;
  std::unique_ptr<TieredStore> tiered_;
};

// Removed with all it holds.
class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "gleaner_tiers_XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace gleaner::archive

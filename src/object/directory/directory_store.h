// Objects as files below a folder, found there under their keys by people and their tools (path.h). For one machine, or
// a network file system that has flock and rename. Several processes may share it.
//
//     root/archives/zapier/2026/11/2026-11-21.jsonl.gz        the object
//     root/.meta/archives/zapier/...jsonl.gz%meta             its ETag and metadata (sidecar.h)
//     root/.tmp/                                              objects being written; renamed when they are complete
//     root/.lock                                              held while an object appears or goes
//
// An object is written to .tmp, synced, renamed and its folder synced, in that order. Conditions are looked at under
// the lock. Whoever writes holds the lock of its temporary file, so those of the dead can be told and are removed by
// open().
//
// Thread contract: that of ObjectStore.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "object/directory/file.h"
#include "object/directory/sidecar.h"
#include "object/object_store.h"

namespace gleaner::object {

class DirectoryStore final : public ObjectStore {
 public:
  // Makes the folder if it is not there. `clock` outlives the store. Errors: kInvalidArgument, kUnavailable.
  static Result<std::unique_ptr<DirectoryStore>> open(std::string root, const Clock& clock);

  Result<std::unique_ptr<ObjectWriter>> create(std::string_view key, PutOptions options) override;
  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, Range range) override;
  Result<ObjectInfo> head(std::string_view key) override;
  Result<ObjectPage> list(std::string_view prefix, std::string_view after, size_t limit) override;
  Status remove(std::string_view key) override;
  Result<uint64_t> erase(std::string_view key) override;
  std::vector<ProbeStep> probe() override;
  std::string describe() const override { return "directory " + root_; }

 private:
  // Where everything of one object is.
  struct Place {
    std::string key;
    std::string object;   // its file
    std::string sidecar;  // its sidecar
    std::string temporary_prefix;
  };

  DirectoryStore(std::string root, const Clock& clock) : root_(std::move(root)), clock_(clock) {}

  Result<Place> place_of(std::string_view key) const;
  // Held until the File is gone. Errors: kUnavailable after half a minute.
  Result<File> lock() const;
  Status remove_stale() const;
  Result<File> create_temporary(const Place& place) const;

  // What is known of the file; `search` reads all of it for the ETag if it has no entry.
  Result<ObjectInfo> describe_file(const Place& place, const File& file, bool search) const;
  Result<ObjectInfo> describe_stamp(const Place& place, const Stamp& stamp) const;

  // Both under the lock.
  Result<ObjectInfo> put_in_place(const Place& place, File& file, const PutOptions& options, std::string etag) const;
  Result<bool> take_away(const Place& place) const;

  Status check_condition(const Place& place, const Condition& condition) const;
  Status write_sidecar(const Place& place, const SidecarEntry& entry) const;

  Result<ProbeStep> probe_room() const;

  const std::string root_;
  const Clock& clock_;
};

}  // namespace gleaner::object

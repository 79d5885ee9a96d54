#include "object/directory/directory_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "base/hash.h"
#include "base/text.h"
#include "object/directory/listing.h"
#include "object/directory/path.h"
#include "object/directory/stream.h"

namespace gleaner::object {
namespace {

constexpr std::chrono::seconds kLockPatience{30};
constexpr std::chrono::milliseconds kLockPause{2};
constexpr int64_t kNsPerMs = 1'000'000;
constexpr uint64_t kLeastRoom = uint64_t{256} << 20;
constexpr std::string_view kUnknownType = "application/octet-stream";

Time time_of(const Stamp& stamp) {
  return from_ms(stamp.modified_ns / kNsPerMs);
}

Result<std::string> etag_of(const File& file) {
  EtagDigest digest;
  std::string buffer(size_t{1} << 20, '\0');
  for (uint64_t offset = 0;;) {
    TRY_ASSIGN(const size_t got, file.read(buffer.data(), buffer.size(), offset));
    if (got == 0) return digest.finish();
    digest.update(std::string_view(buffer).substr(0, got));
    offset += got;
  }
}

// Sets a time that is not that of the file which is there, so that their sidecar entries can be told apart. Some file
// systems keep whole seconds only, or every second one. The file is synced already, with the time it has.
Result<Stamp> stamp_apart(File& file, const std::optional<Stamp>& other) {
  TRY_ASSIGN(Stamp stamp, file.stamp());
  for (const int64_t step : {kNsPerMs, 1000 * kNsPerMs, 2000 * kNsPerMs}) {
    if (!other || stamp.modified_ns != other->modified_ns) break;
    TRY(file.set_modified(stamp.modified_ns + step));
    TRY(file.sync());
    TRY_ASSIGN(stamp, file.stamp());
  }
  return stamp;
}

}  // namespace

Result<std::unique_ptr<DirectoryStore>> DirectoryStore::open(std::string root, const Clock& clock) {
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  if (root.empty() || root == "/") return fail(Code::kInvalidArgument, "expected the path of a folder for the objects");
  for (const char* const folder : {"", "/.tmp", "/.meta"}) {
    const std::string path = root + folder;
    const EntryKind kind = kind_of(path + "/.");  // of what a link leads to
    if (kind == EntryKind::kFolder) continue;
    if (kind_of(path) != EntryKind::kNone) return fail(Code::kInvalidArgument, path + " is not a folder");
    TRY(make_folders(path));
  }
  std::unique_ptr<DirectoryStore> store(new DirectoryStore(std::move(root), clock));
  TRY(store->remove_stale());
  return store;
}

Result<DirectoryStore::Place> DirectoryStore::place_of(std::string_view key) const {
  TRY(check_key(key));
  TRY_ASSIGN(const std::string path, path_of_key(key));
  return Place{.key = std::string(key),
               .object = fmt::format("{}/{}", root_, path),
               .sidecar = fmt::format("{}/.meta/{}%meta", root_, path),
               .temporary_prefix = to_hex(sha256(key)).substr(0, 32) + "-"};
}

Result<File> DirectoryStore::lock() const {
  TRY_ASSIGN(File file, File::open_or_create(root_ + "/.lock"));
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  while (true) {
    TRY_ASSIGN(const bool held, file.lock());
    if (held) return file;
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Code::kUnavailable,
                  fmt::format("{}: another process has held the lock for {} s", file.path(), kLockPatience.count()));
    }
    std::this_thread::sleep_for(kLockPause);
  }
}

Status DirectoryStore::remove_stale() const {
  TRY_ASSIGN(const File held, lock());
  TRY_ASSIGN(const auto entries, list_folder(root_ + "/.tmp"));
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder) continue;
    auto file = File::open(fmt::format("{}/.tmp/{}", root_, entry.name));
    if (!file) continue;
    TRY_ASSIGN(const bool stale, file->lock());
    if (stale) TRY(unlink_file(file->path()));
  }
  return {};
}

Result<File> DirectoryStore::create_temporary(const Place& place) const {
  // Under the lock: remove_stale() must not find it before it is held.
  TRY_ASSIGN(const File held, lock());
  TRY_ASSIGN(File file,
             File::create(fmt::format("{}/.tmp/{}{}", root_, place.temporary_prefix, to_hex(random_bytes(16)))));
  TRY(file.lock());
  return file;
}

Result<ObjectInfo> DirectoryStore::describe_stamp(const Place& place, const Stamp& stamp) const {
  TRY_ASSIGN(auto entries, read_sidecar(place.sidecar));
  ObjectInfo info{.key = place.key, .size = stamp.size, .modified = time_of(stamp)};
  const auto entry = std::ranges::find(entries, stamp, &SidecarEntry::stamp);
  if (entry == entries.end()) return info;
  info.etag = std::move(entry->etag);
  info.content_type = std::move(entry->content_type);
  info.metadata = std::move(entry->metadata);
  return info;
}

Result<ObjectInfo> DirectoryStore::describe_file(const Place& place, const File& file, bool search) const {
  TRY_ASSIGN(const Stamp stamp, file.stamp());
  TRY_ASSIGN(ObjectInfo info, describe_stamp(place, stamp));
  if (!info.etag.empty() || !search) return info;
  info.content_type = kUnknownType;
  TRY_ASSIGN(info.etag, etag_of(file));
  return info;
}

Result<std::unique_ptr<ObjectWriter>> DirectoryStore::create(std::string_view key, PutOptions options) {
  TRY(check_put(key, options));
  TRY_ASSIGN(Place place, place_of(key));
  TRY_ASSIGN(File file, create_temporary(place));
  return make_directory_writer(
      std::move(file), [this, place = std::move(place), options = std::move(options)](File& written, std::string etag) {
        return put_in_place(place, written, options, std::move(etag));
      });
}

Status DirectoryStore::check_condition(const Place& place, const Condition& condition) const {
  if (condition.kind == Condition::Kind::kNone) return {};
  const auto file = File::open(place.object);
  if (!file && file.error().code != Code::kNotFound) return std::unexpected(file.error());
  if (condition.kind == Condition::Kind::kIfAbsent) {
    if (!file) return {};
    return fail(Code::kConflict, place.key + " is there already");
  }
  if (!file) return fail(Code::kConflict, place.key + " is not there any more");
  TRY_ASSIGN(const ObjectInfo info, describe_file(place, *file, true));
  if (info.etag != condition.etag) return fail(Code::kConflict, place.key + " was changed meanwhile");
  return {};
}

Status DirectoryStore::write_sidecar(const Place& place, const SidecarEntry& entry) const {
  std::vector<SidecarEntry> entries;
  if (const auto there = stamp_of(place.object)) {
    TRY_ASSIGN(entries, read_sidecar(place.sidecar));
    std::erase_if(entries, [&](const SidecarEntry& old) { return old.stamp != *there; });
  }
  entries.push_back(entry);
  TRY(make_folders(std::string(folder_of(place.sidecar))));
  TRY_ASSIGN(File file, File::create(fmt::format("{}/.tmp/sidecar-{}", root_, to_hex(random_bytes(16)))));
  Status written = file.append(encode_sidecar(entries));
  if (written) written = file.sync();
  if (written) written = rename_file(file.path(), place.sidecar);
  if (!written) (void)unlink_file(file.path());
  return written;
}

Result<ObjectInfo> DirectoryStore::put_in_place(const Place& place, File& file, const PutOptions& options,
                                                std::string etag) const {
  TRY(file.set_modified(to_ms(clock_.now()) * kNsPerMs));
  TRY(file.sync());
  TRY_ASSIGN(const File held, lock());
  if (kind_of(place.object) == EntryKind::kFolder) {
    return fail(Code::kInvalidArgument,
                fmt::format("other objects lie below \"{}/\", so a directory cannot hold one of that name", place.key));
  }
  TRY(check_condition(place, options.condition));
  // Another process erased it while it was written.
  if (kind_of(file.path()) != EntryKind::kFile) return fail(Code::kConflict, place.key + " was erased meanwhile");
  if (auto made = make_folders(std::string(folder_of(place.object))); !made) {
    if (made.error().code != Code::kNotFound) return std::unexpected(std::move(made).error());
    return fail(Code::kInvalidArgument,
                fmt::format("an object lies where \"{}\" needs a folder: {}", place.key, made.error().message));
  }
  TRY_ASSIGN(const Stamp stamp, stamp_apart(file, stamp_of(place.object)));
  TRY(write_sidecar(place, {stamp, etag, options.content_type, options.metadata}));
  TRY(rename_file(file.path(), place.object));
  // One behind the other, as the second sync finds most of its work done by the first.
  TRY(sync_folder(std::string(folder_of(place.object))));
  TRY(sync_folder(std::string(folder_of(place.sidecar))));
  return ObjectInfo{place.key, stamp.size, std::move(etag), time_of(stamp), options.content_type, options.metadata};
}

Result<std::unique_ptr<ObjectReader>> DirectoryStore::open(std::string_view key, Range range) {
  TRY_ASSIGN(const Place place, place_of(key));
  auto file = File::open(place.object);
  if (!file && file.error().code == Code::kNotFound) return fail(Code::kNotFound, place.key + " is not there");
  if (!file) return std::unexpected(std::move(file).error());
  TRY_ASSIGN(ObjectInfo info, describe_file(place, *file, true));
  TRY_ASSIGN(const Span span, resolve(range, info.size));
  return make_directory_reader(*std::move(file), std::move(info), span);
}

Result<ObjectInfo> DirectoryStore::head(std::string_view key) {
  TRY_ASSIGN(const auto reader, open(key, {}));
  return reader->info();
}

Result<ObjectPage> DirectoryStore::list(std::string_view prefix, std::string_view after, size_t limit) {
  TRY(check_prefix(prefix));
  limit = std::clamp<size_t>(limit, 1, kMaxPage);
  TRY_ASSIGN(auto files, list_keys(root_, prefix, after, limit + 1));
  ObjectPage page;
  if (files.size() > limit) {
    files.pop_back();
    page.next = files.back().key;
  }
  for (ListedFile& file : files) {
    TRY_ASSIGN(const Place place, place_of(file.key));
    TRY_ASSIGN(ObjectInfo info, describe_stamp(place, file.stamp));
    info.content_type.clear();
    info.metadata.clear();
    page.objects.push_back(std::move(info));
  }
  return page;
}

Result<bool> DirectoryStore::take_away(const Place& place) const {
  bool found = false;
  if (stamp_of(place.object)) {
    TRY_ASSIGN(found, unlink_file(place.object));
    TRY(sync_folder(std::string(folder_of(place.object))));
  }
  TRY_ASSIGN(const bool had_sidecar, unlink_file(place.sidecar));
  if (had_sidecar) TRY(sync_folder(std::string(folder_of(place.sidecar))));
  prune_folders(std::string(folder_of(place.object)), root_);
  prune_folders(std::string(folder_of(place.sidecar)), root_ + "/.meta");
  return found;
}

Status DirectoryStore::remove(std::string_view key) {
  TRY_ASSIGN(const Place place, place_of(key));
  TRY_ASSIGN(const File held, lock());
  TRY(take_away(place));
  return {};
}

Result<uint64_t> DirectoryStore::erase(std::string_view key) {
  TRY_ASSIGN(const Place place, place_of(key));
  TRY_ASSIGN(const File held, lock());
  TRY_ASSIGN(const bool found, take_away(place));
  uint64_t count = found ? 1 : 0;
  TRY_ASSIGN(const auto entries, list_folder(root_ + "/.tmp"));
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder || !entry.name.starts_with(place.temporary_prefix)) continue;
    TRY_ASSIGN(const bool removed, unlink_file(fmt::format("{}/.tmp/{}", root_, entry.name)));
    count += removed ? 1 : 0;
  }
  TRY(sync_folder(root_ + "/.tmp"));
  return count;
}

Result<ProbeStep> DirectoryStore::probe_room() const {
  struct statvfs info{};
  if (::statvfs(root_.c_str(), &info) != 0) return fail(Code::kUnavailable, root_ + " cannot be asked for its room");
  const uint64_t room = uint64_t{info.f_bavail} * info.f_frsize;
  const std::string free = display_bytes(room) + " free";
  if (room >= kLeastRoom) return ProbeStep{"free space", true, free};
  return ProbeStep{"free space", false, free + ", which is little: make room on the disk of " + root_};
}

std::vector<ProbeStep> DirectoryStore::probe() {
  std::vector<ProbeStep> steps;
  const auto add = [&steps](std::string name, const Status& status, std::string fine) {
    steps.push_back({std::move(name), status.has_value(), status ? std::move(fine) : status.error().message});
    return status.has_value();
  };
  if (kind_of(root_ + "/.") != EntryKind::kFolder) {
    add("folder", fail(Code::kNotFound, root_ + " is not a folder; is the disk mounted?"), "");
    return steps;
  }
  add("folder", {}, root_);
  auto file = create_temporary({.temporary_prefix = "probe-"});
  Status written = file ? file->append("gleaner") : std::unexpected(file.error());
  if (!add("writable", written, "yes")) return steps;
  const auto start = std::chrono::steady_clock::now();
  Status synced = file->sync();
  if (synced) synced = sync_folder(root_ + "/.tmp");
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  (void)unlink_file(file->path());
  if (!add("durable", synced, fmt::format("fsync took {:.1f} ms", took.count()))) return steps;
  auto room = probe_room();
  steps.push_back(room ? *std::move(room) : ProbeStep{"free space", false, room.error().message});
  probe_objects(*this, steps);
  return steps;
}

}  // namespace gleaner::object

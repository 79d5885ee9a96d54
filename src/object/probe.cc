#include <fmt/format.h>

#include "base/hash.h"
#include "object/object_store.h"

namespace gleaner::object {
namespace {

constexpr std::string_view kContent = "gleaner wrote this to see whether it can; it may be deleted\n";

// Adds the step; whether it went well.
bool add(std::vector<ProbeStep>& steps, std::string name, const Status& status, std::string fine) {
  steps.push_back({std::move(name), status.has_value(), status ? std::move(fine) : status.error().message});
  return status.has_value();
}

template <typename T>
Status status_of(const Result<T>& result) {
  return result ? Status() : std::unexpected(result.error());
}

Status read_back(ObjectStore& store, const std::string& key) {
  std::string bytes;
  TRY(store.read(key, {}, bytes));
  if (bytes != kContent) return fail(Code::kDataLoss, "what was read is not what was written");
  return {};
}

// Both kinds of condition must refuse.
Status conditions(ObjectStore& store, const std::string& key) {
  for (Condition condition : {Condition::if_absent(), Condition::if_match("00000000000000000000000000000000")}) {
    const bool absent = condition.kind == Condition::Kind::kIfAbsent;
    const auto put = store.put(key, kContent, {.condition = std::move(condition)});
    if (put) {
      return fail(Code::kInternal,
                  fmt::format("the store ignores {}, so two writers can overwrite each other's objects unseen; let "
                              "only one process write, or take a store that honours it",
                              absent ? "If-None-Match" : "If-Match"));
    }
    if (put.error().code != Code::kConflict) return std::unexpected(put.error());
  }
  return {};
}

Status listed(ObjectStore& store, const std::string& key) {
  TRY_ASSIGN(const ObjectPage page, store.list(key, ""));
  if (page.objects.empty() || page.objects.front().key != key) {
    return fail(Code::kInternal, "an object that was just written is not listed");
  }
  return {};
}

Status removed(ObjectStore& store, const std::string& key) {
  // Keys that may not delete versions are usual.
  if (!store.erase(key)) TRY(store.remove(key));
  const auto left = store.head(key);
  if (left) return fail(Code::kInternal, fmt::format("{} is still there after it was deleted", key));
  if (left.error().code != Code::kNotFound) return std::unexpected(left.error());
  return {};
}

}  // namespace

std::string probe_key() {
  return "gleaner-probe/" + to_hex(random_bytes(16));
}

void probe_objects(ObjectStore& store, std::vector<ProbeStep>& steps) {
  const std::string key = probe_key();
  if (!add(steps, "write", status_of(store.put(key, kContent, {.content_type = "text/plain"})), "wrote " + key)) return;
  add(steps, "read back", read_back(store, key), "the same bytes");
  add(steps, "conditional write", conditions(store, key), "honoured");
  add(steps, "list", listed(store, key), "the object is listed");
  add(steps, "delete", removed(store, key), "the object is gone");
}

}  // namespace gleaner::object

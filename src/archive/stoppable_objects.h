// A store of objects for work that may be told to stop: nothing is read or written any longer then, which ends the work
// between two blocks. Removing goes on, so that what was written in vain can be taken back.
//
// Thread contract: as the ObjectStore port promises; `stop` is asked on whichever thread reads or writes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/object_store.h"

namespace gleaner::archive {

class StoppableObjects final : public object::ObjectStore {
 public:
  // `objects` must outlive it. No `stop` never stops.
  StoppableObjects(object::ObjectStore& objects, std::function<bool()> stop)
      : objects_(objects), stop_(std::move(stop)) {}

  // kUnavailable once it is time to stop, as create(), open() and ObjectWriter::write() give it, too.
  Status go_on() const;

  Result<std::unique_ptr<object::ObjectWriter>> create(std::string_view key, object::PutOptions options) override;
  Result<std::unique_ptr<object::ObjectReader>> open(std::string_view key, object::Range range) override;
  Result<object::ObjectInfo> head(std::string_view key) override { return objects_.head(key); }
  Result<object::ObjectPage> list(std::string_view prefix, std::string_view after, size_t limit) override {
    return objects_.list(prefix, after, limit);
  }
  Status remove(std::string_view key) override { return objects_.remove(key); }
  Result<uint64_t> erase(std::string_view key) override { return objects_.erase(key); }
  std::vector<object::ProbeStep> probe() override { return objects_.probe(); }
  std::string describe() const override { return objects_.describe(); }

 private:
  object::ObjectStore& objects_;
  const std::function<bool()> stop_;
};

}  // namespace gleaner::archive

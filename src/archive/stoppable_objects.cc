#include "archive/stoppable_objects.h"

namespace gleaner::archive {
namespace {

class StoppableWriter final : public object::ObjectWriter {
 public:
  StoppableWriter(const StoppableObjects& objects, std::unique_ptr<object::ObjectWriter> writer)
      : objects_(objects), writer_(std::move(writer)) {}

  Status write(std::string_view bytes) override {
    TRY(objects_.go_on());
    return writer_->write(bytes);
  }
  Result<object::ObjectInfo> commit() override { return writer_->commit(); }

 private:
  const StoppableObjects& objects_;
  const std::unique_ptr<object::ObjectWriter> writer_;
};

}  // namespace

Status StoppableObjects::go_on() const {
  if (!stop_ || !stop_()) return {};
  return fail(Code::kUnavailable, "stopped before its end");
}

Result<std::unique_ptr<object::ObjectWriter>> StoppableObjects::create(std::string_view key,
                                                                       object::PutOptions options) {
  TRY(go_on());
  TRY_ASSIGN(std::unique_ptr<object::ObjectWriter> writer, objects_.create(key, std::move(options)));
  return std::make_unique<StoppableWriter>(*this, std::move(writer));
}

Result<std::unique_ptr<object::ObjectReader>> StoppableObjects::open(std::string_view key, object::Range range) {
  TRY(go_on());
  return objects_.open(key, range);
}

}  // namespace gleaner::archive

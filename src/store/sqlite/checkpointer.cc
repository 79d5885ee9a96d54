#include "store/sqlite/checkpointer.h"

namespace gleaner::store {

Checkpointer::Checkpointer() : thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Status Checkpointer::after_commit(const std::shared_ptr<DayFile>& day) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kMoving) return {};
    if (phase_ == Phase::kIdle) {
      if (!day->wants_checkpoint()) return {};
      day_ = day;
      phase_ = Phase::kMoving;
      wake_.notify_one();
      return {};
    }
    if (day_ != day) {
      phase_ = Phase::kIdle;
      return {};
    }
    phase_ = Phase::kIdle;
  }
  return day->checkpoint(Database::Checkpoint::kPassive);
}

void Checkpointer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || phase_ == Phase::kMoving; });
    if (stopping_) return;
    const std::string path = day_->path();
    lock.unlock();
    // A pass that fails is tried again after the next commit; the log only grows meanwhile.
    if (auto db = Database::open(path, Database::Mode::kExisting)) {
      static_cast<void>((*db)->checkpoint(Database::Checkpoint::kPassive));
    }
    lock.lock();
    phase_ = Phase::kMoved;
  }
}

}  // namespace gleaner::store

// Moves write-ahead logs into their files on a thread of its own, so that commits do not wait for it. While the writer
// keeps writing, such a pass never reaches the log's end, and SQLite starts a log over only when all of it was moved;
// so a finished pass is followed by a short one on the writer's own thread.
//
// Thread contract: after_commit() by the writer; the rest is its own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "store/sqlite/day_file.h"

namespace gleaner::store {

class Checkpointer {
 public:
  Checkpointer();
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  Status after_commit(const std::shared_ptr<DayFile>& day);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<DayFile> day_;  // guarded by mutex_: the one being moved
  enum class Phase { kIdle, kMoving, kMoved };
  Phase phase_ = Phase::kIdle;  // guarded by mutex_
  bool stopping_ = false;       // guarded by mutex_
  std::thread thread_;
};

}  // namespace gleaner::store

// SQLite behind our manners: errors as values, statements prepared once, values bound. The only files that include
// <sqlite3.h> are this header and its .cc.
//
// Thread contract: a Database and its Statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "base/error.h"

namespace gleaner::store {

class Database;

// A prepared statement. Bind by position from 1; text and blobs must live until the next reset().
class Statement {
 public:
  Statement() = default;
  Statement(Database& db, std::string_view sql);

  Statement& bind(int index, int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view blob);
  Statement& bind_null(int index);

  // True while there is a row. Resets the statement at the end and on error.
  Result<bool> step();
  // For statements without rows.
  Status run();
  void reset();

  int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  double real(int column) const { return sqlite3_column_double(handle_.get(), column); }
  bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  // Good until the next step() or reset().
  std::string_view text(int column) const;
  std::string_view blob(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database* db_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Database {
 public:
  enum class Mode { kCreate, kExisting, kReadOnly };

  // Opens the file (kCreate: or makes it, readable by its owner only): write-ahead log, synchronous=FULL, erased
  // content overwritten.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() = default;

  Status execute(const char* sql);
  // The number in the file's user_version, which holds our schema version.
  Result<int64_t> user_version();

  // Runs `body` in one transaction that holds the write lock from its start.
  Status transaction(const std::function<Status()>& body);
  Status begin() { return execute("BEGIN IMMEDIATE"); }
  Status commit();
  void rollback();

  // What is read while it lives is of one instant.
  class Snapshot {
   public:
    static Result<Snapshot> begin(Database& db) {
      TRY(db.execute("BEGIN"));
      return Snapshot(db);
    }
    Snapshot(Snapshot&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
    Snapshot& operator=(Snapshot&&) = delete;
    ~Snapshot() {
      if (db_ != nullptr) db_->rollback();
    }

   private:
    explicit Snapshot(Database& db) : db_(&db) {}
    Database* db_;
  };

  int64_t last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  int64_t changes() const { return sqlite3_changes64(handle_.get()); }

  // Pages in the write-ahead log after the last commit.
  int wal_pages() const { return wal_pages_; }
  enum class Checkpoint { kPassive, kTruncate };
  Status checkpoint(Checkpoint mode);

  // Gives cached pages back.
  void release_memory() { sqlite3_db_release_memory(handle_.get()); }

  Error error(int code) const;
  sqlite3* handle() { return handle_.get(); }

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}

  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
  int wal_pages_ = 0;
};

}  // namespace gleaner::store

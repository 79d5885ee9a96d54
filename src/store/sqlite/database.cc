#include "store/sqlite/database.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace gleaner::store {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

constexpr const char* kWriterPragmas =
    "PRAGMA page_size=8192;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA secure_delete=ON;"
    "PRAGMA cache_size=-8192;"
    "PRAGMA temp_store=MEMORY;";

Code code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
      return Code::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kDataLoss;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Statement::Statement(Database& db, std::string_view sql) : db_(&db) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(db.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                     nullptr);
  handle_.reset(statement);
}

Statement& Statement::bind(int index, int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(handle_.get(), index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view blob) {
  sqlite3_bind_blob64(handle_.get(), index, blob.data(), blob.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_null(int index) {
  sqlite3_bind_null(handle_.get(), index);
  return *this;
}

Result<bool> Statement::step() {
  const int code = handle_ == nullptr ? sqlite3_errcode(db_->handle()) : sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = db_->error(code);
  reset();
  return std::unexpected(std::move(error));
}

Status Statement::run() {
  TRY(step());
  reset();
  return {};
}

void Statement::reset() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

std::string_view Statement::text(int column) const {
  const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  return {data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const auto* const data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  return {data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode) {
  std::unique_ptr<Database> db(new Database(path));
  if (mode == Mode::kCreate) {
    // SQLite would take what the umask leaves, and gives the same to its log.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fail(Code::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
    ::close(fd);
  }
  sqlite3* handle = nullptr;
  const int access = mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX, nullptr);
  db->handle_.reset(handle);
  if (code != SQLITE_OK) return std::unexpected(db->error(code));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  if (mode != Mode::kReadOnly) {
    TRY(db->execute(kWriterPragmas));
    const auto on_commit = [](void* self, sqlite3*, const char*, int pages) {
      static_cast<Database*>(self)->wal_pages_ = pages;
      return SQLITE_OK;
    };
    sqlite3_wal_hook(handle, on_commit, db.get());
  } else {
    TRY(db->execute("PRAGMA cache_size=-2048;"));
  }
  return db;
}

Error Database::error(int code) const {
  const char* const what = handle_ != nullptr ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  std::string message = fmt::format("{}: {}", std::filesystem::path(path_).filename().string(), what);
  if ((code & 0xff) == SQLITE_FULL) message += "; free some space, writing goes on by itself";
  return {code_of(code), std::move(message)};
}

Status Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return {};
}

Result<int64_t> Database::user_version() {
  Statement statement(*this, "PRAGMA user_version");
  TRY_ASSIGN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Status Database::commit() {
  Status committed = execute("COMMIT");
  if (!committed) rollback();
  return committed;
}

void Database::rollback() {
  if (sqlite3_get_autocommit(handle_.get()) == 0) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Database::transaction(const std::function<Status()>& body) {
  TRY(begin());
  if (Status done = body(); !done) {
    rollback();
    return done;
  }
  return commit();
}

Status Database::checkpoint(Checkpoint mode) {
  const int sqlite_mode = mode == Checkpoint::kPassive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, sqlite_mode, nullptr, nullptr);
  // A reader in the way only delays the checkpoint.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return std::unexpected(error(code));
  return {};
}

}  // namespace gleaner::store

// One connection to PostgreSQL: statements prepared once, several in one round trip, COPY, and every wait bounded, so
// that a database that hangs is an error like one that is gone. One thread at a time.
//
// Errors of every method, by what can be done about them:
//   kUnavailable  the database is away, full, read-only, out of date or refuses the role: nothing is wrong with what
//   was
//                 to be stored; the message says what to do
//   kInternal     the statement or its values were refused
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"

// Of libpq, whose header only connection.cc needs.
struct pg_conn;
struct pg_result;

namespace gleaner::store {

// An array as PostgreSQL writes it in text: {"a","b",NULL}.
class ArrayText {
 public:
  ArrayText& add(std::string_view value);
  ArrayText& add(int64_t value);
  ArrayText& add(double value);
  ArrayText& add(bool value);
  ArrayText& add(Time value);
  ArrayText& add_bytes(std::string_view value);
  ArrayText& add_null();
  // The array closed; begins a new one.
  std::string take();

 private:
  void separate();
  std::string text_ = "{";
};

// Text that PostgreSQL takes: without zero bytes, which it has no place for, and with "?" where it is not UTF-8, which
// only what is looked for can be, not what is stored.
std::string pg_text(std::string_view text);

// A bytea.
struct Bytes {
  std::string_view bytes;
};

// The values of a statement's $1, $2 ... in their text form.
class Params {
 public:
  template <typename... Values>
  static Params of(Values&&... values) {
    Params params;
    (params.add(std::forward<Values>(values)), ...);
    return params;
  }
  Params& add(std::string_view value);
  Params& add(const char* value) { return add(std::string_view(value)); }
  Params& add(int64_t value);
  Params& add(int value) { return add(int64_t{value}); }
  Params& add(Time value);
  Params& add(ArrayText&& array);
  Params& add(Bytes value);

 private:
  friend class Connection;
  std::vector<std::string> values_;
};

struct Call {
  const char* sql;  // static: it is also the statement's name
  Params params;
  bool binary = false;  // how the answer comes
};

// Rows of an answer. Columns of a binary answer are read with the b_ functions.
class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result) : result_(result) {}
  int count() const;
  int64_t affected() const;
  bool is_null(int row, int column) const;
  std::string_view text(int row, int column) const;
  int64_t integer(int row, int column) const;
  double real(int row, int column) const;
  bool flag(int row, int column) const { return text(row, column) == "t"; }
  int64_t b_integer(int row, int column) const;
  double b_real(int row, int column) const;
  Time b_time(int row, int column) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

class Connection {
 public:
  struct Options {
    Secret url;
    std::chrono::seconds connect_timeout{5};
    std::chrono::seconds statement_timeout{10};
  };
  static Result<std::unique_ptr<Connection>> open(const Options& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<Rows> query(const char* sql, Params params = {}, bool binary = false);
  // All of them in one round trip; stops at the first that fails.
  Result<std::vector<Rows>> pipeline(std::vector<Call> calls);
  // Text of any number of statements; the answer is the last one's.
  Result<Rows> script(const std::string& sql);
  // COPY ... FROM STDIN: its statement, which may have others in front of it; data, in any number of pieces; the end.
  Status copy_begin(const std::string& sql);
  Status copy_data(std::string_view data);
  Status copy_end();

  // After an error: ends the transaction, if the connection still works.
  void rollback();
  // Whether it may be used again.
  bool healthy() const;
  // SQLSTATE of the last error; empty if the connection itself broke.
  const std::string& sqlstate() const { return sqlstate_; }
  // Whether the same transaction may go through if it is tried again at once.
  bool worth_retrying() const;
  // Whether the last statement may have been carried out although there was no answer.
  bool lost() const { return lost_; }
  int server_version() const;
  // Host, port and database, for messages.
  std::string where() const;

 private:
  explicit Connection(pg_conn* connection, std::chrono::seconds timeout) : connection_(connection), timeout_(timeout) {}
  Status set_session(std::chrono::seconds statement_timeout);
  Status flush();
  Status wait(bool for_writing);
  // The next result, null at the end of a statement's results.
  Result<pg_result*> next_result();
  Result<Rows> take_result();
  std::unexpected<Error> broken(std::string_view what);
  std::unexpected<Error> refused(const pg_result* result);
  Result<std::string> statement(const char* sql, int parameters);

  pg_conn* connection_;
  std::chrono::seconds timeout_;
  std::chrono::steady_clock::time_point deadline_;
  std::unordered_map<const char*, std::string> prepared_;
  size_t names_ = 0;
  std::string sqlstate_;
  bool lost_ = false;
};

// Errors of opening a connection or of SQLSTATE `state`, with advice.
// `hint` is the server's own advice, which goes before ours.
Error describe(std::string_view state, std::string_view message, std::string_view hint = {});

}  // namespace gleaner::store

#include "store/postgres/connection.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include "base/hash.h"
#include "base/text.h"

namespace gleaner::store {
namespace {

// How much longer than the server's own limits is waited for its answer.
constexpr std::chrono::seconds kGrace{2};
// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
constexpr int64_t kEpochMs = 946'684'800'000;

struct Advice {
  std::string_view state;  // of SQLSTATE, or its class
  Code code;
  std::string_view text;
};

// https://www.postgresql.org/docs/15/errcodes-appendix.html; the first that begins the state counts.
constexpr std::array kAdvice = {
    Advice{"08", Code::kUnavailable, ""},
    Advice{"25006", Code::kUnavailable,
           "the database takes no writes (a standby, or default_transaction_read_only): point DATABASE_URL at the "
           "primary"},
    Advice{"28", Code::kUnavailable, "check the user and password in DATABASE_URL, and pg_hba.conf"},
    Advice{"3D000", Code::kUnavailable, "create the database, or mend its name in DATABASE_URL"},
    Advice{"3F000", Code::kUnavailable, "the schema is missing or old: run `gleaner migrate`"},
    Advice{"40", Code::kUnavailable, "the transaction lost against another; it may be tried again"},
    Advice{
        "42501", Code::kUnavailable,
        "give the role of DATABASE_URL membership in gleaner_server, or run `gleaner migrate` as the schema's owner"},
    Advice{"42P01", Code::kUnavailable, "the schema is missing or old: run `gleaner migrate`"},
    Advice{"42703", Code::kUnavailable, "the schema is missing or old: run `gleaner migrate`"},
    Advice{"42883", Code::kUnavailable, "the schema is missing or old: run `gleaner migrate`"},
    Advice{"53100", Code::kUnavailable, "the database's disk is full"},
    Advice{"53300", Code::kUnavailable, "raise max_connections, or lower database_connections of each server"},
    Advice{"53", Code::kUnavailable, ""},
    Advice{"54", Code::kInternal, ""},
    Advice{"55P03", Code::kUnavailable, "another transaction holds a lock for too long"},
    Advice{"57014", Code::kUnavailable, "the statement took too long"},
    Advice{"57", Code::kUnavailable, ""},
    Advice{"58", Code::kUnavailable, ""},
    Advice{"XX", Code::kUnavailable, "look into the database's log"},
};

std::string one_line_of(std::string_view message) {
  std::string out = one_line(trim(message));
  const auto twice = std::ranges::unique(out, [](char a, char b) { return a == ' ' && b == ' '; });
  out.erase(twice.begin(), twice.end());
  return out;
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c != '\0') out += c;
  }
  out += '"';
}

template <typename Unsigned>
Unsigned big_endian(const char* bytes) {
  Unsigned value = 0;
  for (size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Unsigned>(value << 8U | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

template <typename Number>
Number number(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// What libpq would say about a URL it cannot read has parts of it, which may be parts of a password.
Status check_url(const std::string& url) {
  char* ignored = nullptr;
  PQconninfoOption* const parsed = PQconninfoParse(url.c_str(), &ignored);
  PQfreemem(ignored);
  bool right = parsed != nullptr;
  for (const PQconninfoOption* one = parsed; right && one->keyword != nullptr; ++one) {
    if (one->val == nullptr) continue;
    const std::string_view value(one->val);
    if (std::string_view(one->keyword) == "host") right = value.find('@') == std::string_view::npos;
    if (std::string_view(one->keyword) == "port")
      right = value.find_first_not_of("0123456789,") == std::string_view::npos;
  }
  PQconninfoFree(parsed);
  if (right) return {};
  return fail(Code::kInvalidArgument,
              "database_url: expected postgresql://user:password@host:5432/database, with special characters of the "
              "password in percent-encoding (@ as %40)");
}

}  // namespace

Error describe(std::string_view state, std::string_view message, std::string_view hint) {
  const auto* const found =
      std::ranges::find_if(kAdvice, [state](const Advice& one) { return state.starts_with(one.state); });
  std::string text = "PostgreSQL: " + one_line_of(message);
  const Code code = found == kAdvice.end() ? Code::kInternal : found->code;
  const std::string advice =
      !hint.empty() ? one_line_of(hint) : std::string(found == kAdvice.end() ? std::string_view() : found->text);
  if (!advice.empty()) text += fmt::format("; {}", advice);
  return {code, std::move(text)};
}

std::string pg_text(std::string_view text) {
  std::string out = printable(text);
  std::erase(out, '\0');
  return out;
}

void ArrayText::separate() {
  if (text_.size() > 1) text_ += ',';
}

ArrayText& ArrayText::add(std::string_view value) {
  separate();
  append_quoted(text_, value);
  return *this;
}

ArrayText& ArrayText::add(int64_t value) {
  separate();
  text_ += std::to_string(value);
  return *this;
}

ArrayText& ArrayText::add(double value) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", value);
  return *this;
}

ArrayText& ArrayText::add(bool value) {
  separate();
  text_ += value ? 't' : 'f';
  return *this;
}

ArrayText& ArrayText::add(Time value) {
  separate();
  append_time(text_, value);
  return *this;
}

ArrayText& ArrayText::add_bytes(std::string_view value) {
  separate();
  text_ += "\"\\\\x";
  text_ += to_hex(value);
  text_ += '"';
  return *this;
}

ArrayText& ArrayText::add_null() {
  separate();
  text_ += "NULL";
  return *this;
}

std::string ArrayText::take() {
  text_ += '}';
  return std::exchange(text_, "{");
}

Params& Params::add(std::string_view value) {
  values_.push_back(pg_text(value));
  return *this;
}

Params& Params::add(int64_t value) {
  values_.push_back(std::to_string(value));
  return *this;
}

Params& Params::add(Time value) {
  values_.push_back(format_time(value));
  return *this;
}

Params& Params::add(ArrayText&& array) {
  values_.push_back(array.take());
  return *this;
}

Params& Params::add(Bytes value) {
  values_.push_back("\\x" + to_hex(value.bytes));
  return *this;
}

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

int Rows::count() const {
  return PQntuples(result_.get());
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

int64_t Rows::affected() const {
  return number<int64_t>(PQcmdTuples(result_.get()));
}

std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Rows::integer(int row, int column) const {
  return number<int64_t>(text(row, column));
}

double Rows::real(int row, int column) const {
  return number<double>(text(row, column));
}

int64_t Rows::b_integer(int row, int column) const {
  const std::string_view bytes = text(row, column);
  if (bytes.size() == 8) return static_cast<int64_t>(big_endian<uint64_t>(bytes.data()));
  if (bytes.size() == 4) return static_cast<int32_t>(big_endian<uint32_t>(bytes.data()));
  return 0;
}

double Rows::b_real(int row, int column) const {
  const std::string_view bytes = text(row, column);
  return bytes.size() == 8 ? std::bit_cast<double>(big_endian<uint64_t>(bytes.data())) : 0;
}

Time Rows::b_time(int row, int column) const {
  return from_ms(b_integer(row, column) / 1000 + kEpochMs);
}

Result<std::unique_ptr<Connection>> Connection::open(const Options& options) {
  TRY(check_url(options.url.reveal()));
  const std::string timeout = std::to_string(options.connect_timeout.count());
  const std::array keywords = {
      "dbname",          "connect_timeout",     "application_name", "client_encoding",
      "keepalives_idle", "keepalives_interval", "tcp_user_timeout", static_cast<const char*>(nullptr)};
  const std::array values = {options.url.reveal().c_str(),     timeout.c_str(), "gleaner", "UTF8", "10", "5", "15000",
                             static_cast<const char*>(nullptr)};
  PGconn* const raw = PQconnectdbParams(keywords.data(), values.data(), 1);
  std::unique_ptr<Connection> connection(new Connection(raw, options.statement_timeout + kGrace));
  if (PQstatus(raw) != CONNECTION_OK) {
    // libpq gives no SQLSTATE here, only the text.
    const std::string message = PQerrorMessage(raw);
    const auto says = [&message](std::string_view words) { return message.find(words) != std::string::npos; };
    const std::string_view state = says("authentication failed") || says("no password supplied") ||
                                           says("pg_hba.conf") || (says("role \"") && says("does not exist"))
                                       ? "28"
                                   : says("database \"") && says("does not exist")          ? "3D000"
                                   : says("too many") || says("remaining connection slots") ? "53300"
                                                                                            : "08";
    Error error = describe(state, message);
    if (state == "08") error.message += "; see that it runs, and that DATABASE_URL is right";
    return std::unexpected(std::move(error));
  }
  PQsetnonblocking(raw, 1);
  TRY(connection->set_session(options.statement_timeout));
  return connection;
}

Connection::~Connection() {
  PQfinish(connection_);
}

// What this program relies on, whatever the database's own defaults are. Look-ups join a few keys with a large
// partition that may be younger than its statistics: nested loops over the keys' indexes are the only plan wanted.
Status Connection::set_session(std::chrono::seconds statement_timeout) {
  TRY_ASSIGN(
      const Rows done,
      script(fmt::format(
          "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET search_path = pg_catalog; SET jit = off; "
          "SET plan_cache_mode = force_custom_plan; SET enable_hashjoin = off; SET enable_mergejoin = off; "
          "SET enable_seqscan = off; SET enable_bitmapscan = off; SET standard_conforming_strings = on; SET "
          "bytea_output = 'hex'; "
          "SET extra_float_digits = 1; SET client_min_messages = warning; SET row_security = on; "
          "SET statement_timeout = '{}s'; SET lock_timeout = '10s'; "
          "SET idle_in_transaction_session_timeout = '60s'; "
          "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
          statement_timeout.count())));
  return {};
}

int Connection::server_version() const {
  return PQserverVersion(connection_);
}

std::string Connection::where() const {
  return fmt::format("{}:{}/{}", PQhost(connection_), PQport(connection_), PQdb(connection_));
}

std::unexpected<Error> Connection::broken(std::string_view what) {
  sqlstate_.clear();
  lost_ = true;
  const std::string message = PQerrorMessage(connection_);
  Error error = describe("08", message.empty() ? std::string(what) : fmt::format("{}: {}", what, message));
  return std::unexpected(std::move(error));
}

std::unexpected<Error> Connection::refused(const PGresult* result) {
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr) return broken("the connection broke");
  sqlstate_ = state;
  // The server is going down, or has thrown us out: whether the last commit went through is not known.
  lost_ = PQstatus(connection_) != CONNECTION_OK || sqlstate_.starts_with("57P");
  const char* const hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
  return std::unexpected(describe(sqlstate_, message == nullptr ? "" : message, hint == nullptr ? "" : hint));
}

bool Connection::healthy() const {
  return !lost_ && PQstatus(connection_) == CONNECTION_OK && PQtransactionStatus(connection_) == PQTRANS_IDLE &&
         PQpipelineStatus(connection_) == PQ_PIPELINE_OFF;
}

bool Connection::worth_retrying() const {
  return lost_ || sqlstate_.starts_with("40") || sqlstate_ == "55P03";
}

Status Connection::wait(bool for_writing) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  pollfd fd{PQsocket(connection_), static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN), 0};
  const int ready = left.count() <= 0 ? 0 : poll(&fd, 1, static_cast<int>(left.count()));
  if (ready == 0) {
    sqlstate_.clear();
    lost_ = true;
    return fail(Code::kUnavailable, fmt::format("PostgreSQL: no answer from {} for {} s", where(), timeout_.count()));
  }
  if ((fd.revents & POLLIN) != 0 && PQconsumeInput(connection_) == 0) return broken("the connection broke");
  return {};
}

Status Connection::flush() {
  while (true) {
    const int left = PQflush(connection_);
    if (left == 0) return {};
    if (left < 0) return broken("the connection broke");
    TRY(wait(true));
  }
}

Result<PGresult*> Connection::next_result() {
  while (PQisBusy(connection_) != 0) TRY(wait(false));
  return PQgetResult(connection_);
}

// All results of one statement or script, the last of them kept. An error among them is the answer.
Result<Rows> Connection::take_result() {
  Rows last;
  std::optional<Error> error;
  for (int results = 0;; ++results) {
    TRY_ASSIGN(PGresult* const result, next_result());
    // No answer is none, not one without rows.
    if (result == nullptr && results == 0) return broken("the connection broke");
    if (result == nullptr) break;
    Rows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        last = std::move(rows);
        break;
      case PGRES_COPY_IN:
        return rows;
      case PGRES_PIPELINE_ABORTED:
        break;
      default:
        if (!error) error = refused(result).error();
        if (lost_) return std::unexpected(*std::move(error));
    }
  }
  if (error) return std::unexpected(*std::move(error));
  return last;
}

Result<Rows> Connection::query(const char* sql, Params params, bool binary) {
  std::vector<Call> calls;
  calls.push_back({sql, std::move(params), binary});
  TRY_ASSIGN(std::vector<Rows> rows, pipeline(std::move(calls)));
  return std::move(rows.front());
}

Result<Rows> Connection::script(const std::string& sql) {
  deadline_ = std::chrono::steady_clock::now() + timeout_;
  if (PQsendQuery(connection_, sql.c_str()) == 0) return broken("a statement could not be sent");
  TRY(flush());
  return take_result();
}

// Its name, made known to the server in the same round trip the first time.
Result<std::string> Connection::statement(const char* sql, int parameters) {
  const auto known = prepared_.find(sql);
  if (known != prepared_.end()) return known->second;
  std::string name = fmt::format("g{}", names_++);
  if (PQsendPrepare(connection_, name.c_str(), sql, parameters, nullptr) == 0)
    return broken("a statement could not be sent");
  return name;
}

Result<std::vector<Rows>> Connection::pipeline(std::vector<Call> calls) {
  deadline_ = std::chrono::steady_clock::now() + timeout_;
  if (PQenterPipelineMode(connection_) == 0) return broken("the connection is busy");
  std::vector<std::string> prepared_now(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    const Call& call = calls[i];
    const auto count = static_cast<int>(call.params.values_.size());
    TRY_ASSIGN(const std::string name, statement(call.sql, count));
    if (prepared_.try_emplace(call.sql, name).second) prepared_now[i] = name;
    std::vector<const char*> values;
    values.reserve(call.params.values_.size());
    for (const std::string& value : call.params.values_) values.push_back(value.c_str());
    if (PQsendQueryPrepared(connection_, name.c_str(), count, values.data(), nullptr, nullptr, call.binary ? 1 : 0) ==
        0) {
      return broken("a statement could not be sent");
    }
  }
  if (PQpipelineSync(connection_) == 0) return broken("a statement could not be sent");
  TRY(flush());
  std::vector<Rows> answers;
  std::optional<Error> error;
  std::string state;
  for (size_t i = 0; i < calls.size(); ++i) {
    for (const bool preparing : {true, false}) {
      if (preparing && prepared_now[i].empty()) continue;
      Result<Rows> rows = take_result();
      if (lost_) return std::unexpected(std::move(rows).error());
      if (error || !rows) {
        // Nothing behind the first error is carried out, and so not prepared either.
        if (!error) {
          error = std::move(rows).error();
          state = sqlstate_;
        }
        if (!prepared_now[i].empty()) prepared_.erase(calls[i].sql);
        continue;
      }
      if (!preparing) answers.push_back(*std::move(rows));
    }
  }
  while (true) {
    TRY_ASSIGN(PGresult* const result, next_result());
    const Rows rows(result);
    if (result != nullptr && PQresultStatus(result) == PGRES_PIPELINE_SYNC) break;
    if (result == nullptr && PQstatus(connection_) != CONNECTION_OK) return broken("the connection broke");
  }
  PQexitPipelineMode(connection_);
  if (!error) return answers;
  sqlstate_ = state;
  return std::unexpected(*std::move(error));
}

Status Connection::copy_begin(const std::string& sql) {
  TRY(script(sql));
  return {};
}

// libpq keeps what it could not send yet: a piece at a time keeps that small.
Status Connection::copy_data(std::string_view data) {
  constexpr size_t kPiece = size_t{256} << 10;
  deadline_ = std::chrono::steady_clock::now() + timeout_;
  while (!data.empty()) {
    const std::string_view piece = data.substr(0, kPiece);
    const int taken = PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size()));
    if (taken < 0) {
      // The server has ended it; its reason is waiting.
      TRY(take_result());
      return broken("COPY broke off");
    }
    if (taken == 0) {
      TRY(wait(true));
      continue;
    }
    TRY(flush());
    data.remove_prefix(piece.size());
  }
  return {};
}

Status Connection::copy_end() {
  deadline_ = std::chrono::steady_clock::now() + timeout_;
  while (true) {
    const int ended = PQputCopyEnd(connection_, nullptr);
    if (ended < 0) return broken("COPY broke off");
    if (ended > 0) break;
    TRY(wait(true));
  }
  TRY(flush());
  TRY(take_result());
  return {};
}

void Connection::rollback() {
  if (lost_ || PQtransactionStatus(connection_) == PQTRANS_IDLE) return;
  // An error here leaves the connection unhealthy, and so unused.
  static_cast<void>(script("ROLLBACK"));
}

}  // namespace gleaner::store

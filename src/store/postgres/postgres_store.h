// The store that many servers share: PostgreSQL 15 or later. docs/postgres.md describes its tables.
//
// Thread contract: as the Store port promises. append() of one store takes turns; several stores, in as many processes
// as one likes, write side by side.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/secret.h"
#include "store/postgres/archive.h"
#include "store/postgres/batch.h"
#include "store/postgres/pool.h"
#include "store/postgres/registry.h"
#include "store/store.h"

namespace gleaner::store {

struct PostgresOptions {
  Secret url;
  size_t connections = 8;
  bool migrate = true;  // bring the schema up to date at opening
  int zstd_level = 1;
  size_t compression_threshold = 1024;  // bytes of JSON from which a record is compressed
};

class PostgresStore final : public Store {
 public:
  // Errors: kUnavailable, saying what to do.
  static Result<std::unique_ptr<PostgresStore>> open(const PostgresOptions& options);
  // Brings the schema up to date. The version it had before.
  static Result<int> migrate(const PostgresOptions& options);
  ~PostgresStore() override;

  Registry& registry() { return registry_; }
  ArchiveCatalog& archive() { return *archive_; }

  Result<std::vector<Outcome>> append(std::vector<Write>&& writes) override;
  Result<Stored> find(std::string_view project, std::string_view id) override;
  Result<std::unique_ptr<Scan>> scan(ScanOptions options) override;
  Result<Totals> totals(std::string_view project) override;
  Result<std::vector<Write>> waiting(std::string_view project) override;
  Result<Erased> erase(std::string_view project, std::string_view id) override;
  Result<std::vector<Day>> days() override;
  Status drop_day(Day day) override;
  Status add_rejects(std::vector<Reject> rejects) override;
  Result<std::vector<Reject>> rejects(std::string_view project, int64_t after, size_t limit) override;
  Status check_writable() override;

 private:
  explicit PostgresStore(const PostgresOptions& options);
  class WriterLease;
  std::unique_ptr<WriterState> make_writer();
  Result<std::vector<Outcome>> append_once(Connection& connection, WriterState& writer,
                                           const std::vector<Write>& writes, bool trust_fresh);
  Result<std::vector<Day>> hot_days(std::string_view project);
  static Status settle(Connection& connection, WriterState& writer, const std::set<Ref>& targets);
  // What has to be done from time to time, by one of all servers: days made ahead, signals given to interactions that
  // came at the same moment, rows of dropped days forgotten.
  Status keep_house();
  Status settle_some(Connection& connection);
  void keep_house_until_stopped(const std::stop_token& stop);

  const PostgresOptions options_;
  Pool pool_;
  PostgresRegistry registry_;
  std::unique_ptr<PostgresArchive> archive_;  // made when the store is opened
  bool staged_ = false;                       // of every writer; set when the store is opened
  std::mutex writers_mutex_;
  int64_t next_slot_;                                       // guarded by writers_mutex_
  std::vector<std::unique_ptr<WriterState>> idle_writers_;  // guarded by writers_mutex_
  std::jthread keeper_;
};

}  // namespace gleaner::store

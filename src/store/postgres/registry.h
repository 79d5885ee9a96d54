// Projects, their secrets and API keys in PostgreSQL. Thread contract: as the port promises.
#pragma once

#include "store/postgres/pool.h"
#include "store/registry.h"

namespace gleaner::store {

class PostgresRegistry final : public Registry {
 public:
  explicit PostgresRegistry(Pool& pool) : pool_(pool) {}

  Result<Project> project(std::string_view name) override;
  Result<std::vector<std::string>> projects() override;
  Status restore_project(const Project& project) override;
  Status rotate_secret(std::string_view name, Time from) override;
  Status add_key(const ApiKey& key) override;
  Result<std::vector<ApiKey>> keys() override;
  Result<bool> revoke_key(std::string_view project, std::string_view id, Time at) override;

 private:
  Pool& pool_;
};

}  // namespace gleaner::store

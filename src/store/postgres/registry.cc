#include "store/postgres/registry.h"

#include <ranges>

#include <fmt/format.h>

#include "base/hash.h"

namespace gleaner::store {
namespace {

// Binary, because secrets are bytes; in the order in which they came into force.
constexpr const char* kReadProject = R"sql(
SELECT NULL::timestamptz AS valid_from, secret FROM gleaner.projects WHERE name = $1
UNION ALL SELECT valid_from, secret FROM gleaner.secret_rotations WHERE project = $1
ORDER BY valid_from NULLS FIRST)sql";

constexpr const char* kAddProject =
    "INSERT INTO gleaner.projects (name, secret) VALUES ($1, $2::bytea) ON CONFLICT DO NOTHING";

constexpr const char* kAddRotation =
    "INSERT INTO gleaner.secret_rotations (project, valid_from, secret) VALUES ($1, $2::timestamptz, $3::bytea)";

// No row comes back where the id is another key's.
constexpr const char* kAddKey = R"sql(
INSERT INTO gleaner.api_keys AS k (id, project, name, scopes, hash, created_at, revoked_at)
VALUES ($1, $2, $3, $4::text[], $5, $6::timestamptz, nullif($7::text, '')::timestamptz)
ON CONFLICT (id) DO UPDATE SET revoked_at = coalesce(k.revoked_at, excluded.revoked_at)
WHERE (k.project, k.name, k.scopes, k.hash, k.created_at)
    = (excluded.project, excluded.name, excluded.scopes, excluded.hash, excluded.created_at)
RETURNING id)sql";

// Taken by whoever changes a project's secrets, so that two changes follow each other.
constexpr const char* kLockProject = "SELECT name FROM gleaner.projects WHERE name = $1 FOR UPDATE";

Result<std::optional<Project>> read_project(Connection& connection, std::string_view name) {
  TRY_ASSIGN(const Rows rows, connection.query(kReadProject, Params::of(name), true));
  if (rows.count() == 0) return std::nullopt;
  Project project{std::string(name), Secret(std::string(rows.text(0, 1))), {}};
  for (int i = 1; i < rows.count(); ++i)
    project.rotations.push_back({rows.b_time(i, 0), Secret(std::string(rows.text(i, 1)))});
  return project;
}

Result<Project> read_or_make_project(Connection& connection, std::string_view name) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    TRY_ASSIGN(std::optional<Project> project, read_project(connection, name));
    if (project) return *std::move(project);
    TRY(connection.query(kAddProject, Params::of(name, Bytes{random_bytes(32)})));
  }
  return fail(Code::kInternal, "a project vanished");
}

// Runs `work` in a transaction that holds the project's lock.
template <typename Work>
Status with_project(Pool& pool, std::string_view name, Work work) {
  return pool.run([&](Connection& connection) -> Status {
    TRY(connection.script("BEGIN ISOLATION LEVEL READ COMMITTED"));
    TRY_ASSIGN(const Rows locked, connection.query(kLockProject, Params::of(name)));
    TRY(work(connection));
    TRY(connection.script("COMMIT"));
    return {};
  });
}

}  // namespace

Result<Project> PostgresRegistry::project(std::string_view name) {
  return pool_.run([&](Connection& connection) { return read_or_make_project(connection, name); });
}

Result<std::vector<std::string>> PostgresRegistry::projects() {
  return pool_.run([](Connection& connection) -> Result<std::vector<std::string>> {
    TRY_ASSIGN(const Rows rows, connection.query("SELECT name FROM gleaner.projects ORDER BY name"));
    std::vector<std::string> names;
    for (int i = 0; i < rows.count(); ++i) names.emplace_back(rows.text(i, 0));
    return names;
  });
}

Status PostgresRegistry::restore_project(const Project& project) {
  const std::string& secret = project.secret.reveal();
  TRY(pool_.run(
      [&](Connection& connection) { return connection.query(kAddProject, Params::of(project.name, Bytes{secret})); }));
  return with_project(pool_, project.name, [&](Connection& connection) -> Status {
    TRY_ASSIGN(const Project here, read_or_make_project(connection, project.name));
    if (here.continues(project)) return {};
    if (!project.continues(here))
      return fail(Code::kConflict, fmt::format("project \"{}\" is here already, with other secrets", project.name));
    for (const Rotation& rotation : project.rotations | std::views::drop(here.rotations.size())) {
      Params params;
      params.add(project.name).add(rotation.from).add(Bytes{rotation.secret.reveal()});
      TRY(connection.query(kAddRotation, std::move(params)));
    }
    return {};
  });
}

Status PostgresRegistry::rotate_secret(std::string_view name, Time from) {
  TRY(project(name));
  return with_project(pool_, name, [&](Connection& connection) -> Status {
    TRY_ASSIGN(const Project here, read_or_make_project(connection, name));
    if (!here.rotations.empty() && here.rotations.back().from >= from) {
      return fail(Code::kConflict,
                  fmt::format("the secret of \"{}\" was rotated from {} on; a new one must begin later", name,
                              format_time(here.rotations.back().from)));
    }
    TRY(connection.query(kAddRotation, Params::of(name, from, Bytes{random_bytes(32)})));
    return {};
  });
}

Status PostgresRegistry::add_key(const ApiKey& key) {
  ArrayText scopes;
  for (const std::string& scope : key.scopes) scopes.add(std::string_view(scope));
  const std::string scope_text = scopes.take();
  return pool_.run([&](Connection& connection) -> Status {
    Params params;
    params.add(key.id).add(key.project).add(key.name).add(scope_text).add(key.hash).add(key.created_at);
    params.add(key.revoked_at ? format_time(*key.revoked_at) : std::string());
    TRY_ASSIGN(const Rows rows, connection.query(kAddKey, std::move(params)));
    if (rows.count() > 0) return {};
    return fail(Code::kConflict, fmt::format("there is another key with the id \"{}\"", key.id));
  });
}

Result<std::vector<ApiKey>> PostgresRegistry::keys() {
  return pool_.run([](Connection& connection) -> Result<std::vector<ApiKey>> {
    // One row for every scope.
    TRY_ASSIGN(const Rows rows,
               connection.query("SELECT k.id, k.project, k.name, k.hash, k.created_at, k.revoked_at, s.scope "
                                "FROM gleaner.api_keys k, unnest(k.scopes) WITH ORDINALITY AS s (scope, n) "
                                "ORDER BY k.created_at, k.id, s.n",
                                {}, true));
    std::vector<ApiKey> keys;
    for (int i = 0; i < rows.count(); ++i) {
      const auto text = [&rows, i](int column) { return std::string(rows.text(i, column)); };
      if (keys.empty() || keys.back().id != rows.text(i, 0)) {
        keys.push_back({text(0), text(1), text(2), {}, text(3), rows.b_time(i, 4), {}});
        if (!rows.is_null(i, 5)) keys.back().revoked_at = rows.b_time(i, 5);
      }
      keys.back().scopes.push_back(text(6));
    }
    return keys;
  });
}

Result<bool> PostgresRegistry::revoke_key(std::string_view project, std::string_view id, Time at) {
  return pool_.run([&](Connection& connection) -> Result<bool> {
    TRY_ASSIGN(const Rows rows,
               connection.query("UPDATE gleaner.api_keys SET revoked_at = coalesce(revoked_at, $1::timestamptz) "
                                "WHERE project = $2 AND id = $3",
                                Params::of(at, project, id)));
    return rows.affected() > 0;
  });
}

}  // namespace gleaner::store

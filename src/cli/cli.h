// The command line: one file per command. A command parses its options with CLI11, does its work through the rooms
// below and prints a table or, with --json, one JSON value.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but for some records, which were rejected or
// left.
//
// One thread, but for `serve`.
#pragma once

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/tiered_store.h"
#include "archive/tiers.h"
#include "base/time.h"
#include "base/uuid.h"
#include "config/config.h"
#include "store/registry.h"
#include "store/store.h"

namespace CLI {
class App;
}

namespace gleaner::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kSomeRejected = 3;

// What --project is to commands that can work on all projects.
inline constexpr std::string_view kEveryProject = "all";

// The store with its archive. What comes later is made of what comes before.
struct OpenStore {
  std::unique_ptr<store::Store> hot;
  store::Registry* registry = nullptr;       // lives in the store
  store::ArchiveCatalog* catalog = nullptr;  // likewise
  std::unique_ptr<object::ObjectStore> objects;
  std::unique_ptr<archive::TieredStore> store;  // both as one

  archive::Tiers tiers() const { return {*hot, *catalog, *objects}; }
};

enum class StoreKind { kSqlite, kPostgres };
// kAsItIs neither makes a store nor brings its schema up to date.
enum class Opening { kPrepared, kAsItIs };

struct ServeOptions {
  bool first_key = false;  // make and print an admin key if there is none
};

// Versions of the schema in PostgreSQL.
struct Migrated {
  int from = 0;
  int to = 0;
};

// What app/ gives the commands: everything that names an implementation.
struct Services {
  std::function<Result<OpenStore>(const config::Config&)> open_store;
  std::function<Result<OpenStore>(StoreKind, Opening, const config::Config&)> open_store_of;
  std::function<archive::UploadOptions(const config::Config&)> upload_options;  // for archivers
  std::function<Result<Migrated>(const config::Config&)> migrate;               // PostgreSQL only
  std::function<std::string()> schema_sql;
  std::function<Result<int>(const config::Config&, const ServeOptions&)> serve;
  const Clock& clock;
  IdSource& ids;
};

// What the options common to all commands were, and what the command needs to run.
struct Context {
  const Services& services;
  config::Sources sources;
  config::Config config;  // loaded before the command runs
  std::string project = "default";
  bool json = false;
  int exit_code = kDone;

  Result<OpenStore> open_store() const { return services.open_store(config); }
};

// Adds a command with its common options, its examples in --help, and `run` behind it, which is called unless a
// subcommand was given. `run` gives the exit code; an error is printed and becomes kFailed or kUsage.
CLI::App* add_command(CLI::App& parent, Context& context, const std::string& name, const std::string& help,
                      const std::string& examples, std::function<Result<int>()> run);

// The projects that --project names to commands about the archive: one, or with "all" every one. Errors: kNotFound for
// one that is not there; "default" may be missing, and has nothing then.
Result<std::vector<std::string>> chosen_projects(const Context& context, store::Registry& registry);

// One per file.
void add_archive(CLI::App& app, Context& context);
void add_dataset(CLI::App& app, Context& context);
void add_demo(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_erase(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);
void add_keys(CLI::App& app, Context& context);
void add_migrate(CLI::App& app, Context& context);
void add_migrate_store(CLI::App& app, Context& context);
void add_profile(CLI::App& app, Context& context);
void add_project(CLI::App& app, Context& context);
void add_query(CLI::App& app, Context& context);
void add_readiness(CLI::App& app, Context& context);
void add_redact(CLI::App& app, Context& context);
void add_rejects(CLI::App& app, Context& context);
void add_restore(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);
void add_stats(CLI::App& app, Context& context);
void add_validate(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_view(CLI::App& app, Context& context);

int run(int argc, char** argv, const Services& services);

}  // namespace gleaner::cli

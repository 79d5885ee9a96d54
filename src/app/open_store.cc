#include "app/open_store.h"

#include <filesystem>

#include <fmt/format.h>
#include <sys/resource.h>

#include "dataset/version.h"
#include "object/directory/directory_store.h"
#include "object/s3/s3_store.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::app {
namespace {

// A URL that is none is a wrong setting: the message says where it came from.
template <typename T>
Result<T> with_origin(const config::Config& config, Result<T> opened) {
  if (!opened && opened.error().code == Code::kInvalidArgument) {
    const auto origin = config.origins.find("database_url");
    if (origin != config.origins.end())
      return fail(Code::kInvalidArgument, fmt::format("{} (from {})", opened.error().message, origin->second));
  }
  return opened;
}

store::PostgresOptions postgres_options(const config::Config& config) {
  store::PostgresOptions options;
  options.url = Secret(config.database_url);
  options.connections = static_cast<size_t>(config.database_connections);
  options.migrate = config.migrate_on_start;
  options.zstd_level = static_cast<int>(config.zstd_level);
  options.compression_threshold = static_cast<size_t>(config.compression_threshold_kb) << 10;
  return options;
}

object::S3Options s3_options(const config::Config& config) {
  object::S3Options options;
  options.endpoint = config.s3_endpoint;
  options.region = config.s3_region;
  options.bucket = config.s3_bucket;
  options.access_key = config.s3_access_key;
  options.secret_key = Secret(config.s3_secret_key);
  options.session_token = Secret(config.s3_session_token);
  using Style = object::S3Options::Style;
  options.style = config.s3_style == "path"      ? Style::kPath
                  : config.s3_style == "virtual" ? Style::kVirtualHosted
                                                 : Style::kAuto;
  return options;
}

Result<std::unique_ptr<object::ObjectStore>> open_objects(const config::Config& config, const Clock& clock) {
  if (!config.s3_bucket.empty()) {
    auto bucket = object::S3Store::open(s3_options(config), clock);
    if (!bucket) return fail_in("the archive's bucket (s3_bucket)", std::move(bucket).error());
    return *std::move(bucket);
  }
  const std::string folder = config.archive_dir.empty() ? config.data_dir + "/archive" : config.archive_dir;
  auto directory = object::DirectoryStore::open(folder, clock);
  if (!directory) return fail_in("the archive's folder (archive_dir)", std::move(directory).error());
  return *std::move(directory);
}

// What erasing does to datasets: versions that hold something of it are marked, and their examples go.
Result<std::vector<archive::Removal>> erase_from_datasets(const std::string& folder, const Clock& clock,
                                                          const archive::ErasureRequest& request) {
  using Kind = archive::ErasureRequest::Kind;
  dataset::Versions::Gone gone;
  gone.everything = request.kind == Kind::kProject;
  auto& names = request.kind == Kind::kUser ? gone.users : gone.interactions;
  names.insert(request.subjects.begin(), request.subjects.end());
  TRY_ASSIGN(const auto marked, dataset::Versions(folder, request.project).invalidate(gone, clock.now()));
  std::vector<archive::Removal> out;
  for (const dataset::VersionInfo& version : marked) {
    archive::Removal removal;
    removal.where = "dataset";
    removal.object = fmt::format("{}@{}", version.name, version.number);
    removal.sha256_before = std::string(version.manifest.find_string("sha256").value_or(""));
    removal.note = "its examples are removed; gleaner dataset rebuild makes them again without";
    out.push_back(std::move(removal));
  }
  return out;
}

// The archive in front of a store that is open.
Result<cli::OpenStore> with_archive(std::unique_ptr<store::Store> hot, store::Registry& registry,
                                    store::ArchiveCatalog& catalog, const config::Config& config, const Clock& clock) {
  cli::OpenStore open;
  open.hot = std::move(hot);
  open.registry = &registry;
  open.catalog = &catalog;
  TRY_ASSIGN(open.objects, open_objects(config, clock));
  const archive::UploadOptions upload = upload_options(config);
  std::error_code error;
  std::filesystem::create_directories(upload.scratch, error);
  if (error) return fail(Code::kUnavailable, upload.scratch + ": " + error.message());
  open.store = std::make_unique<archive::TieredStore>(
      open.tiers(), clock,
      archive::EraserOptions{.clock = &clock,
                             .journal = config.data_dir + "/erasures",
                             .upload = upload,
                             .derived = [folder = config.data_dir + "/datasets", &clock](const auto& request) {
                               return erase_from_datasets(folder, clock, request);
                             }});
  return open;
}

}  // namespace

// Every day in use takes a few files, every connection one.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

archive::UploadOptions upload_options(const config::Config& config) {
  archive::UploadOptions options;
  // What the configuration accepts, codec_of() knows.
  options.part.codec = archive::codec_of(config.archive_format).value_or(archive::Codec::kGzip);
  options.part.level = static_cast<int>(config.archive_level);
  options.part.threads = static_cast<int>(config.archive_threads);
  options.scratch = config.data_dir + "/scratch";
  return options;
}

Result<cli::OpenStore> open_store(const config::Config& config, const Clock& clock) {
  const cli::StoreKind kind = config.database_url.empty() ? cli::StoreKind::kSqlite : cli::StoreKind::kPostgres;
  return open_store_of(kind, cli::Opening::kPrepared, config, clock);
}

Result<cli::OpenStore> open_store_of(cli::StoreKind kind, cli::Opening opening, const config::Config& config,
                                     const Clock& clock) {
  if (kind == cli::StoreKind::kPostgres) {
    store::PostgresOptions options = postgres_options(config);
    options.migrate = options.migrate && opening == cli::Opening::kPrepared;
    TRY_ASSIGN(std::unique_ptr<store::PostgresStore> store, with_origin(config, store::PostgresStore::open(options)));
    store::PostgresStore& opened = *store;
    return with_archive(std::move(store), opened.registry(), opened.archive(), config, clock);
  }
  raise_file_limit();
  store::SqliteOptions options;
  options.directory = config.data_dir;
  options.zstd_level = static_cast<int>(config.zstd_level);
  options.compression_threshold = static_cast<size_t>(config.compression_threshold_kb) << 10;
  if (opening == cli::Opening::kAsItIs && !store::SqliteStore::exists(options.directory))
    return fail(Code::kNotFound, fmt::format("{}: there is no store (data_dir)", options.directory));
  TRY_ASSIGN(std::unique_ptr<store::SqliteStore> store, store::SqliteStore::open(std::move(options)));
  store::SqliteStore& opened = *store;
  return with_archive(std::move(store), opened.registry(), opened.archive(), config, clock);
}

Result<cli::Migrated> migrate(const config::Config& config) {
  TRY_ASSIGN(const int before, with_origin(config, store::PostgresStore::migrate(postgres_options(config))));
  return cli::Migrated{before, store::schema_version()};
}

}  // namespace gleaner::app

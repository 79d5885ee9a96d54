#include "store/postgres/postgres_store.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/text.h"
#include "base/uuid.h"
#include "record/codec.h"
#include "store/testing/archive_contract.h"
#include "store/testing/store_contract.h"

namespace gleaner::store {
namespace {

// A cluster of its own for all tests of this program, started by tests/postgres/cluster.
class Cluster final : public testing::Environment {
 public:
  void SetUp() override {
    std::string name = testing::TempDir() + "gleaner_postgres_XXXXXX";
    directory_ = mkdtemp(name.data());
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    url_ = trim(output_of(fmt::format("{} start {} fsync=off", kScript, directory_)));
    ASSERT_TRUE(url_.starts_with("postgresql://")) << url_;
  }
  void TearDown() override {
    output_of(fmt::format("{} stop {} immediate", kScript, directory_));
    std::filesystem::remove_all(directory_);
  }

  // The URL of a new, empty database.
  std::string make_database() { return make_copy("template1"); }
  // The same with the schema, which is quicker than making it again.
  std::string make_migrated() {
    if (migrated_.empty()) {
      const std::string url = make_database();
      EXPECT_EQ(PostgresStore::migrate({.url = Secret(url)}), 0);
      migrated_ = url.substr(url.rfind('/') + 1);
    }
    return make_copy(migrated_);
  }
  // The same for a login that is a member of gleaner_server and nothing else.
  static std::string as_server(std::string url) {
    const std::string name = "server_of_" + url.substr(url.rfind('/') + 1);
    auto admin = Connection::open({.url = Secret(url)});
    EXPECT_TRUE(admin) << (admin ? "" : admin.error().message);
    EXPECT_TRUE((*admin)->script(fmt::format("CREATE ROLE {} LOGIN IN ROLE gleaner_server", name)));
    return url.replace(url.find("postgres@"), 8, name);
  }

 private:
  std::string make_copy(const std::string& of) {
    const std::string name = fmt::format("test_{}", ++databases_);
    auto admin = Connection::open({.url = Secret(url_)});
    EXPECT_TRUE(admin) << (admin ? "" : admin.error().message);
    EXPECT_TRUE((*admin)->script(fmt::format("CREATE DATABASE {} TEMPLATE {}", name, of)));
    return url_.substr(0, url_.rfind('/') + 1) + name;
  }

  static constexpr const char* kScript = GLEANER_SOURCE_DIR "/tests/postgres/cluster";

  static std::string output_of(const std::string& command) {
    std::string out;
    FILE* const pipe = popen(command.c_str(), "r");
    std::array<char, 256> buffer{};
    while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
    pclose(pipe);
    return out;
  }

  std::string directory_;
  std::string url_;
  std::string migrated_;
  int databases_ = 0;
};

Cluster& cluster() {
  static auto* const environment = new Cluster;
  return *environment;
}

[[maybe_unused]] const testing::Environment* const kCluster = testing::AddGlobalTestEnvironment(&cluster());

class PostgresHarness final : public StoreHarness {
 public:
  PostgresHarness() : url_(cluster().make_migrated()) { store_ = open(); }
  Store& store() override { return *store_; }
  Registry& registry() override { return store_->registry(); }
  void reopen() override {
    store_.reset();
    store_ = open();
  }
  std::unique_ptr<Store> second() override { return open(); }

 private:
  std::unique_ptr<PostgresStore> open() const {
    auto store = PostgresStore::open({.url = Secret(url_)});
    EXPECT_TRUE(store) << (store ? "" : store.error().message);
    return *std::move(store);
  }

  std::string url_;
  std::unique_ptr<PostgresStore> store_;
};

std::unique_ptr<StoreHarness> make_postgres_harness() {
  return std::make_unique<PostgresHarness>();
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(&make_postgres_harness));

class PostgresArchiveHarness final : public ArchiveHarness {
 public:
  explicit PostgresArchiveHarness(std::string url) : url_(std::move(url)) { reopen(); }
  Store& store() override { return *store_; }
  ArchiveCatalog& archive() override { return store_->archive(); }
  void reopen() override {
    store_.reset();
    auto opened = PostgresStore::open({.url = Secret(url_)});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    store_ = *std::move(opened);
  }

 private:
  std::string url_;
  std::unique_ptr<PostgresStore> store_;
};

std::unique_ptr<ArchiveHarness> make_archive_harness() {
  return std::make_unique<PostgresArchiveHarness>(cluster().make_migrated());
}

// A login that owns nothing, bound by row-level security.
std::unique_ptr<ArchiveHarness> make_bound_archive_harness() {
  const std::string url = cluster().make_migrated();
  return std::make_unique<PostgresArchiveHarness>(Cluster::as_server(url));
}

INSTANTIATE_TEST_SUITE_P(Postgres, ArchiveContract, testing::Values(&make_archive_harness));
INSTANTIATE_TEST_SUITE_P(PostgresServer, ArchiveContract, testing::Values(&make_bound_archive_harness));

std::unique_ptr<PostgresStore> open_store(const std::string& url) {
  auto store = PostgresStore::open({.url = Secret(url)});
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return *std::move(store);
}

std::unique_ptr<Connection> connect(const std::string& url) {
  auto connection = Connection::open({.url = Secret(url)});
  EXPECT_TRUE(connection) << (connection ? "" : connection.error().message);
  return *std::move(connection);
}

std::string value_of(Connection& connection, const char* sql) {
  const auto rows = connection.query(sql);
  EXPECT_TRUE(rows) << (rows ? "" : rows.error().message);
  return rows && rows->count() == 1 ? std::string(rows->text(0, 0)) : "";
}

Write decoded(const std::string& json, uint64_t hash = 0, bool fresh = false) {
  auto interaction = record::Decoder().interaction(json);
  EXPECT_TRUE(interaction) << (interaction ? "" : interaction.error().message);
  return {"default", *std::move(interaction), hash, fresh};
}

TEST(PostgresStoreTest, TakesWhatJsonAllowsAndPostgresqlDoesNot) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const std::vector<std::string> metadata = {R"({"zero":"a\u0000b"})", R"({"big":1e300})", R"({"plain":[1,2.5,"x"]})"};
  std::vector<Write> writes;
  for (size_t i = 0; i < metadata.size(); ++i) {
    writes.push_back(decoded(
        fmt::format(R"({{"id":"m{}","platform":"web","created_at":"2026-11-20T10:00:00Z","output":"o","metadata":{}}})",
                    i, metadata[i])));
  }
  const auto outcomes = store->append(std::move(writes));
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  for (size_t i = 0; i < metadata.size(); ++i) {
    const auto found = store->find("default", fmt::format("m{}", i));
    ASSERT_TRUE(found) << i;
    EXPECT_EQ(found->interaction.metadata.text, metadata[i]);
  }
  const auto connection = connect(url);
  EXPECT_EQ(value_of(*connection, "SELECT count(*) FROM gleaner.interactions WHERE metadata IS NOT NULL"), "1");
}

TEST(PostgresStoreTest, KeepsSmallRecordsReadableAndLargeOnesCompressed) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const std::string text(5000, 'x');
  ASSERT_TRUE(store->append(
      {decoded(R"({"id":"small","platform":"p","created_at":"2026-11-20T10:00:00Z","output":"o"})"),
       decoded(R"({"id":"large","platform":"p","created_at":"2026-11-20T10:00:00Z","output":")" + text + "\"}")}));
  const auto connection = connect(url);
  EXPECT_EQ(value_of(*connection,
                     "SELECT record_json::jsonb #>> '{output,content}' FROM gleaner.interactions "
                     "WHERE id = 'small'"),
            "o");
  EXPECT_EQ(value_of(*connection, "SELECT record_zstd IS NOT NULL FROM gleaner.interactions WHERE id = 'large'"), "t");
  EXPECT_NE(store->find("default", "large")->interaction.output.text.find(text), std::string::npos);
  EXPECT_EQ(store->totals("default")->all().compressed, 1);
}

// A login that does not own the tables is bound by row-level security, which lets it do everything but COPY.
TEST(PostgresStoreTest, ALoginThatOwnsNothingMayServe) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(Cluster::as_server(url));
  for (int i = 0; i < 2; ++i) {
    auto signal =
        record::Decoder().signal(fmt::format(R"({{"id":"s{0}","kind":"thumbs_up","interaction_id":"i{0}"}})", i));
    signal->created_at = parse_time("2026-11-20T11:00:00Z").value();
    const auto outcomes = store->append(
        {decoded(fmt::format(R"({{"id":"i{}","platform":"p","created_at":"2026-11-{}T10:00:00Z","output":"o"}})", i,
                             18 + i)),
         Write{"default", *std::move(signal), 0, false}});
    ASSERT_TRUE(outcomes) << outcomes.error().message;
  }
  ASSERT_TRUE(store->registry().project("default"));
  EXPECT_EQ(store->totals("default")->all().thumbs_up, 2);
  EXPECT_TRUE(store->erase("default", "i0")->found);
  EXPECT_TRUE(store->drop_day(parse_day("2026-11-19").value()));
  EXPECT_EQ(store->totals("default")->all().interactions, 0);
}

// What has happened when the answer to a commit is lost: the batch is offered again, no longer as new.
TEST(PostgresStoreTest, ABatchThatIsOfferedAgainIsStoredOnce) {
  const auto store = open_store(cluster().make_migrated());
  UuidV7Source ids;
  const Time at = parse_time("2026-11-20T10:00:00Z").value();
  Write write = decoded(
      fmt::format(R"({{"id":"{}","platform":"p","created_at":"2026-11-20T10:00:00Z","output":"o"}})", ids.mint(at)), 0,
      true);
  EXPECT_EQ(store->append({write})->front(), Outcome::kStored);
  write.id_is_fresh = false;
  EXPECT_EQ(store->append({write})->front(), Outcome::kDuplicate);
  write.content_hash = 1;
  EXPECT_EQ(store->append({write})->front(), Outcome::kConflict);
  EXPECT_EQ(store->totals("default")->all().interactions, 1);
}

TEST(PostgresStoreTest, GoesOnWhenItsConnectionsWereCut) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const auto admin = connect(url);
  for (int i = 0; i < 5; ++i) {
    value_of(*admin,
             "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
             "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    const auto outcomes = store->append(
        {decoded(fmt::format(R"({{"id":"i{}","platform":"p","created_at":"2026-11-20T10:00:00Z","output":"o"}})", i))});
    ASSERT_TRUE(outcomes) << outcomes.error().message;
    EXPECT_EQ(outcomes->front(), Outcome::kStored);
    EXPECT_EQ(store->totals("default")->all().interactions, i + 1);
  }
}

TEST(PostgresStoreTest, ServersThatStartTogetherMigrateOnce) {
  const std::string url = cluster().make_database();
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int i = 0; i < 3; ++i) threads.emplace_back([&url] { EXPECT_TRUE(open_store(url)); });
  for (std::thread& thread : threads) thread.join();
  const auto connection = connect(url);
  EXPECT_EQ(
      value_of(*connection, "SELECT string_agg(version::text, ' ' ORDER BY version) FROM gleaner.schema_migrations"),
      "1 2 3");
}

TEST(PostgresStoreTest, SaysWhatToDoAboutAnotherSchema) {
  const std::string url = cluster().make_database();
  const auto message = [&url] {
    const auto store = PostgresStore::open({.url = Secret(url), .migrate = false});
    return store ? "" : store.error().message;
  };
  EXPECT_THAT(message(), testing::HasSubstr("version 0, this program needs 3: run `gleaner migrate`"));
  ASSERT_TRUE(PostgresStore::migrate({.url = Secret(url)}));
  EXPECT_EQ(message(), "");
  ASSERT_TRUE(connect(url)->script("INSERT INTO gleaner.schema_migrations (version) VALUES (99)"));
  EXPECT_THAT(message(), testing::HasSubstr("version 99, this program knows 3: upgrade gleaner"));
  EXPECT_THAT(PostgresStore::migrate({.url = Secret(url)}).error().message, testing::HasSubstr("upgrade gleaner"));
}

// Two servers, each with one half of what belongs together, at the same moment.
TEST(PostgresStoreTest, SignalsMeetTheirInteractionsAcrossServers) {
  const std::string url = cluster().make_migrated();
  const auto one = open_store(url);
  const auto two = open_store(url);
  constexpr int kPairs = 200;
  std::thread interactions([&one] {
    for (int i = 0; i < kPairs; ++i) {
      EXPECT_TRUE(one->append({decoded(
          fmt::format(R"({{"id":"i{}","platform":"p","created_at":"2026-11-20T10:00:00Z","output":"o"}})", i))}));
    }
  });
  std::thread signals([&two] {
    for (int i = 0; i < kPairs; ++i) {
      auto signal =
          record::Decoder().signal(fmt::format(R"({{"id":"s{0}","kind":"thumbs_up","interaction_id":"i{0}"}})", i));
      signal->created_at = parse_time("2026-11-20T11:00:00Z").value();
      EXPECT_TRUE(two->append({Write{"default", *std::move(signal), 0, false}}));
    }
  });
  interactions.join();
  signals.join();
  EXPECT_TRUE(one->waiting("default")->empty());
  EXPECT_EQ(one->totals("default")->all().thumbs_up, kPairs);
  for (int i = 0; i < kPairs; ++i) EXPECT_EQ(one->find("default", fmt::format("i{}", i))->verdict.thumbs_up, 1) << i;
}

// A day with one record of `project`, and what it takes to seal it.
struct SealedDay {
  Day day = parse_day("2026-11-20").value();
  DayContent content;
  std::vector<Part> parts;

  SealedDay(Store& store, Connection& connection, const std::string& project) {
    Write write = decoded(R"({"id":"i","platform":"p","created_at":"2026-11-20T10:00:00Z","output":"o"})", 7);
    write.project = project;
    EXPECT_TRUE(store.append({write}));
    const auto seq = connection.query("SELECT max(seq) FROM gleaner.interactions WHERE project = $1",
                                      Params::of(std::string_view(project)));
    content = {.interactions = 1, .interactions_xor = 7, .last_position = seq->integer(0, 0)};
    Part part;
    part.project = project;
    part.platform = "p";
    part.day = day;
    part.key = "key";
    part.records = 1;
    parts.push_back(std::move(part));
  }
  Result<bool> seal(PostgresStore& store) { return store.archive().seal(parts[0].project, day, 0, content, parts); }
};

TEST(PostgresArchiveTest, SealingDoesNotWaitLongForAWriter) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const auto writer = connect(url);
  SealedDay day(*store, *writer, "default");
  ASSERT_TRUE(writer->script("BEGIN; LOCK TABLE gleaner.interactions_20261120 IN ROW EXCLUSIVE MODE"));
  const auto sealed = day.seal(*store);
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().code, Code::kUnavailable);
  EXPECT_THAT(sealed.error().message, testing::HasSubstr("holds a lock for too long"));
  EXPECT_TRUE(store->find("default", "i"));
  ASSERT_TRUE(writer->script("ROLLBACK"));
  EXPECT_TRUE(day.seal(*store).value_or(false));
}

// What pg_dump does: it has a snapshot from before the parts, and must find the records in it.
TEST(PostgresArchiveTest, AReaderKeepsWhatItBeganToRead) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const auto reader = connect(url);
  SealedDay day(*store, *reader, "default");
  ASSERT_TRUE(reader->script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM gleaner.interactions_20261120"));
  EXPECT_TRUE(day.seal(*store).value_or(false));
  EXPECT_EQ(store->find("default", "i").error().code, Code::kNotFound);
  EXPECT_EQ(value_of(*reader, "SELECT count(*) FROM gleaner.interactions"), "1");
  EXPECT_EQ(value_of(*reader, "SELECT count(*) FROM gleaner.archive_metadata"), "0");
  ASSERT_TRUE(reader->script("COMMIT"));
  EXPECT_EQ(value_of(*reader, "SELECT count(*) FROM gleaner.interactions"), "0");
  EXPECT_EQ(value_of(*reader, "SELECT count(*) FROM gleaner.archive_metadata"), "1");
}

TEST(PostgresArchiveTest, DeletionsAreCountedAfterSealing) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const auto connection = connect(url);
  const SealedDay theirs(*store, *connection, "other");
  SealedDay day(*store, *connection, "default");
  ASSERT_TRUE(day.seal(*store).value_or(false));
  EXPECT_EQ(store->totals("default")->all().interactions, 1);
  ASSERT_TRUE(connection->script("DELETE FROM gleaner.interactions"));
  EXPECT_EQ(store->totals("other")->all(), Counters{});
}

TEST(PostgresArchiveTest, PartsHoldWhatIsTakenOut) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const auto connection = connect(url);
  SealedDay day(*store, *connection, "default");
  day.parts[0].records = 2;
  EXPECT_EQ(day.seal(*store).error().code, Code::kInvalidArgument);
  day.parts[0].records = 1;
  ASSERT_TRUE(day.seal(*store).value_or(false));
  const auto none = [] { return Result<std::optional<Stored>>(std::nullopt); };
  EXPECT_EQ(store->archive().restore(day.parts, 1, none).error().code, Code::kDataLoss);
  EXPECT_EQ(store->archive().replace(day.parts[0], 1, std::nullopt, {}, {}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(store->totals("default")->archived.at("p").records, 1);
}

// An id that became free when its record was archived, and was given away.
TEST(PostgresArchiveTest, ARestoreTakesNobodysId) {
  const std::string url = cluster().make_migrated();
  const auto store = open_store(url);
  const auto connection = connect(url);
  SealedDay day(*store, *connection, "default");
  const Stored kept = store->find("default", "i").value();
  ASSERT_TRUE(day.seal(*store).value_or(false));
  for (const char* at : {"2026-11-21T10:00:00Z", "2026-11-20T10:00:00Z"}) {
    ASSERT_TRUE(store->append(
        {decoded(fmt::format(R"({{"id":"i","platform":"p","created_at":"{}","output":"another"}})", at))}));
    const auto next = [&kept, given = false]() mutable -> Result<std::optional<Stored>> {
      return std::exchange(given, true) ? std::nullopt : std::optional(kept);
    };
    EXPECT_EQ(store->archive().restore(day.parts, 1, next).error().code, Code::kConflict) << at;
    EXPECT_THAT(store->find("default", "i")->interaction.output.text, testing::HasSubstr("another"));
    ASSERT_TRUE(store->erase("default", "i"));
  }
  EXPECT_EQ(store->archive().parts_of("default", day.day)->parts.size(), 1U);
}

TEST(PostgresArchiveTest, OnlyAServerSeals) {
  const auto connection = connect(cluster().make_migrated());
  EXPECT_EQ(value_of(*connection,
                     "SELECT string_agg(r, ' ') FROM unnest(ARRAY['anon', 'authenticated', 'gleaner_project', "
                     "'gleaner_admin', 'gleaner_server']) r, pg_proc p "
                     "WHERE p.proname = 'seal_day' AND has_function_privilege(r, p.oid, 'EXECUTE')"),
            "gleaner_server");
}

}  // namespace
}  // namespace gleaner::store

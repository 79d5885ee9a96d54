"""A PostgreSQL that cannot be used: what every command and the server say, and that they never say the password."""

from __future__ import annotations

import socket
import unittest
from collections.abc import Mapping

from .harness import Finished, create_key, gleaner, wait_for
from .postgres import OWNER, Cluster, Database, with_parts
from .postgres_case import PostgresCase
from .records import letters, small

INTERACTIONS = "/v1/interactions"
PASSWORD = "Tr0ubador&3/@:?#%20 zebra"  # with everything that must be escaped in a URL
OFF = {"GLEANER_MIGRATE_ON_START": "false"}
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("stats",),
    ("serve", "--port", "0"),
    ("migrate",),
    ("keys", "create", "--name", "k", "--scope", "read"),
    ("export",),
)


class RefusalCase(PostgresCase):
    """Runs commands against a database that is not right."""

    def run_on(self, url: str, *command: str, env: Mapping[str, str] | None = None) -> Finished:
        folder = str(self.scratch / "refused")
        return gleaner(*command, "--data-dir", folder, env={"DATABASE_URL": url, **(env or {})}, timeout=60)

    def assert_refused(
        self,
        url: str,
        *words: str,
        commands: tuple[tuple[str, ...], ...] = COMMANDS,
        code: int = 1,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Every one of the commands ends with the code and one message that has all the words (regular
        expressions), in any case, and no secret."""
        for command in commands:
            with self.subTest(command[0]):
                done = self.ok(self.run_on(url, *command, env=env), code)
                for word in words:
                    self.assertRegex(done.err, f"(?i){word}")
                self.assertEqual(done.out, "")
                self.assertLessEqual(len(done.err.strip().splitlines()), 4, done.err)
                self.assert_no_secret(done.err)

    def assert_no_secret(self, *texts: str) -> None:
        for text in texts:
            for secret in (PASSWORD, "Tr0ubador", "zebra"):
                self.assertNotIn(secret, text)


class Unreachable(RefusalCase):
    """URLs that lead nowhere."""

    def test_nobody_there(self) -> None:
        """Nothing listens there: the message has host and port and asks whether it runs."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        url = with_parts(self.database.url, port=port, password=PASSWORD)
        self.assert_refused(url, "PostgreSQL", "127.0.0.1", str(port), "DATABASE_URL")

    def test_a_host_without_a_name(self) -> None:
        """A host that no name server knows is named."""
        url = f"postgresql://{OWNER}@database.invalid:5432/gleaner"
        self.assert_refused(url, "database.invalid", "DATABASE_URL")

    def test_nobody_answers(self) -> None:
        """A port that takes connections and says nothing: given up soon, not never."""
        with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
            url = with_parts(self.database.url, port=silent.getsockname()[1])
            self.assert_refused(url, "PostgreSQL", "timeout|no answer", commands=COMMANDS[:2])

    def test_no_url(self) -> None:
        """What is no PostgreSQL URL at all is a wrong setting, named with its source and never shown: there may be a
        password in it."""
        for url in (
            "mysql://a:zebra@b/c",
            "localhost",
            "data.db",
            "postgresql://u:zebra@[host/d",
            "postgresql://u:zebra@host:port/d",
            "postgresql://u:zebra@host/d?no_such_option=1",
        ):
            self.assert_refused(url, "DATABASE_URL", "environment", commands=COMMANDS[:2], code=2)

    def test_unknown_database(self) -> None:
        """The message names the database and says to create it."""
        url = with_parts(self.database.url, database="not_there")
        self.assert_refused(url, '"not_there"', "create the database", "DATABASE_URL")

    def test_unknown_role(self) -> None:
        """The message names the role."""
        self.assert_refused(with_parts(self.database.url, user="nobody_known"), '"nobody_known"', "DATABASE_URL")


class Passwords(RefusalCase):
    """A cluster that asks for passwords."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        hba = cls.cluster.folder / "data" / "pg_hba.conf"
        hba.write_text(f"host all {OWNER} all scram-sha-256\nhost all postgres all trust\n")
        cls.cluster.psql("SELECT pg_reload_conf()")

    def setUp(self) -> None:
        super().setUp()
        self.set_password(PASSWORD)

    def set_password(self, password: str) -> None:
        text = password.replace("'", "''")
        self.cluster.psql(f"SET password_encryption = 'scram-sha-256'; ALTER ROLE {OWNER} PASSWORD '{text}'")

    @property
    def right(self) -> str:
        return with_parts(self.database.url, password=PASSWORD)

    def test_wrong(self) -> None:
        """A wrong or missing password: the message says where to look, and not what was tried."""
        wrong = with_parts(self.database.url, password=PASSWORD + "!")
        self.assert_refused(wrong, "password authentication failed", f'"{OWNER}"', "DATABASE_URL")
        self.assert_refused(self.database.url, "password", "DATABASE_URL")

    def test_right(self) -> None:
        """With the right one everything works, whatever characters it has; nothing that is printed, answered or
        logged has it, not even at the highest log level and in trouble."""
        env = {"DATABASE_URL": self.right, "GLEANER_LOG_LEVEL": "debug"}
        key = self.ok(self.run_on(self.right, "keys", "create", "--name", "k", "--scope", "admin", "--json")).json()
        server = self.serve(env=env)
        client = self.connect(server, key["key"])
        self.expect(client.post(INTERACTIONS, small(1)), 201)
        printed = []
        for command in ("doctor", "doctor --json", "stats", "migrate", "migrate --print", "project list"):
            done = self.ok(self.run_on(self.right, *command.split()))
            printed += [done.out, done.err]
        self.cluster.stop("immediate")
        answers = [client.post(INTERACTIONS, small(2)), client.get(INTERACTIONS), client.get("/api/feedback/stats")]
        answers += [client.get("/readyz"), client.get("/metrics"), client.get("/v1/keys"), client.get("/openapi.json")]
        done = self.run_on(self.right, "doctor")
        self.assertNotEqual(done.code, 0)
        printed += [done.out, done.err]
        self.cluster.start()
        self.assertEqual(server.stop(), 0)
        self.assert_no_secret(*printed, *(answer.body.decode() for answer in answers), server.log())
        for path in self.data_dir.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"Tr0ubador", path.read_bytes(), path)

    def test_changed_while_serving(self) -> None:
        """A password that changes under a running server is an outage, named in the log, until it changes back."""
        key = self.ok(self.run_on(self.right, "keys", "create", "--name", "k", "--scope", "admin", "--json")).json()
        server = self.serve(env={"DATABASE_URL": self.right})
        client = self.connect(server, key["key"])
        self.expect(client.post(INTERACTIONS, small(1, id="before")), 201)
        self.set_password("another")
        self.cluster.terminate_backends(self.database)
        self.expect(client.post(INTERACTIONS, small(2, id="during")), 202)
        wait_for(lambda: client.get("/readyz").json()["status"] == "spooling", 20, "/readyz says spooling")
        self.assertIn("password", self.expect_problem(client.get(INTERACTIONS), 503, "unavailable")["detail"])
        self.assertRegex(server.log(), "password authentication failed")
        self.set_password(PASSWORD)
        wait_for(lambda: client.get("/readyz").json()["status"] == "ready", 30, "/readyz says ready")
        wait_for(lambda: len(client.list_ids()) == 2, 30, "what was spooled is there")
        self.assert_no_secret(server.log())


class Permissions(RefusalCase):
    """Roles that may not do what is needed."""

    def setUp(self) -> None:
        super().setUp()
        self.role = f"role_{self.database.name}"
        self.cluster.psql(f"CREATE ROLE {self.role} LOGIN")
        self.addCleanup(self._drop_role)
        self.url = with_parts(self.database.url, user=self.role)

    def _drop_role(self) -> None:
        self.database.psql(f"DROP OWNED BY {self.role}")
        self.cluster.psql(f"DROP ROLE {self.role}")

    def migrate(self) -> None:
        self.ok(self.run_on(self.database.url, "migrate"))

    def test_may_not_create(self) -> None:
        """On an empty database a role that may create nothing: the message says who should migrate."""
        self.assert_refused(self.url, "permission denied", self.database.name, "gleaner migrate")

    def test_without_grants(self) -> None:
        """On a migrated database a role without grants: the message names what to grant."""
        self.migrate()
        self.assert_refused(self.url, "permission denied", "gleaner_server", commands=COMMANDS[:2])

    def test_may_not_create_roles(self) -> None:
        """Where the roles of row-level security are missing and cannot be made, the message lists the statements."""
        cluster = Cluster()
        self.addCleanup(cluster.end)
        cluster.psql(f"ALTER ROLE {OWNER} NOCREATEROLE")
        database = cluster.create()
        words = ("role", "missing", "CREATE ROLE authenticated")
        self.assert_refused(database.url, *words, commands=(("migrate",), ("stats",)))
        roles = ("anon", "authenticated", "gleaner_project", "gleaner_admin", "gleaner_server")
        cluster.psql("".join(f"CREATE ROLE {role};" for role in roles))
        self.ok(self.run_on(database.url, "migrate"))
        self.ok(self.run_on(database.url, "stats"))

    def test_a_server_with_the_least(self) -> None:
        """A role that is a member of gleaner_server and owns nothing serves everything."""
        self.migrate()
        self.cluster.psql(f"GRANT gleaner_server TO {self.role}")
        env = {"DATABASE_URL": self.url}
        key = self.ok(self.run_on(self.url, "keys", "create", "--name", "k", "--scope", "admin", "--json")).json()
        client = self.connect(self.serve(env=env), key["key"])
        days = ["2024-02-29", "2025-11-01"]  # for which there are no partitions yet
        records = [small(n, id=letters(n), created_at=f"{days[n % 2]}T10:00:00Z") for n in range(10)]
        self.assertEqual(self.expect(client.post_ndjson(INTERACTIONS, records), 200).json()["stored"], 10)
        self.expect(client.post("/v1/signals", {"interaction_id": "a", "kind": "thumbs_up"}), 201)
        self.expect(client.post("/v1/signals", {"interaction_id": "late", "kind": "thumbs_up"}), 201)
        self.expect(client.post(INTERACTIONS, small(11, id="late")), 201)
        self.assertEqual(client.stats()["overview"]["records_with_feedback"], 2)
        self.assertEqual(len(client.export({})), 11)
        self.expect(client.post(INTERACTIONS, {"messages": 5}), 422)
        self.assertEqual(len(client.get("/v1/rejects").json()["data"]), 1)
        self.expect(client.delete(f"{INTERACTIONS}/a"), 200)
        made = self.expect(client.post("/v1/keys", {"name": "web", "scopes": ["read"]}), 201).json()
        self.expect(client.delete(f"/v1/keys/{made['id']}"), 200)
        self.ok(self.run_on(self.url, "project", "rotate"))
        self.assertEqual(client.get("/readyz").status, 200)


class Schemas(RefusalCase):
    """Databases whose contents are not what this program works with."""

    def version(self) -> int:
        return self.database.number("SELECT max(version) FROM gleaner.schema_migrations")

    def test_no_schema(self) -> None:
        """An empty database with migrate_on_start=false: the message says to migrate; nothing is made."""
        commands = tuple(command for command in COMMANDS if command != ("migrate",))
        self.assert_refused(self.database.url, "schema", "gleaner migrate", commands=commands, env=OFF)
        self.assertEqual(self.database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'gleaner'"), "0")
        self.ok(self.run_on(self.database.url, "migrate", env=OFF))
        self.ok(self.run_on(self.database.url, "stats", env=OFF))

    def test_old_schema(self) -> None:
        """One version behind, with migrate_on_start=false."""
        self.ok(self.run_on(self.database.url, "migrate"))
        now = self.version()
        self.database.psql(f"DELETE FROM gleaner.schema_migrations WHERE version = {now}")
        commands = tuple(command for command in COMMANDS if command != ("migrate",))
        words = ("schema", f"version {now - 1}", str(now), "gleaner migrate")
        self.assert_refused(self.database.url, *words, commands=commands, env=OFF)

    def test_newer_schema(self) -> None:
        """A schema of a later release, whatever migrate_on_start says: upgrade."""
        self.ok(self.run_on(self.database.url, "migrate"))
        now = self.version()
        self.database.psql(f"INSERT INTO gleaner.schema_migrations (version) VALUES ({now + 1})")
        for on in ("true", "false"):
            words = (f"version {now + 1}", "upgrade")
            self.assert_refused(self.database.url, *words, env={"GLEANER_MIGRATE_ON_START": on})
        self.assertEqual(self.version(), now + 1)

    def test_a_migration_that_fails(self) -> None:
        """It leaves nothing behind and says which one and why; without what was in its way it goes through."""
        self.database.psql(f"CREATE SCHEMA gleaner AUTHORIZATION {OWNER}; CREATE TABLE gleaner.interactions (a int)")
        self.assert_refused(self.database.url, "migration 1", '"interactions"', "already exists")
        tables = self.database.rows("SELECT relname FROM pg_class WHERE relnamespace = 'gleaner'::regnamespace")
        self.assertEqual(tables, [["interactions"]])
        self.database.psql("DROP TABLE gleaner.interactions")
        self.ok(self.run_on(self.database.url, "stats"))

    def test_names_that_are_taken(self) -> None:
        """Tables of an earlier collector are not touched: the message names them and says to move them."""
        self.database.psql("CREATE TABLE public.training_data (a int); INSERT INTO public.training_data VALUES (7)")
        self.assert_refused(self.database.url, "public.training_data", "move|another database")
        self.assertEqual(self.database.value("SELECT a FROM public.training_data"), "7")
        self.assertEqual(self.database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'gleaner'"), [])

    def test_a_schema_that_vanishes(self) -> None:
        """Tables dropped under a running server: an outage that says what is missing, and no crash."""
        key = create_key(self.data_dir)["key"]
        server = self.serve()
        client = self.connect(server, key)
        self.expect(client.post(INTERACTIONS, small(1, id="before")), 201)
        self.database.psql("DROP SCHEMA gleaner CASCADE; DROP FUNCTION public.get_storage_stats")
        self.expect(client.post(INTERACTIONS, small(2, id="after")), 202)
        problem = self.expect_problem(client.get(INTERACTIONS), 503, "unavailable")
        self.assertIn("gleaner migrate", problem["detail"])
        self.assertIn("gleaner migrate", server.log())
        self.assertTrue(server.alive())
        self.ok(self.run_on(self.database.url, "migrate"))
        self.assertEqual(self.database.number("SELECT count(*) FROM gleaner.schema_migrations"), self.version())

    def test_other_encodings(self) -> None:
        """A LATIN1 or SQL_ASCII database: the message says which encoding is needed."""
        for encoding in ("LATIN1", "SQL_ASCII"):
            options = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            database: Database = self.cluster.create(options)
            self.addCleanup(self.cluster.drop, database)
            self.assert_refused(database.url, encoding, "UTF8")

    def test_other_locales(self) -> None:
        """A UTF-8 database of the C locale works, and orders ids and users as every other one does."""
        database = self.cluster.create("ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        self.addCleanup(self.cluster.drop, database)
        self.ok(self.run_on(database.url, "demo"))
        self.assertGreater(self.ok(self.run_on(database.url, "stats", "--json")).json()["overview"]["total_records"], 0)


if __name__ == "__main__":
    unittest.main()

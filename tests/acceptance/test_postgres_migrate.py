"""The schema: `gleaner migrate`, its SQL for psql, databases like Supabase's, and what pg_dump shows of a used one."""

from __future__ import annotations

import json
import unittest
from pathlib import Path

from .client import Client, Record
from .harness import Finished, gleaner
from .places import held, in_database
from .postgres import Cluster, Database
from .postgres_case import LoadedCase, PostgresCase
from .records import interaction, letters, message, small

INTERACTIONS, SIGNALS = "/v1/interactions", "/v1/signals"

# What a new Supabase project has that matters here: the roles that PostgREST becomes, the postgres role that is no
# superuser and owns the database, and default privileges that open whatever is made in public.
SUPABASE = """
CREATE ROLE anon NOLOGIN NOINHERIT;
CREATE ROLE authenticated NOLOGIN NOINHERIT;
CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, authenticated, service_role TO authenticator;
GRANT anon, authenticated, service_role TO gleaner;
"""
SUPABASE_DATABASE = """
CREATE SCHEMA auth;
CREATE SCHEMA extensions;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
GRANT USAGE ON SCHEMA auth, extensions, public TO anon, authenticated, service_role;
GRANT ALL ON SCHEMA public TO gleaner;
ALTER DEFAULT PRIVILEGES FOR ROLE gleaner GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE gleaner GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE gleaner GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
"""
SIX = {"training_data", "validation_logs", "user_feedback", "workflow_examples", "training_metrics", "archive_metadata"}


class Migrating(PostgresCase):
    """gleaner migrate."""

    def migrate(self, *flags: str, database: Database | None = None) -> Finished:
        env = {"DATABASE_URL": (database or self.database).url}
        return gleaner("migrate", *flags, env=env)

    def schema_of(self, database: Database) -> str:
        """Every object of it, as pg_dump says it."""
        lines = database.dump("--schema-only", "--schema=gleaner").splitlines()
        return "\n".join(line for line in lines if line and not line.startswith(("--", "\\")))

    def printed(self) -> Path:
        done = self.ok(gleaner("migrate", "--print"))  # it needs no database
        path = self.scratch / "schema.sql"
        path.write_text(done.out)
        return path

    def serve_on_it(self, database: Database) -> Client:
        """A server that may not migrate works with what is there."""
        env = {"DATABASE_URL": database.url, "GLEANER_MIGRATE_ON_START": "false"}
        folder = self.scratch / database.name
        arguments = ("--data-dir", folder, "--name", "k", "--scope", "admin", "--json")
        key = self.ok(gleaner("keys", "create", *arguments, env=env)).json()["key"]
        client = self.connect(self.serve(folder, env=env), key)
        self.expect(client.post(INTERACTIONS, interaction(1, id="first")), 201)
        self.expect(client.post(SIGNALS, {"interaction_id": "first", "kind": "thumbs_up"}), 201)
        self.assertEqual(self.expect(client.lookup("first"), 200).json()["verdict"]["thumbs_up"], 1)
        self.assertEqual(client.stats()["overview"]["records_with_feedback"], 1)
        self.assertEqual(len(client.export({})), 1)
        return client

    def test_twice(self) -> None:
        """Once brings the schema, says so, and the second time there is nothing to do."""
        first, second = self.ok(self.migrate()), self.ok(self.migrate())
        self.assertTrue(first.out.strip())
        self.assertNotEqual(first.out, second.out)
        versions = self.database.rows("SELECT version FROM gleaner.schema_migrations ORDER BY 1")
        self.assertEqual(versions, [[str(n + 1)] for n in range(len(versions))])
        self.assertIn(versions[-1][0], first.out)
        self.serve_on_it(self.database)

    def test_printed_for_psql(self) -> None:
        """What --print prints is what migrate does; psql -f takes it in one transaction."""
        path, by_psql = self.printed(), self.cluster.create()
        self.addCleanup(self.cluster.drop, by_psql)
        by_psql.psql("", "-f", path, url=by_psql.url)
        self.ok(self.migrate())
        self.assertEqual(self.schema_of(by_psql), self.schema_of(self.database))
        again = self.ok(self.migrate(database=by_psql))
        self.assertEqual(again.out, self.ok(self.migrate()).out)
        self.serve_on_it(by_psql)

    def test_printed_is_whole_or_not_at_all(self) -> None:
        """Where psql meets an error nothing stays; a second run on the same database is refused."""
        path = self.printed()
        text = path.read_text()
        self.assertNotIn("\n\\", text)  # nothing that only psql knows: any client can run it
        path.write_text(text.replace("COMMIT;\n", "SELECT 1 / 0;\nCOMMIT;\n"))
        done = self.database.psql("", "-f", path, url=self.database.url, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'gleaner'"), [])
        path.write_text(text)
        self.database.psql("", "-f", path, url=self.database.url)
        before = self.schema_of(self.database)
        done = self.database.psql("", "-f", path, url=self.database.url, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.schema_of(self.database), before)

    def test_without_a_database(self) -> None:
        """migrate without DATABASE_URL is a usage error that names it."""
        done = self.ok(gleaner("migrate"), 2)
        self.assertIn("DATABASE_URL", done.err)

    def test_like_supabase(self) -> None:
        """Where the roles of a Supabase project are there, and default privileges that open everything: psql -f and
        migrate go through, and nobody can do with the tables what they should not."""
        cluster = Cluster()
        self.addCleanup(cluster.end)
        cluster.psql(SUPABASE)
        for by_psql in (True, False):
            with self.subTest(by_psql=by_psql):
                database = cluster.create()
                database.psql(SUPABASE_DATABASE)
                if by_psql:
                    database.psql("", "-f", self.printed(), url=database.url)
                self.ok(self.migrate(database=database))
                client = self.serve_on_it(database)
                self.expect(client.post(INTERACTIONS, small(2, id="second", user_id="ann")), 201)
                self._assert_closed(database)
                self.assertEqual(database.number("SET ROLE service_role; SELECT count(*) FROM gleaner.interactions"), 2)

    def _assert_closed(self, database: Database) -> None:
        secret = ("projects", "secret_rotations", "api_keys", "rejects", "client_ids", "schema_migrations")
        for role in ("anon", "authenticated", "service_role"):
            for table in (*secret, *(("interactions", "signals") if role == "anon" else ())):
                done = database.psql(f"SET ROLE {role}; SELECT * FROM gleaner.{table}", check=False)
                self.assertIn("permission denied", done.stderr, f"{role} reads {table}")
            for statement in (
                "INSERT INTO gleaner.projects (name, secret) VALUES ('x', decode(repeat('00', 32), 'hex'))",
                "UPDATE gleaner.interactions SET platform = 'x'",
                "INSERT INTO gleaner.waiting_signals VALUES ('a', 'default', false, 'x', 1, 1, NULL, '{}')",
                "SELECT gleaner.drop_day('2026-01-01')",
                "TRUNCATE gleaner.counters",
            ):
                done = database.psql(f"SET ROLE {role}; {statement}", check=False)
                self.assertIn("permission denied", done.stderr, f"{role}: {statement}")
        for role in ("anon", "authenticated"):
            query = "SELECT min(relname) FROM pg_class WHERE relispartition AND relname LIKE 'interactions%'"
            part = database.value(query)
            done = database.psql(f"SET ROLE {role}; SELECT count(*) FROM gleaner.{part}", check=False)
            self.assertTrue(done.stdout.strip() == "0" or "permission denied" in done.stderr, done)

    def test_names_of_earlier_collectors(self) -> None:
        """The six names are there, as tables or as views that ask with the rights of who asks, and can be read."""
        self.ok(self.migrate())
        self.serve_on_it(self.database)
        found = self.database.rows(
            "SELECT c.oid::regclass, relname, relkind, coalesce(reloptions::text, '') FROM pg_class c "
            f"WHERE relname IN ({', '.join(repr(name) for name in sorted(SIX))}) AND relkind IN ('r', 'p', 'v')"
        )
        self.assertEqual({name for _, name, _, _ in found}, SIX)
        for relation, _, kind, options in found:
            if kind == "v":
                self.assertRegex(options, "security_invoker=(true|on|1)", relation)
            self.database.rows(f"SELECT * FROM {relation}")
        (function,) = self.database.rows("SELECT oid::regproc FROM pg_proc WHERE proname = 'get_storage_stats'")
        self.assertTrue(self.database.rows(f"SELECT * FROM {function[0]}()"))


class Dumped(LoadedCase):
    """What pg_dump shows of a database that was used."""

    def test_no_plain_user_id(self) -> None:
        """User ids that came in by every route and in every place are in no dump, table, spool file or log."""
        raw = [f"raw-user-{name}-qxzvw" for name in ("ann", "ben", "cem", "dea", "eli", "fay", "gus", "hal")]
        ann, ben, cem, dea, eli, fay, gus, hal = raw
        number = 719_904_481_203  # a user id that is a number
        records: list[Record] = [
            small(1, id="one", user_id=ann, items=[{"id": "item-one", "text": "an insight"}]),
            interaction(2, id="two", user_id=ben, metadata={"user_id": ben, "case": "kept"}),
            small(3, user_id=cem, messages=[message("user", "hi", name="somebody")]),
            small(4, id="four", user_id=str(number)),
        ]
        self.expect(self.client.post_ndjson(INTERACTIONS, records), 200)
        self.expect(self.client.post(INTERACTIONS, small(5, user_id=dea, messages="wrong")), 422)
        self.expect(self.client.post(SIGNALS, {"interaction_id": "one", "kind": "view", "user_id": eli}), 201)
        self.expect(self.client.post(SIGNALS, {"interaction_id": "late", "kind": "like", "user_id": fay}), 201)
        submitted = {"interaction_id": "two", "feedback_type": "thumbs_up", "user_id": gus}
        self.expect(self.client.post("/api/feedback/submit", submitted), 200, 201)
        engaged = {"insight_id": "item-one", "action": "like", "metadata": {"user_id": number}}
        self.expect(self.client.post("/api/feed/engage", engaged), 200, 201)
        imported = self.scratch / "import.jsonl"
        imported.write_text(json.dumps(small(6, id="imported", user_id=hal)) + "\n")
        self.ok(gleaner("import", imported, "--data-dir", self.data_dir, "--format", "gleaner"))

        self.cluster.stop("immediate")
        self.expect(self.client.post(INTERACTIONS, small(7, id="spooled", user_id=ann)), 202)
        self.expect(self.client.post(SIGNALS, {"interaction_id": "one", "kind": "like", "user_id": ben}), 202)
        self.expect(self.client.post(INTERACTIONS, small(8, user_id=cem, messages="wrong")), 422)
        spooled = b"".join(path.read_bytes() for path in self.data_dir.rglob("*") if path.is_file())
        self.assertIn(b"spooled", spooled)
        self.cluster.start()
        self.wait_until_drained()
        self.assertEqual(sorted(self.client.list_ids(user_id=ann)), ["one", "spooled"])
        self.assertEqual(self.client.list_ids(user_id=str(number)), ["four"])
        self.assertEqual(self.server.stop(), 0)

        dump = self.database.dump()
        self.assertIn("u_", dump)
        places = [("the dump", dump.encode()), ("the spool", spooled), ("the log", self.server.log().encode())]
        places += [*held(self.data_dir, self.scratch), *in_database(self.database)]
        needles = [*raw, *(text.encode().hex() for text in raw), str(number)]
        found = [f"{needle}: {where}" for where, data in places for needle in needles if needle.encode() in data]
        self.assertEqual(found, [])

    def test_a_restored_dump(self) -> None:
        """pg_dump and psql carry a store to another database, where a server goes on with it."""
        records = [small(n, id=letters(n), user_id="ann") for n in range(20)]
        self.expect(self.client.post_ndjson(INTERACTIONS, records), 200)
        self.expect(self.client.post(SIGNALS, {"interaction_id": "a", "kind": "thumbs_up"}), 201)
        self.assertEqual(self.server.stop(), 0)
        dump = self.scratch / "dump.sql"
        dump.write_text(self.database.dump())
        other = self.cluster.create()
        self.addCleanup(self.cluster.drop, other)
        other.psql("", "-f", dump)
        client = self.connect(self.serve(env={"DATABASE_URL": other.url}), self.key)
        self.assertEqual(len(client.list_ids(user_id="ann")), 20)
        self.expect(client.post(INTERACTIONS, small(21, id="after", user_id="ann")), 201)
        self.assertEqual(client.list_ids(order="asc")[-1], "after")
        self.assertEqual(client.stats()["overview"]["total_records"], 21)
        self.assertEqual(client.lookup("a").json()["verdict"]["thumbs_up"], 1)


if __name__ == "__main__":
    unittest.main()

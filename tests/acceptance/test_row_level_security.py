"""Who sees, deletes and changes what in PostgreSQL when they connect around Gleaner: roles, privileges and policies."""

from __future__ import annotations

import itertools
import json
import unittest
from collections.abc import Mapping
from typing import Any

from .access import (
    ANNA,
    BERT,
    DENIED,
    OWNER,
    PEOPLE_ROLES,
    PRIVATE,
    READABLE,
    ROTATED,
    VIEWS,
    AccessCase,
    Refused,
    create,
    insert,
    interaction,
    literal,
    load,
    pseudonym,
    signal,
    supabase,
    token,
)
from .postgres import Cluster, Database, Session, with_parts


class PersonTest(AccessCase):
    def test_sees_only_own_interactions(self) -> None:
        self.assertEqual(self.ids(token(ANNA)), ["anna-1", "anna-2"])
        self.assertEqual(self.ids(token(BERT)), ["bert-1", "packed"])
        self.assertEqual(self.ids(token("somebody")), [])
        self.assertEqual(self.ids(token(ANNA), "gleaner.interactions"), ["anna-1", "anna-2"])

    def test_one_sub_is_two_people_in_two_projects(self) -> None:
        # One of each secret that the project has had.
        self.assertEqual(self.ids(token(ANNA, "shop")), ["shop-anna-1", "shop-anna-2"])
        self.assertEqual(self.ids(token(BERT, "shop")), ["shop-bert"])
        self.assertEqual(self.ids(token(ANNA, "")), ["anna-1", "anna-2"])
        self.assertEqual(self.ids(token(ANNA, "no such project")), [])

    def test_pseudonyms_are_those_of_the_program(self) -> None:
        for person in (ANNA, "a", "zoë ✓", "x" * 300, "O'Neill\\", " "):
            with self.subTest(person=person):
                ((ids,),) = self.ask("SELECT gleaner.my_user_ids()", token(person, "shop"))
                expected = {pseudonym("shop", person), pseudonym("shop", person, ROTATED)}
                self.assertEqual(set(ids.strip("{}").split(",")), expected)

    def test_sees_own_signals_and_verdicts_of_own_interactions(self) -> None:
        self.assertEqual(self.ids(token(ANNA), "gleaner.signals"), ["s2", "s3", "s4"])
        self.assertEqual(self.ids(token(BERT), "gleaner.signals"), ["s1"])
        self.assertEqual(self.ids(token(ANNA), "gleaner.waiting_signals"), ["w1"])
        self.assertEqual(self.ids(token(ANNA, "shop"), "gleaner.waiting_signals"), ["w3"])
        seen = self.ask("SELECT interaction_id FROM gleaner.verdicts ORDER BY 1", token(ANNA))
        self.assertEqual(seen, [["anna-1"], ["anna-2"]])
        for table in ("counters", "facets"):
            self.assertEqual(self.ask(f"SELECT count(*) FROM gleaner.{table}", token(ANNA)), [["0"]])

    def test_deletes_only_own(self) -> None:
        self.own_database()
        self.assertEqual(
            self.ask("DELETE FROM training_data WHERE id = 'bert-1' RETURNING id", token(ANNA)), []
        )
        self.assertEqual(
            self.ask("DELETE FROM gleaner.interactions WHERE id = 'shop-anna-1' RETURNING id", token(ANNA)),
            [],
        )
        self.recounted()
        self.assertEqual(
            self.ask("DELETE FROM training_data WHERE id = 'anna-1' RETURNING id", token(ANNA)), [["anna-1"]]
        )
        self.recounted()
        self.assertEqual(self.ask("DELETE FROM gleaner.interactions RETURNING id", token(ANNA)), [["anna-2"]])
        self.recounted()
        self.ask("DELETE FROM training_data", token(ANNA, "shop"))
        self.recounted()
        left = self.database.rows("SELECT id FROM gleaner.interactions ORDER BY 1")
        self.assertEqual([id for (id,) in left], ["bert-1", "nobody", "packed", "shop-bert"])
        for table, column in (
            ("signals", "interaction_id"),
            ("verdicts", "interaction_id"),
            ("items", "interaction_id"),
            ("client_ids", "id"),
        ):
            with self.subTest(table=table):
                found = self.database.number(
                    f"SELECT count(*) FROM gleaner.{table} WHERE {column} LIKE '%anna%'"
                )
                self.assertEqual(found, 0)

    def test_changes_nothing_else(self) -> None:
        for sql in (
            "UPDATE training_data SET model = 'x'",
            "UPDATE gleaner.interactions SET user_id = NULL",
            "INSERT INTO gleaner.interactions (id, project, created_at) VALUES ('x', 'default', now())",
            "INSERT INTO training_data (id) VALUES ('x')",
            "DELETE FROM gleaner.signals",
            "DELETE FROM user_feedback",
            "DELETE FROM gleaner.verdicts",
            "UPDATE gleaner.verdicts SET thumbs_up = 9",
            "DELETE FROM gleaner.waiting_signals",
            "DELETE FROM gleaner.counters",
            "INSERT INTO training_metrics (model, metric, value) VALUES ('m', 'x', 1)",
            "DELETE FROM archive_metadata",
            "TRUNCATE gleaner.interactions",
            "LOCK TABLE gleaner.counters",
            "ALTER TABLE gleaner.interactions DISABLE ROW LEVEL SECURITY",
            "SELECT nextval('gleaner.arrival')",
        ):
            self.refused(sql, token(ANNA, role="admin"))

    def test_partitions_give_nothing(self) -> None:
        self.own_database()
        parts = [f"gleaner.{table}_20261120" for table in ("interactions", "signals", "verdicts")]
        for part, role in itertools.product(parts, PEOPLE_ROLES):
            self.refused(f"SELECT * FROM {part}", token(ANNA, role="admin"), role)
            self.refused(f"DELETE FROM {part}", token(ANNA, role="admin"), role)
        # And if somebody grants what was not to be granted:
        self.database.psql(f"GRANT ALL ON {', '.join(parts)} TO authenticated")
        for part in parts:
            self.assertEqual(self.ask(f"SELECT count(*) FROM {part}", token(ANNA)), [["0"]])
            self.assertEqual(self.ask(f"DELETE FROM {part} RETURNING 1", token(ANNA)), [])

    def test_private_tables(self) -> None:
        for table, role in itertools.product(PRIVATE, (*PEOPLE_ROLES, "anon", "service_role")):
            self.refused(f"SELECT * FROM gleaner.{table}", token(ANNA, role="admin", project="shop"), role)

    def test_functions_tell_of_nobody_else(self) -> None:
        for call in (
            "gleaner.claims()",
            "gleaner.hmac_sha256('\\x00', '\\x00')",
            "gleaner.key_project()",
            "gleaner.make_day('2030-01-01')",
            "gleaner.drop_day('2026-11-20')",
        ):
            self.refused(f"SELECT {call}", token(ANNA))
        # Neither a path of one's own nor other settings lead a function elsewhere.
        tricked = (
            "SET LOCAL search_path = pg_temp, public; CREATE TEMP TABLE projects (name text, secret bytea); "
            "INSERT INTO projects VALUES ('default', '\\x00'); SELECT gleaner.my_user_ids()"
        )
        self.assertEqual(self.ask(tricked, token(ANNA)), [["{" + pseudonym("default", ANNA) + "}"]])
        self.refused("SET LOCAL row_security = off; SELECT * FROM training_data", token(ANNA))
        # A function of one's own in a query's condition sees no rows but one's own.
        spying = (
            "CREATE FUNCTION pg_temp.spy(text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$; "
            "SELECT id FROM gleaner.interactions WHERE pg_temp.spy(id) ORDER BY 1"
        )
        url = with_parts(self.database.admin, user="authenticator")
        begun = (
            f"SET LOCAL role authenticated; SET LOCAL request.jwt.claims = {literal(json.dumps(token(ANNA)))}"
        )
        script = f"BEGIN; {begun}; {spying}; ROLLBACK;"
        done = self.database.psql(script, url=url)
        self.assertEqual(done.stdout.split(), ["anna-1", "anna-2"])
        self.assertNotIn("bert", done.stderr)

    def test_rows_are_found_by_an_index(self) -> None:
        self.own_database()
        self.database.psql(
            "INSERT INTO gleaner.interactions (id, project, created_at, content_hash, platform, user_id, success, "
            "raw_bytes, record_json) "
            "SELECT 'i' || n, 'default', '2026-11-20', n, 'web', 'u_' || n % 3000, true, 1, '{}' "
            "FROM generate_series(1, 30000) n; ANALYZE gleaner.interactions_20261120; ANALYZE gleaner.interactions"
        )
        for sql in ("SELECT * FROM training_data", "DELETE FROM training_data WHERE platform = 'web'"):
            plan = "\n".join(row[0] for row in self.ask(f"EXPLAIN {sql}", token(ANNA)))
            self.assertIn("interactions_20261120_user_id_idx", plan)
            self.assertNotIn("Seq Scan on interactions_20261120", plan)


class ClaimsTest(AccessCase):
    def test_no_claims_no_rows(self) -> None:
        for claims in (None, "", "{}"):
            for role in ("authenticated", "gleaner_project"):
                self.assertEqual(self.ids(claims, role=role), [])
                self.assertEqual(self.ask("DELETE FROM training_data RETURNING id", claims, role), [])

    def test_malformed_claims_are_nobodys(self) -> None:
        names = ("sub", "project")
        for text in (
            "{",
            "nonsense",
            "[]",
            '"sub"',
            "null",
            "7",
            "[" * 100_000,
            f'[{{"sub": "{ANNA}"}}]',
            *(
                f'{{"{name}": {value}}}'
                for name in names
                for value in ("42", '""', "null", '["x"]', '{"$ne": 1}')
            ),
            *(f'{{"{name}": "a\\u0000b"}}' for name in names),
            f'{{"sub": "{ANNA}", "n": 1e9999999}}',
            f'{{"sub": "{ANNA}"',
            f'{{"SUB": "{ANNA}"}}',
            '{"app_metadata": {"gleaner_role": "admin", "gleaner_project": "shop"',
        ):
            for role in ("authenticated", "gleaner_project"):
                with self.subTest(claims=text[:60], role=role):
                    self.assertEqual(self.ids(text, role=role), [])
                    self.assertEqual(self.ids(text, "gleaner.signals", role), [])

    def test_odd_metadata_is_no_project_and_no_rank(self) -> None:
        for metadata in (
            None,
            7,
            "admin",
            [],
            ["admin"],
            {"gleaner_role": ["admin"]},
            {"gleaner_role": {"admin": True}},
            {"gleaner_role": "Admin"},
            {"gleaner_project": 7},
            {"gleaner_project": ["shop"]},
        ):
            with self.subTest(metadata=metadata):
                self.assertEqual(self.ids(token(ANNA) | {"app_metadata": metadata}), ["anna-1", "anna-2"])

    def test_nobody_makes_himself_an_admin(self) -> None:
        rank = {"gleaner_role": "admin", "gleaner_project": "shop"}
        for claims in (
            token(ANNA, user_metadata=rank),
            token(ANNA, user_metadata={"app_metadata": rank}),
            token(ANNA, **rank),
            token(ANNA, project="default") | {"raw_app_meta_data": rank},
            token(ANNA, email="gleaner_role"),
        ):
            self.assertEqual(self.ids(claims), ["anna-1", "anna-2"])
            self.assertEqual(self.ask("SELECT count(*) FROM gleaner.counters", claims), [["0"]])

    def test_an_ended_transaction_leaves_nothing(self) -> None:
        session = Session(with_parts(self.database.admin, user="authenticator"))
        self.addCleanup(session.close)
        mine = "SELECT id FROM training_data ORDER BY id"

        def transaction(claims: str | None, role: str = "authenticated") -> list[str]:
            session.run("BEGIN")
            session.run(f"SELECT set_config('role', '{role}', true)")
            if claims is not None:
                session.run(f"SELECT set_config('request.jwt.claims', {literal(claims)}, true)")
            found = session.run(mine)
            session.run("COMMIT")
            return found.split()

        self.assertEqual(transaction(None), [])
        self.assertEqual(transaction(json.dumps(token(ANNA))), ["anna-1", "anna-2"])
        self.assertEqual(session.run("SELECT current_setting('request.jwt.claims', true) = ''"), "t\n")
        self.assertEqual(transaction(None), [])
        self.assertEqual(transaction(json.dumps({"project": "shop"}), "gleaner_project")[0], "shop-anna-1")
        self.assertEqual(transaction(None, "gleaner_project"), [])
        self.assertEqual(transaction(json.dumps(token(BERT))), ["bert-1", "packed"])

    def test_settings_of_single_claims_count_for_nothing(self) -> None:
        legacy = (
            f"SELECT set_config('request.jwt.claim.sub', '{BERT}', true) IS NULL; "
            "SELECT id FROM training_data ORDER BY 1"
        )
        self.assertEqual(self.ask(legacy, token(ANNA)), [["f"], ["anna-1"], ["anna-2"]])
        self.assertEqual(self.ask(legacy, None), [["f"]])

    def test_reset_role_leads_to_the_login(self) -> None:
        self.refused("RESET ROLE; SELECT * FROM training_data", token(ANNA))
        self.refused("RESET ROLE; SELECT * FROM gleaner.projects", token(ANNA))

    def test_set_local_outside_a_transaction_opens_nothing(self) -> None:
        script = "SET LOCAL role authenticated; SELECT id FROM training_data;"
        with self.assertRaises(Refused) as caught:
            self.run_as("authenticator", script)
        self.assertEqual(caught.exception.code, DENIED)


class RanksTest(AccessCase):
    shop = ["shop-anna-1", "shop-anna-2", "shop-bert"]
    default = ["anna-1", "anna-2", "bert-1", "nobody", "packed"]

    def sees_all_of_shop(self, claims: Mapping[str, Any], role: str) -> None:
        self.assertEqual(self.ids(claims, role=role), self.shop)
        self.assertEqual(self.ids(claims, "gleaner.signals", role), ["s5", "s6"])
        self.assertEqual(self.ids(claims, "gleaner.waiting_signals", role), ["w3"])
        for table in ("verdicts", "counters", "facets"):
            found = self.ask(f"SELECT DISTINCT project FROM gleaner.{table}", claims, role)
            self.assertEqual(found, [["shop"]], table)
        for view in ("training_metrics", "archive_metadata"):
            self.assertEqual(self.ask(f"SELECT project FROM {view}", claims, role), [["shop"]])

    def test_an_admin_has_the_project(self) -> None:
        self.sees_all_of_shop(token(ANNA, "shop", "admin"), "authenticated")
        self.sees_all_of_shop(token(None, "shop", "admin"), "authenticated")
        self.assertEqual(self.ids(token(ANNA, role="admin")), self.default)
        self.assertEqual(self.ask("SELECT * FROM archive_metadata", token(ANNA, role="admin")), [])
        self.own_database()
        admin = token(ANNA, "shop", "admin")
        self.assertEqual(self.ask("DELETE FROM training_data WHERE id = 'bert-1' RETURNING id", admin), [])
        self.assertEqual(
            self.ask("DELETE FROM training_data WHERE id = 'shop-bert' RETURNING id", admin), [["shop-bert"]]
        )
        self.recounted()

    def test_a_key_has_its_project(self) -> None:
        self.sees_all_of_shop({"project": "shop"}, "gleaner_project")
        self.assertEqual(self.ids({"project": "none"}, role="gleaner_project"), [])
        self.assertEqual(self.ids(token(ANNA, "shop", "admin"), role="gleaner_project"), [])
        # The claim of a key is nothing to people.
        self.assertEqual(self.ids(token(ANNA, project="default") | {"project": "shop"}), ["anna-1", "anna-2"])
        self.own_database()
        self.ask("DELETE FROM training_data", {"project": "shop"}, "gleaner_project")
        self.assertEqual(
            self.database.value("SELECT string_agg(DISTINCT project, ',') FROM gleaner.interactions"),
            "default",
        )
        self.recounted()

    def test_gleaner_admin_has_everything(self) -> None:
        self.assertEqual(self.ids(None, role="gleaner_admin"), self.default + self.shop)
        self.assertEqual(self.ids(None, "gleaner.signals", "gleaner_admin"), [f"s{n}" for n in range(1, 7)])
        self.own_database()
        self.ask("DELETE FROM training_data", None, "gleaner_admin")
        self.assertEqual(self.database.number("SELECT count(*) FROM gleaner.signals"), 0)
        self.recounted()

    def test_service_role_has_everything(self) -> None:
        self.assertEqual(self.ids(None, role="service_role"), self.default + self.shop)
        for view in VIEWS:
            self.ask(f"SELECT * FROM {view}", None, "service_role")
        for sql in (
            "UPDATE training_data SET model = 'x'",
            "DELETE FROM user_feedback",
            "TRUNCATE gleaner.interactions",
        ):
            self.refused(sql, None, "service_role")

    def test_anon_has_nothing(self) -> None:
        for name in (*VIEWS, *(f"gleaner.{table}" for table in READABLE)):
            self.refused(f"SELECT * FROM {name}", token(ANNA, role="admin"), "anon")
            self.refused(f"DELETE FROM {name}", token(ANNA, role="admin"), "anon")
        for call in ("get_storage_stats()", "gleaner.my_user_ids()", "gleaner.drop_day('2026-11-20')"):
            self.refused(f"SELECT {call}", token(ANNA, role="admin"), "anon")


class ServerTest(AccessCase):
    """A server's login that owns nothing."""

    def setUp(self) -> None:
        self.own_database()

    def denied(self, *statements: str) -> None:
        for sql in statements:
            with self.subTest(sql=sql):
                with self.assertRaises(Refused) as caught:
                    self.run_as("server", sql)
                self.assertEqual(caught.exception.code, DENIED)

    def test_does_a_servers_work(self) -> None:
        self.run_as(
            "server",
            "SET timezone = 'UTC'; SELECT gleaner.make_day('2026-11-22'); SELECT gleaner.make_day('2026-11-22');"
            + interaction("new", "default", "2026-11-22", pseudonym("default", ANNA))
            + signal("new-s", "new", "default", "2026-11-22", "thumbs_up", None)
            + insert("projects", name="third", secret="\\x" + "00" * 32)
            + insert("rejects", project="third", rejected_at="2026-11-22", reason="r", content="\\x00")
            + "DELETE FROM gleaner.rejects WHERE project = 'third';"
            + "UPDATE gleaner.projects SET name = 'fourth' WHERE name = 'third';"
            + "SELECT * FROM gleaner.schema_migrations;",
        )
        self.assertEqual(self.ids(token(ANNA)), ["anna-1", "anna-2", "new"])
        self.assertEqual(self.run_as("server", "SELECT count(*) FROM gleaner.interactions").strip(), "9")
        self.run_as("server", "SELECT gleaner.drop_day('2026-11-20')")
        self.assertEqual(self.ids(token(ANNA)), ["anna-2", "new"])
        self.assertEqual(self.value("SELECT to_regclass('gleaner.interactions_20261120')"), "-")
        self.run_as("server", "DELETE FROM gleaner.interactions WHERE id = 'anna-2'")
        self.run_as("server", "SELECT gleaner.drop_day('2026-11-22')")
        self.recounted()

    def test_does_no_more(self) -> None:
        self.denied(
            "DROP TABLE gleaner.interactions",
            "TRUNCATE gleaner.interactions",
            "ALTER TABLE gleaner.projects ADD COLUMN x int",
            "CREATE TABLE gleaner.mine ()",
            "CREATE TABLE public.mine ()",
            "SELECT * FROM gleaner.interactions_20261120",
            "INSERT INTO gleaner.schema_migrations VALUES (99)",
            "SELECT gleaner.hmac_sha256('\\x00', '\\x00')",
            "SET ROLE supabase_owner",
            "CREATE ROLE another",
        )

    def test_copies_only_where_row_level_security_is_off_for_it(self) -> None:
        copy = (
            "COPY gleaner.interactions "
            "(id, project, created_at, content_hash, platform, success, raw_bytes, record_json) "
            "FROM STDIN;\nc\tdefault\t2026-11-20T10:00:00Z\t1\tweb\tt\t1\t{}\n\\.\n"
        )
        with self.assertRaises(Refused) as caught:
            self.run_as("server", copy)
        self.assertEqual(caught.exception.code, "0A000")
        self.run_as("fast_server", copy)
        self.assertEqual(self.database.number("SELECT count(*) FROM gleaner.interactions WHERE id = 'c'"), 1)


class RolesTest(AccessCase):
    """Roles, privileges, and what is there before."""

    def test_roles_are_made_or_asked_for(self) -> None:
        cluster = Cluster("fsync=off")
        self.addCleanup(cluster.end)
        cluster.psql("CREATE ROLE poor LOGIN; CREATE ROLE owner LOGIN CREATEROLE")
        refused = load(create(cluster, "poor"), "poor")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("the role anon is missing, and poor may not create roles", refused.stderr)
        self.assertIn("HINT:", refused.stderr)
        self.assertIn("CREATE ROLE gleaner_server", refused.stderr)
        made = load(create(cluster, "owner"), "owner")
        self.assertEqual(made.returncode, 0, made.stderr)
        roles = cluster.psql(
            "SELECT rolname FROM pg_roles WHERE rolname ~ '^(anon|auth|gleaner_)' AND NOT rolcanlogin"
        )
        self.assertEqual(
            set(roles.split()),
            {"anon", "authenticated", "gleaner_admin", "gleaner_project", "gleaner_server"},
        )
        served = load(create(cluster, "poor"), "poor")
        self.assertEqual(served.returncode, 0, served.stderr)

    def assert_closed(self, database: Database) -> None:
        """Looks at every grant to somebody who does not own the thing."""
        granted = database.rows(
            """
            SELECT DISTINCT coalesce(r.rolname, 'PUBLIC'), n.nspname || '.' || o.name, a.privilege_type
            FROM (SELECT relnamespace AS space, relname AS name, relowner AS owner,
                    coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl
                  FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'S')
                  UNION ALL
                  SELECT pronamespace, proname, proowner, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
                  UNION ALL
                  SELECT oid, '', nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace) o
            JOIN pg_namespace n ON n.oid = o.space, aclexplode(o.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
            WHERE a.grantee <> o.owner AND (n.nspname = 'gleaner' OR n.nspname = 'public' AND o.name <> '')"""
        )
        self.assertEqual([row for row in granted if row[0] in ("PUBLIC", "anon")], [])
        for role in (*PEOPLE_ROLES, "service_role"):
            rights = {(name, right) for who, name, right in granted if who == role}
            changing = {pair for pair in rights if pair[1] not in ("SELECT", "EXECUTE", "USAGE")}
            self.assertEqual(
                changing, {("gleaner.interactions", "DELETE"), ("public.training_data", "DELETE")}, role
            )
            tables = {name for name, right in rights if right == "SELECT"}
            known = {f"gleaner.{name}" for name in (*READABLE, "training_metrics", "archive_metadata")}
            self.assertEqual(tables, known | {f"public.{name}" for name in VIEWS}, role)
            sequences = {name for name, right in rights if right == "USAGE"} - {"gleaner."}
            self.assertEqual(sequences, set(), role)
            called = {name for name, right in rights if right == "EXECUTE"}
            self.assertFalse(called & {"gleaner.make_day", "gleaner.drop_day", "gleaner.hmac_sha256"}, role)

    def test_nothing_is_open_by_default(self) -> None:
        self.assert_closed(self.database)
        generous = create(supabase(), OWNER)
        self.addCleanup(supabase().drop, generous)
        for things in ("TABLES", "FUNCTIONS", "SEQUENCES"):
            everybody = "anon, authenticated, service_role, PUBLIC"
            generous.psql(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON {things} TO {everybody}", url=generous.url)
        self.assertEqual(load(generous, OWNER).returncode, 0)
        generous.psql("SELECT gleaner.make_day('2030-01-01')")
        self.assert_closed(generous)

    def test_every_table_and_view_is_guarded(self) -> None:
        bare = (
            "SELECT relname FROM pg_class WHERE relnamespace = 'gleaner'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relrowsecurity"
        )
        self.assertEqual(self.database.rows(bare), [])
        of_owner = (
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' "
            "AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)"
        )
        self.assertEqual(self.database.rows(of_owner), [])
        loose = (
            "SELECT proname FROM pg_proc "
            "WHERE pronamespace IN ('gleaner'::regnamespace, 'public'::regnamespace) AND prosecdef "
            "AND NOT coalesce(proconfig::text LIKE '%search_path=pg_catalog, pg_temp%', false)"
        )
        self.assertEqual(self.database.rows(loose), [])

    def test_the_trap_of_a_view_of_the_owner(self) -> None:
        """Why the views are security_invoker: one that is not shows everybody everything."""
        self.own_database()
        self.database.psql(
            "CREATE VIEW public.trap AS SELECT * FROM gleaner.interactions", url=self.database.url
        )
        self.assertEqual(self.ask("SELECT count(*) FROM trap", token(ANNA)), [["8"]])

    def test_days_to_come_are_closed(self) -> None:
        self.own_database()
        self.database.psql(
            "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO authenticated, PUBLIC; "
            "SELECT gleaner.make_day('2030-01-01')",
            url=self.database.url,
        )
        for table in ("interactions", "signals", "verdicts"):
            self.refused(f"TRUNCATE gleaner.{table}_20300101", token(ANNA))
            self.refused(f"SELECT FROM gleaner.{table}_20300101", token(ANNA))

    def test_names_that_are_taken_stay(self) -> None:
        for old in (
            "CREATE TABLE public.training_data (id int)",
            "CREATE VIEW public.user_feedback AS SELECT 1",
            "CREATE FUNCTION public.get_storage_stats() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ):
            with self.subTest(old=old):
                database = create(supabase(), OWNER)
                self.addCleanup(supabase().drop, database)
                database.psql(old, url=database.url)
                done = load(database, OWNER)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("there already: public.", done.stderr)
                self.assertIn("HINT:", done.stderr)
                self.assertEqual(database.value("SELECT to_regnamespace('gleaner') IS NULL"), "t")

    def test_schema_public_may_be_closed(self) -> None:
        database = create(supabase(), "postgres")
        self.addCleanup(supabase().drop, database)
        database.psql(f"GRANT CREATE ON DATABASE {database.name} TO poor")
        done = load(database, "poor")
        self.assertIn("poor may not create anything in schema public", done.stderr)


if __name__ == "__main__":
    unittest.main()

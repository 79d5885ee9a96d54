"""A PostgreSQL as Supabase sets it up, with Gleaner's schema and the data of two people, for tests of who sees what.

It has Supabase's roles, an owner without superuser's rights, and default privileges that open whatever is made in
schema public. Rows are inserted by SQL, pseudonyms are computed here.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import itertools
import json
import subprocess
import unittest
from collections.abc import Mapping
from typing import Any

from .harness import gleaner
from .postgres import Cluster, Database, with_parts

SECRETS = {"default": b"\x0a" * 32, "shop": bytes(range(32))}
ROTATED = b"\xff\x00" * 16  # of "shop", from the second day on
DAYS = ("2026-11-20", "2026-11-21")
OWNER = "supabase_owner"
ANNA, BERT = "5f0e6a2c-0000-4000-8000-00000000000a", "5f0e6a2c-0000-4000-8000-00000000000b"
PEOPLE_ROLES = ("authenticated", "gleaner_project", "gleaner_admin")
VIEWS = (
    "training_data",
    "validation_logs",
    "user_feedback",
    "workflow_examples",
    "training_metrics",
    "archive_metadata",
)
PRIVATE = ("projects", "secret_rotations", "api_keys", "rejects", "client_ids", "items", "schema_migrations")
READABLE = ("interactions", "signals", "verdicts", "waiting_signals", "counters", "facets")
DENIED = "42501"
NOT_UPDATABLE = "55000"  # a view of more than one table

# What Supabase's own migrations make, as far as it matters here.
SUPABASE_ROLES = """
CREATE ROLE anon NOLOGIN NOINHERIT;
CREATE ROLE authenticated NOLOGIN NOINHERIT;
CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, authenticated, service_role TO authenticator;
CREATE ROLE supabase_owner LOGIN CREATEROLE CREATEDB;
CREATE ROLE poor LOGIN;
"""
LOGINS = """
GRANT gleaner_project, gleaner_admin TO authenticator;
CREATE ROLE server LOGIN IN ROLE gleaner_server;
CREATE ROLE fast_server LOGIN BYPASSRLS IN ROLE gleaner_server;
"""
SUPABASE_DATABASE = """
CREATE SCHEMA auth;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT nullif(coalesce(current_setting('request.jwt.claim.sub', true),
                         current_setting('request.jwt.claims', true)::jsonb ->> 'sub'), '')::uuid $$;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
GRANT USAGE ON SCHEMA auth, public TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_owner IN SCHEMA public
  GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_owner IN SCHEMA public
  GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_owner IN SCHEMA public
  GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
"""

# Counters and facets, counted again from the rows. `record_zstd` stands for a frame.
RECOUNT = """
SELECT i.project, i.created_at::date, i.platform, count(*), count(*) FILTER (WHERE i.success),
  count(i.record_zstd), sum(i.raw_bytes) + coalesce(sum(s.bytes), 0),
  sum(coalesce(octet_length(i.record_zstd), octet_length(i.record_json))) + coalesce(sum(s.bytes), 0),
  coalesce(sum(v.signals), 0), coalesce(sum(v.thumbs_up), 0), coalesce(sum(v.thumbs_down), 0),
  coalesce(sum(v.edits + v.corrections), 0), count(*) FILTER (WHERE gleaner.has_feedback(v)),
  count(*) FILTER (WHERE gleaner.is_positive(v)), count(*) FILTER (WHERE gleaner.is_negative(v)),
  count(*) FILTER (WHERE gleaner.is_quality(v))
FROM gleaner.interactions i
LEFT JOIN gleaner.verdicts v
  ON v.interaction_id = i.id AND v.project = i.project AND v.interaction_created_at = i.created_at,
  LATERAL (SELECT sum(octet_length(record_json)) AS bytes FROM gleaner.signals
           WHERE interaction_id = i.id AND project = i.project AND interaction_created_at = i.created_at) s
GROUP BY 1, 2, 3"""
COUNTED = """
SELECT project, day, platform, sum(interactions), sum(succeeded), sum(compressed), sum(raw_bytes), sum(stored_bytes),
  sum(signals), sum(thumbs_up), sum(thumbs_down), sum(edits), sum(with_feedback), sum(positive), sum(negative),
  sum(quality)
FROM gleaner.counters GROUP BY 1, 2, 3
HAVING sum(interactions) <> 0 OR sum(signals) <> 0 OR sum(raw_bytes) <> 0 OR sum(stored_bytes) <> 0"""
FACETS = """
SELECT project, created_at::date AS day, platform, facet, value, count(*)
FROM gleaner.interactions, LATERAL (
  SELECT 'kind', kind UNION ALL SELECT 'model', model UNION ALL SELECT 'tag', unnest(tags)) f (facet, value)
WHERE value IS NOT NULL GROUP BY 1, 2, 3, 4, 5"""
FACETS_COUNTED = """
SELECT project, day, platform, facet, value, sum(n) FROM gleaner.facets
GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0"""


class Refused(Exception):
    """An error of the server: `code` is its SQLSTATE."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        found = text.partition("ERROR:  ")[2]
        self.code = found[:5]


def pseudonym(project: str, person: str, secret: bytes | None = None) -> str:
    digest = hmac.new(secret or SECRETS[project], person.encode(), hashlib.sha256).hexdigest()
    return "u_" + digest[:32]


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"


def insert(table: str, **values: Any) -> str:
    names, texts = ", ".join(values), ", ".join(map(literal, values.values()))
    return f"INSERT INTO gleaner.{table} ({names}) VALUES ({texts});\n"


def interaction(id: str, project: str, day: str, user: str | None, **values: Any) -> str:
    """An interaction with an item and a row of client_ids."""
    record = {
        "id": id,
        "messages": [{"role": "user", "content": f"asked in {id}"}],
        "output": {"role": "assistant", "content": f"answer of {id}"},
        "artifact": {"name": id},
    }
    row = {
        "platform": "web",
        "kind": "chat",
        "model": "m",
        "tags": "{a,b}",
        "success": True,
        "raw_bytes": 900,
        "record_json": json.dumps(record),
    } | values
    at = f"{day}T10:00:00Z"
    return (
        insert("interactions", id=id, project=project, created_at=at, content_hash=1, user_id=user, **row)
        + insert("client_ids", id=id, project=project, created_at=at, content_hash=1)
        + insert("items", id=f"item-{id}", project=project, interaction_id=id, interaction_created_at=at)
    )


def signal(id: str, of: str, project: str, day: str, kind: str, user: str | None, **record: Any) -> str:
    """A signal, and what it adds to the verdict."""
    at = f"{day}T10:00:00Z"
    column = {
        "thumbs_up": "thumbs_up",
        "thumbs_down": "thumbs_down",
        "correction": "corrections",
        "edit": "edits",
    }
    counted = column.get(kind, "validations_passed")
    text = json.dumps({"id": id, "interaction_id": of, "kind": kind, **record})
    return insert(
        "signals",
        interaction_id=of,
        project=project,
        interaction_created_at=at,
        id=id,
        content_hash=1,
        kind=kind,
        user_id=user,
        created_at=at,
        record_json=text,
    ) + (
        f"INSERT INTO gleaner.verdicts AS v (interaction_id, project, interaction_created_at, signals, {counted}) "
        f"VALUES ('{of}', '{project}', '{at}', 1, 1) ON CONFLICT (interaction_id, project, interaction_created_at) "
        f"DO UPDATE SET signals = v.signals + 1, {counted} = v.{counted} + 1;\n"
    )


def rows() -> str:
    """Two people in two projects, one of which has changed its secret, with feedback across."""
    first, second = DAYS
    anna, bert = pseudonym("default", ANNA), pseudonym("default", BERT)
    shop_anna, shop_bert = pseudonym("shop", ANNA), pseudonym("shop", BERT, ROTATED)
    shop_anna_later = pseudonym("shop", ANNA, ROTATED)
    sql = "SET timezone = 'UTC';\n"
    sql += "".join(f"SELECT gleaner.make_day('{day}');\n" for day in DAYS)
    sql += "".join(insert("projects", name=name, secret=f"\\x{key.hex()}") for name, key in SECRETS.items())
    sql += insert("secret_rotations", project="shop", valid_from=second, secret=f"\\x{ROTATED.hex()}")
    sql += insert("api_keys", id="k", project="shop", name="k", scopes="{admin}", hash="h", created_at=first)
    sql += insert("rejects", project="shop", rejected_at=first, reason="r", content="\\x00")
    sql += interaction("anna-1", "default", first, anna)
    sql += interaction("anna-2", "default", second, anna, platform="zapier", success=False)
    sql += interaction("bert-1", "default", first, bert)
    sql += interaction("nobody", "default", second, None)
    sql += interaction("packed", "default", second, bert, record_json=None, record_zstd="\\x28b52ffd")
    sql += interaction("shop-anna-1", "shop", first, shop_anna)
    sql += interaction("shop-anna-2", "shop", second, shop_anna_later, platform="zapier")
    sql += interaction("shop-bert", "shop", second, shop_bert)
    fix = {"output": {"role": "assistant", "content": '{"better":1}'}, "reason": "was wrong"}
    check = {
        "value": {"passed": False, "errors": ["e"], "score": 0.5},
        "metadata": {"original_workflow": {"o": 1}},
    }
    sql += signal("s1", "anna-1", "default", first, "thumbs_up", bert, text="good", value=5)
    sql += signal("s2", "bert-1", "default", first, "thumbs_down", anna)
    sql += signal("s3", "anna-2", "default", second, "correction", anna, **fix)
    sql += signal("s4", "anna-2", "default", second, "validation", anna, **check)
    sql += signal("s5", "shop-bert", "shop", second, "edit", shop_bert, **fix)
    sql += signal("s6", "shop-anna-1", "shop", first, "thumbs_up", shop_anna)
    for id, project, user in (
        ("w1", "default", anna),
        ("w2", "default", bert),
        ("w3", "shop", shop_anna_later),
    ):
        sql += insert(
            "waiting_signals",
            target="later",
            project=project,
            target_is_item=False,
            id=id,
            content_hash=1,
            user_id=user,
            record_json="{}",
        )
    sql += insert("training_metrics", project="shop", model="m", metric="accuracy", value=0.9)
    sql += insert(
        "archive_metadata",
        project="shop",
        s3_key="archives/zapier/2024/01/2024-01-15.jsonl.gz",
        platform="zapier",
        date="2024-01-15",
        records_count=150,
        uncompressed_size=15728640,
        compressed_size=3145728,
    )
    names = (
        "interactions, succeeded, compressed, raw_bytes, stored_bytes, signals, thumbs_up, thumbs_down, edits, "
        "with_feedback, positive, negative, quality"
    )
    sql += (
        f"INSERT INTO gleaner.counters (project, day, platform, {names}, slot) SELECT r.*, 3 FROM ({RECOUNT}) r;\n"
        "INSERT INTO gleaner.facets (project, day, platform, facet, value, n, slot) "
        f"SELECT f.*, 3 FROM ({FACETS}) f;\n"
    )
    return sql


def token(sub: Any = None, project: Any = None, role: Any = None, **more: Any) -> dict[str, Any]:
    """Claims as Supabase's tokens have them."""
    claims: dict[str, Any] = {
        "role": "authenticated",
        "aud": "authenticated",
        "app_metadata": {"provider": "email"},
    }
    if sub is not None:
        claims["sub"] = sub
    if project is not None:
        claims["app_metadata"]["gleaner_project"] = project
    if role is not None:
        claims["app_metadata"]["gleaner_role"] = role
    return claims | more


@functools.cache
def schema() -> str:
    """What the program prints for psql."""
    printed = gleaner("migrate", "--print")
    if printed.code != 0:
        raise AssertionError(f"migrate --print: exit {printed.code}: {printed.err}")
    return printed.out


@functools.cache
def supabase() -> Cluster:
    """The cluster of this process."""
    cluster = Cluster("fsync=off", "full_page_writes=off", "jit=off")
    cluster.psql(SUPABASE_ROLES)
    return cluster


@functools.cache
def filled() -> Database:
    """The database that tests look at and have copies of."""
    database = create(supabase(), OWNER)
    database.psql(SUPABASE_DATABASE)
    loaded = load(database, OWNER)
    if loaded.returncode != 0:
        raise AssertionError(loaded.stderr)
    database.psql(rows(), url=database.url)
    supabase().psql(LOGINS)
    return database


_numbers = itertools.count(1)


def create(cluster: Cluster, owner: str, template: Database | None = None) -> Database:
    """A new database; empty, or as the template is."""
    name = f"access_{next(_numbers)}"
    copied = f"TEMPLATE {template.name}" if template else ""
    cluster.psql(f"CREATE DATABASE {name} OWNER {owner} {copied}")
    url = with_parts(cluster.url, database=name)
    return Database(with_parts(url, user=owner), url, cluster.log)


def load(database: Database, login: str) -> subprocess.CompletedProcess[str]:
    """Loads the schema as that login; how it went."""
    return database.psql(schema(), url=with_parts(database.admin, user=login), check=False)


class AccessCase(unittest.TestCase):
    """A test on the database that all share, or on a copy of its own."""

    maxDiff = 4000

    def setUp(self) -> None:
        self.database = filled()

    def own_database(self) -> None:
        self.database = create(supabase(), OWNER, filled())
        self.addCleanup(supabase().drop, self.database)

    def run_as(self, login: str, script: str) -> str:
        """What a script prints; raises Refused at its first error."""
        url = with_parts(self.database.admin, user=login)
        done = self.database.psql(script, "-F", "\x1f", "-v", "VERBOSITY=verbose", url=url, check=False)
        if done.returncode != 0:
            raise Refused(done.stderr)
        return done.stdout

    def ask(
        self, sql: str, claims: Mapping[str, Any] | str | None, role: str = "authenticated"
    ) -> list[list[str]]:
        """The rows of a statement in a transaction as PostgREST makes it."""
        text = claims if isinstance(claims, str) or claims is None else json.dumps(claims)
        script = f"BEGIN;\n\\o /dev/null\nSELECT set_config('role', '{role}', true);\n"
        if text is not None:
            script += f"SELECT set_config('request.jwt.claims', {literal(text)}, true);\n"
        printed = self.run_as("authenticator", f"{script}\\o\n{sql};\nCOMMIT;\n")
        return [line.split("\x1f") for line in printed.splitlines()]

    def ids(
        self, claims: Mapping[str, Any] | str | None, what: str = "training_data", role: str = "authenticated"
    ) -> list[str]:
        return [row[0] for row in self.ask(f"SELECT id FROM {what} ORDER BY id", claims, role)]

    def refused(self, sql: str, claims: Mapping[str, Any] | str | None, role: str = "authenticated") -> None:
        with self.assertRaises(Refused, msg=f"{role}: {sql}") as caught:
            self.ask(sql, claims, role)
        self.assertIn(caught.exception.code, (DENIED, NOT_UPDATABLE), caught.exception)

    def value(self, query: str) -> str:
        """The one value a query of the superuser finds, "-" for NULL."""
        return self.database.value(f"SELECT coalesce(({query})::text, '-')")

    def recounted(self) -> None:
        """Fails unless counters and facets are what the rows add up to."""
        for counted, again in ((COUNTED, RECOUNT), (FACETS_COUNTED, FACETS)):
            have, want = (
                sorted(self.database.rows(f"SET timezone = 'UTC'; {sql}")) for sql in (counted, again)
            )
            self.assertEqual(have, want)

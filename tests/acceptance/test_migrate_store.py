"""gleaner migrate-store: everything from one store into the other, resumed, compared, and back."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import unittest
from collections.abc import Iterator, Mapping
from pathlib import Path

from .client import Client, Json, Record, ndjson
from .harness import RSS_LIMIT_MB, Finished, Server, create_key, gleaner, wait_for
from .postgres_case import PostgresCase
from .program import binary, child_env
from .records import interaction, letters, small, words
from .recount import assert_counted
from .store import about_sqlite

INTERACTIONS, SIGNALS = "/v1/interactions", "/v1/signals"
DAYS = ("2026-10-30", "2026-11-02", "2026-11-20")
# The two stores keep the same records in different forms.
OF_THE_FORM = ("storage", "costs", "recommendations")


def normal(stats: Record) -> Record:
    """Statistics without what depends on how a store keeps its records."""
    kept = {key: value for key, value in stats.items() if key not in OF_THE_FORM}
    kept["overview"] = {k: v for k, v in stats["overview"].items() if k != "compressed_records"}
    kept["by_platform"] = {
        name: {k: v for k, v in platform.items() if k != "stored_bytes"}
        for name, platform in stats["by_platform"].items()
    }
    return kept


class MoveCase(PostgresCase):
    """An embedded store in `source`, and an empty database beside it."""

    def setUp(self) -> None:
        super().setUp()
        self.source = self.scratch / "source"
        self.env = {"DATABASE_URL": self.database.url}

    def run_move(self, *flags: str, data_dir: Path | None = None, back: bool = False, code: int = 0) -> Finished:
        ends = ("postgres", "sqlite") if back else ("sqlite", "postgres")
        arguments = ("--data-dir", data_dir or self.source, "--from", ends[0], "--to", ends[1])
        return self.ok(gleaner("migrate-store", *arguments, *flags, env=self.env), code)

    def move(self, *flags: str, **options: Json) -> Record:
        return self.run_move("--json", *flags, **options).json()

    def import_many(self, count: int, name: str = "bulk") -> list[str]:
        records = [
            interaction(n, id=f"{name}-{letters(n)}", created_at=f"{DAYS[n * 3 // count]}T10:00:00Z")
            for n in range(count)
        ]
        path = self.scratch / f"{name}.jsonl"
        path.write_bytes(ndjson(records))
        self.ok(gleaner("import", path, "--data-dir", self.source, "--format", "gleaner"))
        return [record["id"] for record in records]

    def start(self, data_dir: Path, env: Mapping[str, str] | None = None) -> Server:
        return self.serve(data_dir, env=env)


def entries(client: Client) -> list[Record]:
    return [entry for page in client.pages(limit=500, order="asc") for entry in page]


@about_sqlite
class Everything(MoveCase):
    """One store with a bit of everything, moved there and back."""

    def setUp(self) -> None:
        super().setUp()
        self.keys = {name: create_key(self.source, project=name)["key"] for name in ("default", "shop")}
        self.revoked = create_key(self.source, "read", name="old")
        self.ok(gleaner("keys", "revoke", self.revoked["id"], "--data-dir", self.source))
        self.fill()

    def fill(self) -> None:
        server = self.start(self.source)
        default, shop = (self.connect(server, self.keys[name]) for name in ("default", "shop"))
        records = [
            interaction(n, id=f"own-{letters(n)}" if n % 2 else None, created_at=f"{DAYS[n % 3]}T0{n % 8}:00:00.123Z",
                        user_id=f"user {n % 5}")
            for n in range(60)
        ]
        records += [
            small(100, id="große Ümläute 漢字 🎉", messages=[{"role": "user", "content": "\u0000 😀 \u202e"}],
                  metadata={"naïve": ["é", None, 1e-7, 12345678901234567890], "tab": "\t"}),
            small(101, id="with items", items=[{"id": "item one", "text": "an insight"}, {"id": "item two"}]),
            interaction(102, id="large", output=words("large", 3_000_000), created_at=f"{DAYS[1]}T12:00:00Z"),
            small(103, id="several views", tags=["a", "b", "ç"], success=False, error={"code": 3}),
        ]  # fmt: skip
        self.expect(default.post_ndjson(INTERACTIONS, records), 200)
        self.expect(shop.post_ndjson(INTERACTIONS, [small(n, id=f"own-{letters(n)}") for n in range(9)]), 200)
        self.votes: list[Record] = [
            {"id": "vote", "interaction_id": "own-b", "kind": "thumbs_up", "user_id": "user 1"},
            {"interaction_id": "own-b", "kind": "correction", "output": "A better answer, ça va.", "author": "human"},
            {"item_id": "item one", "kind": "like"},
            {"interaction_id": "large", "kind": "rating", "value": 4.5},
            *({"interaction_id": "several views", "kind": "view", "user_id": f"user {n % 3}"} for n in range(7)),
            {"id": "early", "interaction_id": "not yet", "kind": "thumbs_up", "user_id": "user 2"},
            {"item_id": "item of not yet", "kind": "bookmark"},
        ]
        self.expect(default.post_ndjson(SIGNALS, self.votes), 200)
        self.expect(shop.post(SIGNALS, {"interaction_id": "own-c", "kind": "thumbs_down", "reason": "schlecht"}), 201)
        for wrong in ({"platform": "x", "messages": "wrong"}, {"platform": "ü", "messages": [{"role": 1}]}):
            self.expect(default.post(INTERACTIONS, wrong), 422)
        self.ok(gleaner("project", "rotate", "--project", "shop", "--data-dir", self.source))
        time.sleep(2.2)  # until the new secret is in force
        self.expect(shop.post(INTERACTIONS, small(50, id="after", user_id="user 1")), 201)
        self.assertEqual(server.stop(), 0)

    def what_is_in(self, data_dir: Path, env: Mapping[str, str] | None = None) -> Json:
        """All that the program tells of a store."""
        found: Record = {"keys": self.ok(gleaner("keys", "list", "--json", "--data-dir", data_dir, env=env)).json()}
        projects = self.ok(gleaner("project", "list", "--json", "--data-dir", data_dir, env=env)).json()
        found["projects"] = projects
        server = self.start(data_dir, env)
        for name, key in self.keys.items():
            client = self.connect(server, key)
            all_entries = entries(client)
            exported = gleaner("export", "--project", name, "--data-dir", data_dir, env=env)
            found[name] = {
                "entries": all_entries,
                "lookups": [client.lookup(entry["interaction"]["id"]).json() for entry in all_entries],
                "of a user": client.list_ids(user_id="user 1"),
                "stats": normal(client.stats()),
                "rejects": [
                    {k: v for k, v in reject.items() if k != "seq"}
                    for reject in client.get("/v1/rejects").json()["data"]
                ],
                "export": self.ok(exported).out,
            }
        self.assertEqual(server.stop(), 0)
        return found

    def assert_same_store(self, before: Json, after: Json) -> None:
        for name in self.keys:
            for what, value in before[name].items():
                self.assertEqual(value, after[name].pop(what), f"{name}: {what}")
        self.assertEqual(before["keys"], after["keys"])
        self.assertEqual(before["projects"], after["projects"])

    def test_there_and_back(self) -> None:
        """SQLite to PostgreSQL to a new folder: listing, look-ups, people, statistics, rejects, keys and export are the
        same in all three; the source is as it was."""
        before = self.what_is_in(self.source)
        self.assertEqual(len(before["default"]["entries"]), 64)
        self.assertEqual(len(before["default"]["rejects"]), 2)
        plan = self.move("--dry-run")
        self.assertEqual(sum(day["interactions"]["source"] for day in plan["projects"][0]["days"]), 64)
        self.assertEqual(plan["keys"]["source"], 3)
        self.assertEqual(self.database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'gleaner'"), [])

        moved = self.move()
        self.assertEqual((moved["verified"], moved["differences"], moved["source_changed"]), (True, [], False))
        self.assertEqual(moved["moved"], {
            "interactions": 74, "signals": 12, "waiting": 2, "rejects": 2, "there_already": 0, "conflicts": 0,
            "rejects_left_out": 0,
        })  # fmt: skip
        self.assertFalse((self.source / "migrate-store.json").exists())
        assert_counted(self.database)
        self.assert_same_store(before, self.what_is_in(self.data_dir, self.env))

        again = self.move()
        self.assertEqual((again["verified"], again["moved"]["there_already"]), (True, 74 + 12 + 2 + 2))

        back = self.scratch / "back"
        self.assertTrue(self.move(data_dir=back, back=True)["verified"])
        self.assert_same_store(before, self.what_is_in(back))
        self.assert_same_store(before, self.what_is_in(self.source))

    def test_clients_do_not_notice(self) -> None:
        """On the new store the old keys work, retries of old records are duplicates or conflicts, a revoked key stays
        revoked, and signals that waited join what they waited for."""
        self.move()
        server = self.start(self.data_dir, self.env)
        client, old = self.connect(server, self.keys["default"]), self.connect(server, self.revoked["key"])
        self.expect(old.get(INTERACTIONS), 401)
        known = interaction(1, id="own-b", created_at=f"{DAYS[1]}T01:00:00.123Z", user_id="user 1")
        self.assertEqual(self.expect(client.post(INTERACTIONS, known), 200).json()["status"], "duplicate")
        self.expect_problem(client.post(INTERACTIONS, {**known, "intent": "another"}), 409, "conflict")
        for vote in (self.votes[0], self.votes[-2]):
            self.assertEqual(self.expect(client.post(SIGNALS, vote), 200).json()["status"], "duplicate")
            self.expect_problem(client.post(SIGNALS, {**vote, "kind": "thumbs_down"}), 409, "conflict")
        self.expect(client.post(INTERACTIONS, small(1, id="not yet", items=[{"id": "item of not yet"}])), 201)
        joined = client.lookup("not yet").json()
        self.assertEqual(sorted(signal["kind"] for signal in joined["signals"]), ["bookmark", "thumbs_up"])
        self.assertEqual(joined["verdict"]["thumbs_up"], 1)
        assert_counted(self.database)
        # What has joined there since waits here still.
        self.assertTrue(self.move("--verify-only")["verified"])

    def test_what_was_tampered_with(self) -> None:
        """Whatever is changed or deleted in the target is found and named with its project and day; moving again brings
        back what is missing."""
        self.move()
        record = "UPDATE gleaner.interactions SET record_json = {}, record_zstd = NULL WHERE id = 'with items'"
        day = self.database.value("SELECT (created_at AT TIME ZONE 'UTC')::date FROM gleaner.interactions "
                                  "WHERE id = 'with items'")  # fmt: skip
        changes = [
            (record.format(f"'{json.dumps({'platform': 'web', 'output': 'x'})}'"),
             f'default {day}: interaction "with items" differs'),
            (record.format("'{'"), f'default {day}: interaction "with items" does not read back'),
            ("UPDATE gleaner.interactions SET content_hash = content_hash + 1 WHERE id = 'large'",
             f'default {DAYS[1]}: interaction "large" differs'),
            ("DELETE FROM gleaner.interactions WHERE id = 'own-b' AND project = 'default'",
             f'default {DAYS[1]}: interaction "own-b" is missing'),
            ("DELETE FROM gleaner.signals WHERE id = 'vote'",
             f'default {DAYS[1]}: signal "vote" of "own-b" is missing'),
            ("UPDATE gleaner.signals SET record_json = replace(record_json, '_up', '_down') WHERE id = 'vote'",
             f'default {DAYS[1]}: signal "vote" of "own-b" differs'),
            ("DELETE FROM gleaner.waiting_signals WHERE id = 'early'", 'default, waiting: signal "early" of "not yet"'),
            ("DELETE FROM gleaner.rejects WHERE seq = (SELECT min(seq) FROM gleaner.rejects)",
             "default: the reject of"),
            ("UPDATE gleaner.api_keys SET revoked_at = NULL WHERE name = 'old'", "is not revoked"),
            ("DELETE FROM gleaner.api_keys WHERE name = 'old'", "keys: key"),
            ("UPDATE gleaner.secret_rotations SET secret = sha256(secret)", "shop: the project has other secrets"),
            ("DELETE FROM gleaner.projects WHERE name = 'shop'", "shop: the project is missing"),
        ]  # fmt: skip
        for sql, expected in changes:
            with self.subTest(sql):
                other = self.cluster.create(f"TEMPLATE {self.database.name}")
                self.addCleanup(self.cluster.drop, other)
                other.psql(sql)
                self.env = {"DATABASE_URL": other.url}
                done = self.run_move("--verify-only", "--json", code=1)
                found = done.json()
                self.assertFalse(found["verified"])
                self.assertTrue([line for line in found["differences"] if expected in line], found["differences"])
                self.assertIn(expected, done.err)
                if " is missing" in expected or sql.startswith("DELETE FROM gleaner.rejects"):
                    self.run_move()

    def test_shown_to_people(self) -> None:
        """The tables have every project and day, and say so when all is well."""
        planned = self.run_move("--dry-run").out
        done = self.run_move()
        for day in DAYS:
            self.assertRegex(planned, rf"default +{day} +\d+ +\d+\n")
            self.assertRegex(done.out, rf"default +{day} +(\d+) +\1 +(\d+) +\2 +same\n")
        self.assertRegex(done.out, r"shop +secrets +2 +2 +same\n")
        self.assertIn("Everything of the source is in the target just so.", done.out)
        help_text = self.ok(gleaner("migrate-store", "--help")).out
        for word in ("--dry-run", "--verify-only", "Examples", "exit code"):
            self.assertIn(word, help_text)

    def test_a_target_in_use(self) -> None:
        """Secrets that differ stop it before anything is moved; other records in a project that came from here stay."""
        stranger = self.cluster.create()
        self.addCleanup(self.cluster.drop, stranger)
        self.ok(gleaner("keys", "create", "--name", "x", "--scope", "read", env={"DATABASE_URL": stranger.url}))
        self.env = {"DATABASE_URL": stranger.url}
        refused = self.run_move(code=1)
        self.assertIn('project "default"', refused.err)
        self.assertEqual(stranger.number("SELECT count(*) FROM gleaner.interactions"), 0)

        self.env = {"DATABASE_URL": self.database.url}
        self.move()
        client = self.connect(self.start(self.data_dir, self.env), self.keys["default"])
        self.expect(client.post(INTERACTIONS, small(1, id="its own", created_at=f"{DAYS[0]}T10:00:00Z")), 201)
        self.expect(client.post(SIGNALS, {"interaction_id": "own-b", "kind": "like"}), 201)
        again = self.run_move()
        self.assertRegex(again.out, rf"default +{DAYS[0]} .* contained\n")
        self.expect(client.lookup("its own"), 200)

    def test_wrong_usage(self) -> None:
        """The same store twice, an unknown one, or no database: exit code 2; no source: 1, and none is made."""
        for flags in (("sqlite", "sqlite"), ("postgres", "postgres"), ("sqlite", "mysql"), ("sqlite", "")):
            arguments = ("--from", flags[0], "--to", flags[1], "--data-dir", self.source)
            self.assertIn("--from", self.ok(gleaner("migrate-store", *arguments, env=self.env), 2).err)
        done = gleaner("migrate-store", "--from", "sqlite", "--to", "postgres", "--data-dir", self.source)
        self.assertIn("DATABASE_URL", self.ok(done, 2).err)
        nowhere = self.scratch / "nowhere"
        self.assertIn("no store", self.run_move(data_dir=nowhere, code=1).err)
        self.assertFalse(nowhere.exists())


@about_sqlite
class Stopped(MoveCase):
    """A move that does not go through at once."""

    def kill_when(self, kills: Iterator[int]) -> None:
        """Starts it, and kills it when it has saved its progress so many more times."""
        file = self.source / "migrate-store.json"
        command = [binary(), "migrate-store", "--data-dir", str(self.source), "--from", "sqlite", "--to", "postgres"]
        for saves in kills:
            seen = {file.read_text() if file.exists() else ""}
            child = subprocess.Popen(
                command, env=child_env(self.scratch, self.env), cwd=self.scratch,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                while len(seen) <= saves and child.poll() is None:
                    if file.exists():
                        seen.add(file.read_text())
                self.assertIsNone(child.poll(), "it was through before it could be killed")
            finally:
                child.kill()
                child.wait()

    def test_killed(self) -> None:
        """Killed a few times and run again, it goes on where it was; in bounded memory."""
        create_key(self.source)
        ids = self.import_many(8000)
        votes = [{"interaction_id": one, "kind": "thumbs_up"} for one in ids[::10]]
        client = self.connect(self.start(self.source), create_key(self.source)["key"])
        self.expect(client.post_ndjson(SIGNALS, votes), 200)
        self.kill_when(iter((1, 2, 1)))
        before = self.database.number("SELECT count(*) FROM gleaner.interactions")
        self.assertGreater(before, 2000)
        self.assertLess(before, 8000)
        done = self.run_move("--json")
        self.assertIn("going on", done.err)
        self.assertLess(done.peak_mb, RSS_LIMIT_MB)
        moved = done.json()
        self.assertEqual((moved["verified"], moved["source_changed"], moved["differences"]), (True, False, []))
        # At most one batch is read again: what was written and not noted down.
        self.assertLess(moved["moved"]["there_already"], 2500)
        self.assertLess(moved["moved"]["interactions"], 8000 - 2000)
        self.assertEqual(self.database.number("SELECT count(*) FROM gleaner.interactions"), 8000)
        self.assertEqual(self.database.number("SELECT count(*) FROM gleaner.signals"), len(votes))
        assert_counted(self.database)
        self.assertFalse((self.source / "migrate-store.json").exists())

    def test_progress_that_was_lost_or_is_another_databases(self) -> None:
        """Without the file, or with one that does not fit, everything is looked at again."""
        self.import_many(3000)
        file = self.source / "migrate-store.json"
        self.kill_when(iter((2,)))
        kept = file.read_text()
        file.unlink()
        self.assertTrue(self.move()["verified"])
        other = self.cluster.create()
        self.addCleanup(self.cluster.drop, other)
        self.env = {"DATABASE_URL": other.url}
        for text in (kept, "{"):
            file.write_text(text)
            moved = self.move()
            self.assertEqual((moved["verified"], moved["source_changed"]), (True, False))
        self.assertEqual(other.number("SELECT count(*) FROM gleaner.interactions"), 3000)

    def test_the_database_is_away(self) -> None:
        """It says so and what to do; the same command goes on."""
        self.import_many(500)
        self.move()
        self.cluster.stop()
        self.assertIn("PostgreSQL", self.run_move(code=1).err)
        self.cluster.start()
        self.assertTrue(self.move()["verified"])

    def test_a_source_that_is_written_to(self) -> None:
        """It says that the source was written to; another run brings what came later, into old days, too."""
        self.import_many(3000)
        client = self.connect(self.start(self.source), create_key(self.source)["key"])
        stop, sent = threading.Event(), []

        def write() -> None:
            while not stop.is_set():
                number = len(sent)
                created_at = f"{DAYS[number % 3]}T11:00:00Z"
                record = small(number, id=f"late-{letters(number)}", created_at=created_at)
                self.expect(client.post(INTERACTIONS, record), 201)
                sent.append(number)
                time.sleep(0.002)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            wait_for(lambda: len(sent) > 10, 10, "the first records are there")
            ends = ("--from", "sqlite", "--to", "postgres")
            first = gleaner("migrate-store", "--data-dir", self.source, *ends, "--json", env=self.env)
        finally:
            stop.set()
            writer.join()
        self.assertIn(first.code, (0, 1), first.err)
        self.assertTrue(first.json()["source_changed"], first.err)
        self.assertIn("running this again", first.err)
        last = self.move()
        self.assertEqual((last["verified"], last["source_changed"]), (True, False))
        self.assertEqual(self.database.number("SELECT count(*) FROM gleaner.interactions"), 3000 + len(sent))


if __name__ == "__main__":
    unittest.main()

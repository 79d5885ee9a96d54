"""Others at work in the same database: locks, deadlocks, serializable transactions, settings that get in the way."""

from __future__ import annotations

import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from . import store
from .client import Answer
from .harness import Server, gleaner, wait_for
from .postgres import OWNER, Session
from .postgres_case import LoadedCase
from .records import letters, small
from .steady import Steady

INTERACTIONS, SIGNALS = "/v1/interactions", "/v1/signals"
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'gleaner' AND wait_event_type = 'Lock'
"""


class Locks(LoadedCase):
    """Another transaction has what the server needs."""

    def beside(self) -> Session:
        """A transaction of somebody else's."""
        session = self.database.session()
        self.addCleanup(session.close)
        session.run("SET deadlock_timeout = '1h'; SET lock_timeout = '60s'; BEGIN")
        return session

    def post_beside(self, target: str, body: object) -> tuple[threading.Thread, list[Answer]]:
        """Sends it on a thread; where the answer will be."""
        answers: list[Answer] = []
        client = self.connect(self.server, self.key)
        thread = threading.Thread(target=lambda: answers.append(client.post(target, body)))
        thread.start()
        return thread, answers

    def wait_until_waiting(self) -> None:
        wait_for(lambda: self.database.number(WAITING) > 0, 10, "the server waits for a lock")

    def test_deadlock(self) -> None:
        """A deadlock that PostgreSQL ends at the server's cost is tried again; the client notices nothing."""
        self.expect(self.client.post(INTERACTIONS, small(0, id="rated")), 201)
        claimed = "INSERT INTO gleaner.client_ids VALUES ('mine', 'default', now(), 1)"
        for number, (mine, theirs, target, body) in enumerate(
            (
                (claimed, "gleaner.client_ids", INTERACTIONS, small(1, id="mine")),
                (claimed, "gleaner.client_ids", INTERACTIONS, [small(2, id="mine"), small(3, id="other")]),
                (
                    "INSERT INTO gleaner.verdicts SELECT id, project, created_at FROM gleaner.interactions "
                    "WHERE id = 'rated'",
                    "gleaner.interactions",
                    SIGNALS,
                    {"interaction_id": "rated", "kind": "like"},
                ),
            )
        ):
            other = self.beside()
            self.assertNotIn("ERROR", other.run(mine))
            thread, answers = self.post_beside(target, body)
            self.wait_until_waiting()
            # The server's transaction waits for ours, and from here on ours for its.
            taken = other.send(f"LOCK TABLE {theirs} IN ACCESS EXCLUSIVE MODE")
            self.assertNotIn("ERROR", other.answer(taken))
            other.run("ROLLBACK")
            thread.join(30)
            self.assertEqual(self.database.server_log().count(b"deadlock detected"), number + 1)
            self.expect(answers[0], 200, 201)
            if number == 0:
                self.expect(self.client.delete(f"{INTERACTIONS}/mine"), 200)
        self.assertEqual(sorted(self.client.list_ids()), ["mine", "other", "rated"])
        self.assertEqual(self.client.lookup("rated").json()["verdict"]["likes"], 1)
        self.assertEqual(self.readiness(), (200, {"status": "ready"}))

    def test_locked_rows(self) -> None:
        """Rows that another transaction holds for some seconds are waited for; reads go on meanwhile."""
        with self.load() as load:
            load.wait_for_more(50)
            for table in ("counters", "facets", "verdicts", "interactions", "client_ids"):
                other = self.beside()
                other.run(f"SELECT count(*) FROM (SELECT * FROM gleaner.{table} FOR UPDATE) AS held")
                time.sleep(1.5)
                self.expect(self.client.get(INTERACTIONS, limit=5), 200)
                self.expect(self.client.get("/api/feedback/stats"), 200)
                other.run("COMMIT")
                other.close()
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_a_table_that_stays_locked(self) -> None:
        """Somebody's ALTER TABLE that takes longer than the server waits is an outage like another."""
        with self.load() as load:
            load.wait_for_more(50)
            other = self.beside()
            other.run("LOCK TABLE gleaner.interactions IN ACCESS EXCLUSIVE MODE")
            wait_for(lambda: load.answers[202] > 20, 60, "records are spooled")
            read = self.client.get(INTERACTIONS)
            self.expect_problem(read, 503, "unavailable")
            self.assertRegex(read.detail, "lock|statement timeout")
            other.run("COMMIT")
            self.wait_until_drained()
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)


class Readers(LoadedCase):
    """Reads beside writes."""

    def test_order_of_arrival(self) -> None:
        """What one client sends one after the other is listed in that order, whatever else the server's connections
        are used for meanwhile."""
        done = threading.Event()

        def read(target: str) -> None:
            client = self.connect(self.server, self.key)
            while not done.is_set():
                client.get(target)

        targets = ("/readyz", INTERACTIONS, "/api/feedback/stats", "/v1/keys")
        with ThreadPoolExecutor(len(targets)) as pool:
            reading = [pool.submit(read, target) for target in targets]
            ids = [f"in-order-{letters(number)}" for number in range(400)]
            for number, record_id in enumerate(ids):
                self.expect(self.client.post(INTERACTIONS, small(number, id=record_id)), 201)
            done.set()
        for one in reading:
            one.result()
        listed = self.client.list_ids(order="asc", limit=1000)
        wrong = sum(one != other for one, other in zip(listed, ids, strict=True))
        self.assertEqual(wrong, 0, f"of {len(ids)} so many are in another place than they were sent in")


class Settings(LoadedCase):
    """What an administrator may have set for the database or the role."""

    def alter(self, **settings: str) -> None:
        """In force for every connection made from now on, and there is no older one. All in one session, which none
        of them hinders."""
        script = "SET default_transaction_read_only = off;"
        for name, value in settings.items():
            script += f" ALTER DATABASE {self.database.name} SET {name} = '{value}';"
        self.database.psql(script)
        self.cluster.terminate_backends(self.database)

    def load_for(self, count: int, *servers: Server) -> Steady:
        with self.load(*servers) as load:
            load.wait_for_more(count)
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        return load

    def test_settings_that_get_in_the_way(self) -> None:
        """How dates, bytes and numbers are written, where names are looked up, how long a statement may take: the
        program asks for what it needs."""
        self.database.psql(
            f"CREATE SCHEMA evil; GRANT ALL ON SCHEMA evil TO {OWNER}; "
            "CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$; "
            "CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '1999-01-01'::timestamptz $$; "
            "CREATE TABLE evil.interactions (a int)"
        )
        self.alter(
            datestyle="German, DMY",
            intervalstyle="sql_standard",
            timezone="Pacific/Kiritimati",
            bytea_output="escape",
            extra_float_digits="-3",
            standard_conforming_strings="off",
            search_path="evil, pg_catalog",
            statement_timeout="5ms",
            lock_timeout="1ms",
            idle_in_transaction_session_timeout="1ms",
            client_encoding="LATIN1",
            lc_messages="C",
            lc_numeric="C",
            synchronous_commit="off",
            default_transaction_isolation="serializable",
            default_transaction_deferrable="on",
            row_security="off",
            enable_indexscan="off",
            work_mem="64kB",
        )
        load = self.load_for(300)
        text = "İstanbul'da çay ☕ \\ \\x41 ' \" 東京 𝔊"
        record = small(1, id=text, metadata={"n": 0.1 + 0.2, "big": 9007199254740993}, tags=["a\\b", 'c"d', "{e}"])
        self.expect(self.client.post(INTERACTIONS, {**record, "quality_score": 1 / 3}), 201)
        stored = self.expect(self.client.lookup(text), 200).json()["interaction"]
        self.assertEqual({name: stored[name] for name in record}, record)
        self.assertEqual(self.client.list_ids(tag="a\\b"), [text])
        self.assertEqual(self.client.list_ids(min_quality_score=1 / 3, max_response_length=1000)[:1], [text])
        self.expect(self.client.delete(f"{INTERACTIONS}/{quote(text, safe='')}"), 200)
        self.ok(gleaner("migrate", "--data-dir", self.data_dir))
        self.database.psql(f"SET statement_timeout = 0; ALTER DATABASE {self.database.name} RESET ALL")
        self.assert_all_there(load)

    def test_serializable(self) -> None:
        """Where every transaction is serializable by default, two servers still lose nothing to each other."""
        self.alter(default_transaction_isolation="serializable")
        store.bind(self.scratch / "second", self.database)
        second = Server(self.scratch / "second", self.scratch / "of-second")
        self.addCleanup(second.kill)
        second.start()
        load = self.load_for(1000, self.server, second)
        for number in self.ledger.sample(20):
            client = self.connect((self.server, second)[number % 2], self.key)
            self.expect(client.delete(f"{INTERACTIONS}/{self.ledger.interaction_id(number)}"), 200)
            self.ledger.acked.discard(number)
            self.ledger.signals_acked.discard(number)
        for order in load.orders:
            order[:] = [number for number in order if number in self.ledger.acked]
        self.assert_all_there(load)

    def test_read_only(self) -> None:
        """A database that takes no writes, as hosts make it when its disk is nearly full, is an outage for writes
        and none for reads."""
        with self.load() as load:
            load.wait_for_more(50)
            self.alter(default_transaction_read_only="on")
            self.wait_until_spooling()
            wait_for(lambda: load.answers[202] > 20, 30, "records are spooled")
            self.assertTrue(self.client.list_ids())
            self.assertGreater(self.client.stats()["overview"]["total_records"], 0)
            gone = self.client.delete(f"{INTERACTIONS}/{self.ledger.interaction_id(0)}")
            self.assertIn("read-only", self.expect_problem(gone, 503, "unavailable")["detail"])
            self.assertRegex(self.server.log(), "read.only")
            self.alter(default_transaction_read_only="off")
            self.wait_until_drained()
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_asynchronous_commit(self) -> None:
        """What is acknowledged is on disk even where the database is set not to wait for that."""
        self.alter(synchronous_commit="off")
        with self.load() as load:
            for _ in range(3):
                load.wait_for_more(100)
                self.cluster.kill()
                self.cluster.start()
                self.wait_until_drained()
        self.assert_all_there(load)

    def test_few_connections(self) -> None:
        """Fewer connections than the server may have: it makes do with those it gets."""
        self.addCleanup(self.cluster.psql, f"ALTER ROLE {OWNER} CONNECTION LIMIT -1")
        self.cluster.psql(f"ALTER ROLE {OWNER} CONNECTION LIMIT 2")
        self.cluster.terminate_backends(self.database)
        readers = [self.connect(self.server, self.key) for _ in range(6)]
        with self.load() as load, ThreadPoolExecutor(6) as pool:
            load.wait_for_more(20)
            statuses = list(pool.map(lambda c: [c.get(INTERACTIONS, limit=50).status for _ in range(10)], readers))
            load.wait_for_more(200)
        self.assertLessEqual({status for one in statuses for status in one}, {200, 503})
        self.cluster.psql(f"ALTER ROLE {OWNER} CONNECTION LIMIT -1")
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)


if __name__ == "__main__":
    unittest.main()

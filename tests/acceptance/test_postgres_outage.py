"""The database goes away under load: what is acknowledged is kept on disk and comes to it when it is back.

GLEANER_OUTAGE_SECONDS makes the outages longer than they are in an ordinary run.
"""

from __future__ import annotations

import os
import random
import time
import unittest
from typing import Any

from .client import Answer
from .harness import create_key, gleaner, wait_for
from .load import Ledger
from .postgres_case import LoadedCase
from .records import letters, small

OUTAGE = float(os.environ.get("GLEANER_OUTAGE_SECONDS", "3"))
ROUNDS = int(os.environ.get("GLEANER_OUTAGE_ROUNDS", "4"))
INTERACTIONS, SIGNALS = "/v1/interactions", "/v1/signals"


class Outage(LoadedCase):
    """pg_ctl stop -m immediate, or a database that hangs, and a server that goes on."""

    def test_stopped_under_load(self) -> None:
        """Clients notice nothing but 202: all they sent is there once, in their order, when the database is
        back."""
        with self.load() as load:
            load.wait_for_more(100)
            self.cluster.stop("immediate")
            self.wait_until_spooling()
            before = load.acknowledged()
            time.sleep(OUTAGE)
            self.assertGreater(load.acknowledged() - before, 30 * OUTAGE, "writers stood still in the outage")
            self.assertGreater(load.answers[202], 0)
            self.cluster.start()
            self.wait_until_drained()
            stored = load.answers[201]
            wait_for(lambda: load.answers[201] > stored, 10, "records go to the database again")
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assertLess(load.slowest, 15)
        self.assert_all_there(load)

    def test_killed_again_and_again(self) -> None:
        """kill -9 of every process of the database, at any instant, several times."""
        with self.load() as load:
            for _ in range(ROUNDS):
                load.wait_for_more(50)
                time.sleep(random.uniform(0, 0.5))
                self.cluster.kill()
                time.sleep(random.uniform(0, OUTAGE / 2))
                self.cluster.start()
                time.sleep(random.uniform(0, 1))
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_a_short_hang(self) -> None:
        """A database that stops to answer for some seconds and goes on where it was costs nothing but time."""
        with self.load() as load:
            load.wait_for_more(100)
            for _ in range(2):
                self.cluster.pause()
                time.sleep(OUTAGE)
                self.cluster.resume()
                time.sleep(0.5)
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_a_long_hang(self) -> None:
        """A database that does not answer is soon one that is away, whether connections can be made or not."""
        with self.load() as load:
            load.wait_for_more(100)
            self.cluster.pause()
            wait_for(lambda: load.answers[202] > 5, 60, "records are spooled")
            self.wait_until_spooling()
            before = load.acknowledged()
            time.sleep(OUTAGE)
            self.assertGreater(load.acknowledged() - before, 10 * OUTAGE, "writers stood still in the outage")
            self.cluster.resume()
            self.wait_until_drained()
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assertLess(load.slowest, 45)
        self.assert_all_there(load)


class During(LoadedCase):
    """What the server answers while the database is away."""

    def setUp(self) -> None:
        super().setUp()
        self.expect(self.client.post(SIGNALS, {"interaction_id": "nobody", "kind": "like"}), 201)

    def go_away(self) -> None:
        self.cluster.stop("immediate")
        self.client.post(INTERACTIONS, small(99, id="first"))  # whoever writes first may be the one to notice
        self.wait_until_spooling()

    def come_back(self) -> None:
        self.cluster.start()
        self.wait_until_drained()

    def test_writes(self) -> None:
        """202 spooled for one record, a count in a batch, 422 for what is wrong; all of it is there
        afterwards."""
        self.expect(self.client.post(INTERACTIONS, small(1, id="before")), 201)
        self.go_away()
        one = self.expect(self.client.post(INTERACTIONS, small(2, id="one")), 202).json()
        self.assertEqual(one, {"id": "one", "status": "spooled"})
        unnamed = self.expect(self.client.post(INTERACTIONS, small(3)), 202).json()["id"]
        batch = [small(4, id="good"), small(5, id="bad", messages="wrong"), small(6, id="other")]
        answer = self.expect(self.client.post_ndjson(INTERACTIONS, batch), 200).json()
        self.assertEqual([answer[name] for name in ("stored", "duplicates", "rejected", "spooled")], [0, 0, 1, 2])
        self.assertEqual(answer["ids"], ["good", None, "other"])
        self.expect_problem(self.client.post(INTERACTIONS, small(7, messages=5)), 422, "invalid_argument")
        vote = {"id": "vote", "interaction_id": "before", "kind": "thumbs_up"}
        self.assertEqual(self.expect(self.client.post(SIGNALS, vote), 202).json()["status"], "spooled")
        self.expect(self.client.post(SIGNALS, {"interaction_id": "one", "kind": "thumbs_down"}), 202)
        votes = [{"interaction_id": "good", "kind": "thumbs_up"}, {"interaction_id": "late", "kind": "thumbs_up"}]
        self.assertEqual(self.expect(self.client.post_ndjson(SIGNALS, votes), 200).json()["spooled"], 2)
        submitted = {"interaction_id": "other", "feedback_type": "thumbs_up", "feedback_text": "Great workflow!"}
        self.expect(self.client.post("/api/feedback/submit", submitted), 200, 201, 202)
        engaged = {"insight_id": "other", "action": "like"}
        self.expect(self.client.post("/api/feed/engage", engaged), 200, 201, 202)
        self.come_back()

        self.assertEqual(
            sorted(self.client.list_ids()), sorted(["before", "first", "one", unnamed, "good", "other"])
        )
        expected = {"before": ["thumbs_up"], "one": ["thumbs_down"], "good": ["thumbs_up"]}
        for name, kinds in {**expected, "other": ["like", "thumbs_up"]}.items():
            signals = self.expect(self.client.lookup(name), 200).json()["signals"]
            self.assertEqual(sorted(signal["kind"] for signal in signals), kinds, name)
        self.expect(self.client.post(INTERACTIONS, small(8, id="late")), 201)
        self.assertEqual(self.client.lookup("late").json()["verdict"]["thumbs_up"], 1)
        reasons = [reject["reason"] for reject in self.expect(self.client.get("/v1/rejects"), 200).json()["data"]]
        self.assertEqual(len(reasons), 2, reasons)
        self.assertTrue(all("messages" in reason for reason in reasons), reasons)

    def test_retries_and_conflicts(self) -> None:
        """What is sent twice is stored once; what has a taken id does not replace it, and is not lost without a
        word."""
        self.expect(self.client.post(INTERACTIONS, small(1, id="taken")), 201)
        self.go_away()
        for number, name in ((1, "taken"), (2, "new"), (2, "new")):
            self.expect(self.client.post(INTERACTIONS, small(number, id=name)), 200, 202)
        self.expect(self.client.post(INTERACTIONS, small(3, id="taken")), 202, 409)
        self.expect(self.client.post(INTERACTIONS, small(4, id="new")), 202, 409)
        vote = {"id": "vote", "interaction_id": "taken", "kind": "thumbs_up"}
        for _ in range(2):
            self.expect(self.client.post(SIGNALS, vote), 200, 202)
        self.come_back()
        self.assertEqual(sorted(self.client.list_ids()), ["first", "new", "taken"])
        self.assertEqual(self.client.lookup("taken").json()["verdict"]["thumbs_up"], 1)
        for number, name in ((1, "taken"), (2, "new")):
            stored = self.client.lookup(name).json()["interaction"]
            self.assertEqual(stored["output"]["content"], small(number)["output"]["content"])
        rejects = self.expect(self.client.get("/v1/rejects"), 200).json()["data"]
        self.assertEqual(len(rejects), 2, rejects)

    def test_reads(self) -> None:
        """Every read, and what cannot be put off, is a 503 that says so; health and the API's own description
        go on."""
        self.expect(self.client.post(INTERACTIONS, small(1, id="there")), 201)
        self.go_away()
        requests: list[tuple[str, str, Any]] = [
            ("GET", INTERACTIONS, None),
            ("GET", f"{INTERACTIONS}/there", None),
            ("GET", "/api/feedback/stats", None),
            ("GET", "/api/feedback/readiness/zapier", None),
            ("GET", "/api/feedback/export/all", None),
            ("POST", "/api/feedback/export", {}),
            ("DELETE", f"{INTERACTIONS}/there", None),
            ("DELETE", "/api/feedback/data/there", None),
            ("GET", "/v1/keys", None),
            ("POST", "/v1/keys", {"name": "web", "scopes": ["read"]}),
            ("GET", "/v1/rejects", None),
        ]
        for method, target, body in requests:
            with self.subTest(f"{method} {target}"):
                answer = self.client.request(method, target, body)
                problem = self.expect_problem(answer, 503, "unavailable")
                self.assertGreater(int(answer.headers["retry-after"]), 0)
                self.assertRegex(problem["detail"], "PostgreSQL|spool")
        nobody = self.connect(self.server, None)
        self.expect(nobody.get("/healthz"), 200)
        self.expect(nobody.get("/openapi.json"), 200)
        self.come_back()
        for method, target, body in requests:
            self.expect(self.client.request(method, target, body), 200, 201, 404)

    def test_away_from_the_first_request_on(self) -> None:
        """A server that nobody has asked anything yet knows keys and projects, and takes what comes."""
        other = create_key(self.data_dir, "ingest", project="shop")["key"]
        self.server.stop()
        self.server.start()
        self.cluster.stop("immediate")
        self.expect(self.connect(self.server, other).post(INTERACTIONS, small(1, id="of-the-shop")), 202)
        self.expect(self.client.post(SIGNALS, {"interaction_id": "of-the-shop", "kind": "like"}), 202)
        self.cluster.start()
        self.wait_until_drained()
        rows = self.database.rows("SELECT id, project FROM gleaner.interactions")
        self.assertEqual(rows, [["of-the-shop", "shop"]])

    def test_keys(self) -> None:
        """Keys go on to work, and what is no key does not begin to."""
        other = create_key(self.data_dir, "ingest", project="other")["key"]
        gone = create_key(self.data_dir, "read")
        theirs = self.connect(self.server, other)
        wait_for(lambda: theirs.post(INTERACTIONS, small(1, id="theirs")).status in (200, 201), 3, "the key works")
        revoked = self.connect(self.server, gone["key"])
        wait_for(lambda: revoked.get(INTERACTIONS).status == 200, 3, "the other key works")
        self.ok(gleaner("keys", "revoke", gone["id"], "--data-dir", self.data_dir))
        wait_for(lambda: revoked.get(INTERACTIONS).status == 401, 3, "the revoked key is refused")
        self.go_away()
        deadline = time.monotonic() + max(OUTAGE, 3)  # longer than keys are remembered without being asked about
        while time.monotonic() < deadline:
            self.expect(theirs.post(INTERACTIONS, small(3)), 202)
            self.expect(self.client.post(SIGNALS, {"interaction_id": "first", "kind": "like"}), 202)
            self.expect(theirs.get(INTERACTIONS), 403)
            self.expect(revoked.get(INTERACTIONS), 401, 503)
            for wrong in (None, other[:-1], "nonsense"):
                self.expect(self.connect(self.server, wrong).post(INTERACTIONS, small(5)), 401, 503)
            time.sleep(0.2)
        self.come_back()
        self.assertEqual(self.client.list_ids(), ["first"])

    def test_what_machines_see(self) -> None:
        """/readyz and /metrics tell of the outage while it lasts and of the return after it, the log of both."""
        calm = self.client.metrics()
        self.assertEqual(self.readiness(), (200, {"status": "ready"}))
        self.assertEqual((calm["gleaner_store_up"], calm["gleaner_spool_records"]), (1, 0))
        self.go_away()
        for number in range(20):
            self.expect(self.client.post(INTERACTIONS, small(number, id=letters(number))), 202)
        self.expect(self.client.post_ndjson(INTERACTIONS, [small(n, id=f"b-{n}") for n in range(30)]), 200)
        status, body = self.readiness()
        self.assertEqual((status, body["status"]), (200, "spooling"))
        during = self.client.metrics()
        self.assertEqual(during["gleaner_store_up"], 0)
        self.assertEqual(during["gleaner_spool_records"], 51)  # with the one of go_away
        self.assertEqual(during["gleaner_spooled_total"] - calm["gleaner_spooled_total"], 51)
        self.assertGreater(during["gleaner_spool_bytes"], 51 * 200)
        self.assertTrue(any((self.data_dir / "spool").iterdir()))
        self.come_back()
        after = self.client.metrics()
        self.assertEqual((after["gleaner_store_up"], after["gleaner_spool_records"]), (1, 0))
        self.assertEqual(after["gleaner_spool_drained_total"] - calm["gleaner_spool_drained_total"], 51)
        self.assertLess(after["gleaner_spool_bytes"], 1000)
        self.assertRegex(self.server.log(), r"(?s)stay in the spool.*(drained|empty|stored)")


class SpoolFull(LoadedCase):
    """spool_max_mb=1."""

    server_env = {"GLEANER_SPOOL_MAX_MB": "1"}

    def setUp(self) -> None:
        super().setUp()
        self.ledger = Ledger(answer_size=4000)

    def test_full(self) -> None:
        """503 with Retry-After once the spool is full, never a record acknowledged and dropped; then it goes on by
        itself."""
        with self.load() as load:
            load.wait_for_more(50)
            self.cluster.stop("immediate")
            wait_for(lambda: load.answers[503] > 10, 60, "the spool is full")
            self.assertGreater(load.answers[202], 20)
            wait_for(lambda: self.readiness()[0] == 503, 10, "/readyz says that nothing can be taken")
            self.expect(self.client.get("/healthz"), 200)
            refused = self.refused()
            detail = self.expect_problem(refused, 503, "unavailable")["detail"]
            self.assertRegex(detail, "spool")
            self.assertGreater(int(refused.headers["retry-after"]), 0)
            self.assertLessEqual(self.client.metrics()["gleaner_spool_bytes"], (1 << 20) + 4096)
            held = sum(path.stat().st_size for path in (self.data_dir / "spool").iterdir())
            self.assertLessEqual(held, (1 << 20) + 65536)
            self.cluster.start()
            self.wait_until_drained()
            stored = load.answers[201]
            wait_for(lambda: load.answers[201] > stored + 20, 10, "records go to the database again")
        self.assert_all_there(load)

    def refused(self) -> Answer:
        """Where a group no longer fits, a single record still may."""
        for number in range(10**6, 10**6 + 100):
            answer: Answer = self.client.post(INTERACTIONS, self.ledger.interaction(number))
            if answer.status != 202:
                break
        return answer


class Dying(LoadedCase):
    """The server dies or is stopped while the database is away, or while it catches up."""

    def test_killed(self) -> None:
        """kill -9 of the server in the outage and while it catches up loses nothing and doubles nothing."""
        with self.load() as load:
            for round_number in range(ROUNDS):
                load.wait_for_more(50)
                self.cluster.stop("immediate")
                self.wait_until_spooling()
                time.sleep(random.uniform(0.3, OUTAGE / 2))
                if round_number % 2:
                    self.server.kill()
                    self.cluster.start()
                else:
                    self.cluster.start()
                    time.sleep(random.uniform(0, 0.6))
                    self.server.kill()
                self.server.start()
                time.sleep(random.uniform(0, 0.3))
                self.server.kill()  # while it catches up, if it had not before
                self.server.start()
        self.assertGreater(load.answers[202], 0)
        self.wait_until_drained()
        self.assert_all_there(load)

    def test_terminated(self) -> None:
        """SIGTERM in the outage ends with 0 and soon; what was spooled is stored by the next process."""
        with self.load() as load:
            load.wait_for_more(50)
            self.cluster.stop("immediate")
            wait_for(lambda: load.answers[202] > 50, 30, "spooled records")
            self.assertEqual(self.server.stop(timeout=20), 0)
            self.cluster.start()
            self.server.start()
            time.sleep(0.3)
        self.assert_all_there(load)

    def test_a_torn_spool(self) -> None:
        """What a crash of the machine may leave at the end of the spool, half a record or zeros, stops nobody."""
        for number, tail in enumerate((b"\0" * 5000, b"half", None)):
            self.expect(self.client.post(SIGNALS, {"interaction_id": "nobody", "kind": "like"}), 201)
            self.cluster.stop("immediate")
            self.client.post(INTERACTIONS, small(99, id=f"first-{number}"))
            self.wait_until_spooling()
            with self.load() as load:
                load.wait_for_more(50)
            extra = self.expect(self.client.post(INTERACTIONS, small(98, id=f"last-{number}")), 202).json()["id"]
            self.server.kill()
            newest = max((self.data_dir / "spool").glob("*.spool"), key=lambda path: path.stat().st_mtime_ns)
            with newest.open("r+b") as file:
                if tail is None:
                    file.truncate(newest.stat().st_size - 10)  # that takes the last record, and only it
                else:
                    file.seek(0, os.SEEK_END)
                    file.write(tail)
            self.cluster.start()
            self.server.start()
            self.wait_until_drained()
            self.assertEqual(self.client.lookup(extra).status, 404 if tail is None else 200)
            for name in (f"first-{number}", extra):
                self.client.delete(f"{INTERACTIONS}/{name}")
        self.assert_all_there()


if __name__ == "__main__":
    unittest.main()

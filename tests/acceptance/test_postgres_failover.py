"""Connections to PostgreSQL that end at the worst moment: restarts, terminated back ends, a network that cuts."""

from __future__ import annotations

import http.client
import random
import threading
import time
import unittest
from collections.abc import Callable, Mapping

from . import store
from .client import Client, ndjson
from .harness import gleaner, wait_for
from .postgres import OWNER, Cluster, Database, with_parts
from .postgres_case import LoadedCase
from .proxy import Message, Proxy
from .records import letters, small

INTERACTIONS, SIGNALS = "/v1/interactions", "/v1/signals"
EXPORT = "/api/feedback/export/all"


class Restarts(LoadedCase):
    """The server process of PostgreSQL ends, or single back ends of it."""

    def test_restarted(self) -> None:
        """pg_ctl restart, with notice and without, costs no client an answer."""
        with self.load() as load:
            for mode in ("fast", "immediate", "fast", "immediate"):
                load.wait_for_more(50)
                self.cluster.restart(mode)
                self.wait_until_drained()
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_terminated_in_a_loop(self) -> None:
        """pg_terminate_backend of every connection, again and again, as an operator or a pooler does."""
        with self.load() as load:
            load.wait_for_more(50)
            ended = 0
            for _ in range(40):
                ended += self.cluster.terminate_backends(self.database)
                time.sleep(random.uniform(0.01, 0.15))
            load.wait_for_more(50)
        self.assertGreater(ended, 20)
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_reads_find_new_connections(self) -> None:
        """After a restart every route works at once; a read that meets a dead connection tries another one."""
        for number in range(8):
            self.expect(self.client.post(INTERACTIONS, small(number, id=letters(number))), 201)
        reads: tuple[Callable[[], object], ...] = (
            lambda: self.assertEqual(len(self.client.list_ids()), 8),
            lambda: self.expect(self.client.lookup("a"), 200),
            lambda: self.assertEqual(self.client.stats()["overview"]["total_records"], 8),
            lambda: self.assertEqual(len(self.client.export({})), 8),
            lambda: self.expect(self.client.get("/v1/keys"), 200),
            lambda: self.expect(self.client.get("/v1/rejects"), 200),
        )
        for read in reads:
            self.cluster.restart("fast")
            read()
            self.cluster.terminate_backends(self.database)
            read()
        self.cluster.restart("fast")
        self.expect(self.client.delete(f"{INTERACTIONS}/a"), 200)
        self.cluster.restart("fast")
        self.expect(self.client.post(INTERACTIONS, small(9, id="after")), 201, 202)
        self.wait_until_drained()
        self.assertEqual(len(self.client.list_ids()), 8)

    def test_an_export_that_is_cut(self) -> None:
        """An export whose database goes away half way ends early and visibly, never as if it were whole."""
        text = "word " * 400
        for start in range(0, 8000, 500):
            numbers = range(start, start + 500)
            records = [small(n, id=letters(n), metadata={"text": f"{text} {letters(n)}"}) for n in numbers]
            self.expect(self.client.post_ndjson(f"{INTERACTIONS}?ids=false", records), 200)
        whole = self.client.get(EXPORT).body
        self.assertEqual(whole.count(b"\n"), 8000)
        for pause in (0.0, 0.01, 0.02, 0.04, 0.08, 0.12):
            ended = self._export_and_terminate(self.connect(self.server, self.key), pause)
            self.assertIn(ended, (None, whole), "a part of an export looks like the whole")
        self.assertEqual(self.client.get(EXPORT).body, whole)

    def _export_and_terminate(self, client: Client, pause: float) -> bytes | None:
        """The body of an export during which every connection was terminated; None when refused or cut."""
        timer = threading.Timer(pause, self.cluster.terminate_backends, [self.database])
        timer.start()
        try:
            answer = client.get(EXPORT)
            return answer.body if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            timer.join()


class Standby(LoadedCase):
    """Two servers of PostgreSQL, and a URL that names both."""

    def way_in(self) -> Mapping[str, str]:
        self.standby = Cluster(follows=self.cluster)
        self.addCleanup(self.standby.end)
        self.addCleanup(self.cluster.set, "synchronous_standby_names")
        self.addCleanup(self.cluster.recover)
        both = f"127.0.0.1:{self.cluster.port},127.0.0.1:{self.standby.port}"
        name = self.database.name
        return {"DATABASE_URL": f"postgresql://{OWNER}@{both}/{name}?target_session_attrs=read-write"}

    def test_promoted(self) -> None:
        """The primary dies and its standby takes over: everything acknowledged is in the new one, once, in order."""
        with self.load() as load:
            load.wait_for_more(100)
            self.cluster.kill()
            wait_for(lambda: load.answers[202] > 20, 30, "records are spooled")
            self.standby.psql("SELECT pg_promote()")
            self.wait_until_drained()
            stored = load.answers[201]
            wait_for(lambda: load.answers[201] > stored + 50, 20, "records go to the new primary")
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        port = self.standby.port
        url, admin = (with_parts(one, port=port) for one in (self.database.url, self.database.admin))
        self.database = Database(url, admin, self.standby.log)
        store.bind(self.data_dir, self.database)
        self.assert_all_there(load)


class Network(LoadedCase):
    """A proxy between the server and PostgreSQL that cuts connections."""

    def way_in(self) -> Mapping[str, str]:
        self.proxy = Proxy(self.database)
        self.addCleanup(self.proxy.close)
        return {"DATABASE_URL": self.proxy.url}

    def wait_for_cuts(self, count: int) -> None:
        wait_for(lambda: self.proxy.cuts >= count, 30, "a connection is cut")

    def test_cut_after_any_number_of_bytes(self) -> None:
        """A connection that is cut in a statement, in the middle of COPY or between two packets."""
        with self.load() as load:
            load.wait_for_more(50)
            for cut in range(24):
                self.proxy.cut_after((0, 1, 5, 100, 1000, 5000, 20_000, 60_000)[cut % 8] + random.randrange(50))
                self.wait_for_cuts(cut + 1)
                if cut % 3 == 0:  # else it may hit what catches up
                    self.wait_until_drained()
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_cut_when_committed(self) -> None:
        """The database has committed and the server never hears of it: nothing is there twice, no count is
        doubled."""
        with self.load() as load:
            load.wait_for_more(50)
            for cut in range(25):
                self.proxy.cut_at(lambda message: message.tag == "COMMIT")
                self.wait_for_cuts(cut + 1)
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assertEqual(load.answers[409], 0)
        self.assert_all_there(load)

    def test_cut_at_every_step(self) -> None:
        """The answer to every kind of statement of a write gets lost, in turn."""
        steps: dict[str, Callable[[Message], bool]] = {
            "BEGIN": lambda message: message.tag == "BEGIN",
            "ready": lambda message: message.kind == "Z",
            "COPY begins": lambda message: message.kind == "G",
            "COPY": lambda message: message.tag.startswith("COPY"),
            "INSERT": lambda message: message.tag.startswith("INSERT"),
            "UPDATE": lambda message: message.tag.startswith("UPDATE"),
            "SELECT": lambda message: message.tag.startswith("SELECT"),
            "row": lambda message: message.kind == "D",
            "prepared": lambda message: message.kind == "1",
        }
        with self.load() as load:
            load.wait_for_more(50)
            for cut, (name, step) in enumerate(list(steps.items()) * 3):
                with self.subTest(name):
                    self.proxy.cut_at(step)
                    self.wait_for_cuts(cut + 1)
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_committed_and_away(self) -> None:
        """The commit goes through, its answer gets lost and the database is away: what is spooled is known to be
        there when it is back."""
        for number in range(3):
            self.proxy.cut_at(lambda message: message.tag == "COMMIT", for_good=True)
            record = small(number, id=f"once-{letters(number)}")
            vote = {"id": f"vote-{letters(number)}", "interaction_id": record["id"], "kind": "thumbs_up"}
            self.expect(self.client.post(INTERACTIONS, record), 202)
            self.expect(self.client.post(SIGNALS, vote), 202)
            self.expect(self.client.post(INTERACTIONS, small(number, platform="unnamed")), 202)
            self.proxy.refuse(False)
            self.wait_until_drained()
            self.proxy.cut_at(lambda message: message.tag == "COMMIT", for_good=True)
            self.expect(self.client.post(INTERACTIONS, small(number, platform="unnamed")), 202)
            self.proxy.refuse(False)
            self.wait_until_drained()
        self.assertEqual(self.client.list_ids(platform="zapier"), ["once-c", "once-b", "once-a"])
        stats = self.client.stats()
        self.assertEqual(stats["overview"]["total_records"], 9)
        self.assertEqual(stats["by_platform"]["zapier"]["thumbs_up_count"], 3)
        self.assertEqual(stats["by_platform"]["unnamed"]["total_interactions"], 6)

    def test_stalled(self) -> None:
        """Packets that vanish without a word, for longer than any statement may take, and come again."""
        with self.load() as load:
            load.wait_for_more(50)
            self.proxy.stall()
            self.wait_until_spooling(within=60)
            self.proxy.cut_all()
            self.proxy.go_on()
            self.wait_until_drained()
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)

    def test_a_command_that_is_cut(self) -> None:
        """An import whose connection is cut goes on, or fails with a word of PostgreSQL; run again it stores the
        rest."""
        source = self.scratch / "import.jsonl"
        lines = [small(n, id=f"import-{letters(n)}") for n in range(4000)]
        source.write_bytes(ndjson(lines))
        arguments = ("import", source, "--data-dir", self.scratch / "other", "--format", "gleaner", "--json")
        for size in (5_000, 100_000, 400_000):
            self.proxy.cut_after(size)
            done = gleaner(*arguments, env={"DATABASE_URL": self.proxy.url})
            if done.code != 0:
                self.assertEqual(done.code, 1, done.err)
                self.assertIn("PostgreSQL", done.err)
        done = self.ok(gleaner(*arguments, env={"DATABASE_URL": self.proxy.url}))
        self.assertEqual(done.json()["stored"] + done.json()["duplicates"], 4000)
        self.assertEqual(sorted(self.client.list_ids(limit=1000)), sorted(line["id"] for line in lines))
        self.assertEqual(self.client.stats()["overview"]["total_records"], 4000)


if __name__ == "__main__":
    unittest.main()

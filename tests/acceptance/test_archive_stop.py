"""A server that is told to stop while it archives or erases on request: it ends at once and answers, everything is
where it was, and the next run completes."""

from __future__ import annotations

import os
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from .archive_case import INTERACTIONS, OLD, YOUNG, ArchiveCase
from .client import Answer, Client
from .harness import Server, wait_for
from .records import interaction, words

RECORDS = 1500
# As slow as it gets: a large day takes several seconds.
SLOW = {
    "GLEANER_ARCHIVE_LEVEL": "12",
    "GLEANER_ARCHIVE_THREADS": "1",
    "GLEANER_WORKER_THREADS": "1",
    "GLEANER_DRAIN_TIMEOUT_SECONDS": "60",
}


def packs(server: Server) -> bool:
    """Whether the server has a scratch file of the archive open, as it does while it writes a part."""
    folder = Path(f"/proc/{server.process.pid}/fd")
    for link in folder.iterdir():
        try:
            if "/scratch/" in os.readlink(link):
                return True
        except OSError:
            continue  # closed meanwhile
    return False


class Stopping(ArchiveCase):
    """SIGTERM in the middle of it."""

    def setUp(self) -> None:
        super().setUp()
        self.server, self.client = self.start(SLOW)
        text = " ".join(words(f"part {n}", 4000) for n in range(4))
        records = [
            interaction(
                n,
                id=f"large-{n}",
                user_id="ann" if n % 2 else "ben",
                created_at=f"{OLD[0]}T12:00:00.{n % 1000:03}Z",
                artifact={"number": n, "text": text[n:] + text[:n]},
            )
            for n in range(RECORDS)
        ]
        for at in range(0, RECORDS, 500):
            self.expect(self.client.post_ndjson(INTERACTIONS, records[at : at + 500]), 200)
        self.expect(self.client.post(INTERACTIONS, interaction(1, id="young", created_at=f"{YOUNG}T12:00:00Z")), 201)

    def stop_while(self, ask: Callable[[Client], Answer]) -> Answer:
        """The answer of a server that got SIGTERM while it did what was asked."""
        answers: list[Answer] = []
        other = Client(self.server, self.key)
        asking = threading.Thread(target=lambda: answers.append(ask(other)))
        asking.start()
        wait_for(lambda: packs(self.server), 30, "a part is being written")
        # Others are answered meanwhile, though there is one thread for handlers that wait for the disk.
        for _ in range(5):
            started = time.monotonic()
            self.expect(self.client.lookup("young"), 200)
            self.assertLess(time.monotonic() - started, 1)
        self.assertEqual(answers, [])
        started = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - started, 2)
        asking.join(10)
        other.close()
        self.assertEqual(len(answers), 1)
        return answers[0]

    def read_all(self, client: Client) -> list[str]:
        return sorted(name for page in client.pages(limit=500) for name in (e["interaction"]["id"] for e in page))

    def test_archiving(self) -> None:
        """Nothing was moved and nothing lies about; asked again, it is done."""
        before = self.run_on_data("export").out
        answer = self.stop_while(lambda client: client.post("/api/feedback/archive", {}))
        problem = self.expect_problem(answer, 503, "unavailable")
        self.assertIn(f"the server is stopping: 0 of {RECORDS} records are archived", problem["detail"])
        self.assertEqual(list(self.objects()), [])
        self.assert_whole(0)
        self.assertEqual(self.run_on_data("export").out, before)
        _, client = self.start()
        done = self.expect(client.post("/api/feedback/archive", {}), 200).json()
        self.assertEqual(done["archived_count"], RECORDS)
        self.assertEqual(self.run_on_data("export").out, before)
        self.assert_whole(RECORDS)

    def test_erasing(self) -> None:
        """The object is as it was; the next server goes on with the erasure and ends it."""
        self.assertEqual(self.archive()["archived_count"], RECORDS)
        answer = self.stop_while(lambda client: client.delete("/v1/users/ann"))
        self.assertIn("goes on with it", self.expect_problem(answer, 503, "unavailable")["detail"])
        self.assert_whole(RECORDS)
        server, client = self.start()
        wait_for(lambda: "was gone on with and is done" in server.log(), 60, "the erasure is ended")
        left = [f"large-{n}" for n in range(0, RECORDS, 2)] + ["young"]
        self.assertEqual(self.read_all(client), sorted(left))
        self.assert_whole(RECORDS // 2)
        receipts = self.result_of("erase", "--receipts")
        self.assertEqual([(one["complete"], one["interactions"]) for one in receipts], [(True, RECORDS // 2)])


if __name__ == "__main__":
    unittest.main()

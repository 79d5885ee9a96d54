"""The server's own archiving: daily at archive_at, and erasures that were interrupted."""

from __future__ import annotations

import json
import subprocess
import time
import unittest

from .archive_case import OLD, ArchiveCase, key_of, soon
from .harness import Server, create_key, wait_for
from .program import binary, child_env
from .store import environment


class Schedule(ArchiveCase):
    """The server's own archiving."""

    def test_daily(self) -> None:
        """At archive_at the server archives what is old, while it goes on serving; killed in the middle of it nothing
        is lost, and SIGTERM ends it soon."""
        server, client = self.start()
        self.fill(client, 1995)
        before = self.what_is_read(client)
        self.assertEqual(server.stop(), 0)
        at, seconds = soon()
        env = {"ENABLE_DATA_ARCHIVING": "true", "GLEANER_ARCHIVE_AT": at, "GLEANER_LOG_LEVEL": "debug"}
        not_enabled = self.start_not_enabled(at)
        server, client = self.start(env)
        wait_for(lambda: f"archived {key_of('make', OLD[0])}" in server.log(), seconds + 30, "archiving has begun")
        server.kill()
        server.start()
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertTrue(self.verify()["whole"])
        self.assertTrue(not_enabled.alive())
        self.assertFalse(list(not_enabled.data_dir.rglob("*.jsonl.gz")))
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, 15)

        at, seconds = soon()
        server, client = self.start({**env, "GLEANER_ARCHIVE_AT": at})
        wait_for(lambda: " objects, " in server.log(), seconds + 60, "a run that ends")
        self.assertEqual(self.verify()["records"], 1596)
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertEqual(server.stop(), 0)

    def start_not_enabled(self, at: str) -> Server:
        """A server with old data of its own that is only told when."""
        other = self.scratch / "other"
        client = self.connect(server := self.serve(other, env={"GLEANER_ARCHIVE_AT": at}), create_key(other)["key"])
        self.fill(client)
        return server

    def test_a_wrong_time(self) -> None:
        """A time of day that is none is told with its setting, and not started with."""
        for wrong in ("25:00", "2", "12:60", "noon", "2:00", "02:00:60", "02:00:0", "02:00:000"):
            done = self.run_serve("GLEANER_ARCHIVE_AT", wrong)
            self.assertEqual(done.returncode, 2)
            for word in ("archive_at", "from 00:00 to 23:59", f'"{wrong}"', "GLEANER_ARCHIVE_AT"):
                self.assertIn(word, done.stderr)

    def run_serve(self, name: str, value: str) -> subprocess.CompletedProcess[str]:
        env = child_env(self.scratch, environment(self.data_dir, {name: value}))
        command = [binary(), "serve", "--port", "0", "--data-dir", str(self.data_dir)]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    def test_goes_on_with_erasures(self) -> None:
        """An erasure that was interrupted is ended by the server when it starts."""
        server, client = self.start()
        self.fill(client)
        self.archive()
        self.assertEqual(server.stop(), 0)
        journal = self.data_dir / "erasures" / "2026-01-01T00-00-00Z-00000000.jsonl"
        journal.parent.mkdir(exist_ok=True)
        journal.write_text(json.dumps({
            "request": {"kind": "interaction", "project": "default", "subjects": ["case-a"]},
            "started_at": "2026-01-01T00:00:00.000Z",
        }) + "\n")  # fmt: skip
        receipts = self.result_of("erase", "--receipts")
        self.assertEqual([receipt["complete"] for receipt in receipts], [False])
        server, client = self.start()
        wait_for(lambda: client.lookup("case-a").status == 404, 20, "the erasure is gone on with")
        wait_for(lambda: "was gone on with and is done" in server.log(), 20, "it is logged")
        self.assertTrue(self.result_of("erase", "--receipts")[0]["complete"])

if __name__ == "__main__":
    unittest.main()

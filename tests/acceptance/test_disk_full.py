"""A full disk: writes are refused clearly, reads go on, and writing resumes by itself when there is room
again."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import time
import unittest
from pathlib import Path

from .client import Answer, Client
from .harness import Case, Server, create_key, wait_for
from .load import Ledger, Load, audit, spot_check
from .places import databases
from .store import about_sqlite

ANSWER_SIZE = 12_000


@about_sqlite
class FullDisk(Case):
    """One story; the subclasses say what makes the disk full and what gives room again."""

    ignore_signals = False

    def squeeze(self, server: Server) -> None:
        """From now on, room is short."""
        raise NotImplementedError

    def fill(self, server: Server) -> None:
        """Takes what little room may be left."""
        raise NotImplementedError

    def while_full(self, client: Client, ledger: Ledger) -> None:
        """What else must hold now."""

    def relieve(self, server: Server) -> None:
        """Gives room again."""
        raise NotImplementedError

    def expect_refusal(self, answer: Answer) -> None:
        self.expect_problem(answer, 503, "unavailable")
        self.assertGreater(int(answer.headers["retry-after"]), 0)

    def run_story(self) -> None:
        key, ledger = create_key(self.data_dir)["key"], Ledger(answer_size=ANSWER_SIZE)
        server = self.serve(ignore_signals=self.ignore_signals)
        client = self.connect(server, key)
        load = Load(server, key, ledger, batch=10).start()
        wait_for(lambda: len(ledger.acked) > 20, 30, "some records are stored before the disk is full")
        load.stop()

        for squeeze in (self.squeeze, self.fill):
            squeeze(server)
            refusals = Load(server, key, ledger, batch=10).start().until_refused(120)
            self.assertTrue(server.alive(), server.log()[-2000:])
            for refusal in refusals:
                self.expect_refusal(refusal)
        self.while_full(client, ledger)
        spot_check(client, ledger, 30)
        self.expect(client.get("/healthz"), 200)
        self.expect(client.get("/v1/interactions", limit=50), 200)
        self.assertGreater(client.stats()["overview"]["total_records"], 0)
        self.assertTrue(client.export({"success_only": False}))

        self.relieve(server)
        numbers = ledger.take(1)
        record = ledger.interaction(numbers[0])
        wait_for(lambda: client.post("/v1/interactions", record).status in (200, 201), 20, "writing resumes")
        ledger.acknowledge(numbers)
        wait_for(lambda: client.get("/readyz").status == 200, 10, "readyz tells that all is well")
        load = Load(server, key, ledger, batch=10).start()
        time.sleep(0.5)
        load.stop()
        self.assertEqual(load.refusals, [])
        audit(client, ledger)

        self.assertEqual(server.stop(), 0)
        files = databases(self.data_dir)
        self.assertTrue(files)
        for path in files:
            with sqlite3.connect(path) as connection:
                self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)], path)
            connection.close()
        server.start()
        audit(client, ledger)


@unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small file system")
class SmallFileSystem(FullDisk):
    """The data directory is on a tmpfs of 24 MB."""

    def setUp(self) -> None:
        super().setUp()
        self.mount_point = self.scratch / "disk"
        self.mount_point.mkdir()
        mounted = self._mount("size=24m")
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount: {mounted.stderr.strip()}")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.mount_point], check=False))
        self.data_dir = self.mount_point / "data"
        self.ballast = self.mount_point / "ballast"

    def _mount(self, options: str) -> subprocess.CompletedProcess[str]:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.mount_point)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def squeeze(self, server: Server) -> None:
        return  # it is short already

    def fill(self, server: Server) -> None:
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def relieve(self, server: Server) -> None:
        self.ballast.unlink()
        self.assertEqual(self._mount("remount,size=96m").returncode, 0)

    def test_full_disk(self) -> None:
        """ENOSPC: 503 with Retry-After, reads work, writing resumes without a restart, nothing acknowledged
        is lost."""
        self.run_story()


class FileSizeLimit(FullDisk):
    """The server may not make files much larger than they are now, then not write at all (RLIMIT_FSIZE)."""

    ignore_signals = True  # SIGXFSZ among them: the limit shows as EFBIG

    def squeeze(self, server: Server) -> None:
        largest = max((path.stat().st_size for path in _files(self.data_dir)), default=0)
        self._limit(server, largest + (1 << 20))

    def _limit(self, server: Server, size: int) -> None:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def fill(self, server: Server) -> None:
        self._limit(server, 0)

    def while_full(self, client: Client, ledger: Ledger) -> None:
        # Not a byte can be written, unlike on a full disk, where space inside a file may still be taken
        # again.
        for number in ledger.take(5):
            self.expect_refusal(client.post("/v1/interactions", ledger.interaction(number)))
        records = map(ledger.interaction, ledger.take(5))
        self.expect_refusal(client.post_ndjson("/v1/interactions", records))
        wait_for(lambda: client.get("/readyz").status == 503, 10, "readyz tells that nothing can be stored")

    def relieve(self, server: Server) -> None:
        self._limit(server, resource.RLIM_INFINITY)

    def test_file_size_limit(self) -> None:
        """EFBIG: the same story as for a full disk."""
        self.run_story()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


if __name__ == "__main__":
    unittest.main()

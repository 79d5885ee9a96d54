"""PostgreSQL's disk is full: writes go to the spool, and to the database again when there is room."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from .harness import wait_for
from .load import Ledger
from .postgres import Cluster
from .postgres_case import LoadedCase


@unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small file system")
class DiskFull(LoadedCase):
    """The cluster is on a tmpfs; the server's own data directory is not."""

    mount_point: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.mount_point = Path(tempfile.mkdtemp(prefix="gleaner-small-disk-"))
        cls.addClassCleanup(cls.mount_point.rmdir)
        mounted = cls._mount("size=160m")
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"cannot mount: {mounted.stderr.strip()}")
        cls.addClassCleanup(lambda: subprocess.run(["umount", "-l", cls.mount_point], check=False))
        super().setUpClass()

    @classmethod
    def make_cluster(cls) -> Cluster:
        settings = ("max_wal_size=48MB", "min_wal_size=32MB", "wal_recycle=off", "checkpoint_timeout=30s")
        return Cluster(*settings, folder=cls.mount_point / "postgres")

    @classmethod
    def _mount(cls, options: str) -> subprocess.CompletedProcess[str]:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(cls.mount_point)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def setUp(self) -> None:
        super().setUp()
        self.ledger = Ledger(answer_size=4000)
        self.ballast = self.mount_point / "ballast"
        self.addCleanup(self.ballast.unlink, missing_ok=True)

    def fill(self, leave: int) -> None:
        """Takes all the room but that many bytes."""
        free = os.statvfs(self.mount_point).f_bavail * os.statvfs(self.mount_point).f_frsize
        with self.ballast.open("ab", buffering=0) as file:
            os.posix_fallocate(file.fileno(), file.tell(), max(1, free - leave))

    def test_full_disk(self) -> None:
        """Data files that cannot grow, then a write-ahead log that cannot: 202 for every write, then all of it is
        in the database once."""
        with self.load() as load:
            load.wait_for_more(50)
            self.fill(leave=2 << 20)
            self.wait_until_spooling(within=60)
            spooled = load.answers[202]
            wait_for(lambda: load.answers[202] > spooled + 50, 30, "records are spooled")
            self.assertRegex(self.server.log(), "disk|space")
            time.sleep(1)
            self.ballast.unlink()
            self.cluster.recover()
            self.wait_until_drained()
            stored = load.answers[201]
            wait_for(lambda: load.answers[201] > stored + 20, 10, "records go to the database again")
        self.assertEqual((load.answers[0], load.answers[503]), (0, 0), load.answers)
        self.assert_all_there(load)


if __name__ == "__main__":
    unittest.main()

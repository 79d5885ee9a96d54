"""The tests' own tools for PostgreSQL, tested without the program: clusters, what lies in databases, the proxy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import unittest
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import store
from .harness import wait_for
from .places import places_of
from .postgres import with_parts
from .postgres_case import PostgresCase
from .program import REPO
from .proxy import Proxy


class Clusters(PostgresCase):
    """Starting, stopping, hanging, dying, and leaving nothing behind."""

    def test_stop_kill_and_restart(self) -> None:
        """What was committed is there after every kind of end, on the same port."""
        self.database.psql("CREATE TABLE t (a int)")
        ends: tuple[Callable[[], None], ...] = (self.cluster.stop, self.cluster.kill, partial(self.cluster.stop, "fast"))
        for number, end in enumerate(ends):
            self.database.psql(f"INSERT INTO t VALUES ({number})")
            end()
            self.assertEqual(self.cluster.processes(), [])
            self.assertNotEqual(self.database.psql("SELECT 1", check=False).returncode, 0)
            self.cluster.start()
            self.assertEqual(self.database.number("SELECT count(*) FROM t"), number + 1)

    def test_pause(self) -> None:
        """Nothing answers while it is paused, and what was asked meanwhile is answered afterwards."""
        session = self.database.session()
        self.addCleanup(session.close)
        self.assertEqual(session.run("SELECT 1"), "1\n")
        self.cluster.pause()
        mark = session.send("SELECT extract(epoch FROM clock_timestamp())")
        time.sleep(0.5)
        resumed = time.time()
        self.cluster.resume()
        self.assertGreaterEqual(float(session.answer(mark)), resumed - 0.1)

    def test_it_ends_with_its_process(self) -> None:
        """kill -9 of the tests leaves neither processes nor files of their clusters, hanging ones neither."""
        script = (
            "from tests.acceptance.postgres import Cluster; import time\n"
            "cluster = Cluster(); cluster.pause(); print(cluster.folder, flush=True); time.sleep(60)"
        )
        child = subprocess.Popen([sys.executable, "-c", script], cwd=REPO, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        folder = Path(child.stdout.readline().strip())
        self.assertTrue((folder / "data").is_dir())
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        wait_for(lambda: not folder.exists(), 20, "the cluster is gone")

    def test_parts_of_urls(self) -> None:
        """User, password, port and database are replaced alone, and escaped."""
        url = "postgresql://postgres@127.0.0.1:5432/postgres"
        changed = with_parts(url, user="a b", password="p@/:%")
        self.assertEqual(changed, "postgresql://a%20b:p%40%2F%3A%25@127.0.0.1:5432/postgres")
        self.assertEqual(with_parts(url, port=1, database="d"), "postgresql://postgres@127.0.0.1:1/d")


class Contents(PostgresCase):
    """Looking into databases."""

    def test_values(self) -> None:
        """Every value of every table comes as the bytes it stands for, of partitions, too."""
        self.database.psql(
            r"CREATE SCHEMA s; CREATE TABLE s.t (a text, b bytea, c text[]) PARTITION BY LIST (a);"
            r"CREATE TABLE s.p PARTITION OF s.t DEFAULT;"
            r"INSERT INTO s.t VALUES (E'tab\t nl\n \\x41', '\x28b52f', '{a,NULL}'), (NULL, '\x', NULL)"
        )
        expected = [b"tab\t nl\n \\x41", b"\x28\xb5\x2f", b"{a,NULL}", b""]
        self.assertEqual(list(self.database.values()), [("s.p", value) for value in expected])
        self.assertEqual(self.database.rows("SELECT E'a\\nb', NULL"), [["a\nb", ""]])

    def test_places_of(self) -> None:
        """A text is found in values, in packed values, in the server's log and in files, and only there."""
        self.data_dir.mkdir()
        (self.data_dir / "spool").write_bytes(b"a needle in a file")
        packed = subprocess.run(["zstd", "-qc"], input=b"hidden " * 100, capture_output=True, check=True).stdout
        self.database.psql(
            f"CREATE TABLE t (a text, b bytea); INSERT INTO t VALUES ('a needle', '\\x{packed.hex()}'), "
            f"('', '\\x{packed.hex()}'), ('', '\\x00{packed.hex()}')"
        )
        self.database.psql("DO $$ BEGIN RAISE LOG 'what is logged'; END $$")
        for needle, places in (
            ("needle", ["spool", "a value of t", "the dump"]),
            ("hidden " * 50, ["a packed value of t"]),
            ("what is logged", ["the log of PostgreSQL"]),
            ("haystack", []),
        ):
            self.assertEqual(places_of(needle, self.data_dir, self.scratch), places)

    def test_which_database(self) -> None:
        """A data directory has one database, which commands and servers are told, unless the test tells them."""
        bound = {"DATABASE_URL": self.database.url}
        self.assertEqual(store.environment(self.data_dir), bound)
        for given in ({"DATABASE_URL": "x"}, {"GLEANER_DATABASE_URL": "x"}):
            self.assertEqual(store.environment(self.data_dir, given), given)
        self.assertEqual(store.environment(self.data_dir, {"A": "b"}), {**bound, "A": "b"})
        self.assertEqual(store.environment(None, {"A": "b"}), {"A": "b"})
        cwd = Path("/somewhere")
        for line, expected in (
            ("stats --data-dir data", cwd / "data"),
            ("stats --data-dir=/data --json", Path("/data")),
            ("stats --data-dir", None),
            ("stats", None),
        ):
            self.assertEqual(store.data_dir_of(line.split(), cwd), expected)


class Proxies(PostgresCase):
    """Connections that are cut."""

    def setUp(self) -> None:
        super().setUp()
        self.proxy = Proxy(self.database)
        self.addCleanup(self.proxy.close)
        self.database.psql("CREATE TABLE t (a int); GRANT ALL ON t TO public")

    def insert(self, script: str = "BEGIN; INSERT INTO t VALUES (1); COMMIT;") -> int:
        return self.database.psql(script, url=self.proxy.url, check=False).returncode

    def rows(self) -> int:
        return self.database.number("SELECT count(*) FROM t")

    def test_cut(self) -> None:
        """After bytes, at an answer, all of them, none let in: and whole again after each."""
        self.assertEqual((self.insert(), self.rows()), (0, 1))
        self.proxy.cut_at(lambda message: message.tag == "COMMIT")
        self.assertNotEqual(self.insert(), 0)
        self.assertEqual((self.proxy.cuts, self.rows()), (1, 2))  # done, and nobody told
        self.proxy.cut_at(lambda message: message.tag == "INSERT 0 1")
        self.assertNotEqual(self.insert(), 0)
        self.assertEqual((self.proxy.cuts, self.rows()), (2, 2))
        self.proxy.cut_after(150)
        self.assertNotEqual(self.insert("INSERT INTO t VALUES (1);" * 20), 0)
        self.assertEqual(self.proxy.cuts, 3)
        self.database.psql("DELETE FROM t")
        self.proxy.refuse()
        self.assertNotEqual(self.insert(), 0)
        self.proxy.refuse(False)
        self.assertEqual((self.insert(), self.rows()), (0, 1))


if __name__ == "__main__":
    unittest.main()

"""Several servers on one database whose schedules come due at the same second: each day is archived once."""

from __future__ import annotations

import re
import unittest
from concurrent.futures import ThreadPoolExecutor

from . import store
from .archive_case import INTERACTIONS, OLD, PLATFORMS, YOUNG, key_of, soon
from .harness import Server, create_key, gleaner, wait_for
from .postgres_case import PostgresCase
from .records import interaction

SERVERS = 3
RECORDS = 1500
ENDED = re.compile(r" info (?:archived (\d+) records in (\d+) objects|another server is archiving)")


class AtOnce(PostgresCase):
    """Three servers with data directories of their own, and one folder of objects."""

    def setUp(self) -> None:
        super().setUp()
        self.key = create_key(self.data_dir)["key"]
        self.folder = self.scratch / "objects"
        self.env = {"GLEANER_ARCHIVE_DIR": str(self.folder), "GLEANER_LOG_LEVEL": "debug"}

    def server(self, number: int, at: str) -> Server:
        folder = self.scratch / f"server-{number}"
        store.bind(folder / "data", self.database)
        env = {**self.env, "ENABLE_DATA_ARCHIVING": "true", "GLEANER_ARCHIVE_AT": at}
        server = Server(folder / "data", folder, env=env)
        self.addCleanup(server.kill)
        return server

    def fill(self) -> None:
        server = self.serve(env=self.env)
        days = (*OLD, YOUNG)
        records = [
            interaction(n, platform=PLATFORMS[n % 3], created_at=f"{days[n // 3 % len(days)]}T{n % 24:02}:00:00Z")
            for n in range(RECORDS)
        ]
        self.expect(self.connect(server, self.key).post_ndjson(INTERACTIONS, records), 200)
        self.assertEqual(server.stop(), 0)

    def export(self) -> str:
        return self.ok(gleaner("export", "--data-dir", self.data_dir, env=self.env)).out

    def test_each_day_once(self) -> None:
        self.fill()
        before = self.export()
        old = RECORDS * len(OLD) // (len(OLD) + 1)
        at, seconds = soon()
        servers = [self.server(number, at) for number in range(SERVERS)]
        with ThreadPoolExecutor(SERVERS) as pool:
            list(pool.map(Server.start, servers))
        wait_for(lambda: all(ENDED.search(server.log()) for server in servers), seconds + 60, "all three had their turn")
        counts = [(int(found[1] or 0), int(found[2] or 0)) for server in servers for found in ENDED.finditer(server.log())]
        self.assertEqual(len(counts), SERVERS)
        self.assertEqual([sum(column) for column in zip(*counts, strict=True)], [old, len(OLD) * len(PLATFORMS)])
        parts = self.database.rows("SELECT date, platform, number FROM gleaner.archive_metadata ORDER BY 1, 2")
        self.assertEqual(parts, [[date, platform, "1"] for date in sorted(OLD) for platform in sorted(PLATFORMS)])
        objects = {str(path.relative_to(self.folder)) for path in (self.folder / "archives").rglob("*.gz")}
        self.assertEqual(objects, {key_of(platform, date) for date in OLD for platform in PLATFORMS})
        for server in servers:
            self.assertNotRegex(server.log(), r"^\S+ (warning|error|critical) ")
            self.assertEqual(self.connect(server, self.key).stats()["overview"]["archived_records"], old)
            self.assertEqual(server.stop(), 0)
        self.assertNotIn(b"ERROR", self.database.server_log())
        verified = self.ok(gleaner("verify", "--json", "--data-dir", self.data_dir, env=self.env)).json()
        self.assertEqual((verified["records"], verified["flaws"]), (old, []))
        self.assertEqual(self.export(), before)


if __name__ == "__main__":
    unittest.main()

"""Acknowledged means durable: kill -9 at any instant loses nothing, doubles nothing, and leaves nothing half
there."""

from __future__ import annotations

import os
import random
import time
import unittest

from .client import Client, ndjson
from .harness import Case, Server, create_key, gleaner
from .load import Ledger, Load, audit, retry_open, spot_check
from .records import interaction, letters

ROUNDS = int(os.environ.get("GLEANER_CRASH_ROUNDS", "50"))


class Crash(Case):
    """kill -9 under load, again and again, on one data directory."""

    def test_kill_minus_nine(self) -> None:
        """After every kill the server starts again, and everything acknowledged is there exactly once,
        whole."""
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        key, ledger = create_key(self.data_dir)["key"], Ledger()
        server = self.serve()
        client = self.connect(server, key)
        for round_number in range(ROUNDS):
            try:
                self._crash(server, client, Load(server, key, ledger), ledger, chance)
            except AssertionError as error:
                raise AssertionError(f"round {round_number}, seed {seed}: {error}") from error
        stored = audit(client, ledger)
        self.assertGreater(stored, ROUNDS)
        self.assertEqual(server.stop(), 0)
        server.start()
        self.assertEqual(audit(client, ledger), stored)

    def _crash(
        self, server: Server, client: Client, load: Load, ledger: Ledger, chance: random.Random
    ) -> None:
        load.start()
        time.sleep(chance.uniform(0.02, 0.35))
        server.kill()
        load.join()
        self.assertEqual(load.refusals, [])
        if chance.random() < 0.2:  # die while recovering, too
            server.spawn()
            time.sleep(chance.uniform(0, 0.03))
            server.kill()
        server.start()
        spot_check(client, ledger, 15)
        retry_open(client, ledger, 3)

    def test_sigterm_under_load(self) -> None:
        """SIGTERM drains: whatever was acknowledged is there, the exit code is 0, and it does not take
        long."""
        key, ledger = create_key(self.data_dir)["key"], Ledger()
        server = self.serve()
        client = self.connect(server, key)
        for _ in range(5):
            load = Load(server, key, ledger).start()
            time.sleep(0.3)
            self.assertEqual(server.stop(timeout=15), 0)
            load.join()
            self.assertTrue(all(answer.status == 503 for answer in load.refusals), load.refusals)
            server.start()
            spot_check(client, ledger, 15)
        audit(client, ledger)

    def test_server_and_import_at_the_same_time(self) -> None:
        """A command line import into the data directory of a running server: both are stored in full."""
        key, ledger = create_key(self.data_dir)["key"], Ledger()
        server = self.serve()
        client = self.connect(server, key)
        imported = {f"imported-{letters(number)}": interaction(number) for number in range(3000)}
        source = self.scratch / "import.jsonl"
        source.write_bytes(ndjson({**record, "id": record_id} for record_id, record in imported.items()))

        load = Load(server, key, ledger).start()
        time.sleep(0.2)
        importing = self.ok(
            gleaner("import", source, "--data-dir", self.data_dir, "--format", "gleaner", "--json")
        )
        time.sleep(0.2)
        load.stop()
        self.assertEqual(load.refusals, [])
        expected = {"read": 3000, "stored": 3000, "duplicates": 0, "rejected": 0}
        self.assertEqual(importing.json() | expected, importing.json())
        self.assertFalse(ledger.open)
        self.assertGreater(len(ledger.acked), 50, "the server stood still during the import")

        ids = client.list_ids(limit=1000)
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(set(ids), set(imported) | {ledger.interaction_id(number) for number in ledger.acked})
        self.assertEqual(client.stats()["overview"]["total_records"], len(ids))
        spot_check(client, ledger, 50)

    def test_a_killed_import_can_be_run_again(self) -> None:
        """An import killed half way and run again ends with every record stored once."""
        key = create_key(self.data_dir)["key"]
        records = [interaction(number, id=f"again-{letters(number)}") for number in range(5000)]
        source = self.scratch / "import.jsonl"
        source.write_bytes(ndjson(records))
        arguments = ("import", source, "--data-dir", self.data_dir, "--format", "gleaner", "--json")
        for seconds in (0.05, 0.1, 0.2):
            try:
                gleaner(*arguments, timeout=seconds)  # kill -9 when the time is over
            except AssertionError:
                pass
        done = self.ok(gleaner(*arguments)).json()
        self.assertEqual(
            (done["read"], done["stored"] + done["duplicates"], done["rejected"]), (5000, 5000, 0)
        )
        client = self.connect(self.serve(), key)
        self.assertEqual(sorted(client.list_ids(limit=1000)), sorted(record["id"] for record in records))
        self.assertEqual(client.stats()["overview"]["total_records"], 5000)

    def test_two_servers_on_one_data_directory(self) -> None:
        """A second server on the same data directory either refuses to start, or both serve it without
        harm."""
        key, ledger = create_key(self.data_dir)["key"], Ledger()
        first = self.serve()
        try:
            second = self.serve()
        except AssertionError:
            self.assertTrue(first.alive())
            second = first
        loads = [Load(server, key, ledger).start() for server in {first, second}]
        time.sleep(0.5)
        for load in loads:
            load.stop()
            self.assertEqual(load.refusals, [])
        audit(self.connect(first, key), ledger)


if __name__ == "__main__":
    unittest.main()

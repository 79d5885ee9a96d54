"""The case under the tests of the archive: old days in a store, and everything that can be read of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .client import Client, Json, Record, ndjson
from .harness import Case, Finished, Server, create_key, gleaner
from .places import places_of
from .records import interaction, letters, words

INTERACTIONS, SIGNALS = "/v1/interactions", "/v1/signals"
# Statistics of a platform that say where its records lie.
OF_THE_PLACE = ("stored_bytes", "archived_bytes", "archived_count")
PLATFORMS = ("zapier", "make", "n8n")


def day(age: int) -> str:
    """So many days ago, in UTC."""
    return (datetime.now(UTC) - timedelta(days=age)).strftime("%Y-%m-%d")


def soon() -> tuple[str, float]:
    """An archive_at that comes when a server had time to start, and in how many seconds."""
    wait = 6
    at = (datetime.now(UTC) + timedelta(seconds=wait)).replace(microsecond=0)
    return at.strftime("%H:%M:%S"), wait


OLD = tuple(day(age) for age in (70, 47, 46, 45))
YOUNG = day(2)


def key_of(platform: str, date: str, part: int = 1, project: str = "default") -> str:
    """Where docs/archive.md says that a part lies."""
    prefix = "" if project == "default" else f"projects/{project}/"
    number = "" if part == 1 else f".{part}"
    return f"{prefix}archives/{platform}/{date[:4]}/{date[5:7]}/{date}{number}.jsonl.gz"


def unpack(data: bytes) -> list[Record]:
    """The lines of an object, by Python's gzip."""
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


class ArchiveCase(Case):
    """A store with old and new days, a server where one is needed, and the archive beside it."""

    archive_env: Mapping[str, str] = {}

    def setUp(self) -> None:
        super().setUp()
        self.key = create_key(self.data_dir)["key"]

    def run_on_data(self, command: str, *args: str | Path, code: int = 0, **options: Json) -> Finished:
        env = {**self.archive_env, **options.pop("env", {})}
        return self.ok(gleaner(command, *args, "--data-dir", self.data_dir, env=env, **options), code)

    def result_of(self, command: str, *args: str | Path, **options: Json) -> Json:
        return self.run_on_data(command, *args, "--json", **options).json()

    def start(self, env: Mapping[str, str] | None = None) -> tuple[Server, Client]:
        server = self.serve(env={**self.archive_env, **(env or {})})
        return server, self.connect(server, self.key)

    # ------------------------------------------------------------------------------------------------ what is there

    def records(self, count: int = 60) -> list[Record]:
        """Of three platforms and five persons, on old days and a young one."""
        days = (*OLD, YOUNG)
        return [
            interaction(
                n,
                id=f"case-{letters(n)}",
                platform=PLATFORMS[n % 3],
                user_id=f"user {letters(n % 5)}",
                created_at=f"{days[n // 3 % len(days)]}T{n % 24:02}:{n % 60:02}:00.{n % 1000:03}Z",
            )
            for n in range(count)
        ]

    def fill(self, client: Client, count: int = 60) -> list[Record]:
        records = self.records(count)
        self.expect(client.post_ndjson(INTERACTIONS, records), 200)
        votes = [
            {"id": f"vote {n}", "interaction_id": record["id"], "kind": kind, "user_id": f"user {letters(n % 7)}"}
            for n, record in enumerate(records)
            for kind in (["thumbs_up"] if n % 3 == 0 else ["thumbs_down"] if n % 7 == 0 else [])
        ]
        votes.append({
            "id": "corrected", "interaction_id": "case-b", "kind": "correction", "user_id": "user g",
            "output": "A better answer: " + words("better", 200), "reason": "it was too short",
        })  # fmt: skip
        self.expect(client.post_ndjson(SIGNALS, votes), 200)
        return records

    def fill_store(self, count: int = 60) -> list[Record]:
        server, client = self.start()
        records = self.fill(client, count)
        self.assertEqual(server.stop(), 0)
        return records

    def what_is_read(self, client: Client) -> Record:
        """Everything that does not depend on where a record lies."""
        entries = [entry for page in client.pages(limit=500, order="asc") for entry in page]
        stats = client.stats()
        return {
            "entries": entries,
            "newest first": client.list_ids(limit=500, order="desc"),
            "look-ups": [client.lookup(entry["interaction"]["id"]).json() for entry in entries],
            "of a person": client.list_ids(user_id="user b"),
            "total": stats["overview"]["total_records"],
            "feedback": stats["overview"]["records_with_feedback"],
            "platforms": {
                name: {k: v for k, v in platform.items() if k not in OF_THE_PLACE}
                for name, platform in stats["by_platform"].items()
            },
            "readiness": stats["training_readiness"],
            "over HTTP": client.get("/api/feedback/export/all").body,
            "export": self.run_on_data("export").out,
            "positive": self.run_on_data("export", "--positive-only").out,
        }

    def assert_same_reads(self, before: Record, after: Record) -> None:
        for what, value in before.items():
            self.assertEqual(value, after[what], what)

    # --------------------------------------------------------------------------------------------------- the archive

    def archive(self, *args: str, code: int = 0, **options: Json) -> Record:
        return self.result_of("archive", *args, code=code, **options)

    def verify(self, *args: str, code: int = 0) -> Record:
        """What verify says; whole or not as the exit code does."""
        report = self.result_of("verify", *args, code=code)
        self.assertEqual(report["whole"], code == 0, report)
        return report

    def assert_whole(self, records: int | None = None) -> None:
        report = self.verify()
        self.assertEqual(report["flaws"], [])
        if records is not None:
            self.assertEqual(report["records"], records)

    @property
    def folder(self) -> Path:
        """Of the archive, where that is a folder."""
        return self.data_dir / "archive"

    def objects(self) -> Iterator[Path]:
        return (self.folder / "archives").rglob("*.jsonl.gz")

    def places_left(self, *needles: str) -> list[str]:
        """Where any of these texts still stands: data directory with the archive, packed or not, and the database."""
        found = [f"{n}: {place}" for n in needles for place in places_of(n, self.data_dir, self.scratch)]
        for path in self.data_dir.rglob("*.gz"):
            text = gzip.decompress(path.read_bytes())
            found += [f"{n}: {path} (unpacked)" for n in needles if n.encode() in text]
        return found

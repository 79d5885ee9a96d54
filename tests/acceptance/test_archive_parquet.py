"""An archive in Parquet: pyarrow, pandas and DuckDB read its objects, and whoever reads through Gleaner cannot tell it
from one of JSON lines."""

from __future__ import annotations

import hashlib
import json
import unittest
from collections import Counter
from pathlib import Path

from . import readers
from .archive_case import OLD, PLATFORMS, YOUNG, ArchiveCase
from .client import Client, Record

PARQUET = {"GLEANER_ARCHIVE_FORMAT": "parquet"}

# The types that docs/archive-format.md promises, by pyarrow's names.
TYPES = {
    "line": "string", "id": "string", "created_at": "timestamp[ms, tz=UTC]", "session_id": "string",
    "user_id": "string", "kind": "string", "model": "string", "provider": "string", "language": "string",
    "intent": "string", "relevance": "string", "experiment": "string", "variant": "string", "success": "bool",
    "latency_ms": "double", "ttft_ms": "double", "cost_usd": "double", "prompt_tokens": "int64",
    "completion_tokens": "int64", "prompt_chars": "int64", "response_chars": "int64", "auto_score": "double",
    "quality_score": "double", "signals": "int64", "feedback": "int64", "engagement": "int64", "viewers": "int64",
    "thumbs_up": "int64", "thumbs_down": "int64", "rating": "double", "positive": "bool", "negative": "bool",
    "edited": "bool", "quality": "bool",
}  # fmt: skip
PARTITIONS = ("platform", "year", "month")

PYARROW = """
import json, sys
import pyarrow.dataset, pyarrow.parquet
table = pyarrow.dataset.dataset(sys.argv[1], format="parquet", partitioning="hive").to_table()
files = sorted(pyarrow.dataset.dataset(sys.argv[1], format="parquet", partitioning="hive").files)
metadata = [pyarrow.parquet.read_metadata(file) for file in files]
for file in files:
    pyarrow.parquet.ParquetFile(file, page_checksum_verification=True).read()
def statistics(one, column):
    found = one.row_group(0).column(one.schema.names.index(column)).statistics
    return [str(found.min), str(found.max)]
print(json.dumps({
    "rows": table.to_pylist(), "types": {field.name: str(field.type) for field in table.schema},
    "logical": {c.name: str(c.logical_type) for c in (metadata[0].schema.column(i) for i in range(3))},
    "rows of files": [one.num_rows for one in metadata], "created_by": metadata[0].created_by,
    "metadata": {k.decode(): v.decode() for k, v in metadata[0].metadata.items() if k.startswith(b"gleaner")},
    "ids": [statistics(one, "id") for one in metadata],
    "times": [statistics(one, "created_at") for one in metadata],
}, default=str))
"""

PANDAS = """
import json, sys
import pandas
frame = pandas.read_parquet(sys.argv[1])
print(json.dumps({"rows": len(frame), "columns": list(frame.columns),
                  "by platform": frame.groupby("platform", observed=True).size().to_dict()}))
"""

DUCKDB = """
import json, sys
import duckdb
con = duckdb.connect()
con.execute("SET TimeZone='UTC'")
con.execute(f"CREATE VIEW archived AS FROM read_parquet('{sys.argv[1]}', hive_partitioning=true)")
def rows(sql):
    return con.execute(sql).fetchall()
print(json.dumps({
    "types": {row[0]: row[1] for row in rows("DESCRIBE archived")},
    "count": rows("SELECT count(*) FROM archived")[0][0],
    "groups": rows("SELECT platform, year, month, count(*), sum(thumbs_up), count(*) FILTER (positive) FROM archived "
                   "GROUP BY ALL ORDER BY ALL"),
    "days": rows("SELECT strftime(created_at, '%Y-%m-%d'), count(*) FROM archived GROUP BY ALL ORDER BY ALL"),
    "from lines": rows("SELECT line->>'$.id', line->>'$.platform', id, platform FROM archived ORDER BY id"),
    "one": rows("SELECT line FROM archived WHERE id = 'case-b'"),
    "latency": rows("SELECT id, latency_ms, success, model FROM archived ORDER BY id"),
}))
"""


class Parquet(ArchiveCase):
    """archive_format = "parquet"."""

    archive_env = PARQUET

    def objects_in_parquet(self) -> list[Path]:
        return sorted((self.folder / "archives").rglob("*.parquet"))

    def test_others_read_it(self) -> None:
        """Rows, types, partitions, statistics and checksums, by pyarrow, pandas and DuckDB."""
        server, client = self.start()
        records = self.fill(client)
        before = self.what_is_read(client)
        self.archive()
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertEqual(server.stop(), 0)
        old = {record["id"]: record for record in records if not record["created_at"].startswith(YOUNG)}
        entries = {entry["interaction"]["id"]: entry for entry in before["entries"]}
        expected = {
            f"platform={platform}/year={date[:4]}/month={int(date[5:7])}/{date}.parquet"
            for platform in PLATFORMS for date in OLD
        }  # fmt: skip
        found = {str(path.relative_to(self.folder / "archives")) for path in self.objects_in_parquet()}
        self.assertEqual(found, expected)

        seen = readers.run(PYARROW, self.folder / "archives")
        self.assertEqual({k: v for k, v in seen["types"].items() if k not in PARTITIONS}, TYPES)
        self.assertEqual(set(seen["types"]), {*TYPES, *PARTITIONS})
        self.assertEqual(seen["logical"]["line"], "JSON")
        self.assertIn("Timestamp(isAdjustedToUTC=true, timeUnit=milliseconds", seen["logical"]["created_at"])
        self.assertTrue(seen["created_by"].startswith("gleaner version "), seen["created_by"])
        self.assertEqual(seen["metadata"], {"gleaner.format_version": "1", "gleaner.schema_version": "1"})
        self.assertEqual(seen["rows of files"], [4] * 12)
        self.assertEqual(len(seen["rows"]), len(old))
        for row in seen["rows"]:
            self.check_row(row, entries[row["id"]])
        for (least, greatest), (first, last) in zip(seen["ids"], seen["times"], strict=True):
            self.assertLess(least, greatest)
            self.assertLess(first, last)
            self.assertIn(first[:10], OLD)

        frame = readers.run(PANDAS, self.folder / "archives")
        self.assertEqual(frame["rows"], len(old))
        self.assertEqual(frame["columns"], [*TYPES, *PARTITIONS])
        self.assertEqual(frame["by platform"], Counter(record["platform"] for record in old.values()))
        self.check_queries(old, entries)

    def check_row(self, row: Record, entry: Record) -> None:
        """A row says what a look-up says, and so does its line."""
        interaction = entry["interaction"]
        line = json.loads(row["line"])
        signals = line.pop("signals")
        for own in ("content_hash", "signal_hashes", "position", "interaction_bytes"):
            line.pop(own)
        self.assertEqual(line, interaction)
        self.assertEqual(row["platform"], interaction["platform"])
        self.assertEqual((row["year"], row["month"]), tuple(map(int, interaction["created_at"].split("-")[:2])))
        for name in ("session_id", "user_id", "kind", "model", "provider", "language", "intent", "success",
                     "latency_ms", "ttft_ms", "cost_usd", "auto_score", "quality_score", "prompt_chars",
                     "response_chars"):  # fmt: skip
            self.assertEqual(row[name], interaction.get(name), name)
        self.assertEqual(row["prompt_tokens"], interaction.get("usage", {}).get("prompt_tokens"))
        self.assertEqual(row["created_at"], interaction["created_at"].replace("T", " ").replace("Z", "000+00:00")
                         .replace(".000000+", "+"))  # fmt: skip
        kinds = Counter(signal["kind"] for signal in signals)
        self.assertEqual(
            (row["signals"], row["thumbs_up"], row["thumbs_down"], row["edited"]),
            (len(signals), kinds["thumbs_up"], kinds["thumbs_down"], kinds["correction"] + kinds["edit"] > 0),
        )
        self.assertEqual((row["positive"], row["negative"]), (kinds["thumbs_up"] > 0, kinds["thumbs_down"] > 0))

    def check_queries(self, old: dict[str, Record], entries: dict[str, Record]) -> None:
        """DuckDB's answers, and what they are by hand."""
        answer = readers.run(DUCKDB, self.folder / "archives/**/*.parquet")
        types = answer["types"]
        self.assertEqual(set(types), {*TYPES, *PARTITIONS})
        self.assertEqual((types["line"], types["created_at"], types["success"], types["latency_ms"], types["signals"]),
                         ("JSON", "TIMESTAMP WITH TIME ZONE", "BOOLEAN", "DOUBLE", "BIGINT"))  # fmt: skip
        self.assertEqual((types["platform"], types["year"], types["month"]), ("VARCHAR", "BIGINT", "BIGINT"))
        self.assertEqual(answer["count"], len(old))
        groups: dict[tuple[str, int, int], list[int]] = {}
        for record_id, record in old.items():
            year, month = map(int, record["created_at"].split("-")[:2])
            group = groups.setdefault((record["platform"], year, month), [0, 0, 0])
            thumbs = entries[record_id]["verdict"]["thumbs_up"]
            group[0] += 1
            group[1] += thumbs
            group[2] += thumbs > 0
        self.assertEqual([tuple(group) for group in answer["groups"]],
                         sorted((*key, *counts) for key, counts in groups.items()))  # fmt: skip
        self.assertEqual(dict(answer["days"]), Counter(record["created_at"][:10] for record in old.values()))
        self.assertEqual(
            [tuple(row) for row in answer["from lines"]],
            [(i, r["platform"], i, r["platform"]) for i, r in sorted(old.items())],
        )
        self.assertEqual(json.loads(answer["one"][0][0])["id"], "case-b")

    def test_gleaner_reads_it_as_json_lines(self) -> None:
        """Lists, look-ups, statistics and exports are the same before and after; erasure, restoring, and the change to
        another format."""
        server, client = self.start()
        self.fill(client)
        before = self.what_is_read(client)
        report = self.archive()
        self.assertTrue(all(one["s3_key"].endswith(".parquet") for one in report["archives"]))
        self.assert_whole(48)
        self.assert_same_reads(before, self.what_is_read(client))

        erased = {"case-b", "case-d"}
        receipt = self.result_of("erase", "interaction", *sorted(erased), "--yes")
        rewritten = [one for one in receipt["removed"] if one["where"] == "archive"]
        self.assertEqual(sum(one["interactions"] for one in rewritten), 2)
        for one in rewritten:
            self.assertFalse((self.folder / one["object"]).exists())
            new = (self.folder / one["replaced_by"]).read_bytes()
            self.assertTrue(one["replaced_by"].endswith(".2.parquet"), one)
            self.assertEqual(hashlib.sha256(new).hexdigest(), one["sha256_after"])
        left = [entry for entry in before["entries"] if entry["interaction"]["id"] not in erased]
        self.assertEqual([entry for page in client.pages(limit=500, order="asc") for entry in page], left)
        self.assert_whole(46)
        seen = {row["id"] for row in readers.run(PYARROW, self.folder / "archives")["rows"]}
        self.assertEqual(len(seen), 46)
        self.assertFalse(erased & seen)

        self.run_on_data("restore", "--from", OLD[0], "--to", OLD[-1])
        self.assertEqual(self.objects_in_parquet(), [])
        self.assertEqual(self.entries_of(client), sorted(map(json.dumps, left)))
        # What the setting is changed to holds for what is archived from then on.
        again = self.archive(env={"GLEANER_ARCHIVE_FORMAT": "jsonl.zst"})
        self.assertTrue(all(one["s3_key"].endswith(".jsonl.zst") for one in again["archives"]))
        self.assertEqual(self.entries_of(client), sorted(map(json.dumps, left)))
        self.assertEqual(server.stop(), 0)

    def entries_of(self, client: Client) -> list[str]:
        return sorted(json.dumps(entry) for page in client.pages(limit=500) for entry in page)

    def test_damage_is_told(self) -> None:
        """A flipped bit is found by verify wherever it lies, in lines, columns and metadata."""
        self.fill_store()
        self.archive()
        path = self.objects_in_parquet()[0]
        whole = path.read_bytes()
        for at in (10, len(whole) // 3, len(whole) - 100):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
            report = self.verify(code=1)
            self.assertEqual([flaw["kind"] for flaw in report["flaws"]], ["damaged"])
        path.write_bytes(whole)
        self.assert_whole(48)
        self.run_on_data("archive", env={"GLEANER_ARCHIVE_FORMAT": "parquet.gz"}, code=2)


if __name__ == "__main__":
    unittest.main()

"""SQL over what is kept, and datasets as Parquet, as pyarrow, pandas and another DuckDB read them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from . import readers
from .archive_case import OLD, ArchiveCase
from .harness import Finished, gleaner
from .records import interaction, message, words

CALL = {"id": "call-1", "type": "function", "function": {"name": "find", "arguments": '{"deep": {"a": [1, null]}}'}}
TOOLS = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}]

READ = """
import json, sys
import duckdb, pandas, pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
print(json.dumps({
    "types": {field.name: str(field.type) for field in table.schema},
    "rows": table.to_pylist(),
    "pandas": len(pandas.read_parquet(sys.argv[1])),
    "roles": duckdb.sql(f"select m.role, count(*) from (select unnest(messages) m from '{sys.argv[1]}') "
                        "group by all order by all").fetchall(),
}, default=str))
"""


class QueryCase(ArchiveCase):
    def query(self, sql: str, *arguments: str | Path, code: int = 0) -> Finished:
        return self.run_on_data("query", sql, *arguments, code=code)

    def rows(self, sql: str) -> list[dict]:
        return json.loads(self.query(sql, "--json").out)


class Asking(QueryCase):
    def setUp(self) -> None:
        super().setUp()
        lines = [interaction(n, id=f"q-{n}", platform="web" if n % 3 else "n8n", created_at=f"{OLD[n % 4]}T10:00:00Z",
                             latency_ms=n + 0.5, tags=["a", "b"] if n % 2 else []) for n in range(60)]
        lines += [{"id": f"up-{n}", "interaction_id": f"q-{n}", "kind": "thumbs_up"} for n in range(0, 60, 5)]
        lines += [{"id": "early", "interaction_id": "not yet", "kind": "report", "reason": "it says, \"no\""}]
        self.run_on_data("import", "-", stdin="".join(json.dumps(line) + "\n" for line in lines).encode())

    def test_the_archive_changes_no_answer(self) -> None:
        questions = ("select platform, count(*) n, sum(thumbs_up) up, avg(latency_ms) ms from interactions group by all "
                     "order by all",
                     "select id, created_at, tags, messages, output, positive from interactions order by id",
                     "select * from signals order by id",
                     "select count(*) n from read_interactions(filter := '{\"verdict.thumbs_up\":1,\"platform\":\"web\"}')")
        before = [self.rows(question) for question in questions]
        self.assertEqual(sum(row["n"] for row in before[0]), 60)
        self.assertEqual(sum(row["up"] for row in before[0]), 12)
        self.assertEqual(before[3], [{"n": 8}])
        self.assertEqual(before[1][1]["tags"], ["a", "b"])
        self.assertIsInstance(before[1][0]["messages"], list)
        self.run_on_data("archive", "--days-old", "10")
        self.assertEqual([self.rows(question) for question in questions], before)

    def test_every_form_of_an_answer(self) -> None:
        sql = "select id, interaction_id, reason, value from signals where kind = 'report'"
        shown = self.query(sql).out
        self.assertIn("early", shown)
        self.assertIn("NULL", shown)
        path = self.scratch / "out.csv"
        self.query(sql, "--format", "csv", "--output", path)
        with path.open(newline="") as file:
            self.assertEqual(list(csv.reader(file)), [["id", "interaction_id", "reason", "value"],
                                                      ["early", "not yet", "it says, \"no\"", ""]])
        lines = self.query("select id from interactions order by id limit 2", "--format", "jsonl").out
        self.assertEqual(lines, '{"id":"q-0"}\n{"id":"q-1"}\n')
        self.assertEqual(self.query("select 1 as a where false", "--json").out, "[]\n")
        parquet = self.scratch / "it's.parquet"
        self.query("select id, created_at, latency_ms, tags from interactions", "--format", "parquet", "--output", parquet)
        self.assertEqual(self.rows(f"select count(*) n from '{str(parquet).replace(chr(39), chr(39) * 2)}'"), [{"n": 60}])
        for wrong in (["--format", "parquet"], ["--output", str(path)]):
            self.assertEqual(gleaner("query", "select 1", *wrong, "--data-dir", self.data_dir).code, 2)
        self.assertIn("the first 3 rows", self.query("from interactions", "--max-rows", "3").out)

    def test_only_reading(self) -> None:
        outside = self.scratch / "outside.csv"
        for sql in ("create table t as select 1", f"copy interactions to '{outside}'", "select 1; select 2", "install httpfs",
                    f"select 1) to '{outside}' --", f"attach '{self.scratch / 'x.db'}'", "set memory_limit = '1TB'", ""):
            done = gleaner("query", sql, "--data-dir", self.data_dir)
            self.assertEqual(done.code, 2, sql + done.err)
        self.assertFalse(outside.exists())
        self.assertEqual(self.rows("select count(*) n from interactions"), [{"n": 60}])

    def test_memory_is_bounded(self) -> None:
        done = gleaner("query", "select count(*) from (select distinct a.id || b.id || c.id || d.id from interactions a, "
                       "interactions b, interactions c, interactions d)", "--data-dir", self.data_dir,
                       env={"GLEANER_QUERY_MEMORY_MB": "64", "GLEANER_QUERY_THREADS": "2"})  # fmt: skip
        self.assertEqual(done.code, 1, done.out)
        self.assertIn("Out of Memory", done.err)
        self.assertLess(done.peak_mb, 400)

    def test_without_the_library(self) -> None:
        done = gleaner("query", "select 1", "--data-dir", self.data_dir,
                       env={"GLEANER_DUCKDB_LIBRARY": "/nowhere/libduckdb.so"})
        self.assertEqual(done.code, 1)
        self.assertIn("/nowhere/libduckdb.so: is not there", done.err)


class Parquet(QueryCase):
    def setUp(self) -> None:
        super().setUp()
        lines = []
        for n in range(40):
            lines.append(interaction(n, id=f"p-{n}", kind="chat", session_id=f"s-{n}", user_id=f"u-{n}",
                                     created_at=f"2026-11-{1 + n % 20:02}T10:00:00Z"))
            lines.append({"interaction_id": f"p-{n}", "kind": "thumbs_up" if n % 2 else "thumbs_down"})
            if n % 4 == 0:
                lines.append({"interaction_id": f"p-{n}", "kind": "correction",
                              "output": message("assistant", words(f"better {n}", 200))})
        lines.append({"id": "tools", "kind": "agent", "platform": "web", "tools": TOOLS, "session_id": "t", "user_id": "t",
                      "messages": [message("user", "Find it."), message("assistant", None, tool_calls=[CALL]),
                                   message("tool", "found", tool_call_id="call-1")], "output": "It is there."})
        self.run_on_data("import", "-", stdin="".join(json.dumps(line) + "\n" for line in lines).encode())

    def test_readers_see_typed_columns(self) -> None:
        path = self.scratch / "sft.parquet"
        self.run_on_data("export", "--format", "parquet", "--output", path)
        got = readers.run(READ, path)
        self.assertEqual(got["types"]["created_at"], "timestamp[us, tz=UTC]")
        self.assertEqual(got["types"]["interaction_ids"], "list<element: string>")
        self.assertTrue(got["types"]["messages"].startswith("list<element: struct<role: string, content: string"))
        self.assertEqual((len(got["rows"]), got["pandas"]), (41, 41))
        tools = next(row for row in got["rows"] if row["id"] == "tools")
        call = tools["messages"][1]["tool_calls"][0]
        self.assertEqual(json.loads(call["function"]["arguments"]), {"deep": {"a": [1, None]}})
        self.assertEqual(tools["messages"][2]["tool_call_id"], "call-1")
        self.assertEqual(json.loads(tools["tools"])[0]["function"]["name"], "find")
        self.assertEqual(dict(got["roles"])["tool"], 1)
        # The same examples as in lines of text.
        lines = self.run_on_data("export", "--format", "openai").out.splitlines()
        texts = [[turn["content"] or "" for turn in row["messages"]] for row in got["rows"]]
        self.assertEqual(texts, [[turn.get("content") or "" for turn in json.loads(line)["messages"]] for line in lines])
        checked = self.run_on_data("validate", path, "--json").json()
        self.assertEqual((checked["valid"], checked["files"][0]["format"], checked["files"][0]["lines"]),
                         (True, "parquet", 41))

    def test_versions_reproduce(self) -> None:
        for task, formats in (("supervised", ("parquet", "openai")), ("preference", ("parquet-preference",)),
                              ("unpaired", ("parquet-kto", "trl-kto"))):
            name = f"set-{task}"
            flags = [flag for one in formats for flag in ("--format", one)]
            self.run_on_data("dataset", "build", name, "--task", task, *flags, "--split", "train=0.8", "--split", "test=0.2")
            self.run_on_data("dataset", "rebuild", f"{name}@1")
            self.run_on_data("dataset", "verify", name)
            one, two = ((self.data_dir / "datasets" / "default" / name / v / "manifest.json").read_bytes() for v in ("v1", "v2"))
            self.assertEqual(one, two)
            entry = next(file for file in json.loads(one)["files"] if file["path"] == f"{formats[0]}/train.parquet")
            path = self.data_dir / "datasets" / "default" / name / "v1" / entry["path"]
            self.assertEqual(self.rows(f"select count(*) n from '{path}'"), [{"n": entry["lines"]}])
            self.assertFalse(list(path.parent.glob("*.rows")))
            checked = self.run_on_data("validate", path, "--json").json()
            self.assertEqual((checked["valid"], checked["files"][0]["format"]), (True, formats[0]))

    def test_others_files_are_checked(self) -> None:
        path = self.scratch / "others.parquet"
        self.run_on_data("query", "select [{'role': 'user', 'content': 'Hi'}, {'role': 'robot', 'content': NULL}] as messages",
                         "--format", "parquet", "--output", path)
        done = self.run_on_data("validate", path, "--format", "openai", code=3)
        self.assertIn("row 1: messages[1].role: expected", done.out)
        broken = self.scratch / "broken.parquet"
        broken.write_bytes(b"PAR1" + bytes(100))
        self.assertEqual(gleaner("validate", broken).code, 2)

    def test_a_stream_cannot_be_parquet(self) -> None:
        self.assertIn("--output", self.run_on_data("export", "--format", "parquet", code=2).err)
        _, client = self.start()
        answer = client.get("/api/feedback/export/web?output_format=parquet")
        self.assertEqual(answer.status, 400, str(answer))
        self.assertIn("POST /v1/datasets", str(answer))
        built = client.post("/v1/datasets", {"name": "over-http", "formats": ["parquet"]})
        self.assertEqual(built.status, 201, str(built))
        file = client.get("/v1/datasets/over-http@1/files/parquet/train.parquet")
        self.assertEqual(file.body[:4], b"PAR1")

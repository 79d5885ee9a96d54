"""The command line: help, exit codes, JSON, configuration, and importing what people already have."""

from __future__ import annotations

import gzip
import json
import subprocess
import unittest
from collections.abc import Mapping
from pathlib import Path

from . import samples
from .chat_line import check_export
from .client import Json, Record, encode, ndjson
from .harness import Case, Finished, create_key, gleaner
from .places import ZSTD
from .records import answers, interaction, letters, message, prompts, small
from .samples import Sample
from .store import about_sqlite

COMMANDS = (
    *("serve", "import", "export", "stats", "readiness", "view", "keys", "project", "profile", "redact", "rejects"),
    *("doctor", "demo"),
)
COUNTS = ("read", "stored", "duplicates", "rejected")


class CommandLine(Case):
    """Runs commands on a data directory of the test."""

    def run_on_data(self, command: str, *args: str | Path, **options: Json) -> Finished:
        return gleaner(command, *args, "--data-dir", self.data_dir, **options)

    def result_of(self, command: str, *args: str | Path) -> Json:
        """The JSON a command prints."""
        return self.ok(self.run_on_data(command, *args, "--json")).json()

    def load(self, content: bytes, *args: str, code: int = 0) -> list[int]:
        """Imports a file of that content; read, stored, duplicates, rejected."""
        source = self.scratch / "source.jsonl"
        source.write_bytes(content)
        result = self.ok(self.run_on_data("import", source, *args, "--json"), code).json()
        return [result[name] for name in COUNTS]

    def exported(self, *args: str) -> list[Record]:
        return check_export(self.ok(self.run_on_data("export", *args)).out.encode())

    def total(self) -> int:
        return self.result_of("stats")["overview"]["total_records"]


class Manners(CommandLine):
    """How every command behaves."""

    def test_help(self) -> None:
        """--help of the program lists the commands; that of a command has examples; both on stdout, with code
        0."""
        overview = self.ok(gleaner("--help"))
        for command in COMMANDS:
            self.assertIn(command, overview.out)
            shown = self.ok(gleaner(command, "--help"))
            self.assertRegex(shown.out, "(?i)example")
            self.assertIn(f"gleaner {command}", shown.out)

    def test_wrong_usage(self) -> None:
        """An unknown command, flag or value is exit code 2, said on stderr; a flag is named."""
        wrong = [
            ("", ["nonsense"]),
            ("--nonsense", ["stats", "--data-dir", "d", "--nonsense"]),
            ("limit", ["view", "interactions", "--data-dir", "d", "--limit", "many"]),
            ("format", ["import", "-", "--data-dir", "d", "--format", "docx"]),
            ("format", ["export", "--data-dir", "d", "--format", "docx"]),
            ("scope", ["keys", "create", "--data-dir", "d", "--name", "n", "--scope", "root"]),
            ("port", ["serve", "--data-dir", "d", "--port", "http"]),
        ]
        for named, arguments in wrong:
            with self.subTest(arguments):
                done = self.ok(gleaner(*arguments), 2)
                self.assertTrue(done.err)
                self.assertIn(named, done.err)
                self.assertEqual(done.out, "")

    def test_failures(self) -> None:
        """What cannot be done is exit code 1, said on stderr with the file's name."""
        done = self.ok(self.run_on_data("import", "not-there.jsonl"), 1)
        self.assertIn("not-there.jsonl", done.err)
        self.load(ndjson([small(1)]))
        done = self.ok(self.run_on_data("export", "--output", "no/such/folder/out.jsonl"), 1)
        self.assertIn("no/such/folder", done.err)
        self.assertNotEqual(self.run_on_data("keys", "revoke", "no-such-key").code, 0)

    @about_sqlite
    def test_no_folder(self) -> None:
        """A data directory that is a file is a failure."""
        in_the_way = self.scratch / "file"
        in_the_way.write_text("not a folder")
        self.assertNotEqual(gleaner("stats", "--data-dir", in_the_way).code, 0)

    def test_json_everywhere(self) -> None:
        """--json prints JSON and nothing else on stdout, whatever the command finds."""
        create_key(self.data_dir)  # without one, doctor would complain
        self.load(ndjson([small(1, id="a"), small(2, messages="wrong")]), code=3)
        for arguments in (
            ["stats"],
            ["readiness"],
            ["readiness", "zapier"],
            ["view"],
            ["view", "interactions", "--limit", "5"],
            ["view", "feedback", "--limit", "5"],
            ["rejects"],
            ["keys", "list"],
            ["doctor"],
            ["export", "--output", str(self.scratch / "out.jsonl")],
        ):
            with self.subTest(arguments):
                self.result_of(*arguments)
        check_export((self.scratch / "out.jsonl").read_bytes())

    def test_no_colours_in_pipes(self) -> None:
        """Output that is no terminal, and NO_COLOR, have no escape codes."""
        self.load(ndjson([small(1, id="a")]))
        for command in ("stats", "readiness", "view", "rejects", "doctor"):
            for env in ({}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color"}):
                done = self.run_on_data(command, env=env)
                self.assertNotIn("\x1b", done.out + done.err)
        self.assertNotIn("\x1b", gleaner("--help").out + gleaner("nonsense").err)

    def test_same_figures_as_http(self) -> None:
        """stats, readiness and export print what the HTTP routes answer."""
        self.load(ndjson(interaction(number, id=letters(number)) for number in range(30)))
        key = create_key(self.data_dir)["key"]
        client = self.connect(self.serve(), key)
        votes = [{"interaction_id": letters(number), "kind": "thumbs_up"} for number in range(12)]
        self.expect(client.post_ndjson("/v1/signals", votes), 200)
        by_http, by_command = client.stats(), self.result_of("stats")
        for part in ("overview", "by_platform", "training_readiness", "languages", "intents"):
            self.assertEqual(by_command[part], by_http[part])
        self.assertEqual(set(by_command), set(by_http))
        readiness = self.expect(client.get("/api/feedback/readiness/zapier"), 200).json()
        self.assertEqual(self.result_of("readiness", "zapier"), readiness)
        lines = self.ok(self.run_on_data("export")).out.encode()
        self.assertEqual(sorted(prompts(check_export(lines))), sorted(prompts(client.export())))


class Commands(CommandLine):
    """What single commands do."""

    def test_export_flags(self) -> None:
        """--platform, --positive-only, --success-only and the lengths select; --output writes the file."""
        self.load(
            ndjson(
                [
                    small(1, id="short", output=message("assistant", "ş" * 10)),
                    small(2, id="long", output=message("assistant", "ş" * 100)),
                    small(3, id="failed", success=False, output=message("assistant", "ş" * 50)),
                    small(4, id="make", platform="make", output=message("assistant", "ş" * 60)),
                ]
            )
        )

        def lengths(*flags: str) -> list[int]:
            return sorted(len(text) for text in answers(self.exported(*flags)))

        self.assertEqual(lengths("--success-only"), [10, 60, 100])
        self.assertEqual(lengths("--platform", "make"), [60])
        self.assertEqual(lengths("--success-only", "--min-response-length", "60"), [60, 100])
        self.assertEqual(lengths("--success-only", "--max-response-length", "10"), [10])
        self.assertEqual(lengths("--positive-only"), [])
        key = create_key(self.data_dir)["key"]
        client = self.connect(self.serve(), key)
        self.expect(client.post("/v1/signals", {"interaction_id": "long", "kind": "thumbs_up"}), 201)
        self.assertEqual(lengths("--positive-only"), [100])
        target = self.scratch / "out.jsonl"
        self.ok(self.run_on_data("export", "--format", "openai", "--success-only", "--output", target))
        self.assertEqual(len(check_export(target.read_bytes())), 3)

    def test_view_and_rejects(self) -> None:
        """view shows the newest records up to --limit; rejects lists what was refused and why."""
        records = [small(number, id=letters(number)) for number in range(10)] + [{"messages": 5}]
        self.load(ndjson(records), "--format", "gleaner", code=3)
        viewed = self.result_of("view", "interactions", "--limit", "3")
        self.assertEqual(len(viewed), 3)
        self.assertIn('"j"', json.dumps(viewed))
        (reject,) = self.result_of("rejects")
        self.assertIn("messages: expected", reject["reason"])

    def test_demo(self) -> None:
        """demo fills a fresh data directory with something that stats, readiness and export can show."""
        self.ok(self.run_on_data("demo", "--json")).json()
        stats = self.result_of("stats")
        self.assertGreater(stats["overview"]["total_records"], 0)
        self.assertGreater(stats["overview"]["records_with_feedback"], 0)
        self.assertTrue(stats["training_readiness"])
        for platform in stats["by_platform"]:
            self.assertEqual(self.result_of("readiness", platform)["platform"], platform)
        self.assertTrue(self.exported())

    def test_doctor(self) -> None:
        """doctor finds a healthy data directory healthy."""
        create_key(self.data_dir)
        self.load(ndjson([small(1)]))
        self.ok(self.run_on_data("doctor", "--json")).json()

    def test_keys(self) -> None:
        """create shows a key once with its scopes and project; list and revoke know it by its id."""
        made = create_key(self.data_dir, "ingest", "read", name="web")
        self.assertLessEqual({"id", "key", "name", "scopes", "project"}, set(made))
        self.assertEqual((made["name"], sorted(made["scopes"])), ("web", ["ingest", "read"]))
        self.assertIn(made["id"], self.ok(self.run_on_data("keys", "list", "--json")).out)
        self.ok(self.run_on_data("keys", "revoke", made["id"]))
        client = self.connect(self.serve(), made["key"])
        self.expect_problem(client.get("/v1/interactions"), 401, "unauthenticated")


class Importing(CommandLine):
    """gleaner import."""

    def test_every_format(self) -> None:
        """Each format is read by name and recognised by itself; a second import finds nothing but
        duplicates."""
        for number, sample in enumerate(samples.ALL):
            for format_name in (sample.format, "auto"):
                with self.subTest(sample=number, format=format_name):
                    self.data_dir = self.scratch / f"{number}-{format_name}"
                    self._import_twice(sample, format_name)

    def _import_twice(self, sample: Sample, format_name: str) -> None:
        flags = ("--format", format_name, "--platform", "imported")
        read, stored, duplicates, rejected = self.load(sample.content, *flags)
        self.assertEqual((read, duplicates, rejected), (sample.records, 0, 0))
        self.assertGreaterEqual(stored, sample.records)
        before = self.result_of("stats")
        self.assertEqual(set(before["by_platform"]), {"imported"})
        examples = self.exported()
        if sample.teaches is not None:
            taught = dict(zip(answers(examples), prompts(examples), strict=True))
            self.assertIn(sample.teaches, taught)
            for part in sample.prompt_has:
                self.assertIn(part, taught[sample.teaches])
        again = self.load(sample.content, *flags)
        self.assertEqual(again, [sample.records, 0, stored, 0])
        after = self.result_of("stats")
        for part in ("overview", "by_platform", "training_readiness"):
            self.assertEqual(after[part], before[part])
        self.assertEqual(self.exported(), examples)

    def test_openai_tools_survive(self) -> None:
        """Tool calls, results and definitions of an OpenAI chat line are exported as they were imported."""
        self.load(samples.OPENAI.content, "--format", "openai")
        (example,) = (example for example in self.exported() if "tools" in example)
        self.assertEqual(example["tools"], samples.TOOLS)
        self.assertEqual(example["messages"][1]["tool_calls"], [samples.TOOL_CALL])
        self.assertEqual(example["messages"][2]["tool_call_id"], "call-a")

    def test_collector_files_keep_ids_and_days(self) -> None:
        """Seed 004's examples keep their id, day and tags, so that feedback given later finds them."""
        self.load(samples.COLLECTOR.content + samples.CORRECTIONS.content, "--format", "collector")
        client = self.connect(self.serve(), create_key(self.data_dir)["key"])
        found = self.expect(client.lookup("train_20241120_103000_ab12cd34"), 200).json()["interaction"]
        self.assertTrue(found["created_at"].startswith("2024-11-20T10:30:00"), found["created_at"])
        self.assertEqual((found["tags"], found["latency_ms"]), (["tpo", "labor"], 812.4))
        day = {"from": "2024-11-20T00:00:00Z", "to": "2024-11-21T00:00:00Z"}
        self.assertIn("train_20241120_103000_ab12cd34", client.list_ids(**day))
        texts = answers(client.export({}))
        self.assertIn(samples.CORRECTION["corrected_response"], texts)
        self.assertNotIn(samples.CORRECTION["original_response"], texts)

    def test_extraction_logs_and_their_feedback(self) -> None:
        """Seed 001's feedback log joins the insight of the extraction log, whichever is imported first."""
        files = (samples.lines(samples.EXTRACTION_LOG), samples.lines(samples.FEEDBACK_LOG))
        for order in (files, files[::-1]):
            self.data_dir = self.scratch / f"data-{order is files}"
            for content in order:
                self.assertEqual(self.load(content, "--format", "extraction"), [1, 1, 0, 0])
            for content in order:
                self.assertEqual(self.load(content, "--format", "auto"), [1, 0, 1, 0])
            server = self.serve()
            client = self.connect(server, create_key(self.data_dir)["key"])
            (found,) = client.list_all(kind="extraction")
            self.assertEqual(found["quality_score"], 8.5)
            self.assertEqual(found["source"]["url"], "https://example.com/article")
            self.assertEqual([item["id"] for item in found["items"]], ["abc123"])
            signals = client.lookup(found["id"]).json()["signals"]
            self.assertEqual(
                [(signal["kind"], signal["item_id"]) for signal in signals], [("like", "abc123")]
            )
            server.stop()

    def test_agent_files(self) -> None:
        """Seed 003's context and prediction files are read one by one, and as the tree they stand in."""
        tree = self.scratch / "gepeto_training"
        for name, content in samples.AGENT_FILES.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content, indent=2))
        for name in list(samples.AGENT_FILES)[:2]:
            self.data_dir = self.scratch / f"data-{len(name)}"
            result = self.result_of("import", tree / name, "--format", "agent")
            self.assertEqual((result["read"], result["stored"], result["rejected"]), (1, 1, 0), name)
        for format_name in ("agent", "auto"):
            self.data_dir = self.scratch / f"data-tree-{format_name}"
            result = self.result_of("import", tree, "--format", format_name)
            self.assertEqual((result["stored"], result["rejected"]), (1, 0))
            server = self.serve()
            client = self.connect(server, create_key(self.data_dir)["key"])
            (found,) = client.list_all(session_id=samples.SESSION)
            self.assertEqual((found["latency_ms"], found["success"]), (1250.5, True))
            self.assertEqual(len(found["trajectory"]), 2)
            server.stop()
            result = self.result_of("import", tree, "--format", format_name)
            self.assertEqual((result["stored"], result["rejected"]), (0, 0))

    def test_gleaner_records(self) -> None:
        """Gleaner's own records are read from a file, gzip, zstd, and standard input; ids make them
        idempotent."""
        content = ndjson(interaction(number, id=letters(number)) for number in range(20))
        self.assertEqual(self.load(content, "--format", "gleaner"), [20, 20, 0, 0])
        packed = self.scratch / "records.jsonl.gz"
        packed.write_bytes(gzip.compress(content))
        files: list[Path] = [packed]
        if ZSTD:
            files.append(self.scratch / "records.jsonl.zst")
            files[-1].write_bytes(subprocess.run([ZSTD, "-qc"], input=content, capture_output=True).stdout)
        for path in files:
            result = self.result_of("import", path)
            self.assertEqual([result[name] for name in COUNTS], [20, 0, 20, 0], path)
        piped = self.ok(self.run_on_data("import", "-", "--json", stdin=content)).json()
        self.assertEqual([piped[name] for name in COUNTS], [20, 0, 20, 0])
        self.assertEqual(self.total(), 20)

    def test_records_without_ids_are_counted_once(self) -> None:
        """Without ids the content decides: the same line twice is one record, and so is the same file
        twice."""
        content = ndjson(
            [{"messages": samples.CHAT}, {"messages": samples.CHAT}, {"messages": samples.CHAT[1:]}]
        )
        self.assertEqual(self.load(content, "--format", "openai"), [3, 2, 1, 0])
        self.assertEqual(self.load(content, "--format", "openai"), [3, 0, 3, 0])
        self.assertEqual(self.total(), 2)

    def test_bad_lines(self) -> None:
        """Bad lines are counted and kept with the reason, the rest is stored, and the exit code is 3."""
        bad = [b"{", b"nonsense", b'{"messages":5}', b"\xff\xfe", b"[" * 1000]
        content = encode(small(1)) + b"\n" + b"\n".join(bad) + b"\n\n" + encode(small(2))
        self.assertEqual(self.load(content, "--format", "gleaner", code=3), [7, 2, 0, 5])
        self.assertEqual(len(self.result_of("rejects")), 5)
        conflict = small(9, id="taken"), small(10, id="taken")
        self.assertEqual(self.load(ndjson(conflict), "--format", "gleaner", code=3), [2, 1, 0, 1])

    def test_damaged_files(self) -> None:
        """A damaged archive fails, without a crash; an empty file is no records."""
        broken = self.scratch / "broken.jsonl.gz"
        broken.write_bytes(gzip.compress(ndjson(interaction(number) for number in range(100)))[:-2000])
        done = self.ok(self.run_on_data("import", broken, "--json"), 1)
        self.assertIn("broken.jsonl.gz", done.err)
        self.assertEqual(self.load(b""), [0, 0, 0, 0])


class Configuration(CommandLine):
    """Flags over environment over gleaner.toml over defaults; .env is read as environment."""

    def refuse(self, named: str, source: str, *args: str, env: Mapping[str, str] | None = None) -> None:
        """serve ends with exit code 2 and says which key is wrong and where it came from."""
        done = self.ok(
            self.run_on_data("serve", "--port", "0", *args, env=env, cwd=self.scratch, timeout=20), 2
        )
        self.assertIn(named, done.err)
        self.assertRegex(done.err, f"(?i){source}")
        self.assertEqual(done.out, "")

    def test_wrong_values(self) -> None:
        """A wrong value names the key and its source: flag, environment, .env, gleaner.toml."""
        self.refuse("ENABLE_DATA_COLLECTION", "environment", env={"ENABLE_DATA_COLLECTION": "maybe"})
        for value in ("lots", "-1", "10KB", ""):
            self.refuse("COMPRESSION_THRESHOLD_KB", "environment", env={"COMPRESSION_THRESHOLD_KB": value})
        self.refuse("HEADER_TIMEOUT_SECONDS", "environment", env={"GLEANER_HEADER_TIMEOUT_SECONDS": "soon"})
        self.refuse("max-body-bytes", "flag|option|command line|--max-body-bytes", "--max-body-bytes", "big")
        dotenv, toml = self.scratch / ".env", self.scratch / "gleaner.toml"
        dotenv.write_text("# comment\nCOMPRESSION_THRESHOLD_KB=lots\n")
        self.refuse("COMPRESSION_THRESHOLD_KB", r"\.env")
        dotenv.unlink()
        toml.write_text('max_body_bytes = "big"\n')
        self.refuse("max_body_bytes", r"gleaner\.toml")
        toml.write_text("no_such_key = 1\n")
        self.refuse("no_such_key", r"gleaner\.toml")
        toml.write_text("this is not = = toml\n")
        self.refuse("gleaner.toml", r"gleaner\.toml")

    def test_precedence(self) -> None:
        """The largest body taken follows gleaner.toml, then .env, then the environment, then the flag."""
        key = create_key(self.data_dir)["key"]
        (self.scratch / "gleaner.toml").write_text("max_body_bytes = 2000\n")
        self.assertEqual(self._largest_taken(key), 0)
        (self.scratch / ".env").write_text('GLEANER_MAX_BODY_BYTES="6000"\n')
        self.assertEqual(self._largest_taken(key), 2000)
        env = {"GLEANER_MAX_BODY_BYTES": "18000"}
        self.assertEqual(self._largest_taken(key, env=env), 6000)
        flags = ("--host", "127.0.0.1", "--max-body-bytes", "54000")
        self.assertEqual(self._largest_taken(key, env=env, flags=flags), 18_000)

    def _largest_taken(self, key: str, **options: Json) -> int:
        """The largest answer text that is stored; its body is a little larger."""
        server = self.serve(cwd=self.scratch, **options)
        client = self.connect(server, key)
        taken = 0
        for size in (2000, 6000, 18_000, 54_000):
            answer = client.post("/v1/interactions", small(1, output=message("assistant", "a" * size)))
            if self.expect(answer, 201, 413).status == 201:
                taken = size
        server.stop()
        return taken

    def test_seed_names_in_dotenv(self) -> None:
        """ENABLE_DATA_COLLECTION=false in .env switches collection off; the environment switches it on
        again."""
        key = create_key(self.data_dir)["key"]
        (self.scratch / ".env").write_text("ENABLE_DATA_COLLECTION=false  # for now\nS3_REGION=auto\n")
        server = self.serve(cwd=self.scratch)
        answer = self.connect(server, key).post("/v1/interactions", small(1))
        self.expect_problem(answer, 403, "collection_disabled")
        server.stop()
        server = self.serve(cwd=self.scratch, env={"ENABLE_DATA_COLLECTION": "true"})
        self.expect(self.connect(server, key).post("/v1/interactions", small(1)), 201)


if __name__ == "__main__":
    unittest.main()

"""Datasets by the command line and over HTTP: built, reproduced, split without leaks, and forgotten when people are."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import time
from pathlib import Path
from typing import Any

from .client import Record
from .harness import Case, Finished, ServedCase, gleaner
from .program import binary, child_env
from .records import interaction, letters, words
from .store import environment

UNIQUE = "a kingfisher waits above the weir"


def signal(of: str, kind: str, **fields: Any) -> Record:
    return {"id": f"{of}-{kind}", "interaction_id": of, "kind": kind, **fields}


def world() -> list[Record]:
    """A hundred chats of 20 people in 40 sessions, some liked, some corrected, two of them nearly the same."""
    records = []
    for number in range(100):
        chat = interaction(number, id=f"chat-{number}", kind="chat", platform="web" if number % 2 else "n8n",
                           session_id=f"session-{number % 40}", user_id=f"user-{number % 20}",
                           created_at=f"2026-11-{1 + number % 20:02}T10:00:00Z", language="en" if number % 3 else "tr",
                           metadata={"plan": "paid" if number % 4 == 0 else "free"})
        records.append(chat)
    twin = interaction(1, id="twin", kind="chat", platform="web", user_id="user-1", created_at="2026-11-02T11:00:00Z")
    records.append(twin)
    for number in range(0, 100, 5):
        records.append(signal(f"chat-{number}", "thumbs_up", user_id=f"voter-{number}"))
    for number in range(3, 100, 10):
        records.append(signal(f"chat-{number}", "correction", user_id="editor",
                              output={"role": "assistant", "content": f"{UNIQUE} {letters(number)}: "
                                      + words(f"better {number}", 300)}))
    return records


def fill(data_dir: Path) -> None:
    lines = "".join(json.dumps(record) + "\n" for record in world())
    done = gleaner("import", "-", "--data-dir", data_dir, stdin=lines.encode())
    assert done.code == 0, done.err + done.out


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class DatasetCase(Case):
    def setUp(self) -> None:
        super().setUp()
        fill(self.data_dir)

    def run_dataset(self, *arguments: str | Path, code: int = 0) -> Finished:
        done = gleaner("dataset", *arguments, "--data-dir", self.data_dir)
        self.assertEqual(done.code, code, done.err + done.out)
        return done

    def build(self, name: str, *arguments: str) -> Record:
        return self.run_dataset("build", name, *arguments, "--json").json()


class Building(DatasetCase):
    def test_files_are_what_the_manifest_says(self) -> None:
        """Every file has its size, lines and hash in the manifest, and every example stands once in every format."""
        version = self.build("chats", "--format", "openai", "--format", "trl")
        manifest, folder = version["manifest"], self.data_dir / "datasets" / "default" / "chats" / "v1"
        self.assertEqual(manifest, json.loads((folder / "manifest.json").read_text()))
        listed = {entry["path"]: entry for entry in manifest["files"]}
        self.assertEqual(set(tree(folder)), set(listed) | {"manifest.json", "built.json"})
        for path, entry in listed.items():
            content = (folder / path).read_bytes()
            self.assertEqual((entry["bytes"], entry["lines"], entry["sha256"]),
                             (len(content), content.count(b"\n"), hashlib.sha256(content).hexdigest()), path)
        hashes = "".join(f"{entry['sha256']}  {entry['path']}\n" for entry in manifest["files"])
        self.assertEqual(manifest["sha256"], hashlib.sha256(hashes.encode()).hexdigest())
        lineage = rows(folder / "lineage.jsonl")
        self.assertEqual(len(lineage), 100)
        for name in ("openai", "trl"):
            for example in lineage:
                line = rows(folder / name / f"{example['split']}.jsonl")[example["lines"][name] - 1]
                self.assertEqual(line["messages"][-1]["role"], "assistant")
        self.assertEqual(manifest["counts"]["left_out"], {"a duplicate of another": 1})
        self.assertEqual(manifest["counts"]["answers"], {"approved": 20, "corrected": 10, "original": 70})

    def test_nothing_leaks(self) -> None:
        """No session and no person stands in two splits, told from the lineage alone."""
        self.build("chats", "--split", "train=0.6", "--split", "test=0.4")
        where: dict[str, set[str]] = {}
        lineage = rows(self.data_dir / "datasets/default/chats/v1/lineage.jsonl")
        for example in lineage:
            for person in (example["session"], example["user"]):
                where.setdefault(person, set()).add(example["split"])
        self.assertEqual({len(splits) for splits in where.values()}, {1})
        self.assertEqual({example["split"] for example in lineage}, {"train", "test"})

    def test_the_same_again(self) -> None:
        """A rebuild gives the same bytes; what came after the first build is not in it."""
        self.build("chats", "--stratify", "language", "--sample", "60")
        late = interaction(500, id="late", kind="chat", created_at="2026-11-20T10:00:00Z")
        folder = self.data_dir / "datasets/default/chats"
        self.run_dataset("rebuild", "chats")
        first, second = tree(folder / "v1"), tree(folder / "v2")
        first.pop("built.json"), second.pop("built.json")
        self.assertEqual(first, second)
        gleaner("import", "-", "--data-dir", self.data_dir,
                stdin=json.dumps({**late, "created_at": "2026-11-21T10:00:00Z"}).encode())
        diff = self.run_dataset("diff", "chats@1", "chats@2", "--json").json()
        self.assertEqual(diff, {"only_in_first": 0, "only_in_second": 0, "in_both": 60, "moved": 0, "recipe": []})

    def test_cold_records_count_as_hot_ones(self) -> None:
        """The same dataset from the archive, byte for byte."""
        as_of = ("--as-of", "2026-11-21T00:00:00Z")
        self.build("chats", *as_of)
        done = gleaner("archive", "--days-old", "1", "--data-dir", self.data_dir)
        self.assertEqual(done.code, 0, done.err)
        self.build("chats", *as_of)
        folder = self.data_dir / "datasets/default/chats"
        first, second = tree(folder / "v1"), tree(folder / "v2")
        first.pop("built.json"), second.pop("built.json")
        self.assertEqual(first, second)

    def test_selection(self) -> None:
        """Flags, conditions and presets select what they say."""
        def ids(*arguments: str) -> set[str]:
            version = self.build("picked", "--near-duplicates", "0", *arguments)
            return {example["ids"][0] for example in rows(self.folder(version) / "lineage.jsonl")}

        liked = {f"chat-{number}" for number in range(0, 100, 5)}
        self.assertEqual(ids("--positive-only"), liked)
        self.assertEqual(ids("--answers", "corrected"), {f"chat-{number}" for number in range(3, 100, 10)})
        paid = '{"and":[{"metadata.plan":"paid"},{"language":{"ne":"en"}}]}'
        self.assertEqual(ids("--filter", paid), {f"chat-{number}" for number in range(0, 100, 12)})
        self.assertEqual(ids("--filter", '{"not":{"platform":"n8n"}}', "--to", "2026-11-03T00:00:00Z"),
                         {f"chat-{number}" for number in range(1, 100, 20)} | {"twin"})
        self.run_dataset("build", "picked", "--filter", '{"colour":"red"}', code=2)
        self.run_dataset("build", "picked", "--preset", "engaged", code=1)

    def folder(self, version: Record) -> Path:
        return self.data_dir / "datasets/default" / version["name"] / f"v{version['version']}"

    def test_preferences_and_labels(self) -> None:
        """Corrections make pairs, verdicts and corrections make labels."""
        pairs = self.build("pairs", "--task", "preference", "--split", "all=1")
        self.assertEqual(pairs["manifest"]["counts"]["examples"], 10)
        for line in rows(self.folder(pairs) / "openai-dpo/all.jsonl"):
            self.assertIn(UNIQUE, line["preferred_output"][0]["content"])
            self.assertNotIn(UNIQUE, line["non_preferred_output"][0]["content"])
        labels = self.build("labels", "--task", "unpaired", "--split", "all=1")
        self.assertEqual((labels["manifest"]["counts"]["good"], labels["manifest"]["counts"]["bad"]), (30, 10))

    def test_held_out(self) -> None:
        """Examples that repeat a benchmark are left out."""
        prompt = world()[7]["messages"][1]["content"]
        bench = self.data_dir / "bench.jsonl.gz"
        bench.write_bytes(gzip.compress(json.dumps({"question": prompt}).encode()))
        version = self.build("chats", "--held-out", str(bench))
        self.assertEqual(version["manifest"]["counts"]["left_out"]["a text that is held out"], 1)
        self.assertNotIn("chat-7", {example["ids"][0] for example in rows(self.folder(version) / "lineage.jsonl")})

    def test_list_show_verify_export_remove(self) -> None:
        self.build("chats")
        self.assertIn("chats@1", self.run_dataset("list").out)
        self.assertIn("100 examples (supervised)", self.run_dataset("show", "chats").out)
        self.assertIn("as it was built", self.run_dataset("verify", "chats").out)
        out = self.data_dir / "out"
        self.run_dataset("export", "chats@1", "--output", out)
        self.assertEqual(tree(out), tree(self.data_dir / "datasets/default/chats/v1"))
        self.run_dataset("export", "chats@1", "--output", out, code=1)
        (self.data_dir / "datasets/default/chats/v1/README.md").write_text("x")
        self.assertIn("README.md", self.run_dataset("verify", "chats", code=3).out)
        self.run_dataset("remove", "chats@1")
        self.run_dataset("show", "chats", code=1)


class Forgetting(DatasetCase):
    def test_an_erased_person_is_in_no_dataset(self) -> None:
        """Versions that held something of hers are marked, their examples go; a rebuild has none of it."""
        self.build("all")
        self.build("corrected", "--answers", "corrected")
        self.build("liked", "--positive-only")
        done = gleaner("erase", "user", "editor", "--yes", "--json", "--data-dir", self.data_dir)
        self.assertEqual(done.code, 0, done.err)
        places = [removal for removal in done.json()["removed"] if removal["where"] == "dataset"]
        self.assertEqual({removal["object"] for removal in places}, {"all@1", "corrected@1"})
        for path, content in tree(self.data_dir).items():
            self.assertNotIn(UNIQUE.encode(), content, path)
        self.assertIn("INVALID", self.run_dataset("show", "all").out)
        self.run_dataset("export", "all", "--output", self.data_dir / "out", code=1)
        again = self.run_dataset("rebuild", "all", "--json").json()
        self.assertEqual((again["version"], again["valid"]), (2, True))
        self.assertNotIn("corrected", again["manifest"]["counts"]["answers"])

    def test_an_erased_interaction(self) -> None:
        self.build("all")
        done = gleaner("erase", "interaction", "chat-7", "--yes", "--data-dir", self.data_dir)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("INVALID", self.run_dataset("show", "all").out)
        self.assertNotIn('"chat-7"', json.dumps(self.run_dataset("rebuild", "all", "--json").json()))


class InterruptedExport(Case):
    def test_killed_and_resumed(self) -> None:
        """An export that was killed goes on, and gives the same bytes as one that was not."""
        source = self.scratch / "long.jsonl"
        with source.open("w") as file:
            for number in range(2500):
                text = words(f"answer {number}", 60_000)
                file.write(json.dumps(interaction(number, id=f"long-{number}", output=text)) + "\n")
        self.ok(gleaner("import", source, "--data-dir", self.data_dir))
        whole, cut = self.scratch / "whole.jsonl", self.scratch / "cut.jsonl"
        self.ok(gleaner("export", "--data-dir", self.data_dir, "--output", whole))
        partial, note = Path(f"{cut}.partial"), Path(f"{cut}.partial.json")
        flags = ["export", "--data-dir", self.data_dir, "--output", cut]
        child = subprocess.Popen(
            [binary(), *map(str, flags)], env=child_env(self.scratch, environment(self.data_dir, None)), cwd=self.scratch,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while child.poll() is None and not note.exists():
            time.sleep(0.002)
        child.kill()
        child.wait()
        self.assertFalse(cut.exists(), "it was through before it could be killed")
        self.assertTrue(partial.exists())
        other = self.ok(gleaner(*flags, "--resume", "--kind", "chat"), 1)
        self.assertIn("of another export", other.err)
        report = self.ok(gleaner(*flags, "--resume", "--json")).json()
        self.assertEqual(cut.read_bytes(), whole.read_bytes())
        self.assertEqual((report["examples"], report["bytes"]), (2500, whole.stat().st_size))
        self.assertFalse(partial.exists() or note.exists())
        self.ok(gleaner("export", "--data-dir", self.data_dir, "--resume"), 2)


class OverHttp(ServedCase):
    def check_ranges(self, entry: Record) -> None:
        """A download goes on where it broke off."""
        path = f"/v1/datasets/chats@1/files/{entry['path']}"
        whole = self.client.request("GET", path)
        size = entry["bytes"]
        rest = self.expect(self.client.request("GET", path, headers={"Range": "bytes=100-"}), 206)
        self.assertEqual(rest.body, whole.body[100:])
        self.assertEqual(rest.headers["content-range"], f"bytes 100-{size - 1}/{size}")
        tag = {"Range": f"bytes={size - 1}-", "If-Range": whole.headers["etag"]}
        self.assertEqual(self.expect(self.client.request("GET", path, headers=tag), 206).body, b"\n")
        tag["If-Range"] = '"another"'
        self.assertEqual(self.expect(self.client.request("GET", path, headers=tag), 200).body, whole.body)
        for odd in ("bytes=-5", "bytes=x-", "lines=1-", "bytes=1-2,5-6"):
            answer = self.expect(self.client.request("GET", path, headers={"Range": odd}), 200)
            self.assertEqual(answer.body, whole.body, odd)
        beyond = self.expect(self.client.request("GET", path, headers={"Range": f"bytes={size}-"}), 416)
        self.assertEqual(beyond.headers["content-range"], f"bytes */{size}")

    def test_build_list_fetch_remove(self) -> None:
        self.store(*[record for record in world() if "kind" in record and "messages" in record])
        body = {"name": "chats", "filter": {"platform": "web"}, "formats": ["openai", "sharegpt"], "seed": 3}
        built = self.expect(self.client.request("POST", "/v1/datasets", body), 201).json()
        self.assertEqual((built["name"], built["version"], built["valid"]), ("chats", 1, True))
        listed = self.expect(self.client.request("GET", "/v1/datasets"), 200).json()
        self.assertEqual(listed["datasets"], [built])
        self.assertEqual(self.expect(self.client.request("GET", "/v1/datasets/chats@1"), 200).json(), built)
        for entry in built["manifest"]["files"]:
            answer = self.expect(self.client.request("GET", f"/v1/datasets/chats/files/{entry['path']}"), 200)
            self.assertEqual(hashlib.sha256(answer.body).hexdigest(), entry["sha256"])
        self.check_ranges(next(e for e in built["manifest"]["files"] if e["path"] == "openai/train.jsonl"))
        for path in ("built.json", "..%2F..%2Fstore", "openai/nothing.jsonl"):
            self.expect(self.client.request("GET", f"/v1/datasets/chats/files/{path}"), 404)
        again = self.expect(self.client.request("POST", "/v1/datasets/chats@1/rebuild"), 201).json()
        self.assertEqual(again["manifest"], built["manifest"])
        self.expect(self.client.request("DELETE", "/v1/datasets/chats"), 400)
        self.expect(self.client.request("DELETE", "/v1/datasets/chats@1"), 200)
        self.expect(self.client.request("GET", "/v1/datasets/chats@1"), 404)

    def test_whoever_has_the_answer_may_ask_again(self) -> None:
        """One at a time is not said to those who wait for their answers."""
        self.store(*[record for record in world() if "messages" in record])
        for path, body, status in (("/v1/datasets", {"name": "empty", "filter": {"platform": "none"}}, 404),
                                   ("/api/feedback/archive", {"dry_run": True}, 200)):
            for _ in range(50):
                self.expect(self.client.request("POST", path, body), status)

    def test_what_is_refused(self) -> None:
        for body, says in (({"name": "../x"}, "name: expected"), ({"name": "a", "taks": 1}, "taks: not a member"),
                           ({"name": "a", "held_out": ["/etc/passwd"]}, "held_out: names files of this machine"),
                           ({"name": "a", "formats": ["x"]}, "expected one of openai")):
            answer = self.expect(self.client.request("POST", "/v1/datasets", body), 422)
            self.assertIn(says, answer.json()["detail"])
        self.expect(self.client.request("POST", "/v1/datasets", {"name": "empty"}), 404)
        made = self.expect(self.client.request("POST", "/v1/keys", {"name": "reader", "scopes": ["read"]}), 201).json()
        reader = self.connect(self.server, made["key"])
        self.expect(reader.request("GET", "/v1/datasets"), 403)

    def test_export_takes_a_filter(self) -> None:
        self.store(*[record for record in world() if "messages" in record])
        answer = self.client.request("POST", "/api/feedback/export",
                                     {"success_only": False, "filter": {"metadata.plan": "paid"}})
        self.assertEqual(len(self.expect(answer, 200).body.splitlines()), 25)
        wrong = self.client.request("POST", "/api/feedback/export", {"filter": {"colour": "red"}})
        self.assertIn("filter: colour: expected", self.expect(wrong, 422).json()["detail"])

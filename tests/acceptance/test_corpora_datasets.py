"""Datasets of real data: each corpus is imported, judged, and built into supervised, preference and unpaired datasets.
Runs when GLEANER_CORPORA names the folder of corpora."""

from __future__ import annotations

import filecmp
import json
import random
import unittest
from pathlib import Path

from . import readers, test_proxy, test_proxy_replay, trainers
from .client import Record
from .harness import Case, gleaner
from .test_corpora import CORPORA, corpus

# A corpus, its file, and the format that `import` reads it by.
SOURCES = (
    ("01c-open-assistant-trees-en100", "en_100_tree.jsonl.gz", "auto"),
    ("02b-react-trajectories", "fever.react.jsonl.gz", "auto"),
    ("02c-reflexion-trajectories", "hotpot.react.base.jsonl.gz", "auto"),
    ("02d-fireact-trajectories", "multitask_multimethod.jsonl.gz", "openai"),
    ("03a-n8n-zie619", "workflows.jsonl.gz", "auto"),
)
TASKS = {
    "supervised": ("openai", "trl", "parquet"),
    "preference": ("trl-preference", "openai-dpo"),
    "unpaired": ("trl-kto",),
}


def corrected(answer: str) -> str:
    """What an editor would make of an answer, for the want of one."""
    return answer.strip() + " (corrected)"


def judgement(number: int, row: Record) -> Record | None:
    """What somebody says of the interaction: of four, one is liked, one disliked, one corrected, one is left alone."""
    about = {"id": f"said-{row['id']}", "interaction_id": row["id"], "user_id": f"reader-{number % 9}"}
    match number % 4:
        case 0:
            return about | {"kind": "thumbs_up"}
        case 1:
            return about | {"kind": "thumbs_down"}
        case 2:
            return about | {"kind": "correction", "output": corrected(row["answer"] or "")}
    return None


class DatasetsCase(Case):
    def judge(self) -> None:
        sql = "select id, coalesce(artifact::varchar, output->>'content', '') as answer from interactions order by id"
        rows = self.ok(
            gleaner("query", sql, "--format", "jsonl", "--max-rows", "0", "--data-dir", self.data_dir)
        ).out.splitlines()
        said = [judgement(number, json.loads(row)) for number, row in enumerate(rows)]
        source = self.scratch / "said.jsonl"
        source.write_text("".join(json.dumps(one) + "\n" for one in said if one))
        done = self.ok(gleaner("import", source, "--data-dir", self.data_dir, "--json")).json()
        self.assertEqual(done["rejected"], 0)

    def build(self, task: str, formats: tuple[str, ...]) -> Path:
        """A version whose splits share nothing, and that a rebuild makes again byte for byte."""
        flags = [flag for name in formats for flag in ("--format", name)]
        where = ("--data-dir", self.data_dir)
        built = self.ok(gleaner("dataset", "build", task, "--task", task, *flags, *where, "--json")).json()
        self.assertEqual(set(built["manifest"]["leakage"].values()), {0})
        self.assertGreater(built["manifest"]["counts"]["examples"], 0)
        self.ok(gleaner("dataset", "verify", f"{task}@1", *where))
        self.ok(gleaner("dataset", "rebuild", f"{task}@1", *where))
        folder = self.data_dir / "datasets" / "default" / task
        names = [entry["path"] for entry in built["manifest"]["files"]] + ["manifest.json"]
        equal, *others = filecmp.cmpfiles(folder / "v1", folder / "v2", names, shallow=False)
        self.assertEqual((others, len(equal)), ([[], []], len(names)))
        for entry in built["manifest"]["files"]:
            if entry["path"].split("/")[0] in formats and entry["lines"] > 0:
                name = entry["path"].split("/")[0]
                # A small split may be refused as a whole ("expected at least 10"), but no line of it.
                checked = gleaner("validate", folder / "v1" / entry["path"], "--format", name, "--json").json()
                self.assertEqual(checked["files"][0]["bad_lines"], 0, entry["path"])
        return folder / "v1"

    def read(self, version: Path, formats: tuple[str, ...]) -> None:
        """The rows that `datasets`, pandas and DuckDB find in the files."""
        manifest = json.loads((version / "manifest.json").read_text())
        script = (
            "import json, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path;"
            "from tests.acceptance import trainers;"
            "print(json.dumps({n: trainers.loaded(Path(sys.argv[2]) / n) for n in sys.argv[3:]}, default=str))"
        )
        found = readers.run(
            script, readers.REPO, version, *formats, name="trainers", packages=trainers.PACKAGES, timeout=600
        )
        for entry in manifest["files"]:
            name, _, file = entry["path"].partition("/")
            if name in formats and entry["lines"] > 0:
                self.assertEqual(found[name][Path(file).stem]["counts"], [entry["lines"]] * 3, entry["path"])

    def every_task(self, name: str) -> None:
        self.judge()
        for task, formats in TASKS.items():
            version = self.build(task, formats)
            self.read(version, formats)
            counts = json.loads((version / "manifest.json").read_text())["counts"]
            print(f"{name:32} {task:11} {counts['examples']:6} examples of {counts['interactions']:5}")


@unittest.skipUnless(CORPORA, "GLEANER_CORPORA is not set")
class CorporaDatasets(DatasetsCase):
    def test_every_task_of_every_corpus(self) -> None:
        print()
        home = self.data_dir
        for name, file, shape in SOURCES:
            with self.subTest(name):
                self.data_dir = home / name
                source = corpus(name) / file
                self.ok(gleaner("import", source, "--format", shape, "--platform", "corpus", "--data-dir", self.data_dir))
                self.every_task(name)


@unittest.skipUnless(CORPORA, "GLEANER_CORPORA is not set")
class ExchangeDatasets(DatasetsCase, test_proxy.ProxyCase):
    """Of what passed the proxy."""

    def test_every_task_of_recorded_exchanges(self) -> None:
        name = "07a-vcr-otel-python-contrib"
        exchanges = test_proxy_replay.Replay.reader()
        rows = [row for corpus_name, row in exchanges.rows() if corpus_name in name and row["method"].upper() == "POST"]
        chance = random.Random(7)
        self.reply = lambda asked: test_proxy_replay.Replay.replayed(rows[int(asked.headers["x-row"])], chance)
        for number, row in enumerate(rows):
            body = (row.get("request_body") or "").encode()
            upstream = "anthropic" if exchanges.api_of(row) == "messages" else "openai"
            self.call(body, upstream + row["path"], x_row=str(number), x_gleaner_interaction_id=f"row-{number:04}")
        self.assertEqual(self.server.stop(), 0)
        print()
        self.every_task(name)


if __name__ == "__main__":
    unittest.main()

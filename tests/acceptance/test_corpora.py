"""Real data in, real training files out. Runs when GLEANER_CORPORA names the folder of corpora."""

from __future__ import annotations

import gzip
import json
import os
import unittest
from collections.abc import Iterator
from pathlib import Path

from .chat_line import check_export
from .client import Client, Json, Record
from .harness import Case, create_key, gleaner
from .records import answers, message, prompts

CORPORA = os.environ.get("GLEANER_CORPORA")
COUNTS = ("read", "stored", "duplicates", "rejected")
MISSING = object()


def corpus(name: str) -> Path:
    return Path(CORPORA or "") / name


def read_jsonl(path: Path) -> Iterator[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def read_array(path: Path) -> list[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def differences(before: Json, after: Json, path: str = "") -> Iterator[str]:
    """The paths at which two JSON values differ; text may have been redacted, so it only has to be text."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            yield from differences(before.get(name, MISSING), after.get(name, MISSING), f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif not (isinstance(before, str) and isinstance(after, str)) and before != after:
        yield path


@unittest.skipUnless(CORPORA, "GLEANER_CORPORA is not set")
class Corpora(Case):
    """Each corpus is imported, imported again, rated in part, counted and exported."""

    def load(self, path: Path, *flags: str) -> dict[str, int]:
        done = gleaner("import", path, "--data-dir", self.data_dir, *flags, "--json")
        result = self.ok(done).json()
        return {name: result[name] for name in COUNTS}

    def load_twice(self, path: Path, rows: int, *flags: str) -> int:
        """Imports all rows; again, they are all duplicates. How many were stored."""
        first = self.load(path, *flags)
        self.assertEqual((first["read"], first["rejected"]), (rows, 0))
        again = self.load(path, *flags)
        self.assertEqual((again["read"], again["stored"], again["rejected"]), (rows, 0, 0))
        return first["stored"]

    def served(self) -> Client:
        self.server = self.serve()
        return self.connect(self.server, create_key(self.data_dir)["key"])

    def rate_count_export(self, client: Client, platform: str, interactions: int) -> list[Record]:
        """Rates every tenth interaction of the platform nobody has rated; counts and exports must follow."""
        listed = client.list_ids(platform=platform, limit=1000)
        self.assertEqual((len(listed), len(set(listed))), (interactions, interactions))
        before = client.stats()
        positive = {"platform": platform, "success_only": False, "filter_positive_only": True}
        positive_before = len(client.export(positive))
        rated = client.list_ids(platform=platform, limit=1000, feedback="none")[::10]
        for number, record_id in enumerate(rated):
            feedback = {
                "interaction_id": record_id,
                "feedback_type": ("thumbs_up", "thumbs_down")[number % 2],
            }
            self.expect(client.post("/api/feedback/submit", feedback), 200, 201)

        ups, downs = (len(rated) + 1) // 2, len(rated) // 2
        after = client.stats()
        more = {"thumbs_up_count": ups, "thumbs_down_count": downs, "total_feedback_count": len(rated)}
        for name, count in more.items():
            counted = after["by_platform"][platform][name] - before["by_platform"][platform][name]
            self.assertEqual(counted, count, name)
        self.assertEqual(after["by_platform"][platform]["total_interactions"], interactions)
        readiness = self.expect(client.get(f"/api/feedback/readiness/{platform}"), 200).json()
        self.assertEqual(readiness["total_examples"], interactions)
        rated_before = before["training_readiness"][platform]["examples_with_feedback"]
        self.assertEqual(readiness["examples_with_feedback"], rated_before + len(rated))

        examples = client.export({"platform": platform, "success_only": False})
        self.assertTrue(examples)
        self.assertLessEqual(len(examples), interactions)
        chosen = client.export(positive)
        self.assertLessEqual(len(chosen), positive_before + ups)
        self.assertGreater(len(chosen), positive_before)
        known = {json.dumps(example, sort_keys=True) for example in examples}
        self.assertLessEqual({json.dumps(example, sort_keys=True) for example in chosen}, known)
        exported = gleaner("export", "--data-dir", self.data_dir, "--platform", platform)
        check_export(self.ok(exported).out.encode())
        return examples

    def test_open_assistant_trees(self) -> None:
        """01c: conversation trees are recognised; every conversation ends on an answer of the corpus."""
        path = corpus("01c-open-assistant-trees-en100") / "en_100_tree.jsonl.gz"
        texts: set[str] = set()

        def walk(node: Record) -> None:
            if node["role"] == "assistant":
                texts.add(node["text"].strip())
            for reply in node.get("replies", ()):
                walk(reply)

        for tree in read_jsonl(path):
            walk(tree["prompt"])
        stored = self.load_twice(path, 100, "--format", "auto", "--platform", "assistant")
        client = self.served()
        interactions = client.stats()["overview"]["total_records"]
        self.assertIn(
            interactions, range(100, stored + 1)
        )  # the rest are signals: ranks and thumbs of the corpus
        examples = self.rate_count_export(client, "assistant", interactions)
        taught = {text.strip() for text in answers(examples)}
        self.assertGreater(len(taught & texts), 0.9 * len(taught))

    def test_fireact_in_two_formats(self) -> None:
        """02d: the same set as OpenAI chat and as Alpaca; one row of each is there twice."""
        folder = corpus("02d-fireact-trajectories")
        for name, platform, format_name in (
            ("multitask_multimethod.jsonl.gz", "as-chat", "openai"),
            ("multitask_multimethod.json.gz", "as-alpaca", "alpaca"),
        ):
            with self.subTest(name):
                stored = self.load_twice(folder / name, 2063, "--format", format_name, "--platform", platform)
                self.assertEqual(stored, 2062)
                client = self.served()
                examples = self.rate_count_export(client, platform, stored)
                self.assertGreater(len(examples), 2000)
                self.assertTrue(all("Thought:" in text for text in answers(examples)[:50]))
                self.server.stop()

    def test_fireact_trajectories(self) -> None:
        """02d: three models' trajectories on the same questions, whose ids are therefore the same, are all
        kept."""
        distinct: set[str] = set()
        stored = 0
        for name, rows in (
            ("ft_gpt-3.5-turbo-0613_princeton-nlp__7wo.jsonl.gz", 465),
            ("llama_models_lora_llama-2-13b-d_1000_0.7.jsonl.gz", 499),
            ("llama_models_lora_llama-2-7b-d_1000_0.7_.jsonl.gz", 500),
        ):
            path = corpus("02d-fireact-trajectories") / name
            stored += self.load_twice(path, rows, "--format", "trajectory", "--platform", "fireact")
            distinct.update(json.dumps(row, sort_keys=True) for row in read_jsonl(path))
        self.assertEqual(stored, len(distinct))
        client = self.served()
        with_steps = [record for record in client.list_all(limit=1000) if record.get("trajectory")]
        self.assertGreater(len(with_steps), 0.95 * stored)
        self.rate_count_export(client, "fireact", stored)

    def test_n8n_workflows(self) -> None:
        """03a: 2,061 workflows, many over 10 KB, are stored whole and counted as compressed."""
        path = corpus("03a-n8n-zie619") / "workflows.jsonl.gz"
        stored = self.load_twice(path, 2061, "--format", "n8n", "--platform", "n8n")
        self.assertEqual(stored, 2061)
        client = self.served()
        examples = self.rate_count_export(client, "n8n", stored)
        for text in answers(examples)[:100]:
            self.assertIsInstance(json.loads(text), dict)
        overview = client.stats()["overview"]
        self.assertGreater(overview["compressed_records"], 500)
        originals: dict[int, list[Record]] = {}
        for row in read_jsonl(path):
            originals.setdefault(len(row["workflow"]["nodes"]), []).append(row["workflow"])
        for record in client.list_all(platform="n8n", limit=100)[:200]:
            artifact = record["artifact"]
            alike = [one for one in originals[len(artifact["nodes"])] if one["name"] == artifact["name"]]
            self.assertTrue(any(not list(differences(one, artifact)) for one in alike), artifact["name"])

    def test_gpteacher_on_the_command_line(self) -> None:
        """01j: instruction sets with `response` for `output`; the smaller sets are mostly in the larger
        one."""
        folder = corpus("01j-gpteacher")
        rows = {"toolformer-dedupe-only-dataset": 7673, "toolformer-similarity-0.9-dataset": 5959}
        stored = 0
        for name, count in rows.items():
            result = self.load(folder / f"{name}.json.gz", "--format", "auto", "--platform", "toolformer")
            self.assertEqual((result["read"], result["rejected"]), (count, 0))
            self.assertEqual(result["stored"] + result["duplicates"], count)
            stored += result["stored"]
        distinct = {
            json.dumps(row, sort_keys=True) for name in rows for row in read_array(folder / f"{name}.json.gz")
        }
        self.assertEqual(stored, len(distinct))
        examples = self.rate_count_export(self.served(), "toolformer", stored)
        self.assertGreater(len(examples), 0.95 * stored)

    def test_gpteacher_over_http(self) -> None:
        """01j: the role plays posted as Gleaner records in NDJSON come out with prompt and answer
        unchanged."""
        rows = read_array(corpus("01j-gpteacher") / "roleplay-simple-deduped-roleplay-instruct.json.gz")
        records: list[Record] = [
            {
                "id": f"roleplay-{number}",
                "platform": "roleplay",
                "messages": [message("user", f"{row['instruction']}\n\n{row['input']}".strip())],
                "output": message("assistant", row["response"]),
            }
            for number, row in enumerate(rows)
        ]
        client = self.served()
        for start in range(0, len(records), 500):
            batch = records[start : start + 500]
            answer = self.expect(client.post_ndjson("/v1/interactions", batch), 200).json()
            self.assertEqual((answer["stored"], answer["rejected"]), (len(batch), 0))
        examples = self.rate_count_export(client, "roleplay", len(records))
        expected = {(record["messages"][0]["content"], record["output"]["content"]) for record in records}
        exported = set(zip(prompts(examples), answers(examples), strict=True))
        # What looks like personal data may have been redacted; little else may have changed.
        self.assertGreater(len(exported & expected), 0.95 * len(expected))


if __name__ == "__main__":
    unittest.main()

"""Every format of a training file, made by the program, and read by those it is for."""

from __future__ import annotations

import json
import re
import unittest
from pathlib import Path

from . import readers, trainers
from .client import Record
from .harness import Case, gleaner
from .records import letters, message

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "stops",
            "description": "the stops of a line",
            "parameters": {"type": "object", "properties": {"line": {"type": "string"}}},
        },
    }
]
CALL = {"id": "call-a", "type": "function", "function": {"name": "stops", "arguments": '{"line": "red"}'}}


def asked(number: int) -> Record:
    """One of five kinds of conversation, the same for the same number."""
    name = letters(number)
    question = message("user", f"Where does line {name} stop?")
    answer = message("assistant", f"Line {name} stops at the harbour 🚋.")
    system = message("system", "You know the trams.")
    record: Record = {"id": f"case-{name}", "platform": "web", "kind": "chat", "success": True, "output": answer}
    match number % 5:
        case 0:
            record["messages"] = [question]
        case 1:
            record["messages"] = [system, question]
        case 2:
            record["messages"] = [system, message("user", "Hello"), message("assistant", "Hello!"), question]
        case 3:
            called = message("assistant", None, tool_calls=[CALL])
            record |= {
                "messages": [question, called, message("tool", "harbour, market", tool_call_id="call-a")],
                "tools": TOOLS,
            }
        case _:
            record["messages"] = [message("developer", "Be brief."), question, message("user", "Please.")]
    return record


def said(number: int) -> Record:
    """A correction, a thumb up or a thumb down."""
    about = {"interaction_id": f"case-{letters(number)}"}
    if number % 3 == 0:
        better = message("assistant", f"Line {letters(number)} stops at the market.")
        return about | {"kind": "correction", "output": better}
    return about | {"kind": "thumbs_up" if number % 3 == 1 else "thumbs_down"}


class Formats(Case):
    """Files of all formats of one small store."""

    def setUp(self) -> None:
        super().setUp()
        self.files = self.scratch / "files"
        self.files.mkdir()
        self.written: dict[str, int] = {}
        records = [*(asked(number) for number in range(60)), *(said(number) for number in range(60))]
        source = self.scratch / "records.jsonl"
        source.write_text("".join(json.dumps(record) + "\n" for record in records))
        self.ok(gleaner("import", source, "--data-dir", self.data_dir))

    def formats(self) -> list[str]:
        words = gleaner("export", "--help").out
        found = re.search(r"--format\s+TEXT\s+(.*?)\(default", words, re.DOTALL)
        assert found is not None, words
        return [name.strip() for name in found[1].replace("\n", " ").split(",")]

    def export(self, name: str) -> Path:
        path = self.files / f"{name}.{'parquet' if name.startswith('parquet') else 'jsonl'}"
        done = self.ok(
            gleaner("export", "--data-dir", self.data_dir, "--format", name, "--output", path, "--json")
        )
        report = done.json()
        self.assertGreaterEqual(report["examples"], 10, f"{name}: {report}")
        self.written[name] = report["examples"]
        if path.suffix == ".jsonl":
            self.assertEqual(report["examples"], len(path.read_text().splitlines()), name)
        return path

    def test_trainers_take_every_file(self) -> None:
        """gleaner validate finds nothing in a file of any format, and neither do those who train on it."""
        names = self.formats()
        self.assertGreaterEqual(len(names), 25)
        for name in names:
            path = self.export(name)
            with self.subTest(name):
                valid = self.ok(gleaner("validate", path, "--format", name, "--json")).json()
                self.assertTrue(valid["valid"], valid)
        script = (
            "import json, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path;"
            "from tests.acceptance import trainers;"
            "print(json.dumps(trainers.everything(Path(sys.argv[2])), default=str))"
        )
        found = readers.run(
            script, readers.REPO, self.files, name="trainers", packages=trainers.PACKAGES, timeout=600
        )
        for name in names:
            self.assertEqual(found["loaded"][name]["counts"], [self.written[name]] * 3, name)
        self.assertEqual(found["loaded"]["trl-kto"]["columns"], ["completion", "label", "prompt", "tools"])
        self.assertEqual(found["mistral"], [])
        self.assertEqual(found["llama_factory"], [])
        for name, report in found["together"].items():
            self.assertTrue(report["is_check_passed"], f"{name}: {report}")
        self.check_trl(found["trl"])

    def check_trl(self, found: Record) -> None:
        texts = [row["text"] for row in found["trl"]]
        self.assertTrue(any("<|tool|>stops" in text and "<call>stops line=red</call>" in text for text in texts))
        for row in found["trl-prompt-completion"]:
            self.assertTrue(row["prompt"].endswith("<|assistant|>"), row)
            self.assertTrue(row["completion"].endswith("<|end|>"), row)
        for row in found["trl-preference"]:
            self.assertIn("at the market", row["chosen"])
            self.assertIn("at the harbour", row["rejected"])
        self.assertEqual({row["label"] for row in found["trl-kto"]}, {True, False})
        self.assertTrue(all(found["extracted"]))
        self.assertEqual(found["unpaired"].count(True), found["unpaired"].count(False))

    def test_validate(self) -> None:
        """Problems have a line, a byte and words; the exit code says whether there are any."""
        good = self.export("openai")
        self.assertIn("openai (guessed", self.ok(gleaner("validate", good)).out)
        bad = self.scratch / "bad.jsonl"
        first = good.read_text().splitlines(keepends=True)[0]
        bad.write_text(first * 2 + '{"messages":[{"role":"bot","content":"x"}]}\n')
        done = self.ok(gleaner("validate", bad, "--format", "together"), 3)
        self.assertIn(f"line 3 (byte {2 * len(first.encode())}): messages[0].role: expected one of", done.out)
        self.assertIn("1 lines are in the file twice", done.out)
        report = self.ok(gleaner("validate", bad, "--format", "openai", "--json"), 3).json()
        self.assertEqual(report["files"][0]["problems_of_file"], ["3 lines: expected at least 10"])
        both = self.ok(gleaner("validate", good, good, "--json")).json()
        self.assertEqual(both["files"][1]["in_other_files"], both["files"][1]["lines"])
        self.ok(gleaner("validate", bad, "--format", "docx"), 2)
        self.ok(gleaner("validate", self.scratch / "missing.jsonl"), 1)


if __name__ == "__main__":
    unittest.main()

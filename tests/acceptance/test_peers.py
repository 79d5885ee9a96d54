"""Clients of Langfuse and of TensorZero, whose address is all that was changed, and files that the two exported."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import unittest
from pathlib import Path
from typing import Any

from . import readers
from .client import Client, Record
from .harness import Case, ServedCase, create_key, gleaner, wait_for

LANGFUSE_5 = ("langfuse==5.0.4",)
LANGFUSE_2 = ("langfuse==2.60.10",)
TENSORZERO = ("tensorzero==2026.6.0",)
NODE = ("node@22.23.3", "@langfuse/client@5.11.1", "@langfuse/core@5.11.1", "@opentelemetry/api@1.9.0")
SDK = Path(__file__).parent / "sdk"

TRACE = "0af7651916cd43dd8448eb211c80319c"
EPISODE = "0192f0c1-7e64-7000-8000-2f6a52c1a222"
INFERENCE = "0192f0c1-7e64-7000-8000-2f6a52c1a111"
QUIET = 10  # seconds until a trace that is told in pieces is taken to be complete


def event(kind: str, body: Record, second: int, **envelope: Any) -> Record:
    """One of an ingestion batch."""
    made = f"2026-11-20T10:00:{second:02}.000Z"
    return {"id": f"event-{kind}-{second}", "type": kind, "timestamp": made, "body": body} | envelope


def begun(trace: str = "t-1", generation: str = "g-1", second: int = 1) -> list[Record]:
    """A trace and a generation that has not ended."""
    asked = [{"role": "user", "content": f"Where does {trace} stop?"}]
    return [
        event("trace-create", {"id": trace, "userId": "ann", "sessionId": f"session of {trace}"}, second),
        event("generation-create", {"id": generation, "traceId": trace, "model": "m", "input": asked,
                                    "startTime": f"2026-11-20T10:00:{second:02}Z"}, second + 1),
    ]  # fmt: skip


def ended(trace: str = "t-1", generation: str = "g-1", second: int = 3) -> Record:
    return event("generation-update", {"id": generation, "traceId": trace, "output": "There.",
                                       "endTime": f"2026-11-20T10:00:{second:02}Z"}, second)  # fmt: skip


class PeersCase(ServedCase):
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def run_script(self, script: str, packages: tuple[str, ...], *arguments: str) -> Record:
        name = packages[0].replace("==", "-")
        return readers.run((SDK / script).read_text(), self.address(), *arguments, name=name, packages=packages, timeout=600)

    def found(self, count: int, within: float = 60, **where: str) -> list[Record]:
        """Interactions, once there are so many."""
        wait_for(lambda: len(self.client.list_all(**where)) >= count, within, f"{count} interactions {where}")
        found = self.client.list_all(**where)
        self.assertEqual(len(found), count, found)
        return found

    def signals(self, record_id: str, count: int) -> dict[str, Record]:
        """Those of an interaction by their reason, or kind where they have none."""
        wait_for(lambda: len(self.client.lookup(record_id).json()["signals"]) >= count, 30, f"{count} signals")
        signals = self.client.lookup(record_id).json()["signals"]
        self.assertEqual(len(signals), count, signals)
        return {one.get("reason") or one["kind"]: one for one in signals}

    def ingest(self, *events: Record) -> Record:
        answer = self.expect(self.client.post("/api/public/ingestion", {"batch": list(events)}), 207).json()
        self.assertEqual(len(answer["successes"]) + len(answer["errors"]), len(events))
        return answer

    def check_answer(self, one: Record) -> None:
        self.assertEqual(one["messages"], [{"role": "user", "content": "Where does the red line stop?"}])
        self.assertEqual(one["output"], {"role": "assistant", "content": "At the harbour."})
        self.assertEqual((one["model"], one["parameters"]), ("gpt-4.1-mini", {"temperature": 0.2}))
        usage = {name: one["usage"][name] for name in ("prompt_tokens", "completion_tokens")}
        self.assertEqual(usage, {"prompt_tokens": 11, "completion_tokens": 4})
        self.assertEqual((one["session_id"], one["tags"]), ("monday", ["trams"]))
        self.assertRegex(one["user_id"], "^u_[0-9a-f]{32}$")


class Langfuse(PeersCase):
    def test_python_of_today(self) -> None:
        done = self.run_script("langfuse_5.py", LANGFUSE_5, self.key)
        self.assertTrue(done["trusted"])
        one = self.found(1)[0]
        self.assertEqual(one["id"], f"otlp_{done['trace']}_{done['generation']}")
        self.check_answer(one)
        signals = self.signals(one["id"], 5)
        kinds = {reason: signal["kind"] for reason, signal in signals.items()}
        self.assertEqual(kinds, {"relevance": "score", "user-feedback": "thumbs_up", "tone": "comment",
                                 "fixed": "correction", "solved": "score"})  # fmt: skip
        self.assertEqual((signals["relevance"]["value"], signals["solved"]["value"]), (0.8, True))
        self.assertEqual(signals["user-feedback"]["text"], "Right.")
        self.assertNotIn("monday", json.dumps([one["items"], signals]))
        exported = self.client.export({"filter_positive_only": True})
        self.assertEqual(exported[0]["messages"][-1]["content"], "At the harbour and the market.")
        self.assertEqual(self.client.stats()["feedback_count"], 1)

    def test_python_before_opentelemetry(self) -> None:
        done = self.run_script("langfuse_2.py", LANGFUSE_2, self.key)
        self.assertTrue(done["trusted"])
        by_output = {one["output"]["content"]: one for one in self.found(4)}
        one = by_output["At the harbour."]
        self.check_answer(one)
        self.assertTrue(one["id"].startswith(f"otlp_{done['trace'].replace('-', '')}_"), one["id"])
        signals = self.signals(one["id"], 2)
        self.assertEqual({signal["kind"] for signal in signals.values()}, {"thumbs_up", "score"})
        self.assertEqual(by_output["At the market."]["messages"][0]["content"], "Where does the blue line stop?")
        nested = self.signals(by_output["At the park."]["id"], 1)  # a score of the span around it
        self.assertEqual(nested["relevance"]["value"], 0.5)
        decorated = by_output["Until six."]
        self.assertEqual((decorated["model"], decorated["session_id"]), ("gpt-4.1", "tuesday"))
        self.assertEqual(decorated["messages"], [{"role": "user", "content": "When is it open?"}])
        exported = self.client.export({"filter_positive_only": True})
        self.assertEqual([line["messages"][-1]["content"] for line in exported], ["At the harbour."])

    def test_javascript(self) -> None:
        self.ingest(*begun(TRACE), ended(TRACE))
        modules = readers.node_folder("langfuse", NODE)
        script = modules / "langfuse.mjs"  # where imports find the packages
        script.write_text((SDK / "langfuse.mjs").read_text())
        node = modules / "node_modules" / ".bin" / "node"
        done = subprocess.run([node, script, self.address(), self.key, TRACE], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, '{"done":true}'), done.stderr)
        signals = self.signals(self.found(1)[0]["id"], 2)  # they came first
        self.assertEqual({name: one["kind"] for name, one in signals.items()}, {"user-feedback": "thumbs_down", "tone": "comment"})

    def test_what_began_outlives_a_kill(self) -> None:
        score = event("score-create", {"traceId": "t-1", "name": "user-feedback", "value": 1}, 4)
        self.ingest(*begun())
        self.server.kill()
        self.server.start()
        self.ingest(ended(), score)
        one = self.found(1)[0]
        self.assertEqual((one["output"]["content"], one["session_id"]), ("There.", "session of t-1"))
        again = self.ingest(*begun(), ended(), score)  # an answer was lost
        self.assertEqual(len(again["successes"]), 4)
        time.sleep(QUIET + 2)
        self.found(1)
        self.signals(one["id"], 1)
        self.assertEqual([path for path in (self.data_dir / "otlp").rglob("*") if path.is_file()], [])

    def test_a_call_that_is_told_late_is_its_traces_answer(self) -> None:
        trace, generation = begun()
        trace["body"]["input"] = "Where does it stop?"
        score = event("score-create", {"traceId": "t-1", "name": "user-feedback", "value": 1}, 4)
        self.ingest(trace, score)
        time.sleep(QUIET + 3)
        self.ingest(generation, ended())
        one = self.found(1)[0]
        self.assertEqual((one["output"]["content"], one["session_id"]), ("There.", "session of t-1"))
        self.assertEqual(list(self.signals(one["id"], 1)), ["user-feedback"])

    def test_the_limits_of_a_batch(self) -> None:
        late = event("span-create", {"traceId": "t-1", "id": "s", "endTime": "2300-01-01T00:00:00Z"}, 5)
        answer = self.ingest(*begun(), late, ended())
        self.assertEqual([(one["id"], one["status"]) for one in answer["errors"]], [(late["id"], 400)])
        self.found(1)
        many = [event("sdk-log", {"log": 1}, 6)] * 10_001
        self.expect_problem(self.client.post("/api/public/ingestion", {"batch": many}), 413, "too_large")
        self.expect_problem(self.client.post("/api/public/scores", [{}] * 10_001), 413, "too_large")
        whole = {"metadata": {f"m{i}": "x" for i in range(200_000)}, "traceId": "t-1", "name": "n", "value": 1}
        began = time.monotonic()
        self.expect(self.client.post("/api/public/scores", whole), 200)
        self.ingest(event("span-create", {"id": "s", "traceId": "t-1", "metadata": whole["metadata"]}, 7))
        self.assertLess(time.monotonic() - began, 10)

    def test_answers(self) -> None:
        answer = self.ingest(*begun(), {"id": "x", "type": "dance-create", "body": {}, "timestamp": "2026-11-20T10:00:00Z"},
                             event("score-create", {"name": "n", "value": 1}, 5), event("sdk-log", {"log": 1}, 6))  # fmt: skip
        self.assertEqual([one["status"] for one in answer["successes"]], [201, 201, 201])
        self.assertEqual([(one["id"], one["status"]) for one in answer["errors"]], [("x", 400), ("event-score-create-5", 400)])
        self.assertTrue(answer["errors"][1]["message"].startswith("traceId: missing"))
        reasons = [one["reason"] for one in self.client.get("/v1/rejects").json()["data"]]
        self.assertEqual(len(reasons), 2, reasons)
        self.expect_problem(self.client.post("/api/public/ingestion", {"batch": 1}), 400, "invalid_argument")
        score = {"traceId": "t-1", "name": "n", "value": 1}
        self.assertEqual(self.expect(self.client.post("/api/public/scores", score | {"id": "s"}), 200).json(), {"id": "s"})
        self.assertTrue(self.expect(self.client.post("/api/public/scores", score), 200).json()["id"])
        self.expect_problem(self.client.post("/api/public/scores", {"name": "n"}), 400, "invalid_argument")
        self.assertEqual(self.expect(self.client.post("/api/public/scores", [score]), 202).json(), {"message": "Accepted"})
        some = self.expect(self.client.post("/api/public/scores", [score, {}]), 207).json()
        self.assertEqual((some["accepted"], some["rejected"], len(some["errors"])), (1, 1, 1))
        self.assertEqual(self.client.get("/api/public/health").json()["status"], "OK")

    def test_the_secret_key_is_a_key_of_ours(self) -> None:
        stranger = self.connect(self.server, None)

        def status(pair: str, scheme: str = "Basic") -> int:
            shown = {"Authorization": f"{scheme} {base64.b64encode(pair.encode()).decode()}"}
            return stranger.request("GET", "/api/public/projects", None, shown).status

        self.assertEqual([status(f"pk-any:{self.key}"), status(f":{self.key}", "basic")], [200, 200])
        self.assertEqual([status("pk-any:no"), status(self.key), status(f"{self.key}:")], [401, 401, 401])
        self.assertEqual(stranger.request("GET", "/api/public/projects", None, {"Authorization": "Basic %%%"}).status, 401)
        reader = self.connect(self.server, self.key_with("read"))
        self.expect_problem(reader.post("/api/public/ingestion", {"batch": []}), 403, "permission_denied")
        self.expect_problem(reader.post("/feedback", {}), 403, "permission_denied")

    def key_with(self, scope: str) -> str:
        return self.expect(self.client.post("/v1/keys", {"name": scope, "scopes": [scope]}), 201).json()["key"]


class TensorZero(PeersCase):
    def test_feedback(self) -> None:
        os.environ["TENSORZERO_API_KEY"] = self.key
        self.addCleanup(os.environ.pop, "TENSORZERO_API_KEY")
        done = self.run_script("tensorzero.py", TENSORZERO, INFERENCE, EPISODE)
        self.assertEqual(done["error"][0], 400)
        self.assertIn("value:", done["error"][1])
        self.store({
            "id": INFERENCE, "platform": "trams", "messages": [{"role": "user", "content": "Where?"}],
            "output": "At the harbour.", "items": [{"id": EPISODE}], "success": True,
        })  # fmt: skip
        signals = self.client.lookup(INFERENCE).json()["signals"]
        kinds = {one.get("reason") or one["kind"]: (one["kind"], one["id"]) for one in signals}
        self.assertEqual(kinds, {
            "thumbs_up": ("thumbs_up", done["thumbs_up"]), "draft_accepted": ("score", done["draft_accepted"]),
            "rating": ("rating", done["rating"]), "comment": ("comment", done["comment"]),
            "demonstration": ("correction", done["demonstration"]), "solved": ("score", done["episode"]),
        })  # fmt: skip
        exported = self.client.export({"filter_positive_only": True})
        self.assertEqual(exported[0]["messages"][-1]["content"], "At the harbour and the market.")
        self.assertEqual(self.client.stats()["feedback_count"], 1)


class Exports(Case):
    """Files are imported, in whatever order, and then served."""

    def imported(self, files: dict[str, list[Record] | str], expected: Record) -> Client:
        folder = self.scratch / "export"
        for name, rows in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows))
        done = self.ok(gleaner("import", "--data-dir", self.data_dir, "--json", folder)).json()
        self.assertEqual(done, expected)
        again = self.ok(gleaner("import", "--data-dir", self.data_dir, "--json", folder)).json()
        self.assertEqual((again["stored"], again["rejected"]), (0, 0))
        key = create_key(self.data_dir)["key"]
        return self.connect(self.serve(), key)

    def test_langfuse(self) -> None:
        uuid = "4aa4a730-bd6e-43db-809b-9d5fd81a812b"
        about = {"trace_id": uuid, "project_id": "p", "environment": "default"}
        trace = {
            "id": uuid, "timestamp": "2026-11-01 03:04:05.000", "name": "request", "metadata": {}, "user_id": "ann",
            "session_id": "monday", "release": None, "version": None, "public": False, "bookmarked": False,
            "tags": ["trams"], "input": "red", "output": "At the harbour.", "project_id": "p", "environment": "default",
        }  # fmt: skip
        generation = about | {
            "id": "g-1", "type": "GENERATION", "parent_observation_id": None, "start_time": "2026-11-01 03:04:05.100",
            "end_time": "2026-11-01 03:04:06.100", "name": "answer", "metadata": {}, "level": "DEFAULT",
            "input": json.dumps([{"role": "user", "content": "Where does the red line stop?"}]),
            "output": "At the harbour.", "provided_model_name": "gpt-4.1-mini",
            "model_parameters": json.dumps({"temperature": 0.2}), "usage_details": {"input": "11", "output": "4"},
            "cost_details": {"total": "0.003"},
        }  # fmt: skip
        score = about | {
            "id": "s-1", "timestamp": "2026-11-01 03:05:00.000", "observation_id": None, "name": "user-feedback",
            "value": 1, "source": "API", "comment": "Right.", "data_type": "BOOLEAN", "string_value": "True",
        }  # fmt: skip
        client = self.imported(
            {"observations/1.jsonl": [generation], "scores/1.jsonl": [score], "traces/1.json": json.dumps([trace], indent=1)},
            {"read": 3, "stored": 2, "duplicates": 0, "rejected": 0},
        )
        found = client.list_all()
        self.assertEqual(len(found), 1)
        self.assertEqual((found[0]["output"]["content"], found[0]["session_id"]), ("At the harbour.", "monday"))
        self.assertEqual((found[0]["model"], found[0]["usage"]), ("gpt-4.1-mini", {"prompt_tokens": 11, "completion_tokens": 4}))
        exported = client.export({"filter_positive_only": True})
        self.assertEqual(exported[0]["messages"][0]["content"], "Where does the red line stop?")

    def test_tensorzero(self) -> None:
        asked = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Where?"}]}]}
        inference = {
            "id": INFERENCE, "function_name": "trams", "variant_name": "gpt", "episode_id": EPISODE,
            "input": json.dumps(asked), "output": json.dumps([{"type": "text", "text": "At the harbour."}]),
            "tool_params": "", "inference_params": json.dumps({"chat_completion": {"temperature": 0.5}}),
            "processing_time_ms": 812, "tags": {"user_id": "ann"},
        }  # fmt: skip
        first = "0192f0c1-7e64-7000-8000-00000000000"
        client = self.imported(
            {
                "BooleanMetricFeedback.jsonl": [{"id": first + "1", "target_id": INFERENCE, "metric_name": "thumbs_up", "value": True, "tags": {}}],
                "ChatInference.jsonl": [inference],
                "CommentFeedback.jsonl": [{"id": first + "2", "target_id": EPISODE, "target_type": "episode", "value": "Slow.", "tags": {}}],
                "DemonstrationFeedback.jsonl": [{"id": first + "3", "inference_id": INFERENCE, "value": json.dumps([{"type": "text", "text": "There."}])}],
                "FloatMetricFeedback.jsonl": [{"id": first + "4", "target_id": EPISODE, "metric_name": "quality", "value": 0.5, "tags": {}}],
            },
            {"read": 5, "stored": 5, "duplicates": 0, "rejected": 0},
        )  # fmt: skip
        stored = client.lookup(INFERENCE).json()
        self.assertEqual(stored["interaction"]["platform"], "trams")
        kinds = sorted(one["kind"] for one in stored["signals"])
        self.assertEqual(kinds, ["comment", "correction", "score", "thumbs_up"])
        exported = client.export({"filter_positive_only": True})
        self.assertEqual(exported[0]["messages"][-1]["content"], "There.")


if __name__ == "__main__":
    unittest.main()

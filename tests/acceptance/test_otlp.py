"""Spans of instrumented applications, sent by the official exporter, become interactions."""

from __future__ import annotations

import gzip
import json
import time
import unittest

from . import instrumented, readers
from .client import Record
from .harness import ServedCase

SCRIPT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tests.acceptance import instrumented;"
    "instrumented.main(*sys.argv[2:])"
)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def text(value: str) -> Record:
    return {"stringValue": value}


def call(number: int, parent: int = 0, operation: str = "chat") -> Record:
    """A span in OTLP/JSON."""
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"question {number}"}]}])
    answer = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": f"answer {number}"}]}])
    return {
        "traceId": TRACE, "spanId": f"{number:016x}", "parentSpanId": f"{parent:016x}" if parent else "",
        "name": operation, "kind": 3, "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000001000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": text(operation)},
            {"key": "gen_ai.input.messages", "value": text(said)},
            {"key": "gen_ai.output.messages", "value": text(answer)},
        ],
    }  # fmt: skip


def request(*spans: Record) -> Record:
    resource = {"attributes": [{"key": "service.name", "value": text("trams")}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


class Otlp(ServedCase):
    def interactions(self, count: int, **where: str) -> list[Record]:
        """Those of the store, once there are so many; a run is held for ten seconds."""
        deadline = time.monotonic() + 30
        while True:
            found = list(self.client.list_all(**where))
            if len(found) >= count or time.monotonic() > deadline:
                self.assertEqual(len(found), count, where)
                return found
            time.sleep(0.2)

    def test_instrumented_applications(self) -> None:
        for which in ("genai", "openllmetry", "openinference"):
            with self.subTest(which):
                done = readers.run(
                    SCRIPT, readers.REPO, which, f"http://127.0.0.1:{self.server.port}", self.client.key or "",
                    name="instrumented", packages=instrumented.PACKAGES, timeout=600,
                )  # fmt: skip
                self.assertEqual(done, {"flushed": True})
                platform = f"trams-{which}"
                self.check_call(self.interactions(1, platform=platform, kind="chat")[0], which)
        for which in ("genai", "openllmetry", "openinference"):
            with self.subTest(which):
                self.check_run(self.interactions(1, platform=f"trams-{which}", kind="agent")[0])

    def check_call(self, found: Record, which: str) -> None:
        self.assertEqual([message["role"] for message in found["messages"]], ["system", "user"])
        self.assertEqual(found["messages"][1]["content"], f"Where does the red line stop, {which}?")
        self.assertEqual(found["output"]["content"], "At the harbour.")
        self.assertEqual(found["model"], "gpt-4.1-mini-2025")
        usage = {name: found["usage"][name] for name in ("prompt_tokens", "completion_tokens")}
        self.assertEqual(usage, {"prompt_tokens": 11, "completion_tokens": 4})
        self.assertTrue(found["id"].startswith("otlp_"), found["id"])
        self.assertGreater(found["latency_ms"], 0)

    def check_run(self, found: Record) -> None:
        kinds = [step["type"] for step in found["trajectory"]]
        self.assertEqual(kinds, ["model", "tool"])
        self.assertEqual(found["trajectory"][1]["action"], {"tool": "stops", "arguments": {"line": "red"}})
        self.assertEqual(found["output"]["content"], "At the harbour.")

    def test_a_run_survives_a_kill(self) -> None:
        self.expect(self.client.post("/v1/traces", request(call(2, 1), call(3, 1))), 200)
        self.server.kill()
        self.server.start()
        self.expect(self.client.post("/v1/traces", request(call(1, 0, "invoke_agent"))), 200)
        run = self.interactions(1, kind="agent")[0]
        self.assertEqual(run["id"], f"otlp_{TRACE}_{1:016x}")
        self.assertEqual(len(run["trajectory"]), 2)
        self.expect(self.client.post("/v1/traces", request(call(2, 1), call(3, 1))), 200)  # an answer was lost
        self.assertEqual(len(self.client.list_ids()), 1)
        self.assertEqual(list((self.data_dir / "otlp").rglob("*.tj")), [])

    def test_answers(self) -> None:
        taken = self.expect(self.client.post("/v1/traces", request(call(1))), 200)
        self.assertEqual((taken.headers["content-type"], taken.json()), ("application/json", {}))
        body = gzip.compress(json.dumps(request(call(4))).encode())
        zipped = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        self.expect(self.client.request("POST", "/v1/traces", body, zipped), 200)
        self.assertEqual(len(self.client.list_ids()), 2)
        protobuf = {"Content-Type": "application/x-protobuf"}
        empty = self.expect(self.client.request("POST", "/v1/traces", b"", protobuf), 200)
        self.assertEqual((empty.headers["content-type"], empty.body), ("application/x-protobuf", b""))
        broken = self.expect(self.client.request("POST", "/v1/logs", b"\xff\xff", protobuf), 400)
        self.assertEqual((broken.headers["content-type"], broken.body[:2]), ("application/x-protobuf", b"\x08\x03"))
        wrong = self.expect(self.client.post("/v1/traces", {"resourceSpans": 5}), 400)
        self.assertEqual(wrong.json()["code"], 3)
        self.expect(self.client.request("POST", "/v1/traces", b"x", {"Content-Type": "text/plain"}), 415)
        metrics = self.client.get("/metrics").body.decode()
        self.assertIn("gleaner_otlp_spans_total 2\n", metrics)

    def test_judgements(self) -> None:
        judged = call(7)
        judged["events"] = [{
            "timeUnixNano": "1790000000500000000", "name": "gen_ai.evaluation.result",
            "attributes": [{"key": "gen_ai.evaluation.name", "value": text("relevance")},
                           {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.8}}],
        }]  # fmt: skip
        self.expect(self.client.post("/v1/traces", request(judged)), 200)
        stored = self.client.get(f"/v1/interactions/otlp_{TRACE}_{7:016x}").json()
        self.assertEqual([(one["kind"], one["value"]) for one in stored["signals"]], [("score", 0.8)])


if __name__ == "__main__":
    unittest.main()

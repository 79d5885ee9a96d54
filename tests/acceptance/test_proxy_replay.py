"""Recorded traffic with model providers, through the proxy. Runs when GLEANER_CORPORA names the folder of corpora."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import random
import unittest
from collections import Counter
from pathlib import Path
from typing import Any

from .client import Record
from .provider import Reply
from .test_proxy import ProxyCase

CORPORA = os.environ.get("GLEANER_CORPORA")


@unittest.skipUnless(CORPORA, "GLEANER_CORPORA is not set")
class Replay(ProxyCase):
    """Recorded exchanges: the client gets the bytes that the provider sent, and what is stored is what a simple reading
    of the same exchange says."""

    env = {"GLEANER_REDACTION_KINDS": "none"}

    @staticmethod
    def reader() -> Any:
        path = Path(__file__).parent.parent / "corpora" / "exchanges.py"
        spec = importlib.util.spec_from_file_location("exchanges", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def test_every_exchange(self) -> None:
        exchanges = self.reader()
        rows = [(name, row) for name, row in exchanges.rows() if row["method"].upper() == "POST"]
        chance = random.Random(7)
        self.reply = lambda asked: self.replayed(rows[int(asked.headers["x-row"])][1], chance)
        scores: Counter[tuple[str, str]] = Counter()
        wanted = {}
        for number, (_, row) in enumerate(rows):
            api = exchanges.api_of(row)
            upstream = "anthropic" if api == "messages" else "openai"
            body = (row.get("request_body") or "").encode()
            answer = self.call(body, upstream + row["path"], x_row=str(number), x_gleaner_user=f"row-{number}",
                               Content_Type="application/json")  # fmt: skip
            sent = self.for_client(row, api)
            same = (answer.status, answer.body) == (row["status"], sent)
            scores[api or "unread", "passed" if same else "CHANGED"] += 1
            if not same:
                print(f"changed: {row['src']} {row['i']}: {answer.status} {answer.body[:200]!r} {sent[:200]!r}")
            if api not in (None, "embeddings"):
                wanted[answer.headers["x-gleaner-interaction-id"]] = (api, exchanges.expected(api, row), row)
        silent = {i for i, (_, want, _) in wanted.items() if not want["messages"] and not want["output"]}
        stored = {found["id"]: found for found in self.recorded(len(wanted) - len(silent))}
        for record_id, (api, want, row) in wanted.items():
            if record_id in silent:
                continue
            got = exchanges.recorded({"record": stored[record_id]})
            if "previous_response_id" in (row.get("request_body") or ""):
                # What was said before stands in front, where the response it goes on from is among the exchanges.
                got["messages"] = got["messages"][-len(want["messages"]) :]
            same = got == want
            scores[api, "stored" if same else "DIFFERS"] += 1
            if not same:
                print(f"differs: {row['src']} {row['i']}")
        print()
        for (api, what), count in sorted(scores.items()):
            print(f"{api:20} {what:8} {count:6}")
        self.assertFalse([key for key in scores if key[1] in ("CHANGED", "DIFFERS")])

    @staticmethod
    def body(row: Record) -> bytes:
        packed = row.get("response_b64")
        return base64.b64decode(packed) if packed else (row.get("response_body") or "").encode()

    @staticmethod
    def for_client(row: Record, api: str | None) -> bytes:
        """What the provider sent; without its chunk of usage, if it sent one to a client that had not asked."""
        body = Replay.body(row)
        asked = json.loads(row.get("request_body") or "{}") if api in ("chat/completions", "completions") else {}
        if not asked.get("stream") or (asked.get("stream_options") or {}).get("include_usage"):
            return body

        def tells_usage(event: bytes) -> bool:
            data = event.removeprefix(b"data: ")
            chunk = json.loads(data) if data.startswith(b"{") else {}
            return chunk.get("choices") == [] and bool(chunk.get("usage"))

        return b"\n\n".join(event for event in body.split(b"\n\n") if not tells_usage(event))

    @staticmethod
    def replayed(row: Record, chance: random.Random) -> Reply:
        body = Replay.body(row)
        dropped = {"content-length", "transfer-encoding", "connection"}
        dropped |= set() if row.get("response_b64") else {"content-encoding"}
        headers = {n: v for n, v in row["response_headers"].items() if n.lower() not in dropped and "\n" not in v}
        cuts = sorted(chance.randrange(len(body) + 1) for _ in range(min(5, len(body))))
        pieces = tuple(body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True))
        # No provider knows the length of a stream.
        return Reply(row["status"], headers, pieces, with_length=chance.random() < 0.3 and not row["stream"])


if __name__ == "__main__":
    unittest.main()

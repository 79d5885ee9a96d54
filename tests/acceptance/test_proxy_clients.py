"""The official clients of OpenAI and Anthropic, Python's and JavaScript's, through the proxy."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from pathlib import Path
from typing import Any

from . import readers
from .client import Record
from .provider import Asked, Reply, chat, chat_stream, message_stream
from .test_proxy import ProxyCase

PYTHON = ("anthropic==2.12.0", "openai==3.54.0")
NODE = ("node@22.23.3", "openai@7.57.0", "@anthropic-ai/sdk@1.12.0")
SDK = Path(__file__).parent / "sdk"
CALL = {"id": "call-1", "type": "function", "function": {"name": "stops", "arguments": '{"line":"red"}'}}


def answer(asked: Asked) -> Reply:
    body = asked.json()
    if asked.target == "/v1/messages":
        return message_stream(["At ", "the harbour."]) if body.get("stream") else message("At the harbour.")
    if asked.target == "/v1/responses":
        return response("By the market.")
    match body["model"], bool(body.get("stream")):
        case "error", _:
            error = {"error": {"message": "No such model", "type": "invalid_request_error", "param": "model",
                               "code": "model_not_found"}}  # fmt: skip
            return Reply(404, pieces=(json.dumps(error).encode(),), with_length=True)
        case "tools", _:
            return chat("", content=None, tool_calls=[CALL])
        case "long", _:
            return chat_stream([f"word{i} " for i in range(1000)], usage=False, pause=0.01)
        case _, True:
            return chat_stream(["At ", "the ", "harbour."], usage="stream_options" in body)
    return chat("At the harbour.")


def message(text: str) -> Reply:
    body = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 9, "output_tokens": 4},
    }  # fmt: skip
    return Reply(pieces=(json.dumps(body).encode(),), with_length=True)


def response(text: str) -> Reply:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}
    body = {
        "id": "resp_1", "object": "response", "created_at": 1790000000, "status": "completed", "error": None,
        "incomplete_details": None, "instructions": None, "metadata": {}, "model": "gpt-4.1-mini", "output": [item],
        "parallel_tool_calls": True, "temperature": 1, "tool_choice": "auto", "tools": [], "top_p": 1,
        "usage": {"input_tokens": 3, "output_tokens": 3, "total_tokens": 6},
    }  # fmt: skip
    return Reply(pieces=(json.dumps(body).encode(),), with_length=True)


class OfficialClients(ProxyCase):
    def check(self, got: Record) -> None:
        self.assertEqual(
            {name: got[name] for name in ("chat", "stream", "empty_chunks", "tool_call", "response", "message",
                                          "message_stream", "aborted_after")},
            {"chat": "At the harbour.", "stream": "At the harbour.", "empty_chunks": 0, "tool_call": CALL["function"],
             "response": "By the market.", "message": "At the harbour.", "message_stream": "At the harbour.",
             "aborted_after": 5},
        )  # fmt: skip
        self.assertEqual(got["error"], ["NotFoundError", 404, "model_not_found"])
        found = self.recorded(8)
        by_what = {name: [one for one in found if test(one)] for name, test in {
            "aborted": lambda one: one.get("error", {}).get("type") == "client_disconnected",
            "refused": lambda one: one.get("error", {}).get("code") == "model_not_found",
            "tools": lambda one: "tool_calls" in one.get("output", {}),
            "claude": lambda one: one["provider"] == "anthropic",
        }.items()}  # fmt: skip
        counts = {name: len(some) for name, some in by_what.items()}
        self.assertEqual(counts, {"aborted": 1, "refused": 1, "tools": 1, "claude": 2})
        self.assertEqual(by_what["tools"][0]["output"]["tool_calls"], [CALL])
        self.assertTrue(by_what["aborted"][0]["output"]["content"].startswith("word0 word1 "))
        browser = self.connect(self.server, got["token"])
        self.expect(browser.post("/v1/signals", {"interaction_id": got["id"], "kind": "thumbs_up"}), 201)
        exported = self.client.export({"filter_positive_only": True})
        self.assertEqual([m["content"] for m in exported[0]["messages"]],
                         ["Where does the red line stop?", "At the harbour."])  # fmt: skip

    def address(self) -> str:
        self.reply = answer
        return f"http://127.0.0.1:{self.server.port}"

    def test_python(self) -> None:
        script = (SDK / "clients.py").read_text()
        self.check(readers.run(script, self.address(), name="clients", packages=PYTHON, timeout=300))

    def test_javascript(self) -> None:
        modules = readers.node_folder("clients", NODE)
        script = modules / "clients.mjs"  # where imports find the packages
        script.write_text((SDK / "clients.mjs").read_text())
        done = subprocess.run([modules / "node_modules" / ".bin" / "node", script, self.address()], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        got: Any = json.loads(done.stdout)
        self.check(got)

    def test_the_example_of_the_readme(self) -> None:
        self.reply = lambda _: chat("Open Settings, then Security.")
        text = (Path(__file__).parents[2] / "README.md").read_text()
        _, _, section = text.partition("## An application that stays as it is")
        program, shell = (section.split(f"```{language}\n")[1].split("```")[0] for language in ("python", "sh"))
        place = f"localhost:{self.server.port}"
        (self.scratch / "app.py").write_text(program.replace("localhost:8080", place))
        packages = str(readers.packages_folder("clients", PYTHON))
        env = os.environ | {"KEY": self.key, "OPENAI_API_KEY": "sk-x", "PYTHONPATH": packages}
        done = subprocess.run(["sh", "-ec", shell.replace("localhost:8080", place)], cwd=self.scratch, env=env,
                              capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"thumbs_up_count":1', done.stdout.replace(" ", ""))
        line = json.loads(done.stdout[done.stdout.rindex('{"messages"') :])
        self.assertEqual([m["content"] for m in line["messages"]],
                         ["How do I reset my password?", "Open Settings, then Security."])  # fmt: skip


if __name__ == "__main__":
    unittest.main()

"""The tests' own tools, tested without the program: the line validator, the records, the raw client."""

from __future__ import annotations

import gzip
import http.server
import json
import sqlite3
import threading
import unittest

from .chat_line import check_example, check_export
from .client import Client, Record, Wire, encode, ndjson, raw_request
from .harness import Case
from .load import Ledger, assert_same
from .places import databases, places_of
from .records import interaction, letters, message, small
from .samples import ALL

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":2}'}}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
USER, ASSISTANT = message("user", "hi"), message("assistant", "hello")


class ChatLine(unittest.TestCase):
    """check_export takes what FORMATS.md section 1.1 allows, and names line and rule of what it does not."""

    GOOD: tuple[Record, ...] = (
        {"messages": [USER, ASSISTANT]},
        {"messages": [message("system", "s"), USER, message("assistant", "a", weight=0), USER, ASSISTANT]},
        {
            "messages": [
                message("developer", "d"),
                message("user", [{"type": "text", "text": "hi"}]),
                ASSISTANT,
            ]
        },
        {
            "messages": [
                USER,
                {"role": "assistant", "tool_calls": [CALL]},
                message("tool", "5", tool_call_id="c1"),
                message("assistant", "5", weight=1),
            ],
            "tools": [TOOL],
            "parallel_tool_calls": False,
        },
        {"messages": [USER, message("assistant", None, tool_calls=[CALL])]},
        {
            "messages": [
                message("user", [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]),
                message("assistant", None, refusal="no"),
            ]
        },
        {"messages": [USER, message("function", None, name="f"), ASSISTANT], "functions": [{"name": "f"}]},
    )

    BAD: tuple[tuple[str, object], ...] = (
        ("is an object", []),
        ("messages is", {}),
        ("messages is", {"messages": []}),
        ("no keys but", {"messages": [USER, ASSISTANT], "id": "a"}),
        ("role 'robot'", {"messages": [message("robot", "a"), ASSISTANT]}),
        ("role None", {"messages": [{"content": "a"}, ASSISTANT]}),
        ("no keys but those of role user", {"messages": [message("user", "a", id=1), ASSISTANT]}),
        ("content is not empty", {"messages": [message("user", ""), ASSISTANT]}),
        ("content is a string", {"messages": [message("user", None), ASSISTANT]}),
        ("content is a string", {"messages": [message("user", 5), ASSISTANT]}),
        ("content is a string", {"messages": [{"role": "user"}, ASSISTANT]}),
        ("part type", {"messages": [message("system", [{"type": "image_url"}]), ASSISTANT]}),
        ("text is a", {"messages": [message("user", [{"type": "text"}]), ASSISTANT]}),
        ("image_url.url", {"messages": [message("user", [{"type": "image_url"}]), ASSISTANT]}),
        ("content or calls", {"messages": [USER, {"role": "assistant"}]}),
        ("content is not empty", {"messages": [USER, message("assistant", "")]}),
        ("there is an assistant", {"messages": [USER]}),
        ("the last message is", {"messages": [ASSISTANT, USER]}),
        ("weight other than 0", {"messages": [USER, message("assistant", "a", weight=0)]}),
        ("weight is", {"messages": [USER, message("assistant", "a", weight=True)]}),
        ("weight is", {"messages": [USER, message("assistant", "a", weight=0.5)]}),
        ("tool_calls is", {"messages": [USER, message("assistant", "a", tool_calls=[])]}),
        ("id is", {"messages": [USER, message("assistant", None, tool_calls=[{**CALL, "id": ""}])]}),
        (
            "JSON string",
            {
                "messages": [
                    USER,
                    message(
                        "assistant", None, tool_calls=[{**CALL, "function": {"name": "a", "arguments": {}}}]
                    ),
                ]
            },
        ),
        ("tool_call_id", {"messages": [USER, message("tool", "5"), ASSISTANT]}),
        ("tools is", {"messages": [USER, ASSISTANT], "tools": []}),
        ("type is function", {"messages": [USER, ASSISTANT], "tools": [{"name": "a"}]}),
        ("name is", {"messages": [USER, ASSISTANT], "tools": [{"type": "function", "function": {}}]}),
        ("parallel", {"messages": [USER, ASSISTANT], "parallel_tool_calls": "no"}),
        ("1 to 128", {"messages": [USER, ASSISTANT], "functions": []}),
    )

    def test_good_lines(self) -> None:
        """Every allowed shape passes, and comes back."""
        self.assertEqual(check_export(ndjson(self.GOOD)), list(self.GOOD))
        self.assertEqual(check_export(b""), [])

    def test_bad_lines(self) -> None:
        """Each broken rule is named, with the line."""
        for rule, example in self.BAD:
            with self.subTest(rule, example=example):
                with self.assertRaises(AssertionError) as caught:
                    check_export(ndjson([self.GOOD[0], example]))
                self.assertIn("line 2", str(caught.exception))
                self.assertIn(rule, str(caught.exception))

    def test_bad_files(self) -> None:
        """A file must be UTF-8 without BOM, one JSON value per line, with its last line ended."""
        good = encode(self.GOOD[0])
        for data in (
            good,
            b"\xef\xbb\xbf" + good + b"\n",
            good + b"\n\n",
            good + b"\r\n" + good[:-1] + b"\n",
            good.replace(b"hi", b"\xff") + b"\n",
            good.replace(b"hi", rb"\ud800") + b"\n",
            b"[" + good + b"]\n",
        ):
            with self.subTest(data[:40]), self.assertRaises(AssertionError):
                check_export(data)

    def test_samples_that_are_chat_lines(self) -> None:
        """The OpenAI sample used for imports is itself valid."""
        for line in ALL[0].content.splitlines():
            check_example(json.loads(line))


class Records(unittest.TestCase):
    """The test data."""

    def test_size_and_sameness(self) -> None:
        """An interaction has about 2.7 KB, and the same number gives the same record."""
        sizes = [len(encode(interaction(number))) for number in range(200)]
        self.assertTrue(all(2300 < size < 3100 for size in sizes), (min(sizes), max(sizes)))
        self.assertEqual(interaction(7), interaction(7))
        self.assertNotEqual(interaction(7), interaction(8))
        self.assertNotIn("success", small(1, success=None))

    def test_letters(self) -> None:
        """letters() is one to one."""
        self.assertEqual(len({letters(number) for number in range(20_000)}), 20_000)

    def test_ledger(self) -> None:
        """The ledger builds the same record again, and sees any change."""
        ledger = Ledger(answer_size=500)
        (number,) = ledger.take(1)
        sent, stored = ledger.interaction(number), ledger.interaction(number)
        assert_same(sent, {**stored, "created_at": stored["created_at"].replace("Z", ".000Z"), "more": 1})
        with self.assertRaises(AssertionError):
            assert_same(sent, {**stored, "output": message("assistant", "half")})
        self.assertEqual((ledger.open, ledger.acked), ({number}, set()))
        ledger.acknowledge([number])
        self.assertEqual((ledger.open, ledger.acked), (set(), {number}))
        self.assertEqual(ledger.take_unrated(), number)
        self.assertIsNone(ledger.take_unrated())


class _Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 5):
            piece = body[start : start + 5]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass


class Connections(Case):
    """The clients, against Python's own server."""

    def setUp(self) -> None:
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def test_client(self) -> None:
        """Requests go out with JSON bodies and keep the connection."""
        client = Client(self, None)
        self.addCleanup(client.close)
        for number in range(3):
            self.assertEqual(client.post("/echo", {"n": number}).json(), {"n": number})

    def test_wire(self) -> None:
        """Pipelined requests are read back one by one, chunked answers put together."""
        with Wire(self) as wire:
            wire.send(b"".join(raw_request("POST", "/", "key", b"body %d" % n) for n in range(5)))
            for number in range(5):
                self.assertEqual(wire.answer().body, b"body %d" % number)
            self.assertFalse(wire.closed_within(0.1))

    def test_places_of(self) -> None:
        """A text is found in plain files and in databases, and only there."""
        self.data_dir.mkdir()
        (self.data_dir / "plain.txt").write_text("nothing here")
        with sqlite3.connect(self.data_dir / "a.db") as connection:
            connection.execute("CREATE TABLE t (a TEXT, b BLOB)")
            packed = b"header" + gzip.compress(b"a hidden thing")
            connection.execute("INSERT INTO t VALUES ('a needle', ?)", [packed])
        connection.close()
        self.assertEqual(databases(self.data_dir), [self.data_dir / "a.db"])
        self.assertEqual(places_of("needle", self.data_dir, self.scratch), ["a.db", "a.db (a value)"])
        self.assertEqual(places_of("hidden", self.data_dir, self.scratch), ["a.db (a value)"])
        self.assertEqual(places_of("haystack", self.data_dir, self.scratch), [])


if __name__ == "__main__":
    unittest.main()

"""Personal data and secrets, planted wherever a record holds text, are in no file, answer or log."""

from __future__ import annotations

import gzip
import json
import re
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path

from .client import NDJSON, Json, Record, ndjson
from .harness import Finished, ServedCase, gleaner
from .places import ZSTD, held
from .plants import Plants
from .records import message

INTERACTIONS = "/v1/interactions"
SIGNALS = "/v1/signals"
RECORD_LIMIT = 1 << 20

# What looks a little like personal data and is none. It stands beside every plant and must stay.
SURVIVORS = (
    "Order 20261118-4711 of 2026-11-18T08:40:00.123Z (1795250400, 1795250400123) took 1.2.3 and v1.2.3.4, "
    "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b, "
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, "
    "id 0192f0c1-7e64-7000-8000-2f6a52c1a111, see https://x.org/risk-of-something and @types/node, "
    "std::cout at 12:34:56, localhost:8080, 1,299.00 EUR, HTTP 404, RFC 9457, node_4711, task-force-of-two."
)

Say = Callable[[str], str]


def spellings(needle: str) -> set[bytes]:
    """A text as it is, as JSON writes it, as JSON in JSON does, and with an escaped @."""
    once = json.dumps(needle)[1:-1]
    return {text.encode() for text in (needle, once, json.dumps(once)[1:-1], needle.replace("@", "\\u0040"))}


class Clear(ServedCase):
    """Remembers what was planted, and looks for it in everything there is at the end."""

    server_env = {
        "GLEANER_LOG_LEVEL": "debug",
        "GLEANER_MAX_RECORD_BYTES": str(RECORD_LIMIT),
        "GLEANER_COMPRESSION_THRESHOLD_KB": "1",
    }
    compressed = True  # whether what a test stores is large enough to be

    def setUp(self) -> None:
        super().setUp()
        self.planted: dict[str, Plants] = {}
        self.printed: list[str] = []

    def plants(self, place: str) -> Plants:
        """Values that nothing else has, the same ones for the same place."""
        return self.planted.setdefault(place, Plants(len(self.planted)))

    def secret(self, place: str) -> str:
        return f"{self.plants(place).text()} {SURVIVORS}"

    def public(self, place: str) -> str:
        return f"{self.plants(place).redacted()} {SURVIVORS}"

    def run_cli(self, *args: str | Path, **options: Json) -> Finished:
        done = gleaner(*args, "--data-dir", self.data_dir, **options)
        self.printed += [done.out, done.err]
        return done

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All that is kept, as bytes and unpacked."""
        return held(self.data_dir, self.scratch)

    def leaks(self, where: str, data: bytes) -> list[str]:
        return [
            f"{where}: {kind} of {place}: {needle}"
            for place, plants in self.planted.items()
            for kind, needle in plants.needles()
            if any(spelling in data for spelling in spellings(needle))
        ]

    def assert_nothing_in_clear(self) -> None:
        """Neither after a crash nor after a clean stop; nor in what the commands print; nor in the log."""
        found: list[str] = []
        self.server.kill()
        for where, data in self.files():
            found += self.leaks(f"{where}, after a crash", data)
        self.server.start()
        self.assertEqual(self.server.stop(), 0)
        unpacked = 0
        for where, data in self.files():
            unpacked += where.startswith("a packed value")
            found += self.leaks(where, data)
        for command in (
            ("export",),
            ("view", "--json", "--limit", "1000"),
            ("view", "feedback", "--json", "--limit", "1000"),
            ("rejects", "--json", "--limit", "1000"),
        ):
            done = self.ok(self.run_cli(*command))
            for line in done.out.splitlines():
                json.loads(line)
        found += self.leaks("what commands print", "".join(self.printed).encode())
        found += self.leaks("the log", (self.server.log() + "\n".join(self.server.stdout)).encode())
        self.assertEqual(found, [], f"{len(found)} leaks")
        if ZSTD and self.compressed:
            self.assertGreater(unpacked, 0, "no compressed frame was looked into")

    def stored(self, record_id: str) -> Record:
        found: Record = self.expect(self.client.lookup(record_id), 200).json()["interaction"]
        return found


def everywhere(say: Say, name: str) -> Record:
    """An interaction with text in every place that takes text; `say` gives the text of a place."""

    def at(place: str) -> str:
        return say(f"{name} {place}")

    arguments = {"to": at("argument"), "deep": {"list": [at("argument in a list"), 1, None]}, "n": 7}
    return {
        "id": name,
        "platform": "zapier",
        "kind": "agent",
        "messages": [
            message("system", at("system message")),
            message("user", at("user message")),
            message(
                "user",
                [
                    {"type": "text", "text": at("content part")},
                    {"type": "image_url", "image_url": {"url": "https://x.org/a.png", "detail": at("image")}},
                    at("bare content part"),
                ],
            ),
            message(
                "assistant",
                None,
                tool_calls=[
                    {
                        "id": "call-a",
                        "type": "function",
                        "function": {"name": "send", "arguments": json.dumps(arguments)},
                    }
                ],
            ),
            message("tool", json.dumps({"result": at("tool result")}), tool_call_id="call-a"),
            message("user", "and now?", note=at("unknown member of a message")),
        ],
        "output": message("assistant", at("output"), refusal=at("refusal")),
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "send",
                    "description": at("tool description"),
                    "parameters": {
                        "type": "object",
                        "properties": {"to": {"type": "string", "default": at("tool")}},
                    },
                },
            }
        ],
        "artifact": {
            "nodes": [
                {"name": "mail", "parameters": {"body": at("artifact")}, "deep": [[at("list in a list")]]}
            ]
        },
        "items": [{"id": "item-a", "text": at("item")}],
        "trajectory": [
            {"thought": at("thought"), "arguments": {"q": at("step")}, "result": at("observation")}
        ],
        "source": {"url": "https://x.org/a", "content": at("source content"), "author": at("source member")},
        "error": {"message": at("error")},
        "parameters": {"stop": [at("parameter")]},
        "usage": {"total_tokens": 12, "note": at("usage")},
        "metadata": {"note": at("metadata"), "deep": {"list": [at("metadata in a list")]}},
    }


def plain(value: Json) -> Json:
    """The value with JSON in strings read, so that spelling does not matter."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        return plain(json.loads(value))
    return value


class Stored(Clear):
    """Records that are stored."""

    def assert_redacted(self, name: str) -> Record:
        """Every place of the record has its placeholders, and nothing else has changed."""
        stored, expected = self.stored(name), everywhere(self.public, name)
        for field, value in expected.items():
            with self.subTest(name=name, field=field):
                self.assertEqual(plain(stored.get(field)), plain(value))
        return stored

    def test_every_place_of_an_interaction(self) -> None:
        """All kinds in all places; what looks alike stays."""
        self.store(everywhere(self.secret, "whole"))
        stored = self.assert_redacted("whole")
        kinds = {kind for plants in self.planted.values() for kind, _ in plants.needles()}
        self.assertEqual(kinds - set(stored["redactions"]), set())
        places = len(self.planted)
        for kind in kinds - {"ip"}:
            self.assertEqual(stored["redactions"][kind], places, kind)
        self.assertEqual(stored["redactions"]["ip"], 2 * places)
        self.assert_nothing_in_clear()

    def test_escapes(self) -> None:
        """However JSON spells a character, it is the same value; so in JSON inside JSON."""
        body = json.dumps(everywhere(self.secret, "at")).replace("@", "\\u0040").encode()
        self.expect(self.client.post(INTERACTIONS, body), 201)
        self.assert_redacted("at")
        for sign in "@4e":
            name = f"arguments-{ord(sign)}"
            record = everywhere(self.secret, name)
            function = record["messages"][3]["tool_calls"][0]["function"]
            function["arguments"] = function["arguments"].replace(sign, f"\\u{ord(sign):04x}")
            self.store(record)
            self.assert_redacted(name)
        letters = "".join(f"\\u{ord(sign):04x}" for sign in self.plants("every letter").mail)
        body = b'{"id":"letters","messages":[{"role":"user","content":"mail %b now"}]}' % letters.encode()
        self.expect(self.client.post(INTERACTIONS, body), 201)
        self.assertEqual(self.stored("letters")["messages"][0]["content"], "mail [EMAIL] now")
        self.assert_nothing_in_clear()

    def test_behind_line_ends(self) -> None:
        """An escaped line end directly before a value is no part of it, in whatever depth of JSON."""
        ends = ("\n", "\r\n", "\t", "\\n", "\\t", "\\r\\n", "\\\\n")
        texts = {}
        for number, end in enumerate(ends):
            plants = self.plants(f"line end {number}")
            texts[f"end{number}"] = f"Hello{end}{plants.mail}{end}{plants.one('api_key').needle}{end}bye"
        expected = {
            f"end{number}": f"Hello{end}[EMAIL]{end}[API_KEY]{end}bye" for number, end in enumerate(ends)
        }
        for depth in range(4):
            value, name = texts, f"depth-{depth}"
            for _ in range(depth):
                value = {"inner": json.dumps(value)}
            call = {
                "id": "c",
                "type": "function",
                "function": {"name": "send", "arguments": json.dumps(value)},
            }
            self.store(
                {"id": name, "messages": [message("assistant", None, tool_calls=[call])], "output": "done"}
            )
            back = self.stored(name)["messages"][0]["tool_calls"][0]["function"]["arguments"]
            for _ in range(depth):
                back = json.loads(back)["inner"]
            self.assertEqual(json.loads(back), expected, name)
        self.compressed = False
        self.assert_nothing_in_clear()

    def test_arguments_that_are_cut_off(self) -> None:
        """Arguments that are no JSON, as a broken stream leaves them, are redacted as text."""
        plants = self.plants("cut")
        whole = json.dumps({"to": plants.mail, "body": f"Hi\n{plants.one('card').sentence}", "key": "value"})
        call = {"id": "c", "type": "function", "function": {"name": "send", "arguments": whole[:-12]}}
        self.store(
            {"id": "cut", "messages": [message("assistant", None, tool_calls=[call])], "output": "done"}
        )
        back = self.stored("cut")["messages"][0]["tool_calls"][0]["function"]["arguments"]
        self.assertIn('"to": "[EMAIL]"', back)
        self.assertIn("[CARD]", back)
        self.compressed = False
        self.assert_nothing_in_clear()

    def test_short_fields_and_names(self) -> None:
        """Names, tags and members' names that hold personal data; two names never become one."""
        fields = (
            "platform",
            "kind",
            "model",
            "provider",
            "intent",
            "language",
            "relevance",
            "experiment",
            "variant",
        )
        record: Record = {"id": "names", "messages": [message("user", "hi")], "output": "hello"}
        for field in fields:
            record[field] = f"of {self.plants(field).mail}"
        record["tags"] = [self.plants("tag").mail, "seam"]
        one, other = self.plants("a name").mail, self.plants("another name").mail
        keyed = {one: 1, other: 2, self.plants("phone name").phone: 3, "plain": 4, f"note for {one}": 5}
        record["metadata"] = {"by": keyed}
        record["artifact"] = {"people": [keyed]}
        record["tools"] = [
            {"type": "function", "function": {"name": "f", "parameters": {"properties": keyed}}}
        ]
        self.store(record)
        stored = self.stored("names")
        for field in fields:
            self.assertEqual(stored[field], "of [EMAIL]", field)
        self.assertIn("seam", stored["tags"])
        self.assertIn("[EMAIL]", stored["tags"])
        for names in (
            stored["metadata"]["by"],
            stored["artifact"]["people"][0],
            stored["tools"][0]["function"]["parameters"]["properties"],
        ):
            self.assertEqual(sorted(names.values()), [1, 2, 3, 4, 5])
            self.assertEqual(names["plain"], 4)
            self.assertEqual(sum(name.startswith("[EMAIL_") for name in names), 2, names)
            self.assertEqual(sum(name.startswith("[PHONE_") for name in names), 1, names)
        self.compressed = False
        self.assert_nothing_in_clear()

    def test_numbers(self) -> None:
        """A number that is a card's or a phone's becomes a string; other numbers stay numbers."""
        plants = self.plants("numbers")
        card = plants.one("card").needle.replace(" ", "")
        kept = {"order": 4711, "at": 1795250400, "ms": 1795250400123, "ratio": 0.25, "big": 12345678901}
        self.store(
            {"id": "n", "messages": [message("user", "hi")], "metadata": {"card_number": int(card), **kept}}
        )
        metadata = self.stored("n")["metadata"]
        self.assertEqual(metadata, {"card_number": "[CARD]", **kept})
        self.server.stop()
        found = [where for where, data in self.files() if card.encode() in data]
        self.assertEqual(found, [])

    def test_ids(self) -> None:
        """Ids that are a person's are replaced, and still find their records."""
        mail, phone = self.plants("session").mail, self.plants("phone").phone
        own, item = self.plants("own id").mail, self.plants("item id").mail
        user = self.plants("user").mail
        record = {"messages": [message("user", "hi")], "output": "hello", "user_id": user}
        self.store(
            {**record, "id": own, "session_id": mail, "items": [{"id": item, "text": "first"}]},
            {**record, "id": "plain-1", "session_id": phone},
            {**record, "id": "plain-2", "session_id": "order-20261118-4711"},
        )
        self.assertEqual(len(self.client.list_ids(session_id=mail)), 1)
        self.assertEqual(self.client.list_ids(session_id=phone), ["plain-1"])
        self.assertEqual(self.client.list_ids(session_id="order-20261118-4711"), ["plain-2"])
        self.assertEqual(len(self.client.list_ids(user_id=user)), 3)
        self.expect(self.client.lookup(own), 200)
        self.signal({"interaction_id": own, "kind": "thumbs_up", "user_id": user})
        self.assertEqual(self.client.lookup(own).json()["verdict"]["thumbs_up"], 1)
        engaged = {"insight_id": item, "action": "like", "metadata": {"user_id": user}}
        self.expect(self.client.post("/api/feed/engage", engaged), 200, 201)
        self.assertEqual(self.client.lookup(own).json()["verdict"]["likes"], 1)
        self.expect(self.client.post(INTERACTIONS, {**record, "id": own, "session_id": "other"}), 409)
        gone = self.plants("id not there").mail
        self.expect(self.client.lookup(gone), 404)
        self.expect(self.client.delete(f"/api/feedback/data/{gone}"), 404)
        agent = {"User-Agent": self.plants("agent").mail, "Referer": self.plants("referer").mail}
        self.expect(self.client.request("GET", "/healthz?who=" + self.plants("query").mail, None, agent), 200)
        self.compressed = False
        self.assert_nothing_in_clear()

    def test_every_place_of_a_signal(self) -> None:
        """Signals by all routes, joined and waiting."""
        self.store({"id": "rated", "messages": [message("user", "hi")], "output": "hello"})
        self.signal(
            {
                "id": self.plants("signal id").mail,
                "interaction_id": "rated",
                "kind": "correction",
                "text": self.secret("signal text"),
                "reason": self.secret("signal reason"),
                "output": message("assistant", self.secret("correction")),
                "user_id": self.plants("signal user").mail,
                "metadata": {"note": [self.secret("signal metadata")]},
                "unknown": self.secret("signal unknown"),
            },
            {"interaction_id": "rated", "kind": "edit", "value": {"note": self.secret("signal value")}},
            {"interaction_id": self.plants("waiting").mail, "kind": "comment", "text": self.secret("wait")},
            {"item_id": self.plants("item").phone, "kind": "share", "user_id": self.plants("wait user").mail},
        )
        submitted = {
            "interaction_id": "rated",
            "feedback_type": "thumbs_up",
            "feedback_text": self.secret("feedback text"),
            "corrected_workflow": {"steps": [{"to": self.secret("corrected workflow")}]},
            "correction_notes": self.secret("correction notes"),
            "user_id": self.plants("feedback user").mail,
        }
        self.expect(self.client.post("/api/feedback/submit", submitted), 200, 201)
        engaged = {"insight_id": "rated", "action": "like", "metadata": {"note": self.secret("engaged")}}
        self.expect(self.client.post("/api/feed/engage", engaged), 200, 201)
        signals = self.client.lookup("rated").json()["signals"]
        (first,) = (signal for signal in signals if signal["kind"] == "correction" and "reason" in signal)
        self.assertEqual(first["text"], self.public("signal text"))
        self.assertEqual(first["reason"], self.public("signal reason"))
        self.assertEqual(first["output"]["content"], self.public("correction"))
        self.assertEqual(first["metadata"]["note"], [self.public("signal metadata")])
        self.assertEqual(first["metadata"]["unknown"], self.public("signal unknown"))
        self.compressed = False
        self.assert_nothing_in_clear()

    def test_compressed_bodies(self) -> None:
        """gzip and NDJSON bodies take the same way."""
        names = [f"packed-{letter}" for letter in "ab"]
        body = gzip.compress(ndjson(everywhere(self.secret, name) for name in names))
        headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
        self.assertEqual(
            self.expect(self.client.request("POST", INTERACTIONS, body, headers), 200).json()["stored"], 2
        )
        for name in names:
            self.assert_redacted(name)
        self.assert_nothing_in_clear()


class AsConfigured(Clear):
    """Names and addresses as well, and placeholders that tell values apart."""

    server_env = {**Clear.server_env, "GLEANER_REDACTION_KINDS": "all", "GLEANER_REDACTION_STYLE": "keyed"}
    compressed = False

    def test_all_kinds_keyed(self) -> None:
        """The same value has the same placeholder in every record, another one has another."""
        self.store(everywhere(self.secret, "keyed"))
        one, other = self.plants("one").mail, self.plants("other").mail
        names = "My name is Johannes Becker and I live at 221B Baker Street, London."
        for name, text in (("a", f"Ask {one}."), ("b", f"Tell {one}."), ("c", f"Ask {other}."), ("d", names)):
            self.store({"id": name, "messages": [message("user", text)], "output": "hello"})
        said = {name: self.stored(name)["messages"][0]["content"] for name in "abcd"}
        self.assertRegex(said["a"], r"^Ask \[EMAIL_[0-9a-f]{4,}\]\.$")
        self.assertEqual(said["a"][len("Ask ") :], said["b"][len("Tell ") :])
        self.assertNotEqual(said["a"], said["c"])
        shape = r"^My name is \[NAME_[0-9a-f]+\] and I live at \[ADDRESS_[0-9a-f]+\], London\.$"
        self.assertRegex(said["d"], shape)
        text = re.sub(r"\[([A-Z_]+)_[0-9a-f]{4,}\]", r"[\1]", self.stored("keyed")["output"]["content"])
        self.assertEqual(text, self.public("keyed output"))
        self.assert_nothing_in_clear()
        for where, data in self.files():
            self.assertNotIn(b"Johannes", data, where)


class Rejected(Clear):
    """Records that are not stored, but kept for whoever mends them."""

    def test_rejects(self) -> None:
        """Wrong, broken, too large or not UTF-8: neither the text kept nor the reason says anything."""

        def whole(place: str, **fields: Json) -> bytes:
            record = {"messages": [message("user", self.secret(place))], "user_id": self.plants(place).mail}
            return json.dumps({**record, **fields}).encode()

        escaped = whole("escaped and broken").replace(b"@", b"\\u0040")
        lines = [
            whole(
                "wrong role", messages=[message(self.plants("the role").mail, self.secret("beside the role"))]
            ),
            whole("wrong type", messages=self.secret("messages as text")),
            whole("wrong number", latency_ms=self.plants("latency").mail),
            whole("wrong time", created_at=self.plants("time").mail),
            whole("long id", id=f"{self.plants('id').mail}/{'x' * 300}"),
            whole("twice")[:-1] + b',"messages":"' + self.plants("second").mail.encode() + b'"}',
            whole("cut off")[:-3],
            whole("no brace")[1:],
            escaped[:-3],
            whole("surrogate").replace(b"Write", b"\\ud800 Write"),
            whole("not UTF-8").replace(b"Write", b"\xff\xfe Write"),
            whole("too large", artifact={"padding": "x " * (RECORD_LIMIT // 2)}),
            b"[" * 100 + self.secret("too deep").replace("\n", " ").encode(),
            self.secret("no JSON at all").replace("\n", " ").encode(),
            json.dumps(self.secret("a string")).encode(),
        ]
        answer = self.client.request("POST", INTERACTIONS, b"\n".join(lines), {"Content-Type": NDJSON})
        refused = self.expect(answer, 422).json()
        self.assertEqual((refused["stored"], refused["rejected"]), (0, len(lines)))
        for line in lines[:11]:
            self.assertIn(self.client.post(INTERACTIONS, line).status, (400, 422))
        for body in (
            {
                "interaction_id": "rated",
                "kind": self.plants("signal kind").mail,
                "text": self.secret("a signal"),
            },
            {"kind": "like", "text": self.secret("an orphan"), "user_id": self.plants("orphan user").mail},
        ):
            self.expect(self.client.post(SIGNALS, body), 422)
        kept = self.ok(self.run_cli("rejects", "--json", "--limit", "1000")).json()
        kept = kept if isinstance(kept, list) else [kept]
        texts = "\n".join(json.dumps(reject) for reject in kept)
        for label in ("EMAIL", "PHONE", "CARD", "IBAN", "API_KEY", "JWT", "PASSWORD", "PRIVATE_KEY"):
            self.assertIn(f"[{label}]", texts)
        self.assertIn("https://x.org/risk-of-something", texts)
        self.compressed = False
        self.assert_nothing_in_clear()


class Imported(Clear):
    """Files read by `gleaner import`."""

    def test_import(self) -> None:
        """Lines of several shapes, good and bad, in one folder."""
        self.assertEqual(self.server.stop(), 0)
        folder = self.scratch / "in"
        folder.mkdir()
        files: dict[str, list[Json]] = {
            "gleaner": [everywhere(self.secret, "imported")],
            "openai": [
                {
                    "messages": [
                        message("user", self.secret("openai prompt")),
                        message("assistant", self.secret("openai answer")),
                    ]
                }
            ],
            "sharegpt": [
                {
                    "conversations": [
                        {"from": "human", "value": self.secret("sharegpt prompt")},
                        {"from": "gpt", "value": self.secret("sharegpt answer")},
                    ]
                }
            ],
            "alpaca": [
                {"instruction": self.secret("instruction"), "input": "", "output": self.secret("alpaca")}
            ],
        }
        for name, records in files.items():
            path = folder / f"{name}.jsonl"
            broken = json.dumps({"messages": self.secret(f"bad {name}")})[:-4].encode()
            path.write_bytes(ndjson(records) + broken + b"\n")
            done = self.run_cli("import", path, "--format", name, "--platform", "web", "--json")
            self.assertEqual(done.code, 3, done.err)
            self.assertEqual(json.loads(done.out)["stored"], len(records), done.out)
        self.server.start()
        self.assertEqual(self.stored("imported")["output"]["content"], self.public("imported output"))
        self.assert_nothing_in_clear()


if __name__ == "__main__":
    unittest.main()

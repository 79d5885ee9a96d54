"""HTTP spoken badly, slowly, or by too many at once: a clear refusal, small memory, and everybody else
served."""

from __future__ import annotations

import gzip
import time
import unittest

from .client import NDJSON, Wire, encode, ndjson
from .harness import wait_for
from .hostile import INTERACTIONS, HostileCase
from .records import interaction, letters, message, small

BODY_LIMIT = 64 << 20


class Wires(HostileCase):
    """HTTP as it should not be, and as it may be."""

    def test_methods(self) -> None:
        """A method a path does not have is 405 and Allow names those it has."""
        allowed = {
            "/v1/interactions": {"GET", "POST"},
            "/v1/interactions/a": {"GET", "DELETE"},
            "/v1/signals": {"POST"},
            "/api/feedback/submit": {"POST"},
            "/api/feedback/stats": {"GET"},
            "/api/feedback/export": {"POST"},
            "/api/feedback/export/all": {"GET"},
            "/api/feedback/readiness/zapier": {"GET"},
            "/api/feedback/data/a": {"DELETE"},
            "/api/feed/engage": {"POST"},
            "/v1/keys": {"GET", "POST"},
            "/v1/keys/a": {"DELETE"},
            "/v1/rejects": {"GET"},
            "/metrics": {"GET"},
            "/healthz": {"GET"},
        }
        for path, methods in allowed.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
                with self.subTest(f"{method} {path}"):
                    answer = self.client.request(method, path)
                    self.expect_problem(answer, 405, "invalid_argument")
                    self.assertLessEqual(
                        methods, {name.strip() for name in answer.headers["allow"].split(",")}
                    )
        for method in ("BREW", "get", "TRACE", "CONNECT", "OPTIONS"):
            with Wire(self.server) as wire:
                wire.send(self.raw(method, "/v1/interactions"))
                self.assertIn(wire.answer().status, (200, 204, 400, 404, 405, 501), method)

    def test_head(self) -> None:
        """HEAD on a GET route is 200 or 405, without a body: the connection stays in step."""
        for path in ("/healthz", INTERACTIONS, "/api/feedback/stats"):
            wire = self.wire()
            wire.send(self.raw("HEAD", path) + self.raw("GET", "/healthz"))
            self.assertIn(wire.answer(to_head=True).status, (200, 405))
            self.assertEqual(wire.answer().json(), {"status": "ok"})

    def test_pipelining(self) -> None:
        """Requests sent without waiting are answered in order, reads, writes and errors mixed."""
        count = 40
        requests = []
        for number in range(count):
            record_id = letters(number)
            requests += [
                self.raw("POST", INTERACTIONS, encode(small(number, id=record_id))),
                self.raw("GET", f"{INTERACTIONS}/{record_id}"),
                self.raw("GET", "/nowhere"),
            ]
        wire = self.wire()
        wire.send_all_of([b"".join(requests)])
        for number in range(count):
            self.assertEqual(wire.answer().json()["id"], letters(number))
            self.assertEqual(wire.answer().json()["interaction"]["id"], letters(number))
            self.assertEqual(wire.answer().status, 404)

    def test_chunked_bodies(self) -> None:
        """Chunked bodies work with any cut, with extensions and trailers; the connection stays usable."""
        body = encode(small(1, output=message("assistant", "çok güzel ☕ " * 50)))
        for size in (1, 7, 1000, len(body)):
            pieces = [body[start : start + size] for start in range(0, len(body), size)]
            self.expect(self.post_pieces(pieces), 201)
        wire = self.wire()
        head = self.raw("POST", INTERACTIONS, Transfer_Encoding="chunked", Content_Type="application/json")
        for _ in range(2):
            wire.send(head + b"%X;name=value\r\n%b\r\n0\r\nX-Trailer: yes\r\n\r\n" % (len(body), body))
            self.assertEqual(wire.answer().status, 201)
        for piece in (head, b"%X\r\n%b\r\n0\r\n" % (len(body), body), b"\r", b"\n"):
            wire.send(piece)
            time.sleep(0.05)
        self.assertEqual(wire.answer().status, 201)
        packed = gzip.compress(body)
        pieces = [packed[start : start + 10] for start in range(0, len(packed), 10)]
        self.expect(self.post_pieces(pieces, None, Content_Encoding="gzip"), 201)

    def test_framing_tricks(self) -> None:
        """Requests whose length can be read in two ways are refused and the connection ends."""
        body = encode(small(1))
        length, chunked = f"Content-Length: {len(body)}\r\n", "Transfer-Encoding: chunked\r\n"
        head = f"POST {INTERACTIONS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self.key}\r\n"
        tricks = [
            length + chunked,
            chunked + length,
            length + "Content-Length: 5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: abc\r\n",
            "Content-Length: 0x10\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Content-Length : 5\r\n",
        ]
        for trick in tricks:
            with self.subTest(trick), Wire(self.server) as wire:
                wire.send_all_of([f"{head}{trick}\r\n".encode() + body + self.raw("GET", "/healthz")])
                self.assertIn(wire.answer().status, (400, 501))
                self.assertTrue(wire.closed_within(5))
        for chunk in (
            b"zz\r\nabc\r\n",
            b"-5\r\nabc\r\n",
            b"5\r\nabcdefghij\r\n",
            b"FFFFFFFFFFFFFFFFF\r\na\r\n",
        ):
            with self.subTest(chunk), Wire(self.server) as wire:
                wire.send_all_of([f"{head}{chunked}\r\n".encode() + chunk + b"0\r\n\r\n"])
                self.assertIn(wire.answer().status, (400, 413))
        self.assert_nothing_stored()

    def test_garbage(self) -> None:
        """What is no HTTP at all ends the connection, with a 400 at most."""
        hello = bytes.fromhex("16030100a5010000a10303") + bytes(160)
        for garbage in (
            b"\x00" * 100,
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"nonsense\n\n",
            b"\r\n\r\nx\r\n\r\n",
            hello,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET /a b c HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nbad\r\n\r\n",
        ):
            with self.subTest(garbage[:30]), Wire(self.server) as wire:
                wire.send_all_of([garbage])
                try:
                    self.assertIn(wire.answer().status, (400, 401, 404, 405, 408, 414, 501, 505))
                except ConnectionError:
                    pass

    def test_expect_100_continue(self) -> None:
        """Expect: 100-continue is answered before the body is sent, or refused when the body would be."""
        body = encode(small(1))
        wire = self.wire()
        head = {
            "Content_Length": str(len(body)),
            "Content_Type": "application/json",
            "Expect": "100-continue",
        }
        wire.send(self.raw("POST", INTERACTIONS, **head))
        self.assertEqual(wire.answer().status, 100)
        wire.send(body)
        self.assertEqual(wire.answer().status, 201)
        wire = self.wire()
        wire.send(self.raw("POST", INTERACTIONS, **head | {"Content_Length": str(BODY_LIMIT + 1)}))
        self.assertEqual(wire.answer().status, 413)

    def test_clients_that_leave(self) -> None:
        """A client that goes away in the middle of a body or of an answer leaves nothing behind."""
        self.store(*(interaction(number) for number in range(2000)))
        body = encode(interaction(1, id="half"))
        for _ in range(50):
            for request in (
                self.raw("POST", INTERACTIONS, body)[:-100],
                self.raw("POST", INTERACTIONS, body)[:150],
                self.raw("GET", "/api/feedback/export/all"),
                self.raw("GET", INTERACTIONS + "?limit=1000"),
            ):
                with Wire(self.server) as wire:
                    wire.send(request)
        self.assertEqual(self.client.lookup("half").status, 404)
        self.assertEqual(len(self.client.list_ids(limit=1000)), 2000)


class Slow(HostileCase):
    """Clients that take their time, against short timeouts."""

    server_env = {
        "GLEANER_HEADER_TIMEOUT_SECONDS": "1",
        "GLEANER_BODY_TIMEOUT_SECONDS": "1",
        "GLEANER_IDLE_TIMEOUT_SECONDS": "2",
    }

    def drip(self, wire: Wire, data: bytes, seconds: float) -> bool:
        """Sends a byte every tenth of a second; whether the server ended it in that time."""
        deadline = time.monotonic() + seconds
        try:
            for byte in data:
                wire.send(bytes([byte]))
                if wire.closed_within(0.1):
                    return True
                if time.monotonic() > deadline:
                    return False
        except OSError:
            return True
        return wire.closed_within(max(0.1, deadline - time.monotonic()))

    def test_slow_headers(self) -> None:
        """Header bytes that trickle do not keep a connection beyond the header timeout; nor does silence."""
        self.assertTrue(self.drip(self.wire(), self.raw("GET", INTERACTIONS, X_Filler="x" * 500), 5))
        wire = self.wire()
        wire.send(b"GET / HT")
        self.assertTrue(wire.closed_within(5))
        self.assertTrue(self.wire().closed_within(6), "a connection that says nothing")

    def test_a_body_that_stops(self) -> None:
        """A body without progress is given up after the body timeout, with 408 at most."""
        wire = self.wire()
        wire.send(self.raw("POST", INTERACTIONS, encode(small(1, id="half")))[:-10])
        started = time.monotonic()
        try:
            self.expect_problem(wire.answer(), 408, "deadline_exceeded")
        except ConnectionError:
            pass
        self.assertLess(time.monotonic() - started, 6)
        self.assertEqual(self.client.lookup("half").status, 404)

    def test_a_slow_body_that_goes_on(self) -> None:
        """A body that is slow but makes progress is taken, though it needs longer than the timeout."""
        request = self.raw("POST", INTERACTIONS, encode(small(1, id="slow")))
        wire = self.wire()
        wire.send(request[:-8])
        for byte in request[-8:]:
            time.sleep(0.3)
            wire.send(bytes([byte]))
        self.assertEqual(wire.answer().status, 201)

    def test_idle_connections_end(self) -> None:
        """Between requests a connection may rest for the idle timeout, not longer."""
        wire = self.wire()
        wire.send(self.raw("GET", "/healthz"))
        self.assertEqual(wire.answer().status, 200)
        self.assertFalse(wire.closed_within(1))
        self.assertTrue(wire.closed_within(6))


class Crowd(HostileCase):
    """Many connections at once."""

    def test_idle_connections_do_not_block_others(self) -> None:
        """Hundreds of silent, half-sent and stalled connections do not slow a client down."""
        stalled = self.raw("POST", INTERACTIONS, encode(interaction(1)))[:-10]
        for opening in (b"", b"GET /v1/inter", stalled):
            for _ in range(250):
                self.wire().send(opening)
        started = time.monotonic()
        for number in range(100):
            self.expect(self.client.post(INTERACTIONS, small(number)), 201)
            self.expect(self.client.get("/v1/interactions", limit=1), 200)
        self.assertLess(time.monotonic() - started, 10)

    def test_a_reader_that_does_not_read(self) -> None:
        """Clients that ask for large exports and never read them cost neither memory nor the others' time."""
        self.store(*(interaction(number) for number in range(10_000)))
        for _ in range(30):
            self.wire().send(self.raw("GET", "/api/feedback/export/all"))
        started = time.monotonic()
        for number in range(20):
            self.expect(self.client.post(INTERACTIONS, small(number)), 201)
        self.assertLess(time.monotonic() - started, 10)


class Backpressure(HostileCase):
    """More writers than the machine can serve."""

    def test_memory_stays_bounded(self) -> None:
        """Forty large batches at once are stored or refused with 429/503 and Retry-After; memory stays
        bounded."""
        body = ndjson(interaction(number) for number in range(3000))  # about 8 MB
        wires = [self.wire(timeout=120) for _ in range(40)]
        for wire in wires:
            wire.send_all_of([self.raw("POST", INTERACTIONS + "?ids=false", body, Content_Type=NDJSON)])
        stored = 0
        for wire in wires:
            answer = wire.answer()
            if self.expect(answer, 200, 429, 503).status == 200:
                stored += answer.json()["stored"]
            else:
                self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertGreater(stored, 0)
        wait_for(lambda: self.client.stats()["overview"]["total_records"] == stored, 5, "all is counted")


if __name__ == "__main__":
    unittest.main()

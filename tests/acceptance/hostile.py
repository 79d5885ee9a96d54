"""The case under all hostile tests: after each of them the same process still works and never grew large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .client import Answer, Wire, raw_request
from .harness import RSS_LIMIT_MB, ServedCase
from .records import small

INTERACTIONS = "/v1/interactions"


class HostileCase(ServedCase):
    """Every test ends with a server that is the same process, still works, and never grew large."""

    def setUp(self) -> None:
        super().setUp()
        self.pid = self.server.process.pid

    def tearDown(self) -> None:
        self.assertTrue(self.server.alive(), self.server.log()[-3000:])
        self.assertEqual(self.server.process.pid, self.pid)
        probe = small(999, id="probe-after")
        self.expect(self.client.post(INTERACTIONS, probe), 201)
        self.expect(self.client.lookup("probe-after"), 200)
        self.client.list_all(limit=1000)
        self.client.export({})
        self.assertLess(self.server.peak_mb(), RSS_LIMIT_MB)
        super().tearDown()

    def wire(self, **options: float) -> Wire:
        wire = Wire(self.server, **options)
        self.addCleanup(wire.close)
        return wire

    def raw(self, method: str, target: str, body: bytes = b"", /, **headers: str) -> bytes:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return raw_request(method, target, self.key, body, named)

    def post(self, body: bytes, **headers: str) -> Answer:
        """Sends the body from a second thread, so that an early refusal is seen however large it is."""
        return self.post_pieces([body], len(body), **headers)

    def post_pieces(self, pieces: Iterable[bytes], size: int | None = None, **headers: str) -> Answer:
        framing = {"Transfer_Encoding": "chunked"} if size is None else {"Content_Length": str(size)}
        head = self.raw("POST", INTERACTIONS, **{"Content_Type": "application/json"} | framing | headers)

        def stream() -> Iterator[bytes]:
            yield head
            for piece in pieces:
                yield piece if size is not None else b"%x\r\n%b\r\n" % (len(piece), piece)
            if size is None:
                yield b"0\r\n\r\n"

        with Wire(self.server, timeout=60) as wire:
            wire.send_all_of(stream())
            return wire.answer()

    def assert_nothing_stored(self) -> None:
        self.assertEqual(self.client.list_ids(), [])

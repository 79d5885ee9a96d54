"""A bad network between the program and PostgreSQL: a proxy that cuts connections where it hurts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from .postgres import Database, with_parts


@dataclass(frozen=True)
class Message:
    """One message of the server, as PostgreSQL's protocol has it (version 3, chapter 55 of its manual)."""

    kind: str  # "C" a command is complete, "G" COPY may begin, "Z" ready for more ...
    body: bytes

    @property
    def tag(self) -> str:
        """What a complete command says of itself, such as COMMIT or "COPY 20"."""
        return self.body.rstrip(b"\0").decode() if self.kind == "C" else ""


@dataclass(eq=False)
class Pair:
    """A connection of the program and the one to PostgreSQL behind it."""

    program: socket.socket
    server: socket.socket
    _unread: bytes = b""
    _ended: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def messages(self, data: bytes) -> Iterator[tuple[Message, bytes]]:
        """The whole messages that have come by now, each with its bytes."""
        self._unread += data
        while self._unread:
            if self._unread[:1] == b"N" and self._unread[1:2] != b"\0":  # no TLS, no GSSAPI: one byte, no length
                yield Message("N", b""), self._unread[:1]
                self._unread = self._unread[1:]
                continue
            size = 1 + int.from_bytes(self._unread[1:5], "big")
            if len(self._unread) < 5 or len(self._unread) < size:
                return
            whole, self._unread = self._unread[:size], self._unread[size:]
            yield Message(chr(whole[0]), whole[5:]), whole

    def cut(self) -> None:
        with self._lock:
            for side in (self.program, self.server):
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """One way has ended, and so does the other; whoever is the second closes."""
        self.cut()
        with self._lock:
            self._ended += 1
            if self._ended == 2:
                self.program.close()
                self.server.close()


class Proxy:
    """Listens on a port of its own and passes everything on, until told otherwise. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self.cuts = 0  # made by cut_at and cut_after
        self.messages = 0  # from the server
        self._database = database
        self._lock = threading.Lock()
        self._pairs: set[Pair] = set()
        self._refusing = False
        self._budget: int | None = None
        self._at: Callable[[Message], bool] | None = None
        self._for_good = False
        self._open = threading.Event()  # clear: nothing passes
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return with_parts(self._database.url, port=self._listener.getsockname()[1])

    def cut_all(self) -> None:
        """Every connection ends now; new ones are welcome."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            pair.cut()

    def refuse(self, refusing: bool = True) -> None:
        """Whether new connections are ended at once."""
        self._refusing = refusing

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()

    def cut_after(self, count: int) -> None:
        """Passes so many bytes of the program on, then cuts the connection they come by, once."""
        with self._lock:
            self._budget = count

    def cut_at(self, condition: Callable[[Message], bool], *, for_good: bool = False) -> None:
        """Cuts the connection instead of passing on the first message of the server of which this is true, once:
        the server has done it and the program is never told. `for_good`: all others, too, and refuses new ones."""
        with self._lock:
            self._at, self._for_good = condition, for_good

    def close(self) -> None:
        self._refusing = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._open.set()
        self.cut_all()

    def _accept(self) -> None:
        while True:
            try:
                program, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                program.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", _port(self._database)))
            except OSError:
                program.close()
                continue
            for side in (program, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = Pair(program, server)
            with self._lock:
                self._pairs.add(pair)
            for way in (self._up, self._down):
                threading.Thread(target=self._run, args=(way, pair), daemon=True).start()

    def _run(self, way: Callable[[Pair], None], pair: Pair) -> None:
        try:
            way(pair)
        except OSError:
            pass
        finally:
            pair.end()
            with self._lock:
                self._pairs.discard(pair)

    def _up(self, pair: Pair) -> None:
        while data := pair.program.recv(65536):
            self._open.wait()
            with self._lock:
                kept = data if self._budget is None else data[: self._budget]
                over = len(kept) < len(data)
                if self._budget is not None:
                    self._budget = None if over else self._budget - len(kept)
                self.cuts += over
            if kept:
                pair.server.sendall(kept)
            if over:
                return

    def _down(self, pair: Pair) -> None:
        while data := pair.server.recv(65536):
            self._open.wait()
            passed = bytearray()
            for message, whole in pair.messages(data):
                with self._lock:
                    self.messages += 1
                    hit = self._at is not None and self._at(message)
                    if hit:
                        self._at = None
                        self.cuts += 1
                if hit:
                    if self._for_good:
                        self.refuse()
                        self.cut_all()
                    return
                passed += whole
            pair.program.sendall(passed)


def _port(database: Database) -> int:
    return int(database.url.rpartition(":")[2].partition("/")[0])

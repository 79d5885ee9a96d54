"""HTTP clients: a polite one that keeps its connection, and a raw one for everything else."""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from .chat_line import check_export

Json = Any
Record = dict[str, Any]
NDJSON = "application/x-ndjson"


class Listener(Protocol):
    """What a client needs of a server: the port it listens on now."""

    port: int


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        return self.json().get("detail", "")

    def __str__(self) -> str:
        return f"{self.status} {self.body[:500]!r}"


def encode(body: Json) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def ndjson(records: Iterable[Json]) -> bytes:
    return b"".join(encode(record) + b"\n" for record in records)


class Client:
    """A keep-alive HTTP client with a key. One thread only; finds the server again after a restart."""

    def __init__(self, server: Listener, key: str | None, *, timeout: float = 60) -> None:
        self.server, self.key, self.timeout = server, key, timeout
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self, method: str, target: str, body: Json = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Sends one request; a body that is not bytes goes as JSON. OSError or HTTPException when cut off."""
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        if self._connection is None or self._stale(self._connection):
            self.close()
            self._connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=self.timeout)
        try:
            self._connection.request(method, target, None if body is None else encode(body), sent)
            reply = self._connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, content)

    def _stale(self, connection: http.client.HTTPConnection) -> bool:
        """Whether it leads to an earlier process, or the server has ended it while it was idle."""
        if connection.port != self.server.port or connection.sock is None:
            return True
        return bool(select.select([connection.sock], [], [], 0)[0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, target: str, **parameters: Json) -> Answer:
        return self.request("GET", with_query(target, parameters))

    def post(self, target: str, body: Json, **headers: str) -> Answer:
        return self.request("POST", target, body, headers)

    def delete(self, target: str) -> Answer:
        return self.request("DELETE", target)

    def post_ndjson(self, target: str, records: Iterable[Json]) -> Answer:
        return self.request("POST", target, ndjson(records), {"Content-Type": NDJSON})

    def lookup(self, record_id: str) -> Answer:
        return self.get(f"/v1/interactions/{quote(record_id, safe='')}")

    def pages(self, **parameters: Json) -> Iterator[list[Record]]:
        """Every page of the list route, to the null cursor."""
        seen: set[str] = set()
        while True:
            answer = self.get("/v1/interactions", **parameters)
            if answer.status != 200:
                raise AssertionError(f"list {parameters}: {answer}")
            page = answer.json()
            yield page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
            if cursor in seen:
                raise AssertionError(f"list {parameters}: cursor {cursor} came twice")
            seen.add(cursor)
            parameters["cursor"] = cursor

    def list_all(self, **parameters: Json) -> list[Record]:
        return [entry["interaction"] for page in self.pages(**parameters) for entry in page]

    def list_ids(self, **parameters: Json) -> list[str]:
        return [interaction["id"] for interaction in self.list_all(**parameters)]

    def stats(self) -> Record:
        answer = self.get("/api/feedback/stats")
        if answer.status != 200:
            raise AssertionError(f"stats: {answer}")
        return answer.json()

    def metrics(self) -> dict[str, float]:
        """The samples of /metrics by name and labels, as they are written there."""
        answer = self.get("/metrics")
        if answer.status != 200:
            raise AssertionError(f"metrics: {answer}")
        lines = (line for line in answer.body.decode().splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def export(self, body: Json = None, *, platform: str = "all", **parameters: Json) -> list[Record]:
        """The examples of an export, by POST when there is a body, else by GET; every line is checked."""
        if body is not None:
            answer = self.post("/api/feedback/export", body)
        else:
            answer = self.get(f"/api/feedback/export/{platform}", **parameters)
        if answer.status != 200:
            raise AssertionError(f"export: {answer}")
        return check_export(answer.body)


def with_query(target: str, parameters: Mapping[str, Json]) -> str:
    return f"{target}?{urlencode(parameters)}" if parameters else target


class Wire:
    """A raw connection, for requests no polite client would send."""

    def __init__(self, server: Listener, *, timeout: float = 20) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_all_of(self, pieces: Iterable[bytes]) -> threading.Thread:
        """Sends in the background, as far as the server takes it, so that an early answer can be read."""

        def run() -> None:
            try:
                for piece in pieces:
                    self.socket.sendall(piece)
            except OSError:
                pass

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def answer(self, *, to_head: bool = False) -> Answer:
        """The next answer on the connection; ConnectionError when it ends before one."""
        first = self._file.readline(65536)
        if not first.startswith(b"HTTP/1."):
            raise ConnectionError(f"no answer: {first!r}")
        status, headers = int(first.split()[1]), http.client.parse_headers(self._file)
        lower = {name.lower(): value for name, value in headers.items()}
        if to_head or status < 200 or status == 204:
            return Answer(status, lower, b"")
        if lower.get("transfer-encoding", "").lower() == "chunked":
            return Answer(status, lower, b"".join(self._chunks()))
        if "content-length" in lower:
            return Answer(status, lower, self._exactly(int(lower["content-length"])))
        return Answer(status, lower, self._file.read())

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise ConnectionError("the answer was cut off")
        return data

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = int(self._file.readline(1024).split(b";")[0], 16)
            if size == 0:
                while self._file.readline(65536) not in (b"\r\n", b""):
                    pass
                return
            yield self._exactly(size)
            self._exactly(2)

    def closed_within(self, seconds: float) -> bool:
        """Whether the server ends the connection in that time; what it still sends is thrown away."""
        deadline = time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if not self.socket.recv(65536):
                    return True
        except TimeoutError:
            return False
        except OSError:
            return True
        return False

    def close(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # also ends a thread that is still sending
        except OSError:
            pass
        self._file.close()
        self.socket.close()


def raw_request(
    method: str, target: str, key: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """The bytes of one request. Content-Length is set for a body unless `headers` frames it differently."""
    sent = {"Host": "localhost", "Authorization": f"Bearer {key}"}
    if body:
        sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    sent.update(headers or {})
    if "Transfer-Encoding" in sent:
        sent.pop("Content-Length", None)
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body

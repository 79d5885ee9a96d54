"""Stand-ins for model providers, which the proxy passes on to."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

Headers = dict[str, str]


@dataclass
class Asked:
    """A request as the provider got it; header names in lower case."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What is sent back. Pieces are sent one by one, each in a write of its own; without a length they are chunks."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    pieces: tuple[bytes, ...] = ()
    pause: float = 0.0  # between two pieces
    with_length: bool = False
    cut_after: int | None = None  # pieces, whereupon the connection breaks


class Provider:
    """A server that answers as `answer` says; what it was asked is in `asked`."""

    def __init__(self, answer: Callable[[Asked], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.answer, self.asked = answer, list[Asked]()
        self.broken = threading.Event()  # a client went away in the middle of a reply
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self}))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: ClassVar[Provider]

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(6, 1, 1)  # TCP_NODELAY

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.provider.asked.append(asked)
        self._send(self.provider.answer(asked))

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.with_length:
            self.send_header("Content-Length", str(sum(map(len, reply.pieces))))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for number, piece in enumerate(reply.pieces):
                if number == reply.cut_after:
                    self.close_connection = True
                    self.connection.close()
                    return
                if piece:
                    self.wfile.write(piece if reply.with_length else b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                time.sleep(reply.pause)
            if not reply.with_length:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.provider.broken.set()
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass


# ---- what providers say


def chat(text: str, **more: Any) -> Reply:
    """A chat completion."""
    body = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1790000000, "model": "gpt-4.1-mini-2025-04-14",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text} | more, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
    }  # fmt: skip
    return Reply(pieces=(json.dumps(body).encode(),), with_length=True)


def sse(events: Iterator[Any] | list[Any], *, named: bool = False, done: bool = True) -> tuple[bytes, ...]:
    """The events of a stream; `named` has their types in lines of their own."""
    out = []
    for event in events:
        name = f"event: {event['type']}\n" if named else ""
        out.append(f"{name}data: {json.dumps(event)}\n\n".encode())
    return (*out, b"data: [DONE]\n\n") if done else tuple(out)


STREAM = {"Content-Type": "text/event-stream"}


def chat_stream(words: list[str], *, usage: bool, **reply: Any) -> Reply:
    """A chat completion word by word."""
    base = {"id": "chatcmpl-2", "object": "chat.completion.chunk", "created": 1790000000, "model": "gpt-4.1-mini"}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return base | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    events = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": word}) for word in words), chunk({}, "stop")]
    if usage:
        counts = {"prompt_tokens": 9, "completion_tokens": len(words), "total_tokens": 9 + len(words)}
        events.append(base | {"choices": [], "usage": counts})
    return Reply(headers=STREAM, pieces=sse(events), **reply)


def message_stream(words: list[str]) -> Reply:
    """A message of Anthropic's, word by word."""
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [],
            "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in words),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
         "usage": {"output_tokens": len(words)}},
        {"type": "message_stop"},
    ]  # fmt: skip
    return Reply(headers=STREAM, pieces=sse(events, named=True, done=False))

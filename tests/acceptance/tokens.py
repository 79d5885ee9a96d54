"""JSON Web Tokens as an issuer makes them, and the server where it publishes its keys. Keys are made and used by the
openssl program."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Claims = dict[str, Any]
SECRET = "a shared secret of thirty-two bytes or more"
ISSUER = "https://ref.supabase.co/auth/v1"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _openssl(*arguments: str | Path, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, check=True).stdout


def _der(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and values that stand one behind the other in DER."""
    at = 0
    while at < len(content):
        tag, size, at = content[at], content[at + 1], at + 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(content[at : at + more], "big"), at + more
        yield tag, content[at : at + size]
        at += size


def _integers(sequence: bytes) -> list[int]:
    ((_, content),) = _der(sequence)
    return [int.from_bytes(value, "big") for _, value in _der(content)]


def claims_of(subject: str | None = None, **more: Any) -> Claims:
    """Claims as Supabase makes them, good for an hour; one given as None is left out."""
    now = int(time.time())
    made = {
        "iss": ISSUER,
        "aud": "authenticated",
        "iat": now,
        "exp": now + 3600,
        "sub": subject,
        "role": "authenticated",
        "is_anonymous": False,
        "app_metadata": {"provider": "email"},
        "user_metadata": {},
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def encode(header: Claims, claims: Claims) -> bytes:
    return ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)).encode()


class SharedSecret:
    """Signs with HS256."""

    def __init__(self, secret: str = SECRET) -> None:
        self._secret = secret.encode()

    def token(self, claims: Claims, **header: Any) -> str:
        text = encode({"alg": "HS256", "typ": "JWT", **header}, claims)
        return f"{text.decode()}.{b64(hmac.digest(self._secret, text, hashlib.sha256))}"


class KeyPair:
    """Signs with ES256 or RS256; `public` is its half for the key set."""

    def __init__(self, folder: Path, algorithm: str, key_id: str) -> None:
        self.algorithm, self.key_id = algorithm, key_id
        self._file = folder / f"{key_id}.pem"
        kind = ("EC", "ec_paramgen_curve:P-256") if algorithm == "ES256" else ("RSA", "rsa_keygen_bits:2048")
        _openssl("genpkey", "-algorithm", kind[0], "-pkeyopt", kind[1], "-out", self._file)

    @property
    def public(self) -> Claims:
        described = _openssl("pkey", "-in", self._file, "-pubout", "-outform", "DER")
        ((_, content),) = _der(described)
        bits = [value for tag, value in _der(content) if tag == 3][0][1:]
        made: Claims = {"kid": self.key_id, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "ES256":
            return {**made, "kty": "EC", "crv": "P-256", "x": b64(bits[1:33]), "y": b64(bits[33:])}
        modulus, exponent = _integers(bits)
        return {**made, "kty": "RSA", "n": b64(modulus.to_bytes(256, "big")), "e": b64(exponent.to_bytes(3, "big"))}

    def public_pem(self) -> str:
        return _openssl("pkey", "-in", self._file, "-pubout").decode()

    def token(self, claims: Claims, **header: Any) -> str:
        text = encode({"alg": self.algorithm, "kid": self.key_id, "typ": "JWT", **header}, claims)
        signature = _openssl("dgst", "-sha256", "-sign", self._file, given=text)
        if self.algorithm == "ES256":
            signature = b"".join(number.to_bytes(32, "big") for number in _integers(signature))
        return f"{text.decode()}.{b64(signature)}"


class KeyServer:
    """Publishes a key set over HTTP, as /auth/v1/.well-known/jwks.json does."""

    def __init__(self, keys: Sequence[Claims] = ()) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.broken = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                content = json.dumps({"keys": outer.keys}).encode()
                self.send_response(500 if outer.broken else 200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/.well-known/jwks.json"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

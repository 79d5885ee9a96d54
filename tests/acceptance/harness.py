"""Runs the real program: server and command line as child processes, and the test cases that own them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import store
from .client import Answer, Client, Json, Record
from .program import REPO as REPO
from .program import binary, child_env

RSS_LIMIT_MB = int(os.environ.get("GLEANER_RSS_LIMIT_MB", "300"))
READY = re.compile(r"^listening on http://(\S+):(\d+)$")


def wait_for(condition: Callable[[], Any], within: float, what: str) -> Any:
    """Polls until `condition` gives something true; its value."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.02)


def memory_mb(pid: int, field: str = "VmHWM") -> float:
    """VmHWM (most ever resident) or VmRSS (now) of a process; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


# ---------------------------------------------------------------------------------------------- command line


@dataclass(frozen=True)
class Finished:
    """How one run of the command line ended."""

    code: int
    out: str
    err: str
    peak_mb: float

    def json(self) -> Json:
        """The one JSON document on stdout, or a list of them when there is one per line."""
        try:
            return json.loads(self.out)
        except ValueError:
            return [json.loads(line) for line in self.out.splitlines()]


def gleaner(
    *args: str | Path,
    stdin: bytes | Path = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 300,
) -> Finished:
    """Runs `gleaner ARGS` to its end, in an empty folder unless `cwd` says otherwise, on the store of --data-dir."""
    with tempfile.TemporaryDirectory(prefix="gleaner-cli-") as scratch:
        home = Path(scratch)
        source = stdin if isinstance(stdin, Path) else home / "stdin"
        if isinstance(stdin, bytes):
            source.write_bytes(stdin)
        cwd = cwd or home / "cwd"
        cwd.mkdir(exist_ok=True)
        command = [binary(), *map(str, args)]
        with source.open("rb") as feed, (home / "o").open("w+b") as out, (home / "e").open("w+b") as err:
            child = subprocess.Popen(
                command,
                stdin=feed,
                stdout=out,
                stderr=err,
                env=child_env(home, store.environment(store.data_dir_of(command, cwd), env)),
                cwd=cwd,
            )
            peak, deadline = 0.0, time.monotonic() + timeout
            while child.poll() is None:
                peak = max(peak, memory_mb(child.pid))
                if time.monotonic() > deadline:
                    child.kill()
                    child.wait()
                    raise AssertionError(f"gleaner {' '.join(map(str, args))}: not done after {timeout} s")
                time.sleep(0.002)
            out.seek(0), err.seek(0)
            return Finished(child.returncode, out.read().decode(), err.read().decode(), peak)


def create_key(data_dir: Path, *scopes: str, project: str | None = None, name: str = "test") -> Record:
    """A new key by the command line: {"id", "key", "name", "scopes", "project"}."""
    flags = [flag for scope in scopes or ("ingest", "read", "admin") for flag in ("--scope", scope)]
    if project:
        flags += ["--project", project]
    done = gleaner("keys", "create", "--data-dir", data_dir, "--name", name, *flags, "--json")
    if done.code != 0:
        raise AssertionError(f"keys create: exit {done.code}: {done.err}")
    return done.json()


# ---------------------------------------------------------------------------------------------------- server


class Server:
    """One `gleaner serve` on a data directory and its store; may be killed and started again, each time on a new
    port."""

    def __init__(
        self,
        data_dir: Path,
        scratch: Path,
        *,
        env: Mapping[str, str] | None = None,
        flags: Sequence[str] = ("--host", "127.0.0.1"),
        cwd: Path | None = None,
        ignore_signals: bool = False,
    ) -> None:
        self.data_dir = data_dir
        self.log_path = scratch / "server.log"
        self.stdout: list[str] = []
        self.host, self.port = "127.0.0.1", 0
        self._cwd = cwd or scratch / "cwd"
        self._cwd.mkdir(parents=True, exist_ok=True)
        self._env = child_env(scratch, store.environment(data_dir, env))
        self._flags = list(flags)
        self._restore_signals = not ignore_signals
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()
        self._reader: threading.Thread | None = None

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None, "the server was never started"
        return self._process

    def spawn(self) -> None:
        """Starts the process without waiting until it listens."""
        self._ready.clear()
        self.stdout.clear()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [binary(), "serve", "--data-dir", str(self.data_dir), "--port", "0", *self._flags],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._env,
                cwd=self._cwd,
                restore_signals=self._restore_signals,
            )
        self._reader = threading.Thread(target=self._read_stdout, args=(self._process,), daemon=True)
        self._reader.start()

    def _read_stdout(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.stdout.append(line.rstrip("\n"))
            if (found := READY.match(self.stdout[-1])) and not self._ready.is_set():
                self.host, self.port = found[1], int(found[2])
                self._ready.set()
        process.stdout.close()

    def start(self, timeout: float = 30) -> Server:
        """Starts the process; returns once it printed that it listens."""
        self.spawn()
        return self.await_ready(timeout)

    def await_ready(self, timeout: float = 30) -> Server:
        """Returns once the process that was spawned printed that it listens."""
        deadline = time.monotonic() + timeout
        while not self._ready.wait(0.01):
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.log()[-2000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"serve did not listen within {timeout} s: {self.log()[-2000:]}")
        return self

    def _reap(self, timeout: float) -> int:
        code = self.process.wait(timeout)
        if self._reader:
            self._reader.join(5)
        return code

    def stop(self, timeout: float = 30) -> int:
        """SIGTERM, then the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self._reap(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"serve did not end within {timeout} s of SIGTERM") from None

    def kill(self) -> None:
        """kill -9; nothing to do when it has ended already."""
        if self._process is not None:
            self._process.kill()
            self._reap(30)

    def alive(self) -> bool:
        return self.process.poll() is None

    def peak_mb(self) -> float:
        """The most memory the process ever had resident."""
        return memory_mb(self.process.pid)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""


# -------------------------------------------------------------------------------------------------- test case


class Case(unittest.TestCase):
    """A test with folders of its own; `serve` starts a server that ends with the test."""

    maxDiff = 4000

    def setUp(self) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="gleaner-test-"))
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.addCleanup(store.forget, self.scratch)
        self.data_dir = self.scratch / "data"

    def serve(self, data_dir: Path | None = None, **options: Json) -> Server:
        server = Server(data_dir or self.data_dir, self.scratch, **options)
        self.addCleanup(server.kill)
        return server.start()

    def connect(self, server: Server, key: str | None, **options: Json) -> Client:
        client = Client(server, key, **options)
        self.addCleanup(client.close)
        return client

    def expect(self, answer: Answer, *statuses: int) -> Answer:
        """Fails, showing the answer, unless its status is one of these."""
        self.assertIn(answer.status, statuses, f"expected {statuses}, got {answer}")
        return answer

    def expect_problem(self, answer: Answer, status: int, code: str) -> Record:
        """An error as docs/api.md promises it: problem+json with type, title, status, detail and code."""
        self.expect(answer, status)
        self.assertRegex(answer.headers.get("content-type", ""), "^application/problem[+]json")
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        self.assertEqual(problem["code"], code)
        for field in ("type", "title", "detail"):
            self.assertTrue(problem[field] and isinstance(problem[field], str), f"{field}: {problem}")
        return problem

    def ok(self, done: Finished, code: int = 0) -> Finished:
        """Fails, showing what was printed, unless the command ended with that code."""
        self.assertEqual(done.code, code, f"stdout: {done.out[-1500:]}\nstderr: {done.err[-1500:]}")
        return done


class ServedCase(Case):
    """A test with a server and a client whose key has every scope."""

    server_env: Mapping[str, str] = {}

    def setUp(self) -> None:
        super().setUp()
        self.key = create_key(self.data_dir)["key"]
        self.server = self.serve(env=self.server_env)
        self.client = self.connect(self.server, self.key)

    def store(self, *records: Record) -> list[str]:
        """Stores all of them; their ids."""
        answer = self.expect(self.client.post_ndjson("/v1/interactions", records), 200).json()
        self.assertEqual((answer["stored"], answer["rejected"]), (len(records), 0), answer)
        return answer["ids"]

    def signal(self, *signals: Record) -> list[str]:
        answer = self.expect(self.client.post_ndjson("/v1/signals", signals), 200).json()
        self.assertEqual((answer["stored"], answer["rejected"]), (len(signals), 0), answer)
        return answer["ids"]

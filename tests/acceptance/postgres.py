"""A real PostgreSQL for tests: throw-away clusters that end with this process, and the databases in them."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from .program import REPO

SCRIPT = REPO / "tests" / "postgres" / "cluster"
OWNER = "gleaner"  # owns the databases; no superuser, but it may make roles, as on a hosted PostgreSQL

# Waits until its standard input ends, which it does with the process that made it, however that ends.
GUARD = """
cat >/dev/null
read -r postmaster <"$2/data/postmaster.pid" &&
  kill -CONT "$postmaster" $(cat "/proc/$postmaster/task/$postmaster/children")
"$1" stop "$2" immediate
rm -rf "$2"/*
rmdir "$2"
"""


@functools.cache
def program(name: str) -> str:
    """psql or pg_dump itself: the wrapper that Debian puts before them takes longer than they do."""
    path = shutil.which(name, path=f"/usr/lib/postgresql/15/bin{os.pathsep}{os.environ.get('PATH', '')}")
    if path is None:
        raise FileNotFoundError(f"{name} is not there; scripts/setup --dev installs it")
    return path


def _run(*command: str | Path, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs a program of PostgreSQL with none of this shell's PG* variables."""
    env = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PGCONNECT_TIMEOUT": "20"}
    done = subprocess.run(
        list(map(str, command)), input=stdin, capture_output=True, encoding="utf-8", env=env, cwd="/"
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{Path(command[0]).name}: exit {done.returncode}: {done.stderr[-2000:]}")
    return done


def with_parts(url: str, *, user: str = "", password: str = "", port: int = 0, database: str = "") -> str:
    """The URL with some parts replaced."""
    parts = urlsplit(url)
    login = quote(user or parts.username or "", safe="")
    secret = quote(password, safe="") if password else parts.password or ""
    host = f"{login}{':' + secret if secret else ''}@{parts.hostname}:{port or parts.port}"
    return urlunsplit(parts._replace(netloc=host, path=f"/{database}" if database else parts.path))


@dataclass(frozen=True)
class Database:
    """One database: `url` is what the program is given, `admin` is the superuser's way in."""

    url: str
    admin: str
    log: Path  # of its server
    log_start: int = 0  # where in the log its life began

    @property
    def name(self) -> str:
        return urlsplit(self.url).path[1:]

    def psql(
        self, script: str = "", *flags: str | Path, url: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script as the superuser, or as whoever `url` says, and stops at its first error."""
        command = (program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url or self.admin, *flags)
        return _run(*command, stdin=script, check=check)

    def rows(self, query: str) -> list[list[str]]:
        """What a query finds; values as text, NULL as the empty text."""
        printed = self.psql(query, "-F", "\x1f", "-R", "\x1e").stdout.removesuffix("\n")
        return [line.split("\x1f") for line in printed.split("\x1e")] if printed else []

    def value(self, query: str) -> str:
        """The one value a query finds."""
        ((value,),) = self.rows(query)
        return value

    def number(self, query: str) -> int:
        return int(self.value(query))

    def session(self) -> Session:
        return Session(self.admin)

    def dump(self, *flags: str) -> str:
        """pg_dump, as SQL with one INSERT for each row."""
        return _run(program("pg_dump"), "--inserts", *flags, "-d", self.admin).stdout

    def server_log(self) -> bytes:
        """What the server has logged since this database was made."""
        with self.log.open("rb") as file:
            file.seek(self.log_start)
            return file.read()

    def values(self) -> Iterator[tuple[str, bytes]]:
        """Every value of every table as (table, value); bytea as the bytes it stands for."""
        tables = [
            table
            for (table,) in self.rows(
                "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE relkind IN ('r', 'm') AND nspname NOT LIKE 'pg_%' AND nspname <> 'information_schema'"
            )
        ]
        script = "".join(f"\\echo '\x1e{table}'\nCOPY {table} TO STDOUT;\n" for table in tables)
        table = ""
        for line in self.psql(script).stdout.split("\n"):
            if line.startswith("\x1e"):
                table = line[1:]
            elif line:
                yield from ((table, _decoded(field)) for field in line.split("\t") if field != "\\N")


ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _decoded(field: str) -> bytes:
    """A field of COPY's text format."""
    text = re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), field)
    return bytes.fromhex(text[2:]) if re.fullmatch(r"\\x(?:[0-9a-f]{2})*", text) else text.encode()


class Session:
    """A connection of the superuser that stays open, for transactions beside the program's. One thread
    only."""

    def __init__(self, url: str) -> None:
        self._psql = subprocess.Popen(
            [program("psql"), "-XqAt", "-d", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._marks = itertools.count()

    def send(self, sql: str) -> str:
        """Sends without waiting for the answer; what `answer` needs to find it."""
        assert self._psql.stdin is not None
        mark = f"--answer {next(self._marks)}--"
        self._psql.stdin.write(f"{sql};\n\\echo {mark}\n")
        self._psql.stdin.flush()
        return mark

    def answer(self, mark: str) -> str:
        """What was printed up to there, errors too."""
        assert self._psql.stdout is not None
        lines = []
        for line in self._psql.stdout:
            if line.rstrip("\n") == mark:
                break
            lines.append(line)
        return "".join(lines)

    def run(self, sql: str) -> str:
        return self.answer(self.send(sql))

    def close(self) -> None:
        """Ends the connection, and with it what it has not committed."""
        self._psql.kill()
        self._psql.wait()
        for pipe in (self._psql.stdin, self._psql.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass


class Cluster:
    """A PostgreSQL server of its own, in a folder of its own, with the settings given.

    Where `folder` is given it is emptied in the end, else it is a new one that goes, too. Nothing is synced to disk:
    processes that are killed lose nothing that the kernel has, and no test takes its power away. One that `follows`
    another is its standby, and from then on every commit of the other waits for it.
    """

    def __init__(self, *settings: str, folder: Path | None = None, follows: Cluster | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="gleaner-postgres-"))
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", str(SCRIPT), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(self.end)
        self._names = itertools.count(1)
        if follows is not None:
            self.url = self._follow(follows)
            return
        self.url = _run(SCRIPT, "start", self.folder, "fsync=off", *settings).stdout.strip()
        self.psql(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")

    def _follow(self, primary: Cluster) -> str:
        data = self.folder / "data"
        _run(program("pg_basebackup"), "-D", data, "-R", "-X", "fetch", "-c", "fast", "-N", "-d", primary.url)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with (data / "postgresql.auto.conf").open("a") as file:
            file.write(f"port = {port}\n")
        if os.geteuid() == 0:
            _run("/bin/chown", "-R", "postgres:postgres", self.folder)
        self.start()
        primary.set("synchronous_standby_names", "'*'")
        return with_parts(primary.url, port=port)

    def set(self, name: str, value: str = "DEFAULT") -> None:
        """Changes a setting of the running server."""
        self.psql(f"ALTER SYSTEM SET {name} = {value}")
        self.psql("SELECT pg_reload_conf()")

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def end(self) -> None:
        """Stops the server and removes all it had."""
        atexit.unregister(self.end)
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()

    def psql(self, script: str, url: str = "") -> str:
        return _run(
            program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url or self.url, stdin=script
        ).stdout

    def create(self, options: str = "") -> Database:
        """A new, empty database."""
        name = f"gleaner_{next(self._names)}"
        start = self.log.stat().st_size
        self.psql(f"CREATE DATABASE {name} OWNER {OWNER} {options}")
        url = with_parts(self.url, user=OWNER, database=name)
        return Database(url, with_parts(self.url, database=name), self.log, start)

    def drop(self, database: Database) -> None:
        self.psql(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")

    def stop(self, mode: str = "immediate") -> None:
        """immediate: without a word to anybody and without a checkpoint, as after a crash."""
        _run(SCRIPT, "stop", self.folder, mode)

    def start(self) -> None:
        """Starts it again, on the same port; returns when it takes connections."""
        _run(SCRIPT, "restart", self.folder)

    def restart(self, mode: str = "immediate") -> None:
        self.stop(mode)
        self.start()

    def recover(self) -> None:
        """Whatever a test has done to it, it runs again."""
        self.resume()
        if not self.processes():
            self.start()

    def kill(self) -> None:
        """kill -9 of every process."""
        for pid in self.processes():
            _signal(pid, signal.SIGKILL)
        while self.processes():
            time.sleep(0.01)
        # A process that nobody has waited for would make it look as if the server still ran.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def processes(self) -> list[int]:
        """The server process and its children."""
        try:
            postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return []
        return [pid for pid in [postmaster, *children(postmaster)] if _alive(pid)]

    def pause(self) -> None:
        """The machine hangs: connections stay open and can even be made, but nothing answers."""
        for pid in self.processes():
            _signal(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in self.processes():
            _signal(pid, signal.SIGCONT)

    def terminate_backends(self, database: Database) -> int:
        """Ends every connection to the database; how many there were."""
        ended = self.psql(
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{database.name}'"
        )
        return int(ended)


def _stat(pid: int) -> list[str]:
    """/proc/PID/stat from the state on; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _alive(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def children(parent: int) -> list[int]:
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid for pid in pids if _stat(pid)[1:2] == [str(parent)]]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass

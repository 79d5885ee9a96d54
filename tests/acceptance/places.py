"""Where text lies: everything that a data directory and its database hold, on either store."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .postgres import Database
from .store import database_of

ZSTD = shutil.which("zstd")
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def databases(data_dir: Path) -> list[Path]:
    """Every SQLite file below the data directory, told by its first bytes."""
    found = []
    for path in sorted(data_dir.rglob("*")):
        if path.is_file() and not path.name.endswith(("-wal", "-shm", "-journal")):
            with path.open("rb") as file:
                if file.read(16) == b"SQLite format 3\0":
                    found.append(path)
    return found


def frames(data: bytes) -> Iterator[bytes]:
    """What every zstd frame in these bytes holds."""
    at = data.find(ZSTD_MAGIC)
    while at >= 0 and ZSTD:
        unpacked = subprocess.run([ZSTD, "-qdc"], input=data[at:], capture_output=True).stdout
        if unpacked:
            yield unpacked
        at = data.find(ZSTD_MAGIC, at + 1)


def _unpacked(blob: bytes) -> bytes:
    """What a value holds in compressed form, behind whatever header it has."""
    for magic, name in {ZSTD_MAGIC: "zstd", b"\x1f\x8b\x08": "gzip"}.items():
        start = blob.find(magic)
        if start >= 0 and shutil.which(name):
            return subprocess.run([name, "-dc"], input=blob[start:], capture_output=True).stdout
    return b""


def _values(database: Path) -> Iterator[bytes]:
    with sqlite3.connect(database) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for (table,) in tables:
            try:
                for row in connection.execute(f'SELECT * FROM "{table.decode()}"'):
                    yield from (value for value in row if isinstance(value, bytes))
            except sqlite3.DatabaseError:  # a virtual table of an extension Python lacks
                continue
    connection.close()


def _copy_of(data_dir: Path, scratch: Path) -> Path:
    """Opening a database would change it."""
    copy = Path(tempfile.mkdtemp(prefix="copy-", dir=scratch)) / "data"
    if data_dir.exists():
        shutil.copytree(data_dir, copy)
    return copy


def in_database(database: Database) -> Iterator[tuple[str, bytes]]:
    """(where, bytes) of every value of every table, as it is and unpacked, and of what the server has logged."""
    packed: dict[str, list[bytes]] = {}
    for table, value in database.values():
        yield f"a value of {table}", value
        if value.startswith(ZSTD_MAGIC):
            packed.setdefault(table, []).append(value)
        else:
            yield from ((f"a packed value of {table}", unpacked) for unpacked in frames(value))
    for table, values in packed.items():
        assert ZSTD, "no zstd program"
        done = subprocess.run([ZSTD, "-qdc"], input=b"".join(values), capture_output=True)  # frames may follow
        if done.returncode != 0:
            raise AssertionError(f"a value of {table} is no zstd frame: {done.stderr.decode()}")
        yield f"a packed value of {table}", done.stdout
    yield "the dump", database.dump().encode()
    yield "the log of PostgreSQL", database.server_log()


def held(data_dir: Path, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """(where, bytes) of all that a server which does not run has kept: its files, as they are and unpacked, and
    every value of its databases, too."""
    copy = _copy_of(data_dir, scratch)
    for path in sorted(copy.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
            yield from ((f"a frame in {path.name}", unpacked) for unpacked in frames(path.read_bytes()))
    for path in databases(copy):
        for value in _values(path):
            yield f"a value of {path.name}", value
            yield from ((f"a packed value of {path.name}", unpacked) for unpacked in frames(value))
    if database := database_of(data_dir):
        yield from in_database(database)


def places_of(needle: str, data_dir: Path, scratch: Path) -> list[str]:
    """Where a stopped server has kept that text: raw bytes of its data directory, or packed database values."""
    copy = _copy_of(data_dir, scratch)
    text = needle.encode()
    files = [path for path in copy.rglob("*") if path.is_file()]
    found = [str(path.relative_to(copy)) for path in files if text in path.read_bytes()]
    for path in databases(copy):
        if any(text in value or text in _unpacked(value) for value in _values(path)):
            found.append(f"{path.relative_to(copy)} (a value)")
    if database := database_of(data_dir):
        for path in files:
            if any(text in unpacked for unpacked in frames(path.read_bytes())):
                found.append(f"{path.relative_to(copy)} (a frame)")
        found += sorted({where for where, data in in_database(database) if text in data})
    return found

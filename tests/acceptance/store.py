"""Which store the suite runs on (GLEANER_STORE: sqlite or postgres), and the database of each data directory.

With postgres every data directory has a database of its own, made at first use in a cluster of this process; the
program is told by DATABASE_URL. A test may also bind a directory to a database itself, whatever the suite runs on.
"""

from __future__ import annotations

import functools
import os
import subprocess
import unittest
from collections.abc import Mapping
from pathlib import Path

from .postgres import Cluster, Database
from .program import binary, child_env

STORE = os.environ.get("GLEANER_STORE") or "sqlite"
if STORE not in ("sqlite", "postgres"):
    raise ValueError(f"GLEANER_STORE: expected sqlite or postgres, got {STORE!r}")

_databases: dict[Path, Database] = {}


@functools.cache
def shared_cluster() -> Cluster:
    """The cluster of this process."""
    return Cluster("full_page_writes=off", "max_wal_size=256MB")


@functools.cache
def _template() -> str:
    """A database with the schema and nothing in it: a copy is made faster than a migration."""
    database = shared_cluster().create()
    env = child_env(shared_cluster().folder, {"DATABASE_URL": database.url})
    done = subprocess.run([binary(), "migrate"], env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"migrate: exit {done.returncode}: {done.stderr}")
    return database.name


def database_of(data_dir: Path) -> Database | None:
    """The database that stands for the directory; none on the embedded store."""
    if data_dir not in _databases and STORE == "postgres":
        _databases[data_dir] = shared_cluster().create(f"TEMPLATE {_template()}")
    return _databases.get(data_dir)


def bind(data_dir: Path, database: Database) -> None:
    """From now on the program is given this database together with the directory."""
    _databases[data_dir] = database


def forget(folder: Path) -> None:
    """Drops what was made for the data directories below."""
    for data_dir in [path for path in _databases if path.is_relative_to(folder)]:
        database = _databases.pop(data_dir)
        if database.log == _shared_log():
            shared_cluster().drop(database)


def _shared_log() -> Path | None:
    return shared_cluster().log if shared_cluster.cache_info().currsize else None


def environment(data_dir: Path | None, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a program that works on the directory. What the test gives wins."""
    names = {"DATABASE_URL", "GLEANER_DATABASE_URL"}
    if data_dir is None or names & (given or {}).keys():
        return dict(given or {})
    database = database_of(data_dir)
    return {**({"DATABASE_URL": database.url} if database else {}), **(given or {})}


def data_dir_of(arguments: list[str], cwd: Path) -> Path | None:
    """The data directory that a command line names."""
    for at, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--data-dir" and (equals or arguments[at + 1 :]):
            return cwd / (value if equals else arguments[at + 1])
    return None


# For tests about what only one store has.
about_sqlite = unittest.skipUnless(STORE == "sqlite", "about the files of the embedded store")

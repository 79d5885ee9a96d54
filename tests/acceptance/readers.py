"""Programs of others, from PyPI and npm, in folders of the user's cache; those that read Parquet unless others are named."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .program import REPO as REPO

PACKAGES = ("duckdb==2.0.0", "numpy==2.4.6", "pandas==3.1.1", "pyarrow==26.0.1")


def _folder(name: str, packages: Sequence[str], fetch: Callable[[Path], None]) -> Path:
    """Where the packages lie. The first call fetches them, which may take a minute; later ones find them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gleaner"
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = cache / f"{name}-{digest}"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            new = folder.with_name(folder.name + ".new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            fetch(new)
            new.rename(folder)
    return folder


def packages_folder(name: str, packages: Sequence[str]) -> Path:
    """Packages of PyPI, for PYTHONPATH."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-warn-conflicts", "--root-user-action=ignore"]

    def fetch(folder: Path) -> None:
        command = [*pip, "--only-binary", ":all:", "--target", folder, *packages]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=1200)

    return _folder(f"{name}-{sys.version_info.major}.{sys.version_info.minor}", packages, fetch)


def node_folder(name: str, packages: Sequence[str]) -> Path:
    """Packages of npm, node among them; a script that lies in the folder finds them."""

    def fetch(folder: Path) -> None:
        command = ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--silent", *packages]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)

    return _folder(f"node-{name}", packages, fetch)


def run(
    script: str, *arguments: str | Path, name: str = "readers", packages: Sequence[str] = PACKAGES, timeout: float = 120
) -> Any:
    """What `script` prints as JSON, run with these packages at hand. Missing is an error, never a skip."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(packages_folder(name, packages))}, capture_output=True, text=True, timeout=timeout,
    )  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"a reader failed: {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)

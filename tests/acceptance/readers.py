"""Others who read Parquet: pyarrow, pandas and DuckDB, from PyPI, in a folder of the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .program import REPO as REPO

PACKAGES = ("duckdb==2.0.0", "numpy==2.4.6", "pandas==3.1.1", "pyarrow==26.0.1")


def packages_folder(name: str, packages: Sequence[str]) -> Path:
    """Where they lie. The first call fetches them, which takes a minute; later ones find them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gleaner"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = cache / f"{name}-{version}-{digest}"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            new = folder.with_name(folder.name + ".new")
            shutil.rmtree(new, ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-warn-conflicts", "--root-user-action=ignore"]
            subprocess.run(
                [*pip, "--only-binary", ":all:", "--target", new, *packages],
                check=True, stdout=subprocess.DEVNULL, timeout=1200,
            )  # fmt: skip
            new.rename(folder)
    return folder


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

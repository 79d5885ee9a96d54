"""Where the program under test is, and what it is run with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def binary() -> str:
    """The program under test. Missing is an error, never a skip: a run without it has tested nothing."""
    path = (REPO / os.environ.get("GLEANER_BIN", "build/release/gleaner")).resolve()
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"{path} is not there; build it or set GLEANER_BIN")
    return str(path)


def child_env(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A bare environment, so that no setting of this shell reaches the program."""
    names = ["PATH", *(name for name in os.environ if name.endswith("SAN_OPTIONS"))]
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "HOME": str(home), "LANG": "C.UTF-8", **(extra or {})}

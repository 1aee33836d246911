"""Where the tasks' data lie: fetched once by `python -m quality.setup`, never committed."""

from __future__ import annotations

import os
from pathlib import Path

#: Names another directory than the user's cache directory.
VARIABLE = "GIO4J_QUALITY_DATA"


def directory() -> Path:
    """`$GIO4J_QUALITY_DATA`, or gio4j/quality in the user's cache directory."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "gio4j" / "quality"


def fetched(name: str) -> Path:
    """The path of a file or folder that set-up brings; FileNotFoundError with the command else."""
    path = directory() / name
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing: run `python -m quality.setup` in benchmarks/, or set {VARIABLE} "
            "to the directory that has it"
        )
    return path

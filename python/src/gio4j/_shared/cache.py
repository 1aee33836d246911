"""The user's folder for what gio4j can make again."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

from gio4j._shared.open_file import absolute


def cache_path() -> Path:
    """GIO4J_CACHE, else where the system has such files."""
    chosen = os.environ.get("GIO4J_CACHE")
    return absolute(chosen) if chosen else user_cache_path("gio4j")

"""Files at an address, such as `s3://bucket/rows.npy`, where fsspec is installed.

They are fetched once into the folder of converted copies, and used again as long as the file system
says that they are what they were.
"""

from __future__ import annotations

import re
from pathlib import Path

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::|://)")


def is_address(text: str) -> bool:
    """Whether a path is one of fsspec's: two letters at least, as C:/ is a drive."""
    return _ADDRESS.match(text) is not None


def fetched(address: str, name: str) -> list[Path]:
    """The files of an address, or of a pattern, as files of this machine."""
    raise NotImplementedError

"""Which file lies mapped at an address, so that the engine can map it as well."""

from __future__ import annotations

import bisect
import functools
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """Bytes of a file: its path, and the first of them."""

    path: str
    offset: int


class _Mapping(NamedTuple):
    start: int
    end: int
    offset: int
    device: tuple[int, int]
    inode: int
    path: str


class MappedFiles:
    """The files mapped into this process at the moment it is made; none where nobody tells."""

    def __init__(self) -> None:
        # In ascending order, as the system lists them; a column may lie in thousands of parts.
        self._mappings = _mappings() if sys.platform == "linux" else []
        self._starts = [mapping.start for mapping in self._mappings]
        self._is_still_there = functools.cache(_is_still_there)

    def find(self, address: int, size: int) -> Place | None:
        """Where these bytes lie, if that path still leads to the very file mapped there."""
        below = bisect.bisect_right(self._starts, address) - 1
        if below < 0:
            return None
        mapping = self._mappings[below]
        if address + size > mapping.end or not self._is_still_there(mapping):
            return None
        return Place(mapping.path, mapping.offset + address - mapping.start)


def _mappings() -> list[_Mapping]:
    try:
        maps = Path("/proc/self/maps").read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return []
    found = []
    for line in maps.splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) < 6:
            continue
        # Private and writable: what was written there is not in the file.
        if fields[1][3] != "s" and fields[1][1] == "w":
            continue
        start, end = (int(bound, 16) for bound in fields[0].split("-"))
        major, minor = (int(part, 16) for part in fields[3].split(":"))
        path = re.sub(r"\\(\d{3})", lambda escape: chr(int(escape[1], 8)), fields[5])
        found.append(_Mapping(start, end, int(fields[2], 16), (major, minor), int(fields[4]), path))
    return found


def _is_still_there(mapping: _Mapping) -> bool:
    try:
        status = os.stat(mapping.path)
    except OSError:
        return False
    device = os.major(status.st_dev), os.minor(status.st_dev)
    return (device, status.st_ino) == (mapping.device, mapping.inode)

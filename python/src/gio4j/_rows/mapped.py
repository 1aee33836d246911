"""Which file lies mapped at an address, so that the engine can map it as well."""

from __future__ import annotations

import bisect
import functools
import os
import sys
from pathlib import Path
from typing import NamedTuple

from gio4j._shared.open_file import OpenFile, open_file
from gio4j.errors import InvalidInputError


class Place(NamedTuple):
    """Bytes of a file: the file, and the first of them."""

    file: OpenFile
    offset: int


class _MappedFile(NamedTuple):
    device: tuple[int, int]
    inode: int
    path: bytes


class _Mapping(NamedTuple):
    start: int
    end: int
    offset: int
    file: _MappedFile


class MappedFiles:
    """The files mapped into this process at the moment it is made; none where nobody tells."""

    def __init__(self) -> None:
        # In ascending order, as the system lists them; a column may lie in thousands of parts.
        self._mappings = _mappings() if sys.platform == "linux" else []
        self._starts = [mapping.start for mapping in self._mappings]
        self._opened = functools.cache(_opened)

    def find(self, address: int, size: int) -> Place | None:
        """Where these bytes lie, if a name still leads to the very file mapped there."""
        below = bisect.bisect_right(self._starts, address) - 1
        if below < 0:
            return None
        mapping = self._mappings[below]
        if address + size > mapping.end:
            return None
        file = self._opened(mapping.file)
        return None if file is None else Place(file, mapping.offset + address - mapping.start)


def _mappings() -> list[_Mapping]:
    try:
        maps = Path("/proc/self/maps").read_bytes()
    except OSError:
        return []
    found = []
    for line in maps.split(b"\n"):
        fields = line.split(maxsplit=5)
        if len(fields) < 6:
            continue
        # Private and writable: what was written there is not in the file.
        if fields[1][3:] != b"s" and fields[1][1:2] == b"w":
            continue
        start, end = (int(bound, 16) for bound in fields[0].split(b"-"))
        major, minor = (int(part, 16) for part in fields[3].split(b":"))
        file = _MappedFile((major, minor), int(fields[4]), fields[5])
        found.append(_Mapping(start, end, int(fields[2], 16), file))
    return found


def _opened(mapped: _MappedFile) -> OpenFile | None:
    # A line end in a name is written so; but so may the name be.
    for path in (mapped.path, mapped.path.replace(rb"\012", b"\n")):
        try:
            file = open_file(Path(os.fsdecode(path)), "a mapped file", watched=False)
        except InvalidInputError:
            continue
        status = os.fstat(file.descriptor)
        device = os.major(status.st_dev), os.minor(status.st_dev)
        if (device, status.st_ino) == (mapped.device, mapped.inode):
            return file
    return None

"""Rows of a file, read by position: neither mapped nor read as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gio4j._open_file import OpenFile
from gio4j.errors import InvalidInputError

# NumPy's own bound on a header, and the few bytes before it.
_NPY_HEADER_BYTES = 10_000 + 16
# Wanted rows no further apart than this are read in one go, as a call costs as much as 16 KB do.
_GAP_BYTES = 1 << 14
_MOST_BYTES = 1 << 24


class Part(NamedTuple):
    """Consecutive rows that lie one after another, and the byte at which the first begins."""

    offset: int
    rows: int


class FileRows:
    """Where the float32 rows of a file lie."""

    def __init__(self, file: OpenFile, columns: int, parts: Sequence[Part]) -> None:
        self.file = file
        self.columns = columns
        self.parts = parts
        self.count = sum(part.rows for part in parts)
        self._offsets = np.array([part.offset for part in parts], np.int64)
        self._firsts = np.cumsum([0, *(part.rows for part in parts)])[:-1]

    def take(self, indices: npt.NDArray[np.integer[Any]], name: str) -> npt.NDArray[np.float32]:
        """Some of the rows, a copy; InvalidInputError if the file is not what it was."""
        wanted = np.asarray(indices, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < self.count:
            raise IndexError(f"{name}: rows 0 to {self.count - 1}, {wanted.max()} is asked for")
        width = 4 * self.columns
        part = np.searchsorted(self._firsts, wanted, side="right") - 1
        places = self._offsets[part] + (wanted - self._firsts[part]) * width
        order = np.argsort(places, kind="stable")
        places = places[order]
        taken = np.empty((len(wanted), self.columns), np.float32)
        begin = 0
        while begin < len(places):
            # As many as lie close together, in memory of a bounded size.
            ahead = places[begin:]
            steps = np.flatnonzero(
                (np.diff(ahead) > width + _GAP_BYTES) | (ahead[1:] - ahead[0] > _MOST_BYTES)
            )
            count = int(steps[0]) + 1 if len(steps) else len(ahead)
            block = np.empty(int(ahead[count - 1] - ahead[0]) + width, np.uint8)
            self.file.read_into(block, int(ahead[0]), name)
            for place, row in zip(ahead[:count] - ahead[0], order[begin:], strict=False):
                taken[row] = block[place : place + width].view("<f4")
            begin += count
        self.file.require_unchanged(name)
        return taken


class NpyHeader(NamedTuple):
    """What a .npy file says of its array, and the byte at which that begins."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]
    offset: int


def npy_header(file: OpenFile, name: str) -> NpyHeader:
    """The header of a .npy file; InvalidInputError if it is none, or not whole."""
    start = np.zeros(min(_NPY_HEADER_BYTES, file.identity.size), np.uint8)
    file.read_into(start, 0, name)
    stream = BytesIO(start.tobytes())
    try:
        version = np.lib.format.read_magic(stream)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"version {version[0]}.{version[1]}, 1.0 and 2.0 are known")
        header = NpyHeader(*read(stream), stream.tell())
        if header.dtype.hasobject:
            raise ValueError("it holds Python objects")
        size = int(np.prod(header.shape, dtype=object)) * header.dtype.itemsize
        if file.identity.size - header.offset < size:
            raise ValueError(f"{header.offset + size} bytes are needed")
    except (ValueError, EOFError, SyntaxError, TypeError) as problem:
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise InvalidInputError(
            f"{name}: {file.shown}, {file.identity.size} bytes, is no whole .npy file "
            f"({reason}); write it anew with numpy.save"
        ) from problem
    return header


def npy_array(file: OpenFile, header: NpyHeader, name: str) -> npt.NDArray[Any]:
    """The whole array, read into memory."""
    values = np.empty(header.shape[::-1] if header.is_fortran else header.shape, header.dtype)
    file.read_into(values, header.offset, name)
    file.require_unchanged(name)
    return values.T if header.is_fortran else values

"""Rows of a file, read by position: neither mapped nor read as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gio4j._checks import cause
from gio4j._rows.float32 import FLOAT32, Numbers, plain
from gio4j._rows.npy import HEADER_BYTES, NpyHeader, npy_header
from gio4j._shared.open_file import OpenFile
from gio4j.errors import InvalidInputError

# Wanted rows no further apart than this are read in one go, as a call costs as much as 16 KB do.
_GAP_BYTES = 1 << 14
_MOST_BYTES = 1 << 24


class Part(NamedTuple):
    """Consecutive rows that lie one after another, and the byte at which the first begins."""

    offset: int
    rows: int


class FileRows:
    """Where rows of a file lie, and of which numbers they are."""

    def __init__(
        self,
        file: OpenFile,
        columns: int,
        parts: Sequence[Part],
        dtype: np.dtype[Any] = FLOAT32,
    ) -> None:
        self.file = file
        self.columns = columns
        self.parts = parts
        self.dtype = dtype
        self.count = sum(part.rows for part in parts)
        self._offsets = np.array([part.offset for part in parts], np.int64)
        self._firsts = np.cumsum([0, *(part.rows for part in parts)])[:-1]

    def take(self, indices: npt.NDArray[np.integer[Any]], name: str) -> Numbers:
        """Some of the rows, a copy; InvalidInputError if the file is not what it was.

        Those of bfloat16 as float32.
        """
        wanted = np.asarray(indices, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < self.count:
            raise IndexError(f"{name}: rows 0 to {self.count - 1}, {wanted.max()} is asked for")
        width = self.dtype.itemsize * self.columns
        part = np.searchsorted(self._firsts, wanted, side="right") - 1
        places = self._offsets[part] + (wanted - self._firsts[part]) * width
        order = np.argsort(places, kind="stable")
        places = places[order]
        taken: Numbers = np.empty((len(wanted), self.columns), self.dtype)
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
                taken[row] = block[place : place + width].view(self.dtype)
            begin += count
        self.file.require_unchanged(name)
        return plain(taken)


def header_of(file: OpenFile, name: str) -> NpyHeader:
    """The header of a .npy file; InvalidInputError if it is none, or not whole."""
    start = np.empty(min(HEADER_BYTES, file.identity.size), np.uint8)
    file.read_into(start, 0, name)
    try:
        return npy_header(start.tobytes(), file.identity.size)
    except ValueError as problem:
        raise InvalidInputError(
            f"{name}: {file.shown}, {file.identity.size} bytes, is no whole .npy file "
            f"({cause(problem)}); write it again with numpy.save"
        ) from problem


def npy_array(file: OpenFile, header: NpyHeader, name: str) -> npt.NDArray[Any]:
    """The whole array, read into memory."""
    values = np.empty(header.shape[::-1] if header.is_fortran else header.shape, header.dtype)
    file.read_into(values, header.offset, name)
    file.require_unchanged(name)
    return values.T if header.is_fortran else values

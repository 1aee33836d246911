"""The rows of several files as one pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property

import numpy as np

from gio4j._rows.float32 import Numbers, Offset
from gio4j._rows.matrix import Matrix
from gio4j._rows.sources import Indices, Source
from gio4j.errors import InvalidInputError


class JoinedSource(Source):
    """The rows of several sources, one after another."""

    def __init__(self, parts: Sequence[Source], name: str) -> None:
        super().__init__(name)
        self._parts = parts
        self._counted: list[tuple[str, int]] = []
        self.columns = parts[0].columns

    def share(self, leases: ExitStack) -> Matrix:
        """Each where it lies."""
        shared = [part.share(leases) for part in self._parts]
        rows = [part.rows for part in shared]
        columns = {part.columns for part in shared if part.columns is not None}
        if len(columns) > 1:
            self._require_one_width()
        request = {
            "name": self.name,
            "kind": "joined",
            "parts": [part.request for part in shared],
        }
        total = None if None in rows else sum(count for count in rows if count is not None)
        return Matrix(request, total, columns.pop() if columns else None)

    def materialised(self, offset: Offset | None = None) -> Source:
        """Each of them."""
        return JoinedSource([part.materialised(offset) for part in self._parts], self.name)

    def copied_bytes(self) -> int:
        """Of all of them."""
        return sum(part.copied_bytes() for part in self._parts)

    @cached_property
    def _shapes(self) -> list[tuple[int, int]]:
        return [part.shape for part in self._parts]

    @property
    def shape(self) -> tuple[int, int]:
        """All rows of all."""
        self._require_one_width()
        return sum(rows for rows, _ in self._shapes), self._shapes[0][1]

    def files(self) -> list[tuple[str, int]]:
        """Of each in turn."""
        return [file for part in self._parts for file in part.files()]

    def take(self, indices: Indices) -> Numbers:
        """Of each those that it has."""
        rows = np.asarray(indices)
        taken: Numbers | None = None
        first = 0
        for part, (count, _) in zip(self._parts, self._shapes, strict=True):
            inside = np.flatnonzero((rows >= first) & (rows < first + count))
            if len(inside):
                found = part.take(rows[inside] - first)
                if taken is None:
                    # Zeros: casting to another type would warn of what happens to be there.
                    taken = np.zeros((len(rows), found.shape[1]), found.dtype)
                elif taken.dtype != found.dtype:
                    taken = taken.astype(np.promote_types(taken.dtype, found.dtype))
                taken[inside] = found
            first += count
        return np.empty((0, self.shape[1]), np.float32) if taken is None else taken

    def blocks(self) -> Iterator[Numbers]:
        """Of each in turn."""
        self._counted = []
        for part in self._parts:
            rows = 0
            for block in part.blocks():
                rows += len(block)
                yield block
            self._counted.append((part.path or "", rows))

    def _files_read(self, rows: int) -> list[tuple[str, int]]:
        return self._counted

    @property
    def is_held(self) -> bool:
        """Where all of them are."""
        return all(part.is_held for part in self._parts)

    def _require_one_width(self) -> None:
        for part, (_, columns) in zip(self._parts, self._shapes, strict=True):
            if columns != self._shapes[0][1]:
                raise InvalidInputError(
                    f"{self.name}: {part.path} has {columns} columns, {self._parts[0].path} "
                    f"{self._shapes[0][1]}; files of one pool need the same"
                )

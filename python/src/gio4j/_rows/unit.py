"""Rows divided by their Euclidean lengths, between which distances follow the cosine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np

from gio4j._rows.choice import Metric
from gio4j._rows.float32 import Numbers, Offset, Rows, as_float32
from gio4j._rows.matrix import Matrix
from gio4j._rows.sources import Indices, Source, are_zeros
from gio4j.errors import InvalidInputError


class UnitSource(Source):
    """The rows of another source at length 1.

    The engine divides them while it reads them, so that a pool is shared and kept as it is stored.
    Only the few rows that are wanted here are divided by NumPy.
    """

    metric: Metric = "cosine"
    is_movable = False

    def __init__(self, stored: Source) -> None:
        super().__init__(stored.name)
        self.stored = stored
        self.columns, self.path, self.rows = stored.columns, stored.path, stored.rows

    def share(self, leases: ExitStack) -> Matrix:
        """As they are stored."""
        found = self.stored.share(leases)
        return Matrix({"kind": "unit", "rows": found.request}, found.rows, found.columns)

    def materialised(self, offset: Offset | None = None) -> UnitSource:
        """As they are stored; none has an offset, since it would change the angles."""
        assert offset is None, "unit rows are never moved"
        return UnitSource(self.stored.materialised())

    def copied_bytes(self) -> int:
        """As of the stored ones."""
        return self.stored.copied_bytes()

    @property
    def shape(self) -> tuple[int, int]:
        """That of the stored ones."""
        return self.stored.shape

    def passed(self) -> int:
        """As many as of the stored ones."""
        return self.stored.passed()

    def files(self) -> list[tuple[str, int]]:
        """Those of the stored ones."""
        return self.stored.files()

    def take(self, indices: Indices) -> Numbers:
        """At length 1; InvalidInputError for a row of zeros."""
        return unit_rows(self.stored.take(indices), self.name, indices)

    def blocks(self) -> Iterator[Numbers]:
        """At length 1."""
        first = 0
        for block in self.stored.blocks():
            yield unit_rows(block, self.name, np.arange(first, first + len(block)))
            first += len(block)

    def only(self, places: Indices) -> UnitSource:
        """Some of the stored ones; InvalidInputError if there is a row of zeros among them."""
        found = self.stored.only(places)
        first = 0
        for block in found.blocks():
            zeros = first + np.flatnonzero(are_zeros(block))
            require_directions(found.numbers(zeros), found.passed(), self.name)
            first += len(block)
        return UnitSource(found)

    @property
    def is_held(self) -> bool:
        """By the type in which they are stored, and rounded to float32 before they are divided."""
        return self.stored.is_held

    def sample(self) -> Numbers:
        """As they are stored, which shows what that rounding loses."""
        return self.stored.sample()


def unit_rows(rows: Numbers, name: str, numbers: Indices) -> Rows:
    """Rows as float32 of length 1; `numbers` are what messages call them."""
    short = as_float32(rows, name)
    require_directions(numbers[are_zeros(short)], len(short), name)
    doubles = short.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", doubles, doubles))
    found: Rows = (doubles / lengths[:, None]).astype(np.float32)
    return found


def require_directions(zeros: Indices, rows: int, name: str) -> None:
    """InvalidInputError if any of some rows are all zeros, in the engine's words."""
    if len(zeros):
        raise InvalidInputError(
            f"{name}: row {zeros.min()} is all zeros, {len(zeros)} of {rows} rows in all, and has "
            "no direction for metric='cosine'; drop such rows first, as missing='skip' does"
        )

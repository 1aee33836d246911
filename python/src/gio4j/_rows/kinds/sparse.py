"""Sparse matrices and arrays of SciPy: made dense some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

from gio4j._rows.choice import Choice
from gio4j._rows.float32 import Numbers, Offset, convert, is_held
from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import Holder
from gio4j._rows.matrix import Matrix, check_matrix, empty
from gio4j._rows.sources import ArraySource, Indices, Source
from gio4j.errors import GioMemoryError

# Numbers that are made dense at once.
_BLOCK = 1 << 20


class SparseMatrix(Holder):
    """A matrix or an array, in any of its formats."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By what all of them have."""
        return package == "scipy" and hasattr(kind, "toarray") and hasattr(kind, "tocsr")

    def vectors(self, choice: Choice, name: str) -> Source:
        """All of it."""
        return SparseSource(self.value, name)

    def count(self) -> int:
        """By its shape: its length is ambiguous."""
        return int(self.value.shape[0])

    def take(self, rows: Positions) -> Any:
        """As rows compressed."""
        return self.value.tocsr()[rows]


class SparseSource(Source):
    """Rows of a sparse matrix: the engine computes from dense ones."""

    def __init__(self, matrix: Any, name: str) -> None:
        super().__init__(name)
        check_matrix(matrix.dtype, matrix.shape, name)
        self._rows_of = matrix.tocsr()

    def share(self, leases: ExitStack) -> Matrix:
        """One copy, dense."""
        return self.materialised().share(leases)

    def materialised(self, offset: Offset | None = None) -> Source:
        """Block by block; GioMemoryError with the size that all of it would have."""
        rows, columns = self.shape
        try:
            together = empty(self.shape)
        except MemoryError as problem:
            raise GioMemoryError(
                f"{self.name}: is sparse, and as a dense matrix of {rows:,} x {columns:,} float32 "
                f"takes {4 * rows * columns / 2**30:,.1f} GiB, more than there is; reduce its "
                "columns first, such as with sklearn.decomposition.TruncatedSVD"
            ) from problem
        row = 0
        for block in self.blocks():
            convert(block, together[row : row + len(block)], self.name, offset, row)
            row += len(block)
        return ArraySource(together, self.name)

    @property
    def shape(self) -> tuple[int, int]:
        """The matrix's."""
        rows, columns = self._rows_of.shape
        return int(rows), int(columns)

    def take(self, indices: Indices) -> Numbers:
        """Made dense."""
        found: Numbers = self._rows_of[np.asarray(indices)].toarray()
        return found

    def blocks(self) -> Iterator[Numbers]:
        """Some rows at a time, made dense."""
        rows, columns = self.shape
        step = max(1, _BLOCK // columns)
        return (self._rows_of[start : start + step].toarray() for start in range(0, rows, step))

    @property
    def is_held(self) -> bool:
        """By the matrix's dtype."""
        return is_held(self._rows_of.dtype)

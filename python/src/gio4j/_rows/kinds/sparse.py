"""Sparse matrices and arrays of SciPy: made dense some rows at a time."""

from __future__ import annotations

from typing import Any

from gio4j._rows.choice import Choice
from gio4j._rows.float32 import Numbers, Offset, is_held
from gio4j._rows.gather import Positions
from gio4j._rows.gathered import GatheredSource
from gio4j._rows.kinds.holder import Holder
from gio4j._rows.matrix import check_matrix
from gio4j._rows.sources import Source
from gio4j.errors import GioMemoryError


class SparseMatrix(Holder):
    """A matrix or an array, in any of its formats."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By what all of them have."""
        return package == "scipy" and hasattr(kind, "toarray") and hasattr(kind, "tocsr")

    def vectors(self, choice: Choice, name: str) -> Source:
        """All of it."""
        return SparseSource(self.value, name)

    def count(self, name: str) -> int:
        """By its shape: its length is ambiguous."""
        return int(self.value.shape[0])

    def take(self, rows: Positions) -> Any:
        """As rows compressed."""
        return self.value.tocsr()[rows]


class SparseSource(GatheredSource):
    """Rows of a sparse matrix: the engine computes from dense ones."""

    block_numbers = 1 << 20

    def __init__(self, matrix: Any, name: str) -> None:
        super().__init__(name)
        check_matrix(matrix.dtype, matrix.shape, name)
        self._matrix = matrix.tocsr()

    def materialised(self, offset: Offset | None = None) -> Source:
        """As of any; GioMemoryError with the size that all of it would have."""
        try:
            return super().materialised(offset)
        except MemoryError as problem:
            rows, columns = self.shape
            raise GioMemoryError(
                f"{self.name}: is sparse, and as a dense matrix of {rows:,} x {columns:,} float32 "
                f"takes {4 * rows * columns / 2**30:,.1f} GiB, more than there is; reduce its "
                "columns first, such as with sklearn.decomposition.TruncatedSVD"
            ) from problem

    @property
    def shape(self) -> tuple[int, int]:
        """The matrix's."""
        rows, columns = self._matrix.shape
        return int(rows), int(columns)

    def gathered(self, which: Any) -> Numbers:
        """Made dense."""
        dense: Numbers = self._matrix[which].toarray()
        return dense

    @property
    def is_held(self) -> bool:
        """By the matrix's dtype."""
        return is_held(self._matrix.dtype)

"""Rows that lie in no one matrix, and are put together some at a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

import numpy as np

from gio4j._rows.float32 import Numbers, Offset, convert
from gio4j._rows.matrix import Matrix, empty
from gio4j._rows.sources import ArraySource, Indices, Source


class GatheredSource(Source):
    """Rows of which a slice or some places can be had as a matrix."""

    #: Numbers of the rows that are put together at once.
    block_numbers: ClassVar[int]

    @abstractmethod
    def gathered(self, which: Any) -> Numbers:
        """The rows of a slice, or those at some places."""

    def share(self, leases: ExitStack) -> Matrix:
        """One copy."""
        return self.materialised().share(leases)

    def materialised(self, offset: Offset | None = None) -> Source:
        """Block by block, so that no matrix of another type is made first."""
        together, row = empty(self.shape), 0
        for block in self.blocks():
            convert(block, together[row : row + len(block)], self.name, offset, row)
            row += len(block)
        return ArraySource(together, self.name)

    def take(self, indices: Indices) -> Numbers:
        """Those rows alone."""
        return self.gathered(np.asarray(indices))

    def blocks(self) -> Iterator[Numbers]:
        """Some rows at a time."""
        rows, columns = self.shape
        step = max(1, self.block_numbers // columns)
        return (self.gathered(slice(start, start + step)) for start in range(0, rows, step))

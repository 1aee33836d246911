"""Existing rows that are given by their numbers in the pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._rows.matrix import to_numpy
from gio4j._rows.sources import ArraySource, Source
from gio4j.errors import InvalidInputError


def row_numbers(existing: Any) -> npt.NDArray[np.int64] | None:
    """The numbers, if that is what was given; None for rows themselves."""
    if isinstance(existing, Sequence) and not isinstance(existing, str | bytes):
        if existing and not isinstance(existing[0], int | np.integer):
            return None
    elif len(getattr(existing, "shape", ())) != 1:
        return None
    numbers = to_numpy(existing, "existing")
    if not len(numbers):
        return numbers.astype(np.int64)
    return numbers.astype(np.int64) if numbers.ndim == 1 and numbers.dtype.kind in "iu" else None


def split(sources: dict[str, Source], numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Take the existing rows out of the pool among the sources; which rows are left there."""
    pool = sources["pool"].materialised()
    rows = pool.shape[0]
    outside = np.flatnonzero((numbers < 0) | (numbers >= rows))
    if len(outside):
        raise InvalidInputError(
            f"existing: row number {numbers[outside[0]]} at {outside[0]}; the pool has rows 0 to "
            f"{rows - 1}"
        )
    taken = np.unique(numbers)
    left = np.setdiff1d(np.arange(rows, dtype=np.int32), taken.astype(np.int32))
    if not len(left):
        raise InvalidInputError(
            f"existing: holds all {rows} rows of the pool; none is left to pick"
        )
    if not len(taken):
        return left
    others = pool.take(left)
    bad = np.flatnonzero(~np.isfinite(others).all(axis=1))
    if len(bad):  # the engine would name its row among those left
        raise InvalidInputError(f"pool: row {left[bad[0]]} is not finite; drop or repair such rows")
    sources["existing"] = ArraySource(pool.take(taken), "existing")
    sources["pool"] = ArraySource(others, "pool")
    return left

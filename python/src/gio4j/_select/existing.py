"""Existing rows that are given by their numbers in the pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._rows.matrix import to_numpy
from gio4j._rows.sources import ArraySource, Source, are_zeros
from gio4j._rows.unit import UnitSource, require_directions
from gio4j.errors import InvalidInputError


def row_numbers(existing: Any) -> npt.NDArray[np.int64] | None:
    """The numbers, if that is what was given; None for rows themselves."""
    if isinstance(existing, Source):
        return None
    if isinstance(existing, Sequence) and not isinstance(existing, str | bytes):
        if existing and not isinstance(existing[0], int | np.integer):
            return None
    elif len(getattr(existing, "shape", ())) != 1:
        return None
    numbers = to_numpy(existing, "existing")
    if not len(numbers):
        return numbers.astype(np.int64)
    return numbers.astype(np.int64) if numbers.ndim == 1 and numbers.dtype.kind in "iu" else None


def split(
    sources: dict[str, Source], given: Source, numbers: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    """Take the existing rows out of the pool among the sources; the places that are left there.

    The numbers are those of the pool that was given, with the rows that were left out.
    """
    rows = given.passed()
    outside = np.flatnonzero((numbers < 0) | (numbers >= rows))
    if len(outside):
        raise InvalidInputError(
            f"existing: row number {numbers[outside[0]]} at {outside[0]}; the pool has rows 0 to "
            f"{rows - 1}"
        )
    places = given.places(numbers)
    if (places < 0).any():
        raise InvalidInputError(
            f"existing: row {numbers[(places < 0).argmax()]} of the pool is one that "
            "missing='skip' leaves out; drop it from existing"
        )
    pool = sources["pool"].materialised()
    stored = pool.stored if isinstance(pool, UnitSource) else pool
    taken = np.unique(places).astype(np.int32)
    left = np.setdiff1d(np.arange(pool.shape[0], dtype=np.int32), taken)
    if not len(left):
        raise InvalidInputError(
            f"existing: holds all {len(taken)} rows of the pool; none is left to pick"
        )
    if not len(taken):
        return left
    zeros = []
    for name, part in (("existing", taken), ("pool", left)):
        values = stored.take(part)
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):  # the engine would name its row in this part
            row = given.numbers(part)[bad[0]]
            raise InvalidInputError(f"pool: row {row} is not finite; drop or repair such rows")
        sources[name] = ArraySource(values, name)
        if stored is not pool:
            sources[name] = UnitSource(sources[name])
            zeros.append(given.numbers(part[are_zeros(values)]))
    if zeros:
        require_directions(np.concatenate(zeros), given.passed(), "pool")
    return left

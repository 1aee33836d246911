"""A pool without its duplicates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gio4j._duplicates.deduplicate import duplicates_of
from gio4j._duplicates.duplicates import Duplicates
from gio4j._engine.progress import Progress
from gio4j._rows.sources import Source
from gio4j.errors import InvalidInputError


def unlike(
    pool: Source,
    dedup: float | Duplicates,
    existing: npt.NDArray[np.int64] | None,
    progress: Progress,
) -> Source:
    """The pool less the rows that `dedup` says; those that are selected already stay."""
    if not isinstance(dedup, Duplicates):
        dedup = duplicates_of(pool, dedup, progress)
    if dedup.pool_rows != pool.passed():
        raise InvalidInputError(
            f"dedup: is of a pool of {dedup.pool_rows} rows, and this one has {pool.passed()}; "
            "pass what gio4j.deduplicate answers of the same pool"
        )
    is_left = np.ones(dedup.pool_rows, bool)
    is_left[dedup.dropped] = False
    if existing is not None:  # numbers outside are named later
        is_left[existing[(existing >= 0) & (existing < len(is_left))]] = True
    places = pool.places(np.flatnonzero(is_left))
    places = places[places >= 0]
    if not len(places):
        raise InvalidInputError("dedup: no row of the pool is left; pass a stricter threshold")
    return pool if len(places) == pool.count() else pool.only(places)

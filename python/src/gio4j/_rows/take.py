"""Rows of whatever a pool may be, in the kind it came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._rows.kinds.holders import holder_of
from gio4j.errors import InvalidInputError


def take_rows(
    pool_like: Any, indices: npt.NDArray[np.integer[Any]], pool_rows: int, name: str = "pool_like"
) -> Any:
    """These rows of it; InvalidInputError if it has another number of rows than the pool."""
    if isinstance(pool_like, Mapping):
        return {
            column: take_rows(values, indices, pool_rows, f"{name}[{column!r}]")
            for column, values in pool_like.items()
        }
    holder = holder_of(pool_like)
    found = holder.count(name)
    if found is not None and found != pool_rows:
        raise InvalidInputError(
            f"{name}: has {found} rows, the pool had {pool_rows}; pass what has one row for "
            "each row of the pool, in the same order"
        )
    return holder.take(np.asarray(indices, np.int64))

"""A number for each row of the pool, as callers pass it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._methods.registry import Method, scored_methods
from gio4j._rows.matrix import to_numpy
from gio4j.errors import InvalidInputError, InvalidTypeError

# Doubles count no further one by one.
_MOST_WEIGHT = 2**53


def one_a_row(
    values: Any,
    name: str,
    rows: int,
    needs: str,
    bound: str,
    fits: Callable[[npt.NDArray[Any]], npt.NDArray[np.bool_]],
) -> npt.NDArray[Any]:
    """A number for each row of the pool; an error of ours for what is none, or does not fit."""
    column = to_numpy(values, name).reshape(-1)
    if column.dtype.kind not in "iuf":
        raise InvalidTypeError(f"{name}: dtype {str(column.dtype)[:80]}; needs {needs}")
    bad = np.flatnonzero(~fits(column))
    if len(bad):
        raise InvalidInputError(f"{name}: row {bad[0]} is {column[bad[0]]}; needs {bound}")
    if len(column) != rows:
        raise InvalidInputError(
            f"{name}: are {len(column)} for {rows} rows; needs one for each row"
        )
    return column


def row_weights(weights: Any, pool_rows: int) -> npt.NDArray[np.float32]:
    """As how many rows each counts."""
    needs = "integers of at least 1"
    return one_a_row(
        *(weights, "weights", pool_rows, needs),
        f"{needs}, the rows that each stands for, and at most {_MOST_WEIGHT}",
        lambda column: (column >= 1) & (column <= _MOST_WEIGHT) & (column == np.floor(column)),
    ).astype(np.float32)


def row_scores(scores: Any, method: Method, pool_rows: int) -> npt.NDArray[np.float32]:
    """Scores, for a method that uses them."""
    if not method.uses_scores:
        raise InvalidInputError(
            f"scores: method {method.name!r} uses none; leave them out, or take method="
            f"{' or '.join(map(repr, scored_methods()))}"
        )
    most = np.finfo(np.float32).max
    return one_a_row(
        *(scores, "scores", pool_rows, "numbers", f"finite numbers of at most {most:.3g}"),
        lambda column: np.abs(column.astype(np.float64)) <= most,
    ).astype(np.float32)

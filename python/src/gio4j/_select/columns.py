"""`weights=` and `scores=` of a selection: a number for each row of the pool."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._methods.registry import Method, scored_methods
from gio4j._rows.numbers import finite_scores, one_a_row
from gio4j.errors import InvalidInputError

# Doubles count no further one by one.
_MOST_WEIGHT = 2**53


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
    return finite_scores(scores, pool_rows)

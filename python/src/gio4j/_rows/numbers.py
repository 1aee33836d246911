"""A number for each row, as callers pass it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._rows.matrix import to_numpy
from gio4j.errors import InvalidInputError, InvalidTypeError


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


def finite_scores(scores: Any, rows: int) -> npt.NDArray[np.float32]:
    """`scores=`: numbers that float32 holds."""
    most = np.finfo(np.float32).max
    return one_a_row(
        *(scores, "scores", rows, "numbers", f"finite numbers of at most {most:.3g}"),
        lambda column: np.abs(column.astype(np.float64)) <= most,
    ).astype(np.float32)

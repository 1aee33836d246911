"""Groups of target rows: a label for each row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief
from gio4j._rows.matrix import to_numpy
from gio4j.errors import InvalidInputError, InvalidTypeError

# The engine gets their numbers in float32.
_MOST = 2**24


def grouped(groups: Any, rows: int) -> npt.NDArray[np.int64]:
    """The group of each of some rows, numbered by the first appearance of its label."""
    labels = [label.item() if isinstance(label, np.generic) else label for label in _listed(groups)]
    if len(labels) != rows:
        raise InvalidInputError(
            f"groups: are {len(labels)} for the {rows} rows of the target; needs one for each row"
        )
    numbers: dict[str | int, int] = {}
    for row, label in enumerate(labels):
        if isinstance(label, bool) or not isinstance(label, str | int):
            raise InvalidTypeError(
                f"groups: row {row} is {brief(label)}; needs an integer or a text for each row of "
                "the target"
            )
        numbers.setdefault(label, len(numbers))
    if len(numbers) > _MOST:
        raise InvalidInputError(f"groups: have {len(numbers)} labels; at most {_MOST} can be")
    return np.array([numbers[label] for label in labels], np.int64)


def _listed(groups: Any) -> list[Any]:
    if isinstance(groups, list | tuple):
        return list(groups)
    if not isinstance(groups, type):
        for way in ("to_pylist", "to_list"):  # pyarrow's; pandas' and polars'
            if hasattr(groups, way):
                return list(getattr(groups, way)())
    return list(to_numpy(groups, "groups").reshape(-1).tolist())

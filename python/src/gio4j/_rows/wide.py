"""Columns of numbers as rows: a table that has no column of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._rows.choice import Names
from gio4j._rows.float32 import Numbers, is_held
from gio4j._rows.gathered import GatheredSource
from gio4j._rows.vectors import GAP_CURE
from gio4j.errors import InvalidInputError


class WideSource(GatheredSource):
    """Columns of numbers, each row's side by side; they are put together while they are shared."""

    block_numbers = 1 << 17  # which stay in the cache meanwhile

    def __init__(
        self, columns: Sequence[Any], names: Names, name: str, *, gaps: bool, first_row: int = 0
    ) -> None:
        """With `gaps` a null is NaN, else an error; `first_row` counts the rows before."""
        super().__init__(name)
        self.columns = names
        self._values: list[npt.NDArray[Any]] = []
        self._nulls: dict[int, npt.NDArray[np.bool_]] = {}
        for place, column in enumerate(columns):
            values, nulls = _numbers(column)
            self._values.append(values)
            if nulls is not None:
                self._nulls[place] = nulls
        self._dtype = _common([values.dtype for values in self._values], bool(self._nulls))
        if self._nulls and not gaps:
            row, place = min((int(nulls.argmax()), place) for place, nulls in self._nulls.items())
            raise InvalidInputError(
                f"{name}: row {first_row + row} is null in column {names[place]!r}; {GAP_CURE}"
            )
        if not self.shape[0]:
            raise InvalidInputError(f"{name}: has no rows; needs at least one")

    @property
    def shape(self) -> tuple[int, int]:
        """The columns' length, and how many there are."""
        return len(self._values[0]), len(self._values)

    @property
    def is_held(self) -> bool:
        """By the type that holds all columns."""
        return is_held(self._dtype)

    def gathered(self, which: Any) -> Numbers:
        """From each column; a null is NaN."""
        parts = [values[which] for values in self._values]
        rows: Numbers = np.empty((len(parts[0]), len(parts)), self._dtype)
        for place, part in enumerate(parts):
            rows[:, place] = part
        for place, nulls in self._nulls.items():
            rows[nulls[which], place] = np.nan
        return rows


def _numbers(column: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None]:
    """The numbers of a column, and where it is null, if it is anywhere."""
    if isinstance(column, np.ndarray):
        return column, None
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if not column.null_count:
        return np.asarray(column), None
    nulls = np.asarray(column.is_null())
    return np.asarray(column.fill_null(0)), nulls


def _common(kinds: Sequence[np.dtype[Any]], has_nulls: bool) -> np.dtype[Any]:
    """The type in which no number of any column loses digits.

    Beside fractions integers of 64 bits lose digits in double.
    """
    common = np.result_type(*kinds)
    if has_nulls:
        common = np.promote_types(common, np.float32)
    is_wide = any(kind.kind in "iu" and kind.itemsize == 8 for kind in kinds)
    return np.dtype(np.longdouble) if is_wide and common.kind == "f" else common

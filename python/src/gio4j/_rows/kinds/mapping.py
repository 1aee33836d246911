"""Dicts of columns, as datasets and data loaders give them: `{"embedding": array, "id": list}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
import pyarrow as pa

from gio4j._rows.arrow_file import vector_array
from gio4j._rows.choice import PLAIN, Choice
from gio4j._rows.gather import Positions
from gio4j._rows.kinds.arrow import FIRST_ROWS, first_text
from gio4j._rows.kinds.holder import (
    PREDICTION,
    Array,
    Column,
    Frame,
    Holder,
    Predictions,
    column_of,
    field_of,
)
from gio4j._rows.matrix import to_numpy
from gio4j._rows.sources import Source
from gio4j._rows.vectors import is_number, is_vectors
from gio4j.errors import InvalidInputError


class ColumnDict(Frame):
    """A dict, or another mapping, of columns: arrays, series, lists, each with a value a row."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        super().__init__(value)
        self._chunks: dict[str, pa.ChunkedArray] = {}

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """A dict, or what calls itself a mapping."""
        return kind is dict or (package, kind.__name__) == ("collections", "Mapping")

    def columns(self) -> list[str]:
        """The keys."""
        return list(self.value)

    def holds_vectors(self, column: str) -> bool:
        """By the dimensions of an array, else by what Arrow makes of the values."""
        array = self._array(column)
        return array.ndim > 1 if array is not None else is_vectors(self._arrow(column).type)

    def holds_numbers(self, column: str) -> bool:
        """By the type of the values."""
        array = self._array(column)
        return array.ndim == 1 if array is not None else is_number(self._arrow(column).type)

    def first_text(self, column: str) -> str | None:
        """Of the first rows, as far as they go."""
        if self._array(column) is not None:
            return None
        return first_text(self._arrow(column).slice(0, FIRST_ROWS))

    def column(self, column: str) -> pa.ChunkedArray:
        """What Arrow makes of the values; or a field of it."""
        first, fields = self.field(column)
        return field_of(self._arrow(first), fields, column)

    def numbers(self, column: str) -> Any:
        """An array as it is."""
        array = self._array(column)
        return self.column(column) if array is None else array

    def vectors(self, choice: Choice, name: str) -> Source:
        """InvalidInputError if columns have different lengths."""
        self.count(name)
        return super().vectors(choice, name)

    def vectors_of(self, column: str, name: str, choice: Choice = PLAIN) -> Source:
        """Of an array without a copy of Arrow's."""
        if column in self.value and self._array(column) is not None:
            return Array(self.value[column]).vectors(choice, name)
        return super().vectors_of(column, name, choice)

    def with_column(self, values: Predictions) -> dict[str, Any]:
        """Another dict of the same columns."""
        return {**self.value, PREDICTION: values}

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> dict[str, Any]:
        """Each column in its own kind."""
        names = self.columns() if columns is None else columns
        taken = {name: self._holder(name).take(rows) for name in names}
        return {"i": places, "id": ids, **taken}

    def count(self, name: str) -> int:
        """The length of all columns; InvalidInputError if they differ."""
        lengths = {column: self._holder(column).count(name) for column in self.names}
        if len(set(lengths.values())) != 1:
            said = ", ".join(f"{column!r} {length}" for column, length in lengths.items())
            raise InvalidInputError(
                f"{name}: a dict is taken for columns, which need the same length, and has "
                f"{said[:200] or 'none'}; pass one of its arrays"
            )
        return next(iter(lengths.values())) or 0

    def take(self, rows: Positions) -> dict[str, Any]:
        """Each column in its own kind."""
        return {column: self._holder(column).take(rows) for column in self.names}

    def _holder(self, column: str) -> Holder:
        from gio4j._rows.kinds.holders import holder_of  # which lists this kind as well

        return holder_of(self.value[column])

    def _array(self, column: str) -> npt.NDArray[Any] | None:
        """A column of numbers that NumPy holds, or turns into its own without a look at each."""
        if not hasattr(self.value[column], "dtype") or isinstance(self._holder(column), Column):
            return None
        array = to_numpy(self.value[column], column)
        return None if array.dtype.kind not in "fiuV" else array

    def _arrow(self, column: str) -> pa.ChunkedArray:
        if column not in self._chunks:
            holder, array = self._holder(column), self._array(column)
            if isinstance(holder, Column):
                self._chunks[column] = holder.chunks(column)
            elif array is not None and array.ndim == 2:
                self._chunks[column] = pa.chunked_array([vector_array(array)])
            else:
                self._chunks[column] = column_of(
                    self.value[column] if array is None else array, column
                )
        return self._chunks[column]

"""Frames and columns of pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import PREDICTION, Column, Frame, Predictions, column_of, field_of
from gio4j._rows.vectors import is_vectors


class PandasSeries(Column):
    """A Series."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("pandas", "Series")

    def chunks(self, name: str) -> pa.ChunkedArray:
        """Converted by pyarrow."""
        return column_of(self.value, name)

    def take(self, rows: Positions) -> Any:
        """By position."""
        return self.value.iloc[rows]


class PandasFrame(Frame):
    """A DataFrame."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("pandas", "DataFrame")

    def columns(self) -> list[str]:
        """As they stand."""
        return list(self.value.columns)

    def holds_vectors(self, column: str) -> bool:
        """By the first row that is not null."""
        first = self.value[column].dropna().head(1)
        is_list = len(first) > 0 and isinstance(first.iloc[0], list | tuple | np.ndarray)
        return is_list and is_vectors(PandasSeries(first).chunks(str(column)).type)

    def holds_numbers(self, column: Any) -> bool:
        """By the column's type: NumPy's, a nullable one of pandas, or Arrow's."""
        return getattr(self.value[column].dtype, "kind", "O") in "fiu"

    def numbers(self, column: Any) -> Any:
        """As NumPy has it, or by pyarrow where it may hold nulls."""
        series = self.value[column]
        is_plain = isinstance(series.dtype, np.dtype) or hasattr(series, "sparse")
        return np.asarray(series) if is_plain else PandasSeries(series).chunks(str(column))

    def first_text(self, column: Any) -> str | None:
        """The first value that is not null, where it is a text."""
        if self.value[column].dtype.kind != "O":
            return None
        first = self.value[column].dropna().head(1)
        return first.iloc[0] if len(first) and isinstance(first.iloc[0], str) else None

    def column(self, column: Any) -> pa.ChunkedArray:
        """Converted by pyarrow; or a field of it."""
        first, fields = self.field(column)
        return field_of(PandasSeries(self.value[first]).chunks(str(column)), fields, column)

    def with_column(self, values: Predictions) -> Any:
        """Under the same index."""
        return self.value.assign(**{PREDICTION: values})

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """Under a new index."""
        taken = (self.value if columns is None else self.value[list(columns)]).iloc[rows]
        taken = taken.reset_index(drop=True)
        taken.insert(0, "i", places)
        taken.insert(1, "id", ids)
        return taken

    def take(self, rows: Positions) -> Any:
        """By position."""
        return self.value.iloc[rows]

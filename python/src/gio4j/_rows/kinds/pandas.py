"""Frames and columns of pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import PREDICTION, Column, Frame, NumberColumns, Predictions
from gio4j._rows.vectors import is_vectors
from gio4j.errors import InvalidInputError


class PandasSeries(Column):
    """A Series."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("pandas", "Series")

    def chunks(self, name: str) -> pa.ChunkedArray:
        """Converted by pyarrow."""
        try:
            values = pa.array(self.value, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as problem:
            raise InvalidInputError(
                f"{name}: does not turn into an Arrow column ({problem})"
            ) from problem
        return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])

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
        return is_list and is_vectors(PandasSeries(first).chunks(column).type)

    def column(self, column: str) -> pa.ChunkedArray:
        """Converted by pyarrow."""
        return PandasSeries(self.value[column]).chunks(column)

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

    def number_columns(self) -> NumberColumns | None:
        """By the types."""
        if not all(kind.kind in "fiu" for kind in self.value.dtypes):
            return None
        columns = [self.value.iloc[:, place].to_numpy() for place in range(self.value.shape[1])]
        return columns, self.columns()

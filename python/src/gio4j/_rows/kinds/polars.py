"""Frames and columns of polars."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import PREDICTION, Column, Frame, NumberColumns, Predictions


class PolarsSeries(Column):
    """A Series."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("polars", "Series")

    def chunks(self, name: str) -> pa.ChunkedArray:
        """Converted by polars."""
        return pa.chunked_array([self.value.to_arrow()])


class PolarsFrame(Frame):
    """A DataFrame."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("polars", "DataFrame")

    def columns(self) -> list[str]:
        """As they stand."""
        return list(self.value.columns)

    def holds_vectors(self, column: str) -> bool:
        """By the column's type."""
        inner = getattr(self.value.collect_schema()[column], "inner", None)
        return inner is not None and inner.is_numeric()

    def column(self, column: str) -> pa.ChunkedArray:
        """Converted by polars."""
        return PolarsSeries(self.value[column]).chunks(column)

    def with_column(self, values: Predictions) -> Any:
        """By polars' own."""
        import polars

        return self.value.with_columns(polars.Series(PREDICTION, values))

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """By polars' own."""
        import polars

        taken = (self.value if columns is None else self.value.select(columns))[rows]
        return taken.select(polars.Series("i", places), polars.Series("id", ids), polars.all())

    def number_columns(self) -> NumberColumns | None:
        """By the types."""
        if not all(kind.is_numeric() for kind in self.value.dtypes):
            return None
        return [column.to_numpy() for column in self.value.get_columns()], self.columns()


class PolarsLazyFrame(PolarsFrame):
    """A LazyFrame: collected only as far as it is needed."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("polars", "LazyFrame")

    def columns(self) -> list[str]:
        """Of the query's schema."""
        return list(self.value.collect_schema().names())

    def column(self, column: str) -> pa.ChunkedArray:
        """The only one collected."""
        return PolarsFrame(self.value.select(column).collect()).column(column)

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """A query once more."""
        chosen = self.value if columns is None else self.value.select(columns)
        return PolarsFrame(chosen.collect()).with_ids(rows, places, ids, None).lazy()

    def count(self) -> None:
        """A query would say."""

    def take(self, rows: Positions) -> Any:
        """A query once more."""
        import polars

        return self.value.select(polars.all().gather(rows))

    def number_columns(self) -> NumberColumns | None:
        """Collected if all are numbers."""
        if not all(kind.is_numeric() for kind in self.value.collect_schema().dtypes()):
            return None
        return PolarsFrame(self.value.collect()).number_columns()

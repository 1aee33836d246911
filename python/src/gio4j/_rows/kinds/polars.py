"""Frames and columns of polars."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gio4j._rows.choice import PLAIN, Choice
from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import PREDICTION, Column, Frame, Predictions, field_of
from gio4j._rows.sources import Source
from gio4j._rows.vectors import DOUBLE_DIGITS


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

    def holds_numbers(self, column: str) -> bool:
        """By the column's type."""
        kind = self.value.collect_schema()[column]
        if kind.is_decimal():
            return (kind.precision or DOUBLE_DIGITS + 1) <= DOUBLE_DIGITS
        return bool(kind.is_numeric())

    def first_text(self, column: str) -> str | None:
        """The first value that is not null, where it is a text."""
        import polars

        if self.value.collect_schema()[column] not in (polars.String, polars.Categorical):
            return None
        found = self.value.lazy().select(polars.col(column).drop_nulls().head(1)).collect()
        return str(found.item()) if len(found) else None

    def column(self, column: str) -> pa.ChunkedArray:
        """Converted by polars; or a field of it."""
        first, fields = self.field(column)
        return field_of(PolarsSeries(self.value[first]).chunks(column), fields, column)

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
        return PolarsFrame(self.value.select(self.field(column)[0]).collect()).column(column)

    def holds_integers(self, column: str) -> bool:
        """By the column's type."""
        return bool(self.value.collect_schema()[column].is_integer())

    def numbers_of(self, columns: list[str], name: str, choice: Choice = PLAIN) -> Source:
        """Only these collected, at once."""
        return PolarsFrame(self.value.select(columns).collect()).numbers_of(columns, name, choice)

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """A query once more."""
        chosen = self.value if columns is None else self.value.select(columns)
        return PolarsFrame(chosen.collect()).with_ids(rows, places, ids, None).lazy()

    def count(self, name: str) -> None:
        """A query would say."""

    def take(self, rows: Positions) -> Any:
        """A query once more."""
        import polars

        return self.value.select(polars.all().gather(rows))

"""Datasets and columns of Hugging Face."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gio4j._rows.choice import Choice
from gio4j._rows.gather import Positions
from gio4j._rows.kinds.arrow import FIRST_ROWS, first_text
from gio4j._rows.kinds.holder import PREDICTION, Array, Column, Frame, Predictions, field_of
from gio4j._rows.sources import Source
from gio4j._rows.vectors import is_number, is_text, is_vectors
from gio4j.errors import InvalidTypeError


class FaceColumn(Column):
    """A Column."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("datasets", "Column")

    def chunks(self, name: str) -> pa.ChunkedArray:
        """Of the dataset that it belongs to."""
        source, name = self.value.source, self.value.column_name
        if isinstance(source, type(self.value)):  # a field of a struct: column["field"]
            return field_of(FaceColumn(source).chunks(name), [name], name)
        return FaceDataset(source).column(name)


class FaceDataset(Frame):
    """A Dataset."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("datasets", "Dataset")

    def columns(self) -> list[str]:
        """As they stand."""
        return list(self.value.column_names)

    def holds_vectors(self, column: str) -> bool:
        """By the column's type."""
        return is_vectors(self.value.features.arrow_schema.field(column).type)

    def holds_numbers(self, column: str) -> bool:
        """By the column's type."""
        return is_number(self.value.features.arrow_schema.field(column).type)

    def first_text(self, column: str) -> str | None:
        """Of the first rows, as far as they go."""
        if not is_text(self.value.features.arrow_schema.field(column).type):
            return None
        rows = self.value.select(range(min(FIRST_ROWS, len(self.value))))
        return first_text(FaceDataset(rows).column(column))

    def column(self, column: str) -> pa.ChunkedArray:
        """Its rows in order, however it was shuffled or filtered; else the very file."""
        first, fields = self.field(column)
        found = self.value.select_columns([first]).with_format("arrow")[:].column(first)
        return field_of(found, fields, column)

    def with_column(self, values: Predictions) -> Any:
        """By datasets' own; of an array that Arrow copies, as it cannot be pickled where it is."""
        return self.value.add_column(PREDICTION, values)

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """By datasets' own, which adds columns at the end."""
        names = self.columns() if columns is None else columns
        taken = self.value.select(rows).add_column("i", places).add_column("id", ids)
        return taken.select_columns(["i", "id", *names])

    def take(self, rows: Positions) -> Any:
        """By position."""
        return self.value.select(rows)


class FaceOther(Array):
    """What holds several datasets, or streams one."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By what they have in common with a dataset."""
        return package == "datasets" and hasattr(kind, "column_names")

    def vectors(self, choice: Choice, name: str) -> Source:
        """TypeError with what to pass instead."""
        raise InvalidTypeError(
            f"{name}: is a {type(self.value).__name__}; needs a datasets.Dataset: one of the "
            "splits, such as loaded['train'], or datasets.Dataset.from_list(list(stream))"
        )

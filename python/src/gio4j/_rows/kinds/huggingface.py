"""Datasets and columns of Hugging Face."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import PREDICTION, Array, Column, Frame, Predictions
from gio4j._rows.sources import Source
from gio4j._rows.vectors import is_vectors


class FaceColumn(Column):
    """A Column."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("datasets", "Column")

    def chunks(self, name: str) -> pa.ChunkedArray:
        """Of the dataset that it belongs to."""
        return FaceDataset(self.value.source).column(self.value.column_name)


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

    def column(self, column: str) -> pa.ChunkedArray:
        """Its rows in order, however it was shuffled or filtered; else the very file."""
        return self.value.select_columns([column]).with_format("arrow")[:].column(column)

    def with_column(self, values: Predictions) -> Any:
        """By datasets' own."""
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

    def vectors(self, column: str | None, name: str) -> Source:
        """TypeError with what to pass instead."""
        raise TypeError(
            f"{name}: is a {type(self.value).__name__}; needs a datasets.Dataset: one of the "
            "splits, such as loaded['train'], or datasets.Dataset.from_list(list(stream))"
        )

"""Frames of Spark, classic and Connect: nothing of theirs is computed before it is asked for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._rows import spark
from gio4j._rows.float32 import Numbers, Offset, Rows
from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import Frame, Predictions
from gio4j._rows.matrix import as_array
from gio4j._rows.sources import Source, StreamSource

_NUMBERS = ("byte", "short", "integer", "long", "float", "double")


class SparkFrame(Frame):
    """A DataFrame."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name."""
        return (package, kind.__name__) == ("pyspark", "DataFrame")

    def columns(self) -> list[str]:
        """As they stand."""
        return list(self.value.columns)

    def holds_vectors(self, column: str) -> bool:
        """By the column's type; vectors of Spark ML are to be named."""
        element = getattr(self.value.schema[column].dataType, "elementType", None)
        return element is not None and element.typeName() in _NUMBERS

    def column(self, column: str) -> pa.ChunkedArray:
        """Collected."""
        return pa.chunked_array([[row[0] for row in self.value.select(column).collect()]])

    def vectors_of(self, column: str, name: str) -> Source:
        """As a stream."""
        return StreamSource(lambda: spark.vectors(self.value, column), name)

    def with_prediction(
        self, predictions: Callable[[], Predictions], centers: Rows, offset: Offset | None
    ) -> Any:
        """By Spark's workers, from the centres."""
        self.require_no_prediction()
        return spark.with_prediction(self.value, self.vector_column("frame"), centers, offset)

    def with_column(self, values: Predictions) -> Any:
        """There is no order to lay them beside."""
        raise TypeError("rows of a Spark frame have no order; use with_prediction")

    def rows_of_clusters(self, clusters: list[int], columns: list[str] | None) -> Any:
        """By a join."""
        return spark.explode(self.value, clusters, columns)

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """There is no order to take rows by."""
        raise TypeError("rows of a Spark frame have no numbers; use rows_of_clusters")

    def pairs(self, name: str) -> tuple[npt.NDArray[Any], Numbers]:
        """Collected, in the order of the ids."""
        found = [(row[0], row[1]) for row in self.value.collect()]
        found.sort(key=operator.itemgetter(0))
        rows = as_array([pair[1] for pair in found], name)
        return np.array([pair[0] for pair in found]), rows

    def count(self) -> int:
        """TypeError: their rows have no numbers."""
        raise TypeError(
            f"pool_like: is a {type(self.value).__module__}.{type(self.value).__name__}, whose "
            "rows have no numbers; pass an array, a frame, a dataset or a list"
        )

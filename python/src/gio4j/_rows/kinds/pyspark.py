"""Frames of Spark, classic and Connect: nothing of theirs is computed before it is asked for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._rows import spark
from gio4j._rows.choice import PLAIN, Choice, Metric, Names
from gio4j._rows.float32 import Numbers, Offset, Rows
from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import Frame, Predictions
from gio4j._rows.matrix import as_array
from gio4j._rows.sources import Source, StreamSource
from gio4j._rows.vectors import DOUBLE_DIGITS
from gio4j.errors import InvalidInputError, InvalidTypeError

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

    def holds_numbers(self, column: str) -> bool:
        """By the column's type."""
        kind = self.value.schema[column].dataType
        precision = getattr(kind, "precision", None)
        return kind.typeName() in _NUMBERS or (precision or DOUBLE_DIGITS + 1) <= DOUBLE_DIGITS

    def holds_integers(self, column: str) -> bool:
        """By the column's type."""
        return self.value.schema[column].dataType.typeName() in _NUMBERS[:4]

    def first_text(self, column: str) -> str | None:
        """None: a query would say."""
        return None

    def column(self, column: str) -> pa.ChunkedArray:
        """Collected."""
        return pa.chunked_array([[row[0] for row in self.value.select(column).collect()]])

    def vectors(self, choice: Choice, name: str) -> Source:
        """InvalidInputError where rows are to be left out: they have no numbers of their own."""
        if choice.skips:
            raise InvalidInputError(
                f"{name}: missing='skip' does not go with a Spark frame, whose rows have no "
                "numbers; drop such rows first, with frame.dropna()"
            )
        return super().vectors(choice, name)

    def vectors_of(self, column: str, name: str, choice: Choice = PLAIN) -> Source:
        """As a stream."""
        return StreamSource(lambda: spark.vectors(self.value, column), name)

    def numbers_of(self, columns: list[str], name: str, choice: Choice = PLAIN) -> Source:
        """As a stream of arrays that Spark makes of them."""
        found = StreamSource(lambda: spark.vectors(self.value, columns), name)
        found.columns = tuple(columns)
        return found

    def with_prediction(
        self,
        predictions: Callable[[], Predictions],
        centers: Rows,
        offset: Offset | None,
        columns: str | Names | None = None,
        metric: Metric = "euclidean",
    ) -> Any:
        """By Spark's workers, from the centres."""
        self.require_no_prediction()
        taken = self.meant("frame") if columns is None else columns
        if not isinstance(taken, str):
            taken = list(taken)
        return spark.with_prediction(self.value, taken, centers, offset, metric)

    def with_column(self, values: Predictions) -> Any:
        """There is no order to lay them beside."""
        raise InvalidTypeError("rows of a Spark frame have no order; use with_prediction")

    def rows_of_clusters(self, clusters: list[int], columns: list[str] | None) -> Any:
        """By a join."""
        return spark.explode(self.value, clusters, columns)

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """There is no order to take rows by."""
        raise InvalidTypeError("rows of a Spark frame have no numbers; use rows_of_clusters")

    def pairs(self, name: str) -> tuple[npt.NDArray[Any], Numbers]:
        """Collected, in the order of the ids."""
        found = [(row[0], row[1]) for row in self.value.collect()]
        found.sort(key=operator.itemgetter(0))
        rows = as_array([pair[1] for pair in found], name)
        return np.array([pair[0] for pair in found]), rows

    def count(self, name: str) -> int:
        """TypeError: their rows have no numbers."""
        raise self._without_numbers(name)

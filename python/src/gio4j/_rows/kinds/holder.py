"""What gio4j asks of whatever holds rows: the protocol that each kind answers.

| given                                            | answered with a `prediction`             |
|--------------------------------------------------|------------------------------------------|
| pyarrow Table or RecordBatch                     | the Table with the column at its end     |
| pandas or polars DataFrame, LazyFrame            | the same with the column at its end      |
| Hugging Face Dataset                             | the same with the column at its end      |
| pyarrow Dataset                                  | `PredictedDataset`: read when asked for  |
| Spark DataFrame, classic or Connect              | the same, computed when asked for        |
| array, nested lists, path of a matrix            | the (n,) int32 array of predictions      |

pandas, polars, datasets and pyspark are never imported for another's sake: the module of its class
says what a frame is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._rows.float32 import Numbers, Offset, Rows
from gio4j._rows.gather import Positions, gather
from gio4j._rows.matrix import as_array
from gio4j._rows.sources import ArraySource, ColumnSource, Source
from gio4j._rows.vectors import rows_of_column
from gio4j.errors import InvalidInputError

FEATURES = "features"
PREDICTION = "prediction"

Predictions = npt.NDArray[np.int32]
#: Columns of numbers, and their names.
NumberColumns = tuple[list[npt.NDArray[Any]], list[Any]]


class Holder(ABC):
    """Something that holds rows: a frame, a column, an array."""

    is_frame: ClassVar[bool] = False

    def __init__(self, value: Any) -> None:
        self.value = value

    @staticmethod
    @abstractmethod
    def matches(package: str, kind: type) -> bool:
        """Whether objects of a class are of this kind; `package` is the first part of its module.

        Asked of an object's class, then of those that it inherits from.
        """

    @abstractmethod
    def vectors(self, column: str | None, name: str) -> Source:
        """The rows that the engine computes from; `name` is what messages call them."""

    def with_prediction(
        self, predictions: Callable[[], Predictions], centers: Rows, offset: Offset | None
    ) -> Any:
        """The frame with a column `prediction`, or the predictions alone.

        Whoever computes them where the rows lie takes the centres, less the offset, instead.
        """
        return predictions()

    def count(self) -> int | None:
        """How many rows `take` chooses from; None where only a query would say."""
        if not hasattr(self.value, "__len__") or isinstance(self.value, str):
            raise TypeError(
                f"pool_like: is a {type(self.value).__module__}.{type(self.value).__name__}, whose "
                "rows have no numbers; pass an array, a frame, a dataset or a list"
            )
        return len(self.value)

    def take(self, rows: Positions) -> Any:
        """Some of the rows, in their own kind."""
        return self.value[rows]

    def number_columns(self) -> NumberColumns | None:
        """The columns of a frame of nothing but numbers; None for anything else."""
        return None


class Array(Holder):
    """An array, a CPU tensor, nested lists: whatever turns into an array of NumPy."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """All that is no other kind."""
        return kind is object

    def vectors(self, column: str | None, name: str) -> Source:
        """The whole matrix."""
        return ArraySource(as_array(self.value, name), name)

    def take(self, rows: Positions) -> Any:
        """Of lists, tuples and the like one by one; they cannot be indexed by an array."""
        if isinstance(self.value, Sequence):
            kind = tuple if isinstance(self.value, tuple) else list
            return kind(self.value[row] for row in rows.tolist())
        return super().take(rows)


class Column(Holder):
    """A column of vectors that stands alone."""

    @abstractmethod
    def chunks(self, name: str) -> pa.ChunkedArray:
        """As Arrow has it; `name` is what messages call it."""

    def vectors(self, column: str | None, name: str) -> Source:
        """Its own."""
        return ColumnSource(self.chunks(name), name)


class Frame(Holder):
    """Columns with names, one of them of vectors."""

    is_frame = True

    @abstractmethod
    def columns(self) -> list[str]:
        """Their names."""

    @abstractmethod
    def holds_vectors(self, column: str) -> bool:
        """Whether a column holds lists of numbers, as far as its type or its first row says."""

    @abstractmethod
    def column(self, column: str) -> pa.ChunkedArray:
        """One of them, as Arrow has it."""

    @abstractmethod
    def with_column(self, values: Predictions) -> Any:
        """The frame with a column `prediction` at its end."""

    @abstractmethod
    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """Some rows of some columns, after two new columns `i` and `id`."""

    def vectors(self, column: str | None, name: str) -> Source:
        """Of the column given, else of the one that is meant."""
        if column is None:
            column = self.vector_column(name)
        else:
            self.require_column(column, name)
        return self.vectors_of(column, f"{name}.{column}")

    def vectors_of(self, column: str, name: str) -> Source:
        """Of a column that is there."""
        return ColumnSource(self.column(column), name)

    def with_prediction(
        self, predictions: Callable[[], Predictions], centers: Rows, offset: Offset | None
    ) -> Any:
        """InvalidInputError if there is such a column."""
        self.require_no_prediction()
        return self.with_column(predictions())

    def rows_of_clusters(self, clusters: list[int], columns: list[str] | None) -> Any:
        """The rows of each cluster in turn, by the column `prediction`."""
        places, rows = gather(self.column(PREDICTION).to_numpy(), clusters)
        return self.with_ids(rows, places, np.asarray(clusters, np.int64)[places], columns)

    def pairs(self, name: str) -> tuple[npt.NDArray[Any], Numbers]:
        """The first two columns: ids, and the vector of each."""
        first, second = self.columns()[:2]
        return self.column(first).to_numpy(), rows_of_column(self.column(second), name)

    def require_no_prediction(self) -> None:
        """InvalidInputError if there is a column `prediction`."""
        if PREDICTION in self.columns():
            raise InvalidInputError(
                f"{PREDICTION}: the frame has such a column already; drop or rename it first"
            )

    def require_column(self, column: str, name: str) -> None:
        """InvalidInputError with the columns there are, if this one is not among them."""
        names = self.columns()
        if column not in names:
            raise InvalidInputError(
                f"{name}: has no column {column!r}, only {', '.join(map(repr, names)) or 'none'}; "
                "rename one, or pass a matrix"
            )

    def vector_column(self, name: str) -> str:
        """The column `features`, else the only one of lists of numbers; InvalidInputError else."""
        names = self.columns()
        if FEATURES in names:
            return FEATURES
        found = [column for column in names if self.holds_vectors(column)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise InvalidInputError(
                f"{name}: has no column {FEATURES!r} and no other of lists of numbers, only "
                f"{', '.join(map(repr, names)) or 'none'}; pass a matrix, or (frame, 'column')"
            )
        raise InvalidInputError(
            f"{name}: has {len(found)} columns of vectors, {', '.join(map(repr, found))}; pass "
            f"one: (frame, {found[0]!r}) or frame[{found[0]!r}]"
        )

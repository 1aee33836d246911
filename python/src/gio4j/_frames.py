"""Frames of any kind: their vectors for the engine, their predictions in the kind they were given.

| given                                            | answered with a `prediction`             |
|--------------------------------------------------|------------------------------------------|
| pyarrow Table or RecordBatch                     | the Table with the column at its end     |
| pandas or polars DataFrame                       | the same with the column at its end      |
| pyarrow Dataset                                  | `PredictedDataset`: read when asked for  |
| Spark DataFrame, classic or Connect              | the same, computed when asked for        |
| array, nested lists, path of a matrix            | the (n,) int32 array of predictions      |

Vectors lie in the column `features`. pandas, polars and pyspark are never imported for another's
sake: what a frame is, the module of its class tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j import _spark
from gio4j._arrow_file import Rows, spill
from gio4j._matrix import Matrix, share
from gio4j._vectors import rows_of_array, rows_of_column
from gio4j.errors import InvalidInputError

FEATURES = "features"
PREDICTION = "prediction"
# A dataset is read in steps of so many rows, 6 MB at 384 columns, and few of them ahead: its own
# habit of 16 batches of 131,072 rows is gigabytes.
_SCAN = {"batch_size": 4096, "batch_readahead": 2, "fragment_readahead": 1}

Predictions = npt.NDArray[np.int32]


@dataclass(frozen=True)
class PredictedDataset:
    """A pyarrow Dataset beside the predictions of its rows.

    Its rows stay where they are; `to_batches` and `to_table` read them with the column
    `prediction` at the end.
    """

    dataset: Any
    predictions: Predictions

    @property
    def schema(self) -> pa.Schema:
        """The dataset's, with `prediction` at the end."""
        return self.dataset.schema.append(pa.field(PREDICTION, pa.int32()))

    def count_rows(self) -> int:
        """How many rows there are."""
        return len(self.predictions)

    def to_batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read the rows in order, a few thousand at a time."""
        names = self.schema.names if columns is None else list(columns)
        stored = [name for name in names if name != PREDICTION]
        row = 0
        for batch in scan(self.dataset, stored):
            part = self.predictions[row : row + batch.num_rows]
            row += batch.num_rows
            arrays = [pa.array(part) if name == PREDICTION else batch[name] for name in names]
            yield pa.RecordBatch.from_arrays(arrays, names=names)

    def to_table(self, columns: list[str] | None = None) -> pa.Table:
        """Read all of it into memory."""
        return pa.Table.from_batches(self.to_batches(columns), self._schema_of(columns))

    def _schema_of(self, columns: list[str] | None) -> pa.Schema:
        names = self.schema.names if columns is None else columns
        return pa.schema([self.schema.field(name) for name in names])


def library_of(value: Any) -> str:
    """The package a frame comes from: "pyarrow", "dataset", "pandas", "polars", "pyspark" or ""."""
    for kind in type(value).__mro__:
        package = kind.__module__.partition(".")[0]
        if kind.__name__ == "DataFrame" and package in ("pandas", "polars", "pyspark"):
            return package
        if kind in (pa.Table, pa.RecordBatch):
            return "pyarrow"
        if kind is PredictedDataset or (kind.__name__, package) == ("Dataset", "pyarrow"):
            return "dataset"
    return ""


def vectors(value: Any, name: str, leases: ExitStack) -> Matrix:
    """Put the vectors of a frame, or a matrix itself, where the engine can map them."""
    library = library_of(value)
    if library == "":
        return share(value, name, leases)
    require_column(value, FEATURES, name)
    called = f"{name}.{FEATURES}"
    if library == "pyspark":
        return spill(_spark.vectors(value, FEATURES), called, leases)
    if library == "dataset":
        return spill(dataset_vectors(value, FEATURES, called), called, leases)
    return share(rows_of_column(arrow_column(value, FEATURES), called), called, leases)


def with_prediction(value: Any, centers: Rows, predictions: Callable[[], Predictions]) -> Any:
    """The frame with its column `prediction`; `predictions` are asked for where they are needed.

    Spark computes them from the centres instead, where the rows are.
    """
    library = library_of(value)
    if library and PREDICTION in column_names(value):
        raise InvalidInputError(
            f"{PREDICTION}: the frame has such a column already; drop or rename it first"
        )
    if library == "pyspark":
        return _spark.with_prediction(value, FEATURES, centers)
    found = predictions()
    if library == "pyarrow":
        table = value if isinstance(value, pa.Table) else pa.Table.from_batches([value])
        return table.append_column(PREDICTION, pa.array(found))
    if library == "dataset":
        return PredictedDataset(value, found)
    if library == "pandas":
        return value.assign(**{PREDICTION: found})
    if library == "polars":
        import polars

        return value.with_columns(polars.Series(PREDICTION, found))
    return found


def scan(dataset: Any, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """A dataset's rows in order, read in small steps."""
    if isinstance(dataset, PredictedDataset):
        return dataset.to_batches(columns)
    return iter(dataset.to_batches(columns=columns, **_SCAN))


def dataset_vectors(dataset: Any, column: str, name: str) -> Iterator[Rows]:
    """The vectors of a dataset's column, a few thousand at a time."""
    row, columns = 0, None
    for batch in scan(dataset, [column]):
        if batch.num_rows:
            rows = rows_of_array(batch.column(0), name, row, columns)
            row, columns = row + len(rows), rows.shape[1]
            yield rows
    if row == 0:
        raise InvalidInputError(f"{name}: has no rows; needs at least one")


def column_names(frame: Any) -> list[str]:
    """The names of a frame's columns."""
    if library_of(frame) in ("pyarrow", "dataset"):
        return list(frame.schema.names)
    return list(frame.columns)


def require_column(frame: Any, column: str, name: str) -> None:
    """InvalidInputError with the columns there are, if this one is not among them."""
    names = column_names(frame)
    if column not in names:
        raise InvalidInputError(
            f"{name}: has no column {column!r}, only {', '.join(map(repr, names)) or 'none'}; "
            "rename one, or pass a matrix"
        )


def arrow_column(frame: Any, column: str) -> pa.ChunkedArray:
    """A column of a pyarrow, pandas or polars frame as Arrow has it."""
    values = frame[column]
    library = library_of(frame)
    if library == "pandas":
        try:
            values = pa.array(values, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as problem:
            raise InvalidInputError(
                f"{column}: does not turn into an Arrow column ({problem})"
            ) from problem
    elif library == "polars":
        values = values.to_arrow()
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])

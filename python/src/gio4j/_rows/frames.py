"""Frames of any kind: their columns of vectors, their predictions in the kind they were given.

| given                                            | answered with a `prediction`             |
|--------------------------------------------------|------------------------------------------|
| pyarrow Table or RecordBatch                     | the Table with the column at its end     |
| pandas or polars DataFrame, LazyFrame            | the same with the column at its end      |
| Hugging Face Dataset                             | the same with the column at its end      |
| pyarrow Dataset                                  | `PredictedDataset`: read when asked for  |
| Spark DataFrame, classic or Connect              | the same, computed when asked for        |
| array, nested lists, path of a matrix            | the (n,) int32 array of predictions      |

pandas, polars, datasets and pyspark are never imported for another's sake: what a frame is, the
module of its class tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._rows import spark
from gio4j._rows.float32 import Numbers, Offset, Rows
from gio4j._rows.vectors import is_vectors, rows_of_array
from gio4j.errors import InvalidInputError

FEATURES = "features"
PREDICTION = "prediction"
# A dataset is read in steps of so many rows, 6 MB at 384 columns, and few of them ahead: its own
# habit of 16 batches of 131,072 rows is gigabytes.
_SCAN = {"batch_size": 4096, "batch_readahead": 2, "fragment_readahead": 1}

_OTHERS = {("LazyFrame", "polars"): "lazy", ("Dataset", "datasets"): "huggingface"}

_SPARK_NUMBERS = ("byte", "short", "integer", "long", "float", "double")

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
    """The kind of a frame; "" for anything else.

    "pyarrow", "dataset" (pyarrow's), "pandas", "polars", "lazy" (polars'), "huggingface" or
    "pyspark".
    """
    for kind in type(value).__mro__:
        package, name = kind.__module__.partition(".")[0], kind.__name__
        if name == "DataFrame" and package in ("pandas", "polars", "pyspark"):
            return package
        if kind in (pa.Table, pa.RecordBatch):
            return "pyarrow"
        if kind is PredictedDataset or (name, package) == ("Dataset", "pyarrow"):
            return "dataset"
        if (name, package) in _OTHERS:
            return _OTHERS[name, package]
    return ""


def with_prediction(
    value: Any, centers: Rows, offset: Offset | None, predictions: Callable[[], Predictions]
) -> Any:
    """The frame with its column `prediction`; `predictions` are asked for where they are needed.

    Spark computes them from the centres instead, where the rows are, less the offset.
    """
    library = library_of(value)
    if library and PREDICTION in column_names(value):
        raise InvalidInputError(
            f"{PREDICTION}: the frame has such a column already; drop or rename it first"
        )
    if library == "pyspark":
        return spark.with_prediction(value, vector_column(value, "frame"), centers, offset)
    found = predictions()
    if library == "pyarrow":
        table = value if isinstance(value, pa.Table) else pa.Table.from_batches([value])
        return table.append_column(PREDICTION, pa.array(found))
    if library == "dataset":
        return PredictedDataset(value, found)
    if library == "pandas":
        return value.assign(**{PREDICTION: found})
    if library in ("polars", "lazy"):
        import polars

        return value.with_columns(polars.Series(PREDICTION, found))
    if library == "huggingface":
        return value.add_column(PREDICTION, found)
    return found


def scan(dataset: Any, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """A dataset's rows in order, read in small steps."""
    if isinstance(dataset, PredictedDataset):
        return dataset.to_batches(columns)
    return iter(dataset.to_batches(columns=columns, **_SCAN))


def dataset_vectors(dataset: Any, column: str, name: str) -> Iterator[Numbers]:
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
    library = library_of(frame)
    if library in ("pyarrow", "dataset"):
        return list(frame.schema.names)
    if library == "lazy":
        return list(frame.collect_schema().names())
    if library == "huggingface":
        return list(frame.column_names)
    return list(frame.columns)


def require_column(frame: Any, column: str, name: str) -> None:
    """InvalidInputError with the columns there are, if this one is not among them."""
    names = column_names(frame)
    if column not in names:
        raise InvalidInputError(
            f"{name}: has no column {column!r}, only {', '.join(map(repr, names)) or 'none'}; "
            "rename one, or pass a matrix"
        )


def vector_column(frame: Any, name: str) -> str:
    """The column `features`, else the only one of lists of numbers; InvalidInputError else."""
    names = column_names(frame)
    if FEATURES in names:
        return FEATURES
    found = [column for column in names if _holds_vectors(frame, column)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidInputError(
            f"{name}: has no column {FEATURES!r} and no other of lists of numbers, only "
            f"{', '.join(map(repr, names)) or 'none'}; pass a matrix, or (frame, 'column')"
        )
    raise InvalidInputError(
        f"{name}: has {len(found)} columns of vectors, {', '.join(map(repr, found))}; pass one: "
        f"(frame, {found[0]!r}) or frame[{found[0]!r}]"
    )


def arrow_column(frame: Any, column: str) -> pa.ChunkedArray:
    """A column of any frame but Spark's and datasets of pyarrow, as Arrow has it."""
    library = library_of(frame)
    if library == "lazy":
        frame = frame.select(column).collect()
    if library == "huggingface":
        # Its rows in order, whatever was shuffled or filtered; the very file where nothing was.
        return frame.select_columns([column]).with_format("arrow")[:].column(column)
    values = column_of(frame[column], column)
    assert values is not None, "a frame's column is one"
    return values


def column_of(value: Any, name: str) -> pa.ChunkedArray | None:
    """A column that stands alone: pyarrow's, a Series, one of Hugging Face; None if it is none."""
    if isinstance(value, pa.ChunkedArray):
        return value
    if isinstance(value, pa.Array):
        return pa.chunked_array([value])
    kind = (type(value).__name__, type(value).__module__.partition(".")[0])
    if kind == ("Series", "polars"):
        return pa.chunked_array([value.to_arrow()])
    if kind == ("Column", "datasets"):
        return arrow_column(value.source, value.column_name)
    if kind != ("Series", "pandas"):
        return None
    try:
        values = pa.array(value, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as problem:
        raise InvalidInputError(f"{name}: does not turn into an Arrow column ({problem})") from (
            problem
        )
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def _holds_vectors(frame: Any, column: str) -> bool:
    """Whether a column holds lists of numbers, as far as its type or its first row tells."""
    library = library_of(frame)
    if library == "pandas":
        first = frame[column].dropna().head(1)
        is_list = len(first) > 0 and isinstance(first.iloc[0], list | tuple | np.ndarray)
        return is_list and is_vectors(column_of(first, column).type)  # type: ignore[union-attr]
    if library in ("polars", "lazy"):
        kind = frame.collect_schema()[column]
        inner = getattr(kind, "inner", None)
        return inner is not None and inner.is_numeric()
    if library == "pyspark":
        element = getattr(frame.schema[column].dataType, "elementType", None)
        return element is not None and element.typeName() in _SPARK_NUMBERS
    schema = frame.features.arrow_schema if library == "huggingface" else frame.schema
    return is_vectors(schema.field(column).type)

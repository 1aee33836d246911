"""What gio4j asks of whatever holds rows: the protocol that each kind answers.

| given                                            | answered with a `prediction`             |
|--------------------------------------------------|------------------------------------------|
| pyarrow Table or RecordBatch                     | the Table with the column at its end     |
| pandas or polars DataFrame, LazyFrame            | the same with the column at its end      |
| dict of columns                                  | another with the column at its end       |
| Hugging Face Dataset                             | the same with the column at its end      |
| pyarrow Dataset                                  | `PredictedDataset`: read when asked for  |
| Spark DataFrame, classic or Connect              | the same, computed when asked for        |
| array, nested lists, path of a matrix            | the (n,) int32 array of predictions      |

pandas, polars, datasets and pyspark are never imported for another's sake: the module of its class
says what a frame is.

Which columns of a frame are its rows' numbers, where nobody names them: the column `features`; else
the only column of lists of numbers; else the only one of texts that are JSON arrays; else all
columns of one number each, in their order. The others are left out of these, and so is an index
that a file holds as a column; a GIOWarning names both. A column of integers that is called `id`,
`index` or alike may be either, which is an error.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._checks import brief, cause
from gio4j._rows.choice import PLAIN, Choice, Metric, Names, listed
from gio4j._rows.column_source import ColumnSource
from gio4j._rows.float32 import Numbers, Offset, Rows
from gio4j._rows.gather import Positions, gather
from gio4j._rows.matrix import as_array, to_numpy
from gio4j._rows.sources import ArraySource, Source
from gio4j._rows.vectors import is_json_vector, rows_of_column
from gio4j._rows.wide import WideSource
from gio4j.errors import InvalidInputError, InvalidTypeError, warn

FEATURES = "features"
PREDICTION = "prediction"

Predictions = npt.NDArray[np.int32]
# What pandas calls an index that it writes as a column, or reads as one.
_INDEXES = ("", "Unnamed: 0", "__index_level_0__")
# Names under which integers may number the rows, and be no property of them.
_NUMBERS_OF_ROWS = ("id", "idx", "index", "key", "row", "row_id", "rowid", "uid")


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
    def vectors(self, choice: Choice, name: str) -> Source:
        """The rows that the engine computes from; `name` is what messages call them."""

    def with_prediction(
        self,
        predictions: Callable[[], Predictions],
        centers: Rows,
        offset: Offset | None,
        columns: str | Names | None = None,
        metric: Metric = "euclidean",
    ) -> Any:
        """The frame with a column `prediction`, or the predictions alone.

        Whoever computes them where the rows lie takes the centres, less the offset, instead, the
        names of the columns that they are of, where each has one, and the metric.
        """
        return predictions()

    def count(self, name: str) -> int | None:
        """How many rows `take` chooses from; None where only a query would say."""
        is_counted = hasattr(self.value, "__len__") and getattr(self.value, "shape", None) != ()
        if not is_counted or isinstance(self.value, str | bytes):
            raise self._without_numbers(name)
        return len(self.value)

    def _without_numbers(self, name: str) -> InvalidTypeError:
        return InvalidTypeError(
            f"{name}: is a {type(self.value).__module__}.{type(self.value).__name__}, whose "
            "rows have no numbers; pass an array, a frame, a dataset or a list"
        )

    def take(self, rows: Positions) -> Any:
        """Some of the rows, in their own kind."""
        return self.value[rows]


class Array(Holder):
    """An array, a CPU tensor, nested lists: whatever turns into an array of NumPy."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """All that is no other kind."""
        return kind is object

    def vectors(self, choice: Choice, name: str) -> Source:
        """The whole matrix; of an array of objects, each of them a row."""
        array = to_numpy(self.value, name)
        if array.dtype == object and array.ndim == 0:
            kind = type(self.value)
            raise InvalidTypeError(
                f"{name}: is a {kind.__module__}.{kind.__qualname__}, which has no rows; pass an "
                "array, a frame, a column of vectors or a path, of a generator list(...)"
            )
        if array.dtype == object and array.ndim == 1 and _are_rows(array):
            return ColumnSource(column_of(array, name), name)
        return ArraySource(as_array(array, name), name)

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

    def vectors(self, choice: Choice, name: str) -> Source:
        """Its own."""
        return ColumnSource(self.chunks(name), name)


class Frame(Holder):
    """Columns with names: one of vectors, or several of numbers."""

    is_frame = True
    #: What messages call one.
    called: ClassVar[str] = "frame"

    @abstractmethod
    def columns(self) -> list[str]:
        """Their names."""

    @abstractmethod
    def holds_vectors(self, column: str) -> bool:
        """Whether a column holds lists of numbers, as far as its type or its first row says."""

    @abstractmethod
    def holds_numbers(self, column: str) -> bool:
        """Whether a column holds a number in each row."""

    @abstractmethod
    def first_text(self, column: str) -> str | None:
        """The first text of a column of texts; None of another column, or one of nulls."""

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

    def note(self, message: str) -> None:
        """Give a GIOWarning; whoever keeps it for later gives it then."""
        warn(message)

    @cached_property
    def names(self) -> list[Any]:
        """The columns' names, asked for once."""
        return self.columns()

    def vectors(self, choice: Choice, name: str) -> Source:
        """Of the columns given, else of those that are meant."""
        asked = choice.columns
        if asked is None:
            asked = self.meant(name)
        columns = [asked] if isinstance(asked, str) else list(asked)
        for column in columns:
            self.require_column(column, name)
        # A field of a struct holds vectors, or is refused as the column that it is.
        whole = [column for column in columns if column in self.names]
        numbers = [column for column in whole if self.holds_numbers(column)]
        if len(numbers) == len(columns):
            return self.numbers_of(columns, name, choice)
        if len(columns) == 1:
            return self.vectors_of(columns[0], f"{name}.{columns[0]}", choice)
        others = [column for column in columns if column not in numbers]
        raise InvalidInputError(
            f"{name}: of the columns named, {listed(others)} hold no numbers; name one column of "
            "vectors, or columns of one number each"
        )

    def vectors_of(self, column: str, name: str, choice: Choice = PLAIN) -> Source:
        """Of a column that is there."""
        return ColumnSource(self.column(column), name)

    def numbers_of(self, columns: list[Any], name: str, choice: Choice = PLAIN) -> Source:
        """Of columns of numbers that are there, side by side."""
        values = [self.numbers(column) for column in columns]
        return WideSource(values, tuple(map(_plain, columns)), name, gaps=choice.skips)

    def numbers(self, column: Any) -> Any:
        """A column of numbers, as NumPy has it where it can hold no null, else as Arrow has it."""
        return self.column(column)

    def field(self, column: str) -> tuple[str, list[str]]:
        """The column that is meant, and the fields of structs that lead from there: `a.b.c`."""
        names = self.names
        if column in names or not isinstance(column, str):
            return column, []
        parts = column.split(".")
        for count in range(len(parts) - 1, 0, -1):
            if (first := ".".join(parts[:count])) in names:
                return first, parts[count:]
        return column, []

    def with_prediction(
        self,
        predictions: Callable[[], Predictions],
        centers: Rows,
        offset: Offset | None,
        columns: str | Names | None = None,
        metric: Metric = "euclidean",
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

    def require_column(self, column: Any, name: str) -> None:
        """InvalidInputError with the columns there are, if this one is not among them, or twice."""
        names = self.names
        first, _ = self.field(column)
        if first not in names:
            raise InvalidInputError(
                f"{name}: has no column {brief(column)}, only {listed(names)}; pass one of these, "
                "or a matrix"
            )
        if (count := names.count(first)) > 1:
            raise InvalidInputError(
                f"{name}: has {count} columns {brief(first)}; rename them, so that each has a "
                "name of its own"
            )

    def meant(self, name: str) -> Any:
        """The columns that are meant where nobody names them; InvalidInputError if it is open."""
        for column in self.names:
            self.require_column(column, name)
        if FEATURES in self.names and not self.holds_numbers(FEATURES):
            return FEATURES
        for holds in (self.holds_vectors, self._holds_texts):
            found = [column for column in self.names if holds(column)]
            if len(found) == 1:
                return found[0]
            if found:
                raise InvalidInputError(
                    f"{name}: has {len(found)} columns of vectors, {listed(found)}; pass "
                    f"one: columns={found[0]!r}, or a pair with it, ({self.called}, {found[0]!r})"
                )
        return self._meant_numbers(name)

    def _meant_numbers(self, name: str) -> list[Any]:
        names = self.names
        numbers = [column for column in names if self.holds_numbers(column)]
        known = self.index_names()
        indexes = [column for column in numbers if column in _INDEXES or column in known]
        taken = [column for column in numbers if column not in indexes]
        if not taken:
            raise InvalidInputError(
                f"{name}: has no column of vectors and none of numbers, only {listed(names)}; "
                f"{self._cure_of_texts()}"
            )
        open_ones = [
            column
            for column in taken
            if str(column).lower() in _NUMBERS_OF_ROWS and self.holds_integers(column)
        ]
        if open_ones == taken and len(names) > len(taken):
            raise InvalidInputError(
                f"{name}: has no column of vectors, and none of numbers but {listed(taken)}, which "
                f"may number the rows; of {listed(names)} name the columns to take, as "
                f"columns=[{listed(taken)}]"
            )
        if open_ones and open_ones != taken:
            others = [column for column in taken if column not in open_ones]
            raise InvalidInputError(
                f"{name}: the integers in {listed(open_ones)} may number the rows, or be one of "
                f"their properties; name the columns to take, as columns=[{listed(others)}] or as "
                f"({self.called}, [{listed(others)}]), with or without {open_ones[0]!r}"
            )
        if left := [column for column in names if column not in taken]:
            what = "is the index" if left == indexes else "hold no numbers or are the index"
            self.note(
                f"{name}: takes the columns of numbers, {listed(taken)}, and leaves out "
                f"{listed(left)}, which {what}; pass columns= to choose"
            )
        return taken

    def index_names(self) -> list[str]:
        """Columns that a file's own words call an index."""
        return []

    def holds_integers(self, column: Any) -> bool:
        """Whether a column of numbers holds integers alone, by its type."""
        values = self.numbers(column)
        if isinstance(values, np.ndarray):
            return values.dtype.kind in "iu"
        return bool(pa.types.is_integer(values.type))

    def _cure_of_texts(self) -> str:
        """What makes vectors of the texts there are."""
        for column in self.names:
            text = self.first_text(column) or ""
            if text.lstrip().startswith("["):
                return (
                    f"the texts in {column!r}, such as {text[:30]!r}, are no JSON arrays: write "
                    "them with json.dumps(row.tolist())"
                )
        return "pass a matrix, or convert columns to numbers first"

    def _holds_texts(self, column: Any) -> bool:
        return is_json_vector(self.first_text(column))


def _are_rows(objects: npt.NDArray[Any]) -> bool:
    """Whether the first that is there is a row of numbers, or a text of one."""
    first = next((each for each in objects if each is not None), None)
    return isinstance(first, list | tuple | np.ndarray) or is_json_vector(first)


def column_of(values: Any, name: str) -> pa.ChunkedArray:
    """Objects as a column of Arrow; InvalidInputError for what is none."""
    try:
        found = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as problem:
        raise InvalidInputError(
            f"{name}: does not turn into an Arrow column ({cause(problem)})"
        ) from problem
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


def field_of(column: pa.ChunkedArray, fields: list[str], name: str) -> pa.ChunkedArray:
    """A field of a column of structs; InvalidInputError if there is none of that name."""
    import pyarrow.compute as pc

    for field in fields:
        kind = column.type
        if not pa.types.is_struct(kind) or kind.get_field_index(field) < 0:
            there = [each.name for each in kind] if pa.types.is_struct(kind) else []
            raise InvalidInputError(
                f"{name}: is a column of {str(kind)[:60]}, without a field {field!r}; has "
                f"{listed(there)}"
            )
        column = pc.struct_field(column, [kind.get_field_index(field)])
    return column


def _plain(label: Any) -> Any:
    """A column's name as Python has it."""
    return label.item() if isinstance(label, np.generic) else label

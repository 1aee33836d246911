"""Tables, datasets and columns of pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._rows.choice import PLAIN, Choice
from gio4j._rows.float32 import Numbers
from gio4j._rows.gather import Positions
from gio4j._rows.kinds.holder import PREDICTION, Column, Frame, Predictions, field_of
from gio4j._rows.sources import NoRowsError, Source, StreamSource
from gio4j._rows.vectors import is_number, is_text, is_vectors, rows_of_array
from gio4j._rows.wide import WideSource

# A dataset is read in steps of 4,096 rows, 6 MB at 384 columns, and few of them ahead: its own
# habit of 16 batches of 131,072 rows is gigabytes.
_SCAN = {"batch_size": 4096, "batch_readahead": 2, "fragment_readahead": 1}
#: Rows among which the first text of a column is looked for.
FIRST_ROWS = 1000
# Rows put in order at once where texts are too long for pyarrow: 30 kB each may they have.
_PIECE_ROWS = 1 << 16


class ArrowColumn(Column):
    """An Array or ChunkedArray."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """Both classes are there."""
        return kind in (pa.Array, pa.ChunkedArray)

    def chunks(self, name: str) -> pa.ChunkedArray:
        """Itself, or the one chunk."""
        is_array = isinstance(self.value, pa.Array)
        return pa.chunked_array([self.value]) if is_array else self.value

    def take(self, rows: Positions) -> Any:
        """By pyarrow's own."""
        return self.value.take(pa.array(rows))


class ArrowTable(Frame):
    """A Table or RecordBatch."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """Both classes are there."""
        return kind in (pa.Table, pa.RecordBatch)

    def columns(self) -> list[str]:
        """Of the schema."""
        return list(self.value.schema.names)

    def holds_vectors(self, column: str) -> bool:
        """By the column's type."""
        return is_vectors(self.value.schema.field(column).type)

    def index_names(self) -> list[str]:
        """As pandas noted them."""
        return index_names(self.value.schema)

    def holds_numbers(self, column: str) -> bool:
        """By the column's type."""
        return is_number(self.value.schema.field(column).type)

    def first_text(self, column: str) -> str | None:
        """Of the first rows, as far as they go."""
        return first_text(self.column(column).slice(0, FIRST_ROWS))

    def column(self, column: str) -> pa.ChunkedArray:
        """Itself, or the one chunk; or a field of it."""
        first, fields = self.field(column)
        return field_of(ArrowColumn(self.value[first]).chunks(column), fields, column)

    def with_column(self, values: Predictions) -> pa.Table:
        """A RecordBatch becomes a Table."""
        is_table = isinstance(self.value, pa.Table)
        table = self.value if is_table else pa.Table.from_batches([self.value])
        return table.append_column(PREDICTION, pa.array(values))

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """However large they are."""
        table = self.value if columns is None else self.value.select(list(columns))
        taken = take(table, rows)
        return taken.add_column(0, "i", pa.array(places)).add_column(1, "id", pa.array(ids))

    def take(self, rows: Positions) -> Any:
        """By pyarrow's own."""
        return self.value.take(pa.array(rows))


@dataclass(frozen=True)
class Batches:
    """A table whose rows are read when they are asked for, each time again.

    schema : of all its columns
    read : some of them by their names, in batches
    integers : columns that hold integers, whatever their type
    has_names : whether the columns have names, and not only places
    """

    schema: pa.Schema
    read: Callable[[list[str]], Iterator[pa.RecordBatch]]
    integers: frozenset[str] = frozenset()
    has_names: bool = True

    def to_batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Read the rows in order."""
        return self.read(columns)

    def to_table(self, columns: list[str]) -> pa.Table:
        """Read some columns into memory."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        batches = [batch.select(columns) for batch in self.read(columns)]
        return pa.Table.from_batches(batches) if batches else schema.empty_table()

    def count_rows(self) -> int:
        """How many rows there are; they are read."""
        return sum(batch.num_rows for batch in self.read(self.schema.names[:1]))

    def take(self, rows: pa.Array) -> pa.Table:
        """Some of the rows; only they are kept while all are read."""
        wanted, places = np.unique(rows.to_numpy(), return_inverse=True)
        parts, first = [], 0
        for batch in self.read(self.schema.names):
            low, high = np.searchsorted(wanted, [first, first + batch.num_rows])
            if low < high:
                parts.append(batch.take(pa.array(wanted[low:high] - first)))
            first += batch.num_rows
        return take(pa.Table.from_batches(parts), places) if parts else self.schema.empty_table()


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

    def take(self, rows: pa.Array) -> pa.Table:
        """Some of the rows."""
        return self.to_table().take(rows)

    def _schema_of(self, columns: list[str] | None) -> pa.Schema:
        names = self.schema.names if columns is None else columns
        return pa.schema([self.schema.field(name) for name in names])


class ArrowDataset(Frame):
    """A Dataset, whose rows are read a few thousand at a time."""

    @staticmethod
    def matches(package: str, kind: type) -> bool:
        """By name, since pyarrow.dataset need not be loaded."""
        return kind in (PredictedDataset, Batches) or (package, kind.__name__) == (
            "pyarrow",
            "Dataset",
        )

    def columns(self) -> list[str]:
        """Of the schema."""
        return list(self.value.schema.names)

    def holds_vectors(self, column: str) -> bool:
        """By the column's type."""
        return is_vectors(self.value.schema.field(column).type)

    def index_names(self) -> list[str]:
        """As pandas noted them."""
        return index_names(self.value.schema)

    def holds_numbers(self, column: str) -> bool:
        """By the column's type."""
        return is_number(self.value.schema.field(column).type)

    def holds_integers(self, column: str) -> bool:
        """By the column's type."""
        if isinstance(self.value, Batches) and column in self.value.integers:
            return True
        return bool(pa.types.is_integer(self.value.schema.field(column).type))

    def first_text(self, column: str) -> str | None:
        """Of the first batch that has rows."""
        if not is_text(self.value.schema.field(column).type):
            return None
        batches = scan(self.value, [column])
        return next((first_text(batch.column(0)) for batch in batches if batch.num_rows), None)

    def column(self, column: str) -> pa.ChunkedArray:
        """Read into memory."""
        return ArrowTable(self.value.to_table([self.field(column)[0]])).column(column)

    def vectors_of(self, column: str, name: str, choice: Choice = PLAIN) -> Source:
        """As a stream."""
        return StreamSource(
            lambda: self._vectors(column, name, gaps=False),
            name,
            lambda: self._vectors(column, name, gaps=True),
        )

    def numbers_of(self, columns: list[Any], name: str, choice: Choice = PLAIN) -> Source:
        """As a stream."""
        found = StreamSource(
            lambda: self._numbers(columns, name, gaps=False),
            name,
            lambda: self._numbers(columns, name, gaps=True),
        )
        if not isinstance(self.value, Batches) or self.value.has_names:
            found.columns = tuple(columns)
        return found

    def _vectors(self, column: str, name: str, gaps: bool) -> Iterator[Numbers]:
        row, columns = 0, None
        first, fields = self.field(column)
        for batch in scan(self.value, [first]):
            if batch.num_rows:
                array = batch.column(0)
                if fields:
                    array = field_of(pa.chunked_array([array]), fields, name).chunk(0)
                rows = rows_of_array(array, name, row, columns, gaps=gaps)
                row, columns = row + len(rows), rows.shape[1]
                yield rows
        if row == 0:
            raise NoRowsError(f"{name}: has no rows; needs at least one")

    def _numbers(self, columns: list[Any], name: str, gaps: bool) -> Iterator[Numbers]:
        row = 0
        for batch in scan(self.value, columns):
            if batch.num_rows:
                values = [batch.column(column) for column in columns]
                yield from WideSource(
                    values, tuple(columns), name, gaps=gaps, first_row=row
                ).blocks()
                row += batch.num_rows
        if row == 0:
            raise NoRowsError(f"{name}: has no rows; needs at least one")

    def with_column(self, values: Predictions) -> PredictedDataset:
        """Beside the dataset, which stays where it is."""
        return PredictedDataset(self.value, values)

    def rows_of_clusters(self, clusters: list[int], columns: list[str] | None) -> pa.Table:
        """As a Table: only rows of chosen clusters are kept while it is read."""
        names = self.columns() if columns is None else list(columns)
        read = names if PREDICTION in names else [*names, PREDICTION]
        schema = pa.schema([self.value.schema.field(name) for name in read])
        chosen = pa.array(sorted(set(clusters)), schema.field(PREDICTION).type)
        import pyarrow.compute as pc  # where it is used: 30 ms that arrays need not wait for

        parts = [batch.filter(pc.is_in(batch[PREDICTION], chosen)) for batch in self.scan(read)]
        return ArrowTable(pa.Table.from_batches(parts, schema)).rows_of_clusters(clusters, columns)

    def with_ids(
        self, rows: Positions, places: Positions, ids: Positions, columns: list[str] | None
    ) -> Any:
        """As a Table."""
        return ArrowTable(self.value.to_table(columns)).with_ids(rows, places, ids, columns)

    def count(self, name: str) -> int:
        """By the dataset's metadata."""
        return int(self.value.count_rows())

    def take(self, rows: Positions) -> pa.Table:
        """By pyarrow's own."""
        return self.value.take(pa.array(rows))

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows in order, read in small steps."""
        return scan(self.value, columns)


class FileTable(ArrowDataset):
    """The table of a file, which keeps its notes for every time that the file is read."""

    called = "path"

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        """For later."""
        self.notes.append(message)


def index_names(schema: pa.Schema) -> list[str]:
    """The columns that held the index of a frame of pandas."""
    noted = (schema.pandas_metadata or {}).get("index_columns", [])
    return [name for name in noted if isinstance(name, str)]


def first_text(column: Any) -> str | None:
    """The first text of an array; None of an array of something else, or of nulls."""
    if not is_text(column.type):
        return None
    found: str | None = next((value for value in column.to_pylist() if value is not None), None)
    return found


def scan(dataset: Any, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """A dataset's rows in order, read in small steps."""
    if isinstance(dataset, PredictedDataset | Batches):
        return dataset.to_batches(columns)
    return iter(dataset.to_batches(columns=columns, **_SCAN))


def take(table: pa.Table, rows: Positions) -> pa.Table:
    """Rows of a table, however large: pyarrow lays a column's chunks end to end first.

    Where that is more text than 31 bits count, rows are taken from each chunk and then put in
    order, a number of them at a time.
    """
    with suppress(pa.ArrowInvalid):
        return table.take(pa.array(rows))
    batches = table.to_batches()
    ends = np.cumsum([batch.num_rows for batch in batches])
    pieces = []
    for start in range(0, len(rows), _PIECE_ROWS):
        piece, places = np.unique(rows[start : start + _PIECE_ROWS], return_inverse=True)
        bounds = [0, *np.searchsorted(piece, ends)]
        parts = [
            batch.take(pa.array(piece[low:high] - (end - batch.num_rows)))
            for batch, end, low, high in zip(batches, ends, bounds, bounds[1:], strict=False)
            if low < high
        ]
        pieces.append(pa.Table.from_batches(parts).combine_chunks().take(pa.array(places)))
    return pa.concat_tables(pieces)

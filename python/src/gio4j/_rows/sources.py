"""Where rows come from: an array, a column, a file, a stream, each with the same few abilities.

| given                                                        | copies |
|--------------------------------------------------------------|--------|
| array from `gio4j.empty`, a result, or rows of one           | none   |
| `numpy.load(path, mmap_mode='r')`, or rows of it             | none   |
| a column of vectors mapped from one Arrow file               | none   |
| path of a .npy, .safetensors, .pt or Arrow file              | none   |
| path of any other file                                       | a file, kept and used again |
| several files: each as it is alone                           |        |
| pyarrow Dataset, Spark DataFrame; with rows left out         | a temporary file |
| anything else: heap array, float64, Fortran order, list ...  | one    |

Without a copy are float32 and what else the engine reads as it is stored: float16, bfloat16, int8
and uint8. A copy has the type of the rows where it is one of these, else float32.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._checks import cause
from gio4j._engine.jobs import run_job
from gio4j._rows.arrow_file import spill
from gio4j._rows.choice import Metric, Names
from gio4j._rows.file_rows import FileRows, Part, header_of, npy_array
from gio4j._rows.float32 import (
    BFLOAT16,
    STORED,
    Numbers,
    Offset,
    Reservoir,
    is_held,
    plain,
    sample_size,
    shared_type,
    stream_as_float32,
)
from gio4j._rows.matrix import (
    Matrix,
    check_matrix,
    is_shared,
    mapped_rows,
    share_array,
    share_rows,
    shared_copy,
)
from gio4j._rows.npy import NpyHeader
from gio4j._rows.vectors import (
    holds_float32,
    is_vectors,
    rows_of_array,
)
from gio4j._shared.open_file import OpenFile
from gio4j.errors import GioError, InvalidInputError

Indices = npt.NDArray[np.integer[Any]]
#: Says which rows of a block are kept.
Kept = Callable[[Numbers], npt.NDArray[np.bool_]]
_log = logging.getLogger("gio4j")
# Rows of a file that are looked at together for missing numbers: 6 MB at 384 columns.
_BLOCK_ROWS = 4096
# A number of NumPy's: halves are compared with it as float32, with one of Python's as halves.
_LARGEST = np.finfo(np.float32).max
# How a stream of Arrow begins since 2019.
_STREAM = b"\xff\xff\xff\xff"


class Source(ABC):
    """Rows that somebody passed; `name` is what messages call them.

    columns : names of their columns, where each has one
    path : the file that holds them, if one does
    rows : their numbers in what was passed, where rows that lack a number were left out
    metric : by which they are compared
    is_movable : whether an offset of each column may be subtracted from them
    """

    columns: Names | None = None
    path: str | None = None
    rows: Indices | None = None
    metric: Metric = "euclidean"
    is_movable = True
    _passed: int | None = None
    _files: list[tuple[str, int]] | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def share(self, leases: ExitStack) -> Matrix:
        """Put them where the engine can map them; `leases` keep them there until closed."""

    @abstractmethod
    def materialised(self, offset: Offset | None = None) -> Source:
        """The same rows where sharing them costs nothing, however often.

        With an offset its number of each column is subtracted from them.
        """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Rows and columns; no row is read for them, but where rows only come in a stream."""

    def copied_bytes(self) -> int:
        """How much sharing them copies, into shared memory or a temporary file."""
        rows, columns = self.shape
        return np.dtype(np.float32).itemsize * rows * columns

    def count(self) -> int:
        """How many rows there are."""
        return self.shape[0]

    def passed(self) -> int:
        """How many there were before any was left out."""
        return self.count() if self._passed is None else self._passed

    def numbers(self, places: Indices) -> Indices:
        """What rows are called in what was passed, from their places among these."""
        return places if self.rows is None else self.rows[places]

    def places(self, numbers: Indices) -> Indices:
        """Where rows are among these, from their numbers in what was passed; -1 if left out."""
        if self.rows is None:
            return numbers
        places = np.searchsorted(self.rows, numbers).clip(max=len(self.rows) - 1)
        return np.where(self.rows[places] == numbers, places, -1)

    def files(self) -> list[tuple[str, int]]:
        """The files that hold what was passed, and how many rows each has."""
        if self._files is not None:
            return self._files
        return [] if self.path is None else [(self.path, self.count())]

    @abstractmethod
    def take(self, indices: Indices) -> Numbers:
        """Some of the rows, (len(indices), d) numbers as they were given, a copy."""

    def blocks(self) -> Iterator[Numbers]:
        """All rows in order, some at a time; a null is NaN."""
        rows = self.count()
        for start in range(0, rows, _BLOCK_ROWS):
            yield self.take(np.arange(start, min(start + _BLOCK_ROWS, rows)))

    def present(self, *, without_zeros: bool = False) -> Source:
        """Those that lack no number, nor are all zeros; `rows` says which they are."""
        kept = _without_gaps_and_zeros if without_zeros else _without_gaps
        found, first, large = [], 0, ""
        for block in self.blocks():
            found.append(first + np.flatnonzero(kept(block)))
            if not large and len(bad := np.argwhere(np.abs(block) > _LARGEST)):
                row, column = bad[0]
                large = f"row {first + row}, column {column} is {block[row, column]:g}"
            first += len(block)
        rows = np.concatenate(found) if found else np.empty(0, np.int64)
        if len(rows) == first:
            return self
        if not len(rows):
            why = "lacks a number or is all zeros" if without_zeros else "lacks a number"
            raise InvalidInputError(f"{self.name}: each of its {first} rows {why}")
        if large:  # whoever finds it later names its row among those that are left
            raise InvalidInputError(
                f"{self.name}: {large}; float32 holds at most {_LARGEST:.2g}; drop or repair such "
                "rows"
            )
        chosen = self._only(kept)
        chosen.columns, chosen.rows, chosen._passed = self.columns, rows, first
        chosen._files = self._files_read(first)
        return chosen

    def only(self, places: Indices) -> Source:
        """Those at some places, which ascend; `rows` says which they are."""
        is_chosen = np.zeros(self.count(), bool)
        is_chosen[places] = True

        def blocks() -> Iterator[Numbers]:
            first = 0
            for block in self.blocks():
                chosen = np.flatnonzero(is_chosen[first : first + len(block)])
                rows, numbers = block[chosen], self.numbers(first + chosen)
                bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
                if len(bad):  # the engine would name its row among these
                    row = numbers[bad[0]]
                    raise InvalidInputError(
                        f"{self.name}: row {row} is not finite; drop or repair such rows"
                    )
                yield rows
                first += len(block)

        chosen = StreamSource(blocks, self.name)
        chosen.columns, chosen.rows, chosen._passed = (
            self.columns,
            self.numbers(places),
            self.passed(),
        )
        chosen._files = self.files()
        return chosen

    def _files_read(self, rows: int) -> list[tuple[str, int]]:
        """`files` of a source whose blocks have been read, where no metadata need tell."""
        return [] if self.path is None else [(self.path, rows)]

    def _only(self, kept: Kept) -> Source:
        """Some of each block, read again from where they are."""
        return StreamSource(lambda: (block[kept(block)] for block in self.blocks()), self.name)

    @property
    @abstractmethod
    def is_held(self) -> bool:
        """Whether float32 holds the numbers, by their type."""

    def sample(self) -> Numbers:
        """Some of the rows, drawn evenly, the same each time."""
        rows, columns = self.shape
        size = sample_size(columns)
        if rows <= size:
            return self.take(np.arange(rows))
        return self.take(np.sort(np.random.default_rng(0).choice(rows, size, replace=False)))


class ArraySource(Source):
    """A 2-D array of real numbers, as `as_array` gives it."""

    def __init__(self, array: npt.NDArray[Any], name: str) -> None:
        super().__init__(name)
        self.array = array

    def share(self, leases: ExitStack) -> Matrix:
        """No copy for what lies in shared memory or in a mapped file, else one."""
        return share_array(self.array, self.name, leases)

    def materialised(self, offset: Offset | None = None) -> ArraySource:
        """Itself, or the copy that sharing makes."""
        if offset is None and is_shared(self.array):
            return self
        return ArraySource(shared_copy(self.array, self.name, offset), self.name)

    def copied_bytes(self) -> int:
        """None where it lies in shared memory or in a mapped file."""
        if is_shared(self.array):
            return 0
        return int(self.array.size * shared_type(self.array.dtype).itemsize)

    @property
    def shape(self) -> tuple[int, int]:
        """The array's."""
        return self.array.shape[0], self.array.shape[1]

    def blocks(self) -> Iterator[Numbers]:
        """All of it; of a mapped file they are read, and bfloat16 is converted, some at a time."""
        in_parts = self.array.dtype == BFLOAT16 or mapped_rows(self.array) is not None
        return super().blocks() if in_parts else iter([self.array])

    def _only(self, kept: Kept) -> Source:
        return ArraySource(together(self, kept), self.name)

    def take(self, indices: Indices) -> Numbers:
        """NumPy's own; of a mapped file they are read, as whoever looks at one cut short dies."""
        if (file := mapped_rows(self.array)) is not None:
            return file.take(indices, self.name)
        rows: Numbers = np.ascontiguousarray(self.array[indices])
        return plain(rows)

    @property
    def is_held(self) -> bool:
        """By the array's dtype."""
        return is_held(self.array.dtype)


class NpySource(Source):
    """A matrix that lies in a file as NumPy writes it: a .npy file, a part of another."""

    def __init__(self, file: OpenFile, name: str, header: NpyHeader | None = None) -> None:
        super().__init__(name)
        self._file = file
        self._header = header_of(file, name) if header is None else header
        check_matrix(self._header.dtype, self._header.shape, name)

    def share(self, leases: ExitStack) -> Matrix:
        """No copy in C order of a type that the engine reads, else one."""
        if not self._is_plain():
            return self._in_memory().share(leases)
        return share_rows(self._rows(), self.name, leases)

    def materialised(self, offset: Offset | None = None) -> Source:
        """Itself, or the copy that sharing makes."""
        if offset is None and self._is_plain():
            return self
        return self._in_memory().materialised(offset)

    def copied_bytes(self) -> int:
        """None in C order of a type that the engine reads."""
        return 0 if self._is_plain() else super().copied_bytes()

    @property
    def shape(self) -> tuple[int, int]:
        """As the header says."""
        return self._header.shape[0], self._header.shape[1]

    def take(self, indices: Indices) -> Numbers:
        """Read from the file, all of it if it is in Fortran order."""
        if self._header.is_fortran:
            return self._in_memory().take(indices)
        return self._rows().take(indices, self.name)

    def sample(self) -> Numbers:
        """As of any; in Fortran order the file is read once."""
        return self._in_memory().sample() if self._header.is_fortran else super().sample()

    @property
    def is_held(self) -> bool:
        """By the type in the header."""
        return is_held(self._header.dtype)

    def _is_plain(self) -> bool:
        """Whether the engine can read the rows where they lie."""
        _, is_fortran, dtype, offset = self._header
        return dtype in STORED and not is_fortran and offset % dtype.itemsize == 0

    def _rows(self) -> FileRows:
        shape, _, dtype, offset = self._header
        return FileRows(self._file, shape[1], [Part(offset, shape[0])], dtype)

    def _in_memory(self) -> ArraySource:
        return ArraySource(npy_array(self._file, self._header, self.name), self.name)


class FileSource(Source):
    """The only column of vectors of an Arrow file or stream, or the one that is named.

    Of a type that the engine reads, or of doubles.
    """

    def __init__(self, file: OpenFile, name: str, column: str | None = None) -> None:
        super().__init__(name)
        self.column = column
        self._file = file
        self._rows: FileRows | None = None
        self._stream: StreamSource | None = None

    def share(self, leases: ExitStack) -> Matrix:
        """The engine reads it where it lies; what else there is, it finds out itself."""
        if not self.is_held:
            return self._vectors().share(leases)
        leases.callback(keep_alive, self)
        request = {
            "name": self.name,
            "path": leases.enter_context(self._file.lent(self.name)),
            "column": self.column,
        }
        is_stream = is_arrow_stream(self._file, self.name)
        kind = {"kind": "arrow_stream", "offset": 0} if is_stream else {"kind": "arrow_file"}
        return Matrix(request | kind, None, None)

    def materialised(self, offset: Offset | None = None) -> Source:
        """Itself; for doubles, or with an offset, a temporary file."""
        if offset is None and self.is_held:
            return self
        return self._vectors().materialised(offset)

    def copied_bytes(self) -> int:
        """None but for doubles."""
        return 0 if self.is_held else super().copied_bytes()

    @property
    def shape(self) -> tuple[int, int]:
        """Read from the file's metadata, by the engine; doubles are counted."""
        if not self.is_held:
            return self._vectors().shape
        located = self._located()
        return located.count, located.columns

    def take(self, indices: Indices) -> Numbers:
        """Read from where the engine says that they lie; doubles, from the first row on."""
        if not self.is_held:
            return self._vectors().take(indices)
        return self._located().take(indices, self.name)

    def sample(self) -> Numbers:
        """Of doubles, drawn while they are copied."""
        return super().sample() if self.is_held else self._vectors().sample()

    def blocks(self) -> Iterator[Numbers]:
        """Batch by batch."""
        return self._batches(gaps=True)

    @cached_property
    def is_held(self) -> bool:
        """By the file's schema; True for a file that the engine will refuse."""
        try:
            with arrow_reader(self._file, self.name) as (schema, _):
                return holds_float32(schema.field(self._place_in(schema)).type)
        except (GioError, OSError):
            return True

    def _located(self) -> FileRows:
        if self._rows is None:
            with ExitStack() as leases:
                request = {"kind": "layout", "data": FileSource.share(self, leases).request}
                layout = run_job(request, leases).values
            parts = [Part(**part) for part in layout["parts"]]
            dtype = next(each for each, name in STORED.items() if name == layout["type"])
            self._rows = FileRows(self._file, layout["columns"], parts, dtype)
        return self._rows

    def _vectors(self) -> StreamSource:
        """The rows in their own type, batch by batch; always the same, which keeps its sample."""
        if self._stream is None:
            self._stream = StreamSource(self._batches, self.name)
        return self._stream

    def _batches(self, gaps: bool = False) -> Iterator[Numbers]:
        row, columns = 0, None
        with arrow_reader(self._file, self.name) as (schema, batches):
            place = self._place_in(schema)
            name = f"{self.name}.{schema.field(place).name}"
            for batch in batches([place]):
                if batch.num_rows:
                    rows = rows_of_array(batch.column(0), name, row, columns, gaps=gaps)
                    row, columns = row + len(rows), rows.shape[1]
                    yield rows
        if row == 0:
            raise NoRowsError(f"{name}: has no rows; needs at least one")

    def _place_in(self, schema: pa.Schema) -> int:
        """The place of the column of vectors that is meant."""
        columns = {
            place: field.name for place, field in enumerate(schema) if is_vectors(field.type)
        }
        chosen = [place for place, name in columns.items() if self.column in (None, name)]
        if len(chosen) != 1:
            raise InvalidInputError(
                f"{self.name}: {self._file.shown} has the columns of vectors "
                f"{', '.join(columns.values()) or 'none'}; name one: "
                f"({self._file.shown!r}, 'column')"
            )
        return chosen[0]


class SpilledSource(FileSource):
    """Rows that only come in a stream: written to a temporary file, which goes with this object."""

    is_held = True

    def __init__(self, batches: Iterator[Numbers], name: str, offset: Offset | None = None) -> None:
        file, rows, columns = spill(stream_as_float32(batches, name, offset))
        super().__init__(file, name)
        self._shape = rows, columns

    def share(self, leases: ExitStack) -> Matrix:
        """The file, whose size is known."""
        return Matrix(super().share(leases).request, *self._shape)

    @property
    def shape(self) -> tuple[int, int]:
        """Counted while they were written."""
        return self._shape


class StreamSource(Source):
    """Batches of rows, read again each time."""

    def __init__(
        self,
        batches: Callable[[], Iterator[Numbers]],
        name: str,
        with_gaps: Callable[[], Iterator[Numbers]] | None = None,
    ) -> None:
        """Read by `batches`; by `with_gaps`, if there is one, where nulls are to be NaN."""
        super().__init__(name)
        self.batches = batches
        self._with_gaps = batches if with_gaps is None else with_gaps
        self._sample: Numbers | None = None
        self._written: SpilledSource | None = None

    def share(self, leases: ExitStack) -> Matrix:
        """A temporary file that goes with the leases."""
        return self.materialised().share(leases)

    def materialised(self, offset: Offset | None = None) -> SpilledSource:
        """A temporary file; the rows are read once more if it is to have an offset."""
        if offset is not None:
            return SpilledSource(self.batches(), self.name, offset)
        written, self._written = self._written, None
        return SpilledSource(self.batches(), self.name) if written is None else written

    def sample(self) -> Numbers:
        """Drawn while the temporary file is written."""
        if self._sample is None:
            passing = Reservoir()
            self._written = SpilledSource(passing.watch(self.batches()), self.name)
            self._sample = passing.rows
        return self._sample

    @property
    def is_held(self) -> bool:
        """By the type of what comes, which shows once it is read."""
        return is_held(self.sample().dtype)

    @property
    def shape(self) -> tuple[int, int]:
        """Of the temporary file, if they wait in one; else reads all of them."""
        if self._written is not None:
            return self._written.shape
        rows = columns = 0
        for batch in self.batches():
            rows, columns = rows + len(batch), batch.shape[1]
        return rows, columns

    def take(self, indices: Indices) -> Numbers:
        """Reads all of them."""
        rows, first = np.asarray(indices), 0
        places, parts = [], []
        for batch in self.batches():
            inside = np.flatnonzero((rows >= first) & (rows < first + len(batch)))
            places.append(inside)
            parts.append(batch[rows[inside] - first])
            first += len(batch)
        taken = np.concatenate(parts)
        taken[np.concatenate(places)] = taken.copy()
        return taken

    def blocks(self) -> Iterator[Numbers]:
        """As they come."""
        return self._with_gaps()


class NoRowsError(InvalidInputError):
    """A file has no rows: an error, but beside others that have some."""


def is_arrow_stream(file: OpenFile, name: str) -> bool:
    """Whether an Arrow file is a stream, as `datasets` saves them, and no file with a footer."""
    start = np.zeros(min(len(_STREAM), file.identity.size), np.uint8)
    file.read_into(start, 0, name)
    return start.tobytes() == _STREAM


@contextmanager
def arrow_reader(
    file: OpenFile, name: str
) -> Iterator[tuple[pa.Schema, Callable[[list[int]], Iterator[pa.RecordBatch]]]]:
    """The schema of an Arrow file or stream, and what reads the columns at some places of it."""
    with file.lent(name) as path:
        try:
            with pa.OSFile(path) as source:
                if is_arrow_stream(file, name):
                    opened = pa.ipc.open_stream(source)
                    yield opened.schema, lambda places: _checked(_stream_of(source, places))
                else:
                    opened = pa.ipc.open_file(source)
                    yield opened.schema, lambda places: _checked(_file_of(source, places))
        except (OSError, pa.ArrowException, UnicodeDecodeError) as problem:
            raise InvalidInputError(
                f"{name}: {file.shown} is no readable Arrow file ({cause(problem)})"
            ) from problem


def _stream_of(source: pa.NativeFile, places: list[int]) -> Iterator[pa.RecordBatch]:
    source.seek(0)
    return iter(pa.ipc.open_stream(source, options=_only_of(places)))


def _file_of(source: pa.NativeFile, places: list[int]) -> Iterator[pa.RecordBatch]:
    reader = pa.ipc.open_file(source, options=_only_of(places))
    return (reader.get_batch(number) for number in range(reader.num_record_batches))


def _only_of(places: list[int]) -> pa.ipc.IpcReadOptions:
    return pa.ipc.IpcReadOptions(included_fields=sorted(places))


def _checked(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        # pyarrow itself ends the process over an array whose lengths cannot be.
        batch.validate(full=True)
        yield batch


def _without_gaps(block: Numbers) -> npt.NDArray[np.bool_]:
    """Which rows hold no NaN."""
    if block.dtype.kind in "iu":
        return np.ones(len(block), bool)
    return np.asarray(~np.isnan(block).any(axis=1))


def _without_gaps_and_zeros(block: Numbers) -> npt.NDArray[np.bool_]:
    return _without_gaps(block) & ~are_zeros(block)


def are_zeros(block: Numbers) -> npt.NDArray[np.bool_]:
    """Which rows are all zeros, as float32 has them."""
    with np.errstate(over="ignore"):
        return np.asarray(~block.astype(np.float32, copy=False).any(axis=1))


def together(source: Source, kept: Kept) -> Numbers:
    """Some rows of each of its blocks as one array."""
    return np.concatenate([block[kept(block)] for block in source.blocks()])


def keep_alive(_: object) -> None:
    """Holds its argument alive until the leases are closed."""

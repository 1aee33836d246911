"""Where rows come from: an array, a column, a file, a stream, each with the same few abilities.

| given                                                        | copies |
|--------------------------------------------------------------|--------|
| array from `gio4j.empty`, a result, or rows of one           | none   |
| `numpy.load(path, mmap_mode='r')`, float32, or rows of it    | none   |
| a column of float32 vectors mapped from an Arrow file        | none   |
| path of a .npy file of float32, or of an Arrow file          | none   |
| path of a .csv, .tsv or .parquet file                        | a file, kept and used again |
| pyarrow Dataset, Spark DataFrame                             | a temporary file |
| anything else: heap array, float64, Fortran order, list ...  | one    |
"""

from __future__ import annotations

import logging
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._arrow_file import remove, spill
from gio4j._float32 import Numbers, Offset, Reservoir, is_held, sample_size, stream_as_float32
from gio4j._mapped import MappedFiles, Place
from gio4j._matrix import Matrix, place_of, raw, share_array, shared_copy
from gio4j._vectors import holds_float32, is_vectors, rows_of_array, rows_of_column
from gio4j.errors import InvalidInputError

Indices = npt.NDArray[np.integer[Any]]
_log = logging.getLogger("gio4j")


class Source(ABC):
    """Rows that somebody passed; `name` is what messages call them."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def share(self, leases: ExitStack) -> Matrix:
        """Put them where the engine can map them; `leases` keep them there until closed."""

    @abstractmethod
    def settled(self, offset: Offset | None = None) -> Source:
        """The same rows where sharing them costs nothing, however often.

        With an offset its number of each column is subtracted from them.
        """

    @abstractmethod
    def count(self) -> int:
        """How many rows there are."""

    @abstractmethod
    def take(self, indices: Indices) -> Numbers:
        """Some of the rows, (len(indices), d) numbers as they were given, a copy."""

    @property
    @abstractmethod
    def is_held(self) -> bool:
        """Whether float32 holds the numbers, by their type."""

    def sample(self) -> Numbers:
        """Some of the rows, drawn evenly, the same each time."""
        rows = self.count()
        size = sample_size(self.take(np.zeros(1, np.int64)).shape[1])
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

    def settled(self, offset: Offset | None = None) -> ArraySource:
        """Itself, or the copy that sharing makes."""
        if offset is None and place_of(self.array) is not None:
            return self
        return ArraySource(shared_copy(self.array, self.name, offset), self.name)

    def count(self) -> int:
        """The array's length."""
        return len(self.array)

    def take(self, indices: Indices) -> Numbers:
        """NumPy's own."""
        rows: Numbers = np.ascontiguousarray(self.array[indices])
        return rows

    @property
    def is_held(self) -> bool:
        """By the array's dtype."""
        return is_held(self.array.dtype)


class ColumnSource(Source):
    """A column of Arrow lists."""

    def __init__(self, column: pa.ChunkedArray, name: str) -> None:
        super().__init__(name)
        self.column = column

    def share(self, leases: ExitStack) -> Matrix:
        """No copy for plain float32 vectors that pyarrow mapped from a file, else one."""
        place = self._place()
        if place is not None:
            leases.callback(_keep, self.column)
            return Matrix({"name": self.name, **place}, len(self.column), _width(self.column))
        return self._in_memory().share(leases)

    def settled(self, offset: Offset | None = None) -> Source:
        """Itself, or the array that sharing makes."""
        if offset is None and self._place() is not None:
            return self
        return self._in_memory(offset)

    def count(self) -> int:
        """The column's length."""
        return len(self.column)

    def take(self, indices: Indices) -> Numbers:
        """Chunk by chunk: pyarrow's own lays them all end to end first."""
        rows = np.asarray(indices)
        taken: Numbers | None = None
        first = 0
        for chunk in self.column.chunks:
            inside = np.flatnonzero((rows >= first) & (rows < first + len(chunk)))
            if len(inside):
                part = rows_of_array(chunk.take(pa.array(rows[inside] - first)), self.name)
                if taken is None:
                    taken = np.empty((len(rows), part.shape[1]), part.dtype)
                taken[inside] = part
            first += len(chunk)
        return np.empty((0, _width(self.column) or 0), np.float32) if taken is None else taken

    @property
    def is_held(self) -> bool:
        """By the column's type; True for what is no column of vectors, which is refused later."""
        return not is_vectors(self.column.type) or holds_float32(self.column.type)

    def sample(self) -> Numbers:
        """As of any; of a bad row the error says its place in the column."""
        try:
            return super().sample()
        except InvalidInputError:
            self._in_memory()
            raise

    def _in_memory(self, offset: Offset | None = None) -> ArraySource:
        kind = _lists(self.column.type)
        if is_vectors(kind) and kind.value_type != pa.float32():
            _log.info("%s: %s converted to float32", self.name, kind.value_type)
        return ArraySource(rows_of_column(self.column, self.name, offset), self.name).settled()

    def _place(self) -> dict[str, Any] | None:
        chunks = [chunk for chunk in self.column.chunks if len(chunk)]
        width = _even_width(_lists(self.column.type), chunks)
        if width is None:
            return None
        files = MappedFiles()
        places = [_place_of(chunk, files) for chunk in chunks]
        first = places[0]
        if first is None or None in places:
            return None
        if len(chunks) == 1:
            return raw(first.path, first.offset, (len(self.column), width))
        return _whole_column(first.path, [place for place in places if place is not None])


class FileSource(Source):
    """The only column of vectors of an Arrow file, or the one that is named."""

    def __init__(self, path: Path, name: str, column: str | None = None) -> None:
        super().__init__(name)
        self.path = path
        self.column = column

    def share(self, leases: ExitStack) -> Matrix:
        """The engine reads float32 where it lies; what else there is, it finds out itself."""
        if not self.is_held:
            return self._vectors().share(leases)
        leases.callback(_keep, self)
        request = {
            "name": self.name,
            "kind": "arrow-file",
            "path": str(self.path),
            "column": self.column,
        }
        return Matrix(request, None, None)

    def settled(self, offset: Offset | None = None) -> Source:
        """Itself; for doubles, or with an offset, a copy in memory."""
        if offset is None and self.is_held:
            return self
        return self._vectors().settled(offset)

    def count(self) -> int:
        """Read from the file's metadata."""
        return len(self._vectors().column)

    def take(self, indices: Indices) -> Numbers:
        """Read from the mapped file."""
        return self._vectors().take(indices)

    def sample(self) -> Numbers:
        """As of the column."""
        return self._vectors().sample()

    @property
    def is_held(self) -> bool:
        """By the file's schema; True for a file that the engine will refuse."""
        try:
            with pa.OSFile(str(self.path)) as file:
                schema = pa.ipc.open_file(file).schema
            return holds_float32(schema.field(self._chosen(schema)).type)
        except (OSError, pa.ArrowInvalid, InvalidInputError):
            return True

    def _vectors(self) -> ColumnSource:
        try:
            table = pa.ipc.open_file(pa.memory_map(str(self.path))).read_all()
        except (OSError, pa.ArrowInvalid) as problem:
            raise InvalidInputError(
                f"{self.name}: {self.path} is no readable Arrow file ({problem})"
            ) from problem
        chosen = self._chosen(table.schema)
        return ColumnSource(table.column(chosen), f"{self.name}.{chosen}")

    def _chosen(self, schema: pa.Schema) -> str:
        columns = [field.name for field in schema if is_vectors(field.type)]
        chosen = columns if self.column is None else [self.column]
        if len(chosen) != 1 or chosen[0] not in columns:
            raise InvalidInputError(
                f"{self.name}: {self.path} has the columns of vectors "
                f"{', '.join(columns) or 'none'}; name one: ({str(self.path)!r}, 'column')"
            )
        return chosen[0]


class SpilledSource(FileSource):
    """Rows that only come in a stream: written to a temporary file, which goes with this object."""

    is_held = True

    def __init__(self, batches: Iterator[Numbers], name: str, offset: Offset | None = None) -> None:
        path, rows, columns = spill(stream_as_float32(batches, name, offset))
        super().__init__(path, name)
        self._shape = rows, columns
        self.remove = weakref.finalize(self, remove, path)

    def share(self, leases: ExitStack) -> Matrix:
        """The file, whose size is known."""
        return Matrix(super().share(leases).request, *self._shape)

    def count(self) -> int:
        """Counted while they were written."""
        return self._shape[0]


class StreamSource(Source):
    """Batches of rows, read anew each time."""

    def __init__(self, batches: Callable[[], Iterator[Numbers]], name: str) -> None:
        super().__init__(name)
        self.batches = batches
        self._sample: Numbers | None = None
        self._written: SpilledSource | None = None

    def share(self, leases: ExitStack) -> Matrix:
        """A temporary file that goes with the leases."""
        return self.settled().share(leases)

    def settled(self, offset: Offset | None = None) -> SpilledSource:
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

    def count(self) -> int:
        """Reads all of them."""
        return sum(len(batch) for batch in self.batches())

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


def _keep(_: object) -> None:
    """Holds its argument alive until the leases are closed."""


def _lists(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _width(column: pa.ChunkedArray) -> int | None:
    kind = _lists(column.type)
    return kind.list_size if pa.types.is_fixed_size_list(kind) else None


def _is_plain(kind: pa.DataType) -> bool:
    """Whether a column holds lists of float32, of a fixed length or not."""
    return is_vectors(kind) and _lists(kind).value_type == pa.float32()


def _even_width(kind: pa.DataType, chunks: list[pa.Array]) -> int | None:
    """The one length of all lists of float32, if they have one and no nulls."""
    if not _is_plain(kind) or not chunks or any(chunk.null_count for chunk in chunks):
        return None
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size)
    lengths = {length for chunk in chunks for length in np.unique(chunk.value_lengths()).tolist()}
    return lengths.pop() if len(lengths) == 1 and 0 not in lengths else None


def _place_of(chunk: pa.Array, files: MappedFiles) -> Place | None:
    lists = chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk
    numbers = lists.flatten()
    if numbers.null_count:
        return None
    values = numbers.to_numpy()
    return files.find(values.ctypes.data, values.nbytes)


def _whole_column(path: str, places: list[Place]) -> dict[str, Any] | None:
    """The column of an Arrow file or stream whose batches lie at these places and nowhere else.

    The engine reads a file's column by its name; a stream's only column of vectors, where those of
    a fixed length go before other lists.
    """
    with pa.memory_map(path) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        try:
            reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
            table = reader.read_all()
        except pa.ArrowInvalid:
            return None
        files = MappedFiles()
        plain, matching = [], []
        for field, column in zip(table.schema, table.columns, strict=True):
            if _is_plain(field.type):
                plain.append(field)
                chunks = [chunk for chunk in column.chunks if len(chunk)]
                if [_place_of(chunk, files) for chunk in chunks] == places:
                    matching.append(field)
    if len(matching) != 1:
        return None
    if is_file:
        return {"kind": "arrow-file", "path": path, "column": matching[0].name}
    fixed = [field for field in plain if pa.types.is_fixed_size_list(_lists(field.type))]
    if (fixed or plain) != matching:
        return None
    return {"kind": "arrow-stream", "path": path, "offset": 0}

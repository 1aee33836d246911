"""Where rows come from: an array, a column, a file, a stream, each with the same few abilities.

| given                                                        | copies |
|--------------------------------------------------------------|--------|
| array from `gio4j.empty`, a result, or rows of one           | none   |
| `numpy.load(path, mmap_mode='r')`, float32, or rows of it    | none   |
| a column of float32 vectors mapped from one Arrow file       | none   |
| path of a .npy file of float32, or of an Arrow file          | none   |
| path of a .csv, .tsv or .parquet file                        | a file, kept and used again |
| pyarrow Dataset, Spark DataFrame                             | a temporary file |
| anything else: heap array, float64, Fortran order, list ...  | one    |
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._arrow_file import Rows, spill
from gio4j._file_rows import FileRows, Part, npy_array, npy_header
from gio4j._jobs import run_job
from gio4j._mapped import MappedFiles, Place
from gio4j._matrix import (
    FLOAT32,
    Matrix,
    check_matrix,
    is_shared,
    mapped_rows,
    share_array,
    share_rows,
    shared_copy,
)
from gio4j._open_file import OpenFile
from gio4j._vectors import is_vectors, rows_of_array, rows_of_column

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
    def settled(self) -> Source:
        """The same rows where sharing them costs nothing, however often."""

    @abstractmethod
    def count(self) -> int:
        """How many rows there are."""

    @abstractmethod
    def take(self, indices: Indices) -> Rows:
        """Some of the rows, (len(indices), d) float32, a copy."""


class ArraySource(Source):
    """A 2-D array of real numbers, as `as_array` gives it."""

    def __init__(self, array: npt.NDArray[Any], name: str) -> None:
        super().__init__(name)
        self.array = array

    def share(self, leases: ExitStack) -> Matrix:
        """No copy for what lies in shared memory or in a mapped file, else one."""
        return share_array(self.array, self.name, leases)

    def settled(self) -> Source:
        """Itself, or the copy that sharing makes."""
        if is_shared(self.array):
            return self
        return ArraySource(shared_copy(self.array, self.name), self.name)

    def count(self) -> int:
        """The array's length."""
        return len(self.array)

    def take(self, indices: Indices) -> Rows:
        """NumPy's own; of a mapped file they are read, as whoever looks at one cut short dies."""
        if (file := mapped_rows(self.array)) is not None:
            return file.take(indices, self.name)
        rows: Rows = np.ascontiguousarray(self.array[indices], np.float32)
        return rows


class ColumnSource(Source):
    """A column of Arrow lists."""

    def __init__(self, column: pa.ChunkedArray, name: str) -> None:
        super().__init__(name)
        self.column = column

    def share(self, leases: ExitStack) -> Matrix:
        """No copy for plain float32 vectors that pyarrow mapped from a file, else one."""
        file = self._mapped()
        if file is not None:
            leases.callback(_keep, self.column)
            return share_rows(file, self.name, leases)
        return self._in_memory().share(leases)

    def settled(self) -> Source:
        """Itself, or the array that sharing makes."""
        return self if self._mapped() is not None else self._in_memory().settled()

    def count(self) -> int:
        """The column's length."""
        return len(self.column)

    def take(self, indices: Indices) -> Rows:
        """Chunk by chunk: pyarrow's own lays them all end to end first."""
        rows = np.asarray(indices)
        if (file := self._mapped()) is not None:
            return file.take(rows, self.name)
        taken: Rows | None = None
        first = 0
        for chunk in self.column.chunks:
            inside = np.flatnonzero((rows >= first) & (rows < first + len(chunk)))
            if len(inside):
                part = rows_of_array(chunk.take(pa.array(rows[inside] - first)), self.name)
                if taken is None:
                    taken = np.empty((len(rows), part.shape[1]), np.float32)
                taken[inside] = part
            first += len(chunk)
        return np.empty((0, _width(self.column) or 0), np.float32) if taken is None else taken

    def _in_memory(self) -> ArraySource:
        kind = _lists(self.column.type)
        if is_vectors(kind) and kind.value_type != pa.float32():
            _log.info("%s: %s converted to float32", self.name, kind.value_type)
        return ArraySource(rows_of_column(self.column, self.name), self.name)

    def _mapped(self) -> FileRows | None:
        """The rows in the file whose mapping holds the column, if it is plain and one does."""
        chunks = [chunk for chunk in self.column.chunks if len(chunk)]
        width = _even_width(_lists(self.column.type), chunks)
        if width is None:
            return None
        files = MappedFiles()
        places = [_place_of(chunk, files) for chunk in chunks]
        first = places[0]
        if first is None or any(place is None or place.file is not first.file for place in places):
            return None
        parts = [
            Part(place.offset, len(chunk))
            for place, chunk in zip(places, chunks, strict=True)
            if place is not None
        ]
        return FileRows(first.file, width, parts)


class NpySource(Source):
    """The matrix of a .npy file."""

    def __init__(self, file: OpenFile, name: str) -> None:
        super().__init__(name)
        self._file = file
        self._header = npy_header(file, name)
        check_matrix(self._header.dtype, self._header.shape, name)

    def share(self, leases: ExitStack) -> Matrix:
        """No copy of float32 in C order, else one."""
        rows = self._rows()
        if rows is None:
            return self._in_memory().share(leases)
        return share_rows(rows, self.name, leases)

    def settled(self) -> Source:
        """Itself, or the copy that sharing makes."""
        return self._in_memory().settled() if self._rows() is None else self

    def count(self) -> int:
        """As the header says."""
        return self._header.shape[0]

    def take(self, indices: Indices) -> Rows:
        """Read from the file, all of it if it is not of float32 in C order."""
        rows = self._rows()
        return self._in_memory().take(indices) if rows is None else rows.take(indices, self.name)

    def _rows(self) -> FileRows | None:
        shape, is_fortran, dtype, offset = self._header
        if dtype != FLOAT32 or is_fortran or offset % FLOAT32.itemsize:
            return None
        return FileRows(self._file, shape[1], [Part(offset, shape[0])])

    def _in_memory(self) -> ArraySource:
        return ArraySource(npy_array(self._file, self._header, self.name), self.name)


class FileSource(Source):
    """The only column of vectors of an Arrow file, or the one that is named."""

    def __init__(self, file: OpenFile, name: str, column: str | None = None) -> None:
        super().__init__(name)
        self.column = column
        self._file = file
        self._rows: FileRows | None = None

    def share(self, leases: ExitStack) -> Matrix:
        """The engine reads the file where it lies; what it holds, the engine finds out."""
        leases.callback(_keep, self)
        request = {
            "name": self.name,
            "kind": "arrow-file",
            "path": leases.enter_context(self._file.lent(self.name)),
            "column": self.column,
        }
        return Matrix(request, None, None)

    def settled(self) -> Source:
        """Itself."""
        return self

    def count(self) -> int:
        """Read from the file's metadata, by the engine."""
        return self._located().count

    def take(self, indices: Indices) -> Rows:
        """Read from where the engine says that they lie."""
        return self._located().take(indices, self.name)

    def _located(self) -> FileRows:
        if self._rows is None:
            with ExitStack() as leases:
                request = {"kind": "layout", "data": FileSource.share(self, leases).request}
                layout = run_job(request, leases).values
            parts = [Part(**part) for part in layout["parts"]]
            self._rows = FileRows(self._file, layout["columns"], parts)
        return self._rows


class SpilledSource(FileSource):
    """Rows that only come in a stream: written to a temporary file, which goes with this object."""

    def __init__(self, batches: Iterator[Rows], name: str) -> None:
        file, rows, columns = spill(batches)
        super().__init__(file, name)
        self._shape = rows, columns

    def share(self, leases: ExitStack) -> Matrix:
        """The file, whose size is known."""
        return Matrix(super().share(leases).request, *self._shape)

    def count(self) -> int:
        """Counted while they were written."""
        return self._shape[0]


class StreamSource(Source):
    """Batches of rows, read anew each time."""

    def __init__(self, batches: Callable[[], Iterator[Rows]], name: str) -> None:
        super().__init__(name)
        self.batches = batches

    def share(self, leases: ExitStack) -> Matrix:
        """A temporary file that goes with the leases."""
        return self.settled().share(leases)

    def settled(self) -> SpilledSource:
        """The temporary file."""
        return SpilledSource(self.batches(), self.name)

    def count(self) -> int:
        """Reads all of them."""
        return sum(len(batch) for batch in self.batches())

    def take(self, indices: Indices) -> Rows:
        """Reads all of them."""
        return self.settled().take(indices)


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

"""A column of vectors in memory, or mapped from a file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pyarrow as pa

from gio4j._rows.file_rows import FileRows, Part
from gio4j._rows.float32 import Numbers, Offset
from gio4j._rows.mapped import MappedFiles, Place
from gio4j._rows.matrix import Matrix, share_rows
from gio4j._rows.sources import ArraySource, Indices, Kept, Source, keep_alive, together
from gio4j._rows.vectors import (
    dtype_of,
    holds_float32,
    is_read_as_stored,
    is_text,
    is_vectors,
    lists_of,
    rows_of_array,
    rows_of_column,
)
from gio4j.errors import InvalidInputError

_log = logging.getLogger("gio4j")


class ColumnSource(Source):
    """A column of Arrow lists, or of texts that are JSON arrays."""

    def __init__(self, column: pa.ChunkedArray, name: str) -> None:
        super().__init__(name)
        self.column = _as_lists(column, name)

    def share(self, leases: ExitStack) -> Matrix:
        """No copy for plain vectors that pyarrow mapped from a file, else one."""
        file = self._mapped()
        if file is not None:
            leases.callback(keep_alive, self.column)
            return share_rows(file, self.name, leases)
        return self._in_memory().share(leases)

    def materialised(self, offset: Offset | None = None) -> Source:
        """Itself, or the array that sharing makes."""
        if offset is None and self._mapped() is not None:
            return self
        return self._in_memory(offset)

    def copied_bytes(self) -> int:
        """None where pyarrow mapped plain vectors from a file."""
        return 0 if self._mapped() is not None else super().copied_bytes()

    @property
    def shape(self) -> tuple[int, int]:
        """The column's length, and that of its first list."""
        chunks = [chunk for chunk in self.column.chunks if len(chunk)]
        if not chunks or not is_vectors(self.column.type):
            return self._in_memory().shape  # says what is wrong
        lists = chunks[0].storage if isinstance(chunks[0], pa.ExtensionArray) else chunks[0]
        if (width := _width(self.column)) is None:
            width = lists.value_lengths()[0].as_py() or 0
        return len(self.column), width

    def blocks(self) -> Iterator[Numbers]:
        """Chunk by chunk."""
        row, columns = 0, None
        for chunk in self.column.chunks:
            if len(chunk):
                rows = rows_of_array(chunk, self.name, row, columns, gaps=True)
                row, columns = row + len(rows), rows.shape[1]
                yield rows

    def _only(self, kept: Kept) -> Source:
        return ArraySource(together(self, kept), self.name)

    def take(self, indices: Indices) -> Numbers:
        """Chunk by chunk: pyarrow's own lays them all end to end first."""
        rows = np.asarray(indices)
        if (file := self._mapped()) is not None:
            return file.take(rows, self.name)
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
        if is_vectors(kind) and not is_read_as_stored(kind):
            _log.info("%s: %s converted to float32", self.name, kind.value_type)
        return ArraySource(rows_of_column(self.column, self.name, offset), self.name).materialised()

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
        return FileRows(first.file, width, parts, dtype_of(self.column.type))


def _as_lists(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Texts and views as plain lists; anything else as it is."""
    if pa.types.is_list(column.type) or not (is_text(column.type) or is_vectors(column.type)):
        return column
    if isinstance(column.type, pa.BaseExtensionType) or pa.types.is_fixed_size_list(column.type):
        return column
    chunks, row = [], 0
    for chunk in column.chunks:
        chunks.append(lists_of(chunk, name, row))
        row += len(chunk)
    return pa.chunked_array(chunks) if chunks else column


def _lists(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _width(column: pa.ChunkedArray) -> int | None:
    kind = _lists(column.type)
    return kind.list_size if pa.types.is_fixed_size_list(kind) else None


def _is_plain(kind: pa.DataType) -> bool:
    """Whether a column holds lists, of a fixed length or not, that the engine reads as stored."""
    return is_vectors(kind) and is_read_as_stored(kind)


def _even_width(kind: pa.DataType, chunks: list[pa.Array]) -> int | None:
    """The one length of all lists that the engine reads, if they have one and no nulls."""
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

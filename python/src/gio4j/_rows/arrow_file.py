"""Arrow files of vectors: written batch by batch, whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from gio4j._checks import brief, cause
from gio4j._rows.float32 import Numbers
from gio4j._shared.framing import COLUMN
from gio4j._shared.open_file import OpenFile, require_regular
from gio4j._shared.private import unnamed_file
from gio4j._shared.whole_file import clear_errors, whole_file
from gio4j.errors import InvalidInputError


def write_vectors(
    path: Path, batches: Iterator[Numbers], metadata: Mapping[bytes, bytes] | None = None
) -> None:
    """Write (n, d) batches, at least one, as an Arrow file that appears when it is whole.

    Whatever ends it early, an error of `batches` as well, no part of it is left. StorageError for a
    full disk or a folder that cannot be written.
    """
    with whole_file(path) as descriptor:
        write_batches(descriptor, path, batches, metadata)


def spill(batches: Iterator[Numbers]) -> tuple[OpenFile, int, int]:
    """Write batches to a temporary file, which goes with the first of what is returned.

    The others are its rows and columns. However this process ends, nothing of it is left.
    """
    path = Path(tempfile.gettempdir()) / "a temporary file"
    with clear_errors(path):
        descriptor, named = unnamed_file(path.parent)
    file = OpenFile(descriptor, named, own=True)
    return file, *write_batches(descriptor, path, batches)


def read_vectors(path: Path) -> tuple[Numbers, Mapping[bytes, bytes]]:
    """The vectors of a small file that `write_vectors` wrote, and its metadata."""
    require_regular(path, "path")
    try:
        with open(path, "rb") as source:
            table = pa.ipc.open_file(source).read_all()
            # pyarrow itself ends the process over an array whose lengths cannot be.
            table.validate(full=True)
    except FileNotFoundError:
        raise InvalidInputError(f"path={brief(str(path))}: there is no such file") from None
    except (OSError, pa.ArrowException, UnicodeDecodeError) as problem:
        raise InvalidInputError(
            f"path={brief(str(path))}: is no Arrow file ({cause(problem)})"
        ) from problem
    if table.schema.names != [COLUMN]:
        return np.empty((0, 0), np.float32), {}
    (kind,) = table.schema.types
    is_list = pa.types.is_fixed_size_list(kind) and kind.list_size > 0
    is_ours = is_list and kind in [
        vector_type(np.empty((0, kind.list_size), dtype)) for dtype in (np.float32, np.float64)
    ]
    if not is_ours or not table.num_rows:
        raise InvalidInputError(
            f"path={brief(str(path))}: holds {table.num_rows} rows of {kind}, not vectors"
        )
    parts = [chunk.flatten().to_numpy() for chunk in table.column(0).chunks]
    return np.concatenate(parts).reshape(-1, kind.list_size), table.schema.metadata or {}


def vector_type(rows: Numbers) -> pa.DataType:
    """The type of a column of such rows.

    Its numbers cannot be null, and a reader need not look.
    """
    item = pa.field("item", pa.from_numpy_dtype(rows.dtype), nullable=False)
    return pa.list_(item, rows.shape[1])


def vector_array(rows: Numbers) -> pa.Array:
    """Rows as an Arrow array over the same memory."""
    values = pa.array(np.ascontiguousarray(rows).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(values, type=vector_type(rows))


def write_batches(
    descriptor: int,
    path: Path,
    batches: Iterator[Numbers],
    metadata: Mapping[bytes, bytes] | None = None,
) -> tuple[int, int]:
    """Write batches as an Arrow file into an open one: rows and columns; `path` is for messages."""
    first = next(batches)
    rows, columns = 0, first.shape[1]
    schema = pa.schema([pa.field(COLUMN, vector_type(first), nullable=False)], metadata)
    with (
        clear_errors(path),
        open(descriptor, "wb", closefd=False) as file,
        pa.PythonFile(file, "w") as sink,
        pa.ipc.new_file(sink, schema) as out,
    ):
        for batch in chain([first], batches):
            out.write_batch(pa.record_batch([vector_array(batch)], schema=schema))
            rows += len(batch)
    return rows, columns

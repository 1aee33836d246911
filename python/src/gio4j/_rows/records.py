"""The records that rows of numbers belong to: the frame or file that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._checks import brief
from gio4j._rows.choice import PLAIN
from gio4j._rows.files import GivenFiles, files_of, is_path, kind_of
from gio4j._rows.inputs import parted
from gio4j._rows.kinds.arrow import Batches, FileTable, scan
from gio4j._rows.kinds.holder import Frame
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.sources import Indices
from gio4j._rows.tables import TABLES
from gio4j._rows.take import take_rows
from gio4j._shared.open_file import shown
from gio4j.errors import InvalidInputError, InvalidTypeError

# Files that hold records as they were written; what is read of text has been guessed at.
_KINDS = (".parquet", ".arrow", ".feather", ".ipc")


def frame_of(value: Any, name: str) -> Frame | None:
    """The frame that rows were given as or with, or their Parquet or Arrow files; None else."""
    if isinstance(value, GivenFiles):
        value.require_unchanged(name)
        return _in_files(value.files, name)
    first, _ = parted(value)
    if is_path(first):
        return _in_files(files_of(first, name), name)
    holder = holder_of(first)
    return holder if isinstance(holder, Frame) else None


def values_of(value: Any, name: str, pool: Any, pool_rows: int, rows: Indices) -> Sequence[Any]:
    """What some of a pool's rows have in a column of its own, or in one that is given."""
    if isinstance(value, str):
        frame = frame_of(pool, "pool")
        if frame is None:
            raise InvalidInputError(
                f"{name}={brief(value)}: the pool is no frame with such a column; pass the column "
                "itself, with one value for each row of the pool"
            )
        frame.require_column(value, "pool")
        value = frame.column(value)
    if isinstance(value, Mapping):
        raise InvalidTypeError(
            f"{name}={brief(value)}: needs one column, with a value for each row of the pool"
        )
    return _plain(take_rows(value, rows, pool_rows, name))


def _in_files(files: Sequence[Path], name: str) -> Frame | None:
    """The records of all of them, one after another."""
    kinds = [kind_of(file, name) for file in files]
    if not set(kinds) <= set(_KINDS):
        return None
    tables = [
        TABLES[kind](file, f"{name}: {shown(file)}", PLAIN)
        for file, kind in zip(files, kinds, strict=True)
    ]
    schema = tables[0].value.schema
    for file, table in zip(files, tables, strict=True):
        if not table.value.schema.equals(schema):
            raise InvalidInputError(
                f"{name}: {shown(file)} has other columns or types than {shown(files[0])}; records "
                "of several files need the same in each"
            )
    for column in tables[0].names:
        tables[0].require_column(column, name)
    if len(tables) == 1:
        return tables[0]

    def read(columns: list[str]) -> Iterator[pa.RecordBatch]:
        return chain.from_iterable(scan(table.value, columns) for table in tables)

    return FileTable(Batches(schema, read))


def _plain(values: Any) -> list[Any]:
    """A column, an array or a list, with its values as Python has them."""
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, method):
            return list(getattr(values, method)())
    return [value.item() if isinstance(value, np.generic) else value for value in values]

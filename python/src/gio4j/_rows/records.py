"""The records that rows of numbers belong to: the frame or file that holds them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gio4j._rows.inputs import ARROW_SUFFIXES, GivenPath
from gio4j._rows.kinds.arrow import ArrowDataset
from gio4j._rows.kinds.holder import Frame
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.readers import open_parquet
from gio4j._rows.sources import Indices
from gio4j._rows.take import take_rows
from gio4j._shared.open_file import require_regular, shown
from gio4j.errors import InvalidInputError


def frame_of(value: Any, name: str) -> Frame | None:
    """The frame that rows were given as or with, or their Parquet or Arrow file; None else."""
    if isinstance(value, GivenPath):
        value.require_unchanged(name)
        return _in_file(value.path, name)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        return frame_of(value[0], name)
    if isinstance(value, str | bytes | os.PathLike):
        return _in_file(Path(os.fsdecode(value)), name)
    holder = holder_of(value)
    return holder if isinstance(holder, Frame) else None


def values_of(value: Any, name: str, pool: Any, pool_rows: int, rows: Indices) -> Sequence[Any]:
    """What some of a pool's rows have in a column of its own, or in one that is given."""
    if isinstance(value, str):
        frame = frame_of(pool, "pool")
        if frame is None:
            raise InvalidInputError(
                f"{name}={value!r}: the pool is no frame with such a column; pass the column "
                "itself, with one value for each row of the pool"
            )
        frame.require_column(value, "pool")
        value = frame.column(value)
    return _plain(take_rows(value, rows, pool_rows, name))


def _in_file(path: Path, name: str) -> Frame | None:
    if path.suffix == ".parquet":
        return ArrowDataset(open_parquet(path))
    if path.suffix not in ARROW_SUFFIXES:
        return None
    import pyarrow.dataset

    require_regular(path, name)
    try:
        return ArrowDataset(pyarrow.dataset.dataset(path, format="ipc"))
    except OSError as problem:
        raise InvalidInputError(f"{name}: {shown(path)} cannot be read ({problem})") from problem


def _plain(values: Any) -> list[Any]:
    """A column, an array or a list, with its values as Python has them."""
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, method):
            return list(getattr(values, method)())
    return [value.item() if isinstance(value, np.generic) else value for value in values]

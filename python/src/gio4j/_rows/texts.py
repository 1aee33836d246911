"""Whatever a user passes as texts, as batches of strings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._checks import brief
from gio4j._rows.choice import PLAIN, listed
from gio4j._rows.files import files_of, is_path, kind_of
from gio4j._rows.inputs import parted
from gio4j._rows.kinds.arrow import ArrowDataset, scan
from gio4j._rows.kinds.holder import Column, Frame
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.tables import TABLES
from gio4j._rows.vectors import is_text
from gio4j.errors import GioError, InvalidInputError, InvalidTypeError

#: Texts in a row: a list, a tuple, an array of NumPy's or Arrow's.
Batch = Any
# Texts that are turned into strings at once.
_ROWS = 1024
#: The column that is meant where several hold texts.
_TEXT = "text"


def texts_of(value: Any, name: str) -> Iterator[list[str]]:
    """The texts, some at a time; `name` is what messages call them.

    Of a list or array of texts, a column of them, a pair of a frame or path and its column, or a
    path. Where nobody names a column it is `text`, or the only one of texts. Raises
    InvalidInputError for a null and for no texts at all, InvalidTypeError for what are none.
    """
    row = 0
    for batch in _batches(value, name):
        for start in range(0, len(batch), _ROWS):
            part = batch[start : start + _ROWS]
            texts = part.to_pylist() if isinstance(part, pa.Array) else list(part)
            for place, text in enumerate(texts):
                if not isinstance(text, str):
                    _refuse(text, row + place, name)
            row += len(texts)
            yield texts
    if not row:
        raise InvalidInputError(f"{name}: has no texts; needs at least one")


def _refuse(text: Any, row: int, name: str) -> None:
    if text is None or (isinstance(text, float) and np.isnan(text)):
        raise InvalidInputError(f"{name}: row {row} is null; drop such rows, or pass ''")
    raise InvalidTypeError(f"{name}: row {row} is {brief(text)}; needs a text in each row")


def _batches(value: Any, name: str) -> Iterator[Batch]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return iter([value])
    first, column = parted(value)
    if is_path(first):
        return _in_files(first, column, name)
    holder = holder_of(first)
    if isinstance(holder, Frame):
        return _in_frame(holder, column, name)
    if isinstance(holder, Column):
        return _chunks(holder.chunks(name), name)
    if isinstance(value, list | tuple):
        return iter([value])
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "UOT":
        return iter([value])
    raise InvalidTypeError(
        f"{name}: is {brief(value)}; needs a list or column of texts, a pair (frame, 'column'), or "
        "a path of a table with its column, 'file.parquet:text'"
    )


def _in_files(path: Any, column: Any, name: str) -> Iterator[Batch]:
    for file in files_of(path, name):
        make: Callable[..., Frame] | None = TABLES.get(kind_of(file, name))
        if make is None:
            raise InvalidInputError(
                f"{name}: {str(file)!r} holds no texts; needs a table: {listed(TABLES)}"
            )
        try:
            yield from _in_frame(make(file, name, PLAIN), column, name)
        except GioError as problem:
            if not str(problem).startswith("path="):
                raise
            # Of a reader that is public itself, where the argument has that name.
            text = str(problem).removeprefix("path=")
            raise InvalidInputError(f"{name}: {text}") from problem


def _in_frame(frame: Frame, column: Any, name: str) -> Iterator[Batch]:
    chosen = _meant(frame, name) if column is None else column
    if not isinstance(chosen, str):
        raise InvalidInputError(f"{name}: texts are in one column; name it alone, not a list")
    frame.require_column(chosen, name)
    if isinstance(frame, ArrowDataset):
        for batch in scan(frame.value, [chosen]):
            yield from _chunks(pa.chunked_array([batch.column(0)]), f"{name}.{chosen}")
    else:
        yield from _chunks(frame.column(chosen), f"{name}.{chosen}")


def _meant(frame: Frame, name: str) -> str:
    try:
        texts = [column for column in frame.names if frame.first_text(column) is not None]
    except TypeError as problem:  # a dict of what are no columns
        raise InvalidTypeError(
            f"{name}: is {brief(frame.value)}, which has no column of texts"
        ) from problem
    if _TEXT in texts:
        return _TEXT
    if len(texts) != 1:
        raise InvalidInputError(
            f"{name}: has {len(texts)} columns of texts, of {listed(frame.names)}; name one, as "
            f"({frame.called}, 'column')"
        )
    return str(texts[0])


def _chunks(column: pa.ChunkedArray, name: str) -> Iterator[Batch]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not is_text(kind) and not pa.types.is_null(kind):
        raise InvalidTypeError(f"{name}: holds {brief(str(kind))}; needs a column of texts")
    return iter(column.chunks)

"""From Arrow's columns of lists to float32 rows, with the first bad row named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gio4j._arrow_file import Rows
from gio4j._matrix import empty
from gio4j.errors import InvalidInputError


def rows_of_column(column: pa.ChunkedArray, name: str) -> Rows:
    """A whole column as (n, d) float32: a view if it is one such chunk, else a matrix of ours."""
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    if not chunks:
        raise InvalidInputError(f"{name}: has no rows; needs at least one")
    first = rows_of_array(chunks[0], name)
    if len(chunks) == 1:
        return first
    together = empty((len(column), first.shape[1]))
    row = 0
    for chunk in chunks:
        together[row : row + len(chunk)] = rows_of_array(chunk, name, row, first.shape[1])
        row += len(chunk)
    return together


def rows_of_array(
    array: pa.Array, name: str, first_row: int = 0, columns: int | None = None
) -> Rows:
    """Lists of numbers as (n, d) float32, d as given or else as in the first row.

    Raises InvalidInputError for a row that is null, holds a null or is of another length;
    `first_row` counts the rows before. TypeError for a column of another type.
    """
    lists = array.storage if isinstance(array, pa.ExtensionArray) else array
    kind = lists.type
    if not _is_list(kind) or not _is_number(kind.value_type):
        raise TypeError(f"{name}: is a column of {array.type}; needs lists of numbers")
    if lists.null_count:
        row = first_row + _first(lists.is_null())
        raise InvalidInputError(f"{name}: row {row} is null; drop it or fill it")
    numbers = lists.flatten()
    if pa.types.is_fixed_size_list(kind):
        width, lengths = kind.list_size, None
    else:
        lengths = pc.list_value_length(lists)
        width = columns or lengths[0].as_py()
    if columns is not None and pa.types.is_fixed_size_list(kind) and width != columns:
        raise InvalidInputError(_ragged(name, first_row, width, columns))
    if lengths is not None and len(numbers) + pc.sum(pc.not_equal(lengths, width)).as_py() != (
        len(lists) * width
    ):
        row = _first(pc.not_equal(lengths, width))
        raise InvalidInputError(_ragged(name, first_row + row, lengths[row].as_py(), width))
    if width == 0:
        raise InvalidInputError(f"{name}: row {first_row} is empty; needs at least one number")
    if numbers.null_count:
        row = first_row + _first(numbers.is_null()) // width
        raise InvalidInputError(f"{name}: row {row} holds a null; drop it or fill it")
    with np.errstate(over="ignore"):  # becomes infinite, which the engine refuses with its row
        floats = numbers.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    return floats.reshape(len(lists), width)

"""From Arrow's columns of lists to float32 rows, with the first bad row named."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

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
    import pyarrow.compute as pc  # where it is used: 30 ms that arrays need not wait for

    lists = array.storage if isinstance(array, pa.ExtensionArray) else array
    if not is_vectors(lists.type):
        raise TypeError(f"{name}: is a column of {array.type}; needs lists of numbers")
    if lists.null_count:
        row = first_row + _first(lists.is_null())
        raise InvalidInputError(f"{name}: row {row} is null; drop it or fill it")
    lengths = pc.list_value_length(lists)
    width = lengths[0].as_py() if columns is None else columns
    ragged = pc.not_equal(lengths, width)
    if pc.any(ragged).as_py():
        row = _first(ragged)
        raise InvalidInputError(
            f"{name}: row {first_row + row} has {lengths[row].as_py()} numbers, those before it "
            f"{width}; all need the same"
        )
    if width == 0:
        raise InvalidInputError(f"{name}: row {first_row} is empty; needs at least one number")
    numbers = lists.flatten()
    if numbers.null_count:
        row = first_row + _first(numbers.is_null()) // width
        raise InvalidInputError(f"{name}: row {row} holds a null; drop it or fill it")
    with np.errstate(over="ignore"):  # becomes infinite, which the engine refuses with its row
        floats: Rows = numbers.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    return floats.reshape(len(lists), width)


def is_vectors(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists of numbers."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    is_list = any(
        test(kind)
        for test in (pa.types.is_fixed_size_list, pa.types.is_list, pa.types.is_large_list)
    )
    return is_list and any(
        test(kind.value_type) for test in (pa.types.is_floating, pa.types.is_integer)
    )


def _first(flags: pa.Array) -> int:
    return int(flags.index(True).as_py())

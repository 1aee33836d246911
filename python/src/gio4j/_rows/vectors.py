"""From Arrow's columns of lists to rows of numbers, with the first bad row named."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gio4j._rows.float32 import Numbers, Offset, convert, is_held
from gio4j._rows.matrix import empty
from gio4j.errors import InvalidInputError


def rows_of_column(column: pa.ChunkedArray, name: str, offset: Offset | None = None) -> Numbers:
    """A whole column as (n, d) numbers, less the offset of each of the d.

    A view if it is one chunk and has no offset, else a matrix of ours, float32.
    """
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    if not chunks:
        raise InvalidInputError(f"{name}: has no rows; needs at least one")
    first = rows_of_array(chunks[0], name)
    if len(chunks) == 1 and offset is None:
        return first
    together = empty((len(column), first.shape[1]))
    row = 0
    for chunk in chunks:
        rows = rows_of_array(chunk, name, row, first.shape[1])
        convert(rows, together[row : row + len(rows)], name, offset, row)
        row += len(rows)
    return together


def rows_of_array(
    array: pa.Array, name: str, first_row: int = 0, columns: int | None = None
) -> Numbers:
    """Lists of numbers as (n, d) in their own type, d as given or else as in the first row.

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
    rows: Numbers = numbers.to_numpy(zero_copy_only=False).reshape(len(lists), width)
    return rows


def holds_float32(kind: pa.DataType) -> bool:
    """Whether float32 holds every number of a column of vectors."""
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    # "halffloat", "float" and "double", else NumPy's names.
    names = {"halffloat": "float16", "float": "float32", "double": "float64"}
    number = str(storage.value_type)
    return is_held(np.dtype(names.get(number, number)))


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

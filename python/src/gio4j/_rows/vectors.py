"""From columns of lists to rows of numbers, with the first bad row named.

Lists of any of Arrow's kinds, tensors of a fixed shape, and texts that are JSON arrays.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._rows.float32 import STORED, Numbers, Offset, convert, is_held, shared_type
from gio4j._rows.matrix import empty
from gio4j.errors import InvalidInputError, InvalidTypeError

#: What a message says of a row that lacks a number; not every function has the argument.
GAP_CURE = "drop it or fill it, or pass missing='skip' where there is such an argument"
#: Decimal digits that a double holds whatever they are.
DOUBLE_DIGITS = 15
# The views came to pyarrow in version 16.
_LISTS = ("fixed_size_list", "list", "large_list", "list_view", "large_list_view")
_TEXTS = ("string", "large_string", "string_view")


def rows_of_column(column: pa.ChunkedArray, name: str, offset: Offset | None = None) -> Numbers:
    """A whole column as (n, d) numbers, less the offset of each of the d.

    A view if it is one chunk and has no offset, else a matrix of ours.
    """
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    if not chunks:
        raise InvalidInputError(f"{name}: has no rows; needs at least one")
    first = rows_of_array(chunks[0], name)
    if len(chunks) == 1 and offset is None:
        return first
    together = empty((len(column), first.shape[1]), shared_type(first.dtype, offset))
    row = 0
    for chunk in chunks:
        rows = rows_of_array(chunk, name, row, first.shape[1])
        convert(rows, together[row : row + len(rows)], name, offset, row)
        row += len(rows)
    return together


def rows_of_array(
    array: pa.Array,
    name: str,
    first_row: int = 0,
    columns: int | None = None,
    *,
    gaps: bool = False,
) -> Numbers:
    """Lists of numbers as (n, d) in their own type, d as given or else as in the first row.

    Raises InvalidInputError for a row that is null, holds a null or is of another length;
    `first_row` counts the rows before. TypeError for a column of another type. With `gaps` a null
    is no error but NaN, and a row that is null is full of them.
    """
    import pyarrow.compute as pc  # where it is used: 30 ms that arrays need not wait for

    lists = lists_of(array, name, first_row)
    if not is_vectors(lists.type):
        raise InvalidTypeError(f"{name}: is a column of {array.type}; needs lists of numbers")
    if lists.null_count and not gaps:
        row = first_row + _first(lists.is_null())
        raise InvalidInputError(f"{name}: row {row} is null; {GAP_CURE}")
    present = lists.drop_null() if lists.null_count else lists
    if not len(present) and columns is None:
        raise InvalidInputError(
            f"{name}: the first {len(lists)} rows are null, so the length of a row is unknown; "
            "drop them"
        )
    lengths = pc.list_value_length(present)
    width = lengths[0].as_py() if columns is None else columns
    ragged = pc.not_equal(lengths, width)
    if pc.any(ragged).as_py():
        place = _first(ragged)
        row = first_row + int(np.flatnonzero(np.asarray(lists.is_valid()))[place])
        raise InvalidInputError(
            f"{name}: row {row} has {lengths[place].as_py()} numbers, those before it {width}; all "
            "need the same"
        )
    if width == 0:
        raise InvalidInputError(f"{name}: row {first_row} is empty; needs at least one number")
    numbers = present.flatten()
    if numbers.null_count and not gaps:
        row = first_row + _first(numbers.is_null()) // width
        raise InvalidInputError(f"{name}: row {row} holds a null; {GAP_CURE}")
    rows: Numbers = numbers.to_numpy(zero_copy_only=False).reshape(len(present), width)
    return _with_gaps(rows, lists) if lists.null_count else rows


def lists_of(array: pa.Array, name: str = "", first_row: int = 0) -> pa.Array:
    """A column's values as plain lists: of a tensor its storage, of a text the JSON array in it."""
    lists = array.storage if isinstance(array, pa.ExtensionArray) else array
    if pa.types.is_dictionary(lists.type):
        lists = lists.dictionary_decode()
    if is_view(lists.type):
        return _end_to_end(lists)
    return _parsed(lists, name, first_row) if _is(lists.type, *_TEXTS) else lists


def holds_float32(kind: pa.DataType) -> bool:
    """Whether float32 holds every number of a column of vectors."""
    return is_held(dtype_of(kind))


def is_read_as_stored(kind: pa.DataType) -> bool:
    """Whether the engine reads the numbers of a column of vectors in their type."""
    return dtype_of(kind) in STORED


def dtype_of(kind: pa.DataType) -> np.dtype[Any]:
    """The type of the numbers in a column of vectors, as NumPy has it."""
    # "halffloat", "float" and "double", else NumPy's names.
    names = {"halffloat": "float16", "float": "float32", "double": "float64"}
    number = str(numbers_of(kind))
    return np.dtype(names.get(number, number))


def numbers_of(kind: pa.DataType) -> pa.DataType:
    """The type of the numbers in a column of vectors."""
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    return storage.value_type


def is_vectors(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists of numbers."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return _is(kind, *_LISTS) and any(
        test(kind.value_type) for test in (pa.types.is_floating, pa.types.is_integer)
    )


def is_view(kind: pa.DataType) -> bool:
    """Whether lists of this type may lie in any order."""
    return _is(kind, "list_view", "large_list_view")


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type holds one number a row; truth values are none.

    Decimals are as far as double holds them.
    """
    if pa.types.is_decimal(kind):
        return bool(kind.precision <= DOUBLE_DIGITS)
    return any(test(kind) for test in (pa.types.is_floating, pa.types.is_integer))


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type may hold vectors as text."""
    return _is(kind.value_type if pa.types.is_dictionary(kind) else kind, *_TEXTS)


def is_json_vector(value: Any) -> bool:
    """Whether a value is the text of a JSON array of numbers."""
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return False
    try:
        return _is_vector(json.loads(value))
    except ValueError:
        return False


def _with_gaps(rows: Numbers, lists: pa.Array) -> Numbers:
    """The rows between those that are null, which are full of NaN."""
    kind = np.promote_types(rows.dtype, np.float16)
    together: Numbers = np.full((len(lists), rows.shape[1]), np.nan, kind)
    together[np.asarray(lists.is_valid())] = rows
    return together


def _end_to_end(views: pa.Array) -> pa.Array:
    """Views as lists; pyarrow 26 casts them to lists of negative length."""
    import pyarrow.compute as pc

    lengths = np.asarray(pc.list_value_length(views).fill_null(0))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()), views.flatten(), mask=views.is_null()
    )


def _parsed(texts: pa.Array, name: str, first_row: int) -> pa.Array:
    """JSON arrays as lists of doubles; where they are none, the array as it is."""
    import pyarrow.json

    found = texts.to_pylist()
    first = next((text for text in found if text is not None), None)
    if first is None or not first.lstrip().startswith("["):
        return texts
    lines = "".join(
        f'{{"v":{"null" if text is None else " ".join(text.split())}}}\n' for text in found
    ).encode()
    kind = pa.list_(pa.float64())
    try:
        read = pyarrow.json.read_json(
            io.BytesIO(lines),
            pyarrow.json.ReadOptions(block_size=max(len(lines), 1)),
            pyarrow.json.ParseOptions(explicit_schema=pa.schema([("v", kind)])),
        )
        if read.schema.names == ["v"] and read.num_rows == len(found):
            return read.column(0).combine_chunks()
    except pa.ArrowInvalid:
        pass  # for what pyarrow refuses, NaN among it, Python says which row it is
    return pa.array([_vector(text, name, first_row + row) for row, text in enumerate(found)], kind)


def _vector(text: str | None, name: str, row: int) -> list[float] | None:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not _is_vector(value):
        short = text if len(text) <= 40 else f"{text[:37]}..."
        raise InvalidInputError(
            f"{name}: row {row} is {short!r}; needs a JSON array of numbers, such as [0.1, 0.2]"
        )
    return [float("nan") if number is None else float(number) for number in value]


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and all(
        each is None or (isinstance(each, int | float) and not isinstance(each, bool))
        for each in value
    )


def _is(kind: pa.DataType, *names: str) -> bool:
    """Whether a type is one of those that pyarrow has a test for, as far as this version has."""
    tests = (getattr(pa.types, f"is_{name}", None) for name in names)
    return any(test is not None and test(kind) for test in tests)


def _first(flags: pa.Array) -> int:
    return int(flags.index(True).as_py())

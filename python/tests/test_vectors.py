"""Arrow columns of lists as float32 rows, and what of them is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gio4j._rows.vectors import holds_float32, is_vectors, rows_of_array, rows_of_column
from gio4j._shared.buffers import pool
from gio4j.errors import InvalidInputError

ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
TYPES = {
    "lists of double": pa.list_(pa.float64()),
    "lists of float": pa.list_(pa.float32()),
    "large lists": pa.large_list(pa.float64()),
    "fixed-size lists": pa.list_(pa.float32(), 2),
    "fixed-size lists of double": pa.list_(pa.float64(), 2),
    "lists of int": pa.list_(pa.int16()),
    "tensors": pa.fixed_shape_tensor(pa.float32(), [2]),
}


def array(kind: pa.DataType, rows: list[Any] = ROWS) -> pa.Array:
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array(rows, kind.storage_type))
    return pa.array(rows, kind)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_list(kind: str) -> None:
    assert is_vectors(TYPES[kind])
    rows = rows_of_array(array(TYPES[kind]), "x")
    assert holds_float32(TYPES[kind]) == (rows.dtype in (np.float32, np.int16))
    assert rows.tolist() == ROWS
    assert rows_of_array(array(TYPES[kind])[1:], "x").tolist() == ROWS[1:]


def test_lists_of_half_floats() -> None:
    halves = pa.array(np.float16(ROWS).ravel())
    lists = pa.FixedSizeListArray.from_arrays(halves, 2)
    assert rows_of_array(lists, "x").tolist() == ROWS


def test_fixed_size_floats_are_not_copied() -> None:
    given = array(pa.list_(pa.float32(), 2))
    assert rows_of_array(given, "x").ctypes.data == given.flatten().buffers()[1].address


def test_chunks_lie_together_in_shared_memory() -> None:
    column = pa.chunked_array(
        [array(TYPES["lists of double"]), [[7.0, 8.0]]], pa.list_(pa.float64())
    )
    rows = rows_of_column(column, "x")
    assert rows.tolist() == [*ROWS, [7.0, 8.0]]
    assert pool.find(rows.ctypes.data, rows.nbytes) is not None


REFUSED = {
    "null": ([[1.0], None], r"x: row 1 is null"),
    "ragged": ([[1.0], [2.0], [3.0, 4.0]], r"x: row 2 has 2 numbers, those before it 1"),
    "gap": ([[1.0, 2.0], [3.0, None]], r"x: row 1 holds a null"),
    "empty": ([[], []], r"x: row 0 is empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_rows(case: str) -> None:
    rows, message = REFUSED[case]
    with pytest.raises(InvalidInputError, match=message):
        rows_of_array(pa.array(rows, pa.list_(pa.float64())), "x")


def test_rows_count_on_through_chunks() -> None:
    column = pa.chunked_array([[[1.0]], [[2.0], [3.0, 4.0]]])
    with pytest.raises(InvalidInputError, match="row 2 has 2 numbers"):
        rows_of_column(column, "x")
    with pytest.raises(InvalidInputError, match="has no rows"):
        rows_of_column(pa.chunked_array([], pa.list_(pa.float32())), "x")


@pytest.mark.parametrize("kind", [pa.float64(), pa.string(), pa.list_(pa.string())])
def test_other_types_are_refused(kind: pa.DataType) -> None:
    with pytest.raises(TypeError, match=r"x: is a column of .*; needs lists of numbers"):
        rows_of_array(pa.array([None], kind), "x")

"""The header of a `.npy` file, from its first bytes."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

import numpy as np

_MAGIC = b"\x93NUMPY"
# NumPy's own bound on what it reads without being asked to; a plain matrix needs 128 bytes.
_MOST_BYTES = 10_000
HEADER_BYTES = _MOST_BYTES + 12


class NpyHeader(NamedTuple):
    """What a .npy file says of its array, and the byte at which that begins."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]
    offset: int


def npy_header(start: bytes, size: int) -> NpyHeader:
    """Read the header from a file's first `HEADER_BYTES`, or all it has.

    ValueError, and nothing else, when they are no such header, or the file's `size` in bytes is too
    small for the array. The format is NumPy's NEP 1: magic bytes, version, the length of a Python
    literal, and that. NumPy's own reader lets errors of Python's tokenizer through.
    """
    if not start.startswith(_MAGIC) or len(start) < 10:
        raise ValueError("it does not begin as one")
    version, minor = start[6], start[7]
    if version not in (1, 2, 3) or minor != 0:
        raise ValueError(f"its version is {version}.{minor}; 1.0, 2.0 and 3.0 can be read")
    first = 10 if version == 1 else 12
    length = int.from_bytes(start[8:first], "little")
    if length > _MOST_BYTES:
        raise ValueError(f"its header has {length} bytes; at most {_MOST_BYTES} are read")
    offset = first + length
    if len(start) < offset:
        raise ValueError("it ends within its header")
    try:
        text = start[first:offset].decode("utf-8" if version == 3 else "latin-1")
        facts = ast.literal_eval(text)
        shape, is_fortran = facts["shape"], facts["fortran_order"]
        dtype = np.lib.format.descr_to_dtype(facts["descr"])
    except Exception as problem:  # the literal's errors are Python's, a dtype's NumPy's: many kinds
        raise ValueError("its header is damaged") from problem
    if (
        len(facts) != 3
        or type(is_fortran) is not bool
        or type(shape) is not tuple
        or any(type(length) is not int or length < 0 for length in shape)
    ):
        raise ValueError("its header is damaged")
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    end = offset + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size < end:
        raise ValueError(f"{end} bytes are needed")
    return NpyHeader(shape, is_fortran, dtype, offset)

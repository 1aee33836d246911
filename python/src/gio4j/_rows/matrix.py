"""Arrays as the engine sees them: in shared memory of ours, or in the file that is mapped there."""

from __future__ import annotations

import logging
import mmap
import operator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, cause
from gio4j._rows.file_rows import FileRows, Part
from gio4j._rows.float32 import BFLOAT16, FLOAT32, STORED, Offset, convert, shared_type
from gio4j._rows.mapped import MappedFiles
from gio4j._shared.buffers import Lease, pool
from gio4j._shared.framing import BODY_OFFSET, frame, framed_size
from gio4j.errors import GioMemoryError, InvalidInputError, InvalidTypeError

_log = logging.getLogger("gio4j")


@dataclass(frozen=True)
class Matrix:
    """A matrix as a request names it; sizes are None where only the engine opens the file."""

    request: dict[str, Any]
    rows: int | None
    columns: int | None


def empty(shape: tuple[int, int], dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
    """Make a matrix that the engine sees as well: passing it, or rows of it, costs no copy.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns, both at least 1.
    dtype : {float32, float16, int8, uint8}, default=float32
        The type of its numbers. The engine computes from float32, and converts the others as it
        reads them.

    Returns
    -------
    ndarray
        An array of that shape and type in C order, its contents arbitrary. The memory goes back
        when the array and every view of it have died. A forked child sees the same memory, not a
        copy.

    Raises
    ------
    InvalidTypeError
        For another dtype, and for sizes that are no integers. It is a TypeError.
    InvalidInputError
        For another number of dimensions, or an empty one. It is a ValueError.
    GioMemoryError
        When shared memory is short, with the sizes and the cure.

    Examples
    --------
    >>> embeddings = gio4j.empty((500, 8))
    >>> embeddings[:] = pool
    >>> len(gio4j.select(embeddings, target, 5))
    5
    """
    try:
        kind = np.dtype(dtype)
    except Exception:  # NumPy has several for what is no dtype
        kind = None
    if kind not in STORED or kind == BFLOAT16:
        asked = brief(dtype) if kind is None else kind
        raise InvalidTypeError(
            f"dtype={asked}: needs float32, float16, int8 or uint8; leave it out, and assign, "
            "which converts numbers"
        )
    try:
        sizes = [operator.index(size) for size in shape]
    except TypeError:
        raise InvalidTypeError(
            f"shape={brief(shape)}: needs a pair of integers (rows, columns)"
        ) from None
    if len(sizes) != 2 or min(sizes) < 1:
        raise InvalidInputError(f"shape={brief(shape)}: needs (rows, columns), both at least 1")
    rows, columns = sizes
    return _framed((rows, columns), kind, f"shape={brief(shape)}")


def as_array(value: Any, name: str) -> npt.NDArray[Any]:
    """The value as a 2-D NumPy array of real numbers, in its own dtype, uncopied if it can be.

    Raises TypeError for dtypes that are no real numbers, ValueError for another number of
    dimensions or no rows.
    """
    array = to_numpy(value, name)
    if not _is_real(array.dtype):
        raise InvalidTypeError(f"{name}: {_said(array.dtype)}; {_numbers_of(array, name)}")
    check_matrix(array.dtype, array.shape, name)
    return array


def check_matrix(dtype: np.dtype[Any], shape: tuple[int, ...], name: str) -> None:
    """Refuse what is no matrix of real numbers, as `as_array` says."""
    if not _is_real(dtype):
        raise InvalidTypeError(f"{name}: {_said(dtype)}; save it as float32, or float64")
    if len(shape) != 2:
        if not shape:
            cure = "pass rows, or an array of them"
        elif len(shape) == 1:
            cure = f"a single row is numpy.reshape({name}, (1, -1))"
        else:
            cure = f"flatten each row: numpy.reshape({name}, (len({name}), -1))"
        raise InvalidInputError(
            f"{name}: needs 2 dimensions (rows, columns), got {len(shape)} with shape {shape}; "
            f"{cure}"
        )
    if 0 in shape:
        raise InvalidInputError(
            f"{name}: is empty, shape {shape}; needs at least one row and one column"
        )


def _is_real(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "fiu" or dtype == BFLOAT16


def _said(dtype: np.dtype[Any]) -> str:
    return f"dtype {str(dtype)[:80]} holds no real numbers"


def _numbers_of(array: npt.NDArray[Any], name: str) -> str:
    """What makes real numbers of an array of another type, as far as something does."""
    if array.dtype.kind == "c":
        return f"pass both parts: numpy.hstack([{name}.real, {name}.imag])"
    if array.dtype.kind in "mM":
        return f"pass seconds, days or the like: numpy.asarray({name}).astype('int64')"
    if array.dtype.names is not None:
        return f"pass a matrix: numpy.lib.recfunctions.structured_to_unstructured({name})"
    for place, value in np.ndenumerate(array):
        try:
            is_number = np.isfinite(float(value))
        except (TypeError, ValueError, OverflowError):
            is_number = False
        if not is_number:
            where = f"the entry at {place}" if place else "it"
            return f"{where} is {brief(value)}; turn texts into numbers, and drop rows with gaps"
    return f"pass numpy.asarray({name}, dtype=numpy.float64)"


def share_array(array: npt.NDArray[Any], name: str, leases: ExitStack) -> Matrix:
    """Put an array of `as_array` where the engine can map it; `leases` keep it there.

    No copy for an array of `gio4j.empty`, a result, a memory-mapped file of a type that the engine
    reads, or rows of one.
    """
    place = _in_shared_memory(array)
    if place is None and (file := mapped_rows(array)) is not None:
        leases.callback(_keep, array)
        return share_rows(file, name, leases)
    if place is None:
        kind = shared_type(array.dtype)
        lease = leases.enter_context(_lease_for(array.shape, kind, name))
        array = _copied(array, frame(lease, array.shape, kind), name)
        place = _in_shared_memory(array)
        assert place is not None, "a leased segment is always found"
    leases.callback(_keep, array)
    return Matrix({"name": name, **place}, *array.shape)


def share_rows(rows: FileRows, name: str, leases: ExitStack) -> Matrix:
    """Let the engine read rows of a file where they lie; a change of the file is an error."""
    path = leases.enter_context(rows.file.lent(name))
    place = raw(path, rows.dtype, rows.columns, *rows.parts)
    return Matrix({"name": name, **place}, rows.count, rows.columns)


def shared_copy(
    array: npt.NDArray[Any], name: str, offset: Offset | None = None
) -> npt.NDArray[Any]:
    """The same rows in shared memory, less the offset of each column.

    The memory goes back when the copy and its views have died.
    """
    kind = shared_type(array.dtype, offset)
    return _copied(array, _framed(array.shape, kind, name), name, offset)


def is_shared(array: npt.NDArray[Any]) -> bool:
    """Whether the engine finds these very bytes somewhere."""
    return _in_shared_memory(array) is not None or mapped_rows(array) is not None


def mapped_rows(array: npt.NDArray[Any]) -> FileRows | None:
    """The rows in the file whose mapping holds the array, if the engine reads its type."""
    if not _is_plain(array) or not isinstance(_root(array), mmap.mmap):
        return None
    place = MappedFiles().find(array.ctypes.data, array.nbytes)
    if place is None:
        return None
    return FileRows(place.file, array.shape[1], [Part(place.offset, len(array))], array.dtype)


def raw(path: str, dtype: np.dtype[Any], columns: int, *parts: Part) -> dict[str, Any]:
    """Plain rows in a file, as a request names them."""
    return {
        "kind": "raw",
        "path": path,
        "type": STORED[dtype],
        "columns": columns,
        "parts": [part._asdict() for part in parts],
    }


def to_numpy(value: Any, name: str) -> npt.NDArray[Any]:
    """Whatever has `__array__` or DLPack, or nested lists, as a NumPy array of any shape."""
    if isinstance(value, np.ma.MaskedArray):
        raise InvalidTypeError(
            f"{name}: is a masked array; fill the gaps first, such as {name}.filled(0), or drop "
            "those rows"
        )
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise InvalidTypeError(f"{name}: is sparse; pass a dense array, such as {name}.toarray()")
    try:
        if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":
            import torch

            return np.asarray(value.detach().contiguous().view(torch.uint8)).view(BFLOAT16)
        array = np.asarray(value)
        return array.view(BFLOAT16) if array.dtype.name == "bfloat16" else array
    except MemoryError as problem:
        raise GioMemoryError(f"{name}: {problem}") from problem
    except ValueError as problem:
        raise InvalidInputError(
            f"{name}: is no matrix ({cause(problem)}); all rows need the same length"
        ) from problem
    except (
        Exception
    ) as problem:  # each library has its own way to refuse: device memory, gradients, sparse
        is_sparse = "sparse" in str(getattr(value, "layout", ""))
        way = ".to_dense()" if is_sparse else ".detach().cpu().numpy()"
        raise InvalidTypeError(
            f"{name}: {type(value).__module__}.{type(value).__name__} does not turn into a NumPy "
            f"array ({cause(problem)}); convert it first, for torch with {way}"
        ) from problem


def _framed(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> npt.NDArray[Any]:
    return frame(_lease_for(shape, dtype, name), shape, dtype)


def _lease_for(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> Lease:
    return pool.lease(framed_size(shape, dtype), name)


def _copied(
    array: npt.NDArray[Any], shared: npt.NDArray[Any], name: str, offset: Offset | None = None
) -> npt.NDArray[Any]:
    """The rows in their shared place."""
    if array.dtype == shared.dtype and offset is None:
        np.copyto(shared, array)
        return shared
    if array.dtype != FLOAT32:
        _log.info(
            "%s: %s converted to float32, %.1f MiB; keep it as float32 to save that",
            name,
            array.dtype,
            array.size * 4 / 2**20,
        )
    convert(array, shared, name, offset)
    return shared


def _keep(_: object) -> None:
    """Holds its argument alive until the leases are closed."""


def _in_shared_memory(array: npt.NDArray[Any]) -> dict[str, Any] | None:
    """The array's place in a segment of ours: an Arrow stream if it is all of it, else rows."""
    if not _is_plain(array):
        return None
    address = array.ctypes.data
    segment = pool.find(address, array.nbytes)
    if segment is None or not segment.is_reachable:
        return None  # this program closed the descriptor: copied
    offset = address - segment.address
    framed = segment.framed
    if offset == BODY_OFFSET and framed is not None and framed[:2] == (array.shape, array.dtype):
        return {
            "kind": "arrow_stream",
            "path": segment.path,
            "offset": framed.stream_offset,
            "column": None,
        }
    return raw(segment.path, array.dtype, array.shape[1], Part(offset, len(array)))


def _is_plain(array: npt.NDArray[Any]) -> bool:
    return array.dtype in STORED and bool(array.flags.c_contiguous and array.flags.aligned)


def _root(array: npt.NDArray[Any]) -> object:
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base

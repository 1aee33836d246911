"""From what a user passes to what a request names, with as few copies as can be.

| given                                                        | copies |
|--------------------------------------------------------------|--------|
| array from `gio4j.empty`, a result, or rows of one           | none   |
| `numpy.load(path, mmap_mode='r')`, float32, or rows of it    | none   |
| path of a .npy or Arrow file                                 | none   |
| path of a .csv, .tsv or .parquet file                        | a file, kept and used again |
| anything else: heap array, float64, Fortran order, list ...  | one    |
"""

from __future__ import annotations

import mmap
import os
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._buffers import pool
from gio4j._framing import BODY_OFFSET, frame, framed_size
from gio4j.errors import GioMemoryError, InvalidInputError

ARROW_SUFFIXES = (".arrow", ".feather", ".ipc")
CONVERTED_SUFFIXES = (".csv", ".tsv", ".parquet")
_FLOAT32 = np.dtype("<f4")


@dataclass(frozen=True)
class Matrix:
    """A matrix as a request names it; sizes are None where only the engine opens the file."""

    request: dict[str, Any]
    rows: int | None
    columns: int | None


def empty(shape: tuple[int, int], dtype: npt.DTypeLike = np.float32) -> npt.NDArray[np.float32]:
    """Make a matrix that the engine sees as well: passing it, or rows of it, costs no copy.

    Parameters
    ----------
    shape : (rows, columns), both at least 1
    dtype : float32, the one type the engine computes from

    Returns
    -------
    numpy.ndarray of that shape, float32, C order, contents arbitrary. The memory goes back when the
    array and every view of it have died. A forked child sees the same memory, not a copy.

    Raises
    ------
    TypeError for another dtype, ValueError for another number of dimensions or an empty one,
    MemoryError when shared memory is short (with the sizes and the cure).

    Examples
    --------
    >>> embeddings = gio4j.empty((100_000, 384))
    >>> embeddings[:] = model.encode(sentences)  # doctest: +SKIP
    """
    if np.dtype(dtype) != _FLOAT32:
        raise TypeError(
            f"dtype={np.dtype(dtype)}: needs float32; convert with .astype(numpy.float32)"
        )
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"shape={tuple(shape)}: needs (rows, columns), both at least 1")
    rows, columns = int(shape[0]), int(shape[1])
    return frame(pool.lease(framed_size(rows, columns), "empty"), rows, columns)


def as_array(value: Any, name: str) -> npt.NDArray[Any]:
    """The value as a 2-D NumPy array of real numbers, in its own dtype, uncopied if it can be.

    Raises TypeError for dtypes that are no real numbers, ValueError for another number of
    dimensions or no rows.
    """
    array = to_numpy(value, name)
    if array.dtype.kind not in "fiu" and array.dtype.name != "bfloat16":
        raise TypeError(
            f"{name}: dtype {array.dtype} holds no real numbers; pass a float32 array, "
            f"such as numpy.asarray({name}, dtype=numpy.float32)"
        )
    if array.ndim != 2:
        raise InvalidInputError(
            f"{name}: needs 2 dimensions (rows, columns), got {array.ndim} with shape "
            f"{array.shape}; reshape it, a single row with {name}.reshape(1, -1)"
        )
    if array.size == 0:
        raise InvalidInputError(
            f"{name}: is empty, shape {array.shape}; needs at least one row and one column"
        )
    return array


def share(value: Any, name: str, leases: ExitStack) -> Matrix:
    """Put a matrix where the engine can map it; `leases` keeps it there until it is closed."""
    if isinstance(value, str | os.PathLike):
        return _from_path(Path(value), name)
    array = as_array(value, name)
    rows, columns = array.shape
    if array.dtype == _FLOAT32 and array.flags.c_contiguous and array.flags.aligned:
        place = _in_shared_memory(array) or _in_mapped_file(array)
        if place is not None:
            leases.callback(_keep, array)
            return Matrix({"name": name, **place}, rows, columns)
    lease = leases.enter_context(pool.lease(framed_size(rows, columns), name))
    shared = frame(lease, rows, columns)
    # A float64 beyond float32 becomes infinite, which the engine refuses with its row.
    with np.errstate(over="ignore"):
        np.copyto(shared, array, casting="unsafe")
    place = _in_shared_memory(shared)
    assert place is not None, "a leased segment is always found"
    return Matrix({"name": name, **place}, rows, columns)


def to_numpy(value: Any, name: str) -> npt.NDArray[Any]:
    """Whatever has `__array__` or DLPack, or nested lists, as a NumPy array of any shape."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{name}: is a masked array; fill the gaps first, such as {name}.filled(0), or drop "
            "those rows"
        )
    try:
        if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except MemoryError as problem:
        raise GioMemoryError(f"{name}: {problem}") from problem
    except ValueError as problem:
        raise InvalidInputError(
            f"{name}: is no matrix ({_first_line(problem)}); all rows need the same length"
        ) from problem
    except (
        Exception
    ) as problem:  # each library has its own way to refuse: device memory, gradients, sparse
        raise TypeError(
            f"{name}: {type(value).__module__}.{type(value).__name__} does not turn into a NumPy "
            "array "
            f"({_first_line(problem)}); convert it first, for torch with .detach().cpu().numpy()"
        ) from problem


def _first_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]


def _keep(_: object) -> None:
    """Holds its argument alive until the leases are closed."""


# --- places the engine can open
# ------------------------------------------------------------------------


def _in_shared_memory(array: npt.NDArray[Any]) -> dict[str, Any] | None:
    """The array's place in a segment of ours: an Arrow stream if it is all of it, else rows."""
    address = array.ctypes.data
    segment = pool.find(address, array.nbytes)
    if segment is None:
        return None
    offset = address - segment.address
    if offset == BODY_OFFSET and segment.framed is not None and segment.framed[:2] == array.shape:
        return {
            "kind": "arrow-stream",
            "path": segment.path,
            "offset": segment.framed.stream_offset,
        }
    return _raw(segment.path, offset, array.shape)


def _in_mapped_file(array: npt.NDArray[Any]) -> dict[str, Any] | None:
    """The array's place in the file mapped there, if its path still leads to that very file."""
    if sys.platform != "linux" or not isinstance(_root(array), mmap.mmap):
        return None
    address = array.ctypes.data
    try:
        maps = Path("/proc/self/maps").read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None
    for line in maps.splitlines():
        fields = line.split(maxsplit=5)
        start, end = (int(bound, 16) for bound in fields[0].split("-"))
        if not (start <= address and address + array.nbytes <= end):
            continue
        if (
            len(fields) < 6 or fields[1][3] != "s"
        ):  # private: what Python wrote there is not in the file
            return None
        major, minor = (int(part, 16) for part in fields[3].split(":"))
        path = re.sub(r"\\(\d{3})", lambda escape: chr(int(escape[1], 8)), fields[5])
        try:
            status = os.stat(path)
        except OSError:
            return None
        if (os.major(status.st_dev), os.minor(status.st_dev), status.st_ino) != (
            major,
            minor,
            int(fields[4]),
        ):
            return None
        return _raw(path, int(fields[2], 16) + address - start, array.shape)
    return None


def _root(array: npt.NDArray[Any]) -> object:
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base


def _from_path(path: Path, name: str) -> Matrix:
    absolute = os.path.abspath(path)
    if path.suffix in CONVERTED_SUFFIXES:
        from gio4j._convert import converted  # which needs this module

        path = converted(path, name)
        absolute = str(path)
    if path.suffix in ARROW_SUFFIXES:
        if not os.path.isfile(absolute):
            raise InvalidInputError(f"{name}: there is no file {absolute}")
        return Matrix(
            {"name": name, "kind": "arrow-file", "path": absolute, "column": None}, None, None
        )
    if path.suffix != ".npy":
        raise InvalidInputError(
            f"{name}: path {str(path)!r} ends in {path.suffix!r}; needs .npy, "
            f"{', '.join(ARROW_SUFFIXES + CONVERTED_SUFFIXES)}, or an array"
        )
    shape, offset = _npy_layout(absolute, name)
    return Matrix({"name": name, **_raw(absolute, offset, shape)}, *shape)


def _npy_layout(path: str, name: str) -> tuple[tuple[int, int], int]:
    """Shape of a .npy file's matrix, and the byte where it begins."""
    try:
        with open(path, "rb") as file:
            version = np.lib.format.read_magic(file)
            read_header = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran_order, dtype = read_header(file)
            offset, size = file.tell(), os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise InvalidInputError(f"{name}: there is no file {path}") from None
    except (OSError, ValueError) as problem:
        raise InvalidInputError(
            f"{name}: {path} is no readable .npy file ({_first_line(problem)})"
        ) from problem
    cure = "load it with numpy.load, convert, and pass the array"
    if dtype != _FLOAT32:
        raise InvalidInputError(
            f"{name}: {path} holds {dtype}, needs little-endian float32; {cure}"
        )
    if len(shape) != 2 or min(shape) < 1:
        raise InvalidInputError(
            f"{name}: {path} has shape {shape}, needs (rows, columns), both at least 1; {cure}"
        )
    if fortran_order and min(shape) > 1:
        raise InvalidInputError(f"{name}: {path} is in Fortran order, needs C order; {cure}")
    needed = offset + shape[0] * shape[1] * 4
    if size < needed:
        raise InvalidInputError(
            f"{name}: {path} is truncated, {size} bytes where its header needs {needed}; write it "
            "anew"
        )
    return shape, offset


def _raw(path: str, offset: int, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"kind": "raw", "path": path, "offset": offset, "rows": shape[0], "columns": shape[1]}

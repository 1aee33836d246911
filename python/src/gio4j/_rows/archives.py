"""Files of several named arrays: .npz and .safetensors. One of them is the matrix."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import cause
from gio4j._rows.choice import Choice, listed
from gio4j._rows.float32 import BFLOAT16
from gio4j._rows.kinds.holder import FEATURES
from gio4j._rows.matrix import as_array
from gio4j._rows.npy import NpyHeader
from gio4j._rows.sources import ArraySource, NpySource, Source
from gio4j._shared.open_file import OpenFile, open_file, shown
from gio4j.errors import InvalidInputError, MissingPackageError

# What the format calls NumPy's types.
_TYPES: dict[str, Any] = {
    **{"F16": "<f2", "F32": "<f4", "F64": "<f8", "I8": "<i1", "I16": "<i2", "I32": "<i4"},
    **{"I64": "<i8", "U8": "<u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "BF16": BFLOAT16},
}
# The format's own bound.
_MOST_HEADER_BYTES = 100_000_000


def npz_source(path: Path, name: str, choice: Choice) -> Source:
    """An array of a .npz file, read into memory."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            if {"indices", "indptr", "format", "shape", "data"} <= set(archive.files):
                return _sparse(path, name)
            shapes = {key: archive[key].shape for key in archive.files}
            array = archive[meant(shapes, path, name, choice)]
    except (OSError, ValueError, zipfile.BadZipFile) as problem:
        if isinstance(problem, InvalidInputError):
            raise
        raise InvalidInputError(
            f"{name}: {shown(path)} is no readable .npz file ({cause(problem)})"
        ) from problem
    return ArraySource(as_array(array, name), name)


def safetensors_source(path: Path, name: str, choice: Choice) -> Source:
    """A tensor of a .safetensors file, where it lies."""
    file = open_file(path, name)
    tensors, start = _tensors(file, name)
    shapes = {key: tuple(facts["shape"]) for key, facts in tensors.items()}
    facts = tensors[meant(shapes, path, name, choice)]
    begin, end = facts["data_offsets"]
    shape, kind = tuple(facts["shape"]), np.dtype(_TYPES[facts["dtype"]])
    if end - begin != kind.itemsize * int(np.prod(shape)) or start + end > file.identity.size:
        raise InvalidInputError(f"{name}: {shown(path)} is cut short, or damaged")
    header = NpyHeader(shape, False, kind, start + begin)
    return NpySource(file, name, header)


def _tensors(file: OpenFile, name: str) -> tuple[dict[str, Any], int]:
    """What the header says of each tensor of numbers, and the byte at which the first begins."""
    length: npt.NDArray[np.uint64] = np.zeros(1, "<u8")
    try:
        file.read_into(length, 0, name)
        size = int(length[0])
        if size > min(_MOST_HEADER_BYTES, file.identity.size - 8):
            raise ValueError(f"its header would have {size} bytes")
        text = np.empty(size, np.uint8)
        file.read_into(text, 8, name)
        found = json.loads(text.tobytes())
        tensors = {
            key: facts
            for key, facts in found.items()
            if key != "__metadata__" and facts["dtype"] in _TYPES
        }
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise InvalidInputError(
            f"{name}: {file.shown} is no readable .safetensors file ({cause(problem)})"
        ) from problem
    return tensors, 8 + size


def meant(shapes: dict[str, tuple[int, ...]], path: Path, name: str, choice: Choice) -> str:
    """The array that is named; else `features`, else the only one of two dimensions."""
    asked = choice.columns
    if asked is not None:
        if not isinstance(asked, str) and len(asked) == 1:
            (asked,) = asked
        if not isinstance(asked, str) or asked not in shapes:
            raise InvalidInputError(
                f"{name}: {shown(path)} has no array {asked!r}, only {listed(shapes)}; name one"
            )
        return asked
    matrices = [key for key, shape in shapes.items() if len(shape) == 2]
    if FEATURES in matrices:
        return FEATURES
    if len(matrices) != 1:
        raise InvalidInputError(
            f"{name}: {shown(path)} has {len(matrices)} arrays of two dimensions, of the arrays "
            f"{listed(shapes)}; name one: ({path.name!r}, {next(iter(matrices or shapes), 'x')!r})"
        )
    return matrices[0]


def _sparse(path: Path, name: str) -> Source:
    """As `scipy.sparse.save_npz` writes it."""
    try:
        from scipy.sparse import load_npz
    except ImportError as problem:
        raise MissingPackageError(
            f"{name}: {shown(path)} holds a sparse matrix, which needs SciPy: pip install scipy"
        ) from problem
    from gio4j._rows.kinds.sparse import SparseSource

    return SparseSource(load_npz(path), name)

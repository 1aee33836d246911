"""Gradients in the files of the tools that compute them, read where they lie.

| tool | file |
|---|---|
| LESS, and whatever calls `torch.save` | .pt or .pth: one tensor, or several by name |
| bergson | gradients.bin, which the info.json beside it describes |
| TRAK | .mmap, which is a .npy file under another name |
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from gio4j._checks import cause
from gio4j._rows.archives import meant
from gio4j._rows.choice import Choice
from gio4j._rows.float32 import BFLOAT16
from gio4j._rows.npy import NpyHeader
from gio4j._rows.sources import NpySource, Source
from gio4j._shared.open_file import OpenFile, open_file, shown
from gio4j.errors import InvalidInputError

# What torch calls NumPy's types.
_STORAGES: dict[str, Any] = {
    **{"HalfStorage": "<f2", "FloatStorage": "<f4", "DoubleStorage": "<f8"},
    **{"BFloat16Storage": BFLOAT16, "CharStorage": "<i1", "ByteStorage": "<u1"},
    **{"ShortStorage": "<i2", "IntStorage": "<i4", "LongStorage": "<i8"},
}
_TYPES: dict[str, Any] = {
    **{"float16": "<f2", "float32": "<f4", "float64": "<f8"},
    "bfloat16": BFLOAT16,
}
# A pickle of tensors says where each lies, some 200 bytes; it never holds numbers.
_MOST_PICKLE_BYTES = 100_000_000
# Of an entry in a zip file: the lengths of its name and of what else stands before its bytes.
_ENTRY = struct.Struct("<26xHH")


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor lies: the storage's key in the file, the first of its numbers."""

    dtype: np.dtype[Any]
    key: str
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Makes tensors' places, and nothing else: no class of the file's choice is called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _place_of
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in _STORAGES:
            return np.dtype(_STORAGES[name])
        raise pickle.UnpicklingError(f"it holds {module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[np.dtype[Any], str]:
        _, dtype, key, *_ = pid
        return dtype, key


def _place_of(
    storage: tuple[np.dtype[Any], str],
    first: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: Any,
) -> _Tensor:
    return _Tensor(*storage, first, tuple(shape), tuple(strides))


def torch_source(path: Path, name: str, choice: Choice) -> Source:
    """A tensor of a file of `torch.save`, where it lies; torch is not needed."""
    file = open_file(path, name)
    try:
        with (
            os.fdopen(os.dup(file.descriptor), "rb") as bytes_of,
            zipfile.ZipFile(bytes_of) as all_,
        ):
            root = next(each[:-8] for each in all_.namelist() if each.endswith("data.pkl"))
            if root + "byteorder" in all_.namelist() and all_.read(root + "byteorder") != b"little":
                raise ValueError("its numbers are big-endian")
            if all_.getinfo(root + "data.pkl").file_size > _MOST_PICKLE_BYTES:
                raise ValueError("it says too much")
            with all_.open(root + "data.pkl") as text:
                tensor = _meant_tensor(text, path, name, choice)
            entry = all_.getinfo(f"{root}data/{tensor.key}")
        rows, columns = tensor.shape if len(tensor.shape) == 2 else (0, 0)
        start = _start_of(file, entry, name) + tensor.first * tensor.dtype.itemsize
        end = start + rows * columns * tensor.dtype.itemsize
        is_inside = min(tensor.first, rows, columns) >= 0 and end <= file.identity.size
        if entry.compress_type != zipfile.ZIP_STORED or not is_inside:
            raise ValueError("a tensor is not whole")
    except InvalidInputError:
        raise
    except Exception as problem:  # a damaged pickle raises anything
        raise InvalidInputError(
            f"{name}: {shown(path)} is no file of tensors that is read without torch "
            f"({cause(problem)}); load it with torch.load and pass the tensor"
        ) from problem
    is_fortran = rows > 1 and tensor.strides == (1, rows)
    if rows and not is_fortran and tensor.strides != (columns, 1):
        raise InvalidInputError(
            f"{name}: {shown(path)} has a tensor whose rows do not lie one after another; save "
            "tensor.contiguous()"
        )
    return NpySource(file, name, NpyHeader(tensor.shape, is_fortran, tensor.dtype, start))


def _meant_tensor(text: IO[bytes], path: Path, name: str, choice: Choice) -> _Tensor:
    found = _Unpickler(text).load()
    if isinstance(found, _Tensor):
        return found
    if not isinstance(found, dict):
        raise ValueError(f"it holds a {type(found).__name__}")
    tensors = {key: each for key, each in found.items() if isinstance(each, _Tensor)}
    shapes = {key: each.shape for key, each in tensors.items()}
    asked: _Tensor = tensors[meant(shapes, path, name, choice)]
    return asked


def _start_of(file: OpenFile, entry: zipfile.ZipInfo, name: str) -> int:
    """The byte at which an entry's own bytes begin."""
    header = np.empty(_ENTRY.size, np.uint8)
    file.read_into(header, entry.header_offset, name)
    before: int = sum(_ENTRY.unpack(header.tobytes()))
    return entry.header_offset + _ENTRY.size + before


def bergson_source(path: Path, name: str, choice: Choice) -> Source:
    """The gradients of a store of bergson, where they lie."""
    file = open_file(path, name)
    described = path.with_name("info.json")
    try:
        facts = json.loads(described.read_text())
        columns = facts["grad_size"] if "grad_size" in facts else sum(facts["grad_sizes"].values())
        shape = int(facts["num_grads"]), int(columns)
        dtype = np.dtype(_TYPES[facts["base_dtype"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise InvalidInputError(
            f"{name}: {shown(path)} needs the info.json that bergson writes beside it "
            f"({cause(problem)})"
        ) from problem
    size = dtype.itemsize * shape[0] * shape[1]
    if file.identity.size != size:
        raise InvalidInputError(
            f"{name}: {shown(path)} has {file.identity.size} bytes, {shape[0]} rows of {shape[1]} "
            f"columns in {facts['base_dtype']}, as its info.json says, {size}; write it again"
        )
    return NpySource(file, name, NpyHeader(shape, False, dtype, 0))


#: What makes rows of each kind of file, by the end of its name.
GRADIENT_FILES: dict[str, Callable[[Path, str, Choice], Source]] = {
    ".pt": torch_source,
    ".pth": torch_source,
    ".bin": bergson_source,
}

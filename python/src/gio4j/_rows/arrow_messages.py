"""The first messages of an Arrow file, as far as pyarrow does not show them."""

from __future__ import annotations

import struct

import numpy as np

from gio4j._shared.open_file import OpenFile

_RECORD_BATCH = 3
_MAGIC = b"ARROW1"


def is_compressed(file: OpenFile, name: str) -> bool:
    """Whether the first batch is compressed; False for what is no whole file, or has no batch.

    Messages are FlatBuffers: a table's first number leads back to a list of where its fields lie.
    """
    try:
        place = 8 if _read(file, 0, len(_MAGIC), name) == _MAGIC else 0
        while True:
            length = struct.unpack("<i", _read(file, place + 4, 4, name))[0]
            message = _read(file, place + 8, length, name)
            root = struct.unpack_from("<I", message)[0]
            kind = _field(message, root, 1)
            if kind is not None and message[kind] == _RECORD_BATCH:
                header = _field(message, root, 2)
                return header is not None and _field(message, _led(message, header), 3) is not None
            body = _field(message, root, 3)
            size = 0 if body is None else struct.unpack_from("<q", message, body)[0]
            if length <= 0 or size < 0:
                return False
            place += 8 + length + size
    except (struct.error, IndexError, ValueError):
        return False


def _read(file: OpenFile, place: int, size: int, name: str) -> bytes:
    if size < 0 or place + size > file.identity.size:
        raise ValueError("it ends before")
    found = np.empty(size, np.uint8)
    file.read_into(found, place, name)
    return found.tobytes()


def _led(message: bytes, place: int) -> int:
    return place + int(struct.unpack_from("<I", message, place)[0])


def _field(message: bytes, table: int, number: int) -> int | None:
    """Where a field of a table lies; None of one that is left out."""
    listed = table - struct.unpack_from("<i", message, table)[0]
    size = struct.unpack_from("<H", message, listed)[0]
    if 4 + 2 * number >= size:
        return None
    offset = struct.unpack_from("<H", message, listed + 4 + 2 * number)[0]
    return table + offset if offset else None

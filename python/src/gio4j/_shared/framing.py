"""Arrow IPC around bytes in shared memory: a header in front, results read where they lie.

pyarrow writes the stream into a sink that keeps the few hundred bytes of metadata and skips the
matrix, which it hands over uncopied (checked by address). So no byte of the format is made by hand,
and framing a GiB takes 0.2 ms.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._shared.buffers import Lease
from gio4j._shared.segments import Framed
from gio4j.errors import GioError

COLUMN = "vectors"
# The matrix starts on a page; its header (360 bytes for a stream with one column) ends right before
# it.
BODY_OFFSET = 4096
# Ends the stream: at most 7 bytes of padding and the 8 bytes of the end marker.
TRAILER_ROOM = 64
# Arrow counts a column's values in 31 bits on the Java side; larger matrices cross without a
# header.
MOST_VALUES = 2**31 - 1
# Not type.to_pandas_dtype(): that imports pandas in older releases.
_DTYPES = {pa.int32(): np.int32, pa.float32(): np.float32, pa.float64(): np.float64}


def framed_size(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Bytes that a framed matrix takes."""
    return BODY_OFFSET + math.prod(shape) * dtype.itemsize + TRAILER_ROOM


def frame(lease: Lease, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Write an Arrow stream's metadata around a matrix's place, which is returned.

    Not around numbers of which Arrow has no type.
    """
    end = BODY_OFFSET + math.prod(shape) * dtype.itemsize
    body = lease.bytes[BODY_OFFSET:end].view(dtype).reshape(shape)
    if body.size <= MOST_VALUES and dtype.names is None:
        header, trailer = _metadata(body)
        lease.bytes[BODY_OFFSET - len(header) : BODY_OFFSET] = np.frombuffer(header, np.uint8)
        lease.bytes[end : end + len(trailer)] = np.frombuffer(trailer, np.uint8)
        lease.segment.framed = Framed(shape, dtype, BODY_OFFSET - len(header))
    return body


def read_arrays(
    memory: npt.NDArray[np.uint8],
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, pa.Array]]:
    """The arrays and the texts of a result, by name: views of its bytes, which they keep alive.

    Each column of the stream's one row is a list of numbers (1-D), of vectors (2-D) or of texts.
    """
    start, size = memory.ctypes.data, memory.size
    batch = pa.ipc.open_stream(pa.py_buffer(memory)).read_next_batch()
    arrays, texts = {}, {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        values, shape = column.values, [len(column.values)]
        if pa.types.is_string(values.type):
            texts[name] = values
            continue
        if pa.types.is_fixed_size_list(values.type):
            shape.append(values.type.list_size)
            values = values.values
        dtype = np.dtype(_DTYPES[values.type])
        data, count = values.buffers()[1], int(np.prod(shape))
        if count == 0:
            arrays[name] = np.empty(shape, dtype)
            continue
        offset = data.address - start
        if not 0 <= offset <= size - count * dtype.itemsize:
            raise GioError(f"pyarrow {pa.__version__} copied a result that it should view")
        arrays[name] = memory[offset : offset + count * dtype.itemsize].view(dtype).reshape(shape)
    return arrays, texts


def _metadata(body: npt.NDArray[Any]) -> tuple[bytes, bytes]:
    columns, address = body.shape[1], body.ctypes.data
    kind = pa.from_numpy_dtype(body.dtype)
    values = pa.Array.from_buffers(
        kind, body.size, [None, pa.foreign_buffer(address, body.nbytes, body)]
    )
    # Neither the list nor its items can be null: said in the type, so that a reader need not look.
    vectors = pa.list_(pa.field("item", kind, nullable=False), columns)
    schema = pa.schema([pa.field(COLUMN, vectors, nullable=False)])
    batch = pa.RecordBatch.from_arrays(
        [pa.FixedSizeListArray.from_arrays(values, type=vectors)], schema=schema
    )
    sink = _MetadataSink(address)
    with pa.PythonFile(sink, mode="w") as file, pa.ipc.new_stream(file, schema) as writer:
        writer.write_batch(batch)
    if sink.skipped != body.nbytes:
        raise GioError(f"pyarrow {pa.__version__} copied a matrix that it should hand over")
    return bytes(sink.header), bytes(sink.trailer)


class _MetadataSink:
    """A writable file that keeps everything but the block at one address."""

    closed = False

    def __init__(self, body_address: int) -> None:
        self._body_address = body_address
        self.header = bytearray()
        self.trailer = bytearray()
        self.skipped = 0

    def write(self, block: Any) -> int:
        """Keep a block, or skip it when it is the matrix."""
        buffer = pa.py_buffer(block)
        if buffer.address == self._body_address:
            self.skipped = buffer.size
        else:
            (self.trailer if self.skipped else self.header).extend(block)
        return int(buffer.size)

    def tell(self) -> int:
        """Bytes written so far, the matrix included: pyarrow aligns by it."""
        return len(self.header) + self.skipped + len(self.trailer)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to close."""

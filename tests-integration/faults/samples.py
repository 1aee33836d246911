"""Good files of every kind that gio4j reads, and another reader of them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = np.random.default_rng(7).normal(size=(60, 5)).astype("f4")


def sample_files() -> dict[str, tuple[bytes, str]]:
    """Name -> bytes and suffix; the same 60 rows of 5 columns in each."""
    lists = ROWS.tolist()
    one = pa.record_batch({"v": vectors(ROWS)})
    batches = [pa.record_batch({"v": vectors(ROWS[at : at + 17])}) for at in range(0, 60, 17)]
    views = pa.array([f"a view of some length {row}" for row in range(60)], pa.string_view())
    beside = pa.record_batch(
        {
            "id": pa.array(range(60), pa.int64()),
            "text": pa.array([f"t{row}" for row in range(60)]),
            "kind": pa.array([f"c{row % 3}" for row in range(60)]).dictionary_encode(),
            "nested": pa.array([{"a": row, "b": [row, row + 1]} for row in range(60)]),
            "view": views,
            "v": vectors(ROWS),
        }
    )
    plain = "".join(f"t{row}\tu\t{json.dumps(lists[row])}\n" for row in range(60))
    quoted = "".join(f'"t,{row}",u,"{json.dumps(lists[row])}"\r\n' for row in range(60))
    return {
        "npy 1": (_npy(ROWS, (1, 0)), ".npy"),
        "npy 2": (_npy(ROWS, (2, 0)), ".npy"),
        "npy 3": (_npy(ROWS, (3, 0)), ".npy"),
        "npy Fortran": (_npy(np.asfortranarray(ROWS)), ".npy"),
        "npy big-endian": (_npy(ROWS.astype(">f4")), ".npy"),
        "npy float64": (_npy(ROWS.astype("f8")), ".npy"),
        "npy int16": (_npy((ROWS * 9).astype("i2")), ".npy"),
        "arrow": (_arrow([one]), ".arrow"),
        "arrow batches": (_arrow(batches), ".arrow"),
        "arrow beside": (_arrow([beside]), ".arrow"),
        "arrow lists": (_arrow([_list_batch(pa.list_(pa.float32()))]), ".arrow"),
        "arrow large lists": (_arrow([_list_batch(pa.large_list(pa.float32()))]), ".arrow"),
        "arrow legacy": (_arrow([one], use_legacy_format=True), ".arrow"),
        "arrow V4": (_arrow([one], metadata_version=pa.ipc.MetadataVersion.V4), ".arrow"),
        "arrow zstd": (_arrow([one], compression="zstd"), ".arrow"),
        "arrow stream": (_arrow([one], is_stream=True), ".arrow"),
        "parquet": (_parquet(pa.float32(), "none"), ".parquet"),
        "parquet zstd": (_parquet(pa.float64(), "zstd"), ".parquet"),
        "tsv": (plain.encode(), ".tsv"),
        "csv": (quoted.encode(), ".csv"),
    }


def read_elsewhere(path: Path) -> np.ndarray | None:
    """The rows that NumPy or pyarrow find in a file; None when they refuse it, or it is text."""
    readers = {".npy": _read_npy, ".arrow": _read_arrow, ".parquet": _read_parquet}
    if path.suffix not in readers:
        return None
    try:
        return readers[path.suffix](path)
    except Exception:  # whatever a damaged file makes of another library
        return None


def vectors(rows: np.ndarray) -> pa.Array:
    """Rows as a column of vectors."""
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def _list_batch(kind: pa.DataType) -> pa.RecordBatch:
    return pa.record_batch({"v": pa.array(ROWS.tolist(), kind)})


def _npy(rows: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, rows, version=version)
    return file.getvalue()


def _arrow(batches: list[pa.RecordBatch], is_stream: bool = False, **options: Any) -> bytes:
    file = io.BytesIO()
    new = pa.ipc.new_stream if is_stream else pa.ipc.new_file
    with new(file, batches[0].schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return file.getvalue()


def _parquet(number: pa.DataType, compression: str) -> bytes:
    file = io.BytesIO()
    table = pa.table({"features": pa.array(ROWS.tolist(), pa.list_(number))})
    pq.write_table(table, file, compression=compression)
    return file.getvalue()


def _read_npy(path: Path) -> np.ndarray | None:
    rows = np.load(path, allow_pickle=False)
    return np.ascontiguousarray(rows, "f4") if rows.ndim == 2 and rows.dtype.kind in "fiu" else None


def _read_arrow(path: Path) -> np.ndarray | None:
    table = pa.ipc.open_file(path.read_bytes()).read_all()
    table.validate(full=True)
    fixed = [field.name for field in table.schema if _is_of_floats(field.type, fixed=True)]
    any_length = [field.name for field in table.schema if _is_of_floats(field.type, fixed=False)]
    names = fixed or any_length
    return _matrix(table[names[0]]) if len(names) == 1 else None


def _read_parquet(path: Path) -> np.ndarray | None:
    return _matrix(pq.read_table(path)["features"])


def _is_of_floats(kind: pa.DataType, fixed: bool) -> bool:
    if fixed:
        is_list = pa.types.is_fixed_size_list(kind)
    else:
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return is_list and kind.value_type == pa.float32()


def _matrix(column: pa.ChunkedArray) -> np.ndarray | None:
    rows = column.to_pylist()
    if not rows or any(row is None or None in row or len(row) != len(rows[0]) for row in rows):
        return None
    return np.array(rows, "f4")

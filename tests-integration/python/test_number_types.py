"""Rows of float16, bfloat16, int8 and uint8: read as they are stored, answered as their float32."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import gio4j
from gio4j._rows.float32 import BFLOAT16, plain
from gio4j._rows.inputs import source_of
from gio4j._shared.buffers import pool as buffers
from gio4j.errors import InvalidInputError

RANDOM = np.random.default_rng(8)
FLOATS = RANDOM.normal(size=(300, 9)).astype(np.float32)
NEAR = (RANDOM.normal(size=(50, 9)) * 0.5 + 1).astype(np.float32)


def bfloat16(rows: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray((rows.view(np.uint32) >> 16).astype(np.uint16)).view(BFLOAT16)


KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "float16": lambda rows: rows.astype(np.float16),
    "bfloat16": bfloat16,
    "int8": lambda rows: (rows * 30).clip(-128, 127).astype(np.int8),
    "uint8": lambda rows: (rows * 30 + 128).clip(0, 255).astype(np.uint8),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def float32(rows: np.ndarray) -> np.ndarray:
    return plain(rows).astype(np.float32)


def safetensors(path: Path, rows: np.ndarray, kind: str) -> Path:
    name = {"float16": "F16", "bfloat16": "BF16", "int8": "I8", "uint8": "U8"}[kind]
    header = (
        f'{{"x":{{"dtype":"{name}","shape":[{rows.shape[0]},{rows.shape[1]}],'
        f'"data_offsets":[0,{rows.nbytes}]}}}}'
    ).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + rows.tobytes())
    return path


def vectors(rows: np.ndarray, parts: int = 3) -> pa.Table:
    kind = pa.list_(pa.from_numpy_dtype(rows.dtype), rows.shape[1])
    chunks = [
        pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), type=kind)
        for part in np.array_split(rows, parts)
    ]
    return pa.table({"vectors": pa.chunked_array(chunks)})


def arrow(path: Path, rows: np.ndarray, stream: bool = False) -> Path:
    table = vectors(rows)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(path, table.schema) as out:
        out.write_table(table)
    return path


def forms(rows: np.ndarray, kind: str, folder: Path) -> dict[str, Any]:
    """The rows in every form that they may have, and the bytes each number takes there."""
    found: dict[str, Any] = {
        "array": rows,
        "strided": np.repeat(rows, 2, axis=0)[::2],
        "safetensors": safetensors(folder / "rows.safetensors", rows, kind),
    }
    if kind == "bfloat16":
        return found
    np.save(folder / "rows.npy", rows)
    np.save(folder / "fortran.npy", np.asfortranarray(rows))
    np.save(folder / "other.npy", float32(rows[200:]))
    np.save(folder / "first.npy", rows[:200])
    pq.write_table(vectors(rows), folder / "rows.parquet", row_group_size=70)
    ours = gio4j.empty(rows.shape, rows.dtype)
    ours[:] = rows
    return found | {
        "empty": ours,
        "npy": folder / "rows.npy",
        "fortran": folder / "fortran.npy",
        "mapped": np.load(folder / "rows.npy", mmap_mode="r"),
        "files of two types": [folder / "first.npy", folder / "other.npy"],
        "arrow": arrow(folder / "rows.arrow", rows),
        "stream": arrow(folder / "stream.arrow", rows, stream=True),
        "table": vectors(rows),
        "mapped table": pa.ipc.open_file(pa.memory_map(str(folder / "rows.arrow"))).read_all(),
        "parquet": folder / "rows.parquet",
        "dataset": ds.dataset(folder / "rows.parquet"),
    }


def test_every_form_is_its_float32(kind: str, tmp_path: Path) -> None:
    rows, target = KINDS[kind](FLOATS), KINDS[kind](NEAR)
    expected = gio4j.select(float32(rows), float32(target), 20)
    report = expected.report().to_dict()
    others = gio4j.nearest(float32(target), float32(rows), 3)
    for name, form in forms(rows, kind, tmp_path).items():
        found = gio4j.select(form, target, 20)
        assert np.array_equal(found.indices, expected.indices), name
        assert np.array_equal(found.trace, expected.trace), name
        assert found.report().to_dict() == report, name
        distances, near = gio4j.nearest(target, form, 3)
        assert np.array_equal(distances, others[0]), name
        assert np.array_equal(near, others[1]), name


@pytest.mark.parametrize("method", ["balanced", "coverage", "exact", "gradient", "round_robin"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_every_method_has_the_bits_of_float32(kind: str, method: str, metric: Any) -> None:
    rows, target = KINDS[kind](FLOATS), KINDS[kind](NEAR)
    found = gio4j.select(rows, target, 12, method, existing=rows[:3], metric=metric)
    expected = gio4j.select(
        float32(rows), float32(target), 12, method, existing=float32(rows[:3]), metric=metric
    )
    assert np.array_equal(found.indices, expected.indices)
    assert np.array_equal(found.trace, expected.trace)
    assert np.array_equal(found.gains, expected.gains, equal_nan=True)


def test_every_function_has_the_bits_of_float32(kind: str) -> None:
    rows, target = KINDS[kind](FLOATS), KINDS[kind](NEAR)
    plain_rows, plain_target = float32(rows), float32(target)
    for estimator in ("wang", "averaged", "energy"):
        assert float(gio4j.divergence(target, rows, estimator=estimator)) == float(
            gio4j.divergence(plain_target, plain_rows, estimator=estimator)
        )
    model, expected = gio4j.kmeans(rows, 5), gio4j.kmeans(plain_rows, 5)
    assert np.array_equal(model.centers, expected.centers)
    assert np.array_equal(model.predict(rows), expected.assignments)
    search = gio4j.gradient_search(rows, target, rows[:5], max_picks=5, seed=1)
    other = gio4j.gradient_search(plain_rows, plain_target, plain_rows[:5], max_picks=5, seed=1)
    assert np.array_equal(search.selected, other.selected)
    few = gio4j.select(rows, target, 5, quantize=20, existing=[1, 2])
    assert list(few) == list(
        gio4j.select(plain_rows, plain_target, 5, quantize=20, existing=[1, 2])
    )
    for mine, theirs in zip(few.explain(), few.explain(plain_rows, plain_target), strict=True):
        assert mine.equals(theirs)


def shared_bytes(rows: Any) -> int:
    """Of shared memory that a job over these rows has."""
    before = buffers.counts()["buffer_bytes"]
    with ExitStack() as leases:
        source_of(rows, "pool").share(leases)
        return buffers.counts()["buffer_bytes"] - before


def test_a_copy_takes_the_memory_of_its_type(kind: str) -> None:
    rows = KINDS[kind](np.resize(FLOATS, (1 << 14, 64)))
    whole = shared_bytes(float32(rows))
    assert whole > 1 << 22
    assert shared_bytes(rows) / whole == pytest.approx(rows.dtype.itemsize / 4, rel=0.01)


def test_a_file_is_read_where_it_lies(kind: str, tmp_path: Path) -> None:
    rows = KINDS[kind](np.resize(FLOATS, (1 << 14, 64)))
    paths = [safetensors(tmp_path / "rows.safetensors", rows, kind)]
    if kind != "bfloat16":
        np.save(tmp_path / "rows.npy", rows)
        paths += [tmp_path / "rows.npy", arrow(tmp_path / "rows.arrow", rows)]
        assert shared_bytes(np.load(paths[1], mmap_mode="r")) == 0
    for path in paths:
        assert shared_bytes(str(path)) == 0
        taken = source_of(str(path), "pool").take(np.array([5, 3, 16_000]))
        assert np.array_equal(taken, plain(rows)[[5, 3, 16_000]])


def test_converted_and_temporary_files_keep_halves(tmp_path: Path) -> None:

    rows = FLOATS.astype(np.float16)
    for row_group in (70, 300):
        path = tmp_path / f"rows-{row_group}.parquet"
        pq.write_table(vectors(rows), path, row_group_size=row_group)
        for value in (path, ds.dataset(path)):
            with ExitStack() as leases:
                matrix = source_of(value, "pool").share(leases)
                with pa.OSFile(matrix.request["path"]) as file:
                    stored = pa.ipc.open_file(file).schema.types
            assert stored[0].value_type == pa.float16()


def test_halves_with_gaps(tmp_path: Path) -> None:
    rows = FLOATS.astype(np.float16)
    lists: list[Any] = list(rows)
    lists[4], lists[250] = None, [None, *rows[250, 1:]]
    table = pa.table({"vectors": pa.array(lists, pa.list_(pa.float16()))})
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path, row_group_size=70)
    gaps = rows.copy()
    gaps[4], gaps[250, 0] = np.nan, np.nan
    expected = gio4j.select(gaps.astype(np.float32), NEAR, 9, missing="skip")
    for pool in (gaps, table, path):
        found = gio4j.select(pool, NEAR, 9, missing="skip")
        assert list(found) == list(expected)
        with pytest.raises(InvalidInputError, match=r"pool.*row 4 is"):
            gio4j.select(pool, NEAR, 9)
    integers: list[Any] = list(KINDS["int8"](FLOATS))
    for row in (4, 200):
        integers[row] = None
    table = pa.table({"vectors": pa.array(integers, pa.list_(pa.int8()))})
    pq.write_table(table, path, row_group_size=70)
    expected = gio4j.select(KINDS["int8"](FLOATS).astype(float), NEAR, 9, existing=[4, 200])
    for pool in (table, path):
        found = gio4j.select(pool, NEAR, 9, missing="skip")
        assert found.facts["skipped_rows"] == 2
        assert not {4, 200} & set(found)


def test_what_is_not_finite_is_named() -> None:
    for name in ("float16", "bfloat16"):
        rows = FLOATS.copy()
        rows[7, 2] = np.inf
        with pytest.raises(InvalidInputError, match=r"pool: row 7 is not finite \(column 2 is Inf"):
            gio4j.select(KINDS[name](rows), NEAR, 3)


def test_every_half_is_converted_exactly() -> None:
    """All finite ones, the subnormal too, by the distance from 0."""
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)].reshape(-1, 1)
    distances, _ = gio4j.nearest(every, np.zeros((1, 1), np.float16))
    assert np.array_equal(distances, np.abs(every).astype(np.float64))
    upper = np.arange(1 << 16, dtype=np.uint16).reshape(-1, 1).view(BFLOAT16)
    upper = upper[np.isfinite(plain(upper)).ravel()]
    distances, _ = gio4j.nearest(upper, np.zeros((1, 1), np.float32))
    assert np.array_equal(distances, np.abs(plain(upper)).astype(np.float64))


def test_bits_that_are_unpacked() -> None:
    """Packed bits look as integers do, and are taken as such; unpacked they are 0 and 1."""
    bits = FLOATS > 0
    packed = np.packbits(bits, axis=1)
    unpacked = np.unpackbits(packed, axis=1, count=9)
    found = gio4j.nearest(unpacked, unpacked, 2)
    assert np.array_equal(found[0], gio4j.nearest(bits.astype(np.float32), unpacked, 2)[0])


def test_empty_of_other_types() -> None:
    with pytest.raises(TypeError, match="needs float32, float16, int8 or uint8"):
        gio4j.empty((2, 2), np.float64)
    rows = gio4j.empty((300, 9), "float16")
    rows[:] = FLOATS
    assert shared_bytes(rows) == 0
    assert shared_bytes(rows[10:20]) == 0
    # Other types and shapes over the same memory are not taken for what was framed.
    line = gio4j.empty((1, 4))
    line[:] = [[1, 2, 3, 4]]
    halves = line.view(np.float16)[:, :4]
    distances, _ = gio4j.nearest(halves, np.zeros((1, 4), np.float32))
    assert distances[0, 0] == np.linalg.norm(halves.astype(np.float64))

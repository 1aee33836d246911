"""What users pass: conversions, places without a copy, Arrow framing, messages."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy_engine import read

import gio4j
from gio4j._rows.inputs import share, source_of
from gio4j._rows.matrix import Matrix
from gio4j._shared.buffers import pool
from gio4j._shared.framing import BODY_OFFSET, read_arrays
from gio4j.errors import InvalidInputError

RAMP = np.arange(12, dtype=np.float32).reshape(4, 3)


def arrow_rows(matrix: Matrix) -> np.ndarray[Any, Any]:
    assert matrix.request["kind"] == "arrow_stream"
    with open(matrix.request["path"], "rb") as file:
        file.seek(matrix.request["offset"])
        batch = pa.ipc.open_stream(file).read_next_batch()
    (field,) = batch.schema
    assert field.name == "vectors"
    assert not field.nullable
    assert not field.type.value_field.nullable
    return np.array(batch["vectors"].to_pylist(), np.float32)


def raw_rows(matrix: Matrix) -> np.ndarray[Any, Any]:
    request = matrix.request
    assert request["kind"] == "raw"
    (part,) = request["parts"]
    count = part["rows"] * request["columns"]
    values = np.fromfile(request["path"], "<f4", count, offset=part["offset"])
    return values.reshape(part["rows"], request["columns"])


class Tensor:
    """Has nothing but DLPack, like a tensor of a library NumPy never heard of."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array

    def __dlpack__(self, **keywords: Any) -> Any:
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


class Array:
    """Has nothing but `__array__`, like a jax or a torch array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return RAMP


@pytest.mark.parametrize(
    "value",
    [
        RAMP,
        RAMP.astype(np.float64),
        RAMP.astype(np.float16),
        RAMP.astype(np.int64),
        RAMP.astype(np.uint8),
        RAMP.astype(">f4"),
        np.asfortranarray(RAMP),
        np.repeat(RAMP, 2, axis=1)[:, ::2],
        RAMP.tolist(),
        [list(row) for row in RAMP],
        Tensor(RAMP),
        Array(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_copy_as_an_arrow_stream(value: Any) -> None:
    with ExitStack() as leases:
        matrix = share(value, "x", leases)
        assert (matrix.rows, matrix.columns) == (4, 3)
        assert matrix.request["name"] == "x"
        np.testing.assert_array_equal(arrow_rows(matrix), RAMP)
        assert pool.counts()["buffers"] == 1
    assert pool.counts()["buffers"] == 0


class HalfTensor:
    """A tensor of torch's bfloat16, which turns into no array; its bytes do."""

    dtype = "torch.bfloat16"

    def detach(self) -> HalfTensor:
        return self

    contiguous = detach

    def view(self, kind: str) -> np.ndarray[Any, Any]:
        assert kind == "torch.uint8"
        return (RAMP.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        raise TypeError("Got unsupported ScalarType BFloat16")


def test_bfloat16_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(uint8="torch.uint8"))
    with ExitStack() as leases:
        request = share(HalfTensor(), "x", leases).request
        assert request["type"] == "bfloat16"
        np.testing.assert_array_equal(read(request), RAMP)


def test_two_matrices_at_once_do_not_share_a_place() -> None:
    with ExitStack() as leases:
        first, second = share(RAMP, "x", leases), share(RAMP + 1, "y", leases)
        np.testing.assert_array_equal(arrow_rows(first), RAMP)
        np.testing.assert_array_equal(arrow_rows(second), RAMP + 1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (333, 129)])
def test_framing_of_awkward_shapes(shape: tuple[int, int]) -> None:
    array = gio4j.empty(shape)
    array[:] = np.random.default_rng(1).standard_normal(shape)
    with ExitStack() as leases:
        np.testing.assert_array_equal(arrow_rows(share(array, "x", leases)), array)
    assert array.ctypes.data % 4096 == 0


def test_empty_costs_no_copy_and_goes_back() -> None:
    array = gio4j.empty((4, 3))
    array[:] = RAMP
    with ExitStack() as leases:
        whole, rows = share(array, "x", leases), share(array[1:3], "y", leases)
        assert pool.counts()["buffers"] == 1
        np.testing.assert_array_equal(arrow_rows(whole), RAMP)
        np.testing.assert_array_equal(raw_rows(rows), RAMP[1:3])
        assert rows.request["parts"] == [{"offset": BODY_OFFSET + 12, "rows": 2}]
        other = share(array[:, 1:], "z", leases)
        assert pool.counts()["buffers"] == 2, "columns of it are copied"
        np.testing.assert_array_equal(arrow_rows(other), RAMP[:, 1:])
        del array
        assert pool.counts()["buffers"] == 2, "the job still reads it"
    assert pool.counts()["buffers"] == 0


@pytest.mark.parametrize("shape", [(3,), (0, 3), (3, 0), (1, 2, 3), (-1, 2)])
def test_empty_refuses_shapes(shape: Any) -> None:
    with pytest.raises(ValueError, match="needs \\(rows, columns\\)"):
        gio4j.empty(shape)


def test_empty_refuses_dtypes() -> None:
    with pytest.raises(TypeError, match="float64: needs float32"):
        gio4j.empty((2, 2), np.float64)


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "odd name\n.npy"
    np.save(path, RAMP)
    return path


@pytest.mark.parametrize("mode", ["r", "r+"])
@pytest.mark.parametrize("rows", [slice(None), slice(1, 3)])
def test_a_mapped_file_costs_no_copy(saved: Path, mode: Any, rows: slice) -> None:
    mapped = np.load(saved, mmap_mode=mode)
    with ExitStack() as leases:
        for array in (mapped[rows], np.asarray(mapped)[rows]):
            matrix = share(array, "x", leases)
            assert os.readlink(matrix.request["path"]) == str(saved)
            np.testing.assert_array_equal(raw_rows(matrix), RAMP[rows])
        assert pool.counts()["buffers"] == 0


def test_a_private_mapping_is_copied(saved: Path) -> None:
    mapped = np.load(saved, mmap_mode="c")
    mapped[0, 0] = 99
    with ExitStack() as leases:
        assert arrow_rows(share(mapped, "x", leases))[0, 0] == 99


def test_a_replaced_file_is_copied(saved: Path) -> None:
    mapped = np.load(saved, mmap_mode="r")
    other = saved.with_name("other.npy")
    np.save(other, RAMP + 1)
    os.replace(other, saved)
    with ExitStack() as leases:
        np.testing.assert_array_equal(arrow_rows(share(mapped, "x", leases)), RAMP)
    saved.unlink()
    with ExitStack() as leases:
        np.testing.assert_array_equal(arrow_rows(share(mapped, "x", leases)), RAMP)


def test_a_mapped_float64_file_is_converted(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", RAMP.astype(np.float64))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with ExitStack() as leases:
        np.testing.assert_array_equal(arrow_rows(share(mapped, "x", leases)), RAMP)


@pytest.mark.parametrize("kind", [str, Path])
def test_path_of_npy(saved: Path, kind: Any) -> None:
    with ExitStack() as leases:
        matrix = share(kind(saved), "x", leases)
        assert (matrix.rows, matrix.columns) == (4, 3)
        np.testing.assert_array_equal(raw_rows(matrix), RAMP)


def test_path_of_arrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"text": ["a"] * 4, "v": pa.array(RAMP.tolist(), pa.list_(pa.float32()))})
    with pa.ipc.new_file(tmp_path / "x.arrow", table.schema) as out:
        out.write_table(table)
    monkeypatch.chdir(tmp_path)
    source = source_of("x.arrow", "x")
    monkeypatch.chdir("/")
    with ExitStack() as leases:
        matrix = source.share(leases)
        assert os.readlink(matrix.request.pop("path")) == str(tmp_path / "x.arrow")
    assert matrix.request == {"name": "x", "kind": "arrow_file", "column": "v"}
    assert matrix.rows is None


@pytest.mark.parametrize(
    "array", [RAMP.astype(np.float64), RAMP.astype(">f4"), np.asfortranarray(RAMP)]
)
def test_npy_that_is_converted(tmp_path: Path, array: Any) -> None:
    np.save(tmp_path / "x.npy", array)
    with ExitStack() as leases:
        matrix = share(tmp_path / "x.npy", "x", leases)
        np.testing.assert_array_equal(arrow_rows(matrix), RAMP)


@pytest.mark.parametrize(
    ("array", "words"),
    [(RAMP[0], r"got 1 with shape \(3,\)"), (RAMP[:0], r"shape \(0, 3\)"), (RAMP > 1, "bool")],
)
def test_npy_that_does_not_fit(tmp_path: Path, array: Any, words: str) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises((InvalidInputError, TypeError), match=f"^train: .*{words}"):
        share(tmp_path / "x.npy", "train", ExitStack())


def test_files_that_cannot_be(saved: Path, tmp_path: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-5])
    (tmp_path / "text.npy").write_text("hello")
    for path, words in (
        (saved, "bytes, is no whole .npy file"),
        (tmp_path / "text.npy", "no whole .npy"),
        (tmp_path / "none.npy", "there is no file"),
        (tmp_path / "none.arrow", "there is no file"),
        (tmp_path / "x.pdf", r"ends in '\.pdf'; needs \.npy, .*\.csv, .*\.arrow"),
    ):
        with pytest.raises(InvalidInputError, match=words):
            share(path, "x", ExitStack())


# --- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (RAMP.astype(object), TypeError, "train: dtype object holds no real numbers; .*float64"),
        (RAMP.astype(complex), TypeError, "dtype complex128"),
        (RAMP.astype(str), TypeError, "dtype <U"),
        (RAMP > 1, TypeError, "dtype bool"),
        (None, TypeError, r"is a builtins\.NoneType, which has no rows"),
        ([[1, 2], [3]], ValueError, "train: is no matrix .*same length"),
        (RAMP[0], ValueError, r"2 dimensions .*got 1 with shape \(3,\).*reshape\(.*, \(1, -1\)\)"),
        (RAMP[None], ValueError, "got 3 with shape"),
        (RAMP[:0], ValueError, r"train: is empty, shape \(0, 3\)"),
        ([], ValueError, "got 1 with shape"),
        (np.ma.masked_equal(RAMP, 3), TypeError, r"masked array.*filled"),
    ],
)
def test_refused(value: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        share(value, "train", ExitStack())
    assert pool.counts()["buffers"] == 0


def test_a_library_that_refuses() -> None:
    class OnDevice:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.\nmore")

    with pytest.raises(TypeError, match=r"X: .*OnDevice .*requires grad\.\); .*detach\(\)\.cpu"):
        share(OnDevice(), "X", ExitStack())


def test_infinity_is_left_for_the_engine_to_refuse() -> None:
    with ExitStack() as leases:
        shared = share(np.array([[np.inf, 1.0]]), "x", leases)
        assert np.isinf(arrow_rows(shared)[0, 0])


# --- results -------------------------------------------------------------------------------------


def result_stream(columns: dict[str, pa.Array]) -> bytes:
    sink = pa.BufferOutputStream()
    batch = pa.RecordBatch.from_pydict(columns)
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def test_results_are_views_that_keep_their_memory() -> None:
    vectors = pa.list_(pa.list_(pa.float32(), 3))
    stream = result_stream(
        {
            "indices": pa.array([[3, 1]], pa.list_(pa.int32())),
            "kl": pa.array([[0.5, 0.25]], pa.list_(pa.float64())),
            "selected": pa.array([RAMP.tolist()], vectors),
            "removed": pa.array([[]], pa.list_(pa.int32())),
            "none": pa.array([[]], vectors),
            "texts": pa.array([["a", None, "\u00e4"]], pa.list_(pa.string())),
        }
    )
    lease = pool.lease(len(stream), "result")
    lease.bytes[: len(stream)] = np.frombuffer(stream, np.uint8)
    arrays, texts = read_arrays(lease.bytes[: len(stream)])
    segment = lease.segment
    np.testing.assert_array_equal(arrays["indices"], np.array([3, 1], np.int32))
    np.testing.assert_array_equal(arrays["kl"], [0.5, 0.25])
    np.testing.assert_array_equal(arrays["selected"], RAMP)
    assert arrays["removed"].shape == (0,)
    assert arrays["removed"].dtype == np.int32
    assert arrays["none"].shape == (0, 3)
    assert texts["texts"].to_pylist() == ["a", None, "\u00e4"]
    offset = texts["texts"].buffers()[2].address - segment.address
    assert 0 <= offset < len(stream), "no copy"
    for name in ("indices", "kl", "selected"):
        offset = arrays[name].ctypes.data - segment.address
        assert 0 <= offset < len(stream), "no copy"
        assert arrays[name].flags.writeable
    del lease
    kept = arrays.pop("selected")[1:]
    arrays.clear()
    texts.clear()
    assert pool.counts()["buffers"] == 1
    with ExitStack() as leases:
        np.testing.assert_array_equal(raw_rows(share(kept, "D", leases)), RAMP[1:])
    del kept
    assert pool.counts()["buffers"] == 0

"""Every file that cannot be read in place: one line that says why and what helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from harness import refused, sample

from gio4j._measure.averaged import averaged_divergence

X, Y = sample(), sample(30, seed=1)


def vectors(rows: np.ndarray) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def write(path: Path, columns: dict[str, pa.Array], compression: str | None = None) -> Path:
    batch = pa.record_batch(columns)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, batch.schema, options=options) as out,
    ):
        out.write_batch(batch)
    return path


def with_gap(entry: Any) -> pa.Array:
    rows: list[Any] = X.tolist()
    rows[4] = entry
    return pa.array(rows, pa.list_(pa.float32(), 3))


def with_nan() -> np.ndarray:
    rows = X.copy()
    rows[11, 1] = rows[30, 0] = np.nan
    return rows


ARROW: dict[str, tuple[Callable[[], dict[str, pa.Array]], tuple[str, ...]]] = {
    "null rows": (lambda: {"v": with_gap(None)}, ("x: ", "column v", "nulls", "drop or fill")),
    "null numbers": (
        lambda: {"v": with_gap([1.0, None, 2.0])},
        ("x: ", "column v", "nulls", "drop or fill"),
    ),
    "lists of any length": (
        lambda: {"v": pa.array([*X.tolist(), [1.0]], pa.list_(pa.float32()))},
        ("x: ", "column v", "another length than 3 in row 40", "all rows need the same"),
    ),
    "two columns of vectors": (
        lambda: {"v": vectors(X), "w": vectors(X)},
        ("x: ", "2 columns of vectors, 'v', 'w'", "pass one"),
    ),
    "no rows": (lambda: {"v": vectors(X)[:0]}, ("x: ", "no rows", "at least 1")),
    "NaN": (lambda: {"v": vectors(with_nan())}, ("x: row 11", "NaN", "drop or repair")),
    "other columns": (
        lambda: {"v": vectors(X[:, :2].copy())},
        ("y: has 3 columns", "x has 2", "same embedding"),
    ),
}


@pytest.mark.parametrize("name", ARROW)
def test_arrow_file(name: str, tmp_path: Path) -> None:
    columns, words = ARROW[name]
    with refused(ValueError, *words):
        averaged_divergence(write(tmp_path / "pool.arrow", columns()), Y)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_arrow_file(compression: str, tmp_path: Path) -> None:
    """It is converted, as the engine reads none."""
    path = write(tmp_path / "pool.arrow", {"v": vectors(X)}, compression)
    assert averaged_divergence(path, Y) == averaged_divergence(X, Y)


@pytest.mark.parametrize("kind", ["f2", "i1", "u2", "i8", "f8"])
def test_arrow_file_of_other_numbers(kind: str, tmp_path: Path) -> None:
    rows = (10 * X).astype(kind)
    path = write(tmp_path / "pool.arrow", {"v": vectors(rows)})
    assert averaged_divergence(path, Y) == averaged_divergence(rows, Y)


def test_too_large_k_for_an_arrow_file(tmp_path: Path) -> None:
    with refused(ValueError, "k: is 40", "between 1 and 39", "rows of x"):
        averaged_divergence(write(tmp_path / "pool.arrow", {"v": vectors(X)}), Y, k=40)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_arrow_file_cut_short(share: float, tmp_path: Path) -> None:
    path = write(tmp_path / "pool.arrow", {"v": vectors(X)})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with refused(ValueError, "x: ", str(path)):
        averaged_divergence(path, Y)


def test_no_arrow_at_all(tmp_path: Path) -> None:
    path = tmp_path / "pool.arrow"
    path.write_bytes(b"nonsense" * 99)
    with refused(ValueError, "x: ", str(path), "no readable Arrow file"):
        averaged_divergence(path, Y)


@pytest.mark.parametrize("name", ["pool.npy", "pool.arrow"])
def test_missing_file(name: str, tmp_path: Path) -> None:
    with refused(ValueError, "x: ", "there is no file", str(tmp_path / name)):
        averaged_divergence(tmp_path / name, Y)


def test_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "pool.xlsx"
    path.write_bytes(b"nothing that could be read")
    with refused(ValueError, "x: ", "pool.xlsx", ".npy", ".arrow"):
        averaged_divergence(path, Y)


NPY = {
    "a vector": (X[0], ("shape (3,)", "(rows, columns)")),
    "texts": (X.astype(str), ("no real numbers", "float64")),
    "NaN": (with_nan(), ("x: row 11", "NaN", "drop or repair")),
}


@pytest.mark.parametrize("name", NPY)
def test_npy_file(name: str, tmp_path: Path) -> None:
    rows, words = NPY[name]
    np.save(tmp_path / "pool.npy", rows)
    with refused(TypeError if name == "texts" else ValueError, "x: ", *words):
        averaged_divergence(tmp_path / "pool.npy", Y)


def test_npy_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "pool.npy"
    np.save(path, X)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    with refused(ValueError, "x: ", f"{len(whole) - 8} bytes", str(path), "write it again"):
        averaged_divergence(path, Y)


def test_file_cut_short_under_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "pool.npy"
    np.save(path, sample(30_000, 8))
    mapped = np.load(path, mmap_mode="r")
    with path.open("r+b") as file:
        file.truncate(4096)
    with refused(ValueError, "x: "):
        averaged_divergence(mapped, sample(30, 8))

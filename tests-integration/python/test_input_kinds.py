"""However a matrix is given, the answer is the same to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from harness import sample

import gio4j
from GIO.GIOKL import GIOKL
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import GIOWarning

ROWS, TARGET, START = sample(50, 4), sample(30, 4, seed=1) + 1, sample(6, 4, seed=2)


class WithArray:
    """Stands in for a jax array: all it offers is __array__."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._rows if dtype is None else self._rows.astype(dtype)


class WithDLPack:
    """Stands in for a torch tensor: all it offers is DLPack."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows

    def __dlpack__(self, **options: Any) -> Any:
        return self._rows.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._rows.__dlpack_device__()


def shared(rows: np.ndarray) -> np.ndarray:
    matrix = gio4j.empty(rows.shape)
    matrix[:] = rows
    return matrix


def shared_slice(rows: np.ndarray) -> np.ndarray:
    matrix = gio4j.empty((len(rows) + 20, rows.shape[1]))
    matrix[:] = np.nan
    matrix[13 : 13 + len(rows)] = rows
    return matrix[13 : 13 + len(rows)]


def between_columns(rows: np.ndarray) -> np.ndarray:
    wide = np.full((len(rows), 2 * rows.shape[1]), np.nan, np.float32)
    wide[:, ::2] = rows
    return wide[:, ::2]


def read_only(rows: np.ndarray) -> np.ndarray:
    fixed = rows.copy()
    fixed.flags.writeable = False
    return fixed


IN_MEMORY: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda rows: rows.tolist(),
    "list of arrays": list,
    "float32": lambda rows: rows,
    "float64": lambda rows: rows.astype(np.float64),
    "other byte order": lambda rows: rows.astype(">f4"),
    "Fortran order": np.asfortranarray,
    "strided": between_columns,
    "backwards": lambda rows: rows[::-1].copy()[::-1],
    "read-only": read_only,
    "gio4j.empty": shared,
    "rows of gio4j.empty": shared_slice,
    "__array__": WithArray,
    "__dlpack__": WithDLPack,
}


def npy(rows: np.ndarray, folder: Path) -> Path:
    np.save(folder / "rows.npy", rows)
    return folder / "rows.npy"


def mapped_slice(rows: np.ndarray, folder: Path) -> np.ndarray:
    wide = np.pad(rows, ((7, 5), (0, 0)), constant_values=np.nan)
    mapped = np.load(npy(wide, folder), mmap_mode="r")
    return mapped[7 : 7 + len(rows)]


def arrow(rows: np.ndarray, folder: Path) -> Path:
    """Batches of 1, 17, 0 and the rest, between columns of other kinds."""
    schema = pa.schema(
        [
            ("text", pa.string()),
            ("vectors", pa.list_(pa.float32(), rows.shape[1])),
            ("id", pa.int64()),
        ]
    )
    path = folder / "rows.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as out:
        for part in np.split(rows, [1, 18, 18]):
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), rows.shape[1])
            texts, ids = pa.array([f"row {row}" for row in part[:, 0]]), pa.array(range(len(part)))
            out.write_batch(
                pa.record_batch([texts, vectors, pa.array(ids, pa.int64())], schema=schema)
            )
    return path


IN_FILES: dict[str, Callable[[np.ndarray, Path], Any]] = {
    "path of .npy": npy,
    "path of .npy of doubles": lambda rows, folder: npy(rows.astype(np.float64), folder),
    "path of .npy in Fortran order": lambda rows, folder: npy(np.asfortranarray(rows), folder),
    "path of .npy as text": lambda rows, folder: str(npy(rows, folder)),
    "mapped .npy": lambda rows, folder: np.load(npy(rows, folder), mmap_mode="r"),
    "rows of a mapped .npy": mapped_slice,
    "path of Arrow": arrow,
}
KINDS: dict[str, Callable[[np.ndarray, Path], Any]] = {
    **{name: lambda rows, _, make=make: make(rows) for name, make in IN_MEMORY.items()},
    **IN_FILES,
}


def search(pool: Any, target: Any, start: Any) -> list[Any]:
    found = gio4j.gradient_search(pool, target, start, max_picks=8, start_vector="jump", seed=4)
    return [
        found.indices.tolist(),
        found.divergences.tolist(),
        found.selected.tobytes(),
        found.point.tolist(),
        found.starting_divergence,
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_divergence_of_every_kind(kind: str, tmp_path: Path) -> None:
    expected = averaged_divergence(ROWS, TARGET)
    given = KINDS[kind](ROWS, tmp_path)
    assert averaged_divergence(given, TARGET) == expected
    assert averaged_divergence(TARGET, given) == averaged_divergence(TARGET, ROWS)


@pytest.mark.parametrize("kind", KINDS)
def test_search_over_every_kind(kind: str, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("pool", "target", "start")]
    given = []
    for rows, folder in zip((ROWS, TARGET, START), folders, strict=True):
        folder.mkdir()
        given.append(KINDS[kind](rows, folder))
    assert search(*given) == search(ROWS, TARGET, START)


@pytest.mark.parametrize("kind", [*IN_MEMORY, "mapped .npy", "rows of a mapped .npy"])
def test_fit_of_every_kind_of_array(kind: str, tmp_path: Path) -> None:
    def fit(train: Any) -> list[bytes]:
        with pytest.warns(GIOWarning):
            W, kl_divs, state = GIOKL(verbose=False).fit(
                train, TARGET, D=START, max_iter=5, stop_criterion="min_kl", min_kl=-1e9
            )
        return [W.tobytes(), np.array(kl_divs).tobytes(), state[0].tobytes(), state[5].tobytes()]

    assert fit(KINDS[kind](ROWS, tmp_path)) == fit(ROWS)
    assert len(fit(ROWS)[0]) == START.nbytes + 6 * ROWS[0].nbytes


def test_given_arrays_are_left_as_they_were() -> None:
    given = [rows.copy() for rows in (ROWS, TARGET, START)]
    search(*given)
    assert all(np.array_equal(*pair) for pair in zip(given, (ROWS, TARGET, START), strict=True))


def test_one_array_may_stand_in_several_places() -> None:
    rows = shared(ROWS)
    assert search(rows, rows, rows) == search(ROWS, ROWS, ROWS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[1, 2], [3, 4]", "is no JSON array"),
        ("[1, 2]\n[3, 4]\n", "is no JSON array"),
        ("[" * 100_000, "is no JSON array"),
        ("[]", "has no rows"),
        ("[[1, 2], [3]]", "all need the same"),
        ("[1, 2]", "holds an array of 'int64'; needs an array of rows"),
        ("[[1, 2], null]", "null"),
        ('[{"a": 1}, [2]]', "does not turn into an Arrow column"),
        ("[[1e400]]", "not finite|infinite"),
        ("[[1, %s]]" % ("9" * 30), "does not turn into"),
        ('{"a": 1}\n{"a"', "cannot be read"),
        ("", "has no rows"),
    ],
)
def test_json_that_holds_no_rows_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        gio4j.kmeans(tmp_path / "rows.json", 1)


def test_fields_of_later_records_count_as_well(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('[{"a": 1, "b": 2}, {"a": 3, "c": 4, "b": 5}]')
    with pytest.raises(ValueError, match="row 0 is null in column 'c'"):
        gio4j.kmeans(tmp_path / "rows.json", 1)


def test_columns_of_a_dict_need_one_length() -> None:
    with pytest.raises(ValueError, match=r"pool: .*'text' 3, 'vector' 50"):
        gio4j.select({"text": list("abc"), "vector": ROWS}, ROWS, 2)
    with pytest.raises(ValueError, match="has none"):
        gio4j.select({}, ROWS, 2)


def test_a_file_whose_name_ends_like_a_column_is_that_file(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    (tmp_path / "rows.npy").rename(tmp_path / "rows.npy:a.npy")
    found = gio4j.select(str(tmp_path / "rows.npy:a.npy"), ROWS, 2)
    assert found.pool_rows == len(ROWS)

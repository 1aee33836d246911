"""What float32 keeps of a call's numbers: offsets, warnings, and numbers that are too large."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from numpy_engine import NumpyEngine

import gio4j
from gio4j._engine import jobs
from gio4j._rows import convert as convert_module
from gio4j._rows import readers
from gio4j._rows.float32 import Reservoir, convert, is_held
from gio4j._rows.inputs import aligned, source_of
from gio4j.errors import GIOWarning, InvalidInputError

TIMES = 1.7e9 + 10.0 * np.arange(20)[:, None]
IDS = 2**40 + np.arange(50)[:, None]


@pytest.fixture
def engine(numpy_engine: NumpyEngine) -> NumpyEngine:
    return numpy_engine


def as_seen(*values: Any) -> list[np.ndarray]:
    """The matrices of one call as the engine gets them, in double."""
    names = ("pool", "target", "existing")
    given = zip(values, names[: len(values)], strict=True)
    sources, _ = aligned(*(source_of(value, name) for value, name in given))
    held = [source.materialised() for source in sources]
    rows = [source.take(np.arange(source.count())) for source in held]
    assert all(source.is_held for source in held)
    return [part.astype(np.float32).astype(float) for part in rows]


def apart(*parts: np.ndarray) -> np.ndarray:
    """Distances between all rows, in long double."""
    rows = np.concatenate([np.asarray(part).astype(np.longdouble) for part in parts])
    return np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(axis=2))


# --- right, or told -------------------------------------------------------------------------------


def case(seed: int) -> list[np.ndarray]:
    """Matrices of one call: any type, far from 0 or not, fine or wide, with outliers or without."""
    random = np.random.default_rng(seed)
    columns = int(random.integers(1, 5))
    kinds = [np.float64, np.float32, np.float16, np.longdouble]
    kinds += [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint32, np.uint64]
    parts = []
    offset = random.choice([0, 1, -1]) * 10.0 ** random.uniform(0, 17, columns)
    spread = 10.0 ** random.uniform(-3, 4)
    for rows in random.integers(1, 60, size=random.integers(1, 4)):
        kind = np.dtype(random.choice(kinds))
        numbers = offset + spread * random.normal(size=(rows, columns))
        if random.random() < 0.3:
            numbers[random.integers(rows)] += 10.0 ** random.uniform(0, 18)
        if kind.kind in "iu":
            bounds = np.iinfo(kind)
            numbers = np.rint(numbers).clip(bounds.min, np.nextafter(float(bounds.max), 0))
        elif kind == np.float16:
            numbers = numbers.clip(-6e4, 6e4)
        parts.append(numbers.astype(kind))
    return parts


@pytest.mark.parametrize("seed", range(150))
def test_distances_are_right_or_it_is_told(seed: int) -> None:
    parts = case(seed)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        seen = as_seen(*parts)
    true, found = apart(*parts), apart(*seen)
    np.fill_diagonal(true, np.inf)
    # Of unlike rows; sixteen steps of double are no difference that anybody means.
    true[true <= 2.0**-48 * max(np.abs(part.astype(float)).max() for part in parts)] = np.inf
    places, near = np.flatnonzero(np.isfinite(true.min(axis=1))), true.argmin(axis=1)
    wrong = [abs(found[row, near[row]] / true[row, near[row]] - 1) for row in places]
    if max(wrong, default=0) > 0.6:
        assert [one.category for one in told] == [GIOWarning]


@pytest.mark.parametrize("columns", [1, 2, 8, 384, 4096])
@pytest.mark.parametrize("scale", [1.0, 1e-20, 1e20])
def test_random_rows_are_converted_as_they_are(columns: int, scale: float) -> None:
    rows = scale * np.random.default_rng(columns).normal(size=(300, columns))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (seen,) = as_seen(rows)
    assert np.array_equal(seen, rows.astype(np.float32))


CURED: dict[str, Callable[[], list[Any]]] = {
    "times": lambda: [TIMES, TIMES[[3, 7]] + 1],
    "whole numbers": lambda: [IDS, 2**40 + np.array([[40], [41]])],
    "nanoseconds": lambda: [1_700_000_000_000_000_000 + np.arange(90)[:, None]],
    "the largest there are": lambda: [
        np.uint64(2**64 - 1) - np.arange(90, dtype=np.uint64)[:, None]
    ],
    "the smallest there are": lambda: [np.arange(90)[:, None] + np.iinfo(np.int64).min],
    "below 0 and unsigned": lambda: [np.arange(9, dtype=np.uint64)[:, None], [[-1.0], [-2.0]]],
    "map metres": lambda: [5.4e6 + 0.01 * np.random.default_rng(0).normal(size=(90, 2))],
    "beyond float32": lambda: [1e39 + 1e25 * np.arange(90.0)[:, None]],
    "float32 beside double": lambda: [TIMES, TIMES.astype(np.float32)],
    "double beside float32": lambda: [TIMES.astype(np.float32), TIMES + 1],
    "one outlier": lambda: [np.append(TIMES, [[1e30]], axis=0)],
    "a mark for what is missing": lambda: [
        np.c_[np.append(TIMES, np.zeros((30, 1))), np.random.default_rng(0).normal(size=50)]
    ],
    "ids of which a sample has none equal": lambda: [np.arange(0, 20_000_000, 99_999)[:, None]],
    "steps near double's": lambda: [1.7e9 + 1e-6 * np.arange(20)[:, None]],
    "one far column": lambda: [np.add(np.random.default_rng(0).normal(size=(90, 2)), [0, 1e12])],
}


@pytest.mark.parametrize("name", CURED)
def test_an_offset_of_each_column_keeps_the_distances(name: str) -> None:
    parts = CURED[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = as_seen(*parts)
    true, found = apart(*parts), apart(*seen)
    np.testing.assert_allclose(found.astype(float), true.astype(float), rtol=1e-4, atol=1e-12)


TOLD: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "microseconds over years": (
        lambda: [(years := 10**15 + 10**12 * np.arange(99)[:, None]), years[[5, 7]] + 1],
        r"^pool, target: .* 4 of 101 .* in column 0 such as 1, where the column spans 9\.8e\+13; c",
    ),
    "the same as double": (
        lambda: [np.append(1e15 + 1e12 * np.arange(99), 1e15 + 1)[:, None]],
        "^pool: .* such as 1, where the column spans",
    ),
    "two places": (
        lambda: [
            np.random.default_rng(0).normal(size=(90, 1)) + 1.7e9 * (np.arange(90) % 2)[:, None]
        ],
        r"^pool: .*; clip or drop rows .*, or split it into a coarse and a fine column$",
    ),
    "the wrong column": (
        lambda: [np.c_[np.ones(99), 10**15 * (np.arange(99) % 2) + np.arange(99)]],
        "in column 1 such as 2, where the column spans 1e",
    ),
    "too small": (
        lambda: [1e-50 * np.random.default_rng(0).normal(size=(9, 2)), np.full((1, 2), 2e-50)],
        r"^pool, target: .*; multiply pool, target by 1e\+50$",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_no_offset_cures_is_told(name: str) -> None:
    make, words = TOLD[name]
    with pytest.warns(GIOWarning, match=words) as told:
        as_seen(*make())
    assert "\n" not in str(told[0].message)
    assert told[0].filename == __file__


def test_the_cure_for_small_numbers_works() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_seen(1e-50 * np.random.default_rng(0).normal(size=(9, 2)) * 1e50)


def test_copies_but_for_the_order_of_a_sum_are_not_told() -> None:
    random = np.random.default_rng(0)
    rows = np.tile(random.normal(size=(90, 8)), (2, 1))
    rows *= 1 + 2e-16 * random.integers(-2, 3, size=rows.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_seen(rows)


def test_rows_that_are_no_numbers_are_left_to_the_engine() -> None:
    rows = TIMES.copy()
    rows[3] = np.nan
    (seen,) = as_seen(rows)
    assert np.flatnonzero(np.isnan(seen)).tolist() == [3]
    assert np.diff(seen[5:, 0]).tolist() == [10] * 14
    as_seen(np.full((3, 2), np.nan))


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.int32, np.float64, np.longdouble, ">f8"])
def test_offsets_are_subtracted_exactly(kind: Any) -> None:
    kind = np.dtype(kind)
    random = np.random.default_rng(0)
    bounds = np.iinfo(kind) if kind.kind in "iu" else np.iinfo(np.int64)
    numbers = random.integers(
        bounds.min, bounds.max, size=(200, 3), endpoint=True, dtype=bounds.dtype
    )
    numbers = numbers.astype(kind)
    offset = numbers[0].astype(float)
    out = np.empty(numbers.shape, np.float32)
    convert(numbers, out, "x", offset)
    exact = [
        [np.float32(int(number) - int(shift)) for number, shift in zip(row, offset, strict=False)]
        for row in numbers
    ]
    assert np.array_equal(out, np.array(exact, np.float32))
    convert(numbers.T[::-1].T, out, "x", offset[::-1].copy()[::-1])


@pytest.mark.parametrize(
    "kind", ["f2", "f4", "i1", "i2", "u1", "u2", ">f4", "f8", "g", "i4", "i8", "u4"]
)
def test_types_that_float32_holds(kind: str) -> None:
    assert is_held(np.dtype(kind)) == (np.dtype(kind).itemsize <= 2 or kind in ("f4", ">f4"))


@pytest.mark.parametrize("rows", [3, 100_000])
@pytest.mark.parametrize("number", [1e300, -3.5e38])
def test_a_number_that_is_too_large(rows: int, number: float) -> None:
    numbers = np.zeros((rows, 2))
    numbers[-1, 1] = number
    words = rf"^data: row {rows - 1}, column 1 is {number:g}".replace("+", r"\+")
    with pytest.raises(
        InvalidInputError, match=words + ", too large for float32 .*; divide the col"
    ):
        gio4j.kmeans(numbers, 1)
    with pytest.raises(InvalidInputError, match="row 7, column 1"):
        convert(numbers[-1:], np.empty((1, 2), np.float32), "x", first_row=7)
    with pytest.raises(InvalidInputError, match=r"^weights: row 0, column 0 is 1e\+300, too large"):
        gio4j.kmeans(np.zeros((2, 1)), 1, weights=[1e300, 1])


def test_the_largest_number_is_not_too_large() -> None:
    largest = float(np.finfo(np.float32).max)
    (seen,) = as_seen(np.array([[largest], [-largest], [np.inf]]))
    assert seen.ravel().tolist() == [largest, -largest, np.inf]


# --- kinds of rows --------------------------------------------------------------------------------


def lists(numbers: np.ndarray) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel()), numbers.shape[1])


def parquet(folder: Path, numbers: np.ndarray) -> Path:
    pq.write_table(pa.table({"features": lists(numbers)}), folder / "rows.parquet")
    return folder / "rows.parquet"


def arrow(folder: Path, numbers: np.ndarray) -> Path:
    table = pa.table({"vector": lists(numbers)})
    with (
        pa.OSFile(str(folder / "rows.arrow"), "wb") as file,
        pa.ipc.new_file(file, table.schema) as out,
    ):
        out.write_table(table)
    return folder / "rows.arrow"


def npy(folder: Path, numbers: np.ndarray) -> Path:
    np.save(folder / "rows.npy", numbers)
    return folder / "rows.npy"


KINDS: dict[str, Callable[[Path, np.ndarray], Any]] = {
    "array": lambda _, numbers: numbers,
    "nested lists": lambda _, numbers: numbers.tolist(),
    "Fortran order": lambda _, numbers: np.asfortranarray(np.c_[numbers, numbers])[:, :1],
    "Arrow": lambda _, numbers: lists(numbers),
    "Arrow in chunks": lambda _, numbers: pa.chunked_array(
        [lists(numbers[:7]), lists(numbers[7:])]
    ),
    "Table": lambda _, numbers: pa.table({"vector": lists(numbers)}),
    "dataset": lambda _, numbers: ds.dataset(pa.table({"vector": lists(numbers)})),
    "pandas": lambda _, numbers: pd.DataFrame({"vector": list(numbers)}),
    "polars": lambda _, numbers: pl.DataFrame({"vector": list(numbers)}),
    "path of .npy": npy,
    "path of Arrow": arrow,
    "path of Parquet": parquet,
}


@pytest.mark.parametrize("numbers", [TIMES, IDS], ids=["double", "int64"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_its_digits(kind: str, numbers: np.ndarray, tmp_path: Path) -> None:
    seen = as_seen(KINDS[kind](tmp_path, numbers), numbers[[3, 7]] + 1)
    true = apart(numbers, numbers[[3, 7]] + 1)
    np.testing.assert_array_equal(apart(*seen).astype(float), true.astype(float))


@pytest.mark.parametrize("kind", ["<f8", ">f8", ">i4", "<u8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_of_npy_files_are_read_as_they_are(kind: str, order: Any, tmp_path: Path) -> None:
    numbers = np.asarray(np.arange(60).reshape(20, 3), kind, order=order)
    source = source_of(npy(tmp_path, numbers), "pool")
    rows = source.take(np.array([19, 0, 7]))
    assert rows.dtype == np.dtype(kind)
    np.testing.assert_array_equal(rows, numbers[[19, 0, 7]])


@pytest.mark.parametrize("write", [npy, arrow])
def test_a_file_of_doubles_that_is_changed_meanwhile(
    write: Callable[[Path, np.ndarray], Path], tmp_path: Path
) -> None:
    path = write(tmp_path, TIMES)
    source = source_of(path, "pool")
    assert not source.is_held
    with open(path, "ab") as file:
        file.write(b"more")
    for use in (source.materialised, source.sample, lambda: source.take(np.array([0]))):
        with pytest.raises(InvalidInputError, match=r"pool: .*rows\.(npy|arrow) was changed"):
            use()


@pytest.mark.parametrize(
    ("rows", "words"), [([], "has no rows"), ([[1.0, 2.0], None], "row 1 is null")]
)
def test_a_file_of_doubles_with_bad_rows(rows: list[Any], words: str, tmp_path: Path) -> None:
    table = pa.table({"v": pa.array(rows, pa.list_(pa.float64(), 2))})
    with pa.ipc.new_file(tmp_path / "rows.arrow", table.schema) as out:
        out.write_table(table)
    with pytest.raises(InvalidInputError, match=rf"pool\.v: {words}"):
        source_of(tmp_path / "rows.arrow", "pool").materialised()


def test_the_kept_copy_of_a_parquet_file_has_all_digits_where_they_count(tmp_path: Path) -> None:
    copy = convert_module.converted(parquet(tmp_path, TIMES), "pool").file
    assert pa.ipc.open_file(str(copy.path)).schema.types[0].value_type == pa.float64()
    copy = convert_module.converted(parquet(tmp_path, TIMES / 1e9), "pool").file
    assert pa.ipc.open_file(str(copy.path)).schema.types[0].value_type == pa.float64()
    copy = convert_module.converted(
        parquet(tmp_path, np.random.default_rng(0).normal(size=(99, 4))), "pool"
    ).file
    assert pa.ipc.open_file(str(copy.path)).schema.types[0].value_type == pa.float32()


def test_read_parquet_warns(tmp_path: Path) -> None:
    path = parquet(tmp_path, TIMES)
    with pytest.warns(
        GIOWarning, match=r"path='.*rows.parquet': float32, .* pass the path itself"
    ) as told:
        table = gio4j.read_parquet(path)
    assert told[0].filename == __file__
    assert table.schema.field("features").type.value_type == pa.float32()


def test_an_error_says_the_row_in_the_column() -> None:
    rows = [[float(row)] for row in range(2000)]
    rows[1234] = None  # type: ignore[call-overload]
    with pytest.raises(InvalidInputError, match="pool: row 1234 is null"):
        as_seen(pa.array(rows), TIMES - 1.7e9)


def test_text_is_looked_at_with_all_digits() -> None:
    lines = [f'{n},"[{1.7e9 + n}, {n}.5]",[note]\r\n' for n in range(3000)]
    text = "".join(lines).encode()
    some = readers._some_vectors(text)
    parsed = readers._parsed(some, 2)
    assert len(parsed) > 200
    assert np.array_equal(parsed[:, 0] - 1.7e9, parsed[:, 1] - 0.5)


def test_a_reservoir_is_even_and_the_same_each_time() -> None:
    def drawn(steps: int) -> np.ndarray:
        passing = Reservoir()
        rows = np.arange(20_000.0)[:, None]
        for _ in passing.watch(iter(np.array_split(rows, steps))):
            pass
        return passing.rows

    assert len(drawn(9)) == 256
    assert np.array_equal(drawn(9), drawn(9))
    assert abs(drawn(9).mean() - 10_000) < 1200


# --- answers --------------------------------------------------------------------------------------


def test_nearest_and_select(engine: NumpyEngine) -> None:
    distances, indices = gio4j.nearest(TIMES[[3, 7]] + 1, TIMES)
    assert indices.ravel().tolist() == [3, 7]
    assert distances.ravel().tolist() == [1, 1]
    found = gio4j.select(IDS, 2**40 + np.array([[40], [41]]), 2)
    assert sorted(found) == [40, 41]
    found = gio4j.select(IDS, 2**40 + np.array([[40], [41]]), 2, existing=IDS[:3])
    assert sorted(found) == [40, 41]


def test_centres_come_back_where_the_rows_are(engine: NumpyEngine, tmp_path: Path) -> None:
    model = gio4j.kmeans(IDS, 5, seed=0)
    assert model.centers.dtype == np.float64
    assert np.array_equal(model.centers, IDS.reshape(5, 10, 1).mean(axis=1))
    assert model.predict(IDS).tolist() == model.assignments.tolist()
    assert model.predict(IDS[49]) == 4
    model.save(tmp_path / "model.arrow")
    loaded = gio4j.KMeansModel.load(tmp_path / "model.arrow")
    assert np.array_equal(loaded.centers, model.centers)
    assert loaded.predict(IDS).tolist() == model.assignments.tolist()
    assert np.array_equal(
        as_seen(tmp_path / "model.arrow")[0][1] - as_seen(model.centers)[0][0], [10]
    )
    rows = gio4j.explode(model.centers[[3]], model.assignments, model)
    assert rows.tolist() == list(range(30, 40)), "others are equal to it in float32"


def test_centres_of_other_rows_are_float32(engine: NumpyEngine) -> None:
    assert (
        gio4j.kmeans(np.random.default_rng(0).normal(size=(90, 2)), 5).centers.dtype == np.float32
    )


def test_a_search_that_starts_somewhere_stays_there() -> None:
    def stop(request: dict[str, Any], *_: Any) -> Any:
        raise StopIteration

    words = (
        r"^pool, target: .*; subtract one row from all of them first, such as numpy.median\(pool"
    )
    with (
        jobs.run_by(stop),
        pytest.warns(GIOWarning, match=words) as told,
        pytest.raises(StopIteration),
    ):
        gio4j.gradient_search(TIMES, TIMES[:7] + 1, TIMES[:1])
    assert told[0].filename == __file__


def test_it_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gio4j"):
        as_seen(TIMES, TIMES[:3].astype(np.float32))
    assert "pool, target: moved by offsets" in caplog.text


# --- frames of numbers ----------------------------------------------------------------------------

BASE = 2**60
FRAMES: dict[str, Callable[[], Any]] = {
    "pandas": lambda: pd.DataFrame({"a": [BASE, BASE + 1], "b": [1, 2]}),
    "nullable": lambda: pd.DataFrame({"a": [BASE, BASE + 1], "b": [1, 2]}).astype("Int64"),
    "Arrow": lambda: pd.DataFrame({"a": [BASE, BASE + 1], "b": [1, 2]}).astype("int64[pyarrow]"),
    "beside fractions": lambda: pd.DataFrame({"a": [BASE, BASE + 1], "b": [0.5, 0.25]}),
    "nullable beside fractions": lambda: pd.DataFrame(
        {"a": pd.array([BASE, BASE + 1], "Int64"), "b": [0.5, 0.25]}
    ),
    "polars": lambda: pl.DataFrame({"a": [BASE, BASE + 1], "b": [1, 2]}),
    "polars beside fractions": lambda: pl.DataFrame({"a": [BASE, BASE + 1], "b": [0.5, 0.25]}),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_keep_whole_numbers(kind: str) -> None:
    source = source_of(FRAMES[kind](), "pool")
    matrix = source.take(np.arange(source.count()))
    assert matrix[:, 0].astype(object).astype(int).tolist() == [BASE, BASE + 1]
    assert as_seen(matrix)[0][1, 0] - as_seen(matrix)[0][0, 0] == 1


@pytest.mark.parametrize(
    "value",
    [
        [[Decimal(1)], [Decimal(2)]],
        np.array([[True]]),
    ],
    ids=["decimals", "booleans"],
)
def test_other_types_are_refused(value: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^X: dtype (object|bool) holds no real numbers; .*numpy.float64"
    ):
        gio4j.KMeans(1).fit(value)


def test_decimals_that_no_double_holds_are_refused() -> None:
    frame = pl.DataFrame({"a": [BASE]}).cast(pl.Decimal(30, 2))
    with pytest.raises(InvalidInputError, match="X: has no column of vectors and none of numbers"):
        gio4j.KMeans(1).fit(frame)


def test_decimals_of_arrow_are_refused() -> None:
    column = pa.array([[Decimal("1.5")]], pa.list_(pa.decimal128(9, 2)))
    with pytest.raises(TypeError, match="needs lists of numbers"):
        as_seen(column, TIMES)

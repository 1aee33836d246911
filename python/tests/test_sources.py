"""Rows of every kind as sources: shared, counted, taken, materialised; which column is meant."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from numpy_engine import read
from row_kinds import KINDS, ROWS, faces, lists, mapped, npy, parquet, table

import gio4j
from gio4j._rows.inputs import share, source_of
from gio4j._rows.sources import StreamSource
from gio4j._shared.buffers import pool
from gio4j.errors import InvalidInputError


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str, tmp_path: Path) -> None:
    value = KINDS[kind](tmp_path)
    source = source_of(value, "pool")
    assert source.count() == 12
    placed = source.materialised()
    for which in (source, placed):
        with ExitStack() as leases:
            matrix = which.share(leases)
            assert np.array_equal(read(matrix.request), ROWS)
            assert matrix.rows in (12, None)
            assert matrix.columns in (3, None)
        assert np.array_equal(which.take(np.array([7, 0, 7, 11])), ROWS[[7, 0, 7, 11]])
    with ExitStack() as leases:
        held = pool.counts()["buffers"]
        placed.share(leases)
        assert pool.counts()["buffers"] == held, "placed rows are not copied again"
    del source, placed, which, matrix, leases
    gc.collect()
    assert pool.counts()["buffers"] == 0


@pytest.mark.parametrize(
    "kind",
    [
        "mapped",
        "mapped in parts",
        "mapped stream",
        "mapped lists",
        "mapped lists in parts",
        "mapped stream of lists",
        "Hugging Face on disk",
        "Hugging Face lists on disk",
        "Hugging Face, map",
        "path of Arrow",
        "path of Arrow lists",
        "path of Arrow in parts",
    ],
)
def test_mapped_files_are_not_copied(kind: str, tmp_path: Path) -> None:
    value = KINDS[kind](tmp_path)
    with ExitStack() as leases:
        request = share(value, "pool", leases).request
        assert tmp_path in Path(os.readlink(request["path"])).parents
        assert pool.counts()["buffers"] == 0


@pytest.mark.parametrize("kind", ["rows picked out", "one part", "in between", "another order"])
def test_mapped_rows_are_named_where_they_lie(kind: str, tmp_path: Path) -> None:
    whole = mapped(tmp_path, 3)
    picked = {
        "rows picked out": [*range(2, 11)],
        "one part": [5, 6, 7],
        "in between": [0, 1, 2, 3, 8, 9, 10, 11],
        "another order": [8, 9, 0, 1],
    }[kind]
    parts = np.split(picked, np.flatnonzero(np.diff(picked) != 1) + 1)
    rows = pa.concat_tables([whole.slice(part[0], len(part)) for part in parts])
    with ExitStack() as leases:
        request = share(rows, "pool", leases).request
        assert request["kind"] == "raw"
        assert np.array_equal(read(request), ROWS[picked])
        assert pool.counts()["buffers"] == 0
    assert np.array_equal(source_of(rows, "pool").take(np.array([2, 0])), ROWS[picked][[2, 0]])


@pytest.mark.parametrize("kind", ["a file that is gone", "two files"])
def test_mapped_rows_that_no_one_file_has(kind: str, tmp_path: Path) -> None:
    rows, expected = mapped(tmp_path, 3), ROWS
    if kind == "two files":
        (tmp_path / "other").mkdir()
        rows = pa.concat_tables([rows, mapped(tmp_path / "other")])
        expected = np.concatenate([ROWS, ROWS])
    else:
        (tmp_path / "rows.arrow").unlink()
    with ExitStack() as leases:
        assert np.array_equal(read(share(rows, "pool", leases).request), expected)
        assert pool.counts()["buffers"] == 1


def test_no_rows_taken() -> None:
    assert source_of(table(), "pool").take(np.empty(0, np.int64)).shape == (0, 3)


AMBIGUOUS: dict[str, Callable[[], Any]] = {
    "pyarrow": lambda: table().append_column("other", lists()),
    "pandas": lambda: pd.DataFrame({"vector": list(ROWS), "other": list(ROWS), "n": 1}),
    "polars": lambda: pl.DataFrame({"vector": ROWS, "other": ROWS, "n": range(12)}),
    "polars lazy": lambda: pl.LazyFrame({"vector": ROWS, "other": ROWS, "n": range(12)}),
    "Hugging Face": lambda: faces(other=lists()),
    "dataset": lambda: ds.dataset(table().append_column("other", lists())),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_several_columns_of_vectors(kind: str) -> None:
    words = (
        r"pool: has 2 columns of vectors, 'vector', 'other'; pass one: columns='vector', or a pair "
        r"with it, \(frame, 'vector'\)"
    )
    with pytest.raises(InvalidInputError, match=words):
        source_of(AMBIGUOUS[kind](), "pool")
    assert np.array_equal(source_of((AMBIGUOUS[kind](), "other"), "pool").take(np.arange(12)), ROWS)


REFUSED: dict[str, tuple[Callable[[Path], Any], type[Exception], str]] = {
    "splits": (
        lambda _: datasets.DatasetDict(train=faces()),
        TypeError,
        r"pool: is a DatasetDict; needs a datasets\.Dataset: one of the splits",
    ),
    "a stream": (
        lambda _: faces().to_iterable_dataset(),
        TypeError,
        r"pool: is a IterableDataset; needs .*from_list\(list\(stream\)\)",
    ),
    "no vectors": (
        lambda _: pd.DataFrame({"text": ["a"]}),
        InvalidInputError,
        "has no column of vectors and none of numbers, only 'text'",
    ),
    "no such column": (lambda _: (table(), "x"), InvalidInputError, "has no column 'x', only"),
    "column of numbers": (lambda _: table()["text"], TypeError, "pool: is a column of string"),
    "named numbers": (lambda _: (table(), "text"), TypeError, "pool.text: is a column of string"),
    "no column of a .npy": (lambda folder: (npy(folder), "x"), InvalidInputError, "no names; pass"),
    "no column of a file": (
        lambda folder: (parquet(folder), "x"),
        InvalidInputError,
        "rows.parquet: has no column 'x'",
    ),
    "mixed": (lambda _: pd.Series([[1.0], "a"]), InvalidInputError, "pool: does not turn into"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    make, kind, message = REFUSED[case]
    with ExitStack() as leases, pytest.raises(kind, match=message):
        share(make(tmp_path), "pool", leases)


def test_predictions_beside_lazy_and_face_frames() -> None:
    from gio4j._rows.kinds.holders import holder_of

    found = np.arange(12, dtype=np.int32)
    lazy = holder_of(pl.from_arrow(table()).lazy()).with_prediction(lambda: found, ROWS[:2], None)
    assert lazy.collect()["prediction"].to_list() == found.tolist()
    assert (
        holder_of(faces()).with_prediction(lambda: found, ROWS[:2], None)["prediction"][:]
        == found.tolist()
    )


# --- take -----------------------------------------------------------------------------------------

TEXTS = list("abcdefghijkl")
PICKED = [7, 0, 11]

POOL_LIKES: dict[str, tuple[Callable[[], Any], Callable[[Any], list[str]]]] = {
    "NumPy": (lambda: np.array(TEXTS), list),
    "list": (lambda: TEXTS, lambda taken: taken if type(taken) is list else []),
    "tuple": (lambda: tuple(TEXTS), lambda taken: list(taken) if type(taken) is tuple else []),
    "Table": (table, lambda taken: taken["text"].to_pylist()),
    "record batch": (lambda: table().to_batches()[0], lambda taken: taken["text"].to_pylist()),
    "Array": (lambda: pa.array(TEXTS), lambda taken: taken.to_pylist()),
    "ChunkedArray": (lambda: table()["text"], lambda taken: taken.to_pylist()),
    "dataset": (lambda: ds.dataset(table()), lambda taken: taken["text"].to_pylist()),
    "pandas": (
        lambda: pd.DataFrame({"text": TEXTS}, index=range(5, 17)),
        lambda taken: taken["text"].tolist(),
    ),
    "pandas Series": (lambda: pd.Series(TEXTS, index=range(5, 17)), lambda taken: taken.tolist()),
    "polars": (lambda: pl.DataFrame({"text": TEXTS}), lambda taken: taken["text"].to_list()),
    "polars Series": (lambda: pl.Series(TEXTS), lambda taken: taken.to_list()),
    "polars lazy": (
        lambda: pl.LazyFrame({"text": TEXTS}),
        lambda taken: taken.collect()["text"].to_list(),
    ),
    "Hugging Face": (faces, lambda taken: taken["text"][:]),
}


def selection(indices: list[int] = PICKED, rows: int = 12) -> gio4j.Selection:
    numbers = np.zeros(len(indices))
    facts: tuple[Any, ...] = ("budget", None, "balanced", {}, {}, {}, rows, 3)
    return gio4j.Selection(np.array(indices, np.int32), numbers, numbers, *facts)


@pytest.mark.parametrize("kind", POOL_LIKES)
def test_take(kind: str) -> None:
    make, texts = POOL_LIKES[kind]
    value = make()
    taken = selection().take(value)
    assert [str(text) for text in texts(taken)] == ["h", "a", "l"]
    if kind != "dataset":  # a Table comes back
        assert type(taken) is type(value)
    if kind != "polars lazy":  # which does not know its length
        with pytest.raises(InvalidInputError, match="pool_like: has 12 rows, the pool had 13"):
            selection(rows=13).take(value)


def test_take_of_columns() -> None:
    columns = {"ids": [[row] for row in range(12)], "text": np.array(TEXTS), "n": range(12)}
    taken = selection().take(columns)
    assert list(taken) == ["ids", "text", "n"]
    assert taken["ids"] == [[7], [0], [11]]
    assert taken["text"].tolist() == ["h", "a", "l"]
    assert taken["n"] == PICKED
    with pytest.raises(InvalidInputError, match=r"pool_like\['b'\]: has 11 rows, the pool had 12"):
        selection().take({"a": TEXTS, "b": TEXTS[1:]})


def test_take_refuses_what_has_no_rows() -> None:
    for value in ("text.csv", 5, iter(TEXTS)):
        with pytest.raises(TypeError, match=r"pool_like: is a .*whose rows have no numbers"):
            selection().take(value)


def test_a_stream_that_was_looked_at_is_read_once() -> None:
    """Its temporary file says how many rows there are, and is what the engine maps."""
    reads: list[int] = []

    def batches() -> Iterator[np.ndarray]:
        reads.append(1)
        yield from (ROWS[:5], ROWS[5:])

    source = StreamSource(batches, "pool")
    assert source.is_held
    assert source.shape == ROWS.shape
    with ExitStack() as leases:
        assert np.array_equal(read(source.share(leases).request), ROWS)
    assert reads == [1]
    assert source.shape == ROWS.shape
    assert reads == [1, 1]

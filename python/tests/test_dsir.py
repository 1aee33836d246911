"""DSIR's log odds: numbers of the authors' program, PyPI's data-selection 1.0.3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import gio4j
from gio4j.errors import InvalidInputError, InvalidTypeError

POOL = [
    "The cat sat on the mat.",
    "Stocks fell 3.5% on Monday; bonds rose!",
    "",
    "  ",
    "Der Hund läuft über die Straße, ÄÖÜ & ß.",
    "the the the cat",
    "A cat -- a CAT -- a cat?!",
    "Photosynthesis converts light\nenergy\tinto chemical energy.",
    "東京は日本の首都です。",
    "Cats and dogs, dogs and cats.",
]
TARGET = ["A cat sat.", "The dog sat on the mat with the cat."]
#: Of HashedNgramDSIR(..., min_example_length=0), fitted on all tokens.
RECORDED = [
    *(0.505353088416097, -286.02738664638963, 0.0, 0.0, -273.82100424120597),
    *(-24.506666156102103, -110.36552350665453, -193.10039684898354),
    *(-41.053450306671664, -195.8729832912253),
]


def test_scores_are_the_recorded_ones() -> None:
    np.testing.assert_allclose(gio4j.score(POOL, TARGET, "dsir"), RECORDED, rtol=1e-12)


def test_scores_are_those_of_the_program_where_it_is_installed(tmp_path: Path) -> None:
    program = pytest.importorskip("data_selection")
    for name, texts in (("pool", POOL), ("target", TARGET)):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        (tmp_path / f"{name}.jsonl").write_text(lines, "utf-8")
    paths = ([str(tmp_path / f"{name}.jsonl")] for name in ("pool", "target"))
    dsir = program.HashedNgramDSIR(
        *paths, cache_dir=str(tmp_path / "cache"), min_example_length=0, num_proc=1
    )
    dsir.fit_importance_estimator(num_tokens_to_fit="all")
    dsir.compute_importance_weights()
    files = sorted(dsir.log_importance_weights_dir.glob("*.npy"))
    expected = np.concatenate([np.load(file) for file in files])
    np.testing.assert_allclose(gio4j.score(POOL, TARGET, "dsir"), expected, rtol=1e-12)


def test_short_texts_have_minus_infinity() -> None:
    tokens = np.array([7, 10, 0, 0, 10, 4, 9, 8, 2, 8])
    found = gio4j.score(POOL, TARGET, "dsir", min_tokens=7)
    np.testing.assert_array_equal(np.isinf(found), tokens < 7)
    np.testing.assert_allclose(found[tokens >= 7], np.array(RECORDED)[tokens >= 7], rtol=1e-12)


def test_groups_have_shares_of_their_own() -> None:
    each = gio4j.score(POOL, TARGET, "dsir", groups=["b", "a"], per_group=True)
    for group in range(2):
        alone = gio4j.score(POOL, TARGET[group : group + 1], "dsir")
        np.testing.assert_allclose(each[:, group], alone, rtol=1e-12)
    best = gio4j.score(POOL, TARGET, "dsir", groups=["b", "a"])
    np.testing.assert_array_equal(best, each.max(axis=1))


def test_many_texts_are_summed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gio4j._score.dsir._AT_ONCE", 16)
    np.testing.assert_allclose(gio4j.score(POOL, TARGET, "dsir"), RECORDED, rtol=1e-12)


@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        np.array,
        lambda texts: np.array(texts, object),
        pa.array,
        pa.chunked_array,
        pd.Series,
        pl.Series,
        lambda texts: pa.array(texts).dictionary_encode(),
        lambda texts: (pd.DataFrame({"id": range(10), "body": texts, "x": texts}), "body"),
        lambda texts: pl.DataFrame({"id": range(10), "body": texts}),
        lambda texts: pa.table({"text": texts, "other": texts[::-1]}),
        lambda texts: {"text": texts, "id": list(range(10))},
    ],
)
def test_texts_of_any_kind(kind: Any) -> None:
    pool = kind([POOL]) if kind is pa.chunked_array else kind(POOL)
    np.testing.assert_allclose(gio4j.score(pool, TARGET, "dsir"), RECORDED, rtol=1e-12)


def test_texts_of_files(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"id": range(10), "body": POOL}), tmp_path / "pool.parquet")
    (tmp_path / "target.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in TARGET), "utf-8"
    )
    for pool in (
        f"{tmp_path / 'pool.parquet'}:body",
        (tmp_path / "pool.parquet", "body"),
        tmp_path / "pool.parquet",
    ):
        found = gio4j.score(pool, tmp_path / "target.jsonl", "dsir")
        np.testing.assert_allclose(found, RECORDED, rtol=1e-12)


@pytest.mark.parametrize(
    ("pool", "target", "kind", "message"),
    [
        (["a", None], ["a"], InvalidInputError, "pool: row 1 is null"),
        (["a", 3], ["a"], InvalidTypeError, "pool: row 1 is 3; needs a text in each row"),
        (["a"], [], InvalidInputError, "target: has no texts"),
        (["", " "], ["a"], InvalidInputError, "pool: its texts, or those of a group, hold no"),
        (["a"], [""], InvalidInputError, "target: its texts, or those of a group, hold no words"),
        (["a \ud800"], ["a"], InvalidInputError, "pool: row 0 has half of a surrogate pair"),
        (np.ones((3, 2)), ["a"], InvalidTypeError, "pool: is numpy.ndarray"),
        (pa.array([1, 2]), ["a"], InvalidTypeError, "pool: holds 'int64'; needs a column of texts"),
        (
            {"a": ["x"], "b": ["y"]},
            ["a"],
            InvalidInputError,
            "pool: has 2 columns of texts, of 'a', 'b'; name one",
        ),
        ({"a": 1}, ["a"], InvalidTypeError, "pool: is {'a': 1}, which has no column of texts"),
        (({"a": ["x"]}, "b"), ["a"], InvalidInputError, "pool: has no column 'b'"),
        ("none.parquet:text", ["a"], InvalidInputError, "none.parquet': there is no such file"),
        ("x.npy", ["a"], InvalidInputError, "pool: "),
    ],
)
def test_what_are_no_texts(pool: Any, target: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        gio4j.score(pool, target, "dsir")

"""Gradients at several checkpoints with weights, beside their concatenation by NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from harness import sample

import gio4j
from gio4j.errors import GioError, InvalidInputError

EARLY, LATE = sample(300, 20).astype(np.float16), sample(300, 5, seed=1)
OF_EARLY, OF_LATE = sample(30, 20, seed=2), sample(30, 5, seed=3)
POOL, TARGET = [(EARLY, 3e-5), (LATE, 1e-5)], [(OF_EARLY, 3e-5), (OF_LATE, 1e-5)]


def unit(rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(rows.astype(float), axis=1)[:, None]
    return np.divide(rows, lengths, out=np.zeros(rows.shape), where=lengths > 0)


def beside(metric: str, early: npt.NDArray[Any], late: npt.NDArray[Any]) -> npt.NDArray[Any]:
    parts = [early, late] if metric == "euclidean" else [unit(early), unit(late)]
    return np.hstack([np.sqrt(0.75) * parts[0], np.sqrt(0.25) * parts[1]])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_less_adds_products_by_weights(metric: str) -> None:
    of = unit if metric == "cosine" else lambda rows: rows.astype(float)
    scores = 0.75 * (of(EARLY) @ of(OF_EARLY).T) + 0.25 * (of(LATE) @ of(OF_LATE).T)
    scores = scores.mean(axis=1)
    found = gio4j.select(POOL, TARGET, 60, "less", metric=metric)
    assert found.indices.tolist() == np.argsort(-scores)[:60].tolist()
    np.testing.assert_allclose(found.gains, scores[found.indices], rtol=1e-5)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("method", ["balanced", "coverage", "omp"])
def test_other_methods_see_the_concatenation(metric: str, method: str) -> None:
    found = gio4j.select(POOL, TARGET, 12, method, metric=metric)
    pool, target = beside(metric, EARLY, LATE), beside(metric, OF_EARLY, OF_LATE)
    assert list(found) == list(gio4j.select(pool, target, 12, method))


def test_other_functions_do_too() -> None:
    pool, target = beside("cosine", EARLY, LATE), beside("cosine", OF_EARLY, OF_LATE)
    distances, indices = gio4j.nearest(TARGET, POOL, 3, metric="cosine")
    expected, rows = gio4j.nearest(target, pool, 3)
    assert indices.tolist() == rows.tolist()
    np.testing.assert_allclose(distances, expected, rtol=1e-6)
    # Projected are the rows that products are of: those of the metric "euclidean".
    plain = beside("euclidean", EARLY, LATE).astype(np.float32)
    np.testing.assert_allclose(gio4j.project(POOL, 4), gio4j.project(plain, 4), atol=1e-5)
    found = gio4j.select(POOL, TARGET, 20, metric="cosine", existing=[3, 4])
    assert list(found) == list(gio4j.select(pool, target, 20, existing=[3, 4]))
    assert found.report() is not None
    assert gio4j.select(POOL, TARGET, 4, "balanced", quantize=9).stop_reason == "budget"


def test_files_stay_where_they_are(tmp_path: Path) -> None:
    np.save(tmp_path / "early.npy", EARLY)
    np.save(tmp_path / "late.npy", LATE)
    pool = [(tmp_path / "early.npy", 3), (str(tmp_path / "late.npy"), 1)]
    found = gio4j.select(pool, TARGET, 9, "less")
    assert list(found) == list(gio4j.select(POOL, TARGET, 9, "less"))
    assert found.files[0].file.endswith("early.npy")


def test_a_row_may_be_zeros_at_one_checkpoint() -> None:
    early, late = EARLY.copy(), LATE.copy()
    early[7] = 0
    half = [(early, 3), (late, 1)]
    pool = beside("cosine", early, late)
    found = gio4j.select(half, TARGET, 300, "less", metric="cosine")
    scores = pool @ beside("cosine", OF_EARLY, OF_LATE).mean(axis=0)
    np.testing.assert_allclose(found.gains[list(found).index(7)], scores[7], rtol=1e-5)
    late[7] = 0
    whole = [(early, 3), (late, 1)]
    found = gio4j.select(whole, TARGET, 300, "less", metric="cosine")
    assert found.gains[list(found).index(7)] == 0
    with pytest.raises(InvalidInputError, match="pool: row 7 is all zeros"):
        gio4j.select(whole, TARGET, 5, metric="cosine")


@pytest.mark.parametrize(
    ("pool", "target", "message"),
    [
        (POOL, OF_EARLY, "target: is one matrix, pool has 2 checkpoints; pass "),
        (EARLY, TARGET, "pool: is one matrix, target has 2 checkpoints; pass "),
        (POOL, TARGET[:1], "target: has 1 checkpoints, pool has 2 checkpoints"),
        (POOL, [(OF_EARLY, 3), (OF_LATE, 2)], "target: checkpoint 0 has weight 0.6 of a sum of 1"),
        (POOL, [(OF_LATE, 3), (OF_EARLY, 1)], "target: checkpoint 0 has 5 columns, in pool 20"),
        ([(EARLY, 3), (LATE[:9], 1)], TARGET, "pool: checkpoint 1 has 9 rows, checkpoint 0 has"),
        ([(EARLY, 0), (LATE, 1)], TARGET, "pool: weight 0=0: needs above 0"),
        ([(EARLY, 1), (LATE, np.nan)], TARGET, "pool: weight 1=nan: needs a finite number"),
        ([(EARLY, True), (LATE, 1)], TARGET, "pool: weight 0=True: needs a number"),
        ([(EARLY, 1e300), (LATE, 1e-300)], TARGET, "pool: weight 1 is 1e-300, nothing beside"),
        ([(EARLY, 1), (LATE[0], 1)], TARGET, "pool.1.: needs 2 dimensions"),
    ],
)
def test_what_does_not_fit(pool: Any, target: Any, message: str) -> None:
    with pytest.raises((GioError, TypeError), match=message):
        gio4j.select(pool, target, 5, "less")


def test_rows_are_left_out_of_all_or_none() -> None:
    with pytest.raises(InvalidInputError, match="missing='skip' leaves out rows of one matrix"):
        gio4j.select(POOL, TARGET, 5, "less", missing="skip")


def test_pairs_of_numbers_are_rows() -> None:
    pairs = [(1.0, 2.0), (3.0, 4.0), (5.0, 5.0)]
    assert list(gio4j.select(pairs, [(5.0, 5.0)], 1, "less")) == [2]

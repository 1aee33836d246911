"""Selection, divergence and neighbours at any scale, beside NumPy in double."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import pytest
from harness import sample
from numpy_engine import distances

import gio4j
from GIO.GIOKL import GIOKL
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import GIOWarning

POOL, TARGET = sample(600, 8), sample(60, 8, seed=1) + 0.5
METHODS = ("coverage", "exact", "gradient", "nearest", "round_robin")
FACTORS = (1e-30, 1e-6, 1e11, 1e30)


def scaled(rows: np.ndarray, factor: float) -> np.ndarray:
    return (rows.astype(float) * factor).astype(np.float32)


def with_outliers(rows: np.ndarray) -> np.ndarray:
    rows = rows.copy()
    rows[[7, 31]] = 1e8
    return rows


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("factor", [*FACTORS, 2.0**-99, 2.0**99])
@pytest.mark.parametrize("kind", ["plain", "outliers"])
def test_picks_do_not_depend_on_the_scale(method: Any, factor: float, kind: str) -> None:
    pool, target = (POOL, TARGET) if kind == "plain" else map(with_outliers, (POOL, TARGET))
    expected = gio4j.select(pool, target, 10, method)
    found = gio4j.select(scaled(pool, factor), scaled(target, factor), 10, method)
    assert found.indices.tolist() == expected.indices.tolist()
    np.testing.assert_allclose(found.gains, expected.gains, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("estimator", ["wang", "averaged"])
@pytest.mark.parametrize("factor", FACTORS)
def test_divergences_do_not_depend_on_the_scale(estimator: Any, factor: float) -> None:
    expected = gio4j.divergence(TARGET, POOL, estimator=estimator)
    found = gio4j.divergence(scaled(TARGET, factor), scaled(POOL, factor), estimator=estimator)
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("factor", [*FACTORS, 1.0])
@pytest.mark.parametrize("columns", [1, 2, 40])
def test_nearest_rows_at_any_scale(factor: float, columns: int) -> None:
    x = scaled(with_outliers(sample(90, columns)), factor)
    y = scaled(with_outliers(sample(400, columns, seed=2)), factor)
    y[50:150] = y[150:250]
    table = distances(x, y)
    found, indices = gio4j.nearest(x, y, 6)
    assert np.array_equal(indices, np.argsort(table, axis=1, kind="stable")[:, :6])
    np.testing.assert_allclose(found, np.sort(table, axis=1)[:, :6], rtol=1e-12)


@pytest.mark.parametrize("method", ["coverage", "nearest", "exact"])
@pytest.mark.parametrize("kind", ["equal", "two", "copies"])
def test_equal_rows_cost_no_more_than_others(method: Any, kind: str) -> None:
    """Within ten times, for a machine that does other things; they took 500 times as long."""
    rows, target = sample(3000, 32), sample(300, 32, seed=1)
    random = np.random.default_rng(0)
    ties = {"equal": rows[np.zeros(3000, int)], "two": rows[random.integers(2, size=3000)]}
    copies = rows.copy()
    copies[:900] = rows[random.integers(900, 3000, size=900)]
    seconds = []
    for pool in (rows, rows, {**ties, "copies": copies}[kind]):
        began = time.perf_counter()
        found = gio4j.select(pool, target, 200, method)
        seconds.append(time.perf_counter() - began)
    assert len(set(found.indices.tolist())) == 200
    assert seconds[2] < 10 * seconds[1] + 0.5


def test_the_reference_keeps_its_constants_and_says_so() -> None:
    tiny, target = scaled(POOL, 1e-7), scaled(TARGET, 1e-7)
    with pytest.warns(GIOWarning, match="100% of the distances between x and y") as caught:
        averaged_divergence(target, tiny)
    assert [warning.filename for warning in caught] == [__file__]
    gio = GIOKL(dim=8, uniform_start_size=4, verbose=False)
    with pytest.warns(GIOWarning) as caught:
        gio.fit(tiny, target, max_iter=2)
    clips = [warning for warning in caught if "of the distances between" in str(warning.message)]
    assert [warning.filename for warning in clips] == [__file__]
    assert "between X and train" in str(clips[0].message)
    with pytest.warns(GIOWarning, match="between X and v"):
        gio.gradient_descend(target, tiny[:4], tiny[0], 1.0, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        averaged_divergence(TARGET, POOL)
        gio4j.gradient_search(tiny, target, tiny[:3], max_picks=2, seed=0)
        gio4j.divergence(target, tiny, estimator="averaged")

"""`omp` and `gtp` through the engine, against SciPy's non-negative least squares."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import gio4j
from gio4j.errors import GIOWarning, InvalidInputError

optimize = pytest.importorskip("scipy.optimize")


def rows(seed: int, count: int, columns: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.2, 1, (count, columns)).astype(np.float32)


POOL, TARGET = rows(1, 400, 30), rows(2, 9, 30)
GOAL = TARGET.mean(axis=0, dtype=np.float64)


def fit(picks: list[int], pool: np.ndarray = POOL) -> tuple[np.ndarray, float]:
    weights, distance = optimize.nnls(pool[picks].T.astype(np.float64), GOAL)
    return weights, distance**2 / (GOAL @ GOAL)


def matching_pursuit(budget: int) -> list[int]:
    picks: list[int] = []
    unit = POOL / np.linalg.norm(POOL.astype(np.float64), axis=1, keepdims=True)
    rest = GOAL
    while len(picks) < budget:
        scores = unit @ rest
        scores[picks] = -np.inf
        picks.append(int(scores.argmax()))
        weights, _ = fit(picks)
        picks = [row for row, weight in zip(picks, weights, strict=True) if weight > 0]
        rest = GOAL - fit(picks)[0] @ POOL[picks]
    return picks


@pytest.mark.parametrize("budget", [1, 5, 12])
def test_omp_picks_and_weighs_as_its_definition(budget: int) -> None:
    found = gio4j.select(POOL, TARGET, budget, "omp")
    assert list(found) == matching_pursuit(budget)
    weights, loss = fit(list(found))
    assert_allclose(found.weights, weights, rtol=1e-9)
    assert_allclose(found.trace[-1], loss, rtol=1e-9)
    assert_allclose(found.gains.sum(), 1 - loss)


def test_gtp_fits_what_it_picks_and_at_a_large_budget_the_whole_pool() -> None:
    few = rows(3, 24, 30)  # fewer than columns, so that the fit is unique and not exact
    with pytest.warns(GIOWarning, match="'gtp' ended after .* no row that is left gains"):
        found = gio4j.select(few, TARGET, 24, "gtp")
    weights, loss = fit(list(range(24)), few)
    assert set(found) == set(np.flatnonzero(weights))
    assert_allclose(found.weights, weights[found.indices], rtol=1e-7)
    assert_allclose(found.facts["weighted_loss"], loss, rtol=1e-9)
    assert found.stop_reason == "saturated"
    cut = gio4j.select(POOL, TARGET, 10, "gtp")
    assert_allclose(cut.weights, fit(list(cut))[0], rtol=1e-8)
    assert cut.trace[-1] < 1.2 * gio4j.select(POOL, TARGET, 10, "omp").trace[-1]


def test_refills_reach_the_budget() -> None:
    pool = np.repeat(POOL[:100], 4, axis=0)
    with pytest.warns(GIOWarning, match="'gtp' ended after"):
        once = gio4j.select(pool, TARGET, 35, "gtp")
    apart = gio4j.select(pool, TARGET, 35, "gtp", refill="exclude_near")
    assert len(once) < len(apart) == len(np.unique(apart.indices // 4)) == 35
    assert_allclose(
        apart.facts["weighted_loss"],
        np.sum((GOAL - apart.weights @ pool[apart.indices]) ** 2) / (GOAL @ GOAL),
    )
    equal = gio4j.select(pool, TARGET, 35, "gtp", refill="equal")
    assert len(equal) == 35
    assert len(np.unique(equal.weights)) == 1
    assert equal.facts["unweighted_loss"] < apart.facts["unweighted_loss"]
    with pytest.warns(GIOWarning, match="refill='equal' goes on, and a higher near="):
        gio4j.select(pool, TARGET, 35, "gtp", refill="exclude_near", near=0)


def test_doubles_are_not_moved_from_their_origin() -> None:
    """An offset of each column, which distances do not see, would be another fit."""
    pool, target = POOL.astype(np.float64) + 1e5, TARGET.astype(np.float64) + 1e5
    found = gio4j.select(pool, target, 1, "omp")
    unit = pool / np.linalg.norm(pool, axis=1, keepdims=True)
    assert found.trace[0] < 1e-9
    assert (unit @ target.mean(axis=0)).max() * (1 - 1e-9) <= unit[found[0]] @ target.mean(axis=0)


def test_what_cannot_be_matched_is_said() -> None:
    with pytest.raises(InvalidInputError, match="target: the mean of its 2 rows is 0"):
        gio4j.select(POOL, np.stack([TARGET[0], -TARGET[0]]), 3, "gtp")
    opposite = np.tile(-GOAL, (20, 1)).astype(np.float32)
    for method in ("omp", "gtp"):
        with pytest.warns(GIOWarning, match="found no row that points where"):
            assert len(gio4j.select(opposite, TARGET, 3, method)) == 0
    with pytest.raises(InvalidInputError, match=r"near=0.5: only refill='exclude_near' has one"):
        gio4j.Gtp(near=0.5)
    with pytest.raises(InvalidInputError, match=r"ridge=-1: needs at least 0"):
        gio4j.Omp(ridge=-1)


def test_a_ridge_is_that_of_longer_rows() -> None:
    """Ridge regression is least squares with one more column a row."""
    found = gio4j.select(POOL, TARGET, 6, "omp", ridge=0.3)
    picks = POOL[found.indices].astype(np.float64)
    lengths = np.sqrt(0.3) * np.linalg.norm(picks, axis=1)
    system = np.vstack([picks.T, np.diag(lengths)])
    weights, _ = optimize.nnls(system, np.concatenate([GOAL, np.zeros(6)]))
    assert_allclose(found.weights, weights, rtol=1e-9)


def test_rounds_end_a_pursuit() -> None:
    found = gio4j.select(POOL, TARGET, 12, "gtp", max_rounds=1)
    assert found.facts["rounds"] == 1
    assert found.trace[-1] > gio4j.select(POOL, TARGET, 12, "gtp").trace[-1]


def test_tagcos_fits_the_means_of_its_clusters() -> None:
    found = gio4j.select(POOL, None, 40, "tagcos", clusters=3, seed=4)
    labels = gio4j.kmeans(POOL, 3, seed=4).assignments
    lost = 0.0
    for cluster in range(3):
        own = np.flatnonzero(labels == cluster)
        picks = [row for row in found if labels[row] == cluster]
        assert abs(len(picks) - 40 * len(own) / len(POOL)) < 1
        mean = POOL[own].mean(axis=0, dtype=np.float64)
        weights, distance = optimize.nnls(POOL[picks].T.astype(np.float64), mean)
        place = [list(found).index(row) for row in picks]
        assert_allclose(found.weights[place], weights * len(own) / len(POOL), rtol=1e-6, atol=1e-9)
        lost += len(own) / len(POOL) * distance**2 / (mean @ mean)
    assert_allclose(found.trace[-1], lost, rtol=1e-9)
    assert found.facts == {"clusters": 3, "fits": 3}


def test_tagcos_with_a_ridge_takes_copies() -> None:
    pool = np.repeat(POOL[:50], 4, axis=0)
    apart = gio4j.select(pool, None, 20, "tagcos", clusters=1)
    shared = gio4j.select(pool, None, 20, "tagcos", clusters=1, ridge=1.0)
    assert len(np.unique(apart.indices // 4)) == 20 > len(np.unique(shared.indices // 4))

"""Divergences, nearest rows and reports through the engine, beside NumPy and scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from harness import sample
from numpy_engine import distances
from sklearn.neighbors import NearestNeighbors

import gio4j
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import InvalidInputError

X, Y = sample(90, 5), sample(140, 5, seed=1) + 0.7


def typical() -> float:
    """The median distance between 65 evenly spaced rows of X, of which eps is a share."""
    rows = X[np.arange(65) * len(X) // 65]
    apart = np.sort(distances(rows, rows)[np.triu_indices(65, 1)])
    return float(apart[len(apart) // 2])


@pytest.mark.parametrize("k", [1, 5, 89])
def test_wang(k: int) -> None:
    eps = 1e-8 * typical()
    within = np.sort(distances(X, X), axis=1)[:, k] + eps
    across = np.sort(distances(X, Y), axis=1)[:, k - 1] + eps
    expected = (5 * np.log(across / within)).mean() + np.log(140 / 89)
    assert gio4j.divergence(X, Y, k) == pytest.approx(expected, rel=1e-9)


def test_energy() -> None:
    expected = 2 * distances(X, Y).mean() - distances(X, X).mean() - distances(Y, Y).mean()
    assert gio4j.divergence(X, Y, estimator="energy") == pytest.approx(expected, abs=1e-6)
    assert gio4j.divergence(X, X, estimator="energy") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("k", "eps"), [(1, 1e-8), (7, 0.25)])
def test_averaged(k: int, eps: float) -> None:
    found = gio4j.divergence(X, Y, k, estimator="averaged", eps=eps)
    expected = averaged_divergence(X, Y, k=k, eps=typical() * eps)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("estimator", ["wang", "averaged", "energy"])
def test_intervals(estimator: Any) -> None:
    found = gio4j.divergence(X, Y, estimator=estimator, interval=0.9)
    assert found.low < found < found.high
    assert found.low > 0, "the samples lie apart"
    wider = gio4j.divergence(X, Y, estimator=estimator, interval=0.99)
    assert wider.high - wider.low > found.high - found.low
    again = gio4j.divergence(X, Y, estimator=estimator, interval=0.9)
    assert (again.low, again.high) == (found.low, found.high)


@pytest.mark.parametrize("k", [1, 4, 140])
def test_nearest_as_scikit_learn(k: int) -> None:
    expected, rows = NearestNeighbors(n_neighbors=k).fit(Y.astype(float)).kneighbors(X)
    found, indices = gio4j.nearest(X, Y, k)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.array_equal(indices, rows)


def test_duplicates_are_neighbours_and_a_row_is_not_its_own() -> None:
    doubled = np.concatenate([X, X, X[:1]])
    found, indices = gio4j.nearest(doubled, doubled, 2, exclude_self=True)
    assert found[:90, 0].tolist() == [0.0] * 90
    assert indices[0].tolist() == [90, 180], "the lower row first"
    assert indices[5].tolist()[0] == 95
    assert indices[95].tolist()[0] == 5
    assert (indices != np.arange(181)[:, None]).all()
    plain, itself = gio4j.nearest(X, X)
    assert plain.max() == 0
    assert itself[:, 0].tolist() == list(range(90))


@pytest.mark.parametrize("k", [0, 141])
def test_nearest_refuses(k: int, tmp_path: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"k={k}: needs 1 to 140"):
        gio4j.nearest(X, Y, k)


@pytest.mark.parametrize("method", ["balanced", "coverage"])
def test_a_good_selection_looks_like_its_target(method: Any) -> None:
    random = np.random.default_rng(0)
    centers = 6 * random.normal(size=(3, 5))
    target = (centers[[0] * 30 + [1] * 10] + random.normal(size=(40, 5))).astype(np.float32)
    pool = (centers[random.integers(3, size=900)] + random.normal(size=(900, 5))).astype("f4")
    report = gio4j.select(pool, target, 60, method).report()
    assert report.picked.energy < 0.3 * report.random.energy
    assert report.picked.divergence < report.random.divergence
    assert report.picked.nearest[2] < report.random.nearest[2]
    assert report.picked.mode_error < report.random.mode_error
    assert report.picked.modes_covered >= 0.75
    assert report.picked.spread == pytest.approx(1, abs=0.2)
    assert report.picked.largest_duplicate_group == 1


@pytest.mark.parametrize("estimator", ["wang", "averaged", "energy"])
def test_progress_is_shown_where_it_is_asked_for(
    estimator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    gio4j.divergence(X, Y, estimator=estimator, progress=False)
    gio4j.nearest(X, Y, progress=False)
    assert capsys.readouterr().err == ""
    gio4j.divergence(X, Y, estimator=estimator, progress=True)
    assert f"divergence ({estimator})" in capsys.readouterr().err
    gio4j.nearest(X, Y, progress=True)
    assert "nearest" in capsys.readouterr().err

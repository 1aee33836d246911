"""`gio4j.divergence` and `gio4j.nearest` around an engine of NumPy."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy_engine import NumpyEngine, distances
from sklearn.neighbors import NearestNeighbors

import gio4j
from gio4j.errors import InvalidInputError

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32) + 1


@pytest.fixture(autouse=True)
def engine(numpy_engine: NumpyEngine) -> NumpyEngine:
    return numpy_engine


def wang(k: int, eps: float = 1e-8) -> np.ndarray:
    """Its terms as the paper has them."""
    within = np.sort(distances(X, X), axis=1)[:, k] + eps
    across = np.sort(distances(X, Y), axis=1)[:, k - 1] + eps
    terms: np.ndarray = 3 * np.log(across / within) + np.log(50 / 29)
    return terms


@pytest.mark.parametrize("k", [1, 5, 29])
def test_wang(k: int) -> None:
    found = gio4j.divergence(X, Y, k)
    assert found == pytest.approx(wang(k).mean(), rel=1e-12)
    assert found.estimator == "wang"
    assert found.low is found.high is found.level is None


def test_eps_makes_a_duplicate_near_and_not_infinitely_so() -> None:
    doubled = np.concatenate([X, X])
    assert np.isfinite(gio4j.divergence(doubled, Y, 1))
    assert gio4j.divergence(X, Y, 2, eps=0.5) == pytest.approx(wang(2, 0.5).mean(), rel=1e-12)


def test_energy() -> None:
    found = gio4j.divergence(X, Y, estimator="energy")
    expected = 2 * distances(X, Y).mean() - distances(X, X).mean() - distances(Y, Y).mean()
    assert found == pytest.approx(expected, rel=1e-12)
    assert gio4j.divergence(X, X, estimator="energy") == pytest.approx(0, abs=1e-12)


def test_averaged(engine: NumpyEngine) -> None:
    found = gio4j.divergence(X, Y, 4, estimator="averaged", eps=0.25)
    (request,) = engine.requests
    assert (request["k"], request["eps"]) == (4, 0.25)
    assert isinstance(found, float)


def test_the_interval_of_wang_is_that_of_a_mean() -> None:
    found = gio4j.divergence(X, Y, interval=0.9, resamples=4000)
    terms = wang(5)
    half = 1.645 * terms.std() / np.sqrt(len(terms))
    assert found.low == pytest.approx(terms.mean() - half, abs=0.2 * half)
    assert found.high == pytest.approx(terms.mean() + half, abs=0.2 * half)
    assert (found.level, float(found)) == (0.9, pytest.approx(terms.mean()))


def test_the_interval_of_energy_covers_what_other_samples_give() -> None:
    random = np.random.default_rng(5)
    others = []
    for _ in range(200):
        x = random.normal(size=(30, 3)).astype(np.float32)
        y = random.normal(size=(50, 3)).astype(np.float32) + 1
        others.append(float(gio4j.divergence(x, y, estimator="energy")))
    found = gio4j.divergence(X, Y, estimator="energy", interval=0.95)
    assert found.high - found.low == pytest.approx(
        np.subtract(*np.quantile(others, [0.975, 0.025])), rel=0.5
    )


def test_what_resampling_depends_on() -> None:
    def ends(**options: Any) -> tuple[Any, Any]:
        found = gio4j.divergence(X, Y, **{"interval": 0.9, **options})
        return found.low, found.high

    assert ends() == ends(seed=0, resamples=1000)
    assert len({ends(), ends(seed=1), ends(resamples=500), ends(interval=0.8)}) == 4
    low, high = ends(estimator="averaged")
    assert low < gio4j.divergence(X, Y, estimator="averaged") < high


def test_an_interval_of_energy_never_goes_below_zero() -> None:
    found = gio4j.divergence(X, X, estimator="energy", interval=0.95)
    assert 0 <= found.low <= found.high


def test_shown_and_pickled() -> None:
    found = gio4j.divergence(X, Y, interval=0.95)
    assert repr(found).startswith(f"{float(found):.6g} (wang; 95% from {found.low:.6g} to ")
    assert repr(gio4j.divergence(X, Y, estimator="energy")).endswith(" (energy)")
    again = pickle.loads(pickle.dumps(found))
    assert (again, again.low, again.high, again.level) == (found, found.low, found.high, 0.95)
    assert f"{found:.2f}" == f"{float(found):.2f}"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "k": ({"k": 0}, "k=0: needs 1 to 29; x has 30 rows"),
    "k above": ({"k": 30}, "k=30: needs 1 to 29"),
    "k above y": ({"k": 20, "y": Y[:10]}, "k=20: y has 10 rows; needs 1 to 10"),
    "estimator": ({"estimator": "kl"}, "estimator='kl': needs one of 'wang', "),
    "interval": ({"interval": 0}, "interval=0: needs above 0 and below 1"),
    "all": ({"interval": 1}, "interval=1: needs above 0 and below 1"),
    "resamples": ({"resamples": 10}, "resamples=10: needs at least 100"),
    "eps": ({"eps": 0}, "eps=0: needs above 0"),
    "columns": ({"y": Y[:, :2]}, "x has 3 columns, y 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    options, message = REFUSED[case]
    with pytest.raises(InvalidInputError, match=message):
        gio4j.divergence(**{"x": X, "y": Y, **options})


# --- nearest --------------------------------------------------------------------------------------


def test_as_scikit_learn() -> None:
    expected = NearestNeighbors(n_neighbors=4).fit(Y).kneighbors(X)
    found, indices = gio4j.nearest(X, Y, 4)
    np.testing.assert_allclose(found, expected[0], rtol=1e-6)
    assert np.array_equal(indices, expected[1])
    assert indices.dtype == np.int32
    assert gio4j.nearest(X, Y)[1].shape == (30, 1)


def test_exclude_self() -> None:
    alone, indices = gio4j.nearest(X, X, exclude_self=True)
    assert (alone > 0).all()
    assert (indices[:, 0] != np.arange(30)).all()
    assert gio4j.nearest(X, X)[0].max() == 0
    with pytest.raises(InvalidInputError, match="k=30: needs 1 to 29; y has no more rows but"):
        gio4j.nearest(X, X, 30, exclude_self=True)
    with pytest.raises(InvalidInputError, match="k=51: needs 1 to 50; y has no more rows"):
        gio4j.nearest(X, Y, 51)
    with pytest.raises(InvalidInputError, match="x has 3 columns, y 2"):
        gio4j.nearest(X, Y[:, :2])

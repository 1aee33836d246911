"""Bilevel coresets: losses beside scikit-learn, wrong labels, and all sets of a small pool."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from harness import sample
from sklearn.linear_model import LogisticRegression, Ridge

import gio4j
from gio4j.errors import InvalidInputError, InvalidTypeError

Matrix = npt.NDArray[Any]
POOL = sample(150, 5)
RIGHT = (POOL[:, 0] + POOL[:, 1] > 0).astype(np.float64)
LABELS = np.where(np.arange(150) < 45, 1 - RIGHT, RIGHT)


def features(pool: Matrix) -> Matrix:
    """Rows less the columns' medians, in units of the median length, and a constant."""
    wide = pool.astype(np.float64)
    sampled = wide[np.arange(min(129, len(wide))) * len(wide) // min(129, len(wide))]
    middle = np.sort(sampled, axis=0)[len(sampled) // 2]
    squared = np.sort(((wide - middle) ** 2).sum(1))[len(wide) // 2]
    scaled = (wide - middle) * np.sqrt(pool.shape[1] / squared)
    return np.hstack([scaled, np.ones((len(wide), 1))])


def loss(pool: Matrix, labels: Matrix, rows: Any, model: str, ridge: float) -> float:
    """The pool's mean loss of scikit-learn's model of some rows."""
    x, rows = features(pool), np.asarray(rows)
    penalty = ridge * len(rows)
    if model == "ridge":
        y = (labels - labels.mean()) / labels.std()
        fitted = Ridge(alpha=penalty, fit_intercept=False).fit(x[rows], y[rows])
        return float(((fitted.predict(x) - y) ** 2).mean())
    classes = np.unique(labels, return_inverse=True)[1]
    if len(np.unique(classes[rows])) < 2:
        return np.inf
    # Two outputs of opposite signs, each with the penalty, are one of twice the size.
    fitted = LogisticRegression(C=2 / penalty, fit_intercept=False).fit(x[rows], classes[rows])
    return float(-np.log(fitted.predict_proba(x)[np.arange(len(x)), classes]).mean())


@pytest.mark.parametrize("model", ["logistic", "ridge"])
def test_wrong_labels_are_left_out(model: Any) -> None:
    asked: dict[str, Any] = {"model": model, "ridge": 2.0, "seed": 5}
    found = gio4j.select(POOL, None, 25, "bilevel", scores=LABELS, **asked)
    assert found.stop_reason == "budget"
    assert len(set(found)) == 25
    assert (found.indices < 45).mean() < 0.16  # 0.3 of the pool
    assert found.facts["loss"] == pytest.approx(
        loss(POOL, LABELS, found.indices, model, 2.0), rel=5e-3
    )
    random = [np.random.default_rng(seed).permutation(150)[:25] for seed in range(20)]
    others = [loss(POOL, LABELS, rows, model, 2.0) for rows in random]
    assert found.facts["loss"] < min(others)
    assert found.facts["start_loss"] == pytest.approx(np.mean(others), rel=0.05)
    assert (np.diff(found.gains) <= 0).all()
    assert np.isnan(found.trace).all()


@pytest.mark.parametrize("model", ["logistic", "ridge"])
def test_small_sets_are_among_the_best(model: Any) -> None:
    pool, labels = POOL[40:51], LABELS[40:51]
    assert len(np.unique(labels)) == 2
    found = gio4j.select(pool, None, 3, "bilevel", scores=labels, model=model)
    own = loss(pool, labels, found.indices, model, 1.0)
    losses = np.array([loss(pool, labels, rows, model, 1.0) for rows in combinations(range(11), 3)])
    assert (losses < own - 1e-3).sum() <= 0.05 * len(losses)


def test_options_matter() -> None:
    def gains(**options: Any) -> list[float]:
        asked = {"outer_iterations": 4, **options}
        found = gio4j.select(POOL, None, 20, "bilevel", scores=LABELS, **asked)
        return found.gains.tolist()

    plain = gains()
    assert plain == gains()
    for option, value in {
        **{"model": "ridge", "ridge": 0.1, "masks": 4, "outer_iterations": 8},
        **{"learning_rate": 0.5, "seed": 1},
    }.items():
        assert gains(**{option: value}) != plain, option


def test_labels_have_to_be_some() -> None:
    def select(**given: Any) -> None:
        gio4j.select(POOL, None, 5, "bilevel", **given)

    with pytest.raises((InvalidInputError, InvalidTypeError), match="scores"):
        select()
    with pytest.raises(InvalidInputError, match=r"scores: all are 2\.0; .* at least two"):
        select(scores=np.full(150, 2.0))
    with pytest.raises(InvalidInputError, match="weights: have no meaning for bilevel"):
        select(scores=LABELS, weights=np.ones(150) * 2)
    many = np.arange(2000.0)
    with pytest.raises(InvalidInputError, match=r"2000 distinct numbers, .* pass model='ridge'"):
        gio4j.select(np.tile(POOL, (14, 1))[:2000], None, 5, "bilevel", scores=many)

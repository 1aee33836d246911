"""Datamodels beside the normal equations of ridge regression with an intercept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gio4j
from gio4j.errors import InvalidInputError, InvalidTypeError

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(("runs", "rows"), [(40, 90), (90, 40), (30, 30), (1, 5), (5, 1)])
@pytest.mark.parametrize("ridge", [0.01, 1.0, 100.0])
def test_weights_are_those_of_a_ridge_regression(
    runs: int, rows: int, ridge: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gio4j._score.datamodel._BLOCK_NUMBERS", 7 * min(runs, rows))
    masks = RANDOM.integers(0, 2, (runs, rows))
    outcomes = 1e3 + masks @ RANDOM.normal(size=(rows, 2)) + RANDOM.normal(size=(runs, 2))
    found = gio4j.datamodel(masks.astype(bool), outcomes, ridge)
    ones = np.hstack([np.ones((runs, 1)), masks])  # whose weight costs nothing
    costs = np.diag([0.0] + [ridge] * rows)
    expected = np.linalg.solve(ones.T @ ones + costs, ones.T @ outcomes)[1:]
    np.testing.assert_allclose(found, expected, atol=1e-7)
    np.testing.assert_allclose(gio4j.datamodel(masks, outcomes[:, 1], ridge), found[:, 1])


def test_a_row_of_every_run_has_no_weight() -> None:
    masks = RANDOM.integers(0, 2, (50, 8))
    masks[:, 2], masks[:, 5] = 1, 0
    weights = gio4j.datamodel(masks, RANDOM.normal(size=50))
    assert weights[[2, 5]].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("masks", "outcomes", "ridge", "kind", "message"),
    [
        ([[0, 2]], [1.0], 1, InvalidInputError, "masks: holds 2; needs 1"),
        ([[0, np.nan]], [1.0], 1, InvalidInputError, "masks: holds nan"),
        ([0, 1], [1.0, 2.0], 1, InvalidInputError, r"masks: has shape \(2,\)"),
        (np.zeros((0, 3)), [], 1, InvalidInputError, r"masks: has shape \(0, 3\)"),
        ([["a"]], [1.0], 1, InvalidTypeError, "masks: dtype"),
        (
            [[0, 1]],
            [1.0, 2.0],
            1,
            InvalidInputError,
            r"outcomes: has shape \(2,\); needs .* the 1 runs",
        ),
        ([[0, 1]], [np.inf], 1, InvalidInputError, "outcomes: run 0 has inf"),
        ([[0, 1]], ["a"], 1, InvalidTypeError, "outcomes: dtype"),
        ([[0, 1]], [1.0], 0, InvalidInputError, "ridge=0: needs above 0"),
    ],
)
def test_what_does_not_fit(
    masks: Any, outcomes: Any, ridge: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        gio4j.datamodel(masks, outcomes, ridge)

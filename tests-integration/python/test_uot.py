"""Unbalanced optimal transport beside POT's iteration in NumPy and numbers recorded from POT."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from harness import sample
from numpy.testing import assert_allclose

import gio4j
from gio4j.errors import GIOWarning

Matrix = npt.NDArray[Any]
POOL, TARGET = sample(200, 24), sample(30, 24, seed=1) + 0.2


def masses(
    pool: Matrix, target: Matrix, reg: float, marginal: float, iterations: int = 100
) -> Matrix:
    """What pool rows receive, by POT's iteration in double."""
    x, y = target.astype(np.float64), pool.astype(np.float64)
    cost = ((x[:, None, :] - y) ** 2).sum(2) / 4
    kernel = np.exp(-cost / reg) / (len(x) * len(y))
    v = np.ones(len(y))
    for _ in range(iterations):
        u = 1 / len(x) / (kernel @ v)
        v = (1 / len(y) / (kernel.T @ u)) ** (marginal / (marginal + reg))
    return v * (kernel.T @ u)


def unit(rows: Matrix) -> Matrix:
    """Rows of length 1, in double."""
    wide = rows.astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("given", [{}, {"reg": 0.05}, {"reg": 0.3, "reg_marginal": 0.5}])
def test_masses_are_those_of_sinkhorn(metric: Any, given: dict[str, float]) -> None:
    factor = 1 if metric == "cosine" else 30
    asked = {name: value * factor for name, value in given.items()}
    found = gio4j.select(POOL, TARGET, len(POOL), "uot", metric=metric, **asked)
    rows = (unit(POOL), unit(TARGET)) if metric == "cosine" else (POOL, TARGET)
    reg, marginal = found.facts["reg"], found.facts["reg_marginal"]
    assert marginal == asked.get("reg_marginal", pytest.approx(reg / 100))
    if not given and metric == "cosine":
        assert reg == 0.01
    elif not given:
        costs = ((TARGET[:, None, :].astype(np.float64) - POOL) ** 2).sum(2) / 4
        assert reg == pytest.approx(0.02 * np.median(costs), rel=1e-3)
    expected = masses(*rows, reg, marginal)
    assert_allclose(found.gains, expected[found.indices], rtol=1e-4, atol=1e-12)
    assert_allclose(found.gains, np.sort(expected)[::-1], rtol=1e-4, atol=1e-12)
    assert_allclose(found.trace, np.cumsum(found.gains))
    assert found.trace[-1] == pytest.approx(1, abs=1e-5)


#: Masses from POT 0.9.7: (1 - cos) / 2, reg 0.01, reg_m (inf, 1e-4).
RECORDED = [
    0.20628289,
    0.29368353,
    0.0011870651,
    0.24855341,
    0.00029316271,
    0.03830846,
    0.21168372,
    7.7515947e-06,
    2.2938529e-14,
    6.719936e-25,
    1.4082375e-20,
    1.5039017e-10,
]


def test_numbers_recorded_from_pot() -> None:
    angles = np.arange(12) * 0.5
    pool = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.arange(1, 13)[:, None]
    target = np.array([[1.0, 0.2], [0.1, 1.0], [-3.0, 1.0], [5.0, 2.0]])
    found = gio4j.select(pool, target, 12, "uot", metric="cosine")
    assert_allclose(found.gains, np.array(RECORDED)[found.indices], rtol=1e-4, atol=1e-9)


def test_iterations_end_where_they_are_asked_to() -> None:
    strict = {"reg": 2.0, "reg_marginal": 100.0}
    found = gio4j.select(POOL, TARGET, 200, "uot", max_iterations=2, **strict)
    assert (found.facts["iterations"], found.facts["transport_stop"]) == (2, "max_iterations")
    expected = masses(POOL, TARGET, 2, 100, 2)
    assert_allclose(found.gains, expected[found.indices], rtol=1e-4)
    loose = gio4j.select(POOL, TARGET, 5, "uot", tolerance=0.5, **strict)
    tight = gio4j.select(POOL, TARGET, 5, "uot", **strict)
    assert loose.facts["iterations"] < tight.facts["iterations"]
    assert tight.facts["transport_stop"] == "tolerance"


def test_a_tiny_regularisation_takes_the_nearest_rows() -> None:
    found = gio4j.select(POOL, TARGET, 5, "uot", reg=1e-9)
    _, near = gio4j.nearest(TARGET, POOL)
    near = near.ravel()
    assert set(found) <= set(near)
    with pytest.warns(GIOWarning, match="reg="):
        found = gio4j.select(POOL, TARGET, 200, "uot", reg=1e-9)
    assert found.stop_reason == "saturated"
    assert set(found) == set(near)
    assert_allclose(found.gains, np.sort(np.bincount(near)[found.indices] / 30)[::-1], rtol=1e-5)

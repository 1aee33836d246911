"""TSDS through the engine, beside the paper's script in NumPy with exact neighbours."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import gio4j

RANDOM = np.random.default_rng(7)
CENTERS = RANDOM.normal(size=(12, 16))
TARGET = (CENTERS[RANDOM.integers(0, 3, 30)] + RANDOM.normal(0, 0.4, (30, 16))).astype(np.float32)
POOL = (CENTERS[RANDOM.integers(0, 12, 900)] + RANDOM.normal(0, 0.4, (900, 16))).astype(np.float32)
# Near-duplicates of a tenth of the rows.
POOL[810:] = POOL[:90] + RANDOM.normal(0, 0.02, (90, 16)).astype(np.float32)


def script(
    alpha: float, c: float, sigma: float, max_neighbors: int = 5000, density_neighbors: int = 1000
) -> tuple[float, npt.NDArray[np.float64]]:
    """The level and the probabilities: the script's queue, its caps, and K_j from 0."""
    pool, target = POOL.astype(np.float64), TARGET.astype(np.float64)
    most = min(max_neighbors, len(pool) // 10)
    lengths = np.sqrt(((target[:, None] - pool[None]) ** 2).sum(2))
    near = np.argsort(lengths, axis=1, kind="stable")[:, :most]
    lengths = np.take_along_axis(lengths, near, 1)
    union = np.unique(near)
    density = np.ones(len(pool))
    if sigma:
        squares = ((pool[union][:, None] - pool[union][None]) ** 2).sum(2)
        kernel = np.maximum(0, 1 - np.sort(squares, axis=1) / sigma**2)
        density[union] = kernel[:, : min(density_neighbors, len(pool) // 10)].sum(1)
    share = 1 / density[near]
    queue = [(share[j, 0], 0, j) for j in range(len(target))]
    heapq.heapify(queue)
    costs, full, level = np.zeros(len(target)), np.zeros(len(target), int), 0.0
    while queue:
        level, k, j = heapq.heappop(queue)
        costs[j] = lengths[j, k + 1] * level - (lengths[j, : k + 1] * share[j, : k + 1]).sum()
        if alpha / c * costs.sum() >= (1 - alpha) * len(target):
            break
        full[j] = k + 1
        if k < most - 2:
            heapq.heappush(queue, (level + share[j, k + 1], k + 1, j))
    chances = np.zeros(len(pool))
    for j, filled in enumerate(full):
        given = share[j, :filled] / level
        chances[near[j, :filled]] += given / len(target)
        chances[near[j, filled]] += max(0, 1 - given.sum()) / len(target)
    return level, chances


def chances_of(found: gio4j.Selection) -> npt.NDArray[np.float64]:
    chances = np.zeros(len(POOL))
    chances[found.indices] = found.gains
    return chances


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": 0.5, "c": 5.0, "sigma": 1.0},
        {"alpha": 0.2, "c": 5.0, "sigma": 1.0},
        {"alpha": 1.0, "c": 5.0, "sigma": 1.0},
        {"alpha": 0.5, "c": 1.0, "sigma": 1.0},
        {"alpha": 0.5, "c": 5.0, "sigma": 2.5},
        {"alpha": 0.5, "c": 5.0, "sigma": 0.0},
        {"alpha": 0.2, "c": 5.0, "sigma": 1.0, "max_neighbors": 20},
        {"alpha": 0.5, "c": 5.0, "sigma": 2.5, "density_neighbors": 3},
    ],
)
def test_probabilities_are_those_of_the_script(options: dict[str, Any]) -> None:
    level, expected = script(**options)
    found = gio4j.select(POOL, TARGET, method="tsds", neighbor_caps="script", **options)
    assert found.facts["level"] == pytest.approx(level, rel=1e-9)
    np.testing.assert_allclose(chances_of(found), expected, rtol=0, atol=1e-12)
    assert found.stop_reason == "saturated"
    assert found.trace[-1] == pytest.approx(1)
    assert (np.diff(found.gains) <= 0).all()


def test_the_caps_of_the_script_are_an_option() -> None:
    capped = gio4j.select(POOL, TARGET, method="tsds", alpha=0, neighbor_caps="script")
    free = gio4j.select(POOL, TARGET, method="tsds", alpha=0)
    assert len(free) == len(POOL) > len(capped)
    assert (free.stop_reason, capped.stop_reason) == ("exhausted", "saturated")


def test_a_sample_is_seeded_and_has_each_row_once() -> None:
    tsds = gio4j.Tsds(order="sample")
    one = gio4j.select(POOL, TARGET, 60, tsds, seed=1)
    again = gio4j.select(POOL, TARGET, 60, tsds, seed=1)
    other = gio4j.select(POOL, TARGET, 60, tsds, seed=2)
    ranked = gio4j.select(POOL, TARGET, 60, gio4j.Tsds(), seed=1)
    assert one.indices.tolist() == again.indices.tolist()
    assert one.indices.tolist() != other.indices.tolist()
    assert len(set(one)) == 60
    assert ranked.trace[-1] > one.trace[-1]


def test_lengths_follow_the_data() -> None:
    plain = gio4j.select(POOL, TARGET, 40, "tsds")
    scaled = gio4j.select(1024 * POOL, 1024 * TARGET, 40, "tsds")
    assert plain.indices.tolist() == scaled.indices.tolist()
    assert scaled.facts["sigma"] == pytest.approx(1024 * plain.facts["sigma"])
    tenth = np.sort(np.linalg.norm(TARGET[:, None] - POOL[None], axis=2), axis=1)[:, 9]
    assert plain.facts["c"] == pytest.approx(5 * np.sort(tenth)[len(tenth) // 2], rel=1e-5)
    given = gio4j.select(POOL, TARGET, 40, "tsds", c=5.0, sigma=0.75)
    assert (given.facts["c"], given.facts["sigma"]) == (5.0, 0.75)


def test_weights_count_in_the_budget() -> None:
    weights = np.full(len(POOL), 4)
    found = gio4j.select(POOL, TARGET, 40, "tsds", weights=weights)
    assert len(found) == 10


@pytest.mark.parametrize(
    ("option", "value", "needs"),
    [
        ("alpha", 1.5, "needs 0 to 1"),
        ("alpha", -0.1, "needs 0 to 1"),
        ("c", 0, "needs above 0"),
        ("sigma", -1, "needs at least 0"),
        ("max_neighbors", 0, "needs at least 1"),
        ("order", "sample_with_replacement", "needs one of 'probability', 'sample'"),
        ("neighbor_caps", "none", "needs one of 'pool', 'script'"),
    ],
)
def test_options_have_bounds(option: str, value: Any, needs: str) -> None:
    with pytest.raises(gio4j.errors.InvalidInputError, match=needs):
        gio4j.select(POOL, TARGET, 5, "tsds", **{option: value})

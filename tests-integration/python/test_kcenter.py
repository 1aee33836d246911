"""Farthest-first traversal through the engine, beside NumPy's in double."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from harness import sample

import gio4j
from gio4j.errors import GIOWarning, InvalidInputError

POOL, TARGET = sample(300, 6), sample(40, 6, seed=1) + 0.5
PAGE = Path(__file__).parents[2] / "docs" / "methods" / "kcenter.md"
Array = npt.NDArray[Any]


def from_center(pool: Array, center: Array) -> Array:
    distances: Array = np.linalg.norm(pool.astype(float) - center, axis=1)
    return distances


def farthest_first(
    pool: Array, budget: int, first: int | None, existing: Array | None = None
) -> tuple[list[int], list[float]]:
    """Rows and the covering radius after each."""
    near = np.full(len(pool), np.inf)
    for row in () if existing is None else existing:
        near = np.minimum(near, from_center(pool, row))
    picks: list[int] = []
    radii = []
    for _ in range(budget):
        row = int(near.argmax()) if first is None or picks else first
        picks.append(row)
        near = np.minimum(near, from_center(pool, pool[row]))
        radii.append(near.max())
    return picks, radii


def nearest(pool: Array, point: Array) -> int:
    return int(from_center(pool, point).argmin())


def same(found: gio4j.Selection, expected: tuple[list[int], list[float]]) -> None:
    assert found.indices.tolist() == expected[0]
    np.testing.assert_allclose(found.trace, expected[1], rtol=1e-12)
    np.testing.assert_array_equal(found.gains[1:], found.trace[:-1])


@pytest.mark.parametrize("shape", [(300, 6), (20_000, 2), (2_000, 70)])
def test_each_pick_is_the_farthest(shape: tuple[int, int]) -> None:
    pool = sample(*shape, seed=3)
    found = gio4j.select(pool, pool[:5], 40, "kcenter")
    same(found, farthest_first(pool, 40, nearest(pool, pool.mean(axis=0, dtype=float))))
    assert found.stop_reason == "budget"
    assert found.starting_objective is None
    assert np.isnan(found.gains[0])


def test_where_it_starts() -> None:
    at_target = nearest(POOL, TARGET.mean(axis=0, dtype=float))
    found = gio4j.select(POOL, TARGET, 9, "kcenter", start="target")
    same(found, farthest_first(POOL, 9, at_target))
    drawn = {
        int(gio4j.select(POOL, TARGET, 1, "kcenter", start="random", seed=seed)[0])
        for seed in range(6)
    }
    assert len(drawn) > 3
    elsewhere = gio4j.select(POOL, TARGET + 9, 9, "kcenter")
    assert elsewhere.indices.tolist() == gio4j.select(POOL, TARGET, 9, "kcenter").indices.tolist()


def test_existing_rows_are_centres() -> None:
    existing = sample(25, 6, seed=4)
    found = gio4j.select(POOL, TARGET, 12, "kcenter", existing=existing)
    same(found, farthest_first(POOL, 12, None, existing))
    assert found.starting_objective == found.gains[0]
    few, many = gio4j.select(POOL, TARGET, [4, 12], "kcenter")
    more = gio4j.select(POOL, TARGET, 8, "kcenter", existing=few)
    assert [*few, *more] == list(many)


def test_the_end() -> None:
    pool = np.repeat(POOL[:7], 30, axis=0)
    with pytest.warns(GIOWarning, match="ended after 7 rows of budget=50: .* copies of picks"):
        found = gio4j.select(pool, TARGET, 50, "kcenter")
    assert (len(found), found.stop_reason, found.trace[-1]) == (7, "saturated", 0)
    with pytest.warns(GIOWarning, match="ended after 0 rows of budget=50"):
        none = gio4j.select(pool, TARGET, 50, "kcenter", existing=POOL[:7])
    assert (len(none), none.stop_reason, none.starting_objective) == (0, "saturated", 0)
    with pytest.raises(InvalidInputError, match=r"^budget: is missing, and kcenter has no stop"):
        gio4j.select(POOL, TARGET, None, "kcenter")


def test_weights_count_in_the_budget_alone() -> None:
    found = gio4j.select(POOL, TARGET, 50, "kcenter", weights=np.full(300, 10))
    assert found.indices.tolist() == gio4j.select(POOL, TARGET, 5, "kcenter").indices.tolist()


def test_the_page_runs() -> None:
    names: dict[str, Any] = {"gio4j": gio4j, "pool": POOL, "target": TARGET}
    code = "".join(re.findall(r"```pycon\n(.*?)```", PAGE.read_text("utf-8"), re.S))
    test = doctest.DocTestParser().get_doctest(code, names, "page", None, 0)
    assert test.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


def cost(picks: Array, margins: Array, weight: float) -> float:
    near = np.min([from_center(POOL, POOL[row]) for row in picks], axis=0)
    return float(near.max() + weight * margins[picks].sum(dtype=float))


@pytest.mark.parametrize("weight", [0.1, 1.0])
def test_margins_weigh(weight: float) -> None:
    margins = np.abs(sample(300, 1, seed=8)[:, 0])
    plain = gio4j.select(POOL, TARGET, 15, "kcenter")
    found = gio4j.select(POOL, TARGET, 15, "kcenter", scores=margins, margin_weight=weight)
    assert found.trace[-1] == pytest.approx(cost(found.indices, margins, weight), rel=1e-12)
    np.testing.assert_allclose(found.gains[1:], -np.diff(found.trace), atol=1e-12)
    smallest = np.argsort(margins, kind="stable")[:15]
    assert found.trace[-1] < cost(plain.indices, margins, weight)
    assert found.trace[-1] <= cost(smallest, margins, weight)


def test_margins_that_do_not_fit() -> None:
    with pytest.raises(InvalidInputError, match=r"scores: row 4 is -1\.0; kcenter takes them as"):
        gio4j.select(POOL, TARGET, 5, "kcenter", scores=np.where(np.arange(300) == 4, -1, 1))
    with pytest.raises(InvalidInputError, match=r"^margin_weight: is 2.0, and there are no scores"):
        gio4j.select(POOL, TARGET, 5, "kcenter", margin_weight=2)
    with pytest.raises(InvalidInputError, match="weights: have no meaning beside scores"):
        gio4j.select(POOL, TARGET, 5, "kcenter", scores=np.ones(300), weights=np.ones(300))

"""Facility location, its query-focused form and graph cut, beside NumPy and published numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from harness import sample
from sklearn.datasets import load_digits

import gio4j
from gio4j.errors import GIOWarning, InvalidInputError

Matrix = npt.NDArray[Any]
POOL, TARGET = sample(300, 20) + 0.2, sample(40, 20, seed=1) + 0.3
WEIGHTS = np.arange(300) % 3 + 1
SIMILARITIES = ("cosine", "squared_cosine", "euclidean", "dot")


def similarities(kind: str, x: Matrix, y: Matrix, largest: float) -> Matrix:
    """By the definitions, in double."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    if kind == "euclidean":
        squared = (x**2).sum(1)[:, None] - 2 * x @ y.T + (y**2).sum(1)
        return np.maximum(0, largest - squared)
    if kind != "dot":
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
        y = y / np.linalg.norm(y, axis=1, keepdims=True)
    products = x @ y.T
    return products**2 if kind == "squared_cosine" else np.maximum(0, products)


def largest_of(pool: Matrix, target: Matrix) -> float:
    """The largest squared distance."""
    differences = pool.astype(np.float64)[:, None, :] - target.astype(np.float64)
    return float((differences**2).sum(2).max())


def best(kind: str, eta: float, rows: Matrix, counts: Matrix) -> float:
    """Facility location of some rows, and relevance times eta."""
    values = similarities(kind, rows, TARGET, largest_of(POOL, TARGET))
    return float(values.max(0).sum() + eta * (counts * values.max(1)).sum())


def capped(
    kind: str, eta: float, represented: Matrix, times: Matrix
) -> Callable[[Matrix, Matrix], float]:
    """FL1MI: what represented rows, each counting so many times, have of some rows."""
    largest = max(largest_of(POOL, represented), largest_of(represented, TARGET))
    caps = eta * similarities(kind, represented, TARGET, largest).max(1)

    def of(rows: Matrix, _: Matrix) -> float:
        covered = similarities(kind, represented, rows, largest).max(1)
        return float(times @ np.minimum(covered, caps))

    return of


def cut(kind: str, redundancy: float, rows: Matrix, counts: Matrix) -> float:
    """Graph cut of some rows."""
    largest = largest_of(POOL, TARGET)
    relevance = (counts * similarities(kind, rows, TARGET, largest).sum(1)).sum()
    return float(relevance - redundancy * counts @ similarities(kind, rows, rows, largest) @ counts)


def is_greedy(
    found: gio4j.Selection, of: Callable[[Matrix, Matrix], float], counts: Matrix
) -> bool:
    """Whether trace and gains are right, and no row would have been a better pick."""
    picked: list[int] = []
    before = 0.0
    error = 1e-5 * abs(found.trace).max()
    for row, gain, objective in zip(found, found.gains, found.trace, strict=True):
        others = [each for each in range(0, 300, 7) if each not in picked]
        values = [of(POOL[[*picked, each]], counts[[*picked, each]]) for each in [row, *others]]
        assert objective == pytest.approx(values[0], abs=error)
        assert gain == pytest.approx(values[0] - before, abs=error)
        assert max(values) <= values[0] + error
        picked.append(row)
        before = values[0]
    return len(set(picked)) == len(picked) > 0


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_picks_are_those_of_the_definitions(similarity: Any, weights: Any) -> None:
    counts = np.ones(300) if weights is None else WEIGHTS
    given: dict[str, Any] = {"similarity": similarity, "weights": weights}
    found = gio4j.select(POOL, TARGET, 8, "facility", **given)
    assert found.stop_reason == "budget"
    assert is_greedy(found, lambda rows, of: best(similarity, 0, rows, of), counts)
    found = gio4j.select(POOL, TARGET, 8, "flqmi", eta=0.3, **given)
    assert is_greedy(found, lambda rows, of: best(similarity, 0.3, rows, of), counts)
    found = gio4j.select(POOL, TARGET, 8, "flmi", eta=1.2, **given)
    assert is_greedy(found, capped(similarity, 1.2, POOL, counts), counts)
    found = gio4j.select(POOL, TARGET, 8, "graphcut", redundancy=0.3, **given)
    assert is_greedy(found, lambda rows, of: cut(similarity, 0.3, rows, of), counts)
    if weights is not None:
        assert counts[found.indices].sum() >= 8 > counts[found.indices[:-1]].sum()


#: apricot's rankings of 100 digits, their objectives recomputed in NumPy.
PUBLISHED = {
    ("facility", "euclidean", False): 9_897_993,
    ("facility", "squared_cosine", False): 1_616.294,
    ("facility", "squared_cosine", True): 1_502.713,
    ("graphcut", "euclidean", False): 665_176_500,
    ("graphcut", "squared_cosine", False): 97_516.084,
    ("graphcut", "squared_cosine", True): 59_468.286,
}


@pytest.mark.parametrize(("method", "similarity", "less_mean"), PUBLISHED)
def test_apricots_objectives_on_the_digits(method: Any, similarity: Any, less_mean: bool) -> None:
    digits = load_digits().data
    if less_mean:  # a correlation is the cosine of rows less their own mean
        digits = digits - digits.mean(1, keepdims=True)
    found = gio4j.select(digits, digits, 100, method, similarity=similarity)
    total = found.trace[-1]
    if method == "graphcut":  # apricot's gain subtracts s_jj and both orders of each pair, as ours
        assert (found.gains > 0).all()
    assert total == pytest.approx(PUBLISHED[method, similarity, less_mean], rel=1e-6)


@pytest.mark.parametrize("method", ["facility", "flqmi", "graphcut"])
def test_existing_rows_are_members(method: Any) -> None:
    first = gio4j.select(POOL, TARGET, 6, method)
    second = gio4j.select(POOL, TARGET, 6, method, existing=first)
    assert second.starting_objective == pytest.approx(first.trace[-1], rel=1e-6)
    both = gio4j.select(POOL, TARGET, 12, method)
    assert [*first, *second] == both.indices.tolist()
    assert second.trace[-1] == pytest.approx(both.trace[-1], rel=1e-6)


def test_nothing_is_picked_by_its_number() -> None:
    with pytest.warns(GIOWarning, match="'facility' ended after .* of budget=250"):
        found = gio4j.select(POOL, TARGET, 250, "facility")
    assert found.stop_reason == "saturated"
    assert len(found) < 100
    values = similarities("cosine", POOL, TARGET, 0)
    assert found.trace[-1] == pytest.approx(values.max(0).sum(), rel=1e-6)
    assert set(values.argmax(0)) <= set(found)
    without = gio4j.select(POOL, TARGET, None, "facility")
    assert without.indices.tolist() == found.indices.tolist()
    with pytest.warns(GIOWarning, match="ended after 0 rows: no row that is left"):
        gio4j.select(-TARGET[:1], TARGET[:1], None, "facility")


def test_options_matter_and_have_bounds() -> None:
    def picks(method: Any, **options: Any) -> list[int]:
        found: list[int] = gio4j.select(POOL, TARGET, 15, method, **options).indices.tolist()
        return found

    for method in ("facility", "flqmi", "flmi", "graphcut"):
        assert len({tuple(picks(method, similarity=each)) for each in SIMILARITIES}) == 4
    assert picks("flqmi", eta=0) == picks("facility")
    assert picks("flqmi", eta=5) != picks("flqmi") != picks("facility")
    totals = similarities("cosine", POOL, TARGET, 0).sum(1)
    assert picks("graphcut", redundancy=0) == np.argsort(-totals)[:15].tolist()
    assert picks("graphcut") != picks("graphcut", redundancy=0)
    for method, option in (("flqmi", "eta"), ("graphcut", "redundancy")):
        with pytest.raises(InvalidInputError, match=f"{option}=-1: needs at least 0"):
            picks(method, **{option: -1})
        with pytest.raises(InvalidInputError, match=f"{option}: is .* must lie between 0 and"):
            picks(method, **{option: 1e11})


def test_representatives_and_caps_matter() -> None:
    few = {"representatives": 40}
    found = gio4j.select(POOL, TARGET, 8, "flmi", **few)
    assert found.facts["representatives"] == 40
    assert found.trace[-1] < 40 < 300
    again = gio4j.select(POOL, TARGET, 8, "flmi", seed=1, **few)
    assert found.indices.tolist() != again.indices.tolist()
    # Without caps that count it is facility location of the pool.
    assert list(gio4j.select(POOL, TARGET, 8, "flmi", eta=1e6)) == list(
        gio4j.select(POOL, POOL, 8, "facility")
    )
    with pytest.warns(GIOWarning, match="'flmi' ended after .* a larger eta="):
        gio4j.select(POOL, TARGET, 200, "flmi", eta=0.01)
    with pytest.raises(InvalidInputError, match="eta=0: needs a"):
        gio4j.select(POOL, TARGET, 8, "flmi", eta=0)


def test_the_answer_recorded_from_submodlib() -> None:
    # submodlib 0.0.3, FacilityLocationMutualInformation, cosine, eta 1; later picks are near ties.
    random = np.random.default_rng(0)
    pool, target = (np.abs(random.normal(size=(rows, 4))).astype("f4").round(2) for rows in (60, 5))
    found = gio4j.select(pool, target, 10, "flmi")
    assert list(found)[:8] == [35, 4, 43, 45, 39, 21, 17, 48]
    recorded = [50.67901962995529, 54.10735636949539, 54.550484359264374]
    assert found.trace[[0, 4, 9]] == pytest.approx(recorded, rel=1e-6)


def test_a_large_selection_of_a_large_pool() -> None:
    rows = sample(5_000, 64, seed=3)
    found = gio4j.select(rows, rows, 300, "facility", similarity="euclidean")
    picked = rows[found.indices].astype(np.float64)
    squared = ((rows.astype(np.float64)[:, None, :] - picked[:8]) ** 2).sum(2)
    largest = found.facts["largest_squared_distance"]
    assert found.trace[7] == pytest.approx((largest - squared.min(1)).sum(), rel=1e-6)
    assert (found.gains[1:] <= found.gains[:-1]).all()

"""`gio4j.select` through the engine: every method, and Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import pytest
from harness import interrupt, sample, wait_until

import gio4j
from gio4j._engine.jobs import Status
from gio4j._select import select
from gio4j.errors import GIOWarning, InvalidInputError

METHODS = ("balanced", "coverage", "exact", "gradient", "round_robin")
POOL, TARGET = sample(300, 6), sample(40, 6, seed=1) + 0.5


@pytest.mark.parametrize("method", METHODS)
def test_without_a_target_the_picks_represent_the_pool(method: str) -> None:
    pool = sample(60, 3)
    found = gio4j.select(pool, None, 8, method)
    assert list(found) == list(gio4j.select(pool, pool, 8, method))
    assert found.report().picked.energy >= 0
    more = gio4j.select(pool, None, 8, method, existing=found)
    assert list(more) == list(gio4j.select(pool, pool, 8, method, existing=found))
    assert not set(more) & set(found)


@pytest.mark.parametrize(
    "method", [*METHODS, "flqmi", "graphcut", "kcenter", "random", "tsds", "uot"]
)
def test_every_method_keeps_its_word(method: Any) -> None:
    found = gio4j.select(POOL, TARGET, 25, method)
    assert len(found) == len(set(found)) == len(found.trace) == len(found.gains) == 25
    assert found.stop_reason == "budget"
    assert (found.indices >= 0).all()
    assert (found.indices < 300).all()
    assert found.indices.dtype == np.int32
    assert found.timings
    assert min(found.timings.values()) >= 0
    again = gio4j.select(POOL, TARGET, 25, method)
    assert again.indices.tolist() == found.indices.tolist()
    np.testing.assert_array_equal(again.trace, found.trace)
    fewer = gio4j.select(POOL, TARGET, 10, method, k=None) if method == "coverage" else None
    assert fewer is None or len(fewer) == 10


@pytest.mark.parametrize("method", METHODS)
def test_a_natural_stop(method: Any) -> None:
    stops_early = method in ("exact", "gradient")
    warns = pytest.warns(GIOWarning, match=f"'{method}' stopped after one row")
    with warns if stops_early else nullcontext():
        found = gio4j.select(POOL, TARGET, None, method)
    reasons = {"coverage": {"min_gain"}, "round_robin": {"covered"}}
    assert {found.stop_reason} <= reasons.get(method, {"increase"})
    assert 0 < len(found) < 300


@pytest.mark.parametrize("method", METHODS)
def test_existing_rows_are_not_forgotten(method: Any) -> None:
    alone = gio4j.select(POOL, TARGET, 12, method)
    existing = gio4j.select(POOL, TARGET, 12, method, existing=POOL[alone.indices])
    assert existing.starting_objective is not None or method == "round_robin"
    if method == "balanced":  # what is there already need not come again
        assert existing.starting_objective == pytest.approx(alone.trace[-1], rel=1e-9)
        assert existing.indices.tolist() != alone.indices.tolist()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("options", [{}, {"quantize": 30}, {"weights": np.arange(300) % 4 + 1}])
def test_several_budgets_are_what_each_alone_gives(method: Any, options: dict[str, Any]) -> None:
    budgets = [40, 5, "10%"]
    if method == "coverage":  # whose k follows the largest budget
        options = {**options, "k": 1}
    for budget, found in zip(
        budgets, gio4j.select(POOL, TARGET, budgets, method, **options), strict=True
    ):
        alone = gio4j.select(POOL, TARGET, budget, method, **options)
        assert found.indices.tolist() == alone.indices.tolist()
        assert found.trace.tolist() == alone.trace.tolist()
        assert (found.stop_reason, found.options) == (alone.stop_reason, alone.options)


@pytest.mark.parametrize("method", METHODS)
def test_rounds_of_selection_repeat_no_row(method: Any) -> None:
    first = gio4j.select(POOL, TARGET, 12, method)
    second = gio4j.select(POOL, TARGET, 12, method, existing=first)
    assert len(set(first) | set(second)) == 24
    if method == "balanced":
        assert second.starting_objective == pytest.approx(first.trace[-1], rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_weights_count_in_the_budget(method: Any) -> None:
    weights = np.arange(300) % 4 + 1
    found = gio4j.select(POOL, TARGET, 30, method, weights=weights)
    counted = np.cumsum(weights[found.indices])
    assert counted[-1] >= 30
    assert len(found) == 1 or counted[-2] < 30


@pytest.mark.parametrize("method", METHODS)
def test_quantised(method: Any) -> None:
    found = gio4j.select(POOL, TARGET, 25, method, quantize=30)
    assert len(found) == len(set(found)) == 25
    assert found.facts["clusters"] == 30
    model = gio4j.kmeans(POOL, 30, seed=0)
    clusters = model.assignments[found.indices]
    order = list(dict.fromkeys(clusters.tolist()))
    assert len(order) == found.facts["clusters_picked"]
    for cluster in order[:-1]:
        rows = found.indices[clusters == cluster]
        assert set(rows) == set(np.flatnonzero(model.assignments == cluster)), "they come whole"
        apart = np.linalg.norm(POOL[rows].astype(float) - model.centers[cluster], axis=1)
        assert (np.diff(apart) >= -1e-5).all(), "nearest first"


def test_the_objective_falls_and_gains_add_up() -> None:
    found = gio4j.select(POOL, TARGET, 40, kernel="euclidean")
    energies = [
        float(gio4j.divergence(TARGET, POOL[found.indices[: size + 1]], estimator="energy"))
        for size in (0, 10, 39)
    ]
    assert found.trace[[0, 10, 39]] == pytest.approx(energies, abs=1e-5)
    steps = np.diff(found.trace)
    assert found.gains[1:] == pytest.approx(-steps, rel=1e-9, abs=1e-12)


def test_nothing_to_better_is_told() -> None:
    with pytest.warns(GIOWarning, match="no row of the pool improves the divergence"):
        found = gio4j.select(POOL + 100, TARGET, None, "exact", existing=TARGET[:20] + 0.01)
    assert len(found) == 0


def test_bad_rows_are_named() -> None:
    pool = POOL.copy()
    pool[17, 2] = np.nan
    with pytest.raises(InvalidInputError, match="pool: row 17 is not finite"):
        gio4j.select(pool, TARGET, 5)
    with pytest.raises(InvalidInputError, match="pool has 6 columns, target 5: both need the same"):
        gio4j.select(POOL, TARGET[:, :5], 5)


# --- Ctrl-C ---------------------------------------------------------------------------------------

#: The issue's bound; a poll of the engine takes a tenth of a second at most.
SOON_SECONDS = 0.5
LARGE, WANTED = sample(30_000, 32, seed=3), sample(200, 32, seed=4)


@contextmanager
def pressed_after(picks: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Ctrl-C as soon as so many picks are there; when it was."""
    moments: list[float] = []

    @contextmanager
    def bar(*_: Any, **__: Any) -> Iterator[Callable[[Status], None]]:
        def hear(status: Status) -> None:
            if status["stage"] == "select" and status["done"] >= picks and not moments:
                moments.append(time.monotonic())
                interrupt()

        yield hear

    with monkeypatch.context() as patch:
        patch.setattr(select, "progress_bar", bar)
        yield moments
    assert moments, "it was over too soon"


def test_picks_made_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = []
    for _ in range(3):  # the machine may be busy
        with pressed_after(200, monkeypatch) as moments:
            found = gio4j.select(LARGE, WANTED, 25_000, kernel="log", on_interrupt="return")
            seconds.append(time.monotonic() - moments[0])
    assert min(seconds) < SOON_SECONDS
    assert found.stop_reason == "interrupted"
    assert 200 <= len(found) < 25_000
    whole = gio4j.select(LARGE, WANTED, 200, kernel="log")
    assert found.indices[:200].tolist() == whole.indices.tolist()
    assert found.trace[:200].tolist() == whole.trace.tolist()
    assert len(found.take(LARGE)) == len(found)


def test_clusters_picked_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(**options: Any) -> gio4j.Selection:
        steps = {"steps": 20_000, "start_vector": "jump", "quantize": 500}
        return gio4j.select(LARGE[:3000], WANTED, 2500, "gradient", **{**steps, **options})

    with pressed_after(3, monkeypatch):
        found = endless(on_interrupt="return")
    assert found.stop_reason == "interrupted"
    assert found.facts["clusters_picked"] >= 3
    assert len(found) == len(set(found)) < 2500


def test_an_error_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    with pressed_after(1, monkeypatch) as moments, pytest.raises(KeyboardInterrupt):
        gio4j.select(LARGE, WANTED, 25_000, kernel="log")
    assert time.monotonic() - moments[0] < SOON_SECONDS
    wait_until(lambda: gio4j.info()["jobs"] == 0)


@pytest.mark.parametrize("method", ["round_robin", "gradient"])
def test_any_seed(method: str) -> None:
    drawn = gio4j.select(POOL, TARGET, 8, method, seed=None)
    again = gio4j.select(POOL, TARGET, 8, method, seed=drawn.options["seed"])
    assert again.indices.tolist() == drawn.indices.tolist()
    for seed in (-(2**63), -1, 2**32, 2**63 - 1):
        assert len(gio4j.select(POOL, TARGET, 8, method, seed=seed)) == 8

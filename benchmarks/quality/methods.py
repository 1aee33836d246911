"""The methods compared: gio4j's by `gio4j.select`, random rows, and TSDS in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import gio4j

from .tasks import Task
from .tsds import squared_distances, tsds

#: The rows picked for each budget.
Choice = Mapping[int, np.ndarray]
DEFAULT = "balanced (default)"


def spacing(target: np.ndarray) -> float:
    """Median distance of a target row to its nearest other."""
    squares = squared_distances(target, target)
    np.fill_diagonal(squares, np.inf)
    return float(np.sqrt(np.median(squares.min(axis=1))))


def ours(method: str, *, nested: bool = True, **options: Any) -> Callable[[Task, int], Choice]:
    """A call of `gio4j.select`; nested: a smaller budget's picks are the first of a larger's."""

    def choose(task: Task, seed: int) -> Choice:
        def picks(budget: int) -> np.ndarray:
            found = gio4j.select(
                task.pool, task.target, budget, method, seed=seed, progress=False, **options
            )
            return found.indices

        if nested:
            longest = picks(max(task.budgets))
            return {budget: longest[:budget] for budget in task.budgets}
        return {budget: picks(budget) for budget in task.budgets}

    return choose


def at_spacing(task: Task, seed: int) -> Choice:
    """Laplace with the scale that seems natural, the distance of nearest target rows."""
    return ours("balanced", kernel="laplace", scale=spacing(task.target))(task, seed)


def random_rows(task: Task, seed: int) -> Choice:
    """Any rows."""
    order = np.random.default_rng(seed).permutation(len(task.pool))
    return {budget: order[:budget] for budget in task.budgets}


def transported(scaled: bool) -> Callable[[Task, int], Choice]:
    """TSDS, as its script has it or tuned to the data's scale; drawn without replacement."""

    def choose(task: Task, seed: int) -> Choice:
        tuned = {"sigma": spacing(task.target), "trade_off": 10.0} if scaled else {}
        chances = tsds(task.pool, task.target, **tuned)
        random = np.random.default_rng(seed)
        # With fewer rows than asked for, rows must come twice.
        return {
            budget: random.choice(
                len(chances), budget, replace=budget > np.count_nonzero(chances), p=chances
            )
            for budget in task.budgets
        }

    return choose


METHODS: dict[str, Callable[[Task, int], Choice]] = {
    "random": random_rows,
    "exact": ours("exact"),
    "jump": ours("jump", nested=False),
    "coverage": ours("coverage", nested=False),
    "coverage, k=1": ours("coverage", k=1),
    "coverage, k=5": ours("coverage", k=5),
    "TSDS, its defaults": transported(scaled=False),
    "TSDS, tuned": transported(scaled=True),
    DEFAULT: ours("balanced"),
    "balanced, log": ours("balanced", kernel="log"),
    "balanced, Euclidean": ours("balanced", kernel="euclidean"),
    "balanced, Gauss": ours("balanced", kernel="gauss"),
    "balanced, scale of neighbours": at_spacing,
}
#: Where every pool row is a target too, what needs each pair's distance more than once is left out.
WHOLE = ("random", "exact", "jump", DEFAULT, "balanced, log", "balanced, Euclidean")

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
Method = Callable[[Task, int], Choice]
#: What `gio4j.select` does unless it is asked for something else.
DEFAULT = "rational"


def spacing(target: np.ndarray) -> float:
    """Median distance of a target row to its nearest other."""
    squares = squared_distances(target, target)
    np.fill_diagonal(squares, np.inf)
    return float(np.sqrt(np.median(squares.min(axis=1))))


def ours(method: str, *, nested: bool = True, **options: Any) -> Method:
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


def balanced(kernel: str, *, times: float | None = None, **options: Any) -> Method:
    """Balanced with a kernel; times: its scale is so many of the default ones."""

    def choose(task: Task, seed: int) -> Choice:
        if times is None:
            return ours("balanced", kernel=kernel, **options)(task, seed)
        usual = gio4j.select(task.pool, task.target, 1, kernel=kernel, progress=False, **options)
        scale = times * usual.facts["scale"]
        return ours("balanced", kernel=kernel, scale=scale, **options)(task, seed)

    return choose


def at_spacing(kernel: str) -> Method:
    """With the scale that seems natural, the distance of nearest target rows."""

    def choose(task: Task, seed: int) -> Choice:
        return ours("balanced", kernel=kernel, scale=spacing(task.target))(task, seed)

    return choose


def random_rows(task: Task, seed: int) -> Choice:
    """Any rows."""
    order = np.random.default_rng(seed).permutation(len(task.pool))
    return {budget: order[:budget] for budget in task.budgets}


def tuned_tsds(task: Task, seed: int) -> Choice:
    """TSDS at the data's scale, drawn without replacement."""
    chances = tsds(task.pool, task.target, sigma=spacing(task.target), trade_off=10.0)
    random = np.random.default_rng(seed)
    # With fewer rows than asked for, rows must come twice.
    return {
        budget: random.choice(
            len(chances), budget, replace=budget > np.count_nonzero(chances), p=chances
        )
        for budget in task.budgets
    }


METHODS: dict[str, Method] = {
    "random": random_rows,
    "exact": ours("exact"),
    "round_robin": ours("round_robin", nested=False),
    "coverage": ours("coverage", nested=False),
    "coverage, k=5": ours("coverage", k=5),
    "TSDS, tuned": tuned_tsds,
    "rational": balanced("rational"),
    "rational, alpha=0.25": balanced("rational", alpha=0.25),
    "rational, alpha=0.5": balanced("rational", alpha=0.5),
    "rational, alpha=2": balanced("rational", alpha=2),
    "laplace": balanced("laplace"),
    "Euclidean": balanced("euclidean"),
    "log": balanced("log"),
    "log, scale x 50": balanced("log", times=50),
    "Gauss": balanced("gauss"),
    "rational, scale / 2": balanced("rational", times=0.5),
    "rational, scale x 2": balanced("rational", times=2),
    "rational, alpha=0.5, scale / 2": balanced("rational", alpha=0.5, times=0.5),
    "rational, alpha=0.5, scale x 2": balanced("rational", alpha=0.5, times=2),
    "rational, scale of neighbours": at_spacing("rational"),
    "laplace, scale / 2": balanced("laplace", times=0.5),
    "laplace, scale x 2": balanced("laplace", times=2),
    "laplace, scale of neighbours": at_spacing("laplace"),
}
#: The paper's own objective, by its optimum and its search; k adds a constant to it.
PAPER: dict[str, Method] = {
    "exact, 300 clusters": ours("exact", quantize=300),
    "exact, 1000 clusters": ours("exact", quantize=1000),
    "gradient from the mean": ours("gradient"),
    "gradient, k=1": ours("gradient", k=1),
    "gradient from the last end": ours("gradient", start_vector="prev_opt"),
    "gradient from target rows": ours("gradient", start_vector="jump"),
    "gradient from target rows, 200 steps": ours("gradient", start_vector="jump", steps=200),
    "gradient from target rows, 300 clusters": ours("gradient", start_vector="jump", quantize=300),
    "gradient from target rows, 1000 clusters": ours(
        "gradient", start_vector="jump", quantize=1000
    ),
}
#: Where every pool row is a target too, what needs each pair's distance more than once is left out.
WHOLE = (
    "random",
    "exact",
    "round_robin",
    "rational",
    "rational, alpha=0.5",
    "laplace",
    "Euclidean",
    "log",
    "Gauss",
)


def methods_of(task: str) -> dict[str, Method]:
    """What a task is tried with."""
    if task == "fashion, X = G":
        return {method: METHODS[method] for method in WHOLE}
    return METHODS | PAPER if task == "spelling" else METHODS

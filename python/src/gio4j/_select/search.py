"""Gradient search: the loop of the GIO paper, run by the engine."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import (
    Names,
    Seed,
    check_bool,
    check_int,
    check_real,
    neighbor,
    one_of,
    same_columns,
    seed_of,
)
from gio4j._engine.jobs import Status, number, run_job
from gio4j._engine.progress import Progress, progress_bar
from gio4j._measure.averaged import warn_of_clips
from gio4j._methods.built_in import Gradient
from gio4j._rows.choice import PLAIN, Choice, Metric, choice_of
from gio4j._rows.inputs import source_of, unmoved
from gio4j._rows.matrix import Matrix

#: The 625 integers of `random.getstate()[1]`.
RandomState = tuple[int, ...]

STOP_CRITERIA = (
    "increase",
    "max_resets",
    "min_difference",
    "sequential_increase_tolerance",
    "min_kl",
    "data_size",
)


@dataclass(frozen=True)
class StopOptions:
    """The engine's rules for the end of a gradient search, validated by whoever makes them."""

    criterion: str = "increase"
    min_difference: float = 0.0
    min_kl: float = 0.0
    max_data_size: float = 1.0
    max_sequential_increases: int = 3
    resets_allowed: bool = False
    max_resets: int = 2


@dataclass(frozen=True)
class SearchOptions:
    """Every option of the engine's gradient search, validated by whoever makes it."""

    gradient: Gradient = field(default_factory=Gradient)
    stop: StopOptions = field(default_factory=StopOptions)
    max_iterations: int = 100
    random_restart_probability: float = 0.0
    discard_nearest: bool = False
    #: "one": constants in the data's unit, as in the reference; "typical": they follow the data.
    unit: str = "one"


@dataclass(frozen=True)
class GradientSearch:
    """What a gradient search picked, and how it went.

    Attributes
    ----------
    indices : ndarray of shape (picks,), int32
        Rows of the pool in the order picked.
    divergences : ndarray of shape (picks,), float64
        The divergence after each pick.
    selected : ndarray of shape (start rows + picks, columns), float32
        The start rows and then the picked rows, bit for bit; with ``metric="cosine"`` divided by
        their lengths.
    starting_divergence : float
        The divergence of the start rows alone.
    stop_reason : str
        Such as "increase", "min_difference", "min_kl", "max_iterations" or "exhausted".
    scale_factor : float
        The factor of the gradient, as given or as found.
    point : ndarray of shape (columns,), float64
        Where the last descent ended.
    removed : ndarray of int32
        Pool rows taken from the candidates since the last reset; the last may have been rejected.
    just_reset : bool
        Whether the stop rule fired at the last candidate.
    resets, increases : int
        The counters of the stop rule.
    random_state : tuple of int
        State of the generator afterwards, as in ``random.getstate()[1]``.
    """

    indices: npt.NDArray[np.int32]
    divergences: npt.NDArray[np.float64]
    selected: npt.NDArray[np.float32]
    starting_divergence: float
    stop_reason: str
    scale_factor: float
    point: npt.NDArray[np.float64]
    removed: npt.NDArray[np.int32]
    just_reset: bool
    resets: int
    increases: int
    random_state: RandomState


def search(
    pool: Any,
    target: Any,
    start: Any,
    options: SearchOptions,
    random_state: RandomState,
    names: Names,
    on_status: Callable[[Status], None] | None = None,
    choice: Choice = PLAIN,
) -> GradientSearch:
    """The gateway's `gradient_search`; `names` holds pool, target, start and k."""
    given = {"pool": pool, "target": target, "start": start}
    sources = unmoved(*(source_of(value, names[word], choice) for word, value in given.items()))
    with ExitStack() as leases:
        matrices: dict[str, Matrix] = {}
        for word, source in zip(given, sources, strict=True):
            matrices[word] = source.share(leases)
            same_columns(
                matrices["pool"].columns, names["pool"], matrices[word].columns, names[word]
            )
        neighbor(options.gradient.k, names["k"], matrices["target"].rows, names["target"])
        request = {
            "kind": "gradient_search",
            **{word: matrix.request for word, matrix in matrices.items()},
            "options": asdict(options),
            "random": list(random_state),
        }
        answer = run_job(request, leases, on_status)
    values, arrays = answer.values, answer.arrays
    warn_of_clips(values, names["target"], names["pool"])
    return GradientSearch(
        indices=arrays["indices"],
        divergences=arrays["kl"],
        selected=arrays["selected"],
        starting_divergence=number(values["starting_kl"]),
        stop_reason=values["stop_reason"],
        scale_factor=number(values["scale_factor"]),
        point=arrays["point"],
        removed=arrays["removed"],
        just_reset=values["just_reset"],
        resets=values["resets"],
        increases=values["increases"],
        random_state=tuple(values["random"]),
    )


def gradient_search(
    pool: Any,
    target: Any,
    start: Any,
    *,
    k: int = 5,
    max_picks: int = 101,
    metric: Metric = "euclidean",
    stop: Literal["increase", "min_difference", "min_divergence"] = "increase",
    min_difference: float = 0.0,
    min_divergence: float = 0.0,
    start_vector: Literal["mean", "prev_opt", "jump"] = "mean",
    steps: int = 50,
    learning_rate: float = 0.01,
    scale_factor: float | None = None,
    restart_probability: float = 0.0,
    discard_nearest: bool = False,
    eps: float = 1e-8,
    seed: Seed = 0,
    progress: Progress = "auto",
) -> GradientSearch:
    """Pick rows of `pool` that bring the divergence D(target || selected) down.

    Parameters
    ----------
    pool : matrix-like of shape (N, d)
        The rows to choose from, of any kind that `gio4j.select` takes.
    target : matrix-like of shape (n, d)
        A sample of what is wanted.
    start : matrix-like of shape (m, d)
        Rows that are selected already, at least one.
    k : int, default=5
        The neighbour in the target whose distance is compared, 1 to n - 1.
    max_picks : int, default=101
        Most rows to pick, at least 1.
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" divides each row by its Euclidean length; the search itself then goes as ever, and
        its point need not have length 1. A row of zeros is an error.
    stop : {"increase", "min_difference", "min_divergence"}, default="increase"
        When to stop: "increase" if a pick would raise the divergence, "min_difference" if it would
        lower it by less than `min_difference`, "min_divergence" if it is below `min_divergence`.
    min_difference, min_divergence : float, default=0.0
        The bounds of these rules.
    start_vector : {"mean", "prev_opt", "jump"}, default="mean"
        Where each descent starts: at the mean of the target, where the last descent ended, or at a
        random target row.
    steps : int, default=50
        Steps of each descent; the first takes three times as many.
    learning_rate : float, default=0.01
        A step moves by it, times `scale_factor`, times the gradient.
    scale_factor : float or None, default=None
        None finds the factor once.
    restart_probability : float, default=0.0
        Chance that a descent takes three times the steps.
    discard_nearest : bool, default=False
        Whether to leave the nearest selected row out for each target row; for a pool that holds the
        target.
    eps : float, default=1e-8
        Added to each distance before its logarithm, as a share of the median distance between two
        target rows.
    seed : int, Generator, RandomState or None, default=0
        Seed of "jump" and of restarts, or a generator of NumPy's that draws it. None draws one from
        the system.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar; "auto" shows one where it can be watched, after a second.

    Returns
    -------
    GradientSearch
        The rows picked, and how it went.

    Raises
    ------
    InvalidInputError
        For shapes or values that do not fit. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers.
    GioMemoryError
        If the engine's heap or the machine's memory is too small.

    Notes
    -----
    Each pick descends from a start vector on the averaged divergence of target and selected rows,
    then takes the unused pool row nearest to where that ends [1]_. The search gathers around the
    centre of the target's largest mode; it does not keep the proportions of several.

    The cost is ``n*d`` a step, so ``picks*steps*n*d``, and ``N*d`` a pick.

    References
    ----------
    .. [1] D. Everaert and C. Potts. GIO: Gradient Information Optimization for Training Dataset
       Selection. ICLR 2024. arXiv 2306.11670.

    Examples
    --------
    >>> found = gio4j.gradient_search(pool, target, pool[:5], max_picks=10, seed=1)
    >>> subset = pool[found.indices]
    >>> len(found.divergences) == len(subset) <= 10
    True
    """
    criteria = {
        "increase": "increase",
        "min_difference": "min_difference",
        "min_divergence": "min_kl",
    }
    choice = choice_of(metric=metric)
    most = check_int(max_picks, "max_picks", least=1)  # the engine's loop accepts one more
    options = SearchOptions(
        gradient=Gradient(k, eps, steps, learning_rate, scale_factor, start_vector),
        stop=StopOptions(
            criterion=criteria[one_of(stop, "stop", criteria)],
            min_difference=check_real(min_difference, "min_difference"),
            min_kl=check_real(min_divergence, "min_divergence"),
        ),
        max_iterations=most - 1,
        random_restart_probability=check_real(
            restart_probability, "restart_probability", least=0, most=1
        ),
        discard_nearest=check_bool(discard_nearest, "discard_nearest"),
        unit="typical",
    )
    state = random.Random(seed_of(seed)).getstate()[1]
    names = {"pool": "pool", "target": "target", "start": "start", "k": "k"}
    with progress_bar("gradient search", progress) as on_status:
        return search(pool, target, start, options, state, names, on_status, choice)

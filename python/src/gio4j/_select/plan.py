"""`gio4j.plan`: what a selection will take, before it starts, and whether it is worth it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import Seed, same_columns, seed_of
from gio4j._engine.gateway import info
from gio4j._measure.divergence import energy
from gio4j._methods.built_in import kernel_of
from gio4j._methods.documentation import documented
from gio4j._methods.registry import DEFAULT, Method, amount, check_target, method_of
from gio4j._rows.choice import Metric, Missing
from gio4j._rows.inputs import chosen as rows_chosen
from gio4j._rows.inputs import kept
from gio4j._rows.sources import Indices, Source
from gio4j._select.budgets import budget_rows
from gio4j._select.columns import row_scores
from gio4j._select.select import KEYWORDS, select
from gio4j._select.selection import Selection
from gio4j.errors import GIOWarning, InvalidInputError, warn

#: Rows of the pool and of the target that the trial selects from: 50 ms at 384 columns.
_POOL_ROWS = 4_000
_TARGET_ROWS = 1_000
# A trial picks at most this share, so that there is a choice.
_TRIAL_SHARE = 8
_QUARTER = 4
# Runs of each: the first ones compile, and another program may disturb some.
_RUNS = 12
_RUNS_SECONDS = 1.0
_DRAWS = 5
# Random rows are as good where the picks are within this many standard deviations of their draws.
_DEVIATIONS = 2


@dataclass(frozen=True)
class Plan:
    """What a selection will take, as `gio4j.plan` estimates it.

    Attributes
    ----------
    method : str
        The method's name.
    pool_rows, target_rows, columns, budget : int
        The sizes; `budget` in rows.
    copied_bytes : int
        What is copied into shared memory or a temporary file; 0 for rows that are read in place.
    engine_bytes : int
        What the engine keeps on its heap beside, at most as much as the heap has.
    heap_bytes : int
        The engine's heap, ``gio4j.configure(heap=...)``.
    products : float
        Inner products of two rows, of `columns` multiply-adds each.
    seconds : float
        Estimated from the speed of the trial. Reading a file for the first time comes in addition.
    trial : str
        What was selected from what for the estimate.
    energy, random_energy, random_spread : float or None
        Energy distance of the trial's picks and, in the mean and standard deviation of five draws,
        of as many random rows, to the half of the target that the trial did not see. None for a
        method whose picks are not meant to be distributed as the target is, and for a target too
        small to be halved.

    Examples
    --------
    >>> asked = gio4j.plan(pool, target, 20, "kcenter")
    >>> asked.trial, asked.random_energy
    ('20 of 500 rows by 30', None)
    """

    method: str
    pool_rows: int
    target_rows: int
    columns: int
    budget: int
    copied_bytes: int
    engine_bytes: int
    heap_bytes: int
    products: float
    seconds: float
    trial: str
    energy: float | None
    random_energy: float | None
    random_spread: float | None

    @property
    def random_would_do(self) -> bool:
        """Whether the trial's picks are within two standard deviations of random rows."""
        if self.energy is None or self.random_energy is None or self.random_spread is None:
            return False
        return self.energy > self.random_energy - _DEVIATIONS * self.random_spread

    def __str__(self) -> str:
        lines = [
            f"{self.method}: {self.budget:,} of {self.pool_rows:,} rows by {self.target_rows:,} "
            f"target rows of {self.columns:,} columns",
            f"about {_duration(self.seconds)} for {self.products:.3g} inner products",
            f"copied first: {_size(self.copied_bytes)}; on the engine's heap of "
            f"{_size(self.heap_bytes)}: {_size(self.engine_bytes)}",
        ]
        if self.energy is not None:
            lines.append(
                f"energy distance to a held-out half of the target: {self.energy:.4g}, of random "
                f"rows {self.random_energy:.4g} ± {self.random_spread:.2g}"
            )
        return "\n".join([*lines, f"by a trial: {self.trial}"])

    __repr__ = __str__


@documented
def plan(
    pool: Any,
    target: Any,
    budget: float | str,
    method: str | Method = DEFAULT,
    *,
    scores: Any = None,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    seed: Seed = 0,
    **options: Any,
) -> Plan:
    """Estimate what `gio4j.select` will take, and whether random rows would do as well.

    Parameters
    ----------
    pool : matrix-like of shape (N, d)
        The rows to choose from, of any kind that `gio4j.select` takes.
    target : matrix-like of shape (n, d), or None
        A sample of what is wanted; None takes the pool.
    budget : int, float or str
        How many rows to pick, or a share of the pool.
    method : {<names>} or method, default="balanced"
        As of `gio4j.select`.
    scores : array-like of shape (N,), default=None
        For methods that use them, <scored>.
    columns : str or list of str, default=None
        As of `gio4j.select`.
    missing : {"raise", "skip"}, default="raise"
        As of `gio4j.select`; "skip" reads all rows.
    metric : {"euclidean", "cosine"}, default="euclidean"
        As of `gio4j.select`.
    seed : int, Generator, RandomState or None, default=0
        Seed of the samples and of the random rows.
    **options : dict
        Options of a method that is given by its name.

    Returns
    -------
    Plan
        Sizes, memory, seconds, and the trial's picks beside random rows. It prints as a few lines.

    Raises
    ------
    InvalidInputError
        For values or shapes that do not fit. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers, and for an unknown option.

    Warns
    -----
    GIOWarning
        If the trial's picks are no nearer to the held-out half of the target than random rows.

    Notes
    -----
    A trial selects from at most 4,000 rows of the pool by half of the target, at most 500 rows,
    and from a quarter of both; what the larger one takes longer is scaled up by the method's
    count of products. Take the seconds for their order of magnitude: over 18 methods they were
    0.3 to 7 times those of a warm run (``benchmarks/plan.py``). The cost is that of the trial,
    a second or two, and of streams, which have to be counted, a pass.

    Examples
    --------
    >>> asked = gio4j.plan(pool, target, "10%")
    >>> asked.budget, asked.copied_bytes, asked.random_would_do
    (50, 17920, False)
    """
    wanted = method_of(method, options, KEYWORDS)
    draw = seed_of(seed)
    pool = kept(pool, "pool")
    given = {"pool": pool} | ({} if target is None else {"target": kept(target, "target")})
    sources = rows_chosen(given, columns, missing, metric)
    rows, aims = sources["pool"], sources.get("target", sources["pool"])
    (pool_rows, width), (target_rows, other_width) = rows.shape, aims.shape
    same_columns(width, "pool", other_width, "target")
    check_target(wanted, target_rows)
    scored = None if scores is None else row_scores(scores, wanted, rows.passed())
    scored = None if scored is None else scored[rows.numbers(np.arange(pool_rows))]
    picks = budget_rows(budget, pool_rows, pool_rows)
    if picks is None:
        raise InvalidInputError("budget=None: a plan needs one; pass rows, or a share such as 0.1")
    trial = _Trial(rows, aims, scored, wanted, picks, draw)
    sizes = {"N": pool_rows, "n": target_rows, "s": picks, "d": width}
    products = amount(wanted, wanted.work, **sizes)
    heap = int(info()["max_heap_bytes"])
    found = Plan(
        method=wanted.name,
        pool_rows=pool_rows,
        target_rows=target_rows,
        columns=width,
        budget=picks,
        copied_bytes=rows.copied_bytes() + (0 if aims is rows else aims.copied_bytes()),
        engine_bytes=min(heap, int(amount(wanted, wanted.memory, **sizes))),
        heap_bytes=heap,
        products=products,
        seconds=trial.seconds_for(products),
        trial=str(trial),
        **trial.beside_random(),
    )
    _warn(found)
    return found


class _Trial:
    """A selection from samples, and one from a quarter of these, by which its time is scaled."""

    def __init__(
        self,
        pool: Source,
        target: Source,
        scores: npt.NDArray[np.float32] | None,
        method: Method,
        budget: int,
        seed: int,
    ) -> None:
        self._method = method
        self._budget = budget
        self._seed = seed
        self._random = np.random.default_rng(seed)
        places = self._some(pool.count(), _POOL_ROWS)
        self._rows = pool.take(places)
        self._scores = None if scores is None else scores[places]
        aims = target.take(self._some(target.count(), _TARGET_ROWS))
        self._random.shuffle(aims)
        # Too few rows to be halved are all selected by, and none is held out.
        half = len(aims) // 2 if len(aims) >= 4 else len(aims)
        self._seen, self._held_out = aims[:half], aims[half:]
        self._small, self._small_seconds, _ = self._run(_QUARTER)
        self._large, self._large_seconds, self.found = self._run(1)

    def _run(self, part: int) -> tuple[float, float, Selection]:
        """Products, seconds of the fastest run, and picks of a selection from part of the rows."""
        rows, seen = len(self._rows) // part or 1, len(self._seen) // part or 1
        picks = max(1, min(self._budget, rows // _TRIAL_SHARE))
        took: list[float] = []
        while len(took) < 2 or (len(took) < _RUNS and sum(took) < _RUNS_SECONDS):
            began = time.perf_counter()
            with warnings.catch_warnings():  # of the selection itself, which is not asked for yet
                warnings.simplefilter("ignore", GIOWarning)
                found = select(
                    self._rows[:rows],
                    self._seen[:seen],
                    picks,
                    self._method,
                    scores=None if self._scores is None else self._scores[:rows],
                    quantize=None,
                    seed=self._seed,
                    progress=False,
                )
            took.append(time.perf_counter() - began)
        sizes = {"N": rows, "n": seen, "s": picks, "d": self._rows.shape[1]}
        return amount(self._method, self._method.work, **sizes), min(took), found

    def __str__(self) -> str:
        return f"{len(self.found):,} of {len(self._rows):,} rows by {len(self._seen):,}"

    def seconds_for(self, products: float) -> float:
        """What the large trial took, and as much more as it took longer than the small one."""
        more = self._large_seconds - self._small_seconds
        if more <= 0 or self._large <= self._small:
            return self._large_seconds * products / self._large
        slope = more / (self._large - self._small)
        return max(self._small_seconds, self._large_seconds + slope * (products - self._large))

    def _some(self, rows: int, most: int) -> Indices:
        if rows <= most:
            return np.arange(rows)
        return np.sort(self._random.choice(rows, most, replace=False))

    def beside_random(self) -> dict[str, float | None]:
        """Energy distances to the held-out half."""
        names = ("energy", "random_energy", "random_spread")
        if not (self._method.follows_target and len(self._held_out) and len(self.found)):
            return dict.fromkeys(names)
        kernel = kernel_of(self.found.method, self.found.options, self.found.facts)
        if kernel.scale is None:
            kernel = replace(kernel, scale=energy(self._seen, self._rows, kernel)[1])
        picked = energy(self._held_out, self._rows[self.found.indices], kernel)[0]
        drawn = [
            self._random.choice(len(self._rows), len(self.found), replace=False)
            for _ in range(_DRAWS)
        ]
        chance = [energy(self._held_out, self._rows[rows], kernel)[0] for rows in drawn]
        found = picked, float(np.mean(chance)), float(np.std(chance))
        return dict(zip(names, found, strict=True))


def _warn(found: Plan) -> None:
    if found.random_would_do:
        warn(
            f"plan: of a trial the picks of method={found.method!r} are no nearer to a held-out "
            f"half of the target than random rows are (energy distance {found.energy:.3g} against "
            f"{found.random_energy:.3g} ± {found.random_spread:.2g}), so method='random' would do; "
            "see that pool and target are of one kind, or take another representation"
        )


def _size(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.1f} MiB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.2g} min" if seconds < 5400 else f"{seconds / 3600:.2g} h"

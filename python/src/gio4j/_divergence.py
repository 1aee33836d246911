"""`gio4j.divergence`: how far one sample is from another, with a bootstrap interval."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import neighbor, one_of, real, same_columns, whole
from gio4j._inputs import aligned, share, source_of
from gio4j._jobs import number, run_job
from gio4j._methods import Balanced
from gio4j._neighbors import neighbors
from gio4j.errors import InvalidInputError

Estimator = Literal["wang", "averaged", "energy"]
Terms = npt.NDArray[np.float64]
ESTIMATORS = ("wang", "averaged", "energy")
# Draws made at once: 8 MB of row numbers.
_DRAWS = 1 << 20


class Divergence(float):
    """A divergence, with the interval of its estimate if one was asked for; else a plain float.

    Attributes
    ----------
    low, high : ends of the interval; None without
    level : what it was asked to cover, such as 0.95; None without
    estimator : "wang", "averaged" or "energy"
    """

    low: float | None
    high: float | None
    level: float | None
    estimator: str

    def __new__(
        cls,
        value: float,
        estimator: str,
        low: float | None = None,
        high: float | None = None,
        level: float | None = None,
    ) -> Divergence:
        """A float with what it is and how sure."""
        made = super().__new__(cls, value)
        made.estimator, made.low, made.high, made.level = estimator, low, high, level
        return made

    def __repr__(self) -> str:
        if self.level is None:
            return f"{float(self):.6g} ({self.estimator})"
        return (
            f"{float(self):.6g} ({self.estimator}; {self.level:.0%} from {self.low:.6g} to "
            f"{self.high:.6g})"
        )

    def __getnewargs__(self) -> tuple[Any, ...]:
        return float(self), self.estimator, self.low, self.high, self.level


def divergence(
    x: Any,
    y: Any,
    k: int = 5,
    *,
    estimator: Estimator = "wang",
    interval: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
    eps: float = 1e-8,
) -> Divergence:
    """Estimate how far the distribution of `x` is from that of `y`.

    "wang" is the k-nearest-neighbour estimate of the Kullback-Leibler divergence D(x || y) in nats
    by Wang, Kulkarni and Verdu (2009, eq. 5): the mean over rows of x of
    d * log(distance to the k-th nearest row of y / to the k-th nearest other row of x), plus
    log(m / (n - 1)). "averaged" is the GIO paper's, whose x-y term is averaged over all of y.
    "energy" is the Euclidean energy distance 2 E|x - y| - E|x - x'| - E|y - y'| (Szekely and Rizzo
    2013), at least 0, in the data's unit, and 0 only for equal samples; `Selection.report` measures
    that of the selection's own kernel instead.

    Parameters
    ----------
    x : (n, d) rows of any kind that `gio4j.select` takes
    y : (m, d) likewise
    k : the neighbour whose distance is compared, 1 to n - 1, for "wang" at most m; "energy" has
        none
    estimator : "wang", "averaged" or "energy"
    interval : share that a bootstrap interval shall cover, such as 0.95; None computes none
    resamples : of the bootstrap, at least 100
    seed : of the bootstrap
    eps : added to each distance before its logarithm, so that a duplicate is near and not
        infinitely so; as a share of the median distance between two rows of x. "energy" takes no
        logarithm

    Returns
    -------
    Divergence : a float with `low` and `high`.

    Raises
    ------
    InvalidInputError (a ValueError) for shapes or values that do not fit; TypeError for other
    dtypes. Cost: n*(n + m)*d multiplications, "energy" (n + m)^2*d; the interval resamples rows'
    terms and searches no neighbours again.

    Notes
    -----
    The interval takes the percentiles of resampled terms: of the rows of x for "wang" and
    "averaged", with y as it is; for "energy" of the influence of the rows of both samples. These
    influences vanish where the samples have one distribution: the interval then is too narrow, so
    that it excludes 0 proves nothing.

    "wang" and "averaged" are the same for data times any factor; "averaged" takes distances as at
    least 1e-5 and at most 1e10 of the typical one.

    Examples
    --------
    >>> gio4j.divergence(target, pool) > gio4j.divergence(target, target[::2] + 0.01)
    True
    >>> found = gio4j.divergence(target, pool, estimator="energy", interval=0.95)
    >>> found.low <= found <= found.high
    True
    """
    one_of(estimator, "estimator", ESTIMATORS)
    level = None if interval is None else real(interval, "interval", least=0, most=1, above=True)
    if level == 1:
        raise InvalidInputError(f"interval={interval!r}: needs a share below 1, such as 0.95")
    draws = whole(resamples, "resamples", least=100)
    floor = real(eps, "eps", least=0, above=True)
    sources, _ = aligned(source_of(x, "x"), source_of(y, "y"))
    first, second = (source.settled() for source in sources)
    if estimator == "energy":
        value, _, samples = energy(first, second, Balanced("euclidean"))
    elif estimator == "averaged":
        value, samples = _averaged(first, second, k, floor)
    else:
        value, samples = _wang(first, second, k, floor)
    if level is None:
        return Divergence(value, estimator)
    spread = _resampled(samples, draws, whole(seed, "seed"))
    tails = (1 - level) / 2
    low, high = value + np.quantile(spread, [tails, 1 - tails])
    if estimator == "energy":
        low, high = max(low, 0.0), max(high, 0.0)
    return Divergence(value, estimator, float(low), float(high), level)


def _wang(x: Any, y: Any, k: int, eps: float) -> tuple[float, list[Terms]]:
    rows, others = x.count(), y.count()
    count = neighbor(k, "k", rows, "x")
    if count > others:
        raise InvalidInputError(f"k={k!r}: y has {others} rows; needs 1 to {others}")
    across, _, unit = neighbors(x, y, count)
    within, _, _ = neighbors(x, x, count, exclude_self=True)
    columns = x.take(np.zeros(1, np.int64)).shape[1]
    ratios = np.log(across[:, -1] / unit + eps) - np.log(within[:, -1] / unit + eps)
    terms: Terms = columns * ratios + np.log(others / (rows - 1))
    return float(terms.mean()), [terms]


def _averaged(x: Any, y: Any, k: int, eps: float) -> tuple[float, list[Terms]]:
    with ExitStack() as leases:
        first, second = share(x, "x", leases), share(y, "y", leases)
        same_columns(first.columns, "x", second.columns, "y")
        request = {
            "kind": "divergence-terms",
            "x": first.request,
            "y": second.request,
            "neighbors": neighbor(k, "k", first.rows, "x"),
            "epsilon": eps,
        }
        answer = run_job(request, leases)
    return number(answer.values["value"]), [answer.arrays["terms"]]


def energy(x: Any, y: Any, kernel: Balanced) -> tuple[float, float, list[Terms]]:
    """The energy distance of two samples by a kernel, its scale, and each row's influence."""
    with ExitStack() as leases:
        first, second = share(x, "x", leases), share(y, "y", leases)
        same_columns(first.columns, "x", second.columns, "y")
        request = {
            "kind": "energy",
            "x": first.request,
            "y": second.request,
            **kernel.options(),
        }
        answer = run_job(request, leases)
    arrays = answer.arrays
    influences = [
        2 * (arrays["xy_of_x"] - arrays["xx_of_x"]),
        2 * (arrays["xy_of_y"] - arrays["yy_of_y"]),
    ]
    return number(answer.values["value"]), number(answer.values["scale"]), influences


def _resampled(samples: list[Terms], resamples: int, seed: int) -> Terms:
    """By how much the sum of the samples' means differs, each sample drawn anew."""
    random = np.random.default_rng(seed)
    spread = np.zeros(resamples)
    for terms in samples:
        step = max(1, _DRAWS // len(terms))
        for start in range(0, resamples, step):
            part = spread[start : start + step]
            part += terms[random.integers(len(terms), size=(len(part), len(terms)))].mean(axis=1)
        spread -= terms.mean()
    return spread

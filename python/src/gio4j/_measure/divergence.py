"""`gio4j.divergence`: how far one sample is from another, with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, check_int, check_real, neighbor, one_of, same_columns
from gio4j._engine.jobs import OnStatus, number, run_job
from gio4j._engine.progress import Progress, progress_bar
from gio4j._measure.neighbors import neighbors
from gio4j._methods.built_in import Balanced
from gio4j._rows.choice import Metric, Missing
from gio4j._rows.inputs import chosen, prepared, share
from gio4j.errors import InvalidInputError

Estimator = Literal["wang", "averaged", "energy"]
Terms = npt.NDArray[np.float64]
ESTIMATORS = ("wang", "averaged", "energy")
_INTERVAL = "a share such as 0.95, or None"
# Draws made at once: 8 MB of row numbers.
_DRAWS = 1 << 20


class Divergence(float):
    """A divergence: a float, with the interval of its estimate if one was asked for.

    Attributes
    ----------
    low, high : float or None
        Ends of the interval; None without one.
    level : float or None
        The share that the interval was asked to cover, such as 0.95; None without one.
    estimator : {"wang", "averaged", "energy"}
        How it was estimated.
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
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    estimator: Estimator = "wang",
    interval: float | None = None,
    resamples: int = 1000,
    eps: float = 1e-8,
    seed: int = 0,
    progress: Progress = "auto",
) -> Divergence:
    """Estimate how far the distribution of `x` is from that of `y`.

    Parameters
    ----------
    x : matrix-like of shape (n, d)
        Rows of any kind that `gio4j.select` takes.
    y : matrix-like of shape (m, d)
        Rows of any kind that `gio4j.select` takes.
    k : int, default=5
        The neighbour whose distance is compared, 1 to n - 1, and for "wang" at most m. "energy"
        does not use it.
    columns : str or list of str, default=None
        The column of vectors, or the columns of numbers, of each frame or file; arrays are taken as
        they are. None takes those that are meant, as the notes of `gio4j.select` say.
    missing : {"raise", "skip"}, default="raise"
        What becomes of a row that lacks a number (null or NaN): an error, or it is left out.
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" divides each row by its Euclidean length, so that the square of a distance is
        ``2 - 2 cos``; a row of zeros is an error, or left out by ``missing="skip"``.
    estimator : {"wang", "averaged", "energy"}, default="wang"
        How to estimate, see the notes.
    interval : float or None, default=None
        Share that a bootstrap interval shall cover, such as 0.95. None computes none.
    resamples : int, default=1000
        Resamples of the bootstrap, at least 100.
    eps : float, default=1e-8
        Added to each distance before its logarithm, so that a duplicate is near and not infinitely
        so, as a share of the median distance between two rows of `x`. "energy" takes no logarithm.
    seed : int, default=0
        Seed of the bootstrap.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar; "auto" shows one where it can be watched, after a second.

    Returns
    -------
    Divergence
        A float with `low` and `high`.

    Raises
    ------
    InvalidInputError
        For shapes or values that do not fit. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers.

    Notes
    -----
    "wang" is the k-nearest-neighbour estimate of the Kullback-Leibler divergence D(x || y) in nats
    [1]_ (equation 5): the mean over rows of x of ``d * log(a / b)``, with a the distance to the
    k-th nearest row of y and b that to the k-th nearest other row of x, plus ``log(m / (n - 1))``.
    "averaged" is that of GIO [2]_, whose x-y term is averaged over all rows of y. "energy" is the
    Euclidean energy distance [3]_ ``2 E|x - y| - E|x - x'| - E|y - y'|``, at least 0, in the data's
    unit, and 0 only for equal samples; `Selection.report` measures that of the selection's own
    kernel instead.

    "wang" and "averaged" are the same for data times any factor; "averaged" takes distances as at
    least 1e-5 and at most 1e10 of the typical one.

    The interval takes the percentiles of resampled terms: of the rows of x for "wang" and
    "averaged", with y as it is; for "energy" of the influence of the rows of both samples. These
    influences vanish where the samples have one distribution: the interval is then too narrow, so
    that it excludes 0 proves nothing.

    The cost is ``n*(n + m)*d`` multiplications, of "energy" ``(n + m)**2 * d``. The interval
    resamples the rows' terms and searches no neighbours again.

    References
    ----------
    .. [1] Q. Wang, S. R. Kulkarni and S. Verdu. Divergence estimation for multidimensional
       densities via k-nearest-neighbor distances. IEEE Transactions on Information Theory, 2009.
    .. [2] D. Everaert and C. Potts. GIO: Gradient Information Optimization for Training Dataset
       Selection. ICLR 2024. arXiv 2306.11670.
    .. [3] G. J. Szekely and M. L. Rizzo. Energy statistics: A class of statistics based on
       distances. Journal of Statistical Planning and Inference, 2013.

    Examples
    --------
    >>> gio4j.divergence(target, pool) > gio4j.divergence(target, target[::2] + 0.01)
    True
    >>> found = gio4j.divergence(target, pool, estimator="energy", interval=0.95)
    >>> found.low <= found <= found.high
    True
    """
    one_of(estimator, "estimator", ESTIMATORS)
    level = (
        None
        if interval is None
        else check_real(interval, "interval", 0, 1, above=True, below=True, needs=_INTERVAL)
    )
    draws = check_int(resamples, "resamples", least=100)
    floor = check_real(eps, "eps", least=0, above=True)
    draw = check_int(seed, "seed")
    if estimator == "energy":  # which does not use it; the others know its bounds
        check_int(k, "k", least=1)
    first, second = prepared(chosen({"x": x, "y": y}, columns, missing, metric)).values()
    with progress_bar(f"divergence ({estimator})", progress) as on_status:
        if estimator == "energy":
            value, _, samples = energy(first, second, Balanced("euclidean"), on_status)
        elif estimator == "averaged":
            value, samples = _averaged(first, second, k, floor, on_status)
        else:
            value, samples = _wang(first, second, k, floor, on_status)
    if level is None:
        return Divergence(value, estimator)
    spread = _resampled(samples, draws, draw)
    tails = (1 - level) / 2
    low, high = value + np.quantile(spread, [tails, 1 - tails])
    if estimator == "energy":
        low, high = max(low, 0.0), max(high, 0.0)
    return Divergence(value, estimator, float(low), float(high), level)


def _wang(
    x: Any, y: Any, k: int, eps: float, on_status: OnStatus | None
) -> tuple[float, list[Terms]]:
    (rows, columns), others = x.shape, y.count()
    count = neighbor(k, "k", rows, "x")
    if count > others:
        raise InvalidInputError(f"k={brief(k)}: y has {others} rows; needs 1 to {others}")
    across, _, unit = neighbors(x, y, count, on_status=on_status)
    within, _, _ = neighbors(x, x, count, exclude_self=True, on_status=on_status)
    ratios = np.log(across[:, -1] / unit + eps) - np.log(within[:, -1] / unit + eps)
    terms: Terms = columns * ratios + np.log(others / (rows - 1))
    return float(terms.mean()), [terms]


def _averaged(
    x: Any, y: Any, k: int, eps: float, on_status: OnStatus | None
) -> tuple[float, list[Terms]]:
    with ExitStack() as leases:
        first, second = share(x, "x", leases), share(y, "y", leases)
        same_columns(first.columns, "x", second.columns, "y")
        request = {
            "kind": "divergence_terms",
            "x": first.request,
            "y": second.request,
            "k": neighbor(k, "k", first.rows, "x"),
            "eps": eps,
        }
        answer = run_job(request, leases, on_status)
    return number(answer.values["value"]), [answer.arrays["terms"]]


def energy(
    x: Any, y: Any, kernel: Balanced, on_status: OnStatus | None = None
) -> tuple[float, float, list[Terms]]:
    """The energy distance of two samples by a kernel, its scale, and each row's influence."""
    with ExitStack() as leases:
        first, second = share(x, "x", leases), share(y, "y", leases)
        same_columns(first.columns, "x", second.columns, "y")
        request = {
            "kind": "energy",
            "x": first.request,
            "y": second.request,
            **asdict(kernel),
        }
        answer = run_job(request, leases, on_status)
    arrays = answer.arrays
    influences = [
        2 * (arrays["xy_of_x"] - arrays["xx_of_x"]),
        2 * (arrays["xy_of_y"] - arrays["yy_of_y"]),
    ]
    return number(answer.values["value"]), number(answer.values["scale"]), influences


def _resampled(samples: list[Terms], resamples: int, seed: int) -> Terms:
    """By how much the sum of the samples' means differs, each sample drawn again."""
    random = np.random.default_rng(seed)
    spread = np.zeros(resamples)
    for terms in samples:
        step = max(1, _DRAWS // len(terms))
        for start in range(0, resamples, step):
            part = spread[start : start + step]
            part += terms[random.integers(len(terms), size=(len(part), len(terms)))].mean(axis=1)
        spread -= terms.mean()
    return spread

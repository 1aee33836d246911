"""`gio4j.score`: a number for every row of a pool, by how it resembles a target."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import (
    Seed,
    brief,
    check_bool,
    check_int,
    check_real,
    one_of,
    same_columns,
    seed_of,
)
from gio4j._engine.jobs import OnStatus, run_job
from gio4j._engine.progress import Progress, progress_bar
from gio4j._rows.checkpoints import CheckpointSource
from gio4j._rows.choice import Metric, Missing
from gio4j._rows.inputs import aligned, chosen, unmoved
from gio4j._rows.sources import ArraySource, Source
from gio4j._score.density_ratio import log_ratios
from gio4j._score.dsir import dsir_scores
from gio4j._score.trak import factors_of, trak_scores
from gio4j._select.groups import left_in_groups, numbered
from gio4j._select.select import select
from gio4j.errors import InvalidInputError

HOWS = ("mean", "max", "round_robin", "density_ratio", "dsir", "trak")
Scores = npt.NDArray[np.float64]
#: Which neighbour's distance tells a density, as in the divergences.
_K = 5


def score(
    pool: Any,
    target: Any,
    how: Literal["mean", "max", "round_robin", "density_ratio", "dsir", "trak"] = "mean",
    *,
    k: int | None = None,
    min_tokens: int | None = None,
    out_to_loss: Any = None,
    ridge: float | None = None,
    groups: Any = None,
    per_group: bool = False,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    seed: Seed = 0,
    progress: Progress = "auto",
) -> Scores:
    """Give every row of a pool a number that says how much it resembles a target.

    Parameters
    ----------
    pool : matrix-like of shape (N, d), or N texts
        Rows of any kind that `gio4j.select` takes, read once. For "dsir" texts: a list, a column of
        texts, a pair ``(frame, "column")``, or the path of a table with the column,
        ``"file.parquet:column"``.
    target : matrix-like of shape (n, d), or n texts
        What is wanted, of the same kind.
    how : {"mean", "max", "round_robin", "density_ratio", "dsir", "trak"}, default="mean"
        "mean" is the mean inner product with the target rows, "max" the largest, with
        ``metric="cosine"`` of cosines. "round_robin" is minus the place at which the method of
        that name picks the row: target rows take turns, of `groups` each in its turn.
        "density_ratio" is the log of the target's density at the row over the pool's, by distances
        to the k-th neighbour [1]_. "dsir" is the log of the odds of a text's words and pairs of
        words in the target and in the pool [2]_. "trak" is the influence ``x (X'X + ridge
        I)^-1 g`` of a gradient x of the pool X on the mean gradient g of the target, times
        `out_to_loss` [3]_, the mean over models that are given as ``[(gradients, weight), ...]``.
    k : int or None, default=None
        Which neighbour's distance tells a density, for "density_ratio" alone; None is 5.
    min_tokens : int or None, default=None
        For "dsir" alone: texts of fewer words and marks have minus infinity; None is 0. The
        authors' program drops those of fewer than 100.
    out_to_loss : array-like of shape (N,), list of these, or None, default=None
        For "trak" alone: by how much a row's loss follows the model's output, one minus the
        probability of its label; of several models an array for each, whose mean counts. None is 1.
    ridge : float or None, default=None
        For "trak" alone: added to the diagonal of X'X; None is 0 as in TRAK.
    groups : array-like of shape (n,), default=None
        A label, an integer or a text, of each target row. A pool row's score is the largest that it
        has with one of the groups; None makes all rows one.
    per_group : bool, default=False
        Whether to return the scores with each group instead of the largest.
    columns : str or list of str, default=None
        The column of vectors, or the columns of numbers, of each frame or file; arrays are taken as
        they are. None takes those that are meant, as the notes of `gio4j.select` say.
    missing : {"raise", "skip"}, default="raise"
        What becomes of a row that lacks a number (null or NaN): an error, or it is left out, and
        its score is NaN. `groups` are of all target rows as passed.
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" divides each row by its Euclidean length. A row of zeros then has a product of 0
        with any other; where distances count it is an error, or left out by ``missing="skip"``.
    seed : int, Generator, RandomState or None, default=0
        Seed of the order of turns, and of the sample of the pool that tells its density.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar; "auto" shows one where it can be watched, after a second.

    Returns
    -------
    ndarray of shape (N,) or (N, number of groups), float64
        The scores, more being better; groups in the order in which their labels first appear.

    Raises
    ------
    InvalidInputError
        For shapes or values that do not fit. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers, and for what are no texts.

    Notes
    -----
    The scores are what `gio4j.select` takes as ``scores=`` of "dsdm", which ranks by them or draws
    with a temperature. "mean" costs ``N*d`` multiply-adds a group, "max" ``N*n*d``, "density_ratio"
    ``N*(n + m)*d`` with a sample of the pool of m rows, as many as the target or group has and at
    least 1,000, "trak" ``N*d*d`` and memory for a few d-by-d matrices of doubles. No N-by-n matrix
    is held.

    References
    ----------
    .. [1] Q. Wang, S. R. Kulkarni and S. Verdu. Divergence estimation for multidimensional
       densities via k-nearest-neighbor distances. IEEE Transactions on Information Theory, 2009.
    .. [2] S. M. Xie, S. Santurkar, T. Ma and P. Liang. Data selection for language models via
       importance resampling. NeurIPS 2023. arXiv 2302.03169.
    .. [3] S. M. Park, K. Georgiev, A. Ilyas, G. Leclerc and A. Madry. TRAK: Attributing model
       behavior at scale. ICML 2023. arXiv 2303.14186.

    Examples
    --------
    >>> scores = gio4j.score(pool, target, "max", metric="cosine")
    >>> found = gio4j.select(pool, target, 20, "dsdm", scores=scores, temperature=0.5)
    >>> gio4j.score(["a cat sat", "stocks fell"], ["the cat sat"], "dsir").round().tolist()
    [-31.0, -49.0]
    """
    one_of(how, "how", HOWS)
    each = check_bool(per_group, "per_group")
    for name, value, owner in (
        ("k", k, "density_ratio"),
        ("min_tokens", min_tokens, "dsir"),
        ("out_to_loss", out_to_loss, "trak"),
        ("ridge", ridge, "trak"),
    ):
        if value is not None and how != owner:
            raise InvalidInputError(
                f"{name}={brief(value)}: only how={owner!r} has one; leave it out"
            )
    if each and groups is None:
        raise InvalidInputError(
            "per_group=True: there are no groups; pass groups=, or leave it out"
        )
    if how == "dsir":
        least = check_int(0 if min_tokens is None else min_tokens, "min_tokens")
        _require_plain(columns, missing, metric)
        with progress_bar("score", progress) as on_status:
            return _combined(dsir_scores(pool, target, groups, least, on_status), each)
    if how == "round_robin" and each:
        raise InvalidInputError(
            "per_group=True: with how='round_robin' groups share one order; leave it out, or take "
            "how='max'"
        )
    draw = seed_of(seed)
    if how == "round_robin":
        return _turns(pool, target, groups, columns, missing, metric, draw, progress)
    found = chosen({"pool": pool, "target": target}, columns, missing, metric)
    ours, wanted = found["pool"], found["target"]
    of_rows = None
    if groups is not None:
        labels, of_rows = numbered(groups, wanted.passed())
        if wanted.rows is not None:
            of_rows = left_in_groups(of_rows, wanted.rows, list(labels))
    with progress_bar("score", progress) as on_status:
        if how == "density_ratio":
            same_columns(ours.shape[1], "pool", wanted.shape[1], "target")
            (ours, wanted), _ = aligned(ours, wanted)
            kept = log_ratios(ours, wanted, of_rows, _K if k is None else k, draw, on_status)
        elif how == "trak":
            unmoved(ours, wanted)
            kept = _influences(ours, wanted, of_rows, out_to_loss, ridge, on_status)
        else:
            unmoved(ours, wanted)
            with ExitStack() as leases:
                first, second = ours.share(leases), wanted.share(leases)
                same_columns(first.columns, "pool", second.columns, "target")
                numbers = None
                if of_rows is not None:
                    column = ArraySource(of_rows.astype(np.float32).reshape(-1, 1), "groups")
                    numbers = column.share(leases).request
                request = {
                    "kind": "score",
                    "pool": first.request,
                    "target": second.request,
                    "groups": numbers,
                    "how": how,
                    "per_group": each,
                }
                answer = run_job(request, leases, on_status)
            kept = answer.arrays["scores"].reshape(-1, answer.values["rows"]).copy()
    scores = _combined(kept, each)
    rows = found["pool"].rows
    if rows is None:
        return scores
    whole = np.full((found["pool"].passed(), *scores.shape[1:]), np.nan)
    whole[rows] = scores
    return whole


def _influences(
    pool: Source,
    target: Source,
    groups: npt.NDArray[np.int32] | None,
    out_to_loss: Any,
    ridge: Any,
    on_status: OnStatus | None,
) -> Scores:
    same_columns(pool.shape[1], "pool", target.shape[1], "target")
    added = check_real(0 if ridge is None else ridge, "ridge", least=0)
    models = len(pool.parts) if isinstance(pool, CheckpointSource) else 1
    factors = None
    if out_to_loss is not None:
        factors = factors_of(out_to_loss, pool.passed(), models)
        factors = factors if pool.rows is None else factors[pool.rows]
    return trak_scores(pool, target, groups, factors, added, on_status)


def _require_plain(columns: Any, missing: Any, metric: Any) -> None:
    for name, value, plain in (
        ("columns", columns, None),
        ("missing", missing, "raise"),
        ("metric", metric, "euclidean"),
    ):
        if value != plain:
            raise InvalidInputError(
                f"{name}: how='dsir' takes texts, and a column of them as (frame, 'column'); leave "
                f"{name}= out"
            )


def _combined(by_group: Scores, per_group: bool) -> Scores:
    """From one row a group, to one a pool row."""
    return np.ascontiguousarray(by_group.T) if per_group else by_group.max(axis=0)


def _turns(
    pool: Any,
    target: Any,
    groups: Any,
    columns: Any,
    missing: Missing,
    metric: Metric,
    seed: int,
    progress: Progress,
) -> Scores:
    found = select(
        *(pool, target, 1.0, "round_robin"),
        groups=groups,
        columns=columns,
        missing=missing,
        metric=metric,
        seed=seed,
        progress=progress,
    )
    scores = np.full(found.pool_rows, np.nan)
    scores[found.indices] = 0.0 - np.arange(len(found))
    return scores

"""`gio4j.deduplicate`: drop rows that are copies, or nearly copies, of others."""

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
from gio4j._cluster.kmeans import find_centers
from gio4j._duplicates.duplicates import Duplicates, answer
from gio4j._duplicates.resolve import NearPairs, limit_of, threshold_of
from gio4j._engine.jobs import run_job
from gio4j._engine.progress import Progress, progress_bar
from gio4j._rows.choice import Metric, Missing
from gio4j._rows.inputs import aligned, chosen
from gio4j._rows.numbers import finite_scores
from gio4j._rows.sources import ArraySource, Source
from gio4j.errors import InvalidInputError

Keep = Literal["first", "last", "score", "hard", "easy", "random"]
KEEPS = ("first", "last", "score", "hard", "easy", "random")
#: Cosine at which texts are near duplicates, as in semhash.
COSINE = 0.9
# As NeMo Curator's n_clusters, for "hard" and "easy".
_CENTERS = 100
# The square of a distance is a double.
_MOST_DISTANCE = 1e150


def deduplicate(
    pool: Any,
    threshold: float | None = None,
    budget: int | None = None,
    *,
    keep: Keep = "first",
    against: Any = None,
    chains: bool = False,
    scores: Any = None,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "cosine",
    seed: Seed = 0,
    progress: Progress = "auto",
) -> Duplicates:
    """Drop the rows of `pool` that are near others: copies and near copies.

    Parameters
    ----------
    pool : matrix-like of shape (N, d)
        Rows of any kind that `gio4j.select` takes.
    threshold : float or None, default=None
        Rows are near each other at a cosine of at least this, -1 to 1, or with
        ``metric="euclidean"`` at a distance of at most this. None means 0.9 for "cosine"; a
        distance has to be given. 1 and 0 leave one of equal rows.
    budget : int or None, default=None
        Keep at most this many rows: the threshold is made stricter, from the given one on, as far
        as it keeps no more than that.
    keep : {"first", "last", "score", "hard", "easy", "random"}, default="first"
        Which rows come first, since a row is dropped for the sake of one before it: the lower row
        number, the higher one, the higher number of `scores`, the row farther from ("hard") or
        nearer to ("easy") its centre of a K-means with 100 centres, or chance.
    against : matrix-like of shape (m, d), default=None
        A second set, such as a test set. Rows of the pool are compared with its rows alone, and
        dropped if near one; `keep`, `chains`, `scores` and `budget` do not apply.
    chains : bool, default=False
        Whether a row is also dropped if it is near one that is dropped itself, as in SemDeDup [1]_:
        of a chain of near rows then one is left, though its ends may be far from each other.
    scores : array-like of shape (N,), default=None
        A finite number a row, for ``keep="score"``; kept as float32. Of equal ones the first row
        comes first.
    columns : str or list of str, default=None
        The column of vectors, or the columns of numbers, of each frame or file; arrays are taken as
        they are. None takes those that are meant, as the notes of `gio4j.select` say.
    missing : {"raise", "skip"}, default="raise"
        What becomes of a row that lacks a number (null or NaN): an error, or it is left out, and is
        neither kept nor dropped.
    metric : {"cosine", "euclidean"}, default="cosine"
        How rows are compared. "cosine" divides each row by its Euclidean length, in float32; a row
        of zeros is an error, or left out by ``missing="skip"``.
    seed : int, Generator, RandomState or None, default=0
        Seed of "random", and of the K-means of "hard" and "easy". None draws one from the system.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar; "auto" shows one where it can be watched, after a second.

    Returns
    -------
    Duplicates
        Rows kept and dropped, the row that each was dropped for, and their distance; `counts`,
        `groups`, `rethreshold()`, `take()`, `to_frame()` and `save()`.

    Raises
    ------
    InvalidInputError
        For shapes or values that do not fit, or a budget below what the threshold leaves. It is a
        ValueError.
    TypeError
        For dtypes that hold no real numbers.
    GioMemoryError
        If the engine's heap or the machine's memory is too small.

    Notes
    -----
    Rows are taken in the order of `keep`, and a row is dropped if it is near a *kept* one before
    it. So each dropped row has a kept one near it, and no two kept rows are near each other.

    All near pairs are found, those that differences in double give, and the answer is the same for
    any number of threads. Equal rows are found by one pass over hashes. Of the others, K-means and
    a projection rule out those that cannot be near, and the rest are compared: the cost depends on
    how far apart rows are, and is at most ``N*N/2`` products of 65 columns. The engine keeps 300
    bytes a row and 16 a near pair; where pairs take more than a sixth of its heap it goes on
    without keeping them, which takes longer, and `rethreshold` and `budget` are an error.

    A looser threshold does not always keep fewer rows, as a row that is dropped no longer has
    others dropped. `budget` takes the strictest of those thresholds that a bisection over all
    distances finds: at most so many are kept at it, and more at the next stricter one.

    References
    ----------
    .. [1] A. Abbas, K. Tirumala, D. Simig, S. Ganguli and A. S. Morcos. SemDeDup: Data-efficient
       learning at web-scale through semantic deduplication. arXiv 2303.09540.

    Examples
    --------
    >>> rows = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [2.0, 0.0]]
    >>> found = gio4j.deduplicate(rows, 0.9)
    >>> found.kept.tolist(), found.counts.tolist(), found.groups
    ([0, 2], [3, 1], {0: [1, 3]})
    >>> gio4j.deduplicate(rows, keep="score", scores=[1, 2, 3, 4]).kept.tolist()
    [2, 3]
    >>> gio4j.deduplicate(rows, against=[[0.0, 5.0]]).dropped.tolist()
    [2]
    """
    one_of(keep, "keep", KEEPS)
    chains = check_bool(chains, "chains")
    draw = seed_of(seed)
    given = {"pool": pool} if against is None else {"pool": pool, "against": against}
    taken = chosen(given, columns, missing, metric)
    limit = _threshold(threshold, metric)
    most = None if budget is None else check_int(budget, "budget", least=1)
    if (keep == "score") != (scores is not None):
        raise InvalidInputError(
            f"scores: {'are needed' if scores is None else 'have no use'} for keep={keep!r}; "
            + ("pass a number for each row" if scores is None else "pass keep='score' or none")
        )
    if against is not None:
        _require_plain(budget=budget, scores=scores, chains=chains or None)
    rows = taken["pool"]
    column = None if scores is None else finite_scores(scores, rows.passed())
    if column is not None and rows.rows is not None:
        column = column[rows.rows]
    if keep in ("hard", "easy") and against is None:
        column = _distances(rows, draw, progress) * (1 if keep == "hard" else -1)
    found = _search(taken, limit, metric, keep, chains, column, draw, progress)
    return found if most is None else _cut(found, most)


def duplicates_of(pool: Source, threshold: float, progress: Progress) -> Duplicates:
    """`deduplicate` with its defaults of rows that were chosen before, by their own metric."""
    value = _threshold(threshold, pool.metric, "dedup")
    return _search({"pool": pool}, value, pool.metric, "first", False, None, 0, progress)


def _threshold(threshold: Any, metric: Metric, name: str = "threshold") -> float:
    if threshold is None and metric == "euclidean":
        raise InvalidInputError(
            "threshold=None: is 0.9 for metric='cosine' alone; pass the largest distance of rows "
            "that are near each other"
        )
    if metric == "cosine":
        value = COSINE if threshold is None else threshold
        return check_real(value, name, least=-1, most=1)
    return check_real(threshold, name, least=0, most=_MOST_DISTANCE)


def _require_plain(**arguments: Any) -> None:
    """InvalidInputError for what only means something among rows of the pool."""
    for name, value in arguments.items():
        if value is not None:
            raise InvalidInputError(
                f"{name}={brief(value)}: has no meaning with against=, which compares no two rows "
                "of the pool; leave one of them out"
            )


def _distances(rows: Source, seed: int, progress: Progress) -> npt.NDArray[np.float32]:
    """How far each row is from its centre."""
    clusters = min(_CENTERS, rows.shape[0])
    model = find_centers(rows, clusters, seed=seed, progress=progress, distances=True)
    assert model._distances is not None, "they were asked for"
    return model._distances.astype(np.float32)


def _search(
    taken: dict[str, Source],
    threshold: float,
    metric: Metric,
    keep: str,
    chains: bool,
    scores: npt.NDArray[np.float32] | None,
    seed: int,
    progress: Progress,
) -> Duplicates:
    sources = dict(zip(taken, aligned(*taken.values())[0], strict=True))
    pool, against = taken["pool"], taken.get("against")
    with ExitStack() as leases, progress_bar("duplicates", progress) as on_status:
        matrix = sources["pool"].share(leases)
        other = None if against is None else sources["against"].share(leases)
        if other is not None:
            same_columns(matrix.columns, "pool", other.columns, "against")
        column = None
        if scores is not None:
            column = ArraySource(scores.reshape(-1, 1), "scores").share(leases).request
        request = {
            "kind": "deduplicate",
            "pool": matrix.request,
            "against": None if other is None else other.request,
            "scores": column,
            "options": {
                "squared_radius": limit_of(threshold, metric),
                "keep": "score" if scores is not None else keep if against is None else "first",
                "chains": chains,
                "seed": seed,
            },
        }
        reply = run_job(request, leases, on_status)
    # Out of shared memory, as they may be kept for long.
    arrays = {name: values.copy() for name, values in reply.arrays.items()}
    pairs = None
    if reply.values["complete"]:
        pairs = NearPairs(
            arrays["order"],
            arrays["copy_of"],
            arrays["earlier"],
            arrays["later"],
            arrays["pair_squared_distances"],
            chains,
        )
    rows = None if pool.rows is None else pool.rows.astype(np.int32)
    others = None if against is None or against.rows is None else against.rows
    if against is not None and others is None:
        others = np.arange(against.shape[0])
    return Duplicates(
        **answer(arrays["near"], arrays["squared_distances"], rows, others),
        threshold=threshold,
        metric=metric,
        keep=keep,
        chains=chains,
        has_against=against is not None,
        pool_rows=pool.passed(),
        _pairs=pairs,
        _rows=rows,
    )


def _cut(found: Duplicates, budget: int) -> Duplicates:
    """The strictest threshold that leaves at most so many rows, by bisection."""
    if len(found.kept) > budget:
        raise InvalidInputError(
            f"budget={budget}: threshold={found.threshold:g} keeps {len(found.kept)} rows; pass a "
            f"{'lower' if found.metric == 'cosine' else 'larger'} threshold"
        )
    pairs = found._known_pairs()
    distances = np.unique(np.append(pairs.squared, 0.0))
    # Kept at most so many at `loose`, the threshold given being the last of all; more at `strict`.
    strict, loose = -1, len(distances)
    while loose - strict > 1:
        middle = (strict + loose) // 2
        at = limit_of(threshold_of(distances[middle], found.metric), found.metric)
        if pairs.within(at).is_kept().sum() <= budget:
            loose = middle
        else:
            strict = middle
    if loose == len(distances):
        return found
    return found.rethreshold(threshold_of(distances[loose], found.metric))

"""`gio4j.select`: rows of a pool that look like a target, by any of the methods."""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from gio4j._checks import Seed, brief, check_int, one_of, seed_of
from gio4j._cluster.kmeans import warn_of_fewer
from gio4j._duplicates.duplicates import Duplicates
from gio4j._engine.jobs import number
from gio4j._engine.progress import Progress, progress_bar
from gio4j._methods.documentation import documented
from gio4j._methods.registry import DEFAULT, Method, method_of
from gio4j._rows.choice import Metric, Missing
from gio4j._select.budgets import NO_MORE, NO_MORE_UNLIKE, Budgets
from gio4j._select.columns import row_scores, row_weights
from gio4j._select.endings import warn_of_the_end
from gio4j._select.groups import groups_of
from gio4j._select.limits import Limits, Wanted
from gio4j._select.pick import Picking
from gio4j._select.quantized import cluster, pick_clusters
from gio4j._select.rows import GivenRows
from gio4j._select.selection import Selection
from gio4j.errors import InvalidInputError

# Into as many clusters as in the paper.
_QUANTIZE_CLUSTERS = 1500
_QUANTIZE = "'auto', None, or the number of clusters"
_OUT_OF_RANGE = {"NaN", "Infinity", "-Infinity"}


@overload
def select(
    pool: Any,
    target: Any,
    budget: float | str | None = None,
    method: str | Method = DEFAULT,
    *,
    existing: Any = None,
    weights: Any = None,
    scores: Any = None,
    groups: Any = None,
    target_shares: Mapping[Any, float] | None = None,
    dedup: float | Duplicates | None = None,
    exclude: Any = None,
    source: Any = None,
    caps: Mapping[Any, float] | None = None,
    floors: Mapping[Any, float] | None = None,
    costs: Any = None,
    min_distance: float | None = None,
    avoid: Any = None,
    avoid_distance: float = 0.0,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    quantize: int | Literal["auto"] | None = "auto",
    seed: Seed = 0,
    progress: Progress = "auto",
    on_interrupt: Literal["raise", "return"] = "raise",
    **options: Any,
) -> Selection: ...


@overload
def select(
    pool: Any,
    target: Any,
    budget: list[Any] | tuple[Any, ...],
    method: str | Method = DEFAULT,
    *,
    existing: Any = None,
    weights: Any = None,
    scores: Any = None,
    groups: Any = None,
    target_shares: Mapping[Any, float] | None = None,
    dedup: float | Duplicates | None = None,
    exclude: Any = None,
    source: Any = None,
    caps: Mapping[Any, float] | None = None,
    floors: Mapping[Any, float] | None = None,
    costs: Any = None,
    min_distance: float | None = None,
    avoid: Any = None,
    avoid_distance: float = 0.0,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    quantize: int | Literal["auto"] | None = "auto",
    seed: Seed = 0,
    progress: Progress = "auto",
    on_interrupt: Literal["raise", "return"] = "raise",
    **options: Any,
) -> list[Selection]: ...


@documented
def select(
    pool: Any,
    target: Any,
    budget: float | str | list[Any] | tuple[Any, ...] | None = None,
    method: str | Method = DEFAULT,
    *,
    existing: Any = None,
    weights: Any = None,
    scores: Any = None,
    groups: Any = None,
    target_shares: Mapping[Any, float] | None = None,
    dedup: float | Duplicates | None = None,
    exclude: Any = None,
    source: Any = None,
    caps: Mapping[Any, float] | None = None,
    floors: Mapping[Any, float] | None = None,
    costs: Any = None,
    min_distance: float | None = None,
    avoid: Any = None,
    avoid_distance: float = 0.0,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    quantize: int | Literal["auto"] | None = "auto",
    seed: Seed = 0,
    progress: Progress = "auto",
    on_interrupt: Literal["raise", "return"] = "raise",
    **options: Any,
) -> Selection | list[Selection]:
    """Pick the rows of `pool` that, together, look like `target`.

    Parameters
    ----------
    pool : array-like, frame, dataset or path, of shape (N, d)
        The rows to choose from: an array, CPU tensor or sparse matrix; a column of vectors
        (pyarrow, pandas, polars, Hugging Face); a frame with one such column or with columns of
        numbers, Spark's too; a pair ``(frame, "column")`` or ``(frame, ["a", "b"])``; or the path
        of a .npy, .npz, .safetensors, .pt, Arrow, Parquet, CSV or JSON lines file, a folder,
        pattern or list of them. Gradients at several checkpoints of a model are
        ``[(matrix, weight), ...]``. The engine computes in float32. Other dtypes are converted
        once, less an offset of each column where float32 alone would lose what tells rows apart.
    target : matrix-like of shape (n, d), or None
        A sample of what is wanted, of any kind that `pool` may be. None takes the pool: the picks
        represent it.
    budget : int, float, str, list of these, or None, default=None
        How many rows to pick: an int is their number, a float above 0 up to 1.0 a share of the
        pool, as is ``"10%"``. A list gives a selection for each, nested: the first picks of one run
        with the largest, which the k of "coverage" follows. None goes on to the method's natural
        stop.
    method : {<names>} or method, default="balanced"
        A name, with its options as keywords, or an object that has them, such as
        ``gio4j.Balanced(kernel="log")``.

        <methods>
    existing : matrix-like of shape (m, d), Selection or integers of shape (m,), default=None
        Rows that are selected already. Integers are rows of the pool, which are not picked again;
        the others are copied.
    weights : array-like of shape (N,), default=None
        Integers of at least 1: row i counts as ``weights[i]`` rows, in the objective and in
        the budget, which ends with the row that reaches it. None counts each row once.
    scores : array-like of shape (N,), default=None
        One finite number a pool row, for methods that use one, <scored>, each of which says what it
        means; kept as float32. Other methods refuse it, as does ``quantize=``.
    groups : array-like of shape (n,), default=None
        A label, an integer or a text, for each row of the target, which says what group it is in.
        Each group counts by its share, whatever its number of rows: a mean over target rows takes a
        row of a group of n_g rows as ``share / n_g``. For <grouped>; other methods refuse it. Of a
        pool that is its own target, labels are of the pool's rows.
    target_shares : dict, default=None
        The share of each label of `groups`: numbers above 0, of which only the ratios count. None
        gives all groups the same.
    dedup : float or Duplicates, default=None
        Rows of the pool to leave out first: those that `gio4j.deduplicate` drops at this threshold,
        by `metric`, or that it did drop. Rows of `existing` given by number stay. Row numbers are
        of all rows as passed. None leaves none out.
    exclude : integers of shape (m,) or bool of shape (N,), default=None
        Rows of the pool that are never picked: their numbers, or a mask.
    source : array-like of shape (N,) or str, default=None
        The source of each row of the pool, an integer or a text; or the column of a frame that has
        it. `caps`, `floors` and the method "random_stratified" need it.
    caps : dict, default=None
        The most to pick of a source, by its label: an int, or a share of the budget as a float.
        They count rows, or with `costs` costs.
    floors : dict, default=None
        The fewest rows to pick of a source, likewise. As soon as the budget that is left is what
        they still need, no other rows are picked.
    costs : array-like of shape (N,), default=None
        What each row costs, above 0, such as its tokens. `budget` is then what the picks may cost
        together, an int or a share of what all rows cost, and is never exceeded.
    min_distance : float, default=None
        The smallest distance between two picks, or between a pick and an `existing` row, in the
        `metric`. "cosine" means ``sqrt(2 - 2 cos)``.
    avoid : matrix-like of shape (k, d), default=None
        Rows which no pick may resemble, such as a test set: pool rows within `avoid_distance` of
        one of them are excluded.
    avoid_distance : float, default=0.0
        The distance up to which a row resembles one to avoid; 0 means copies.
    columns : str or list of str, default=None
        The column of vectors, or the columns of numbers, of each frame or file; arrays are taken as
        they are. None takes those that are meant, as the notes say.
    missing : {"raise", "skip"}, default="raise"
        What becomes of a row that lacks a number (null or NaN): an error, or it is left out. Row
        numbers, `weights` and whatever else has a value for each row are of all rows as passed.
    metric : {"euclidean", "cosine"}, default="euclidean"
        How rows are compared. "cosine", for embeddings whose lengths mean nothing, divides each row
        by its Euclidean length while it is read; distances are then Euclidean ones of such rows,
        whose square is ``2 - 2 cos``. A row of zeros is an error, or with ``missing="skip"`` left
        out.
    quantize : int, "auto" or None, default="auto"
        "auto" clusters the pool only for "gradient", and only above 100,000 rows, into 1,500
        clusters; None never does; an int always does, into that many. The method then chooses among
        the centroids, and the rows of the chosen clusters are the picks, nearest to their centroid
        first, cut at the budget. A cluster's gain is shared out among its rows, and the trace is
        the objective of the centroids.
    seed : int, Generator, RandomState or None, default=0
        Seed of whatever the method draws, or a generator of NumPy's that draws it. None draws one
        from the system.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar; "auto" shows one in a terminal or notebook after a second.
    on_interrupt : {"raise", "return"}, default="raise"
        What Ctrl-C does: raise KeyboardInterrupt, or return the picks made so far.
    **options : dict
        Options of a method that is given by its name, listed in the notes.

    Returns
    -------
    Selection or list of Selection
        `indices`, `gains`, `trace` and `stop_reason`, with `report()`, `take()` and `plot()`; a
        list for a list of budgets, in its order.

    Raises
    ------
    InvalidInputError
        For values or shapes that do not fit, naming the first bad row. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers, and for an unknown option, naming the nearest.
    GioMemoryError
        If the engine's heap or the machine's memory is too small.

    Warns
    -----
    GIOWarning
        If float32 loses differences between rows that no offset of their column saves; if the
        kernel sees no difference between the rows left; if a method without a budget stops after
        one row.

    Notes
    -----
    Options of each method:

    <options>

    The cost, in products of d columns, is ``N*(n + budget)`` for "balanced", ``N*n`` for "exact"
    and "coverage", ``n*steps*budget + N*budget`` for "gradient". The pool is read in place.

    Which columns of a frame or file are meant: `features`; else the only column of lists of
    numbers; else the only one of texts that are JSON arrays; else all columns of numbers. The other
    columns are left out of these, with a GIOWarning that names them. Where that is open, such as
    with two columns of vectors or integers named `id`, it is an error that lists the choices.

    "balanced" keeps the energy distance [1]_ low, with a bounded kernel by kernel herding [2]_;
    "exact" and "gradient" have the objective of GIO [3]_.

    References
    ----------
    .. [1] G. J. Szekely and M. L. Rizzo. Energy statistics: A class of statistics based on
       distances. Journal of Statistical Planning and Inference, 2013.
    .. [2] Y. Chen, M. Welling and A. Smola. Super-samples from kernel herding. UAI 2010.
    .. [3] D. Everaert and C. Potts. GIO: Gradient Information Optimization for Training Dataset
       Selection. ICLR 2024. arXiv 2306.11670.

    Examples
    --------
    >>> found = gio4j.select(pool, target, 20)
    >>> found
    Selection(20 of 500 rows, method='balanced', stop_reason='budget', objective ...)
    >>> subset = found.take(pool)
    >>> subset.shape
    (20, 8)
    >>> few, many = gio4j.select(pool, target, [20, "10%"])
    >>> list(few) == list(many[:20])
    True
    >>> more = gio4j.select(pool, target, 5, existing=few)
    >>> set(more) & set(few)
    set()
    """
    chosen = method_of(method, options, KEYWORDS)
    draw = seed_of(seed)
    one_of(on_interrupt, "on_interrupt", ("raise", "return"))
    wanted = Wanted(exclude, source, caps, floors, costs, min_distance, avoid, avoid_distance)
    wanted.check(chosen, weights, scores, budget)
    began = time.perf_counter()
    rows = GivenRows(
        pool,
        target,
        existing,
        avoid,
        columns=columns,
        missing=missing,
        metric=metric,
        dedup=dedup,
        has_origin=chosen.has_origin,
        progress=progress,
    )
    counts = None if weights is None else row_weights(weights, rows.passed)
    scored = None if scores is None else row_scores(scores, chosen, rows.passed)
    grouped = groups_of(groups, target_shares, chosen, rows.aims.passed())
    limits = None
    if wanted.given():
        limits = wanted.of_rows(rows.pool, rows.rows, rows.numbers, rows.sources.get("avoid"))
    budgets = Budgets.of(budget, rows, counts, limits, NO_MORE if dedup is None else NO_MORE_UNLIKE)
    clusters = _clusters(quantize, chosen, rows.count())
    _require_no_clusters(clusters, scored, wanted)
    if clusters is not None:
        # K-means takes the rows as the selection does, less the same offset.
        rows.sources["pool"] = rows.sources["pool"].materialised()
    asked = Picking(
        pool=rows.sources["pool"],
        target=rows.sources["target"],
        existing=rows.sources.get("existing"),
        weights=None if counts is None else counts[rows.numbers],
        scores=None if scored is None else scored[rows.numbers],
        groups=None if grouped is None else grouped.among(rows.target_numbers()),
        method=chosen,
        budget=budgets.rows,
        seed=draw,
        limits=limits,
        within=budgets.largest,
        keep_on_interrupt=on_interrupt == "return",
    )
    seconds = {"prepare": time.perf_counter() - began}
    model = None
    if clusters is not None:
        began = time.perf_counter()
        model = cluster(asked, clusters, progress)
        seconds["quantize"] = time.perf_counter() - began
        warn_of_fewer("quantize", clusters, {"pool": model})
    with progress_bar(chosen.name, progress, objective=chosen.objective) as on_status:
        answer = asked.run(on_status) if model is None else pick_clusters(asked, model, on_status)
    values, arrays = answer.values, answer.arrays
    facts = _plain(values["facts"]) | rows.facts()
    if limits is not None:
        facts |= limits.facts(arrays["indices"])
        limits.warn_of_the_end(arrays["indices"], budgets.largest, values["stop_reason"])
    warn_of_the_end(chosen, budgets.rows, values["stop_reason"], facts, len(arrays["indices"]))
    start = values["starting_objective"]
    found = Selection(
        # Out of shared memory: they are small, and may be kept for long.
        indices=rows.called(arrays["indices"]),
        gains=arrays["gains"].copy(),
        trace=arrays["trace"].copy(),
        stop_reason=values["stop_reason"],
        starting_objective=None if start is None else number(start),
        method=chosen.name,
        options={
            **asdict(chosen),
            "budget": budgets.largest,
            "seed": draw,
            "target_shares": None if grouped is None else grouped.by_label(),
            "quantize": clusters,
            "dedup": dedup.threshold if isinstance(dedup, Duplicates) else dedup,
            "columns": rows.shown_columns,
            "missing": missing,
            "metric": metric,
            **({} if limits is None else {"limits": limits.options(budgets.largest)}),
        },
        facts=facts,
        timings={**seconds, **_plain(values["timings"])},
        pool_rows=rows.passed,
        pool_columns=rows.columns,
        pool_files=rows.files,
        weights=arrays["weights"].copy() if "weights" in arrays else None,
        pool=rows.pool,
        target=rows.target,
        target_groups=grouped,
    )
    if not budgets.several:
        return found
    return [_first(found, each, counts, limits) for each in budgets.several]


#: What is no option of a method.
KEYWORDS = [
    name
    for name, parameter in inspect.signature(select).parameters.items()
    if name not in ("pool", "target") and parameter.kind is not parameter.VAR_KEYWORD
]


def _first(
    found: Selection, budget: float, counts: npt.NDArray[np.float32] | None, limits: Limits | None
) -> Selection:
    """The picks with which the run reached a smaller budget, or in costs did not exceed it."""
    spent = np.arange(1, len(found) + 1)
    if counts is not None:
        spent = np.cumsum(counts[found.indices], dtype=np.float64)
    reached = int(np.searchsorted(spent, budget)) + 1
    facts = found.facts
    if limits is not None:
        places = limits.places(found.indices)
        if limits.costs is not None:
            spent = np.cumsum(limits.costs[places])
            reached = int(np.searchsorted(spent, budget, side="right"))
        facts = {**facts, **limits.facts(places[:reached])}
    return replace(
        found[:reached],
        options={**found.options, "budget": budget},
        facts=facts,
        stop_reason="budget" if reached < len(found) else found.stop_reason,
    )


def _clusters(quantize: Any, method: Method, pool_rows: int) -> int | None:
    if quantize is None:
        return None
    if isinstance(quantize, str):
        if quantize != "auto":
            raise InvalidInputError(f"quantize={brief(quantize)}: needs {_QUANTIZE}")
        most = method.quantized_above
        return _QUANTIZE_CLUSTERS if most is not None and pool_rows > most else None
    return check_int(quantize, "quantize", least=1, needs=_QUANTIZE)


def _require_no_clusters(clusters: int | None, scores: Any, wanted: Wanted) -> None:
    """InvalidInputError for what is said of rows where clusters are picked."""
    if clusters is not None and scores is not None:
        raise InvalidInputError(
            f"scores: are of rows, and with quantize={clusters} clusters are picked; pass "
            "quantize=None"
        )
    if clusters is not None and wanted.given():
        raise InvalidInputError(
            f"{wanted.given()[0]}: is a limit of rows, and with quantize={clusters} clusters are "
            "picked; pass quantize=None"
        )


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's facts; numbers that are not finite come as text."""
    return {
        name: float(value) if value in _OUT_OF_RANGE else value for name, value in facts.items()
    }

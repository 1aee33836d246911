"""K-means on the engine, and the model it leaves."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import Names as Called
from gio4j._checks import Seed, brief, check_int, check_real, one_of, same_columns, seed_of
from gio4j._engine.jobs import Status, number, run_job
from gio4j._engine.progress import Progress, progress_bar
from gio4j._rows.arrow_file import read_vectors, write_vectors
from gio4j._rows.choice import Metric, Missing, Names, choice_of
from gio4j._rows.files import is_path
from gio4j._rows.float32 import Offset, Rows
from gio4j._rows.inputs import aligned, chosen, parted, share, source_of
from gio4j._rows.kinds.holder import Array, Predictions
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.matrix import to_numpy
from gio4j._shared.open_file import path_of
from gio4j.errors import InvalidInputError, InvalidTypeError, warn

# The usual names, and the engine's.
SEEDINGS = {"k-means||": "parallel", "k-means++": "plus_plus", "random": "random"}
STOPS = ("center_shift", "absolute_shift", "inertia")
# Where an absolute tolerance ends a K-means that went well, the inertia fell by less than a
# hundredth of this share in the last iteration.
_STILL_FALLS = 1e-3
#: What marks a saved model, and holds its summary; and what `Moved` holds, as bytes.
_METADATA = b"gio4j.kmeans"
_MOVED = b"gio4j.kmeans.offset", b"gio4j.kmeans.moved"
_COLUMNS = b"gio4j.kmeans.columns"
_METRIC = b"gio4j.kmeans.metric"
#: Beside it, the digest of centres and summary.
_DIGEST = b"gio4j.kmeans.sha256"


@dataclass(frozen=True, repr=False)
class KMeansSummary:
    """How a K-means went.

    Attributes
    ----------
    sizes : tuple of int
        Rows of each cluster.
    inertia : float
        The inertia at the end: the sum of squared distances to the nearest centre.
    iterations : int
        How many were done.
    stop_reason : {"converged", "max_iterations"}
        Why it ended.
    trace : tuple of float
        The inertia before each iteration's update.
    moved : tuple of int
        Rows that changed cluster in each iteration.
    computed : tuple of float
        Share of the full product of rows and centres that each iteration computed.
    """

    sizes: tuple[int, ...]
    inertia: float
    iterations: int
    stop_reason: str
    trace: tuple[float, ...]
    moved: tuple[int, ...]
    computed: tuple[float, ...]

    def __repr__(self) -> str:
        return (
            f"KMeansSummary({len(self.sizes):,} clusters of {min(self.sizes):,} to "
            f"{max(self.sizes):,} rows, inertia {self.inertia:.6g}, iterations={self.iterations}, "
            f"stop_reason={self.stop_reason!r})"
        )


@dataclass(frozen=True, eq=False)
class Moved:
    """Centres less an offset of each column, as the engine found them in rows less the same."""

    offset: Offset
    centers: Rows


@dataclass(frozen=True, eq=False, repr=False)
class KMeansModel:
    """Centres found by `gio4j.kmeans`, with the history of how.

    Attributes
    ----------
    centers : ndarray of shape (clusters, columns), float32 or float64
        The centres; float64 where float32 has too few digits for rows that lie far from 0 and near
        each other.
    summary : KMeansSummary
        How the iterations went.
    assignments : ndarray of shape (rows,), int32, or None
        The cluster of each row that it was made from, -1 for one that was left out; None once
        loaded from a file.
    columns : tuple of str or None
        Names of the columns of numbers that it was made from, which it takes of every frame by
        these names; None for vectors and arrays.
    metric : {"euclidean", "cosine"}
        By which rows are compared, those that it predicts too.

    Examples
    --------
    >>> model = gio4j.kmeans(pool, 3, seed=1)
    >>> model
    KMeansModel(3 centres of 8 columns, inertia ..., iterations=..., stop_reason='converged')
    >>> model.predict(target).shape
    (60,)
    """

    centers: npt.NDArray[np.float32] | npt.NDArray[np.float64]
    summary: KMeansSummary
    assignments: npt.NDArray[np.int32] | None = None
    columns: Names | None = None
    metric: Metric = "euclidean"
    _moved: Moved | None = field(default=None, repr=False)
    # Of each row to its centre, if `find_centers` was asked for them.
    _distances: npt.NDArray[np.float64] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        clusters, columns = self.centers.shape
        return (
            f"KMeansModel({clusters:,} centres of {columns:,} columns, "
            f"inertia {self.summary.inertia:.6g}, iterations={self.summary.iterations}, "
            f"stop_reason={self.summary.stop_reason!r})"
        )

    def clusterCenters(self) -> list[npt.NDArray[np.float64]]:  # noqa: N802 - Spark's name
        """Give the centres as Spark's model gives them.

        Returns
        -------
        list of ndarray of shape (columns,), float64
            One array a centre.
        """
        return list(self.centers.astype(np.float64))

    def predict(self, rows: Any, *, missing: Missing = "raise") -> Any:
        """Find the nearest centre of each row, the first of several equally near ones.

        Parameters
        ----------
        rows : matrix-like of shape (n, d) or (d,)
            A matrix, a path or a frame as for `gio4j.kmeans`, or the d numbers of a single row.
        missing : {"raise", "skip"}, default="raise"
            What becomes of a row that lacks a number: an error, or its cluster is -1.

        Returns
        -------
        ndarray of shape (n,), int32, or int
            The cluster of each row; of a single row an int.
        """
        single = is_one_row(rows)
        found = nearest(
            to_numpy(rows, "rows").reshape(1, -1) if single else rows, self, "rows", missing
        )
        return int(found[0]) if single else found

    def transform(self, frame: Any, *, missing: Missing = "raise") -> Any:
        """Add an int32 column `prediction` to a frame.

        Parameters
        ----------
        frame : frame or matrix-like
            Rows to predict. A frame of Spark gets its column lazily, where the rows lie.
        missing : {"raise", "skip"}, default="raise"
            What becomes of a row that lacks a number: an error, or its prediction is -1.

        Returns
        -------
        frame or ndarray of shape (n,), int32
            The frame with its predictions, of the kind that was given; for an array the predictions
            alone.
        """
        return with_predictions(frame, self, lambda: nearest(frame, self, "frame", missing))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an Arrow file: the centres, and the summary in its metadata.

        gio4j reads it wherever it takes the path of a matrix.

        Parameters
        ----------
        path : str or os.PathLike
            The file to write.
        """
        metadata = {_METADATA: json.dumps(asdict(self.summary)).encode()}
        if self.columns is not None:
            metadata[_COLUMNS] = json.dumps(self.columns).encode()
        if self.metric != "euclidean":
            metadata[_METRIC] = self.metric.encode()
        if self._moved is not None:
            parts = self._moved.offset.tobytes(), self._moved.centers.tobytes()
            metadata |= dict(zip(_MOVED, parts, strict=True))
        metadata[_DIGEST] = _digest(self.centers, metadata)
        write_vectors(path_of(path), iter([self.centers]), metadata)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> KMeansModel:
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or os.PathLike
            A file written by `save`.

        Returns
        -------
        KMeansModel
            The same model, without assignments.

        Raises
        ------
        InvalidInputError
            For another file, or one that was damaged. It is a ValueError.
        """
        centers, metadata = read_vectors(path_of(path))
        if _METADATA not in metadata:
            raise InvalidInputError(
                f"path={brief(os.fspath(path))}: is no saved K-means; write it with "
                "model.save(path)"
            )
        if metadata.get(_DIGEST) != _digest(centers, metadata):
            raise InvalidInputError(
                f"path={brief(os.fspath(path))}: is damaged, its digest is another; save the "
                "model again"
            )
        summary: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in json.loads(metadata[_METADATA]).items()
        }
        moved = None
        if _MOVED[0] in metadata:
            offset, ends = metadata[_MOVED[0]], metadata[_MOVED[1]]
            moved = Moved(
                np.frombuffer(offset, np.float64),
                np.frombuffer(ends, np.float32).reshape(centers.shape),
            )
        found = np.asarray(centers, np.float32 if moved is None else np.float64)
        named = metadata.get(_COLUMNS)
        columns = None if named is None else tuple(json.loads(named))
        metric = choice_of(metric=metadata.get(_METRIC, b"euclidean").decode()).metric
        return KMeansModel(
            found, KMeansSummary(**summary), columns=columns, metric=metric, _moved=moved
        )


def kmeans(
    data: Any,
    clusters: int,
    *,
    weights: Any = None,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    max_iterations: int = 20,
    stop: Literal["center_shift", "absolute_shift", "inertia"] = "center_shift",
    tolerance: float = 1e-4,
    seeding: Literal["k-means||", "k-means++", "random"] = "k-means||",
    rows_per_cluster: int | None = None,
    seed: Seed = 0,
    progress: Progress = "auto",
) -> KMeansModel:
    """Find `clusters` centres near which the rows lie: Lloyd's K-means.

    Parameters
    ----------
    data : matrix-like of shape (n, d)
        Rows of any kind that `gio4j.select` takes.
    clusters : int
        How many clusters, at least 1. If there are fewer distinct rows, each is a cluster.
    weights : array-like of shape (n,), default=None
        Weights of the rows, at least 0 and not all 0. None weighs all alike.
    columns : str or list of str, default=None
        The column of vectors, or the columns of numbers, of each frame or file; arrays are taken as
        they are. None takes those that are meant, as the notes of `gio4j.select` say.
    missing : {"raise", "skip"}, default="raise"
        What becomes of a row that lacks a number (null or NaN): an error, or it is left out; its
        cluster is -1.
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" divides each row by its Euclidean length: K-means of the rows' directions. Centres
        are means of such rows, not divided again. A row of zeros is an error, or left out by
        ``missing="skip"``.
    max_iterations : int, default=20
        Most iterations.
    stop : {"center_shift", "absolute_shift", "inertia"}, default="center_shift"
        "center_shift" ends when the squared shifts of all centres add up to at most `tolerance`
        times the columns' mean variance and the inertia fell by at most that share;
        "absolute_shift" when no centre moved by more than `tolerance`, a distance, which is Spark's
        rule; "inertia" when it fell by at most that share.
    tolerance : float, default=1e-4
        Tolerance of the stop rule.
    seeding : {"k-means||", "k-means++", "random"}, default="k-means||"
        How the first centres are chosen.
    rows_per_cluster : int or None, default=None
        Train on a sample of at most this many rows a cluster. None trains on all.
    seed : int, Generator, RandomState or None, default=0
        Seed of the seeding, or a generator of NumPy's that draws it. None draws one from the
        system.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar; "auto" shows one where it can be watched, after a second.

    Returns
    -------
    KMeansModel
        The centres, the cluster of each row, and how the iterations went.

    Raises
    ------
    InvalidInputError
        For shapes or values that do not fit. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers.
    GioMemoryError
        If the engine's heap or the machine's memory is too small.

    Warns
    -----
    GIOWarning
        If there are fewer distinct rows than clusters.

    Notes
    -----
    The defaults are Spark's, but for the stop rule, which is scikit-learn's: it is relative, so
    that rows times a factor have the same clusters. The same seed gives the same bits for any
    number of threads.

    The cost is ``n*clusters*d`` multiplications an iteration, less once centres come to rest.

    Examples
    --------
    >>> model = gio4j.kmeans(pool, 20, seed=1)
    >>> model.centers.shape, sum(model.summary.sizes), model.summary.stop_reason
    ((20, 8), 500, 'converged')
    """
    model = find_centers(
        chosen({"data": data}, columns, missing, metric)["data"],
        clusters,
        weights=weights,
        max_iterations=max_iterations,
        stop=stop,
        tolerance=tolerance,
        seeding=seeding,
        rows_per_cluster=rows_per_cluster,
        seed=seed,
        progress=progress,
    )
    warn_of_fewer("clusters", clusters, {"data": model})
    return model


def find_centers(
    data: Any,
    clusters: int,
    *,
    weights: Any = None,
    max_iterations: int = 20,
    stop: str = "center_shift",
    tolerance: float = 1e-4,
    seeding: str = "k-means||",
    rows_per_cluster: int | None = None,
    seed: Seed = None,
    progress: Progress = False,
    names: Called | None = None,
    distances: bool = False,
) -> KMeansModel:
    """`kmeans` without its warning; `names` are what messages call the arguments.

    With `distances` the model has the distance of each row to its centre.
    """

    def name(word: str) -> str:
        return (names or {}).get(word, word)

    options = {
        "clusters": check_int(clusters, name("clusters"), least=1),
        "max_iterations": check_int(max_iterations, name("max_iterations")),
        "stop": one_of(stop, "stop", STOPS),
        "tolerance": check_real(tolerance, name("tolerance"), least=0),
        "seeding": SEEDINGS[one_of(seeding, name("seeding"), SEEDINGS)],
        "seed": seed_of(seed, name("seed")),
        "rows_per_cluster": 0
        if rows_per_cluster is None
        else check_int(rows_per_cluster, "rows_per_cluster", least=1),
    }
    given = source_of(data, name("data"))
    (source,), offset = aligned(given)
    if weights is not None and given.rows is not None:
        weights = checked_weights(weights, given.passed(), name("weights"))[given.rows]
    with (
        ExitStack() as leases,
        progress_bar("K-means", progress, objective="inertia") as on_status,
    ):
        matrix = source.share(leases)
        request = {
            "kind": "kmeans",
            "data": matrix.request,
            "weights": None
            if weights is None
            else share(
                checked_weights(weights, matrix.rows, name("weights")), name("weights"), leases
            ).request,
            "options": options,
            "distances": distances,
        }
        found = _model(request, offset, leases, on_status)
    if given.rows is not None:
        assert found.assignments is not None
        whole = np.full(given.passed(), -1, np.int32)
        whole[given.rows] = found.assignments
        found = replace(found, assignments=whole)
    return replace(found, columns=given.columns, metric=given.metric)


def warn_of_fewer(name: str, asked: int, models: Mapping[str, KMeansModel]) -> None:
    """One warning for all data, by their names, with fewer distinct rows than clusters asked."""
    few = [
        f"{data} has only {len(model.centers)} distinct rows"
        for data, model in models.items()
        if len(model.centers) < asked
    ]
    if few:
        warn(f"{name}={asked!r}: {' and '.join(few)}, and each is a cluster of its own")


def warn_of_early_stop(models: Mapping[str, KMeansModel]) -> None:
    """One warning for all data, by their names, whose K-means an absolute tolerance cut short."""
    cut = []
    for data, model in models.items():
        found = model.summary
        before = found.trace[-1] if found.trace else found.inertia
        fell = (before - found.inertia) / before if before > 0 else 0.0
        if found.stop_reason == "converged" and fell > _STILL_FALLS:
            cut.append(f"{data} after {found.iterations} (the inertia still fell by {fell:.1%})")
    if cut:
        warn(
            f"K-means stopped early, {' and '.join(cut)}: no centre moved by more than 1e-4, an "
            "absolute distance as in Spark, and the rows are small; multiply them by a constant, "
            "or use gio4j.kmeans, whose tolerance is relative"
        )


def is_one_row(rows: Any) -> bool:
    """Whether these are the numbers of a single row, and no rows."""
    first, named = parted(rows)
    if is_path(first) or named is not None or not isinstance(holder_of(first), Array):
        return False
    array = to_numpy(rows, "rows")
    return array.ndim == 1 and array.dtype.kind in "fiu"


def nearest(rows: Any, model: KMeansModel, name: str, missing: Missing = "raise") -> Predictions:
    """The nearest centre of each row, the first of several: (n,) int32, -1 for one left out."""
    offset, centers = _as_found(model)
    source = given = source_of(rows, name, choice_of(model.columns, missing, model.metric))
    if offset is not None:
        source = source.materialised(offset)
    with ExitStack() as leases:
        matrix, others = source.share(leases), share(centers, "centers", leases)
        same_columns(matrix.columns, name, others.columns, "centers")
        request = {"kind": "nearest_centers", "data": matrix.request, "centers": others.request}
        found = run_job(request, leases).arrays["assignments"]
    if given.rows is None:
        return found
    whole = np.full(given.passed(), -1, np.int32)
    whole[given.rows] = found
    return whole


def with_predictions(frame: Any, model: KMeansModel, predictions: Callable[[], Predictions]) -> Any:
    """The frame with its predictions, which Spark computes by itself."""
    offset, centers = _as_found(model)
    first, named = parted(frame)
    return holder_of(first).with_prediction(
        predictions, centers, offset, named or model.columns, model.metric
    )


def _as_found(model: KMeansModel) -> tuple[Offset | None, Rows]:
    """The offset of each column, if there is one, and the centres less it."""
    moved = model._moved
    return (
        (None, np.asarray(model.centers, np.float32))
        if moved is None
        else (
            moved.offset,
            moved.centers,
        )
    )


def checked_weights(weights: Any, rows: int | None, name: str) -> npt.NDArray[Any]:
    """Weights as a column, if there is one for each row, finite, at least 0 and not all 0."""
    column = to_numpy(weights, name).reshape(-1, 1)
    if rows is not None and len(column) != rows:
        raise InvalidInputError(
            f"{name}: are {len(column)} for {rows} rows; needs one for each row"
        )
    if column.dtype.kind not in "iuf":
        raise InvalidTypeError(f"{name}: dtype {str(column.dtype)[:80]}; needs numbers, at least 0")
    bad = np.flatnonzero(~(np.isfinite(column) & (column >= 0)))
    if len(bad):
        raise InvalidInputError(
            f"{name}: row {bad[0]} is {column[bad[0], 0]}; needs a finite number of at least 0"
        )
    if not column.any():
        raise InvalidInputError(f"{name}: are all 0; needs at least one above 0")
    return column


def _model(
    request: dict[str, Any],
    offset: Offset | None,
    leases: ExitStack,
    on_status: Callable[[Status], None] | None,
) -> KMeansModel:
    answer = run_job(request, leases, on_status)
    values, arrays = answer.values, answer.arrays
    summary = KMeansSummary(
        sizes=tuple(arrays["sizes"].tolist()),
        inertia=number(values["inertia"]),
        iterations=values["iterations"],
        stop_reason=values["stop_reason"],
        trace=tuple(map(number, values["trace"])),
        moved=tuple(values["moved"]),
        computed=tuple(map(number, values["computed"])),
    )
    ends, moved = arrays["centers"], None
    if offset is not None:
        ends, moved = ends + offset, Moved(offset, ends)
    return KMeansModel(
        ends,
        summary,
        arrays["assignments"],
        _moved=moved,
        _distances=arrays.get("distances"),
    )


def _digest(centers: npt.NDArray[Any], metadata: Mapping[bytes, bytes]) -> bytes:
    """What a file of them is compared with: shape, numbers, summary and offset."""
    parts = [metadata.get(name, b"") for name in (_METADATA, *_MOVED, _COLUMNS, _METRIC)]
    whole = repr(centers.shape).encode() + centers.astype("<f4").tobytes() + b"".join(parts)
    return hashlib.sha256(whole).hexdigest().encode()

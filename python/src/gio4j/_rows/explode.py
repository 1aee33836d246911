"""From chosen centroids back to the rows of their clusters."""

from __future__ import annotations

import operator
import warnings
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._checks import same_columns
from gio4j._rows import spark
from gio4j._rows.float32 import Numbers, Rows
from gio4j._rows.frames import (
    PREDICTION,
    arrow_column,
    column_names,
    library_of,
    require_column,
    scan,
)
from gio4j._rows.matrix import as_array, to_numpy
from gio4j._rows.vectors import rows_of_column
from gio4j.errors import GIOWarning, InvalidInputError

# Rows put in order at once where texts are too long for pyarrow: 30 kB each may they have.
_PIECE_ROWS = 1 << 16


def explode(
    chosen: Any, transformed: Any, centroids: Any = None, *, columns: list[str] | None = None
) -> Any:
    """Give back every row of the clusters that were chosen.

    Parameters
    ----------
    chosen : array-like of shape (m, d) or (m,)
        Rows, each a centroid bit for bit in float32, such as a search selected; or their positions
        among the centroids, such as ``found.indices``.
    transformed : frame, or array-like of shape (n,)
        A frame with the int column `prediction`, as ``model.transform`` gives it; or that column
        alone, as an array.
    centroids : KMeansModel, frame, or array-like of shape (k, d), default=None
        The centroids: a model, rows, or a frame of (id, centroid). Not needed with positions.
    columns : list of str, default=None
        Columns of the answer, beside `i` and `id`; None is all. Naming only those without vectors
        leaves the vectors where they are.

    Returns
    -------
    frame or ndarray of int64
        A frame of the same kind (a Table for a dataset): `i` (place among the centroids found),
        `id` (the centroid), then the columns of `transformed`; in the order of `i`, then of the
        rows. A centroid chosen twice gives its rows twice. For an array of predictions: the rows'
        positions. Spark does it lazily, in no order.

    Raises
    ------
    InvalidInputError
        For a position out of bounds, or a frame without a column that is needed. It is a
        ValueError.
    TypeError
        For predictions that are no integers, or rows without centroids.

    Warns
    -----
    GIOWarning
        If chosen rows are no centroid.

    Examples
    --------
    >>> model = gio4j.kmeans(pool, 20, seed=1)
    >>> rows = gio4j.explode([3, 7], model.assignments)
    >>> sorted(set(model.assignments[rows].tolist()))
    [3, 7]
    """
    return rows_of_clusters(transformed, chosen_clusters(chosen, centroids), columns)


def chosen_clusters(chosen: Any, centroids: Any) -> list[int]:
    """The clusters that were chosen, in order; those of equal centroids all, once each choice."""
    asked = getattr(chosen, "indices", chosen)
    positions = to_numpy(asked, "chosen_centroids")
    if positions.ndim == 1 and positions.dtype.kind in "iu":
        return _checked_positions(positions, centroids)
    if positions.size == 0:
        return []
    rows = as_array(asked, "chosen_centroids")
    known = _centroid_rows(centroids)
    same_columns(rows.shape[1], "chosen_centroids", known.shape[1], "the centroids")
    clusters: dict[bytes, list[int]] = {}
    for cluster, row in enumerate(_comparable(known)):
        clusters.setdefault(row.tobytes(), []).append(cluster)
    found = [
        _equal_to(row, clusters.get(bits.tobytes(), []), known)
        for row, bits in zip(rows, _comparable(rows), strict=True)
    ]
    missed = [row for row, matches in enumerate(found) if not matches]
    if missed:
        warnings.warn(
            f"chosen_centroids: {len(missed)} of {len(rows)} rows are no centroid, the first is "
            f"row {missed[0]}; pass them as they were selected, without the start rows, or their "
            "indices",
            GIOWarning,
            stacklevel=3,
        )
    return [cluster for matches in found for cluster in matches]


def rows_of_clusters(frame: Any, clusters: list[int], columns: list[str] | None = None) -> Any:
    """The rows of each cluster in turn, as `explode` answers them."""
    library = library_of(frame)
    if library == "":
        predictions = to_numpy(frame, "transformed")
        if predictions.ndim != 1 or predictions.dtype.kind not in "iu":
            raise TypeError(
                f"transformed: is a {predictions.dtype} array of shape {predictions.shape}; needs "
                "the predictions, (n,) integers, or a frame with a column 'prediction'"
            )
        return _gather(predictions, clusters)[1]
    for column in (PREDICTION, *(columns or ())):
        require_column(frame, column, "transformed")
    taken = set(column_names(frame) if columns is None else columns) & {"i", "id"}
    if taken:
        raise InvalidInputError(
            f"transformed: has a column {min(taken)!r}, which the answer needs for itself; rename "
            "it, or leave it out of columns="
        )
    if library == "pyspark":
        return spark.explode(frame, clusters, columns)
    if library == "dataset":
        frame = _rows_ever_needed(frame, clusters, columns)
        library = "pyarrow"
    predictions = arrow_column(frame, PREDICTION).to_numpy()
    places, rows = _gather(predictions, clusters)
    ids = np.asarray(clusters, np.int64)[places]
    if library == "pandas":
        taken = (frame if columns is None else frame[list(columns)]).iloc[rows]
        taken = taken.reset_index(drop=True)
        taken.insert(0, "i", places)
        taken.insert(1, "id", ids)
        return taken
    if library == "polars":
        import polars

        taken = (frame if columns is None else frame.select(columns))[rows]
        return taken.select(polars.Series("i", places), polars.Series("id", ids), polars.all())
    table = frame if columns is None else frame.select(list(columns))
    taken = _take(table, rows)
    return taken.add_column(0, "i", pa.array(places)).add_column(1, "id", pa.array(ids))


def _gather(
    predictions: npt.NDArray[Any], clusters: list[int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each cluster in turn its rows in order: the cluster's place, and the row."""
    if len(clusters) == 0 or len(predictions) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if predictions.dtype.kind not in "iu":
        raise InvalidInputError(f"{PREDICTION}: holds nulls; needs a cluster for each row")
    # Only rows of a chosen cluster are sorted; sorting them all takes the longer part of a call.
    rows = np.flatnonzero(np.isin(predictions, clusters))
    rows = rows[np.argsort(predictions[rows], kind="stable")]
    ordered = predictions[rows]
    starts = np.searchsorted(ordered, clusters, "left")
    counts = np.searchsorted(ordered, clusters, "right") - starts
    places = np.repeat(np.arange(len(clusters)), counts)
    within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places, rows[np.repeat(starts, counts) + within]


def _take(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Rows of a table, however large: pyarrow lays a column's chunks end to end first.

    Where that is more text than 31 bits count, rows are taken from each chunk and then put in
    order, a number of them at a time.
    """
    with suppress(pa.ArrowInvalid):
        return table.take(pa.array(rows))
    batches = table.to_batches()
    ends = np.cumsum([batch.num_rows for batch in batches])
    pieces = []
    for start in range(0, len(rows), _PIECE_ROWS):
        piece, places = np.unique(rows[start : start + _PIECE_ROWS], return_inverse=True)
        bounds = [0, *np.searchsorted(piece, ends)]
        parts = [
            batch.take(pa.array(piece[low:high] - (end - batch.num_rows)))
            for batch, end, low, high in zip(batches, ends, bounds, bounds[1:], strict=False)
            if low < high
        ]
        pieces.append(pa.Table.from_batches(parts).combine_chunks().take(pa.array(places)))
    return pa.concat_tables(pieces)


def _rows_ever_needed(dataset: Any, clusters: list[int], columns: list[str] | None) -> pa.Table:
    """The rows of chosen clusters, once each and in order, read a few thousand at a time."""
    names = list(dataset.schema.names) if columns is None else list(columns)
    read = names if PREDICTION in names else [*names, PREDICTION]
    schema = pa.schema([dataset.schema.field(name) for name in read])
    chosen = pa.array(sorted(set(clusters)), schema.field(PREDICTION).type)
    import pyarrow.compute as pc  # as in _vectors

    parts = [batch.filter(pc.is_in(batch[PREDICTION], chosen)) for batch in scan(dataset, read)]
    return pa.Table.from_batches(parts, schema)


def _checked_positions(positions: npt.NDArray[Any], centroids: Any) -> list[int]:
    clusters: list[int] = positions.tolist()
    most = None if centroids is None else len(_centroid_rows(centroids))
    for cluster in clusters:
        if cluster < 0 or (most is not None and cluster >= most):
            bound = "at least 0" if most is None else f"0 to {most - 1}"
            raise InvalidInputError(f"chosen_centroids: holds position {cluster}; needs {bound}")
    return clusters


def _centroid_rows(centroids: Any) -> Numbers:
    """The centroids in the order of their ids, which stand for 0, 1, 2 ..."""
    name = "kmeans_centroids_df"
    if centroids is None:
        raise TypeError(f"{name}=None: is needed to find rows; only positions go without it")
    library = library_of(centroids)
    if library == "":
        return as_array(getattr(centroids, "centers", centroids), name)
    if library == "dataset":
        centroids, library = centroids.to_table(), "pyarrow"
    names = column_names(centroids)
    if len(names) < 2:
        raise InvalidInputError(f"{name}: has {len(names)} columns; needs (id, centroid)")
    if library == "pyspark":
        pairs = sorted(
            ((row[0], row[1]) for row in centroids.collect()), key=operator.itemgetter(0)
        )
        ids = np.array([pair[0] for pair in pairs])
        rows = as_array([pair[1] for pair in pairs], name)
    else:
        ids = arrow_column(centroids, names[0]).to_numpy()
        order = np.argsort(ids, kind="stable")
        ids, rows = ids[order], rows_of_column(arrow_column(centroids, names[1]), name)[order]
    if not np.array_equal(ids, np.arange(len(ids))):
        warnings.warn(
            f"{name}: its ids are not 0 to {len(ids) - 1}; as in the reference the order counts, "
            f"and the smallest id, {ids[0]}, is taken for cluster 0",
            GIOWarning,
            stacklevel=4,
        )
    return rows


def _equal_to(row: Numbers, clusters: list[int], known: Numbers) -> list[int]:
    """Of clusters that are equal in float32 those that are equal altogether, if any are."""
    equal = [cluster for cluster in clusters if np.array_equal(known[cluster], row)]
    return equal or clusters


def _comparable(rows: npt.NDArray[Any]) -> Rows:
    """Rows whose bytes are equal where their numbers are: -0.0 becomes 0.0."""
    plain: Rows = np.ascontiguousarray(rows, np.float32) + np.float32(0)
    return plain

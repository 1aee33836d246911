"""From chosen centroids back to the rows of their clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, same_columns
from gio4j._rows.choice import columns_of
from gio4j._rows.float32 import Numbers, Rows
from gio4j._rows.gather import gather
from gio4j._rows.kinds.holder import PREDICTION, Frame
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.matrix import as_array, to_numpy
from gio4j.errors import InvalidInputError, InvalidTypeError, warn


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
    clusters = chosen_clusters(chosen, centroids, ("chosen", "centroids"))
    return rows_of_clusters(transformed, clusters, columns)


def chosen_clusters(chosen: Any, centroids: Any, names: tuple[str, str]) -> list[int]:
    """The clusters that were chosen, in order; those of equal centroids all, once each choice.

    The names are what messages call the two arguments.
    """
    name, known_name = names
    asked = getattr(chosen, "indices", chosen)
    positions = to_numpy(asked, name)
    if positions.ndim == 1 and positions.dtype.kind in "iu":
        return _checked_positions(positions, centroids, names)
    if positions.size == 0:
        return []
    rows = as_array(asked, name)
    known = _centroid_rows(centroids, known_name)
    same_columns(rows.shape[1], name, known.shape[1], known_name)
    clusters: dict[bytes, list[int]] = {}
    for cluster, row in enumerate(_comparable(known)):
        clusters.setdefault(row.tobytes(), []).append(cluster)
    found = [
        _equal_to(row, clusters.get(bits.tobytes(), []), known)
        for row, bits in zip(rows, _comparable(rows), strict=True)
    ]
    missed = [row for row, matches in enumerate(found) if not matches]
    if missed:
        warn(
            f"{name}: {len(missed)} of {len(rows)} rows are no centroid, the first is "
            f"row {missed[0]}; pass them as they were selected, without the start rows, or their "
            "indices"
        )
    return [cluster for matches in found for cluster in matches]


def rows_of_clusters(
    frame: Any,
    clusters: list[int],
    columns: list[str] | None = None,
    name: str = "transformed",
) -> Any:
    """The rows of each cluster in turn, as `explode` answers them."""
    asked = columns_of(columns)
    columns = None if asked is None else [asked] if isinstance(asked, str) else list(asked)
    holder = holder_of(frame)
    if not isinstance(holder, Frame):
        predictions = to_numpy(frame, name)
        if predictions.ndim != 1 or predictions.dtype.kind not in "iu":
            raise InvalidTypeError(
                f"{name}: is a {predictions.dtype} array of shape {predictions.shape}; needs "
                "the predictions, (n,) integers, or a frame with a column 'prediction'"
            )
        return gather(predictions, clusters)[1]
    holder.require_column(PREDICTION, name)
    for column in columns or ():
        holder.require_column(column, f"columns={brief(columns)}: {name}")
    taken = set(holder.columns() if columns is None else columns) & {"i", "id"}
    if taken:
        raise InvalidInputError(
            f"{name}: has a column {min(taken)!r}, which the answer needs for itself; rename "
            "it, or leave it out of columns="
        )
    return holder.rows_of_clusters(clusters, columns)


def _checked_positions(
    positions: npt.NDArray[Any], centroids: Any, names: tuple[str, str]
) -> list[int]:
    clusters: list[int] = positions.tolist()
    most = None if centroids is None else len(_centroid_rows(centroids, names[1]))
    for cluster in clusters:
        if cluster < 0 or (most is not None and cluster >= most):
            bound = "at least 0" if most is None else f"0 to {most - 1}"
            raise InvalidInputError(f"{names[0]}: holds position {cluster}; needs {bound}")
    return clusters


def _centroid_rows(centroids: Any, name: str) -> Numbers:
    """The centroids in the order of their ids, which stand for 0, 1, 2 ..."""
    if centroids is None:
        raise InvalidTypeError(f"{name}=None: is needed to find rows; only positions go without it")
    holder = holder_of(centroids)
    if not isinstance(holder, Frame):
        return as_array(getattr(centroids, "centers", centroids), name)
    if len(holder.columns()) < 2:
        raise InvalidInputError(
            f"{name}: has {len(holder.columns())} columns; needs (id, centroid)"
        )
    ids, rows = holder.pairs(name)
    order = np.argsort(ids, kind="stable")
    ids, rows = ids[order], rows[order]
    if not np.array_equal(ids, np.arange(len(ids))):
        warn(
            f"{name}: its ids are not 0 to {len(ids) - 1}; as in the reference the order counts, "
            f"and the smallest id, {ids[0]}, is taken for cluster 0"
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

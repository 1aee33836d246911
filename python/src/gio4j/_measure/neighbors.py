"""`gio4j.nearest`: the k nearest rows of each row, by exact differences."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import check_bool, check_int, same_columns
from gio4j._engine.jobs import OnStatus, number, run_job
from gio4j._engine.progress import Progress, progress_bar
from gio4j._rows.choice import Metric, Missing
from gio4j._rows.inputs import aligned, chosen, source_of
from gio4j._rows.sources import Indices
from gio4j.errors import InvalidInputError


def nearest(
    x: Any,
    y: Any,
    k: int = 1,
    *,
    columns: str | Sequence[Any] | None = None,
    missing: Missing = "raise",
    metric: Metric = "euclidean",
    exclude_self: bool = False,
    progress: Progress = "auto",
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Find for each row of `x` the `k` nearest rows of `y`.

    Parameters
    ----------
    x : matrix-like of shape (n, d)
        Rows of any kind that `gio4j.select` takes.
    y : matrix-like of shape (m, d)
        Rows of any kind that `gio4j.select` takes.
    k : int, default=1
        How many, 1 to m.
    columns : str or list of str, default=None
        The column of vectors, or the columns of numbers, of each frame or file; arrays are taken as
        they are. None takes those that are meant, as the notes of `gio4j.select` say.
    missing : {"raise", "skip"}, default="raise"
        What becomes of a row that lacks a number (null or NaN): an error, or it is left out.
        Rows of `x` that are left out have distances NaN and indices -1; `indices` are
        still rows of `y` as it was passed.
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" divides each row by its Euclidean length, so that the square of a distance is
        ``2 - 2 cos``; a row of zeros is an error, or left out by ``missing="skip"``.
    exclude_self : bool, default=False
        Whether row i of `x` is row i of `y`, and no neighbour of its own; duplicates of it are. For
        `x` and `y` of the same data; `k` is then at most m - 1.
    progress : "auto" or bool, default="auto"
        Whether to show a progress bar; "auto" shows one where it can be watched, after a second.

    Returns
    -------
    distances : ndarray of shape (n, k), float64
        Euclidean distances, nearest first, from the differences in double.
    indices : ndarray of shape (n, k), int32
        Rows of `y`; of equal distances the lower row first.

    Raises
    ------
    InvalidInputError
        For shapes or values that do not fit. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers.

    Notes
    -----
    The order of the answer is that of scikit-learn's `kneighbors`. The cost is one product of
    ``n*m*d``; no n-by-m matrix is held. Equal rows of y are searched as one. The answer is exact at
    any scale: for data times a power of two the indices are the same.

    Examples
    --------
    >>> distances, indices = gio4j.nearest([[0.0], [5.0]], [[1.0], [4.0], [-3.0]], 2)
    >>> indices.tolist()
    [[0, 2], [1, 0]]
    >>> distances.tolist()
    [[1.0, 3.0], [1.0, 4.0]]
    """
    exclude_self = check_bool(exclude_self, "exclude_self")
    found = chosen({"x": x, "y": y}, columns, missing, metric)
    first, second = found["x"], found["y"]
    if exclude_self and not _same(first.rows, second.rows):
        raise InvalidInputError(
            "exclude_self=True: x and y lack numbers in different rows; pass the same data as both"
        )
    with progress_bar("nearest", progress) as on_status:
        distances, indices, _ = neighbors(first, second, k, exclude_self, on_status)
    indices = second.numbers(indices).astype(np.int32, copy=False)
    if first.rows is None:
        return distances, indices
    shape = first.passed(), distances.shape[1]
    whole = np.full(shape, np.nan), np.full(shape, -1, np.int32)
    whole[0][first.rows], whole[1][first.rows] = distances, indices
    return whole


def _same(first: Indices | None, second: Indices | None) -> bool:
    if first is None or second is None:
        return first is second
    return np.array_equal(first, second)


def neighbors(
    x: Any, y: Any, k: int, exclude_self: bool = False, on_status: OnStatus | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32], float]:
    """`nearest`, and the length unit that suits x and y, x's typical distance."""
    sources, _ = aligned(source_of(x, "x"), source_of(y, "y"))
    with ExitStack() as leases:
        first, second = (source.share(leases) for source in sources)
        same_columns(first.columns, "x", second.columns, "y")
        if second.rows is None:
            count = check_int(k, "k", least=1)  # the engine knows the bound
        else:
            most, cure = second.rows, "y has no more rows"
            if exclude_self:
                most, cure = most - 1, "y has no more rows but a row's own"
            count = check_int(k, "k", least=1, most=most, cure=cure)
        request = {
            "kind": "nearest_rows",
            "x": first.request,
            "y": second.request,
            "k": count,
            "exclude_self": exclude_self,
        }
        answer = run_job(request, leases, on_status)
    distances = answer.arrays["distances"].reshape(-1, count)
    return distances, answer.arrays["indices"].reshape(-1, count), number(answer.values["unit"])

"""Rows of whatever a pool may be, in the kind it came in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._rows.frames import PredictedDataset, library_of
from gio4j.errors import InvalidInputError

Indices = npt.NDArray[np.integer[Any]]


def take_rows(pool_like: Any, indices: Indices, pool_rows: int) -> Any:
    """These rows of it; InvalidInputError if it has another number of rows than the pool."""
    rows = np.asarray(indices, np.int64)
    library = library_of(pool_like)
    if library == "lazy":
        import polars

        return pool_like.select(polars.all().gather(rows))
    if isinstance(pool_like, PredictedDataset):
        pool_like, library = pool_like.to_table(), "pyarrow"
    if library == "dataset":
        _check(pool_like.count_rows(), pool_rows)
        return pool_like.take(pa.array(rows))
    if library == "pyspark" or not hasattr(pool_like, "__len__") or isinstance(pool_like, str):
        raise TypeError(
            f"pool_like: is a {type(pool_like).__module__}.{type(pool_like).__name__}, whose rows "
            "have no numbers; pass an array, a frame, a dataset or a list"
        )
    _check(len(pool_like), pool_rows)
    if library == "huggingface":
        return pool_like.select(rows)
    if library == "pyarrow" or isinstance(pool_like, pa.Array | pa.ChunkedArray):
        return pool_like.take(pa.array(rows))
    if hasattr(pool_like, "iloc"):  # pandas' frames and series
        return pool_like.iloc[rows]
    if isinstance(pool_like, list | tuple):
        return type(pool_like)(pool_like[row] for row in rows.tolist())
    return pool_like[rows]


def _check(found: int, wanted: int) -> None:
    if found != wanted:
        raise InvalidInputError(
            f"pool_like: has {found} rows, the pool had {wanted}; pass what has one row for each "
            "row of the pool, in the same order"
        )

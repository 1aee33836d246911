"""What Spark's Python workers run. It is sent to them whole: nothing of gio4j is imported here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

#: Columns of what `pack` makes, as Spark writes a schema.
PACKED = "columns int, dtype string, vectors binary"
_PACK_BYTES = 1 << 20


def pack(batches: Iterable[Any]) -> Iterator[Any]:
    """A column of vectors as blocks of bytes, about a megabyte each.

    Of a type that float32 does not hold only where it does not hold these numbers.
    """
    for batch in batches:
        if batch.num_rows == 0:
            continue
        rows = rows_of(batch.column(0))
        step = max(1, _PACK_BYTES // rows[0].nbytes)
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            short = less(block, None)
            block = short if np.array_equal(short, block) else block
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array([rows.shape[1]], pa.int32()),
                    pa.array([block.dtype.str]),
                    pa.array([block.tobytes()], pa.binary()),
                ],
                names=["columns", "dtype", "vectors"],
            )


def less(rows: Any, offset: Any) -> Any:
    """Rows as float32, less the offset of each column, if there is one."""
    if offset is not None:
        rows = rows.astype(np.longdouble if rows.dtype.kind == "i" else np.float64) - offset
    with np.errstate(over="ignore"):  # becomes infinite, which is refused
        return rows.astype(np.float32)


def unit(rows: Any) -> Any:
    """Float32 rows divided by their lengths, which are computed in double."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    if not lengths.all():
        raise ValueError(
            "features: a row is all zeros and has no direction for metric='cosine'; filter it out"
        )
    return (rows / lengths[:, None]).astype(np.float32)


def predictor(
    centers: Any, offset: Any = None, metric: str = "euclidean"
) -> Callable[[pa.Array], pa.Array]:
    """What finds the nearest centres, int32, of a column of vectors less the offset."""

    # Spark reads from these types what kind of function it is given.
    def predict(vectors: pa.Array) -> pa.Array:
        rows = less(rows_of(vectors), offset)
        rows = unit(rows) if metric == "cosine" else rows
        return pa.array(nearest(rows, centers), pa.int32())

    return predict


def append_prediction(
    column: str, centers: Any, offset: Any = None, metric: str = "euclidean"
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The same for whole batches, which get the column `prediction` at their end."""
    predict = predictor(centers, offset, metric)

    def append(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, predict(batch[column])],
                names=[*batch.schema.names, "prediction"],
            )

    return append


def rows_of(array: Any) -> Any:
    """Lists of numbers as (n, d) numbers; ValueError for a null or a row of another length."""
    if len(array) == 0:
        return np.empty((0, 0), np.float32)
    if array.null_count:
        raise ValueError(
            "features: a row is null, as text that is no list of numbers becomes; filter it out, "
            "or read with on_error='skip'"
        )
    lengths = np.asarray(array.value_lengths())
    if lengths.min() != lengths.max() or lengths[0] == 0:
        raise ValueError(
            f"features: rows have {lengths.min()} to {lengths.max()} numbers; all need the same, "
            "at least one"
        )
    numbers = array.flatten()
    if numbers.null_count:
        raise ValueError("features: a row holds a null; drop it or fill it")
    return np.asarray(numbers).reshape(len(array), -1)


def nearest(rows: Any, centers: Any) -> Any:
    """The nearest centre of each float32 row, the first of several, as the engine finds it.

    One product in double tells all but near ties; where a second centre lies within the product's
    rounding of the best, both are compared by differences. In double the squares of any float32
    neither overflow nor vanish.
    """
    if len(rows) == 0:
        return np.empty(0, np.int32)
    # Seen from their middle the rows are short, and the rounding that lengths bound is small; the
    # median is a middle that one centre far out does not move.
    middle = np.median(centers.astype(np.float64), axis=0)
    points, ends = rows - middle, centers - middle
    lengths, norms = (np.einsum("ij,ij->i", one, one) for one in (points, ends))
    scores = norms - 2 * (points @ ends.T)
    if not np.isfinite(scores).all():
        raise ValueError("features: a row holds NaN or infinity; drop it or fill it")
    # Of each sum of d products, 2^-53 of both squared lengths is lost d times at most; centred
    # numbers and the last steps are rounded besides.
    errors = (rows.shape[1] + 16) * 2.0**-53 * (lengths[:, None] + norms)
    near = scores - errors <= (scores + errors).min(axis=1, keepdims=True)
    found = near.argmax(axis=1).astype(np.int32)
    for row in np.flatnonzero(near.sum(axis=1) > 1):
        candidates = np.flatnonzero(near[row])
        differences = centers[candidates].astype(np.float64) - rows[row]
        found[row] = candidates[np.einsum("ij,ij->i", differences, differences).argmin()]
    return found

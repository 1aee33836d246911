"""TRAK: influences of pool rows on a target, from projected gradients of one or more models."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief
from gio4j._engine.jobs import OnStatus
from gio4j._rows.checkpoints import CheckpointSource
from gio4j._rows.matrix import to_numpy
from gio4j._rows.project import float_blocks
from gio4j._rows.sources import Source
from gio4j.errors import InvalidInputError, InvalidTypeError

Doubles = npt.NDArray[np.float64]


def trak_scores(
    pool: Source,
    target: Source,
    groups: npt.NDArray[np.int32] | None,
    out_to_loss: Doubles | None,
    ridge: float,
    on_status: OnStatus | None,
) -> Doubles:
    """By group and pool row, the mean over models of ``x (X'X + ridge I)^-1 g``, times a factor.

    Of each model the inverse is divided by its mean absolute entry, as TRAK does, so that none
    outweighs the others. `out_to_loss` has a row a pool row and a column a model, or one for all;
    its mean over the models is the factor.
    """
    models, targets, shares = [pool], [target], np.ones(1)
    if isinstance(pool, CheckpointSource) and isinstance(target, CheckpointSource):
        models, targets, shares = list(pool.parts), list(target.parts), pool.shares
    rows = pool.shape[0]
    of_rows = np.zeros(target.count(), np.int32) if groups is None else groups
    scores = np.zeros((int(of_rows.max()) + 1, rows))
    passes = 2 * len(models) * rows

    def advance(done: int) -> None:
        if on_status is not None:
            on_status({"stage": "rows", "done": done, "total": passes, "objective": None})

    for number, (model, wanted) in enumerate(zip(models, targets, strict=True)):
        gram = np.zeros((model.shape[1],) * 2)
        for first, block in float_blocks(model):
            gram += (doubles := block.astype(np.float64)).T @ doubles
            advance(2 * number * rows + first)
        directions = _means(wanted, of_rows) @ _inverse(gram, ridge, model.name)
        for first, block in float_blocks(model):
            products = directions @ block.astype(np.float64).T
            scores[:, first : first + len(block)] += shares[number] * products
            advance((2 * number + 1) * rows + first)
    if out_to_loss is not None:
        weights = shares if out_to_loss.shape[1] > 1 else np.ones(1)
        scores *= out_to_loss @ weights
    return scores


def _means(target: Source, groups: npt.NDArray[np.int32]) -> Doubles:
    sums = np.zeros((int(groups.max()) + 1, target.shape[1]))
    for first, block in float_blocks(target):
        np.add.at(sums, groups[first : first + len(block)], block.astype(np.float64))
    means: Doubles = sums / np.bincount(groups)[:, None]
    return means


def _inverse(gram: Doubles, ridge: float, name: str) -> Doubles:
    size = len(gram)
    trace = float(np.trace(gram))
    if trace == 0:
        raise InvalidInputError(f"{name}: all of its rows are zeros, so none has an influence")
    gram[np.diag_indices(size)] += ridge
    try:
        pivots = np.diag(np.linalg.cholesky(gram)) ** 2
        is_singular = pivots.min() <= size * np.finfo(np.float64).eps * pivots.max()
    except np.linalg.LinAlgError:
        is_singular = True
    if is_singular:
        raise InvalidInputError(
            f"ridge={ridge:g}: {name} has fewer directions than its {size} columns, so X'X has no "
            f"inverse; pass ridge= above 0, such as {1e-3 * trace / size:.2g}, a "
            "thousandth of its mean diagonal entry"
        )
    inverse: Doubles = np.asarray(np.linalg.inv(gram), np.float64)
    inverse /= np.abs(inverse).mean()
    return inverse


def factors_of(values: Any, rows: int, models: int) -> Doubles:
    """`out_to_loss` with a row a pool row, and a column for all models or one for each."""
    several = isinstance(values, list | tuple) and bool(values) and np.ndim(values[0]) > 0
    parts = list(values) if several else [values]
    columns = [_column(each, rows) for each in parts]
    if len(columns) not in (1, models):
        raise InvalidInputError(
            f"out_to_loss: are of {len(columns)} models, and pool has {models}; pass an array for "
            "each, or one for all"
        )
    return np.stack(columns, axis=1)


def _column(values: Any, rows: int) -> Doubles:
    array = to_numpy(values, "out_to_loss")
    if array.dtype.kind not in "iuf":
        raise InvalidTypeError(f"out_to_loss: dtype {str(array.dtype)[:80]}; needs numbers")
    column: Doubles = array.reshape(-1).astype(np.float64)
    if len(column) != rows:
        raise InvalidInputError(
            f"out_to_loss: are {len(column)} for the {rows} rows of pool; needs one for each row"
        )
    bad = np.flatnonzero(~np.isfinite(column))
    if len(bad):
        raise InvalidInputError(
            f"out_to_loss: row {bad[0]} is {brief(float(column[bad[0]]))}; needs finite numbers"
        )
    return column

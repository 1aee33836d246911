"""The log of a target's density over a pool's, at every row of the pool."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gio4j._checks import check_int
from gio4j._engine.jobs import OnStatus
from gio4j._measure.neighbors import neighbors
from gio4j._rows.checkpoints import CheckpointSource
from gio4j._rows.sources import ArraySource, Indices, Source
from gio4j._rows.unit import UnitSource
from gio4j.errors import InvalidInputError

# Rows of the pool that tell its density, at least.
_SAMPLE = 1000
# Added to distances as a share of the target's typical one, as in the divergences.
_EPS = 1e-8


def log_ratios(
    pool: Source,
    target: Source,
    groups: npt.NDArray[np.int32] | None,
    k: int,
    seed: int,
    on_status: OnStatus | None,
) -> npt.NDArray[np.float64]:
    """By group and pool row, ``d log(r_pool / r_target) + log(m / n)``, in nats.

    The r are the distances to the k-th nearest of n target rows, and of m other rows of the pool.
    """
    if groups is None:
        groups = np.zeros(target.count(), np.int32)
    sizes = np.bincount(groups)
    rows, columns = pool.shape
    k = check_int(
        k, "k", least=1, most=int(sizes.min()), cure="the smallest group of target has no more rows"
    )
    size = min(rows, max(_SAMPLE, int(sizes.max())))
    if k >= size:
        raise InvalidInputError(
            f"k={k}: the pool has {rows} rows; a density needs k + 1 of them, pass k={size - 1} or "
            "fewer"
            if size > 1
            else f"pool: has {rows} row, whose density nothing tells; pass more rows"
        )
    sample = np.sort(np.random.default_rng(seed).choice(rows, size, replace=False))
    distances, found, _ = neighbors(pool, restricted(pool, sample), k + 1, on_status=on_status)
    # A row of the sample is no neighbour of its own.
    own = sample[found] == np.arange(rows)[:, None]
    others = np.where(own[:, :k].any(axis=1), distances[:, k], distances[:, k - 1])
    is_drawn = np.zeros(rows, bool)
    is_drawn[sample] = True
    answer = np.empty((len(sizes), rows))
    for group, count in enumerate(sizes):
        wanted = restricted(target, np.flatnonzero(groups == group))
        near, _, unit = neighbors(pool, wanted, k, on_status=on_status)
        ratio = np.log(others + _EPS * unit) - np.log(near[:, -1] + _EPS * unit)
        answer[group] = columns * ratio + np.log((size - is_drawn) / count)
    return answer


def restricted(source: Source, rows: Indices) -> Source:
    """Some of the rows, copied."""
    if isinstance(source, UnitSource):
        return UnitSource(restricted(source.stored, rows))
    if isinstance(source, CheckpointSource):
        parts = [restricted(part, rows) for part in source.parts]
        return CheckpointSource(parts, source.weights, source.name)
    return ArraySource(source.take(rows), source.name)

"""Where pool, target and picks lie on a map of two dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, check_int
from gio4j._report.picked import Picked
from gio4j._report.yardstick import require_finite, some
from gio4j._rows.float32 import Numbers
from gio4j._rows.matrix import to_numpy
from gio4j._rows.sources import Indices, Source
from gio4j.errors import InvalidInputError, InvalidTypeError

Points = npt.NDArray[np.float64]
# Rows turned into doubles at a time.
_BLOCK_ROWS = 4096


@dataclass(frozen=True)
class Plane:
    """Points of some rows, which go by their numbers in pool and target as passed.

    pool_rows, target_rows : which rows of each are drawn
    picks : which picks are drawn, by their place in the selection
    picked_rows : the rows of the pool that these picked
    axes : what each axis shows
    """

    pool_rows: Indices
    target_rows: Indices
    picks: Indices
    picked_rows: Indices
    pool: Points
    target: Points
    picked: Points
    axes: tuple[str, str]


def plane_of(
    found: Picked, rows: Source, wanted: Source, coordinates: Any, sample: int, seed: int
) -> Plane:
    """No more than `sample` rows of each, by the coordinates given or by principal components."""
    most = check_int(sample, "sample", least=100)
    generator = np.random.default_rng(check_int(seed, "seed"))
    pool_places = some(np.arange(rows.count()), most, generator)
    picks = some(np.arange(len(found)), most, generator)
    picked_rows = np.asarray(found.indices)[picks]
    target_places = some(np.arange(wanted.count()), most, generator)
    pool_rows, target_rows = rows.numbers(pool_places), wanted.numbers(target_places)
    if isinstance(coordinates, tuple | list):
        everywhere, aims = _given(coordinates, rows, wanted)
        points = everywhere[pool_rows], aims[target_rows], everywhere[picked_rows]
        return Plane(pool_rows, target_rows, picks, picked_rows, *points, ("first", "second"))
    taken = rows.take(np.concatenate([pool_places, rows.places(picked_rows)]))
    parts = taken[: len(pool_rows)], wanted.take(target_places), taken[len(pool_rows) :]
    require_finite(parts[0], pool_rows, "pool")
    require_finite(parts[1], target_rows, "target")
    require_finite(parts[2], picked_rows, "pool")
    if coordinates is None:
        points, axes = _principal(*parts)
    else:
        points, axes = _fitted(coordinates, parts)
    return Plane(pool_rows, target_rows, picks, picked_rows, *points, axes)


def _principal(
    pool: Numbers, target: Numbers, picked: Numbers
) -> tuple[tuple[Points, Points, Points], tuple[str, str]]:
    """On the axes along which pool and target vary most."""
    count, columns = len(pool) + len(target), pool.shape[1]
    middle = (pool.sum(axis=0, dtype=np.float64) + target.sum(axis=0, dtype=np.float64)) / count
    spread = np.zeros((columns, columns))
    for part in (pool, target):
        for first in range(0, len(part), _BLOCK_ROWS):
            block = part[first : first + _BLOCK_ROWS] - middle
            spread += block.T @ block
    strengths, vectors = np.linalg.eigh(spread)
    shares = np.maximum(strengths, 0) / (strengths.sum() or 1)
    plane, shares = vectors[:, :-3:-1], shares[:-3:-1]
    if columns < 2:  # rows of one number
        plane, shares = np.pad(plane, ((0, 0), (0, 1))), np.pad(shares, (0, 1))
    names = [
        f"principal component {place}, {share:.0%} of variance"
        for place, share in enumerate(shares, 1)
    ]
    points = [_projected(part, middle, plane) for part in (pool, target, picked)]
    return (points[0], points[1], points[2]), (names[0], names[1])


def _projected(rows: Numbers, middle: Points, plane: Points) -> Points:
    points = np.empty((len(rows), 2))
    for first in range(0, len(rows), _BLOCK_ROWS):
        block = slice(first, first + _BLOCK_ROWS)
        points[block] = (rows[block] - middle) @ plane
    return points


def _fitted(
    reducer: Any, parts: tuple[Numbers, Numbers, Numbers]
) -> tuple[tuple[Points, Points, Points], tuple[str, str]]:
    """By what a reducer makes of all of them together."""
    if not hasattr(reducer, "fit_transform"):
        raise InvalidTypeError(
            f"coordinates={brief(reducer)}: needs an object with fit_transform, such as "
            "umap.UMAP(), or a pair (points of the pool, points of the target)"
        )
    rows = np.concatenate(parts)
    every = np.arange(len(rows))
    points = _two_columns(
        reducer.fit_transform(rows), len(rows), every, "coordinates.fit_transform"
    )
    pool, target, picked = np.split(points, np.cumsum([len(part) for part in parts])[:-1])
    name = type(reducer).__name__
    return (pool, target, picked), (f"{name} 1", f"{name} 2")


def _given(
    coordinates: tuple[Any, ...] | list[Any], pool: Source, target: Source
) -> tuple[Points, Points]:
    if len(coordinates) != 2:
        raise InvalidInputError(
            f"coordinates: are {len(coordinates)}; needs a pair (points of the pool, points of the "
            "target)"
        )
    return (
        _two_columns(coordinates[0], pool.passed(), _present(pool), "coordinates[0]"),
        _two_columns(coordinates[1], target.passed(), _present(target), "coordinates[1]"),
    )


def _present(source: Source) -> Indices:
    """Which of the rows that were passed were not left out."""
    return source.numbers(np.arange(source.count()))


def _two_columns(value: Any, rows: int, present: Indices, name: str) -> Points:
    """Points of so many rows; those of rows that are not present may be anything."""
    points = to_numpy(value, name)
    if points.shape != (rows, 2):
        raise InvalidInputError(
            f"{name}: has shape {points.shape}; needs ({rows}, 2), two numbers for each row"
        )
    if points.dtype.kind not in "iuf":
        raise InvalidTypeError(f"{name}: dtype {points.dtype}; needs real numbers")
    doubles = points.astype(np.float64)
    bad = present[~np.isfinite(doubles[present]).all(axis=1)]
    if len(bad):
        raise InvalidInputError(f"{name}: row {bad[0]} is not finite")
    return doubles

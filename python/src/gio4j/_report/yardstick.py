"""A target as what rows are measured by: its modes, its spacing, how much rows look like it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gio4j._cluster.kmeans import kmeans
from gio4j._measure.divergence import divergence, energy
from gio4j._measure.neighbors import nearest
from gio4j._methods.built_in import Balanced
from gio4j._rows.float32 import Numbers, Rows
from gio4j._rows.inputs import aligned
from gio4j._rows.sources import ArraySource, Indices
from gio4j.errors import InvalidInputError

#: Of the distances from target rows to the nearest row.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# Neighbours of a target row in the Wang estimate, where there are as many.
_NEIGHBORS = 5
# A mode needs some rows to be one, and a table of more than ten nobody reads.
_MODE_ROWS = 10
_MOST_MODES = 10
# Rows closer than this share of the usual distance between target rows say the same thing twice.
_DUPLICATE_SHARE = 0.1
# Neighbours looked at for near duplicates: they link a group of any size.
_LINKS = 10
#: Most rows of each that a report looks at, unless another number is passed.
REPORT_SAMPLE = 5000


@dataclass(frozen=True)
class Likeness:
    """How much some rows look like the target.

    Attributes
    ----------
    rows : int
        How many they are.
    energy : float
        Energy distance between the target and them, by the report's kernel; 0 is alike.
    divergence : float
        The Wang estimate of D(target || them) in nats, from k-nearest neighbours. Less is better,
        and below 0 is no error; NaN where there are too few rows.
    spread : float
        Their mean distance to their centroid, over the target's; 1 is alike.
    modes_covered : float
        Share of the target's modes within whose reach one of them lies. The reach is the distance
        of the mode's farthest row, or the usual distance between target rows if that is more.
    mode_error : float
        Sum over the modes of the difference of shares, from 0 (proportions alike) to 2.
    nearest : tuple of float
        Quantiles (5, 25, 50, 75, 95 %) of the distance from a target row to the nearest of them.
    largest_duplicate_group : float
        Most rows that near duplicates link together; 1 is none. Of random rows it is a mean.
    group_shares : tuple of float
        By group of the target, the share of them whose nearest target row is in it; empty for a
        target without groups, as is the next.
    group_distances : tuple of float
        By group, the mean distance from its target rows to the nearest of them.
    """

    rows: int
    energy: float
    divergence: float
    spread: float
    modes_covered: float
    mode_error: float
    nearest: tuple[float, ...]
    largest_duplicate_group: float
    group_shares: tuple[float, ...] = ()
    group_distances: tuple[float, ...] = ()


def some(rows: Indices, most: int, generator: np.random.Generator) -> Indices:
    """At most so many of them, drawn at random, in order."""
    return rows if len(rows) <= most else np.sort(generator.choice(rows, most, replace=False))


def require_finite(rows: Numbers, numbers: Indices, name: str) -> None:
    """InvalidInputError for the first row that is not finite, by its number in what was passed."""
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise InvalidInputError(
            f"{name}: row {numbers[bad[0]]} is not finite; drop or repair such rows first"
        )


def as_float32(pool: Numbers, target: Numbers) -> list[Rows]:
    """Rows as the engine saw them, which warned of what it could not see."""
    given = ArraySource(pool, "pool"), ArraySource(target, "target")
    sources, _ = aligned(*given, warns=False)
    return [
        np.asarray(source.materialised().take(np.arange(source.count())), np.float32)
        for source in sources
    ]


class Yardstick:
    """A target, with what is found out about it once.

    `groups` are those of its rows, 0 to `group_count` - 1.
    """

    def __init__(
        self,
        target: Rows,
        kernel: Balanced,
        seed: int,
        groups: npt.NDArray[np.int32] | None = None,
        group_count: int = 0,
    ) -> None:
        self.target = target
        self.groups, self.group_count = groups, group_count
        self.kernel = kernel
        distinct = len(np.unique(target, axis=0))
        modes = max(1, min(_MOST_MODES, len(target) // _MODE_ROWS, distinct))
        self.centers = np.asarray(
            kmeans(target, modes, seed=seed, progress=False).centers, np.float32
        )
        reach, modes_of = nearest_row(target, self.centers)
        self.shares = _shares(modes_of, modes)
        spacing = 0.0
        if len(target) > 1:
            spacing = float(np.median(nearest(target, target, exclude_self=True)[0]))
        self.duplicate_distance = _DUPLICATE_SHARE * spacing
        # A mode reaches as far as its farthest row, one of a single row as far as rows usually lie.
        self.radii = np.full(modes, spacing)
        np.maximum.at(self.radii, modes_of, reach)

    def likeness(self, rows: Rows) -> Likeness:
        """How much some rows look like it."""
        if len(rows) == 0:
            nan = float("nan")
            of_groups = (nan,) * self.group_count
            quantiles = (nan,) * len(QUANTILES)
            return Likeness(0, nan, nan, nan, 0.0, nan, quantiles, 0, of_groups, of_groups)
        modes = len(self.centers)
        distances, modes_of = nearest_row(rows, self.centers)
        inside = modes_of[distances <= self.radii[modes_of]]
        reach, _ = nearest_row(self.target, rows)
        shares, distances_of = self._by_group(rows, reach)
        return Likeness(
            rows=len(rows),
            energy=energy(self.target, rows, self.kernel)[0],
            divergence=self._divergence(rows),
            spread=_spread(rows) / (_spread(self.target) or float("nan")),
            modes_covered=len(np.unique(inside)) / modes,
            mode_error=float(np.abs(_shares(modes_of, modes) - self.shares).sum()),
            nearest=tuple(np.quantile(reach, QUANTILES).tolist()),
            largest_duplicate_group=_largest_group(rows, self.duplicate_distance),
            group_shares=shares,
            group_distances=distances_of,
        )

    def _by_group(
        self, rows: Rows, reach: npt.NDArray[np.float64]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        if self.groups is None:
            return (), ()
        near = _shares(self.groups[nearest_row(rows, self.target)[1]], self.group_count)
        return tuple(near.tolist()), tuple(by_group(reach, self.groups, self.group_count).tolist())

    def _divergence(self, rows: Rows) -> float:
        k = min(_NEIGHBORS, len(self.target) - 1, len(rows))
        return float(divergence(self.target, rows, k)) if k > 0 else float("nan")


def nearest_row(rows: Rows, others: Rows) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """For each row the nearest of others: its distance, and which it is."""
    distances, indices = nearest(rows, others)
    return distances[:, 0], indices[:, 0]


def by_group(
    values: npt.NDArray[np.float64], groups: npt.NDArray[np.int32], count: int
) -> npt.NDArray[np.float64]:
    """The mean of each group's values; NaN for a group without any."""
    sizes = np.bincount(groups, minlength=count)
    means = np.full(count, np.nan)
    np.divide(np.bincount(groups, values, count), sizes, out=means, where=sizes > 0)
    return means


def _shares(modes_of: npt.NDArray[np.int32], modes: int) -> npt.NDArray[np.float64]:
    return np.bincount(modes_of, minlength=modes) / len(modes_of)


def _spread(rows: Rows) -> float:
    doubles = rows.astype(np.float64)
    return float(np.linalg.norm(doubles - doubles.mean(axis=0), axis=1).mean())


def _largest_group(rows: Rows, distance: float) -> int:
    """Most rows that are linked by steps of at most this distance."""
    if len(rows) < 2:
        return len(rows)
    apart, others = nearest(rows, rows, min(_LINKS, len(rows) - 1), exclude_self=True)
    first, place = np.nonzero(apart <= distance)
    second = others[first, place]
    group = np.arange(len(rows))
    while True:
        least = np.minimum(group[first], group[second])
        merged = group.copy()
        np.minimum.at(merged, first, least)
        np.minimum.at(merged, second, least)
        if np.array_equal(merged, group):
            return int(np.bincount(group).max())
        group = merged

"""Which rows near pairs leave, at any threshold up to that of the search that found them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gio4j._rows.choice import Metric

Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
# Pairs that are Python's own integers at a time, 100 bytes each: 100 MB.
_PAIRS_AT_ONCE = 1_000_000


def limit_of(threshold: float, metric: Metric) -> float:
    """The largest squared distance of rows that are near each other; unit rows for a cosine."""
    return 2.0 - 2.0 * threshold if metric == "cosine" else threshold * threshold


def threshold_of(squared: float, metric: Metric) -> float:
    """The strictest threshold by which rows at a squared distance are near each other."""
    found = 1.0 - squared / 2 if metric == "cosine" else float(np.sqrt(squared))
    looser = -1.0 if metric == "cosine" else np.inf
    while limit_of(found, metric) < squared:
        found = float(np.nextafter(found, looser))
    return found


@dataclass(frozen=True, eq=False)
class NearPairs:
    """All pairs of unlike rows near each other, sorted by the later row's place in the order.

    order : row numbers in the order in which rows are taken
    copy_of : by row, the first in the order of the rows that equal it
    earlier, later : the two rows of each pair
    squared : how far they are from each other, squared
    """

    order: Ints
    copy_of: Ints
    earlier: Ints
    later: Ints
    squared: Doubles
    chains: bool

    def within(self, limit: float) -> NearPairs:
        """Those up to a squared distance."""
        near = self.squared <= limit
        return NearPairs(
            self.order,
            self.copy_of,
            self.earlier[near],
            self.later[near],
            self.squared[near],
            self.chains,
        )

    def is_kept(self) -> npt.NDArray[np.bool_]:
        """By row, whether it is kept."""
        rows = len(self.order)
        if self.chains:
            kept = np.ones(rows, bool)
            kept[self.later] = False
        else:
            # A pair's earlier row is decided about before the pair is met.
            flags = bytearray(b"\1") * rows
            for first in range(0, len(self.earlier), _PAIRS_AT_ONCE):
                part = slice(first, first + _PAIRS_AT_ONCE)
                earlier, later = self.earlier[part].tolist(), self.later[part].tolist()
                for row, other in zip(earlier, later, strict=True):
                    if flags[row]:
                        flags[other] = 0
            kept = np.frombuffer(flags, np.bool_).copy()
        kept &= self.copy_of == np.arange(rows)
        return kept

    def near(self) -> tuple[Ints, Doubles]:
        """By row, the row that it is dropped for, -1 if it is kept, and their squared distance."""
        rows = len(self.order)
        kept = self.is_kept()
        dropped, others, squared = self.later, self.earlier, self.squared
        if not self.chains:
            forward = kept[self.earlier]
            back = ~forward & kept[self.later]
            dropped = np.concatenate([self.later[forward], self.earlier[back]])
            others = np.concatenate([self.earlier[forward], self.later[back]])
            squared = np.concatenate([self.squared[forward], self.squared[back]])
        place = np.empty(rows, np.int32)
        place[self.order] = np.arange(rows, dtype=np.int32)
        best = np.lexsort((place[others], squared, dropped))
        best = best[np.unique(dropped[best], return_index=True)[1]]
        near, distances = np.full(rows, -1, np.int32), np.zeros(rows)
        near[dropped[best]], distances[dropped[best]] = others[best], squared[best]
        copies = np.flatnonzero(self.copy_of != np.arange(rows))
        first = self.copy_of[copies]
        is_nearest = self.chains | kept[first]
        near[copies] = np.where(is_nearest, first, near[first])
        distances[copies] = np.where(is_nearest, 0.0, distances[first])
        return near, distances

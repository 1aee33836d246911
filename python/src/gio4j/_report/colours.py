"""Colours of the pictures: one palette for light, dark and transparent backgrounds.

Each has a contrast of at least 3:1 to white and to the dark grounds of notebooks and matplotlib's
styles (#1e1e1e and darker), so nothing has to know what it is drawn on. Shapes tell pool, target
and picks apart as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._rows.records import values_of
from gio4j._rows.sources import Source

POOL, TARGET, PICKED = "#868b94", "#d55e00", "#2a7fd4"
LABELS = ("#1f77c9", "#d55e00", "#00916a", "#b0599f", "#a17800", "#0f8fb0", "#d6336c")
#: What holds the labels for which no colour is left.
OTHER = "#868b94"


@dataclass(frozen=True)
class Labels:
    """The label of each row of the pool as passed, as a place among the names, frequent first."""

    places: npt.NDArray[np.uint8]
    names: tuple[str, ...]
    colours: tuple[str, ...]


def labels_of(color_by: Any, pool: Any, rows: Source) -> Labels:
    """Colours for the most frequent labels of the pool's rows, one for all others."""
    present = rows.numbers(np.arange(rows.count()))
    values = values_of(color_by, "color_by", pool, rows.passed(), present)
    distinct, places, counts = np.unique(
        np.asarray([str(value) for value in values]), return_inverse=True, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")
    shown = order[: len(LABELS)]
    names, colours = [str(name) for name in distinct[shown]], list(LABELS[: len(shown)])
    if len(order) > len(shown):
        names.append(f"{len(order) - len(shown)} others")
        colours.append(OTHER)
    rank = np.full(len(distinct), len(shown), np.uint8)
    rank[shown] = np.arange(len(shown))
    labels = np.zeros(rows.passed(), np.uint8)  # of a row that was left out nothing is drawn
    labels[present] = rank[places.reshape(-1)]
    return Labels(labels, tuple(names), tuple(colours))

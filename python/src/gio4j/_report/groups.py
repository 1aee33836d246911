"""The groups of a target, and what each has of the picks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gio4j._report.picked import Grouped, Picked
from gio4j._report.yardstick import as_float32, by_group, nearest_row, require_finite
from gio4j._rows.sources import Source


def groups_table(found: Picked, pool: Source, wanted: Source, groups: Grouped) -> pa.Table:
    """One line a group."""
    rows = np.array(found.indices, np.int32)
    places = np.arange(wanted.count())
    aim_rows = wanted.numbers(places)
    of_aims = groups.of_rows[aim_rows]
    sizes = np.bincount(of_aims, minlength=len(groups.labels))
    picks = np.zeros(len(sizes), np.int64)
    distances = np.full(len(sizes), np.nan)
    if len(rows):
        chosen = pool.places(rows)
        given = pool.take(chosen), wanted.take(places)
        require_finite(given[0], pool.numbers(chosen), "pool")
        require_finite(given[1], aim_rows, "target")
        picked, aims = as_float32(*given)
        picks = np.bincount(of_aims[nearest_row(picked, aims)[1]], minlength=len(sizes))
        distances = by_group(nearest_row(aims, picked)[0], of_aims, len(sizes))
    labels = groups.labels
    is_large = any(isinstance(label, int) and abs(label) >= 2**63 for label in labels)
    return pa.table(
        {
            "label": list(map(str, labels)) if is_large else list(labels),
            "share": np.array(groups.shares),
            "target_rows": sizes,
            "picks": picks,
            "distance": distances,
        }
    )

"""Why each pick is there: the target rows near it, and the picks near each target row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gio4j._checks import check_int
from gio4j._measure.neighbors import nearest
from gio4j._methods.built_in import kernel_of
from gio4j._report.picked import Picked
from gio4j._report.yardstick import (
    REPORT_SAMPLE,
    Yardstick,
    as_float32,
    nearest_row,
    require_finite,
    some,
)
from gio4j._rows.sources import Indices, Source


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why each pick is there, and what stands for each target row; made by `Selection.explain`.

    It unpacks as a pair: ``picks, targets = found.explain()``.

    Attributes
    ----------
    picks : pyarrow.Table, pandas.DataFrame or polars.DataFrame
        One line a pick, in the order picked: `order` (1 is the first), `row` of the pool, `gain`,
        `mode` (the cluster of the target nearest to it, by number), `target_rows` and `distances`
        (lists: the nearest target rows, nearest first) and `near_copy_of` (the row of the nearest
        other pick if it is closer than a report's `duplicate_distance`, else null).
    targets : pyarrow.Table, pandas.DataFrame or polars.DataFrame
        One line a target row: `row`, `mode`, `pick_rows` and `distances` (lists: the rows of the
        pool that stand for it, the nearest picks).
    """

    picks: Any
    targets: Any

    def __iter__(self) -> Iterator[Any]:
        return iter((self.picks, self.targets))


def explanation_of(
    found: Picked, pool: Source, wanted: Source, neighbors: int, seed: int
) -> tuple[pa.Table, pa.Table]:
    """The two tables of an `Explanation`."""
    count = check_int(neighbors, "neighbors", least=1)
    generator = np.random.default_rng(check_int(seed, "seed"))
    rows = np.array(found.indices, np.int32)
    places = np.arange(wanted.count())
    chosen = pool.places(rows) if len(rows) else np.zeros(1, np.int32)
    given = pool.take(chosen), wanted.take(places)
    aim_rows = wanted.numbers(places)
    require_finite(given[0], pool.numbers(chosen), "pool")
    require_finite(given[1], aim_rows, "target")
    picked, aims = as_float32(*given)
    kernel = kernel_of(found.method, found.options, found.facts)
    yardstick = Yardstick(aims[some(np.arange(len(aims)), REPORT_SAMPLE, generator)], kernel, seed)
    if not len(rows):  # nothing to be near to
        nothing = np.empty((len(aims), 0))
        picks = _picks_table(found, np.empty(0), nothing[:0], nothing[:0], [])
        return picks, _targets_table(aim_rows, _modes(aims, yardstick), nothing, nothing)
    apart, near = nearest(picked, aims, min(count, len(aims)))
    copies: list[int | None] = [None] * len(rows)
    if len(rows) > 1:
        step, other = nearest(picked, picked, exclude_self=True)
        closer = np.flatnonzero(step[:, 0] <= yardstick.duplicate_distance)
        for place in closer.tolist():
            copies[place] = int(rows[other[place, 0]])
    picks = _picks_table(found, _modes(picked, yardstick), aim_rows[near], apart, copies)
    reach, stands = nearest(aims, picked, min(count, len(rows)))
    return picks, _targets_table(aim_rows, _modes(aims, yardstick), rows[stands], reach)


def _modes(rows: npt.NDArray[np.float32], yardstick: Yardstick) -> npt.NDArray[np.int32]:
    return nearest_row(rows, yardstick.centers)[1]


def _picks_table(
    found: Picked,
    modes: npt.NDArray[Any],
    near: npt.NDArray[Any],
    apart: npt.NDArray[Any],
    copies: list[int | None],
) -> pa.Table:
    return pa.table(
        {
            "order": np.arange(1, len(found) + 1, dtype=np.int32),
            "row": np.array(found.indices, np.int32),
            "gain": np.array(found.gains),
            "mode": modes.astype(np.int32),
            "target_rows": _lists(near.astype(np.int32)),
            "distances": _lists(apart),
            "near_copy_of": pa.array(copies, pa.int32()),
        }
    )


def _targets_table(
    rows: Indices, modes: npt.NDArray[Any], stands: npt.NDArray[Any], reach: npt.NDArray[Any]
) -> pa.Table:
    return pa.table(
        {
            "row": rows.astype(np.int32),
            "mode": modes.astype(np.int32),
            "pick_rows": _lists(stands.astype(np.int32)),
            "distances": _lists(reach),
        }
    )


def _lists(values: npt.NDArray[Any]) -> pa.ListArray:
    rows, width = values.shape
    ends = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.ListArray.from_arrays(ends, pa.array(np.ascontiguousarray(values).reshape(-1)))

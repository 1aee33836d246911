"""The rows of a selection: resolved, without those that are left out, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._duplicates.duplicates import Duplicates
from gio4j._engine.progress import Progress
from gio4j._rows.choice import Metric, Missing, columns_of
from gio4j._rows.inputs import chosen, has_columns, kept, resolved
from gio4j._rows.sources import Indices, Source
from gio4j._select.existing import row_numbers, split
from gio4j._select.unlike import unlike


class GivenRows:
    """Pool, target, existing rows and those to avoid, as the engine is to have them.

    pool, target : as they are kept for a report
    sources : by name, aligned; target is the pool where none was given, the others may be missing
    aims : the target before it was aligned
    passed, present_count : rows of the pool before any was left out, and afterwards
    columns : of the pool
    files : that hold the pool, with their rows
    skipped, duplicates : how many rows lacked a number, and were left out as near others, or None
    """

    def __init__(
        self,
        pool: Any,
        target: Any,
        existing: Any,
        avoid: Any,
        *,
        columns: str | Sequence[Any] | None,
        missing: Missing,
        metric: Metric,
        dedup: float | Duplicates | None,
        has_origin: bool,
        progress: Progress,
    ) -> None:
        self.pool = kept(pool, "pool")
        self.target = self.pool if target is None else kept(target, "target")
        given = {"pool": self.pool}
        if target is not None:
            given["target"] = self.target
        numbers = row_numbers(existing)
        if existing is not None and numbers is None:
            given["existing"] = existing
        if avoid is not None:
            given["avoid"] = avoid
        taken = chosen(given, columns, missing, metric)
        present = taken["pool"]
        if dedup is not None:
            taken["pool"] = unlike(present, dedup, numbers, progress)
        self.sources = resolved(taken, has_origin)
        self.rows = taken["pool"]
        # Counted after streams have been written, as else they are read once more.
        self.passed, self.files = self.rows.passed(), tuple(self.rows.files())
        self.sources.setdefault("target", self.sources["pool"])
        self.aims: Source = taken.get("target", self.rows)
        self.present_count, self.columns = self.sources["pool"].shape
        self.skipped = None if present.rows is None else self.passed - len(present.rows)
        self.duplicates = None if dedup is None else present.count() - self.present_count
        # A report takes them of both by these names, and need not say again what is left out.
        names = self.rows.columns
        are_shared = target is None or self.aims.columns == names or not has_columns(target)
        self.shown_columns = (
            list(names) if are_shared and names is not None else columns_of(columns)
        )
        #: Places of the rows that are left once those of `existing` are out; None for all.
        self._left = None if numbers is None else split(self.sources, self.rows, numbers)

    def count(self) -> int:
        """Rows that can be picked."""
        return self.present_count if self._left is None else len(self._left)

    def present(self) -> Indices:
        """What the rows are called that are not left out, those of `existing` among them."""
        return self.rows.numbers(np.arange(self.present_count))

    @cached_property
    def numbers(self) -> Indices:
        """What the rows are called that can be picked."""
        return self.present() if self._left is None else self.rows.numbers(self._left)

    def target_numbers(self) -> Indices:
        """What the rows of the target are called that are not left out."""
        return self.aims.numbers(np.arange(self.aims.count()))

    def called(self, picked: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """What picked rows are called, a copy."""
        places = picked.copy() if self._left is None else self._left[picked]
        return self.rows.numbers(places).astype(np.int32, copy=False)

    def facts(self) -> dict[str, int]:
        """How many rows were left out."""
        counts = {"skipped_rows": self.skipped, "duplicate_rows": self.duplicates}
        return {name: count for name, count in counts.items() if count is not None}

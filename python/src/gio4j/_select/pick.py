"""The gateway's `select`: rows and a method in, picks out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import same_columns
from gio4j._engine.jobs import Answer, OnStatus, run_job
from gio4j._methods.registry import Method, check_target, request_of
from gio4j._rows.sources import ArraySource, Source
from gio4j._select.groups import Groups
from gio4j._select.limits import Limits


@dataclass(frozen=True)
class Picking:
    """What is asked for: rows to pick from and towards, a method, a budget in rows, a seed.

    With `limits`, `within` is the budget in rows or, with costs, in costs, which shares follow.
    `keep_on_interrupt` is what Ctrl-C does.
    """

    pool: Source
    target: Source
    existing: Source | None
    weights: npt.NDArray[np.float32] | None
    scores: npt.NDArray[np.float32] | None
    groups: Groups | None
    method: Method
    budget: int | None
    seed: int
    limits: Limits | None
    within: float | None
    keep_on_interrupt: bool

    def run(self, on_status: OnStatus | None) -> Answer:
        """Ask the engine."""
        with ExitStack() as leases:
            pool = self.pool.share(leases)
            target = pool if self.target is self.pool else self.target.share(leases)
            existing = None if self.existing is None else self.existing.share(leases)
            called = self.pool.name.partition(".")[0]
            same_columns(pool.columns, called, target.columns, "target")
            if existing is not None:
                same_columns(pool.columns, called, existing.columns, "existing")
            check_target(self.method, target.rows)

            def column(values: npt.NDArray[np.float32] | None, name: str) -> Any:
                if values is None:
                    return None
                return ArraySource(values.reshape(-1, 1), name).share(leases).request

            def grouped(groups: Groups) -> Any:
                rows = column(groups.of_rows.astype(np.float32), "groups")
                return {"rows": rows, "shares": list(groups.shares)}

            request = {
                "kind": "select",
                "pool": pool.request,
                "target": target.request,
                "existing": None if existing is None else existing.request,
                "weights": column(self.weights, "weights"),
                "scores": column(self.scores, "scores"),
                "groups": None if self.groups is None else grouped(self.groups),
                "limits": None if self.limits is None else self.limits.request(leases, self.within),
                "budget": self.budget,
                "seed": self.seed,
                "method": request_of(self.method),
            }
            return run_job(request, leases, on_status, self.keep_on_interrupt)

"""The gateway's `select`: rows and a method in, picks out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gio4j._checks import same_columns
from gio4j._engine.jobs import Answer, Status, run_job
from gio4j._methods.registry import Method, check_target, request_of
from gio4j._rows.sources import ArraySource, Source


@dataclass(frozen=True)
class Rows:
    """What a selection is made from."""

    pool: Source
    target: Source
    existing: Source | None
    weights: npt.NDArray[np.float32] | None


@dataclass(frozen=True)
class Picking:
    """What is asked for: a method with its options, a budget in rows, and what Ctrl-C does."""

    method: Method
    budget: int | None
    seed: int
    keep_on_interrupt: bool


def pick(rows: Rows, asked: Picking, on_status: Callable[[Status], None] | None) -> Answer:
    """The gateway's `select`."""
    with ExitStack() as leases:
        pool, target = rows.pool.share(leases), rows.target.share(leases)
        existing = None if rows.existing is None else rows.existing.share(leases)
        same_columns(pool.columns, "pool", target.columns, "target")
        if existing is not None:
            same_columns(pool.columns, "pool", existing.columns, "existing")
        check_target(asked.method, target.rows)
        weights = None
        if rows.weights is not None:
            column = rows.weights.reshape(-1, 1)
            weights = ArraySource(column, "weights").share(leases).request
        request = {
            "kind": "select",
            "pool": pool.request,
            "target": target.request,
            "existing": None if existing is None else existing.request,
            "weights": weights,
            "budget": asked.budget,
            "seed": asked.seed,
            "method": request_of(asked.method),
        }
        return run_job(request, leases, on_status, asked.keep_on_interrupt)

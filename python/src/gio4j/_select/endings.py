"""Warnings of how a selection ended, where few rows are all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gio4j._methods.built_in import Exact, Omp
from gio4j._methods.registry import Method
from gio4j.errors import warn


def warn_of_the_end(
    method: Method, budget: int | None, reason: str, facts: Mapping[str, Any], picks: int
) -> None:
    """Say why few rows are all, and what gives more; the warning names what to pass."""
    if reason == "no_influence":
        scale, kernel = facts.get("scale"), getattr(method, "kernel", "")
        other = "" if kernel == "rational" else " or kernel='rational'"
        warn(
            f"select: after {picks} picks kernel={kernel!r} with scale={scale:g} gives every row "
            "that is left the same similarity to the target, so nothing tells them apart; pass "
            f"scale=None, a larger scale{other}"
        )
    elif reason == "saturated":
        _warn_of_saturation(method, budget, picks)
    elif picks == 0 and reason not in ("interrupted", "limits"):
        warn(
            f"select: no row of the pool improves the {method.objective} of what is selected "
            "already; pass budget= to select anyway"
        )
    elif (
        isinstance(method, Exact)
        and (budget, reason) == (None, "increase")
        and facts.get("clusters_picked", picks) == 1
    ):
        warn(
            f"select: {method.name!r} stopped after one "
            f"{'cluster' if 'clusters_picked' in facts else 'row'}, the best: its divergence is a "
            "mean, which every further row makes worse, with no term that rewards more of them; "
            "pass budget= for as many as you need"
        )


def _warn_of_saturation(method: Method, budget: int | None, picks: int) -> None:
    if picks == 0 and isinstance(method, Omp):
        warn(
            f"select: {method.name!r} found no row that points where the mean of the target does; "
            "see that pool and target are of the same kind, and not centred apart"
        )
    elif picks == 0 or (budget is not None and picks < budget):
        wanted = "" if budget is None else f" of budget={budget}"
        warn(
            f"select: {method.name!r} ended after {picks} rows{wanted}: no row that is left gains "
            f"anything; {method.saturated_cure}"
        )

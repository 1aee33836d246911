"""`budget=` as a number of rows, or of what they cost."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, check_int, check_real
from gio4j._select.limits import Limits
from gio4j._select.rows import GivenRows
from gio4j.errors import InvalidInputError, InvalidTypeError

_BUDGET = "rows as an int, or a share such as 0.1 or '10%'"
#: Why there is a bound, unless rows were left out.
NO_MORE = "the pool has no more rows"
NO_MORE_UNLIKE = f"{NO_MORE} that dedup= leaves"


@dataclass(frozen=True)
class Budgets:
    """What may be picked.

    several : each of a list, in rows or costs; empty for a single budget
    largest : of them, or the only one; None for the method's own end
    rows : how many rows that allows
    """

    several: Sequence[float]
    largest: float | None
    rows: int | None

    @classmethod
    def of(
        cls,
        budget: Any,
        rows: GivenRows,
        counts: npt.NDArray[np.float32] | None,
        limits: Limits | None,
        cure: str,
    ) -> Budgets:
        """What `budget=` says, of rows that count as several, and in costs where they have them."""
        several: Sequence[float]
        largest: float | None
        if limits is not None and limits.costs is not None:
            several = several_costs(budget, limits)
            largest = max(several) if several else limits.budget(budget, share_of(budget))
            return cls(several, largest, limits.rows_within(largest))
        total, most = rows.present_count, rows.count()
        if counts is not None:
            total = int(counts[rows.present()].sum(dtype=np.float64))
            most = int(counts[rows.numbers].sum(dtype=np.float64))
        several = several_rows(budget, most, total, cure)
        largest = max(several) if several else budget_rows(budget, most, total, cure)
        return cls(several, largest, None if largest is None else int(largest))


def budget_rows(budget: Any, most: int, total: int, cure: str = NO_MORE) -> int | None:
    """The budget in rows: a share of all of them, or their number, of which `most` are left."""
    if budget is None:
        return None
    share = share_of(budget, most)
    if share is not None:
        return min(most, max(1, round(share * total)))
    return check_int(budget, "budget", least=1, most=most, cure=cure, needs=_BUDGET)


def several_rows(budget: Any, most: int, total: int, cure: str) -> list[int]:
    """Each of a list of budgets in rows; none for a single budget."""
    if not isinstance(budget, list | tuple):
        return []
    budgets = [budget_rows(each, most, total, cure) for each in budget]
    rows = [each for each in budgets if each is not None]
    if not rows or len(rows) < len(budgets):
        raise InvalidInputError(
            f"budget={brief(budget)}: a list needs at least one number of rows or share, and no "
            "None"
        )
    return rows


def several_costs(budget: Any, limits: Limits) -> list[float]:
    """Each of a list of budgets in costs; none for a single budget."""
    if not isinstance(budget, list | tuple):
        return []
    if not budget or any(each is None for each in budget):
        raise InvalidInputError(
            f"budget={brief(budget)}: a list needs at least one cost or share, and no None"
        )
    return [limits.budget(each, share_of(each)) for each in budget]


def share_of(budget: Any, most: float = math.inf) -> float | None:
    """The share of all that a budget is; None for a number of rows or a cost."""
    if isinstance(budget, bool):
        raise InvalidTypeError(f"budget={budget!r}: needs {_BUDGET}")
    if isinstance(budget, str):
        share = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*%\s*", budget)
        if share is None or not 0 < float(share[1]) <= 100:
            raise InvalidInputError(
                f"budget={brief(budget)}: needs {_BUDGET}, above 0 up to '100%'"
            )
        return float(share[1]) / 100
    if isinstance(budget, float | np.floating):
        if 1 < budget <= most and budget.is_integer():
            raise InvalidInputError(
                f"budget={budget!r}: a float is a share of the pool, above 0 up to 1.0; for rows "
                f"write budget={int(budget)}"
            )
        return check_real(budget, "budget", least=0, most=1, above=True, needs=_BUDGET)
    return None

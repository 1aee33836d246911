"""Limits of what a selection may pick: as callers say them, checked, and as a request has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, check_int, check_real, did_you_mean
from gio4j._methods.registry import Method, limited_methods
from gio4j._rows.matrix import to_numpy
from gio4j._rows.numbers import one_a_row
from gio4j._rows.records import values_of
from gio4j._rows.sources import ArraySource, Source
from gio4j.errors import InvalidInputError, InvalidTypeError, warn

Rows = npt.NDArray[Any]

# Whole numbers up to this have a float32 of their own.
_MOST_SOURCES = 2**24
_SHARE = "an int, or a share of the budget as a float from 0.0 to 1.0"
# What is named of many labels.
_SHOWN = 5
# A share of the budget that is a whole number but for rounding is that number.
_ROUNDING = 1e-9
#: Those that forbid more and more rows, by the names that callers know.
_COUNTED = ("caps", "floors", "costs", "min_distance")


@dataclass(frozen=True)
class Wanted:
    """The arguments of a call, as they were passed."""

    exclude: Any = None
    source: Any = None
    caps: Any = None
    floors: Any = None
    costs: Any = None
    min_distance: Any = None
    avoid: Any = None
    avoid_distance: Any = 0.0

    def given(self) -> list[str]:
        """The names of those that are not left out."""
        return [
            name
            for name, value in self.__dict__.items()
            if name != "avoid_distance" and value is not None
        ]

    def check(self, method: Method, weights: Any, scores: Any, budget: Any) -> None:
        """Errors for what does not go together, before any row is read."""
        given = self.given()
        if method.needs_source and self.source is None:
            raise InvalidInputError(
                f"source: is missing; method {method.name!r} draws from each source, so pass the "
                "label of each row of the pool"
            )
        check_real(self.avoid_distance, "avoid_distance", least=0)
        if self.avoid is None and self.avoid_distance != 0:
            raise InvalidInputError(
                f"avoid_distance={brief(self.avoid_distance)}: there is nothing to avoid; pass "
                "avoid= with rows, or leave it out"
            )
        if self.min_distance is not None:
            check_real(self.min_distance, "min_distance", least=0)
        if not given:
            return
        _check_method(method, given, scores)
        for name in ("caps", "floors"):
            if name in given and self.source is None:
                raise InvalidInputError(
                    f"{name}: are of sources; pass source= with the label of each row of the pool"
                )
            if name in given and not isinstance(getattr(self, name), Mapping):
                raise InvalidTypeError(
                    f"{name}={brief(getattr(self, name))}: needs a dict such as "
                    f"{{'web': 100}}, or {{'web': 0.5}}"
                )
        if self.costs is not None and self.floors is not None:
            raise InvalidInputError(
                "floors: count rows, and with costs= the budget is in costs; leave one of them out"
            )
        if self.floors is not None and isinstance(budget, list | tuple):
            raise InvalidInputError(
                "floors: are met at the end of a budget, and several were passed; pass one"
            )
        counted = [name for name in ("caps", "floors", "costs") if name in given]
        if weights is not None and counted:
            raise InvalidInputError(
                f"weights: cannot be used beside {counted[0]}=; leave one of them out"
            )
        needy = [name for name in ("costs", "floors") if name in given]
        if needy and budget is None:
            raise InvalidInputError(f"budget: is missing, and {needy[0]}= needs one; pass it")

    def of_rows(self, pool: Any, rows: Source, numbers: Rows, avoid: Source | None) -> Limits:
        """The limits of some rows of the pool, by their numbers in what was passed."""
        labels, sources = None, None
        if self.source is not None:
            labels, sources = _labels(self.source, pool, rows, numbers)
        excluded, excluded_rows = None, 0
        if self.exclude is not None:
            mask = _excluded(self.exclude, rows.passed())
            excluded, excluded_rows = mask[numbers], int(mask.sum())
        costs, total = None, 0.0
        if self.costs is not None:
            every = _costs(self.costs, rows.passed())
            costs = every[numbers]
            total = float(every[rows.numbers(np.arange(rows.count()))].sum())
        return Limits(self, numbers, labels, sources, excluded, excluded_rows, costs, total, avoid)


def _check_method(method: Method, given: list[str], scores: Any) -> None:
    counted = [name for name in _COUNTED if name in given]
    if method.keeps_limits == "all" and not (scores is not None and method.name == "kcenter"):
        return
    if method.keeps_limits == "rows" and not counted:
        return
    first = counted[0] if method.keeps_limits == "rows" else given[0]
    if method.keeps_limits == "all":
        raise InvalidInputError(
            f"{first}: method {method.name!r} keeps no limits with scores=; leave one of them out"
        )
    only = "exclude= and avoid= alone" if method.keeps_limits == "rows" else "no such limit"
    raise InvalidInputError(
        f"{first}: method {method.name!r} keeps {only}; leave it out, or take method="
        f"{' or '.join(map(repr, limited_methods()))}"
    )


def _labels(source: Any, pool: Any, rows: Source, numbers: Rows) -> tuple[list[Any], Rows]:
    """The labels that there are, and the place among them of each of some rows."""
    present = rows.numbers(np.arange(rows.count()))
    values = values_of(source, "source", pool, rows.passed(), present)
    for row, value in zip(present, values, strict=True):
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise InvalidTypeError(
                f"source: row {row} is {brief(value)}; needs an integer or a text, the label of "
                "its source"
            )
    texts = sum(isinstance(value, str) for value in values)
    if 0 < texts < len(values):
        raise InvalidTypeError("source: has integers and texts; needs labels of one kind")
    try:
        labels, places = np.unique(np.asarray(values), return_inverse=True)
    except OverflowError:
        labels = np.empty(0)
    if not len(labels) or labels.dtype.kind not in "iuU":
        raise InvalidInputError("source: has integers of more than 64 bits; use texts")
    if len(labels) > _MOST_SOURCES:
        raise InvalidInputError(
            f"source: has {len(labels)} labels; needs at most {_MOST_SOURCES} of them"
        )
    every = np.zeros(rows.passed(), np.int64)
    every[present] = places.reshape(-1)
    return labels.tolist(), every[numbers]


def _excluded(exclude: Any, rows: int) -> npt.NDArray[np.bool_]:
    """Which rows of the pool are excluded, from their numbers or from a mask."""
    given = to_numpy(exclude, "exclude")
    mask = np.zeros(rows, bool)
    if given.size == 0:
        return mask
    if given.ndim != 1 or given.dtype.kind not in "iub":
        raise InvalidTypeError(
            f"exclude={brief(exclude)}: needs row numbers of the pool, or a mask of True and "
            "False for each row"
        )
    if given.dtype.kind == "b":
        if len(given) != rows:
            raise InvalidInputError(
                f"exclude: is a mask of {len(given)} for {rows} rows; needs one for each row"
            )
        return given
    outside = np.flatnonzero((given < 0) | (given >= rows))
    if len(outside):
        raise InvalidInputError(
            f"exclude: row number {given[outside[0]]} at {outside[0]}; the pool has rows 0 to "
            f"{rows - 1}"
        )
    mask[given.astype(np.int64)] = True
    return mask


def _costs(costs: Any, rows: int) -> npt.NDArray[np.float64]:
    most = np.finfo(np.float32).max
    return one_a_row(
        *(costs, "costs", rows, "numbers", f"a number above 0, at most {most:.3g}"),
        lambda column: (column > 0) & (column.astype(np.float64) <= most),
    ).astype(np.float64)


@dataclass(frozen=True)
class Limits:
    """The limits of the rows that the engine has, in their order."""

    wanted: Wanted
    #: What the rows are called in what was passed.
    numbers: Rows
    labels: list[Any] | None
    sources: Rows | None
    excluded: npt.NDArray[np.bool_] | None
    excluded_rows: int
    costs: npt.NDArray[np.float64] | None
    #: What all rows of the pool cost.
    total_cost: float
    avoid: Source | None

    def budget(self, budget: Any, share: float | None) -> float:
        """A budget in costs: a share of what all rows cost, or their sum."""
        if share is not None:
            return share * self.total_cost
        cost = check_int(budget, "budget", least=1, most=2**53)
        if cost > self.total_cost:
            raise InvalidInputError(
                f"budget={brief(budget)}: needs at most {math.floor(self.total_cost)}, since all "
                f"rows together cost {self.total_cost:g}"
            )
        return float(cost)

    def rows_within(self, budget: float) -> int:
        """The most rows that a budget in costs allows."""
        costs = np.sort(self._rounded_costs() if self.excluded is None else self._open_costs())
        rows = int(np.searchsorted(np.cumsum(costs, dtype=np.float64), budget, side="right"))
        if rows == 0:
            least = f"costs {costs[0]:g}" if len(costs) else "is excluded"
            raise InvalidInputError(
                f"budget: allows {budget:g}, and the cheapest row {least}; raise it"
            )
        return rows

    def _rounded_costs(self) -> npt.NDArray[np.float32]:
        """As float32, rounded up, so that no budget is exceeded."""
        assert self.costs is not None
        rounded = self.costs.astype(np.float32)
        below = rounded < self.costs
        return np.where(below, np.nextafter(rounded, np.float32(np.inf)), rounded)

    def _open_costs(self) -> npt.NDArray[np.float32]:
        assert self.excluded is not None
        return self._rounded_costs()[~self.excluded]

    def request(self, leases: ExitStack, budget: float | None) -> dict[str, Any]:
        """As the engine takes them; shares follow the budget."""

        def column(values: Rows | None, name: str) -> Any:
            if values is None:
                return None
            floats = values.astype(np.float32).reshape(-1, 1)
            return ArraySource(floats, name).share(leases).request

        caps = self.by_source("caps", budget)
        floors = self.by_source("floors", budget)
        self._check_floors(caps, floors, budget)
        return {
            "excluded": column(self.excluded, "exclude"),
            "sources": column(self.sources, "source"),
            "caps": caps,
            "floors": floors,
            "costs": column(None if self.costs is None else self._rounded_costs(), "costs"),
            "max_cost": None if self.costs is None else budget,
            "min_distance": _float(self.wanted.min_distance),
            "avoid": None if self.avoid is None else self.avoid.share(leases).request,
            "avoid_distance": None if self.avoid is None else _float(self.wanted.avoid_distance),
        }

    def by_source(self, name: str, budget: float | None) -> dict[int, Any]:
        """Caps or floors by the place of their source among the labels."""
        given = getattr(self.wanted, name)
        if given is None:
            return {}
        assert self.labels is not None, "`Wanted.check` asks for sources"
        places = {label: place for place, label in enumerate(self.labels)}
        found = {}
        for label, number in given.items():
            key = label.item() if isinstance(label, np.generic) else label
            if isinstance(key, bool) or not isinstance(key, str | int) or key not in places:
                shown = ", ".join(brief(each) for each in self.labels[:_SHOWN])
                more = ", ..." if len(self.labels) > _SHOWN else ""
                raise InvalidInputError(
                    f"{name}: {brief(label)} is no label of source; "
                    f"{did_you_mean(key, self.labels)}needs one of {shown}{more}"
                )
            found[places[key]] = self._number(number, name, label, budget)
        return found

    def _number(self, number: Any, name: str, label: Any, budget: float | None) -> float:
        called = f"{name}[{brief(label)}]"
        if not isinstance(number, float | np.floating):
            return check_int(number, called, least=0, most=2**53, needs=_SHARE)
        share = check_real(number, called, least=0, most=1, needs=_SHARE)
        if budget is None:
            raise InvalidInputError(f"{called}={brief(number)}: is a share of a budget; pass one")
        if self.costs is not None:
            return share * budget
        part = share * budget
        return math.floor(part + _ROUNDING) if name == "caps" else math.ceil(part - _ROUNDING)

    def _check_floors(
        self, caps: Mapping[int, float], floors: Mapping[int, float], budget: float | None
    ) -> None:
        if not floors:
            return
        assert self.labels is not None
        assert self.sources is not None
        open_rows = self.sources if self.excluded is None else self.sources[~self.excluded]
        rows = np.bincount(open_rows, minlength=len(self.labels))
        for place, floor in floors.items():
            label = brief(self.labels[place])
            if floor > rows[place]:
                raise InvalidInputError(
                    f"floors[{label}]={floor}: needs at most {rows[place]}, the rows of the "
                    "source that can be picked"
                )
            if floor > caps.get(place, math.inf):
                raise InvalidInputError(
                    f"floors[{label}]={floor}: needs at most {caps[place]:g}, the cap of the source"
                )
        total = sum(floors.values())
        if budget is not None and total > budget:
            raise InvalidInputError(
                f"floors: need {total} rows together, and the budget is {budget:g}; raise it, or "
                "lower them"
            )

    def options(self, budget: float | None) -> dict[str, Any]:
        """What was asked for, in short."""
        wanted = self.wanted
        asked: dict[str, Any] = {}
        if wanted.exclude is not None:
            asked["exclude"] = self.excluded_rows
        for name in ("caps", "floors"):
            if getattr(wanted, name) is not None:
                assert self.labels is not None
                numbers = self.by_source(name, budget)
                asked[name] = {str(self.labels[place]): each for place, each in numbers.items()}
        if wanted.min_distance is not None:
            asked["min_distance"] = _float(wanted.min_distance)
        if self.avoid is not None:
            asked["avoid"] = self.avoid.count()
            asked["avoid_distance"] = _float(wanted.avoid_distance)
        return asked

    def places(self, picked: Rows) -> Rows:
        """Where rows are here, from their numbers in what was passed."""
        return np.searchsorted(self.numbers, picked)

    def facts(self, picked: Rows) -> dict[str, Any]:
        """What the picks cost, and how many there are of each source, by their places here."""
        found: dict[str, Any] = {}
        if self.costs is not None:
            found["cost"] = float(self.costs[picked].sum())
        if self.sources is not None:
            assert self.labels is not None
            counts = np.bincount(self.sources[picked], minlength=len(self.labels))
            found["picks_by_source"] = {
                str(label): int(count) for label, count in zip(self.labels, counts, strict=True)
            }
        return found

    def warn_of_the_end(self, picked: Rows, budget: float | None, reason: str) -> None:
        """Say which floors are not met, or that the limits allow no more."""
        if reason == "interrupted":
            return
        floors = self.by_source("floors", budget)
        if floors:
            assert self.labels is not None
            assert self.sources is not None
            counts = np.bincount(self.sources[picked], minlength=len(self.labels))
            for place, floor in floors.items():
                if counts[place] < floor:
                    warn(
                        f"select: {counts[place]} rows of source {brief(self.labels[place])} are "
                        f"picked, and its floor is {floor}: no other of its rows is allowed, or "
                        "gains anything; relax the other limits, or lower the floor"
                    )
                    return
        if reason == "limits" and budget is not None:
            warn(
                f"select: ended after {len(picked)} rows, below the budget: the limits "
                f"({', '.join(self.wanted.given())}) allow no row that is left; relax them, or "
                "lower the budget"
            )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)

"""Parameters that several functions share stand in one order and have one default."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import gio4j

#: Rows, then how many, then how; at the end what is asked of any call.
ORDER = (
    *("pool", "target", "data", "x", "y", "start"),
    *("budget", "clusters", "k"),
    "method",
    *("existing", "weights", "scores", "groups", "target_shares"),
    *("exclude", "source", "caps", "floors", "costs", "min_distance", "avoid", "avoid_distance"),
    *("columns", "missing", "metric"),
    "eps",
    *("sample", "seed"),
    "progress",
    "on_interrupt",
)
DEFAULTS = {"seed": 0, "progress": "auto", "on_interrupt": "raise"}
FUNCTIONS = [
    gio4j.select,
    gio4j.Selector,
    gio4j.plan,
    gio4j.gradient_search,
    gio4j.kmeans,
    gio4j.deduplicate,
    gio4j.nearest,
    gio4j.score,
    gio4j.divergence,
    gio4j.Selection.report,
    gio4j.Selection.plot,
]


def listed(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters of a function; `Selector` has the options of methods after its own."""
    parameters = inspect.signature(function).parameters
    last = list(parameters).index("on_interrupt") if "on_interrupt" in parameters else None
    return {
        name: each
        for place, (name, each) in enumerate(parameters.items())
        if last is None or place <= last
    }


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_shared_parameters_stand_in_one_order(function: Callable[..., Any]) -> None:
    parameters = listed(function)
    shared = [name for name in parameters if name in ORDER]
    assert len(shared) > 3
    assert shared == sorted(shared, key=ORDER.index)
    for name, default in DEFAULTS.items():
        if name in parameters:
            assert parameters[name].default == default
            assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY


def test_whatever_runs_for_long_shows_its_progress() -> None:
    quick = {gio4j.plan, gio4j.Selection.report, gio4j.Selection.plot}
    assert all("progress" in listed(function) for function in FUNCTIONS if function not in quick)

"""The picture of a selection: its trace, its gains, and where the picks lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import check_int
from gio4j._methods.registry import objective_of
from gio4j._report.picked import Picked
from gio4j._rows.inputs import source_of

_POOL, _TARGET, _PICKED = "#b8bcc4", "#e07b39", "#1f5fa8"


def plot_selection(found: Picked, pool: Any, target: Any, sample: int, seed: int) -> Any:
    """A matplotlib Figure; ImportError with the cure without matplotlib."""
    try:
        import matplotlib
        from matplotlib import pyplot
    except ImportError as problem:
        raise ImportError("plot() needs matplotlib: pip install 'gio4j[plot]'") from problem
    points = _projected(found, pool, target, check_int(sample, "sample", least=100), seed)
    figure, (trace, gains, plane) = pyplot.subplots(
        1, 3, figsize=(13, 3.8), layout="constrained", width_ratios=(1, 1, 1.15)
    )
    figure.suptitle(
        f"{len(found):,} of {found.pool_rows:,} rows by {found.method!r}, "
        f"stopped by {found.stop_reason!r}",
        fontsize="medium",
    )
    _draw_trace(trace, found)
    _draw_gains(gains, found)
    _draw_plane(plane, points)
    if "inline" in matplotlib.get_backend().lower():
        # A notebook shows the figure that a cell ends with; an open one it would show twice.
        pyplot.close(figure)
    return figure


def _draw_trace(axes: Any, found: Picked) -> None:
    first, values = 1, found.trace
    if found.starting_objective is not None:
        first, values = 0, np.concatenate([[found.starting_objective], values])
    axes.plot(
        np.arange(first, first + len(values)),
        values,
        color=_PICKED,
        marker="o" if len(values) < 2 else None,
    )
    objective = objective_of(found.method, found.options)
    axes.set(title="objective", xlabel="picks", ylabel=objective)
    axes.margins(x=0.02)


def _draw_gains(axes: Any, found: Picked) -> None:
    known = np.isfinite(found.gains)
    axes.set(title="gain of each pick", xlabel="pick", ylabel="gain")
    if not known.any():
        axes.text(
            0.5,
            0.5,
            "no pick has a gain to show",
            ha="center",
            va="center",
            transform=axes.transAxes,
            color="gray",
        )
        axes.set(xticks=[], yticks=[])
        return
    places, gains = np.flatnonzero(known) + 1, found.gains[known]
    axes.plot(places, gains, color=_PICKED, linewidth=0.8, marker=".", markersize=3)
    if gains.min() > 0 and gains.max() > 100 * gains.min():
        axes.set_yscale("log")
    else:
        axes.axhline(0, color="gray", linewidth=0.6)
    axes.margins(x=0.02)


def _draw_plane(axes: Any, points: dict[str, npt.NDArray[np.float64]]) -> None:
    styles = {
        "pool": {"color": _POOL, "s": 5, "zorder": 1},
        "target": {"color": _TARGET, "s": 12, "zorder": 3, "alpha": 0.8},
        "picked": {
            "facecolors": "none",
            "edgecolors": _PICKED,
            "s": 22,
            "zorder": 2,
            "linewidths": 0.9,
        },
    }
    for name, style in styles.items():
        axes.scatter(*points[name].T, label=name, **style)
    axes.set(title="first two principal components", xticks=[], yticks=[])
    axes.legend(loc="best", fontsize="small", framealpha=0.8)


def _projected(
    found: Picked, pool: Any, target: Any, sample: int, seed: int
) -> dict[str, npt.NDArray[np.float64]]:
    """Pool, target and picks, no more than `sample` of each, on the pool's and target's axes."""
    generator = np.random.default_rng(check_int(seed, "seed"))
    rows, wanted = source_of(pool, "pool"), source_of(target, "target")

    def some(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if len(numbers) <= sample:
            return numbers
        return np.sort(generator.choice(numbers, sample, replace=False))

    background, picks = some(np.arange(rows.count())), some(np.asarray(found.indices))
    taken = rows.take(np.concatenate([background, picks])).astype(np.float64)
    aimed = wanted.take(some(np.arange(wanted.count()))).astype(np.float64)
    both = np.concatenate([taken[: len(background)], aimed])
    middle = both.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(both - middle, rowvar=False).reshape(both.shape[1], -1))
    plane = axes[:, :-3:-1]
    if plane.shape[1] < 2:  # rows of one number
        plane = np.pad(plane, ((0, 0), (0, 1)))
    return {
        "pool": (taken[: len(background)] - middle) @ plane,
        "target": (aimed - middle) @ plane,
        "picked": (taken[len(background) :] - middle) @ plane,
    }

"""The pictures of a selection: its trace, its gains, and a map of pool, target and picks."""

from __future__ import annotations

from typing import Any

import numpy as np

from gio4j._checks import brief, one_of
from gio4j._methods.registry import objective_of
from gio4j._report.colours import PICKED, POOL, TARGET, Labels
from gio4j._report.picked import Picked
from gio4j._report.plane import Plane
from gio4j.errors import InvalidInputError, InvalidTypeError, MissingPackageError

#: What can be drawn, from left to right.
PANELS = ("objective", "gain", "map")
# With more gains than this, a point for each hides the line.
_MARKED_GAINS = 200


def panels_of(found: Picked, panel: Any, ax: Any) -> list[str]:
    """The panels to draw: the one that was asked for, else all that have something to show."""
    if ax is not None and not hasattr(ax, "transData"):
        raise InvalidTypeError(
            f"ax={brief(ax)}: needs axes of matplotlib, such as those of plt.subplots()"
        )
    has_gains = bool(np.isfinite(found.gains).any())
    if panel is None:
        if ax is not None:
            raise InvalidInputError(
                "ax=: one axes holds one panel; pass panel='objective', 'gain' or 'map' with it"
            )
        return [name for name in PANELS if name != "gain" or has_gains]
    one_of(panel, "panel", PANELS)
    if panel == "gain" and not has_gains:
        raise InvalidInputError(
            f"panel='gain': no pick of this selection by {found.method!r} has a gain; pass "
            "panel='objective' or 'map'"
        )
    return [panel]


def plot_selection(
    found: Picked, panels: list[str], ax: Any, plane: Plane | None, labels: Labels | None
) -> Any:
    """A matplotlib Figure with these panels; `plane` is what the map shows."""
    if ax is None:
        figure, axes = _new_figure(len(panels))
        if len(panels) > 1:
            figure.suptitle(
                f"{len(found):,} of {found.pool_rows:,} rows by {found.method!r}, "
                f"stopped by {found.stop_reason!r}",
                fontsize="medium",
            )
    else:
        figure, axes = ax.figure, [ax]
    for name, each in zip(panels, axes, strict=True):
        if name == "objective":
            _draw_objective(each, found)
        elif name == "gain":
            _draw_gains(each, found)
        else:
            assert plane is not None, "made by whoever asks for a map"
            _draw_map(each, plane, labels)
    return figure


def _new_figure(panels: int) -> tuple[Any, list[Any]]:
    """A new figure; ImportError with the cure without matplotlib."""
    try:
        from gio4j._report.figure import new_figure
    except ImportError as problem:
        raise MissingPackageError("plot() needs matplotlib: pip install 'gio4j[plot]'") from problem
    return new_figure(panels)


def _draw_objective(axes: Any, found: Picked) -> None:
    first, values = 1, found.trace
    if found.starting_objective is not None:
        first, values = 0, np.concatenate([[found.starting_objective], values])
    axes.plot(
        np.arange(first, first + len(values)),
        values,
        color=PICKED,
        marker="o" if len(values) < 2 else None,
    )
    axes.set(title="objective", xlabel="picks", ylabel=objective_of(found.method, found.options))
    _count_on_x(axes)


def _draw_gains(axes: Any, found: Picked) -> None:
    known = np.isfinite(found.gains)
    places, gains = np.flatnonzero(known) + 1, found.gains[known]
    marker = "." if len(gains) <= _MARKED_GAINS else None
    axes.plot(places, gains, color=PICKED, linewidth=0.8, marker=marker, markersize=3)
    axes.set(title="gain of each pick", xlabel="pick", ylabel="gain")
    if gains.min() > 0 and gains.max() > 100 * gains.min():
        axes.set_yscale("log")
    else:
        axes.axhline(0, color=POOL, linewidth=0.6)
    _count_on_x(axes)


def _count_on_x(axes: Any) -> None:
    axes.margins(x=0.02)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def _draw_map(axes: Any, plane: Plane, labels: Labels | None) -> None:
    """Pool as dots, target as crosses, picks as rings; as discs where a label has the colour."""
    dots: Any = POOL
    disc: Any = "none"
    cross, ring = TARGET, PICKED
    if labels is not None:
        colours = np.asarray(labels.colours)
        dots = colours[labels.places[plane.pool_rows]]
        disc = colours[labels.places[plane.picked_rows]]
        cross = ring = axes.xaxis.label.get_color()
    styles: dict[str, dict[str, Any]] = {
        "pool": {"c": dots, "s": 6, "linewidths": 0, "zorder": 1},
        "target": {"c": cross, "s": 14, "marker": "x", "linewidths": 0.8, "zorder": 2},
        "picked": {"facecolors": disc, "edgecolors": ring, "s": 26, "linewidths": 1, "zorder": 3},
    }
    for name, style in styles.items():
        axes.scatter(*getattr(plane, name).T, label=name, **style)
    place: dict[str, Any] = {"loc": "best"}
    if labels is not None:
        for name, colour in zip(labels.names, labels.colours, strict=True):
            axes.scatter([], [], label=name, c=colour, marker="s", s=18)
        place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    axes.set(title="map", xticks=[], yticks=[])
    axes.set_xlabel(plane.axes[0], fontsize="small")
    axes.set_ylabel(plane.axes[1], fontsize="small")
    legend = axes.legend(fontsize="small", framealpha=0.8, **place)
    if labels is not None:  # not the colours of whichever row comes first
        legend.legend_handles[0].set_facecolor(POOL)
        legend.legend_handles[2].set_facecolor("none")

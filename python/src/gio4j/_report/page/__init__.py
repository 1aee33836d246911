"""A selection as one self-contained HTML page."""

from __future__ import annotations

import base64
import html
import io
import json
import zlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._report.card import facts_of
from gio4j._report.colours import PICKED, POOL, TARGET, labels_of
from gio4j._report.explanation import explanation_of
from gio4j._report.picked import Grouped, Picked
from gio4j._report.plane import plane_of
from gio4j._report.plot import panels_of, plot_selection
from gio4j._report.report import report_of
from gio4j._report.yardstick import REPORT_SAMPLE
from gio4j._rows.records import frame_of, values_of
from gio4j._rows.sources import Indices, Source
from gio4j.errors import MissingPackageError

# What a page shows of a record: enough to know it by, and 100,000 are 30 MB at most.
_MOST_CHARACTERS = 300
# Coordinates as integers up to this: finer than any screen.
_SPAN = 65535
# Drawn in this colour, then replaced by the page's own, which is light or dark as its reader's.
_INK = "#010203"


def page_of(
    found: Picked,
    given: tuple[Any, Any],
    sources: tuple[Source, Source],
    groups: Grouped | None,
    *,
    text: Any,
    color_by: Any,
    coordinates: Any,
    sample: int,
    seed: int,
) -> str:
    """The report, the charts, a map whose points show their record, and a table of the picks.

    Pool and target come as they were given, which has the records, and as their rows of numbers.
    """
    pool, target = given
    plane = plane_of(found, *sources, coordinates, sample, seed)
    charts = _charts(found)
    picks, _ = explanation_of(found, *sources, 1, seed)
    report = report_of(found, *sources, groups, REPORT_SAMPLE, seed)
    low, size = _box([plane.pool, plane.target, plane.picked])
    on_map = [_whole(points, low, size) for points in (plane.pool, plane.target, plane.picked)]
    places: list[list[int | None]] = [[None] * len(found), [None] * len(found)]
    for axis in (0, 1):
        for pick, place in zip(plane.picks.tolist(), on_map[2][axis], strict=True):
            places[axis][pick] = place
    picked: dict[str, Any] = {
        "x": places[0],
        "y": places[1],
        **{name: picks[name].to_pylist() for name in ("order", "row", "mode", "near_copy_of")},
        "gain": [gain if np.isfinite(gain) else None for gain in picks["gain"].to_pylist()],
        "target_row": [rows[0] for rows in picks["target_rows"].to_pylist()],
        "distance": [distances[0] for distances in picks["distances"].to_pylist()],
    }
    layers: dict[str, dict[str, Any]] = {
        "pool": {"row": plane.pool_rows.tolist(), "x": on_map[0][0], "y": on_map[0][1]},
        "target": {"row": plane.target_rows.tolist(), "x": on_map[1][0], "y": on_map[1][1]},
        "picked": picked,
    }
    colours: dict[str, Any] = {"pool": POOL, "target": TARGET, "picked": PICKED}
    names: tuple[str, ...] = ()
    indices = np.asarray(found.indices)
    if color_by is not None:
        labels = labels_of(color_by, pool, sources[0])
        names, colours["labels"] = labels.names, labels.colours
        layers["pool"]["label"] = labels.places[plane.pool_rows].tolist()
        picked["label"] = labels.places[indices].tolist()
    if text is not None:
        rows = np.concatenate([plane.pool_rows, indices])
        records = _shortened(values_of(text, "text", pool, found.pool_rows, rows))
        layers["pool"]["text"] = records[: len(plane.pool_rows)]
        picked["text"] = records[len(plane.pool_rows) :]
        aims = _texts_of_target(text, target, plane.target_rows)
        if aims is not None:
            layers["target"]["text"] = aims
    data = json.dumps({**layers, "colours": colours, "names": names}, separators=(",", ":"))
    return _filled(
        title=f"{len(found):,} of {found.pool_rows:,} rows",
        facts="".join(
            f"<dt>{html.escape(label)}</dt><dd>{html.escape(value)}</dd>"
            for label, value in facts_of(found)
        ),
        report=report._repr_html_(),
        charts=charts,
        axes="; ".join(plane.axes),
        legend=_legend(names, colours),
        data=base64.b64encode(zlib.compress(data.encode(), 6)).decode(),
    )


def _filled(**parts: str) -> str:
    folder = files(__package__)
    template, css, script = (
        (folder / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "page.js")
    )
    parts = {**parts, "axes": html.escape(parts["axes"]), "css": css, "script": script}
    # Split once: what is put in is not looked through for further names.
    pieces = template.split("@@")
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _charts(found: Picked) -> str:
    """The panels without the map, as SVG in the page's colours."""
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise MissingPackageError(
            "save_html() needs matplotlib: pip install 'gio4j[plot]'"
        ) from problem
    inks = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    settings = {**dict.fromkeys(inks, _INK), "svg.fonttype": "none", "svg.hashsalt": "gio4j"}
    drawn = []
    for panel in panels_of(found, None, None):
        if panel == "map":
            continue
        with style.context(["default", settings]):
            figure = Figure(figsize=(5, 3.2), layout="constrained")
            plot_selection(found, [panel], figure.subplots(), None, None)
            file = io.StringIO()
            figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        svg = file.getvalue()
        svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
        name = html.escape(f"{panel} after each pick")
        drawn.append(svg.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1))
    return "".join(drawn)


def _box(layers: Sequence[npt.NDArray[np.float64]]) -> tuple[Any, Any]:
    points = np.concatenate(layers)
    low = points.min(axis=0)
    size = points.max(axis=0) - low
    return low, np.where(size > 0, size, 1)


def _whole(points: npt.NDArray[np.float64], low: Any, size: Any) -> list[list[int]]:
    """The columns x and y, as integers within the box."""
    columns: list[list[int]] = np.rint((points - low) / size * _SPAN).astype(int).T.tolist()
    return columns


def _shortened(values: Sequence[Any]) -> list[str]:
    texts = ["" if value is None else str(value) for value in values]
    return [
        text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…" for text in texts
    ]


def _texts_of_target(text: Any, target: Any, rows: Indices) -> list[str] | None:
    """Those of the column of the same name, if the target has one."""
    frame = frame_of(target, "target") if isinstance(text, str) else None
    if frame is None or text not in frame.columns():
        return None
    column = frame.column(text)
    return _shortened(values_of(column, "text", None, len(column), rows))


def _legend(names: Sequence[str], colours: dict[str, Any]) -> str:
    return "".join(
        f'<span><span class="key" style="background:{colour}"></span> {html.escape(name)}</span>'
        for name, colour in zip(names, colours.get("labels", ()), strict=True)
    )

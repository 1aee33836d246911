"""The card that a notebook shows for a selection."""

from __future__ import annotations

import html

import numpy as np

from gio4j._methods.registry import METHODS, objective_of
from gio4j._report.picked import Picked

# Points of the small line: more than its pixels show nothing.
_POINTS = 160
_WIDTH, _HEIGHT = 160, 36


def card_of(found: Picked) -> str:
    """A few lines of HTML without colours of their own, so that they suit a dark notebook too."""
    body = "".join(
        f"<tr><td style='text-align:left;opacity:.65;padding-left:0'>{html.escape(label)}</td>"
        f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
        for label, value in facts_of(found)
    )
    return (
        "<div style='display:inline-block;border:1px solid rgba(128,128,128,.4);"
        "border-radius:6px;padding:.6em .9em'>"
        f"<div><b>Selection</b> of {len(found):,} of {found.pool_rows:,} rows</div>"
        f"<table style='margin:.3em 0;border:none;color:inherit'><tbody>{body}</tbody></table>"
        f"{_line(found)}</div>"
    )


def facts_of(found: Picked) -> list[tuple[str, str]]:
    """What there is to say about it in a few words each, by what it is called."""
    facts = [
        ("method", found.method + _options(found)),
        ("stopped by", found.stop_reason.replace("_", " ")),
        (objective_of(found.method, found.options), _objective(found)),
        ("time", f"{sum(found.timings.values()):.2f} s"),
        ("first rows", ", ".join(map(str, found.indices[:8])) + (", …" * (len(found) > 8))),
    ]
    return [(label, value) for label, value in facts if value]


def _options(found: Picked) -> str:
    """Those of the method that differ from their defaults, and the clusters of a quantised pool."""
    usual = vars(METHODS[found.method]())
    asked = [
        f"{name}={found.options[name]}" for name in usual if found.options[name] != usual[name]
    ]
    if found.options.get("metric", "euclidean") != "euclidean":
        asked.append(f"metric={found.options['metric']}")
    if found.options.get("quantize") is not None:
        asked.append(f"quantize={found.options['quantize']}")
    return f" ({', '.join(asked)})" if asked else ""


def _objective(found: Picked) -> str:
    if not len(found):
        return "" if found.starting_objective is None else f"{found.starting_objective:.4g}"
    if np.isnan(found.trace[-1]):  # of a method without an objective
        return ""
    first = found.trace[0] if found.starting_objective is None else found.starting_objective
    return f"{first:.4g} → {found.trace[-1]:.4g}"


def _line(found: Picked) -> str:
    """The trace as a small line; nothing where there is none to draw."""
    values = found.trace[np.isfinite(found.trace)]
    if len(values) < 2:
        return ""
    values = values[np.linspace(0, len(values) - 1, min(len(values), _POINTS)).astype(int)]
    low, high = values.min(), values.max()
    heights = (values - low) / ((high - low) or 1)
    points = " ".join(
        f"{place:.1f},{height:.1f}"
        for place, height in zip(
            np.linspace(2, _WIDTH - 2, len(values)),
            _HEIGHT - 2 - heights * (_HEIGHT - 4),
            strict=True,
        )
    )
    return (
        f"<svg width='{_WIDTH}' height='{_HEIGHT}' role='img' aria-label='objective after each "
        f"pick'><polyline points='{points}' fill='none' stroke='currentColor' "
        "stroke-width='1.5'/></svg>"
    )

"""Where the reference package does what few expect: kept, and said once where it bites."""

from __future__ import annotations

from collections.abc import Iterator

from gio4j import GradientSearch, errors
from gio4j._select.search import SearchOptions

_NATIVE = "gio4j.gradient_search"


def before(options: SearchOptions) -> Iterator[str]:
    """Quirks that the options alone bring about."""
    if (
        options.stop.criterion == "sequential_increase_tolerance"
        and options.stop.max_sequential_increases > 0
    ):
        yield (
            "stop_criterion='sequential_increase_tolerance' with "
            f"max_sequential_increases={options.stop.max_sequential_increases} never stops, since "
            "increases are counted only after it has; only 0 does. "
            f"{_NATIVE}(stop='increase' or max_picks=...) stops"
        )
    if options.stop.criterion == "max_resets" and options.stop.max_resets > 0:
        yield (
            f"stop_criterion='max_resets' with max_resets={options.stop.max_resets} never stops, "
            "since resets are counted only after it has; only 0 does. "
            f"{_NATIVE}(stop='increase' or max_picks=...) stops"
        )
    if options.stop.criterion == "data_size":
        yield (
            "stop_criterion='data_size' counts rows of train (centroids, if you quantised) and "
            f"picks one more than max_data_size={options.stop.max_data_size:g} of them. "
            f"{_NATIVE}(max_picks=n) picks at most n"
        )
    if options.discard_nearest and options.gradient.start_vector != "jump":
        yield (
            f"discard_nearest_for_xy with v_init={options.gradient.start_vector!r}: the mean is "
            "the nearest of all to every row, so the gradient is zero, the scale infinite and v "
            "NaN, and rows are taken in order of train. Use v_init='jump', or natively "
            f"{_NATIVE}(start_vector='jump', discard_nearest=True)"
        )


def after(found: GradientSearch, max_iter: int, start_rows: int) -> Iterator[str]:
    """Quirks that show in the result."""
    if start_rows:
        yield (
            f"The {start_rows} start rows stand in front of W: the picks are W[{start_rows}:], "
            f"their rows in train selection_.indices. {_NATIVE} answers indices"
        )
    if found.stop_reason == "max_iterations":
        yield (
            f"max_iter={max_iter} accepts one pick more: {len(found.indices)} were picked. "
            f"{_NATIVE}(max_picks={max_iter}) picks at most {max_iter}"
        )
    if found.stop_reason == "exhausted":
        yield (
            f"Every candidate was used up after {len(found.indices)} picks, where the reference "
            f"dies with IndexError. {_NATIVE}(max_picks=...) stops earlier"
        )


def warn(messages: Iterator[str]) -> None:
    """One warning each, at the line that called `fit`."""
    for message in messages:
        errors.warn(message)

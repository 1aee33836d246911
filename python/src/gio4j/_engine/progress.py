"""A job's progress as a bar: stage, objective and rate, in a terminal or a notebook."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from gio4j._checks import one_of
from gio4j._engine.jobs import Status

Progress = bool | Literal["auto"]
# A bar that is gone before it is read only flickers.
_AUTO_SECONDS = 1.0
# What a stage counts, where that has a name; others count blocks of rows and the like.
_UNITS = {"select": "pick", "k-means": "iteration"}


@contextmanager
def progress_bar(
    label: str, shown: Progress, objective: str = "divergence"
) -> Iterator[Callable[[Status], None] | None]:
    """A listener that draws a job's progress, or None when it is not to be shown.

    With "auto" it is shown where somebody can watch it, a terminal or a notebook, and only once the
    job has taken a second.
    """
    one_of(shown, "progress", ("auto", True, False))
    if shown is False or (shown == "auto" and not _is_watched()):
        yield None
        return
    bar = _Bar(label, objective, 0.0 if shown is True else _AUTO_SECONDS)
    try:
        yield bar.show
    finally:
        bar.close()


class _Bar:
    """One bar for all stages of a job, or of several: each starts at 0 with its own total."""

    def __init__(self, label: str, objective: str, patience_seconds: float) -> None:
        self._label = label
        self._objective = objective
        self._appears = time.monotonic() + patience_seconds
        self._stage: str | None = None
        self._stage_began = 0.0
        self._bar: Any = None

    def show(self, status: Status) -> None:
        """Draw a status, if it is time."""
        now, stage, total = time.monotonic(), status.get("stage") or "", status["total"] or None
        is_new = stage != self._stage
        if is_new:
            self._stage, self._stage_began = stage, now
        if now < self._appears:
            return
        label = f"{self._label}: {stage}" if stage else self._label
        if self._bar is None:
            self._bar = _bar_class()(desc=label, unit=_unit(stage), total=total)
            # It appears late, and its rate is that of the whole stage.
            self._bar.start_t -= now - self._stage_began
            self._bar.last_print_t = self._bar.start_t
        elif is_new:
            # set_description would add a colon, which shows twice where there is no total.
            self._bar.desc, self._bar.unit = label, _unit(stage)
            self._bar.reset(total)
        self._bar.total = total
        if status["objective"] is not None:
            value = f"{float(status['objective']):.4f}"
            self._bar.set_postfix({self._objective: value}, refresh=False)
        self._bar.update(status["done"] - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()


def _unit(stage: str) -> str:
    return _UNITS.get(stage, "it")


def _is_watched() -> bool:
    if _in_notebook():
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # None without a console, or closed
        return False


def _in_notebook() -> bool:
    # Asked of what is loaded: a notebook has loaded it, and no one else need.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _bar_class() -> Any:
    # Imported when a bar is shown: in a notebook without ipywidgets tqdm warns, and draws in text,
    # which is no news to someone who only imports gio4j.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    return tqdm

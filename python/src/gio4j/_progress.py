"""A job's progress as a bar."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gio4j._jobs import Status


@contextmanager
def progress_bar(
    label: str, shown: bool, unit: str = "pick", objective: str = "divergence"
) -> Iterator[Callable[[Status], None] | None]:
    """A listener that draws a job's progress, or None when it is not to be shown."""
    if not shown:
        yield None
        return
    with _bar_class()(desc=label, unit=unit) as bar:

        def on_status(status: Status) -> None:
            bar.total = status["total"] or None
            bar.update(status["done"] - bar.n)
            if status["objective"] is not None:
                bar.set_postfix({objective: f"{float(status['objective']):.4f}"}, refresh=False)

        yield on_status


def _bar_class() -> Any:
    # Imported when a bar is shown: in a notebook without ipywidgets tqdm warns, and draws in text,
    # which is no news to someone who only imports gio4j.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    return tqdm

"""A job's progress as a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm

from gio4j._jobs import Status


@contextmanager
def progress_bar(
    label: str, shown: bool, unit: str = "pick", objective: str = "divergence"
) -> Iterator[Callable[[Status], None] | None]:
    """A listener that draws a job's progress, or None when it is not to be shown."""
    if not shown:
        yield None
        return
    with tqdm(desc=label, unit=unit) as bar:

        def on_status(status: Status) -> None:
            bar.total = status["total"] or None
            bar.update(status["done"] - bar.n)
            if status["objective"] is not None:
                bar.set_postfix({objective: f"{float(status['objective']):.4f}"}, refresh=False)

        yield on_status

"""What `fit` shows while it runs: the reference's lines, or a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from gio4j._engine.jobs import Status
from gio4j._engine.progress import progress_bar


@contextmanager
def reporting(verbose: bool) -> Iterator[Callable[[Status], None] | None]:
    """A listener that prints the reference's lines as they come, or else draws a bar."""
    with progress_bar("GIO", shown=not verbose) as on_status:
        yield _print_events if verbose else on_status


def _print_events(status: Status) -> None:
    for kind, iteration, value in status["events"]:
        if kind == "reset":
            print("KL Div Increase, Resetting G")
            continue
        divergence = str(
            np.float32(float(value))
        )  # as the reference prints it: the digits of single precision
        print(
            f"Starting KL: {divergence}"
            if kind == "start"
            else f"KL Divergence at iteration {iteration}: {divergence}"
        )

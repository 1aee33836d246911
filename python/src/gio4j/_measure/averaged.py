"""The divergence as grad-info-opt estimates it, its distances and its descent."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import Names, check_int, check_real, neighbor, same_columns
from gio4j._engine.jobs import number, run_job
from gio4j._rows.inputs import aligned, source_of, unmoved
from gio4j._rows.matrix import to_numpy
from gio4j.errors import warn

_MOST_CLIPPED = 0.5


def averaged_divergence(
    x: Any,
    y: Any,
    *,
    k: int = 5,
    eps: float = 1e-8,
    discard_nearest: bool = False,
) -> float:
    """The divergence D(x || y) of two samples with the constants of grad-info-opt.

    `gio4j.divergence(x, y, estimator="averaged")` is the same for data of any scale: here `eps` is
    in the data's unit, and distances below 1e-5 count as 1e-5, above 1e10 as 1e10; a GIOWarning
    says where these bounds decide the answer. `discard_nearest` leaves the nearest row of `y` out
    for each row of `x`, for two matrices of the same data.
    """
    sources, _ = aligned(source_of(x, "x"), source_of(y, "y"))
    with ExitStack() as leases:
        first, second = (source.share(leases) for source in sources)
        same_columns(first.columns, "x", second.columns, "y")
        request = {
            "kind": "divergence",
            "x": first.request,
            "y": second.request,
            "k": neighbor(k, "k", first.rows, "x"),
            "eps": check_real(eps, "eps", least=0, above=True),
            "discard_nearest": bool(discard_nearest),
        }
        values = run_job(request, leases).values
    warn_of_clips(values, "x", "y")
    return number(values["value"])


def warn_of_clips(values: Mapping[str, Any], x: str, y: str) -> None:
    """GIOWarning where the clip of distances decides more than the data do."""
    share = number(values["clipped"])
    if share > _MOST_CLIPPED:
        warn(
            f"{share:.0%} of the distances between {x} and {y} lie outside of 1e-5 to 1e10, where "
            "grad-info-opt cuts them: the answer is the same for other data of that size. Multiply "
            f"{x} and {y} by one factor that brings distances near 1, or use gio4j.select or "
            "gio4j.divergence, which follow the data's scale"
        )


def distances(x: Any, y: Any) -> npt.NDArray[np.float64]:
    """The (n, m) float64 Euclidean distances between rows of `x` and of `y`, at least 1e-5 each."""
    sources, _ = aligned(source_of(x, "x"), source_of(y, "y"))
    with ExitStack() as leases:
        first, second = (source.share(leases) for source in sources)
        same_columns(first.columns, "x", second.columns, "y")
        answer = run_job({"kind": "distances", "x": first.request, "y": second.request}, leases)
    return answer.arrays["distances"]


def descend(
    target: Any,
    selected: Any,
    start: Any,
    *,
    steps: int,
    scale_factor: float,
    learning_rate: float = 0.01,
    eps: float = 1e-8,
    discard_nearest: bool = False,
    names: Names | None = None,
) -> npt.NDArray[np.float64]:
    """Where descent on the divergence of `target` from `selected` plus a point leads."""
    called = {
        word: word
        for word in ("target", "selected", "start", "steps", "scale_factor", "learning_rate", "eps")
    }
    called.update(names or {})
    point = source_of(to_numpy(start, called["start"]).reshape(1, -1), called["start"])
    sources = unmoved(source_of(target, called["target"]), source_of(selected, called["selected"]))
    with ExitStack() as leases:
        matrices = [source.share(leases) for source in (*sources, point)]
        for matrix, word in zip(matrices[1:], ("selected", "start"), strict=True):
            same_columns(matrices[0].columns, called["target"], matrix.columns, called[word])
        request = {
            "kind": "descent",
            **{
                word: matrix.request
                for word, matrix in zip(("target", "selected", "start"), matrices, strict=True)
            },
            "steps": check_int(steps, called["steps"]),
            "scale_factor": check_real(scale_factor, called["scale_factor"]),
            "learning_rate": check_real(learning_rate, called["learning_rate"]),
            "eps": check_real(eps, called["eps"], least=0, above=True),
            "discard_nearest": bool(discard_nearest),
        }
        answer = run_job(request, leases)
    warn_of_clips(answer.values, called["target"], called["start"])
    return answer.arrays["point"]

"""Which rows belong to chosen clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j.errors import InvalidInputError

Positions = npt.NDArray[np.int64]


def gather(predictions: npt.NDArray[Any], clusters: list[int]) -> tuple[Positions, Positions]:
    """For each cluster in turn its rows in order: the cluster's place, and the row."""
    if len(clusters) == 0 or len(predictions) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if predictions.dtype.kind not in "iu":
        raise InvalidInputError("prediction: holds nulls; needs a cluster for each row")
    # Only rows of a chosen cluster are sorted; sorting them all takes the longer part of a call.
    rows = np.flatnonzero(np.isin(predictions, clusters))
    rows = rows[np.argsort(predictions[rows], kind="stable")]
    ordered = predictions[rows]
    starts = np.searchsorted(ordered, clusters, "left")
    counts = np.searchsorted(ordered, clusters, "right") - starts
    places = np.repeat(np.arange(len(clusters)), counts)
    within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places, rows[np.repeat(starts, counts) + within]

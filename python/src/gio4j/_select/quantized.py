"""Selection among the centroids of a pool, and back to its rows."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gio4j._cluster.kmeans import KMeansModel, find_centers
from gio4j._engine.jobs import Answer, OnStatus
from gio4j._engine.progress import Progress
from gio4j._rows.sources import ArraySource
from gio4j._select.pick import Picking


def cluster(asked: Picking, clusters: int, progress: Progress) -> KMeansModel:
    """The K-means of the pool, with the distances of its rows."""
    return find_centers(
        asked.pool,
        clusters,
        weights=asked.weights,
        seed=asked.seed,
        progress=progress,
        names={"data": "pool", "clusters": "quantize"},
        distances=True,
    )


def pick_clusters(asked: Picking, model: KMeansModel, on_status: OnStatus | None) -> Answer:
    """As `Picking.run`, among centroids that count as many rows as their clusters have.

    A cluster chosen gives all its rows, nearest to the centroid first, up to the budget. Its gain
    is shared out among its rows in equal parts, so that those of a whole cluster add up to it, and
    so is its weight, if it has one; the trace of each is the objective after its centroid.
    """
    # The pool is float32 by now, and so are its centroids.
    centers = np.asarray(model.centers, np.float32)
    assignments, distances = model.assignments, model._distances
    assert assignments is not None, "only a loaded model has none"
    assert distances is not None, "`cluster` asks for them"
    counts = np.ones(len(assignments)) if asked.weights is None else asked.weights
    sizes = np.bincount(assignments, counts, len(centers)).astype(np.float32)
    among = replace(asked, pool=ArraySource(centers, "pool"), weights=sizes)
    answer = among.run(on_status)
    began = time.perf_counter()
    chosen = answer.arrays["indices"]
    members, turns = _members(assignments, distances, chosen)
    if asked.budget is not None:
        reached = np.searchsorted(np.cumsum(counts[members]), asked.budget) + 1
        members, turns = members[:reached], turns[:reached]
    parts = np.bincount(assignments, minlength=len(centers))[chosen]
    arrays = {
        "indices": members.astype(np.int32),
        "gains": (answer.arrays["gains"] / parts)[turns],
        "trace": answer.arrays["trace"][turns],
    }
    if "weights" in answer.arrays:
        arrays["weights"] = (answer.arrays["weights"] / parts)[turns]
    facts = {"clusters": len(centers), "clusters_picked": len(np.unique(turns))}
    values = {
        **answer.values,
        "facts": answer.values["facts"] | facts,
        "timings": {**answer.values["timings"], "explode": time.perf_counter() - began},
    }
    return Answer(values, arrays)


def _members(
    assignments: npt.NDArray[np.int32],
    distances: npt.NDArray[np.float64],
    chosen: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows of each cluster in turn, nearest first, and whose turn it is."""
    turn = np.full(int(assignments.max()) + 1, len(chosen), np.int64)
    turn[chosen] = np.arange(len(chosen))
    turns = turn[assignments]
    members = np.flatnonzero(turns < len(chosen))
    members = members[np.lexsort((members, distances[members], turns[members]))]
    return members, turns[members]

"""Selection among the centroids of a pool, and back to its rows."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gio4j._cluster.kmeans import KMeansModel, find_centers
from gio4j._engine.jobs import Answer, OnStatus, run_job
from gio4j._engine.progress import Progress
from gio4j._rows.matrix import share_array
from gio4j._rows.sources import ArraySource, Source
from gio4j._select.pick import Picking


def cluster(asked: Picking, clusters: int, progress: Progress) -> KMeansModel:
    """The K-means of the pool."""
    return find_centers(
        asked.pool,
        clusters,
        weights=asked.weights,
        seed=asked.seed,
        progress=progress,
        names={"data": "pool", "clusters": "quantize"},
    )


def pick_clusters(asked: Picking, model: KMeansModel, on_status: OnStatus | None) -> Answer:
    """As `Picking.run`, among centroids that count as many rows as their clusters have.

    A cluster chosen gives all its rows, nearest to the centroid first, up to the budget. Its gain
    is shared out among its rows in equal parts, so that those of a whole cluster add up to it; the
    trace of each is the objective after its centroid.
    """
    # The pool is float32 by now, and so are its centroids.
    centers = np.asarray(model.centers, np.float32)
    assignments = model.assignments
    assert assignments is not None, "only a loaded model has none"
    counts = np.ones(len(assignments)) if asked.weights is None else asked.weights
    sizes = np.bincount(assignments, counts, len(centers)).astype(np.float32)
    among = replace(asked, pool=ArraySource(centers, "pool"), weights=sizes)
    answer = among.run(on_status)
    began = time.perf_counter()
    chosen = answer.arrays["indices"]
    members, turns = _members(assignments, _distances(asked.pool, centers), chosen)
    if asked.budget is not None:
        reached = np.searchsorted(np.cumsum(counts[members]), asked.budget) + 1
        members, turns = members[:reached], turns[:reached]
    parts = np.bincount(assignments, minlength=len(centers))[chosen]
    arrays = {
        "indices": members.astype(np.int32),
        "gains": (answer.arrays["gains"] / parts)[turns],
        "trace": answer.arrays["trace"][turns],
    }
    facts = {"clusters": len(centers), "clusters_picked": len(np.unique(turns))}
    values = {
        **answer.values,
        "facts": answer.values["facts"] | facts,
        "timings": {**answer.values["timings"], "explode": time.perf_counter() - began},
    }
    return Answer(values, arrays)


def _distances(pool: Source, centers: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Of each row of the pool to its centroid."""
    with ExitStack() as leases:
        request = {
            "kind": "nearest_centers",
            "data": pool.share(leases).request,
            "centers": share_array(centers, "centers", leases).request,
        }
        return run_job(request, leases).arrays["distances"]


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

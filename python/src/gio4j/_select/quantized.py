"""Selection among the centroids of a pool, and back to its rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gio4j._cluster.kmeans import KMeansModel, find_centers
from gio4j._engine.jobs import Answer, Status, run_job
from gio4j._engine.progress import Progress
from gio4j._rows.matrix import share_array
from gio4j._rows.sources import ArraySource
from gio4j._select.pick import Picking, Rows, pick


@dataclass(frozen=True)
class Clusters:
    """The K-means of a pool, and the seconds it took."""

    model: KMeansModel
    seconds: float


def cluster(rows: Rows, clusters: int, seed: int, progress: Progress) -> Clusters:
    """The K-means of the pool."""
    began = time.perf_counter()
    model = find_centers(
        rows.pool,
        clusters,
        weights=rows.weights,
        seed=seed,
        progress=progress,
        names={"data": "pool", "clusters": "quantize"},
    )
    return Clusters(model, time.perf_counter() - began)


def pick_clusters(
    rows: Rows, clusters: Clusters, asked: Picking, on_status: Callable[[Status], None] | None
) -> Answer:
    """As `pick`, among centroids that count as many rows as their clusters have.

    A cluster chosen gives all its rows, nearest to the centroid first, up to the budget. Its gain
    is shared out among its rows in equal parts, so that those of a whole cluster add up to it; the
    trace of each is the objective after its centroid.
    """
    # The pool is float32 by now, and so are its centroids.
    centers = np.asarray(clusters.model.centers, np.float32)
    assignments = clusters.model.assignments
    assert assignments is not None, "only a loaded model has none"
    counts = np.ones(len(assignments)) if rows.weights is None else rows.weights
    sizes = np.bincount(assignments, counts, len(centers)).astype(np.float32)
    answer = pick(replace(rows, pool=ArraySource(centers, "pool"), weights=sizes), asked, on_status)
    began = time.perf_counter()
    chosen = answer.arrays["indices"]
    members, turns = _members(assignments, _distances(rows, centers), chosen)
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
        "timings": {
            "quantize": clusters.seconds,
            **answer.values["timings"],
            "explode": time.perf_counter() - began,
        },
    }
    return Answer(values, arrays)


def _distances(rows: Rows, centers: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Of each row of the pool to its centroid."""
    with ExitStack() as leases:
        request = {
            "kind": "nearest_centers",
            "data": rows.pool.share(leases).request,
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

"""K-means: time against rows, columns and clusters doubled, and against threads.

    python benchmarks/kmeans_scaling.py > benchmarks/results/kmeans-scaling.json

Each row of the table doubles one of 20,000 x 256 rows and 500 clusters; 10 iterations, every
iteration's full product (the first iterations of random rows save nothing), medians of 5 runs. Each
thread count is an engine of its own, warmed up by one run.
"""

from __future__ import annotations

import json
import os
import sys
import time
from statistics import median
from typing import Any

import host
import numpy as np

import gio4j

ROWS, COLUMNS, CLUSTERS, ITERATIONS, REPEATS = 20_000, 256, 500, 10, 5


def rows_of(rows: int, columns: int) -> Any:
    """Normal rows, in memory the engine sees."""
    values = gio4j.empty((rows, columns))
    values[:] = np.random.default_rng(1).standard_normal(values.shape, dtype=np.float32)
    return values


def seconds(rows: Any, clusters: int) -> float:
    """One K-means."""
    begin = time.perf_counter()
    gio4j.kmeans(rows, clusters, max_iterations=ITERATIONS, tolerance=0.0, seeding="random", seed=1)
    return time.perf_counter() - begin


def typical(rows: Any, clusters: int) -> float:
    """The median of several, after one that warms up."""
    seconds(rows, clusters)
    return median(seconds(rows, clusters) for _ in range(REPEATS))


def threads(count: int) -> float:
    """The largest of the table's problems on so many threads."""
    gio4j.shutdown()
    gio4j.configure(threads=count)
    return typical(rows_of(2 * ROWS, 2 * COLUMNS), CLUSTERS)


if __name__ == "__main__":
    cores = os.cpu_count() or 1
    table = {
        "n, k, d": typical(rows_of(ROWS, COLUMNS), CLUSTERS),
        "2 n": typical(rows_of(2 * ROWS, COLUMNS), CLUSTERS),
        "2 k": typical(rows_of(ROWS, COLUMNS), 2 * CLUSTERS),
        "2 d": typical(rows_of(ROWS, 2 * COLUMNS), CLUSTERS),
    }
    base = table["n, k, d"]
    counts = sorted({1, *(2**i for i in range(1, cores.bit_length()) if 2**i <= cores), cores})
    by_threads = {count: threads(count) for count in counts}
    report = {
        "job": f"{ROWS} x {COLUMNS}, {CLUSTERS} clusters, {ITERATIONS} iterations",
        "doubled": {name: {"seconds": s, "times": s / base} for name, s in table.items()},
        "threads": {
            str(count): {"seconds": s, "faster": by_threads[1] / s}
            for count, s in by_threads.items()
        },
        "host": host.facts("numpy"),
    }
    json.dump(report, sys.stdout, indent=2)
    print()

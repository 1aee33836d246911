"""K-means: time against rows, columns and clusters doubled, and against threads.

    python benchmarks/kmeans_scaling.py > benchmarks/results/kmeans-scaling.json

Each row of the table doubles one of 20,000 x 256 normal rows and 500 clusters; 10 iterations.
Bounds rule products out, fewer where a cluster has more rows, so the share that was computed stands
beside the time. Each thread count is an engine of its own, warmed up by one run; thread counts take
turns, and of each one's runs the fastest counts, so that other work on the machine weighs on none.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import host
import numpy as np
from sizes import parser, sized

import gio4j

ROWS, COLUMNS, CLUSTERS, ITERATIONS = sized((20_000, 256, 500, 10), (200, 8, 5, 2))
REPEATS, ROUNDS = sized((5, 3), (1, 1))


def rows_of(rows: int, columns: int) -> Any:
    """Normal rows, in memory the engine sees."""
    values = gio4j.empty((rows, columns))
    values[:] = np.random.default_rng(1).standard_normal(values.shape, dtype=np.float32)
    return values


def run(rows: Any, clusters: int) -> tuple[float, float]:
    """One K-means: seconds, and how many full products were computed."""
    begin = time.perf_counter()
    model = gio4j.kmeans(
        rows, clusters, max_iterations=ITERATIONS, tolerance=0.0, seeding="random", seed=1
    )
    return time.perf_counter() - begin, sum(model.summary.computed)


def fastest(rows: Any, clusters: int) -> tuple[float, float]:
    """Of several, after one that warms up."""
    run(rows, clusters)
    return min(run(rows, clusters) for _ in range(REPEATS))


def threads(counts: list[int]) -> dict[int, float]:
    """The largest of the table's problems on so many threads, in turn."""
    best = dict.fromkeys(counts, float("inf"))
    for _ in range(ROUNDS):
        for count in counts:
            gio4j.shutdown()
            gio4j.configure(threads=count)
            best[count] = min(best[count], fastest(rows_of(2 * ROWS, 2 * COLUMNS), CLUSTERS)[0])
    return best


if __name__ == "__main__":
    parser(__doc__).parse_args()
    cores = os.cpu_count() or 1
    table = {
        "n, k, d": fastest(rows_of(ROWS, COLUMNS), CLUSTERS),
        "2 n": fastest(rows_of(2 * ROWS, COLUMNS), CLUSTERS),
        "2 k": fastest(rows_of(ROWS, COLUMNS), 2 * CLUSTERS),
        "2 d": fastest(rows_of(ROWS, 2 * COLUMNS), CLUSTERS),
    }
    base, base_products = table["n, k, d"]
    counts = sorted({1, *(2**i for i in range(1, cores.bit_length()) if 2**i <= cores), cores})
    by_threads = threads(counts)
    report = {
        "job": f"{ROWS} x {COLUMNS}, {CLUSTERS} clusters, {ITERATIONS} iterations",
        "doubled": {
            name: {
                "seconds": spent,
                "times": spent / base,
                "products": products,
                "times_a_product": spent / products / (base / base_products),
            }
            for name, (spent, products) in table.items()
        },
        "threads": {
            str(count): {"seconds": s, "faster": by_threads[1] / s}
            for count, s in by_threads.items()
        },
        "host": host.facts("numpy"),
    }
    json.dump(report, sys.stdout, indent=2)
    print()

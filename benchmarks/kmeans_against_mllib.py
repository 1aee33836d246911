"""K-means against Spark MLlib: same rows, clusters, iterations, kind of first centres and threads.

    python benchmarks/kmeans_against_mllib.py [--threads 1 2] [--repeats 2] [--fashion DIRECTORY]

20,000 x 784, k = 300, 20 iterations from random rows, drawn by each on its own. The rows are a
mixture of 500 overlapping Gaussians, or the first of Fashion-MNIST when DIRECTORY holds
train-images-idx3-ubyte.gz (Debian: dataset-fashion-mnist). MLlib gets them as vectors, cached in as
many partitions as threads; gio4j as a NumPy array, and its time has the hand-over. Each number of
threads runs in processes of its own. Of each one's runs the fastest counts, so neither pays for
what warms up, nor for other work on the machine. The inertia of both is that of their centres,
computed in one way. Printed as JSON, with the load of the machine before each run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sizes import parser, peer, sized

ROWS, COLUMNS, CLUSTERS, ITERATIONS = sized((20_000, 784, 300, 20), (300, 784, 5, 2))


def mixture() -> Any:
    """Rows around 500 centres, as overlapping as embeddings are."""
    random = np.random.default_rng(1)
    centers = random.normal(size=(500, COLUMNS)).astype(np.float32)
    noise = 2 * random.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    return noise + centers[random.integers(len(centers), size=ROWS)]


def fashion(folder: str) -> Any:
    """The first images, from 0 to 1."""
    with gzip.open(Path(folder) / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return pixels.reshape(-1, COLUMNS)[:ROWS].astype(np.float32) / 255


def inertia(rows: Any, centers: Any) -> float:
    """Sum of squared distances to the nearest centre."""
    distances = (rows**2).sum(axis=1)[:, None] - 2 * rows @ centers.T + (centers**2).sum(axis=1)
    return float(distances.min(axis=1).sum(dtype=np.float64))


def run_gio4j(rows: Any) -> Any:
    """The whole call; returns the centres."""
    model = gio4j.kmeans(
        rows, CLUSTERS, max_iterations=ITERATIONS, tolerance=0.0, seeding="random", seed=1
    )
    assert model.summary.iterations == ITERATIONS
    return model.centers


def mllib(rows: Any, threads: int) -> Any:
    """What fits MLlib's K-means to rows that lie in its JVM already."""
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.functions import array_to_vector
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    arrays = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1), pa.float64()), COLUMNS)
    table = pa.table({"features": arrays.cast(pa.list_(pa.float64()))})
    frame = session.createDataFrame(table).repartition(threads)
    frame = frame.select(array_to_vector("features").alias("features")).cache()
    assert frame.count() == ROWS
    means = KMeans(k=CLUSTERS, initMode="random", maxIter=ITERATIONS, tol=0.0, seed=1)

    def fit(_: Any) -> Any:
        model = means.fit(frame)
        assert model.summary.numIter == ITERATIONS
        return np.array(model.clusterCenters(), np.float32)

    return fit


def compare(rows: Any, threads: int, repeats: int) -> dict[str, Any]:
    """Both on the same rows, in turn."""
    runners = {"gio4j": run_gio4j}
    if peer("pyspark"):
        runners["mllib"] = mllib(rows, threads)
    times: dict[str, list[float]] = {name: [] for name in runners}
    loads: dict[str, list[float]] = {name: [] for name in runners}
    costs = {}
    for _ in range(repeats):
        for name, runner in runners.items():
            loads[name].append(round(os.getloadavg()[0], 1))
            begin = time.perf_counter()
            centers = runner(rows)
            times[name].append(time.perf_counter() - begin)
            costs[name] = inertia(rows, centers)
    return {
        name: {
            "seconds": min(spent),
            "all": spent,
            "load": loads[name],
            "inertia": costs[name],
            "inertia_over_gio4j": costs[name] / costs["gio4j"],
            "times_as_long_as_gio4j": min(spent) / min(times["gio4j"]),
        }
        for name, spent in times.items()
    }


def each(threads: int) -> dict[str, Any]:
    """The comparison with so many threads, in a process of its own."""
    command = [sys.executable, *sys.argv, "--only", str(threads)]
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--threads", type=int, nargs="+", default=sized([1, 2], [2]))
    options.add_argument("--repeats", type=int, default=sized(2, 1))
    options.add_argument("--fashion")
    options.add_argument("--only", type=int, help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.only:
        os.environ["GIO4J_THREADS"] = str(arguments.only)
    import numpy as np
    import pyarrow as pa

    import gio4j

    if arguments.only:
        data = fashion(arguments.fashion) if arguments.fashion else mixture()
        report = compare(data, arguments.only, arguments.repeats)
        report["engine"] = {key: gio4j.info()[key] for key in ("java", "simd", "threads", "heap")}
    else:
        import host

        report = {
            "job": f"{ROWS:,} x {COLUMNS}, k = {CLUSTERS}, {ITERATIONS} iterations",
            "rows": "Fashion-MNIST" if arguments.fashion else "mixture of 500 Gaussians",
            **{f"{threads} threads": each(threads) for threads in arguments.threads},
            "host": host.facts("pyspark", "numpy"),
        }
    json.dump(report, sys.stdout, indent=2)
    print()

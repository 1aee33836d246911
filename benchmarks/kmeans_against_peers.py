"""K-means against FAISS and scikit-learn: same rows, iterations and threads.

    python benchmarks/kmeans_against_peers.py [--fashion DIRECTORY] [--threads 2] [--repeats 3]

Three data sets: two synthetic mixtures (100,000 x 768), one whose clusters lie apart and one whose
clusters overlap, and Fashion-MNIST (60,000 x 784) when DIRECTORY
holds train-images-idx3-ubyte.gz (Debian: dataset-fashion-mnist). k = 1500, 20 iterations, random
rows as first centres (drawn by each on its own for gio4j, given to the peers). The peers run with
their own BLAS as installed; gio4j's time has the whole call, hand-over and result included.
Printed as JSON.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from sizes import parser, peer, sized

CLUSTERS, ITERATIONS = sized((1500, 20), (10, 2))
ROWS, COLUMNS = sized((100_000, 768), (500, 8))


def mixture(rows: int, columns: int, spread: float) -> Any:
    """Rows around 3,000 normal centres, with `spread` times as much noise."""
    random = np.random.default_rng(1)
    centers = random.normal(size=(3000, columns)).astype(np.float32)
    values = np.float32(spread) * random.normal(size=(rows, columns)).astype(np.float32)
    return values + centers[random.integers(len(centers), size=rows)]


def fashion(folder: str) -> Any:
    """The 60,000 training images, from 0 to 1."""
    with gzip.open(Path(folder) / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return pixels.reshape(-1, 784).astype(np.float32) / 255


def timed(call: Any) -> tuple[float, Any]:
    """Seconds and the answer."""
    begin = time.perf_counter()
    answer = call()
    return time.perf_counter() - begin, answer


def run_gio4j(rows: Any, _: Any) -> float:
    """The whole call."""
    model = kmeans(
        rows, CLUSTERS, max_iterations=ITERATIONS, tolerance=0.0, seeding="random", seed=1
    )
    return model.summary.inertia


def run_faiss(rows: Any, first: Any) -> float:
    """FAISS's Kmeans, no subsample; and the assignment of all rows that the others include."""
    model = faiss.Kmeans(
        rows.shape[1], CLUSTERS, niter=ITERATIONS, max_points_per_centroid=10**9, seed=1
    )
    model.train(rows, init_centroids=first)
    distances, _ = model.index.search(rows, 1)
    return float(distances.sum(dtype=np.float64))


def run_sklearn(rows: Any, first: Any) -> float:
    """scikit-learn's Lloyd, which stops by iterations as the others."""
    model = cluster.KMeans(
        CLUSTERS, init=first, n_init=1, max_iter=ITERATIONS, tol=0.0, algorithm="lloyd"
    ).fit(rows)
    return float(model.inertia_)


def compare(rows: Any, repeats: int) -> dict[str, Any]:
    """Everyone on the same rows, in turn."""
    first = rows[np.random.default_rng(0).choice(len(rows), CLUSTERS, replace=False)].copy()
    runners = {"gio4j": run_gio4j}
    if faiss:
        runners["faiss"] = run_faiss
    if cluster:
        runners["scikit-learn"] = run_sklearn
    times: dict[str, list[float]] = {name: [] for name in runners}
    inertia = {}
    for _ in range(repeats):
        for name, runner in runners.items():
            seconds, inertia[name] = timed(lambda runner=runner: runner(rows, first))
            times[name].append(seconds)
    ours = median(times["gio4j"])
    flop = 2 * len(rows) * CLUSTERS * rows.shape[1] * ITERATIONS
    return {
        name: {
            "seconds": median(spent),
            "all": spent,
            "inertia": inertia[name],
            "equivalent_GFLOP_per_second": flop / median(spent) / 1e9,
            "times_as_long_as_gio4j": median(spent) / ours,
        }
        for name, spent in times.items()
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--fashion")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--repeats", type=int, default=sized(3, 1))
    arguments = options.parse_args()
    for library in ("OMP", "OPENBLAS", "MKL", "GIO4J"):
        os.environ[f"{library}{'' if library == 'GIO4J' else '_NUM'}_THREADS"] = str(
            arguments.threads
        )
    # After the thread counts: libraries read them once.
    import host
    import numpy as np

    faiss, cluster = peer("faiss"), peer("sklearn.cluster")

    import gio4j
    from gio4j._cluster.kmeans import kmeans

    report: dict[str, Any] = {"job": f"k = {CLUSTERS}, {ITERATIONS} iterations"}
    if arguments.fashion:
        report["fashion 60,000 x 784"] = compare(fashion(arguments.fashion), arguments.repeats)
    for name, spread in (("overlapping", 2.0), ("apart", 0.5)):
        report[f"mixture, {name}, {ROWS:,} x {COLUMNS}"] = compare(
            mixture(ROWS, COLUMNS, spread), arguments.repeats
        )
    report["engine"] = {key: gio4j.info()[key] for key in ("java", "simd", "threads", "heap")}
    report["host"] = host.facts("faiss-cpu", "scikit-learn", "numpy")
    json.dump(report, sys.stdout, indent=2)
    print()

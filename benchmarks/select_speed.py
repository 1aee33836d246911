"""Selection over large pools: against the bare products, and against kernel herding in NumPy.

    python benchmarks/select_speed.py [--rows 1000000] [--budget 10000] [--herding DIRECTORY]

1. exact: pool of `rows` x 384, 1,000 targets, against the product of pool and target.
2. balanced: the same pool and target, `budget` rows, against the products of the pool with target
   and picks.
3. balanced, 60,000 x 784, 300 targets, 1,500 rows, against herding in NumPy: the same rule and
   kernel (Laplace), one pick at a time, float32, twice: with distances from differences, as it is
   written in four lines, and from one product a pick, as it is fastest. DIRECTORY holds
   Fashion-MNIST's images (training images are the pool, test images the target); without it rows
   are drawn.

The bare product is NumPy's, in pieces that fit memory, at the better of its rates before and after;
the engine's own product is measured by one K-means iteration. Memory is the engine's peak less what
it maps of files. Printed as JSON.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from pathlib import Path
from typing import Any

import host
import numpy as np
from sizes import parser, sized

import gio4j

COLUMNS, TARGETS, CLUSTERS = sized((384, 1000, 50), (8, 100, 50))
SCALE = 5.0
PIECE, CENTERS, ENGINE_ROWS = sized((20_000, 2048, 100_000), (500, 64, 1000))
WARM_ROWS, WARM_PICKS = sized((50_000, 1000), (500, 10))
HERDING_ROWS, HERDING_PICKS, HERDING_RUNS = sized((60_000, 1500, 5), (500, 15, 1))


def timed(call: Any) -> tuple[float, Any]:
    """Seconds and the answer."""
    begin = time.perf_counter()
    answer = call()
    return time.perf_counter() - begin, answer


def clusters_of(rows: int, shares: Any, seed: int) -> Any:
    """Rows around 50 centres, in memory the engine sees."""
    centers = np.random.default_rng(0).standard_normal((CLUSTERS, COLUMNS), dtype=np.float32)
    random = np.random.default_rng(seed)
    values = gio4j.empty((rows, COLUMNS))
    for first in range(0, rows, PIECE):
        part = values[first : first + PIECE]
        part[:] = random.standard_normal(part.shape, dtype=np.float32)
        part += centers[random.choice(CLUSTERS, len(part), p=shares)]
    return values


def product_rate(columns: int) -> float:
    """Multiply-adds a second of NumPy's float32 product, best of three."""
    random = np.random.default_rng(1)
    a = random.standard_normal((PIECE, columns), dtype=np.float32)
    b = random.standard_normal((columns, CENTERS), dtype=np.float32)
    a @ b
    best = min(timed(lambda: a @ b)[0] for _ in range(3))
    return PIECE * columns * CENTERS / best


def engine_rate() -> float:
    """The same of the engine: the full product of one assignment."""
    rows = gio4j.empty((ENGINE_ROWS, COLUMNS))
    rows[:] = np.random.default_rng(1).standard_normal(rows.shape, dtype=np.float32)
    model = gio4j.kmeans(
        rows[:CENTERS], CENTERS, max_iterations=1, seeding="random", progress=False
    )
    one = [timed(lambda: model.predict(rows))[0] for _ in range(3)]
    return rows.shape[0] * CENTERS * COLUMNS / min(one)


def against_product(label: str, call: Any, multiply_adds: float) -> dict[str, Any]:
    """A selection beside the product it needs at least."""
    before = product_rate(COLUMNS)
    seconds, found = timed(call)
    rate = max(before, product_rate(COLUMNS))
    print(f"{label}: {seconds:.2f} s", file=sys.stderr)
    return {
        "seconds": seconds,
        "timings": {stage: round(spent, 3) for stage, spent in found.timings.items()},
        "product_seconds": multiply_adds / rate,
        "times_the_product": seconds * rate / multiply_adds,
        "product_GFLOP_per_second": 2 * rate / 1e9,
        "engine_peak_GiB": peak_gib(),
    }


def peak_gib() -> float:
    """Most memory of the engine's own, without what it maps."""
    status = Path(f"/proc/{gio4j.info()['pid']}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    mapped = int(fields["RssFile"].split()[0]) + int(fields["RssShmem"].split()[0])
    return (int(fields["VmRSS"].split()[0]) - mapped) / 2**20


def herding(pool: Any, target: Any, budget: int, squared_distances: Any) -> Any:
    """Kernel herding with exp(-r / s), one pick at a time."""

    def likeness(point: Any) -> Any:
        return np.exp(np.sqrt(squared_distances(point)) * np.float32(-1 / SCALE))

    to_target = np.mean([likeness(row) for row in target], axis=0, dtype=np.float64)
    to_picks = np.zeros(len(pool))
    picks: list[int] = []
    for pick in range(budget):
        score = to_target - to_picks / (pick + 1)
        score[picks] = -np.inf
        picks.append(int(score.argmax()))
        to_picks += likeness(pool[picks[-1]])
    return picks


def by_differences(pool: Any) -> Any:
    """Squared distances as they are defined."""
    return lambda point: ((pool - point) ** 2).sum(axis=1)


def by_products(pool: Any) -> Any:
    """Squared distances from one product, which reads the pool once and writes nothing."""
    norms = np.einsum("ij,ij->i", pool, pool)
    return lambda point: np.maximum(norms - 2 * (pool @ point) + point @ point, 0)


def images(folder: str | None, part: str, count: int) -> Any:
    """(count, 784) numbers from 0 to 1."""
    if folder is None:
        return np.random.default_rng(count).random((count, 784), dtype=np.float32)
    with gzip.open(Path(folder) / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return pixels.reshape(-1, 784)[:count].astype(np.float32) / 255


def against_herding(folder: str | None) -> dict[str, Any]:
    """The same picks, or as good ones where floats differ."""
    target, pool = images(folder, "t10k", 300), gio4j.empty((HERDING_ROWS, 784))
    pool[:] = images(folder, "train", len(pool))
    ours: list[float] = []
    for _ in range(HERDING_RUNS):
        seconds, found = timed(
            lambda: gio4j.select(pool, target, HERDING_PICKS, kernel="laplace", scale=SCALE)
        )
        ours.append(seconds)
    report: dict[str, Any] = {"gio4j_first": ours[0], "gio4j": min(ours)}
    for name, distances in (("products", by_products), ("differences", by_differences)):
        seconds, picks = timed(
            lambda distances=distances: herding(pool, target, HERDING_PICKS, distances(pool))
        )
        report[f"herding by {name}"] = {
            "seconds": seconds,
            "times_as_long": seconds / min(ours),
            "picks_in_common": len(set(picks) & set(found.indices.tolist())),
        }
    return report


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=sized(1_000_000, 1_000))
    options.add_argument("--budget", type=int, default=sized(10_000, 20))
    options.add_argument("--herding")
    arguments = options.parse_args()
    even = np.full(CLUSTERS, 1 / CLUSTERS)
    few = np.zeros(CLUSTERS)
    few[:3] = 0.6, 0.3, 0.1
    report: dict[str, Any] = {
        "job": f"{arguments.rows:,} x {COLUMNS}, {TARGETS} targets, {arguments.budget:,} picks"
    }
    pool, target = clusters_of(arguments.rows, even, 1), clusters_of(TARGETS, few, 2)
    warm = pool[:WARM_ROWS]
    gio4j.select(warm, target, WARM_PICKS)
    gio4j.select(warm, target, WARM_PICKS, method="exact")
    pairs = float(arguments.rows) * COLUMNS
    report["engine_product_GFLOP_per_second"] = 2 * engine_rate() / 1e9
    report["exact"] = against_product(
        "exact",
        lambda: gio4j.select(pool, target, arguments.budget, method="exact"),
        pairs * TARGETS,
    )
    report["balanced"] = against_product(
        "balanced",
        lambda: gio4j.select(pool, target, arguments.budget),
        pairs * (TARGETS + arguments.budget),
    )
    del pool
    herding_job = f"{HERDING_ROWS:,} x 784, 300 targets, {HERDING_PICKS:,} picks"
    report[f"against herding, {herding_job}"] = against_herding(arguments.herding)
    report["engine"] = {key: gio4j.info()[key] for key in ("java", "simd", "threads", "heap")}
    report["host"] = host.facts("numpy")
    json.dump(report, sys.stdout, indent=2)
    print()

"""Neighbouring methods against those who have them: facility location, graph cut, mutual
information against submodlib, k-center against NumPy.

    python benchmarks/methods_against_peers.py [--rows 10000] [--centers 1000000]
                                               [--gradients 270000]

1. Facility location of `rows` x 64 with themselves, graph cut, and FLQMI towards 500 rows, cosine,
   500 picks, against submodlib's lazy greedy. Its time is that of the kernel matrix and of the
   picks, its objective is measured by ours; `--large` times ours alone on 10 times the rows.
2. Farthest-first, 1,000 of `centers` x 384 in 1,000 clusters, against the four lines of NumPy in
   float32, which pick 20 and are scaled up: each pick costs the same.

3. gtp against our omp, 1 % of `gradients` x 1,024 in 300 clusters with a common direction, the
   target 50 of them: both end where the fit is full. The refill by equal weights is timed apart.

Each of ours is run twice, the second time counts. Printed as JSON.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from contextlib import redirect_stdout
from typing import Any

import host
import numpy as np
from sizes import parser, peer, sized

import gio4j

PICKS, COLUMNS, QUERIES = sized((500, 64, 500), (10, 8, 20))
GRADIENT_COLUMNS, GRADIENT_CLUSTERS, GRADIENT_TARGETS = sized((1024, 300, 600), (8, 12, 20))
CENTER_COLUMNS, CENTERS, TRIAL = sized((384, 1000, 20), (8, 20, 5))


def timed(call: Any) -> tuple[float, Any]:
    """Seconds and the answer."""
    begin = time.perf_counter()
    answer = call()
    return time.perf_counter() - begin, answer


def clustered(rows: int, columns: int, seed: int) -> Any:
    """Rows around as many centres as are picked."""
    random = np.random.default_rng(seed)
    centers = random.standard_normal((CENTERS, columns), dtype=np.float32) * 2
    found = gio4j.empty((rows, columns))
    for first in range(0, rows, 100_000):
        part = found[first : first + 100_000]
        part[:] = random.standard_normal(part.shape, dtype=np.float32)
        part += centers[random.integers(len(centers), size=len(part))]
    return found


def ours(pool: Any, target: Any, method: str, **options: Any) -> tuple[float, Any]:
    """The second run."""
    for _ in range(2):
        found = timed(lambda: gio4j.select(pool, target, PICKS, method, progress=False, **options))
    return found


def cosines(rows: Any, others: Any) -> Any:
    """Similarities, 0 where they are negative."""
    one, other = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (rows, others))
    return np.maximum(one @ other.T, 0)


def cover(rows: int) -> dict[str, Any]:
    """The three functions, beside submodlib's."""
    pool, queries = clustered(rows, COLUMNS, 1), clustered(QUERIES, COLUMNS, 2)
    library = peer("submodlib")
    found = {}
    for name, target in (("facility", pool), ("graphcut", pool), ("flqmi", queries)):
        seconds, mine = ours(pool, target, name)
        found[name] = {"gio4j": round(seconds, 2)}
        if library is not None:
            seconds, theirs = timed(lambda name=name: by_submodlib(library, name, pool, queries))
            values = [objective(name, pool, queries, picks) for picks in (mine.indices, theirs)]
            found[name] |= {
                "submodlib": round(seconds, 2),
                "times": round(seconds / found[name]["gio4j"], 1),
                "objective_over_theirs": round(values[0] / values[1], 6),
            }
        print(name, found[name], file=sys.stderr)
    return found


def by_submodlib(library: Any, name: str, pool: Any, queries: Any) -> list[int]:
    """Its picks, of dense kernels in its own way, the kernel as it needs it."""
    count = len(pool)
    if name == "flqmi":
        function = library.FacilityLocationVariantMutualInformationFunction(
            n=count,
            num_queries=len(queries),
            query_sijs=cosines(pool, queries),
            queryDiversityEta=1,
        )
    else:
        kernel = cosines(pool, pool).astype(np.float32)
        if name == "facility":
            function = library.FacilityLocationFunction(
                n=count, mode="dense", sijs=kernel, separate_rep=False
            )
        else:
            function = library.GraphCutFunction(n=count, mode="dense", lambdaVal=1, ggsijs=kernel)
    with redirect_stdout(sys.stderr):  # its progress
        greedy = function.maximize(
            budget=PICKS,
            optimizer="LazyGreedy",
            stopIfZeroGain=False,
            stopIfNegativeGain=False,
            verbose=False,
        )
    return [row for row, _ in greedy]


def objective(name: str, pool: Any, queries: Any, picks: Any) -> float:
    """In double, by the definition."""
    rows = np.asarray(pool, np.float64)
    chosen = rows[picks]
    if name == "flqmi":
        near = cosines(np.asarray(queries, np.float64), chosen)
        return float(near.max(axis=1).sum() + near.max(axis=0).sum())
    if name == "facility":
        return float(cosines(rows, chosen).max(axis=1).sum())
    return float(cosines(rows, chosen).sum() - cosines(chosen, chosen).sum())


def farthest_first(pool: Any, picks: int) -> list[int]:
    """As it is written: distances of all rows from each centre, by the product."""
    norms = np.einsum("ij,ij->i", pool, pool)
    found = [0]
    nearest = np.full(len(pool), np.inf, np.float32)
    for _ in range(picks - 1):
        last = pool[found[-1]]
        np.minimum(nearest, norms - 2 * (pool @ last) + last @ last, out=nearest)
        found.append(int(nearest.argmax()))
    return found


def centers(rows: int) -> dict[str, Any]:
    """k-center beside NumPy."""
    pool = clustered(rows, CENTER_COLUMNS, 3)
    for _ in range(2):
        seconds, _found = timed(
            lambda: gio4j.select(pool, None, CENTERS, "kcenter", progress=False)
        )
    numpy_seconds, _picks = timed(lambda: farthest_first(pool, TRIAL))
    scaled = numpy_seconds * CENTERS / TRIAL
    return {
        "shape": [rows, CENTER_COLUMNS, CENTERS],
        "gio4j": round(seconds, 2),
        "numpy": round(scaled, 2),
        "times": round(scaled / seconds, 1),
    }


def pursuits(rows: int) -> dict[str, Any]:
    """gtp beside omp, and its refill."""
    random = np.random.default_rng(0)
    middles = random.standard_normal((GRADIENT_CLUSTERS, GRADIENT_COLUMNS), dtype=np.float32)
    middles += random.standard_normal(GRADIENT_COLUMNS, dtype=np.float32) / 2
    pool = gio4j.empty((rows, GRADIENT_COLUMNS))
    for first in range(0, rows, 30_000):
        part = pool[first : first + 30_000]
        part[:] = random.standard_normal(part.shape, dtype=np.float32)
        part += middles[random.integers(len(middles), size=len(part))]
    aims = middles[random.integers(max(1, len(middles) // 6), size=GRADIENT_TARGETS)]
    target = aims + random.standard_normal(aims.shape, dtype=np.float32)
    budget = max(2, rows // 100)
    found: dict[str, Any] = {"shape": [rows, GRADIENT_COLUMNS, budget]}
    for name, options in (("gtp", {}), ("refill", {"refill": "equal"}), ("omp", {})):
        method = "omp" if name == "omp" else "gtp"
        for _ in range(2 if name == "gtp" else 1):
            seconds, picked = timed(
                lambda method=method, options=options: gio4j.select(
                    pool, target, budget, method, progress=False, **options
                )
            )
        found[name] = {"seconds": round(seconds, 2), "rows": len(picked)}
        found[name]["loss"] = float(picked.trace[-1])
    found["times"] = round(found["omp"]["seconds"] / found["gtp"]["seconds"], 1)
    return found


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=sized(10_000, 200))
    options.add_argument("--centers", type=int, default=sized(1_000_000, 500))
    options.add_argument("--gradients", type=int, default=sized(270_000, 300))
    options.add_argument("--large", action="store_true", help="ours on 10 times the rows as well")
    arguments = options.parse_args()
    warnings.simplefilter("ignore", gio4j.errors.GIOWarning)
    report: dict[str, Any] = {"host": host.facts("gio4j", "submodlib-py", "numpy")}
    report["cover"] = {"shape": [arguments.rows, COLUMNS, PICKS], **cover(arguments.rows)}
    if arguments.large:
        many = clustered(10 * arguments.rows, COLUMNS, 1)
        large = {name: round(ours(many, many, name)[0], 2) for name in ("facility", "graphcut")}
        report["cover"]["rows_times_10"] = large
    report["kcenter"] = centers(arguments.centers)
    report["pursuits"] = pursuits(arguments.gradients)
    print(json.dumps(report, indent=1))

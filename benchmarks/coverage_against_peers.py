"""Coverage (k = 1) against the facility location of apricot and submodlib: same rows and threads.

    python benchmarks/coverage_against_peers.py [--rows 20000] [--budget 2000] [--threads 2]
        [--fashion DIRECTORY] [--repeats 3]

Pool and target are the same rows, as the peers have it. They are given the similarities that
coverage uses, -log(max(distance, 1e-5) + 1e-8), computed by NumPy's float32 product in place, and
select by their lazy greedy; their time is that of both together, from rows to picks, and that of
the selection alone stands beside it. gio4j's is the whole call, hand-over and result included.
Every method's picks are judged by the same objective in double. Each runs in a process of its own,
a small selection first (it compiles apricot's loops) and then `repeats` times; the first time,
which for gio4j has the engine's compilation, stands apart from the median of the others.
Similarities of 20,000 rows take 1.6 GB, three times that for apricot.

Rows: a mixture of 64 and of 384 columns, and Fashion-MNIST (784 columns) where DIRECTORY holds
train-images-idx3-ubyte.gz. Printed as JSON.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import host
import numpy as np
from sizes import parser, peer, sized

EPSILON = 1e-8
SMALL = sized(500, 50)


def rows_of(data: str, count: int) -> Any:
    """Rows by the name of their data: a number of columns, or a directory."""
    if not data.isdigit():
        with gzip.open(Path(data) / "train-images-idx3-ubyte.gz") as file:
            pixels = np.frombuffer(file.read(), np.uint8, offset=16)
        return pixels.reshape(-1, 784)[:count].astype(np.float32) / 255
    random = np.random.default_rng(1)
    centers = random.normal(size=(200, int(data)))
    noise = random.normal(size=(count, int(data)))
    return (centers[random.integers(200, size=count)] + noise).astype(np.float32)


def similarities(rows: Any) -> Any:
    """All of them, in place of the product; pairs too near for float32 from differences."""
    rows = rows - rows.mean(0)
    norms = np.einsum("ij,ij->i", rows, rows)
    values = rows @ rows.T
    values *= -2
    values += norms[:, None]
    values += norms
    for row, own in enumerate(values):
        near = np.flatnonzero(own < 1e-3 * (norms[row] + norms))
        own[near] = ((rows[near].astype(np.float64) - rows[row]) ** 2).sum(1)
    np.maximum(values, 1e-10, out=values)
    np.sqrt(values, out=values)
    values += EPSILON
    np.log(values, out=values)
    np.negative(values, out=values)
    values -= values.min()
    return values


def run_gio4j(rows: Any, budget: int) -> tuple[Any, float]:
    """The whole call."""
    import gio4j

    found = gio4j.select(
        rows, rows, budget, method="coverage", k=1, eps=EPSILON, quantize=None, progress=False
    )
    return found.indices, 0.0


def run_apricot(rows: Any, budget: int) -> tuple[Any, float]:
    """Similarities, then its lazy greedy."""
    begin = time.perf_counter()
    values = similarities(rows)
    spent = time.perf_counter() - begin
    model = peer("apricot").FacilityLocationSelection(
        budget, metric="precomputed", optimizer="lazy"
    )
    return model.fit(values).ranking, spent


def run_submodlib(rows: Any, budget: int) -> tuple[Any, float]:
    """Similarities, then its lazy greedy."""
    begin = time.perf_counter()
    values = similarities(rows)
    spent = time.perf_counter() - begin
    function = peer("submodlib").FacilityLocationFunction(
        n=len(rows), mode="dense", sijs=values, separate_rep=False
    )
    found = function.maximize(
        budget=budget,
        optimizer="LazyGreedy",
        stopIfZeroGain=False,
        stopIfNegativeGain=False,
        verbose=False,
        show_progress=False,
    )
    return np.array([row for row, _ in found]), spent


RUNNERS = {"gio4j": run_gio4j, "apricot": run_apricot, "submodlib": run_submodlib}


def objective(rows: Any, picks: Any) -> float:
    """Mean over rows of the largest -log(distance + eps) to a pick, from differences in double."""
    wide = rows.astype(np.float64)
    norms = np.einsum("ij,ij->i", wide, wide)
    total = 0.0
    for first in range(0, len(wide), 1000):
        part = wide[first : first + 1000]
        squared = norms[first : first + 1000, None] - 2 * (part @ wide[picks].T) + norms[picks]
        nearest = np.asarray(picks)[squared.argmin(1)]
        distances = np.sqrt(((part - wide[nearest]) ** 2).sum(1))
        total -= np.log(np.maximum(distances, 1e-5) + EPSILON).sum()
    return total / len(wide)


def work(runner: str, data: str, count: int, budget: int, repeats: int, answers: Any) -> None:
    """In a process of its own: a small selection, then those that count."""
    rows = rows_of(data, count)
    RUNNERS[runner](rows[:SMALL].copy(), 10)
    seconds, similarity = [], []
    for _ in range(repeats):
        begin = time.perf_counter()
        picks, spent = RUNNERS[runner](rows, budget)
        seconds.append(time.perf_counter() - begin)
        similarity.append(spent)
    answers.put((seconds, similarity, objective(rows, picks)))


def compare(data: str, count: int, budget: int, repeats: int) -> dict[str, Any]:
    """Everyone on the same rows."""
    described: dict[str, Any] = {}
    context = multiprocessing.get_context("spawn")
    for name in RUNNERS:
        if name != "gio4j" and peer(name) is None:
            continue
        answers = context.Queue()
        process = context.Process(target=work, args=(name, data, count, budget, repeats, answers))
        process.start()
        seconds, similarity, value = answers.get()
        process.join()
        described[name] = {
            "first": seconds[0],
            "seconds": median(seconds[1:] or seconds),
            "all": seconds,
            "similarities": median(similarity[1:] or similarity),
            "objective": value,
        }
        print(f"{data} {name}: {described[name]['seconds']:.2f} s", file=sys.stderr)
    ours = described["gio4j"]["seconds"]
    for own in described.values():
        own["times_as_long_as_gio4j"] = own["seconds"] / ours
        own["selection_alone_times_as_long"] = (own["seconds"] - own["similarities"]) / ours
    return described


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=sized(20_000, 200))
    options.add_argument("--budget", type=int, default=sized(2_000, 20))
    options.add_argument("--columns", type=int, nargs="*", default=sized([64, 384], [8]))
    options.add_argument("--fashion")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--repeats", type=int, default=sized(3, 1))
    arguments = options.parse_args()
    for variable in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "GIO4J"):
        os.environ[f"{variable}_THREADS"] = str(arguments.threads)
    report: dict[str, Any] = {"rows": arguments.rows, "budget": arguments.budget}
    for data in [*map(str, arguments.columns), *filter(None, [arguments.fashion])]:
        label = f"mixture of {data} columns" if data.isdigit() else "Fashion-MNIST, 784 columns"
        report[label] = compare(data, arguments.rows, arguments.budget, arguments.repeats)
    report["host"] = host.facts("gio4j", "apricot-select", "submodlib-py", "numpy", "numba")
    report["threads"] = arguments.threads
    print(json.dumps(report, indent=2))

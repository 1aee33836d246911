"""De-duplication at a cosine of 0.9 against FAISS's range search: same rows, threads and pairs.

    python benchmarks/deduplicate_against_peers.py [--rows 100000] [--columns 384] [--threads 2]
        [--threshold 0.9] [--flat-rows 20000] [--peers flat ivf]

Rows: a mixture of Gaussians around 1,000 places, whose columns vary less and less as principal
components do, and among them 10 % near copies of other rows at distances up to beyond the
threshold.

Peers: `IndexFlatIP.range_search`, which compares all pairs, of `--flat-rows` queries against all
rows, its time multiplied by rows / queries; and `IndexIVFFlat` with four times the root of the rows
as lists, trained by its own K-means, at the fewest probed lists (1, 2, 4, ...) whose recall of the
pairs, against ours, is at least 0.999: `seconds` are those of training, adding and that search, on
all rows. gio4j's are of the whole call, hand-over and result included; its pairs are all there are,
and every pair that the peers find is looked up among them. Processor seconds of all threads stand
beside, which other work on the machine changes less. Printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import host
import numpy as np
from sizes import parser, peer, sized

RECALL = 0.999
PLACES = 1_000


def rows_of(count: int, columns: int) -> Any:
    """Unit rows with near copies."""
    random = np.random.default_rng(1)
    scale = (np.arange(columns) + 1.0) ** -0.5
    places = random.normal(size=(PLACES, columns)).astype(np.float32)
    rows = places[random.integers(PLACES, size=count)]
    rows += 0.6 * random.standard_normal((count, columns), np.float32)
    copies = np.arange(9, count, 10)
    noise = (0.6 * random.random(len(copies))).astype(np.float32)[:, None]
    copied = rows[random.integers(copies)]
    rows[copies] = copied + noise * random.standard_normal((len(copies), columns), np.float32)
    rows *= scale.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def processor_seconds() -> float:
    """Of this process and its engine."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == os.getpid() or int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def timed(work: Any) -> tuple[Any, dict[str, float]]:
    """What it answers, and seconds."""
    began, spent = time.perf_counter(), processor_seconds()
    answer = work()
    return answer, {
        "seconds": time.perf_counter() - began,
        "processor_seconds": processor_seconds() - spent,
    }


def pairs_of(first: Any, limits: Any, found: Any) -> Any:
    """Pairs of rows from a range search, each once, as one number."""
    one = np.repeat(first, np.diff(limits.astype(np.int64)))
    two = found.astype(np.int64)
    return np.unique((np.minimum(one, two) * 2**32 + np.maximum(one, two))[one != two])


def search(index: Any, rows: Any, queries: Any, threshold: float) -> Any:
    """All pairs of some rows with others, some queries at a time."""
    parts = []
    for first in range(0, len(queries), 5_000):
        part = queries[first : first + 5_000]
        limits, _, found = index.range_search(rows[part], threshold)
        parts.append(pairs_of(part, limits, found))
    return np.unique(np.concatenate(parts))


def with_flat(faiss: Any, rows: Any, ours: Any, threshold: float, flat: int) -> dict[str, Any]:
    """Its exact search of some rows."""
    count, columns = rows.shape
    queries = np.linspace(0, count - 1, min(flat, count)).astype(np.int64)
    exact = faiss.IndexFlatIP(columns)
    exact.add(rows)
    found, times = timed(lambda: search(exact, rows, queries, threshold))
    is_ours = np.isin(found, ours)
    return {
        **{name: value * count / len(queries) for name, value in times.items()},
        "queries": len(queries),
        "pairs": len(found),
        "pairs_not_ours": int((~is_ours).sum()),
    }


def with_lists(faiss: Any, rows: Any, ours: Any, threshold: float, _: int) -> dict[str, Any]:
    """Its inverted lists at enough probes."""
    count, columns = rows.shape
    report: dict[str, Any] = {}
    lists = round(4 * count**0.5)

    def filled() -> Any:
        index = faiss.index_factory(columns, f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
        index.train(rows)
        index.add(rows)
        return index

    index, building = timed(filled)
    every = np.arange(count)
    probes, recall = 1, 0.0
    while recall < RECALL and probes <= lists:
        index.nprobe = probes
        found, times = timed(lambda: search(index, rows, every, threshold))
        recall = np.isin(ours, found).mean()
        report = {
            **{name: times[name] + building[name] for name in times},
            "building": building["seconds"],
            "lists": lists,
            "probes": probes,
            "recall": recall,
        }
        print(f"IVF, {probes} probes: recall {recall:.4f}, {times}", file=sys.stderr)
        probes *= 2
    return report


PEERS = {"flat": with_flat, "ivf": with_lists}

if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=sized(100_000, 1_000))
    options.add_argument("--columns", type=int, default=sized(384, 16))
    options.add_argument("--threshold", type=float, default=0.9)
    options.add_argument("--flat-rows", type=int, default=sized(20_000, 100))
    options.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    options.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = options.parse_args()
    os.environ["GIO4J_THREADS"] = str(arguments.threads)
    import gio4j

    rows = rows_of(arguments.rows, arguments.columns)
    gio4j.deduplicate(rows[: len(rows) // 10], arguments.threshold, progress=False)
    answer, times = timed(lambda: gio4j.deduplicate(rows, arguments.threshold, progress=False))
    pairs = answer._known_pairs()
    ours = np.unique(
        np.minimum(pairs.earlier, pairs.later).astype(np.int64) * 2**32
        + np.maximum(pairs.earlier, pairs.later)
    )
    report: dict[str, Any] = {
        "rows": arguments.rows,
        "columns": arguments.columns,
        "threshold": arguments.threshold,
        "gio4j": {**times, "kept": len(answer.kept), "pairs": len(ours)},
    }
    print(f"gio4j: {times}, {len(ours)} pairs", file=sys.stderr)
    faiss = peer("faiss")
    if faiss is not None:
        faiss.omp_set_num_threads(arguments.threads)
        for name in arguments.peers:
            own = PEERS[name](faiss, rows, ours, arguments.threshold, arguments.flat_rows)
            for unit in ("seconds", "processor_seconds"):
                own[f"{unit}_over_gio4j"] = own[unit] / times[unit]
            report[name] = own
    report["host"] = host.facts("gio4j", "faiss-cpu", "numpy")
    report["threads"] = arguments.threads
    print(json.dumps(report, indent=2))

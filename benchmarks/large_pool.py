"""A pool far larger than the heap: K-means on a sample, and exact selection, streamed from disk.

    python benchmarks/large_pool.py [--gigabytes 20] [--columns 768] [--heap 1g] [--folder FOLDER]

The pool is a sparse .npy file: its full length, of which clumps of rows are written and the rest
are holes that read as zeros, so it takes 1 % of its length on disk. It is removed at the end. Heap
in use and the engine's own memory (resident without pages of files) are looked at ten times a
second; that it ends at all shows that the heap's limit was enough. Linux. Printed as JSON, with the
load of the machine before each job.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import host
import numpy as np
from sizes import parser, sized

import gio4j

CLUSTERS, ROWS_PER_CLUSTER, ITERATIONS = sized((64, 512, 10), (4, 32, 2))
TARGETS, BUDGET = sized((200, 1000), (20, 10))
CLUMP_ROWS = 64
WRITTEN_SHARE = 0.01


def around_centers(rows: int, columns: int, seed: int) -> Any:
    """Rows around 100 centres, the same for any seed."""
    centers = np.random.default_rng(1).normal(size=(100, columns)).astype(np.float32)
    random = np.random.default_rng(seed)
    noise = 0.3 * random.normal(size=(rows, columns)).astype(np.float32)
    return centers[random.integers(100, size=rows)] + noise


def write_sparse(path: Path, rows: int, columns: int) -> None:
    """Clumps of rows all over the file, holes between them."""
    clumps = int(rows * WRITTEN_SHARE / CLUMP_ROWS)
    with open(path, "wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, columns)}
        np.lib.format.write_array_header_1_0(file, header)
        start = file.tell()
        file.truncate(start + 4 * rows * columns)
        for clump in range(clumps):
            file.seek(start + 4 * columns * clump * (rows // clumps))
            file.write(around_centers(CLUMP_ROWS, columns, clump).tobytes())


@contextmanager
def removed(folder: str | None, needed: int) -> Iterator[Path]:
    """A place for the file, if the disk has room even for what is no hole; gone afterwards."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        free = shutil.disk_usage(place).free
        if free < 2 * needed:
            raise SystemExit(f"{place}: {free / 1e9:.1f} GB are free; needs {2 * needed / 1e9:.1f}")
        yield Path(place)


class Watch:
    """Looks at the engine's memory while something runs."""

    def __init__(self) -> None:
        self.heap = self.own = self.of_files = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            facts = gio4j.info()
            if not facts["running"]:
                continue
            status = Path(f"/proc/{facts['pid']}/status").read_text()
            sizes = dict(line.split(":", 1) for line in status.splitlines())
            kilobytes = {name: int(sizes[name].split()[0]) for name in ("RssAnon", "RssFile")}
            self.heap = max(self.heap, facts["heap_used_bytes"])
            self.own = max(self.own, 1024 * kilobytes["RssAnon"])
            self.of_files = max(self.of_files, 1024 * kilobytes["RssFile"])


def by_kmeans(pool: Path) -> dict[str, Any]:
    """Trained on a sample, all rows assigned."""
    model = gio4j.kmeans(
        pool,
        CLUSTERS,
        max_iterations=ITERATIONS,
        tolerance=0.0,
        seed=1,
        rows_per_cluster=ROWS_PER_CLUSTER,
    )
    return {
        "clusters": len(model.centers),
        "rows_of_the_largest": max(model.summary.sizes),
        "inertia": model.summary.inertia,
    }


def by_selection(pool: Path, columns: int) -> dict[str, Any]:
    """Exact selection of a budget of rows."""
    target = around_centers(TARGETS, columns, seed=10**9)
    found = gio4j.select(pool, target, BUDGET, method="exact")
    return {"picked": len(found.indices), "kl": float(found.trace[-1])}


def watched(job: Callable[[], dict[str, Any]], size: int) -> dict[str, Any]:
    """What a job answers, how long it took, and how much memory the engine had at most."""
    load = round(os.getloadavg()[0], 1)
    begin = time.perf_counter()
    with Watch() as watch:
        answer = job()
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "GB_of_pool_per_second": size / seconds / 1e9,
        "most_heap_in_use_MiB": watch.heap / 2**20,
        "most_resident_without_files_MiB": watch.own / 2**20,
        "most_resident_of_files_MiB": watch.of_files / 2**20,
        "load": load,
        **answer,
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--gigabytes", type=float, default=sized(20.0, 0.02))
    options.add_argument("--columns", type=int, default=sized(768, 16))
    options.add_argument("--heap", default="1g")
    options.add_argument("--folder")
    arguments = options.parse_args()
    rows = int(arguments.gigabytes * 1e9 / 4 / arguments.columns)
    size = 4 * rows * arguments.columns
    with removed(arguments.folder, int(size * WRITTEN_SHARE)) as place:
        file = place / "pool.npy"
        write_sparse(file, rows, arguments.columns)
        gio4j.configure(heap=arguments.heap)
        report: dict[str, Any] = {
            "job": f"{rows:,} x {arguments.columns}, {size / 1e9:.1f} GB",
            "on_disk_GB": file.stat().st_blocks * 512 / 1e9,
            f"K-means, k = {CLUSTERS}, {ROWS_PER_CLUSTER} rows a cluster": watched(
                lambda: by_kmeans(file), size
            ),
            f"exact selection, {TARGETS} targets, {BUDGET} rows": watched(
                lambda: by_selection(file, arguments.columns), size
            ),
        }
        keys = ("java", "simd", "threads", "heap", "max_heap_bytes")
        report["engine"] = {key: gio4j.info()[key] for key in keys}
        gio4j.shutdown()
    report["host"] = host.facts("numpy")
    json.dump(report, sys.stdout, indent=2)
    print()

"""Handing 1 GiB of float32 to the engine: a heap array, a shared array, a memory-mapped .npy.

    python benchmarks/hand_over.py

Times only the hand-over in Python (what happens before the request is sent) beside one warm memcpy
of the same size, then asks the engine for something that reads no row twice, and looks at the
engine's resident memory: anonymous pages apart from the mapped ones. Printed as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import host
import numpy as np
from sizes import parser, sized

import gio4j
from gio4j._measure.averaged import averaged_divergence
from gio4j._rows.inputs import share

COLUMNS = 768
ROWS = sized(1 << 30, 1 << 20) // 4 // COLUMNS
REPEATS = sized(7, 1)


def seconds(call: Callable[[], Any]) -> float:
    """How long a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def hand_over(rows: Any) -> None:
    """What every engine call does first with a matrix."""
    with ExitStack() as leases:
        share(rows, "pool", leases)


def engine_memory() -> dict[str, float]:
    """The engine's resident MiB: its own, and pages of mapped files and shared memory."""
    fields = {}
    for line in Path(f"/proc/{gio4j.info()['pid']}/status").read_text().splitlines():
        if line.startswith(("RssAnon", "RssFile", "RssShmem")):
            name, amount, _ = line.split()
            fields[name.rstrip(":")] = int(amount) / 1024
    return fields


def main() -> None:
    """Measures and prints."""
    parser(__doc__).parse_args()
    heap = np.ones((ROWS, COLUMNS), np.float32)
    other = np.empty_like(heap)
    np.copyto(other, heap)
    small = heap[:100]
    report: dict[str, Any] = {"job": f"{ROWS} x {COLUMNS} float32, {heap.nbytes / 2**30:.2f} GiB"}
    hand_over(heap)
    shared = gio4j.empty(heap.shape)
    np.copyto(shared, heap)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.npy"
        np.save(path, heap)
        mapped = np.load(path, mmap_mode="r")
        copies, heaps, shareds, maps = [], [], [], []
        for _ in range(REPEATS):
            copies.append(seconds(lambda: np.copyto(other, heap)))
            heaps.append(seconds(lambda: hand_over(heap)))
            shareds.append(seconds(lambda: hand_over(shared)))
            maps.append(seconds(lambda: hand_over(mapped)))
        report["seconds"] = {
            "warm memcpy": median(copies),
            "heap array": median(heaps),
            "shared array": median(shareds),
            "memory-mapped .npy": median(maps),
        }
        report["heap_array_in_memcpys"] = median(
            one / copy for one, copy in zip(heaps, copies, strict=True)
        )
        random = np.random.default_rng(0)
        small = random.normal(size=(10, COLUMNS)).astype(np.float32)
        averaged_divergence(small, small)
        idle = engine_memory()
        memory = {}
        for name, rows in (("heap array", heap), ("shared array", shared), (".npy", mapped)):
            # 10 x rows and rows x 10: one pass over the big matrix, which stays where it is.
            averaged_divergence(small, rows)
            after = engine_memory()
            memory[name] = {key: after[key] - idle[key] for key in idle}
        report["engine_memory_MiB_above_idle"] = memory
        report["engine_idle_MiB"] = idle
    report["host"] = host.facts("numpy", "pyarrow")
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

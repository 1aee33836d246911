"""LESS over gradients at two checkpoints in float16, from the disk, against reading the files.

    python benchmarks/less_from_disk.py [--rows 50000] [--columns 8192] [--folder FOLDER]

Two .npy files of random numbers are written, 0.8 GB each, and removed at the end. Each run is cold
(the system has dropped the files' pages before) or warm. Reading is one thread's, 4 MB at a time,
of which nothing is kept; selecting takes the top 5 % with unit rows and a target of 50. The best of
five runs each, one after another in turn, so that both see the same load. Linux. Printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import host
import numpy as np
from sizes import parser, sized

import gio4j

TARGETS, RUNS, PIECE = sized((50, 5, 1000), (5, 2, 100))
WEIGHTS = (1.6877e-05, 1.2859e-05)


def write(path: Path, rows: int, columns: int, seed: int) -> None:
    """Random gradients, a piece at a time."""
    random = np.random.default_rng(seed)
    file = np.lib.format.open_memmap(path, "w+", np.float16, (rows, columns))
    for first in range(0, rows, PIECE):
        count = min(PIECE, rows - first)
        file[first : first + count] = random.standard_normal((count, columns), np.float32)
    file.flush()


def dropped(paths: list[Path]) -> None:
    """The system forgets what it holds of the files."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def read(paths: list[Path]) -> None:
    """All bytes, into memory that is used again."""
    piece = bytearray(1 << 22)
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.readinto(piece):
                pass


def best_rates(paths: list[Path], calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """GB/s of each call, from disk and from memory."""
    size = sum(path.stat().st_size for path in paths) / 1e9
    rates: dict[str, float] = {}
    for _ in range(RUNS):
        for name, call in calls.items():
            for state in ("cold", "warm"):
                if state == "cold":
                    dropped(paths)
                begin = time.perf_counter()
                call()
                rate = size / (time.perf_counter() - begin)
                key = f"{name}_{state}_gb_per_second"
                rates[key] = max(rate, rates.get(key, 0.0))
    return rates


def main() -> None:
    """Write, run, remove."""
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=sized(50_000, 500))
    options.add_argument("--columns", type=int, default=sized(8192, 64))
    options.add_argument("--folder")
    asked = options.parse_args()
    random = np.random.default_rng(9)
    wanted = random.standard_normal((2, TARGETS, asked.columns), np.float32)
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        paths = [Path(place) / f"checkpoint{number}.npy" for number in range(2)]
        for number, path in enumerate(paths):
            write(path, asked.rows, asked.columns, number)
        pool = list(zip(paths, WEIGHTS, strict=True))
        target = list(zip(wanted, WEIGHTS, strict=True))

        def select() -> object:
            return gio4j.select(pool, target, "5%", "less", metric="cosine", progress=False)

        begin = time.perf_counter()
        select()  # starts the engine and compiles
        first = time.perf_counter() - begin
        rates = best_rates(paths, {"read": lambda: read(paths), "less": select})
    report = {
        "host": host.facts(),
        "rows": asked.rows,
        "columns": 2 * asked.columns,
        "first_call_seconds": first,
        **rates,
        "cold_share_of_read": rates["less_cold_gb_per_second"] / rates["read_cold_gb_per_second"],
    }
    json.dump(report, sys.stdout, indent=2)


if __name__ == "__main__":
    main()

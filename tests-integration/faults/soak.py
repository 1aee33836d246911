"""Hours of ordinary work: every answer right, and memory, threads and descriptors stay level."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np

import gio4j
from gio4j._measure.averaged import averaged_divergence

from .records import Plan, Records
from .samples import sample_files

#: How often all is measured; the first window warms both processes up and is what the others are
#: held against.
WINDOWS = 10
_THREADS = 8
# Allocators give memory back late, and the JVM compiles for a long time; pyarrow starts eight
# threads when it first needs them; idle buffers have two descriptors each.
_MOST_GROWTH = {"kilobytes": 64_000, "threads": 8, "descriptors": 16}
_SETTLE_SECONDS = 10.0

Job = Callable[[], bytes]


def ordinary_work(plan: Plan, records: Records) -> None:
    """Windows of equal length; a case for each."""
    jobs = _jobs(records.out)
    answers = [job() for job in jobs]
    first: dict[str, dict[str, int]] = {}
    for window in range(plan.start, WINDOWS):
        case = f"window {window}, seed {plan.seed}"
        records.begin(window, case)
        end = time.monotonic() + plan.seconds / WINDOWS
        wrong: list[str] = []

        def work(random: Random, end: float = end, wrong: list[str] = wrong) -> int:
            calls = 0
            while time.monotonic() < end:
                which = random.randrange(len(jobs))
                try:
                    if jobs[which]() != answers[which]:
                        wrong.append(f"job {which} answered otherwise")
                except Exception as problem:
                    wrong.append(f"job {which}: {type(problem).__name__}: {problem}")
                calls += 1
            return calls

        with ThreadPoolExecutor(_THREADS) as threads:
            dice = [Random(f"{case}, thread {number}") for number in range(_THREADS)]
            calls = sum(threads.map(work, dice))
        held = _held()
        now = {"python": _measure(os.getpid()), "engine": _measure(gio4j.info()["pid"])}
        first = first or now
        grown = [
            f"{process} {what} {first[process][what]} -> {count}"
            for process, counts in now.items()
            for what, count in counts.items()
            if count > first[process][what] + _MOST_GROWTH[what]
        ]
        lost = "; ".join([*wrong[:3], *grown, *held]) or None
        records.end(case, lost, f"{calls} calls; {now}")


def _jobs(folder: Path) -> list[Job]:
    """Calls of all kinds, over arrays, shared arrays and files; each answer as bytes."""
    numbers = np.random.default_rng(3)
    pool = numbers.normal(size=(3000, 24)).astype("f4")
    target = numbers.normal(size=(150, 24)).astype("f4")
    few = numbers.normal(size=(60, 5)).astype("f4")
    shared = gio4j.empty(pool.shape)
    shared[:] = pool
    paths = []
    for name in ("npy 1", "arrow batches", "parquet", "tsv"):
        data, suffix = sample_files()[name]
        paths.append(folder / f"soak{suffix}")
        paths[-1].write_bytes(data)

    def select(rows: object, budget: int, method: str) -> bytes:
        return gio4j.select(rows, target, budget, method, progress=False).indices.tobytes()

    def bad() -> bytes:
        try:
            gio4j.select(pool, target[:, :3], 5)
        except gio4j.errors.InvalidInputError as problem:
            return str(problem).encode()
        return b"answered"

    def divergence(path: Path) -> bytes:
        return repr(averaged_divergence(path, few)).encode()

    return [
        lambda: select(pool, 150, "balanced"),
        lambda: select(shared, 150, "balanced"),
        lambda: select(pool, 100, "coverage"),
        lambda: select(pool, 50, "round_robin"),
        lambda: select(pool[:300], 20, "exact"),
        lambda: gio4j.KMeans(20, max_iter=5, random_state=0).fit(pool).cluster_centers_.tobytes(),
        lambda: gio4j.deduplicate(pool[:500], 0.5).kept.tobytes(),
        lambda: gio4j.nearest(pool[:500], target, 3)[0].tobytes(),
        *[lambda path=path: divergence(path) for path in paths],
        bad,
    ]


def _held() -> list[str]:
    """Jobs, buffers and mappings that stay when nobody works."""
    end = time.monotonic() + _SETTLE_SECONDS
    while True:
        gc.collect()
        facts = gio4j.info()
        # One buffer is the shared pool's.
        limits = {"jobs": 0, "mapped_bytes": 0, "buffers": 1}
        held = [f"{what} {facts[what]}" for what, most in limits.items() if facts[what] > most]
        if not held or time.monotonic() > end:
            return held
        threading.Event().wait(0.05)


def _measure(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    facts = {line.partition(":")[0]: line.split()[1] for line in lines if len(line.split()) > 1}
    return {
        "kilobytes": int(facts["VmRSS"]),
        "threads": int(facts["Threads"]),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
    }

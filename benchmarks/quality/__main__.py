"""Every method on every task, with the spread over seeds.

    cd benchmarks
    python -m quality [--fashion DIRECTORY] [--verses FILE] [--tasks NAME ...] [--seeds 5]
                      [--networks 2] [--output results/quality.json]
    python -m quality.table < results/quality.json

A seed draws the pool's noise, the target and the test anew, and the networks' weights; so methods
are compared on the same seeds, pair by pair. Each selection trains `networks` networks, whose
accuracies are averaged. DIRECTORY holds Fashion-MNIST's four files and FILE the verses, both from
Debian (see benchmarks/README.md); without them their tasks are left out. Tasks already in the
output are replaced if they are run again, and kept else. Use OMP_NUM_THREADS=1: the networks are
small.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import host

from .methods import METHODS, WHOLE
from .scores import accuracy, shares
from .tasks import Task, Verses, digits, fashion, fashion_whole, mixture, plane


def builders(arguments: argparse.Namespace) -> dict[str, Callable[[int], Task]]:
    """The tasks whose data are there."""
    found: dict[str, Callable[[int], Task]] = {"digits": digits, "mixture": mixture, "plane": plane}
    if arguments.verses:
        found["verses"] = Verses(arguments.verses).task
    if arguments.fashion:
        found["fashion"] = lambda seed: fashion(arguments.fashion, seed)
        found["fashion, X = G"] = lambda seed: fashion_whole(arguments.fashion, seed)
    return {name: found[name] for name in arguments.tasks or found}


def run(build: Callable[[int], Task], seeds: int, networks: int) -> dict[str, Any]:
    """Scores by method and budget, each a list over seeds."""
    report: dict[str, Any] = {"methods": {}}
    for seed in range(seeds):
        task = build(seed)
        whole = task.target is task.pool
        report.update(pool=task.pool.shape, target=len(task.target), budgets=task.budgets)
        for name in WHOLE if whole else METHODS:
            begin = time.perf_counter()
            choice = METHODS[name](task, seed)
            spent = time.perf_counter() - begin
            entry = report["methods"].setdefault(name, {})
            for budget, picks in choice.items():
                scores = shares(task, picks)
                trained = [accuracy(task, picks, networks * seed + i) for i in range(networks)]
                scores["accuracy"] = sum(trained) / networks
                for key, value in scores.items():
                    entry.setdefault(str(budget), {}).setdefault(key, []).append(round(value, 4))
            print(f"  seed {seed}, {name}: {spent:.1f} s, {scores}", file=sys.stderr, flush=True)
    return report


def main() -> None:
    """Runs the tasks asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fashion", type=Path)
    parser.add_argument("--verses", type=Path)
    parser.add_argument("--tasks", nargs="+")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--networks", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("results/quality.json"))
    arguments = parser.parse_args()
    report = json.loads(arguments.output.read_text()) if arguments.output.exists() else {}
    report["host"] = host.facts("gio4j", "numpy", "scikit-learn")
    for name, build in builders(arguments).items():
        print(name, file=sys.stderr, flush=True)
        report.setdefault("tasks", {})[name] = run(build, arguments.seeds, arguments.networks)
        arguments.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()

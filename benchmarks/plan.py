"""The seconds that `gio4j.plan` estimates beside those that the selection takes.

    python benchmarks/plan.py [--rows 100000]

A pool of `rows` x 64, a fifth of it like the 1,000 rows of the target, 500 picks, by each method at
its defaults. Each is planned in an engine that has not run it, then run twice: the first run
compiles, the second is warm. Printed as JSON.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import host
import numpy as np
from sizes import parser, sized

import gio4j
from gio4j._methods.registry import METHODS

COLUMNS, TARGETS, PICKS = sized((64, 1000, 500), (8, 50, 10))
#: Its own form of clusters would be timed.
LEFT_OUT = ("gradient", "bilevel")


def timed(call: Any) -> float:
    """Seconds."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure(rows: int) -> dict[str, Any]:
    """By method."""
    random = np.random.default_rng(0)
    pool = random.normal(size=(rows, COLUMNS)).astype(np.float32)
    pool[: rows // 5] += 1
    target = random.normal(1, 1, size=(TARGETS, COLUMNS)).astype(np.float32)
    found = {}
    for name, method in METHODS.items():
        if name in LEFT_OUT or method.needs_source:
            continue
        scores = {"scores": pool[:, 0]} if name == "dsdm" else {}
        asked = gio4j.plan(pool, target, PICKS, name, **scores)

        def select(name: str = name, scores: dict[str, Any] = scores) -> None:
            gio4j.select(pool, target, PICKS, name, progress=False, **scores)

        first, warm = timed(select), timed(select)
        found[name] = {
            "planned": round(asked.seconds, 3),
            "first": round(first, 3),
            "warm": round(warm, 3),
            "planned_over_warm": round(asked.seconds / warm, 2),
        }
        print(name, found[name], file=sys.stderr)
    return found


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=sized(100_000, 500))
    arguments = options.parse_args()
    warnings.simplefilter("ignore", gio4j.errors.GIOWarning)
    report = {
        "host": host.facts("gio4j", "numpy"),
        "shape": [arguments.rows, COLUMNS, TARGETS, PICKS],
        "methods": measure(arguments.rows),
    }
    print(json.dumps(report, indent=1))

"""The 2-D example of grad-info-opt's README: warm, as a fresh process, and against the reference.

    python benchmarks/readme_example.py [--reference]

With --reference the package itself runs the same fit beside us (10 to 20 minutes), by the
interpreter that GRAD_INFO_OPT_PYTHON names. Printed as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from statistics import median
from typing import Any

import host
import numpy as np
from sizes import parser, sized

import gio4j
from GIO import GIOKL
from gio4j.errors import GIOWarning

REPEATS, CALLS, PROCESSES = sized((9, 1000, 5), (1, 10, 1))

FIT = """
import time
import numpy as np
from GIO import GIOKL

def draw(seed):
    np.random.seed(seed)
    return np.random.multivariate_normal([3, 4], [[0.5, 0], [0, 0.5]], 100)

X, X_test = draw(1), draw(5)
"""

FRESH = (
    FIT
    + """
gio_kl = GIOKL.GIOKL(uniform_low=0, uniform_high=8, uniform_start_size=100, dim=2)
W, kl_divs, _ = gio_kl.fit(X_test, X, normalize=False)
"""
)

REFERENCE = (
    FIT
    + """
import jax.numpy as jnp
gio_kl = object.__new__(GIOKL.GIOKL)  # the constructor would start Spark
gio_kl.uniform_low, gio_kl.uniform_high, gio_kl.uniform_start_size, gio_kl.dim = 0, 8, 100, 2
begin = time.perf_counter()
W, kl_divs, _ = gio_kl.fit(jnp.asarray(X_test), jnp.asarray(X), normalize=False)
print("RESULT", time.perf_counter() - begin, len(kl_divs), float(kl_divs[-1]))
"""
)


def fresh_process() -> float:
    """Seconds of a Python that imports, starts Java, fits and ends."""
    command = [sys.executable, "-W", "ignore", "-c", FRESH]
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    """Measures and prints."""
    options = parser(__doc__)
    options.add_argument("--reference", action="store_true")
    arguments = options.parse_args()
    warnings.simplefilter("ignore", GIOWarning)

    drawn: dict[str, Any] = {}
    exec(FIT, drawn)
    gio_kl = GIOKL.GIOKL(
        uniform_low=0, uniform_high=8, uniform_start_size=100, dim=2, verbose=False
    )
    warm = []
    for _ in range(REPEATS + 3):
        np.random.seed(5)
        np.random.multivariate_normal([3, 4], [[0.5, 0], [0, 0.5]], 100)
        begin = time.perf_counter()
        _, kl_divs, _ = gio_kl.fit(drawn["X_test"], drawn["X"], normalize=False)
        warm.append(time.perf_counter() - begin)
    warm = warm[3:]  # the first fits compile
    calls = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        gio4j.info()
        calls.append(time.perf_counter() - begin)
    fresh = [fresh_process() for _ in range(PROCESSES)]
    report: dict[str, Any] = {
        "job": "README 2-D example, 100 x 100 x 2",
        "picked": len(kl_divs),
        "final_kl": float(kl_divs[-1]),
        "warm_seconds": {"min": min(warm), "median": median(warm), "max": max(warm)},
        "fresh_process_seconds": {"min": min(fresh), "median": median(fresh), "max": max(fresh)},
        "trivial_call_milliseconds": {"median": median(calls) * 1e3, "max": max(calls) * 1e3},
    }
    if arguments.reference:
        with tempfile.TemporaryDirectory() as folder:
            out = subprocess.run(
                [os.environ["GRAD_INFO_OPT_PYTHON"], "-c", REFERENCE],
                check=True,
                capture_output=True,
                text=True,
                cwd=folder,
            ).stdout
        seconds, picked, final = out.rsplit("RESULT", 1)[1].split()
        report["reference"] = {
            "seconds": float(seconds),
            "picked": int(picked),
            "final_kl": float(final),
        }
        report["ratio_to_reference"] = float(seconds) / median(warm)
    report["engine"] = {key: gio4j.info()[key] for key in ("java", "simd", "threads", "heap")}
    report["host"] = host.facts("numpy", "pyarrow", "py4j")
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
